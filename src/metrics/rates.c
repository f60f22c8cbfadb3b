/*
 * metrics/rates.c
 *		Rates of counts that somebody else has made: crr and churn_rate as plain functions.
 *
 *		crr = (at_end - acquired) / at_start		churn_rate = lost / at_start
 *
 * Counts are double precision, so that averages and estimates of customers can be passed as well.
 */
#include "compat.h"

#include <math.h>

#include "utils/float.h"

PG_FUNCTION_INFO_V1(crr_from_counts);
PG_FUNCTION_INFO_V1(churn_rate_from_counts);

/*
 * A count that a plain function was given.
 */
static double
count_argument(FunctionCallInfo fcinfo, int argno, const char *name)
{
	double		count = PG_GETARG_FLOAT8(argno);

	if (!(count >= 0) || isinf(count))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a number of customers, not %g", name, count),
				 errhint("Counts of customers are finite and not negative.")));
	return count;
}

/*
 * A quotient of counts, NULL for no customers.
 */
static Datum
rate_of_counts(FunctionCallInfo fcinfo, double customers, double at_start)
{
	double		rate;

	if (at_start == 0)
		PG_RETURN_NULL();
	rate = customers / at_start;
	if (isinf(rate))
		float_overflow_error();
	PG_RETURN_FLOAT8(rate);
}

/*
 * crr(at_start, at_end, acquired) = (E - N) / S
 */
Datum
crr_from_counts(PG_FUNCTION_ARGS)
{
	double		at_start = count_argument(fcinfo, 0, "at_start");
	double		at_end = count_argument(fcinfo, 1, "at_end");
	double		acquired = count_argument(fcinfo, 2, "acquired");

	return rate_of_counts(fcinfo, at_end - acquired, at_start);
}

/*
 * churn_rate(at_start, lost) = lost / S
 */
Datum
churn_rate_from_counts(PG_FUNCTION_ARGS)
{
	double		at_start = count_argument(fcinfo, 0, "at_start");
	double		lost = count_argument(fcinfo, 1, "lost");

	return rate_of_counts(fcinfo, lost, at_start);
}
