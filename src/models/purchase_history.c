/*
 * models/purchase_history.c
 *		What a customer's orders tell the models of lifetime value: purchase_history.
 *
 * The models count days with a purchase.  All orders of a local day are one purchase; the first day makes the
 * customer, and counts for nothing else:
 *
 *		first day		repeat days ...			last		day of as_of
 *			|----------*-------*---------------*----------------|
 *			|------------- recency ------------|
 *			|----------------------- age -----------------------|
 *
 *		frequency = number of repeat days		mean_value = revenue of the repeat days / frequency
 *
 * Orders come in any order, so that the state keeps every day with an order; there is a group for each
 * customer, and the first few days are stored in the state's own chunk.  The revenue of the earliest day so
 * far is kept apart, and is added to the rest when an earlier day comes.
 *
 *		| state | day | day | ... |			128 bytes
 */
#include "agg/aggstate.h"
#include "agg/zone_argument.h"
#include "base/amount.h"
#include "base/bucket.h"
#include "base/period.h"
#include "base/text.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* The arguments of the transition functions. */
#define ARG_ORDERED_AT 1
#define ARG_AMOUNT 2
#define ARG_UNIT 3
#define ARG_AS_OF 4
#define ARG_ZONE 5

/* The attributes of the type purchase_history. */
#define ATTR_FREQUENCY 0
#define ATTR_RECENCY 1
#define ATTR_AGE 2
#define ATTR_MEAN_VALUE 3
#define NATTRS 4

#define STATE_CHUNK_SIZE 128
#define INLINE_DAYS ((STATE_CHUNK_SIZE - offsetof(PurchaseState, inline_days)) / sizeof(int32))

/* The parameters of a group but for the zone; passed between processes as they are. */
typedef struct PurchaseParameters
{
	TimestampTz as_of;
	int32		last_day;		/* the day of as_of */
	int32		unit;			/* in days */
	int32		amount_type;	/* AmountType */
	int32		unused;
} PurchaseParameters;

typedef struct PurchaseState
{
	MemoryContext cxt;
	PurchaseParameters parameters;
	pg_tz	   *zone;
	AmountSum	on_first_day;
	AmountSum	on_repeat_days;
	int32	   *days;			/* may hold a day twice */
	uint32		ndays;
	uint32		room;			/* in days */
	int32		first_day;		/* if there are any */
	bool		sorted;			/* the days are in order, each once */
	int32		inline_days[FLEXIBLE_ARRAY_MEMBER];
} PurchaseState;

StaticAssertDecl(INLINE_DAYS >= 2, "a new state has room for the first days");

typedef struct PurchasePartial
{
	PurchaseParameters parameters;
	pg_tz	   *zone;
	AmountSum	on_first_day;
	AmountSum	on_repeat_days;
	int64		first_day;
	uint64		ndays;
	const int32 *days;
} PurchasePartial;

PG_FUNCTION_INFO_V1(purchase_history_accum_numeric);
PG_FUNCTION_INFO_V1(purchase_history_accum_bigint);
PG_FUNCTION_INFO_V1(purchase_history_accum_double);
PG_FUNCTION_INFO_V1(purchase_history_combine);
PG_FUNCTION_INFO_V1(purchase_history_serialize);
PG_FUNCTION_INFO_V1(purchase_history_deserialize);
PG_FUNCTION_INFO_V1(purchase_history_final);

#define ST_SORT sort_days
#define ST_ELEMENT_TYPE int32
#define ST_COMPARE(a, b) (*(a) < *(b) ? -1 : *(a) > *(b) ? 1 : 0)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#define ST_DECLARE
#include "lib/sort_template.h"

static PurchaseState *
create_state(FunctionCallInfo fcinfo, const PurchaseParameters *parameters, pg_tz *zone)
{
	MemoryContext cxt = aggstate_context(fcinfo);
	PurchaseState *state = MemoryContextAllocZero(cxt, STATE_CHUNK_SIZE);

	state->cxt = cxt;
	state->parameters = *parameters;
	state->zone = zone;
	state->days = state->inline_days;
	state->room = INLINE_DAYS;
	state->sorted = true;
	return state;
}

