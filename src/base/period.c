/*
 * base/period.c
 *		Periods of time: checked ranges, and the windows in which customers count as active.
 *
 * A period is [start, end): finite, not empty, its start inside and its end outside, so that periods laid end
 * to end share no instant.  Lengths are the calendar's, in a time zone: the month before March has 28 or 29 days,
 * and a local day may have 23 or 25 hours.
 */
#include "base/period.h"

#include "base/interval.h"
#include "base/text.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#define PERIOD_HINT "Write a period as '[2024-01-01,2024-02-01)'."

/*
 * The type's cache entry; such entries are never freed, so that it is looked up once a session.
 */
TypeCacheEntry *
tstzrange_type(void)
{
	static TypeCacheEntry *entry = NULL;

	if (entry == NULL)
		entry = lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO);
	return entry;
}

static char *
range_text(RangeType *range)
{
	Oid			output;
	bool		is_varlena;

	getTypeOutputInfo(TSTZRANGEOID, &output, &is_varlena);
	return OidOutputFunctionCall(output, RangeTypePGetDatum(range));
}

/*
 * A period argument's value.
 */
Period
period_from_range(RangeType *range)
{
	Period		period;
	RangeBound	lower;
	RangeBound	upper;
	bool		empty;

	range_deserialize(tstzrange_type(), range, &lower, &upper, &empty);
	if (empty || lower.infinite || upper.infinite || !lower.inclusive || upper.inclusive ||
		TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(lower.val)) ||
		TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(upper.val)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid period: %s", range_text(range)),
				 errdetail("A period is finite, not empty, and holds its start but not its end."),
				 errhint(PERIOD_HINT)));
	period.start = DatumGetTimestampTz(lower.val);
	period.end = DatumGetTimestampTz(upper.val);
	return period;
}

char *
period_text(const Period *period)
{
	RangeBound	lower = {TimestampTzGetDatum(period->start), false, true, true};
	RangeBound	upper = {TimestampTzGetDatum(period->end), false, false, false};

	return range_text(MAKE_RANGE(tstzrange_type(), &lower, &upper, false));
}

/*
 * The start of the period just before, which ends where this one begins and has the same length: a number of months,
 * or else of local days, or else the same elapsed time.
 */
TimestampTz
period_before_start(const Period *period, pg_tz *zone)
{
	Interval	length = {0};
	struct pg_tm from;
	struct pg_tm to;
	fsec_t		fsec;
	int			west;

	local_time(period->start, zone, &from, &fsec, &west);
	local_time(period->end, zone, &to, &fsec, &west);

	length.month = (to.tm_year - from.tm_year) * MONTHS_PER_YEAR + to.tm_mon - from.tm_mon;
	if (length.month == 0 || timestamp_plus_interval(period->start, &length, zone) != period->end)
	{
		length.month = 0;
		length.day = date2j(to.tm_year, to.tm_mon, to.tm_mday) -
			date2j(from.tm_year, from.tm_mon, from.tm_mday);
		if (length.day == 0 || timestamp_plus_interval(period->start, &length, zone) != period->end)
		{
			length.day = 0;
			if (pg_sub_s64_overflow(period->end, period->start, &length.time))
				ereport(ERROR,
						(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						 errmsg("period %s is too long", period_text(period))));
		}
	}
	return timestamp_minus_interval(period->start, &length, zone);
}

/*
 * at - interval, which must be before "at"; messages name it, and show an example.
 */
TimestampTz
period_look_back(TimestampTz at, const Interval *interval, pg_tz *zone, const char *name, const char *example)
{
	TimestampTz from = at;

	if (!INTERVAL_NOT_FINITE(interval))
		from = timestamp_minus_interval(at, interval, zone);
	if (from >= at)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be positive and finite, not %s", name, interval_text(interval)),
				 errhint("Write a %s as interval '%s'.", name, example)));
	return from;
}

/*
 * Check the time of an event, which the message names.
 */
void
period_check_time_of(const char *event, TimestampTz at)
{
	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("the time of %s must be finite, not %s", event,
						TIMESTAMP_IS_NOBEGIN(at) ? "-infinity" : "infinity"),
				 errhint("Leave such rows out with WHERE isfinite(...).")));
}

/*
 * Check the time as of which an order log is read; false if the error is noted in the context.
 */
bool
period_check_as_of_safe(TimestampTz as_of, Node *context)
{
	if (!TIMESTAMP_NOT_FINITE(as_of))
		return true;
	errsave(context,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("as_of must be finite, not %s", TIMESTAMP_IS_NOBEGIN(as_of) ? "-infinity" : "infinity"),
			 errhint("Pass the time to which the orders are complete, such as now().")));
	return false;
}

void
period_check_as_of(TimestampTz as_of)
{
	(void) period_check_as_of_safe(as_of, NULL);
}

/*
 * Does a customer's range hold the instant?
 */
bool
period_active_at(RangeType *active, TimestampTz at)
{
	return range_contains_elem_internal(tstzrange_type(), active, TimestampTzGetDatum(at));
}
