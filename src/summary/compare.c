/*
 * summary/compare.c
 *		Equality, order and hash of summaries.
 *
 * Equal values are nearly always equal byte by byte.  Only where the type's own function decides which keys are equal
 * (a numeric's 1.0 and 1.00) can the same customers be written differently, and in another order; then the values
 * are compared customer by customer.
 *
 * The order means nothing.  It lets a server sort values, so that count(DISTINCT ...), a primary key and
 * ORDER BY work.  It needs the order of the keys only if two of them have the same hash.
 */
#include "summary/streams.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(retention_summary_eq);
PG_FUNCTION_INFO_V1(retention_summary_ne);
PG_FUNCTION_INFO_V1(retention_summary_lt);
PG_FUNCTION_INFO_V1(retention_summary_le);
PG_FUNCTION_INFO_V1(retention_summary_gt);
PG_FUNCTION_INFO_V1(retention_summary_ge);
PG_FUNCTION_INFO_V1(retention_summary_cmp);
PG_FUNCTION_INFO_V1(retention_summary_hash);
PG_FUNCTION_INFO_V1(retention_summary_hash_extended);

/*
 * Which of two customers that are the same sorts first; 0 if they were seen in the same buckets and spent the same.
 */
static int
compare_contents(const SummaryEntry *one, const SummaryEntry *other)
{
	int			result = seenset_compare(&one->seen, &other->seen);

	if (result == 0)
		result = summary_bytes_compare(one->amounts, one->amounts_size, other->amounts, other->amounts_size);
	return result;
}

/*
 * Do the entries of one order in one value and in another say the same?
 */
static bool
same_groups(const SummarySignature *signature, const EntryGroup *one, const EntryGroup *other)
{
	uint32		i;
	uint32		j;

	if (one->n != other->n)
		return false;
	for (i = 0; i < one->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		for (j = 0; j < other->n; j++)
			if (summary_key_equal(signature, &one->entries[i], &other->entries[j]))
				break;
		if (j == other->n || compare_contents(&one->entries[i], &other->entries[j]) != 0)
			return false;
	}
	return true;
}

static int
compare_entries(const void *one, const void *other, void *signature)
{
	return summary_key_compare_values(signature, one, other);
}

/*
 * The order of two groups with the same hash, in values with one signature.
 */
static int
compare_groups(SummarySignature *signature, EntryGroup *one, EntryGroup *other)
{
	int			result = 0;
	uint32		i;

	if (one->n != other->n)
		return one->n < other->n ? -1 : 1;
	qsort_arg(one->entries, one->n, sizeof(SummaryEntry), compare_entries, signature);
	qsort_arg(other->entries, other->n, sizeof(SummaryEntry), compare_entries, signature);
	for (i = 0; i < one->n && result == 0; i++)
	{
		result = summary_key_compare_values(signature, &one->entries[i], &other->entries[i]);
		if (result == 0)
			result = compare_contents(&one->entries[i], &other->entries[i]);
	}
	return result;
}

/*
 * Take the entries of one order from a stream.
 */
static void
take_group(EntryGroup *group, EntryStream *stream, uint64 order)
{
	group->n = 0;
	for (; stream->more && stream->entry.order == order; entrystream_advance(stream))
		entrygroup_add(group, &stream->entry);
}

/*
 * Compare the customers of two values with one signature, where a customer may be spelt differently.  For equality
 * alone any number will do where they differ.
 */
static int
compare_customers(SummarySignature *signature, const RetentionSummary *one, const RetentionSummary *other,
				  bool equality)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "summary comparison", ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(cxt);
	EntryStream streams[2];
	EntryGroup	groups[2] = {{.room = 8}, {.room = 8}};
	int			result = 0;
	int			i;

	entrystream_begin(&streams[0], one, signature, false, true);
	entrystream_begin(&streams[1], other, signature, false, true);
	for (i = 0; i < 2; i++)
		groups[i].entries = palloc(groups[i].room * sizeof(SummaryEntry));
	while (result == 0 && streams[0].more && streams[1].more)
	{
		uint64		order = streams[0].entry.order;

		if (order != streams[1].entry.order)
		{
			result = order < streams[1].entry.order ? -1 : 1;
			break;
		}
		for (i = 0; i < 2; i++)
			take_group(&groups[i], &streams[i], order);
		if (!same_groups(signature, &groups[0], &groups[1]))
			result = equality ? 1 : compare_groups(signature, &groups[0], &groups[1]);
	}
	if (result == 0)
		result = (int) streams[0].more - (int) streams[1].more;
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(cxt);
	return result;
}

