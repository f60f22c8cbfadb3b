/*
 * report/curve.h
 *		The share of customers still seen at each age.  See report/curve.c.
 */
#ifndef RETENTION_REPORT_CURVE_H
#define RETENTION_REPORT_CURVE_H

#include "report/argument.h"

/* Sums over the cohorts that are old enough for an age, of which there may be none. */
typedef struct CurveAge
{
	int32		cohorts;
	int64		customers;
	int64		retained;
	int64		retained_before;	/* at the age before, of the same cohorts */
	double		sum_of_rates;
	bool		retained_known;
	bool		before_known;
	double		rate;
	bool		known;			/* the rate is */
} CurveAge;

typedef struct Curve
{
	Report		report;
	CurveAge   *ages;			/* those without cohorts come last */
	uint32		nages;
	uint32		age;			/* of the next row */
} Curve;

extern Curve *curve_of_call(FunctionCallInfo fcinfo, CountsOfArgument counts);

#endif							/* RETENTION_REPORT_CURVE_H */
