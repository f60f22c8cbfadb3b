/*
 * survival/order_log.c
 *		Many orders of each customer: a log, sorted by customer and time when it is read.
 *
 * The map of customers gives each a place, a number from 1 on, and the rows are written one after the other:
 *
 *		| place, time | place, time | ...
 *
 * To add each to its customer's own list would cost an access to memory more for every row.  When there are
 * many rows for each customer the log is sorted and shortened: of each customer stay the first ones, as many
 * as are asked for, and of these such as are not too long after the first.  A customer's first order may
 * still turn out to be an earlier one; but what is too late or too many then was so before.
 *
 * Between processes a log travels sorted, as the times in the order of places, and the map after it.
 */
#include "survival/orders.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#define FIRST_ROOM 8

/* The log is shortened once it has as many rows as this for each customer. */
#define ROWS_PER_CUSTOMER 16

#define RADIX_SORT sort_by_time
#define RADIX_ELEMENT OrderRow
#define RADIX_KEY(row) (row).at
#include "base/radixsort.h"

#define RADIX_SORT sort_by_place
#define RADIX_ELEMENT OrderRow
#define RADIX_KEY(row) (row).place
#include "base/radixsort.h"

/*
 * How long after a customer's first order another one is.
 */
uint64
order_age(uint64 first, uint64 at)
{
	if (at - first > PG_INT64_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("the time after a customer's first order is out of range")));
	return at - first;
}

/*
 * A state that begins with a log of the first "nth" orders of each customer, less than "span" after the
 * first.
 */
void *
orderlog_create(FunctionCallInfo fcinfo, Size state_size, const CustomerKeys *keys, uint64 nth, uint64 span)
{
	OrderLog   *log = customer_map_create(fcinfo, state_size, keys);

	log->orders.nth = nth;
	log->span = span;
	log->limit = ROWS_PER_CUSTOMER;
	log->by_time = true;
	return log;
}

/*
 * Where the rows of the customer end whose first is this one.
 */
uint64
orderlog_customer_end(const OrderLog *log, uint64 first)
{
	uint64		end = first + 1;

	while (end < log->n && log->rows[end].place == log->rows[first].place)
		end++;
	return end;
}

/*
 * Sort by place and time.  The first sort keeps the order of time, in which most rows have come; else the few
 * rows of each customer are sorted by themselves, where they are still in the cache.
 */
static void
sort_log(OrderLog *log)
{
	OrderRow   *scratch = NULL;
	uint64		first;
	uint64		end;

	if (log->n > RADIX_SMALL)
		scratch = palloc_extended(log->n * sizeof(OrderRow), MCXT_ALLOC_HUGE);
	sort_by_place(log->rows, scratch, log->n, 0);
	for (first = 0; first < log->n && !log->by_time; first = end)
	{
		CHECK_FOR_INTERRUPTS();
		end = orderlog_customer_end(log, first);
		sort_by_time(log->rows + first, scratch, end - first, 0);
	}
	if (scratch != NULL)
		pfree(scratch);
}

/*
 * Sort the rows, and drop those that are not asked for.
 */
static void
shorten(OrderLog *log)
{
	uint64		kept = 0;
	uint64		first;
	uint64		end;

	sort_log(log);
	for (first = 0; first < log->n; first = end)
	{
		uint64		from = log->rows[first].at;
		uint64		i;

		CHECK_FOR_INTERRUPTS();
		end = orderlog_customer_end(log, first);
		for (i = first; i < end && i - first < log->orders.nth && log->rows[i].at - from < log->span; i++)
			log->rows[kept++] = log->rows[i];
	}
	log->n = kept;
	log->by_time = false;
	log->by_place = true;
	log->limit = Max(2 * log->n, (uint64) ROWS_PER_CUSTOMER * log->nplaces);
}

