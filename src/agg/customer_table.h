/*
 * agg/customer_table.h
 *		Template of a customer map: customer -> value of any type.
 *
 * Where the value lies in the slot of its customer, a row costs one access to memory.  So a map is made for
 * each type of value, in the way of the server's own templates:
 *
 *		#define CUSTOMER_MAP_PREFIX windows			-> windows_add(), ...
 *		#define CUSTOMER_MAP_VALUE SeenWindow		zeroed for a customer met for the first time,
 *		#define CUSTOMER_MAP_IS_EMPTY(value)		which is what this tells; no row leaves a value so
 *		#define CUSTOMER_MAP_SCOPE static inline
 *		#define CUSTOMER_MAP_BEHIND(map, value)		optional: prefetch what the value leads to
 *		#include "agg/customer_table.h"
 *
 * A map passes through four stages, which its users do not see:
 *
 *		inline entries		| state | entry | entry | entry |    one chunk, no other memory
 *
 *			A GROUP BY may make a million groups of ten customers.  So the first entries lie in the chunk
 *			that holds the aggregate's state and are searched one by one.  There is no memory context a
 *			group, which would make the executor's accounting, and so the query, quadratic.
 *
 *		hash table			| slot | slot | slot | ...
 *
 *			The server's simplehash, in the aggregate's own context.  It comes in two instances: narrow slots for
 *			keys of 8 bytes, wide ones for all others.
 *
 *		hash table and row batch
 *
 *			Once the table is larger than a cache, the time of a row is the time of one memory access.
 *			Rows then wait in a batch; when it is full they are applied in one loop, which asks for the slots of
 *			rows further on while it looks at those that have come.  Whoever reads a map flushes it first.
 *
 *		dense array			| value | value | value | ...
 *
 *			Most shops number their customers one after the other.  Once an array of the values, from the least
 *			number to the greatest, would not be too much larger than the table, it takes the table's place: it says
 *			by itself which customer a value belongs to, it has them in order, and customers who joined at
 *			the same time, and often order at the same time, lie side by side.  A number far off brings the table
 *			back.  Where customers may leave again there is no array.
 *
 * A key by reference is copied when it enters the map, and the copy freed when it leaves.
 */
#ifndef RETENTION_AGG_CUSTOMER_TABLE_H
#define RETENTION_AGG_CUSTOMER_TABLE_H

#include "agg/customer_keys.h"

#define CUSTOMER_MAP_TABLE_FILL 0.9

/* The table that follows the inline entries. */
#define CUSTOMER_MAP_FIRST_TABLE_ENTRIES 24

/* A table of this size no longer lives in the nearer caches, beside the rest of the query. */
#define CUSTOMER_MAP_BATCH_FROM_BYTES (256 * 1024)

#define CUSTOMER_MAP_BATCH_ROWS 256

/* A dense array takes no more than so many times what its customers would take in a full table. */
#define CUSTOMER_MAP_DENSE_SLACK 6

/* So many rows later what was asked for has come. */
#define CUSTOMER_MAP_ROWS_AHEAD 12

/* The first member of an aggregate's state; the first entries lie behind that state, in the same chunk. */
typedef struct CustomerMap
{
	const CustomerKeys *keys;
	MemoryContext cxt;			/* the aggregate's own */
	void	   *table;			/* NULL while the inline entries suffice */
	struct CustomerBatch *batch;	/* NULL while the table fits a cache */
	char	   *payload;		/* NULL, or an array in which the values are places, from 1 */
	uint32		npayload;
	uint32		payload_room;	/* for so many elements */
	uint16		payload_size;	/* of an element */
	uint16		ninline;
	uint16		inline_room;	/* for so many inline entries */
	uint16		inline_offset;
	bool		in_window;		/* customers may leave again */
} CustomerMap;

/* Where a walk over a flushed map stands, which must not change meanwhile. */
typedef struct CustomerScan
{
	CustomerMap    *map;
	uint64		next;
} CustomerScan;

/* Rows that wait. */
typedef struct CustomerBatch
{
	int			nrows;
	Size		nbytes;			/* used of the keys' bytes */
	uint32		hash[CUSTOMER_MAP_BATCH_ROWS];
	CustomerKey		key[CUSTOMER_MAP_BATCH_ROWS];
	uint64		argument[CUSTOMER_MAP_BATCH_ROWS];
	char	   *bytes;			/* NULL for keys that are not by reference */
	char	   *block;			/* for copies of new ones */
	Size		block_size;
	Size		block_left;
	void	   *dense;			/* NULL, or the values of customers from "least" on, in place of the table */
	uint64		dense_room;
	uint64		ndense;			/* customers */
	uint64		least;			/* keys in the table or the array lie between these */
	uint64		greatest;
	uint64		dense_from;		/* an array is looked for once the table has so many customers */
} CustomerBatch;

