/*
 * report/cohort_walk.h
 *		A walk over the cohort matrix, cohort by cohort and age by age.  See report/cohort_walk.c.
 */
#ifndef RETENTION_REPORT_COHORT_WALK_H
#define RETENTION_REPORT_COHORT_WALK_H

#include "report/argument.h"

/* Customers of the cohort whose last bucket is not behind. */
typedef struct CohortLeft
{
	const BucketCounts *counts;
	uint32		next;			/* the next cell of last buckets */
	int64		customers;
} CohortLeft;

typedef struct CohortWalk
{
	const Report *report;
	int64		until;			/* the last bucket */
	bool		on_or_after;	/* retained is who was seen then or later */
	uint32		next_seen;		/* the next cell of the matrix */
	CohortLeft	left;
	CohortLeft	left_with_open;
	bool		unknown_cohort; /* one is left, of the bucket that holds as_of */

	/* Where the walk stands. */
	int64		cohort;
	int64		bucket;
	int64		customers;		/* of the cohort */
	int64		retained;		/* of them, at this age, */
	bool		known;			/* if that can be told */
} CohortWalk;

extern void cohort_walk_init(CohortWalk *walk, const Report *report, int64 until, bool on_or_after);
extern bool cohort_walk_next(CohortWalk *walk);

#endif							/* RETENTION_REPORT_COHORT_WALK_H */
