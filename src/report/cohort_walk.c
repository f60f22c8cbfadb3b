/*
 * report/cohort_walk.c
 *		A walk over the cohort matrix, cohort by cohort and age by age.
 *
 * The cells are sorted by cohort and bucket, and those without customers are left out, so the walk goes along them
 * and fills in the zeros.  A cohort without customers has no cells and is passed over.  One whose customers cannot be
 * told, which is that of the bucket that holds as_of, comes last, and nothing is known about it.
 */
#include "report/cohort_walk.h"

/*
 * Start a walk to the bucket "until".
 */
void
cohort_walk_init(CohortWalk *walk, const Report *report, int64 until, bool on_or_after)
{
	memset(walk, 0, sizeof(*walk));
	walk->report = report;
	walk->until = until;
	walk->on_or_after = on_or_after;
	walk->left.counts = report->counts;
	walk->unknown_cohort = until >= report->counts->first && !report_knows(report, until);
	walk->left_with_open.counts = report->with_open ? report->with_open : report->counts;
	walk->bucket = until;		/* so that the first step enters a cohort */
	walk->cohort = PG_INT64_MIN;
}

/*
 * Enter the cohort of which nothing is known; false if there is none.
 */
static bool
enter_unknown_cohort(CohortWalk *walk)
{
	if (!walk->unknown_cohort)
		return false;
	walk->unknown_cohort = false;
	walk->cohort = walk->bucket = walk->until;
	walk->customers = walk->retained = 0;
	walk->known = false;
	return true;
}

/*
 * Go to the bucket that the walk has come to.
 */
static void
left_advance(CohortLeft *left, const CohortWalk *walk)
{
	const BucketCounts *counts = left->counts;

	if (walk->bucket == walk->cohort)
	{
		left->customers = walk->customers;
		while (left->next < counts->nlast && counts->last[left->next].cohort < walk->cohort)
			left->next++;
	}
	for (; left->next < counts->nlast && counts->last[left->next].cohort == walk->cohort &&
		 counts->last[left->next].bucket < walk->bucket; left->next++)
		left->customers -= counts->last[left->next].customers;
}

/*
 * Enter the next cohort; false if there is none.
 */
static bool
next_cohort(CohortWalk *walk)
{
	const BucketCounts *counts = walk->report->counts;
	const CohortCount *seen;

	while (walk->next_seen < counts->nseen && counts->seen[walk->next_seen].cohort == walk->cohort)
		walk->next_seen++;
	if (walk->next_seen == counts->nseen)
		return false;
	seen = &counts->seen[walk->next_seen];
	if (seen->cohort > walk->until || !report_knows(walk->report, seen->cohort))
		return false;
	walk->cohort = walk->bucket = seen->cohort;
	walk->customers = seen->customers;
	return true;
}

/*
 * Go to the next bucket of the cohort, or to the first of the next one; false if there is none.
 */
bool
cohort_walk_next(CohortWalk *walk)
{
	const BucketCounts *counts = walk->report->counts;
	int64		here = 0;

	if (walk->bucket < walk->until)
		walk->bucket++;
	else if (!next_cohort(walk))
		return enter_unknown_cohort(walk);

	walk->known = report_knows(walk->report, walk->bucket);
	if (walk->next_seen < counts->nseen && counts->seen[walk->next_seen].cohort == walk->cohort &&
		counts->seen[walk->next_seen].bucket == walk->bucket)
		here = counts->seen[walk->next_seen++].customers;
	walk->retained = here;
	if (walk->on_or_after)
	{
		left_advance(&walk->left, walk);
		left_advance(&walk->left_with_open, walk);
		walk->retained = walk->left.customers;
		walk->known &= walk->left.customers == walk->left_with_open.customers;
	}
	return true;
}