/*
 * A unit argument's length in days.
 */
static int32
unit_days(const Interval *unit)
{
	if (INTERVAL_NOT_FINITE(unit) || unit->month != 0 || unit->time != 0 || unit->day <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid unit: %s", interval_text(unit)),
				 errdetail("A unit is a positive number of whole days."),
				 errhint("Write a unit as interval '1 day' or '7 days'.")));
	return unit->day;
}

static char *
unit_text(int32 unit)
{
	Interval	interval = {.day = unit};

	return interval_text(&interval);
}

static void
check_parameters(const PurchaseState *state, const PurchaseParameters *parameters, pg_tz *zone)
{
	const PurchaseParameters *known = &state->parameters;

	if (unlikely(known->unit != parameters->unit))
		parameter_changed("unit", unit_text(known->unit), unit_text(parameters->unit));
	if (unlikely(known->as_of != parameters->as_of))
		parameter_changed("as_of", timestamp_text(known->as_of), timestamp_text(parameters->as_of));
	if (unlikely(state->zone != zone))
		merged_parameter_changed("zone", pg_get_timezone_name(state->zone), pg_get_timezone_name(zone));
}

static BucketCalendars *
calendars_of(FunctionCallInfo fcinfo)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;

	if (flinfo->fn_extra == NULL)
		flinfo->fn_extra = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(BucketCalendars));
	return flinfo->fn_extra;
}

/*
 * The number of an instant's local day.
 */
static int32
day_of(FunctionCallInfo fcinfo, pg_tz *zone, TimestampTz at)
{
	const BucketWidth day = {.days = 1};

	return bucket_of(bucket_calendar_of(calendars_of(fcinfo), day, zone, fcinfo->flinfo->fn_mcxt), at);
}

/*
 * The zone of a row; a group's first row most likely has that of the group before.
 */
static pg_tz *
row_zone(FunctionCallInfo fcinfo, const PurchaseState *state)
{
	const BucketCalendar *last = calendars_of(fcinfo)->current;

	return zone_argument(fcinfo, ARG_ZONE, state ? state->zone : last ? last->zone : NULL);
}

/*
 * The group's state, made at its first row; the parameters of every row are checked.
 */
static PurchaseState *
group_state(FunctionCallInfo fcinfo, AmountType amount_type)
{
	PurchaseState *state = STATE_OR_NULL(PurchaseState, 0);
	PurchaseParameters parameters = {.amount_type = amount_type};
	pg_tz	   *zone = row_zone(fcinfo, state);

	parameter_not_null(fcinfo, ARG_UNIT, "unit");
	parameters.unit = unit_days(PG_GETARG_INTERVAL_P(ARG_UNIT));
	if (PG_NARGS() > ARG_AS_OF)
	{
		parameter_not_null(fcinfo, ARG_AS_OF, "as_of");
		parameters.as_of = PG_GETARG_TIMESTAMPTZ(ARG_AS_OF);
	}
	else
		parameters.as_of = GetCurrentTransactionStartTimestamp();

	if (state != NULL)
	{
		check_parameters(state, &parameters, zone);
		return state;
	}
	period_check_as_of(parameters.as_of);
	parameters.last_day = day_of(fcinfo, zone, parameters.as_of);
	return create_state(fcinfo, &parameters, zone);
}

/*
 * Sort the days and drop duplicates, which changes nothing that another function sees.
 */
static void
sort_state(PurchaseState *state)
{
	uint32		kept = 0;
	uint32		i;

	if (state->sorted)
		return;
	sort_days(state->days, state->ndays);
	for (i = 1; i < state->ndays; i++)
		if (state->days[i] != state->days[kept])
			state->days[++kept] = state->days[i];
	state->ndays = kept + 1;
	state->sorted = true;
}

