/*
 * custflat.c
 *		The customer map on its way from one process to another.
 *
 * A parallel worker's map travels as four arrays, which the receiver reads where they lie:
 *
 *		type, collation | number of entries | values | keys | bytes of the keys that are pointers
 *
 * A key that was a pointer has its size in place of the address; it keeps its hash, so that the receiver need not ask
 * the type again.  Entries leave in the order of the sender's slots, and a receiver whose table has the same
 * size fills it from one end to the other.
 */
#include "custtable.h"

#include "miscadmin.h"

#define MERGE_ROWS 32

/* Where a walk over a map stands. */
typedef struct CustScan
{
	CustMap    *map;
	uint16		next_inline;
	narrow_iterator narrow;
	wide_iterator wide;
} CustScan;

/*
 * Start a walk over a flushed map, which must not change meanwhile.
 */
CustScan *
custmap_scan(CustMap *map)
{
	CustScan   *scan = palloc0(sizeof(CustScan));

	scan->map = map;
	if (map->table == NULL)
		return scan;
	if (IS_NARROW(map))
		narrow_start_iterate(NARROW_TABLE(map), &scan->narrow);
	else
		wide_start_iterate(WIDE_TABLE(map), &scan->wide);
	return scan;
}

/*
 * The next entry, in no particular order, but always in the same.
 */
bool
custmap_scan_next(CustScan *scan, CustKey *key, uint32 *value)
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

static Size
key_size(const CustKeys *keys)
{
	return keys->layout == CUST_KEY8 ? sizeof(uint64) : sizeof(CustKey);
}

/*
 * Append a flushed map to a message.
 */
void
custmap_write(CustMap *map, StringInfo message)
{
	const CustKeys *keys = map->keys;
	Oid			identity[2] = {keys->type, keys->collation};
	uint64		nentries = custmap_count(map);
	uint64		values_size = wire_size(nentries * sizeof(uint32));
	char	   *values;
	char	   *next_key;
	uint64		i;
	CustScan   *scan;
	CustKey		key;
	uint32		value;

	wire_put(message, identity, sizeof(identity));
	wire_put(message, &nentries, sizeof(nentries));
	values = wire_extend(message, values_size + nentries * key_size(keys));
	memset(values, 0, values_size);
	next_key = values + values_size;

	scan = custmap_scan(map);
	for (i = 0; custmap_scan_next(scan, &key, &value); i++)
	{
		Size		size = custkeys_size(keys, key);

		if (size > 0)
			key.a = size;
		memcpy(next_key, &key, key_size(keys));
		memcpy(values + i * sizeof(uint32), &value, sizeof(value));
		next_key += key_size(keys);
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
	}
	Assert(i == nentries);

	if (keys->layout != CUST_KEYREF)
		return;
	scan = custmap_scan(map);
	while (custmap_scan_next(scan, &key, &value))
		wire_put(message, DatumGetPointer((Datum) key.a), custkeys_size(keys, key));
}

/*
 * View a map in a message, having checked that every key lies within it.
 */
void
custmap_read(CustFlat *flat, FunctionCallInfo fcinfo, WireReader *reader)
{
	Oid			identity[2];
	uint64		i;

	wire_get(reader, identity, sizeof(identity));
	flat->keys = custkeys_of_state(fcinfo, identity[0], identity[1]);
	wire_get(reader, &flat->nentries, sizeof(flat->nentries));
	if (flat->nentries > MaxAllocSize)
		wire_corrupt();
	flat->values = wire_take(reader, flat->nentries * sizeof(uint32));
	flat->first_key = wire_take(reader, flat->nentries * key_size(flat->keys));
	flat->first_bytes = reader->cur;
	if (flat->keys->layout != CUST_KEYREF)
		return;

	for (i = 0; i < flat->nentries; i++)
	{
		CustKey		key = ((const CustKey *) flat->first_key)[i];

		if (custkeys_is_pointer(flat->keys, key)
			? !custkeys_valid_size(flat->keys, wire_take(reader, key.a), key.a)
			: !custkeys_valid_short(flat->keys, key))
			wire_corrupt();
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
	}
}

/*
 * Take in every entry of another process's map, with its value as the argument.  The map must be flushed.
 */
void
custmap_merge(CustMap *map, CustApply apply, const CustFlat *other)
{
	const char *next_key = other->first_key;
	const char *next_bytes = other->first_bytes;
	CustKey		key[MERGE_ROWS];
	uint32		hash[MERGE_ROWS];
	uint64		done;
	int			i;

	custmap_reserve(map, other->nentries);
	for (done = 0; done < other->nentries; done += MERGE_ROWS)
	{
		int			n = Min(MERGE_ROWS, other->nentries - done);

		CHECK_FOR_INTERRUPTS();
		for (i = 0; i < n; i++)
		{
			key[i].b = 0;
			memcpy(&key[i], next_key, key_size(map->keys));
			next_key += key_size(map->keys);
			if (custkeys_is_pointer(map->keys, key[i]))
			{
				Size		size = key[i].a;

				key[i].a = (uint64) PointerGetDatum(next_bytes);
				next_bytes += wire_size(size);
			}
			hash[i] = custkeys_hash(map->keys, key[i]);
			if (map->table != NULL)
				prefetch_slot(map, hash[i]);
		}
		for (i = 0; i < n; i++)
			apply(map, custmap_insert(map, key[i], hash[i]), other->values[done + i]);
	}
}
