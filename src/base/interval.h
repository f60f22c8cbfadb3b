/*
 * base/interval.h
 *		Intervals, and times so long before and after others.  See base/interval.c.
 */
#ifndef RETENTION_BASE_INTERVAL_H
#define RETENTION_BASE_INTERVAL_H

#include "compat.h"

#include "pgtime.h"
#include "utils/timestamp.h"

extern TimestampTz timestamp_plus_interval(TimestampTz at, const Interval *interval, pg_tz *zone);
extern TimestampTz timestamp_minus_interval(TimestampTz at, const Interval *interval, pg_tz *zone);
extern void local_time(TimestampTz at, pg_tz *zone, struct pg_tm *tm, fsec_t *fsec, int *west);
extern TimestampTz instant_of_local(Timestamp local, pg_tz *zone);

/*
 * Are two parameters the same interval, field by field?  A month and 30 days compare as equal, but are not.
 */
static inline bool
interval_same(const Interval *one, const Interval *other)
{
	return one->time == other->time && one->day == other->day && one->month == other->month;
}

#endif							/* RETENTION_BASE_INTERVAL_H */