extern void *customer_table_allocate(FunctionCallInfo fcinfo, Size state_size, const CustomerKeys *keys,
								Size entry_size, Size payload_size);
extern void *customer_table_allocate_slots(MemoryContext cxt, Size size);
extern void *customer_table_allocate_values(MemoryContext cxt, Size size);
extern void *customer_table_extend_values(void *values, Size before, Size size, Size after);
extern void customer_table_reserve_payload(CustomerMap *map, uint64 nelements);
extern uint32 customer_table_new_payload(CustomerMap *map);
extern CustomerKey customer_table_own_key(const CustomerMap *map, CustomerKey key);
extern void customer_table_free_key(const CustomerMap *map, CustomerKey key);
extern CustomerBatch *customer_table_create_batch(CustomerMap *map);
extern bool customer_table_keep_bytes(CustomerMap *map, CustomerKey *key);

static inline bool
customer_table_is_narrow(const CustomerMap *map)
{
	return map->keys->layout == CUSTOMER_KEY8;
}

static inline bool
customer_table_is_dense(const CustomerMap *map)
{
	return map->batch != NULL && map->batch->dense != NULL;
}

#endif							/* RETENTION_AGG_CUSTOMER_TABLE_H */

#ifdef CUSTOMER_MAP_PREFIX

#define CUSTOMER_MAP_CONCAT_(one, other) one##_##other
#define CUSTOMER_MAP_CONCAT(one, other) CUSTOMER_MAP_CONCAT_(one, other)
#define CUSTOMER_MAP_NAME(name) CUSTOMER_MAP_CONCAT(CUSTOMER_MAP_PREFIX, name)

#ifndef CUSTOMER_MAP_BEHIND
#define CUSTOMER_MAP_BEHIND(map, value) ((void) 0)
#endif

#define Apply CUSTOMER_MAP_NAME(Apply)
#define NarrowEntry CUSTOMER_MAP_NAME(NarrowEntry)
#define WideEntry CUSTOMER_MAP_NAME(WideEntry)
#define narrow(name) CUSTOMER_MAP_CONCAT(CUSTOMER_MAP_NAME(narrow), name)
#define wide(name) CUSTOMER_MAP_CONCAT(CUSTOMER_MAP_NAME(wide), name)

typedef struct NarrowEntry
{
	uint64		key;
	CUSTOMER_MAP_VALUE	value;
	uint8		status;
} NarrowEntry;

typedef struct WideEntry
{
	CustomerKey		key;
	CUSTOMER_MAP_VALUE	value;
	uint8		status;
} WideEntry;

#define SH_FILLFACTOR CUSTOMER_MAP_TABLE_FILL
#define SH_PREFIX CUSTOMER_MAP_NAME(narrow)
#define SH_ELEMENT_TYPE NarrowEntry
#define SH_KEY_TYPE uint64
#define SH_KEY key
#define SH_HASH_KEY(tb, key) customer_keys_mix(key)
#define SH_EQUAL(tb, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_USE_NONDEFAULT_ALLOCATOR
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

#define TABLE_KEYS(tb) ((const CustomerKeys *) (tb)->private_data)
#define SH_FILLFACTOR CUSTOMER_MAP_TABLE_FILL
#define SH_PREFIX CUSTOMER_MAP_NAME(wide)
#define SH_ELEMENT_TYPE WideEntry
#define SH_KEY_TYPE CustomerKey
#define SH_KEY key
#define SH_HASH_KEY(tb, key) customer_keys_hash(TABLE_KEYS(tb), key)
#define SH_EQUAL(tb, a, b) customer_keys_equal(TABLE_KEYS(tb), a, b)
#define SH_SCOPE static inline
#define SH_USE_NONDEFAULT_ALLOCATOR
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

#define NARROW_TABLE(map) ((narrow(hash) *) (map)->table)
#define WIDE_TABLE(map) ((wide(hash) *) (map)->table)
#define NARROW_INLINE(map) ((NarrowEntry *) ((char *) (map) + (map)->inline_offset))
#define WIDE_INLINE(map) ((WideEntry *) ((char *) (map) + (map)->inline_offset))

