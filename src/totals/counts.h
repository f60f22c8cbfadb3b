/*
 * totals/counts.h
 *		Counts of customers by bucket and by cohort, in memory, for reports.  See totals/counts.c and totals/windows.c.
 */
#ifndef RETENTION_TOTALS_COUNTS_H
#define RETENTION_TOTALS_COUNTS_H

#include "base/bucket.h"
#include "summary/summary.h"
#include "totals/totals.h"

/* Customers of a cohort who were seen in a bucket, or whose last bucket it is. */
typedef struct CohortCount
{
	int32		cohort;
	int32		bucket;
	int64		customers;
} CohortCount;

typedef struct BucketCounts
{
	BucketCalendar calendar;
	int32		first;			/* bucket of the arrays' first elements */
	uint32		nbuckets;
	int32		last_seen;		/* the last bucket in which anybody was seen */
	TimestampTz last_at;		/* the latest time at which anybody was seen */
	TimestampTz known_until;
	int64		customers;
	int64	   *active;
	int64	   *new_customers;	/* seen for the first time */
	int64	   *retained;		/* active, and in the bucket before */
	int64	   *repeated;		/* more than once */

	/* These, sorted, only where cohorts are asked for. */
	CohortCount *seen;
	uint32		nseen;
	CohortCount *last;
	uint32		nlast;
} BucketCounts;

extern BucketCounts *counts_create(BucketWidth width, const char *zone, int32 first, int64 last);
extern BucketCounts *counts_of_summary(const RetentionSummary *summary);
extern BucketCounts *counts_of_windows(const RetentionSummary *summary, int64 lookback);
extern BucketCounts *counts_of_totals(const RetentionTotals *totals);
extern bool counts_possible(const BucketCounts *counts);
extern int64 counts_complete(BucketCounts *counts, TimestampTz as_of);

/*
 * An element of one of the arrays; before the first and after the last bucket nobody was seen.
 */
static inline int64
counts_at(const BucketCounts *counts, const int64 *column, int64 bucket)
{
	int64		i = bucket - counts->first;

	return i >= 0 && i < counts->nbuckets ? column[i] : 0;
}

/*
 * The first day of a bucket.
 */
static inline DateADT
counts_date(const BucketCounts *counts, int64 bucket)
{
	return bucket_date(counts->calendar.width, bucket);
}

#endif							/* RETENTION_TOTALS_COUNTS_H */
