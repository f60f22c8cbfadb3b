/*
 * totals/count.c
 *		Counting: summaries into totals, and totals into totals.
 *
 * Customers are counted one by one, in the value's own hash table, or, where a summary has many of them in few
 * buckets, in an array of all cells that there can be.
 */
#include "totals/working.h"

#include "agg/aggstate.h"
#include "base/zone.h"

#include "miscadmin.h"

/* A summary of this many customers, in this many buckets at most, is counted in an array; its sets need no lists. */
#define DENSE_CUSTOMERS 1000
#define DENSE_SPAN SEEN_BITS

/* Counts of a summary of many customers in few buckets: all cells there can be, by kind, cohort and bucket. */
typedef struct DenseCells
{
	uint32		counts[TOTALS_REPEATED + 1][DENSE_SPAN][DENSE_SPAN];
} DenseCells;

/*
 * Count a customer, whose buckets are within the value's.
 */
static RetentionTotals *
add_customer(RetentionTotals *totals, const SeenSet *seen)
{
	TotalsTable table;
	uint64		matrix_key;
	SeenWalk	walk;
	int32		bucket;
	int64		before = (int64) PG_INT32_MIN - 1;
	bool		repeated;

	totals = totals_make_room(totals, 3 * (uint64) seenset_count(seen) + 1);
	table = totals_table(totals);
	matrix_key = totals_key(totals, TOTALS_SEEN, seen->first, totals->base - TOTALS_BIAS);
	seenset_walk(&walk, seen);
	while (seenset_next(&walk, &bucket, &repeated))
	{
		totals_add(&table, matrix_key + (uint32) (bucket - totals->base + TOTALS_BIAS), 1);
		if (bucket == before + 1)
			totals_add(&table, totals_key(totals, TOTALS_RETAINED, totals->base, bucket), 1);
		if (repeated)
			totals_add(&table, totals_key(totals, TOTALS_REPEATED, totals->base, bucket), 1);
		before = bucket;
	}
	totals_add(&table, totals_key(totals, TOTALS_LAST, seen->first, seen->last), 1);
	totals->customers++;
	return totals;
}

/*
 * Add a difference of amounts to a cell.  There must be room for as many cells as they have limbs.
 */
static void
add_money(const TotalsTable *table, TotalsCellKind kind, int32 cohort, int32 bucket, const Money *plus,
		  const Money *minus)
{
	const RetentionTotals *totals = table->totals;
	Limbs		limbs;
	int			power;

	if (likely(plus->limbs == NULL && minus->limbs == NULL))
	{
		totals_add(table, totals_key(totals, kind, cohort, bucket), plus->units - minus->units);
		return;
	}
	limbs_init(&limbs);
	money_add(&limbs, plus, 1);
	money_add(&limbs, minus, -1);
	for (power = limbs.least; power <= limbs.greatest; power++)
		totals_add(table, totals_limb_key(totals, kind, cohort, bucket, power), *limbs_at(&limbs, power));
}

/*
 * Add what a customer, who has paid in a bucket, did there: came, came back, spent more or less than in the one before.
 */
static void
add_movement(const TotalsTable *table, int32 bucket, const Money *amount, const Money *before, bool new_payer)
{
	int32		base = table->totals->base;
	int			change;

	if (money_is_zero(before))
	{
		add_money(table, new_payer ? TOTALS_NEW_REVENUE : TOTALS_REACTIVATED, base, bucket, amount, before);
		return;
	}
	change = money_compare(amount, before);
	if (change > 0)
		add_money(table, TOTALS_EXPANSION, base, bucket, amount, before);
	else if (change < 0)
		add_money(table, TOTALS_CONTRACTION, base, bucket, before, amount);
}

/*
 * Count the amounts of a customer, who has been counted.
 */
