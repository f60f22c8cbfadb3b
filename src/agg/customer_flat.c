/*
 * agg/customer_flat.c
 *		Customer maps on their way from one process to another.
 *
 * A parallel worker's map travels as four arrays, which the receiver reads where they lie:
 *
 *		type, collation | number of entries | values | keys | bytes of the keys that are pointers
 *
 * A key that was a pointer has its size in place of the address.  Entries leave in the order of the sender's
 * slots, and a receiver whose table has the same size fills it from one end to the other.
 *
 * The writer walks its map once for values and keys, and once more for bytes, if there are any.
 */
#include "agg/customer_flat.h"

#include "miscadmin.h"
#include "utils/memutils.h"

static inline Size
key_size(const CustomerKeys *keys)
{
	return keys->layout == CUSTOMER_KEY8 ? sizeof(uint64) : sizeof(CustomerKey);
}

/*
 * The type of the keys and its collation, which the executor does not tell a receiver.
 */
void
customer_flat_put_keys(StringInfo message, const CustomerKeys *keys)
{
	Oid			identity[2] = {keys->type, keys->collation};

	wire_put(message, identity, sizeof(identity));
}

const CustomerKeys *
customer_flat_take_keys(FunctionCallInfo fcinfo, WireReader *reader)
{
	Oid			identity[2];

	wire_get(reader, identity, sizeof(identity));
	return customer_keys_of_state(fcinfo, identity[0], identity[1]);
}

/*
 * Begin to append a map to a message, to which nothing else may be added until all keys are in.
 */
void
customer_flat_begin(CustomerFlatWriter *writer, StringInfo message, const CustomerKeys *keys, uint64 nentries,
					Size value_size)
{
	uint64		values_size = wire_size(nentries * value_size);

	customer_flat_put_keys(message, keys);
	wire_put(message, &nentries, sizeof(nentries));
	writer->keys = keys;
	writer->value_size = value_size;
	writer->next_value = wire_extend(message, values_size + nentries * key_size(keys));
	writer->next_key = writer->next_value + values_size;
	writer->has_pointers = false;

	/* The last value may be followed by a gap. */
	if (values_size > 0)
		memset(writer->next_key - sizeof(uint64), 0, sizeof(uint64));
}

/*
 * Append an entry's key.  Returns the place of its value.
 */
void *
customer_flat_put(CustomerFlatWriter *writer, CustomerKey key)
{
	void	   *value = writer->next_value;

	if (customer_keys_is_pointer(writer->keys, key))
	{
		key.a = customer_keys_size(writer->keys, key);
		writer->has_pointers = true;
	}
	memcpy(writer->next_key, &key, key_size(writer->keys));
	writer->next_key += key_size(writer->keys);
	writer->next_value += writer->value_size;
	CHECK_FOR_INTERRUPTS();
	return value;
}

/*
 * Append the bytes of a key, if it is a pointer.
 */
void
customer_flat_put_bytes(StringInfo message, const CustomerKeys *keys, CustomerKey key)
{
	CHECK_FOR_INTERRUPTS();
	wire_put(message, DatumGetPointer((Datum) key.a), customer_keys_size(keys, key));
}

/*
 * View a map in a message, having checked that every key lies within it.
 */
void
customer_flat_read(CustomerFlat *flat, FunctionCallInfo fcinfo, WireReader *reader, Size value_size)
{
	uint64		i;

	flat->keys = customer_flat_take_keys(fcinfo, reader);
	wire_get(reader, &flat->nentries, sizeof(flat->nentries));
	if (flat->nentries > MaxAllocSize)
		wire_corrupt();
	flat->values = wire_take(reader, flat->nentries * value_size);
	flat->next_key = wire_take(reader, flat->nentries * key_size(flat->keys));
	flat->next_bytes = reader->cur;
	if (flat->keys->layout != CUSTOMER_KEYREF)
		return;

	for (i = 0; i < flat->nentries; i++)
	{
		CustomerKey key = ((const CustomerKey *) flat->next_key)[i];

		if (customer_keys_is_pointer(flat->keys, key)
			? !customer_keys_valid_size(flat->keys, wire_take(reader, key.a), key.a)
			: !customer_keys_valid_short(flat->keys, key))
			wire_corrupt();
		CHECK_FOR_INTERRUPTS();
	}
}

/*
 * The next key, with its bytes where they lie in the message.
 */
CustomerKey
customer_flat_next_key(CustomerFlat *flat)
{
	CustomerKey key = {0, 0};

	CHECK_FOR_INTERRUPTS();
	memcpy(&key, flat->next_key, key_size(flat->keys));
	flat->next_key += key_size(flat->keys);
	if (customer_keys_is_pointer(flat->keys, key))
	{
		Size		size = key.a;

		key.a = (uint64) PointerGetDatum(flat->next_bytes);
		flat->next_bytes += wire_size(size);
	}
	return key;
}
