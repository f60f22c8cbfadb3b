/*
 * totals/working.c
 *		The working form of totals: a hash table of cells inside the value.
 *
 *		| header | zone, padded to 8 | slot | slot | slot | ...
 *
 * It is changed in place, and copied into one twice as large when two thirds of its slots are taken.  For two years
 * of months, whatever the number of customers, the slots take 10 kB and stay in the first-level cache.
 */
#include "totals/working.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#define FIRST_SLOTS 64

#define RADIX_SORT sort_cells
#define RADIX_ELEMENT NumberedCell
#define RADIX_KEY(cell) (cell).number
#include "base/radixsort.h"

static Size
slots_offset(const RetentionTotals *totals)
{
	return MAXALIGN(totals_header_size(totals));
}

static uint32
slot_count(const RetentionTotals *totals)
{
	Size		offset = slots_offset(totals);

	return VARSIZE(totals) > offset ? (VARSIZE(totals) - offset) / sizeof(TotalsSlot) : 0;
}

/*
 * The table of a working value, which may have come from outside.
 */
TotalsTable
totals_table(RetentionTotals *totals)
{
	uint32		nslots = slot_count(totals);
	TotalsTable table = {totals, (TotalsSlot *) ((char *) totals + slots_offset(totals)), nslots - 1};

	if (!totals->working || nslots < FIRST_SLOTS || (nslots & (nslots - 1)) != 0 || totals->ncells >= nslots)
		totals_corrupt();
	return table;
}

static RetentionTotals *
create_with_slots(BucketWidth width, const char *zone, Size zone_size, int32 base, int32 scale, uint64 nslots)
{
	Size		offset = MAXALIGN(offsetof(RetentionTotals, zone) + zone_size);
	uint64		size = offset + nslots * sizeof(TotalsSlot);
	RetentionTotals *totals;

	Assert(zone_size <= TOTALS_MAX_ZONE_SIZE);
	if (size > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("totals are too large"),
				 errhint("Choose a wider bucket.")));
	totals = palloc0(size);
	SET_VARSIZE(totals, size);
	totals->version = TOTALS_VERSION;
	totals->working = 1;
	totals->zone_size = zone_size;
	totals->width = width;
	totals->base = base;
	totals->scale = scale;
	totals->first = PG_INT32_MAX;
	totals->last = PG_INT32_MIN;
	totals->last_at = DT_NOBEGIN;
	totals->known_until = DT_NOEND;
	memcpy(totals->zone, zone, zone_size);
	return totals;
}

/*
 * An empty working value.
 */
RetentionTotals *
totals_create(BucketWidth width, const char *zone, Size zone_size, int32 base, int32 scale)
{
	return create_with_slots(width, zone, zone_size, base, scale, FIRST_SLOTS);
}

/*
 * A copy with other slots, perhaps in a zone of another name, in the current memory context.
 */
static RetentionTotals *
copy_with_slots(RetentionTotals *totals, const char *zone, Size zone_size, uint64 nslots)
{
	TotalsTable table = totals_table(totals);
	RetentionTotals *copy = create_with_slots(totals->width, zone, zone_size, totals->base, totals->scale,
											  nslots);
	TotalsTable copy_table = totals_table(copy);
	uint32		i;

	copy->first = totals->first;
	copy->last = totals->last;
	copy->last_at = totals->last_at;
	copy->known_until = totals->known_until;
	copy->customers = totals->customers;
	copy->largest = totals->largest;
	for (i = 0; i <= table.mask; i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		if (table.slots[i].key != 0)
			totals_add(&copy_table, table.slots[i].key, table.slots[i].value);
	}
	return copy;
}

/*
 * Make room for more cells: the value itself, or a larger one in the current memory context.
 */
