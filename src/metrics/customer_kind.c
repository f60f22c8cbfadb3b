/*
 * metrics/customer_kind.c
 *		Two rules of thumb of customer care: customer_category and loyalty_stage.
 *
 * What is much, long or often differs between shops: every threshold is an argument.
 *
 * customer_category sorts customers into four kinds by what they spend, and for how long:
 *
 *		problem			was let down more than max_failures times
 *		star			spends much, repeatedly, over a long time
 *		productive		spends much, repeatedly, but has not done so for long
 *		question mark	any other: may yet become one of these
 *
 * loyalty_stage returns the highest of five stages that applies; orders alone show all but the second:
 *
 *		1	has ordered
 *		2	... and has told what it was like
 *		3	was content: says so, or has come back
 *		4	has come back, and orders a lot, or buys of more than one category or brings others
 *		5	has come back, orders a lot, and buys of more than one category or brings others
 */
#include "agg/aggstate.h"
#include "base/amount.h"
#include "base/bucket.h"
#include "base/interval.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

/* The arguments of customer_category. */
#define ARG_FIRST_ORDER 0
#define ARG_LAST_ORDER 1
#define ARG_ORDERS 2
#define ARG_REVENUE 3
#define ARG_FAILURES 4
#define ARG_MIN_REVENUE 5
#define ARG_MIN_ORDERS 6
#define ARG_MIN_DURATION 7
#define ARG_MAX_FAILURES 8
#define ARG_ZONE 9

/* Fewer categories than this are no cross-buying. */
#define CROSS_BUYING_CATEGORIES 2

PG_FUNCTION_INFO_V1(customer_category_numeric);
PG_FUNCTION_INFO_V1(customer_category_bigint);
PG_FUNCTION_INFO_V1(customer_category_double);
PG_FUNCTION_INFO_V1(loyalty_stage);

/*
 * Is the last order min_duration or more after the first?  By the calendar of the zone.
 */
static bool
lasted(FunctionCallInfo fcinfo, pg_tz *zone)
{
	TimestampTz until = timestamp_plus_interval(PG_GETARG_TIMESTAMPTZ(ARG_FIRST_ORDER),
												PG_GETARG_INTERVAL_P(ARG_MIN_DURATION), zone);

	return PG_GETARG_TIMESTAMPTZ(ARG_LAST_ORDER) >= until;
}

static Datum
category(FunctionCallInfo fcinfo, bool spends_much)
{
	pg_tz	   *zone = bucket_zone(PG_GETARG_TEXT_PP(ARG_ZONE));
	const char *name;

	if (PG_GETARG_INT64(ARG_FAILURES) > PG_GETARG_INT64(ARG_MAX_FAILURES))
		name = "problem";
	else if (!spends_much || PG_GETARG_INT64(ARG_ORDERS) < PG_GETARG_INT64(ARG_MIN_ORDERS))
		name = "question mark";
	else
		name = lasted(fcinfo, zone) ? "star" : "productive";
	PG_RETURN_TEXT_P(cstring_to_text(name));
}

/*
 * customer_category(first_order timestamptz, last_order timestamptz, orders bigint, revenue, failures bigint,
 *		min_revenue, min_orders bigint, min_duration interval, max_failures bigint, zone text) -> text
 */
Datum
customer_category_numeric(PG_FUNCTION_ARGS)
{
	Numeric		revenue = amount_numeric(PG_GETARG_DATUM(ARG_REVENUE), "revenue");
	Numeric		min_revenue = amount_numeric(PG_GETARG_DATUM(ARG_MIN_REVENUE), "min_revenue");

	return category(fcinfo, numeric_compare(revenue, min_revenue) >= 0);
}

Datum
customer_category_bigint(PG_FUNCTION_ARGS)
{
	return category(fcinfo, PG_GETARG_INT64(ARG_REVENUE) >= PG_GETARG_INT64(ARG_MIN_REVENUE));
}

Datum
customer_category_double(PG_FUNCTION_ARGS)
{
	return category(fcinfo, amount_double(PG_GETARG_DATUM(ARG_REVENUE), "revenue") >=
					amount_double(PG_GETARG_DATUM(ARG_MIN_REVENUE), "min_revenue"));
}

/*
 * loyalty_stage(orders bigint, categories bigint, referrals bigint, rating bigint, min_orders bigint,
 *		many_orders bigint, good_rating bigint) -> int
 *
 * What is not known of a customer is NULL, and then counts for nothing.
 */
Datum
loyalty_stage(PG_FUNCTION_ARGS)
{
	int64		orders = PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0);
	bool		cross_buys = !PG_ARGISNULL(1) && PG_GETARG_INT64(1) >= CROSS_BUYING_CATEGORIES;
	bool		refers = !PG_ARGISNULL(2) && PG_GETARG_INT64(2) > 0;
	bool		rated = !PG_ARGISNULL(3);
	bool		came_back;
	bool		orders_a_lot;

	parameter_not_null(fcinfo, 4, "min_orders");
	parameter_not_null(fcinfo, 5, "many_orders");
	parameter_not_null(fcinfo, 6, "good_rating");
	if (orders < 1)
		PG_RETURN_NULL();

	came_back = orders >= PG_GETARG_INT64(4);
	orders_a_lot = orders >= PG_GETARG_INT64(5);
	if (came_back && orders_a_lot && (cross_buys || refers))
		PG_RETURN_INT32(5);
	if (came_back && (orders_a_lot || cross_buys || refers))
		PG_RETURN_INT32(4);
	if (came_back || (rated && PG_GETARG_INT64(3) >= PG_GETARG_INT64(6)))
		PG_RETURN_INT32(3);
	PG_RETURN_INT32(rated ? 2 : 1);
}
