/*
 * totals/stored.c
 *		Totals as they are stored: what they hold, and the one door by which they come in.
 *
 * Totals are counts of customers, each in a cell:
 *
 *		TOTALS_SEEN			cohort x bucket, the cohort matrix
 *		TOTALS_LAST			cohort x last bucket: who was seen at an age or later is who was last seen then or later
 *		TOTALS_RETAINED		a bucket and the one before
 *		TOTALS_REPEATED		more than once in a bucket
 *
 * Everything else follows: a cohort's size is its own first cell, a bucket's active customers are the sum of a
 * column.  revenue_totals have more kinds, all but the first of which hold an amount (base/money.c):
 *
 *		TOTALS_PAYERS		cohort x bucket, customers whose amount there is not zero
 *		TOTALS_REVENUE		cohort x bucket
 *		TOTALS_NEW_REVENUE	a bucket, and so for TOTALS_REACTIVATED, TOTALS_EXPANSION, TOTALS_CONTRACTION
 *
 * What has churned in a bucket is what is missing in its sum.  Cells without customers, or of nothing, are left out.
 * The others have a number each, made of kind, cohort and bucket, and lie in its order, as the distance from the number
 * before and the contents.  Two years of months take some 2 kB, with amounts 5 kB, whatever the number of customers:
 *
 *		| header | zone | distance, customers | distance, customers | ... | distance, amount | ...
 *
 * The state of a running aggregate, a working value, has the cells in a hash table instead (totals/working.c).
 */
#include "totals/totals.h"

#include "base/damage.h"

bool
totals_damaged(Node *escontext)
{
	return value_damaged("totals", escontext);
}

void
totals_corrupt(void)
{
	(void) totals_damaged(NULL);
	pg_unreachable();
}

bool
totals_check_version(uint8 version, Node *escontext)
{
	return value_check_version("totals", version, TOTALS_VERSION, escontext);
}

/*
 * Do the numbers of a header agree with the size of the value?
 */
bool
totals_header_valid(const RetentionTotals *totals)
{
	return totals->working <= 1 && totals->scale >= NO_AMOUNTS && totals->scale <= AMOUNT_DIGITS_MAX &&
		totals->zone_size <= TOTALS_MAX_ZONE_SIZE && totals_header_size(totals) <= VARSIZE(totals) &&
		memchr(totals->zone, '\0', totals->zone_size) == NULL &&
		bucket_width_valid(totals->width) &&
		totals->first <= totals->last && (int64) totals->last - totals->first < BUCKET_MAX_SPAN &&
		totals->customers <= TOTALS_MAX_CUSTOMERS &&
		totals->ncells <= (VARSIZE(totals) - totals_header_size(totals)) / 2;
}

/*
 * The one door to stored values of either type; old versions will be brought up to date here.
 */
const RetentionTotals *
totals_open_any(struct varlena *value)
{
	const RetentionTotals *totals = (RetentionTotals *) value;

	if (VARSIZE(value) < offsetof(RetentionTotals, zone))
		totals_corrupt();
	(void) totals_check_version(totals->version, NULL);
	if (!totals_header_valid(totals))
		totals_corrupt();
	return totals;
}

/*
 * The same of one type: do they have amounts?
 */
const RetentionTotals *
totals_open(struct varlena *value, bool amounts)
{
	const RetentionTotals *totals = totals_open_any(value);

	if (totals_have_amounts(totals) != amounts)
		totals_corrupt();
	return totals;
}

char *
totals_zone(const RetentionTotals *totals)
{
	return pnstrdup(totals->zone, totals->zone_size);
}
