/*
 * survival/durations.h
 *		The type durations: how long each was watched, and when it happened.  See survival/stored.c.
 */
#ifndef RETENTION_SURVIVAL_DURATIONS_H
#define RETENTION_SURVIVAL_DURATIONS_H

#include "compat.h"

#include "fmgr.h"
#include "utils/timestamp.h"

/* The three lists of a value.  Whoever is in the second is also in the first. */
typedef enum DurationKind
{
	DURATION_EVENT,				/* how long until it happened */
	DURATION_WATCHED,			/* how long those to whom it happened were watched in all, as far as known */
	DURATION_CENSORED			/* how long the others were watched */
} DurationKind;

#define DURATION_KINDS 3

#define DURATIONS_VERSION 1

/* No sum of counts overflows 64 bits. */
#define DURATIONS_MAX_COUNT (UINT64CONST(1) << 48)

/* So many of one duration, in microseconds. */
typedef struct DurationCell
{
	uint64		duration;
	uint64		count;
} DurationCell;

/* A list as it is stored. */
typedef struct DurationList
{
	uint64		count;
	const uint8 *from;
	const uint8 *end;
} DurationList;

typedef struct Durations
{
	DurationList lists[DURATION_KINDS];
} Durations;

/* A walk over a list. */
typedef struct DurationReader
{
	const uint8 *cur;
	const uint8 *end;
	uint64		left;			/* count of what is not read yet */
	uint64		duration;		/* of the next cell, or the last one */
	uint64		unit;
	bool		begun;
	bool		damaged;
} DurationReader;

/* A list as it is collected; zeroed, it is empty. */
typedef struct DurationLog
{
	DurationCell *cells;
	uint64		n;
	uint64		room;
	uint64		count;			/* sum of the cells' counts */
	bool		unsorted;
} DurationLog;

/* stored.c */
extern bool durations_damaged(Node *escontext);
extern bool durations_parse(struct varlena *value, Durations *durations, Node *escontext);
extern bool durations_valid(const Durations *durations);
extern Durations durations_of(Datum value);
extern void durations_read(DurationReader *reader, const DurationList *list);
extern bool durations_next_or_damaged(DurationReader *reader, DurationCell *cell);
extern bool durations_next(DurationReader *reader, DurationCell *cell);
extern struct varlena *durations_write(DurationLog *logs);

/* log.c */
extern void durationlog_reserve(DurationLog *log, MemoryContext cxt, uint64 more);
extern void durationlog_add(DurationLog *log, MemoryContext cxt, uint64 duration, uint64 count);
extern void durationlog_sort(DurationLog *log);

/* elapsed.c */
extern uint64 elapsed_of_interval(const Interval *interval, const char *name);
extern uint64 elapsed_step(const Interval *interval);
extern Interval *elapsed_interval(uint64 elapsed);

#endif							/* RETENTION_SURVIVAL_DURATIONS_H */
