/*
 * summary/rebucket.c
 *		rebucket: a summary with wider buckets, each of which holds whole ones of the narrow.
 *
 * Days lie in any bucket, as both begin at midnight of the same zone.  Several days lie in buckets of more
 * days, months in buckets of more months, if the buckets begin together.  A customer was seen more than once
 * in a wide bucket who was so in a narrow one of it, or seen in two.
 *
 * Of contracts a bucket has what runs at its end, and so a wide one has what its last narrow one has, the one
 * that is open at as_of what the narrow one has that is open then.  Where contracts of a later as_of were
 * merged with these, a customer may be in both, and the later one counts.  Customers who are in none of these
 * are left out.
 */
#include "summary/summary.h"

#include "fmgr.h"
#include "miscadmin.h"

/* What a customer was in the wide buckets, while the narrow ones are walked over. */
typedef struct Rebucketed
{
	BucketWidth from;
	BucketWidth to;
	bool		contracts;
	int64		open;			/* of contracts: the narrow bucket in which all that is known ends */
	SeenMark   *marks;
	uint8	   *memory;			/* for a set of so many */
	uint32		room;
	StringInfoData amounts;
} Rebucketed;

PG_FUNCTION_INFO_V1(rebucket);

/*
 * The wide buckets of an argument, which must hold whole ones of the narrow.
 */
static BucketWidth
wide_argument(FunctionCallInfo fcinfo, BucketWidth narrow)
{
	const Interval *bucket = PG_GETARG_INTERVAL_P(1);
	BucketWidth wide = PG_NARGS() > 2 ? bucket_width_from(bucket, PG_GETARG_DATEADT(2)) : bucket_width(bucket);

	if (!bucket_width_divides(narrow, wide))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("buckets of %s cannot be put together from buckets of %s", bucket_width_text(wide),
						bucket_width_text(narrow)),
				 errhint("Days make any bucket, weeks make buckets of several weeks, months make quarters and years. "
						 "An origin must be the first day of a narrow bucket, too.")));
	return wide;
}

static void
make_room(Rebucketed *rebucketed, uint32 n)
{
	if (n <= rebucketed->room)
		return;
	rebucketed->room = n * 2;
	rebucketed->marks = palloc_extended(rebucketed->room * sizeof(SeenMark), MCXT_ALLOC_HUGE);
	rebucketed->memory = palloc_extended(SEEN_SIZE_BOUND(rebucketed->room), MCXT_ALLOC_HUGE);
}

static int32
wide_bucket(const Rebucketed *rebucketed, int32 narrow)
{
	return bucket_of_date(rebucketed->to, bucket_date(rebucketed->from, narrow));
}

/*
 * Does a narrow bucket say anything about its wide one?
 */
static bool
counts_in_wide(const Rebucketed *rebucketed, int32 narrow)
{
	return !rebucketed->contracts || narrow == rebucketed->open ||
		bucket_of_date(rebucketed->to, bucket_date(rebucketed->from, (int64) narrow + 1)) !=
		wide_bucket(rebucketed, narrow);
}

/*
 * Put a customer's buckets into wide ones.  Returns false, and does nothing, if none of them counts.
 */
static bool
rebucket_seen(Rebucketed *rebucketed, SeenSet *seen)
{
	SeenWalk	walk;
	int32		bucket;
	bool		repeated;
	uint32		n = 0;

	make_room(rebucketed, seenset_count(seen));
	seenset_walk(&walk, seen);
	while (seenset_next(&walk, &bucket, &repeated))
	{
		if (!counts_in_wide(rebucketed, bucket))
			continue;
		bucket = wide_bucket(rebucketed, bucket);
		if (n > 0 && SEEN_MARK_BUCKET(rebucketed->marks[n - 1]) == bucket)
			rebucketed->marks[n - 1] = SEEN_MARK(bucket, !rebucketed->contracts || repeated);
		else
			rebucketed->marks[n++] = SEEN_MARK(bucket, repeated);
	}
	if (n > 0)
		seenset_from_marks(seen, rebucketed->marks, n, rebucketed->memory);
	return n > 0;
}

