/*
 * summary/map.h
 *		Customers and the buckets in which they were seen, while the rows of a group come.  See summary/map.c.
 */
#ifndef RETENTION_SUMMARY_MAP_H
#define RETENTION_SUMMARY_MAP_H

#include "summary/summary.h"

/*
 * A window of 64 buckets: bit i stands for bucket first + i, and no bit is set in an empty one.  The numbers of
 * buckets take 28 bits, even those of days; as many are left for the customer's place in the log (summary/map.c),
 * from 1, or 0 if there is none.
 *
 * In arrays of bytes, since no compiler pads them: a number, its window and a byte of the hash table take 32 bytes,
 * half a cache line.
 */
typedef struct SeenWindow
{
	uint8		seen[sizeof(uint64)];
	uint8		repeated[sizeof(uint64)];
	uint8		first_and_place[sizeof(int32)];	/* 28 bits of the one, and the lowest 4 of the other */
	uint8		place[3];
} SeenWindow;

#define SEEN_FIRST_BITS 28
#define SEEN_PLACE_BITS 28
#define SEEN_PLACE_LOW_BITS 4

typedef struct SummaryMap SummaryMap;

extern SummaryMap *summary_map_create(FunctionCallInfo fcinfo, const SummarySignature *signature,
									  CustomerKey customer, const SeenWindow *window, AmountLog *amounts);
extern void summary_map_add(SummaryMap *map, Datum customer, int32 bucket);
extern void summary_map_add_amount(SummaryMap *map, Datum customer, int32 bucket, Datum amount, const char *name);
extern RetentionSummary *summary_map_write(SummaryMap *map, SummarySignature *signature, TimestampTz last_at,
										   TimestampTz known_until);

static inline uint64
seenwindow_seen(const SeenWindow *window)
{
	uint64		seen;

	memcpy(&seen, window->seen, sizeof(seen));
	return seen;
}

static inline uint64
seenwindow_repeated(const SeenWindow *window)
{
	uint64		repeated;

	memcpy(&repeated, window->repeated, sizeof(repeated));
	return repeated;
}

static inline bool
seenwindow_is_empty(const SeenWindow *window)
{
	return seenwindow_seen(window) == 0;
}

static inline int32
seenwindow_first_and_place(const SeenWindow *window)
{
	int32		both;

	memcpy(&both, window->first_and_place, sizeof(both));
	return both;
}

static inline int32
seenwindow_first(const SeenWindow *window)
{
	return seenwindow_first_and_place(window) >> SEEN_PLACE_LOW_BITS;
}

static inline uint32
seenwindow_place(const SeenWindow *window)
{
	return (seenwindow_first_and_place(window) & ((1 << SEEN_PLACE_LOW_BITS) - 1)) |
		window->place[0] << 4 | window->place[1] << 12 | (uint32) window->place[2] << 20;
}

static inline void
seenwindow_set_first_and_place(SeenWindow *window, int32 first, uint32 place)
{
	int32		both = (int32) ((uint32) first << SEEN_PLACE_LOW_BITS | (place & ((1 << SEEN_PLACE_LOW_BITS) - 1)));

	memcpy(window->first_and_place, &both, sizeof(both));
}

static inline void
seenwindow_set_place(SeenWindow *window, uint32 place)
{
	seenwindow_set_first_and_place(window, seenwindow_first(window), place);
	window->place[0] = (uint8) (place >> 4);
	window->place[1] = (uint8) (place >> 12);
	window->place[2] = (uint8) (place >> 20);
}

/*
 * Set all but the place.
 */
static inline void
seenwindow_set(SeenWindow *window, int32 first, uint64 seen, uint64 repeated)
{
	memcpy(window->seen, &seen, sizeof(seen));
	memcpy(window->repeated, &repeated, sizeof(repeated));
	seenwindow_set_first_and_place(window, first, (uint32) seenwindow_first_and_place(window));
}

static inline void
seenwindow_get(const SeenWindow *window, SeenSet *set)
{
	seenset_from_bits(set, seenwindow_first(window), seenwindow_seen(window), seenwindow_repeated(window));
}

/*
 * Set the bit of a bucket, moving the window down if need be.  Returns false if it is out of reach.
 */
static inline bool
seenwindow_add(SeenWindow *window, int32 bucket)
{
	int32		first = seenwindow_first(window);
	uint64		seen = seenwindow_seen(window);
	uint64		repeated = seenwindow_repeated(window);
	int32		distance = bucket - first;

	if (likely(distance >= 0 && distance < SEEN_BITS && seen != 0))
	{
		uint64		bit = UINT64CONST(1) << distance;

		repeated |= seen & bit;
		seen |= bit;
		memcpy(window->seen, &seen, sizeof(seen));
		memcpy(window->repeated, &repeated, sizeof(repeated));
		return true;
	}
	if (seen == 0)
	{
		seenwindow_set(window, bucket, 1, 0);
		return true;
	}
	if (distance < 0 && -distance + pg_leftmost_one_pos64(seen) < SEEN_BITS)
	{
		seenwindow_set(window, bucket, seen << -distance | 1, repeated << -distance);
		return true;
	}
	return false;
}

#endif							/* RETENTION_SUMMARY_MAP_H */
