/*
 * revenue/report.h
 *		What the reports about money share.  See revenue/report.c.
 */
#ifndef RETENTION_REVENUE_REPORT_H
#define RETENTION_REVENUE_REPORT_H

#include "report/cohort_walk.h"
#include "totals/revenue.h"

typedef struct RevenueReport
{
	Report		report;
	RevenueCounts *revenue;
} RevenueReport;

extern void revenue_report_init(RevenueReport *report, FunctionCallInfo fcinfo, int as_of_argno);
extern const BucketRevenue *revenue_in_bucket(const RevenueReport *report, int64 bucket);
extern const CohortRevenue *revenue_of_cohort(const RevenueReport *report, const CohortWalk *walk, uint32 *next);

extern Numeric revenue_sum(const RevenueReport *report, const ExactSum *sum);
extern Numeric revenue_amount(const RevenueReport *report, const Money *amount);
extern Numeric numeric_minus(Numeric one, Numeric other);
extern Numeric numeric_per(Numeric amount, int64 customers);

#endif							/* RETENTION_REVENUE_REPORT_H */
