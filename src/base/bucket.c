/*
 * base/bucket.c
 *		Calendar buckets: months, weeks, days in a named time zone, as numbers.
 *
 * A bucket is a number of whole months or of whole days of local time.  Months are counted from January 2000, days
 * from Monday, 2000-01-03, so that quarters, years and weeks fall where the calendar has them; the bucket that
 * starts there is number 0, unless they are counted from another day (base/bucket_width.c).  States and stored values
 * hold numbers only.
 *
 * An instant belongs to the bucket of its local date.  The server's calendar finds it, but takes longer than all
 * else that happens to a row; so a calendar keeps the bounds of the buckets around the rows so far, as instants,
 * and bucket_of() looks there:
 *
 *			bounds[0]      bounds[1]      bounds[2]                    bounds[nbuckets]
 *				|    first     |   first + 1  |            ...              |
 *
 * A day starts at its first instant, wherever a change of the clock puts that; a day that a zone has skipped
 * is a bucket of no length.  In a few places clocks went back over midnight, and the local date with them;
 * near such a bound the calendar itself is asked.
 *
 * A call site nearly always needs one calendar.  Bucket and zone may be columns, though: a GROUP BY shop and zone
 * has a row of one zone after a row of another, and to make a calendar takes as long as hundreds of rows.  So a
 * call site keeps all that it has made, up to a number that no query with one width and the zones of this world
 * reaches; from then on the oldest is given away.  That bounds its memory even where a subquery runs once for each
 * row of a table of widths.  A caller may remember which calendar it was given, which saves it the search, if it
 * asks bucket_calendar_is() before it uses it: slots are never freed, but may have become another's.  The zone is
 * always passed in, that of the session as well, which may change between two calls of one call site.
 */
#include "base/bucket.h"

#include "base/interval.h"
#include "base/period.h"
#include "base/text.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"

/* Bounds on either side of the first bucket, and at most in all, which is 45 years of days. */
#define FIRST_BOUNDS 16
#define MAX_BOUNDS 16384

/* More than clocks have ever gone back at once. */
#define FOLD_REACH (26 * SECS_PER_HOUR)

#define UNIX_TO_POSTGRES_SECS ((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

/*
 * Does a name only say how far from Greenwich, as +02, -5 or UTC+2 do?  The server takes that for a POSIX rule, in which
 * + is west, and hardly anybody means that.
 */
static bool
is_offset(const char *name)
{
	if (pg_strncasecmp(name, "UTC", 3) == 0 || pg_strncasecmp(name, "GMT", 3) == 0)
		name += 3;
	if (*name == '+' || *name == '-')
		name++;
	return *name >= '0' && *name <= '9' && name[strspn(name, "0:")] != '\0';
}

/*
 * A time zone by its name, or the session's.
 */
pg_tz *
bucket_zone(const text *zone)
{
	char	   *name;
	pg_tz	   *tz;

	if (zone == NULL)
		return session_timezone;
	name = text_to_cstring(zone);
	if (strcmp(name, pg_get_timezone_name(session_timezone)) == 0)
	{
		pfree(name);
		return session_timezone;
	}
	if (is_offset(name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" is only an offset", name),
				 errdetail("In the name of a zone, + is west of Greenwich and - is east."),
				 errhint("Name a place, such as Europe/Vilnius, or Etc/GMT-2 for two hours east of Greenwich.")));
	tz = pg_tzset(name);
	if (tz == NULL || !pg_tz_acceptable(tz))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" not recognized", name),
				 errhint("Names are listed in pg_timezone_names.")));
	pfree(name);
	return tz;
}

/*
 * Is this the zone of that name, or the session's?  True for nearly every row, which need not look for the zone then.
 */
bool
bucket_zone_is(pg_tz *zone, const text *name)
{
	const char *known = pg_get_timezone_name(zone);

	if (name != NULL && strlen(known) == VARSIZE_ANY_EXHDR(name) &&
		memcmp(known, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)) == 0)
		return true;
	return zone == bucket_zone(name);
}

void
bucket_calendar_init(BucketCalendar *calendar, BucketWidth width, pg_tz *zone, MemoryContext cxt)
{
	memset(calendar, 0, sizeof(*calendar));
	calendar->width = width;
	calendar->zone = zone;
	calendar->cxt = cxt;
}

static void
free_bounds(BucketCalendar *calendar)
{
	if (calendar->nbuckets == 0)
		return;
	pfree(calendar->bounds);
	pfree(calendar->folded);
}

/*
 * A calendar that is not the current one: made before, or new in the place of the oldest.
 */
BucketCalendar *
bucket_calendar_other(BucketCalendars *calendars, BucketWidth width, pg_tz *zone, MemoryContext cxt)
{
	BucketCalendar **slot;

	for (slot = calendars->slots; slot < calendars->slots + BUCKET_CALENDARS && *slot != NULL; slot++)
		if (bucket_calendar_is(*slot, width, zone))
			return calendars->current = *slot;

	slot = &calendars->slots[calendars->next];
	calendars->next = (calendars->next + 1) % BUCKET_CALENDARS;
	if (*slot == NULL)
		*slot = MemoryContextAllocZero(cxt, sizeof(BucketCalendar));
	free_bounds(*slot);
	bucket_calendar_init(*slot, width, zone, cxt);
	return calendars->current = *slot;
}

static int64
local_jdate(TimestampTz at, pg_tz *zone)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			west;

	local_time(at, zone, &tm, &fsec, &west);
	return date2j(tm.tm_year, tm.tm_mon, tm.tm_mday);
}

/*
 * Do clocks near this midnight, which is "local" in seconds of local time, go back from after it to before it?
 */
