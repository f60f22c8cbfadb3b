/*
 * models/survivors.c
 *		Cohorts of contracts and how many are left of each: what sbg_fit collects.
 *
 * A row says how many customers of a cohort are left at an age, which is the number of renewals that were
 * due.  Rows come in any order, so that the state keeps them all, and whether they make sense is asked when
 * the fit begins: a cohort starts at age 0, has each age once, and its survivors never rise with age.
 *
 * A likelihood needs less: for every two ages between which a cohort was not seen, nearly always k and k + 1,
 * how many stayed and how many left, summed up over cohorts.  These sums are exact, so that the fit is the
 * same to the last bit whatever order the rows come in.  A cohort that was seen at age 0 only says nothing.
 *
 * The rows travel between processes as a map of customers does, with the cohort for the customer.
 */
#include "models/survivors.h"

#include "agg/aggstate.h"
#include "agg/customer_flat.h"

#include "common/int.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#define ARG_COHORT 1
#define ARG_AGE 2
#define ARG_SURVIVORS 3

/* Rows that a new state has room for. */
#define FIRST_ROWS 16

typedef struct Survivors
{
	int64		age;
	int64		number;
} Survivors;

typedef struct SurvivorsRow
{
	CustomerKey cohort;
	Survivors	survivors;
} SurvivorsRow;

struct SurvivorsState
{
	MemoryContext cxt;
	const CustomerKeys *keys;
	SurvivorsRow *rows;
	uint64		nrows;
	uint64		room;			/* in rows */
};

/* A cohort, and the number by which rows are sorted. */
typedef struct CohortEntry
{
	CustomerKey cohort;
	uint64		number;
	uint8		status;
} CohortEntry;

#define SH_PREFIX cohorts
#define SH_ELEMENT_TYPE CohortEntry
#define SH_KEY_TYPE CustomerKey
#define SH_KEY cohort
#define SH_HASH_KEY(tb, key) customer_keys_hash((tb)->private_data, key)
#define SH_EQUAL(tb, a, b) customer_keys_same((tb)->private_data, a, b)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* A row, and the number of its cohort. */
typedef struct NumberedRow
{
	uint64		cohort;
	const SurvivorsRow *row;
} NumberedRow;

static inline int
compare_rows(const NumberedRow *one, const NumberedRow *other)
{
	int64		a = one->row->survivors.age;
	int64		b = other->row->survivors.age;

	if (one->cohort != other->cohort)
		return one->cohort < other->cohort ? -1 : 1;
	return a < b ? -1 : a > b;
}

#define ST_SORT sort_rows
#define ST_ELEMENT_TYPE NumberedRow
#define ST_COMPARE(a, b) compare_rows(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#define ST_DECLARE
#include "lib/sort_template.h"

static inline int
compare_spans(const RenewalSpan *one, const RenewalSpan *other)
{
	if (one->from != other->from)
		return one->from < other->from ? -1 : 1;
	return one->to < other->to ? -1 : one->to > other->to;
}

#define ST_SORT sort_spans
#define ST_ELEMENT_TYPE RenewalSpan
#define ST_COMPARE(a, b) compare_spans(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#define ST_DECLARE
#include "lib/sort_template.h"

typedef struct SurvivorsPartial
{
	CustomerFlat rows;
} SurvivorsPartial;

PG_FUNCTION_INFO_V1(sbg_accum);
PG_FUNCTION_INFO_V1(sbg_combine);
PG_FUNCTION_INFO_V1(sbg_serialize);
PG_FUNCTION_INFO_V1(sbg_deserialize);

static SurvivorsState *
create_state(FunctionCallInfo fcinfo, const CustomerKeys *keys)
{
	MemoryContext cxt = aggstate_context(fcinfo);
	SurvivorsState *state = MemoryContextAlloc(cxt, sizeof(SurvivorsState));

	state->cxt = cxt;
	state->keys = keys;
	state->nrows = 0;
	state->room = FIRST_ROWS;
	state->rows = MemoryContextAlloc(cxt, FIRST_ROWS * sizeof(SurvivorsRow));
	return state;
}

static void
add_row(SurvivorsState *state, CustomerKey cohort, Survivors survivors)
{
	SurvivorsRow *row;

	if (state->nrows == state->room)
	{
		state->room *= 2;
		state->rows = repalloc_huge(state->rows, state->room * sizeof(SurvivorsRow));
	}
	row = &state->rows[state->nrows++];
	row->cohort = customer_keys_copy(state->keys, cohort, state->cxt);
	row->survivors = survivors;
}

