/*
 * summary/seenlog.c
 *		Buckets of customers that no window holds, while the rows of a group come.
 *
 * The log has a word for each row, made of the customer's place, which is a number from 1, and the bucket.  It is only
 * written at its end; it is sorted when it has grown, and then keeps two rows at most for each customer and bucket.
 */
#include "summary/seenlog.h"

#include "utils/memutils.h"

#define FIRST_ROOM 64

/* Duplicates are removed from the log once it has this many rows, and this many for each customer in it. */
#define LIMIT (1024 * 1024)
#define LIMIT_PER_CUSTOMER 16

/* A row of the log: its customer's place and the bucket, as a word that sorts by place and bucket. */
#define ROW(place, bucket) ((uint64) (place) << 32 | ((uint32) (bucket) ^ 0x80000000U))
#define ROW_PLACE(row) ((uint32) ((row) >> 32))
#define ROW_BUCKET(row) ((int32) ((uint32) (row) ^ 0x80000000U))

#define RADIX_SORT sort_rows
#define RADIX_ELEMENT uint64
#define RADIX_KEY(row) (row)
#include "base/radixsort.h"

static void
sort_log(SeenLog *log, int first_digit)
{
	uint64	   *scratch = palloc_extended(log->n * sizeof(uint64), MCXT_ALLOC_HUGE);

	sort_rows(log->rows, scratch, log->n, first_digit);
	pfree(scratch);
}

/*
 * Of equal rows two are enough.
 */
static void
remove_duplicates(SeenLog *log)
{
	uint64		kept = 0;
	uint64		i;

	sort_log(log, 0);
	for (i = 0; i < log->n; i++)
		if (kept < 2 || log->rows[kept - 2] != log->rows[i])
			log->rows[kept++] = log->rows[i];
	log->n = kept;
	log->limit = Max(2 * kept, LIMIT);
}

void
seenlog_init(SeenLog *log, MemoryContext cxt)
{
	log->cxt = cxt;
	log->rows = NULL;
	log->n = 0;
	log->room = FIRST_ROOM;
	log->limit = LIMIT;
}

/*
 * Add a row of the customer who has this place of so many.
 */
void
seenlog_add(SeenLog *log, uint32 place, int32 bucket, uint32 nplaces)
{
	if (log->n == log->limit)
	{
		log->limit = Max(log->limit, LIMIT_PER_CUSTOMER * (uint64) nplaces);
		if (log->n == log->limit)
			remove_duplicates(log);
	}
	if (log->rows == NULL)
		log->rows = MemoryContextAlloc(log->cxt, log->room * sizeof(uint64));
	else if (log->n == log->room)
	{
		log->room *= 2;
		log->rows = repalloc_huge(log->rows, log->room * sizeof(uint64));
	}
	log->rows[log->n++] = ROW(place, bucket);
}

/*
 * Sort the log's rows by place.  Element i of the array returned is where those of place i start.
 */
uint64 *
seenlog_sort(SeenLog *log, uint32 nplaces)
{
	uint64	   *start = palloc_extended(((uint64) nplaces + 2) * sizeof(uint64), MCXT_ALLOC_HUGE);
	uint64		place = 0;
	uint64		i;

	sort_log(log, RADIX_DIGITS / 2);
	for (i = 0; i < log->n; i++)
		while (place <= ROW_PLACE(log->rows[i]))
			start[place++] = i;
	while (place <= (uint64) nplaces + 1)
		start[place++] = log->n;
	return start;
}

/*
 * Marks of sorted rows of the log, those before a bucket or else those from it on; returns how many.
 */
static uint32
mark_rows(SeenMark *marks, const uint64 *rows, uint64 nrows, int64 bucket, bool before)
{
	uint32		n = 0;
	uint64		i;

	for (i = 0; i < nrows; i++)
	{
		if ((ROW_BUCKET(rows[i]) < bucket) != before)
			continue;
		if (i > 0 && rows[i] == rows[i - 1])
			marks[n - 1] = SEEN_MARK(ROW_BUCKET(rows[i]), true);
		else
			marks[n++] = SEEN_MARK(ROW_BUCKET(rows[i]), false);
	}
	return n;
}

/*
 * Add a customer's rows in the log to what is in the window; they are before the window or behind it.
 */
void
seenlog_gather(SeenSet *seen, uint64 *rows, uint64 nrows, MarkBuffer *buffer)
{
	uint64		room = SEEN_BITS + nrows;
	int32		first = seen->first;
	uint32		nmarks;
	uint64		i;

	if (room > buffer->room)
	{
		buffer->room = room * 2;
		buffer->marks = palloc_extended(buffer->room * sizeof(SeenMark), MCXT_ALLOC_HUGE);
		buffer->memory = palloc_extended(SEEN_SIZE_BOUND(buffer->room), MCXT_ALLOC_HUGE);
	}

	/* Rows mostly come in the order of time. */
	for (i = 1; i < nrows && rows[i - 1] <= rows[i]; i++)
		;
	if (i < nrows)
		sort_rows(rows, (uint64 *) buffer->marks, nrows, 0);

	nmarks = mark_rows(buffer->marks, rows, nrows, first, true);
	nmarks += seenset_marks(seen, buffer->marks + nmarks);
	nmarks += mark_rows(buffer->marks + nmarks, rows, nrows, first, false);
	seenset_from_marks(seen, buffer->marks, nmarks, buffer->memory);
}
