/*
 * agg/customer_slots.h
 *		Part of the template agg/customer_table.h: inline entries, hash table, flush of a batch.
 *
 * It is included once for each layout of an entry, with these defined and undefined again at its end:
 *
 *		SLOTS_NAME(name)			the name of a function
 *		SLOTS_ENTRY					the type of an entry, made here
 *		SLOTS_KEY					the type of an entry's key, the slot key
 *		SLOTS_KEY_OF(key)			CustomerKey -> slot key
 *		SLOTS_CUSTOMER(slot_key)	slot key -> CustomerKey
 *		SLOTS_HASH(keys, slot_key)
 *		SLOTS_EQUAL(keys, one, other)
 *		SLOTS_OWN_KEY(map, key)		CustomerKey -> slot key that the map may keep
 *		SLOTS_FREE_KEY(map, slot_key)
 *
 */

typedef struct SLOTS_ENTRY
{
	SLOTS_KEY	key;
	CUSTOMER_MAP_VALUE value;
	uint8		status;
} SLOTS_ENTRY;

StaticAssertDecl(CUSTOMER_MAP_CHUNK_SIZE - CUSTOMER_MAP_STATE_MAX >= 2 * sizeof(SLOTS_ENTRY),
				 "a state's chunk holds two entries at least");

#define TABLE_NAME(name) CUSTOMER_MAP_CONCAT(SLOTS_NAME(table), name)
#define TABLE(map) ((TABLE_NAME(hash) *) (map)->table)
#define TABLE_KEYS(tb) ((const CustomerKeys *) (tb)->private_data)

#define SH_FILLFACTOR CUSTOMER_MAP_TABLE_FILL
#define SH_PREFIX SLOTS_NAME(table)
#define SH_ELEMENT_TYPE SLOTS_ENTRY
#define SH_KEY_TYPE SLOTS_KEY
#define SH_KEY key
#define SH_HASH_KEY(tb, key) customer_table_hash(SLOTS_HASH(TABLE_KEYS(tb), key))
#define SH_EQUAL(tb, a, b) SLOTS_EQUAL(TABLE_KEYS(tb), a, b)
#define SH_SCOPE static inline
#define SH_USE_NONDEFAULT_ALLOCATOR
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

static inline void *
TABLE_NAME(allocate) (TABLE_NAME(hash) *table, Size size)
{
	return customer_table_allocate_slots(table->ctx, size);
}

static inline void
TABLE_NAME(free) (TABLE_NAME(hash) *table, void *slots)
{
	pfree(slots);
}

static inline SLOTS_ENTRY *
SLOTS_NAME(inline_entries) (CustomerMap *map)
{
	return (SLOTS_ENTRY *) ((char *) map + map->inline_offset);
}

static inline uint64
SLOTS_NAME(count) (const CustomerMap *map)
{
	return map->table != NULL ? TABLE(map)->members : map->ninline;
}

/*
 * Move the inline entries, if any, to a table with room for this many.
 */
static void
SLOTS_NAME(create_table) (CustomerMap *map, uint64 nentries)
{
	SLOTS_ENTRY *entries = SLOTS_NAME(inline_entries) (map);
	bool		found;
	int			i;

	map->table = TABLE_NAME(create) (map->cxt, Min(nentries, PG_UINT32_MAX), unconstify(CustomerKeys *, map->keys));
	for (i = 0; i < map->ninline; i++)
	{
		TABLE_NAME(insert) (TABLE(map), entries[i].key, &found)->value = entries[i].value;
		Assert(!found);
	}
	map->ninline = 0;
}

static inline void
SLOTS_NAME(drop_table) (CustomerMap *map)
{
	TABLE_NAME(destroy) (TABLE(map));
	map->table = NULL;
}

/*
 * The value of a customer in the table.  Most customers are there, and to look for one takes less than to
 * insert it.
 */
