/*
 * metrics/rates.c
 *		Rates of counts that somebody else has made: crr and churn_rate as plain functions.
 *
 *		crr = (at_end - acquired) / at_start		churn_rate = lost / at_start
 *
 * Counts are double precision, so that averages and estimates of customers can be passed as well.
 *
 * Counts may also be text, which the parser prefers for what has no type.  So a client library that sends none can
 * call crr($1, $2, $3), which would else be ambiguous.  And a crr over orders whose time is a number, as in
 * crr(customer, 1735689600, '[2025-01-01,2025-02-01)'), which can only mean the plain function to the parser, gets a
 * message that says what is wrong, and not that a period is no number.
 */
#include "metrics/rates.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/float.h"

PG_FUNCTION_INFO_V1(crr_from_counts);
PG_FUNCTION_INFO_V1(crr_from_counts_text);
PG_FUNCTION_INFO_V1(crr_from_texts);
PG_FUNCTION_INFO_V1(churn_rate_from_counts);
PG_FUNCTION_INFO_V1(churn_rate_from_texts);

/*
 * Refuse what cannot be a count.
 */
void
check_count(double count, const char *name)
{
	if (!(count >= 0) || isinf(count))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a number of customers, not %g", name, count),
				 errhint("Counts of customers are finite and not negative.")));
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
 * A count in an argument that is text.
 */
static double
count_of_text(FunctionCallInfo fcinfo, int argno, const char *name)
{
	const char *written = text_to_cstring(PG_GETARG_TEXT_PP(argno));
	char	   *end;
	double		count = strtod(written, &end);

	if (end == written || end[strspn(end, " \t\n\r\f\v")] != '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a number of customers, not \"%s\"", name, written),
				 errhint("Over orders, the second argument is the time of an order; "
						 "to_timestamp(seconds) makes one of seconds since 1970.")));
	return count;
}

static Datum
crr(FunctionCallInfo fcinfo, double at_start, double at_end, double acquired)
{
	check_count(at_start, "at_start");
	check_count(at_end, "at_end");
	check_count(acquired, "acquired");
	return rate_of_counts(fcinfo, at_end - acquired, at_start);
}

static Datum
churn_rate(FunctionCallInfo fcinfo, double at_start, double lost)
{
	check_count(at_start, "at_start");
	check_count(lost, "lost");
	return rate_of_counts(fcinfo, lost, at_start);
}

/*
 * crr(at_start, at_end, acquired double precision)
 */
Datum
crr_from_counts(PG_FUNCTION_ARGS)
{
	return crr(fcinfo, PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2));
}

/*
 * crr(at_start, at_end double precision, acquired text)
 */
Datum
crr_from_counts_text(PG_FUNCTION_ARGS)
{
	return crr(fcinfo, PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1), count_of_text(fcinfo, 2, "acquired"));
}

/*
 * crr(at_start, at_end, acquired text)
 */
Datum
crr_from_texts(PG_FUNCTION_ARGS)
{
	/* The last one first: in a call that was meant for orders, it is the period. */
	double		acquired = count_of_text(fcinfo, 2, "acquired");
	double		at_end = count_of_text(fcinfo, 1, "at_end");

	return crr(fcinfo, count_of_text(fcinfo, 0, "at_start"), at_end, acquired);
}

/*
 * churn_rate(at_start, lost double precision)
 */
Datum
churn_rate_from_counts(PG_FUNCTION_ARGS)
{
	return churn_rate(fcinfo, PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1));
}

/*
 * churn_rate(at_start, lost text)
 */
Datum
churn_rate_from_texts(PG_FUNCTION_ARGS)
{
	double		lost = count_of_text(fcinfo, 1, "lost");

	return churn_rate(fcinfo, count_of_text(fcinfo, 0, "at_start"), lost);
}
