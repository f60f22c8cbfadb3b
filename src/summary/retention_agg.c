/*
 * summary/retention_agg.c
 *		Rows -> summary: retention_agg.
 *
 * What happens to a row, which is an order or a contract (summary/contracts.c); all else about the states is in
 * summary/state.c.
 */
#include "agg/rows.h"
#include "summary/contracts.h"
#include "summary/state.h"

/* The arguments of the transition functions; the state is 0. */
#define ARG_CUSTOMER 1
#define ARG_AT 2				/* an order's time, or a contract's range */
#define ARG_BUCKET 3
#define ARG_AS_OF 5				/* of contracts */

static const BucketArguments order_buckets = {ARG_BUCKET, 5};
static const BucketArguments contract_buckets = {ARG_BUCKET, 6};

PG_FUNCTION_INFO_V1(retention_accum);
PG_FUNCTION_INFO_V1(retention_support);
PG_FUNCTION_INFO_V1(retention_contracts_accum);
PG_FUNCTION_INFO_V1(retention_contracts_support);

static SummaryState *
group_of_orders(FunctionCallInfo fcinfo)
{
	return summary_state_of_group(fcinfo, order_buckets, SUMMARY_STATE_SIZE);
}

static SummaryState *
group_of_contracts(FunctionCallInfo fcinfo)
{
	SummaryState *state = summary_state_of_group(fcinfo, contract_buckets, sizeof(SummaryState));

	summary_state_set_as_of(fcinfo, state, ARG_AS_OF);
	return state;
}

static inline void
add_order(FunctionCallInfo fcinfo, SummaryState *state, BucketCalendar *calendar, NullableDatum customer,
		  NullableDatum ordered_at)
{
	TimestampTz at;

	if (customer.isnull || ordered_at.isnull)
		return;
	at = DatumGetTimestampTz(ordered_at.value);
	state->last_at = Max(state->last_at, at);
	summary_state_see(fcinfo, state, customer.value, bucket_of(calendar, at));
}

static void
add_contract(FunctionCallInfo fcinfo, SummaryState *state, BucketCalendar *calendar, NullableDatum customer,
			 NullableDatum active)
{
	ContractBuckets buckets;
	int64		bucket;

	if (customer.isnull || active.isnull ||
		!contract_buckets_of(&buckets, calendar, DatumGetRangeTypeP(active.value), state->as_of))
		return;
	state->last_at = Max(state->last_at, buckets.last_at);
	for (bucket = buckets.first; bucket <= buckets.last; bucket++)
		summary_state_see(fcinfo, state, customer.value, (int32) bucket);
}

/*
 * retention_accum(internal, anyelement, timestamptz, interval [, text [, date]]) -> internal
 */
Datum
retention_accum(PG_FUNCTION_ARGS)
{
	SummaryState *state = group_of_orders(fcinfo);

	add_order(fcinfo, state, group_buckets_calendar(state->buckets), fcinfo->args[ARG_CUSTOMER],
			  fcinfo->args[ARG_AT]);
	PG_RETURN_POINTER(state);
}

/*
 * retention_contracts_accum(internal, anyelement, tstzrange, interval [, text [, timestamptz [, date]]]) -> internal
 */
Datum
retention_contracts_accum(PG_FUNCTION_ARGS)
{
	SummaryState *state = group_of_contracts(fcinfo);

	add_contract(fcinfo, state, group_buckets_calendar(state->buckets), fcinfo->args[ARG_CUSTOMER],
				 fcinfo->args[ARG_AT]);
	PG_RETURN_POINTER(state);
}

static Datum
add_orders(FunctionCallInfo fcinfo, const Rows *rows)
{
	SummaryState *state = group_of_orders(fcinfo);
	BucketCalendar *calendar = group_buckets_calendar(state->buckets);
	int			i;

	for (i = 0; i < rows->n; i++)
		add_order(fcinfo, state, calendar, rows->columns[0][i], rows->columns[1][i]);
	PG_RETURN_POINTER(state);
}

static Datum
add_contracts(FunctionCallInfo fcinfo, const Rows *rows)
{
	SummaryState *state = group_of_contracts(fcinfo);
	BucketCalendar *calendar = group_buckets_calendar(state->buckets);
	int			i;

	for (i = 0; i < rows->n; i++)
		add_contract(fcinfo, state, calendar, rows->columns[0][i], rows->columns[1][i]);
	PG_RETURN_POINTER(state);
}

Datum
retention_support(PG_FUNCTION_ARGS)
{
	return rows_support(fcinfo, add_orders, 2);
}

Datum
retention_contracts_support(PG_FUNCTION_ARGS)
{
	return rows_support(fcinfo, add_contracts, 2);
}
