/*
 * custmap.c
 *		The customer map: customer -> 32-bit value.
 *
 * Every metric over an order log asks, for each row, what is known about its customer.  Up to 4 bytes of
 * answer (a count, flags) are the value itself; a metric that knows more has a payload for each customer, an
 * array in which the value is the place.  A map passes through three stages, which its users do not see:
 *
 *		inline entries		| state | entry | entry | entry |    one chunk, no other memory
 *
 *			A GROUP BY may make a million groups of ten customers.  So the first entries lie in the chunk
 *			that holds the aggregate's state and are searched one by one.  There is no memory context a
 *			group, which would make the executor's accounting, and so the query, quadratic.
 *
 *		hash table			| slot | slot | slot | ...
 *
 *			The server's simplehash, in the aggregate's own context.  It comes in two instances: 16-byte
 *			slots for keys of 8 bytes, 24-byte slots for all others.
 *
 *		hash table and row batch
 *
 *			Once the table is larger than a cache, the time of a row is the time of one memory access.
 *			Rows then wait in a small batch: each one's slot is prefetched when it arrives, and looked at
 *			when the batch is full, some microseconds later.  Whoever reads a map flushes it first.
 *			Large tables also ask the kernel for huge pages.
 *
 * A key by reference is copied when it enters the map, and the copy freed when it leaves.
 */
#include "custtable.h"

#include "aggstate.h"

/*
 * A state's chunk, a power of two because the allocator would round it up to one.  Beside the state of purchase.c it
 * holds eleven customers with 8-byte keys, beside that of churn.c seven.
 */
#define STATE_CHUNK_SIZE 256

/* The table that follows the inline entries. */
#define FIRST_TABLE_ENTRIES 24

/* A table of this size no longer lives in the nearer caches beside the rest of the query. */
#define BATCH_FROM_BYTES (256 * 1024)

/* Blocks for the keys by reference of a large map. */
#define KEY_BLOCK_MIN (64 * 1024)
#define KEY_BLOCK_MAX (64 * 1024 * 1024)

#define BATCH_ROWS 64
#define BATCH_KEY_BYTES 4096

/* So many rows after a row has come its slot has come too, and tells what else is needed. */
#define SLOT_DELAY 12

typedef struct CustBatch
{
	int			nrows;
	Size		nbytes;			/* used of the keys' bytes */
	uint32		hash[BATCH_ROWS];
	CustKey		key[BATCH_ROWS];
	uint64		argument[BATCH_ROWS];
	char	   *bytes;			/* NULL for keys that are not by reference */
	char	   *block;			/* for copies of new ones */
	Size		block_size;
	Size		block_left;
} CustBatch;

/*
 * A zeroed state of "state_size" bytes whose first member is a CustMap, for the calling aggregate.  With a
 * payload of so many bytes a customer, the first ones' lie in the state's chunk as well.
 */
