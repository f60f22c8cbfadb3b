/*
 * metrics/top_share.c
 *		The share of revenue that comes from the best customers: top_share.
 *
 *		k = max(1, floor(fraction * customers))
 *		top_share = revenue of the k customers with the most / revenue of all
 *
 * The map holds each customer's sum as its payload.  Sums of numeric and bigint
 * amounts are exact; sums of double precision are compensated.  Which of several customers with equal
 * revenue is among the k makes no difference, so the answer depends on no order.
 */
#include "agg/aggstate.h"
#include "agg/customer_map.h"
#include "base/amount.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define DEFAULT_FRACTION "0.2"

typedef struct TopShareState
{
	CustomerMap		map;			/* with a AmountSum for each customer */
	AmountType	type;
	Numeric		fraction;		/* NULL: the default */
	struct TopSharePartial *other;	/* while its sums are taken in */
} TopShareState;

typedef struct TopSharePartial
{
	int64		type;			/* AmountType */
	Numeric		fraction;
	CustomerFlat	customers;
	const void *sums;			/* int64 units or DoubleSum, by place */
	Numeric    *rests;			/* by place; NULL if there is none */
} TopSharePartial;

PG_FUNCTION_INFO_V1(top_share_accum_numeric);
PG_FUNCTION_INFO_V1(top_share_accum_bigint);
PG_FUNCTION_INFO_V1(top_share_accum_double);
PG_FUNCTION_INFO_V1(top_share_combine);
PG_FUNCTION_INFO_V1(top_share_serialize);
PG_FUNCTION_INFO_V1(top_share_deserialize);
PG_FUNCTION_INFO_V1(top_share_final);

#define ST_SORT sort_units
#define ST_ELEMENT_TYPE int64
#define ST_COMPARE(a, b) (*(a) < *(b) ? 1 : *(a) > *(b) ? -1 : 0)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#define ST_DECLARE
#include "lib/sort_template.h"

#define ST_SORT sort_doubles
#define ST_ELEMENT_TYPE double
#define ST_COMPARE(a, b) (*(a) < *(b) ? 1 : *(a) > *(b) ? -1 : 0)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#define ST_DECLARE
#include "lib/sort_template.h"

static void
check_fraction(Numeric fraction)
{
	Datum		value = NumericGetDatum(fraction);
	Datum		zero = DirectFunctionCall1(int4_numeric, Int32GetDatum(0));
	Datum		one = DirectFunctionCall1(int4_numeric, Int32GetDatum(1));

	if (!DatumGetBool(DirectFunctionCall2(numeric_gt, value, zero)) ||
		!DatumGetBool(DirectFunctionCall2(numeric_le, value, one)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("fraction must be greater than 0 and at most 1, not %s",
						numeric_normalize(fraction)),
				 errhint("The share of the best fifth of the customers is that of fraction 0.2.")));
}

static TopShareState *
create_state(FunctionCallInfo fcinfo, const CustomerKeys *keys, AmountType type, Numeric fraction)
{
	TopShareState *state;

	if (fraction != NULL)
		check_fraction(fraction);
	state = customer_map_create(fcinfo, sizeof(TopShareState), keys, sizeof(AmountSum));
	state->type = type;
	state->fraction = numeric_copy(fraction, state->map.cxt);
	return state;
}

static void
check_parameters(const TopShareState *state, Numeric fraction)
{
	if (unlikely(!numeric_same(state->fraction, fraction)))
		parameter_changed("fraction", numeric_normalize(state->fraction), numeric_normalize(fraction));
}

static AmountSum *
sum_at(const TopShareState *state, uint32 place)
{
	return (AmountSum *) state->map.payload + (place - 1);
}

static AmountSum *
customer_sum(TopShareState *state, uint32 *place)
{
	return customer_map_payload(&state->map, place);
}

static void
apply_units(CustomerMap *map, uint32 *place, uint64 units)
{
	TopShareState *state = (TopShareState *) map;

	exact_sum_add_units(&customer_sum(state, place)->exact, (int64) units, map->cxt);
}

