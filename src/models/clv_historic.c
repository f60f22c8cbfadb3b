/*
 * models/clv_historic.c
 *		What a customer is worth, from orders alone: clv, as a plain function and as an aggregate.
 *
 *		clv = average order value * purchase frequency * lifespan * margin
 *
 * The plain function is this product.  The aggregate takes its factors from an order log, in calendar buckets
 * of which only the complete ones count, those before the open bucket that holds as_of.  Let n be the last of
 * them in which anybody ordered; a customer lives from the first to the last bucket with an order, and is
 * still alive who ordered in n or in the open bucket:
 *
 *						| 1   | 2   | 3   | 4=n | open  as_of
 *		customer A		  f-----l							lost after 2
 *		customer B		        f-----------l				alive
 *		customer C		        f . . . . . .  *			alive, l = n
 *
 *		L = sum of l - f + 1			buckets lived, here 2 + 3 + 3
 *		D = customers with l < n		customers lost, here 1
 *		X = L - (customers - D)			buckets after which a customer could be lost, here 6
 *		R = revenue of complete buckets
 *
 *		clv = margin * R / L * X / D
 *
 * R / L is average order value times purchase frequency, per bucket; D / X is the churn per bucket, and X / D
 * the mean of a lifespan that ends so.  Since L >= customers and so X / (L * D) >= 1 / customers, the answer
 * is never below margin * R / customers.
 *
 * The map holds for each customer the distances of f and l from the open bucket, in 16 bits each, and L and D
 * are kept as rows come, so that the final function costs the same for any number of customers.
 */
#include "agg/aggstate.h"
#include "base/bucket.h"
#include "agg/customer_map.h"
#include "base/amount.h"
#include "base/period.h"
#include "base/text.h"

#include <math.h>

#include "access/xact.h"
#include "utils/builtins.h"
#include "utils/float.h"

/* The arguments of the transition functions. */
#define ARG_CUSTOMER 1
#define ARG_ORDERED_AT 2
#define ARG_AMOUNT 3
#define ARG_BUCKET 4
#define ARG_MARGIN 5
#define ARG_AS_OF 6

/* A distance is 1 for the open bucket, 2 for the last complete one, and so on; 0 is none. */
#define IN_OPEN 1
#define DISTANCE_BITS 16
#define DISTANCE_MAX ((1 << DISTANCE_BITS) - 1)

/* The parameters of a group but for the margin; passed between processes as they are. */
typedef struct ClvCall
{
	int64		money;			/* AmountType */
	BucketWidth bucket;
	TimestampTz as_of;
	int64		open;			/* the bucket that holds as_of */
} ClvCall;

/*
 * Customers, and the sums over them, are those who ordered in a complete bucket.
 */
typedef struct ClvState
{
	CustomerMap		map;			/* customer -> distances */
	ClvCall		call;
	Numeric		margin;			/* NULL: 1 */
	AmountSum	revenue;		/* R */
	int64		customers;
	int64		lived;			/* sum of l - f for those not seen in the open bucket; of the others, of open - f */
	int64		in_open;		/* customers seen in the open bucket */
	int64		in_last;		/* customers with l = n not seen in the open bucket */
	uint32		last;			/* distance of n, 0 while there is none */
} ClvState;

typedef struct ClvPartial
{
	ClvCall		call;
	Numeric		margin;
	AmountSum	revenue;
	int64		last;
	CustomerFlat	customers;
} ClvPartial;

/* What a call site keeps. */
typedef struct ClvSite
{
	CustomerKeys	keys;
	BucketCalendars calendars;
} ClvSite;

PG_FUNCTION_INFO_V1(clv_product_numeric);
PG_FUNCTION_INFO_V1(clv_product_double);
PG_FUNCTION_INFO_V1(clv_accum_numeric);
PG_FUNCTION_INFO_V1(clv_accum_bigint);
PG_FUNCTION_INFO_V1(clv_accum_double);
PG_FUNCTION_INFO_V1(clv_combine);
PG_FUNCTION_INFO_V1(clv_serialize);
PG_FUNCTION_INFO_V1(clv_deserialize);
PG_FUNCTION_INFO_V1(clv_final_numeric);
PG_FUNCTION_INFO_V1(clv_final_double);

