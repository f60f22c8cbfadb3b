/*
 * summary_map.c
 *		Customers and the buckets in which they were seen, while the rows of a group come.
 *
 * A customer map gives each customer a place in an array of windows of 64 buckets:
 *
 *		first	| seen  0 0 1 0 ... 1 1 |	bit i: bucket first + i
 *				| twice 0 0 0 0 ... 1 0 |
 *
 * A window starts at the customer's first bucket and moves down when an earlier one comes, as long as what it holds
 * stays inside.  With months that is all that ever happens.  Rows further away than that, as with days over
 * years, go to a log of (place, bucket), which costs no access to memory but the next word; it is sorted when it has
 * grown, and then keeps no more than two rows of a customer and bucket.  A bucket is always in the window or always
 * in the log: what was out of the window's reach once stays so, since a customer's first and last bucket only move
 * apart.
 *
 * Once the windows outgrow a cache, each row would have to wait for its window after it has waited for its slot of the
 * map.  So rows then gather, as many as there are customers, are distributed by place into parts whose windows do fit
 * a cache, and applied part by part:
 *
 *		row -> customer map -> | waiting rows | -> | part 0 | part 1 | ... | -> windows -> log
 */
#include "summary_map.h"

#include "aggstate.h"
#include "custmap.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#define FIRST_WINDOWS 8

/* The windows of a part, 384 kB. */
#define PART_WINDOWS_SHIFT 14
#define MAX_PARTS 256
#define MAX_WAITING_ROWS (256 * 1024)

#define LOG_FIRST_ROOM 64

/* The log is looked through for what says nothing new when it has so many rows, and so many a customer. */
#define LOG_LOOK_ROWS (1024 * 1024)
#define LOG_LOOK_PER_CUSTOMER 8

/* Windows are read in the order of the keys, that is at random: so many customers ahead is early enough. */
#define WINDOWS_AHEAD 16
#define ROWS_AHEAD 12

/* What a customer usually takes in a value, for the first allocation. */
#define WRITTEN_CUSTOMER_SIZE 12

/* A row: its customer's place, and the bucket, in words that sort like them. */
#define ROW(place, bucket) ((uint64) (place) << 32 | ((uint32) (bucket) ^ 0x80000000U))
#define ROW_PLACE(row) ((uint32) ((row) >> 32))
#define ROW_BUCKET(row) ((int32) ((uint32) (row) ^ 0x80000000U))

struct SummaryMap
{
	CustMap		map;			/* customer -> place, from 1 */
	SummaryKind *kind;
	SeenWindow *windows;		/* by place - 1 */
	uint32		nwindows;
	uint32		windows_room;
	uint32	   *part_rows;		/* waiting rows of each part; NULL while the windows fit a cache */
	uint64	   *waiting;
	uint64	   *parted;			/* the same rows, by part */
	uint32		nwaiting;
	uint32		waiting_room;
	int			part_shift;		/* place >> part_shift is the part */
	uint64	   *log;
	uint64		nlog;
	uint64		log_room;
	uint64		log_look;		/* when it has so many rows */
};

/* A customer on the way into a value. */
typedef struct CustomerRef
{
	uint64		order;
	uint32		place;
	uint32		key;			/* in an array of keys, unless it is a number */
} CustomerRef;

typedef struct CustomerKey
{
	CustKey		customer;		/* may hold the bytes */
	const uint8 *bytes;
	uint32		size;
} CustomerKey;

#define RADIX_SORT sort_rows
#define RADIX_ELEMENT uint64
#define RADIX_KEY(row) (row)
#include "radixsort.h"

#define RADIX_SORT sort_customers
#define RADIX_ELEMENT CustomerRef
#define RADIX_KEY(ref) (ref).order
#include "radixsort.h"

static void
sort_whole_log(uint64 *log, uint64 nlog)
{
	uint64	   *scratch = palloc_extended(nlog * sizeof(uint64), MCXT_ALLOC_HUGE);

	sort_rows(log, scratch, nlog, 0);
	pfree(scratch);
}

/*
 * Leave out of the log what says nothing new.
 */