/*
 * Compare all but the decimals to show of amounts, which make no difference to a numeric either.
 */
static int
compare_bytes(const RetentionSummary *one, const RetentionSummary *other)
{
	int			result;

	if (VARSIZE(one) != VARSIZE(other))
		return VARSIZE(one) < VARSIZE(other) ? -1 : 1;
	result = memcmp(one, other, offsetof(RetentionSummary, scale));
	if (result == 0)
		result = memcmp(one->bytes, other->bytes, VARSIZE(one) - offsetof(RetentionSummary, bytes));
	return result;
}

/*
 * The sign says which sorts first; 0 if they are equal.
 */
static int
compare(FmgrInfo *flinfo, const RetentionSummary *one, const RetentionSummary *other, bool equality)
{
	SummarySignature *signature;
	int			result;

	one = summary_canonical(flinfo, one);
	other = summary_canonical(flinfo, other);
	result = compare_bytes(one, other);
	if (result == 0 || one->layout != other->layout)
		return one->layout - other->layout;
	if (one->layout != SUMMARY_SENT)
		return result;
	if (one->last_at != other->last_at)
		return one->last_at < other->last_at ? -1 : 1;
	if (one->known_until != other->known_until)
		return one->known_until < other->known_until ? -1 : 1;
	result = summary_bytes_compare(one->bytes, one->identity_size, other->bytes, other->identity_size);
	if (result != 0)
		return result;
	signature = summary_signature(flinfo, one, NULL);
	(void) summary_signature_know_keys(signature, NULL);
	return compare_customers(signature, one, other, equality);
}

/*
 * A sort calls this for any two values, and frees nothing until its end.
 */
static int
compare_arguments(FunctionCallInfo fcinfo, bool equality)
{
	const RetentionSummary *one = PG_GETARG_ANY_SUMMARY(0);
	const RetentionSummary *other = PG_GETARG_ANY_SUMMARY(1);
	int			result = compare(fcinfo->flinfo, one, other, equality);

	PG_FREE_IF_COPY(unconstify(RetentionSummary *, one), 0);
	PG_FREE_IF_COPY(unconstify(RetentionSummary *, other), 1);
	return result;
}

Datum
retention_summary_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo, true) == 0);
}

Datum
retention_summary_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo, true) != 0);
}

Datum
retention_summary_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo, false) < 0);
}

Datum
retention_summary_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo, false) <= 0);
}

Datum
retention_summary_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo, false) > 0);
}

Datum
retention_summary_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo, false) >= 0);
}

Datum
retention_summary_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare_arguments(fcinfo, false));
}

/*
 * Equal values have equal hashes, whichever way customers of the same order are sorted.
 */
static uint64
hash_summary(FmgrInfo *flinfo, const RetentionSummary *summary, uint64 seed)
{
	SummarySignature *signature = summary_signature(flinfo, summary, NULL);
	SummaryReader reader;
	SummaryEntry entry;
	uint64		sum = 0;

	(void) summary_signature_know_keys(signature, NULL);
	summary = summary_canonical(flinfo, summary);
	summary_read_sorted(&reader, summary, signature);
	while (summary_next(&reader, &entry))
	{
		uint64		contents = seenset_hash(&entry.seen);

		if (entry.amounts != NULL)
			contents = hash_bytes_extended(entry.amounts, entry.amounts_size, contents);
		sum += hash_combine64(entry.order, contents);
	}
	return hash_combine64(hash_bytes_extended(summary->bytes, summary->identity_size, seed), sum);
}

Datum
retention_summary_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_UINT32((uint32) hash_summary(fcinfo->flinfo, PG_GETARG_ANY_SUMMARY(0), 0));
}

Datum
retention_summary_hash_extended(PG_FUNCTION_ARGS)
{
	PG_RETURN_UINT64(hash_summary(fcinfo->flinfo, PG_GETARG_ANY_SUMMARY(0), PG_GETARG_INT64(1)));
}
