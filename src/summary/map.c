/*
 * summary/map.c
 *		Customers and the buckets in which they were seen, while the rows of a group come.
 *
 * A customer map holds a window of 64 buckets for each customer:
 *
 *		first	| seen     0 0 1 0 ... 1 1 |	bit i: bucket first + i
 *				| repeated 0 0 0 0 ... 1 0 |
 *
 * A window starts at the customer's first bucket and moves down when an earlier one comes, as long as all of its bits
 * stay inside.  With months that is all that ever happens, and a row costs one access to memory.  Rows out of
 * reach, as with days over years, go to a log of (place, bucket), where a place is the number of a customer who has
 * such rows.  The log is only written at its end; it is sorted when it has grown, and then keeps two rows at most for
 * each customer and bucket.  A bucket is always in the window or always in the log: what was out of the window's
 * reach once stays so, since a customer's first and last bucket only move apart.
 */
#include "summary/map.h"

#include "agg/aggstate.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#define CUSTOMER_MAP_PREFIX windows
#define CUSTOMER_MAP_VALUE SeenWindow
#define CUSTOMER_MAP_IS_EMPTY(window) seenwindow_is_empty(&(window))
#define CUSTOMER_MAP_SCOPE static inline
#include "agg/customer_table.h"

StaticAssertDecl(sizeof(windows_NarrowEntry) == 32, "a number and its window take more than half a cache line");

/* The highest of the digits that differ; they tell nearly all customers apart. */
#define SORTED_DIGITS 4

#define LOG_FIRST_ROOM 64

/* What a customer usually takes in a value, for a first allocation. */
#define CUSTOMER_SIZE 12

#define MAX_PLACES ((1U << SEEN_PLACE_BITS) - 1)

/* Duplicates are removed from the log once it has this many rows, and this many for each customer in it. */
#define LOG_LIMIT (1024 * 1024)
#define LOG_LIMIT_PER_CUSTOMER 16

/* Prefetch distance, in customers: in the order of their keys they lie anywhere in memory. */
#define CUSTOMERS_AHEAD 8

/* A row of the log: its customer's place and the bucket, as a word that sorts by place and bucket. */
#define ROW(place, bucket) ((uint64) (place) << 32 | ((uint32) (bucket) ^ 0x80000000U))
#define ROW_PLACE(row) ((uint32) ((row) >> 32))
#define ROW_BUCKET(row) ((int32) ((uint32) (row) ^ 0x80000000U))

struct SummaryMap
{
	CustomerMap map;			/* customer -> window */
	bool		numbers;		/* keys are written as numbers */
	uint64	   *log;
	uint64		nlog;
	uint32		nplaces;		/* customers who have rows there */
	int32		first;			/* the first and the last bucket of all customers */
	int32		last;
	uint64		log_room;
	uint64		log_limit;		/* rows at which duplicates are removed */
};

/* A customer that is to be written, if its key is not a number. */
typedef struct KeyBytes
{
	CustomerKey customer;		/* may hold the bytes */
	const uint8 *bytes;
	uint32		size;
	const SeenWindow *window;
} KeyBytes;

typedef struct CustomerRef
{
	uint64		order;
	union
	{
		const SeenWindow *window;	/* if the key is a number */
		const KeyBytes *key;		/* if it is not */
	}			at;
} CustomerRef;

#define RADIX_SORT sort_rows
#define RADIX_ELEMENT uint64
#define RADIX_KEY(row) (row)
#include "base/radixsort.h"

#define RADIX_SORT sort_customers
#define RADIX_ELEMENT CustomerRef
#define RADIX_KEY(ref) (ref).order
#include "base/radixsort.h"

static void
sort_log(SummaryMap *map, int first_digit)
{
	uint64	   *scratch = palloc_extended(map->nlog * sizeof(uint64), MCXT_ALLOC_HUGE);

	sort_rows(map->log, scratch, map->nlog, first_digit);
	pfree(scratch);
}

/*
 * Of equal rows two are enough.
 */
static void
remove_duplicates(SummaryMap *map)
{
	uint64		kept = 0;
	uint64		i;

	sort_log(map, 0);
	for (i = 0; i < map->nlog; i++)
		if (kept < 2 || map->log[kept - 2] != map->log[i])
			map->log[kept++] = map->log[i];
	map->nlog = kept;
	map->log_limit = Max(2 * kept, LOG_LIMIT);
}

static void
log_row(SummaryMap *map, uint64 row)
{
	if (map->nlog == map->log_limit)
	{
		map->log_limit = Max(map->log_limit, LOG_LIMIT_PER_CUSTOMER * (uint64) map->nplaces);
		if (map->nlog == map->log_limit)
			remove_duplicates(map);
	}
	if (map->log == NULL)
		map->log = MemoryContextAlloc(map->map.cxt, map->log_room * sizeof(uint64));
	else if (map->nlog == map->log_room)
	{
		map->log_room *= 2;
		map->log = repalloc_huge(map->log, map->log_room * sizeof(uint64));
	}
	map->log[map->nlog++] = row;
}

