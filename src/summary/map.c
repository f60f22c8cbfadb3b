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
 * such rows (summary/seenlog.c).  A bucket is always in the window or always in the log: what was out of the window's
 * reach once stays so, since a customer's first and last bucket only move apart.
 *
 * Where rows have amounts, these go to a log of their own (summary/amounts.c), and all customers have places.  An
 * amount is in that log before the map has found its customer, whose place is then set there: so rows may wait in the
 * map's batch.
 */
#include "summary/map.h"

#include "agg/aggstate.h"
#include "summary/seenlog.h"

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

/* What a customer usually takes in a value, for a first allocation. */
#define CUSTOMER_SIZE 12

#define MAX_PLACES ((1U << SEEN_PLACE_BITS) - 1)

/* Prefetch distance, in customers: in the order of their keys they lie anywhere in memory. */
#define CUSTOMERS_AHEAD 8

struct SummaryMap
{
	CustomerMap map;			/* customer -> window */
	bool		numbers;		/* keys are written as numbers */
	SeenLog		log;			/* rows out of a window's reach */
	AmountLog  *amounts;		/* NULL if there are none */
	uint32		nplaces;		/* customers who have rows in one of these */
	int32		first;			/* the first and the last bucket of all customers */
	int32		last;
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

#define RADIX_SORT sort_customers
#define RADIX_ELEMENT CustomerRef
#define RADIX_KEY(ref) (ref).order
#include "base/radixsort.h"

static uint32
new_place(SummaryMap *map)
{
	if (map->nplaces == MAX_PLACES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a group has more than %u customers", MAX_PLACES),
				 errhint("Group by a segment.")));
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
	seenlog_add(&map->log, seenwindow_place(window), (int32) bucket, map->nplaces);
}

/* A further limb of an amount whose first was a row of its own. */
#define LIMB_FOLLOWS (UINT64CONST(1) << 63)

/*
 * A row with an amount, which is in the log of amounts already and gets its customer's place there.
 */
static inline void
apply_amount(CustomerMap *customers, SeenWindow *window, uint64 argument)
{
	SummaryMap *map = (SummaryMap *) customers;
	AmountRow  *row = &map->amounts->rows[argument & ~LIMB_FOLLOWS];

	if (likely((argument & LIMB_FOLLOWS) == 0))
		apply_bucket(customers, window, (uint32) AMOUNT_BUCKET(row->key));
	if (seenwindow_place(window) == 0)
		seenwindow_set_place(window, new_place(map));
	row->key |= AMOUNT_KEY_PLACE(seenwindow_place(window));
}

/*
 * A map with the customer that has been the only one until now, and that one's amounts, if there are any.
 */
SummaryMap *
summary_map_create(FunctionCallInfo fcinfo, const SummarySignature *signature, CustomerKey customer,
				   const SeenWindow *window, AmountLog *amounts)
{
	SummaryMap *map = windows_create(fcinfo, sizeof(SummaryMap), &signature->keys);

	map->numbers = signature->layout == SUMMARY_NUMBER;
	seenlog_init(&map->log, map->map.cxt);
	map->first = seenwindow_first(window);
	map->last = map->first + pg_leftmost_one_pos64(seenwindow_seen(window));
	map->amounts = amounts;
	map->nplaces = seenwindow_place(window);
	*windows_insert(&map->map, customer) = *window;
	return map;
}

void
summary_map_add(SummaryMap *map, Datum customer, int32 bucket)
{
	windows_add(&map->map, apply_bucket, customer, (uint64) (uint32) bucket);
}

/*
 * The same with an amount, which an error calls by the name.
 */
void
summary_map_add_amount(SummaryMap *map, Datum customer, int32 bucket, Datum amount, const char *name)
{
	AmountLog  *log = map->amounts;
	uint64		row = log->n;
	int			limbs = amountlog_add(log, 0, bucket, amount, name);

	windows_add(&map->map, apply_amount, customer, row);
	while (unlikely(--limbs > 0))
		windows_add(&map->map, apply_amount, customer, ++row | LIMB_FOLLOWS);
	if (unlikely(log->n >= log->limit))
	{
		windows_flush(&map->map, apply_amount);
		amountlog_compact(log, map->nplaces);
	}
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
	if (map->log.n > 0)
	{
		PREFETCH(&start[seenwindow_place(window_of(map, &refs[2 * CUSTOMERS_AHEAD]))]);
		PREFETCH(&map->log.rows[start[seenwindow_place(window_of(map, &refs[CUSTOMERS_AHEAD]))]]);
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
set_amounts(SummaryEntry *entry, StringInfo amounts, const AmountRow *rows, uint64 nrows)
{
	resetStringInfo(amounts);
	amounts_write(amounts, &entry->seen, rows, nrows);
	entry->amounts = (const uint8 *) amounts->data;
	entry->amounts_size = amounts->len;
}

static void
write_sorted(SummaryMap *map, SummaryWriter *writer)
{
	MarkBuffer	buffer = {0};
	StringInfoData amounts;
	uint64		n = windows_count(&map->map);
	CustomerRef *refs = sorted_customers(map, writer->signature, n);
	uint64	   *start = seenlog_sort(&map->log, map->nplaces);
	uint64	   *amounts_start = map->amounts ? amountlog_sort(map->amounts, map->nplaces) : NULL;
	uint64		i;

	initStringInfo(&amounts);

	for (i = 0; i < n; i++)
	{
		const SeenWindow *window = window_of(map, &refs[i]);
		SummaryEntry entry = {.order = refs[i].order};
		uint32		place;

		look_ahead(map, refs + i, n - i, start);
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		entry.key = map->numbers ? NULL : refs[i].at.key->bytes;
		entry.key_size = map->numbers ? 0 : refs[i].at.key->size;
		seenwindow_get(window, &entry.seen);
		place = seenwindow_place(window);
		if (start[place + 1] > start[place])
			seenlog_gather(&entry.seen, map->log.rows + start[place], start[place + 1] - start[place], &buffer);
		if (amounts_start != NULL)
			set_amounts(&entry, &amounts, map->amounts->rows + amounts_start[place],
						amounts_start[place + 1] - amounts_start[place]);
		summary_write(writer, &entry);
	}
}

/*
 * The value that all rows so far make, in the current memory context.
 */
RetentionSummary *
summary_map_write(SummaryMap *map, SummarySignature *signature, TimestampTz last_at, TimestampTz known_until)
{
	SummaryWriter writer;

	if (map->amounts != NULL)
		windows_flush(&map->map, apply_amount);
	else
		windows_flush(&map->map, apply_bucket);
	summary_write_begin(&writer, signature, map->first, map->amounts ? map->amounts->scale : NO_AMOUNTS,
						windows_count(&map->map) * CUSTOMER_SIZE);
	summary_write_times(&writer, last_at, known_until);
	if (customer_table_is_dense(&map->map) && map->log.n == 0 && map->amounts == NULL)
		write_dense(map, &writer);
	else
		write_sorted(map, &writer);
	return summary_write_end(&writer, 0);
}
