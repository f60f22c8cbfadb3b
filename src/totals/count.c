/*
 * totals/count.c
 *		Counting: summaries into totals.
 *
 * A running count is a working value, a hash table of cells inside the value itself:
 *
 *		| header | identity, padded to 8 | slot | slot | slot | ...
 *
 * It is changed in place, and copied into one repeated as large when two thirds of its slots are taken.  For a
 * million customers and two years of months the slots, 10 kB of them, stay in the nearest cache.
 */
#include "totals/totals.h"

#include "agg/aggstate.h"
#include "base/varint.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#define FIRST_SLOTS 64

/* A summary of so many customers in so few buckets is counted in an array of all cells; its sets need no lists. */
#define DENSE_CUSTOMERS 1000
#define DENSE_SPAN SEEN_BITS

/* Buckets in the keys of slots are counted from the value's base, which is anywhere in the span, plus this. */
#define BIAS TOTALS_MAX_SPAN
#define OFFSET_BITS 15

typedef struct Slot
{
	uint32		key;
	uint32		unused;
	uint64		customers;		/* 0: the slot is free */
} Slot;

static Size
slots_offset(const RetentionTotals *totals)
{
	return MAXALIGN(offsetof(RetentionTotals, bytes) + totals->identity_size);
}

static Slot *
slots_of(const RetentionTotals *totals, uint32 *nslots)
{
	Size		offset = slots_offset(totals);

	*nslots = VARSIZE(totals) > offset ? (VARSIZE(totals) - offset) / sizeof(Slot) : 0;
	if (!totals->working || *nslots < FIRST_SLOTS || (*nslots & (*nslots - 1)) != 0 || totals->ncells >= *nslots)
		totals_corrupt();
	return (Slot *) ((char *) totals + offset);
}

/*
 * An empty working value.
 */
static RetentionTotals *
create(const uint8 *identity, uint16 identity_size, int32 base, uint64 nslots)
{
	Size		offset = MAXALIGN(offsetof(RetentionTotals, bytes) + identity_size);
	uint64		size = offset + nslots * sizeof(Slot);
	RetentionTotals *totals;

	if (size > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("retention_totals is too large"),
				 errhint("Choose a wider bucket.")));
	totals = palloc0(size);
	SET_VARSIZE(totals, size);
	totals->version = TOTALS_VERSION;
	totals->working = true;
	totals->identity_size = identity_size;
	totals->base = base;
	totals->first = PG_INT32_MAX;
	totals->last = PG_INT32_MIN;
	memcpy(totals->bytes, identity, identity_size);
	return totals;
}

/*
 * What totals of a summary are of: its bucket and its zone.
 */
RetentionTotals *
totals_create(const RetentionSummary *summary)
{
	SummaryIdentity identity;
	uint8		bytes[2 * sizeof(uint32) + 1 + UINT8_MAX];
	Size		length;

	summary_identity_read(&identity, summary->bytes, summary->identity_size);
	length = strlen(identity.zone);
	memcpy(bytes, summary->bytes, 2 * sizeof(uint32));
	bytes[2 * sizeof(uint32)] = (uint8) length;
	memcpy(bytes + 2 * sizeof(uint32) + 1, identity.zone, length);
	return create(bytes, 2 * sizeof(uint32) + 1 + length, summary->first, FIRST_SLOTS);
}

static inline uint32
slot_key(const RetentionTotals *totals, TotalsCellKind kind, int32 cohort, int32 bucket)
{
	return ((uint32) kind << (2 * OFFSET_BITS)) |
		(uint32) (cohort - totals->base + BIAS) << OFFSET_BITS |
		(uint32) (bucket - totals->base + BIAS);
}

static inline void
add_to_slot(RetentionTotals *totals, Slot *slots, uint32 mask, uint32 key, uint64 customers)
{
	uint32		i = (key * 0x9E3779B1U) >> 7 & mask;

	while (slots[i].customers != 0 && slots[i].key != key)
		i = (i + 1) & mask;
	if (slots[i].customers == 0)
	{
		/* One always stays free, or the search for another would not end. */
		if (unlikely(totals->ncells >= mask))
			totals_corrupt();
		totals->ncells++;
		slots[i].key = key;
	}
	slots[i].customers += customers;
}