static Numeric
multiply(Numeric one, Numeric other)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_mul, NumericGetDatum(one), NumericGetDatum(other)));
}

/*
 * A number of orders or a length of time cannot be negative; their value can, where refunds outweigh orders.
 */
pg_noreturn static void
factor_invalid(const char *name, const char *value)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must be finite and not negative, not %s", name, value)));
}

pg_noreturn static void
value_invalid(const char *value)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("average_order_value must be finite, not %s", value)));
}

pg_noreturn static void
margin_invalid(const char *margin)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("margin must be from 0 to 1, not %s", margin),
			 errhint("It is the share of revenue that is profit: 30 %% is 0.3.")));
}

static bool
is_negative(Numeric value)
{
	return numeric_compare(value, int64_to_numeric(0)) < 0;
}

static void
check_margin(Numeric margin)
{
	if (!numeric_is_finite(margin) || is_negative(margin) || numeric_compare(margin, int64_to_numeric(1)) > 0)
		margin_invalid(numeric_normalize(margin));
}

/*
 * clv(average_order_value, purchase_frequency, lifespan, margin numeric) -> numeric
 */
Datum
clv_product_numeric(PG_FUNCTION_ARGS)
{
	Numeric		value = PG_GETARG_NUMERIC(0);
	Numeric		frequency = PG_GETARG_NUMERIC(1);
	Numeric		lifespan = PG_GETARG_NUMERIC(2);
	Numeric		margin = PG_GETARG_NUMERIC(3);

	if (!numeric_is_finite(value))
		value_invalid(numeric_normalize(value));
	if (!numeric_is_finite(frequency) || is_negative(frequency))
		factor_invalid("purchase_frequency", numeric_normalize(frequency));
	if (!numeric_is_finite(lifespan) || is_negative(lifespan))
		factor_invalid("lifespan", numeric_normalize(lifespan));
	check_margin(margin);
	PG_RETURN_NUMERIC(multiply(multiply(multiply(value, frequency), lifespan), margin));
}

static char *
double_text(double value)
{
	return DatumGetCString(DirectFunctionCall1(float8out, Float8GetDatum(value)));
}

/*
 * clv(average_order_value, purchase_frequency, lifespan, margin double precision) -> double precision
 */
Datum
clv_product_double(PG_FUNCTION_ARGS)
{
	double		value = PG_GETARG_FLOAT8(0);
	double		frequency = PG_GETARG_FLOAT8(1);
	double		lifespan = PG_GETARG_FLOAT8(2);
	double		margin = PG_GETARG_FLOAT8(3);
	double		product;

	if (!isfinite(value))
		value_invalid(double_text(value));
	if (!(frequency >= 0) || isinf(frequency))
		factor_invalid("purchase_frequency", double_text(frequency));
	if (!(lifespan >= 0) || isinf(lifespan))
		factor_invalid("lifespan", double_text(lifespan));
	if (!(margin >= 0 && margin <= 1))
		margin_invalid(double_text(margin));
	product = value * frequency * lifespan * margin;
	if (!isfinite(product))
		float_overflow_error();
	PG_RETURN_FLOAT8(product);
}

static inline uint32
first_of(uint32 value)
{
	return value >> DISTANCE_BITS;
}

static inline uint32
last_of(uint32 value)
{
	return value & DISTANCE_MAX;
}

static inline uint32
distances(uint32 first, uint32 last)
{
	return first << DISTANCE_BITS | last;
}

/*
 * Count a customer, or with a sign of -1 no longer.
 */
