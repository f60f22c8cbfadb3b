/*
 * report/growth.h
 *		Who came, stayed, came back and left in a bucket.  See report/growth.c.
 */
#ifndef RETENTION_REPORT_GROWTH_H
#define RETENTION_REPORT_GROWTH_H

#include "report/argument.h"

typedef struct GrowthCounts
{
	int64		starting;		/* active in the bucket before */
	int64		new_customers;
	int64		retained;
	int64		resurrected;
	int64		churned;
	int64		active;
	int64		repeated;
} GrowthCounts;

extern GrowthCounts growth_counts(const Report *report, int64 bucket);

#endif							/* RETENTION_REPORT_GROWTH_H */
