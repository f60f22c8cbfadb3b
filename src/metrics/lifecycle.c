/*
 * metrics/lifecycle.c
 *		What an order is in the life of its customer: order_lifecycle.
 *
 * A window function, which labels each order by the one before it:
 *
 *		new				it is the first
 *		repeat			it comes no later than the one before + inactivity
 *		reactivated		it comes later
 *
 * It keeps the time of the last order seen, so that each row costs the same; for this the window must be in
 * order of time, which is checked.  Window functions are called for NULLs whatever they say about strictness.
 */
#include "agg/aggstate.h"
#include "base/bucket.h"
#include "base/interval.h"
#include "base/period.h"
#include "base/text.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "windowapi.h"

#define ARG_ORDERED_AT 0
#define ARG_INACTIVITY 1
#define ARG_ZONE 2

/* What is kept of a customer; zero when the partition begins. */
typedef struct LifecyclePartition
{
	bool		started;
	bool		has_order;
	TimestampTz last_order;
	Interval	inactivity;
	pg_tz	   *zone;
} LifecyclePartition;

PG_FUNCTION_INFO_V1(order_lifecycle);

static void
check_time_order(TimestampTz before, TimestampTz ordered_at)
{
	if (ordered_at < before)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the orders of a customer must be in order of time"),
				 errhint("Write OVER (PARTITION BY customer ORDER BY ordered_at).")));
}

/*
 * Positive as intervals compare, with months of 30 days.
 */
static void
check_positive(const Interval *inactivity)
{
	Interval	zero = {0};

	if (INTERVAL_NOT_FINITE(inactivity) ||
		!DatumGetBool(DirectFunctionCall2(interval_gt, IntervalPGetDatum(inactivity), IntervalPGetDatum(&zero))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("inactivity must be positive and finite, not %s", interval_text(inactivity)),
				 errhint("Write a time of inactivity as interval '3 months'.")));
}

/*
 * The argument zone, or else the session's: looked up at the partition's first row, and then checked for being
 * the same.
 */
static void
check_zone(WindowObject window, LifecyclePartition *customer, bool has_zone)
{
	bool		isnull;
	Datum		datum;
	const text *name;

	if (!has_zone)
	{
		customer->zone = session_timezone;
		return;
	}
	datum = WinGetFuncArgCurrent(window, ARG_ZONE, &isnull);
	if (isnull)
		parameter_is_null("zone");
	name = DatumGetTextPP(datum);
	if (!customer->started)
		customer->zone = bucket_zone(name);
	else if (!bucket_zone_is(customer->zone, name))
		merged_parameter_changed("zone", pg_get_timezone_name(customer->zone),
								 pg_get_timezone_name(bucket_zone(name)));
}

/*
 * The argument inactivity: checked at the partition's first row, and then for being the same.
 */
static void
check_inactivity(WindowObject window, LifecyclePartition *customer)
{
	bool		isnull;
	Datum		datum = WinGetFuncArgCurrent(window, ARG_INACTIVITY, &isnull);
	const Interval *inactivity;

	if (isnull)
		parameter_is_null("inactivity");
	inactivity = DatumGetIntervalP(datum);
	if (!customer->started)
	{
		check_positive(inactivity);
		customer->inactivity = *inactivity;
	}
	else if (!interval_same(&customer->inactivity, inactivity))
		parameter_changed("inactivity", interval_text(&customer->inactivity), interval_text(inactivity));
}

/*
 * order_lifecycle(ordered_at timestamptz, inactivity interval [, zone text]) OVER (...) -> text
 */
Datum
order_lifecycle(PG_FUNCTION_ARGS)
{
	WindowObject window = PG_WINDOW_OBJECT();
	LifecyclePartition *customer;
	Datum		argument;
	TimestampTz ordered_at;
	const char *label;
	bool		isnull;

	REFUSE_NULL_TREATMENT(window, fcinfo);
	customer = WinGetPartitionLocalMemory(window, sizeof(LifecyclePartition));
	check_zone(window, customer, PG_NARGS() > ARG_ZONE);
	check_inactivity(window, customer);
	customer->started = true;
	WinSetMarkPosition(window, WinGetCurrentPosition(window));
	argument = WinGetFuncArgCurrent(window, ARG_ORDERED_AT, &isnull);
	if (isnull)
		PG_RETURN_NULL();
	ordered_at = DatumGetTimestampTz(argument);
	period_check_ordered_at(ordered_at);

	if (!customer->has_order)
		label = "new";
	else
	{
		check_time_order(customer->last_order, ordered_at);
		label = ordered_at > timestamp_plus_interval(customer->last_order, &customer->inactivity, customer->zone) ?
			"reactivated" : "repeat";
	}
	customer->has_order = true;
	customer->last_order = ordered_at;
	PG_RETURN_TEXT_P(cstring_to_text(label));
}
