/*
 * survival/elapsed.c
 *		Durations as intervals: elapsed time in microseconds, a day being 24 hours.
 *
 * One timestamp less another is such an interval.  A month is not, since it has 28 to 31 days.
 */
#include "survival/durations.h"

#include "base/text.h"

#include "common/int.h"

/*
 * Microseconds; false if it takes more than 64 bits.
 */
static bool
microseconds(const Interval *interval, const char *name, int64 *elapsed)
{
	if (interval->month != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a number of days and hours, not %s", name, interval_text(interval)),
				 errhint("Months differ in length: write interval '30 days', or take one time from another.")));
	return !pg_mul_s64_overflow(interval->day, USECS_PER_DAY, elapsed) &&
		!pg_add_s64_overflow(*elapsed, interval->time, elapsed);
}

/*
 * An argument's microseconds; messages call it by the name.
 */
uint64
elapsed_of_interval(const Interval *interval, const char *name)
{
	int64		elapsed;

	if (INTERVAL_NOT_FINITE(interval) || !microseconds(interval, name, &elapsed))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s is out of range: %s", name, interval_text(interval)),
				 errhint("Durations reach to " INT64_FORMAT " days.", PG_INT64_MAX / USECS_PER_DAY)));
	if (elapsed < 0)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must not be negative, but is %s", name, interval_text(interval))));
	return elapsed;
}

/*
 * The same, and not nothing.
 */
uint64
elapsed_step(const Interval *interval)
{
	uint64		step = elapsed_of_interval(interval, "step");

	if (step == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("step must be positive"),
				 errhint("Write a step as interval '1 day' or '7 days'.")));
	return step;
}

/*
 * As the difference of two timestamps is: days of 24 hours, and a rest.
 */
Interval *
elapsed_interval(uint64 elapsed)
{
	Interval   *interval = palloc0(sizeof(Interval));

	interval->day = elapsed / USECS_PER_DAY;
	interval->time = elapsed % USECS_PER_DAY;
	return interval;
}