/*
 * A cohort as its type's output function shows it.
 */
static char *
cohort_text(const CustomerKeys *keys, CustomerKey cohort)
{
	Datum		value = (Datum) cohort.a;
	Oid			output;
	bool		is_varlena;

	if (keys->layout == CUSTOMER_KEY16)
		value = PointerGetDatum(&cohort);
	else if (keys->bytewise)
	{
		Size		size;
		const char *bytes = customer_keys_bytes(keys, &cohort, &size);

		value = PointerGetDatum(cstring_to_text_with_len(bytes, (int) size));
	}
	getTypeOutputInfo(keys->type, &output, &is_varlena);
	return OidOutputFunctionCall(output, value);
}

static void
check_row(const CustomerKeys *keys, CustomerKey cohort, Survivors survivors)
{
	if (survivors.age < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("age must not be negative: " INT64_FORMAT ", of cohort \"%s\"",
						survivors.age, cohort_text(keys, cohort)),
				 errhint("Age 0 is the start of a cohort, and each renewal adds 1.")));
	if (survivors.number < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("survivors must not be negative: " INT64_FORMAT ", of cohort \"%s\" at age " INT64_FORMAT,
						survivors.number, cohort_text(keys, cohort), survivors.age)));
}

/*
 * sbg_accum(internal, anyelement, bigint, bigint) -> internal
 */
Datum
sbg_accum(PG_FUNCTION_ARGS)
{
	SurvivorsState *state = STATE_OR_NULL(SurvivorsState, 0);

	if (state == NULL)
		state = create_state(fcinfo, customer_keys_of_argument(fcinfo, ARG_COHORT));
	if (!PG_ARGISNULL(ARG_COHORT) && !PG_ARGISNULL(ARG_AGE) && !PG_ARGISNULL(ARG_SURVIVORS))
	{
		Survivors	survivors = {PG_GETARG_INT64(ARG_AGE), PG_GETARG_INT64(ARG_SURVIVORS)};
		CustomerKey cohort = customer_keys_prepare(state->keys, PG_GETARG_DATUM(ARG_COHORT));

		check_row(state->keys, cohort, survivors);
		add_row(state, cohort, survivors);
	}
	PG_RETURN_POINTER(state);
}

Datum
sbg_combine(PG_FUNCTION_ARGS)
{
	SurvivorsState *state = STATE_OR_NULL(SurvivorsState, 0);
	SurvivorsPartial *other = STATE_OR_NULL(SurvivorsPartial, 1);
	CustomerFlat left;
	uint64		i;

	if (other == NULL)
		RETURN_STATE(state);
	left = other->rows;
	if (state == NULL)
		state = create_state(fcinfo, left.keys);
	for (i = 0; i < left.nentries; i++)
		add_row(state, customer_flat_next_key(&left), ((const Survivors *) left.values)[i]);
	PG_RETURN_POINTER(state);
}

Datum
sbg_serialize(PG_FUNCTION_ARGS)
{
	SurvivorsState *state = (SurvivorsState *) PG_GETARG_POINTER(0);
	StringInfoData message;
	CustomerFlatWriter writer;
	uint64		i;

	wire_begin(&message, WIRE_SURVIVORS);
	customer_flat_begin(&writer, &message, state->keys, state->nrows, sizeof(Survivors));
	for (i = 0; i < state->nrows; i++)
		memcpy(customer_flat_put(&writer, state->rows[i].cohort), &state->rows[i].survivors, sizeof(Survivors));
	for (i = 0; writer.has_pointers && i < state->nrows; i++)
		customer_flat_put_bytes(&message, state->keys, state->rows[i].cohort);
	PG_RETURN_BYTEA_P(wire_end(&message));
}

Datum
sbg_deserialize(PG_FUNCTION_ARGS)
{
	SurvivorsPartial *partial = palloc(sizeof(SurvivorsPartial));
	WireReader	reader;

	wire_open(&reader, PG_GETARG_BYTEA_PP(0), WIRE_SURVIVORS);
	customer_flat_read(&partial->rows, fcinfo, &reader, sizeof(Survivors));
	wire_close(&reader);
	PG_RETURN_POINTER(partial);
}

/*
 * The rows, with those of a cohort together, in the order of age.
 */