static inline CUSTOMER_MAP_VALUE *
SLOTS_NAME(table_value) (CustomerMap *map, CustomerKey key, uint32 hash)
{
	SLOTS_ENTRY *entry = TABLE_NAME(lookup_hash) (TABLE(map), SLOTS_KEY_OF(key), hash);
	bool		found;

	if (unlikely(entry == NULL))
	{
		entry = TABLE_NAME(insert_hash) (TABLE(map), SLOTS_KEY_OF(key), hash, &found);
		entry->key = SLOTS_OWN_KEY(map, key);
		memset(&entry->value, 0, sizeof(entry->value));
	}
	return &entry->value;
}

static inline CUSTOMER_MAP_VALUE *
SLOTS_NAME(inline_find) (CustomerMap *map, CustomerKey key)
{
	SLOTS_ENTRY *entry = SLOTS_NAME(inline_entries) (map);
	int			i;

	for (i = 0; i < map->ninline; i++, entry++)
		if (SLOTS_EQUAL(map->keys, entry->key, SLOTS_KEY_OF(key)))
			return &entry->value;
	return NULL;
}

/*
 * The value of a customer, who is entered if not there, wherever the map keeps its entries.
 */
static CUSTOMER_MAP_VALUE *
SLOTS_NAME(insert) (CustomerMap *map, CustomerKey key)
{
	if (map->table == NULL)
	{
		CUSTOMER_MAP_VALUE *value = SLOTS_NAME(inline_find) (map, key);

		if (value != NULL)
			return value;
		if (map->ninline < map->inline_room)
		{
			SLOTS_ENTRY *entry = SLOTS_NAME(inline_entries) (map) + map->ninline++;

			entry->key = SLOTS_OWN_KEY(map, key);
			return memset(&entry->value, 0, sizeof(entry->value));
		}
		SLOTS_NAME(create_table) (map, CUSTOMER_MAP_FIRST_TABLE_ENTRIES(sizeof(SLOTS_ENTRY)));
	}
	return SLOTS_NAME(table_value) (map, key, SLOTS_HASH(map->keys, SLOTS_KEY_OF(key)));
}

/*
 * Once the table is large, rows wait in a batch.
 */
static inline void
SLOTS_NAME(consider_batch) (CustomerMap *map)
{
	if (map->table != NULL && map->batch == NULL &&
		TABLE(map)->size * sizeof(SLOTS_ENTRY) >= CUSTOMER_MAP_BATCH_FROM_BYTES)
		map->batch = customer_table_create_batch(map);
}

static inline void
SLOTS_NAME(reserve) (CustomerMap *map, uint64 nentries)
{
	uint64		size = pg_nextpower2_64(Max(2, nentries / CUSTOMER_MAP_TABLE_FILL + 1));

	if (map->table == NULL)
	{
		if (nentries > map->inline_room)
			SLOTS_NAME(create_table) (map, nentries);
	}
	else if (size > TABLE(map)->size)
		TABLE_NAME(grow) (TABLE(map), size);
	SLOTS_NAME(consider_batch) (map);
}

/*
 * Apply a row at once.
 */
static inline void
SLOTS_NAME(add) (CustomerMap *map, Apply apply, CustomerKey key, uint64 argument)
{
	apply(map, SLOTS_NAME(insert) (map, key), argument);
	SLOTS_NAME(consider_batch) (map);
}

/*
 * A slot and the one after it, where a customer often is instead, may lie in two cache lines.
 *
 * Always inlined: gcc 12 takes a function that does nothing but prefetch for one without effects, and drops
 * the call.
 */
static pg_attribute_always_inline void
SLOTS_NAME(prefetch_slot) (const CustomerMap *map, uint32 hash)
{
	SLOTS_ENTRY *entry = &TABLE(map)->data[hash & TABLE(map)->sizemask];

	PREFETCH(entry);
	PREFETCH((char *) (entry + 2) - 1);
}

/*
 * To compare a long key costs another access to memory.  Prefetch it as well, if the customer is in the slot
 * that the hash names.
 */