RetentionTotals *
totals_make_room(RetentionTotals *totals, uint64 more)
{
	uint64		wanted = (uint64) totals_table(totals).mask + 1;

	if (likely((totals->ncells + more) * 3 <= wanted * 2))
		return totals;
	while ((totals->ncells + more) * 3 > wanted * 2)
		wanted *= 2;
	return copy_with_slots(totals, totals->zone, totals->zone_size, wanted);
}

/*
 * The same with another name of its zone.
 */
RetentionTotals *
totals_in_zone(RetentionTotals *totals, const char *zone)
{
	return copy_with_slots(totals, zone, strlen(zone), (uint64) totals_table(totals).mask + 1);
}

/*
 * Let the value reach from "first" to "last", and know what a part of it knows, as well.
 */
void
totals_extend(RetentionTotals *totals, int32 first, int32 last, TimestampTz last_at, TimestampTz known_until)
{
	first = Min(first, totals->first);
	last = Max(last, totals->last);
	bucket_check_span(totals->width, first, last);
	if (Max(last - (int64) totals->base, totals->base - (int64) first) >= TOTALS_BIAS)
		totals_corrupt();
	totals->first = first;
	totals->last = last;
	totals->last_at = Max(totals->last_at, last_at);
	totals->known_until = Min(totals->known_until, known_until);
}

/*
 * Add to a limb that has no room for it: what is more than a limb goes to the next one.  That may take a slot, for
 * which nobody has made room: a third of them is free.
 */
void
totals_carry(const TotalsTable *table, TotalsSlot *slot, int64 value)
{
	uint64		key = slot->key;
	int64		more = slot->value / LIMB_BASE + value / LIMB_BASE;

	/* No sum of customers is so large, and no limb of another kind than the last. */
	if ((key & ~TOTALS_KEY_USED) >> TOTALS_KEY_POWER_SHIFT >= LIMB_COUNT - 1 ||
		totals_kind_counts(totals_key_kind(key)))
		totals_corrupt();
	slot->value = slot->value % LIMB_BASE + value % LIMB_BASE;
	totals_add(table, key + (UINT64CONST(1) << TOTALS_KEY_POWER_SHIFT), more);
}

/*
 * The number of a slot, by which slots are sorted.
 */
static uint64
slot_number(const RetentionTotals *totals, const TotalsSlot *slot)
{
	const uint64 mask = (1 << TOTALS_OFFSET_BITS) - 1;
	TotalsCellKind kind = totals_key_kind(slot->key);
	uint64		power = (slot->key & ~TOTALS_KEY_USED) >> TOTALS_KEY_POWER_SHIFT;
	int32		cohort = totals->first;
	int32		bucket = totals->base + (int32) (slot->key & mask) - TOTALS_BIAS;

	if (totals_kind_has_cohort(kind))
		cohort = totals->base + (int32) (slot->key >> TOTALS_OFFSET_BITS & mask) - TOTALS_BIAS;
	if (cohort < totals->first || bucket > totals->last || bucket < cohort || power >= LIMB_COUNT ||
		kind > TOTALS_CONTRACTION)
		totals_corrupt();
	return (((uint64) kind * BUCKET_MAX_SPAN + (cohort - totals->first)) * BUCKET_MAX_SPAN +
			(bucket - totals->first)) << TOTALS_NUMBER_POWER_BITS | power;
}

/*
 * The cells of a working value, in order.
 */
NumberedCell *
totals_sorted_cells(const RetentionTotals *totals)
{
	TotalsTable table = totals_table(unconstify(RetentionTotals *, totals));
	NumberedCell *cells = palloc(2 * sizeof(NumberedCell) * Max(totals->ncells, 1));
	uint32		n = 0;
	uint32		i;

	for (i = 0; i <= table.mask; i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		if (table.slots[i].key == 0)
			continue;
		if (n == totals->ncells)
			totals_corrupt();
		cells[n].number = slot_number(totals, &table.slots[i]);
		cells[n++].value = table.slots[i].value;
	}
	if (n != totals->ncells)
		totals_corrupt();
	sort_cells(cells, cells + n, n, 0);
	return cells;
}