static NumberedRow *
sorted_rows(const SurvivorsState *state)
{
	cohorts_hash *numbers = cohorts_create(CurrentMemoryContext, FIRST_ROWS, unconstify(CustomerKeys *, state->keys));
	NumberedRow *rows = MemoryContextAllocHuge(CurrentMemoryContext, state->nrows * sizeof(NumberedRow));
	uint64		i;

	for (i = 0; i < state->nrows; i++)
	{
		bool		found;
		CohortEntry *entry = cohorts_insert(numbers, state->rows[i].cohort, &found);

		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		if (!found)
			entry->number = numbers->members;
		rows[i].cohort = entry->number;
		rows[i].row = &state->rows[i];
	}
	cohorts_destroy(numbers);
	sort_rows(rows, state->nrows);
	return rows;
}

static void
check_first(const CustomerKeys *keys, const SurvivorsRow *row)
{
	if (row->survivors.age != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cohort \"%s\" has no survivors at age 0", cohort_text(keys, row->cohort)),
				 errdetail("Its first age is " INT64_FORMAT ", with " INT64_FORMAT " survivors.",
						   row->survivors.age, row->survivors.number),
				 errhint("Age 0 is the start of a cohort, with all of its customers.")));
}

/*
 * Two rows of a cohort, of which none lies between.
 */
static void
check_next(const CustomerKeys *keys, const SurvivorsRow *before, const SurvivorsRow *row)
{
	if (before->survivors.age == row->survivors.age)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cohort \"%s\" has age " INT64_FORMAT " twice", cohort_text(keys, row->cohort),
						row->survivors.age),
				 errdetail("One row has " INT64_FORMAT " survivors, another has " INT64_FORMAT ".",
						   Min(before->survivors.number, row->survivors.number),
						   Max(before->survivors.number, row->survivors.number)),
				 errhint("Each cohort needs a name of its own, and one row for each age.")));
	if (before->survivors.number < row->survivors.number)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("survivors of cohort \"%s\" rise from " INT64_FORMAT " at age " INT64_FORMAT " to " INT64_FORMAT
						" at age " INT64_FORMAT, cohort_text(keys, row->cohort), before->survivors.number,
						before->survivors.age, row->survivors.number, row->survivors.age),
				 errdetail("The model is for contracts: who has left does not come back."),
				 errhint("From cohorts(), take the mode 'on_or_after', WHERE complete.")));
}

static RenewalSpan
span_between(Survivors before, Survivors after)
{
	RenewalSpan span = {before.age, after.age, after.number, before.number - after.number};

	return span;
}

/*
 * Add up spans between the same ages.  There are no more customers in a span than in all cohorts.
 */
static void
merge_spans(RenewalSpans *list)
{
	uint64		kept = 0;
	uint64		i;

	if (list->nspans == 0)
		return;
	sort_spans(list->spans, list->nspans);
	for (i = 1; i < list->nspans; i++)
	{
		RenewalSpan *last = &list->spans[kept];
		const RenewalSpan *span = &list->spans[i];

		if (compare_spans(last, span) != 0)
			list->spans[++kept] = *span;
		else
		{
			last->stayed += span->stayed;
			last->left += span->left;
		}
	}
	list->nspans = kept + 1;
}

static void
add_customers(RenewalSpans *list, int64 number)
{
	if (pg_add_s64_overflow(list->customers, number, &list->customers))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("bigint out of range")));
}

/*
 * What the rows of a state say; no customers if they say nothing.  An error if they cannot be true.
 */
RenewalSpans
survivors_spans(const SurvivorsState *state)
{
	RenewalSpans list = {NULL, 0, 0};
	bool		has_second = false;
	NumberedRow *rows;
	uint64		i;

	if (state == NULL || state->nrows == 0)
		return list;
	rows = sorted_rows(state);
	list.spans = MemoryContextAllocHuge(CurrentMemoryContext, state->nrows * sizeof(RenewalSpan));
	for (i = 0; i < state->nrows; i++)
	{
		const SurvivorsRow *row = rows[i].row;
		bool		is_first = i == 0 || rows[i].cohort != rows[i - 1].cohort;

		CHECK_FOR_INTERRUPTS();
		if (is_first)
		{
			check_first(state->keys, row);
			continue;
		}
		check_next(state->keys, rows[i - 1].row, row);
		has_second = true;
		if (rows[i - 1].row->survivors.age == 0)
			add_customers(&list, rows[i - 1].row->survivors.number);
		if (rows[i - 1].row->survivors.number > 0)
			list.spans[list.nspans++] = span_between(rows[i - 1].row->survivors, row->survivors);
	}
	if (!has_second)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("sbg_fit needs a cohort with two ages"),
				 errdetail("Every cohort has age 0 only, which does not tell who renews.")));
	merge_spans(&list);
	return list;
}
