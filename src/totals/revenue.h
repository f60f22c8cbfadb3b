/*
 * totals/revenue.h
 *		What customers spent, by bucket and by cohort, in memory, for reports.  See totals/revenue.c.
 */
#ifndef RETENTION_TOTALS_REVENUE_H
#define RETENTION_TOTALS_REVENUE_H

#include "base/numutil.h"
#include "totals/totals.h"

/* What the customers of a cohort spent in a bucket, if any has paid. */
typedef struct CohortRevenue
{
	int32		cohort;
	int32		bucket;
	int64		payers;
	Money		revenue;
} CohortRevenue;

typedef struct BucketRevenue
{
	int64		payers;
	ExactSum	revenue;
	Money		new_revenue;
	Money		reactivated;
	Money		expansion;
	Money		contraction;
} BucketRevenue;

/* Good as long as the totals are. */
typedef struct RevenueCounts
{
	int32		scale;			/* decimals to show */
	int32		first;			/* bucket of the array's first element */
	uint32		nbuckets;
	BucketRevenue *buckets;
	CohortRevenue *cells;		/* by cohort and bucket */
	uint32		ncells;
} RevenueCounts;

extern void revenue_add(ExactSum *sum, const Money *amount);
extern CohortRevenue *revenue_find(const RevenueCounts *revenue, uint32 *next, int64 cohort, int64 bucket);
extern RevenueCounts *revenue_of_totals(const RetentionTotals *totals);
extern bool revenue_possible(const RetentionTotals *totals);

#endif							/* RETENTION_TOTALS_REVENUE_H */
