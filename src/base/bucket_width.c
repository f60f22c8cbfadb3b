/*
 * base/bucket_width.c
 *		How wide calendar buckets are, from which day they are counted, and on which days they begin: all that needs no
 *		time zone.
 *
 * Quarters, years and weeks fall where the calendar has them (base/bucket.c).  Whoever has weeks that begin
 * on Sunday, or a year that begins in February, names a day on which a bucket begins, the origin.  Two days
 * that make the same buckets are the same origin: it is kept as its distance from the usual day, which is
 * less than a bucket.
 */
#include "base/bucket.h"

#include "base/text.h"

#include "utils/builtins.h"
#include "utils/datetime.h"

#define ORIGIN_HINT "Name a day on which a bucket begins, as date '2024-02-01' for years from February."
#define WIDTH_HINT "Write a bucket as interval '1 month', '3 months', '1 year', '7 days' or '1 day'."

/*
 * A bucket argument's width.
 */
BucketWidth
bucket_width(const Interval *interval)
{
	BucketWidth width = {interval->month, interval->day, 0};

	if (INTERVAL_NOT_FINITE(interval) || interval->time != 0 || !bucket_width_valid(width))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid bucket: %s", interval_text(interval)),
				 errdetail("A bucket is a positive number of whole months or of whole days."),
				 errhint(WIDTH_HINT)));
	return width;
}

/*
 * The same with a day on which a bucket begins.
 */
BucketWidth
bucket_width_from(const Interval *interval, DateADT origin)
{
	BucketWidth width = bucket_width(interval);
	int			year;
	int			month;
	int			mday;

	if (DATE_NOT_FINITE(origin))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("origin must be finite, not %s", DATE_IS_NOBEGIN(origin) ? "-infinity" : "infinity"),
				 errhint(ORIGIN_HINT)));
	if (width.months == 0)
	{
		width.origin = (int32) floor_mod(origin + POSTGRES_EPOCH_JDATE - BUCKET_EPOCH_JDATE, width.days);
		return width;
	}
	if (width.months > BUCKET_ORIGIN_MAX_MONTHS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("buckets of %s are too wide for an origin", interval_text(interval)),
				 errdetail("They can have at most %d months.", BUCKET_ORIGIN_MAX_MONTHS)));
	j2date(origin + POSTGRES_EPOCH_JDATE, &year, &month, &mday);
	if (mday > BUCKET_ORIGIN_MAX_MDAY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("buckets of months cannot begin on day %d", mday),
				 errdetail("Not all months have more than %d days.", BUCKET_ORIGIN_MAX_MDAY),
				 errhint(ORIGIN_HINT)));
	width.origin = (int32) floor_mod(((int64) year - BUCKET_EPOCH_YEAR) * MONTHS_PER_YEAR + month - 1, width.months) *
		BUCKET_ORIGIN_MONTH + mday - 1;
	return width;
}

bool
bucket_width_valid(BucketWidth width)
{
	if (width.origin < 0)
		return false;
	if (width.months > 0)
		return width.days == 0 && width.origin / BUCKET_ORIGIN_MONTH < width.months &&
			width.origin % BUCKET_ORIGIN_MONTH < BUCKET_ORIGIN_MAX_MDAY;
	return width.months == 0 && width.days > 0 && width.origin < width.days;
}

char *
bucket_width_text(BucketWidth width)
{
	Interval	interval = {.day = width.days,.month = width.months};

	if (width.origin == 0)
		return interval_text(&interval);
	return psprintf("%s from %s", interval_text(&interval), bucket_text(width, 0));
}

/*
 * Does each bucket of the one lie in a bucket of the other?
 */
