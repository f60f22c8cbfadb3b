/*
 * agg/customer_keys.h
 *		Customer keys of any hashable type: hash, equality, ownership.  See agg/customer_keys.c.
 */
#ifndef RETENTION_AGG_CUSTOMER_KEYS_H
#define RETENTION_AGG_CUSTOMER_KEYS_H

#include "compat.h"

#include "fmgr.h"

typedef enum CustomerLayout
{
	CUSTOMER_KEY8,				/* at most 8 bytes, equal when the bits are */
	CUSTOMER_KEY16,				/* uuid: 16 bytes, equal when the bits are */
	CUSTOMER_KEYREF				/* any other type: a Datum and its hash */
} CustomerLayout;

/* What is known about a key type, looked up once per call site; states point to it. */
typedef struct CustomerKeys
{
	Oid			type;			/* base type, if the argument is a domain */
	Oid			collation;
	CustomerLayout layout;
	int16		typlen;
	bool		typbyval;
	bool		bytewise;		/* varlena that is equal when its bytes are */
	FmgrInfo	hash;			/* these two for CUSTOMER_KEYREF only */
	FmgrInfo	equal;
} CustomerKeys;

/*
 * A key as the map compares it:
 *		CUSTOMER_KEY8		a = the value, sign-extended	b unused
 *		CUSTOMER_KEY16		a, b = the 16 bytes
 *		CUSTOMER_KEYREF		a = the Datum					b = its hash, and a tag if the Datum is a pointer
 *
 * Text of up to 15 bytes lies in the key itself, with its length where the tag would be, which saves an access
 * to memory for each row.
 */
typedef struct CustomerKey
{
	uint64		a;
	uint64		b;
} CustomerKey;

#define CUSTOMER_KEY_SHORT_MAX 15
#define CUSTOMER_KEY_TAG_SHIFT 56
#define CUSTOMER_KEY_POINTER (UINT64CONST(0xFF) << CUSTOMER_KEY_TAG_SHIFT)

extern void customer_keys_init(CustomerKeys *keys, Oid type, Oid collation, MemoryContext cxt);
extern Oid	customer_keys_argument_type(FunctionCallInfo fcinfo, int argno);
extern const CustomerKeys *customer_keys_of_argument(FunctionCallInfo fcinfo, int argno);
extern const CustomerKeys *customer_keys_of_state(FunctionCallInfo fcinfo, Oid type, Oid collation);

extern CustomerKey customer_keys_prepare_reference(const CustomerKeys *keys, Datum datum);
extern bool customer_keys_equal_datums(const CustomerKeys *keys, Datum one, Datum other);
extern CustomerKey customer_keys_copy(const CustomerKeys *keys, CustomerKey key, MemoryContext cxt);
extern Size customer_keys_size(const CustomerKeys *keys, CustomerKey key);
extern const char *customer_keys_bytes(const CustomerKeys *keys, CustomerKey *key, Size *size);
extern bool customer_keys_valid_size(const CustomerKeys *keys, const char *value, Size size);
extern bool customer_keys_valid_short(const CustomerKeys *keys, CustomerKey key);

/*
 * Multiplicative hashing: simplehash asks for the hash of each customer that it passes on the way to a slot,
 * so that it has to be cheap.  The high bits of the product depend on all of the key, the low ones on little of
 * it; the folds bring the high ones down to where a table takes its slot numbers from.
 */
static inline uint32
customer_keys_mix(uint64 x)
{
	x ^= x >> 32;
	x *= UINT64CONST(0x9e3779b97f4a7c15);
	x ^= x >> 32;
	return (uint32) (x ^ (x >> 47));
}

/*
 * The same for two words.  The second is mixed before it meets the first: in text that ends in digits their
 * differences would otherwise cancel out.
 */
static inline uint32
customer_keys_mix_words(uint64 a, uint64 b)
{
	b *= UINT64CONST(0xff51afd7ed558ccd);
	b ^= b >> 32;
	return customer_keys_mix(a ^ b);
}

/* The key of a customer: the same bits whichever expression made the Datum. */
static inline CustomerKey
customer_keys_prepare(const CustomerKeys *keys, Datum datum)
{
	CustomerKey key = {0, 0};

	if (likely(keys->layout == CUSTOMER_KEY8))
	{
		switch (keys->typlen)
		{
			case 8:
				key.a = (uint64) DatumGetInt64(datum);
				break;
			case 4:
				key.a = (uint64) DatumGetInt32(datum);
				break;
			case 2:
				key.a = (uint64) DatumGetInt16(datum);
				break;
			default:
				key.a = (uint64) DatumGetUInt8(datum);
				break;
		}
	}
	else if (keys->layout == CUSTOMER_KEY16)
		memcpy(&key, DatumGetPointer(datum), sizeof(key));
	else
		key = customer_keys_prepare_reference(keys, datum);
	return key;
}

static inline bool
customer_keys_is_pointer(const CustomerKeys *keys, CustomerKey key)
{
	return keys->layout == CUSTOMER_KEYREF && key.b >= CUSTOMER_KEY_POINTER;
}

/*
 * Is the customer all in the key's two words?
 */
static inline bool
customer_keys_is_bits(const CustomerKeys *keys, CustomerKey key)
{
	return keys->layout == CUSTOMER_KEY16 || (keys->bytewise && key.b < CUSTOMER_KEY_POINTER);
}

static inline bool
customer_keys_equal(const CustomerKeys *keys, CustomerKey x, CustomerKey y)
{
	if (x.b != y.b)
		return false;
	if (customer_keys_is_bits(keys, x))
		return x.a == y.a;
	return customer_keys_equal_datums(keys, (Datum) x.a, (Datum) y.a);
}

static inline uint32
customer_keys_hash(const CustomerKeys *keys, CustomerKey key)
{
	if (keys->layout == CUSTOMER_KEY8)
		return customer_keys_mix(key.a);
	if (customer_keys_is_bits(keys, key))
		return customer_keys_mix_words(key.a, key.b);
	return (uint32) key.b;
}

/*
 * Equality whatever the layout, which a map's narrow and wide entries know.
 */
static inline bool
customer_keys_same(const CustomerKeys *keys, CustomerKey x, CustomerKey y)
{
	return keys->layout == CUSTOMER_KEY8 ? x.a == y.a : customer_keys_equal(keys, x, y);
}

#endif							/* RETENTION_AGG_CUSTOMER_KEYS_H */
