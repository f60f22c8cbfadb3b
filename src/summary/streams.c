/*
 * summary/streams.c
 *		The customers of values in the order in which they merge.
 *
 * The sorted customers of a value are read as they come.  Those that were appended to a working value, and all of a
 * value that turned out to be in another order, are read through an array of references, which is sorted.
 */
#include "summary/streams.h"

#include "utils/memutils.h"

#define RADIX_SORT sort_refs
#define RADIX_ELEMENT EntryRef
#define RADIX_KEY(ref) (ref).order
#include "base/radixsort.h"

/*
 * Add a reference to each entry that is left to read.
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
void
entrystream_begin(EntryStream *stream, const RetentionSummary *summary, const SummarySignature *signature,
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

		/* The references have the orders; they need not be computed again. */
		stream->reader.signature = NULL;
	}
	entrystream_advance(stream);
}

void
entrygroup_add(EntryGroup *group, const SummaryEntry *entry)
{
	if (group->n == group->room)
	{
		group->room *= 2;
		group->entries = repalloc_huge(group->entries, group->room * sizeof(SummaryEntry));
	}
	group->entries[group->n++] = *entry;
}
