/*
 * agg/customer_map.c
 *		The customer map: customer -> 32-bit value.
 *
 * Every metric over an order log asks, for each row, what is known about its customer.  Most need no more than
 * 4 bytes of answer (a count, flags, two distances), and share this map.  How it works is told in
 * agg/customer_table.h, and how it travels in agg/customer_flat.c.
 */
#include "agg/customer_map.h"

#define CUSTOMER_MAP_PREFIX customer_map
#define CUSTOMER_MAP_VALUE uint32
#define CUSTOMER_MAP_IS_EMPTY(value) ((value) == 0)
#define CUSTOMER_MAP_SCOPE
#include "agg/customer_table.h"

StaticAssertDecl(sizeof(customer_map_NarrowEntry) == CUSTOMER_MAP_ENTRY_SIZE,
				 "a customer's number and value take a quarter of a cache line");

/*
 * Append a flushed map to a message.
 */
void
customer_map_write(CustomerMap *map, StringInfo message)
{
	CustomerFlatWriter writer;
	CustomerScan scan = customer_map_scan(map);
	CustomerKey key;
	const uint32 *value;

	customer_flat_begin(&writer, message, map->keys, customer_map_count(map), sizeof(uint32));
	while ((value = customer_map_scan_next(&scan, &key)) != NULL)
		*(uint32 *) customer_flat_put(&writer, key) = *value;

	scan = customer_map_scan(map);
	while (writer.has_pointers && customer_map_scan_next(&scan, &key) != NULL)
		customer_flat_put_bytes(message, map->keys, key);
}

void
customer_map_read(CustomerFlat *flat, FunctionCallInfo fcinfo, WireReader *reader)
{
	customer_flat_read(flat, fcinfo, reader, sizeof(uint32));
}

/*
 * Take in every entry of another process's map, with its value as the argument.  The map must be flushed.
 */
void
customer_map_merge(CustomerMap *map, CustomerApply apply, const CustomerFlat *other)
{
	CustomerFlat left = *other;
	uint64		i;

	Assert(map->batch == NULL || map->batch->nrows == 0);
	customer_map_reserve(map, other->nentries);
	for (i = 0; i < other->nentries; i++)
		customer_map_add_key(map, apply, customer_flat_next_key(&left), ((const uint32 *) other->values)[i]);
	customer_map_flush(map, apply);
}
