/*
 * survival/time_to_order.c
 *		Orders -> durations: time_to_order, from each customer's first order to the nth.
 *
 * Whoever has fewer orders before as_of is censored there: it has not happened until now.  As of a time
 * nothing later counts, so that the same as_of always gives the same value.  Durations are exact; whoever
 * wants days passes ordered_at in days, and the value shrinks by itself.
 *
 * Up to the second order the first two of each customer suffice, in the slot of the map
 * (survival/first_two.c); for a later one there is a log (survival/order_log.c).
 */
#include "survival/durations.h"
#include "survival/orders.h"

#include "agg/aggstate.h"
#include "agg/rows.h"
#include "base/period.h"
#include "base/text.h"

#include "access/xact.h"

/* The arguments of the transition function; the state is 0. */
#define ARG_CUSTOMER 1
#define ARG_ORDERED_AT 2
#define ARG_NTH 3
#define ARG_AS_OF 4

#define DEFAULT_NTH 2

/* The parameters of a group; passed between processes as they are. */
typedef struct OrderCall
{
	TimestampTz as_of;
	uint64		nth;
} OrderCall;

typedef struct OrderPartial
{
	OrderCall	call;
	CustomerFlat two;			/* this, or for a later order */
	OrderLogPartial log;		/* this */
} OrderPartial;

PG_FUNCTION_INFO_V1(time_to_order_accum);
PG_FUNCTION_INFO_V1(time_to_order_support);
PG_FUNCTION_INFO_V1(time_to_order_combine);
PG_FUNCTION_INFO_V1(time_to_order_serialize);
PG_FUNCTION_INFO_V1(time_to_order_deserialize);
PG_FUNCTION_INFO_V1(time_to_order_final);

static inline bool
is_log(const Orders *orders)
{
	return orders->nth > DEFAULT_NTH;
}

static Orders *
create_state(FunctionCallInfo fcinfo, const CustomerKeys *keys, const OrderCall *call)
{
	Orders	   *orders;

	if (call->nth > DEFAULT_NTH)
		orders = orderlog_create(fcinfo, sizeof(OrderLog), keys, call->nth, PG_UINT64_MAX);
	else
		orders = &firsttwo_create(fcinfo, keys)->orders;
	orders->nth = call->nth;
	orders->as_of = call->as_of;
	return orders;
}

static OrderCall
call_of_arguments(FunctionCallInfo fcinfo)
{
	OrderCall	call = {0, DEFAULT_NTH};

	if (PG_NARGS() > ARG_NTH)
	{
		int64		nth;

		parameter_not_null(fcinfo, ARG_NTH, "nth");
		nth = PG_GETARG_INT64(ARG_NTH);
		if (nth < 2)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("nth must be at least 2, not %lld", (long long) nth),
					 errhint("The time is counted from the first order; the default, 2, is the next one.")));
		call.nth = nth;
	}
	if (PG_NARGS() > ARG_AS_OF)
	{
		parameter_not_null(fcinfo, ARG_AS_OF, "as_of");
		call.as_of = PG_GETARG_TIMESTAMPTZ(ARG_AS_OF);
		period_check_as_of(call.as_of);
	}
	else
		call.as_of = GetCurrentTransactionStartTimestamp();
	return call;
}

static void
check_parameters(const Orders *orders, const OrderCall *call)
{
	if (unlikely(orders->nth != call->nth))
		parameter_changed("nth", psprintf(UINT64_FORMAT, orders->nth), psprintf(UINT64_FORMAT, call->nth));
	if (unlikely(orders->as_of != call->as_of))
		parameter_changed("as_of", timestamp_text(orders->as_of), timestamp_text(call->as_of));
}

/*
 * The group's state, made at its first row; the parameters of every call are checked.
 */
static Orders *
group_state(FunctionCallInfo fcinfo)
{
	Orders	   *orders = STATE_OR_NULL(Orders, 0);
	OrderCall	call = call_of_arguments(fcinfo);

	if (orders == NULL)
		return create_state(fcinfo, customer_keys_of_argument(fcinfo, ARG_CUSTOMER), &call);
	check_parameters(orders, &call);
	return orders;
}

static inline void
add_row(Orders *orders, NullableDatum customer, NullableDatum ordered_at)
{
	TimestampTz at;

	if (customer.isnull || ordered_at.isnull)
		return;
	at = DatumGetTimestampTz(ordered_at.value);
	period_check_ordered_at(at);
	if (at >= orders->as_of)
		return;
	if (is_log(orders))
		orderlog_add((OrderLog *) orders, customer.value, at);
	else
		firsttwo_add((FirstTwoMap *) orders, customer.value, at);
}

/*
 * time_to_order_accum(internal, anyelement, timestamptz [, bigint [, timestamptz]]) -> internal
 */
Datum
time_to_order_accum(PG_FUNCTION_ARGS)
{
	Orders	   *orders = group_state(fcinfo);

	add_row(orders, fcinfo->args[ARG_CUSTOMER], fcinfo->args[ARG_ORDERED_AT]);
	PG_RETURN_POINTER(orders);
}

