/*
 * agg/customer_dense.h
 *		Part of the template agg/customer_table.h: the array that takes the place of a table of numbers.
 *
 *		least			least + 1		least + 2		...
 *		| value			| empty			| value			| ...
 *
 * It is extended by half when a number lies outside, so that numbers which grow one by one move each value a few
 * times in all, and never takes more than CUST_DENSE_SLACK times what its customers would take in a full table.
 */

/*
 * The table's values as an array.
 */
static void
CUST_NAME(make_dense) (CustMap *map)
{
	narrow(hash) *table = NARROW_TABLE(map);
	CustBatch  *batch = map->batch;
	CUST_VALUE *values;
	uint64		i;

	batch->dense_room = batch->greatest - batch->least + 1;
	batch->dense = values = custtable_allocate_values(map->cxt, batch->dense_room * sizeof(CUST_VALUE));
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
CUST_NAME(leave_dense) (CustMap *map)
{
	CustBatch  *batch = map->batch;
	CUST_VALUE *values = batch->dense;
	bool		found;
	uint64		i;

	map->table = narrow(create) (map->cxt, Min(batch->ndense, PG_UINT32_MAX), NULL);
	for (i = 0; i < batch->dense_room; i++)
	{
		if (CUST_IS_EMPTY(values[i]))
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
CUST_NAME(dense_limit) (uint64 ncustomers)
{
	return CUST_DENSE_SLACK * ncustomers * sizeof(NarrowEntry) / sizeof(CUST_VALUE);
}

/*
 * Extend the array to a key outside of it, and further.  Returns false if the key is too far off; then there
 * is a table.
 */
static bool
CUST_NAME(reach) (CustMap *map, uint64 key)
{
	CustBatch  *batch = map->batch;
	uint64		greatest = batch->least + (batch->dense_room - 1);
	uint64		least = Min(batch->least, key);
	uint64		distance = Max(greatest, key) - least;
	uint64		room = distance / 2 + distance + 1;
	Size		size = sizeof(CUST_VALUE);
	uint64		before;

	/* Of a huge distance, room has overflowed. */
	if (distance > CUST_NAME(dense_limit) (batch->ndense) || room > CUST_NAME(dense_limit) (batch->ndense))
	{
		CUST_NAME(leave_dense) (map);
		return false;
	}
	if (key < batch->least)
		least = greatest - Min(greatest, room - 1);
	room = Min(room - 1, PG_UINT64_MAX - least) + 1;
	before = batch->least - least;
	batch->dense = custtable_extend_values(batch->dense, before * size, batch->dense_room * size,
										   (room - batch->dense_room - before) * size);
	batch->dense_room = room;
	batch->least = least;
	return true;
}

/*
 * Do the customers' numbers lie so close together that an array can be made, and extended?
 */
static inline bool
CUST_NAME(should_be_dense) (const CustMap *map)
{
	const CustBatch *batch = map->batch;

	return batch->dense == NULL && batch->dense_from < PG_UINT64_MAX &&
		NARROW_TABLE(map)->members >= batch->dense_from && batch->least <= batch->greatest &&
		batch->greatest - batch->least <= CUST_NAME(dense_limit) (NARROW_TABLE(map)->members) / 2;
}

/*
 * Apply rows that wait in the batch, with their values in an array.  Returns how many; the others need a table.
 */
static inline int
CUST_NAME(flush_dense) (CustMap *map, Apply apply)
{
	CustBatch  *batch = map->batch;
	int			row;

	for (row = 0; row < batch->nrows; row++)
	{
		CUST_VALUE *values = batch->dense;
		uint64		place = batch->key[row].a - batch->least;

		if (row + CUST_ROWS_AHEAD < batch->nrows)
		{
			uint64		ahead = batch->key[row + CUST_ROWS_AHEAD].a - batch->least;

			PREFETCH(&values[ahead]);
			PREFETCH((char *) &values[ahead + 1] - 1);
		}
		if (row + CUST_ROWS_AHEAD / 2 < batch->nrows)
		{
			uint64		behind = batch->key[row + CUST_ROWS_AHEAD / 2].a - batch->least;

			if (behind < batch->dense_room)
				CUST_BEHIND(map, values[behind]);
		}
		if (unlikely(place >= batch->dense_room))
		{
			if (!CUST_NAME(reach) (map, batch->key[row].a))
				break;
			values = batch->dense;
			place = batch->key[row].a - batch->least;
		}
		batch->ndense += CUST_IS_EMPTY(values[place]);
		apply(map, &values[place], batch->argument[row]);
		Assert(!CUST_IS_EMPTY(values[place]));
	}
	return row;
}
