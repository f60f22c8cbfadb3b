/*
 * survival/stored.c
 *		Durations as they are stored: three lists, and the one door by which they come in.
 *
 * Until when is somebody to whom it happened watched?  The curve does not ask: what happened ended the
 * watching.  But of "how many of those who were watched for 30 days ordered again in them" it is the whole
 * point: who ordered again on the third day and came last week must not count, or the young customers who
 * were quick would be in, and the young ones who were slow would not.  So it must be known, of each of them.
 * Not together with the time at which it happened, though.  Nothing happens to somebody who is not watched
 * any more; hence
 *
 *		happened within e, and watched for e = happened within e - watched for less than e
 *
 * and a list of the ones and a list of the others answer the question for every e.  Pairs of exact times
 * would not fit: a million of them take 9 MB even in theory, since either time looks random beside the other.
 *
 *		| version | list | list | list |		DURATION_EVENT, DURATION_WATCHED, DURATION_CENSORED
 *
 *		list: count | size of the rest | shortest duration | unit | step | step | 0, how many more | step | ...
 *
 * All numbers are varints.  A list of nobody ends after its count.  Durations rise from one to the next by a
 * number of units, of which the unit is the largest possible; where it is whole seconds or days nobody has to
 * say so.  Most exact durations occur once, which costs nothing; a step of 0 says how many more are of the
 * same length.  So a million exact durations of two years take 4 bytes each, and the days of two years some 7
 * kB in all.
 *
 * There is one form of writing them only: equal values are equal byte by byte, and are sent as they are
 * stored.
 */
#include "survival/durations.h"

#include "base/damage.h"
#include "base/varint.h"

#include "common/int.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* Bytes of a cell: a step, 0, how many more. */
#define CELL_SIZE_MAX (2 * VARINT_MAX_SIZE + 1)

/* Bytes of a list before its cells. */
#define LIST_HEADER_MAX (4 * VARINT_MAX_SIZE)

bool
durations_damaged(Node *escontext)
{
	return value_damaged("durations", escontext);
}

/*
 * Where a list ends; NULL if it is damaged.
 */
static const uint8 *
parse_list(DurationList *list, const uint8 *from, const uint8 *end)
{
	uint64		size = 0;

	from = varint_get(from, end, &list->count);
	if (from != NULL && list->count > 0)
		from = varint_get(from, end, &size);
	if (from == NULL || list->count > DURATIONS_MAX_COUNT || size > end - from)
		return NULL;
	list->from = from;
	list->end = from + size;
	return list->end;
}

/*
 * The lists in a value, of which only the sizes are checked; false if an error was noted.
 */
bool
durations_parse(struct varlena *value, Durations *durations, Node *escontext)
{
	const uint8 *from = (const uint8 *) VARDATA_ANY(value);
	const uint8 *end = from + VARSIZE_ANY_EXHDR(value);
	uint8		version = from < end ? *from++ : DURATIONS_VERSION;
	int			i;

	if (!value_check_version("durations", version, DURATIONS_VERSION, escontext))
		return false;
	for (i = 0; i < DURATION_KINDS && from != NULL; i++)
		from = parse_list(&durations->lists[i], from, end);
	if (from != end)
		return durations_damaged(escontext);
	return true;
}

/*
 * The one door to stored values; old versions will be brought up to date here.
 */
Durations
durations_of(Datum value)
{
	Durations	durations;

	(void) durations_parse(PG_DETOAST_DATUM_PACKED(value), &durations, NULL);
	return durations;
}

void
durations_read(DurationReader *reader, const DurationList *list)
{
	memset(reader, 0, sizeof(*reader));
	reader->left = list->count;
	reader->cur = list->from;
	reader->end = list->end;
	if (list->count == 0)
		return;
	reader->cur = varint_get(reader->cur, reader->end, &reader->duration);
	if (reader->cur != NULL)
		reader->cur = varint_get(reader->cur, reader->end, &reader->unit);
	reader->damaged = reader->cur == NULL || reader->duration > PG_INT64_MAX;
}

/*
 * Read a step; false if there is none that leads further.
 */
static inline bool
read_step(DurationReader *reader)
{
	uint64		step;
	uint64		distance;

	reader->cur = varint_get(reader->cur, reader->end, &step);
	if (unlikely(reader->cur == NULL || pg_mul_u64_overflow(step, reader->unit, &distance) || distance == 0 ||
				 distance > PG_INT64_MAX - reader->duration))
		return false;
	reader->duration += distance;
	return true;
}

/*
 * How many are of the same length; 0 if that cannot be read.
 */
static inline uint64
read_count(DurationReader *reader)
{
	uint64		more = 0;

	if (reader->cur == reader->end || *reader->cur != 0)
		return 1;
	reader->cur = varint_get(reader->cur + 1, reader->end, &more);
	return unlikely(reader->cur == NULL || more == 0 || more >= reader->left) ? 0 : more + 1;
}

/*
 * The next cell; false if there is none, or if the bytes are damaged, which the reader notes.
 */
