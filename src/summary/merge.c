/*
 * summary/merge.c
 *		Merging summaries: large ones in one pass, many small ones step by step.
 *
 * Values in order merge like sorted lists, a customer of several getting the union of the buckets.  A rollup
 * of a million one-customer values must not do that for each of them; so its state is a working value, to which the
 * customers of small values are appended until the slack is used up.  Then these are sorted and everything is merged
 * into a new state with as much slack as it has bytes: each customer is moved a few times in all.
 *
 * Where the order is a hash, customers of the same order are compared with each other; and since a new version
 * of the type might hash differently, such keys are sorted anew if they are found out of order.
 */
#include "summary/summary.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#define SLACK_MIN 256

/* There is a bit for each in a word. */
#define NUMBERS_AT_ONCE 64

/* Where an entry lies. */
typedef struct EntryRef
{
	uint64		order;
	const uint8 *at;
} EntryRef;

#define RADIX_SORT sort_refs
#define RADIX_ELEMENT EntryRef
#define RADIX_KEY(ref) (ref).order
#include "base/radixsort.h"

/* Entries in order: of a value whose bytes should be, or else by references. */
typedef struct EntryStream
{
	SummaryReader reader;
	EntryRef   *refs;			/* NULL: as the reader has them */
	uint64		nrefs;
	uint64		next_ref;
	bool		more;
	bool		disorder;		/* an entry's order is less than the one's before */
	SummaryEntry entry;			/* if there is one more */
} EntryStream;

typedef struct EntryGroup
{
	SummaryEntry *entries;
	uint32		n;
	uint32		room;
	MemoryContext scratch;		/* for unions */
} EntryGroup;

static void
stream_advance(EntryStream *stream)
{
	if (stream->refs == NULL)
	{
		uint64		before = stream->entry.order;

		stream->more = summary_next(&stream->reader, &stream->entry);
		if (unlikely(stream->more && stream->entry.order < before))
			stream->disorder = true;
		return;
	}
	stream->more = stream->next_ref < stream->nrefs;
	if (stream->more)
	{
		const EntryRef *ref = &stream->refs[stream->next_ref++];

		summary_entry_at(&stream->reader, ref->at, &stream->entry);
		stream->entry.order = ref->order;
	}
}

/*
 * References to what a reader will find.
 */
static void
add_refs(EntryStream *stream, SummaryReader *reader)
{
	SummaryEntry entry;
	const uint8 *at = reader->cur;

	while (summary_next(reader, &entry))
	{
		stream->refs[stream->nrefs].order = entry.order;
		stream->refs[stream->nrefs++].at = at;
		at = reader->cur;
	}
}

static void
sort_stream(EntryStream *stream)
{
	EntryRef   *scratch;
	uint64		i;

	for (i = 1; i < stream->nrefs; i++)
		if (stream->refs[i].order < stream->refs[i - 1].order)
			break;
	if (i >= stream->nrefs)
		return;
	scratch = palloc_extended(stream->nrefs * sizeof(EntryRef), MCXT_ALLOC_HUGE);
	sort_refs(stream->refs, scratch, stream->nrefs, 0);
	pfree(scratch);
}

/*
 * A value's customers, the sorted ones or else the appended ones.  If the sorted ones are not to be sorted anew, the
 * stream may turn out not to be in order.
 */
static void
stream_begin(EntryStream *stream, const RetentionSummary *summary, const SummarySignature *signature,
			 bool appended, bool sort)
{
	SummaryReader reader;
	uint32		n = appended ? summary->nappended : summary->nsorted;

	memset(stream, 0, sizeof(*stream));
	if (appended)
		summary_read_appended(&stream->reader, summary, signature);
	else
		summary_read_sorted(&stream->reader, summary, signature);

	if (appended || sort)
	{
		stream->refs = palloc_extended(Max(n, 1) * sizeof(EntryRef), MCXT_ALLOC_HUGE);
		reader = stream->reader;
		add_refs(stream, &reader);
		sort_stream(stream);

		/* The order of each is known now. */
		stream->reader.signature = NULL;
	}
	stream_advance(stream);
}

