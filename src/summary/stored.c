/*
 * summary/stored.c
 *		The bytes of a summary: opening, reading, writing.
 *
 * A value has two forms.  Canonical, as stored and sent, it has the customers in order:
 *
 *		| header | identity | customer | customer | ... |
 *
 * Each is a key, for numbers as the distance from the one before, a set of buckets (summary/seenset.c), and in a
 * revenue_summary an amount for each of the buckets (summary/amounts.c).  A million customers with two years of months
 * take some 8 MB without the amounts.  A working value, the state of a running rollup, has slack
 * behind it, where customers are appended as they come:
 *
 *		| header | identity | customer | ... | appended customer | ... | slack |
 *
 * Readers take both.  No byte is trusted: whatever is read is checked against where the value ends, and the numbers
 * in the header are compared with what is found.
 */
#include "summary/summary.h"

#include "base/varint.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#define UUID_SIZE 16
#define HEADER_SIZE offsetof(RetentionSummary, bytes)

/* Of a value with its slack; a worker sends it in a tuple, which must fit, too. */
#define MAX_SIZE (MaxAllocSize - 1024)

/* What an entry takes at most beside its set and the bytes of its key: the key's size or its number. */
#define KEY_SIZE_BOUND VARINT_MAX_SIZE

/*
 * All stored values of either type are opened here; old versions will be brought up to date here.
 */
const RetentionSummary *
summary_open_any(struct varlena *value)
{
	const RetentionSummary *summary = (RetentionSummary *) value;
	uint64		size = VARSIZE(value);

	if (size < HEADER_SIZE)
		summary_corrupt();
	(void) summary_check_version(summary->version, NULL);
	size -= HEADER_SIZE;
	if (summary->layout > SUMMARY_SENT || summary->first > summary->last ||
		summary->scale < NO_AMOUNTS || summary->scale > AMOUNT_DIGITS_MAX ||
		summary->identity_size > size ||
		summary->sorted_size > size - summary->identity_size ||
		summary->appended_size > size - summary->identity_size - summary->sorted_size ||
		summary->nsorted > summary->sorted_size || summary->nappended > summary->appended_size ||
		(summary->nsorted == 0 && summary->nappended == 0))
		summary_corrupt();
	return summary;
}

/*
 * The same of one type: does it have amounts?
 */
const RetentionSummary *
summary_open(struct varlena *value, bool amounts)
{
	const RetentionSummary *summary = summary_open_any(value);

	if (summary_has_amounts(summary) != amounts)
		summary_corrupt();
	return summary;
}

void
summary_read_sorted(SummaryReader *reader, const RetentionSummary *summary, const SummarySignature *signature)
{
	reader->summary = summary;
	reader->signature = signature;
	reader->cur = summary->bytes + summary->identity_size;
	reader->end = reader->cur + summary->sorted_size;
	reader->left = summary->nsorted;
	reader->number = 0;
	reader->appended = false;
}

void
summary_read_appended(SummaryReader *reader, const RetentionSummary *summary, const SummarySignature *signature)
{
	reader->summary = summary;
	reader->signature = signature;
	reader->cur = summary->bytes + summary->identity_size + summary->sorted_size;
	reader->end = reader->cur + summary->appended_size;
	reader->left = summary->nappended;
	reader->number = 0;
	reader->appended = true;
}

/*
 * The next key; false if its bytes are damaged.
 */
static inline bool
read_key(SummaryReader *reader, SummaryEntry *entry)
{
	const RetentionSummary *summary = reader->summary;
	uint64		number = UUID_SIZE;

	if (summary->layout != SUMMARY_UUID)
		reader->cur = varint_get(reader->cur, reader->end, &number);
	if (unlikely(reader->cur == NULL))
		return false;

	if (summary->layout == SUMMARY_NUMBER)
	{
		entry->order = reader->appended ? number : reader->number + number;
		if (unlikely(!reader->appended && entry->order <= reader->number && reader->left != summary->nsorted))
			return false;
		reader->number = entry->order;
		entry->key = NULL;
		entry->key_size = 0;
		return true;
	}
	if (unlikely(number > reader->end - reader->cur))
		return false;
	entry->key = reader->cur;
	entry->key_size = (uint32) number;
	reader->cur += number;
	entry->order = reader->signature ? summary_key_order(reader->signature, entry->key, entry->key_size) : 0;
	return true;
}

/*
 * The amounts behind the set of buckets, if there are any; false if they are damaged.
 */
static inline bool
read_amounts(SummaryReader *reader, SummaryEntry *entry)
{
	entry->amounts = NULL;
	entry->amounts_size = 0;
	if (!summary_has_amounts(reader->summary))
		return true;
	entry->amounts = reader->cur;
	reader->cur = amounts_skip(reader->cur, reader->end, seenset_count(&entry->seen));
	if (unlikely(reader->cur == NULL))
		return false;
	entry->amounts_size = reader->cur - entry->amounts;
	return true;
}

static inline bool
read_next(SummaryReader *reader, SummaryEntry *entry, bool *damaged)
{
	const RetentionSummary *summary = reader->summary;

	if (reader->left == 0)
	{
		*damaged = reader->cur != reader->end;
		return false;
	}
	*damaged = true;
	if (unlikely(!read_key(reader, entry)))
		return false;
	reader->cur = seenset_read(reader->cur, reader->end, summary->base, &entry->seen);
	if (unlikely(reader->cur == NULL || entry->seen.first < summary->first ||
				 entry->seen.last > summary->last))
		return false;
	if (unlikely(!read_amounts(reader, entry)))
		return false;
	*damaged = false;
	if (unlikely(reader->left-- % 65536 == 0))
		CHECK_FOR_INTERRUPTS();
	return true;
}

