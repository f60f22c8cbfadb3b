/*
 * survival/brackets.c
 *		bracket_retention: who came back so and so long after their own first order.
 *
 * For each bracket [from, until) of ages, as those from 7 days to 30 after the first order:
 *
 *		eligible		customers whose first order was "until" or longer before as_of
 *		retained		those of them with another order in the bracket
 *
 * An order at as_of or later does not count.  Another order: the first one itself, which would put everybody
 * into a bracket from 0 on, does not count either, so that the bracket from 0 to 30 days has what
 * happened_within has of 30 days to the second order.
 */
#include "survival/orders.h"
#include "survival/durations.h"
#include "survival/rates.h"

#include "agg/aggstate.h"
#include "agg/rows.h"
#include "base/normal.h"
#include "base/period.h"
#include "base/text.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/* The arguments of the transition function; the state is 0. */
#define ARG_CUSTOMER 1
#define ARG_ORDERED_AT 2
#define ARG_BRACKETS 3
#define ARG_AS_OF 4

#define MAX_BOUNDS 64

#define NATTRS 7

typedef struct Brackets
{
	uint64		nbounds;
	uint64		bounds[FLEXIBLE_ARRAY_MEMBER];
} Brackets;

typedef struct BracketState
{
	OrderLog	log;
	Brackets   *brackets;
	ArrayType  *argument;		/* the same as it was given; NULL if another process has it */
} BracketState;

StaticAssertDecl(sizeof(BracketState) <= CUSTOMER_MAP_STATE_MAX, "customers fit beside the state");

typedef struct BracketPartial
{
	TimestampTz as_of;
	const Brackets *brackets;
	OrderLogPartial log;
} BracketPartial;

/* What is counted for a bracket. */
typedef struct BracketCounts
{
	int64		eligible;
	int64		retained;
} BracketCounts;

PG_FUNCTION_INFO_V1(bracket_retention_accum);
PG_FUNCTION_INFO_V1(bracket_retention_support);
PG_FUNCTION_INFO_V1(bracket_retention_combine);
PG_FUNCTION_INFO_V1(bracket_retention_serialize);
PG_FUNCTION_INFO_V1(bracket_retention_deserialize);
PG_FUNCTION_INFO_V1(bracket_retention_final);

static inline Size
brackets_size(uint64 nbounds)
{
	return offsetof(Brackets, bounds) + nbounds * sizeof(uint64);
}

static BracketState *
create_state(FunctionCallInfo fcinfo, const CustomerKeys *keys, const Brackets *brackets, TimestampTz as_of)
{
	Size		size = brackets_size(brackets->nbounds);
	uint64		span = brackets->bounds[brackets->nbounds - 1];
	BracketState *state = orderlog_create(fcinfo, sizeof(BracketState), keys, PG_UINT64_MAX, span);

	state->log.orders.as_of = as_of;
	state->brackets = MemoryContextAlloc(aggstate_context(fcinfo), size);
	memcpy(state->brackets, brackets, size);
	return state;
}

pg_noreturn static void
invalid_brackets(const char *message)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg_internal("%s", message),
			 errhint("Write brackets as '{0 days,7 days,30 days,90 days}': the bounds of three.")));
}

static Brackets *
brackets_of_array(ArrayType *array)
{
	Brackets   *brackets;
	Datum	   *bounds;
	bool	   *nulls;
	int			nbounds;
	int			i;

	deconstruct_array(array, INTERVALOID, sizeof(Interval), false, TYPALIGN_DOUBLE, &bounds, &nulls, &nbounds);
	if (ARR_NDIM(array) != 1 || nbounds < 2 || nbounds > MAX_BOUNDS)
		invalid_brackets(psprintf("brackets must be an array of 2 to %d bounds", MAX_BOUNDS));
	brackets = palloc(brackets_size(nbounds));
	brackets->nbounds = nbounds;
	for (i = 0; i < nbounds; i++)
	{
		if (nulls[i])
			invalid_brackets("a bound of brackets is null");
		brackets->bounds[i] = elapsed_of_interval(DatumGetIntervalP(bounds[i]), "a bound of brackets");
		if (i > 0 && brackets->bounds[i] <= brackets->bounds[i - 1])
			invalid_brackets(psprintf("brackets must rise, but %s follows %s",
									  interval_text(DatumGetIntervalP(bounds[i])),
									  interval_text(DatumGetIntervalP(bounds[i - 1]))));
	}
	return brackets;
}

