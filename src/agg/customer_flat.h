/*
 * agg/customer_flat.h
 *		Customer maps on their way from one process to another.  See agg/customer_flat.c.
 */
#ifndef RETENTION_AGG_CUSTOMER_FLAT_H
#define RETENTION_AGG_CUSTOMER_FLAT_H

#include "agg/customer_keys.h"
#include "base/wire.h"

/* A map that is being written: where the next value and the next key go. */
typedef struct CustomerFlatWriter
{
	const CustomerKeys *keys;
	Size		value_size;
	char	   *next_value;
	char	   *next_key;
	bool		has_pointers;	/* keys whose bytes are to follow */
} CustomerFlatWriter;

/* A map as it arrives from another process: a view into the message that carried it. */
typedef struct CustomerFlat
{
	const CustomerKeys *keys;
	uint64		nentries;
	const void *values;			/* in the order of the keys */
	const char *next_key;
	const char *next_bytes;		/* of the keys that are pointers */
} CustomerFlat;

extern void customer_flat_put_keys(StringInfo message, const CustomerKeys *keys);
extern const CustomerKeys *customer_flat_take_keys(FunctionCallInfo fcinfo, WireReader *reader);
extern void customer_flat_begin(CustomerFlatWriter *writer, StringInfo message, const CustomerKeys *keys,
								uint64 nentries, Size value_size);
extern void *customer_flat_put(CustomerFlatWriter *writer, CustomerKey key);
extern void customer_flat_put_bytes(StringInfo message, const CustomerKeys *keys, CustomerKey key);
extern void customer_flat_read(CustomerFlat *flat, FunctionCallInfo fcinfo, WireReader *reader, Size value_size);
extern CustomerKey customer_flat_next_key(CustomerFlat *flat);

#endif							/* RETENTION_AGG_CUSTOMER_FLAT_H */
