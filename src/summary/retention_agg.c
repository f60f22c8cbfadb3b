/*
 * summary/retention_agg.c
 *		Rows -> summary: retention_agg.
 *
 * Every state begins as a handle with room for one customer, of 32 bytes for 8-byte keys:
 *
 *		| site | first, seen  | stage, repeated | customer |
 *		| site | wider window | stage        | customer |
 *		| site | map or value | stage        | |
 *
 * A GROUP BY customer makes a million groups of one, as the distributed form of the reports does, and most of
 * the time of such a query goes into finding the states in memory, the more so the larger they are.  So a
 * handle's window has 48 buckets only.  The second customer, or a bucket that no window can reach, makes a
 * map of customers (summary/map.c).  Where states are combined there is a value instead: a parallel worker
 * sorts what it has and writes it; the leader merges finished values, large ones all at once, and hashes nothing.
 */
#include "agg/aggstate.h"
#include "base/period.h"
#include "summary/summary.h"
#include "summary/map.h"
#include "base/wire.h"
#include "base/text.h"

#include "nodes/primnodes.h"
#include "utils/builtins.h"

/* Room for a customer's buckets in a value of one. */
#define ONE_CUSTOMER_SIZE 64

/* A bucket and a zone that a call site was given. */
typedef struct SummarySite
{
	struct SummarySite *next;
	SummarySignature *signature;
	text	   *zone;			/* NULL: the session's */
	bool		constant;		/* written as constants: no row can have others */
} SummarySite;

typedef enum HandleStage
{
	HANDLE_ONE,					/* one customer, or none */
	HANDLE_WIDE,				/* one customer, whose window lies elsewhere */
	HANDLE_MAP,
	HANDLE_VALUE,				/* where states are combined: a value, */
	HANDLE_VALUES				/* or several that are to be merged */
} HandleStage;

/* Values of this size wait to be merged until so many are there, or all. */
#define LARGE_VALUE (64 * 1024)
#define MAX_VALUES 17

/* Values that are the state's own.  Small ones are merged with the first as they come, large ones are added. */
typedef struct ManyValues
{
	int			n;
	RetentionSummary *value[MAX_VALUES];
} ManyValues;

/* Buckets of the one customer; the bits above them hold the first bucket, in 28 bits, and in 4 the stage. */
#define HANDLE_BITS 48
#define HANDLE_BUCKETS ((UINT64CONST(1) << HANDLE_BITS) - 1)
#define HANDLE_FIRST_LOW_BITS 16
#define HANDLE_STAGE_SHIFT 60

