/*
 * custmap.c
 *		The customer map: customer -> 32-bit value.
 *
 * Every metric over an order log asks, for each row, what is known about its customer.  Up to 4 bytes of
 * answer (a count, flags) are the value itself; a metric that knows more keeps an array of its own and has
 * the value index it.  A map passes through three stages, which its users do not see:
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
#include "custmap.h"

#include "aggstate.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "wire.h"

/*
 * A state's chunk, a power of two because the allocator would round it up to one.  Beside the state of
 * purchase.c it holds ten customers with 8-byte keys.
 */
#define STATE_CHUNK_SIZE 256

/* The table that follows the inline entries. */
#define FIRST_TABLE_ENTRIES 24

/* A table of this size no longer lives in the nearer caches beside the rest of the query. */
#define BATCH_FROM_BYTES (256 * 1024)

/* Blocks for the keys by reference of a large map. */
#define KEY_BLOCK_MIN (64 * 1024)
#define KEY_BLOCK_MAX (64 * 1024 * 1024)

#define PAYLOAD_FIRST_ROOM 8

#define BATCH_ROWS 64
#define BATCH_KEY_BYTES 4096

/* So many rows after a row has come its slot has come too, and tells what else is needed. */
#define SLOT_DELAY 12

typedef struct NarrowEntry
{
	uint64		key;
	uint32		value;
	uint8		status;
} NarrowEntry;

typedef struct WideEntry
{
	CustKey		key;
	uint32		value;
	uint8		status;
} WideEntry;

#define TABLE_FILL 0.9

#define SH_FILLFACTOR TABLE_FILL
#define SH_PREFIX narrow
#define SH_ELEMENT_TYPE NarrowEntry
#define SH_KEY_TYPE uint64
#define SH_KEY key
#define SH_HASH_KEY(tb, key) custkeys_mix(key)
#define SH_EQUAL(tb, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_USE_NONDEFAULT_ALLOCATOR
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

#define TABLE_KEYS(tb) ((const CustKeys *) (tb)->private_data)
#define SH_FILLFACTOR TABLE_FILL
#define SH_PREFIX wide
#define SH_ELEMENT_TYPE WideEntry
#define SH_KEY_TYPE CustKey
#define SH_KEY key
#define SH_HASH_KEY(tb, key) custkeys_hash(TABLE_KEYS(tb), key)
#define SH_EQUAL(tb, a, b) custkeys_equal(TABLE_KEYS(tb), a, b)
#define SH_SCOPE static inline
#define SH_USE_NONDEFAULT_ALLOCATOR
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

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

static inline void *
narrow_allocate(narrow_hash *table, Size size)
{
	return memset(allocate_large(table->ctx, size), 0, size);
}

static inline void
narrow_free(narrow_hash *table, void *slots)
{
	pfree(slots);
}

static inline void *
wide_allocate(wide_hash *table, Size size)
{
	return memset(allocate_large(table->ctx, size), 0, size);
}

static inline void
wide_free(wide_hash *table, void *slots)
{
	pfree(slots);
}

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

/* Where a walk over a map stands. */
typedef struct CustScan
{
	CustMap    *map;
	uint16		next_inline;
	narrow_iterator narrow;
	wide_iterator wide;
} CustScan;

#define IS_NARROW(map) ((map)->keys->layout == CUST_KEY8)
#define NARROW_TABLE(map) ((narrow_hash *) (map)->table)
#define WIDE_TABLE(map) ((wide_hash *) (map)->table)
#define NARROW_INLINE(map) ((NarrowEntry *) ((char *) (map) + (map)->inline_offset))
#define WIDE_INLINE(map) ((WideEntry *) ((char *) (map) + (map)->inline_offset))

/*
 * A zeroed state of "state_size" bytes whose first member is a CustMap, for the calling aggregate.
 */
void *
custmap_create(FunctionCallInfo fcinfo, Size state_size, const CustKeys *keys)
{
	MemoryContext cxt = aggstate_context(fcinfo);
	CustMap    *map = MemoryContextAllocZero(cxt, STATE_CHUNK_SIZE);

	map->keys = keys;
	map->cxt = cxt;
	map->in_window = aggstate_in_window(fcinfo);
	map->inline_offset = MAXALIGN(state_size);
	map->inline_room = (STATE_CHUNK_SIZE - map->inline_offset) /
		(IS_NARROW(map) ? sizeof(NarrowEntry) : sizeof(WideEntry));
	Assert(map->inline_room > 0);
	return map;
}

/*
 * Make room in the payload for so many elements in all.
 */