/*
 * Make room for another day: drop duplicates, and double the array if that frees less than half of it.
 */
static void
make_room(PurchaseState *state)
{
	uint64		room = 2 * (uint64) state->room;

	sort_state(state);
	if (state->ndays <= state->room / 2)
		return;
	if (room > PG_UINT32_MAX)
		elog(ERROR, "a customer has orders on more days than there are");
	if (state->days != state->inline_days)
		state->days = repalloc_huge(state->days, room * sizeof(int32));
	else
	{
		state->days = MemoryContextAllocHuge(state->cxt, room * sizeof(int32));
		memcpy(state->days, state->inline_days, state->ndays * sizeof(int32));
	}
	state->room = room;
}

static void
add_day(PurchaseState *state, int32 day)
{
	int32		before;

	if (state->ndays == state->room)
		make_room(state);
	before = state->ndays > 0 ? state->days[state->ndays - 1] : day - 1;
	if (day == before)
		return;
	if (day < before)
		state->sorted = false;
	state->days[state->ndays++] = day;
}

/*
 * The sum to which the revenue of a day belongs; called before the day is added.
 */
static AmountSum *
sum_of_day(PurchaseState *state, int32 day)
{
	if (state->ndays == 0)
		state->first_day = day;
	else if (day < state->first_day)
	{
		amount_sum_add_sum(&state->on_repeat_days, state->parameters.amount_type, &state->on_first_day, state->cxt);
		amount_sum_clear(&state->on_first_day, state->parameters.amount_type);
		state->first_day = day;
	}
	return day == state->first_day ? &state->on_first_day : &state->on_repeat_days;
}

/*
 * purchase_history_accum_...(internal, timestamptz, amount, interval [, timestamptz [, text]]) -> internal
 */
static Datum
accumulate(FunctionCallInfo fcinfo, AmountType amount_type)
{
	PurchaseState *state = group_state(fcinfo, amount_type);
	int32		day;

	if (PG_ARGISNULL(ARG_ORDERED_AT) || PG_ARGISNULL(ARG_AMOUNT))
		PG_RETURN_POINTER(state);
	day = day_of(fcinfo, state->zone, PG_GETARG_TIMESTAMPTZ(ARG_ORDERED_AT));
	if (day <= state->parameters.last_day)
	{
		amount_sum_add(sum_of_day(state, day), amount_type, PG_GETARG_DATUM(ARG_AMOUNT), state->cxt);
		add_day(state, day);
	}
	PG_RETURN_POINTER(state);
}

Datum
purchase_history_accum_numeric(PG_FUNCTION_ARGS)
{
	return accumulate(fcinfo, AMOUNT_NUMERIC);
}

Datum
purchase_history_accum_bigint(PG_FUNCTION_ARGS)
{
	return accumulate(fcinfo, AMOUNT_BIGINT);
}

Datum
purchase_history_accum_double(PG_FUNCTION_ARGS)
{
	return accumulate(fcinfo, AMOUNT_DOUBLE);
}

Datum
purchase_history_combine(PG_FUNCTION_ARGS)
{
	PurchaseState *state = STATE_OR_NULL(PurchaseState, 0);
	PurchasePartial *other = STATE_OR_NULL(PurchasePartial, 1);
	AmountType	amount_type;
	uint64		i;

	if (other == NULL)
		RETURN_STATE(state);
	if (state == NULL)
		state = create_state(fcinfo, &other->parameters, other->zone);
	else
		check_parameters(state, &other->parameters, other->zone);
	if (other->ndays == 0)
		PG_RETURN_POINTER(state);

	amount_type = state->parameters.amount_type;
	amount_sum_add_sum(sum_of_day(state, other->first_day), amount_type, &other->on_first_day, state->cxt);
	amount_sum_add_sum(&state->on_repeat_days, amount_type, &other->on_repeat_days, state->cxt);
	for (i = 0; i < other->ndays; i++)
		add_day(state, other->days[i]);
	PG_RETURN_POINTER(state);
}

