/*
 * summary/seenlog.h
 *		Buckets of customers that no window holds, while the rows of a group come.  See summary/seenlog.c.
 */
#ifndef RETENTION_SUMMARY_SEENLOG_H
#define RETENTION_SUMMARY_SEENLOG_H

#include "summary/seenset.h"

typedef struct SeenLog
{
	MemoryContext cxt;
	uint64	   *rows;			/* a customer's place and a bucket, as a word that sorts by these */
	uint64		n;
	uint64		room;
	uint64		limit;			/* rows at which duplicates are removed */
} SeenLog;

/* Room for the marks of a window and of a customer's rows in the log, and for the set that they make. */
typedef struct MarkBuffer
{
	SeenMark   *marks;
	uint8	   *memory;
	uint64		room;
} MarkBuffer;

extern void seenlog_init(SeenLog *log, MemoryContext cxt);
extern void seenlog_add(SeenLog *log, uint32 place, int32 bucket, uint32 nplaces);
extern uint64 *seenlog_sort(SeenLog *log, uint32 nplaces);
extern void seenlog_gather(SeenSet *seen, uint64 *rows, uint64 nrows, MarkBuffer *buffer);

#endif							/* RETENTION_SUMMARY_SEENLOG_H */
