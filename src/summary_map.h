/*
 * summary_map.h
 *		Customers and the buckets in which they were seen, while the rows of a group come.  See summary_map.c.
 */
#ifndef RETENTION_SUMMARY_MAP_H
#define RETENTION_SUMMARY_MAP_H

#include "summary.h"

#define SEEN_FIRST_BITS 28
#define SEEN_PLACE_BITS 28

/*
 * Bit i stands for bucket first + i; no bit is set in an empty window.  Buckets of days take 28 bits for all of the
 * calendar; with as many for a customer's place, a number and all that is known about it are 32 bytes.
 */
typedef struct pg_attribute_packed() SeenWindow
{
	uint64		seen;
	uint64		twice;
	int64		first:SEEN_FIRST_BITS;
	uint64		place:SEEN_PLACE_BITS;	/* in the log, from 1 */
} SeenWindow;

typedef struct SummaryMap SummaryMap;

extern SummaryMap *summary_map_create(FunctionCallInfo fcinfo, SummaryKind *kind, CustKey customer,
									  const SeenWindow *window);
extern void summary_map_add(SummaryMap *map, Datum customer, int32 bucket);
extern RetentionSummary *summary_map_write(SummaryMap *map);

/*
 * Set the bit of a bucket, moving the window down if need be.  Returns false if it is out of reach.
 */
static inline bool
seenwindow_add(SeenWindow *window, int32 bucket)
{
	int64		distance = (int64) bucket - window->first;

	if (likely(distance >= 0 && distance < SEEN_BITS && window->seen != 0))
	{
		uint64		bit = UINT64CONST(1) << distance;

		window->twice |= window->seen & bit;
		window->seen |= bit;
		return true;
	}
	if (window->seen == 0)
	{
		window->first = bucket;
		window->seen = 1;
		return true;
	}
	if (distance < 0 && -distance + pg_leftmost_one_pos64(window->seen) < SEEN_BITS)
	{
		window->first = bucket;
		window->seen = window->seen << -distance | 1;
		window->twice <<= -distance;
		return true;
	}
	return false;
}

#endif							/* RETENTION_SUMMARY_MAP_H */
