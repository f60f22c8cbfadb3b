/*
 * agg/customer_map.c
 *		The customer map: customer -> 32-bit value.
 *
 * Every metric over an order log asks, for each row, what is known about its customer.  Up to 4 bytes of
 * answer (a count, flags) are the value itself; a metric that knows more has a payload for each customer, an
 * array in which the value is the place.  How a map works is told in agg/customer_table.h.
 *
 * A parallel worker's map travels as four arrays, which the receiver reads where they lie:
 *
 *		type, collation | number of entries | values | keys | bytes of the keys that are pointers
 *
 * A key that was a pointer has its size in place of the address.  Entries leave in the order of the sender's
 * slots, and a receiver whose table has the same size fills it from one end to the other.
 */
#include "agg/customer_map.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#define CUSTOMER_MAP_PREFIX customer_map
#define CUSTOMER_MAP_VALUE uint32
#define CUSTOMER_MAP_IS_EMPTY(value) ((value) == 0)
#define CUSTOMER_MAP_SCOPE
#define CUSTOMER_MAP_BEHIND(map, place) \
	do { \
		if ((map)->payload != NULL && (place) > 0) \
			PREFETCH((map)->payload + (Size) ((place) - 1) * (map)->payload_size); \
	} while (0)
#include "agg/customer_table.h"

static Size
key_size(const CustomerKeys *keys)
{
	return keys->layout == CUSTOMER_KEY8 ? sizeof(uint64) : sizeof(CustomerKey);
}

/*
 * Append a flushed map to a message.
 */
void
customer_map_write(CustomerMap *map, StringInfo message)
{
	const CustomerKeys *keys = map->keys;
	Oid			identity[2] = {keys->type, keys->collation};
	uint64		nentries = customer_map_count(map);
	uint64		values_size = wire_size(nentries * sizeof(uint32));
	char	   *values;
	char	   *next_key;
	uint64		i;
	CustomerScan	scan = customer_map_scan(map);
	CustomerKey		key;
	const uint32 *value;

	wire_put(message, identity, sizeof(identity));
	wire_put(message, &nentries, sizeof(nentries));
	values = wire_extend(message, values_size + nentries * key_size(keys));
	memset(values, 0, values_size);
	next_key = values + values_size;

	for (i = 0; (value = customer_map_scan_next(&scan, &key)) != NULL; i++)
	{
		Size		size = customer_keys_size(keys, key);

		if (size > 0)
			key.a = size;
		memcpy(next_key, &key, key_size(keys));
		memcpy(values + i * sizeof(uint32), value, sizeof(uint32));
		next_key += key_size(keys);
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
	}
	Assert(i == nentries);

	if (keys->layout != CUSTOMER_KEYREF)
		return;
	scan = customer_map_scan(map);
	while (customer_map_scan_next(&scan, &key) != NULL)
		wire_put(message, DatumGetPointer((Datum) key.a), customer_keys_size(keys, key));
}

/*
 * View a map in a message, having checked that every key lies within it.
 */
void
customer_map_read(CustomerFlat *flat, FunctionCallInfo fcinfo, WireReader *reader)
{
	Oid			identity[2];
	uint64		i;

	wire_get(reader, identity, sizeof(identity));
	flat->keys = customer_keys_of_state(fcinfo, identity[0], identity[1]);
	wire_get(reader, &flat->nentries, sizeof(flat->nentries));
	if (flat->nentries > MaxAllocSize)
		wire_corrupt();
	flat->values = wire_take(reader, flat->nentries * sizeof(uint32));
	flat->first_key = wire_take(reader, flat->nentries * key_size(flat->keys));
	flat->first_bytes = reader->cur;
	if (flat->keys->layout != CUSTOMER_KEYREF)
		return;

	for (i = 0; i < flat->nentries; i++)
	{
		CustomerKey		key = ((const CustomerKey *) flat->first_key)[i];

		if (customer_keys_is_pointer(flat->keys, key)
			? !customer_keys_valid_size(flat->keys, wire_take(reader, key.a), key.a)
			: !customer_keys_valid_short(flat->keys, key))
			wire_corrupt();
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
	}
}

/*
 * Take in every entry of another process's map, with its value as the argument.  The map must be flushed.
 */
void
customer_map_merge(CustomerMap *map, CustomerApply apply, const CustomerFlat *other)
{
	const char *next_key = other->first_key;
	const char *next_bytes = other->first_bytes;
	uint64		i;

	Assert(map->batch == NULL || map->batch->nrows == 0);
	customer_map_reserve(map, other->nentries);
	for (i = 0; i < other->nentries; i++)
	{
		CustomerKey		key = {0, 0};

		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		memcpy(&key, next_key, key_size(map->keys));
		next_key += key_size(map->keys);
		if (customer_keys_is_pointer(map->keys, key))
		{
			Size		size = key.a;

			key.a = (uint64) PointerGetDatum(next_bytes);
			next_bytes += wire_size(size);
		}
		customer_map_add_key(map, apply, key, other->values[i]);
	}
	customer_map_flush(map, apply);
}
