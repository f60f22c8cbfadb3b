/*
 * chart/words.c
 *		Numbers and periods as charts show them.
 *
 * The same whatever the session's settings are, and short: a count below 100,000 has all its digits, a larger
 * one two or three and a name.  Nothing is printed by way of %g, whose answer changes its form with the size.
 */
#include "chart/words.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/datetime.h"

/* Amounts from here on have no more names, and are near what an int64 holds. */
#define AMOUNT_NAMES_END 1e15

/* Amounts from here on have no decimals: the next one that does would be written as 1000.0. */
#define AMOUNT_DECIMALS_END 999.95

/* With more decimals than that an amount is written with a power of ten. */
#define AMOUNT_MOST_DECIMALS 5

static char *
grouped(int64 count)
{
	return count < 1000 ? psprintf(INT64_FORMAT, count) :
		psprintf(INT64_FORMAT ",%03d", count / 1000, (int) (count % 1000));
}

/*
 * 950, 12,345, 123k, 1.5M
 */
char *
words_count(int64 count)
{
	static const char *const names[] = {"", "k", "M", "bn", "tn"};
	int64		unit = 1;
	int			name = 0;

	if (count < 0)
		return psprintf("-%s", words_count(-count));
	if (count < 100000)
		return grouped(count);
	while (count / unit >= 1000 && name < lengthof(names) - 1)
	{
		unit *= 1000;
		name++;
	}
	if (count < 100 * unit)
	{
		int64		tenths = (count + unit / 20) / (unit / 10);

		if (tenths % 10 != 0)
			return psprintf(INT64_FORMAT ".%d%s", tenths / 10, (int) (tenths % 10), names[name]);
	}
	return psprintf("%s%s", grouped((count + unit / 2) / unit), names[name]);
}

char *
words_customers(int64 n)
{
	return psprintf(INT64_FORMAT " customer%s", n, n == 1 ? "" : "s");
}

char *
words_cohorts(int64 n)
{
	return psprintf(INT64_FORMAT " cohort%s", n, n == 1 ? "" : "s");
}

/*
 * With a decimal or without; few are not nobody, and nearly all are not all: 0, <1, 12, >99, 100.
 */
char *
words_share(double percent, int decimals)
{
	double		unit = decimals > 0 ? 0.1 : 1;

	if (percent == 0 || percent == 100)
		decimals = 0;
	else if (percent <= unit / 2)
		return psprintf("<%.*f", decimals, unit);
	else if (percent >= 100 - unit / 2 && percent < 100)
		return psprintf(">%.*f", decimals, 100 - unit);
	return psprintf("%.*f", decimals, percent);
}

/*
 * 0%, <0.1%, 12.3%, 100%
 */
char *
words_percent(double percent)
{
	return psprintf("%s%%", words_share(percent, 1));
}

char *
words_amount(double amount, int decimals)
{
	double		size = fabs(amount);
	char	   *text;

	if (size >= AMOUNT_NAMES_END || (decimals > AMOUNT_MOST_DECIMALS && size > 0))
		return psprintf("%.1e", amount);
	if (size >= AMOUNT_DECIMALS_END || decimals == 0 || size == 0)
		return words_count((int64) rint(amount));
	text = psprintf("%.*f", decimals, amount);
	return strspn(text, "-0.") == strlen(text) ? text + (amount < 0) : text;	/* no -0.00 */
}

/*
 * The name of buckets, of n of them: "month", "weeks".
 */
char *
words_period(BucketWidth width, int64 n)
{
	static const struct
	{
		int32		months;
		int32		days;
		const char *name;
	}			names[] = {{12, 0, "year"}, {3, 0, "quarter"}, {1, 0, "month"}, {0, 7, "week"}, {0, 1, "day"}};
	const char *plural = n == 1 ? "" : "s";
	int			i;

	for (i = 0; i < lengthof(names); i++)
		if (width.months == names[i].months && width.days == names[i].days)
			return psprintf("%s%s", names[i].name, plural);
	return width.months > 0 ? psprintf("period%s of %d months", plural, width.months) :
		psprintf("period%s of %d days", plural, width.days);
}

/*
 * The first day of a bucket, or only its month or its year where that says as much.
 */
char *
words_bucket(BucketWidth width, int64 bucket)
{
	struct pg_tm day = {0};
	char		text[MAXDATELEN + 1];
	bool		month;

	j2date(bucket_date(width, bucket) + POSTGRES_EPOCH_JDATE, &day.tm_year, &day.tm_mon, &day.tm_mday);
	month = width.months > 0 && day.tm_mday == 1 && day.tm_year > 0;
	if (month && day.tm_mon == 1 && width.months % 12 == 0)
		return psprintf("%04d", day.tm_year);
	if (month)
		return psprintf("%04d-%02d", day.tm_year, day.tm_mon);
	EncodeDateOnly(&day, USE_ISO_DATES, text);
	return pstrdup(text);
}
