/*
 * agg/customer_map.h
 *		The customer map: customer -> 32-bit value.  See agg/customer_map.c, and agg/customer_table.h for values of other types.
 */
#ifndef RETENTION_AGG_CUSTOMER_MAP_H
#define RETENTION_AGG_CUSTOMER_MAP_H

#include "agg/customer_table.h"
#include "base/wire.h"

/*
 * What a row, or an entry of a partial state, does to its customer's value, which is 0 for a customer met
 * for the first time.  Rows come in no particular order.
 */
typedef void (*CustApply) (CustMap *map, uint32 *value, uint64 argument);

/* A map as it arrives from another process: a view into the message that carried it. */
typedef struct CustFlat
{
	const CustKeys *keys;
	uint64		nentries;
	const uint32 *values;
	const char *first_key;
	const char *first_bytes;	/* of the keys that are pointers */
} CustFlat;

extern void *custmap_create(FunctionCallInfo fcinfo, Size state_size, const CustKeys *keys,
							Size payload_size);
extern void custmap_add(CustMap *map, CustApply apply, Datum customer, uint64 argument);
extern void custmap_add_key(CustMap *map, CustApply apply, CustKey key, uint64 argument);
extern void custmap_flush(CustMap *map, CustApply apply);
extern void custmap_reserve(CustMap *map, uint64 nentries);
extern uint64 custmap_count(const CustMap *map);
extern uint32 *custmap_find(CustMap *map, Datum customer);
extern void custmap_remove(CustMap *map, uint32 *value);

extern CustScan custmap_scan(CustMap *map);
extern uint32 *custmap_scan_next(CustScan *scan, CustKey *key);

extern void custmap_write(CustMap *map, StringInfo message);
extern void custmap_read(CustFlat *flat, FunctionCallInfo fcinfo, WireReader *reader);
extern void custmap_merge(CustMap *map, CustApply apply, const CustFlat *other);

/*
 * The payload of a customer in a map that was created with one, zeroed for a customer met for the first time.
 */
static inline void *
custmap_payload(CustMap *map, uint32 *value)
{
	if (*value == 0)
		*value = custtable_new_payload(map);
	return map->payload + (Size) (*value - 1) * map->payload_size;
}

#endif							/* RETENTION_AGG_CUSTOMER_MAP_H */
