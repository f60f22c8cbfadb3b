/*
 * metrics/order_gap.c
 *		When a customer will order again: median_order_gap and next_order_at.
 *
 * Both want the times of a customer's orders in order, and share the state that collects them, since they have
 * the same arguments.  There is a group for each customer, so the first times lie in the state's own
 * chunk:
 *
 *		| state | time | time | ... |			128 bytes
 *
 * Gaps are elapsed time in microseconds.  Where two gaps are in the middle the median is their mean, rounded
 * down to the microsecond.
 */
#include "agg/aggstate.h"
#include "base/period.h"
#include "base/wire.h"

#include "common/int.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define STATE_CHUNK_SIZE 128
#define INLINE_TIMES ((STATE_CHUNK_SIZE - offsetof(GapState, inline_times)) / sizeof(TimestampTz))

typedef struct GapState
{
	MemoryContext cxt;
	TimestampTz *times;
	uint64		ntimes;
	uint64		room;			/* allocated times */
	bool		sorted;
	TimestampTz inline_times[FLEXIBLE_ARRAY_MEMBER];
} GapState;

typedef struct GapPartial
{
	uint64		ntimes;
	const TimestampTz *times;
} GapPartial;

PG_FUNCTION_INFO_V1(order_gap_accum);
PG_FUNCTION_INFO_V1(order_gap_combine);
PG_FUNCTION_INFO_V1(order_gap_serialize);
PG_FUNCTION_INFO_V1(order_gap_deserialize);
PG_FUNCTION_INFO_V1(median_order_gap_final);
PG_FUNCTION_INFO_V1(next_order_at_final);

#define ST_SORT sort_int64
#define ST_ELEMENT_TYPE int64
#define ST_COMPARE(a, b) (*(a) < *(b) ? -1 : *(a) > *(b) ? 1 : 0)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#define ST_DECLARE
#include "lib/sort_template.h"

static GapState *
create_state(FunctionCallInfo fcinfo)
{
	MemoryContext cxt = aggstate_context(fcinfo);
	GapState   *state = MemoryContextAlloc(cxt, STATE_CHUNK_SIZE);

	state->cxt = cxt;
	state->times = state->inline_times;
	state->ntimes = 0;
	state->room = INLINE_TIMES;
	state->sorted = true;
	return state;
}

/*
 * Room for "more" further times.
 */
static void
reserve(GapState *state, uint64 more)
{
	uint64		room = state->room;

	if (more <= room - state->ntimes)
		return;
	room = Max(2 * room, state->ntimes + more);
	if (state->times != state->inline_times)
		state->times = repalloc_huge(state->times, room * sizeof(TimestampTz));
	else
	{
		state->times = MemoryContextAllocHuge(state->cxt, room * sizeof(TimestampTz));
		memcpy(state->times, state->inline_times, state->ntimes * sizeof(TimestampTz));
	}
	state->room = room;
}

static void
add_time(GapState *state, TimestampTz at)
{
	reserve(state, 1);
	if (state->ntimes > 0 && at < state->times[state->ntimes - 1])
		state->sorted = false;
	state->times[state->ntimes++] = at;
}

/*
 * order_gap_accum(internal, timestamptz) -> internal
 */
Datum
order_gap_accum(PG_FUNCTION_ARGS)
{
	GapState   *state = STATE_OR_NULL(GapState, 0);
	TimestampTz at;

	if (PG_ARGISNULL(1))
		RETURN_STATE(state);
	at = PG_GETARG_TIMESTAMPTZ(1);
	period_check_ordered_at(at);
	if (state == NULL)
		state = create_state(fcinfo);
	add_time(state, at);
	PG_RETURN_POINTER(state);
}

Datum
order_gap_combine(PG_FUNCTION_ARGS)
{
	GapState   *state = STATE_OR_NULL(GapState, 0);
	GapPartial *other = STATE_OR_NULL(GapPartial, 1);
	uint64		i;

	if (other == NULL)
		RETURN_STATE(state);
	if (state == NULL)
		state = create_state(fcinfo);
	reserve(state, other->ntimes);
	for (i = 0; i < other->ntimes; i++)
		add_time(state, other->times[i]);
	PG_RETURN_POINTER(state);
}

Datum
order_gap_serialize(PG_FUNCTION_ARGS)
{
	GapState   *state = (GapState *) PG_GETARG_POINTER(0);
	StringInfoData message;

	wire_begin(&message, WIRE_ORDER_GAP);
	wire_put(&message, &state->ntimes, sizeof(state->ntimes));
	wire_put(&message, state->times, state->ntimes * sizeof(TimestampTz));
	PG_RETURN_BYTEA_P(wire_end(&message));
}

Datum
order_gap_deserialize(PG_FUNCTION_ARGS)
{
	GapPartial *partial = palloc(sizeof(GapPartial));
	WireReader	reader;

	wire_open(&reader, PG_GETARG_BYTEA_PP(0), WIRE_ORDER_GAP);
	wire_get(&reader, &partial->ntimes, sizeof(partial->ntimes));
	if (partial->ntimes > MaxAllocSize)
		wire_corrupt();
	partial->times = wire_take(&reader, partial->ntimes * sizeof(TimestampTz));
	wire_close(&reader);
	PG_RETURN_POINTER(partial);
}

/*
 * The median gap of two orders or more.  The state keeps its times; sorting them changes nothing that
 * another function sees.
 */
static int64
median_gap(GapState *state)
{
	uint64		ngaps = state->ntimes - 1;
	int64	   *gaps = MemoryContextAllocHuge(CurrentMemoryContext, ngaps * sizeof(int64));
	int64		median;
	uint64		i;

	if (!state->sorted)
		sort_int64(state->times, state->ntimes);
	state->sorted = true;

	for (i = 0; i < ngaps; i++)
		if (pg_sub_s64_overflow(state->times[i + 1], state->times[i], &gaps[i]))
			ereport(ERROR,
					(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
					 errmsg("the time between two orders is out of range")));
	sort_int64(gaps, ngaps);
	median = gaps[(ngaps - 1) / 2];
	median += (gaps[ngaps / 2] - median) / 2;
	pfree(gaps);
	return median;
}

/*
 * The state, or NULL if there is no gap in it.  Two orders at one instant are a gap of no length.
 */
static GapState *
final_state(FunctionCallInfo fcinfo)
{
	GapState   *state = STATE_OR_NULL(GapState, 0);

	aggstate_refuse_distinct(fcinfo);
	return state != NULL && state->ntimes >= 2 ? state : NULL;
}

/*
 * As the difference of two timestamps is: days of 24 hours, and a rest.
 */
Datum
median_order_gap_final(PG_FUNCTION_ARGS)
{
	GapState   *state = final_state(fcinfo);
	Interval   *interval;
	int64		gap;

	if (state == NULL)
		PG_RETURN_NULL();
	gap = median_gap(state);
	interval = palloc0(sizeof(Interval));
	interval->day = gap / USECS_PER_DAY;
	interval->time = gap % USECS_PER_DAY;
	PG_RETURN_INTERVAL_P(interval);
}

Datum
next_order_at_final(PG_FUNCTION_ARGS)
{
	GapState   *state = final_state(fcinfo);
	TimestampTz next;
	int64		gap;

	if (state == NULL)
		PG_RETURN_NULL();
	gap = median_gap(state);
	if (pg_add_s64_overflow(state->times[state->ntimes - 1], gap, &next) || !IS_VALID_TIMESTAMP(next))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("the time of the next order is out of range")));
	PG_RETURN_TIMESTAMPTZ(next);
}