static TotalsCell
slot_cell(const RetentionTotals *totals, const Slot *slot, bool has_cohort)
{
	const uint32 mask = (1 << OFFSET_BITS) - 1;
	TotalsCell	cell;

	cell.kind = (TotalsCellKind) (slot->key >> (2 * OFFSET_BITS));
	cell.cohort = has_cohort ? totals->base + (int32) (slot->key >> OFFSET_BITS & mask) - BIAS : totals->first;
	cell.bucket = totals->base + (int32) (slot->key & mask) - BIAS;
	cell.customers = slot->customers;
	if (cell.cohort < totals->first || cell.bucket > totals->last || cell.bucket < cell.cohort)
		totals_corrupt();
	return cell;
}

/*
 * Is there room for so many more cells?  If not, a larger value in the current memory context.
 */
static RetentionTotals *
make_room(RetentionTotals *totals, uint64 more)
{
	uint32		nslots;
	Slot	   *slots = slots_of(totals, &nslots);
	uint64		wanted = nslots;
	RetentionTotals *larger;
	Slot	   *larger_slots;
	uint32		i;

	if (likely((totals->ncells + more) * 3 <= (uint64) nslots * 2))
		return totals;
	while ((totals->ncells + more) * 3 > wanted * 2)
		wanted *= 2;
	larger = create(totals->bytes, totals->identity_size, totals->base, wanted);
	larger->first = totals->first;
	larger->last = totals->last;
	larger->customers = totals->customers;
	larger->largest = totals->largest;
	larger_slots = slots_of(larger, &nslots);
	nslots = wanted;
	for (i = 0; i < (VARSIZE(totals) - slots_offset(totals)) / sizeof(Slot); i++)
		if (slots[i].customers != 0)
			add_to_slot(larger, larger_slots, nslots - 1, slots[i].key, slots[i].customers);
	return larger;
}

/*
 * Know the buckets from "first" to "last" as well.
 */
static void
extend(RetentionTotals *totals, int32 first, int32 last)
{
	first = Min(first, totals->first);
	last = Max(last, totals->last);
	totals_check_span(totals_width(totals), first, last);
	if (Max(last - (int64) totals->base, totals->base - (int64) first) >= BIAS)
		totals_corrupt();
	totals->first = first;
	totals->last = last;
}

/*
 * Count a customer.
 */
static RetentionTotals *
add_customer(RetentionTotals *totals, const SeenSet *seen)
{
	uint32		nslots;
	Slot	   *slots;
	uint32		mask;
	uint32		matrix_key;
	SeenWalk	walk;
	int32		bucket;
	int64		before = (int64) PG_INT32_MIN - 1;
	bool		repeated;

	totals = make_room(totals, 3 * (uint64) seenset_count(seen) + 1);
	slots = slots_of(totals, &nslots);
	mask = nslots - 1;
	if (unlikely(seen->first < totals->first || seen->last > totals->last))
		extend(totals, seen->first, seen->last);

	matrix_key = slot_key(totals, TOTALS_SEEN, seen->first, totals->base - BIAS);
	seenset_walk(&walk, seen);
	while (seenset_next(&walk, &bucket, &repeated))
	{
		add_to_slot(totals, slots, mask, matrix_key + (uint32) (bucket - totals->base + BIAS), 1);
		if (bucket == before + 1)
			add_to_slot(totals, slots, mask, slot_key(totals, TOTALS_RETAINED, totals->base, bucket), 1);
		if (repeated)
			add_to_slot(totals, slots, mask, slot_key(totals, TOTALS_REPEATED, totals->base, bucket), 1);
		before = bucket;
	}
	add_to_slot(totals, slots, mask, slot_key(totals, TOTALS_LAST, seen->first, seen->last), 1);
	totals->customers++;
	return totals;
}

/*
 * Several summaries may have the same customers, unless each is of a single one.  Called before another is counted.
 */
static void
check_largest(RetentionTotals *state, uint64 largest)
{
	state->largest = Max(state->largest, largest);
	if (state->customers > 0 && state->largest > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("totals_agg cannot add up a summary of " UINT64_FORMAT " customers", state->largest),
				 errdetail("Customers who are in several summaries would be counted several times."),
				 errhint("Use totals(rollup(...)), or group the rows by customer.")));
}

/*
 * Does the identity of totals, bucket and zone, agree with a summary's?  There the bucket comes first and the
 * zone last.
 */