static RetentionTotals *
add_amounts(RetentionTotals *totals, const SummaryEntry *entry)
{
	int32		cohort = entry->seen.first;
	const Money nothing = {0, NULL};
	Money		before = nothing;
	int64		last = (int64) PG_INT32_MIN - 1;
	bool		new_payer = true;
	uint64		ncells = 3 * (uint64) seenset_count(&entry->seen);
	TotalsTable table;
	AmountWalk	walk;
	int32		bucket;
	Money		amount;

	totals = totals_make_room(totals, ncells);
	table = totals_table(totals);
	amounts_walk(&walk, &entry->seen, entry->amounts);
	for (; amounts_next(&walk, &bucket, &amount); last = bucket, before = amount)
	{
		if (money_is_zero(&amount))
			continue;
		if (bucket != last + 1)
			before = nothing;
		if (unlikely(amount.limbs != NULL || before.limbs != NULL))
		{
			totals = totals_make_room(totals, ncells + 3 * LIMB_COUNT);
			table = totals_table(totals);
		}
		add_money(&table, TOTALS_REVENUE, cohort, bucket, &amount, &nothing);
		totals_add(&table, totals_key(totals, TOTALS_PAYERS, cohort, bucket), 1);
		add_movement(&table, bucket, &amount, &before, new_payer);
		new_payer = false;
	}
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
 * The state, in the zone that it has in common with what is added to it.
 */
static RetentionTotals *
in_common_zone(RetentionTotals *state, BucketWidth width, const ZoneUse *other)
{
	ZoneUse		own = {totals_zone(state), state->first, state->last};
	const ZoneUse *common;

	if (!bucket_width_equal(state->width, width))
		merged_parameter_changed("bucket", bucket_width_text(state->width), bucket_width_text(width));
	if (strcmp(own.zone, other->zone) == 0)
		return state;
	common = zone_in_common(width, &own, other);
	if (common == NULL)
		merged_parameter_changed("zone", own.zone, other->zone);
	return common == other ? totals_in_zone(state, other->zone) : state;
}

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
	TotalsTable table;
	int			kind;
	int			cohort;
	int			bucket;

	summary_read_sorted(&reader, summary, NULL);
	while (summary_next(&reader, &entry))
	{
		count_dense(cells, &entry.seen, summary->first);
		if (entry.amounts != NULL)
			state = add_amounts(state, &entry);
	}

	state = totals_make_room(state, (TOTALS_LAST + 1) * DENSE_SPAN * DENSE_SPAN);
	table = totals_table(state);
	for (kind = 0; kind <= TOTALS_REPEATED; kind++)
		for (cohort = 0; cohort < DENSE_SPAN; cohort++)
			for (bucket = 0; bucket < DENSE_SPAN; bucket++)
			{
				uint32		customers = cells->counts[kind][cohort][bucket];
				int32		of = kind <= TOTALS_LAST ? summary->first + cohort : state->base;

				if (customers > 0)
					totals_add(&table, totals_key(state, kind, of, summary->first + bucket), customers);
			}
	state->customers += summary->nsorted;
	pfree(cells);
	return state;
}

static RetentionTotals *
add_customers(RetentionTotals *state, const RetentionSummary *summary, int64 until)
{
	SummaryReader reader;
	SummaryEntry entry;

	summary_read_sorted(&reader, summary, NULL);
	while (summary_next(&reader, &entry))
	{
		/* A customer may have thousands of buckets. */
		CHECK_FOR_INTERRUPTS();
		if (!seenset_cut(&entry.seen, until))
			continue;
		state = add_customer(state, &entry.seen);
		if (entry.amounts != NULL)
			state = add_amounts(state, &entry);
	}
	return state;
}

/*
 * Count the customers of a canonical summary.  Returns the same working value, changed in place, or a new one in
 * the current memory context.
 */
