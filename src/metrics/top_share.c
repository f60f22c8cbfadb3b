/*
 * metrics/top_share.c
 *		The share of revenue that comes from the best customers: top_share.
 *
 *		k = max(1, floor(fraction * customers))
 *		top_share = revenue of the k customers with the most / revenue of all
 *
 * The map holds each customer's sum.  Sums of numeric and bigint amounts are exact; sums of double precision are
 * compensated.
 */
#include "agg/aggstate.h"
#include "agg/customer_flat.h"
#include "base/amount.h"
#include "metrics/largest.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/*
 * An AmountSum, and whether the customer was met, since a sum may well be zero.  The sum is kept as bytes, which
 * need no alignment, so that a customer's number and all of this take 32 bytes in a slot.
 */
typedef struct CustomerSum
{
	char		sum[sizeof(AmountSum)];
	bool		met;
} CustomerSum;

#define CUSTOMER_MAP_PREFIX sums
#define CUSTOMER_MAP_VALUE CustomerSum
#define CUSTOMER_MAP_IS_EMPTY(value) (!(value).met)
#define CUSTOMER_MAP_SCOPE static inline
#include "agg/customer_table.h"

StaticAssertDecl(sizeof(sums_NarrowEntry) == 32, "a number and its sum take half a cache line");

typedef struct TopShareState
{
	CustomerMap map;			/* customer -> CustomerSum */
	AmountType	type;
	bool		has_rests;		/* of exact sums, in some of them */
	Numeric		fraction;		/* NULL: the default */
	struct TopSharePartial *other;	/* while its sums are taken in */
} TopShareState;

typedef struct TopSharePartial
{
	int64		type;			/* AmountType */
	Numeric		fraction;
	CustomerFlat customers;		/* values are int64 units or DoubleSum */
	Numeric    *rests;			/* in their order, NULL where there is none; NULL if there are none at all */
} TopSharePartial;

PG_FUNCTION_INFO_V1(top_share_accum_numeric);
PG_FUNCTION_INFO_V1(top_share_accum_bigint);
PG_FUNCTION_INFO_V1(top_share_accum_double);
PG_FUNCTION_INFO_V1(top_share_combine);
PG_FUNCTION_INFO_V1(top_share_serialize);
PG_FUNCTION_INFO_V1(top_share_deserialize);
PG_FUNCTION_INFO_V1(top_share_final);

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
	state = sums_create(fcinfo, sizeof(TopShareState), keys);
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

static inline AmountSum
get_sum(const CustomerSum *value)
{
	AmountSum	sum;

	memcpy(&sum, value->sum, sizeof(sum));
	return sum;
}

static inline void
put_sum(TopShareState *state, CustomerSum *value, const AmountSum *sum)
{
	memcpy(value->sum, sum, sizeof(*sum));
	value->met = true;
	state->has_rests |= state->type != AMOUNT_DOUBLE && sum->exact.rest != NULL;
}

static void
apply_units(CustomerMap *map, CustomerSum *value, uint64 units)
{
	AmountSum	sum = get_sum(value);

	exact_sum_add_units(&sum.exact, (int64) units, map->cxt);
	put_sum((TopShareState *) map, value, &sum);
}

static void
apply_numeric(CustomerMap *map, CustomerSum *value, uint64 pointer)
{
	AmountSum	sum = get_sum(value);

	exact_sum_add_numeric(&sum.exact, (Numeric) (uintptr_t) pointer, map->cxt);
	put_sum((TopShareState *) map, value, &sum);
}

static void
apply_double(CustomerMap *map, CustomerSum *value, uint64 bits)
{
	AmountSum	sum = get_sum(value);
	double		amount;

	memcpy(&amount, &bits, sizeof(amount));
	double_sum_add(&sum.approximate, amount);
	put_sum((TopShareState *) map, value, &sum);
}

/*
 * The sum of an entry of another process's state, by its number.
 */