static inline void
count(ClvState *state, uint32 value, int sign)
{
	uint32		first = first_of(value);
	uint32		last = last_of(value);

	if (first <= IN_OPEN)
		return;
	state->customers += sign;
	state->lived += sign * (int64) (first - last);
	state->in_open += last == IN_OPEN ? sign : 0;
	state->in_last += last == state->last ? sign : 0;
}

/*
 * A row's bucket, or a customer of another process's state.
 */
static void
apply_distances(CustomerMap *map, uint32 *value, uint64 argument)
{
	uint32		before = *value;
	uint32		seen = (uint32) argument;
	uint32		after = seen;

	if (before != 0)
		after = distances(Max(first_of(before), first_of(seen)), Min(last_of(before), last_of(seen)));
	if (after == before)
		return;
	count((ClvState *) map, before, -1);
	count((ClvState *) map, after, 1);
	*value = after;
}

/*
 * Somebody ordered in a complete bucket at that distance, who need not be in the map yet.  Where it becomes n,
 * nobody is known for whom it is l.
 */
static void
note_bucket(ClvState *state, uint32 distance)
{
	if (state->last != 0 && distance >= state->last)
		return;
	state->last = distance;
	state->in_last = 0;
}

static ClvState *
create_state(FunctionCallInfo fcinfo, const CustomerKeys *keys, const ClvCall *call, Numeric margin)
{
	ClvState   *state = customer_map_create(fcinfo, sizeof(ClvState), keys);

	state->call = *call;
	state->margin = numeric_copy(margin, state->map.cxt);
	return state;
}

static char *
margin_text(Numeric margin)
{
	return margin ? numeric_normalize(margin) : "1";
}

static inline void
check_parameters(const ClvState *state, BucketWidth bucket, Numeric margin, TimestampTz as_of)
{
	if (unlikely(!bucket_width_equal(state->call.bucket, bucket)))
		parameter_changed("bucket", bucket_width_text(state->call.bucket), bucket_width_text(bucket));
	if (unlikely(!numeric_same(state->margin, margin)))
		parameter_changed("margin", margin_text(state->margin), margin_text(margin));
	if (unlikely(state->call.as_of != as_of))
		parameter_changed("as_of", timestamp_text(state->call.as_of),
						  timestamp_text(as_of));
}

static ClvSite *
create_site(FunctionCallInfo fcinfo)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;
	ClvSite    *site = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(ClvSite));

	site->keys = *customer_keys_of_argument(fcinfo, ARG_CUSTOMER);
	flinfo->fn_extra = site;
	return site;
}

static inline ClvSite *
call_site(FunctionCallInfo fcinfo)
{
	return likely(fcinfo->flinfo->fn_extra != NULL) ? fcinfo->flinfo->fn_extra : create_site(fcinfo);
}

static inline int32
bucket_at(FunctionCallInfo fcinfo, BucketWidth width, TimestampTz at)
{
	return bucket_of(bucket_calendar_of(&call_site(fcinfo)->calendars, width, session_timezone,
										fcinfo->flinfo->fn_mcxt), at);
}

/*
 * The group's state, made at its first row; the parameters of every row are checked.
 */
static inline ClvState *
group_state(FunctionCallInfo fcinfo, AmountType money)
{
	ClvState   *state = STATE_OR_NULL(ClvState, 0);
	const Interval *interval;
	BucketWidth bucket;
	Numeric		margin = NULL;
	TimestampTz as_of;

	parameter_not_null(fcinfo, ARG_BUCKET, "bucket");
	interval = PG_GETARG_INTERVAL_P(ARG_BUCKET);
	if (PG_NARGS() > ARG_MARGIN)
	{
		parameter_not_null(fcinfo, ARG_MARGIN, "margin");
		margin = PG_GETARG_NUMERIC(ARG_MARGIN);
	}
	if (PG_NARGS() > ARG_AS_OF)
	{
		parameter_not_null(fcinfo, ARG_AS_OF, "as_of");
		as_of = PG_GETARG_TIMESTAMPTZ(ARG_AS_OF);
	}
	else
		as_of = GetCurrentTransactionStartTimestamp();

	if (state != NULL && likely(bucket_width_is(state->call.bucket, interval)))
		bucket = state->call.bucket;
	else
		bucket = bucket_width(interval);
	if (state == NULL)
	{
		ClvCall		call = {money, bucket, as_of, 0};

		if (margin != NULL)
			check_margin(margin);
		period_check_as_of(as_of);
		call.open = bucket_at(fcinfo, bucket, as_of);
		return create_state(fcinfo, &call_site(fcinfo)->keys, &call, margin);
	}
	check_parameters(state, bucket, margin, as_of);
	return state;
}

