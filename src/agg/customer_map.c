/*
 * agg/customer_map.c
 *		The customer map: customer -> 32-bit value.
 *
 * Every metric over an order log asks, for each row, what is known about its customer.  Most need no more than
 * 4 bytes of answer (a count, flags, two distances), and share this map.  How it works is told in
 * agg/customer_table.h, and how it travels in agg/customer_flat.c.
 */
#include "agg/customer_map.h"

#include "utils/memutils.h"

#define CUSTOMER_MAP_PREFIX customer_map
#define CUSTOMER_MAP_VALUE uint32
#define CUSTOMER_MAP_IS_EMPTY(value) ((value) == 0)
#define CUSTOMER_MAP_SCOPE
#include "agg/customer_table.h"

StaticAssertDecl(sizeof(customer_map_NarrowEntry) == CUSTOMER_MAP_ENTRY_SIZE,
				 "a customer's number and value take a quarter of a cache line");

/*
 * A dense array travels as it is, if that takes no more than the entries would.
 */
static bool
travels_as_array(const CustomerMap *map)
{
	return customer_table_is_dense(map) &&
		map->batch->dense_room * sizeof(uint32) <= map->batch->ndense * (sizeof(uint64) + sizeof(uint32));
}

static void
write_array(const CustomerMap *map, StringInfo message)
{
	const CustomerBatch *batch = map->batch;

	customer_flat_put_keys(message, map->keys);
	wire_put(message, &batch->least, sizeof(batch->least));
	wire_put(message, batch->dense, batch->dense_room * sizeof(uint32));
}

static void
write_entries(CustomerMap *map, StringInfo message)
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

/*
 * Append a flushed map to a message.
 */
void
customer_map_write(CustomerMap *map, StringInfo message)
{
	uint64		room = travels_as_array(map) ? map->batch->dense_room : 0;

	wire_put(message, &room, sizeof(room));
	if (room > 0)
		write_array(map, message);
	else
		write_entries(map, message);
}

void
customer_map_read(CustomerMapPartial *partial, FunctionCallInfo fcinfo, WireReader *reader)
{
	wire_get(reader, &partial->room, sizeof(partial->room));
	if (partial->room == 0)
	{
		customer_flat_read(&partial->entries, fcinfo, reader, sizeof(uint32));
		partial->keys = partial->entries.keys;
		return;
	}
	if (partial->room > MaxAllocSize)
		wire_corrupt();
	partial->keys = customer_flat_take_keys(fcinfo, reader);
	wire_get(reader, &partial->least, sizeof(partial->least));
	partial->values = wire_take(reader, partial->room * sizeof(uint32));
	if (partial->keys->layout != CUSTOMER_KEY8 || partial->least > PG_UINT64_MAX - partial->room)
		wire_corrupt();
}

/*
 * Take in an array: place by place where there is an array of the same numbers, which there is if the map was empty.
 */
static void
merge_array(CustomerMap *map, CustomerApply apply, const CustomerMapPartial *other)
{
	uint64		i;

	if (customer_map_count(map) == 0 && map->batch == NULL && !map->in_window)
		customer_map_begin_dense(map, other->least, other->room);
	for (i = 0; i < other->room; i++)
	{
		uint64		number = other->least + i;
		uint32	   *value;

		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		if (other->values[i] == 0)
			continue;
		if (!customer_table_is_dense(map) || number - map->batch->least >= map->batch->dense_room)
		{
			customer_map_add_key(map, apply, (CustomerKey) {number, 0}, other->values[i]);
			continue;
		}
		value = (uint32 *) map->batch->dense + (number - map->batch->least);
		map->batch->ndense += *value == 0;
		apply(map, value, other->values[i]);
	}
}

static void
merge_entries(CustomerMap *map, CustomerApply apply, const CustomerFlat *entries)
{
	CustomerFlat left = *entries;
	uint64		i;

	customer_map_reserve(map, entries->nentries);
	for (i = 0; i < entries->nentries; i++)
		customer_map_add_key(map, apply, customer_flat_next_key(&left), ((const uint32 *) entries->values)[i]);
}

/*
 * Take in every customer of another process's map, with the value as the argument.  The map must be flushed.
 */
void
customer_map_merge(CustomerMap *map, CustomerApply apply, const CustomerMapPartial *other)
{
	Assert(map->batch == NULL || map->batch->nrows == 0);
	if (other->room > 0)
		merge_array(map, apply, other);
	else
		merge_entries(map, apply, &other->entries);
	customer_map_flush(map, apply);
}
