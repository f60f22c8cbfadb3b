/*
 * summary/retention_agg.c
 *		Rows -> summary: retention_agg.
 *
 * Every state begins with room for one customer, in 64 bytes:
 *
 *		| buckets | last_at | form | window               | customer |		one customer, or none yet
 *		| buckets | last_at | form | -> map               |					several customers
 *		|         | last_at | form | -> value             |					where states are combined
 *		|         | last_at | form | -> values            |					the same, and some of them are large
 *
 * A GROUP BY customer makes a million groups of one, as the distributed form of the reports does, and most of
 * the time of such a query goes into finding the states in memory.  The second customer, or a bucket that no
 * window can reach, makes a map of customers (summary/map.c).  Where states are combined there are values
 * instead: a parallel worker sorts what it has and writes it, and the leader merges finished values, large
 * ones all at once, and hashes nothing.  A second form of message, an array of cells for customers whose
 * numbers lie close together, was given up: it gained a tenth at most.
 */
#include "agg/aggstate.h"
#include "agg/rows.h"
#include "base/wire.h"
#include "summary/call_site.h"
#include "summary/map.h"
#include "summary/summary.h"

/* Room for a customer's buckets in a value of one. */
#define ONE_CUSTOMER_SIZE 64

typedef enum StateForm
{
	STATE_ONE,					/* one customer, or none */
	STATE_MAP,
	STATE_VALUE,
	STATE_VALUES
} StateForm;

/* Values from this size on are merged with others only once there are MAX_VALUES, or all. */
#define LARGE_VALUE (64 * 1024)
#define MAX_VALUES 17

/* The first value takes in small ones as they come. */
typedef struct StateValues
{
	int			n;
	RetentionSummary *value[MAX_VALUES];
} StateValues;

typedef struct RetentionState
{
	GroupBuckets *buckets;		/* NULL where states are combined */
	TimestampTz last_at;		/* the time of the latest row; of no use where states are combined */
	StateForm	form;
	union
	{
		SeenWindow	window;
		SummaryMap *map;
		RetentionSummary *value;
		StateValues *values;
	};
	CustomerKey customer;
} RetentionState;

StaticAssertDecl(sizeof(RetentionState) <= 64, "a state of one customer fits a chunk of 64 bytes");

PG_FUNCTION_INFO_V1(retention_accum);
PG_FUNCTION_INFO_V1(retention_support);
PG_FUNCTION_INFO_V1(retention_combine);
PG_FUNCTION_INFO_V1(retention_serialize);
PG_FUNCTION_INFO_V1(retention_deserialize);
PG_FUNCTION_INFO_V1(retention_final);

static RetentionState *
create_state(MemoryContext cxt, GroupBuckets *buckets)
{
	RetentionState *state = MemoryContextAllocZero(cxt, sizeof(RetentionState));

	state->buckets = buckets;
	state->last_at = DT_NOBEGIN;
	return state;
}

/*
 * Add a row of the one customer.  Returns false, and does nothing, if it is of another one or too far from the other
 * buckets.
 */
static bool
add_to_one(RetentionState *state, Datum customer, int32 bucket, MemoryContext cxt)
{
	const CustomerKeys *keys = &state->buckets->call->signature->keys;
	CustomerKey key = customer_keys_prepare(keys, customer);

	if (seenwindow_is_empty(&state->window))
		state->customer = customer_keys_copy(keys, key, cxt);
	else if (!customer_keys_same(keys, state->customer, key))
		return false;
	return seenwindow_add(&state->window, bucket);
}

/*
 * The group's state, made at its first row; the bucket and the zone of every call are checked, if they may change.
 */
static RetentionState *
group_state(FunctionCallInfo fcinfo)
{
	RetentionState *state = STATE_OR_NULL(RetentionState, 0);

	if (state == NULL)
		return create_state(aggstate_context(fcinfo), group_buckets_first_row(fcinfo));
	if (group_buckets_may_change(state->buckets))
		group_buckets_check_row(fcinfo, state->buckets);
	return state;
}

static inline void
add_row(FunctionCallInfo fcinfo, RetentionState *state, BucketCalendar *calendar, NullableDatum customer,
		NullableDatum ordered_at)
{
	TimestampTz at;
	int32		bucket;

	if (customer.isnull || ordered_at.isnull)
		return;
	at = DatumGetTimestampTz(ordered_at.value);
	bucket = bucket_of(calendar, at);
	state->last_at = Max(state->last_at, at);
	if (state->form == STATE_ONE)
	{
		if (add_to_one(state, customer.value, bucket, aggstate_context(fcinfo)))
			return;
		state->map = summary_map_create(fcinfo, state->buckets->call->signature, state->customer, &state->window);
		state->form = STATE_MAP;
	}
	summary_map_add(state->map, customer.value, bucket);
}

/*
 * retention_accum(internal, anyelement, timestamptz, interval [, text]) -> internal
 */
Datum
retention_accum(PG_FUNCTION_ARGS)
{
	RetentionState *state = group_state(fcinfo);

	add_row(fcinfo, state, group_buckets_calendar(state->buckets), fcinfo->args[1], fcinfo->args[2]);
	PG_RETURN_POINTER(state);
}