RetentionTotals *
totals_add_summary(RetentionTotals *state, const RetentionSummary *summary)
{
	if (!summary_has_calendar(summary, state->width, state->zone, state->zone_size))
	{
		SummaryIdentity identity;
		ZoneUse		use = {NULL, summary->first, summary->last};

		summary_identity_read(&identity, summary->bytes, summary->identity_size);
		use.zone = identity.zone;
		state = in_common_zone(state, identity.width, &use);
	}
	if (totals_have_amounts(state) != summary_has_amounts(summary))
		totals_corrupt();
	if (state->customers > 0)
		summary_check_same_kind(state->known_until, summary->known_until);
	check_largest(state, summary->nsorted);
	state->scale = Max(state->scale, summary->scale);
	totals_extend(state, summary->first, summary->last, summary->last_at, summary->known_until);
	if (summary->nsorted >= DENSE_CUSTOMERS && (int64) summary->last - summary->first < DENSE_SPAN)
		return add_many_customers(state, summary);
	return add_customers(state, summary, summary->last);
}

/*
 * Totals without customers in the buckets of a canonical summary.
 */
static RetentionTotals *
create_for(const RetentionSummary *summary)
{
	SummaryIdentity identity;

	summary_identity_read(&identity, summary->bytes, summary->identity_size);
	return totals_create(identity.width, identity.zone, strlen(identity.zone), summary->first, summary->scale);
}

/*
 * The working totals of a canonical summary.
 */
RetentionTotals *
totals_count(const RetentionSummary *summary)
{
	return totals_add_summary(create_for(summary), summary);
}

/*
 * The same as if nobody had been seen after a bucket.
 */
RetentionTotals *
totals_count_until(const RetentionSummary *summary, int64 until)
{
	RetentionTotals *totals = create_for(summary);

	totals_extend(totals, summary->first, summary->last, summary->last_at, summary->known_until);
	return add_customers(totals, summary, until);
}

/*
 * Add the cells of other totals, whose buckets are within the value's, to a working value; or, if the sign is -1, take
 * them away.
 */
RetentionTotals *
totals_add_cells(RetentionTotals *state, const RetentionTotals *other, int sign)
{
	TotalsReader reader;
	TotalsCell	cell;
	TotalsTable table;
	const Money nothing = {0, NULL};

	if (totals_have_amounts(state) != totals_have_amounts(other))
		totals_corrupt();
	state = totals_make_room(state, other->ncells);
	table = totals_table(state);
	totals_read(&reader, other);
	while (totals_next(&reader, &cell))
	{
		int32		cohort = totals_kind_has_cohort(cell.kind) ? cell.cohort : state->base;

		if (totals_kind_counts(cell.kind))
		{
			totals_add(&table, totals_key(state, cell.kind, cohort, cell.bucket), sign * (int64) cell.customers);
			continue;
		}
		if (cell.amount.limbs != NULL)
		{
			state = totals_make_room(state, reader.left + LIMB_COUNT);
			table = totals_table(state);
		}
		if (sign > 0)
			add_money(&table, cell.kind, cohort, cell.bucket, &cell.amount, &nothing);
		else
			add_money(&table, cell.kind, cohort, cell.bucket, &nothing, &cell.amount);
	}
	state->customers += sign * (int64) other->customers;
	return state;
}

/*
 * Add other totals, of other customers, to a working value.
 */
static RetentionTotals *
add_others(RetentionTotals *state, const RetentionTotals *other)
{
	state->scale = Max(state->scale, other->scale);
	totals_extend(state, other->first, other->last, other->last_at, other->known_until);
	return totals_add_cells(state, other, 1);
}

static uint64
largest_counted(const RetentionTotals *totals)
{
	return totals->largest > 0 ? totals->largest : totals->customers;
}

static RetentionTotals *
create_like(const RetentionTotals *totals)
{
	return totals_create(totals->width, totals->zone, totals->zone_size, totals->first, totals->scale);
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
	state = create_like(totals);
	state->largest = largest_counted(totals);
	return add_others(state, totals);
}

/*
 * Add totals that were counted elsewhere to a working value, or to NULL.
 */
RetentionTotals *
totals_add_totals(RetentionTotals *state, const RetentionTotals *other)
{
	if (state == NULL)
		state = create_like(other);
	else
	{
		ZoneUse		use = {totals_zone(other), other->first, other->last};

		state = in_common_zone(state, other->width, &use);
		summary_check_same_kind(state->known_until, other->known_until);
	}
	check_largest(state, largest_counted(other));
	return add_others(state, other);
}
