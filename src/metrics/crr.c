/*
 * metrics/crr.c
 *		Who stays: crr and churn_rate, as aggregates over orders or contracts.
 *
 * Two windows in time decide: S, the customers active at the period's start, and E, those active at its end.
 *
 *		no lookback		|------ S ------|------ E ------|
 *									  start			   end
 *
 *		lookback		|-------- S ----|
 *								 |------+- E -----------|
 *									  start			   end
 *
 *		contracts		S: a range holds start			E: a range holds end
 *
 *		crr = |S and E| / |S|			churn_rate = |S and not E| / |S|
 *
 * The map holds two flags for each customer who is in S or E, and the two counts are kept as rows come.
 */
#include "agg/aggstate.h"
#include "agg/customer_map.h"
#include "base/interval.h"
#include "base/period.h"
#include "base/text.h"

#define ACTIVE_AT_START	1
#define ACTIVE_AT_END	2
#define ACTIVE_AT_BOTH	(ACTIVE_AT_START | ACTIVE_AT_END)

/* The parameters of a group and the windows that they make; passed between processes as it is. */
typedef struct ChurnWindows
{
	Period		period;
	Interval	lookback;		/* zero if there is none */
	Period		at_start;		/* whoever orders in here is in S, */
	Period		at_end;			/* and in here, in E; not used for contracts */
} ChurnWindows;

typedef struct ChurnState
{
	CustomerMap map;			/* customer -> ACTIVE_AT_... */
	ChurnWindows windows;
	int64		starting;		/* |S| */
	int64		retained;		/* |S and E| */
} ChurnState;

typedef struct ChurnPartial
{
	ChurnWindows windows;
	CustomerFlat customers;
} ChurnPartial;

PG_FUNCTION_INFO_V1(churn_orders_accum);
PG_FUNCTION_INFO_V1(churn_contracts_accum);
PG_FUNCTION_INFO_V1(churn_combine);
PG_FUNCTION_INFO_V1(churn_serialize);
PG_FUNCTION_INFO_V1(churn_deserialize);
PG_FUNCTION_INFO_V1(crr_final);
PG_FUNCTION_INFO_V1(churn_rate_final);

static void
apply_activity(CustomerMap *map, uint32 *value, uint64 activity)
{
	ChurnState *state = (ChurnState *) map;
	uint32		before = *value;
	uint32		after = before | (uint32) activity;

	state->starting += (after & ~before & ACTIVE_AT_START) != 0;
	state->retained += after == ACTIVE_AT_BOTH && before != ACTIVE_AT_BOTH;
	*value = after;
}

static ChurnState *
create_state(FunctionCallInfo fcinfo, const CustomerKeys *keys, const ChurnWindows *windows)
{
	ChurnState *state = customer_map_create(fcinfo, sizeof(ChurnState), keys);

	state->windows = *windows;
	return state;
}

static void
check_period(const ChurnWindows *windows, const Period *period)
{
	if (!period_equal(&windows->period, period))
		parameter_changed("period", period_text(&windows->period), period_text(period));
}

static void
check_lookback(const ChurnWindows *windows, const Interval *lookback)
{
	if (!interval_same(&windows->lookback, lookback))
		parameter_changed("lookback", interval_text(&windows->lookback), interval_text(lookback));
}

/*
 * S and E of the order form, computed once a group: the calendar is slow.
 */
static void
set_windows(ChurnWindows *windows, bool has_lookback)
{
	const Period *period = &windows->period;

	if (has_lookback)
	{
		windows->at_start.start = period_look_back(period->start, &windows->lookback);
		windows->at_start.end = period->start;
		windows->at_end.start = period_look_back(period->end, &windows->lookback);
		windows->at_end.end = period->end;
	}
	else
	{
		windows->at_start = period_before(period);
		windows->at_end = *period;
	}
}

/*
 * The group's state, made at its first row; the parameters of every row are checked.
 */