static Datum
add_rows(FunctionCallInfo fcinfo, const Rows *rows)
{
	Orders	   *orders = group_state(fcinfo);
	int			i;

	for (i = 0; i < rows->n; i++)
		add_row(orders, rows->columns[0][i], rows->columns[1][i]);
	PG_RETURN_POINTER(orders);
}

Datum
time_to_order_support(PG_FUNCTION_ARGS)
{
	return rows_support(fcinfo, add_rows, 2);
}

Datum
time_to_order_combine(PG_FUNCTION_ARGS)
{
	Orders	   *orders = STATE_OR_NULL(Orders, 0);
	const OrderPartial *other = STATE_OR_NULL(OrderPartial, 1);
	const CustomerKeys *keys;

	if (other == NULL)
		RETURN_STATE(orders);
	keys = other->call.nth > DEFAULT_NTH ? other->log.customers.keys : other->two.keys;
	if (orders == NULL)
		orders = create_state(fcinfo, keys, &other->call);
	else
		check_parameters(orders, &other->call);
	if (is_log(orders))
		orderlog_merge((OrderLog *) orders, &other->log);
	else
		firsttwo_merge((FirstTwoMap *) orders, &other->two);
	PG_RETURN_POINTER(orders);
}

Datum
time_to_order_serialize(PG_FUNCTION_ARGS)
{
	Orders	   *orders = (Orders *) PG_GETARG_POINTER(0);
	OrderCall	call = {orders->as_of, orders->nth};
	StringInfoData message;

	wire_begin(&message, WIRE_TIME_TO_ORDER);
	wire_put(&message, &call, sizeof(call));
	if (is_log(orders))
		orderlog_put((OrderLog *) orders, &message);
	else
		firsttwo_put((FirstTwoMap *) orders, &message);
	PG_RETURN_BYTEA_P(wire_end(&message));
}

Datum
time_to_order_deserialize(PG_FUNCTION_ARGS)
{
	OrderPartial *partial = palloc(sizeof(OrderPartial));
	WireReader	reader;

	wire_open(&reader, PG_GETARG_BYTEA_PP(0), WIRE_TIME_TO_ORDER);
	wire_get(&reader, &partial->call, sizeof(partial->call));
	if (partial->call.nth > DEFAULT_NTH)
		orderlog_take(&partial->log, fcinfo, &reader);
	else
		firsttwo_take(&partial->two, fcinfo, &reader);
	wire_close(&reader);
	PG_RETURN_POINTER(partial);
}

/*
 * Room for all customers in each list, which saves sorting the lists whenever they are full; memory that is not used is
 * not there.
 */
static void
reserve(DurationLog *logs, uint64 ncustomers)
{
	int			i;

	for (i = 0; i < DURATION_KINDS; i++)
		durationlog_reserve(&logs[i], CurrentMemoryContext, ncustomers);
}

/*
 * Add a customer's time from the first order to the last one looked at, if there is one.
 */
static inline void
add_time(DurationLog *logs, TimestampTz as_of, uint64 first, uint64 last)
{
	uint64		watched = order_age(first, order_time(as_of));

	if (last != 0)
	{
		durationlog_add(&logs[DURATION_EVENT], CurrentMemoryContext, last - first, 1);
		durationlog_add(&logs[DURATION_WATCHED], CurrentMemoryContext, watched, 1);
	}
	else
		durationlog_add(&logs[DURATION_CENSORED], CurrentMemoryContext, watched, 1);
}

static void
add_first_two(DurationLog *logs, FirstTwoMap *two)
{
	CustomerScan scan = firsttwo_scan(two);
	const FirstTwo *customer;

	reserve(logs, firsttwo_count(two));
	while ((customer = firsttwo_next(&scan)) != NULL)
		add_time(logs, two->orders.as_of, customer->first, customer->second);
}

static void
add_log(DurationLog *logs, OrderLog *log)
{
	const Orders *orders = &log->orders;
	uint64		first;
	uint64		end;

	orderlog_read(log);
	reserve(logs, log->nplaces);
	for (first = 0; first < log->n; first = end)
	{
		uint64		last = 0;

		CHECK_FOR_INTERRUPTS();
		end = orderlog_customer_end(log, first);
		if (end - first == orders->nth)
			last = log->rows[end - 1].at;
		add_time(logs, orders->as_of, log->rows[first].at, last);
	}
}

Datum
time_to_order_final(PG_FUNCTION_ARGS)
{
	Orders	   *orders = STATE_OR_NULL(Orders, 0);
	DurationLog logs[DURATION_KINDS] = {0};

	aggstate_refuse_distinct(fcinfo);
	if (orders == NULL)
		PG_RETURN_NULL();
	if (is_log(orders))
		add_log(logs, (OrderLog *) orders);
	else
		add_first_two(logs, (FirstTwoMap *) orders);
	if (logs[DURATION_EVENT].count + logs[DURATION_CENSORED].count == 0)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(durations_write(logs));
}
