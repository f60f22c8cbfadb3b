/*
 * base/bucket.h
 *		Calendar buckets: months, weeks, days in a named time zone, as numbers.  See base/bucket.c.
 */
#ifndef RETENTION_BASE_BUCKET_H
#define RETENTION_BASE_BUCKET_H

#include "compat.h"

#include "pgtime.h"
#include "utils/date.h"
#include "utils/timestamp.h"

/*
 * How wide a bucket is, in months or else in days; the other is 0.  And from which day buckets are counted, as
 * far from the usual one as one bucket at most: in days, or for months as 32 * months + days.
 */
typedef struct BucketWidth
{
	int32		months;
	int32		days;
	int32		origin;
} BucketWidth;

/* Months are counted from here, days from Monday, 2000-01-03. */
#define BUCKET_EPOCH_YEAR 2000
#define BUCKET_EPOCH_JDATE (POSTGRES_EPOCH_JDATE + 2)

/* What a month counts for in the origin of months, and the last day of a month on which buckets can begin. */
#define BUCKET_ORIGIN_MONTH 32
#define BUCKET_ORIGIN_MAX_MDAY 28
#define BUCKET_ORIGIN_MAX_MONTHS (PG_INT32_MAX / BUCKET_ORIGIN_MONTH)

/* Buckets of one width in one zone, and the bounds of those around the rows so far. */
typedef struct BucketCalendar
{
	BucketWidth width;
	pg_tz	   *zone;
	MemoryContext cxt;			/* of the bounds */
	TimestampTz *bounds;		/* nbuckets + 1: the starts, and the end of the last */
	bool	   *folded;			/* clocks go back over midnight around bounds[i] */
	int32		first;			/* number of the bucket that starts at bounds[0] */
	int32		nbuckets;
	double		per_microsecond;	/* buckets, on average */
	TimestampTz recent_start;	/* the bucket of the last row, unless one of its bounds is folded */
	uint64		recent_length;
	int32		recent;
} BucketCalendar;

/* Buckets from the first to the last. */
#define BUCKET_MAX_SPAN 16384

/* Few queries have more buckets and zones than this, counted as pairs; in those, calendars are made anew. */
#define BUCKET_CALENDARS 512

/* The calendars of a call site; zeroed, there is none. */
typedef struct BucketCalendars
{
	BucketCalendar *current;	/* found last */
	int			next;			/* the slot for the next new one */
	BucketCalendar *slots[BUCKET_CALENDARS];
} BucketCalendars;

/* base/bucket_width.c */
extern BucketWidth bucket_width(const Interval *interval);
extern BucketWidth bucket_width_from(const Interval *interval, DateADT origin);
extern bool bucket_width_valid(BucketWidth width);
extern bool bucket_width_divides(BucketWidth narrow, BucketWidth wide);
extern char *bucket_width_text(BucketWidth width);
extern int32 bucket_of_day(BucketWidth width, int year, int month, int mday);
extern int32 bucket_of_date(BucketWidth width, DateADT date);
extern int64 bucket_start_jdate(BucketWidth width, int64 bucket);
extern bool bucket_valid(BucketWidth width, int64 bucket);
extern DateADT bucket_date(BucketWidth width, int64 bucket);
extern char *bucket_text(BucketWidth width, int64 bucket);
extern void bucket_check_span(BucketWidth width, int64 first, int64 last);

/* base/bucket_start.c */
extern bool bucket_start_is(Oid function);

/* base/bucket.c */
extern pg_tz *bucket_zone(const text *zone);
extern bool bucket_zone_is(pg_tz *zone, const text *name);

extern void bucket_calendar_init(BucketCalendar *calendar, BucketWidth width, pg_tz *zone, MemoryContext cxt);
extern BucketCalendar *bucket_calendar_other(BucketCalendars *calendars, BucketWidth width, pg_tz *zone,
											 MemoryContext cxt);
extern int32 bucket_of_new(BucketCalendar *calendar, TimestampTz at);
extern TimestampTz bucket_bound(const BucketCalendar *calendar, int64 bucket, bool *folded);
extern TimestampTz bucket_start(const BucketCalendar *calendar, int64 bucket);
extern bool bucket_is_reached(const BucketCalendar *calendar, int32 bucket, TimestampTz at);

static inline int64
floor_div(int64 dividend, int64 divisor)
{
	return dividend / divisor - (dividend % divisor < 0);
}

static inline int64
floor_mod(int64 dividend, int64 divisor)
{
	return dividend - floor_div(dividend, divisor) * divisor;
}

static inline bool
bucket_width_equal(BucketWidth one, BucketWidth other)
{
	return one.months == other.months && one.days == other.days && one.origin == other.origin;
}

static inline bool
bucket_calendar_is(const BucketCalendar *calendar, BucketWidth width, pg_tz *zone)
{
	return calendar->zone == zone && bucket_width_equal(calendar->width, width);
}

/*
 * Can this be the time until which a value knows who was seen?
 */
static inline bool
bucket_known_until_valid(TimestampTz at)
{
	return at == DT_NOEND || IS_VALID_TIMESTAMP(at);
}

/*
 * A call site's calendar of buckets of a width in a zone; "cxt" lives as long as the call site.
 */
static inline BucketCalendar *
bucket_calendar_of(BucketCalendars *calendars, BucketWidth width, pg_tz *zone, MemoryContext cxt)
{
	BucketCalendar *current = calendars->current;

	if (likely(current != NULL && bucket_calendar_is(current, width, zone)))
		return current;
	return bucket_calendar_other(calendars, width, zone, cxt);
}

/*
 * Is an argument's value just this width, whatever the origin?  Cheaper than bucket_width, and true for nearly every
 * row.
 */
static inline bool
bucket_width_is(BucketWidth width, const Interval *interval)
{
	return interval->month == width.months && interval->day == width.days && interval->time == 0;
}

/*
 * The number of the bucket that holds an instant.
 *
 * Orders are mostly stored in the order of time, so that most are in the bucket of the order before.  Otherwise,
 * buckets are nearly equally long, so that a guess by proportion is right or next to it: one multiplication,
 * where a binary search has several branches that the processor cannot predict.
 */
static inline int32
bucket_of(BucketCalendar *calendar, TimestampTz at)
{
	const TimestampTz *bounds = calendar->bounds;
	int32		n = calendar->nbuckets;
	int32		i;

	if (likely((uint64) at - (uint64) calendar->recent_start < calendar->recent_length))
		return calendar->recent;
	if (unlikely(n == 0 || at < bounds[0] || at >= bounds[n]))
		return bucket_of_new(calendar, at);
	i = (int32) ((double) ((uint64) at - (uint64) bounds[0]) * calendar->per_microsecond);
	i = Min(i, n - 1);
	while (at < bounds[i])
		i--;
	while (at >= bounds[i + 1])
		i++;
	if (unlikely(calendar->folded[i] || calendar->folded[i + 1]))
		return bucket_of_new(calendar, at);
	calendar->recent_start = bounds[i];
	calendar->recent_length = (uint64) bounds[i + 1] - (uint64) bounds[i];
	return calendar->recent = calendar->first + i;
}

/*
 * The start of a bucket, which rows have mostly made known.
 */
static inline TimestampTz
bucket_known_start(const BucketCalendar *calendar, int64 bucket)
{
	int64		i = bucket - calendar->first;

	if (likely(calendar->nbuckets > 0 && i >= 0 && i <= calendar->nbuckets))
		return calendar->bounds[i];
	return bucket_start(calendar, bucket);
}

#endif							/* RETENTION_BASE_BUCKET_H */