static void
append(OrderLog *log, uint64 place, uint64 at)
{
	if (unlikely(log->n >= log->limit))
	{
		log->limit = (uint64) ROWS_PER_CUSTOMER * log->nplaces;
		if (log->n >= log->limit)
			shorten(log);
	}
	if (unlikely(log->n == log->room))
	{
		log->room = Max(2 * log->room, FIRST_ROOM);
		if (log->rows == NULL)
			log->rows = MemoryContextAlloc(log->orders.map.cxt, log->room * sizeof(OrderRow));
		else
			log->rows = repalloc_huge(log->rows, log->room * sizeof(OrderRow));
	}
	log->by_time &= log->n == 0 || log->rows[log->n - 1].at <= at;
	log->by_place = false;
	log->rows[log->n].place = place;
	log->rows[log->n++].at = at;
}

static inline uint32
place_of(OrderLog *log, uint32 *value)
{
	if (*value == 0)
		*value = ++log->nplaces;
	return *value;
}

static void
apply_order(CustomerMap *map, uint32 *value, uint64 at)
{
	OrderLog   *log = (OrderLog *) map;

	append(log, place_of(log, value), at);
}

/*
 * Take in the orders of a place in another process's log.
 */
static void
apply_partial(CustomerMap *map, uint32 *value, uint64 other_place)
{
	OrderLog   *log = (OrderLog *) map;
	const OrderLogPartial *other = log->other;
	uint64		place = place_of(log, value);
	uint64		i;

	if (other_place < 1 || other_place > other->nplaces)
		wire_corrupt();
	for (i = other->starts[other_place - 1]; i < other->starts[other_place]; i++)
		append(log, place, other->times[i]);
}

void
orderlog_add(OrderLog *log, Datum customer, TimestampTz at)
{
	customer_map_add(&log->orders.map, apply_order, customer, order_time(at));
}

/*
 * Make the rows be in the order of customers and time, and only those that are asked for.
 */
void
orderlog_read(OrderLog *log)
{
	customer_map_flush(&log->orders.map, apply_order);
	if (!log->by_place && log->n > 0)
		shorten(log);
}

void
orderlog_put(OrderLog *log, StringInfo message)
{
	uint64		nplaces;
	uint64	   *starts;
	uint64	   *times;
	uint64		i;

	orderlog_read(log);
	nplaces = log->nplaces;
	wire_put(message, &nplaces, sizeof(nplaces));
	starts = wire_extend(message, (nplaces + 1) * sizeof(uint64));
	for (i = 0; i < log->n; i++)
		if (i == 0 || log->rows[i].place != log->rows[i - 1].place)
			starts[log->rows[i].place - 1] = i;
	starts[nplaces] = log->n;
	times = wire_extend(message, log->n * sizeof(uint64));
	for (i = 0; i < log->n; i++)
		times[i] = log->rows[i].at;
	customer_map_write(&log->orders.map, message);
}

/*
 * View a log in a message, of which it is the last part.
 */
void
orderlog_take(OrderLogPartial *partial, FunctionCallInfo fcinfo, WireReader *reader)
{
	uint64		n;
	uint64		i;

	wire_get(reader, &partial->nplaces, sizeof(partial->nplaces));
	if (partial->nplaces > PG_UINT32_MAX)
		wire_corrupt();
	partial->starts = wire_take(reader, (partial->nplaces + 1) * sizeof(uint64));
	n = partial->starts[partial->nplaces];
	if (n > MaxAllocSize)
		wire_corrupt();
	for (i = 0; i < partial->nplaces; i++)
		if (partial->starts[i] > partial->starts[i + 1])
			wire_corrupt();
	partial->times = wire_take(reader, n * sizeof(uint64));
	customer_map_read(&partial->customers, fcinfo, reader);
}

/*
 * Take in the orders of another process.  No row may be waiting.
 */
void
orderlog_merge(OrderLog *log, const OrderLogPartial *other)
{
	log->other = other;
	customer_map_merge(&log->orders.map, apply_partial, &other->customers);
	log->other = NULL;
}
