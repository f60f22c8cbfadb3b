/*
 * metrics/top_share.c
 *		The share of revenue that comes from the best customers: top_share.
 *
 *		k = max(1, floor(fraction * customers))
 *		top_share = revenue of the k customers with the most / revenue of all
 *
 * Which of several customers with equal revenue is among the k makes no difference, so the answer depends on no
 * order.  The fraction is the decimal that its double precision is written as, so that 0.29 of 100 customers are 29.
 * How each customer's revenue is kept is told in metrics/customer_sums.c.
 */
#include "metrics/customer_sums.h"

#include "agg/aggstate.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define DEFAULT_FRACTION 0.2

typedef struct TopShareState
{
	CustomerSums sums;
	double		fraction;
} TopShareState;

typedef struct TopSharePartial
{
	double		fraction;
	CustomerSumsPartial sums;
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

static const char *
fraction_text(double fraction)
{
	return numeric_normalize(numeric_of_double(fraction));
}

static TopShareState *
create_state(FunctionCallInfo fcinfo, const CustomerKeys *keys, AmountType type, double fraction)
{
	TopShareState *state = customer_sums_create(fcinfo, sizeof(TopShareState), keys, type);

	state->fraction = fraction;
	return state;
}

/*
 * fraction, the optional last argument.
 */
static double
fraction_argument(FunctionCallInfo fcinfo)
{
	double		fraction;

	if (PG_NARGS() < 4)
		return DEFAULT_FRACTION;
	parameter_not_null(fcinfo, 3, "fraction");
	fraction = PG_GETARG_FLOAT8(3);
	if (!(fraction > 0 && fraction <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("fraction must be greater than 0 and at most 1, not %s", fraction_text(fraction)),
				 errhint("The share of the best fifth of the customers is that of fraction 0.2.")));
	return fraction;
}

static void
check_fraction(const TopShareState *state, double fraction)
{
	if (unlikely(state->fraction != fraction))
		parameter_changed("fraction", fraction_text(state->fraction), fraction_text(fraction));
}

/*
 * top_share_accum_...(internal, anyelement, amount [, double precision]) -> internal
 */
static Datum
accumulate(FunctionCallInfo fcinfo, AmountType type)
{
	TopShareState *state = STATE_OR_NULL(TopShareState, 0);
	double		fraction = fraction_argument(fcinfo);

	if (state == NULL)
		state = create_state(fcinfo, customer_keys_of_argument(fcinfo, 1), type, fraction);
	else
		check_fraction(state, fraction);

	if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2))
		customer_sums_add(&state->sums, PG_GETARG_DATUM(1), PG_GETARG_DATUM(2));
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
		state = create_state(fcinfo, other->sums.customers.keys, (AmountType) other->sums.type, other->fraction);
	else
		check_fraction(state, other->fraction);
	customer_sums_merge(&state->sums, &other->sums);
	PG_RETURN_POINTER(state);
}

Datum
top_share_serialize(PG_FUNCTION_ARGS)
{
	TopShareState *state = (TopShareState *) PG_GETARG_POINTER(0);
	StringInfoData message;

	wire_begin(&message, WIRE_TOP_SHARE);
	wire_put(&message, &state->fraction, sizeof(state->fraction));
	customer_sums_write(&state->sums, &message);
	PG_RETURN_BYTEA_P(wire_end(&message));
}

Datum
top_share_deserialize(PG_FUNCTION_ARGS)
{
	TopSharePartial *partial = palloc(sizeof(TopSharePartial));
	WireReader	reader;

	wire_open(&reader, PG_GETARG_BYTEA_PP(0), WIRE_TOP_SHARE);
	wire_get(&reader, &partial->fraction, sizeof(partial->fraction));
	customer_sums_read(&partial->sums, fcinfo, &reader);
	wire_close(&reader);
	PG_RETURN_POINTER(partial);
}

/*
 * k, the number of the best of n customers.
 */
static uint64
count_best(const TopShareState *state, uint64 n)
{
	Datum		product = DirectFunctionCall2(numeric_mul, NumericGetDatum(numeric_of_double(state->fraction)),
											  NumericGetDatum(int64_to_numeric(n)));
	int64		best = DatumGetInt64(DirectFunctionCall1(numeric_int8, DirectFunctionCall1(numeric_floor, product)));

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
share_of_units(FunctionCallInfo fcinfo, TopShareState *state, uint64 n, uint64 nbest)
{
	int64	   *units = MemoryContextAllocHuge(CurrentMemoryContext, n * sizeof(int64));
	CustomerScan scan = customer_sums_scan(&state->sums);
	AmountSum	customer;
	ExactSum	sum = {0, NULL};
	Numeric		best = NULL;
	uint64		i;

	for (i = 0; customer_sums_next(&scan, &customer); i++)
		units[i] = customer.exact.units;
	sort_units(units, n);
	for (i = 0; i < n; i++)
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
share_of_numerics(FunctionCallInfo fcinfo, TopShareState *state, uint64 n, uint64 nbest)
{
	Numeric    *values = MemoryContextAllocHuge(CurrentMemoryContext, n * sizeof(Numeric));
	CustomerScan scan = customer_sums_scan(&state->sums);
	AmountSum	customer;
	ExactSum	sum = {0, NULL};
	Numeric		best = NULL;
	uint64		i;

	for (i = 0; customer_sums_next(&scan, &customer); i++)
		values[i] = exact_sum_value(&customer.exact);
	qsort(values, n, sizeof(Numeric), compare_numerics_desc);
	for (i = 0; i < n; i++)
	{
		exact_sum_add_numeric(&sum, values[i], CurrentMemoryContext);
		if (i + 1 == nbest)
			best = exact_sum_value(&sum);
	}
	return exact_share(fcinfo, best, exact_sum_value(&sum));
}

static Datum
share_of_doubles(FunctionCallInfo fcinfo, TopShareState *state, uint64 n, uint64 nbest)
{
	double	   *values = MemoryContextAllocHuge(CurrentMemoryContext, n * sizeof(double));
	CustomerScan scan = customer_sums_scan(&state->sums);
	AmountSum	customer;
	DoubleSum	sum = {0, 0};
	double		best = 0;
	uint64		i;

	for (i = 0; customer_sums_next(&scan, &customer); i++)
		values[i] = double_sum_value(&customer.approximate);
	sort_doubles(values, n);
	for (i = 0; i < n; i++)
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
	uint64		n;
	uint64		nbest;

	aggstate_refuse_distinct(fcinfo);
	if (state == NULL)
		PG_RETURN_NULL();
	n = customer_sums_count(&state->sums);
	if (n == 0)
		PG_RETURN_NULL();

	nbest = count_best(state, n);
	if (state->sums.type == AMOUNT_DOUBLE)
		return share_of_doubles(fcinfo, state, n, nbest);
	return state->sums.has_rests ? share_of_numerics(fcinfo, state, n, nbest) : share_of_units(fcinfo, state, n, nbest);
}