bool
bucket_width_divides(BucketWidth narrow, BucketWidth wide)
{
	if (narrow.days == 1)
		return true;
	if (narrow.days > 0)
		return wide.days > 0 && wide.days % narrow.days == 0 && (wide.origin - narrow.origin) % narrow.days == 0;
	return wide.months > 0 && wide.months % narrow.months == 0 &&
		wide.origin % BUCKET_ORIGIN_MONTH == narrow.origin % BUCKET_ORIGIN_MONTH &&
		(wide.origin / BUCKET_ORIGIN_MONTH - narrow.origin / BUCKET_ORIGIN_MONTH) % narrow.months == 0;
}

int32
bucket_of_day(BucketWidth width, int year, int month, int mday)
{
	int64		months = ((int64) year - BUCKET_EPOCH_YEAR) * MONTHS_PER_YEAR + month - 1;

	if (width.months == 0)
		return (int32) floor_div((int64) date2j(year, month, mday) - BUCKET_EPOCH_JDATE - width.origin, width.days);
	if (mday <= width.origin % BUCKET_ORIGIN_MONTH)
		months--;
	return (int32) floor_div(months - width.origin / BUCKET_ORIGIN_MONTH, width.months);
}

/*
 * The bucket of a date.
 */
int32
bucket_of_date(BucketWidth width, DateADT date)
{
	int			year;
	int			month;
	int			mday;

	if (DATE_NOT_FINITE(date))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("the time of a period must be finite, not %s",
						DATE_IS_NOBEGIN(date) ? "-infinity" : "infinity"),
				 errhint("Give any date or time of the period.")));
	j2date(date + POSTGRES_EPOCH_JDATE, &year, &month, &mday);
	return bucket_of_day(width, year, month, mday);
}

/*
 * The Julian date on which a bucket starts.
 */
int64
bucket_start_jdate(BucketWidth width, int64 bucket)
{
	int64		month;
	int64		year;

	if (width.months == 0)
		return (int64) BUCKET_EPOCH_JDATE + width.origin + bucket * width.days;
	month = bucket * width.months + width.origin / BUCKET_ORIGIN_MONTH;
	year = BUCKET_EPOCH_YEAR + floor_div(month, MONTHS_PER_YEAR);

	/* Years far outside of what timestamps reach would overflow date2j. */
	if (year < JULIAN_MINYEAR)
		return DATETIME_MIN_JULIAN - 1;
	if (year >= JULIAN_MAXYEAR)
		return DATE_END_JULIAN;
	return date2j((int) year, (int) floor_mod(month, MONTHS_PER_YEAR) + 1, width.origin % BUCKET_ORIGIN_MONTH + 1);
}

/*
 * Does the bucket hold any instant that the server can store?  Local time is at most a day away from UTC.
 */
bool
bucket_valid(BucketWidth width, int64 bucket)
{
	return bucket_start_jdate(width, bucket + 1) >= DATETIME_MIN_JULIAN &&
		bucket_start_jdate(width, bucket) <= TIMESTAMP_END_JULIAN;
}

/*
 * The first day of a bucket; of one that starts before the first date there is, that date.
 */
DateADT
bucket_date(BucketWidth width, int64 bucket)
{
	int64		jdate = bucket_start_jdate(width, bucket);

	jdate = Max(jdate, DATETIME_MIN_JULIAN);
	jdate = Min(jdate, DATE_END_JULIAN - 1);
	return (DateADT) (jdate - POSTGRES_EPOCH_JDATE);
}

char *
bucket_text(BucketWidth width, int64 bucket)
{
	return DatumGetCString(DirectFunctionCall1(date_out, DateADTGetDatum(bucket_date(width, bucket))));
}

/*
 * Reports have a row, and totals many cells, for each bucket from the first to the last.
 */
void
bucket_check_span(BucketWidth width, int64 first, int64 last)
{
	if (last - first >= BUCKET_MAX_SPAN)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many buckets of %s from %s to %s", bucket_width_text(width),
						bucket_text(width, first), bucket_text(width, last)),
				 errdetail("There can be at most %d.", BUCKET_MAX_SPAN),
				 errhint("Leave out rows with a wrong date, or choose a wider bucket.")));
}
