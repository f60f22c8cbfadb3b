/*
 * report/cohort_walk.c
 *		A walk over the cohort matrix, cohort by cohort and age by age.
 *
 * The cells are sorted by cohort and bucket, and those without customers are left out, so the walk goes along them
 * and fills in the zeros.  A cohort without customers has no cells and is passed over.
 */
#include "report/cohort_walk.h"

void
cohort_walk_init(CohortWalk *walk, const BucketCounts *counts, int64 until, bool on_or_after)
{
	memset(walk, 0, sizeof(*walk));
	walk->counts = counts;
	walk->until = until;
	walk->on_or_after = on_or_after;
	walk->bucket = until;		/* so that the first step enters a cohort */
	walk->cohort = PG_INT64_MIN;
}

/*
 * Enter the next cohort; false if there is none.
 */
static bool
next_cohort(CohortWalk *walk)
{
	const BucketCounts *counts = walk->counts;

	while (walk->next_seen < counts->nseen && counts->seen[walk->next_seen].cohort == walk->cohort)
		walk->next_seen++;
	while (walk->next_last < counts->nlast && counts->last[walk->next_last].cohort == walk->cohort)
		walk->next_last++;
	if (walk->next_seen == counts->nseen || counts->seen[walk->next_seen].cohort > walk->until)
		return false;
	walk->cohort = walk->bucket = counts->seen[walk->next_seen].cohort;
	walk->customers = walk->left = counts->seen[walk->next_seen].customers;
	return true;
}

/*
 * Go to the next bucket of the cohort, or to the first of the next one; false if there is none.
 */
bool
cohort_walk_next(CohortWalk *walk)
{
	const BucketCounts *counts = walk->counts;
	int64		here = 0;

	if (walk->bucket < walk->until)
		walk->bucket++;
	else if (!next_cohort(walk))
		return false;

	for (; walk->next_last < counts->nlast && counts->last[walk->next_last].cohort == walk->cohort &&
		 counts->last[walk->next_last].bucket < walk->bucket; walk->next_last++)
		walk->left -= counts->last[walk->next_last].customers;
	if (walk->next_seen < counts->nseen && counts->seen[walk->next_seen].cohort == walk->cohort &&
		counts->seen[walk->next_seen].bucket == walk->bucket)
		here = counts->seen[walk->next_seen++].customers;
	walk->retained = walk->on_or_after ? walk->left : here;
	return true;
}
