/*
 * revenue/ltv.h
 *		What a customer has spent up to each age.  See revenue/ltv.c.
 */
#ifndef RETENTION_REVENUE_LTV_H
#define RETENTION_REVENUE_LTV_H

#include "revenue/report.h"

/* Sums over the cohorts that are old enough for an age. */
typedef struct LtvAge
{
	int32		cohorts;
	int64		customers;
	ExactSum	revenue;
} LtvAge;

typedef struct LtvCurve
{
	RevenueReport report;
	LtvAge	   *ages;
	int64		nages;
	int64		age;			/* of the next row */
	Numeric		per_customer;	/* up to the age before */
} LtvCurve;

extern LtvCurve *ltv_curve_of_call(FunctionCallInfo fcinfo, int as_of_argno);
extern bool ltv_curve_next(LtvCurve *curve, Numeric *revenue);

#endif							/* RETENTION_REVENUE_LTV_H */
