/*
 * agg/customer_table.c
 *		What customer maps of all types have in common: memory for states, slots, values, keys and waiting rows.
 *
 * Whoever clears or moves hundreds of megabytes looks for interrupts after each slice of them, since the kernel
 * takes longer for fresh pages than a user waits for a cancelled query.
 */
#include "agg/customer_table.h"

#include "agg/aggstate.h"

#include "utils/memutils.h"

#define SLICE_SIZE (16 * 1024 * 1024)

/* Blocks for the keys by reference of a large map. */
#define KEY_BLOCK_MIN (64 * 1024)
#define KEY_BLOCK_MAX (64 * 1024 * 1024)

#define BATCH_KEY_BYTES (16 * 1024)

/*
 * A zeroed state whose first member is a CustomerMap, with room for a few entries behind it.
 */
void *
customer_table_allocate(FunctionCallInfo fcinfo, Size state_size, const CustomerKeys *keys, Size entry_size)
{
	MemoryContext cxt = aggstate_context(fcinfo);
	CustomerMap *map = MemoryContextAllocZero(cxt, CUSTOMER_MAP_CHUNK_SIZE);

	Assert(MAXALIGN(state_size) <= CUSTOMER_MAP_STATE_MAX);
	map->keys = keys;
	map->cxt = cxt;
	map->in_window = aggstate_in_window(fcinfo);
	map->inline_offset = MAXALIGN(state_size);
	map->inline_room = (CUSTOMER_MAP_CHUNK_SIZE - map->inline_offset) / entry_size;
	return map;
}

static void
clear_memory(char *memory, Size size)
{
	while (size > 0)
	{
		Size		slice = Min(size, SLICE_SIZE);

		memset(memory, 0, slice);
		memory += slice;
		size -= slice;
		CHECK_FOR_INTERRUPTS();
	}
}

/*
 * Move memory up, its end first.
 */
static void
move_memory_up(char *memory, Size size, Size distance)
{
	while (size > 0)
	{
		Size		slice = Min(size, SLICE_SIZE);

		size -= slice;
		memmove(memory + size + distance, memory + size, slice);
		CHECK_FOR_INTERRUPTS();
	}
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
	clear_memory(slots, size);
	return slots;
}

/*
 * Zeroed memory for an array of values.  It asks for no huge pages: to clear them each time the array grows
 * costs more than they save.
 */
void *
customer_table_allocate_values(MemoryContext cxt, Size size)
{
	void	   *values = MemoryContextAllocHuge(cxt, size);

	clear_memory(values, size);
	return values;
}

/*
 * An array of "size" bytes with zeroed ones added before it and after it, which the allocator may be able to
 * extend where it is.
 */
void *
customer_table_extend_values(void *values, Size before, Size size, Size after)
{
	char	   *extended = repalloc_huge(values, before + size + after);

	if (before > 0)
	{
		move_memory_up(extended, size, before);
		clear_memory(extended, before);
	}
	clear_memory(extended + before + size, after);
	return extended;
}

/*
 * Memory for a key.  Keys of a large map lie close together in blocks of their own; but in a window they are
 * to be freed one by one.
 */
static void *
allocate_key(const CustomerMap *map, Size size)
{
	CustomerBatch *batch = map->batch;
	void	   *memory;

	if (batch == NULL || map->in_window || size > KEY_BLOCK_MIN)
		return MemoryContextAllocHuge(map->cxt, size);
	if (MAXALIGN(size) > batch->block_left)
	{
		batch->block_size = Min(Max(2 * batch->block_size, KEY_BLOCK_MIN), KEY_BLOCK_MAX);
		batch->block = MemoryContextAllocHuge(map->cxt, batch->block_size);
		advise_huge_pages(batch->block, batch->block_size);
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
	CustomerBatch *batch = MemoryContextAllocZero(map->cxt, size + (by_reference ? BATCH_KEY_BYTES : 0));

	if (by_reference)
		batch->bytes = (char *) batch + size;
	if (map->in_window)
		batch->dense_from = PG_UINT64_MAX;
	return batch;
}

/*
 * A row's key may lie in a buffer that is gone by the next row, so that the batch needs its bytes.  Returns
 * false if there is no room for them, or never will be.
 */
bool
customer_table_keep_bytes(CustomerMap *map, CustomerKey *key)
{
	CustomerBatch *batch = map->batch;
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
