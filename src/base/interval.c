/*
 * base/interval.c
 *		Intervals added to times and taken from them, by the calendar of a time zone.
 *
 * As the server's own + and - do it: a month later is the same day of the next month, or its last day, and a day
 * later is the same local time.  Months come first, then days, then the rest as elapsed time.
 *
 * In the session's zone the server itself adds.  In another one it does so from 16 on only, and through the zone's
 * name; so the months and the days are added to the local time here, and the server's calendar finds the instant of
 * the result.
 */
#include "base/interval.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/datetime.h"

static TimestampTz
plus_in_session(TimestampTz at, const Interval *interval)
{
	return DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval, TimestampTzGetDatum(at),
												   IntervalPGetDatum(interval)));
}

pg_noreturn static void
out_of_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("timestamp out of range")));
}

/*
 * The local time of an instant in a zone, its date among others, and the zone's offset then, in seconds west.
 */
void
local_time(TimestampTz at, pg_tz *zone, struct pg_tm *tm, fsec_t *fsec, int *west)
{
	if (timestamp2tm(at, west, tm, fsec, NULL, zone) != 0)
		out_of_range();
}

/*
 * The instant at which it is that time in a zone; one that a clock change has skipped or repeated is taken as the
 * server takes it.
 */
TimestampTz
instant_of_local(Timestamp local, pg_tz *zone)
{
	TimestampTz at;
	struct pg_tm tm;
	fsec_t		fsec;
	int			west;

	if (TIMESTAMP_NOT_FINITE(local))
		return local;
	if (timestamp2tm(local, NULL, &tm, &fsec, NULL, NULL) != 0)
		out_of_range();
	west = DetermineTimeZoneOffset(&tm, zone);
	if (tm2timestamp(&tm, fsec, &west, &at) != 0)
		out_of_range();
	return at;
}

/*
 * Add months or days, not both.
 */
static TimestampTz
plus_local(TimestampTz at, Interval interval, pg_tz *zone)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			west;
	Timestamp	local;

	local_time(at, zone, &tm, &fsec, &west);
	if (tm2timestamp(&tm, fsec, NULL, &local) != 0)
		out_of_range();
	local = DatumGetTimestamp(DirectFunctionCall2(timestamp_pl_interval, TimestampGetDatum(local),
												  IntervalPGetDatum(&interval)));
	return instant_of_local(local, zone);
}

TimestampTz
timestamp_plus_interval(TimestampTz at, const Interval *interval, pg_tz *zone)
{
	Interval	elapsed = {.time = interval->time};

	if (zone == session_timezone || TIMESTAMP_NOT_FINITE(at) || INTERVAL_NOT_FINITE(interval))
		return plus_in_session(at, interval);
	if (interval->month != 0)
		at = plus_local(at, (Interval) {.month = interval->month}, zone);
	if (interval->day != 0)
		at = plus_local(at, (Interval) {.day = interval->day}, zone);
	return plus_in_session(at, &elapsed);
}

TimestampTz
timestamp_minus_interval(TimestampTz at, const Interval *interval, pg_tz *zone)
{
	Datum		negative = DirectFunctionCall1(interval_um, IntervalPGetDatum(interval));

	return timestamp_plus_interval(at, DatumGetIntervalP(negative), zone);
}
