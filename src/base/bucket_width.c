/*
 * base/bucket_width.c
 *		How wide calendar buckets are, and from which day they are counted.
 *
 * Quarters, years and weeks fall where the calendar has them (base/bucket.c).  Whoever has weeks that begin on Sunday, or a
 * year that begins in February, names a day on which a bucket begins, the origin.  Two days that make the same buckets are
 * the same origin: it is kept as its distance from the usual day, which is less than a bucket.
 */
#include "base/bucket.h"

#include "base/text.h"

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
