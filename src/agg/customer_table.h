/*
 * agg/customer_table.h
 *		Template of a customer map: customer -> value of any type.
 *
 * Where the value lies in the slot of its customer, a row costs one access to memory.  So a map is made for
 * each type of value, in the way of the server's own templates:
 *
 *		#define CUSTOMER_MAP_PREFIX windows			-> windows_add(), ...
 *		#define CUSTOMER_MAP_VALUE SeenWindow		zeroed for a customer met for the first time,
 *		#define CUSTOMER_MAP_IS_EMPTY(value)		which this tells; no row leaves a value so
 *		#define CUSTOMER_MAP_SCOPE static inline
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
 *			The server's simplehash, in the aggregate's own context.
 *
 *		hash table and row batch
 *
 *			Once the table is larger than a cache, the time of a row is the time of one memory access.
 *			Rows then wait in a batch.  When it is full they are applied in one loop, which prefetches the slots
 *			of later rows while it looks at those that have arrived.  Whoever reads a map flushes it first.
 *
 *		dense array			| value | value | value | ...
 *
 *			Most shops number their customers one after the other.  Once an array of the values, from the least
 *			number to the greatest, would not be much larger than the table, it takes the table's place: the
 *			place of a value tells its customer, values are in order, and customers who joined at the same
 *			time, and often order at the same time, lie side by side.  Values are prefetched when their rows enter
 *			the batch.  A number far off brings the table back.  In a window, where customers may leave again,
 *			there is no array.
 *
 * The first three are written once, in agg/customer_slots.h, and compiled for two layouts of an entry: narrow
 * for keys of 8 bytes, wide for all others.  The array is for narrow ones only (agg/customer_dense.h).  The
 * functions below choose by the layout of the keys, a flush once for all rows of its batch.
 *
 * A key by reference is copied when it enters the map, and the copy is freed when it leaves.
 */
#ifndef RETENTION_AGG_CUSTOMER_TABLE_H
#define RETENTION_AGG_CUSTOMER_TABLE_H

#include "agg/customer_keys.h"

#include "miscadmin.h"

/*
 * A state's chunk, a power of two because the allocator would round it up to one.  Beside the state of
 * metrics/customer_count.c it holds twelve customers with 8-byte keys.
 */
#define CUSTOMER_MAP_CHUNK_SIZE 256

/* The largest state: at least two entries of any map fit beside it. */
#define CUSTOMER_MAP_STATE_MAX 176

#define CUSTOMER_MAP_TABLE_FILL 0.9

/* Entries of the first table: some 512 bytes of slots. */
#define CUSTOMER_MAP_FIRST_TABLE_ENTRIES(entry_size) ((entry_size) <= 16 ? 28 : 14)

/* A table of this size does not fit into L2 beside the rest of the query. */
#define CUSTOMER_MAP_BATCH_FROM_BYTES (256 * 1024)

#define CUSTOMER_MAP_BATCH_ROWS 256

/* A dense array is at most this many times as large as a full table of its customers. */
#define CUSTOMER_MAP_DENSE_SLACK 6

/* Prefetch distance, in rows. */
#define CUSTOMER_MAP_ROWS_AHEAD 12

/* The first member of an aggregate's state; the first entries lie behind that state, in the same chunk. */
typedef struct CustomerMap
{
	const CustomerKeys *keys;
	MemoryContext cxt;			/* the aggregate's own */
	void	   *table;			/* NULL while the inline entries suffice */
	struct CustomerBatch *batch;	/* NULL while the table is small */
	uint16		ninline;
	uint16		inline_room;	/* in entries */
	uint16		inline_offset;
	bool		in_window;		/* customers may leave again */
} CustomerMap;

/* The state of a walk over a flushed map, which must not change meanwhile. */
typedef struct CustomerScan
{
	CustomerMap *map;
	uint64		next;
} CustomerScan;

/* Rows that wait, and what else only a large map has. */
typedef struct CustomerBatch
{
	int			nrows;
	Size		nbytes;			/* used of the keys' bytes */
	uint32		hash[CUSTOMER_MAP_BATCH_ROWS];
	CustomerKey key[CUSTOMER_MAP_BATCH_ROWS];
	uint64		argument[CUSTOMER_MAP_BATCH_ROWS];
	char	   *bytes;			/* NULL for keys that are not by reference */
	char	   *block;			/* for copies of new ones */
	Size		block_size;
	Size		block_left;
	void	   *dense;			/* NULL, or the values of customers from "least" on, in place of the table */
	uint64		dense_room;		/* in values */
	uint64		ndense;			/* customers */
	uint64		least;
	uint64		dense_from;		/* an array is considered from this many customers on */
} CustomerBatch;

extern void *customer_table_allocate(FunctionCallInfo fcinfo, Size state_size, const CustomerKeys *keys,
									 Size entry_size);
