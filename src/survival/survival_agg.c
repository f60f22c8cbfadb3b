/*
 * survival/survival_agg.c
 *		Rows -> durations, and durations -> durations: survival_agg, rollup.
 *
 * Both have the same state, the three lists of a value as they are collected, in the aggregate's own context:
 *
 *		| state |		| cell | cell | ... |	for each list that is not empty
 *
 * rollup adds the cells of one value after the other, and sorts them all at the end, where merging values
 * pairwise would write most cells as often as there are values.  What a worker sends is a finished value.
 */
#include "survival/durations.h"

#include "agg/aggstate.h"
#include "base/text.h"
#include "base/wire.h"

#include "miscadmin.h"

/* The arguments of the transition function; the state is 0. */
#define ARG_DURATION 1
#define ARG_HAPPENED 2
#define ARG_WATCHED 3

typedef struct SurvivalState
{
	MemoryContext cxt;
	DurationLog logs[DURATION_KINDS];
} SurvivalState;

PG_FUNCTION_INFO_V1(survival_accum);
PG_FUNCTION_INFO_V1(durations_accum);
PG_FUNCTION_INFO_V1(survival_combine);
PG_FUNCTION_INFO_V1(survival_serialize);
PG_FUNCTION_INFO_V1(survival_deserialize);
PG_FUNCTION_INFO_V1(survival_final);

static SurvivalState *
create_state(FunctionCallInfo fcinfo)
{
	MemoryContext cxt = aggstate_context(fcinfo);
	SurvivalState *state = MemoryContextAllocZero(cxt, sizeof(SurvivalState));

	state->cxt = cxt;
	return state;
}

/*
 * The optional last argument, how long somebody was watched in all, beside the duration; false if it is not
 * given or not known.
 */
static bool
watched_argument(FunctionCallInfo fcinfo, uint64 duration, bool happened, uint64 *watched)
{
	if (PG_NARGS() <= ARG_WATCHED || PG_ARGISNULL(ARG_WATCHED))
		return false;
	*watched = elapsed_of_interval(PG_GETARG_INTERVAL_P(ARG_WATCHED), "watched");
	if (happened ? *watched < duration : *watched != duration)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 happened
				 ? errmsg("it happened after %s, but watched is %s", interval_text(elapsed_interval(duration)),
						  interval_text(elapsed_interval(*watched)))
				 : errmsg("it has not happened for %s, but watched is %s", interval_text(elapsed_interval(duration)),
						  interval_text(elapsed_interval(*watched))),
				 errhint("watched is how long somebody was watched in all; what has not happened has not happened "
						 "for just as long.")));
	return happened;
}

/*
 * survival_accum(internal, interval, boolean [, interval]) -> internal
 */
Datum
survival_accum(PG_FUNCTION_ARGS)
{
	SurvivalState *state = STATE_OR_NULL(SurvivalState, 0);
	uint64		duration;
	uint64		watched;
	bool		happened;

	if (PG_ARGISNULL(ARG_DURATION) || PG_ARGISNULL(ARG_HAPPENED))
		RETURN_STATE(state);
	if (state == NULL)
		state = create_state(fcinfo);
	duration = elapsed_of_interval(PG_GETARG_INTERVAL_P(ARG_DURATION), "duration");
	happened = PG_GETARG_BOOL(ARG_HAPPENED);
	if (watched_argument(fcinfo, duration, happened, &watched))
		durationlog_add(&state->logs[DURATION_WATCHED], state->cxt, watched, 1);
	durationlog_add(&state->logs[happened ? DURATION_EVENT : DURATION_CENSORED], state->cxt, duration, 1);
	PG_RETURN_POINTER(state);
}

static void
add_value(SurvivalState *state, const Durations *durations)
{
	DurationReader reader;
	DurationCell cell;
	int			i;

	for (i = 0; i < DURATION_KINDS; i++)
	{
		durations_read(&reader, &durations->lists[i]);
		while (durations_next(&reader, &cell))
		{
			durationlog_add(&state->logs[i], state->cxt, cell.duration, cell.count);
			if (reader.left % 65536 == 0)
				CHECK_FOR_INTERRUPTS();
		}
	}
}

/*
 * durations_accum(internal, durations) -> internal
 */
Datum
durations_accum(PG_FUNCTION_ARGS)
{
	SurvivalState *state = STATE_OR_NULL(SurvivalState, 0);
	Durations	durations;

	if (PG_ARGISNULL(1))
		RETURN_STATE(state);
	if (state == NULL)
		state = create_state(fcinfo);
	durations = durations_of(PG_GETARG_DATUM(1));
	add_value(state, &durations);
	PG_RETURN_POINTER(state);
}

Datum
survival_combine(PG_FUNCTION_ARGS)
{
	SurvivalState *state = STATE_OR_NULL(SurvivalState, 0);
	const Durations *other = STATE_OR_NULL(Durations, 1);

	if (other == NULL)
		RETURN_STATE(state);
	if (state == NULL)
		state = create_state(fcinfo);
	add_value(state, other);
	PG_RETURN_POINTER(state);
}

Datum
survival_serialize(PG_FUNCTION_ARGS)
{
	SurvivalState *state = (SurvivalState *) PG_GETARG_POINTER(0);
	struct varlena *value = durations_write(state->logs);
	StringInfoData message;

	wire_begin(&message, WIRE_DURATIONS);
	wire_put_sized(&message, value, VARSIZE(value));
	PG_RETURN_BYTEA_P(wire_end(&message));
}

Datum
survival_deserialize(PG_FUNCTION_ARGS)
{
	Durations  *durations = palloc(sizeof(Durations));
	WireReader	reader;
	const void *value;

	wire_open(&reader, PG_GETARG_BYTEA_PP(0), WIRE_DURATIONS);
	value = wire_take_value(&reader, VARHDRSZ);
	wire_close(&reader);
	if (value == NULL)
		wire_corrupt();
	*durations = durations_of(PointerGetDatum(value));
	PG_RETURN_POINTER(durations);
}

Datum
survival_final(PG_FUNCTION_ARGS)
{
	SurvivalState *state = STATE_OR_NULL(SurvivalState, 0);

	aggstate_refuse_distinct(fcinfo);
	if (state == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(durations_write(state->logs));
}