static void
apply_numeric(CustomerMap *map, uint32 *place, uint64 pointer)
{
	TopShareState *state = (TopShareState *) map;

	exact_sum_add_numeric(&customer_sum(state, place)->exact, (Numeric) (uintptr_t) pointer,
						  map->cxt);
}

static void
apply_double(CustomerMap *map, uint32 *place, uint64 bits)
{
	TopShareState *state = (TopShareState *) map;

	double		amount;

	memcpy(&amount, &bits, sizeof(amount));
	double_sum_add(&customer_sum(state, place)->approximate, amount);
}

static AmountSum
partial_sum(const TopSharePartial *partial, uint64 place)
{
	AmountSum	sum;

	if (place == 0 || place > partial->customers.nentries)
		wire_corrupt();
	if (partial->type == AMOUNT_DOUBLE)
		sum.approximate = ((const DoubleSum *) partial->sums)[place - 1];
	else
	{
		sum.exact.units = ((const int64 *) partial->sums)[place - 1];
		sum.exact.rest = partial->rests ? partial->rests[place - 1] : NULL;
	}
	return sum;
}

/*
 * Take in the sum at a place of another process's state.
 */
static void
apply_partial(CustomerMap *map, uint32 *place, uint64 other_place)
{
	TopShareState *state = (TopShareState *) map;
	AmountSum	other = partial_sum(state->other, other_place);

	amount_sum_add_sum(customer_sum(state, place), state->type, &other, map->cxt);
}

static CustomerApply
row_apply(const TopShareState *state)
{
	return state->type == AMOUNT_DOUBLE ? apply_double : apply_units;
}

/*
 * The group's state, made at its first row; the parameters of every row are checked.
 */
static TopShareState *
group_state(FunctionCallInfo fcinfo, AmountType type)
{
	TopShareState *state = STATE_OR_NULL(TopShareState, 0);
	Numeric		fraction = NULL;

	if (PG_NARGS() > 3)
	{
		parameter_not_null(fcinfo, 3, "fraction");
		fraction = PG_GETARG_NUMERIC(3);
	}
	if (state == NULL)
		return create_state(fcinfo, customer_keys_of_argument(fcinfo, 1), type, fraction);
	check_parameters(state, fraction);
	return state;
}

/*
 * Rows are gathered with one word each: units or the bits of a double.  A numeric that is more than that is
 * added at once; sums do not mind the order.
 */
static void
add_numeric(TopShareState *state, Datum customer, Numeric amount)
{
	customer_map_flush(&state->map, apply_units);
	customer_map_add(&state->map, apply_numeric, customer, (uint64) (uintptr_t) amount);
	customer_map_flush(&state->map, apply_numeric);
}

static void
add_double(TopShareState *state, Datum customer, double amount)
{
	uint64		bits;

	memcpy(&bits, &amount, sizeof(bits));
	customer_map_add(&state->map, apply_double, customer, bits);
}

/*
 * top_share_accum_...(internal, anyelement, amount [, numeric]) -> internal
 */
static inline Datum
accumulate(FunctionCallInfo fcinfo, AmountType type)
{
	TopShareState *state = group_state(fcinfo, type);
	Datum		customer = PG_GETARG_DATUM(1);
	Datum		amount = PG_GETARG_DATUM(2);
	int64		units;
	Numeric		exact;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_POINTER(state);
	if (type == AMOUNT_DOUBLE)
		add_double(state, customer, amount_double(amount, "amount"));
	else if (likely(amount_to_units(type, amount, "amount", &units, &exact)))
		customer_map_add(&state->map, apply_units, customer, (uint64) units);
	else
		add_numeric(state, customer, exact);
	PG_RETURN_POINTER(state);
}

Datum
top_share_accum_numeric(PG_FUNCTION_ARGS)
{
	return accumulate(fcinfo, AMOUNT_NUMERIC);
}

Datum
top_share_accum_bigint(PG_FUNCTION_ARGS)
{
	return accumulate(fcinfo, AMOUNT_BIGINT);
}

Datum
top_share_accum_double(PG_FUNCTION_ARGS)
{
	return accumulate(fcinfo, AMOUNT_DOUBLE);
}