/*
 * What a row, or an entry of a partial state, does to its customer's value.  Rows come in no particular order.
 */
typedef void (*Apply) (CustomerMap *map, CUSTOMER_MAP_VALUE *value, uint64 argument);

static inline void *
narrow(allocate) (narrow(hash) *table, Size size)
{
	return customer_table_allocate_slots(table->ctx, size);
}

static inline void
narrow(free) (narrow(hash) *table, void *slots)
{
	pfree(slots);
}

static inline void *
wide(allocate) (wide(hash) *table, Size size)
{
	return customer_table_allocate_slots(table->ctx, size);
}

static inline void
wide(free) (wide(hash) *table, void *slots)
{
	pfree(slots);
}

/*
 * A zeroed state of "state_size" bytes whose first member is a CustomerMap, for the calling aggregate.  With a
 * payload of so many bytes a customer, the first ones' lie in the state's chunk as well.
 */
CUSTOMER_MAP_SCOPE void *
CUSTOMER_MAP_NAME(create) (FunctionCallInfo fcinfo, Size state_size, const CustomerKeys *keys, Size payload_size)
{
	Size		entry_size = keys->layout == CUSTOMER_KEY8 ? sizeof(NarrowEntry) : sizeof(WideEntry);

	return customer_table_allocate(fcinfo, state_size, keys, entry_size, payload_size);
}

CUSTOMER_MAP_SCOPE uint64
CUSTOMER_MAP_NAME(count) (const CustomerMap *map)
{
	Assert(map->batch == NULL || map->batch->nrows == 0);
	if (customer_table_is_dense(map))
		return map->batch->ndense;
	if (map->table == NULL)
		return map->ninline;
	return customer_table_is_narrow(map) ? NARROW_TABLE(map)->members : WIDE_TABLE(map)->members;
}

/*
 * The value of a customer in the table, entered if it is not there.  Most customers are, and to look for one
 * takes less than to insert it.
 */
static inline CUSTOMER_MAP_VALUE *
CUSTOMER_MAP_NAME(table_value) (CustomerMap *map, CustomerKey key, uint32 hash)
{
	CUSTOMER_MAP_VALUE *value;
	bool		found;

	if (customer_table_is_narrow(map))
	{
		NarrowEntry *entry = narrow(lookup_hash) (NARROW_TABLE(map), key.a, hash);

		if (likely(entry != NULL))
			return &entry->value;
		value = &narrow(insert_hash) (NARROW_TABLE(map), key.a, hash, &found)->value;
		if (map->batch != NULL)
		{
			map->batch->least = Min(map->batch->least, key.a);
			map->batch->greatest = Max(map->batch->greatest, key.a);
		}
	}
	else
	{
		WideEntry  *entry = wide(lookup_hash) (WIDE_TABLE(map), key, hash);

		if (likely(entry != NULL))
			return &entry->value;
		entry = wide(insert_hash) (WIDE_TABLE(map), key, hash, &found);
		entry->key = customer_table_own_key(map, key);
		value = &entry->value;
	}
	return memset(value, 0, sizeof(*value));
}

static void
CUSTOMER_MAP_NAME(create_table) (CustomerMap *map, uint64 nentries)
{
	uint32		room = Min(nentries, PG_UINT32_MAX);
	bool		found;
	int			i;

	if (customer_table_is_narrow(map))
		map->table = narrow(create) (map->cxt, room, NULL);
	else
		map->table = wide(create) (map->cxt, room, unconstify(CustomerKeys *, map->keys));

	for (i = 0; i < map->ninline; i++)
	{
		if (customer_table_is_narrow(map))
		{
			NarrowEntry *entry = &NARROW_INLINE(map)[i];

			narrow(insert) (NARROW_TABLE(map), entry->key, &found)->value = entry->value;
		}
		else
		{
			WideEntry  *entry = &WIDE_INLINE(map)[i];

			/* The map owns this key already. */
			wide(insert) (WIDE_TABLE(map), entry->key, &found)->value = entry->value;
		}
		Assert(!found);
	}
	map->ninline = 0;
}

static inline uint64
CUSTOMER_MAP_NAME(slots) (const CustomerMap *map)
{
	return customer_table_is_narrow(map) ? NARROW_TABLE(map)->size : WIDE_TABLE(map)->size;
}

#include "agg/customer_dense.h"

/*
 * Once the table no longer lives in the nearer caches, beside the rest of the query, rows wait in a batch.
 */
