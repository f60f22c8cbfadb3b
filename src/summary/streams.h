/*
 * summary/streams.h
 *		The customers of values in the order in which they merge.  See summary/streams.c.
 */
#ifndef RETENTION_SUMMARY_STREAMS_H
#define RETENTION_SUMMARY_STREAMS_H

#include "summary/summary.h"

/* Where an entry starts. */
typedef struct EntryRef
{
	uint64		order;
	const uint8 *at;
} EntryRef;

/* A value's entries in order: as they are read, if they should be sorted, or else by references. */
typedef struct EntryStream
{
	SummaryReader reader;
	EntryRef   *refs;			/* NULL: as they are read */
	uint64		nrefs;
	uint64		next_ref;
	bool		more;
	bool		disorder;		/* an entry's order is less than the one's before */
	SummaryEntry entry;			/* the next one, if there is more */
} EntryStream;

/* Entries of the same order. */
typedef struct EntryGroup
{
	SummaryEntry *entries;
	uint32		n;
	uint32		room;
	MemoryContext scratch;		/* for unions */
} EntryGroup;

extern void entrystream_begin(EntryStream *stream, const RetentionSummary *summary, const SummarySignature *signature,
							  bool appended, bool sort);
extern void entrygroup_add(EntryGroup *group, const SummaryEntry *entry);

static inline void
entrystream_advance(EntryStream *stream)
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

#endif							/* RETENTION_SUMMARY_STREAMS_H */
