/*
 * base/zone.c
 *		Time zones that have the same buckets.
 *
 * One zone may have several names, as UTC and Etc/UTC or Europe/Kiev and Europe/Kyiv have, and two zones may keep
 * the same time for years.  What counts is where the buckets in use begin and end.  So a value can be said to be in
 * another zone if all of its own buckets have the same bounds there:
 *
 *		one		|  2019  |  2020  |  2021  |
 *		other	|  2019  |  2020  |				could be in one's zone, whatever happens there in 2021
 */
#include "base/zone.h"

#include "miscadmin.h"

/* Two zones whose buckets from the first to the last are known to be the same. */
typedef struct Agreement
{
	BucketWidth width;
	pg_tz	   *zones[2];
	int32		first;
	int32		last;
} Agreement;

static bool
same_bounds(const Agreement *asked)
{
	BucketCalendar calendars[2];
	int64		bucket;

	bucket_calendar_init(&calendars[0], asked->width, asked->zones[0], CurrentMemoryContext);
	bucket_calendar_init(&calendars[1], asked->width, asked->zones[1], CurrentMemoryContext);
	for (bucket = asked->first; bucket <= (int64) asked->last + 1; bucket++)
	{
		bool		folded[2];

		CHECK_FOR_INTERRUPTS();
		if (bucket_bound(&calendars[0], bucket, &folded[0]) != bucket_bound(&calendars[1], bucket, &folded[1]) ||
			folded[0] != folded[1])
			return false;
	}
	return true;
}

/*
 * Do the zones agree?  A rollup may ask once for each customer, so the answer of last time is kept, and grows.
 */
static bool
agree(const Agreement *asked)
{
	static Agreement known;
	bool		same_zones = bucket_width_equal(asked->width, known.width) &&
		memcmp(asked->zones, known.zones, sizeof(known.zones)) == 0;

	if (same_zones && asked->first >= known.first && asked->last <= known.last)
		return true;
	if (!same_bounds(asked))
		return false;
	if (same_zones && asked->first <= known.last && asked->last >= known.first)
	{
		known.first = Min(asked->first, known.first);
		known.last = Max(asked->last, known.last);
	}
	else
		known = *asked;
	return true;
}

/*
 * Would the buckets in use be the same in another zone?
 */
static bool
could_be_in(BucketWidth width, const ZoneUse *use, const char *zone)
{
	Agreement	asked = {width, {pg_tzset(use->zone), pg_tzset(zone)}, use->first, use->last};

	return asked.zones[0] != NULL && asked.zones[1] != NULL && agree(&asked);
}

/*
 * Which of the two has the zone that both could be in?  NULL if there is none.  Of two such zones it is the one whose
 * name comes first, whatever the order of the arguments.
 */
const ZoneUse *
zone_in_common(BucketWidth width, const ZoneUse *one, const ZoneUse *other)
{
	const ZoneUse *low = strcmp(one->zone, other->zone) <= 0 ? one : other;
	const ZoneUse *high = low == one ? other : one;

	if (could_be_in(width, high, low->zone))
		return low;
	return could_be_in(width, low, high->zone) ? high : NULL;
}