/*
 * The next customer; false if there is none.
 */
bool
summary_next(SummaryReader *reader, SummaryEntry *entry)
{
	bool		damaged;
	bool		found = read_next(reader, entry, &damaged);

	if (unlikely(damaged))
		summary_corrupt();
	return found;
}

/*
 * The same, and false as well if the bytes are damaged.
 */
bool
summary_next_or_damaged(SummaryReader *reader, SummaryEntry *entry, bool *damaged)
{
	return read_next(reader, entry, damaged);
}

/*
 * The customer whose bytes start at a place where the reader has been, if keys are not written as distances.
 */
void
summary_entry_at(const SummaryReader *reader, const uint8 *at, SummaryEntry *entry)
{
	SummaryReader there = *reader;

	there.cur = at;
	there.left = 1;
	(void) summary_next(&there, entry);
}

/*
 * Bytes that an entry takes at most.
 */
static Size
entry_bound(const SummaryEntry *entry)
{
	return KEY_SIZE_BOUND + entry->key_size + seenset_size_bound(&entry->seen) + entry->amounts_size;
}

/*
 * Write an entry; "before" is subtracted from a number.  Returns where it ends.
 */
static uint8 *
put_entry(uint8 *to, SummaryLayout layout, const SummaryEntry *entry, uint64 before, int32 base)
{
	if (layout == SUMMARY_NUMBER)
		to = varint_put(to, entry->order - before);
	else
	{
		if (layout != SUMMARY_UUID)
			to = varint_put(to, entry->key_size);
		memcpy(to, entry->key, entry->key_size);
		to += entry->key_size;
	}
	to = seenset_write(to, &entry->seen, base);
	if (entry->amounts_size > 0)
		memcpy(to, entry->amounts, entry->amounts_size);
	return to + entry->amounts_size;
}

/*
 * Append a customer to a working value; false if there is no room.
 */
bool
summary_append(RetentionSummary *state, const SummaryEntry *entry)
{
	Size		size = summary_size(state);
	uint8	   *start = (uint8 *) state + size;

	if (entry_bound(entry) > VARSIZE(state) - size)
		return false;
	state->appended_size += put_entry(start, state->layout, entry, 0, state->base) - start;
	state->nappended++;
	state->first = Min(state->first, entry->seen.first);
	state->last = Max(state->last, entry->seen.last);
	return true;
}

static void
too_large(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("summary is too large"),
			 errdetail("A value cannot exceed 1 GB."),
			 errhint("Group by a segment, or choose a wider bucket.")));
}

/*
 * Make room for more bytes.
 */
static void
make_room(SummaryWriter *writer, uint64 more)
{
	uint64		room = writer->size + more;

	if (room <= writer->room)
		return;
	room = Max(room, Min(2 * writer->room, MAX_SIZE));
	if (room > MAX_SIZE)
		too_large();
	writer->summary = repalloc(writer->summary, room);
	writer->room = room;
}

/*
 * Start a value with buckets from "base" on, its size as expected; it is made in the current memory context.  Unless
 * the scale is NO_AMOUNTS, all customers have amounts.
 */
void
summary_write_begin(SummaryWriter *writer, SummarySignature *signature, int32 base, int32 scale, uint64 expected)
{
	RetentionSummary *summary;

	writer->signature = signature;
	writer->size = HEADER_SIZE + signature->identity_size;
	writer->room = Min(writer->size + expected, MAX_SIZE);
	writer->number = 0;
	summary = writer->summary = palloc(writer->room);
	memset(summary, 0, HEADER_SIZE);
	summary->version = SUMMARY_VERSION;
	summary->layout = signature->layout;
	summary->identity_size = signature->identity_size;
	summary->last_at = DT_NOBEGIN;
	summary->known_until = DT_NOEND;
	summary->base = base;
	summary->scale = scale;
	summary->first = PG_INT32_MAX;
	summary->last = PG_INT32_MIN;
	memcpy(summary->bytes, signature->identity, signature->identity_size);
}

/*
 * What the value knows: when anybody was seen last, and until when who was seen is known at all.
 */
void
summary_write_times(SummaryWriter *writer, TimestampTz last_at, TimestampTz known_until)
{
	writer->summary->last_at = last_at;
	writer->summary->known_until = known_until;
}

/*
 * Write the next customer, in order.
 */
void
summary_write(SummaryWriter *writer, const SummaryEntry *entry)
{
	RetentionSummary *summary;
	uint8	   *start;
	uint8	   *end;

	make_room(writer, entry_bound(entry));
	summary = writer->summary;
	start = (uint8 *) summary + writer->size;
	end = put_entry(start, summary->layout, entry, writer->number, summary->base);
	writer->size += end - start;
	writer->number = entry->order;
	summary->nsorted++;
	summary->first = Min(summary->first, entry->seen.first);
	summary->last = Max(summary->last, entry->seen.last);
}

/*
 * The finished value: canonical, or with slack a working one.
 */
RetentionSummary *
summary_write_end(SummaryWriter *writer, uint64 slack)
{
	RetentionSummary *summary;

	if (writer->size + slack > MAX_SIZE)
		slack = MAX_SIZE - writer->size;
	make_room(writer, slack);
	summary = writer->summary;
	summary->sorted_size = writer->size - HEADER_SIZE - summary->identity_size;
	memset((char *) summary + writer->size, 0, slack);
	SET_VARSIZE(summary, writer->size + slack);
	return summary;
}
