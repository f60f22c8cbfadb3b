/*
 * retention_agg.c
 *		Rows -> summary: retention_agg.
 *
 * Every state begins as a handle of 64 bytes, with room for one customer:
 *
 *		| map | merged | site | customer 16 | window 24 |
 *
 * A GROUP BY customer makes a million groups of one, as the distributed form of the reports does, and most of the time
 * of such a query goes into finding the states in memory.  The second customer, or a bucket that the window cannot
 * reach, makes a map of customers (summary_map.c).  Where states are combined there is a value instead: a
 * parallel worker sorts what it has and writes it, and the leader merges finished values, and hashes nothing.
 */
#include "aggstate.h"
#include "period.h"
#include "summary.h"
#include "summary_map.h"
#include "wire.h"

#include "nodes/primnodes.h"
#include "utils/builtins.h"

/* Room for a customer's buckets in a value of one. */
#define ONE_CUSTOMER_SIZE 64

/* A bucket and a zone that a call site was given. */
typedef struct SummarySite
{
	struct SummarySite *next;
	SummaryKind *kind;
	text	   *zone;			/* NULL: the session's */
	bool		constant;		/* written as constants: no row can have others */
} SummarySite;

typedef struct RetentionState
{
	SummaryMap *map;			/* NULL while there is one customer, or none */
	RetentionSummary *merged;	/* where states are combined, this is all there is */
	const SummarySite *site;
	CustKey		customer;
	SeenWindow	window;			/* empty if there is no customer yet */
} RetentionState;

PG_FUNCTION_INFO_V1(retention_accum);
PG_FUNCTION_INFO_V1(retention_combine);
PG_FUNCTION_INFO_V1(retention_serialize);
PG_FUNCTION_INFO_V1(retention_deserialize);
PG_FUNCTION_INFO_V1(retention_final);

static bool
same_text(const text *one, const text *other)
{
	if (one == NULL || other == NULL)
		return one == other;
	return VARSIZE_ANY_EXHDR(one) == VARSIZE_ANY_EXHDR(other) &&
		memcmp(VARDATA_ANY(one), VARDATA_ANY(other), VARSIZE_ANY_EXHDR(one)) == 0;
}

static bool
same_arguments(const SummarySite *site, const Interval *bucket, const text *zone)
{
	return bucket_width_is(site->kind->calendar.width, bucket) && same_text(site->zone, zone);
}

/*
 * Are the arguments from "argno" on, the state being 0, constants of the query?
 */
static bool
arguments_are_constant(FunctionCallInfo fcinfo, int argno)
{
	Aggref	   *aggref = AggGetAggref(fcinfo);
	int			i;

	if (aggref == NULL || list_length(aggref->args) != PG_NARGS() - 1)
		return false;
	for (i = argno - 1; i < list_length(aggref->args); i++)
		if (!IsA(list_nth_node(TargetEntry, aggref->args, i)->expr, Const))
			return false;
	return true;
}

/*
 * The bucket and the zone of a call, with all that follows from them.  Most calls have one of each.
 */
static const SummarySite *
find_site(FunctionCallInfo fcinfo, const Interval *bucket, text *zone)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;
	SummarySite *site;
	BucketWidth width;
	MemoryContext caller;

	for (site = flinfo->fn_extra; site != NULL; site = site->next)
		if (same_arguments(site, bucket, zone))
			return site;

	width = bucket_width(bucket);
	caller = MemoryContextSwitchTo(flinfo->fn_mcxt);
	site = palloc(sizeof(SummarySite));
	site->kind = summary_kind_of_argument(custkeys_argument_type(fcinfo, 1), PG_GET_COLLATION(), width,
										  bucket_zone(zone), flinfo->fn_mcxt);
	site->zone = zone ? DatumGetTextPCopy(PointerGetDatum(zone)) : NULL;
	site->constant = arguments_are_constant(fcinfo, 3);
	MemoryContextSwitchTo(caller);

	site->next = flinfo->fn_extra;
	return flinfo->fn_extra = site;
}

static void
check_arguments(const SummarySite *site, const Interval *bucket, text *zone)
{
	if (likely(same_arguments(site, bucket, zone)))
		return;
	if (!bucket_width_equal(site->kind->calendar.width, bucket_width(bucket)))
		parameter_changed("bucket", bucket_width_text(site->kind->calendar.width), period_interval_text(bucket));
	if (site->kind->calendar.zone != bucket_zone(zone))
		parameter_changed("zone", text_to_cstring(site->zone), text_to_cstring(zone));
}

