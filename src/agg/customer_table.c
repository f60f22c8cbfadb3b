/*
 * agg/customer_table.c
 *		What customer maps of all types have in common: memory for states, slots, payloads, keys and waiting rows.
 */
#include "agg/customer_table.h"

#include "agg/aggstate.h"

#include "utils/memutils.h"

/*
 * A state's chunk, a power of two because the allocator would round it up to one.  Beside the state of
 * metrics/customer_count.c it holds eleven customers with 8-byte keys, beside that of metrics/crr.c seven.
 */
#define STATE_CHUNK_SIZE 256

/* Blocks for the keys by reference of a large map. */
#define KEY_BLOCK_MIN (64 * 1024)
#define KEY_BLOCK_MAX (64 * 1024 * 1024)

#define BATCH_KEY_BYTES (16 * 1024)

/*
 * A zeroed state whose first member is a CustomerMap, with room for a few entries behind it.
 */
void *
customer_table_allocate(FunctionCallInfo fcinfo, Size state_size, const CustomerKeys *keys, Size entry_size, Size payload_size)
{
	MemoryContext cxt = aggstate_context(fcinfo);
	CustomerMap    *map = MemoryContextAllocZero(cxt, STATE_CHUNK_SIZE);

	map->keys = keys;
	map->cxt = cxt;
	map->in_window = aggstate_in_window(fcinfo);
	map->inline_offset = MAXALIGN(state_size);
	map->inline_room = (STATE_CHUNK_SIZE - map->inline_offset) / (entry_size + payload_size);
	Assert(map->inline_room > 0);
	if (payload_size > 0)
	{
		map->payload = (char *) map + map->inline_offset + map->inline_room * entry_size;
		map->payload_room = map->inline_room;
		map->payload_size = payload_size;
	}
	return map;
}

/*
 * Memory that will be accessed at random.
 */
static void *
allocate_large(MemoryContext cxt, Size size)
{
	void	   *memory = MemoryContextAllocHuge(cxt, size);

	advise_huge_pages(memory, size);
	return memory;
}

/*
 * Zeroed memory for slots, to be freed by pfree.  Large tables start at a cache line, so that no
 * more of their slots straddle two than must; for small ones the allocator would round that up to twice the
 * size.
 */
void *
customer_table_allocate_slots(MemoryContext cxt, Size size)
{
	void	   *slots;

	if (size < CUSTOMER_MAP_BATCH_FROM_BYTES)
		return MemoryContextAllocZero(cxt, size);
	slots = allocate_at_line(cxt, size);
	advise_huge_pages(slots, size);
	return memset(slots, 0, size);
}

/*
 * Zeroed memory for an array of values.  It asks for no huge pages: to clear them each time the array grows costs
 * more than they save.
 */
void *
customer_table_allocate_values(MemoryContext cxt, Size size)
{
	return memset(MemoryContextAllocHuge(cxt, size), 0, size);
}

/*
 * An array with so many zeroed bytes more before it and after it, which the allocator may be able to extend
 * where it is.
 */
void *
customer_table_extend_values(void *values, Size before, Size size, Size after)
{
	char	   *extended = repalloc_huge(values, before + size + after);

	if (before > 0)
	{
		memmove(extended + before, extended, size);
		memset(extended, 0, before);
	}
	memset(extended + before + size, 0, after);
	return extended;
}

/*
 * Make room in the payload for so many elements in all.
 */
void
customer_table_reserve_payload(CustomerMap *map, uint64 nelements)
{
	bool		in_chunk = map->payload_room == map->inline_room;
	uint64		room = Min(Max(nelements, 2 * (uint64) map->payload_room), PG_UINT32_MAX);
	char	   *payload;

	if (nelements <= map->payload_room)
		return;
	if (nelements > PG_UINT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a group has more than %u customers", PG_UINT32_MAX)));
	payload = allocate_large(map->cxt, room * map->payload_size);
	memcpy(payload, map->payload, (Size) map->npayload * map->payload_size);
	if (!in_chunk)
		pfree(map->payload);
	map->payload = payload;
	map->payload_room = room;
}

/*
 * The place of another, zeroed element of the payload.
 */
uint32
customer_table_new_payload(CustomerMap *map)
{
	customer_table_reserve_payload(map, (uint64) map->npayload + 1);
	memset(map->payload + (Size) map->npayload * map->payload_size, 0, map->payload_size);
	return ++map->npayload;
}

/*
 * Memory for a key.  Keys of a large map lie close together in blocks of their own; but in a window they are
 * to be freed one by one.
 */
static void *
allocate_key(const CustomerMap *map, Size size)
{
	CustomerBatch  *batch = map->batch;
	void	   *memory;

	if (batch == NULL || map->in_window || size > KEY_BLOCK_MIN)
		return MemoryContextAllocHuge(map->cxt, size);
	if (MAXALIGN(size) > batch->block_left)
	{
		batch->block_size = Min(Max(2 * batch->block_size, KEY_BLOCK_MIN), KEY_BLOCK_MAX);
		batch->block = allocate_large(map->cxt, batch->block_size);
		batch->block_left = batch->block_size;
	}
	memory = batch->block + (batch->block_size - batch->block_left);
	batch->block_left -= MAXALIGN(size);
	return memory;
}

/*
 * The map's own copy of what a key points to.
 */
CustomerKey
customer_table_own_key(const CustomerMap *map, CustomerKey key)
{
	Size		size = customer_keys_size(map->keys, key);

	if (size > 0)
	{
		void	   *copy = allocate_key(map, size);

		memcpy(copy, DatumGetPointer((Datum) key.a), size);
		key.a = (uint64) PointerGetDatum(copy);
	}
	return key;
}

void
customer_table_free_key(const CustomerMap *map, CustomerKey key)
{
	Assert(map->in_window);
	if (customer_keys_is_pointer(map->keys, key))
		pfree(DatumGetPointer((Datum) key.a));
}

/*
 * The batch of a map that has become large.
 */
CustomerBatch *
customer_table_create_batch(CustomerMap *map)
{
	bool		by_reference = map->keys->layout == CUSTOMER_KEYREF && !map->keys->typbyval;
	Size		size = MAXALIGN(sizeof(CustomerBatch));

	map->batch = MemoryContextAllocZero(map->cxt, size + (by_reference ? BATCH_KEY_BYTES : 0));
	if (by_reference)
		map->batch->bytes = (char *) map->batch + size;
	return map->batch;
}

/*
 * A row's key may lie in a buffer that is gone by the next row, so that the batch needs its bytes.  Returns
 * false if there is no room for them, or never will be.
 */
bool
customer_table_keep_bytes(CustomerMap *map, CustomerKey *key)
{
	CustomerBatch  *batch = map->batch;
	Size		size = customer_keys_size(map->keys, *key);
	char	   *copy;

	if (size == 0)
		return true;
	if (size > BATCH_KEY_BYTES - batch->nbytes)
		return false;
	copy = batch->bytes + batch->nbytes;
	memcpy(copy, DatumGetPointer((Datum) key->a), size);
	batch->nbytes += MAXALIGN(size);
	key->a = (uint64) PointerGetDatum(copy);
	return true;
}
