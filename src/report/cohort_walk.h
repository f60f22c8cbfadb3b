/*
 * report/cohort_walk.h
 *		A walk over the cohort matrix, cohort by cohort and age by age.  See report/cohort_walk.c.
 */
#ifndef RETENTION_REPORT_COHORT_WALK_H
#define RETENTION_REPORT_COHORT_WALK_H

#include "totals/counts.h"

typedef struct CohortWalk
{
	const BucketCounts *counts;
	int64		until;			/* the last bucket */
	bool		on_or_after;	/* retained is who was seen then or later */
	uint32		next_seen;		/* the next cells of the matrix and of last buckets */
	uint32		next_last;
	int64		left;			/* customers of the cohort whose last bucket is not behind */

	/* Where the walk stands. */
	int64		cohort;
	int64		bucket;
	int64		customers;		/* of the cohort */
	int64		retained;		/* of them, at this age */
} CohortWalk;

extern void cohort_walk_init(CohortWalk *walk, const BucketCounts *counts, int64 until, bool on_or_after);
extern bool cohort_walk_next(CohortWalk *walk);

#endif							/* RETENTION_REPORT_COHORT_WALK_H */
