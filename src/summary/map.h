/*
 * summary/map.h
 *		Customers and the buckets in which they were seen, while the rows of a group come.  See summary/map.c.
 */
#ifndef RETENTION_SUMMARY_MAP_H
#define RETENTION_SUMMARY_MAP_H

#include "summary/summary.h"

/*
 * Bit i stands for bucket first + i; no bit is set in an empty window.  The numbers of buckets take 28 bits,
 * even those of days.  With as many for a customer's place in the log, a number and all that is known about
 * it, one byte of a hash table's included, are 32 bytes.
 */
typedef struct pg_attribute_packed() SeenWindow
{
	uint64		seen;
	uint64		repeated;
	int32		first_and_place;	/* 28 bits of the one, 4 of the other, */
	uint8		place[3];		/* and its other 24 */
} SeenWindow;

#define SEEN_FIRST_BITS 28
#define SEEN_PLACE_BITS 28
#define SEEN_PLACE_LOW_BITS 4

typedef struct SummaryMap SummaryMap;

extern SummaryMap *summary_map_create(FunctionCallInfo fcinfo, SummarySignature *signature, CustomerKey customer,
									  const SeenWindow *window);
extern void summary_map_add(SummaryMap *map, Datum customer, int32 bucket);
extern RetentionSummary *summary_map_write(SummaryMap *map);

static inline int32
seenwindow_first(const SeenWindow *window)
{
	return window->first_and_place >> SEEN_PLACE_LOW_BITS;
}

static inline void
seenwindow_set_first(SeenWindow *window, int32 first)
{
	int32		place = window->first_and_place & ((1 << SEEN_PLACE_LOW_BITS) - 1);

	window->first_and_place = (int32) ((uint32) first << SEEN_PLACE_LOW_BITS) | place;
}

/*
 * A customer's place in the log, from 1, or 0.
 */
static inline uint32
seenwindow_place(const SeenWindow *window)
{
	return (window->first_and_place & ((1 << SEEN_PLACE_LOW_BITS) - 1)) |
		window->place[0] << 4 | window->place[1] << 12 | (uint32) window->place[2] << 20;
}

static inline void
seenwindow_set_place(SeenWindow *window, uint32 place)
{
	window->first_and_place = (window->first_and_place & ~((1 << SEEN_PLACE_LOW_BITS) - 1)) |
		(place & ((1 << SEEN_PLACE_LOW_BITS) - 1));
	window->place[0] = (uint8) (place >> 4);
	window->place[1] = (uint8) (place >> 12);
	window->place[2] = (uint8) (place >> 20);
}

/*
 * Set the bit of a bucket, moving the window down if need be.  Returns false if it is out of reach.
 */
static inline bool
seenwindow_add(SeenWindow *window, int32 bucket)
{
	int32		distance = bucket - seenwindow_first(window);

	if (likely(distance >= 0 && distance < SEEN_BITS && window->seen != 0))
	{
		uint64		bit = UINT64CONST(1) << distance;

		window->repeated |= window->seen & bit;
		window->seen |= bit;
		return true;
	}
	if (window->seen == 0)
	{
		seenwindow_set_first(window, bucket);
		window->seen = 1;
		return true;
	}
	if (distance < 0 && -distance + pg_leftmost_one_pos64(window->seen) < SEEN_BITS)
	{
		seenwindow_set_first(window, bucket);
		window->seen = window->seen << -distance | 1;
		window->repeated <<= -distance;
		return true;
	}
	return false;
}

#endif							/* RETENTION_SUMMARY_MAP_H */