extern void *customer_table_allocate_slots(MemoryContext cxt, Size size);
extern void *customer_table_allocate_values(MemoryContext cxt, Size size);
extern void *customer_table_extend_values(void *values, Size before, Size size, Size after);
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

/*
 * A hash for simplehash.  It takes more than a tenth of a second to grow to some million slots and never looks
 * for interrupts, but it asks for the hash of each entry that it moves: one in 4096 of them looks.
 */
static inline uint32
customer_table_hash(uint32 hash)
{
	if (unlikely(hash % 4096 == 0))
		CHECK_FOR_INTERRUPTS();
	return hash;
}

#endif							/* RETENTION_AGG_CUSTOMER_TABLE_H */

#ifdef CUSTOMER_MAP_PREFIX

#define CUSTOMER_MAP_CONCAT_(one, other) one##_##other
#define CUSTOMER_MAP_CONCAT(one, other) CUSTOMER_MAP_CONCAT_(one, other)
#define CUSTOMER_MAP_NAME(name) CUSTOMER_MAP_CONCAT(CUSTOMER_MAP_PREFIX, name)

#define Apply CUSTOMER_MAP_NAME(Apply)
#define NarrowEntry CUSTOMER_MAP_NAME(NarrowEntry)
#define WideEntry CUSTOMER_MAP_NAME(WideEntry)
#define NARROW(name) CUSTOMER_MAP_CONCAT(CUSTOMER_MAP_NAME(narrow), name)
#define WIDE(name) CUSTOMER_MAP_CONCAT(CUSTOMER_MAP_NAME(wide), name)

/*
 * What a row, or an entry of a partial state, does to its customer's value.  Rows come in no particular order.
 */
typedef void (*Apply) (CustomerMap *map, CUSTOMER_MAP_VALUE *value, uint64 argument);

#define SLOTS_NAME NARROW
#define SLOTS_ENTRY NarrowEntry
#define SLOTS_KEY uint64
#define SLOTS_KEY_OF(key) ((key).a)
#define SLOTS_CUSTOMER(slot_key) ((CustomerKey) {slot_key, 0})
#define SLOTS_HASH(keys, slot_key) customer_keys_mix(slot_key)
#define SLOTS_EQUAL(keys, one, other) ((one) == (other))
#define SLOTS_OWN_KEY(map, key) ((key).a)
#define SLOTS_FREE_KEY(map, slot_key) ((void) 0)
#include "agg/customer_slots.h"

#define SLOTS_NAME WIDE
#define SLOTS_ENTRY WideEntry
#define SLOTS_KEY CustomerKey
#define SLOTS_KEY_OF(key) (key)
#define SLOTS_CUSTOMER(slot_key) (slot_key)
#define SLOTS_HASH(keys, slot_key) customer_keys_hash(keys, slot_key)
#define SLOTS_EQUAL(keys, one, other) customer_keys_equal(keys, one, other)
#define SLOTS_OWN_KEY(map, key) customer_table_own_key(map, key)
#define SLOTS_FREE_KEY(map, slot_key) customer_table_free_key(map, slot_key)
#include "agg/customer_slots.h"

#include "agg/customer_dense.h"

/*
 * A zeroed state of "state_size" bytes whose first member is a CustomerMap, for the calling aggregate.
 */
CUSTOMER_MAP_SCOPE void *
CUSTOMER_MAP_NAME(create) (FunctionCallInfo fcinfo, Size state_size, const CustomerKeys *keys)
{
	return customer_table_allocate(fcinfo, state_size, keys,
								   keys->layout == CUSTOMER_KEY8 ? sizeof(NarrowEntry) : sizeof(WideEntry));
}

CUSTOMER_MAP_SCOPE uint64
CUSTOMER_MAP_NAME(count) (const CustomerMap *map)
{
	Assert(map->batch == NULL || map->batch->nrows == 0);
	if (customer_table_is_dense(map))
		return map->batch->ndense;
	return customer_table_is_narrow(map) ? NARROW(count) (map) : WIDE(count) (map);
}

/*
 * Make room for this many entries at once: growing step by step would move each of them several times.
 */
CUSTOMER_MAP_SCOPE void
CUSTOMER_MAP_NAME(reserve) (CustomerMap *map, uint64 nentries)
{
	if (customer_table_is_dense(map))
		return;
	if (customer_table_is_narrow(map))
		NARROW(reserve) (map, nentries);
	else
		WIDE(reserve) (map, nentries);
}

/*
 * The value of a customer, who is entered if not there.
 */
static inline CUSTOMER_MAP_VALUE *
CUSTOMER_MAP_NAME(insert) (CustomerMap *map, CustomerKey key)
{
	Assert(!customer_table_is_dense(map));
	return customer_table_is_narrow(map) ? NARROW(insert) (map, key) : WIDE(insert) (map, key);
}

