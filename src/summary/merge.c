/*
 * summary/merge.c
 *		Merging summaries: large ones in one pass, many small ones step by step.
 *
 * Values in order merge like sorted lists, a customer of several getting the union of the buckets.  A rollup
 * of a million one-customer values must not do that for each of them; so its state is a working value, to which the
 * customers of small values are appended until the slack is used up.  Then these are sorted and everything is merged
 * into a new state with as much slack as it has bytes: each customer is moved a few times in all.
 *
 * Where the order is a hash, customers of the same order are compared with each other.  A new version of their type
 * might hash differently; values that are found out of order are therefore sorted anew.
 */
#include "summary/streams.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#define SLACK_MIN 256

/* There is a bit for each in a word. */
#define NUMBERS_AT_ONCE 64

static int
compare_entries(const void *one, const void *other)
{
	return summary_key_compare(one, other);
}

/*
 * Which of the first "kept" customers of a group is the same as this one?  "kept" if none is.  Where equal keys have
 * equal bytes the customers are sorted by these, and it can only be the last.
 */
static uint32
same_customer(const SummarySignature *signature, const SummaryEntry *entries, uint32 kept, const SummaryEntry *entry)
{
	uint32		i = signature->layout == SUMMARY_SENT || kept == 0 ? 0 : kept - 1;

	for (; i < kept; i++)
		if (summary_key_equal(signature, &entries[i], entry))
			break;
	return i;
}

/*
 * Are they all one customer, spelt in one way?
 */
static bool
group_is_one(const EntryGroup *group)
{
	uint32		i;

	for (i = 1; i < group->n; i++)
		if (summary_key_compare(&group->entries[0], &group->entries[i]) != 0)
			return false;
	return true;
}

/*
 * Add the buckets, and the amounts, of the same customer in another value.  May allocate in the current context.
 */
static void
unite(SummaryEntry *entry, const SummaryEntry *other)
{
	if (entry->amounts != NULL)
		entry->amounts = amounts_union(&entry->seen, entry->amounts, &other->seen, other->amounts,
									   &entry->amounts_size);
	seenset_union(&entry->seen, &other->seen);
}

/*
 * The same, if the entry may be a union already, whose memory is given back.
 */
static void
unite_again(SummaryEntry *entry, const SummaryEntry *other, bool united)
{
	SummaryEntry before = *entry;

	unite(entry, other);
	if (united && before.seen.list != NULL)
		pfree(unconstify(uint8 *, before.seen.list));
	if (united && before.amounts != NULL)
		pfree(unconstify(uint8 *, before.amounts));
}

/*
 * Write customers of the same order, some of whom may be the same.
 */
static void
write_group(SummaryWriter *writer, EntryGroup *group)
{
	SummaryEntry *entries = group->entries;
	bool		one = group_is_one(group);
	uint32		kept = 0;
	uint32		united = group->n;	/* the one that was united last; none yet */
	uint32		i;

	if (!one)
		qsort(entries, group->n, sizeof(SummaryEntry), compare_entries);
	for (i = 0; i < group->n; i++)
	{
		uint32		same = one ? 0 : same_customer(writer->signature, entries, kept, &entries[i]);
		MemoryContext caller;

		if (i % 64 == 63)
			CHECK_FOR_INTERRUPTS();
		if (same == kept)
		{
			entries[kept++] = entries[i];
			continue;
		}
		caller = MemoryContextSwitchTo(group->scratch);
		unite_again(&entries[same], &entries[i], same == united);
		MemoryContextSwitchTo(caller);
		united = same;
	}
	for (i = 0; i < kept; i++)
		summary_write(writer, &entries[i]);
}

static inline EntryStream *
least_stream(EntryStream *streams, int nstreams)
{
	EntryStream *least = NULL;
	int			i;

	for (i = 0; i < nstreams; i++)
		if (streams[i].more && (least == NULL || streams[i].entry.order < least->entry.order))
			least = &streams[i];
	return least;
}

/*
 * Take from all streams the customers whose numbers are less than 64 above the first.  Returns a bit for each; those
 * of a customer that is in several streams are united, in the current memory context.
 */
