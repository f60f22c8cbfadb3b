/*
 * models/clv.c
 *		What a customer is worth, from orders alone: the aggregate clv.
 *
 *		clv = average order value * purchase frequency * lifespan * margin
 *
 * The factors come from an order log, in calendar buckets of which only the complete ones count, those before
 * the open bucket that holds as_of.  Let n be the last of them in which anybody ordered; a customer lives
 * from the first to the last bucket with an order, and is still alive who ordered in n or in the open bucket:
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
#include "models/clv_product.h"

#include "agg/aggstate.h"
#include "agg/customer_map.h"
#include "agg/zone_argument.h"
#include "base/amount.h"
#include "base/bucket.h"
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
#define ARG_ZONE 7

/* A distance is 1 for the open bucket, 2 for the last complete one, and so on; 0 is none. */
#define IN_OPEN 1
#define DISTANCE_BITS 16
#define DISTANCE_MAX ((1 << DISTANCE_BITS) - 1)

/* The parameters of a group but for the zone; passed between processes as they are. */
typedef struct ClvParameters
{
	int64		amount_type;	/* AmountType */
	BucketWidth bucket;
	double		margin;
	TimestampTz as_of;
	int64		open;			/* the bucket that holds as_of */
} ClvParameters;

/*
 * Customers, and the sums over them, are those who ordered in a complete bucket.
 */
typedef struct ClvState
{
	CustomerMap map;			/* customer -> distances */
	ClvParameters parameters;
	pg_tz	   *zone;
	AmountSum	revenue;		/* R */
	int64		customers;
	int64		lived;			/* sum of l - f, or of open - f for customers seen in the open bucket */
	int64		in_open;		/* customers seen in the open bucket */
	int64		in_last;		/* customers with l = n not seen in the open bucket */
	uint32		last;			/* distance of n, 0 while there is none */
} ClvState;

typedef struct ClvPartial
{
	ClvParameters parameters;
	pg_tz	   *zone;
	AmountSum	revenue;
	int64		last;
	CustomerMapPartial customers;
} ClvPartial;

/* What a transition function keeps between calls, in fn_extra. */
typedef struct ClvCache
{
	CustomerKeys keys;
	BucketCalendars calendars;
} ClvCache;

PG_FUNCTION_INFO_V1(clv_accum_numeric);
PG_FUNCTION_INFO_V1(clv_accum_bigint);
PG_FUNCTION_INFO_V1(clv_accum_double);
PG_FUNCTION_INFO_V1(clv_combine);
PG_FUNCTION_INFO_V1(clv_serialize);
PG_FUNCTION_INFO_V1(clv_deserialize);
PG_FUNCTION_INFO_V1(clv_final_numeric);
PG_FUNCTION_INFO_V1(clv_final_double);

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
 * Add a customer to the sums, or with a sign of -1 take one out.
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
 * A customer's distances after another row, or joined with those of another process's state.
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
 * There is an order in the complete bucket at that distance; its customer may not be in the map yet.  If the
 * bucket becomes n, it is l for nobody so far.
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
create_state(FunctionCallInfo fcinfo, const CustomerKeys *keys, const ClvParameters *parameters, pg_tz *zone)
{
	ClvState   *state = customer_map_create(fcinfo, sizeof(ClvState), keys);

	state->parameters = *parameters;
	state->zone = zone;
	return state;
}

static inline void
check_parameters(const ClvState *state, const ClvParameters *parameters, pg_tz *zone)
{
	const ClvParameters *known = &state->parameters;

	if (unlikely(!bucket_width_equal(known->bucket, parameters->bucket)))
		parameter_changed("bucket", bucket_width_text(known->bucket), bucket_width_text(parameters->bucket));
	if (unlikely(known->margin != parameters->margin))
		parameter_changed("margin", float8out_internal(known->margin), float8out_internal(parameters->margin));
	if (unlikely(known->as_of != parameters->as_of))
		parameter_changed("as_of", timestamp_text(known->as_of), timestamp_text(parameters->as_of));
	if (unlikely(state->zone != zone))
		merged_parameter_changed("zone", pg_get_timezone_name(state->zone), pg_get_timezone_name(zone));
}

static ClvCache *
create_cache(FunctionCallInfo fcinfo)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;
	ClvCache   *cache = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(ClvCache));

	cache->keys = *customer_keys_of_argument(fcinfo, ARG_CUSTOMER);
	flinfo->fn_extra = cache;
	return cache;
}

static inline ClvCache *
cache_of(FunctionCallInfo fcinfo)
{
	return likely(fcinfo->flinfo->fn_extra != NULL) ? fcinfo->flinfo->fn_extra : create_cache(fcinfo);
}

static inline int32
bucket_at(FunctionCallInfo fcinfo, BucketWidth width, pg_tz *zone, TimestampTz at)
{
	return bucket_of(bucket_calendar_of(&cache_of(fcinfo)->calendars, width, zone, fcinfo->flinfo->fn_mcxt), at);
}

/*
 * The parameters of a row but for the zone; those that a call leaves out are as they are by default.
 */