bool
durations_next_or_damaged(DurationReader *reader, DurationCell *cell)
{
	if (reader->left == 0)
	{
		reader->damaged |= reader->cur != reader->end;
		return false;
	}
	if (unlikely(reader->damaged || (reader->begun && !read_step(reader)) ||
				 (cell->count = read_count(reader)) == 0))
	{
		reader->damaged = true;
		return false;
	}
	cell->duration = reader->duration;
	reader->begun = true;
	reader->left -= cell->count;
	return true;
}

/*
 * The next cell; false if there is none.
 */
bool
durations_next(DurationReader *reader, DurationCell *cell)
{
	if (likely(durations_next_or_damaged(reader, cell)))
		return true;
	if (reader->damaged)
		(void) durations_damaged(NULL);
	return false;
}

/*
 * The greatest number of which both are multiples; 0 is one of all.
 */
static uint64
common_unit(uint64 one, uint64 other)
{
	while (other != 0)
	{
		uint64		rest = one % other;

		one = other;
		other = rest;
	}
	return one;
}

/*
 * Is the list as it would be written here?
 */
static bool
list_valid(const DurationList *list)
{
	DurationReader reader;
	DurationCell cell;
	uint64		first;
	uint64		unit = 0;

	durations_read(&reader, list);
	first = reader.duration;
	while (durations_next_or_damaged(&reader, &cell))
	{
		unit = common_unit(unit, cell.duration - first);
		if (reader.left % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
	}
	return !reader.damaged && unit == reader.unit;
}

/*
 * Could each have been watched until it happened at least?  There must be as many events up to each duration
 * as there are among them who were watched no longer.
 */
static bool
watched_long_enough(const Durations *durations)
{
	DurationReader events;
	DurationReader watched;
	DurationCell event;
	DurationCell watch;
	uint64		nevents = 0;
	uint64		nwatched = 0;
	bool		more;

	durations_read(&events, &durations->lists[DURATION_EVENT]);
	durations_read(&watched, &durations->lists[DURATION_WATCHED]);
	more = durations_next(&events, &event);
	while (durations_next(&watched, &watch))
	{
		nwatched += watch.count;
		for (; more && event.duration <= watch.duration; more = durations_next(&events, &event))
			nevents += event.count;
		if (nevents < nwatched)
			return false;
		if (watched.left % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
	}
	return true;
}

/*
 * Is a value as it would be written here?
 */
bool
durations_valid(const Durations *durations)
{
	const DurationList *lists = durations->lists;

	return list_valid(&lists[DURATION_EVENT]) && list_valid(&lists[DURATION_WATCHED]) &&
		list_valid(&lists[DURATION_CENSORED]) &&
		lists[DURATION_EVENT].count + lists[DURATION_CENSORED].count > 0 &&
		watched_long_enough(durations);
}

static void
put(StringInfo to, uint64 number)
{
	to->len = (char *) varint_put((uint8 *) to->data + to->len, number) - to->data;
}

static void
make_room(StringInfo to, Size more)
{
	if (to->len + more >= MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("durations are too large"),
				 errdetail("A value cannot exceed 1 GB."),
				 errhint("Group by a segment, or round the times to hours or days.")));
	enlargeStringInfo(to, more);
}

/*
 * What follows a list's count and size.
 */
static void
write_cells(StringInfo to, const DurationLog *log)
{
	uint64		unit = 0;
	uint64		i;

	/* Most units are found among the first few. */
	for (i = 1; i < log->n && unit != 1; i++)
		unit = common_unit(unit, log->cells[i].duration - log->cells[0].duration);
	make_room(to, LIST_HEADER_MAX);
	put(to, log->cells[0].duration);
	put(to, unit);
	for (i = 0; i < log->n; i++)
	{
		const DurationCell *cell = &log->cells[i];

		make_room(to, CELL_SIZE_MAX);
		if (i > 0)
			put(to, (cell->duration - cell[-1].duration) / unit);
		if (cell->count > 1)
		{
			put(to, 0);
			put(to, cell->count - 1);
		}
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
	}
}

static void
write_list(StringInfo to, DurationLog *log)
{
	StringInfoData cells;

	make_room(to, LIST_HEADER_MAX);
	put(to, log->count);
	if (log->count == 0)
		return;
	durationlog_sort(log);
	initStringInfo(&cells);
	write_cells(&cells, log);
	put(to, cells.len);
	make_room(to, cells.len);
	appendBinaryStringInfo(to, cells.data, cells.len);
	pfree(cells.data);
}

/*
 * The value of three lists, which are sorted for it.
 */
struct varlena *
durations_write(DurationLog *logs)
{
	StringInfoData to;
	int			i;

	initStringInfo(&to);
	appendStringInfoSpaces(&to, VARHDRSZ);
	appendStringInfoChar(&to, DURATIONS_VERSION);
	for (i = 0; i < DURATION_KINDS; i++)
		write_list(&to, &logs[i]);
	SET_VARSIZE(to.data, to.len);
	return (struct varlena *) to.data;
}