static char *
brackets_text(const Brackets *brackets)
{
	StringInfoData text;
	int			i;

	initStringInfo(&text);
	for (i = 0; i < brackets->nbounds; i++)
		appendStringInfo(&text, "%s%s", i > 0 ? "," : "{", interval_text(elapsed_interval(brackets->bounds[i])));
	appendStringInfoChar(&text, '}');
	return text.data;
}

static void
check_as_of(const BracketState *state, TimestampTz as_of)
{
	if (unlikely(state->log.orders.as_of != as_of))
		parameter_changed("as_of", timestamp_text(state->log.orders.as_of), timestamp_text(as_of));
}

static void
check_brackets(const BracketState *state, const Brackets *brackets)
{
	if (unlikely(state->brackets->nbounds != brackets->nbounds ||
				 memcmp(state->brackets, brackets, brackets_size(brackets->nbounds)) != 0))
		parameter_changed("brackets", brackets_text(state->brackets), brackets_text(brackets));
}

/*
 * Is an argument just the one of the rows before?  Cheaper than taking arrays apart, and true for nearly
 * every row.
 */
static inline bool
same_array(const ArrayType *known, const ArrayType *array)
{
	return known != NULL && VARSIZE(known) == VARSIZE(array) && memcmp(known, array, VARSIZE(array)) == 0;
}

/*
 * The group's state, made at its first row; the parameters of every call are checked.
 */
static BracketState *
group_state(FunctionCallInfo fcinfo)
{
	BracketState *state = STATE_OR_NULL(BracketState, 0);
	ArrayType  *array;
	TimestampTz as_of;
	Brackets   *brackets;

	parameter_not_null(fcinfo, ARG_BRACKETS, "brackets");
	parameter_not_null(fcinfo, ARG_AS_OF, "as_of");
	array = PG_GETARG_ARRAYTYPE_P(ARG_BRACKETS);
	as_of = PG_GETARG_TIMESTAMPTZ(ARG_AS_OF);
	if (state != NULL)
	{
		check_as_of(state, as_of);
		if (likely(same_array(state->argument, array)))
			return state;
	}
	brackets = brackets_of_array(array);
	if (state == NULL)
	{
		period_check_as_of(as_of);
		state = create_state(fcinfo, customer_keys_of_argument(fcinfo, ARG_CUSTOMER), brackets, as_of);
		state->argument = MemoryContextAlloc(aggstate_context(fcinfo), VARSIZE(array));
		memcpy(state->argument, array, VARSIZE(array));
	}
	else
		check_brackets(state, brackets);
	return state;
}

static inline void
add_row(BracketState *state, NullableDatum customer, NullableDatum ordered_at)
{
	TimestampTz at;

	if (customer.isnull || ordered_at.isnull)
		return;
	at = DatumGetTimestampTz(ordered_at.value);
	period_check_ordered_at(at);
	if (at < state->log.orders.as_of)
		orderlog_add(&state->log, customer.value, at);
}

/*
 * bracket_retention_accum(internal, anyelement, timestamptz, interval[], timestamptz) -> internal
 */
Datum
bracket_retention_accum(PG_FUNCTION_ARGS)
{
	BracketState *state = group_state(fcinfo);

	add_row(state, fcinfo->args[ARG_CUSTOMER], fcinfo->args[ARG_ORDERED_AT]);
	PG_RETURN_POINTER(state);
}

static Datum
add_rows(FunctionCallInfo fcinfo, const Rows *rows)
{
	BracketState *state = group_state(fcinfo);
	int			i;

	for (i = 0; i < rows->n; i++)
		add_row(state, rows->columns[0][i], rows->columns[1][i]);
	PG_RETURN_POINTER(state);
}

Datum
bracket_retention_support(PG_FUNCTION_ARGS)
{
	return rows_support(fcinfo, add_rows, 2);
}

Datum
bracket_retention_combine(PG_FUNCTION_ARGS)
{
	BracketState *state = STATE_OR_NULL(BracketState, 0);
	const BracketPartial *other = STATE_OR_NULL(BracketPartial, 1);

	if (other == NULL)
		RETURN_STATE(state);
	if (state == NULL)
		state = create_state(fcinfo, other->log.customers.keys, other->brackets, other->as_of);
	else
	{
		check_as_of(state, other->as_of);
		check_brackets(state, other->brackets);
	}
	orderlog_merge(&state->log, &other->log);
	PG_RETURN_POINTER(state);
}