static void
look_through_log(SummaryMap *map)
{
	uint64		kept = 0;
	uint64		i;

	sort_whole_log(map->log, map->nlog);
	for (i = 0; i < map->nlog; i++)
		if (kept < 2 || map->log[kept - 2] != map->log[i])
			map->log[kept++] = map->log[i];
	map->nlog = kept;
	map->log_look = Max(2 * kept, LOG_LOOK_ROWS);
}

static void
log_row(SummaryMap *map, uint64 row)
{
	if (map->nlog == map->log_look)
	{
		map->log_look = Max(map->log_look, LOG_LOOK_PER_CUSTOMER * (uint64) map->nwindows);
		if (map->nlog == map->log_look)
			look_through_log(map);
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

static inline void
apply_row(SummaryMap *map, uint64 row)
{
	if (unlikely(!seenwindow_add(&map->windows[ROW_PLACE(row) - 1], ROW_BUCKET(row))))
		log_row(map, row);
}

/*
 * Apply the rows that wait, those of one part of the windows after those of another.
 */
static void
apply_waiting(SummaryMap *map)
{
	uint32		start[MAX_PARTS];
	uint32		sum = 0;
	uint32		i;

	CHECK_FOR_INTERRUPTS();
	for (i = 0; i < MAX_PARTS && map->nwaiting > 0; i++)
	{
		start[i] = sum;
		sum += map->part_rows[i];
	}
	for (i = 0; i < map->nwaiting; i++)
		map->parted[start[ROW_PLACE(map->waiting[i]) >> map->part_shift]++] = map->waiting[i];
	for (i = 0; i < map->nwaiting; i++)
	{
		if (i + ROWS_AHEAD < map->nwaiting)
			PREFETCH(&map->windows[ROW_PLACE(map->parted[i + ROWS_AHEAD]) - 1]);
		apply_row(map, map->parted[i]);
	}
	map->nwaiting = 0;
}

/*
 * Before the first row waits: room for about as many as there are customers, and parts for them and for as many new
 * ones as can come until the next time.
 */
static void
prepare_waiting(SummaryMap *map)
{
	uint32		room = Min(map->nwindows, MAX_WAITING_ROWS);
	MemoryContext cxt = map->map.cxt;

	if (room > 2 * map->waiting_room || (room == MAX_WAITING_ROWS && room > map->waiting_room))
	{
		if (map->waiting != NULL)
		{
			pfree(map->waiting);
			pfree(map->parted);
		}
		map->waiting = MemoryContextAlloc(cxt, room * sizeof(uint64));
		map->parted = MemoryContextAlloc(cxt, room * sizeof(uint64));
		map->waiting_room = room;
	}
	while (((uint64) map->nwindows + room) >> map->part_shift >= MAX_PARTS)
		map->part_shift++;
	memset(map->part_rows, 0, MAX_PARTS * sizeof(uint32));
}

static inline void
wait_for_part(SummaryMap *map, uint64 row)
{
	if (map->nwaiting == 0)
		prepare_waiting(map);
	map->part_rows[ROW_PLACE(row) >> map->part_shift]++;
	map->waiting[map->nwaiting++] = row;
	if (map->nwaiting == map->waiting_room)
		apply_waiting(map);
}

/*
 * The place of another customer, with an empty window.
 */
static uint32
new_window(SummaryMap *map)
{
	if (map->nwindows == map->windows_room)
	{
		if (map->windows_room == PG_UINT32_MAX)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("a group has more than %u customers", PG_UINT32_MAX)));
		map->windows_room = Min(2 * (uint64) map->windows_room, PG_UINT32_MAX);
		map->windows = repalloc_huge(map->windows, map->windows_room * sizeof(SeenWindow));
	}
	memset(&map->windows[map->nwindows], 0, sizeof(SeenWindow));
	if (map->nwindows == 1 << PART_WINDOWS_SHIFT)
		map->part_rows = MemoryContextAlloc(map->map.cxt, MAX_PARTS * sizeof(uint32));
	return ++map->nwindows;
}

