/*
 * points/table/balance.c
 *		Points of a member, straight from a table of movements: points_balance.
 *
 * A row moves points at a time: earned if they are positive, spent if negative.  Earned points count while
 *
 *		available <= t < expires
 *
 * and the balance at as_of is what the lots of points/table/lotpool.c hold then, less the deficit.  Spent
 * points, too, may have a time from which they count: a row with the same two times takes back points that
 * are still pending.
 *
 * The final function sorts the rows in place, which no other function minds, and makes the lots at each call.
 */
#include "agg/aggstate.h"
#include "points/table/lotpool.h"
#include "points/table/rows.h"
#include "base/wire.h"
#include "base/text.h"

#include "access/xact.h"
#include "utils/builtins.h"

#define ARG_POINTS 1
#define ARG_AT 2
#define ARG_EXPIRES 3
#define ARG_AS_OF 4
#define ARG_AVAILABLE 5

PG_FUNCTION_INFO_V1(points_balance_accum);
PG_FUNCTION_INFO_V1(points_balance_combine);
PG_FUNCTION_INFO_V1(points_balance_serialize);
PG_FUNCTION_INFO_V1(points_balance_deserialize);
PG_FUNCTION_INFO_V1(points_balance_final);

static TimestampTz
row_as_of(FunctionCallInfo fcinfo)
{
	if (PG_NARGS() <= ARG_AS_OF)
		return GetCurrentTransactionStartTimestamp();
	parameter_not_null(fcinfo, ARG_AS_OF, "as_of");
	return PG_GETARG_TIMESTAMPTZ(ARG_AS_OF);
}

/*
 * The group's state, which its first row makes.
 */
static Movements *
group_state(FunctionCallInfo fcinfo, Movements *state, TimestampTz as_of)
{
	if (state == NULL)
		return movements_create(aggstate_context(fcinfo), as_of);
	if (unlikely(state->as_of != as_of))
		parameter_changed("as_of", timestamp_text(state->as_of), timestamp_text(as_of));
	return state;
}

/*
 * points_balance_accum(internal, bigint, timestamptz, timestamptz [, timestamptz [, timestamptz]]) -> internal
 */
Datum
points_balance_accum(PG_FUNCTION_ARGS)
{
	Movements  *state = group_state(fcinfo, STATE_OR_NULL(Movements, 0), row_as_of(fcinfo));
	int64		points = PG_ARGISNULL(ARG_POINTS) ? 0 : PG_GETARG_INT64(ARG_POINTS);
	TimestampTz at;
	TimestampTz expires;
	TimestampTz available;
	Movement	movement;

	if (points == 0 || PG_ARGISNULL(ARG_AT))
		PG_RETURN_POINTER(state);
	at = PG_GETARG_TIMESTAMPTZ(ARG_AT);
	expires = PG_ARGISNULL(ARG_EXPIRES) ? EXPIRES_NEVER : PG_GETARG_TIMESTAMPTZ(ARG_EXPIRES);
	available = at;
	if (PG_NARGS() > ARG_AVAILABLE && !PG_ARGISNULL(ARG_AVAILABLE))
		available = PG_GETARG_TIMESTAMPTZ(ARG_AVAILABLE);

	movement = movement_make(points, at, expires, available);
	if (available <= state->as_of)
		state = movements_add(state, &movement);
	PG_RETURN_POINTER(state);
}

Datum
points_balance_combine(PG_FUNCTION_ARGS)
{
	Movements  *state = STATE_OR_NULL(Movements, 0);
	MovementsPartial *other = STATE_OR_NULL(MovementsPartial, 1);
	uint64		i;

	if (other == NULL)
		RETURN_STATE(state);
	state = group_state(fcinfo, state, other->as_of);
	for (i = 0; i < other->count; i++)
		state = movements_add(state, &other->items[i]);
	PG_RETURN_POINTER(state);
}

Datum
points_balance_serialize(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(movements_write((Movements *) PG_GETARG_POINTER(0), WIRE_POINTS_BALANCE));
}

Datum
points_balance_deserialize(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(movements_read(PG_GETARG_BYTEA_PP(0), WIRE_POINTS_BALANCE));
}

/*
 * The balance without movements is 0.
 */
Datum
points_balance_final(PG_FUNCTION_ARGS)
{
	Movements  *state = STATE_OR_NULL(Movements, 0);
	LotPool		pool;
	uint32		i;

	aggstate_refuse_distinct(fcinfo);
	if (state == NULL)
		PG_RETURN_INT64(0);
	movements_sort(state->items, state->count);
	lotpool_init(&pool, CurrentMemoryContext);
	for (i = 0; i < state->count; i++)
		lotpool_apply(&pool, &state->items[i]);
	lotpool_expire(&pool, state->as_of);
	PG_RETURN_INT64(pool.live - pool.deficit);
}