static inline void
CUSTOMER_MAP_NAME(consider_batch) (CustomerMap *map)
{
	bool		is_narrow = customer_table_is_narrow(map);
	Size		slot = is_narrow ? sizeof(NarrowEntry) : sizeof(WideEntry);
	CustomerBatch  *batch;
	uint64		i;

	if (map->batch != NULL || map->table == NULL || CUSTOMER_MAP_NAME(slots) (map) * slot < CUSTOMER_MAP_BATCH_FROM_BYTES)
		return;
	batch = customer_table_create_batch(map);
	batch->least = PG_UINT64_MAX;
	if (!is_narrow || map->in_window)
	{
		batch->dense_from = PG_UINT64_MAX;
		return;
	}
	for (i = 0; i < NARROW_TABLE(map)->size; i++)
	{
		NarrowEntry *entry = &NARROW_TABLE(map)->data[i];

		if (entry->status != narrow(SH_IN_USE))
			continue;
		batch->least = Min(batch->least, entry->key);
		batch->greatest = Max(batch->greatest, entry->key);
	}
}

/*
 * Make room for so many entries at once: growing step by step would move each of them several times.
 */
CUSTOMER_MAP_SCOPE void
CUSTOMER_MAP_NAME(reserve) (CustomerMap *map, uint64 nentries)
{
	uint64		size = pg_nextpower2_64(Max(2, nentries / CUSTOMER_MAP_TABLE_FILL + 1));

	if (map->payload != NULL)
		customer_table_reserve_payload(map, nentries);
	if (customer_table_is_dense(map))
		return;
	if (map->table == NULL)
	{
		if (nentries > map->inline_room)
			CUSTOMER_MAP_NAME(create_table) (map, nentries);
	}
	else if (customer_table_is_narrow(map))
	{
		if (size > NARROW_TABLE(map)->size)
			narrow(grow) (NARROW_TABLE(map), size);
	}
	else if (size > WIDE_TABLE(map)->size)
		wide(grow) (WIDE_TABLE(map), size);
	CUSTOMER_MAP_NAME(consider_batch) (map);
}

static CUSTOMER_MAP_VALUE *
CUSTOMER_MAP_NAME(inline_find) (CustomerMap *map, CustomerKey key)
{
	int			i;

	if (customer_table_is_narrow(map))
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
			if (customer_keys_equal(map->keys, entry->key, key))
				return &entry->value;
	}
	return NULL;
}

/*
 * The value of a customer, entered if it is not there, in whichever place the map keeps its entries.
 */
static CUSTOMER_MAP_VALUE *
CUSTOMER_MAP_NAME(insert) (CustomerMap *map, CustomerKey key)
{
	if (map->table == NULL)
	{
		CUSTOMER_MAP_VALUE *value = CUSTOMER_MAP_NAME(inline_find) (map, key);

		if (value != NULL)
			return value;
		if (map->ninline < map->inline_room)
		{
			int			i = map->ninline++;

			if (customer_table_is_narrow(map))
			{
				NARROW_INLINE(map)[i].key = key.a;
				value = &NARROW_INLINE(map)[i].value;
			}
			else
			{
				WIDE_INLINE(map)[i].key = customer_table_own_key(map, key);
				value = &WIDE_INLINE(map)[i].value;
			}
			return memset(value, 0, sizeof(*value));
		}
		CUSTOMER_MAP_NAME(create_table) (map, CUSTOMER_MAP_FIRST_TABLE_ENTRIES);
	}
	return CUSTOMER_MAP_NAME(table_value) (map, key, customer_keys_hash(map->keys, key));
}

/*
 * A slot and the one after it, where a customer often is instead, may lie in two cache lines.
 *
 * Always inlined: gcc 12 takes a function that does nothing but prefetch for one without effects, and drops
 * the call.
 */