Datum
purchase_history_serialize(PG_FUNCTION_ARGS)
{
	PurchaseState *state = (PurchaseState *) PG_GETARG_POINTER(0);
	int64		first_day = state->first_day;
	uint64		ndays = state->ndays;
	StringInfoData message;

	wire_begin(&message, WIRE_PURCHASE_HISTORY);
	wire_put(&message, &state->parameters, sizeof(state->parameters));
	zone_put(&message, state->zone);
	amount_sum_put(&message, state->parameters.amount_type, &state->on_first_day);
	amount_sum_put(&message, state->parameters.amount_type, &state->on_repeat_days);
	wire_put(&message, &first_day, sizeof(first_day));
	wire_put(&message, &ndays, sizeof(ndays));
	wire_put(&message, state->days, ndays * sizeof(int32));
	PG_RETURN_BYTEA_P(wire_end(&message));
}

Datum
purchase_history_deserialize(PG_FUNCTION_ARGS)
{
	PurchasePartial *partial = palloc(sizeof(PurchasePartial));
	WireReader	reader;

	wire_open(&reader, PG_GETARG_BYTEA_PP(0), WIRE_PURCHASE_HISTORY);
	wire_get(&reader, &partial->parameters, sizeof(partial->parameters));
	partial->zone = zone_take(&reader);
	amount_sum_get(&reader, partial->parameters.amount_type, &partial->on_first_day);
	amount_sum_get(&reader, partial->parameters.amount_type, &partial->on_repeat_days);
	wire_get(&reader, &partial->first_day, sizeof(partial->first_day));
	wire_get(&reader, &partial->ndays, sizeof(partial->ndays));
	if (partial->ndays > MaxAllocSize)
		wire_corrupt();
	partial->days = wire_take(&reader, partial->ndays * sizeof(int32));
	wire_close(&reader);
	PG_RETURN_POINTER(partial);
}

/*
 * The row type of the result, looked up once.
 */
static TupleDesc
result_type(FunctionCallInfo fcinfo)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;

	if (flinfo->fn_extra == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(flinfo->fn_mcxt);
		TupleDesc	type;

		if (get_call_result_type(fcinfo, NULL, &type) != TYPEFUNC_COMPOSITE || type->natts != NATTRS)
			elog(ERROR, "unexpected attributes of type purchase_history");
		flinfo->fn_extra = BlessTupleDesc(type);
		MemoryContextSwitchTo(caller);
	}
	return flinfo->fn_extra;
}

static double
mean_value(const PurchaseState *state, int64 frequency)
{
	if (frequency == 0)
		return 0;
	if (state->parameters.amount_type != AMOUNT_DOUBLE)
		return exact_sum_quotient(&state->on_repeat_days.exact, frequency);
	return double_sum_value(&state->on_repeat_days.approximate) / frequency;
}

Datum
purchase_history_final(PG_FUNCTION_ARGS)
{
	PurchaseState *state = STATE_OR_NULL(PurchaseState, 0);
	Datum		values[NATTRS];
	bool		nulls[NATTRS] = {false};
	int64		frequency;
	double		recency;
	double		age;

	aggstate_refuse_distinct(fcinfo);
	if (state == NULL || state->ndays == 0)
		PG_RETURN_NULL();
	sort_state(state);
	frequency = state->ndays - 1;
	recency = ((double) state->days[state->ndays - 1] - state->first_day) / state->parameters.unit;
	age = ((double) state->parameters.last_day - state->first_day) / state->parameters.unit;

	values[ATTR_FREQUENCY] = Int64GetDatum(frequency);
	values[ATTR_RECENCY] = Float8GetDatum(recency);
	values[ATTR_AGE] = Float8GetDatum(age);
	values[ATTR_MEAN_VALUE] = Float8GetDatum(mean_value(state, frequency));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(result_type(fcinfo), values, nulls)));
}
