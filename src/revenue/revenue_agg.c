/*
 * revenue/revenue_agg.c
 *		Rows -> summary with amounts: revenue_agg, over orders or contracts.
 *
 * An order's amount belongs to the bucket that holds the order.  A contract's price belongs to each bucket whose end
 * its range holds, so that a bucket has what is paid at the moment when it ends, and the bucket after it begins with just
 * that:
 *
 *		| December | January  | February |
 *		   |-- [10 December, 10 February) -|		December, January: 31 January 24:00 is held, the end of February not
 *				   |--------------|					[New Year, 1 March): December, January, but not February
 *
 * In the bucket that is open at as_of its end is not known yet, and as_of is asked instead.  What a range says of later
 * buckets is not looked at.
 */
#include "agg/aggstate.h"
#include "agg/rows.h"
#include "base/period.h"
#include "base/text.h"
#include "summary/state.h"
#include "totals/totals.h"

#include "access/xact.h"

/* The arguments of the transition functions; the state is 0. */
#define ARG_CUSTOMER 1
#define ARG_AT 2				/* an order's time, or a contract's range */
#define ARG_AMOUNT 3
#define ARG_BUCKET 4
#define ARG_AS_OF 6

PG_FUNCTION_INFO_V1(revenue_orders_accum);
PG_FUNCTION_INFO_V1(revenue_contracts_accum);
PG_FUNCTION_INFO_V1(revenue_orders_support);
PG_FUNCTION_INFO_V1(revenue_contracts_support);

static AmountState *
group_state(FunctionCallInfo fcinfo)
{
	return (AmountState *) summary_state_of_group(fcinfo, ARG_BUCKET, sizeof(AmountState));
}

/*
 * The same for contracts: as_of is that of the group's first row, and must be that of all others.
 */
static AmountState *
group_state_as_of(FunctionCallInfo fcinfo)
{
	AmountState *state = group_state(fcinfo);
	TimestampTz as_of = GetCurrentTransactionStartTimestamp();

	if (PG_NARGS() > ARG_AS_OF)
	{
		parameter_not_null(fcinfo, ARG_AS_OF, "as_of");
		as_of = PG_GETARG_TIMESTAMPTZ(ARG_AS_OF);
	}
	if (likely(state->as_of == as_of && as_of != DT_NOBEGIN))
		return state;
	period_check_as_of(as_of);
	if (state->as_of != DT_NOBEGIN)
		parameter_changed("as_of", timestamp_text(state->as_of), timestamp_text(as_of));
	state->as_of = as_of;
	return state;
}

static inline void
add_order(FunctionCallInfo fcinfo, AmountState *state, BucketCalendar *calendar, NullableDatum customer,
		  NullableDatum ordered_at, NullableDatum amount)
{
	TimestampTz at;

	if (customer.isnull || ordered_at.isnull || amount.isnull)
		return;
	at = DatumGetTimestampTz(ordered_at.value);
	state->summary.last_at = Max(state->summary.last_at, at);
	summary_state_see_amount(fcinfo, state, customer.value, bucket_of(calendar, at), amount.value, "amount");
}

/*
 * The first and the last instant of a contract, which is looked at no further than as_of; false if there is none.
 */
static bool
contract_bounds(RangeType *range, TimestampTz as_of, TimestampTz *first, TimestampTz *last)
{
	RangeBound	lower;
	RangeBound	upper;
	bool		empty;

	range_deserialize(tstzrange_type(), range, &lower, &upper, &empty);
	if (empty)
		return false;
	*first = DatumGetTimestampTz(lower.val);
	if (lower.infinite || *first == DT_NOBEGIN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a contract must have a beginning"),
				 errhint("Write one that has no end yet as '[2024-01-10,)'.")));
	if (*first > as_of)
		return false;
	*first += lower.inclusive ? 0 : 1;
	*last = as_of;
	if (!upper.infinite)
		*last = Min(*last, DatumGetTimestampTz(upper.val) - (upper.inclusive ? 0 : 1));
	return *first <= *last;
}

