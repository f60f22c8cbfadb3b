/*
 * summary/state.c
 *		The states of the aggregates that make summaries of rows: retention_agg, revenue_agg.
 *
 * Every state begins with room for one customer, in 64 bytes, and where rows have amounts the log of these behind it:
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
#include "summary/state.h"

#include "base/period.h"
#include "base/text.h"
#include "base/wire.h"

#include "access/xact.h"

/* Room for a customer's buckets in a value of one. */
#define ONE_CUSTOMER_SIZE 64

/* The place of a state's one customer in its log of amounts. */
#define PLACE_OF_ONE 1

PG_FUNCTION_INFO_V1(retention_combine);
PG_FUNCTION_INFO_V1(retention_serialize);
PG_FUNCTION_INFO_V1(retention_deserialize);
PG_FUNCTION_INFO_V1(retention_final);

static SummaryState *
create_state(MemoryContext cxt, Size size, GroupBuckets *buckets)
{
	SummaryState *state = MemoryContextAllocZero(cxt, size);

	state->buckets = buckets;
	state->last_at = DT_NOBEGIN;
	state->has_as_of = size > SUMMARY_STATE_SIZE;
	state->has_amounts = size == sizeof(AmountState);
	if (state->has_as_of)
		state->as_of = DT_NOBEGIN;
	if (state->has_amounts)
		amountlog_init(&((AmountState *) state)->amounts, cxt);
	return state;
}

/*
 * The group's state, of either size, made at its first row; the bucket and the zone of every call are checked, if they
 * may change.
 */
SummaryState *
summary_state_of_group(FunctionCallInfo fcinfo, BucketArguments arguments, Size size)
{
	SummaryState *state = STATE_OR_NULL(SummaryState, 0);

	if (state == NULL)
		return create_state(aggstate_context(fcinfo), size, group_buckets_first_row(fcinfo, arguments));
	if (group_buckets_may_change(state->buckets))
		group_buckets_check_row(fcinfo, state->buckets);
	return state;
}

/*
 * Set as_of, which is this argument or else now(), at a group's first row, and refuse another one.
 */
void
summary_state_set_as_of(FunctionCallInfo fcinfo, SummaryState *state, int as_of_argno)
{
	TimestampTz as_of = GetCurrentTransactionStartTimestamp();

	if (PG_NARGS() > as_of_argno)
	{
		parameter_not_null(fcinfo, as_of_argno, "as_of");
		as_of = PG_GETARG_TIMESTAMPTZ(as_of_argno);
	}
	if (likely(state->as_of == as_of && as_of != DT_NOBEGIN))
		return;
	period_check_as_of(as_of);
	if (state->as_of != DT_NOBEGIN)
		parameter_changed("as_of", timestamp_text(state->as_of), timestamp_text(as_of));
	state->as_of = as_of;
}

static void
make_map(FunctionCallInfo fcinfo, SummaryState *state)
{
	AmountLog  *amounts = state->has_amounts ? &((AmountState *) state)->amounts : NULL;

	if (amounts != NULL)
		seenwindow_set_place(&state->window, PLACE_OF_ONE);
	state->map = summary_map_create(fcinfo, state->buckets->call->signature, state->customer, &state->window,
									amounts);
	state->form = STATE_MAP;
}

/*
 * Add a row that a state of one customer cannot hold.
 */
void
summary_state_see_other(FunctionCallInfo fcinfo, SummaryState *state, Datum customer, int32 bucket)
{
	make_map(fcinfo, state);
	summary_map_add(state->map, customer, bucket);
}

/*
 * Add a row with an amount, which an error calls by the name.
 */
void
summary_state_see_amount(FunctionCallInfo fcinfo, AmountState *state, Datum customer, int32 bucket, Datum amount,
						 const char *name)
{
	SummaryState *summary = &state->summary;

	if (summary->form == STATE_ONE)
	{
		if (summary_state_see_one(fcinfo, summary, customer, bucket))
		{
			amountlog_add(&state->amounts, PLACE_OF_ONE, bucket, amount, name);
			if (unlikely(state->amounts.n >= state->amounts.limit))
				amountlog_compact(&state->amounts, 1);
			return;
		}
		make_map(fcinfo, summary);
	}
	summary_map_add_amount(summary->map, customer, bucket, amount, name);
}

/*
 * Orders are known whenever they are; of contracts nothing is looked at after as_of.
 */
static TimestampTz
known_until(const SummaryState *state)
{
	return state->has_as_of && state->as_of != DT_NOBEGIN ? state->as_of : DT_NOEND;
}

static RetentionSummary *
write_one(SummaryState *state)
{
	SummarySignature *signature = group_buckets_signature(state->buckets);
	SummaryWriter writer;
	SummaryEntry entry = {0};
	CustomerKey customer = state->customer;
	int32		scale = NO_AMOUNTS;
	StringInfoData amounts;

	summary_key_of_customer(signature, &customer, &entry);
	seenwindow_get(&state->window, &entry.seen);
	if (state->has_amounts)
	{
		AmountLog  *log = &((AmountState *) state)->amounts;

		pfree(amountlog_sort(log, PLACE_OF_ONE));
		initStringInfo(&amounts);
		amounts_write(&amounts, &entry.seen, log->rows, log->n);
		entry.amounts = (const uint8 *) amounts.data;
		entry.amounts_size = amounts.len;
		scale = log->scale;
	}
	summary_write_begin(&writer, signature, entry.seen.first, scale,
						entry.key_size + ONE_CUSTOMER_SIZE + entry.amounts_size);
	summary_write_times(&writer, state->last_at, known_until(state));
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
	SummaryState *state = STATE_OR_NULL(SummaryState, 0);

	if (state == NULL)
		return NULL;
	switch ((StateForm) state->form)
	{
		case STATE_ONE:
			if (seenwindow_is_empty(&state->window))
				return NULL;
			return write_one(state);
		case STATE_MAP:
			return summary_map_write(state->map, group_buckets_signature(state->buckets), state->last_at,
									 known_until(state));
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
add_large(FmgrInfo *flinfo, SummaryState *state, RetentionSummary *large)
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
add_value(FmgrInfo *flinfo, SummaryState *state, const RetentionSummary *value)
{
	RetentionSummary **first = state->form == STATE_VALUE ? &state->value : &state->values->value[0];

	summary_check_same(*first, value);
	if ((*first)->known_until != value->known_until)
		parameter_changed("as_of", timestamp_text((*first)->known_until), timestamp_text(value->known_until));
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
	SummaryState *state = STATE_OR_NULL(SummaryState, 0);
	const RetentionSummary *other = STATE_OR_NULL(RetentionSummary, 1);
	MemoryContext cxt = aggstate_context(fcinfo);
	MemoryContext caller;

	if (other == NULL)
		RETURN_STATE(state);
	caller = MemoryContextSwitchTo(cxt);
	if (state == NULL)
	{
		state = create_state(cxt, SUMMARY_STATE_SIZE, NULL);
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
	PG_RETURN_POINTER(summary_open_any(unconstify(void *, value)));
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