static uint32
new_place(SummaryMap *map)
{
	if (map->nplaces == MAX_PLACES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a group has more than %u customers seen over more than %d buckets", MAX_PLACES, SEEN_BITS),
				 errhint("Group by a segment, or choose a wider bucket.")));
	return ++map->nplaces;
}

static inline void
apply_bucket(CustomerMap *customers, SeenWindow *window, uint64 bucket)
{
	SummaryMap *map = (SummaryMap *) customers;

	map->first = Min(map->first, (int32) bucket);
	map->last = Max(map->last, (int32) bucket);
	if (likely(seenwindow_add(window, (int32) bucket)))
		return;
	if (seenwindow_place(window) == 0)
		seenwindow_set_place(window, new_place(map));
	log_row(map, ROW(seenwindow_place(window), bucket));
}

/*
 * A map with the customer that has been the only one until now.
 */
SummaryMap *
summary_map_create(FunctionCallInfo fcinfo, const SummarySignature *signature, CustomerKey customer,
				   const SeenWindow *window)
{
	SummaryMap *map = windows_create(fcinfo, sizeof(SummaryMap), &signature->keys);

	map->numbers = signature->layout == SUMMARY_NUMBER;
	map->log_room = LOG_FIRST_ROOM;
	map->log_limit = LOG_LIMIT;
	map->first = seenwindow_first(window);
	map->last = map->first + pg_leftmost_one_pos64(seenwindow_seen(window));
	*windows_insert(&map->map, customer) = *window;
	return map;
}

void
summary_map_add(SummaryMap *map, Datum customer, int32 bucket)
{
	windows_add(&map->map, apply_bucket, customer, (uint64) (uint32) bucket);
}

static int
compare_refs(const void *one, const void *other)
{
	const KeyBytes *x = ((const CustomerRef *) one)->at.key;
	const KeyBytes *y = ((const CustomerRef *) other)->at.key;

	return summary_bytes_compare(x->bytes, x->size, y->bytes, y->size);
}

/*
 * Finish sorting where nearly all customers differ in the digits sorted by: move the few others one by one.  Returns
 * false if they are too many for that.
 */
static bool
finish_sort(CustomerRef *refs, uint64 n)
{
	uint64		moves = 0;
	uint64		i;

	for (i = 1; i < n; i++)
	{
		CustomerRef moved = refs[i];
		uint64		place = i;

		for (; place > 0 && refs[place - 1].order > moved.order; place--)
			refs[place] = refs[place - 1];
		refs[place] = moved;
		moves += i - place;
		if (moves > n)
			return false;
	}
	return true;
}

/*
 * Customers whose hashes are the same are sorted by their bytes.
 */
static void
sort_ties(CustomerRef *refs, uint64 n)
{
	uint64		from;
	uint64		to;

	for (from = 0; from < n; from = to)
	{
		for (to = from + 1; to < n && refs[to].order == refs[from].order; to++)
			;
		if (to - from > 1)
			qsort(refs + from, to - from, sizeof(CustomerRef), compare_refs);
	}
}

/*
 * All customers, sorted by their keys.
 */
static CustomerRef *
sorted_customers(SummaryMap *map, const SummarySignature *signature, uint64 n)
{
	CustomerRef *refs = palloc_extended(n * sizeof(CustomerRef), MCXT_ALLOC_HUGE);
	KeyBytes   *keys = map->numbers ? NULL : palloc_extended(n * sizeof(KeyBytes), MCXT_ALLOC_HUGE);
	CustomerScan scan = windows_scan(&map->map);
	const SeenWindow *window;
	CustomerKey customer;
	uint64		differing = 0;
	bool		sorted = true;
	uint64		i;

	for (i = 0; (window = windows_scan_next(&scan, &customer)) != NULL; i++)
	{
		SummaryEntry entry;

		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		refs[i].order = customer.a;
		refs[i].at.window = window;
		if (!map->numbers)
		{
			keys[i].customer = customer;
			keys[i].window = window;
			summary_key_of_customer(signature, &keys[i].customer, &entry);
			keys[i].bytes = entry.key;
			keys[i].size = entry.key_size;
			refs[i].order = entry.order;
			refs[i].at.key = &keys[i];
		}
		differing |= refs[i].order ^ refs[0].order;
		sorted &= i == 0 || refs[i - 1].order < refs[i].order;
	}

	if (!sorted)
	{
		int			digit = pg_leftmost_one_pos64(differing | 1) / BITS_PER_BYTE;
		CustomerRef *scratch = palloc_extended(n * sizeof(CustomerRef), MCXT_ALLOC_HUGE);

		sort_customers(refs, scratch, n, Max(digit - SORTED_DIGITS + 1, 0));
		if (!finish_sort(refs, n))
			sort_customers(refs, scratch, n, 0);
		pfree(scratch);
	}
	if (!map->numbers)
		sort_ties(refs, n);
	return refs;
}

