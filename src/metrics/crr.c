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
 *
 * While a period of orders is not over, whoever has not ordered yet may still do so: there is no rate before
 * its end.  A contract says when it ends, so that contracts give a rate of a period to come.
 */
#include "agg/aggstate.h"
#include "agg/customer_map.h"
#include "agg/rows.h"
#include "agg/zone_argument.h"
#include "base/interval.h"
#include "base/period.h"
#include "base/text.h"

#include "access/xact.h"

#define ARG_CUSTOMER 1
#define ARG_ACTIVE 2				/* an order's time, or a contract's range */
#define ARG_PERIOD 3
#define ARG_LOOKBACK 4
#define ARG_ZONE 5

#define ACTIVE_AT_START	1
#define ACTIVE_AT_END	2
#define ACTIVE_AT_BOTH	(ACTIVE_AT_START | ACTIVE_AT_END)

/*
 * The parameters of a group, and where the windows begin that they make: whoever orders from there to the
 * period's start is in S, to its end in E.  Contracts need the period only.
 */
typedef struct ChurnWindows
{
	Period		period;
	Interval	lookback;
	bool		has_lookback;
	pg_tz	   *zone;
	TimestampTz start_from;
	TimestampTz end_from;
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
	CustomerMapPartial customers;
} ChurnPartial;

PG_FUNCTION_INFO_V1(churn_orders_accum);
PG_FUNCTION_INFO_V1(churn_contracts_accum);
PG_FUNCTION_INFO_V1(churn_orders_support);
PG_FUNCTION_INFO_V1(churn_contracts_support);
PG_FUNCTION_INFO_V1(churn_combine);
PG_FUNCTION_INFO_V1(churn_serialize);
PG_FUNCTION_INFO_V1(churn_deserialize);
PG_FUNCTION_INFO_V1(crr_orders_final);
PG_FUNCTION_INFO_V1(crr_contracts_final);
PG_FUNCTION_INFO_V1(churn_rate_orders_final);
PG_FUNCTION_INFO_V1(churn_rate_contracts_final);

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

static const char *
lookback_text(const ChurnWindows *windows)
{
	return windows->has_lookback ? interval_text(&windows->lookback) : "NULL";
}

/*
 * Refuse a row, or a partial state, whose parameters are not the group's.
 */
static void
check_windows(const ChurnWindows *group, const ChurnWindows *other)
{
	if (!period_equal(&group->period, &other->period))
		parameter_changed("period", period_text(&group->period), period_text(&other->period));
	if (group->has_lookback != other->has_lookback || !interval_same(&group->lookback, &other->lookback))
		parameter_changed("lookback", lookback_text(group), lookback_text(other));
	if (group->zone != other->zone)
		merged_parameter_changed("zone", pg_get_timezone_name(group->zone), pg_get_timezone_name(other->zone));
}

static TimestampTz
look_back(const ChurnWindows *windows, TimestampTz at)
{
	return period_look_back(at, &windows->lookback, windows->zone, "lookback", "90 days");
}

/*
 * The windows of the order form, computed once a group: the calendar is slow.
 */
static void
set_windows(ChurnWindows *windows)
{
	const Period *period = &windows->period;

	if (windows->has_lookback)
	{
		windows->start_from = look_back(windows, period->start);
		windows->end_from = look_back(windows, period->end);
	}
	else
	{
		windows->start_from = period_before_start(period, windows->zone);
		windows->end_from = period->start;
	}
}

/*
 * Are the parameters of a row those of its group, to the byte?  They nearly always are.
 */
static inline bool
windows_are_arguments(FunctionCallInfo fcinfo, const ChurnWindows *group)
{
	if (PG_ARGISNULL(ARG_PERIOD) || !period_is_range(&group->period, PG_GETARG_RANGE_P(ARG_PERIOD)))
		return false;
	if (PG_NARGS() > ARG_LOOKBACK &&
		(PG_ARGISNULL(ARG_LOOKBACK) ? group->has_lookback :
		 !group->has_lookback || !interval_same(&group->lookback, PG_GETARG_INTERVAL_P(ARG_LOOKBACK))))
		return false;
	return PG_NARGS() <= ARG_ZONE ||
		(!PG_ARGISNULL(ARG_ZONE) && bucket_zone_is(group->zone, PG_GETARG_TEXT_PP(ARG_ZONE)));
}

/*
 * The parameters of a row.  With a zone behind it a lookback cannot be left out, so that NULL says that there is
 * none.
 */
static ChurnWindows
windows_argument(FunctionCallInfo fcinfo)
{
	ChurnWindows windows = {.zone = zone_argument(fcinfo, ARG_ZONE, NULL)};

	parameter_not_null(fcinfo, ARG_PERIOD, "period");
	windows.period = period_from_range(PG_GETARG_RANGE_P(ARG_PERIOD));
	if (PG_NARGS() == ARG_LOOKBACK + 1)
		parameter_not_null(fcinfo, ARG_LOOKBACK, "lookback");
	if (PG_NARGS() > ARG_LOOKBACK && !PG_ARGISNULL(ARG_LOOKBACK))
	{
		windows.lookback = *PG_GETARG_INTERVAL_P(ARG_LOOKBACK);
		windows.has_lookback = true;
	}
	return windows;
}

/*
 * The group's state, made at its first row; the parameters of every row are checked.
 */
