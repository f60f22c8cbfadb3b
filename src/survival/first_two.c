/*
 * survival/first_two.c
 *		The first two orders of each customer, in the slot of the map of customers.
 *
 * That is all that the time to the second order needs, and so a row costs one access to memory.  Orders come
 * in any order; two at one instant are two.
 */
#include "survival/orders.h"

#define CUSTOMER_MAP_PREFIX two
#define CUSTOMER_MAP_VALUE FirstTwo
#define CUSTOMER_MAP_IS_EMPTY(value) ((value).first == 0)
#define CUSTOMER_MAP_SCOPE static inline
#include "agg/customer_table.h"

StaticAssertDecl(sizeof(two_NarrowEntry) == 32, "a number and its orders take half a cache line");

FirstTwoMap *
firsttwo_create(FunctionCallInfo fcinfo, const CustomerKeys *keys)
{
	return two_create(fcinfo, sizeof(FirstTwoMap), keys);
}

static void
apply_order(CustomerMap *map, FirstTwo *value, uint64 at)
{
	/* As most orders come in the order of time, most are neither. */
	if (likely(value->second != 0 && at >= value->second))
		return;
	if (value->first == 0)
		value->first = at;
	else if (at < value->first)
	{
		value->second = value->first;
		value->first = at;
	}
	else
		value->second = at;
}

/*
 * Take in an entry of another process, by its number.
 */
static void
apply_partial(CustomerMap *map, FirstTwo *value, uint64 entry)
{
	const FirstTwo *other = &((FirstTwoMap *) map)->other[entry];

	apply_order(map, value, other->first);
	if (other->second != 0)
		apply_order(map, value, other->second);
}

void
firsttwo_add(FirstTwoMap *two, Datum customer, TimestampTz at)
{
	two_add(&two->orders.map, apply_order, customer, order_time(at));
}

/*
 * The number of customers.
 */
uint64
firsttwo_count(FirstTwoMap *two)
{
	two_flush(&two->orders.map, apply_order);
	return two_count(&two->orders.map);
}

/*
 * Start a walk over the customers.
 */
CustomerScan
firsttwo_scan(FirstTwoMap *two)
{
	two_flush(&two->orders.map, apply_order);
	return two_scan(&two->orders.map);
}

/*
 * The next customer's orders, or NULL after the last.
 */
const FirstTwo *
firsttwo_next(CustomerScan *scan)
{
	CustomerKey key;

	CHECK_FOR_INTERRUPTS();
	return two_scan_next(scan, &key);
}

void
firsttwo_put(FirstTwoMap *two, StringInfo message)
{
	CustomerMap *map = &two->orders.map;
	uint64		n = firsttwo_count(two);
	CustomerScan scan = two_scan(map);
	CustomerFlatWriter writer;
	CustomerKey key;
	const FirstTwo *value;

	customer_flat_begin(&writer, message, map->keys, n, sizeof(FirstTwo));
	while ((value = two_scan_next(&scan, &key)) != NULL)
		*(FirstTwo *) customer_flat_put(&writer, key) = *value;

	scan = two_scan(map);
	while (writer.has_pointers && two_scan_next(&scan, &key) != NULL)
		customer_flat_put_bytes(message, map->keys, key);
}

/*
 * View the customers of a message, of which they are the last part.
 */
void
firsttwo_take(CustomerFlat *partial, FunctionCallInfo fcinfo, WireReader *reader)
{
	customer_flat_read(partial, fcinfo, reader, sizeof(FirstTwo));
}

/*
 * Take in the customers of another process.  No row may be waiting.
 */
void
firsttwo_merge(FirstTwoMap *two, const CustomerFlat *other)
{
	CustomerFlat left = *other;
	uint64		i;

	two_reserve(&two->orders.map, left.nentries);
	two->other = left.values;
	for (i = 0; i < left.nentries; i++)
		two_add_key(&two->orders.map, apply_partial, customer_flat_next_key(&left), i);
	two_flush(&two->orders.map, apply_partial);
	two->other = NULL;
}