/*
 * The first bucket that ends at an instant or later.  A day that the zone skips ends with the day before it.
 */
static int64
first_to_end(BucketCalendar *calendar, TimestampTz at)
{
	int64		bucket = bucket_of(calendar, at);

	while (bucket_known_start(calendar, bucket) >= at && bucket_valid(calendar->width, bucket - 1))
		bucket--;
	while (bucket_known_start(calendar, bucket + 1) < at)
		bucket++;
	return bucket;
}

/*
 * Add a contract's price to the buckets whose end it holds, and to the one in which as_of lies.
 */
static void
add_contract(FunctionCallInfo fcinfo, AmountState *state, BucketCalendar *calendar, NullableDatum customer,
			 NullableDatum active, NullableDatum price)
{
	TimestampTz as_of = state->as_of;
	TimestampTz first;
	TimestampTz last;
	int64		bucket;
	int64		until;

	if (customer.isnull || active.isnull || price.isnull ||
		!contract_bounds(DatumGetRangeTypeP(active.value), as_of, &first, &last))
		return;

	/* What it is at as_of is known then. */
	state->summary.last_at = Max(state->summary.last_at, Min(last, as_of - 1));
	bucket = first_to_end(calendar, first);
	until = bucket_of(calendar, last);
	if (last < as_of || bucket_known_start(calendar, until) >= as_of)
		while (bucket_known_start(calendar, until + 1) > last)
			until--;
	totals_check_span(calendar->width, bucket, until);
	for (; bucket <= until; bucket++)
		summary_state_see_amount(fcinfo, state, customer.value, (int32) bucket, price.value, "price");
}

/*
 * revenue_orders_accum(internal, anyelement, timestamptz, numeric, interval [, text]) -> internal
 */
Datum
revenue_orders_accum(PG_FUNCTION_ARGS)
{
	AmountState *state = group_state(fcinfo);

	add_order(fcinfo, state, group_buckets_calendar(state->summary.buckets), fcinfo->args[ARG_CUSTOMER],
			  fcinfo->args[ARG_AT], fcinfo->args[ARG_AMOUNT]);
	PG_RETURN_POINTER(state);
}

/*
 * revenue_contracts_accum(internal, anyelement, tstzrange, numeric, interval [, text [, timestamptz]]) -> internal
 */
Datum
revenue_contracts_accum(PG_FUNCTION_ARGS)
{
	AmountState *state = group_state_as_of(fcinfo);

	add_contract(fcinfo, state, group_buckets_calendar(state->summary.buckets), fcinfo->args[ARG_CUSTOMER],
				 fcinfo->args[ARG_AT], fcinfo->args[ARG_AMOUNT]);
	PG_RETURN_POINTER(state);
}

static Datum
add_orders(FunctionCallInfo fcinfo, const Rows *rows)
{
	AmountState *state = group_state(fcinfo);
	BucketCalendar *calendar = group_buckets_calendar(state->summary.buckets);
	int			i;

	for (i = 0; i < rows->n; i++)
		add_order(fcinfo, state, calendar, rows->columns[0][i], rows->columns[1][i], rows->columns[2][i]);
	PG_RETURN_POINTER(state);
}

static Datum
add_contracts(FunctionCallInfo fcinfo, const Rows *rows)
{
	AmountState *state = group_state_as_of(fcinfo);
	BucketCalendar *calendar = group_buckets_calendar(state->summary.buckets);
	int			i;

	for (i = 0; i < rows->n; i++)
		add_contract(fcinfo, state, calendar, rows->columns[0][i], rows->columns[1][i], rows->columns[2][i]);
	PG_RETURN_POINTER(state);
}

Datum
revenue_orders_support(PG_FUNCTION_ARGS)
{
	return rows_support(fcinfo, add_orders, 3);
}

Datum
revenue_contracts_support(PG_FUNCTION_ARGS)
{
	return rows_support(fcinfo, add_contracts, 3);
}