static ChurnState *
group_state(FunctionCallInfo fcinfo, bool orders)
{
	ChurnState *state = STATE_OR_NULL(ChurnState, 0);
	ChurnWindows windows;

	if (likely(state != NULL && windows_are_arguments(fcinfo, &state->windows)))
		return state;
	windows = windows_argument(fcinfo);
	if (state != NULL)
	{
		check_windows(&state->windows, &windows);
		return state;
	}
	if (orders)
		set_windows(&windows);
	return create_state(fcinfo, customer_keys_of_argument(fcinfo, ARG_CUSTOMER), &windows);
}

static inline void
add_order(ChurnState *state, NullableDatum customer, NullableDatum ordered_at)
{
	const ChurnWindows *windows = &state->windows;
	uint32		activity = 0;
	TimestampTz at;

	if (customer.isnull || ordered_at.isnull)
		return;
	at = DatumGetTimestampTz(ordered_at.value);
	if (at >= windows->start_from && at < windows->period.start)
		activity |= ACTIVE_AT_START;
	if (at >= windows->end_from && at < windows->period.end)
		activity |= ACTIVE_AT_END;
	if (activity != 0)
		customer_map_add(&state->map, apply_activity, customer.value, activity);
}

static inline void
add_contract(ChurnState *state, NullableDatum customer, NullableDatum active)
{
	RangeType  *range;
	uint32		activity = 0;

	if (customer.isnull || active.isnull)
		return;
	range = DatumGetRangeTypeP(active.value);
	if (period_active_at(range, state->windows.period.start))
		activity |= ACTIVE_AT_START;
	if (period_active_at(range, state->windows.period.end))
		activity |= ACTIVE_AT_END;
	if (activity != 0)
		customer_map_add(&state->map, apply_activity, customer.value, activity);
}

/*
 * churn_orders_accum(internal, anyelement, timestamptz, tstzrange [, interval [, text]]) -> internal
 */
Datum
churn_orders_accum(PG_FUNCTION_ARGS)
{
	ChurnState *state = group_state(fcinfo, true);

	add_order(state, fcinfo->args[ARG_CUSTOMER], fcinfo->args[ARG_ACTIVE]);
	PG_RETURN_POINTER(state);
}

/*
 * churn_contracts_accum(internal, anyelement, tstzrange, tstzrange) -> internal
 */
Datum
churn_contracts_accum(PG_FUNCTION_ARGS)
{
	ChurnState *state = group_state(fcinfo, false);

	add_contract(state, fcinfo->args[ARG_CUSTOMER], fcinfo->args[ARG_ACTIVE]);
	PG_RETURN_POINTER(state);
}

static Datum
churn_add_orders(FunctionCallInfo fcinfo, const Rows *rows)
{
	ChurnState *state = group_state(fcinfo, true);
	int			i;

	for (i = 0; i < rows->n; i++)
		add_order(state, rows->columns[0][i], rows->columns[1][i]);
	PG_RETURN_POINTER(state);
}

static Datum
churn_add_contracts(FunctionCallInfo fcinfo, const Rows *rows)
{
	ChurnState *state = group_state(fcinfo, false);
	int			i;

	for (i = 0; i < rows->n; i++)
		add_contract(state, rows->columns[0][i], rows->columns[1][i]);
	PG_RETURN_POINTER(state);
}

Datum
churn_orders_support(PG_FUNCTION_ARGS)
{
	return rows_support(fcinfo, churn_add_orders, 2);
}

Datum
churn_contracts_support(PG_FUNCTION_ARGS)
{
	return rows_support(fcinfo, churn_add_contracts, 2);
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
		check_windows(&state->windows, &other->windows);
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
	zone_put(&message, state->windows.zone);
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
	partial->windows.zone = zone_take(&reader);
	customer_map_read(&partial->customers, fcinfo, &reader);
	wire_close(&reader);
	PG_RETURN_POINTER(partial);
}

/*
 * A share of the customers who were active at the start: of those who stayed, or of those who were lost.
 */
static Datum
rate(FunctionCallInfo fcinfo, bool stayed)
{
	ChurnState *state = STATE_OR_NULL(ChurnState, 0);

	if (state == NULL)
		PG_RETURN_NULL();
	customer_map_flush(&state->map, apply_activity);
	if (state->starting == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8((double) (stayed ? state->retained : state->starting - state->retained) / state->starting);
}

/*
 * Orders may still come in a period that is not over when the transaction begins, which is now().
 */
static Datum
rate_if_over(FunctionCallInfo fcinfo, bool stayed)
{
	ChurnState *state = STATE_OR_NULL(ChurnState, 0);

	if (state != NULL && state->windows.period.end > GetCurrentTransactionStartTimestamp())
		PG_RETURN_NULL();
	return rate(fcinfo, stayed);
}

Datum
crr_orders_final(PG_FUNCTION_ARGS)
{
	return rate_if_over(fcinfo, true);
}

Datum
crr_contracts_final(PG_FUNCTION_ARGS)
{
	return rate(fcinfo, true);
}

Datum
churn_rate_orders_final(PG_FUNCTION_ARGS)
{
	return rate_if_over(fcinfo, false);
}

Datum
churn_rate_contracts_final(PG_FUNCTION_ARGS)
{
	return rate(fcinfo, false);
}
