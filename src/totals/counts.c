/*
 * totals/counts.c
 *		Counts of customers by bucket and by cohort, in memory: what every report is made of.
 *
 * They come from totals, which have them, or straight from a summary, whose customers are counted in one walk.
 * That walk leaves out the cohorts, so that growth does not pay for them; who wants them makes totals first.
 */
#include "totals/counts.h"

#include "miscadmin.h"

static int64 *
zeros(uint32 n)
{
	return palloc0(n * sizeof(int64));
}

/*
 * No customers in the buckets from "first" to "last".
 */
BucketCounts *
counts_create(BucketWidth width, const char *zone, int32 first, int64 last)
{
	BucketCounts *counts = palloc0(sizeof(BucketCounts));
	pg_tz	   *tz = pg_tzset(zone);

	if (tz == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("time zone \"%s\" does not exist here", zone)));
	bucket_check_span(width, first, last);
	bucket_calendar_init(&counts->calendar, width, tz, CurrentMemoryContext);
	counts->first = first;
	counts->nbuckets = (uint32) (last - first + 1);
	counts->last_seen = (int32) last;
	counts->active = zeros(counts->nbuckets);
	counts->new_customers = zeros(counts->nbuckets);
	counts->retained = zeros(counts->nbuckets);
	counts->repeated = zeros(counts->nbuckets);
	return counts;
}

/*
 * Count the buckets of a customer whose buckets all lie within 64.
 */
static inline void
count_bits(BucketCounts *counts, const SeenSet *seen)
{
	uint32		first = seen->first - counts->first;
	uint64		bits;

	for (bits = seen->seen; bits != 0; bits &= bits - 1)
		counts->active[first + pg_rightmost_one_pos64(bits)]++;
	for (bits = seen->seen & seen->seen << 1; bits != 0; bits &= bits - 1)
		counts->retained[first + pg_rightmost_one_pos64(bits)]++;
	for (bits = seen->repeated; bits != 0; bits &= bits - 1)
		counts->repeated[first + pg_rightmost_one_pos64(bits)]++;
}

static void
count_list(BucketCounts *counts, const SeenSet *seen)
{
	SeenWalk	walk;
	int32		bucket;
	int64		before = (int64) seen->first - 2;
	bool		repeated;

	seenset_walk(&walk, seen);
	while (seenset_next(&walk, &bucket, &repeated))
	{
		counts->active[bucket - counts->first]++;
		counts->retained[bucket - counts->first] += bucket == before + 1;
		counts->repeated[bucket - counts->first] += repeated;
		before = bucket;
	}
}

/*
 * The counts of a canonical summary, without cohorts.
 */
BucketCounts *
counts_of_summary(const RetentionSummary *summary)
{
	SummaryIdentity identity;
	SummaryReader reader;
	SummaryEntry entry;
	BucketCounts *counts;

	summary_identity_read(&identity, summary->bytes, summary->identity_size);
	counts = counts_create(identity.width, identity.zone, summary->first, summary->last);
	counts->last_at = summary->last_at;
	counts->known_until = summary->known_until;
	counts->customers = summary->nsorted;
	summary_read_sorted(&reader, summary, NULL);
	while (summary_next(&reader, &entry))
	{
		counts->new_customers[entry.seen.first - counts->first]++;
		if (entry.seen.list == NULL)
			count_bits(counts, &entry.seen);
		else
			count_list(counts, &entry.seen);
	}
	return counts;
}

/*
 * The counts of canonical totals, with cohorts.
 */
BucketCounts *
counts_of_totals(const RetentionTotals *totals)
{
	BucketCounts *counts = counts_create(totals->width, totals_zone(totals), totals->first, totals->last);
	TotalsReader reader;
	TotalsCell	cell;

	counts->last_at = totals->last_at;
	counts->known_until = totals->known_until;
	counts->customers = totals->customers;
	counts->seen = palloc(totals->ncells * sizeof(CohortCount));
	counts->last = palloc(totals->ncells * sizeof(CohortCount));
	totals_read(&reader, totals);
	while (totals_next(&reader, &cell))
	{
		uint32		i = cell.bucket - counts->first;
		CohortCount count = {cell.cohort, cell.bucket, cell.customers};

		if (reader.left % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		switch (cell.kind)
		{
			case TOTALS_SEEN:
				counts->seen[counts->nseen++] = count;
				counts->active[i] += cell.customers;
				if (cell.cohort == cell.bucket)
					counts->new_customers[i] += cell.customers;
				break;
			case TOTALS_LAST:
				counts->last[counts->nlast++] = count;
				break;
			case TOTALS_RETAINED:
				counts->retained[i] += cell.customers;
				break;
			case TOTALS_REPEATED:
				counts->repeated[i] += cell.customers;
				break;
			default:			/* what they spent is counted in totals/revenue.c */
				break;
		}
	}
	return counts;
}

/*
 * The last bucket that has ended by as_of, and of which all is known.
 */
int64
counts_complete(BucketCounts *counts, TimestampTz as_of)
{
	int64		bucket;

	as_of = Min(as_of, counts->known_until);
	bucket = (int64) bucket_of(&counts->calendar, as_of) - 1;
	while (bucket_start(&counts->calendar, bucket + 1) > as_of)
		bucket--;
	return bucket;
}

/*
 * Could customers have made the counts of the buckets?
 */
static bool
buckets_possible(const BucketCounts *counts)
{
	int64		customers = 0;
	uint32		i;

	for (i = 0; i < counts->nbuckets; i++)
	{
		customers += counts->new_customers[i];
		if (counts->retained[i] > counts->active[i] - counts->new_customers[i] ||
			counts->retained[i] > (i > 0 ? counts->active[i - 1] : 0) ||
			counts->repeated[i] > counts->active[i])
			return false;
	}
	return customers == counts->customers && counts->new_customers[0] > 0 &&
		counts->active[counts->nbuckets - 1] > 0;
}

/*
 * Could customers have made the cells of the cohorts?  Everybody of a cohort has a last bucket and was seen there,
 * and nobody is seen who is not of the cohort.
 */
static bool
cohorts_possible(const BucketCounts *counts)
{
	uint32		last = 0;
	uint32		seen = 0;

	while (seen < counts->nseen)
	{
		int32		cohort = counts->seen[seen].cohort;
		int64		left = counts->seen[seen].customers;

		if (counts->seen[seen].bucket != cohort)
			return false;
		for (; seen < counts->nseen && counts->seen[seen].cohort == cohort; seen++)
		{
			int64		here = counts->seen[seen].customers;

			if (here > left)
				return false;
			if (last < counts->nlast && counts->last[last].cohort == cohort &&
				counts->last[last].bucket == counts->seen[seen].bucket)
			{
				if (counts->last[last].customers > here)
					return false;
				left -= counts->last[last++].customers;
			}
		}
		if (left != 0)
			return false;
	}
	return last == counts->nlast;
}

/*
 * Could customers have made these counts?  No report may show less than nobody.
 */
bool
counts_possible(const BucketCounts *counts)
{
	return buckets_possible(counts) && cohorts_possible(counts);
}
