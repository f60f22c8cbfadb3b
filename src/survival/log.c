/*
 * survival/log.c
 *		Durations as they are collected: an array, sorted when it is read.
 *
 * When the array is full it is sorted, and what is equal is added up, before it is given twice the room:
 * durations of whole days never take more than there are days.  Where all differ, as exact times do, that
 * sorts each about twice.
 */
#include "survival/durations.h"

#include "utils/memutils.h"

#define FIRST_ROOM 4

#define RADIX_SORT sort_cells
#define RADIX_ELEMENT DurationCell
#define RADIX_KEY(cell) (cell).duration
#include "base/radixsort.h"

/*
 * Sort the cells, and have one for each duration.
 */
void
durationlog_sort(DurationLog *log)
{
	DurationCell *scratch = NULL;
	uint64		kept = 0;
	uint64		i;

	if (!log->unsorted)
		return;
	/* Few cells are sorted where they are. */
	if (log->n > RADIX_SMALL)
		scratch = palloc_extended(log->n * sizeof(DurationCell), MCXT_ALLOC_HUGE);
	sort_cells(log->cells, scratch, log->n, 0);
	if (scratch != NULL)
		pfree(scratch);
	for (i = 1; i < log->n; i++)
	{
		if (log->cells[i].duration == log->cells[kept].duration)
			log->cells[kept].count += log->cells[i].count;
		else
			log->cells[++kept] = log->cells[i];
	}
	log->n = kept + 1;
	log->unsorted = false;
}

/*
 * Make room for more cells; "cxt" is where the log's first ones go.
 */
void
durationlog_reserve(DurationLog *log, MemoryContext cxt, uint64 more)
{
	if (more <= log->room - log->n)
		return;
	log->room = Max(Max(2 * log->room, FIRST_ROOM), log->n + more);
	if (log->cells == NULL)
		log->cells = MemoryContextAllocHuge(cxt, log->room * sizeof(DurationCell));
	else
		log->cells = repalloc_huge(log->cells, log->room * sizeof(DurationCell));
}

static void
make_room(DurationLog *log, MemoryContext cxt)
{
	durationlog_sort(log);
	if (log->n >= log->room / 2)
		durationlog_reserve(log, cxt, log->room - log->n + 1);
}

/*
 * Add so many of one duration.
 */
void
durationlog_add(DurationLog *log, MemoryContext cxt, uint64 duration, uint64 count)
{
	DurationCell *last;

	log->count += count;
	if (unlikely(log->count > DURATIONS_MAX_COUNT))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many durations in one value"),
				 errdetail("There can be at most %llu.", (unsigned long long) DURATIONS_MAX_COUNT)));
	if (unlikely(log->n == log->room))
		make_room(log, cxt);
	last = log->cells + log->n;
	if (log->n > 0 && last[-1].duration == duration)
	{
		last[-1].count += count;
		return;
	}
	log->unsorted |= log->n > 0 && last[-1].duration > duration;
	last->duration = duration;
	last->count = count;
	log->n++;
}
