/*
 * base/period.h
 *		Periods of time: checked ranges, and the windows in which customers count as active.  See base/period.c.
 */
#ifndef RETENTION_BASE_PERIOD_H
#define RETENTION_BASE_PERIOD_H

#include "compat.h"

#include "pgtime.h"
#include "utils/timestamp.h"

/* [start, end) */
typedef struct Period
{
	TimestampTz start;
	TimestampTz end;
} Period;

static inline bool
period_equal(const Period *one, const Period *other)
{
	return one->start == other->start && one->end == other->end;
}

/*
 * Is the range just this period?  True for nearly every row, and much cheaper than taking a range apart:
 * behind its header lie the bounds and a byte of flags.
 */
static inline bool
period_is_range(const Period *period, const RangeType *range)
{
	const char *bounds = (const char *) (range + 1);

	return VARSIZE(range) == sizeof(RangeType) + sizeof(Period) + 1 &&
		memcmp(bounds, period, sizeof(Period)) == 0 &&
		bounds[sizeof(Period)] == RANGE_LB_INC;
}

extern TypeCacheEntry *tstzrange_type(void);
extern Period period_from_range(RangeType *range);
extern TimestampTz period_before_start(const Period *period, pg_tz *zone);
extern TimestampTz period_look_back(TimestampTz at, const Interval *interval, pg_tz *zone, const char *name,
									const char *example);
extern void period_check_as_of(TimestampTz as_of);
extern bool period_check_as_of_safe(TimestampTz as_of, Node *context);
extern void period_check_time_of(const char *event, TimestampTz at);
extern bool period_active_at(RangeType *active, TimestampTz at);
extern char *period_text(const Period *period);

static inline void
period_check_ordered_at(TimestampTz ordered_at)
{
	period_check_time_of("an order", ordered_at);
}

#endif							/* RETENTION_BASE_PERIOD_H */