static int
compare_entries(const void *one, const void *other)
{
	return summary_key_compare(one, other);
}

/*
 * Which of the first "kept" customers of a group, or else "kept", is the same as this one?  Where equality is
 * that of bytes they are sorted, and it can be the last only.
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
 * Are they one customer, spelt in one way?
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
 * Write customers of the same order, some of whom may be the same.
 */
static void
write_group(SummaryWriter *writer, EntryGroup *group)
{
	SummaryEntry *entries = group->entries;
	bool		one = group_is_one(group);
	uint32		kept = 0;
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
		seenset_union(&entries[same].seen, &entries[i].seen);
		MemoryContextSwitchTo(caller);
	}
	for (i = 0; i < kept; i++)
		summary_write(writer, &entries[i]);
}

static void
group_add(EntryGroup *group, const SummaryEntry *entry)
{
	if (group->n == group->room)
	{
		group->room *= 2;
		group->entries = repalloc_huge(group->entries, group->room * sizeof(SummaryEntry));
	}
	group->entries[group->n++] = *entry;
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
 * Take the sets of customers whose numbers are not far above the first from all streams.  Returns a bit for
 * each; those that were in several streams are united, in the current memory context.
 */
static uint64
take_numbers(SeenSet *sets, uint64 first, EntryStream *streams, int nstreams)
{
	uint64		taken = 0;
	uint64		united = 0;
	EntryStream *stream;

	for (stream = streams; stream < streams + nstreams; stream++)
	{
		for (; stream->more && stream->entry.order - first < NUMBERS_AT_ONCE; stream_advance(stream))
		{
			uint64		number = stream->entry.order - first;

			if ((taken >> number & 1) == 0)
				sets[number] = stream->entry.seen;
			else
			{
				/* The list of a set that was united before is not the stream's. */
				const uint8 *list = united >> number & 1 ? sets[number].list : NULL;

				seenset_union(&sets[number], &stream->entry.seen);
				if (list != NULL)
					pfree(unconstify(uint8 *, list));
				united |= UINT64CONST(1) << number;
				CHECK_FOR_INTERRUPTS();
			}
			taken |= UINT64CONST(1) << number;
		}
	}
	return taken;
}

/*
 * Write the customers of all streams in order, if they are numbers.  Where these lie close together, most of
 * them are taken without a look at which stream is next.
 */
static void
merge_numbers(SummaryWriter *writer, EntryStream *streams, int nstreams, MemoryContext scratch)
{
	SeenSet		sets[NUMBERS_AT_ONCE];
	SummaryEntry entry = {0};
	EntryStream *least;

	while ((least = least_stream(streams, nstreams)) != NULL)
	{
		uint64		first = least->entry.order;
		MemoryContext caller = MemoryContextSwitchTo(scratch);
		uint64		taken = take_numbers(sets, first, streams, nstreams);

		MemoryContextSwitchTo(caller);
		for (; taken != 0; taken &= taken - 1)
		{
			int			number = pg_rightmost_one_pos64(taken);

			entry.order = first + number;
			entry.seen = sets[number];
			summary_write(writer, &entry);
		}
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
			for (; streams[i].more && streams[i].entry.order == order; stream_advance(&streams[i]))
				group_add(&group, &streams[i].entry);
		write_group(writer, &group);
		MemoryContextReset(scratch);
	}
	pfree(group.entries);
}

/*
 * Merge the customers of some values, each of which may be a working one.  Returns false if an order was not
 * as expected, which cannot be if they are sorted anew.
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
		stream_begin(&streams[nstreams++], values[i], writer->signature, false, sort);
		if (values[i]->nappended > 0)
			stream_begin(&streams[nstreams++], values[i], writer->signature, true, sort);
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
merge(FmgrInfo *flinfo, const RetentionSummary *const *values, int nvalues, bool slack)
{
	SummarySignature *signature = summary_signature(flinfo, values[0], NULL);
	SummaryWriter writer;
	int32		first = PG_INT32_MAX;
	uint64		expected = 0;
	int			i;

	if (signature->layout != SUMMARY_NUMBER)
		(void) summary_signature_know_keys(signature, NULL);
	for (i = 0; i < nvalues; i++)
	{
		first = Min(first, values[i]->first);
		expected = Max(expected, (uint64) values[i]->sorted_size + values[i]->appended_size);
	}
	expected *= Min(nvalues, 2);

	summary_write_begin(&writer, signature, first, expected);
	if (!merge_streams(&writer, values, nvalues, false))
	{
		pfree(writer.summary);
		summary_write_begin(&writer, signature, first, expected);
		merge_streams(&writer, values, nvalues, true);
	}
	return summary_write_end(&writer, slack ? Max(writer.size, SLACK_MIN) : 0);
}

/*
 * The value of several that can be merged, in canonical form.
 */
const RetentionSummary *
summary_merge(FmgrInfo *flinfo, const RetentionSummary *const *values, int nvalues)
{
	return nvalues == 1 ? summary_canonical(flinfo, values[0]) : merge(flinfo, values, nvalues, false);
}

/*
 * The canonical form, which is the value itself where it is canonical already.
 */
const RetentionSummary *
summary_canonical(FmgrInfo *flinfo, const RetentionSummary *summary)
{
	RetentionSummary *canonical;

	if (summary_is_canonical(summary))
		return summary;
	if (summary->nappended > 0)
		return merge(flinfo, &summary, 1, false);

	/* In order already: there is just the slack to be left out. */
	canonical = memcpy(palloc(summary_size(summary)), summary, summary_size(summary));
	SET_VARSIZE(canonical, summary_size(summary));
	return canonical;
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

	summary_check_same(state, other);
	if (append_all(state, other))
		return state;
	return merge(flinfo, both, 2, true);
}

/*
 * Are these the same customers, seen in the same buckets?  Entries of one order, of one value and of the other.
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
		if (j == other->n || !seenset_equal(&one->entries[i].seen, &other->entries[j].seen))
			return false;
	}
	return true;
}

/*
 * Equality of what two values of one identity say, where the same customer may be spelt differently.
 */
static bool
same_customers(FmgrInfo *flinfo, const RetentionSummary *one, const RetentionSummary *other)
{
	SummarySignature *signature = summary_signature(flinfo, one, NULL);
	EntryStream streams[2];
	EntryGroup	groups[2] = {{.room = 8}, {.room = 8}};
	int			i;

	(void) summary_signature_know_keys(signature, NULL);
	stream_begin(&streams[0], one, signature, false, true);
	stream_begin(&streams[1], other, signature, false, true);
	for (i = 0; i < 2; i++)
		groups[i].entries = palloc(groups[i].room * sizeof(SummaryEntry));
	while (streams[0].more && streams[1].more)
	{
		uint64		order = streams[0].entry.order;

		for (i = 0; i < 2; i++)
		{
			groups[i].n = 0;
			for (; streams[i].more && streams[i].entry.order == order; stream_advance(&streams[i]))
				group_add(&groups[i], &streams[i].entry);
		}
		if (!same_groups(signature, &groups[0], &groups[1]))
			return false;
	}
	return !streams[0].more && !streams[1].more;
}

bool
summary_equal(FmgrInfo *flinfo, const RetentionSummary *one, const RetentionSummary *other)
{
	one = summary_canonical(flinfo, one);
	other = summary_canonical(flinfo, other);
	if (VARSIZE(one) == VARSIZE(other) && memcmp(one, other, VARSIZE(one)) == 0)
		return true;
	if (one->layout != SUMMARY_SENT || other->layout != SUMMARY_SENT ||
		one->nsorted != other->nsorted || one->identity_size != other->identity_size ||
		memcmp(one->bytes, other->bytes, one->identity_size) != 0)
		return false;
	return same_customers(flinfo, one, other);
}