static uint64
take_numbers(SummaryEntry *entries, uint64 first, EntryStream *streams, int nstreams)
{
	uint64		taken = 0;
	uint64		united = 0;
	EntryStream *stream;

	for (stream = streams; stream < streams + nstreams; stream++)
	{
		for (; stream->more && stream->entry.order - first < NUMBERS_AT_ONCE; entrystream_advance(stream))
		{
			uint64		number = stream->entry.order - first;

			if ((taken >> number & 1) == 0)
				entries[number] = stream->entry;
			else
			{
				unite_again(&entries[number], &stream->entry, united >> number & 1);
				united |= UINT64CONST(1) << number;
				CHECK_FOR_INTERRUPTS();
			}
			taken |= UINT64CONST(1) << number;
		}
	}
	return taken;
}

/*
 * Write the customers of all streams in order, if their keys are numbers.  Where these lie close together, most of
 * them are taken without asking which stream is next.
 */
static void
merge_numbers(SummaryWriter *writer, EntryStream *streams, int nstreams, MemoryContext scratch)
{
	SummaryEntry entries[NUMBERS_AT_ONCE];
	EntryStream *least;

	while ((least = least_stream(streams, nstreams)) != NULL)
	{
		uint64		first = least->entry.order;
		MemoryContext caller = MemoryContextSwitchTo(scratch);
		uint64		taken = take_numbers(entries, first, streams, nstreams);

		MemoryContextSwitchTo(caller);
		for (; taken != 0; taken &= taken - 1)
			summary_write(writer, &entries[pg_rightmost_one_pos64(taken)]);
		MemoryContextReset(scratch);
	}
}

/*
 * The same, if their order is a hash.  A stream in disorder ends it: its next customer should have come before
 * all that are left.
 */
static void
merge_hashes(SummaryWriter *writer, EntryStream *streams, int nstreams, MemoryContext scratch)
{
	EntryGroup	group = {.room = 8, .scratch = scratch};
	EntryStream *least;
	int			i;

	group.entries = palloc(group.room * sizeof(SummaryEntry));
	while ((least = least_stream(streams, nstreams)) != NULL && !least->disorder)
	{
		uint64		order = least->entry.order;

		if (writer->summary->nsorted % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		group.n = 0;
		for (i = 0; i < nstreams; i++)
			for (; streams[i].more && streams[i].entry.order == order; entrystream_advance(&streams[i]))
				entrygroup_add(&group, &streams[i].entry);
		write_group(writer, &group);
		MemoryContextReset(scratch);
	}
	pfree(group.entries);
}

/*
 * Merge the customers of some values, each of which may be a working one.  Returns false if a stream was in disorder,
 * which cannot be if all are sorted anew.
 */
static bool
merge_streams(SummaryWriter *writer, const RetentionSummary *const *values, int nvalues, bool sort)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "summary unions", ALLOCSET_DEFAULT_SIZES);
	EntryStream *streams = palloc(2 * nvalues * sizeof(EntryStream));
	bool		disorder = false;
	int			nstreams = 0;
	int			i;

	for (i = 0; i < nvalues; i++)
	{
		entrystream_begin(&streams[nstreams++], values[i], writer->signature, false, sort);
		if (values[i]->nappended > 0)
			entrystream_begin(&streams[nstreams++], values[i], writer->signature, true, sort);
	}
	if (writer->signature->layout == SUMMARY_NUMBER)
		merge_numbers(writer, streams, nstreams, scratch);
	else
		merge_hashes(writer, streams, nstreams, scratch);
	for (i = 0; i < nstreams; i++)
	{
		disorder |= streams[i].disorder;
		if (streams[i].refs != NULL)
			pfree(streams[i].refs);
	}
	pfree(streams);
	MemoryContextDelete(scratch);
	return !disorder;
}

/*
 * One value of several, with as much slack as it has bytes, or none.
 */
