/*
 * custmap.h
 *		The customer map: customer -> 32-bit value.  See custmap.c and, for its way between processes, custflat.c.
 */
#ifndef RETENTION_CUSTMAP_H
#define RETENTION_CUSTMAP_H

#include "custkeys.h"
#include "wire.h"

/* The first member of an aggregate's state; the first entries lie behind that state, in the same chunk. */
typedef struct CustMap
{
	const CustKeys *keys;
	MemoryContext cxt;			/* the aggregate's own */
	void	   *table;			/* NULL while the inline entries suffice */
	struct CustBatch *batch;	/* NULL while the table fits a cache */
	char	   *payload;		/* NULL, or an array in which the values are places, from 1 */
	uint32		npayload;
	uint32		payload_room;	/* for so many elements */
	uint16		payload_size;	/* of an element */
	uint16		ninline;
	uint16		inline_room;	/* for so many inline entries */
	uint16		inline_offset;
	bool		in_window;		/* customers may leave again */
} CustMap;

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
extern void custmap_flush(CustMap *map, CustApply apply);
extern uint32 custmap_new_payload(CustMap *map);
extern uint64 custmap_count(const CustMap *map);
extern uint32 *custmap_insert(CustMap *map, CustKey key, uint32 hash);
extern uint32 *custmap_find(CustMap *map, Datum customer);
extern void custmap_remove(CustMap *map, uint32 *value);

extern struct CustScan *custmap_scan(CustMap *map);
extern bool custmap_scan_next(struct CustScan *scan, CustKey *key, uint32 *value);

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
		*value = custmap_new_payload(map);
	return map->payload + (Size) (*value - 1) * map->payload_size;
}

#endif							/* RETENTION_CUSTMAP_H */