static AmountSum
partial_sum(const TopSharePartial *partial, uint64 entry)
{
	AmountSum	sum;

	if (partial->type == AMOUNT_DOUBLE)
		sum.approximate = ((const DoubleSum *) partial->customers.values)[entry];
	else
	{
		sum.exact.units = ((const int64 *) partial->customers.values)[entry];
		sum.exact.rest = partial->rests ? partial->rests[entry] : NULL;
	}
	return sum;
}

/*
 * Take in an entry of another process's state, by its number.
 */
static void
apply_partial(CustomerMap *map, CustomerSum *value, uint64 entry)
{
	TopShareState *state = (TopShareState *) map;
	AmountSum	sum = get_sum(value);
	AmountSum	other = partial_sum(state->other, entry);

	amount_sum_add_sum(&sum, state->type, &other, map->cxt);
	put_sum(state, value, &sum);
}

static sums_Apply
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
 * A numeric that does not fit the row's argument is added at once; sums do not mind the order.
 */
static void
add_numeric(TopShareState *state, Datum customer, Numeric amount)
{
	sums_flush(&state->map, apply_units);
	sums_add(&state->map, apply_numeric, customer, (uint64) (uintptr_t) amount);
	sums_flush(&state->map, apply_numeric);
}

static void
add_double(TopShareState *state, Datum customer, double amount)
{
	uint64		bits;

	memcpy(&bits, &amount, sizeof(bits));
	sums_add(&state->map, apply_double, customer, bits);
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
		sums_add(&state->map, apply_units, customer, (uint64) units);
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

static void
merge_partial(TopShareState *state, TopSharePartial *other)
{
	CustomerFlat left = other->customers;
	uint64		i;

	sums_reserve(&state->map, left.nentries);
	state->other = other;
	for (i = 0; i < left.nentries; i++)
		sums_add_key(&state->map, apply_partial, customer_flat_next_key(&left), i);
	sums_flush(&state->map, apply_partial);
	state->other = NULL;
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
	merge_partial(state, other);
	PG_RETURN_POINTER(state);
}

/*
 * What travels of a sum: the first bytes of either member.
 */
static Size
value_size(AmountType type)
{
	StaticAssertStmt(offsetof(ExactSum, units) == 0, "units are the first bytes of an exact sum");
	return type == AMOUNT_DOUBLE ? sizeof(DoubleSum) : sizeof(int64);
}

static void
write_sums(TopShareState *state, StringInfo message)
{
	CustomerFlatWriter writer;
	CustomerScan scan = sums_scan(&state->map);
	CustomerKey key;
	const CustomerSum *value;

	customer_flat_begin(&writer, message, state->map.keys, sums_count(&state->map), value_size(state->type));
	while ((value = sums_scan_next(&scan, &key)) != NULL)
	{
		AmountSum	sum = get_sum(value);

		memcpy(customer_flat_put(&writer, key), &sum, value_size(state->type));
	}

	scan = sums_scan(&state->map);
	while (writer.has_pointers && sums_scan_next(&scan, &key) != NULL)
		customer_flat_put_bytes(message, state->map.keys, key);
}

/*
 * The rests of exact sums, each after the number of its entry.
 */
static void
write_rests(TopShareState *state, StringInfo message)
{
	CustomerScan scan = sums_scan(&state->map);
	CustomerKey key;
	const CustomerSum *value;
	uint64		i;

	for (i = 0; state->has_rests && (value = sums_scan_next(&scan, &key)) != NULL; i++)
	{
		Numeric		rest = get_sum(value).exact.rest;

		if (rest == NULL)
			continue;
		wire_put(message, &i, sizeof(i));
		wire_put_numeric(message, rest);
	}
}

Datum
top_share_serialize(PG_FUNCTION_ARGS)
{
	TopShareState *state = (TopShareState *) PG_GETARG_POINTER(0);
	int64		type = state->type;
	StringInfoData message;

	sums_flush(&state->map, row_apply(state));
	wire_begin(&message, WIRE_TOP_SHARE);
	wire_put(&message, &type, sizeof(type));
	wire_put_numeric(&message, state->fraction);
	write_sums(state, &message);
	write_rests(state, &message);
	PG_RETURN_BYTEA_P(wire_end(&message));
}

static void
read_rests(TopSharePartial *partial, WireReader *reader)
{
	uint64		nentries = partial->customers.nentries;

	if (reader->cur == reader->end)
		return;
	partial->rests = MemoryContextAllocExtended(CurrentMemoryContext, nentries * sizeof(Numeric),
												MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	while (reader->cur < reader->end)
	{
		uint64		i;

		wire_get(reader, &i, sizeof(i));
		if (i >= nentries)
			wire_corrupt();
		partial->rests[i] = wire_take_numeric(reader);
	}
}

Datum
top_share_deserialize(PG_FUNCTION_ARGS)
{
	TopSharePartial *partial = palloc0(sizeof(TopSharePartial));
	WireReader	reader;

	wire_open(&reader, PG_GETARG_BYTEA_PP(0), WIRE_TOP_SHARE);
	wire_get(&reader, &partial->type, sizeof(partial->type));
	partial->fraction = wire_take_numeric(&reader);
	customer_flat_read(&partial->customers, fcinfo, &reader, value_size(partial->type));
	read_rests(partial, &reader);
	wire_close(&reader);
	PG_RETURN_POINTER(partial);
}

/*
 * The next customer's sum.  Returns false after the last.
 */
static inline bool
next_sum(CustomerScan *scan, AmountSum *sum)
{
	CustomerKey key;
	const CustomerSum *value = sums_scan_next(scan, &key);

	if (value == NULL)
		return false;
	*sum = get_sum(value);
	CHECK_FOR_INTERRUPTS();
	return true;
}

static void *
allocate(uint64 n, Size size)
{
	return MemoryContextAllocHuge(CurrentMemoryContext, n * size);
}

static bool
share_of_units(TopShareState *state, uint64 n, uint64 nbest, double *share)
{
	int64	   *units = allocate(n, sizeof(int64));
	CustomerScan scan = sums_scan(&state->map);
	AmountSum	sum;
	uint64		i;

	for (i = 0; next_sum(&scan, &sum); i++)
		units[i] = sum.exact.units;
	return largest_share_of_units(units, n, nbest, share);
}

static bool
share_of_numerics(TopShareState *state, uint64 n, uint64 nbest, double *share)
{
	Numeric    *values = allocate(n, sizeof(Numeric));
	CustomerScan scan = sums_scan(&state->map);
	AmountSum	sum;
	uint64		i;

	for (i = 0; next_sum(&scan, &sum); i++)
		values[i] = exact_sum_value(&sum.exact);
	return largest_share_of_numerics(values, n, nbest, share);
}

static bool
share_of_doubles(TopShareState *state, uint64 n, uint64 nbest, double *share)
{
	double	   *values = allocate(n, sizeof(double));
	CustomerScan scan = sums_scan(&state->map);
	AmountSum	sum;
	uint64		i;

	for (i = 0; next_sum(&scan, &sum); i++)
		values[i] = double_sum_value(&sum.approximate);
	return largest_share_of_doubles(values, n, nbest, share);
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
	double		share;
	bool		found;

	if (state == NULL)
		PG_RETURN_NULL();
	sums_flush(&state->map, row_apply(state));
	n = sums_count(&state->map);
	if (n == 0)
		PG_RETURN_NULL();

	nbest = largest_count(state->fraction, n);
	if (state->type == AMOUNT_DOUBLE)
		found = share_of_doubles(state, n, nbest, &share);
	else if (state->has_rests)
		found = share_of_numerics(state, n, nbest, &share);
	else
		found = share_of_units(state, n, nbest, &share);
	if (!found)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(share);
}
