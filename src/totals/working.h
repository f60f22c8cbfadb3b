/*
 * totals/working.h
 *		The working form of totals: a hash table of cells inside the value.  See totals/working.c.
 */
#ifndef RETENTION_TOTALS_WORKING_H
#define RETENTION_TOTALS_WORKING_H

#include "totals/totals.h"

/* Buckets in the keys of slots are counted from the value's base, which is anywhere in the span, plus this. */
#define TOTALS_BIAS TOTALS_MAX_SPAN
#define TOTALS_OFFSET_BITS 15

StaticAssertDecl(2 * TOTALS_BIAS <= 1 << TOTALS_OFFSET_BITS, "a key has room for a span on either side of the base");

typedef struct TotalsSlot
{
	uint32		key;
	uint32		unused;
	uint64		customers;		/* 0: the slot is free */
} TotalsSlot;

/* The table of a value; good until room is made in it. */
typedef struct TotalsTable
{
	RetentionTotals *totals;
	TotalsSlot *slots;
	uint32		mask;
} TotalsTable;

extern RetentionTotals *totals_create(BucketWidth width, const char *zone, Size zone_size, int32 base);
extern RetentionTotals *totals_make_room(RetentionTotals *totals, uint64 more);
extern RetentionTotals *totals_in_zone(RetentionTotals *totals, const char *zone);
extern void totals_extend(RetentionTotals *totals, int32 first, int32 last, TimestampTz last_at);
extern TotalsTable totals_table(RetentionTotals *totals);

static inline uint32
totals_key(const RetentionTotals *totals, TotalsCellKind kind, int32 cohort, int32 bucket)
{
	return ((uint32) kind << (2 * TOTALS_OFFSET_BITS)) |
		(uint32) (cohort - totals->base + TOTALS_BIAS) << TOTALS_OFFSET_BITS |
		(uint32) (bucket - totals->base + TOTALS_BIAS);
}

/*
 * Add to the customers of a cell.  There must be room for another.
 */
static inline void
totals_add(const TotalsTable *table, uint32 key, uint64 customers)
{
	TotalsSlot *slots = table->slots;
	uint32		i = (key * 0x9E3779B1U) >> 7 & table->mask;

	while (slots[i].customers != 0 && slots[i].key != key)
		i = (i + 1) & table->mask;
	if (slots[i].customers == 0)
	{
		/* One slot stays free, or a search for a key that is not there would not end. */
		if (unlikely(table->totals->ncells >= table->mask))
			totals_corrupt();
		table->totals->ncells++;
		slots[i].key = key;
	}
	slots[i].customers += customers;
}

#endif							/* RETENTION_TOTALS_WORKING_H */