static void
apply_bucket(CustMap *customers, uint32 *place, uint64 bucket)
{
	SummaryMap *map = (SummaryMap *) customers;
	uint64		row;

	if (*place == 0)
		*place = new_window(map);
	row = ROW(*place, bucket);
	if (map->part_rows == NULL)
		apply_row(map, row);
	else
		wait_for_part(map, row);
}

/*
 * A map with its first customer, who was alone until now.
 */
SummaryMap *
summary_map_create(FunctionCallInfo fcinfo, SummaryKind *kind, CustKey customer, const SeenWindow *window)
{
	SummaryMap *map = custmap_create(fcinfo, sizeof(SummaryMap), &kind->keys, 0);
	MemoryContext cxt = map->map.cxt;

	map->kind = kind;
	map->windows_room = FIRST_WINDOWS;
	map->windows = MemoryContextAlloc(cxt, map->windows_room * sizeof(SeenWindow));
	map->part_shift = PART_WINDOWS_SHIFT;
	map->log_room = LOG_FIRST_ROOM;
	map->log_look = LOG_LOOK_ROWS;
	*custmap_insert(&map->map, customer, custkeys_hash(&kind->keys, customer)) = new_window(map);
	map->windows[0] = *window;
	return map;
}

void
summary_map_add(SummaryMap *map, Datum customer, int32 bucket)
{
	custmap_add(&map->map, apply_bucket, customer, (uint64) (uint32) bucket);
}

static int
compare_refs(const void *one, const void *other, void *keys)
{
	const CustomerKey *x = &((const CustomerKey *) keys)[((const CustomerRef *) one)->key];
	const CustomerKey *y = &((const CustomerKey *) keys)[((const CustomerRef *) other)->key];

	return summary_bytes_compare(x->bytes, x->size, y->bytes, y->size);
}

/*
 * Hashes differ in their upper halves but for a few; these are put in order one by one.  Returns false if they are
 * more than a few after all.
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
sort_ties(CustomerRef *refs, uint64 n, CustomerKey *keys)
{
	uint64		from;
	uint64		to;

	for (from = 0; from < n; from = to)
	{
		for (to = from + 1; to < n && refs[to].order == refs[from].order; to++)
			;
		if (to - from > 1)
			qsort_arg(refs + from, to - from, sizeof(CustomerRef), compare_refs, keys);
	}
}

/*
 * All customers, sorted by their keys, which lie in an array unless they are numbers.
 */
static CustomerRef *
sorted_customers(SummaryMap *map, CustomerKey **keys)
{
	bool		numbers = map->kind->layout == SUMMARY_NUMBER;
	uint64		n = map->nwindows;
	CustomerRef *refs = palloc_extended(n * sizeof(CustomerRef), MCXT_ALLOC_HUGE);
	CustomerRef *scratch = palloc_extended(n * sizeof(CustomerRef), MCXT_ALLOC_HUGE);
	struct CustScan *scan = custmap_scan(&map->map);
	CustKey		customer;
	uint64		i;

	*keys = numbers ? NULL : palloc_extended(n * sizeof(CustomerKey), MCXT_ALLOC_HUGE);
	for (i = 0; custmap_scan_next(scan, &customer, &refs[i].place); i++)
	{
		CustomerKey *key;
		SummaryEntry entry;

		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		refs[i].order = customer.a;
		if (numbers)
			continue;
		key = &(*keys)[i];
		key->customer = customer;
		summary_key_of_customer(map->kind, &key->customer, &entry);
		key->bytes = entry.key;
		key->size = entry.key_size;
		refs[i].order = entry.order;
		refs[i].key = i;
	}

	sort_customers(refs, scratch, n, numbers ? 0 : RADIX_DIGITS / 2);
	if (!finish_sort(refs, n))
		sort_customers(refs, scratch, n, 0);
	pfree(scratch);
	if (!numbers)
		sort_ties(refs, n, *keys);
	return refs;
}

/*
 * Bring the log into the order of the customers: a row's place becomes the customer's rank.
 */