static pg_attribute_always_inline void
SLOTS_NAME(prefetch_bytes) (const CustomerMap *map, CustomerKey key, uint32 hash)
{
	SLOTS_ENTRY *entry = &TABLE(map)->data[hash & TABLE(map)->sizemask];
	CustomerKey there = SLOTS_CUSTOMER(entry->key);

	if (entry->status == TABLE_NAME(SH_IN_USE) && there.b == key.b && customer_keys_is_pointer(map->keys, there))
		PREFETCH(DatumGetPointer((Datum) there.a));
}

/*
 * Apply the rows of the batch from "first" on.
 */
static void
SLOTS_NAME(flush) (CustomerMap *map, Apply apply, int first)
{
	CustomerBatch *batch = map->batch;
	bool		by_reference = batch->bytes != NULL;
	int			ahead;

	for (ahead = first; ahead < batch->nrows + 2 * CUSTOMER_MAP_ROWS_AHEAD; ahead++)
	{
		int			next = ahead - CUSTOMER_MAP_ROWS_AHEAD;
		int			row = next - CUSTOMER_MAP_ROWS_AHEAD;

		if (ahead < batch->nrows)
		{
			batch->hash[ahead] = SLOTS_HASH(map->keys, SLOTS_KEY_OF(batch->key[ahead]));
			SLOTS_NAME(prefetch_slot) (map, batch->hash[ahead]);
		}
		if (by_reference && next >= first && next < batch->nrows)
			SLOTS_NAME(prefetch_bytes) (map, batch->key[next], batch->hash[next]);
		if (row >= first)
			apply(map, SLOTS_NAME(table_value) (map, batch->key[row], batch->hash[row]), batch->argument[row]);
	}
}

static inline CUSTOMER_MAP_VALUE *
SLOTS_NAME(find) (CustomerMap *map, CustomerKey key)
{
	SLOTS_ENTRY *entry;

	if (map->table == NULL)
		return SLOTS_NAME(inline_find) (map, key);
	entry = TABLE_NAME(lookup) (TABLE(map), SLOTS_KEY_OF(key));
	return entry ? &entry->value : NULL;
}

static inline void
SLOTS_NAME(remove) (CustomerMap *map, CUSTOMER_MAP_VALUE *value)
{
	SLOTS_ENTRY *entry = (SLOTS_ENTRY *) ((char *) value - offsetof(SLOTS_ENTRY, value));

	SLOTS_FREE_KEY(map, entry->key);
	if (map->table != NULL)
		TABLE_NAME(delete_item) (TABLE(map), entry);
	else
		*entry = SLOTS_NAME(inline_entries) (map)[--map->ninline];
}

/*
 * The next entry of a walk.
 */
static inline CUSTOMER_MAP_VALUE *
SLOTS_NAME(next) (CustomerScan *scan, CustomerKey *key)
{
	CustomerMap *map = scan->map;
	SLOTS_ENTRY *entries = map->table != NULL ? TABLE(map)->data : SLOTS_NAME(inline_entries) (map);
	uint64		n = map->table != NULL ? TABLE(map)->size : map->ninline;

	while (scan->next < n)
	{
		SLOTS_ENTRY *entry = &entries[scan->next++];

		if (map->table == NULL || entry->status == TABLE_NAME(SH_IN_USE))
		{
			*key = SLOTS_CUSTOMER(entry->key);
			return &entry->value;
		}
	}
	return NULL;
}

#undef SLOTS_NAME
#undef SLOTS_ENTRY
#undef SLOTS_KEY
#undef SLOTS_KEY_OF
#undef SLOTS_CUSTOMER
#undef SLOTS_HASH
#undef SLOTS_EQUAL
#undef SLOTS_OWN_KEY
#undef SLOTS_FREE_KEY
#undef TABLE_NAME
#undef TABLE
#undef TABLE_KEYS