/*
 * Add up a customer's amounts, before the buckets are put into wide ones.
 */
static void
rebucket_amounts(Rebucketed *rebucketed, SummaryEntry *entry)
{
	AmountWalk	walk;
	int32		bucket;
	int32		wide = 0;
	Money		amount;
	Limbs		sum;
	bool		first = true;

	resetStringInfo(&rebucketed->amounts);
	limbs_init(&sum);
	amounts_walk(&walk, &entry->seen, entry->amounts);
	while (amounts_next(&walk, &bucket, &amount))
	{
		if (!counts_in_wide(rebucketed, bucket))
			continue;
		bucket = wide_bucket(rebucketed, bucket);
		if (!first && bucket != wide)
		{
			amounts_append(&rebucketed->amounts, &sum);
			limbs_init(&sum);
		}
		else if (rebucketed->contracts)
			limbs_init(&sum);
		money_add(&sum, &amount, 1);
		wide = bucket;
		first = false;
	}
	amounts_append(&rebucketed->amounts, &sum);
	entry->amounts = (const uint8 *) rebucketed->amounts.data;
	entry->amounts_size = rebucketed->amounts.len;
}

/*
 * The next customer with wide buckets; false if there is none.
 */
static bool
next_customer(Rebucketed *rebucketed, SummaryReader *reader, SummaryEntry *entry)
{
	while (summary_next(reader, entry))
	{
		CHECK_FOR_INTERRUPTS();
		if (entry->amounts != NULL)
			rebucket_amounts(rebucketed, entry);
		if (rebucket_seen(rebucketed, &entry->seen))
			return true;
	}
	return false;
}

/*
 * The first wide bucket of all customers; false if nobody has one.
 */
static bool
first_bucket(Rebucketed *rebucketed, const RetentionSummary *summary, int32 *first)
{
	SummaryReader reader;
	SummaryEntry entry;

	*first = PG_INT32_MAX;
	if (!rebucketed->contracts)
		*first = wide_bucket(rebucketed, summary->first);
	summary_read_sorted(&reader, summary, NULL);
	while (rebucketed->contracts && next_customer(rebucketed, &reader, &entry))
		*first = Min(*first, entry.seen.first);
	return *first != PG_INT32_MAX;
}

/*
 * Set which narrow bucket is the last that contracts know of.
 */
static void
set_open(Rebucketed *rebucketed, BucketCalendar *calendar, TimestampTz known_until)
{
	rebucketed->contracts = known_until != DT_NOEND;
	if (!rebucketed->contracts)
		return;
	rebucketed->open = bucket_of(calendar, known_until);
	while (bucket_start(calendar, rebucketed->open) >= known_until)
		rebucketed->open--;
}

/*
 * rebucket(retention_summary, interval [, date]) -> retention_summary, and the same of revenue_summary; NULL if no
 * customer is left
 */
Datum
rebucket(PG_FUNCTION_ARGS)
{
	const RetentionSummary *summary = summary_canonical_once(PG_GETARG_ANY_SUMMARY(0));
	SummarySignature *signature = summary_signature_create(summary, CurrentMemoryContext, NULL);
	Rebucketed	rebucketed = {.from = signature->calendar.width};
	int32		first;
	SummaryReader reader;
	SummaryWriter writer;
	SummaryEntry entry;

	rebucketed.to = wide_argument(fcinfo, rebucketed.from);
	set_open(&rebucketed, &signature->calendar, summary->known_until);
	initStringInfo(&rebucketed.amounts);
	if (!first_bucket(&rebucketed, summary, &first))
		PG_RETURN_NULL();
	summary_signature_set_buckets(signature, rebucketed.to, signature->calendar.zone);
	summary_write_begin(&writer, signature, first, summary->scale, summary->sorted_size);
	summary_write_times(&writer, summary->last_at, summary->known_until);
	summary_read_sorted(&reader, summary, NULL);
	while (next_customer(&rebucketed, &reader, &entry))
		summary_write(&writer, &entry);
	PG_RETURN_POINTER(summary_write_end(&writer, 0));
}