pg_noreturn static void
too_far(const ClvState *state, TimestampTz at)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("too many buckets of %s between an order at %s and as_of %s",
					bucket_width_text(state->call.bucket), timestamp_text(at),
					timestamp_text(state->call.as_of)),
			 errdetail("clv looks back over at most %d buckets.", DISTANCE_MAX - IN_OPEN),
			 errhint("Use a longer bucket, or leave out orders with a wrong date.")));
}

/*
 * The distance of an order's bucket; 0 for an order that has not happened yet.  Where clocks go back over
 * midnight, an earlier instant can belong to a later bucket.
 */
static inline uint32
distance_of(FunctionCallInfo fcinfo, const ClvState *state, TimestampTz at)
{
	int64		distance;

	if (at >= state->call.as_of)
	{
		period_check_ordered_at(at);
		return 0;
	}
	distance = state->call.open + IN_OPEN - bucket_at(fcinfo, state->call.bucket, at);
	if (unlikely(distance > DISTANCE_MAX))
		too_far(state, at);
	return Max(distance, IN_OPEN);
}

/*
 * clv_accum_...(internal, anyelement, timestamptz, amount, interval [, numeric [, timestamptz]]) -> internal
 */
static inline Datum
accumulate(FunctionCallInfo fcinfo, AmountType money)
{
	ClvState   *state = group_state(fcinfo, money);
	uint32		distance;

	if (PG_ARGISNULL(ARG_CUSTOMER) || PG_ARGISNULL(ARG_ORDERED_AT) || PG_ARGISNULL(ARG_AMOUNT))
		PG_RETURN_POINTER(state);
	distance = distance_of(fcinfo, state, PG_GETARG_TIMESTAMPTZ(ARG_ORDERED_AT));
	if (distance > IN_OPEN)
	{
		amount_sum_add(&state->revenue, money, PG_GETARG_DATUM(ARG_AMOUNT), state->map.cxt);
		note_bucket(state, distance);
	}
	if (distance > 0)
		customer_map_add(&state->map, apply_distances, PG_GETARG_DATUM(ARG_CUSTOMER), distances(distance, distance));
	PG_RETURN_POINTER(state);
}

Datum
clv_accum_numeric(PG_FUNCTION_ARGS)
{
	return accumulate(fcinfo, AMOUNT_NUMERIC);
}

Datum
clv_accum_bigint(PG_FUNCTION_ARGS)
{
	return accumulate(fcinfo, AMOUNT_BIGINT);
}

Datum
clv_accum_double(PG_FUNCTION_ARGS)
{
	return accumulate(fcinfo, AMOUNT_DOUBLE);
}

Datum
clv_combine(PG_FUNCTION_ARGS)
{
	ClvState   *state = STATE_OR_NULL(ClvState, 0);
	ClvPartial *other = STATE_OR_NULL(ClvPartial, 1);

	if (other == NULL)
		RETURN_STATE(state);
	if (state == NULL)
		state = create_state(fcinfo, other->customers.keys, &other->call, other->margin);
	else
		check_parameters(state, other->call.bucket, other->margin, other->call.as_of);
	amount_sum_add_sum(&state->revenue, state->call.money, &other->revenue, state->map.cxt);
	if (other->last != 0)
		note_bucket(state, other->last);
	customer_map_merge(&state->map, apply_distances, &other->customers);
	PG_RETURN_POINTER(state);
}