typedef struct RetentionState
{
	const SummarySite *site;
	union
	{
		uint64		seen;		/* none if there is no customer yet */
		SeenWindow *wide;
		SummaryMap *map;
		RetentionSummary *value;
		ManyValues *values;
	};
	uint64		repeated;
	CustomerKey	customer;		/* not to be copied: an 8-byte key's state ends in the middle */
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
	return bucket_width_is(site->signature->calendar.width, bucket) && same_text(site->zone, zone);
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
	site->signature = summary_signature_of_argument(customer_keys_argument_type(fcinfo, 1), PG_GET_COLLATION(), width,
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
	if (!bucket_width_equal(site->signature->calendar.width, bucket_width(bucket)))
		parameter_changed("bucket", bucket_width_text(site->signature->calendar.width), interval_text(bucket));
	if (site->signature->calendar.zone != bucket_zone(zone))
		parameter_changed("zone", text_to_cstring(site->zone), text_to_cstring(zone));
}

static inline HandleStage
stage(const RetentionState *state)
{
	return (HandleStage) (state->repeated >> HANDLE_STAGE_SHIFT);
}

static RetentionState *
create_state(MemoryContext cxt, const SummarySite *site)
{
	bool		narrow = site != NULL && site->signature->keys.layout == CUSTOMER_KEY8;
	RetentionState *state = MemoryContextAllocZero(cxt, narrow ? offsetof(RetentionState, customer.b)
												   : sizeof(RetentionState));

	state->site = site;
	return state;
}

static void
set_map(RetentionState *state, SummaryMap *map)
{
	state->map = map;
	state->repeated = (uint64) HANDLE_MAP << HANDLE_STAGE_SHIFT;
}

static void
set_value(RetentionState *state, RetentionSummary *value)
{
	state->value = value;
	state->repeated = (uint64) HANDLE_VALUE << HANDLE_STAGE_SHIFT;
}

static void
set_values(RetentionState *state, ManyValues *values)
{
	state->values = values;
	state->repeated = (uint64) HANDLE_VALUES << HANDLE_STAGE_SHIFT;
}

static inline SeenWindow
get_window(const RetentionState *state)
{
	SeenWindow	window = {0};
	uint32		first;

	if (unlikely(stage(state) == HANDLE_WIDE))
		return *state->wide;
	first = (uint32) (state->seen >> HANDLE_BITS) |
		(uint32) (state->repeated >> HANDLE_BITS) << HANDLE_FIRST_LOW_BITS;
	window.seen = state->seen & HANDLE_BUCKETS;
	window.repeated = state->repeated & HANDLE_BUCKETS;
	seenwindow_set_first(&window, (int32) first);
	return window;
}

static inline void
set_window(RetentionState *state, const SeenWindow *window, MemoryContext cxt)
{
	uint64		first = (uint32) seenwindow_first(window) & ((1U << SEEN_FIRST_BITS) - 1);

	if (likely(window->seen <= HANDLE_BUCKETS))
	{
		state->seen = window->seen | first << HANDLE_BITS;
		state->repeated = window->repeated | first >> HANDLE_FIRST_LOW_BITS << HANDLE_BITS;
		return;
	}
	if (stage(state) != HANDLE_WIDE)
	{
		state->wide = MemoryContextAlloc(cxt, sizeof(SeenWindow));
		state->repeated = (uint64) HANDLE_WIDE << HANDLE_STAGE_SHIFT;
	}
	*state->wide = *window;
}

static CustomerKey
get_customer(const RetentionState *state)
{
	CustomerKey		key = {state->customer.a, 0};

	if (state->site->signature->keys.layout != CUSTOMER_KEY8)
		key.b = state->customer.b;
	return key;
}

/*
 * The first customer stays in the handle as long as it is alone, and its buckets are near each other.
 */
static bool
add_to_handle(RetentionState *state, Datum customer, int32 bucket, MemoryContext cxt)
{
	const CustomerKeys *keys = &state->site->signature->keys;
	CustomerKey		key = customer_keys_prepare(keys, customer);
	SeenWindow	window = get_window(state);

	if (window.seen == 0)
	{
		key = customer_keys_copy(keys, key, cxt);
		state->customer.a = key.a;
		if (keys->layout != CUSTOMER_KEY8)
			state->customer.b = key.b;
	}
	else if (!customer_keys_same(keys, get_customer(state), key))
		return false;
	if (!seenwindow_add(&window, bucket))
		return false;
	set_window(state, &window, cxt);
	return true;
}

static void
add_row(FunctionCallInfo fcinfo, RetentionState *state, Datum customer, TimestampTz at)
{
	SummarySignature *signature = state->site->signature;
	int32		bucket = bucket_of(&signature->calendar, at);

	if (stage(state) <= HANDLE_WIDE)
	{
		SeenWindow	window;

		if (add_to_handle(state, customer, bucket, aggstate_context(fcinfo)))
			return;
		window = get_window(state);
		set_map(state, summary_map_create(fcinfo, signature, get_customer(state), &window));
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
			state = create_state(aggstate_context(fcinfo), find_site(fcinfo, bucket, zone));
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
	CustomerKey		customer = get_customer(state);
	SeenWindow	window = get_window(state);

	summary_key_of_customer(state->site->signature, &customer, &entry);
	seenset_from_bits(&entry.seen, seenwindow_first(&window), window.seen, window.repeated);
	summary_write_begin(&writer, state->site->signature, entry.seen.first, entry.key_size + ONE_CUSTOMER_SIZE);
	summary_write(&writer, &entry);
	return summary_write_end(&writer, 0);
}

static const RetentionSummary *
merge_values(FmgrInfo *flinfo, const ManyValues *values)
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
	switch (stage(state))
	{
		case HANDLE_ONE:
			if ((state->seen & HANDLE_BUCKETS) == 0)
				return NULL;
			return write_one(state);
		case HANDLE_WIDE:
			return write_one(state);
		case HANDLE_MAP:
			return summary_map_write(state->map);
		case HANDLE_VALUE:
			return summary_canonical(fcinfo->flinfo, state->value);
		case HANDLE_VALUES:
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
 * A large value waits for others: to merge it now and the result with the next one would write most customers as often
 * as there are workers.
 */
static void
add_large(FmgrInfo *flinfo, RetentionState *state, RetentionSummary *value)
{
	ManyValues *values;

	if (stage(state) == HANDLE_VALUE)
	{
		values = palloc(sizeof(ManyValues));
		values->value[0] = state->value;
		values->n = 1;
		set_values(state, values);
	}
	values = state->values;
	if (values->n == MAX_VALUES)
	{
		const RetentionSummary *merged = merge_values(flinfo, values);

		while (values->n > 0)
			pfree(values->value[--values->n]);
		values->value[values->n++] = unconstify(RetentionSummary *, merged);
	}
	values->value[values->n++] = value;
}

static void
add_small(FmgrInfo *flinfo, RetentionSummary **value, const RetentionSummary *small)
{
	RetentionSummary *merged = summary_absorb(flinfo, *value, small);

	if (merged != *value)
		pfree(*value);
	*value = merged;
}

/*
 * Either side may be what a worker without customers has sent.
 */
Datum
retention_combine(PG_FUNCTION_ARGS)
{
	RetentionState *state = STATE_OR_NULL(RetentionState, 0);
	const RetentionSummary *other = STATE_OR_NULL(RetentionSummary, 1);
	MemoryContext cxt = aggstate_context(fcinfo);
	MemoryContext caller;
	RetentionSummary **first;

	if (other == NULL)
		RETURN_STATE(state);
	caller = MemoryContextSwitchTo(cxt);
	if (state == NULL)
	{
		state = create_state(cxt, NULL);
		set_value(state, copy_value(other));
	}
	else
	{
		first = stage(state) == HANDLE_VALUE ? &state->value : &state->values->value[0];
		summary_check_same(*first, other);
		if (VARSIZE(other) >= LARGE_VALUE)
			add_large(fcinfo->flinfo, state, copy_value(other));
		else
			add_small(fcinfo->flinfo, first, other);
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
	const RetentionSummary *summary = summary_of_state(fcinfo);

	if (summary == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(summary);
}
