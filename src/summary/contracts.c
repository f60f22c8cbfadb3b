/*
 * summary/contracts.c
 *		The buckets in which a contract counts: those whose end its range holds.
 *
 * So a bucket has what runs at the moment when it ends, and the bucket after it begins with just that:
 *
 *		|   December   |   January    |   February   |
 *			 |------------------|							10 December to 20 January: December
 *					   |-----------------------------|		from New Year to the end of February: December, January
 *
 * In the bucket that is open at as_of the end is not known yet, and as_of is asked instead.  What a range says of later
 * buckets is not looked at.
 *
 * The latest time of a summary is when a contract was last seen to run, though that may be after the last bucket whose
 * end it holds: a report as of a day before it cannot tell what the open bucket was then.
 */
#include "summary/contracts.h"

#include "base/period.h"

/*
 * The first and the last instant of a contract, which is looked at no further than as_of; false if there is none.
 */
static bool
contract_bounds(RangeType *range, TimestampTz as_of, TimestampTz *first, TimestampTz *last)
{
	RangeBound	lower;
	RangeBound	upper;
	bool		empty;

	range_deserialize(tstzrange_type(), range, &lower, &upper, &empty);
	if (empty)
		return false;
	*first = DatumGetTimestampTz(lower.val);
	if (lower.infinite || *first == DT_NOBEGIN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a contract must have a beginning"),
				 errhint("Write one that has no end yet as '[2024-01-10,)'.")));
	if (*first > as_of)
		return false;
	*first += lower.inclusive ? 0 : 1;
	*last = as_of;
	if (!upper.infinite)
		*last = Min(*last, DatumGetTimestampTz(upper.val) - (upper.inclusive ? 0 : 1));
	return *first <= *last;
}

/*
 * The first bucket that ends at an instant or later.  A day that the zone skips ends with the day before it.
 */
static int64
first_to_end(BucketCalendar *calendar, TimestampTz at)
{
	int64		bucket = bucket_of(calendar, at);

	while (bucket_known_start(calendar, bucket) >= at && bucket_valid(calendar->width, bucket - 1))
		bucket--;
	while (bucket_known_start(calendar, bucket + 1) < at)
		bucket++;
	return bucket;
}

/*
 * The buckets of a contract that is looked at as of a time; false if it does not run before.
 */
bool
contract_buckets_of(ContractBuckets *buckets, BucketCalendar *calendar, RangeType *active, TimestampTz as_of)
{
	TimestampTz first;
	TimestampTz last;

	if (!contract_bounds(active, as_of, &first, &last))
		return false;

	/* What is at as_of is known then. */
	buckets->last_at = Min(last, as_of - 1);
	buckets->first = first_to_end(calendar, first);
	buckets->last = bucket_of(calendar, last);
	if (last < as_of || bucket_known_start(calendar, buckets->last) >= as_of)
		while (bucket_known_start(calendar, buckets->last + 1) > last)
			buckets->last--;
	bucket_check_span(calendar->width, buckets->first, buckets->last);
	return true;
}
