/*
 * totals/windows.c
 *		Counts of customers by windows of several buckets: active in a bucket is who was seen in it or in the few before.
 *
 * A customer's windows make runs of buckets, each as many as the lookback at least:
 *
 *		seen			x     x                 x
 *		active			x x x x x x             x x x x			lookback 4
 *
 * A run is counted at its two ends only, and the counts of all customers are added up along the buckets at last.  So a
 * daily series of who was active in 90 days costs no more than one of single days.
 */
#include "totals/counts.h"

/*
 * Count a customer in all buckets from the first to the last, for now at the ends only.
 */
static void
count_run(const BucketCounts *counts, int64 *column, int64 first, int64 last)
{
	int64		after = last - counts->first + 1;

	if (first > last || first - counts->first >= counts->nbuckets)
		return;
	column[first - counts->first]++;
	if (after < counts->nbuckets)
		column[after]--;
}

static void
count_customer(BucketCounts *counts, const SeenSet *seen, int64 lookback)
{
	SeenWalk	walk;
	int32		bucket;
	bool		repeated;
	int64		start = seen->first;
	int64		before = seen->first;
	int64		repeated_until = (int64) seen->first - 1;

	counts->new_customers[seen->first - counts->first]++;
	seenset_walk(&walk, seen);
	for (; seenset_next(&walk, &bucket, &repeated); before = bucket)
	{
		/* How long a window holds more than one row, this one and the one before or another of this bucket. */
		int64		until = (repeated ? bucket : bucket > before ? before : before - lookback) + lookback - 1;

		count_run(counts, counts->repeated, Max(bucket, repeated_until + 1), until);
		repeated_until = Max(repeated_until, until);
		if (bucket <= before + lookback)
			continue;
		count_run(counts, counts->active, start, before + lookback - 1);
		count_run(counts, counts->retained, start + 1, before + lookback - 1);
		start = bucket;
	}
	count_run(counts, counts->active, start, before + lookback - 1);
	count_run(counts, counts->retained, start + 1, before + lookback - 1);
}

static void
add_up(const BucketCounts *counts, int64 *column)
{
	uint32		i;

	for (i = 1; i < counts->nbuckets; i++)
		column[i] += column[i - 1];
}

/*
 * The counts of a canonical summary, without cohorts, by windows of so many buckets.
 */
BucketCounts *
counts_of_windows(const RetentionSummary *summary, int64 lookback)
{
	SummaryIdentity identity;
	SummaryReader reader;
	SummaryEntry entry;
	BucketCounts *counts;
	int64		last;

	summary_identity_read(&identity, summary->bytes, summary->identity_size);
	/* There are no more rows than this, whether or not anybody is active later. */
	last = Min((int64) summary->last + lookback - 1, (int64) summary->first + BUCKET_MAX_SPAN - 1);
	counts = counts_create(identity.width, identity.zone, summary->first, Max(last, summary->last));
	counts->last_seen = summary->last;
	counts->last_at = summary->last_at;
	counts->known_until = summary->known_until;
	counts->customers = summary->nsorted;
	summary_read_sorted(&reader, summary, NULL);
	while (summary_next(&reader, &entry))
		count_customer(counts, &entry.seen, lookback);
	add_up(counts, counts->active);
	add_up(counts, counts->retained);
	add_up(counts, counts->repeated);
	return counts;
}
