/*
 * totals/working.h
 *		The working form of totals: a hash table of cells inside the value.  See totals/working.c.
 */
#ifndef RETENTION_TOTALS_WORKING_H
#define RETENTION_TOTALS_WORKING_H

#include "totals/totals.h"

#include "common/int.h"

/* Buckets in the keys of slots are counted from the value's base, which is anywhere in the span, plus this. */
#define TOTALS_BIAS BUCKET_MAX_SPAN
#define TOTALS_OFFSET_BITS 15

/* The bits of a slot's key, from the lowest: bucket, cohort, kind, power of the limb, and one that says that it is one. */
#define TOTALS_KEY_KIND_SHIFT (2 * TOTALS_OFFSET_BITS)
#define TOTALS_KEY_KIND_BITS 4
#define TOTALS_KEY_POWER_SHIFT (TOTALS_KEY_KIND_SHIFT + TOTALS_KEY_KIND_BITS)
#define TOTALS_KEY_USED (UINT64CONST(1) << 63)

StaticAssertDecl(2 * TOTALS_BIAS <= 1 << TOTALS_OFFSET_BITS, "a key has room for a span on either side of the base");
StaticAssertDecl(TOTALS_CONTRACTION < 1 << TOTALS_KEY_KIND_BITS, "a key has room for all kinds");

typedef struct TotalsSlot
{
	uint64		key;			/* 0: the slot is free */
	int64		value;			/* customers, or a limb of an amount */
} TotalsSlot;

/* A slot by a number that is made of kind, cohort, bucket and power, and sorts by these. */
typedef struct NumberedCell
{
	uint64		number;
	int64		value;
} NumberedCell;

#define TOTALS_NUMBER_POWER_BITS 8

/* The table of a value; good until room is made in it. */
typedef struct TotalsTable
{
	RetentionTotals *totals;
	TotalsSlot *slots;
	uint32		mask;
} TotalsTable;

extern RetentionTotals *totals_create(BucketWidth width, const char *zone, Size zone_size, int32 base, int32 scale);
extern RetentionTotals *totals_make_room(RetentionTotals *totals, uint64 more);
extern RetentionTotals *totals_in_zone(RetentionTotals *totals, const char *zone);
extern void totals_extend(RetentionTotals *totals, int32 first, int32 last, TimestampTz last_at,
						  TimestampTz known_until);
extern TotalsTable totals_table(RetentionTotals *totals);
extern void totals_carry(const TotalsTable *table, TotalsSlot *slot, int64 value);
extern NumberedCell *totals_sorted_cells(const RetentionTotals *totals);

/* count.c */
extern RetentionTotals *totals_add_cells(RetentionTotals *state, const RetentionTotals *other, int sign);

/*
 * The key of a cell, or of one limb of its amount.  Cells without cohorts have their value's base in its place.
 */
static inline uint64
totals_limb_key(const RetentionTotals *totals, TotalsCellKind kind, int32 cohort, int32 bucket, int power)
{
	return TOTALS_KEY_USED | (uint64) (power - LIMB_LEAST) << TOTALS_KEY_POWER_SHIFT |
		(uint64) kind << TOTALS_KEY_KIND_SHIFT |
		(uint64) (cohort - totals->base + TOTALS_BIAS) << TOTALS_OFFSET_BITS |
		(uint64) (bucket - totals->base + TOTALS_BIAS);
}

static inline uint64
totals_key(const RetentionTotals *totals, TotalsCellKind kind, int32 cohort, int32 bucket)
{
	return totals_limb_key(totals, kind, cohort, bucket, 0);
}

static inline TotalsCellKind
totals_key_kind(uint64 key)
{
	return (TotalsCellKind) (key >> TOTALS_KEY_KIND_SHIFT & ((1 << TOTALS_KEY_KIND_BITS) - 1));
}

/*
 * Add to the customers of a cell, or to a limb of its amount.  There must be room for another.
 */
static inline void
totals_add(const TotalsTable *table, uint64 key, int64 value)
{
	TotalsSlot *slots = table->slots;
	uint32		i = (uint32) (key * UINT64CONST(0x9E3779B97F4A7C15) >> 32) & table->mask;
	int64		sum;

	while (slots[i].key != key && slots[i].key != 0)
		i = (i + 1) & table->mask;
	if (slots[i].key == 0)
	{
		/* One slot stays free, or a search for a key that is not there would not end. */
		if (unlikely(table->totals->ncells >= table->mask))
			totals_corrupt();
		table->totals->ncells++;
		slots[i].key = key;
	}
	if (unlikely(pg_add_s64_overflow(slots[i].value, value, &sum)))
		totals_carry(table, &slots[i], value);
	else
		slots[i].value = sum;
}

#endif							/* RETENTION_TOTALS_WORKING_H */
