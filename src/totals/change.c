/*
 * totals/change.c
 *		Totals that follow their customers: those of some taken away, those of others added.
 *
 * Counts and amounts are sums over customers, so that both are exact, and the result is, byte by byte, what
 * counting the customers that are left would give, with two exceptions: the latest time and the decimals to
 * show are the greatest of any customer's, and what remains of a greatest when it is taken away no sum can
 * tell.
 */
#include "totals/working.h"

static bool
same_calendar(const RetentionTotals *one, const RetentionTotals *other)
{
	return bucket_width_equal(one->width, other->width) && one->zone_size == other->zone_size &&
		memcmp(one->zone, other->zone, one->zone_size) == 0;
}

/*
 * Totals of customers that are not among each other's.  Either may be NULL: of nobody.
 */
const RetentionTotals *
totals_plus(const RetentionTotals *totals, const RetentionTotals *others)
{
	RetentionTotals *sum;

	if (totals == NULL || others == NULL)
		return totals == NULL ? others : totals;
	if (!same_calendar(totals, others))
		totals_corrupt();
	sum = totals_create(totals->width, totals->zone, totals->zone_size, totals->first,
						Max(totals->scale, others->scale));
	totals_extend(sum, totals->first, totals->last, totals->last_at, totals->known_until);
	totals_extend(sum, others->first, others->last, others->last_at, others->known_until);
	sum = totals_add_cells(sum, totals, 1);
	return totals_finished(totals_add_cells(sum, others, 1));
}

/*
 * Can these be totals of some of the customers?
 */
static bool
is_part(const RetentionTotals *totals, const RetentionTotals *part)
{
	return totals != NULL && same_calendar(totals, part) &&
		part->customers <= totals->customers && part->first >= totals->first && part->last <= totals->last &&
		part->last_at <= totals->last_at && part->scale <= totals->scale;
}

static bool
counts_below_zero(RetentionTotals *totals)
{
	TotalsTable table = totals_table(totals);
	uint32		i;

	for (i = 0; i <= table.mask; i++)
		if (table.slots[i].key != 0 && totals_kind_counts(totals_key_kind(table.slots[i].key)) &&
			table.slots[i].value < 0)
			return true;
	return false;
}

/*
 * The same cells in the buckets that they need.
 */
static const RetentionTotals *
shrink(const RetentionTotals *totals)
{
	int32		first = totals->last;
	int32		last = totals->first;
	TotalsReader reader;
	TotalsCell	cell;
	RetentionTotals *small;

	totals_read(&reader, totals);
	while (totals_next(&reader, &cell) && cell.kind == TOTALS_SEEN)
	{
		first = Min(first, cell.cohort);
		last = Max(last, cell.bucket);
	}
	if (first == totals->first && last == totals->last)
		return totals;
	small = totals_create(totals->width, totals->zone, totals->zone_size, first, totals->scale);
	totals_extend(small, first, last, totals->last_at, totals->known_until);
	return totals_finished(totals_add_cells(small, totals, 1));
}

/*
 * Totals without some of their customers, or NULL: nobody is left.  The latest time and the decimals to show
 * are those that they had with them.  What is not a part of the totals, which are NULL if of nobody, is
 * refused, as far as that shows.
 */
const RetentionTotals *
totals_less(const RetentionTotals *totals, const RetentionTotals *part)
{
	RetentionTotals *rest;
	bool		valid = is_part(totals, part);

	if (valid)
	{
		rest = totals_create(totals->width, totals->zone, totals->zone_size, totals->first, totals->scale);
		totals_extend(rest, totals->first, totals->last, totals->last_at, totals->known_until);
		rest = totals_add_cells(totals_add_cells(rest, totals, 1), part, -1);
		valid = !counts_below_zero(rest);
	}
	if (valid)
	{
		totals = totals_finished(rest);
		valid = (totals->customers == 0) == (totals->ncells == 0);
	}
	if (!valid)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("totals of customers who are not all counted in others cannot be taken from them")));
	return totals->customers == 0 ? NULL : shrink(totals);
}