Datum
clv_serialize(PG_FUNCTION_ARGS)
{
	ClvState   *state = (ClvState *) PG_GETARG_POINTER(0);
	int64		last = state->last;
	StringInfoData message;

	customer_map_flush(&state->map, apply_distances);
	wire_begin(&message, WIRE_CLV);
	wire_put(&message, &state->call, sizeof(state->call));
	wire_put_numeric(&message, state->margin);
	amount_sum_put(&message, state->call.money, &state->revenue);
	wire_put(&message, &last, sizeof(last));
	customer_map_write(&state->map, &message);
	PG_RETURN_BYTEA_P(wire_end(&message));
}

Datum
clv_deserialize(PG_FUNCTION_ARGS)
{
	ClvPartial *partial = palloc(sizeof(ClvPartial));
	WireReader	reader;

	wire_open(&reader, PG_GETARG_BYTEA_PP(0), WIRE_CLV);
	wire_get(&reader, &partial->call, sizeof(partial->call));
	partial->margin = wire_take_numeric(&reader);
	amount_sum_get(&reader, partial->call.money, &partial->revenue);
	wire_get(&reader, &partial->last, sizeof(partial->last));
	customer_map_read(&partial->customers, fcinfo, &reader);
	wire_close(&reader);
	PG_RETURN_POINTER(partial);
}

/*
 * Divide both by all that divides both.
 */
static void
reduce(int64 *one, int64 *other)
{
	int64		divisor = *one;
	int64		rest = *other;

	while (rest != 0)
	{
		int64		next = divisor % rest;

		divisor = rest;
		rest = next;
	}
	*one /= divisor;
	*other /= divisor;
}

/*
 * X, L and D, or false if nobody has been lost: then there is no telling how long customers stay.
 *
 * X / (L * D) is reduced.  Where every customer lived for one bucket it is 1 / customers, and the answer then
 * is revenue per customer to the last decimal.
 */
static bool
lifetimes(ClvState *state, int64 *exposed, int64 *lived, int64 *lost)
{
	if (state == NULL)
		return false;
	customer_map_flush(&state->map, apply_distances);
	*lost = state->customers - state->in_open - state->in_last;
	if (*lost == 0)
		return false;
	*lived = state->lived + state->customers - state->in_open * (int64) (state->last - IN_OPEN);
	*exposed = *lived - (state->customers - *lost);
	reduce(exposed, lived);
	reduce(exposed, lost);
	return true;
}

Datum
clv_final_numeric(PG_FUNCTION_ARGS)
{
	ClvState   *state = STATE_OR_NULL(ClvState, 0);
	int64		exposed;
	int64		lived;
	int64		lost;
	Numeric		dividend;
	Numeric		divisor;

	if (!lifetimes(state, &exposed, &lived, &lost))
		PG_RETURN_NULL();
	dividend = multiply(exact_sum_value(&state->revenue.exact), int64_to_numeric(exposed));
	if (state->margin != NULL)
		dividend = multiply(dividend, state->margin);
	divisor = multiply(int64_to_numeric(lived), int64_to_numeric(lost));
	PG_RETURN_DATUM(DirectFunctionCall2(numeric_div, NumericGetDatum(dividend), NumericGetDatum(divisor)));
}

Datum
clv_final_double(PG_FUNCTION_ARGS)
{
	ClvState   *state = STATE_OR_NULL(ClvState, 0);
	int64		exposed;
	int64		lived;
	int64		lost;
	double		revenue;

	if (!lifetimes(state, &exposed, &lived, &lost))
		PG_RETURN_NULL();
	revenue = double_sum_value(&state->revenue.approximate);
	if (state->margin != NULL)
		revenue *= DatumGetFloat8(DirectFunctionCall1(numeric_float8, NumericGetDatum(state->margin)));
	revenue *= exposed;
	if (isinf(revenue))
		float_overflow_error();
	PG_RETURN_FLOAT8(revenue / ((double) lived * (double) lost));
}
