/*
 * totals/revenue.c
 *		What customers spent, by bucket and by cohort, in memory: what the reports about money are made of.
 */
#include "totals/revenue.h"

#include "totals/counts.h"

#include "miscadmin.h"

/*
 * Add to a sum, of which what is not small enough lies in the current memory context.
 */
void
revenue_add(ExactSum *sum, const Money *amount)
{
	Numeric		value;

	if (amount->limbs == NULL)
	{
		exact_sum_add_units(sum, amount->units, CurrentMemoryContext);
		return;
	}
	value = money_numeric(amount);
	exact_sum_add_numeric(sum, value, CurrentMemoryContext);
	pfree(value);
}

/*
 * What a cohort spent in a bucket; NULL if nobody has paid.  "next" is the place among the cells of who asks in their
 * order, from 0 on.
 */
CohortRevenue *
revenue_find(const RevenueCounts *revenue, uint32 *next, int64 cohort, int64 bucket)
{
	CohortRevenue *cell = &revenue->cells[*next];
	const CohortRevenue *end = &revenue->cells[revenue->ncells];

	while (cell < end && (cell->cohort < cohort || (cell->cohort == cohort && cell->bucket < bucket)))
		cell++;
	*next = cell - revenue->cells;
	return cell < end && cell->cohort == cohort && cell->bucket == bucket ? cell : NULL;
}

/*
 * Note what a cohort spent in a bucket, where some of it have paid; false if nobody has.
 */
static bool
set_cohort_revenue(RevenueCounts *revenue, uint32 *next, const TotalsCell *cell)
{
	CohortRevenue *found = revenue_find(revenue, next, cell->cohort, cell->bucket);

	if (found == NULL)
		return false;
	found->revenue = cell->amount;
	return true;
}

/*
 * Take in a cell; false if it cannot be.
 */
static bool
add_cell(RevenueCounts *revenue, uint32 *next, const TotalsCell *cell)
{
	BucketRevenue *bucket = &revenue->buckets[cell->bucket - revenue->first];

	switch (cell->kind)
	{
		case TOTALS_PAYERS:
			revenue->cells[revenue->ncells++] = (CohortRevenue)
			{
				cell->cohort, cell->bucket, cell->customers
			};
			bucket->payers += cell->customers;
			return true;
		case TOTALS_REVENUE:
			revenue_add(&bucket->revenue, &cell->amount);
			return set_cohort_revenue(revenue, next, cell);
		case TOTALS_NEW_REVENUE:
			bucket->new_revenue = cell->amount;
			return bucket->payers > 0;
		case TOTALS_REACTIVATED:
			bucket->reactivated = cell->amount;
			return bucket->payers > 0;
		case TOTALS_EXPANSION:
			bucket->expansion = cell->amount;
			return bucket->payers > 0;
		case TOTALS_CONTRACTION:
			bucket->contraction = cell->amount;
			return bucket->payers > 0;
		default:				/* customers are counted in totals/counts.c */
			return true;
	}
}

/*
 * The revenue of canonical totals; whether all cells could be is noted.
 */
static RevenueCounts *
read_revenue(const RetentionTotals *totals, bool *possible)
{
	RevenueCounts *revenue = palloc0(sizeof(RevenueCounts));
	uint32		next = 0;
	TotalsReader reader;
	TotalsCell	cell;

	bucket_check_span(totals->width, totals->first, totals->last);
	revenue->scale = totals->scale;
	revenue->first = totals->first;
	revenue->nbuckets = totals->last - totals->first + 1;
	revenue->buckets = palloc0(revenue->nbuckets * sizeof(BucketRevenue));
	revenue->cells = palloc_extended(totals->ncells * sizeof(CohortRevenue), MCXT_ALLOC_HUGE);
	*possible = true;
	totals_read(&reader, totals);
	while (totals_next(&reader, &cell))
	{
		if (reader.left % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		*possible &= add_cell(revenue, &next, &cell);
	}
	return revenue;
}

RevenueCounts *
revenue_of_totals(const RetentionTotals *totals)
{
	bool		possible;
	RevenueCounts *revenue = read_revenue(totals, &possible);

	if (!possible)
		totals_corrupt();
	return revenue;
}

/*
 * Has every payer been seen?
 */
static bool
payers_seen(const RevenueCounts *revenue, const BucketCounts *counts)
{
	uint32		seen = 0;
	uint32		i;

	for (i = 0; i < revenue->ncells; i++)
	{
		const CohortRevenue *cell = &revenue->cells[i];

		while (seen < counts->nseen &&
			   (counts->seen[seen].cohort < cell->cohort ||
				(counts->seen[seen].cohort == cell->cohort && counts->seen[seen].bucket < cell->bucket)))
			seen++;
		if (seen == counts->nseen || counts->seen[seen].cohort != cell->cohort ||
			counts->seen[seen].bucket != cell->bucket || counts->seen[seen].customers < cell->payers)
			return false;
	}
	return true;
}

/*
 * Is all that was spent in a bucket new or reactivated?
 */
static bool
all_came(const BucketRevenue *bucket)
{
	ExactSum	came = {0};

	revenue_add(&came, &bucket->new_revenue);
	revenue_add(&came, &bucket->reactivated);
	return numeric_compare(exact_sum_value(&came), exact_sum_value(&bucket->revenue)) == 0;
}

/*
 * Could customers have spent this?  Whoever spends more or less than before has spent something before.
 */
bool
revenue_possible(const RetentionTotals *totals)
{
	const Money nothing = {0, NULL};
	bool		possible;
	RevenueCounts *revenue = read_revenue(totals, &possible);
	uint32		i;

	for (i = 0; i < revenue->nbuckets; i++)
	{
		const BucketRevenue *bucket = &revenue->buckets[i];
		bool		changed = !money_is_zero(&bucket->expansion) || !money_is_zero(&bucket->contraction);

		possible &= money_compare(&bucket->expansion, &nothing) >= 0 &&
			money_compare(&bucket->contraction, &nothing) >= 0 && (i > 0 || money_is_zero(&bucket->reactivated));
		if (i == 0 || bucket[-1].payers == 0)
			possible &= !changed && all_came(bucket);
	}
	return possible && payers_seen(revenue, counts_of_totals(totals));
}
