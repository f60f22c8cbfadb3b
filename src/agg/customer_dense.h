/*
 * agg/customer_dense.h
 *		Part of the template agg/customer_table.h: the array that takes the place of a table of numbers.
 *
 *		least			least + 1		least + 2		...
 *		| value			| empty			| value			| ...
 *
 * It is extended by half when a number lies outside, so that numbers which grow one by one move each value a few
 * times in all, and never takes more than CUSTOMER_MAP_DENSE_SLACK times what its customers would take in a full table.
 */

/*
 * The table's values as an array.
 */
static void
CUSTOMER_MAP_NAME(make_dense) (CustomerMap *map)
{
	narrow(hash) *table = NARROW_TABLE(map);
	CustomerBatch  *batch = map->batch;
	CUSTOMER_MAP_VALUE *values;
	uint64		i;

	batch->dense_room = batch->greatest - batch->least + 1;
	batch->dense = values = customer_table_allocate_values(map->cxt, batch->dense_room * sizeof(CUSTOMER_MAP_VALUE));
	batch->ndense = table->members;
	for (i = 0; i < table->size; i++)
		if (table->data[i].status == narrow(SH_IN_USE))
			values[table->data[i].key - batch->least] = table->data[i].value;
	narrow(destroy) (table);
	map->table = NULL;
}

/*
 * The array's values as a table again.
 */
static void
CUSTOMER_MAP_NAME(leave_dense) (CustomerMap *map)
{
	CustomerBatch  *batch = map->batch;
	CUSTOMER_MAP_VALUE *values = batch->dense;
	bool		found;
	uint64		i;

	map->table = narrow(create) (map->cxt, Min(batch->ndense, PG_UINT32_MAX), NULL);
	for (i = 0; i < batch->dense_room; i++)
	{
		if (CUSTOMER_MAP_IS_EMPTY(values[i]))
			continue;
		batch->greatest = batch->least + i;
		narrow(insert) (NARROW_TABLE(map), batch->greatest, &found)->value = values[i];
	}
	pfree(values);
	batch->dense = NULL;
	batch->dense_from = 2 * batch->ndense;
}

/*
 * So large an array so many customers may have.
 */
static inline uint64
CUSTOMER_MAP_NAME(dense_limit) (uint64 ncustomers)
{
	return CUSTOMER_MAP_DENSE_SLACK * ncustomers * sizeof(NarrowEntry) / sizeof(CUSTOMER_MAP_VALUE);
}

/*
 * Extend the array to a key outside of it, and further.  Returns false if the key is too far off; then there
 * is a table.
 */
static bool
CUSTOMER_MAP_NAME(reach) (CustomerMap *map, uint64 key)
{
	CustomerBatch  *batch = map->batch;
	uint64		greatest = batch->least + (batch->dense_room - 1);
	uint64		least = Min(batch->least, key);
	uint64		distance = Max(greatest, key) - least;
	uint64		room = distance / 2 + distance + 1;
	Size		size = sizeof(CUSTOMER_MAP_VALUE);
	uint64		before;

	/* Of a huge distance, room has overflowed. */
	if (distance > CUSTOMER_MAP_NAME(dense_limit) (batch->ndense) || room > CUSTOMER_MAP_NAME(dense_limit) (batch->ndense))
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
 * Do the customers' numbers lie so close together that an array can be made, and extended?
 */
static inline bool
CUSTOMER_MAP_NAME(should_be_dense) (const CustomerMap *map)
{
	const CustomerBatch *batch = map->batch;

	return batch->dense == NULL && batch->dense_from < PG_UINT64_MAX &&
		NARROW_TABLE(map)->members >= batch->dense_from && batch->least <= batch->greatest &&
		batch->greatest - batch->least <= CUSTOMER_MAP_NAME(dense_limit) (NARROW_TABLE(map)->members) / 2;
}

/*
 * Apply rows that wait in the batch, with their values in an array.  Returns how many; the others need a table.
 */
static inline int
CUSTOMER_MAP_NAME(flush_dense) (CustomerMap *map, Apply apply)
{
	CustomerBatch  *batch = map->batch;
	int			row;

	for (row = 0; row < batch->nrows; row++)
	{
		CUSTOMER_MAP_VALUE *values = batch->dense;
		uint64		place = batch->key[row].a - batch->least;

		if (row + CUSTOMER_MAP_ROWS_AHEAD < batch->nrows)
		{
			uint64		ahead = batch->key[row + CUSTOMER_MAP_ROWS_AHEAD].a - batch->least;

			PREFETCH(&values[ahead]);
			PREFETCH((char *) &values[ahead + 1] - 1);
		}
		if (row + CUSTOMER_MAP_ROWS_AHEAD / 2 < batch->nrows)
		{
			uint64		behind = batch->key[row + CUSTOMER_MAP_ROWS_AHEAD / 2].a - batch->least;

			if (behind < batch->dense_room)
				CUSTOMER_MAP_BEHIND(map, values[behind]);
		}
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
