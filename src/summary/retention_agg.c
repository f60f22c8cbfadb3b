/*
 * summary/retention_agg.c
 *		Rows -> summary: retention_agg.
 *
 * What happens to a row; all else about the states is in summary/state.c.
 */
#include "agg/rows.h"
#include "summary/state.h"

/* The arguments of the transition function; the state is 0. */
#define ARG_CUSTOMER 1
#define ARG_ORDERED_AT 2
#define ARG_BUCKET 3

PG_FUNCTION_INFO_V1(retention_accum);
PG_FUNCTION_INFO_V1(retention_support);

static SummaryState *
group_state(FunctionCallInfo fcinfo)
{
	return summary_state_of_group(fcinfo, ARG_BUCKET, sizeof(SummaryState));
}

static inline void
add_row(FunctionCallInfo fcinfo, SummaryState *state, BucketCalendar *calendar, NullableDatum customer,
		NullableDatum ordered_at)
{
	TimestampTz at;

	if (customer.isnull || ordered_at.isnull)
		return;
	at = DatumGetTimestampTz(ordered_at.value);
	state->last_at = Max(state->last_at, at);
	summary_state_see(fcinfo, state, customer.value, bucket_of(calendar, at));
}

/*
 * retention_accum(internal, anyelement, timestamptz, interval [, text]) -> internal
 */
Datum
retention_accum(PG_FUNCTION_ARGS)
{
	SummaryState *state = group_state(fcinfo);

	add_row(fcinfo, state, group_buckets_calendar(state->buckets), fcinfo->args[ARG_CUSTOMER],
			fcinfo->args[ARG_ORDERED_AT]);
	PG_RETURN_POINTER(state);
}

static Datum
retention_add_rows(FunctionCallInfo fcinfo, const Rows *rows)
{
	SummaryState *state = group_state(fcinfo);
	BucketCalendar *calendar = group_buckets_calendar(state->buckets);
	int			i;

	for (i = 0; i < rows->n; i++)
		add_row(fcinfo, state, calendar, rows->columns[0][i], rows->columns[1][i]);
	PG_RETURN_POINTER(state);
}

Datum
retention_support(PG_FUNCTION_ARGS)
{
	return rows_support(fcinfo, retention_add_rows, 2);
}
