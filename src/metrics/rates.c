/*
 * metrics/rates.c
 *		Rates of counts that somebody else has made: crr and churn_rate as plain functions.
 *
 *		crr = (at_end - acquired) / at_start		churn_rate = lost / at_start
 *
 * Counts are double precision, so that averages and estimates of customers can be passed as well.
 *
 * A crr over orders whose time is a number, as in crr(customer, 1735689600, '[2025-01-01,2025-02-01)'), can only
 * mean the plain function to the parser.  So its last argument may also be text, which the parser prefers for a
 * literal without a type: the message then says what is wrong, and not that a period is no number.
 */
#include "compat.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/float.h"

PG_FUNCTION_INFO_V1(crr_from_counts);
PG_FUNCTION_INFO_V1(crr_from_counts_text);
PG_FUNCTION_INFO_V1(churn_rate_from_counts);

/*
 * A count that a plain function was given.
 */
static double
check_count(double count, const char *name)
{
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
 * A count as text.
 */
static double
count_of_text(const char *text, const char *name)
{
	char	   *end;
	double		count = strtod(text, &end);

	if (end == text || end[strspn(end, " \t\n\r\f\v")] != '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a number of customers, not \"%s\"", name, text),
				 errhint("In crr over orders the second argument is the time of an order; "
						 "to_timestamp(seconds) makes one of seconds since 1970.")));
	return count;
}

static Datum
retention_of_counts(FunctionCallInfo fcinfo, double acquired)
{
	double		at_start = check_count(PG_GETARG_FLOAT8(0), "at_start");
	double		at_end = check_count(PG_GETARG_FLOAT8(1), "at_end");

	check_count(acquired, "acquired");
	return rate_of_counts(fcinfo, at_end - acquired, at_start);
}

/*
 * crr(at_start, at_end, acquired) = (E - N) / S
 */
Datum
crr_from_counts(PG_FUNCTION_ARGS)
{
	return retention_of_counts(fcinfo, PG_GETARG_FLOAT8(2));
}

Datum
crr_from_counts_text(PG_FUNCTION_ARGS)
{
	return retention_of_counts(fcinfo, count_of_text(text_to_cstring(PG_GETARG_TEXT_PP(2)), "acquired"));
}

/*
 * churn_rate(at_start, lost) = lost / S
 */
Datum
churn_rate_from_counts(PG_FUNCTION_ARGS)
{
	double		at_start = check_count(PG_GETARG_FLOAT8(0), "at_start");
	double		lost = check_count(PG_GETARG_FLOAT8(1), "lost");

	return rate_of_counts(fcinfo, lost, at_start);
}