static void
rank_log(const SummaryMap *map, const CustomerRef *refs, uint64 n, uint64 *ranked)
{
	uint32	   *rank = palloc_extended(n * sizeof(uint32), MCXT_ALLOC_HUGE);
	uint64		i;

	for (i = 0; i < n; i++)
		rank[refs[i].place - 1] = i;
	for (i = 0; i < map->nlog; i++)
		ranked[i] = ROW(rank[ROW_PLACE(map->log[i]) - 1], ROW_BUCKET(map->log[i]));
	pfree(rank);
	sort_whole_log(ranked, map->nlog);
}

/* A mark for each bucket in a window, and for each in some rows of the log. */
typedef struct MarkBuffer
{
	SeenMark   *marks;
	uint8	   *memory;
	uint64		room;
} MarkBuffer;

/*
 * Marks of rows of the log, in order, those before a bucket or else those from it on; returns how many.
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
 * All buckets of a customer who has rows in the log: they are before or behind all that is in the window.
 */
static void
gather_buckets(SeenSet *seen, const uint64 *rows, uint64 nrows, MarkBuffer *buffer)
{
	uint64		room = SEEN_BITS + nrows;
	int32		first = seen->first;
	uint32		nmarks;

	if (room > buffer->room)
	{
		buffer->room = room * 2;
		buffer->marks = palloc_extended(buffer->room * sizeof(SeenMark), MCXT_ALLOC_HUGE);
		buffer->memory = palloc_extended(SEEN_SIZE_BOUND(buffer->room), MCXT_ALLOC_HUGE);
	}
	nmarks = mark_rows(buffer->marks, rows, nrows, first, true);
	nmarks += seenset_marks(seen, buffer->marks + nmarks);
	nmarks += mark_rows(buffer->marks + nmarks, rows, nrows, first, false);
	seenset_from_marks(seen, buffer->marks, nmarks, buffer->memory);
}

/*
 * The first bucket of all.
 */
static int32
first_bucket(const SummaryMap *map)
{
	int32		first = PG_INT32_MAX;
	uint64		i;

	for (i = 0; i < map->nwindows; i++)
		first = Min(first, map->windows[i].first);
	for (i = 0; i < map->nlog; i++)
		first = Min(first, ROW_BUCKET(map->log[i]));
	return first;
}

/*
 * The value that all rows so far make, in the current memory context.
 */
RetentionSummary *
summary_map_write(SummaryMap *map)
{
	uint64		n;
	CustomerKey *keys;
	CustomerRef *refs;
	uint64	   *log = NULL;
	uint64		next_row = 0;
	MarkBuffer	buffer = {0};
	SummaryWriter writer;
	uint64		i;

	custmap_flush(&map->map, apply_bucket);
	apply_waiting(map);
	n = map->nwindows;
	refs = sorted_customers(map, &keys);
	if (map->nlog > 0)
	{
		log = palloc_extended(map->nlog * sizeof(uint64), MCXT_ALLOC_HUGE);
		rank_log(map, refs, n, log);
	}

	summary_write_begin(&writer, map->kind, first_bucket(map), n * WRITTEN_CUSTOMER_SIZE);
	for (i = 0; i < n; i++)
	{
		const SeenWindow *window = &map->windows[refs[i].place - 1];
		SummaryEntry entry;
		uint64		first_row = next_row;

		if (i + WINDOWS_AHEAD < n)
		{
			PREFETCH(&map->windows[refs[i + WINDOWS_AHEAD].place - 1]);
			if (keys != NULL)
				PREFETCH(&keys[refs[i + WINDOWS_AHEAD].key]);
		}
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		entry.order = refs[i].order;
		entry.key = keys ? keys[refs[i].key].bytes : NULL;
		entry.key_size = keys ? keys[refs[i].key].size : 0;
		seenset_from_bits(&entry.seen, window->first, window->seen, window->twice);
		while (next_row < map->nlog && ROW_PLACE(log[next_row]) == i)
			next_row++;
		if (next_row > first_row)
			gather_buckets(&entry.seen, log + first_row, next_row - first_row, &buffer);
		summary_write(&writer, &entry);
	}
	return summary_write_end(&writer, 0);
}