static ChurnState *
group_state(FunctionCallInfo fcinfo, bool orders)
{
	ChurnState *state = STATE_OR_NULL(ChurnState, 0);
	bool		has_lookback = PG_NARGS() > 4;
	Interval	lookback = {0};
	RangeType  *range;

	parameter_not_null(fcinfo, 3, "period");
	range = PG_GETARG_RANGE_P(3);
	if (has_lookback)
	{
		parameter_not_null(fcinfo, 4, "lookback");
		lookback = *PG_GETARG_INTERVAL_P(4);
	}

	if (state == NULL)
	{
		ChurnWindows windows = {period_from_range(range), lookback};

		if (orders)
			set_windows(&windows, has_lookback);
		return create_state(fcinfo, customer_keys_of_argument(fcinfo, 1), &windows);
	}
	if (unlikely(!period_is_range(&state->windows.period, range)))
	{
		Period		period = period_from_range(range);

		check_period(&state->windows, &period);
	}
	check_lookback(&state->windows, &lookback);
	return state;
}

/*
 * churn_orders_accum(internal, anyelement, timestamptz, tstzrange [, interval]) -> internal
 */
Datum
churn_orders_accum(PG_FUNCTION_ARGS)
{
	ChurnState *state = group_state(fcinfo, true);

	if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2))
	{
		TimestampTz at = PG_GETARG_TIMESTAMPTZ(2);
		uint32		activity = 0;

		if (period_contains(&state->windows.at_start, at))
			activity |= ACTIVE_AT_START;
		if (period_contains(&state->windows.at_end, at))
			activity |= ACTIVE_AT_END;
		if (activity != 0)
			customer_map_add(&state->map, apply_activity, PG_GETARG_DATUM(1), activity);
	}
	PG_RETURN_POINTER(state);
}

/*
 * churn_contracts_accum(internal, anyelement, tstzrange, tstzrange) -> internal
 */
Datum
churn_contracts_accum(PG_FUNCTION_ARGS)
{
	ChurnState *state = group_state(fcinfo, false);

	if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2))
	{
		RangeType  *active = PG_GETARG_RANGE_P(2);
		uint32		activity = 0;

		if (period_active_at(active, state->windows.period.start))
			activity |= ACTIVE_AT_START;
		if (period_active_at(active, state->windows.period.end))
			activity |= ACTIVE_AT_END;
		if (activity != 0)
			customer_map_add(&state->map, apply_activity, PG_GETARG_DATUM(1), activity);
	}
	PG_RETURN_POINTER(state);
}

Datum
churn_combine(PG_FUNCTION_ARGS)
{
	ChurnState *state = STATE_OR_NULL(ChurnState, 0);
	ChurnPartial *other = STATE_OR_NULL(ChurnPartial, 1);

	if (other == NULL)
		RETURN_STATE(state);
	if (state == NULL)
		state = create_state(fcinfo, other->customers.keys, &other->windows);
	else
	{
		check_period(&state->windows, &other->windows.period);
		check_lookback(&state->windows, &other->windows.lookback);
	}
	customer_map_merge(&state->map, apply_activity, &other->customers);
	PG_RETURN_POINTER(state);
}

Datum
churn_serialize(PG_FUNCTION_ARGS)
{
	ChurnState *state = (ChurnState *) PG_GETARG_POINTER(0);
	StringInfoData message;

	customer_map_flush(&state->map, apply_activity);
	wire_begin(&message, WIRE_CHURN);
	wire_put(&message, &state->windows, sizeof(state->windows));
	customer_map_write(&state->map, &message);
	PG_RETURN_BYTEA_P(wire_end(&message));
}

Datum
churn_deserialize(PG_FUNCTION_ARGS)
{
	ChurnPartial *partial = palloc(sizeof(ChurnPartial));
	WireReader	reader;

	wire_open(&reader, PG_GETARG_BYTEA_PP(0), WIRE_CHURN);
	wire_get(&reader, &partial->windows, sizeof(partial->windows));
	customer_map_read(&partial->customers, fcinfo, &reader);
	wire_close(&reader);
	PG_RETURN_POINTER(partial);
}

/*
 * The state with all rows applied, or NULL if nobody was active at the start.
 */
static ChurnState *
final_state(FunctionCallInfo fcinfo)
{
	ChurnState *state = STATE_OR_NULL(ChurnState, 0);

	if (state == NULL)
		return NULL;
	customer_map_flush(&state->map, apply_activity);
	return state->starting > 0 ? state : NULL;
}

Datum
crr_final(PG_FUNCTION_ARGS)
{
	ChurnState *state = final_state(fcinfo);

	if (state == NULL)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8((double) state->retained / state->starting);
}

Datum
churn_rate_final(PG_FUNCTION_ARGS)
{
	ChurnState *state = final_state(fcinfo);

	if (state == NULL)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8((double) (state->starting - state->retained) / state->starting);
}