/*
 * Sort the log's rows by place.  Element i of the array returned is where those of place i start.
 */
static uint64 *
sort_log_by_place(SummaryMap *map)
{
	uint64	   *start = palloc_extended(((uint64) map->nplaces + 2) * sizeof(uint64), MCXT_ALLOC_HUGE);
	uint64		place = 0;
	uint64		i;

	sort_log(map, RADIX_DIGITS / 2);
	for (i = 0; i < map->nlog; i++)
		while (place <= ROW_PLACE(map->log[i]))
			start[place++] = i;
	while (place <= (uint64) map->nplaces + 1)
		start[place++] = map->nlog;
	return start;
}

/* Room for the marks of a window and of a customer's rows in the log, and for the set that they make. */
typedef struct MarkBuffer
{
	SeenMark   *marks;
	uint8	   *memory;
	uint64		room;
} MarkBuffer;

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
static void
gather_buckets(SeenSet *seen, uint64 *rows, uint64 nrows, MarkBuffer *buffer)
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

static inline const SeenWindow *
window_of(const SummaryMap *map, const CustomerRef *ref)
{
	return map->numbers ? ref->at.window : ref->at.key->window;
}

/*
 * Prefetch what the next customers need, the furthest first: the window or the key that leads to it, then the
 * window, then where their rows in the log start, then these.
 */
static pg_attribute_always_inline void
look_ahead(const SummaryMap *map, const CustomerRef *refs, uint64 nrefs, const uint64 *start)
{
	if (nrefs <= 4 * CUSTOMERS_AHEAD)
		return;
	PREFETCH(refs[4 * CUSTOMERS_AHEAD].at.window);
	if (!map->numbers)
		PREFETCH(refs[3 * CUSTOMERS_AHEAD].at.key->window);
	if (map->nlog > 0)
	{
		PREFETCH(&start[seenwindow_place(window_of(map, &refs[2 * CUSTOMERS_AHEAD]))]);
		PREFETCH(&map->log[start[seenwindow_place(window_of(map, &refs[CUSTOMERS_AHEAD]))]]);
	}
}

/*
 * Write the customers of a dense array, which are in order.  There must be no log.
 */
static void
write_dense(SummaryMap *map, SummaryWriter *writer)
{
	CustomerScan scan = windows_scan(&map->map);
	SummaryEntry entry = {0};
	const SeenWindow *window;
	CustomerKey customer;

	while ((window = windows_scan_next(&scan, &customer)) != NULL)
	{
		if (writer->summary->nsorted % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		entry.order = customer.a;
		seenwindow_get(window, &entry.seen);
		summary_write(writer, &entry);
	}
}

static void
write_sorted(SummaryMap *map, SummaryWriter *writer)
{
	MarkBuffer	buffer = {0};
	uint64		n = windows_count(&map->map);
	CustomerRef *refs = sorted_customers(map, writer->signature, n);
	uint64	   *start = sort_log_by_place(map);
	uint64		i;

	for (i = 0; i < n; i++)
	{
		const SeenWindow *window = window_of(map, &refs[i]);
		SummaryEntry entry;
		uint32		place;

		look_ahead(map, refs + i, n - i, start);
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		entry.order = refs[i].order;
		entry.key = map->numbers ? NULL : refs[i].at.key->bytes;
		entry.key_size = map->numbers ? 0 : refs[i].at.key->size;
		seenwindow_get(window, &entry.seen);
		place = seenwindow_place(window);
		if (place > 0)
			gather_buckets(&entry.seen, map->log + start[place], start[place + 1] - start[place], &buffer);
		summary_write(writer, &entry);
	}
}

/*
 * The value that all rows so far make, the latest of them at "last_at", in the current memory context.
 */
RetentionSummary *
summary_map_write(SummaryMap *map, SummarySignature *signature, TimestampTz last_at)
{
	SummaryWriter writer;

	windows_flush(&map->map, apply_bucket);
	summary_write_begin(&writer, signature, map->first, windows_count(&map->map) * CUSTOMER_SIZE);
	writer.summary->last_at = last_at;
	if (customer_table_is_dense(&map->map) && map->nlog == 0)
		write_dense(map, &writer);
	else
		write_sorted(map, &writer);
	return summary_write_end(&writer, 0);
}
