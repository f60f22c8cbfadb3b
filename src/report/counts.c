/*
 * report/counts.c
 *		Counts of customers by bucket and by cohort, in memory: what every report is made of.
 *
 * They come from totals, which have them, or straight from a summary, whose customers are counted in one walk.
 * A summary's tally is without cohorts: growth does not pay for them, and whoever wants them makes totals
 * first.
 */
#include "report/counts.h"

static int64 *
zeros(uint32 n)
{
	return palloc0(n * sizeof(int64));
}

/*
 * An empty tally of so many buckets.
 */
static Tally *
create(BucketWidth width, const char *zone, int32 first, int32 last)
{
	Tally	   *tally = palloc0(sizeof(Tally));
	pg_tz	   *tz = pg_tzset(zone);

	if (tz == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("time zone \"%s\" does not exist here", zone)));
	totals_check_span(width, first, last);
	bucket_calendar_init(&tally->calendar, width, tz, CurrentMemoryContext);
	tally->first = first;
	tally->nbuckets = last - first + 1;
	tally->active = zeros(tally->nbuckets);
	tally->fresh = zeros(tally->nbuckets);
	tally->retained = zeros(tally->nbuckets);
	tally->repeated = zeros(tally->nbuckets);
	return tally;
}

/*
 * Count one customer's buckets where all are within 64.
 */
static inline void
count_bits(Tally *tally, const SeenSet *seen)
{
	uint32		first = seen->first - tally->first;
	uint64		bits;

	for (bits = seen->seen; bits != 0; bits &= bits - 1)
		tally->active[first + pg_rightmost_one_pos64(bits)]++;
	for (bits = seen->seen & seen->seen << 1; bits != 0; bits &= bits - 1)
		tally->retained[first + pg_rightmost_one_pos64(bits)]++;
	for (bits = seen->twice; bits != 0; bits &= bits - 1)
		tally->repeated[first + pg_rightmost_one_pos64(bits)]++;
}

static void
count_list(Tally *tally, const SeenSet *seen)
{
	SeenWalk	walk;
	int32		bucket;
	int64		before = (int64) seen->first - 2;
	bool		twice;

	seenset_walk(&walk, seen);
	while (seenset_next(&walk, &bucket, &twice))
	{
		tally->active[bucket - tally->first]++;
		tally->retained[bucket - tally->first] += bucket == before + 1;
		tally->repeated[bucket - tally->first] += twice;
		before = bucket;
	}
}

/*
 * The tally of a canonical summary, without cohorts.
 */
Tally *
tally_of_summary(const RetentionSummary *summary)
{
	SummaryIdentity identity;
	SummaryReader reader;
	SummaryEntry entry;
	Tally	   *tally;

	summary_identity_read(&identity, summary->bytes, summary->identity_size);
	tally = create(identity.width, identity.zone, summary->first, summary->last);
	tally->customers = summary->nsorted;
	summary_read_sorted(&reader, summary, NULL);
	while (summary_next(&reader, &entry))
	{
		tally->fresh[entry.seen.first - tally->first]++;
		if (entry.seen.list == NULL)
			count_bits(tally, &entry.seen);
		else
			count_list(tally, &entry.seen);
	}
	return tally;
}

/*
 * The tally of canonical totals, with cohorts.
 */
Tally *
tally_of_totals(const RetentionTotals *totals)
{
	Tally	   *tally = create(totals_width(totals), totals_zone(totals), totals->first, totals->last);
	uint32		ncells = Min(totals->ncells, VARSIZE(totals));
	TotalsReader reader;
	TotalsCell	cell;

	tally->customers = totals->customers;
	tally->seen = palloc(ncells * sizeof(CohortCount));
	tally->last = palloc(ncells * sizeof(CohortCount));
	totals_read(&reader, totals);
	while (totals_next(&reader, &cell))
	{
		uint32		i = cell.bucket - tally->first;
		CohortCount count = {cell.cohort, cell.bucket, cell.customers};

		switch (cell.kind)
		{
			case TOTALS_SEEN:
				tally->seen[tally->nseen++] = count;
				tally->active[i] += cell.customers;
				if (cell.cohort == cell.bucket)
					tally->fresh[i] += cell.customers;
				break;
			case TOTALS_LAST:
				tally->last[tally->nlast++] = count;
				break;
			case TOTALS_RETAINED:
				tally->retained[i] += cell.customers;
				break;
			case TOTALS_REPEATED:
				tally->repeated[i] += cell.customers;
				break;
		}
	}
	return tally;
}

/*
 * The last bucket that has ended by as_of.
 */
int64
tally_complete(Tally *tally, TimestampTz as_of)
{
	int64		bucket = (int64) bucket_of(&tally->calendar, as_of) - 1;

	while (bucket_start(&tally->calendar, bucket + 1) > as_of)
		bucket--;
	return bucket;
}

/*
 * Refuse counts that no customers can have; no report may show less than nobody.
 */
void
tally_check(const Tally *tally)
{
	int64		customers = 0;
	uint32		last = 0;
	uint32		seen = 0;
	uint32		i;

	for (i = 0; i < tally->nbuckets; i++)
	{
		customers += tally->fresh[i];
		if (tally->retained[i] > tally->active[i] - tally->fresh[i] ||
			tally->retained[i] > (i > 0 ? tally->active[i - 1] : 0) ||
			tally->repeated[i] > tally->active[i])
			totals_corrupt();
	}
	if (customers != tally->customers || tally->fresh[0] == 0 || tally->active[tally->nbuckets - 1] == 0)
		totals_corrupt();

	/* In each cohort everybody has a last bucket, and was seen there; nobody is seen who is not of the cohort. */
	while (seen < tally->nseen)
	{
		int32		cohort = tally->seen[seen].cohort;
		int64		size = tally->seen[seen].customers;
		int64		left = size;

		if (tally->seen[seen].bucket != cohort)
			totals_corrupt();
		for (; seen < tally->nseen && tally->seen[seen].cohort == cohort; seen++)
		{
			int64		here = tally->seen[seen].customers;

			if (here > left)
				totals_corrupt();
			if (last < tally->nlast && tally->last[last].cohort == cohort &&
				tally->last[last].bucket == tally->seen[seen].bucket)
			{
				if (tally->last[last].customers > here)
					totals_corrupt();
				left -= tally->last[last++].customers;
			}
		}
		if (left != 0)
			totals_corrupt();
	}
	if (last != tally->nlast)
		totals_corrupt();
}