/*
 * Apply the rows that wait in the batch.
 */
CUSTOMER_MAP_SCOPE void
CUSTOMER_MAP_NAME(flush) (CustomerMap *map, Apply apply)
{
	CustomerBatch *batch = map->batch;
	int			done = 0;

	if (batch == NULL)
		return;
	if (customer_table_is_narrow(map))
	{
		if (batch->dense == NULL)
			CUSTOMER_MAP_NAME(consider_dense) (map);
		if (batch->dense != NULL)
			done = CUSTOMER_MAP_NAME(flush_dense) (map, apply);
		if (done < batch->nrows)
			NARROW(flush) (map, apply, done);
	}
	else
		WIDE(flush) (map, apply, 0);
	batch->nrows = 0;
	batch->nbytes = 0;
}

/*
 * Take in a row of a customer whose key stays where it is until the map is flushed.
 */
CUSTOMER_MAP_SCOPE void
CUSTOMER_MAP_NAME(add_key) (CustomerMap *map, Apply apply, CustomerKey key, uint64 argument)
{
	CustomerBatch *batch = map->batch;

	if (batch != NULL)
	{
		batch->key[batch->nrows] = key;
		batch->argument[batch->nrows] = argument;
		if (batch->dense != NULL)
			CUSTOMER_MAP_NAME(expect_dense) (batch, key);
		if (++batch->nrows == CUSTOMER_MAP_BATCH_ROWS)
			CUSTOMER_MAP_NAME(flush) (map, apply);
	}
	else if (customer_table_is_narrow(map))
		NARROW(add) (map, apply, key, argument);
	else
		WIDE(add) (map, apply, key, argument);
}

/*
 * Take in a row of a customer.
 */
CUSTOMER_MAP_SCOPE void
CUSTOMER_MAP_NAME(add) (CustomerMap *map, Apply apply, Datum customer, uint64 argument)
{
	CustomerKey key = customer_keys_prepare(map->keys, customer);

	if (map->batch != NULL && map->batch->bytes != NULL && !customer_table_keep_bytes(map, &key))
	{
		CUSTOMER_MAP_NAME(flush) (map, apply);
		if (!customer_table_keep_bytes(map, &key))
		{
			/* Longer than the batch's room for bytes. */
			WIDE(add) (map, apply, key, argument);
			return;
		}
	}
	CUSTOMER_MAP_NAME(add_key) (map, apply, key, argument);
}

/*
 * The value of a customer, or NULL.  The map must be flushed, and be that of a window.
 */
CUSTOMER_MAP_SCOPE CUSTOMER_MAP_VALUE *
CUSTOMER_MAP_NAME(find) (CustomerMap *map, Datum customer)
{
	CustomerKey key = customer_keys_prepare(map->keys, customer);

	Assert(map->in_window);
	return customer_table_is_narrow(map) ? NARROW(find) (map, key) : WIDE(find) (map, key);
}

/*
 * Drop a customer, whose value was found.
 */
CUSTOMER_MAP_SCOPE void
CUSTOMER_MAP_NAME(remove) (CustomerMap *map, CUSTOMER_MAP_VALUE *value)
{
	if (customer_table_is_narrow(map))
		NARROW(remove) (map, value);
	else
		WIDE(remove) (map, value);
}

/*
 * Start a walk over a flushed map, which must not change meanwhile.
 */
CUSTOMER_MAP_SCOPE CustomerScan
CUSTOMER_MAP_NAME(scan) (CustomerMap *map)
{
	CustomerScan scan = {map, 0};

	Assert(map->batch == NULL || map->batch->nrows == 0);
	return scan;
}

/*
 * The next entry, in no particular order, but always in the same; NULL after the last.
 */
CUSTOMER_MAP_SCOPE CUSTOMER_MAP_VALUE *
CUSTOMER_MAP_NAME(scan_next) (CustomerScan *scan, CustomerKey *key)
{
	if (customer_table_is_dense(scan->map))
		return CUSTOMER_MAP_NAME(dense_next) (scan, key);
	return customer_table_is_narrow(scan->map) ? NARROW(next) (scan, key) : WIDE(next) (scan, key);
}

#undef CUSTOMER_MAP_CONCAT_
#undef CUSTOMER_MAP_CONCAT
#undef CUSTOMER_MAP_NAME
#undef CUSTOMER_MAP_PREFIX
#undef CUSTOMER_MAP_VALUE
#undef CUSTOMER_MAP_SCOPE
#undef CUSTOMER_MAP_IS_EMPTY
#undef Apply
#undef NarrowEntry
#undef WideEntry
#undef NARROW
#undef WIDE

#endif							/* CUSTOMER_MAP_PREFIX */
