/*
 * agg/customer_keys.h
 *		Customer keys of any hashable type: hash, equality, ownership.  See agg/customer_keys.c.
 */
#ifndef RETENTION_AGG_CUSTOMER_KEYS_H
#define RETENTION_AGG_CUSTOMER_KEYS_H

#include "compat.h"

#include "fmgr.h"

typedef enum CustLayout
{
	CUST_KEY8,					/* at most 8 bytes, equal when the bits are */
	CUST_KEY16,					/* uuid: 16 bytes, equal when the bits are */
	CUST_KEYREF					/* any other type: a Datum and its hash */
} CustLayout;

/* What is to be known about a key type, once per call site; states point to it. */
typedef struct CustKeys
{
	Oid			type;			/* base type, if the argument is a domain */
	Oid			collation;
	CustLayout	layout;
	int16		typlen;
	bool		typbyval;
	bool		bytewise;		/* varlena that is equal when its bytes are */
	FmgrInfo	hash;			/* these two for CUST_KEYREF only */
	FmgrInfo	equal;
} CustKeys;

/*
 * A key as the map compares it:
 *		CUST_KEY8		a = the value, sign-extended	b unused
 *		CUST_KEY16		a, b = the 16 bytes
 *		CUST_KEYREF		a = the Datum					b = its hash, and a tag if the Datum is a pointer
 *
 * Short text has room in the key itself, which saves an access to memory for each row: its up to 15 bytes and
 * their number, where the tag would be.
 */
typedef struct CustKey
{
	uint64		a;
	uint64		b;
} CustKey;

#define CUSTKEY_SHORT_MAX 15
#define CUSTKEY_TAG_SHIFT 56
#define CUSTKEY_POINTER (UINT64CONST(0xFF) << CUSTKEY_TAG_SHIFT)

extern void custkeys_init(CustKeys *keys, Oid type, Oid collation, MemoryContext cxt);
extern Oid	custkeys_argument_type(FunctionCallInfo fcinfo, int argno);
extern const CustKeys *custkeys_of_argument(FunctionCallInfo fcinfo, int argno);
extern const CustKeys *custkeys_of_state(FunctionCallInfo fcinfo, Oid type, Oid collation);

extern CustKey custkeys_prepare_reference(const CustKeys *keys, Datum datum);
extern bool custkeys_equal_datums(const CustKeys *keys, Datum one, Datum other);
extern CustKey custkeys_copy(const CustKeys *keys, CustKey key, MemoryContext cxt);
extern Size custkeys_size(const CustKeys *keys, CustKey key);
extern const char *custkeys_bytes(const CustKeys *keys, CustKey *key, Size *size);
extern bool custkeys_valid_size(const CustKeys *keys, const char *value, Size size);
extern bool custkeys_valid_short(const CustKeys *keys, CustKey key);

/*
 * Multiplicative hashing: simplehash asks for the hash of each customer that it passes on the way to a slot,
 * so that it has to be cheap.  A product's high bits know all of the key, its low bits little; the folds bring
 * the high ones down to where a table takes its slot numbers from.
 */
static inline uint32
custkeys_mix(uint64 x)
{
	x ^= x >> 32;
	x *= UINT64CONST(0x9e3779b97f4a7c15);
	x ^= x >> 32;
	return (uint32) (x ^ (x >> 47));
}

/*
 * Of two words.  The second is mixed before it meets the first: in text that ends in digits their differences would
 * otherwise cancel out.
 */
static inline uint32
custkeys_mix_words(uint64 a, uint64 b)
{
	b *= UINT64CONST(0xff51afd7ed558ccd);
	b ^= b >> 32;
	return custkeys_mix(a ^ b);
}

/* A Datum's bits, the same whichever expression made it. */
static inline CustKey
custkeys_prepare(const CustKeys *keys, Datum datum)
{
	CustKey		key = {0, 0};

	if (likely(keys->layout == CUST_KEY8))
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
	else if (keys->layout == CUST_KEY16)
		memcpy(&key, DatumGetPointer(datum), sizeof(key));
	else
		key = custkeys_prepare_reference(keys, datum);
	return key;
}

static inline bool
custkeys_is_pointer(const CustKeys *keys, CustKey key)
{
	return keys->layout == CUST_KEYREF && key.b >= CUSTKEY_POINTER;
}

/*
 * Is all of the key in its two words?
 */
static inline bool
custkeys_is_bits(const CustKeys *keys, CustKey key)
{
	return keys->layout == CUST_KEY16 || (keys->bytewise && key.b < CUSTKEY_POINTER);
}

static inline bool
custkeys_equal(const CustKeys *keys, CustKey x, CustKey y)
{
	if (x.b != y.b)
		return false;
	if (custkeys_is_bits(keys, x))
		return x.a == y.a;
	return custkeys_equal_datums(keys, (Datum) x.a, (Datum) y.a);
}

static inline uint32
custkeys_hash(const CustKeys *keys, CustKey key)
{
	if (keys->layout == CUST_KEY8)
		return custkeys_mix(key.a);
	if (custkeys_is_bits(keys, key))
		return custkeys_mix_words(key.a, key.b);
	return (uint32) key.b;
}

/*
 * Equality whatever the layout; the map's narrow table need not ask.
 */
static inline bool
custkeys_same(const CustKeys *keys, CustKey x, CustKey y)
{
	return keys->layout == CUST_KEY8 ? x.a == y.a : custkeys_equal(keys, x, y);
}

#endif							/* RETENTION_AGG_CUSTOMER_KEYS_H */