static pg_attribute_always_inline void
CUSTOMER_MAP_NAME(prefetch_slots) (const CustomerMap *map, uint32 hash)
{
	char	   *slot;
	Size		size;

	if (customer_table_is_narrow(map))
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
 * What lies behind a slot, a long key or what CUSTOMER_MAP_BEHIND asks for, costs another access to memory; ask for that as
 * well, if the customer is in the slot that the hash names.
 */
static pg_attribute_always_inline void
CUSTOMER_MAP_NAME(prefetch_behind) (CustomerMap *map, CustomerKey key, uint32 hash)
{
	if (customer_table_is_narrow(map))
	{
		NarrowEntry *entry = &NARROW_TABLE(map)->data[hash & NARROW_TABLE(map)->sizemask];

		if (entry->status == narrow(SH_IN_USE) && entry->key == key.a)
			CUSTOMER_MAP_BEHIND(map, entry->value);
	}
	else
	{
		WideEntry  *entry = &WIDE_TABLE(map)->data[hash & WIDE_TABLE(map)->sizemask];

		if (entry->status != wide(SH_IN_USE) || entry->key.b != key.b)
			return;
		if (customer_keys_is_pointer(map->keys, entry->key))
			PREFETCH(DatumGetPointer((Datum) entry->key.a));
		CUSTOMER_MAP_BEHIND(map, entry->value);
	}
}

/*
 * Apply the rows from "first" on, with their values in a table.
 */
static inline void
CUSTOMER_MAP_NAME(flush_table) (CustomerMap *map, Apply apply, int first)
{
	CustomerBatch  *batch = map->batch;
	bool		has_behind = batch->bytes != NULL || map->payload != NULL;
	int			ahead;

	for (ahead = first; ahead < batch->nrows + 2 * CUSTOMER_MAP_ROWS_AHEAD; ahead++)
	{
		int			behind = ahead - CUSTOMER_MAP_ROWS_AHEAD;
		int			row = behind - CUSTOMER_MAP_ROWS_AHEAD;

		if (ahead < batch->nrows)
		{
			batch->hash[ahead] = customer_keys_hash(map->keys, batch->key[ahead]);
			CUSTOMER_MAP_NAME(prefetch_slots) (map, batch->hash[ahead]);
		}
		if (has_behind && behind >= first && behind < batch->nrows)
			CUSTOMER_MAP_NAME(prefetch_behind) (map, batch->key[behind], batch->hash[behind]);
		if (row >= first)
			apply(map, CUSTOMER_MAP_NAME(table_value) (map, batch->key[row], batch->hash[row]), batch->argument[row]);
	}
}

/*
 * Apply the rows that wait in the batch.
 */
CUSTOMER_MAP_SCOPE void
CUSTOMER_MAP_NAME(flush) (CustomerMap *map, Apply apply)
{
	CustomerBatch  *batch = map->batch;
	int			done = 0;

	if (batch == NULL)
		return;
	if (CUSTOMER_MAP_NAME(should_be_dense) (map))
		CUSTOMER_MAP_NAME(make_dense) (map);
	if (batch->dense != NULL)
		done = CUSTOMER_MAP_NAME(flush_dense) (map, apply);
	if (done < batch->nrows)
		CUSTOMER_MAP_NAME(flush_table) (map, apply, done);
	batch->nrows = 0;
	batch->nbytes = 0;
}

/*
 * Take in a row of a customer whose key stays where it is until the map is flushed.
 */
CUSTOMER_MAP_SCOPE void
CUSTOMER_MAP_NAME(add_key) (CustomerMap *map, Apply apply, CustomerKey key, uint64 argument)
{
	CustomerBatch  *batch = map->batch;

	if (batch == NULL)
	{
		apply(map, CUSTOMER_MAP_NAME(insert) (map, key), argument);
		CUSTOMER_MAP_NAME(consider_batch) (map);
		return;
	}
	batch->key[batch->nrows] = key;
	batch->argument[batch->nrows] = argument;
	if (++batch->nrows == CUSTOMER_MAP_BATCH_ROWS)
		CUSTOMER_MAP_NAME(flush) (map, apply);
}

/*
 * Take in a row of a customer.
 */
CUSTOMER_MAP_SCOPE void
CUSTOMER_MAP_NAME(add) (CustomerMap *map, Apply apply, Datum customer, uint64 argument)
{
	CustomerKey		key = customer_keys_prepare(map->keys, customer);

	if (map->batch != NULL && map->batch->bytes != NULL && !customer_table_keep_bytes(map, &key))
	{
		CUSTOMER_MAP_NAME(flush) (map, apply);
		if (!customer_table_keep_bytes(map, &key))
		{
			apply(map, CUSTOMER_MAP_NAME(insert) (map, key), argument);
			return;
		}
	}
	CUSTOMER_MAP_NAME(add_key) (map, apply, key, argument);
}

/*
 * The value of a customer, or NULL.  The map must be flushed, and its customers be such as may leave.
 */
CUSTOMER_MAP_SCOPE CUSTOMER_MAP_VALUE *
CUSTOMER_MAP_NAME(find) (CustomerMap *map, Datum customer)
{
	CustomerKey		key = customer_keys_prepare(map->keys, customer);

	Assert(!customer_table_is_dense(map));
	if (map->table == NULL)
		return CUSTOMER_MAP_NAME(inline_find) (map, key);
	if (customer_table_is_narrow(map))
	{
		NarrowEntry *entry = narrow(lookup) (NARROW_TABLE(map), key.a);

		return entry ? &entry->value : NULL;
	}
	else
	{
		WideEntry  *entry = wide(lookup) (WIDE_TABLE(map), key);

		return entry ? &entry->value : NULL;
	}
}

/*
 * Drop a customer, whose value was found.
 */
CUSTOMER_MAP_SCOPE void
CUSTOMER_MAP_NAME(remove) (CustomerMap *map, CUSTOMER_MAP_VALUE *value)
{
	if (customer_table_is_narrow(map))
	{
		NarrowEntry *entry = (NarrowEntry *) ((char *) value - offsetof(NarrowEntry, value));

		if (map->table != NULL)
			narrow(delete_item) (NARROW_TABLE(map), entry);
		else
			*entry = NARROW_INLINE(map)[--map->ninline];
	}
	else
	{
		WideEntry  *entry = (WideEntry *) ((char *) value - offsetof(WideEntry, value));

		customer_table_free_key(map, entry->key);
		if (map->table != NULL)
			wide(delete_item) (WIDE_TABLE(map), entry);
		else
			*entry = WIDE_INLINE(map)[--map->ninline];
	}
}

/*
 * Start a walk over a flushed map, which must not change meanwhile.
 */
CUSTOMER_MAP_SCOPE CustomerScan
CUSTOMER_MAP_NAME(scan) (CustomerMap *map)
{
	CustomerScan	scan = {map, 0};

	Assert(map->batch == NULL || map->batch->nrows == 0);
	return scan;
}

/*
 * The next entry, in no particular order, but always in the same; NULL after the last.
 */
CUSTOMER_MAP_SCOPE CUSTOMER_MAP_VALUE *
CUSTOMER_MAP_NAME(scan_next) (CustomerScan *scan, CustomerKey *key)
{
	CustomerMap    *map = scan->map;
	uint64		n;

	if (customer_table_is_dense(map))
	{
		CUSTOMER_MAP_VALUE *values = map->batch->dense;
		uint64		next = scan->next;

		n = map->batch->dense_room;
		while (next < n && CUSTOMER_MAP_IS_EMPTY(values[next]))
			next++;
		scan->next = next + 1;
		key->a = map->batch->least + next;
		key->b = 0;
		return next < n ? &values[next] : NULL;
	}

	n = map->table == NULL ? map->ninline : CUSTOMER_MAP_NAME(slots) (map);
	if (customer_table_is_narrow(map))
	{
		NarrowEntry *entries = map->table ? NARROW_TABLE(map)->data : NARROW_INLINE(map);

		for (; scan->next < n; scan->next++)
		{
			NarrowEntry *entry = &entries[scan->next];

			if (map->table != NULL && entry->status != narrow(SH_IN_USE))
				continue;
			scan->next++;
			key->a = entry->key;
			key->b = 0;
			return &entry->value;
		}
	}
	else
	{
		WideEntry  *entries = map->table ? WIDE_TABLE(map)->data : WIDE_INLINE(map);

		for (; scan->next < n; scan->next++)
		{
			WideEntry  *entry = &entries[scan->next];

			if (map->table != NULL && entry->status != wide(SH_IN_USE))
				continue;
			scan->next++;
			*key = entry->key;
			return &entry->value;
		}
	}
	return NULL;
}

#undef CUSTOMER_MAP_CONCAT_
#undef CUSTOMER_MAP_CONCAT
#undef CUSTOMER_MAP_NAME
#undef CUSTOMER_MAP_PREFIX
#undef CUSTOMER_MAP_VALUE
#undef CUSTOMER_MAP_SCOPE
#undef CUSTOMER_MAP_IS_EMPTY
#undef CUSTOMER_MAP_BEHIND
#undef Apply
#undef NarrowEntry
#undef WideEntry
#undef narrow
#undef wide
#undef TABLE_KEYS
#undef NARROW_TABLE
#undef WIDE_TABLE
#undef NARROW_INLINE
#undef WIDE_INLINE

#endif							/* CUSTOMER_MAP_PREFIX */