static inline ClvParameters
parameter_arguments(FunctionCallInfo fcinfo, const ClvState *state)
{
	ClvParameters parameters = {.margin = 1.0};
	const Interval *bucket;

	parameter_not_null(fcinfo, ARG_BUCKET, "bucket");
	bucket = PG_GETARG_INTERVAL_P(ARG_BUCKET);
	if (state != NULL && likely(bucket_width_is(state->parameters.bucket, bucket)))
		parameters.bucket = state->parameters.bucket;
	else
		parameters.bucket = bucket_width(bucket);
	if (PG_NARGS() > ARG_MARGIN)
	{
		parameter_not_null(fcinfo, ARG_MARGIN, "margin");
		parameters.margin = PG_GETARG_FLOAT8(ARG_MARGIN);
	}
	if (PG_NARGS() > ARG_AS_OF)
	{
		parameter_not_null(fcinfo, ARG_AS_OF, "as_of");
		parameters.as_of = PG_GETARG_TIMESTAMPTZ(ARG_AS_OF);
	}
	else
		parameters.as_of = GetCurrentTransactionStartTimestamp();
	return parameters;
}

/*
 * The group's state, made at its first row; the parameters of every row are checked.
 */
static inline ClvState *
group_state(FunctionCallInfo fcinfo, AmountType amount_type)
{
	ClvState   *state = STATE_OR_NULL(ClvState, 0);
	ClvParameters parameters = parameter_arguments(fcinfo, state);
	pg_tz	   *zone = zone_argument(fcinfo, ARG_ZONE, state ? state->zone : NULL);

	if (state != NULL)
	{
		check_parameters(state, &parameters, zone);
		return state;
	}
	amount_check_margin(parameters.margin);
	period_check_as_of(parameters.as_of);
	parameters.amount_type = amount_type;
	parameters.open = bucket_at(fcinfo, parameters.bucket, zone, parameters.as_of);
	return create_state(fcinfo, &cache_of(fcinfo)->keys, &parameters, zone);
}

pg_noreturn static void
too_far(const ClvState *state, TimestampTz at)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("too many buckets of %s between an order at %s and as_of %s",
					bucket_width_text(state->parameters.bucket), timestamp_text(at),
					timestamp_text(state->parameters.as_of)),
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

	if (at >= state->parameters.as_of)
	{
		period_check_ordered_at(at);
		return 0;
	}
	distance = state->parameters.open + IN_OPEN - bucket_at(fcinfo, state->parameters.bucket, state->zone, at);
	if (unlikely(distance > DISTANCE_MAX))
		too_far(state, at);
	return Max(distance, IN_OPEN);
}

/*
 * clv_accum_...(internal, anyelement, timestamptz, amount, interval
 *				 [, double precision [, timestamptz [, text]]]) -> internal
 */
static inline Datum
accumulate(FunctionCallInfo fcinfo, AmountType amount_type)
{
	ClvState   *state = group_state(fcinfo, amount_type);
	uint32		distance;

	if (PG_ARGISNULL(ARG_CUSTOMER) || PG_ARGISNULL(ARG_ORDERED_AT) || PG_ARGISNULL(ARG_AMOUNT))
		PG_RETURN_POINTER(state);
	distance = distance_of(fcinfo, state, PG_GETARG_TIMESTAMPTZ(ARG_ORDERED_AT));
	if (distance > IN_OPEN)
	{
		amount_sum_add(&state->revenue, amount_type, PG_GETARG_DATUM(ARG_AMOUNT), state->map.cxt);
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
		state = create_state(fcinfo, other->customers.keys, &other->parameters, other->zone);
	else
		check_parameters(state, &other->parameters, other->zone);
	amount_sum_add_sum(&state->revenue, state->parameters.amount_type, &other->revenue, state->map.cxt);
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
	wire_put(&message, &state->parameters, sizeof(state->parameters));
	zone_put(&message, state->zone);
	amount_sum_put(&message, state->parameters.amount_type, &state->revenue);
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
	wire_get(&reader, &partial->parameters, sizeof(partial->parameters));
	partial->zone = zone_take(&reader);
	amount_sum_get(&reader, partial->parameters.amount_type, &partial->revenue);
	wire_get(&reader, &partial->last, sizeof(partial->last));
	customer_map_read(&partial->customers, fcinfo, &reader);
	wire_close(&reader);
	PG_RETURN_POINTER(partial);
}

/*
 * Divide both by their greatest common divisor.
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
 * X, L and D, or false if nobody has been lost: then nothing tells how long customers stay.
 *
 * X / (L * D) is reduced.  Where every customer lived for one bucket it is 1 / customers, and the answer then
 * is revenue per customer to the last decimal.
 */
static bool
lifetimes(FunctionCallInfo fcinfo, int64 *exposed, int64 *lived, int64 *lost)
{
	ClvState   *state = STATE_OR_NULL(ClvState, 0);

	aggstate_refuse_distinct(fcinfo);
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

	if (!lifetimes(fcinfo, &exposed, &lived, &lost))
		PG_RETURN_NULL();
	dividend = clv_multiply(exact_sum_value(&state->revenue.exact), int64_to_numeric(exposed));
	dividend = clv_multiply(dividend, numeric_of_double(state->parameters.margin));
	divisor = clv_multiply(int64_to_numeric(lived), int64_to_numeric(lost));
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

	if (!lifetimes(fcinfo, &exposed, &lived, &lost))
		PG_RETURN_NULL();
	revenue = double_sum_value(&state->revenue.approximate) * state->parameters.margin * exposed;
	if (isinf(revenue))
		float_overflow_error();
	PG_RETURN_FLOAT8(revenue / ((double) lived * (double) lost));
}