static Datum
retention_add_rows(FunctionCallInfo fcinfo, const Rows *rows)
{
	RetentionState *state = group_state(fcinfo);
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

static RetentionSummary *
write_one(const RetentionState *state)
{
	SummarySignature *signature = group_buckets_signature(state->buckets);
	SummaryWriter writer;
	SummaryEntry entry;
	CustomerKey customer = state->customer;

	summary_key_of_customer(signature, &customer, &entry);
	seenwindow_get(&state->window, &entry.seen);
	summary_write_begin(&writer, signature, entry.seen.first, entry.key_size + ONE_CUSTOMER_SIZE);
	writer.summary->last_at = state->last_at;
	summary_write(&writer, &entry);
	return summary_write_end(&writer, 0);
}

static const RetentionSummary *
merge_values(FmgrInfo *flinfo, const StateValues *values)
{
	return summary_merge(flinfo, (const RetentionSummary *const *) values->value, values->n);
}

/*
 * What a state stands for, or NULL if no customer was seen.
 */
static const RetentionSummary *
summary_of_state(FunctionCallInfo fcinfo)
{
	RetentionState *state = STATE_OR_NULL(RetentionState, 0);

	if (state == NULL)
		return NULL;
	switch (state->form)
	{
		case STATE_ONE:
			if (seenwindow_is_empty(&state->window))
				return NULL;
			return write_one(state);
		case STATE_MAP:
			return summary_map_write(state->map, group_buckets_signature(state->buckets), state->last_at);
		case STATE_VALUE:
			return summary_canonical(fcinfo->flinfo, state->value);
		case STATE_VALUES:
			return merge_values(fcinfo->flinfo, state->values);
	}
	pg_unreachable();
}

static RetentionSummary *
copy_value(const RetentionSummary *summary)
{
	return memcpy(palloc(VARSIZE(summary)), summary, VARSIZE(summary));
}

/*
 * A large value waits for others: to merge it now, and the result with the next one, would write most customers as
 * often as there are workers.
 */
static void
add_large(FmgrInfo *flinfo, RetentionState *state, RetentionSummary *large)
{
	StateValues *values;

	if (state->form == STATE_VALUE)
	{
		values = palloc(sizeof(StateValues));
		values->n = 1;
		values->value[0] = state->value;
		state->values = values;
		state->form = STATE_VALUES;
	}
	values = state->values;
	if (values->n == MAX_VALUES)
	{
		const RetentionSummary *merged = merge_values(flinfo, values);

		while (values->n > 0)
			pfree(values->value[--values->n]);
		values->value[values->n++] = unconstify(RetentionSummary *, merged);
	}
	values->value[values->n++] = large;
}

static void
add_small(FmgrInfo *flinfo, RetentionSummary **value, const RetentionSummary *small)
{
	RetentionSummary *merged = summary_absorb(flinfo, *value, small);

	if (merged != *value)
		pfree(*value);
	*value = merged;
}

static void
add_value(FmgrInfo *flinfo, RetentionState *state, const RetentionSummary *value)
{
	RetentionSummary **first = state->form == STATE_VALUE ? &state->value : &state->values->value[0];

	summary_check_same(*first, value);
	if (VARSIZE(value) >= LARGE_VALUE)
		add_large(flinfo, state, copy_value(value));
	else
		add_small(flinfo, first, value);
}

/*
 * Either side is NULL if it is of a worker that has seen no customer.
 */
Datum
retention_combine(PG_FUNCTION_ARGS)
{
	RetentionState *state = STATE_OR_NULL(RetentionState, 0);
	const RetentionSummary *other = STATE_OR_NULL(RetentionSummary, 1);
	MemoryContext cxt = aggstate_context(fcinfo);
	MemoryContext caller;

	if (other == NULL)
		RETURN_STATE(state);
	caller = MemoryContextSwitchTo(cxt);
	if (state == NULL)
	{
		state = create_state(cxt, NULL);
		state->value = copy_value(other);
		state->form = STATE_VALUE;
	}
	else
		add_value(fcinfo->flinfo, state, other);
	MemoryContextSwitchTo(caller);
	PG_RETURN_POINTER(state);
}

Datum
retention_serialize(PG_FUNCTION_ARGS)
{
	const RetentionSummary *summary = summary_of_state(fcinfo);
	StringInfoData message;

	wire_begin(&message, WIRE_SUMMARY);
	wire_put_sized(&message, summary, summary ? VARSIZE(summary) : 0);
	PG_RETURN_BYTEA_P(wire_end(&message));
}

Datum
retention_deserialize(PG_FUNCTION_ARGS)
{
	WireReader	reader;
	const void *value;

	wire_open(&reader, PG_GETARG_BYTEA_PP(0), WIRE_SUMMARY);
	value = wire_take_value(&reader, VARHDRSZ);
	wire_close(&reader);
	if (value == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(summary_open(unconstify(void *, value)));
}

Datum
retention_final(PG_FUNCTION_ARGS)
{
	const RetentionSummary *summary;

	aggstate_refuse_distinct(fcinfo);
	summary = summary_of_state(fcinfo);
	if (summary == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(summary);
}