static RetentionSummary *
merge(SummarySignature *signature, const RetentionSummary *const *values, int nvalues, bool slack)
{
	SummaryWriter writer;
	int32		first = PG_INT32_MAX;
	TimestampTz last_at = DT_NOBEGIN;
	TimestampTz known_until = DT_NOEND;
	int32		scale = NO_AMOUNTS;
	uint64		expected = 0;
	int			i;

	if (signature->layout != SUMMARY_NUMBER)
		(void) summary_signature_know_keys(signature, NULL);
	for (i = 0; i < nvalues; i++)
	{
		first = Min(first, values[i]->first);
		last_at = Max(last_at, values[i]->last_at);
		known_until = Min(known_until, values[i]->known_until);
		scale = Max(scale, values[i]->scale);
		expected = Max(expected, (uint64) values[i]->sorted_size + values[i]->appended_size);
	}
	expected *= Min(nvalues, 2);

	summary_write_begin(&writer, signature, first, scale, expected);
	if (!merge_streams(&writer, values, nvalues, false))
	{
		pfree(writer.summary);
		summary_write_begin(&writer, signature, first, scale, expected);
		merge_streams(&writer, values, nvalues, true);
	}
	summary_write_times(&writer, last_at, known_until);
	return summary_write_end(&writer, slack ? Max(writer.size, SLACK_MIN) : 0);
}

/*
 * The value of several that can be merged, in canonical form.
 */
const RetentionSummary *
summary_merge(FmgrInfo *flinfo, const RetentionSummary *const *values, int nvalues)
{
	if (nvalues == 1)
		return summary_canonical(flinfo, values[0]);
	return merge(summary_signature(flinfo, values[0], NULL), values, nvalues, false);
}

/*
 * A value whose customers are in order, without its slack.
 */
static const RetentionSummary *
leave_out_slack(const RetentionSummary *summary)
{
	RetentionSummary *canonical;

	if (summary_is_canonical(summary))
		return summary;
	canonical = memcpy(palloc(summary_size(summary)), summary, summary_size(summary));
	SET_VARSIZE(canonical, summary_size(summary));
	return canonical;
}

/*
 * The canonical form, which is the value itself where it is canonical already.
 */
const RetentionSummary *
summary_canonical(FmgrInfo *flinfo, const RetentionSummary *summary)
{
	if (summary->nappended == 0)
		return leave_out_slack(summary);
	return merge(summary_signature(flinfo, summary, NULL), &summary, 1, false);
}

/*
 * The same for a function that keeps nothing from call to call, as one that returns a set, whose fn_extra is taken.
 */
const RetentionSummary *
summary_canonical_once(const RetentionSummary *summary)
{
	if (summary->nappended == 0)
		return leave_out_slack(summary);
	return merge(summary_signature_create(summary, CurrentMemoryContext, NULL), &summary, 1, false);
}

/*
 * Append all customers of another value to a working one.  Returns false, and does nothing, if there is no room.
 */
static bool
append_all(RetentionSummary *state, const RetentionSummary *other)
{
	RetentionSummary before = *state;
	SummaryReader reader;
	SummaryEntry entry;

	if (other->nappended > 0 || other->sorted_size > VARSIZE(state) - summary_size(state))
		return false;
	summary_read_sorted(&reader, other, NULL);
	while (summary_next(&reader, &entry))
	{
		if (!summary_append(state, &entry))
		{
			memcpy(state, &before, offsetof(RetentionSummary, bytes));
			return false;
		}
	}
	state->last_at = Max(state->last_at, other->last_at);
	state->known_until = Min(state->known_until, other->known_until);
	state->scale = Max(state->scale, other->scale);
	return true;
}

/*
 * Take another value into a working one.  Returns the same, changed in place, or a new one in the current memory
 * context.
 */
RetentionSummary *
summary_absorb(FmgrInfo *flinfo, RetentionSummary *state, const RetentionSummary *other)
{
	const RetentionSummary *both[2] = {state, other};
	const RetentionSummary *named = summary_identity_in_common(state, other);

	if (named == state && append_all(state, other))
		return state;
	return merge(summary_signature(flinfo, named, NULL), both, 2, true);
}