/*
 * The first customer stays in the handle as long as it is alone.
 */
static bool
add_to_handle(RetentionState *state, Datum customer, int32 bucket, MemoryContext cxt)
{
	const CustKeys *keys = &state->site->kind->keys;
	CustKey		key = custkeys_prepare(keys, customer);

	if (state->window.seen == 0)
		state->customer = custkeys_copy(keys, key, cxt);
	else if (!custkeys_same(keys, state->customer, key))
		return false;
	return seenwindow_add(&state->window, bucket);
}

static void
add_row(FunctionCallInfo fcinfo, RetentionState *state, Datum customer, TimestampTz at)
{
	SummaryKind *kind = state->site->kind;
	int32		bucket = bucket_of(&kind->calendar, at);

	if (state->map == NULL)
	{
		if (add_to_handle(state, customer, bucket, aggstate_context(fcinfo)))
			return;
		state->map = summary_map_create(fcinfo, kind, state->customer, &state->window);
	}
	summary_map_add(state->map, customer, bucket);
}

/*
 * retention_accum(internal, anyelement, timestamptz, interval [, text]) -> internal
 */
Datum
retention_accum(PG_FUNCTION_ARGS)
{
	RetentionState *state = STATE_OR_NULL(RetentionState, 0);

	if (state == NULL || !state->site->constant)
	{
		Interval   *bucket;
		text	   *zone = NULL;

		parameter_not_null(fcinfo, 3, "bucket");
		bucket = PG_GETARG_INTERVAL_P(3);
		if (PG_NARGS() > 4)
		{
			parameter_not_null(fcinfo, 4, "zone");
			zone = PG_GETARG_TEXT_PP(4);
		}
		if (state == NULL)
		{
			state = MemoryContextAllocZero(aggstate_context(fcinfo), sizeof(RetentionState));
			state->site = find_site(fcinfo, bucket, zone);
		}
		else
			check_arguments(state->site, bucket, zone);
	}

	if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2))
		add_row(fcinfo, state, PG_GETARG_DATUM(1), PG_GETARG_TIMESTAMPTZ(2));
	PG_RETURN_POINTER(state);
}

/*
 * The value of the customer in a handle.
 */
static RetentionSummary *
write_one(const RetentionState *state)
{
	SummaryWriter writer;
	SummaryEntry entry;
	CustKey		customer = state->customer;

	summary_key_of_customer(state->site->kind, &customer, &entry);
	seenset_from_bits(&entry.seen, seenwindow_first(&state->window), state->window.seen, state->window.twice);
	summary_write_begin(&writer, state->site->kind, entry.seen.first, entry.key_size + ONE_CUSTOMER_SIZE);
	summary_write(&writer, &entry);
	return summary_write_end(&writer, 0);
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
	if (state->merged != NULL)
		return summary_canonical(fcinfo->flinfo, state->merged);
	if (state->map != NULL)
		return summary_map_write(state->map);
	return state->window.seen != 0 ? write_one(state) : NULL;
}

/*
 * Either side may be what a worker without customers has sent.
 */
Datum
retention_combine(PG_FUNCTION_ARGS)
{
	RetentionState *state = STATE_OR_NULL(RetentionState, 0);
	RetentionSummary *other = STATE_OR_NULL(RetentionSummary, 1);
	MemoryContext cxt = aggstate_context(fcinfo);
	MemoryContext caller;
	RetentionSummary *merged;

	if (other == NULL)
		RETURN_STATE(state);
	caller = MemoryContextSwitchTo(cxt);
	if (state == NULL)
	{
		state = palloc0(sizeof(RetentionState));
		state->merged = memcpy(palloc(VARSIZE(other)), other, VARSIZE(other));
	}
	else
	{
		merged = summary_absorb(fcinfo->flinfo, state->merged, other);
		if (merged != state->merged)
			pfree(state->merged);
		state->merged = merged;
	}
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
	uint64		size;
	const void *value;

	wire_open(&reader, PG_GETARG_BYTEA_PP(0), WIRE_SUMMARY);
	value = wire_take_sized(&reader, &size);
	wire_close(&reader);
	if (size == 0)
		PG_RETURN_NULL();
	if (size < VARHDRSZ || !VARATT_IS_4B_U(value) || VARSIZE(value) != size)
		wire_corrupt();
	PG_RETURN_POINTER(summary_open(unconstify(void *, value)));
}

Datum
retention_final(PG_FUNCTION_ARGS)
{
	const RetentionSummary *summary = summary_of_state(fcinfo);

	if (summary == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(summary);
}
