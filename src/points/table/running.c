/*
 * points/table/running.c
 *		Points of a member after each movement: points_running, for OVER (PARTITION BY member ORDER BY at).
 *
 * The balance is that of the latest time in the frame.  Movements before that time have been applied to the
 * lots.  Those at that time wait, since rows of one instant come in any order, and points are earned before
 * they are spent.  Their order does not matter for the balance at that time:
 *
 *		movements:	| applied to the lots, sorted | at the latest time |
 *		balance		= live - deficit + earned at the latest time - spent at it
 *
 * A row with a later time applies those that wait, so that in an ordered window a row costs a few operations
 * on the tree of lots.  A row with an earlier time only sets a flag; the next final function then sorts all
 * movements and makes the lots again.
 */
#include "agg/aggstate.h"
#include "points/table/lotpool.h"
#include "points/table/rows.h"
#include "base/wire.h"

#define ARG_POINTS 1
#define ARG_AT 2
#define ARG_EXPIRES 3

typedef struct RunningState
{
	Movements  *movements;		/* as_of: the latest time in the frame, of any row */
	uint32		napplied;
	bool		in_order;		/* if not, napplied, earned, spent and the lots are not valid */
	int64		earned;			/* at the latest time */
	int64		spent;			/* likewise */
	LotPool		pool;
} RunningState;

PG_FUNCTION_INFO_V1(points_running_accum);
PG_FUNCTION_INFO_V1(points_running_combine);
PG_FUNCTION_INFO_V1(points_running_serialize);
PG_FUNCTION_INFO_V1(points_running_deserialize);
PG_FUNCTION_INFO_V1(points_running_final);

static RunningState *
group_state(FunctionCallInfo fcinfo, RunningState *state)
{
	MemoryContext cxt;

	if (state != NULL)
		return state;
	cxt = aggstate_context(fcinfo);
	state = MemoryContextAllocZero(cxt, sizeof(RunningState));
	state->movements = movements_create(cxt, DT_NOBEGIN);
	state->in_order = true;
	lotpool_init(&state->pool, cxt);
	return state;
}

/*
 * The latest time is over: its movements are applied to the lots.
 */
static void
apply_latest(RunningState *state)
{
	Movements  *movements = state->movements;

	movements_sort(movements->items + state->napplied, movements->count - state->napplied);
	for (; state->napplied < movements->count; state->napplied++)
		lotpool_apply(&state->pool, &movements->items[state->napplied]);
	state->earned = 0;
	state->spent = 0;
}

/*
 * Note the time of a row.
 */
static void
see_time(RunningState *state, TimestampTz at)
{
	if (at <= state->movements->as_of)
		return;
	if (state->in_order)
	{
		apply_latest(state);
		lotpool_expire(&state->pool, at);
	}
	state->movements->as_of = at;
}

static void
count_at_latest(RunningState *state, int64 points)
{
	if (points > 0)
		state->earned = points_add(state->earned, points);
	else
		state->spent = points_add(state->spent, -points);
}

static void
add_movement(RunningState *state, const Movement *movement)
{
	see_time(state, movement_counts_from(movement));
	state->movements = movements_add(state->movements, movement);
	if (movement_counts_from(movement) < state->movements->as_of)
		state->in_order = false;
	else if (state->in_order)
		count_at_latest(state, movement->points);
}

/*
 * points_running_accum(internal, bigint, timestamptz, timestamptz) -> internal
 */
Datum
points_running_accum(PG_FUNCTION_ARGS)
{
	RunningState *state = STATE_OR_NULL(RunningState, 0);
	int64		points = PG_ARGISNULL(ARG_POINTS) ? 0 : PG_GETARG_INT64(ARG_POINTS);
	TimestampTz at;

	if (PG_ARGISNULL(ARG_AT))
		RETURN_STATE(state);
	at = PG_GETARG_TIMESTAMPTZ(ARG_AT);
	movement_check_at(at);
	state = group_state(fcinfo, state);
	if (points == 0)
		see_time(state, at);
	else
	{
		TimestampTz expires = PG_ARGISNULL(ARG_EXPIRES) ? EXPIRES_NEVER : PG_GETARG_TIMESTAMPTZ(ARG_EXPIRES);
		Movement	movement = movement_make(points, at, expires, at);

		add_movement(state, &movement);
	}
	PG_RETURN_POINTER(state);
}

Datum
points_running_combine(PG_FUNCTION_ARGS)
{
	RunningState *state = STATE_OR_NULL(RunningState, 0);
	MovementsPartial *other = STATE_OR_NULL(MovementsPartial, 1);
	uint64		i;

	if (other == NULL)
		RETURN_STATE(state);
	state = group_state(fcinfo, state);
	for (i = 0; i < other->count; i++)
		add_movement(state, &other->items[i]);
	see_time(state, other->as_of);
	PG_RETURN_POINTER(state);
}

Datum
points_running_serialize(PG_FUNCTION_ARGS)
{
	RunningState *state = (RunningState *) PG_GETARG_POINTER(0);

	PG_RETURN_BYTEA_P(movements_write(state->movements, WIRE_POINTS_RUNNING));
}

Datum
points_running_deserialize(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(movements_read(PG_GETARG_BYTEA_PP(0), WIRE_POINTS_RUNNING));
}

/*
 * Make the lots again, from movements that came in any order.
 */
static void
set_in_order(RunningState *state)
{
	Movements  *movements = state->movements;
	uint32		i;

	movements_sort(movements->items, movements->count);
	lotpool_clear(&state->pool);
	state->earned = 0;
	state->spent = 0;
	for (i = 0; i < movements->count && movement_counts_from(&movements->items[i]) < movements->as_of; i++)
		lotpool_apply(&state->pool, &movements->items[i]);
	lotpool_expire(&state->pool, movements->as_of);
	state->napplied = i;
	for (; i < movements->count; i++)
		count_at_latest(state, movements->items[i].points);
	state->in_order = true;
}

/*
 * The balance without movements is 0.
 */
Datum
points_running_final(PG_FUNCTION_ARGS)
{
	RunningState *state = STATE_OR_NULL(RunningState, 0);

	aggstate_refuse_distinct(fcinfo);
	if (state == NULL)
		PG_RETURN_INT64(0);
	if (!state->in_order)
		set_in_order(state);
	PG_RETURN_INT64(points_add(state->pool.live, state->earned) - points_add(state->pool.deficit, state->spent));
}
