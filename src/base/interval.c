/*
 * base/interval.c
 *		Intervals added to times and taken from them.
 *
 * By the calendar of the session's time zone, as the server's own + and - are: a month later is the same day of
 * the next month, or its last day, and a day later is the same local time.
 */
#include "base/interval.h"

#include "fmgr.h"
#include "utils/builtins.h"

TimestampTz
timestamp_plus_interval(TimestampTz at, const Interval *interval)
{
	return DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval, TimestampTzGetDatum(at),
												   IntervalPGetDatum(interval)));
}

TimestampTz
timestamp_minus_interval(TimestampTz at, const Interval *interval)
{
	return DatumGetTimestampTz(DirectFunctionCall2(timestamptz_mi_interval, TimestampTzGetDatum(at),
												   IntervalPGetDatum(interval)));
}