static bool
is_folded(TimestampTz midnight, int64 local, pg_tz *zone)
{
	pg_time_t	from = midnight / USECS_PER_SEC + UNIX_TO_POSTGRES_SECS - FOLD_REACH;
	pg_time_t	boundary;
	long		before;
	long		after;
	int			before_isdst;
	int			after_isdst;

	while (pg_next_dst_boundary(&from, &before, &before_isdst, &boundary, &after, &after_isdst, zone) == 1)
	{
		int64		change = boundary - UNIX_TO_POSTGRES_SECS;

		if (change > midnight / USECS_PER_SEC + FOLD_REACH)
			return false;
		if (change + after < local && local < change + before)
			return true;
		from = boundary;
	}
	return false;
}

/*
 * The first instant of a local day.
 */
static TimestampTz
day_start(int64 jdate, pg_tz *zone, bool *folded)
{
	int64		local = (jdate - POSTGRES_EPOCH_JDATE) * SECS_PER_DAY;
	struct pg_tm tm = {0};
	struct pg_tm before;
	TimestampTz start;
	TimestampTz earlier;
	fsec_t		fsec;
	int			west;

	*folded = false;
	if (jdate < DATETIME_MIN_JULIAN)
		return MIN_TIMESTAMP;
	/* The day after the last one in UTC has begun in the east. */
	if (jdate > TIMESTAMP_END_JULIAN)
		return END_TIMESTAMP;

	j2date((int) jdate, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
	west = DetermineTimeZoneOffset(&tm, zone);
	start = (local + west) * USECS_PER_SEC;
	if (start <= MIN_TIMESTAMP)
		return MIN_TIMESTAMP;
	if (start >= END_TIMESTAMP)
		return END_TIMESTAMP;

	/* Where midnight comes twice the server takes the second. */
	local_time(start - 1, zone, &before, &fsec, &west);
	earlier = (local + west) * USECS_PER_SEC;
	if (earlier < start && earlier > MIN_TIMESTAMP && local_jdate(earlier - 1, zone) < jdate)
		start = earlier;
	*folded = is_folded(start, local, zone);
	return start;
}

/*
 * The start of a bucket, and whether clocks go back over midnight around it.
 */
TimestampTz
bucket_bound(const BucketCalendar *calendar, int64 bucket, bool *folded)
{
	return day_start(bucket_start_jdate(calendar->width, bucket), calendar->zone, folded);
}

TimestampTz
bucket_start(const BucketCalendar *calendar, int64 bucket)
{
	bool		folded;

	return bucket_bound(calendar, bucket, &folded);
}

/*
 * Add the bounds of a bucket, and of more in its direction, so that the next rows find theirs.
 */
static void
extend(BucketCalendar *calendar, int32 bucket)
{
	int64		from = bucket;
	int64		to = (int64) bucket + 1;
	int32		more = Max(calendar->nbuckets, FIRST_BOUNDS);
	TimestampTz *bounds;
	bool	   *folded;
	int64		i;

	if (calendar->nbuckets > 0)
	{
		from = Min(from, calendar->first);
		to = Max(to, (int64) calendar->first + calendar->nbuckets);
		if (to - from > MAX_BOUNDS)
			return;
	}
	if (from == bucket)
		from = Max(from - more, to - MAX_BOUNDS);
	if (to == (int64) bucket + 1)
		to = Min(to + more, from + MAX_BOUNDS);
	while (from < bucket && !bucket_valid(calendar->width, from))
		from++;
	while (to > (int64) bucket + 1 && !bucket_valid(calendar->width, to - 1))
		to--;

	bounds = MemoryContextAlloc(calendar->cxt, (to - from + 1) * sizeof(TimestampTz));
	folded = MemoryContextAlloc(calendar->cxt, to - from + 1);
	for (i = 0; i <= to - from; i++)
	{
		int64		known = from + i - calendar->first;

		if (calendar->nbuckets > 0 && known >= 0 && known <= calendar->nbuckets)
		{
			bounds[i] = calendar->bounds[known];
			folded[i] = calendar->folded[known];
		}
		else
			bounds[i] = day_start(bucket_start_jdate(calendar->width, from + i), calendar->zone, &folded[i]);
	}
	free_bounds(calendar);
	calendar->bounds = bounds;
	calendar->folded = folded;
	calendar->first = (int32) from;
	calendar->nbuckets = (int32) (to - from);
	calendar->per_microsecond =
		(double) calendar->nbuckets / (double) ((uint64) bounds[calendar->nbuckets] - (uint64) bounds[0]);
}

/*
 * The number of the bucket that holds an instant, from the server's calendar.
 */
int32
bucket_of_new(BucketCalendar *calendar, TimestampTz at)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			west;
	int32		bucket;

	period_check_ordered_at(at);
	local_time(at, calendar->zone, &tm, &fsec, &west);
	bucket = bucket_of_day(calendar->width, tm.tm_year, tm.tm_mon, tm.tm_mday);
	if (calendar->nbuckets == 0 || bucket < calendar->first ||
		bucket >= (int64) calendar->first + calendar->nbuckets)
		extend(calendar, bucket);
	return bucket;
}

/*
 * Does the instant, which may be any number, lie in the bucket or later, or less than a day before it?  So it
 * does even where clocks go back over midnight, and when a newer release of the time zone has moved the
 * bucket's start.
 */
bool
bucket_is_reached(const BucketCalendar *calendar, int32 bucket, TimestampTz at)
{
	return IS_VALID_TIMESTAMP(at) && at >= bucket_start(calendar, bucket) - USECS_PER_DAY;
}
