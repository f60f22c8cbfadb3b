/*
 * points/table/lotpool.h
 *		The points of one member at a time: lots that expire, or a deficit.  See points/table/lotpool.c.
 */
#ifndef RETENTION_POINTS_TABLE_LOTPOOL_H
#define RETENTION_POINTS_TABLE_LOTPOOL_H

#include "compat.h"

#include "lib/rbtree.h"
#include "points/table/rows.h"

typedef struct LotPool
{
	MemoryContext cxt;
	RBTree	   *lots;			/* by expiry; NULL before the first */
	int64		live;			/* points in all lots */
	int64		deficit;		/* spent beyond what was there; if not 0, there are no lots */
} LotPool;

extern void lotpool_init(LotPool *pool, MemoryContext cxt);
extern void lotpool_clear(LotPool *pool);
extern void lotpool_expire(LotPool *pool, TimestampTz at);
extern void lotpool_apply(LotPool *pool, const Movement *movement);
extern int64 points_add(int64 sum, int64 points);

#endif							/* RETENTION_POINTS_TABLE_LOTPOOL_H */
