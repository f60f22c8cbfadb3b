/*
 * base/text.c
 *		Times and intervals as messages show them: as the session would, by its DateStyle and IntervalStyle.
 */
#include "base/text.h"

#include "fmgr.h"
#include "utils/builtins.h"

char *
timestamp_text(TimestampTz at)
{
	return DatumGetCString(DirectFunctionCall1(timestamptz_out, TimestampTzGetDatum(at)));
}

char *
interval_text(const Interval *interval)
{
	return DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(interval)));
}