static bool
is_of_summary(const RetentionTotals *totals, const RetentionSummary *summary)
{
	const Size	width_size = 2 * sizeof(uint32);
	Size		zone_size = totals->identity_size - width_size;

	return summary->identity_size > width_size + zone_size &&
		memcmp(totals->bytes, summary->bytes, width_size) == 0 &&
		memcmp(totals->bytes + width_size, summary->bytes + summary->identity_size - zone_size, zone_size) == 0;
}

static void
check_same(const RetentionTotals *one, const RetentionTotals *other)
{
	if (one->identity_size == other->identity_size &&
		memcmp(one->bytes, other->bytes, one->identity_size) == 0)
		return;
	if (!bucket_width_equal(totals_width(one), totals_width(other)))
		parameter_changed("bucket", bucket_width_text(totals_width(one)), bucket_width_text(totals_width(other)));
	parameter_changed("zone", totals_zone(one), totals_zone(other));
}

/* Counts of a summary of many customers in few buckets: all cells there can be, by kind, cohort and bucket. */
typedef struct DenseCells
{
	uint32		counts[TOTALS_REPEATED + 1][DENSE_SPAN][DENSE_SPAN];
} DenseCells;

static inline void
count_dense(DenseCells *cells, const SeenSet *seen, int32 base)
{
	uint32		cohort = seen->first - base;
	uint32	   *row = cells->counts[TOTALS_SEEN][cohort] + cohort;
	uint64		bits;

	for (bits = seen->seen; bits != 0; bits &= bits - 1)
		row[pg_rightmost_one_pos64(bits)]++;
	for (bits = seen->seen & seen->seen << 1; bits != 0; bits &= bits - 1)
		cells->counts[TOTALS_RETAINED][0][cohort + pg_rightmost_one_pos64(bits)]++;
	for (bits = seen->repeated; bits != 0; bits &= bits - 1)
		cells->counts[TOTALS_REPEATED][0][cohort + pg_rightmost_one_pos64(bits)]++;
	cells->counts[TOTALS_LAST][cohort][seen->last - base]++;
}

/*
 * The same as adding each customer, at a fraction of the cost.
 */
static RetentionTotals *
add_many_customers(RetentionTotals *state, const RetentionSummary *summary)
{
	DenseCells *cells = palloc0(sizeof(DenseCells));
	SummaryReader reader;
	SummaryEntry entry;
	Slot	   *slots;
	uint32		nslots;
	int			kind;
	int			cohort;
	int			bucket;

	summary_read_sorted(&reader, summary, NULL);
	while (summary_next(&reader, &entry))
		count_dense(cells, &entry.seen, summary->first);

	state = make_room(state, (TOTALS_LAST + 1) * DENSE_SPAN * DENSE_SPAN);
	slots = slots_of(state, &nslots);
	extend(state, summary->first, summary->last);
	for (kind = 0; kind <= TOTALS_REPEATED; kind++)
		for (cohort = 0; cohort < DENSE_SPAN; cohort++)
			for (bucket = 0; bucket < DENSE_SPAN; bucket++)
			{
				uint32		customers = cells->counts[kind][cohort][bucket];
				int32		of = kind <= TOTALS_LAST ? summary->first + cohort : state->base;

				if (customers > 0)
					add_to_slot(state, slots, nslots - 1, slot_key(state, kind, of, summary->first + bucket), customers);
			}
	state->customers += summary->nsorted;
	pfree(cells);
	return state;
}

/*
 * Count the customers of a canonical summary.  Returns the same working value, changed in place, or a new one in
 * the current memory context.
 */
RetentionTotals *
totals_add_summary(RetentionTotals *state, const RetentionSummary *summary)
{
	SummaryReader reader;
	SummaryEntry entry;

	if (!is_of_summary(state, summary))
		check_same(state, totals_create(summary));
	check_largest(state, summary->nsorted);
	if (summary->nsorted >= DENSE_CUSTOMERS && (int64) summary->last - summary->first < DENSE_SPAN)
		return add_many_customers(state, summary);
	summary_read_sorted(&reader, summary, NULL);
	while (summary_next(&reader, &entry))
		state = add_customer(state, &entry.seen);
	return state;
}

typedef struct NumberedCell
{
	uint64		number;
	uint64		customers;
} NumberedCell;

#define RADIX_SORT sort_cells
#define RADIX_ELEMENT NumberedCell
#define RADIX_KEY(cell) (cell).number
#include "base/radixsort.h"

