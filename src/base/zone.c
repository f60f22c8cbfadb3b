/*
 * base/zone.c
 *		Time zones that have the same buckets.
 *
 * One zone may have several names, as UTC and Etc/UTC or Europe/Kiev and Europe/Kyiv have, and two zones may
 * keep the same time for years.  What counts is where the buckets begin and end, from the first that is used
 * in either zone to the last that is used in the other.
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
 * Which of the two has the zone of both, if their buckets are the same in either zone?  It is the one whose
 * name comes first, whatever the order of the arguments; NULL if they are not.
 */
const ZoneUse *
zone_in_common(BucketWidth width, const ZoneUse *one, const ZoneUse *other)
{
	Agreement	asked = {width, {pg_tzset(one->zone), pg_tzset(other->zone)},
						 Min(one->first, other->first), Max(one->last, other->last)};

	if (asked.zones[0] == NULL || asked.zones[1] == NULL || !agree(&asked))
		return NULL;
	return strcmp(one->zone, other->zone) <= 0 ? one : other;
}