Datum
top_share_combine(PG_FUNCTION_ARGS)
{
	TopShareState *state = STATE_OR_NULL(TopShareState, 0);
	TopSharePartial *other = STATE_OR_NULL(TopSharePartial, 1);

	if (other == NULL)
		RETURN_STATE(state);
	if (state == NULL)
		state = create_state(fcinfo, other->customers.keys, other->type, other->fraction);
	else
		check_parameters(state, other->fraction);
	state->other = other;
	customer_map_merge(&state->map, apply_partial, &other->customers);
	state->other = NULL;
	PG_RETURN_POINTER(state);
}

Datum
top_share_serialize(PG_FUNCTION_ARGS)
{
	TopShareState *state = (TopShareState *) PG_GETARG_POINTER(0);
	int64		type = state->type;
	uint64		nrests = 0;
	int64	   *units;
	StringInfoData message;
	uint64		i;

	customer_map_flush(&state->map, row_apply(state));
	wire_begin(&message, WIRE_TOP_SHARE);
	wire_put(&message, &type, sizeof(type));
	wire_put_numeric(&message, state->fraction);
	customer_map_write(&state->map, &message);
	StaticAssertStmt(sizeof(AmountSum) == sizeof(DoubleSum), "an array of the one is one of the other");
	if (state->type == AMOUNT_DOUBLE)
		wire_put(&message, state->map.payload, state->map.npayload * sizeof(DoubleSum));
	else
	{
		units = wire_extend(&message, state->map.npayload * sizeof(int64));
		for (i = 0; i < state->map.npayload; i++)
		{
			units[i] = sum_at(state, i + 1)->exact.units;
			nrests += sum_at(state, i + 1)->exact.rest != NULL;
		}
	}

	wire_put(&message, &nrests, sizeof(nrests));
	for (i = 0; nrests > 0 && i < state->map.npayload; i++)
	{
		Numeric		rest = sum_at(state, i + 1)->exact.rest;

		if (rest == NULL)
			continue;
		wire_put(&message, &i, sizeof(i));
		wire_put_numeric(&message, rest);
	}
	PG_RETURN_BYTEA_P(wire_end(&message));
}