void *
custmap_create(FunctionCallInfo fcinfo, Size state_size, const CustKeys *keys, Size payload_size)
{
	MemoryContext cxt = aggstate_context(fcinfo);
	CustMap    *map = MemoryContextAllocZero(cxt, STATE_CHUNK_SIZE);
	Size		entry_size;

	map->keys = keys;
	map->cxt = cxt;
	map->in_window = aggstate_in_window(fcinfo);
	map->inline_offset = MAXALIGN(state_size);
	entry_size = IS_NARROW(map) ? sizeof(NarrowEntry) : sizeof(WideEntry);
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
 * Make room in the payload for so many elements in all.
 */
static void
reserve_payload(CustMap *map, uint64 nelements)
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
custmap_new_payload(CustMap *map)
{
	reserve_payload(map, (uint64) map->npayload + 1);
	memset(map->payload + (Size) map->npayload * map->payload_size, 0, map->payload_size);
	return ++map->npayload;
}

uint64
custmap_count(const CustMap *map)
{
	Assert(map->batch == NULL || map->batch->nrows == 0);
	if (map->table == NULL)
		return map->ninline;
	return IS_NARROW(map) ? NARROW_TABLE(map)->members : WIDE_TABLE(map)->members;
}

/*
 * Memory for a key.  Keys of a large map lie close together in blocks of their own; but in a window they are
 * to be freed one by one.
 */
static void *
allocate_key(const CustMap *map, Size size)
{
	CustBatch  *batch = map->batch;
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
static CustKey
own_key(const CustMap *map, CustKey key)
{
	Size		size = custkeys_size(map->keys, key);

	if (size > 0)
	{
		void	   *copy = allocate_key(map, size);

		memcpy(copy, DatumGetPointer((Datum) key.a), size);
		key.a = (uint64) PointerGetDatum(copy);
	}
	return key;
}

static void
free_key(const CustMap *map, CustKey key)
{
	Assert(map->in_window);
	if (custkeys_is_pointer(map->keys, key))
		pfree(DatumGetPointer((Datum) key.a));
}

/*
 * The value of a customer in the table, entered if it is not there.
 */
static inline uint32 *
table_insert(CustMap *map, CustKey key, uint32 hash)
{
	bool		found;

	if (IS_NARROW(map))
	{
		NarrowEntry *entry = narrow_insert_hash(NARROW_TABLE(map), key.a, hash, &found);

		if (!found)
			entry->value = 0;
		return &entry->value;
	}
	else
	{
		WideEntry  *entry = wide_insert_hash(WIDE_TABLE(map), key, hash, &found);

		if (!found)
		{
			entry->value = 0;
			entry->key = own_key(map, key);
		}
		return &entry->value;
	}
}

static void
create_table(CustMap *map, uint64 nentries)
{
	uint32		room = Min(nentries, PG_UINT32_MAX);
	bool		found;
	int			i;

	if (IS_NARROW(map))
		map->table = narrow_create(map->cxt, room, NULL);
	else
		map->table = wide_create(map->cxt, room, unconstify(CustKeys *, map->keys));

	for (i = 0; i < map->ninline; i++)
	{
		if (IS_NARROW(map))
		{
			NarrowEntry *entry = &NARROW_INLINE(map)[i];

			narrow_insert(NARROW_TABLE(map), entry->key, &found)->value = entry->value;
		}
		else
		{
			WideEntry  *entry = &WIDE_INLINE(map)[i];

			/* The map owns this key already. */
			wide_insert(WIDE_TABLE(map), entry->key, &found)->value = entry->value;
		}
		Assert(!found);
	}
	map->ninline = 0;
}

static inline bool
outgrew_cache(const CustMap *map)
{
	return IS_NARROW(map) ? NARROW_TABLE(map)->size >= BATCH_FROM_BYTES / sizeof(NarrowEntry)
		: WIDE_TABLE(map)->size >= BATCH_FROM_BYTES / sizeof(WideEntry);
}

/*
 * Start the batch of a table that has become large.
 */
static void
start_batch(CustMap *map)
{
	bool		by_reference = map->keys->layout == CUST_KEYREF && !map->keys->typbyval;
	Size		size = MAXALIGN(sizeof(CustBatch));

	if (map->batch != NULL || map->table == NULL || !outgrew_cache(map))
		return;
	map->batch = MemoryContextAllocZero(map->cxt, size + (by_reference ? BATCH_KEY_BYTES : 0));
	if (by_reference)
		map->batch->bytes = (char *) map->batch + size;
}

/*
 * Make room for so many entries at once: growing step by step would move each of them several times.
 */
void
custmap_reserve(CustMap *map, uint64 nentries)
{
	uint64		size = pg_nextpower2_64(Max(2, nentries / TABLE_FILL + 1));

	if (map->payload != NULL)
		reserve_payload(map, nentries);
	if (map->table == NULL)
	{
		if (nentries > map->inline_room)
			create_table(map, nentries);
	}
	else if (IS_NARROW(map))
	{
		if (size > NARROW_TABLE(map)->size)
			narrow_grow(NARROW_TABLE(map), size);
	}
	else if (size > WIDE_TABLE(map)->size)
		wide_grow(WIDE_TABLE(map), size);
	start_batch(map);
}

static uint32 *
inline_find(CustMap *map, CustKey key)
{
	int			i;

	if (IS_NARROW(map))
	{
		NarrowEntry *entry = NARROW_INLINE(map);

		for (i = 0; i < map->ninline; i++, entry++)
			if (entry->key == key.a)
				return &entry->value;
	}
	else
	{
		WideEntry  *entry = WIDE_INLINE(map);

		for (i = 0; i < map->ninline; i++, entry++)
			if (custkeys_equal(map->keys, entry->key, key))
				return &entry->value;
	}
	return NULL;
}

/*
 * The value of a customer, entered if it is not there, in whichever place the map keeps its entries.
 */
uint32 *
custmap_insert(CustMap *map, CustKey key, uint32 hash)
{
	if (map->table == NULL)
	{
		uint32	   *value = inline_find(map, key);

		if (value != NULL)
			return value;
		if (map->ninline < map->inline_room)
		{
			int			i = map->ninline++;

			if (IS_NARROW(map))
			{
				NARROW_INLINE(map)[i].key = key.a;
				value = &NARROW_INLINE(map)[i].value;
			}
			else
			{
				WIDE_INLINE(map)[i].key = own_key(map, key);
				value = &WIDE_INLINE(map)[i].value;
			}
			*value = 0;
			return value;
		}
		create_table(map, FIRST_TABLE_ENTRIES);
	}
	return table_insert(map, key, hash);
}

/*
 * What lies behind a slot, a key by reference or an element of the payload, costs another access to memory; ask for
 * that as well, if the customer is in the slot that the hash names or in the next.  Always inlined for the reason
 * that prefetch_slot gives.
 */
static pg_attribute_always_inline void
prefetch_behind_slot(const CustMap *map, const CustBatch *batch, int row)
{
	CustKey		key = batch->key[row];
	uint32		value = 0;
	uint32		slot = batch->hash[row];
	int			i;

	if (batch->bytes == NULL && map->payload == NULL)
		return;
	if (IS_NARROW(map))
	{
		narrow_hash *table = NARROW_TABLE(map);

		for (i = 0; i < 2 && value == 0; i++, slot++)
		{
			NarrowEntry *entry = &table->data[slot & table->sizemask];

			if (entry->status == narrow_SH_IN_USE && entry->key == key.a)
				value = entry->value;
		}
	}
	else
	{
		wide_hash  *table = WIDE_TABLE(map);

		for (i = 0; i < 2 && value == 0; i++, slot++)
		{
			WideEntry  *entry = &table->data[slot & table->sizemask];

			if (entry->status == wide_SH_IN_USE && entry->key.b == key.b)
			{
				value = entry->value;
				if (custkeys_is_pointer(map->keys, key))
					PREFETCH(DatumGetPointer((Datum) entry->key.a));
			}
		}
	}
	if (map->payload != NULL && value > 0)
	{
		char	   *payload = map->payload + (Size) (value - 1) * map->payload_size;

		PREFETCH(payload);
		PREFETCH(payload + map->payload_size - 1);
	}
}

/*
 * Apply the rows that wait in the batch.
 */
void
custmap_flush(CustMap *map, CustApply apply)
{
	CustBatch  *batch = map->batch;
	int			i;

	if (batch == NULL)
		return;
	for (i = Max(batch->nrows - SLOT_DELAY, 0); i < batch->nrows; i++)
		prefetch_behind_slot(map, batch, i);
	for (i = 0; i < batch->nrows; i++)
		apply(map, table_insert(map, batch->key[i], batch->hash[i]), batch->argument[i]);
	batch->nrows = 0;
	batch->nbytes = 0;
}

/*
 * A row's key may lie in a buffer that is gone by the next row, so that the batch needs its bytes.  Returns
 * false if they are too many.
 */
static bool
keep_key_bytes(CustMap *map, CustApply apply, CustKey *key)
{
	CustBatch  *batch = map->batch;
	Size		size = custkeys_size(map->keys, *key);
	char	   *copy;

	if (size == 0)
		return true;
	if (size > BATCH_KEY_BYTES)
		return false;
	if (size > BATCH_KEY_BYTES - batch->nbytes)
		custmap_flush(map, apply);
	copy = batch->bytes + batch->nbytes;
	memcpy(copy, DatumGetPointer((Datum) key->a), size);
	batch->nbytes += MAXALIGN(size);
	key->a = (uint64) PointerGetDatum(copy);
	return true;
}

/*
 * Take in a row of a customer.
 */
void
custmap_add(CustMap *map, CustApply apply, Datum customer, uint64 argument)
{
	CustKey		key = custkeys_prepare(map->keys, customer);
	CustBatch  *batch = map->batch;
	uint32		hash = custkeys_hash(map->keys, key);
	int			row;

	if (batch == NULL || (batch->bytes != NULL && !keep_key_bytes(map, apply, &key)))
	{
		apply(map, custmap_insert(map, key, hash), argument);
		start_batch(map);
		return;
	}

	prefetch_slot(map, hash);
	row = batch->nrows++;
	batch->key[row] = key;
	batch->hash[row] = hash;
	batch->argument[row] = argument;
	if (row >= SLOT_DELAY)
		prefetch_behind_slot(map, batch, row - SLOT_DELAY);
	if (batch->nrows == BATCH_ROWS)
		custmap_flush(map, apply);
}

/*
 * The value of a customer, or NULL.  The map must be flushed.
 */
uint32 *
custmap_find(CustMap *map, Datum customer)
{
	CustKey		key = custkeys_prepare(map->keys, customer);

	if (map->table == NULL)
		return inline_find(map, key);
	if (IS_NARROW(map))
	{
		NarrowEntry *entry = narrow_lookup(NARROW_TABLE(map), key.a);

		return entry ? &entry->value : NULL;
	}
	else
	{
		WideEntry  *entry = wide_lookup(WIDE_TABLE(map), key);

		return entry ? &entry->value : NULL;
	}
}

/*
 * Drop a customer, whose value custmap_find returned.
 */
void
custmap_remove(CustMap *map, uint32 *value)
{
	if (IS_NARROW(map))
	{
		NarrowEntry *entry = (NarrowEntry *) ((char *) value - offsetof(NarrowEntry, value));

		if (map->table != NULL)
			narrow_delete_item(NARROW_TABLE(map), entry);
		else
			*entry = NARROW_INLINE(map)[--map->ninline];
	}
	else
	{
		WideEntry  *entry = (WideEntry *) ((char *) value - offsetof(WideEntry, value));

		free_key(map, entry->key);
		if (map->table != NULL)
			wide_delete_item(WIDE_TABLE(map), entry);
		else
			*entry = WIDE_INLINE(map)[--map->ninline];
	}
}
