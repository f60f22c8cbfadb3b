/*
 * agg/customer_map.h
 *		The customer map: customer -> 32-bit value.  See agg/customer_map.c, and agg/customer_table.h for values of
 *		other types.
 */
#ifndef RETENTION_AGG_CUSTOMER_MAP_H
#define RETENTION_AGG_CUSTOMER_MAP_H

#include "agg/customer_flat.h"
#include "agg/customer_table.h"

/*
 * What a row, or an entry of a partial state, does to its customer's value, which is 0 for a customer met
 * for the first time.  Rows come in no particular order.
 */
typedef void (*CustomerApply) (CustomerMap *map, uint32 *value, uint64 argument);

/* A map as it arrives from another process, a view into the message: its entries, or the array that it was. */
typedef struct CustomerMapPartial
{
	const CustomerKeys *keys;
	CustomerFlat entries;
	uint64		least;			/* the number of the first value, */
	uint64		room;			/* how many they are, or 0 if there are entries, */
	const uint32 *values;		/* and the values, 0 where there is no customer */
} CustomerMapPartial;

/* Customers with 8-byte keys for whom there is room beside a state. */
#define CUSTOMER_MAP_ENTRY_SIZE 16
#define CUSTOMER_MAP_INLINE_ROOM(State) \
	((CUSTOMER_MAP_CHUNK_SIZE - MAXALIGN(sizeof(State))) / CUSTOMER_MAP_ENTRY_SIZE)

extern void *customer_map_create(FunctionCallInfo fcinfo, Size state_size, const CustomerKeys *keys);
extern void customer_map_add(CustomerMap *map, CustomerApply apply, Datum customer, uint64 argument);
extern void customer_map_add_key(CustomerMap *map, CustomerApply apply, CustomerKey key, uint64 argument);
extern void customer_map_flush(CustomerMap *map, CustomerApply apply);
extern void customer_map_reserve(CustomerMap *map, uint64 nentries);
extern uint64 customer_map_count(const CustomerMap *map);
extern uint32 *customer_map_find(CustomerMap *map, Datum customer);
extern void customer_map_remove(CustomerMap *map, uint32 *value);

extern CustomerScan customer_map_scan(CustomerMap *map);
extern uint32 *customer_map_scan_next(CustomerScan *scan, CustomerKey *key);

extern void customer_map_write(CustomerMap *map, StringInfo message);
extern void customer_map_read(CustomerMapPartial *partial, FunctionCallInfo fcinfo, WireReader *reader);
extern void customer_map_merge(CustomerMap *map, CustomerApply apply, const CustomerMapPartial *other);

#endif							/* RETENTION_AGG_CUSTOMER_MAP_H */