Datum
top_share_deserialize(PG_FUNCTION_ARGS)
{
	TopSharePartial *partial = palloc0(sizeof(TopSharePartial));
	WireReader	reader;
	uint64		nsums;
	uint64		nrests;

	wire_open(&reader, PG_GETARG_BYTEA_PP(0), WIRE_TOP_SHARE);
	wire_get(&reader, &partial->type, sizeof(partial->type));
	partial->fraction = wire_take_numeric(&reader);
	customer_map_read(&partial->customers, fcinfo, &reader);
	nsums = partial->customers.nentries;
	partial->sums = wire_take(&reader, nsums * (partial->type == AMOUNT_DOUBLE ? sizeof(DoubleSum) : sizeof(int64)));

	wire_get(&reader, &nrests, sizeof(nrests));
	if (nrests > 0)
		partial->rests = MemoryContextAllocExtended(CurrentMemoryContext, nsums * sizeof(Numeric),
													MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	while (nrests-- > 0)
	{
		uint64		place;

		wire_get(&reader, &place, sizeof(place));
		if (place >= nsums)
			wire_corrupt();
		partial->rests[place] = wire_take_numeric(&reader);
	}
	wire_close(&reader);
	PG_RETURN_POINTER(partial);
}

/*
 * k, the number of the best customers.
 */
static uint64
count_best(const TopShareState *state)
{
	Datum		fraction;
	Datum		product;
	int64		best;

	if (state->fraction != NULL)
		fraction = NumericGetDatum(state->fraction);
	else
		fraction = DirectFunctionCall3(numeric_in, CStringGetDatum(DEFAULT_FRACTION),
									   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	product = DirectFunctionCall2(numeric_mul, fraction,
								  NumericGetDatum(int64_to_numeric(state->map.npayload)));
	best = DatumGetInt64(DirectFunctionCall1(numeric_int8, DirectFunctionCall1(numeric_floor, product)));
	return Max(best, 1);
}

/*
 * The quotient of two exact sums, NULL without revenue.
 */
static Datum
exact_share(FunctionCallInfo fcinfo, Numeric best, Numeric all)
{
	Datum		zero = DirectFunctionCall1(int4_numeric, Int32GetDatum(0));

	if (!DatumGetBool(DirectFunctionCall2(numeric_gt, NumericGetDatum(all), zero)))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(numeric_quotient(best, all));
}

static Datum
share_of_units(FunctionCallInfo fcinfo, const TopShareState *state, uint64 nbest)
{
	int64	   *units = MemoryContextAllocHuge(CurrentMemoryContext, state->map.npayload * sizeof(int64));
	ExactSum	sum = {0, NULL};
	Numeric		best = NULL;
	uint64		i;

	for (i = 0; i < state->map.npayload; i++)
		units[i] = sum_at(state, i + 1)->exact.units;
	sort_units(units, state->map.npayload);
	for (i = 0; i < state->map.npayload; i++)
	{
		exact_sum_add_units(&sum, units[i], CurrentMemoryContext);
		if (i + 1 == nbest)
			best = exact_sum_value(&sum);
	}
	pfree(units);
	return exact_share(fcinfo, best, exact_sum_value(&sum));
}

static int
compare_numerics_desc(const void *one, const void *other)
{
	CHECK_FOR_INTERRUPTS();
	return numeric_compare(*(const Numeric *) other, *(const Numeric *) one);
}

static Datum
share_of_numerics(FunctionCallInfo fcinfo, const TopShareState *state, uint64 nbest)
{
	Numeric    *values = MemoryContextAllocHuge(CurrentMemoryContext, state->map.npayload * sizeof(Numeric));
	ExactSum	sum = {0, NULL};
	Numeric		best = NULL;
	uint64		i;

	for (i = 0; i < state->map.npayload; i++)
		values[i] = exact_sum_value(&sum_at(state, i + 1)->exact);
	qsort(values, state->map.npayload, sizeof(Numeric), compare_numerics_desc);
	for (i = 0; i < state->map.npayload; i++)
	{
		exact_sum_add_numeric(&sum, values[i], CurrentMemoryContext);
		if (i + 1 == nbest)
			best = exact_sum_value(&sum);
	}
	return exact_share(fcinfo, best, exact_sum_value(&sum));
}

static Datum
share_of_doubles(FunctionCallInfo fcinfo, const TopShareState *state, uint64 nbest)
{
	double	   *values = MemoryContextAllocHuge(CurrentMemoryContext, state->map.npayload * sizeof(double));
	DoubleSum	sum = {0, 0};
	double		best = 0;
	uint64		i;

	for (i = 0; i < state->map.npayload; i++)
		values[i] = double_sum_value(&sum_at(state, i + 1)->approximate);
	sort_doubles(values, state->map.npayload);
	for (i = 0; i < state->map.npayload; i++)
	{
		double_sum_add(&sum, values[i]);
		if (i + 1 == nbest)
			best = double_sum_value(&sum);
	}
	pfree(values);
	if (!(double_sum_value(&sum) > 0))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(best / double_sum_value(&sum));
}

/*
 * Sorts a copy of the sums, so that the state stays as it is.
 */
Datum
top_share_final(PG_FUNCTION_ARGS)
{
	TopShareState *state = STATE_OR_NULL(TopShareState, 0);
	uint64		nbest;
	uint64		i;

	if (state == NULL)
		PG_RETURN_NULL();
	customer_map_flush(&state->map, row_apply(state));
	if (state->map.npayload == 0)
		PG_RETURN_NULL();

	nbest = count_best(state);
	if (state->type == AMOUNT_DOUBLE)
		return share_of_doubles(fcinfo, state, nbest);
	for (i = 0; i < state->map.npayload; i++)
		if (sum_at(state, i + 1)->exact.rest != NULL)
			return share_of_numerics(fcinfo, state, nbest);
	return share_of_units(fcinfo, state, nbest);
}
