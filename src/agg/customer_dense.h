/*
 * agg/customer_dense.h
 *		Part of the template agg/customer_table.h: the array that takes the place of a table of numbers.
 *
 *		least			least + 1		least + 2		...
 *		| value			| empty			| value			| ...
 *
 * It is extended by half when a number lies outside, so that numbers which grow one by one move each value a
 * few times in all.  It never takes more than CUSTOMER_MAP_DENSE_SLACK times the memory of its customers in a
 * full table.
 *
 * The least and the greatest number are looked for in the table each time that it has twice as many customers
 * as before, so that no row has to note them.
 */

/*
 * The largest array, in values, that this many customers may have.
 */
static inline uint64
CUSTOMER_MAP_NAME(dense_limit) (uint64 ncustomers)
{
	return CUSTOMER_MAP_DENSE_SLACK * ncustomers * sizeof(NarrowEntry) / sizeof(CUSTOMER_MAP_VALUE);
}

/*
 * The table's values as an array of the numbers from "least" on.
 */
static void
CUSTOMER_MAP_NAME(make_dense) (CustomerMap *map, uint64 least, uint64 room)
{
	CustomerBatch *batch = map->batch;
	CUSTOMER_MAP_VALUE *values = customer_table_allocate_values(map->cxt, room * sizeof(CUSTOMER_MAP_VALUE));
	CUSTOMER_MAP_VALUE *value;
	CustomerScan scan = {map, 0};
	CustomerKey key;

	batch->ndense = NARROW(count) (map);
	while ((value = NARROW(next) (&scan, &key)) != NULL)
	{
		values[key.a - least] = *value;
		CHECK_FOR_INTERRUPTS();
	}
	NARROW(drop_table) (map);
	batch->dense = values;
	batch->dense_room = room;
	batch->least = least;
}

/*
 * An array for a map that has no customers yet.
 */
static inline void
CUSTOMER_MAP_NAME(begin_dense) (CustomerMap *map, uint64 least, uint64 room)
{
	map->batch = customer_table_create_batch(map);
	map->batch->dense = customer_table_allocate_values(map->cxt, room * sizeof(CUSTOMER_MAP_VALUE));
	map->batch->dense_room = room;
	map->batch->least = least;
}

/*
 * Make an array if the customers' numbers lie so close together that it can also be extended.
 */
static void
CUSTOMER_MAP_NAME(consider_dense) (CustomerMap *map)
{
	CustomerBatch *batch = map->batch;
	uint64		ncustomers = NARROW(count) (map);
	uint64		least = PG_UINT64_MAX;
	uint64		greatest = 0;
	CustomerScan scan = {map, 0};
	CustomerKey key;

	if (ncustomers == 0 || ncustomers < batch->dense_from)
		return;
	batch->dense_from = 2 * ncustomers;
	while (NARROW(next) (&scan, &key) != NULL)
	{
		least = Min(least, key.a);
		greatest = Max(greatest, key.a);
		CHECK_FOR_INTERRUPTS();
	}
	if (greatest - least <= CUSTOMER_MAP_NAME(dense_limit) (ncustomers) / 2)
		CUSTOMER_MAP_NAME(make_dense) (map, least, greatest - least + 1);
}

/*
 * The array's values as a table again.
 */
static void
CUSTOMER_MAP_NAME(leave_dense) (CustomerMap *map)
{
	CustomerBatch *batch = map->batch;
	CUSTOMER_MAP_VALUE *values = batch->dense;
	uint64		i;

	batch->dense = NULL;
	batch->dense_from = 2 * batch->ndense;
	NARROW(create_table) (map, batch->ndense);
	for (i = 0; i < batch->dense_room; i++)
	{
		if (!CUSTOMER_MAP_IS_EMPTY(values[i]))
			*NARROW(insert) (map, (CustomerKey) {batch->least + i, 0}) = values[i];
		CHECK_FOR_INTERRUPTS();
	}
	pfree(values);
}

/*
 * Extend the array to a key outside of it, and further.  Returns false if the key is too far off; then there
 * is a table.
 */
static bool
CUSTOMER_MAP_NAME(reach) (CustomerMap *map, uint64 key)
{
	CustomerBatch *batch = map->batch;
	uint64		greatest = batch->least + (batch->dense_room - 1);
	uint64		least = Min(batch->least, key);
	uint64		distance = Max(greatest, key) - least;
	uint64		room = distance / 2 + distance + 1;
	uint64		limit = CUSTOMER_MAP_NAME(dense_limit) (batch->ndense);
	Size		size = sizeof(CUSTOMER_MAP_VALUE);
	uint64		before;

	/* Of a huge distance, room has overflowed. */
	if (distance > limit || room > limit)
	{
		CUSTOMER_MAP_NAME(leave_dense) (map);
		return false;
	}
	if (key < batch->least)
		least = greatest - Min(greatest, room - 1);
	room = Min(room - 1, PG_UINT64_MAX - least) + 1;
	before = batch->least - least;
	batch->dense = customer_table_extend_values(batch->dense, before * size, batch->dense_room * size,
												(room - batch->dense_room - before) * size);
	batch->dense_room = room;
	batch->least = least;
	return true;
}

/*
 * A row enters the batch: prefetch its value, which may lie in two cache lines.  What all rows of a batch need fits
 * into the first cache.  That is not so with the wider entries of a table, for which a flush prefetches a few
 * rows ahead.
 */
static pg_attribute_always_inline void
CUSTOMER_MAP_NAME(expect_dense) (const CustomerBatch *batch, CustomerKey key)
{
	uintptr_t	value = (uintptr_t) batch->dense + (key.a - batch->least) * sizeof(CUSTOMER_MAP_VALUE);

	PREFETCH((void *) value);
	PREFETCH((void *) (value + sizeof(CUSTOMER_MAP_VALUE) - 1));
}

/*
 * Apply rows that wait in the batch, with their values in an array.  Returns how many; the others need a table.
 */
static int
CUSTOMER_MAP_NAME(flush_dense) (CustomerMap *map, Apply apply)
{
	CustomerBatch *batch = map->batch;
	int			row;

	for (row = 0; row < batch->nrows; row++)
	{
		CUSTOMER_MAP_VALUE *values = batch->dense;
		uint64		place = batch->key[row].a - batch->least;

		if (unlikely(place >= batch->dense_room))
		{
			if (!CUSTOMER_MAP_NAME(reach) (map, batch->key[row].a))
				break;
			values = batch->dense;
			place = batch->key[row].a - batch->least;
		}
		batch->ndense += CUSTOMER_MAP_IS_EMPTY(values[place]);
		apply(map, &values[place], batch->argument[row]);
		Assert(!CUSTOMER_MAP_IS_EMPTY(values[place]));
	}
	return row;
}

/*
 * The next entry of a walk, in the order of the numbers.
 */
static inline CUSTOMER_MAP_VALUE *
CUSTOMER_MAP_NAME(dense_next) (CustomerScan *scan, CustomerKey *key)
{
	CustomerBatch *batch = scan->map->batch;
	CUSTOMER_MAP_VALUE *values = batch->dense;

	while (scan->next < batch->dense_room && CUSTOMER_MAP_IS_EMPTY(values[scan->next]))
		scan->next++;
	if (scan->next == batch->dense_room)
		return NULL;
	key->a = batch->least + scan->next;
	key->b = 0;
	return &values[scan->next++];
}