void
custmap_reserve_payload(CustMap *map, uint64 nelements, Size element_size)
{
	uint64		room = Max(nelements, PAYLOAD_FIRST_ROOM);
	void	   *payload;

	if (nelements <= map->payload_room)
		return;
	room = Max(room, 2 * (uint64) map->payload_room);
	payload = allocate_large(map->cxt, room * element_size);
	if (map->payload != NULL)
	{
		memcpy(payload, map->payload, map->payload_room * element_size);
		pfree(map->payload);
	}
	map->payload = payload;
	map->payload_room = Min(room, PG_UINT32_MAX);
	map->payload_size = element_size;
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

/*
 * Make room for so many entries at once: growing step by step would move each of them several times.
 */
static void
reserve(CustMap *map, uint64 nentries)
{
	uint64		size = pg_nextpower2_64(Max(2, nentries / TABLE_FILL + 1));

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
static uint32 *
insert(CustMap *map, CustKey key, uint32 hash)
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
 * A slot and the one after it, where a customer often is instead, may lie in two cache lines.
 *
 * Always inlined, as the next one is: gcc 12 takes a function that does nothing but prefetch for one without effects,
 * and drops the call.
 */
static pg_attribute_always_inline void
prefetch_slot(const CustMap *map, uint32 hash)
{
	char	   *slot;
	Size		size;

	if (IS_NARROW(map))
	{
		slot = (char *) &NARROW_TABLE(map)->data[hash & NARROW_TABLE(map)->sizemask];
		size = sizeof(NarrowEntry);
	}
	else
	{
		slot = (char *) &WIDE_TABLE(map)->data[hash & WIDE_TABLE(map)->sizemask];
		size = sizeof(WideEntry);
	}
	PREFETCH(slot);
	PREFETCH(slot + 2 * size - 1);
}

/*
 * What lies behind a slot, a key by reference or an element of the payload, costs another access to memory; ask
 * for that as well, if the slot that the hash names is the one.
 */
static pg_attribute_always_inline void
prefetch_behind_slot(const CustMap *map, const CustBatch *batch, int row)
{
	CustKey		key = batch->key[row];
	uint32		value = 0;

	if (batch->bytes == NULL && map->payload == NULL)
		return;
	if (IS_NARROW(map))
	{
		NarrowEntry *entry = &NARROW_TABLE(map)->data[batch->hash[row] & NARROW_TABLE(map)->sizemask];

		if (entry->status == narrow_SH_IN_USE && entry->key == key.a)
			value = entry->value;
	}
	else
	{
		WideEntry  *entry = &WIDE_TABLE(map)->data[batch->hash[row] & WIDE_TABLE(map)->sizemask];

		if (entry->status == wide_SH_IN_USE && entry->key.b == key.b)
		{
			value = entry->value;
			if (custkeys_is_pointer(map->keys, key))
				PREFETCH(DatumGetPointer((Datum) entry->key.a));
		}
	}
	if (map->payload != NULL && value > 0)
		PREFETCH((char *) map->payload + (Size) (value - 1) * map->payload_size);
}

static void
start_batch(CustMap *map)
{
	bool		by_reference = map->keys->layout == CUST_KEYREF && !map->keys->typbyval;
	Size		size = MAXALIGN(sizeof(CustBatch));

	map->batch = MemoryContextAllocZero(map->cxt, size + (by_reference ? BATCH_KEY_BYTES : 0));
	if (by_reference)
		map->batch->bytes = (char *) map->batch + size;
}

static inline bool
outgrew_cache(const CustMap *map)
{
	return IS_NARROW(map) ? NARROW_TABLE(map)->size >= BATCH_FROM_BYTES / sizeof(NarrowEntry)
		: WIDE_TABLE(map)->size >= BATCH_FROM_BYTES / sizeof(WideEntry);
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
		apply(map, insert(map, key, hash), argument);
		if (batch == NULL && map->table != NULL && outgrew_cache(map))
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

static void
scan_begin(CustScan *scan, CustMap *map)
{
	memset(scan, 0, sizeof(*scan));
	scan->map = map;
	if (map->table == NULL)
		return;
	if (IS_NARROW(map))
		narrow_start_iterate(NARROW_TABLE(map), &scan->narrow);
	else
		wide_start_iterate(WIDE_TABLE(map), &scan->wide);
}

/*
 * The next entry, in no particular order, but always in the same.
 */
static bool
scan_next(CustScan *scan, CustKey *key, uint32 *value)
{
	CustMap    *map = scan->map;

	if (IS_NARROW(map))
	{
		NarrowEntry *entry = NULL;

		if (map->table != NULL)
			entry = narrow_iterate(NARROW_TABLE(map), &scan->narrow);
		else if (scan->next_inline < map->ninline)
			entry = &NARROW_INLINE(map)[scan->next_inline++];
		if (entry == NULL)
			return false;
		key->a = entry->key;
		key->b = 0;
		*value = entry->value;
	}
	else
	{
		WideEntry  *entry = NULL;

		if (map->table != NULL)
			entry = wide_iterate(WIDE_TABLE(map), &scan->wide);
		else if (scan->next_inline < map->ninline)
			entry = &WIDE_INLINE(map)[scan->next_inline++];
		if (entry == NULL)
			return false;
		*key = entry->key;
		*value = entry->value;
	}
	return true;
}

/*
 * Bytes of each key in a message, 0 where they differ.
 */
static Size
fixed_key_size(const CustKeys *keys)
{
	if (keys->layout == CUST_KEYREF)
		return 0;
	return keys->layout == CUST_KEY16 ? sizeof(CustKey) : sizeof(uint64);
}

/*
 * Append a map to a message: type and collation, number of entries, values, and keys in the same order.  Keys of
 * one size are an array; any other is its size and its bytes, or 0 and its two words if it is no pointer.
 */
void
custmap_write(CustMap *map, StringInfo message)
{
	const CustKeys *keys = map->keys;
	Oid			identity[2] = {keys->type, keys->collation};
	uint64		nentries = custmap_count(map);
	Size		key_size = fixed_key_size(keys);
	uint64		values_size = wire_size(nentries * sizeof(uint32));
	char	   *part;
	int			values_at;
	int			keys_at;
	uint64		i = 0;
	CustScan	scan;
	CustKey		key;
	uint32		value;

	wire_put(message, identity, sizeof(identity));
	wire_put(message, &nentries, sizeof(nentries));
	/* Both at once: the message need not move a second time. */
	part = wire_extend(message, values_size + nentries * key_size);
	memset(part, 0, values_size);
	values_at = part - message->data;
	keys_at = values_at + values_size;

	scan_begin(&scan, map);
	while (scan_next(&scan, &key, &value))
	{
		((uint32 *) (message->data + values_at))[i] = value;
		if (key_size > 0)
			memcpy(message->data + keys_at + i * key_size, &key, key_size);
		else
		{
			wire_put_sized(message, DatumGetPointer((Datum) key.a), custkeys_size(keys, key));
			if (!custkeys_is_pointer(keys, key))
				wire_put(message, &key, sizeof(key));
		}
		if ((++i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
	}
	Assert(i == nentries);
}

/*
 * View a map in a message, having checked that every key lies within it.
 */
void
custmap_read(CustFlat *flat, FunctionCallInfo fcinfo, WireReader *reader)
{
	Oid			identity[2];
	Size		key_size;
	uint64		i;

	wire_get(reader, identity, sizeof(identity));
	flat->keys = custkeys_of_state(fcinfo, identity[0], identity[1]);
	wire_get(reader, &flat->nentries, sizeof(flat->nentries));
	if (flat->nentries > MaxAllocSize)
		wire_corrupt();
	flat->values = wire_take(reader, flat->nentries * sizeof(uint32));
	key_size = fixed_key_size(flat->keys);
	flat->first_key = wire_take(reader, flat->nentries * key_size);
	for (i = 0; key_size == 0 && i < flat->nentries; i++)
	{
		uint64		size;
		const void *value = wire_take_sized(reader, &size);

		if (size == 0)
		{
			CustKey		key;

			wire_get(reader, &key, sizeof(key));
			if (!custkeys_valid_short(flat->keys, key))
				wire_corrupt();
		}
		else if (!custkeys_valid_size(flat->keys, value, size))
			wire_corrupt();
		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
	}
}

/*
 * The key at "*cur", which moves on to the next.
 */
static CustKey
flat_key(const CustKeys *keys, const char **cur)
{
	Size		key_size = fixed_key_size(keys);
	CustKey		key = {0, 0};
	uint64		size;

	if (key_size == 0)
	{
		memcpy(&size, *cur, sizeof(size));
		*cur += sizeof(size);
		if (size > 0)
		{
			key = custkeys_prepare_reference(keys, PointerGetDatum(*cur));
			*cur += wire_size(size);
			return key;
		}
		key_size = sizeof(key);
	}
	memcpy(&key, *cur, key_size);
	*cur += key_size;
	return key;
}

/*
 * Take in every entry of another process's map, with its value as the argument.  The map must be flushed.
 */
void
custmap_merge(CustMap *map, CustApply apply, const CustFlat *other)
{
	const char *cur = other->first_key;
	CustKey		key[BATCH_ROWS];
	uint32		hash[BATCH_ROWS];
	uint64		done;
	int			i;

	reserve(map, other->nentries);
	if (map->batch == NULL && map->table != NULL && outgrew_cache(map))
		start_batch(map);
	for (done = 0; done < other->nentries; done += BATCH_ROWS)
	{
		int			n = Min(BATCH_ROWS, other->nentries - done);

		CHECK_FOR_INTERRUPTS();
		for (i = 0; i < n; i++)
		{
			key[i] = flat_key(map->keys, &cur);
			hash[i] = custkeys_hash(map->keys, key[i]);
			if (map->table != NULL)
				prefetch_slot(map, hash[i]);
		}
		for (i = 0; i < n; i++)
			apply(map, insert(map, key[i], hash[i]), other->values[done + i]);
	}
}
