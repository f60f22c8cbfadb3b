/*
 * live/source.h
 *		The orders behind a live report.  See live/source.c.
 */
#ifndef RETENTION_LIVE_SOURCE_H
#define RETENTION_LIVE_SOURCE_H

#include "live/report.h"

/* What the orders are counted by. */
typedef struct LiveParameters
{
	Datum		bucket;
	Datum		zone;
} LiveParameters;

typedef struct LiveSource
{
	uint64		fingerprint;
	double		rows;			/* as the planner estimates them */
	bool		needs_row_trigger;	/* rows may come past triggers on the table that is named in a statement */
	bool		has_triggers;	/* those that it needs, on every table, always enabled */
	bool		is_new;			/* made or emptied in this transaction */
	bool		is_changing;	/* a statement of this session may have changed rows, and noted nothing yet */
} LiveSource;

extern void live_look_at_source(LiveSource *source, const LiveReport *report,
								const LiveParameters *parameters);
extern bool live_source_needs_row_trigger(Oid source);
extern bool live_source_has_index(const LiveReport *report);
extern void live_refuse_source(Oid source);
extern void live_refuse_unlogged(const LiveReport *report);
extern void live_refuse_column(Relation source, AttrNumber column);
extern void live_refuse_orders(const LiveReport *report);
extern void live_refuse_without_index(const LiveReport *report);

#endif							/* RETENTION_LIVE_SOURCE_H */
