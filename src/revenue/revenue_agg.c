/*
 * revenue/revenue_agg.c
 *		Rows -> summary with amounts: revenue_agg, over orders or contracts.
 *
 * An order's amount belongs to the bucket that holds the order, a contract's price to each bucket whose end
 * its range holds (summary/contracts.c).
 */
#include "agg/aggstate.h"
#include "agg/rows.h"
#include "summary/contracts.h"
#include "summary/state.h"

/* The arguments of the transition functions; the state is 0. */
#define ARG_CUSTOMER 1
#define ARG_AT 2				/* an order's time, or a contract's range */
#define ARG_AMOUNT 3
#define ARG_BUCKET 4
#define ARG_AS_OF 6				/* of contracts */

static const BucketArguments order_buckets = {ARG_BUCKET, 6};
static const BucketArguments contract_buckets = {ARG_BUCKET, 7};

PG_FUNCTION_INFO_V1(revenue_orders_accum);
PG_FUNCTION_INFO_V1(revenue_contracts_accum);
PG_FUNCTION_INFO_V1(revenue_orders_support);
PG_FUNCTION_INFO_V1(revenue_contracts_support);

static AmountState *
group_of_orders(FunctionCallInfo fcinfo)
{
	return (AmountState *) summary_state_of_group(fcinfo, order_buckets, sizeof(AmountState));
}

static AmountState *
group_of_contracts(FunctionCallInfo fcinfo)
{
	SummaryState *state = summary_state_of_group(fcinfo, contract_buckets, sizeof(AmountState));

	summary_state_set_as_of(fcinfo, state, ARG_AS_OF);
	return (AmountState *) state;
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

static void
add_contract(FunctionCallInfo fcinfo, AmountState *state, BucketCalendar *calendar, NullableDatum customer,
			 NullableDatum active, NullableDatum price)
{
	ContractBuckets buckets;
	int64		bucket;

	if (customer.isnull || active.isnull || price.isnull ||
		!contract_buckets_of(&buckets, calendar, DatumGetRangeTypeP(active.value), state->summary.as_of))
		return;
	state->summary.last_at = Max(state->summary.last_at, buckets.last_at);
	for (bucket = buckets.first; bucket <= buckets.last; bucket++)
		summary_state_see_amount(fcinfo, state, customer.value, (int32) bucket, price.value, "price");
}

/*
 * revenue_orders_accum(internal, anyelement, timestamptz, numeric, interval [, text [, date]]) -> internal
 */
Datum
revenue_orders_accum(PG_FUNCTION_ARGS)
{
	AmountState *state = group_of_orders(fcinfo);

	add_order(fcinfo, state, group_buckets_calendar(state->summary.buckets), fcinfo->args[ARG_CUSTOMER],
			  fcinfo->args[ARG_AT], fcinfo->args[ARG_AMOUNT]);
	PG_RETURN_POINTER(state);
}

/*
 * revenue_contracts_accum(internal, anyelement, tstzrange, numeric, interval [, text [, timestamptz [, date]]])
 *	-> internal
 */
Datum
revenue_contracts_accum(PG_FUNCTION_ARGS)
{
	AmountState *state = group_of_contracts(fcinfo);

	add_contract(fcinfo, state, group_buckets_calendar(state->summary.buckets), fcinfo->args[ARG_CUSTOMER],
				 fcinfo->args[ARG_AT], fcinfo->args[ARG_AMOUNT]);
	PG_RETURN_POINTER(state);
}

static Datum
add_orders(FunctionCallInfo fcinfo, const Rows *rows)
{
	AmountState *state = group_of_orders(fcinfo);
	BucketCalendar *calendar = group_buckets_calendar(state->summary.buckets);
	int			i;

	for (i = 0; i < rows->n; i++)
		add_order(fcinfo, state, calendar, rows->columns[0][i], rows->columns[1][i], rows->columns[2][i]);
	PG_RETURN_POINTER(state);
}

static Datum
add_contracts(FunctionCallInfo fcinfo, const Rows *rows)
{
	AmountState *state = group_of_contracts(fcinfo);
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