/*
 * The cells of a working value in order.
 */
static NumberedCell *
sorted_cells(const RetentionTotals *totals)
{
	uint32		nslots;
	const Slot *slots = slots_of(totals, &nslots);
	NumberedCell *cells = palloc(2 * sizeof(NumberedCell) * Max(totals->ncells, 1));
	uint32		n = 0;
	uint32		i;

	for (i = 0; i < nslots; i++)
	{
		TotalsCell	cell;
		bool		has_cohort;

		if (slots[i].customers == 0)
			continue;
		if (n == totals->ncells)
			totals_corrupt();
		has_cohort = slots[i].key >> (2 * OFFSET_BITS) <= TOTALS_LAST;
		cell = slot_cell(totals, &slots[i], has_cohort);
		cells[n].number = ((uint64) cell.kind * TOTALS_MAX_SPAN + (cell.cohort - totals->first)) *
			TOTALS_MAX_SPAN + (cell.bucket - totals->first);
		cells[n++].customers = cell.customers;
	}
	if (n != totals->ncells)
		totals_corrupt();
	sort_cells(cells, cells + n, n, 0);
	return cells;
}

/*
 * The canonical form, which is the value itself where it is canonical already.
 */
const RetentionTotals *
totals_canonical(const RetentionTotals *totals)
{
	NumberedCell *cells;
	RetentionTotals *canonical;
	Size		header = offsetof(RetentionTotals, bytes) + totals->identity_size;
	uint64		number = 0;
	uint8	   *to;
	uint32		i;

	if (!totals->working)
		return totals;
	cells = sorted_cells(totals);
	canonical = palloc(header + (Size) totals->ncells * 2 * VARINT_MAX_SIZE);
	memcpy(canonical, totals, header);
	canonical->working = false;
	canonical->base = totals->first;
	to = canonical->bytes + totals->identity_size;
	for (i = 0; i < totals->ncells; i++)
	{
		to = varint_put(to, cells[i].number - number);
		to = varint_put(to, cells[i].customers);
		number = cells[i].number;
	}
	SET_VARSIZE(canonical, to - (uint8 *) canonical);
	pfree(cells);
	return canonical;
}

/*
 * The canonical form of what will not be added to any more.
 */
const RetentionTotals *
totals_finished(const RetentionTotals *totals)
{
	RetentionTotals *finished;

	totals = totals_canonical(totals);
	if (totals->largest == 0)
		return totals;
	finished = memcpy(palloc(VARSIZE(totals)), totals, VARSIZE(totals));
	finished->largest = 0;
	return finished;
}

/*
 * Add a canonical value's cells to a working one.
 */
static RetentionTotals *
add_cells(RetentionTotals *state, const RetentionTotals *other)
{
	TotalsReader reader;
	TotalsCell	cell;
	uint32		nslots;
	Slot	   *slots;

	state = make_room(state, other->ncells);
	slots = slots_of(state, &nslots);
	extend(state, other->first, other->last);
	totals_read(&reader, other);
	while (totals_next(&reader, &cell))
	{
		int32		cohort = cell.kind <= TOTALS_LAST ? cell.cohort : state->base;

		add_to_slot(state, slots, nslots - 1, slot_key(state, cell.kind, cohort, cell.bucket),
					cell.customers);
	}
	state->customers += other->customers;
	return state;
}

static uint64
largest_counted(const RetentionTotals *totals)
{
	return totals->largest > 0 ? totals->largest : totals->customers;
}

/*
 * A value that can be added to: itself, unless it is canonical, as an aggregate's initial condition is.
 */
RetentionTotals *
totals_working(RetentionTotals *totals)
{
	RetentionTotals *state;

	if (totals->working)
		return totals;
	state = create(totals->bytes, totals->identity_size, totals->first, FIRST_SLOTS);
	state->largest = largest_counted(totals);
	return add_cells(state, totals);
}

/*
 * Add totals that were counted elsewhere to a working value, or to NULL.
 */
RetentionTotals *
totals_add_totals(RetentionTotals *state, const RetentionTotals *other)
{
	if (state == NULL)
		state = create(other->bytes, other->identity_size, other->first, FIRST_SLOTS);
	else
		check_same(state, other);
	check_largest(state, largest_counted(other));
	return add_cells(state, totals_canonical(other));
}