Datum
bracket_retention_serialize(PG_FUNCTION_ARGS)
{
	BracketState *state = (BracketState *) PG_GETARG_POINTER(0);
	StringInfoData message;

	wire_begin(&message, WIRE_BRACKETS);
	wire_put(&message, &state->log.orders.as_of, sizeof(TimestampTz));
	wire_put_sized(&message, state->brackets, brackets_size(state->brackets->nbounds));
	orderlog_put(&state->log, &message);
	PG_RETURN_BYTEA_P(wire_end(&message));
}

Datum
bracket_retention_deserialize(PG_FUNCTION_ARGS)
{
	BracketPartial *partial = palloc(sizeof(BracketPartial));
	WireReader	reader;
	uint64		size;

	wire_open(&reader, PG_GETARG_BYTEA_PP(0), WIRE_BRACKETS);
	wire_get(&reader, &partial->as_of, sizeof(partial->as_of));
	partial->brackets = wire_take_sized(&reader, &size);
	if (size < brackets_size(2) || partial->brackets->nbounds > MAX_BOUNDS ||
		size != brackets_size(partial->brackets->nbounds))
		wire_corrupt();
	orderlog_take(&partial->log, fcinfo, &reader);
	wire_close(&reader);
	PG_RETURN_POINTER(partial);
}

/*
 * Count a customer, whose orders are the rows from "first" to "end".
 */
static void
count_customer(BracketCounts *counts, const BracketState *state, uint64 first, uint64 end)
{
	const Brackets *brackets = state->brackets;
	const OrderRow *rows = state->log.rows;
	uint64		watched = order_age(rows[first].at, order_time(state->log.orders.as_of));
	uint64		next = first + 1;
	int			i;

	for (i = 0; i + 1 < brackets->nbounds && brackets->bounds[i + 1] <= watched; i++)
	{
		while (next < end && rows[next].at - rows[first].at < brackets->bounds[i])
			next++;
		counts[i].eligible++;
		counts[i].retained += next < end && rows[next].at - rows[first].at < brackets->bounds[i + 1];
	}
}

/*
 * The row type of the brackets that the calling function returns.
 */
static TupleDesc
bracket_type(FunctionCallInfo fcinfo, Oid *type)
{
	TupleDesc	desc;

	*type = get_element_type(get_func_rettype(fcinfo->flinfo->fn_oid));
	desc = lookup_rowtype_tupdesc(*type, -1);
	if (desc->natts != NATTRS)
		elog(ERROR, "unexpected attributes of type bracket");
	return desc;
}

static Datum
make_bracket(TupleDesc desc, const uint64 *bounds, const BracketCounts *counts)
{
	Rate		rate = {0};
	Datum		values[NATTRS];
	bool		nulls[NATTRS] = {false};

	if (counts->eligible > 0)
		rate = rate_of_counts(counts->retained, counts->eligible, normal_half_width(DEFAULT_CONFIDENCE));
	values[0] = IntervalPGetDatum(elapsed_interval(bounds[0]));
	values[1] = IntervalPGetDatum(elapsed_interval(bounds[1]));
	values[2] = Int64GetDatum(counts->eligible);
	values[3] = Int64GetDatum(counts->retained);
	values[4] = Float8GetDatum(rate.rate);
	values[5] = Float8GetDatum(rate.low);
	values[6] = Float8GetDatum(rate.high);
	nulls[4] = nulls[5] = nulls[6] = counts->eligible == 0;
	return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}

Datum
bracket_retention_final(PG_FUNCTION_ARGS)
{
	BracketState *state = STATE_OR_NULL(BracketState, 0);
	BracketCounts counts[MAX_BOUNDS] = {{0}};
	Datum		rows[MAX_BOUNDS];
	TupleDesc	desc;
	Oid			type;
	uint64		first;
	uint64		end;
	int			i;

	aggstate_refuse_distinct(fcinfo);
	if (state == NULL)
		PG_RETURN_NULL();
	orderlog_read(&state->log);
	if (state->log.n == 0)
		PG_RETURN_NULL();
	for (first = 0; first < state->log.n; first = end)
	{
		CHECK_FOR_INTERRUPTS();
		end = orderlog_customer_end(&state->log, first);
		count_customer(counts, state, first, end);
	}
	desc = bracket_type(fcinfo, &type);
	for (i = 0; i + 1 < state->brackets->nbounds; i++)
		rows[i] = make_bracket(desc, &state->brackets->bounds[i], &counts[i]);
	ReleaseTupleDesc(desc);
	PG_RETURN_ARRAYTYPE_P(construct_array(rows, i, type, -1, false, TYPALIGN_DOUBLE));
}
