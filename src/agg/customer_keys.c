/*
 * agg/customer_keys.c
 *		Customer keys of any hashable type.
 *
 * Two customers are the same when their type says so: its default hash operator class, under the collation
 * of the call.  Numeric 1.0 is 1.00, and a case-insensitive collation or citext finds 'Ann' in 'ANN'.
 * Most shops number their customers, though, and a call through the function manager for each hash and each
 * comparison would cost more than the hash table itself.  So a type whose equality is one of a short list
 * of built-in functions that compare bits has a layout of its own (integers, dates, enums: 8 bytes;
 * uuid: 16).  Text and bytea, where the collation allows, are compared by their bytes without a call; up
 * to 15 of them lie in the key itself.
 *
 * The list names equality functions, not types, so that domains and other types built on them qualify too.
 */
#include "agg/customer_keys.h"

#include "common/hashfn.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

static bool
equality_is_bits8(Oid function)
{
	switch (function)
	{
		case F_BOOLEQ:
		case F_CHAREQ:
		case F_CIDEQ:
		case F_DATE_EQ:
		case F_ENUM_EQ:
		case F_INT2EQ:
		case F_INT4EQ:
		case F_INT8EQ:
		case F_OIDEQ:
		case F_PG_LSN_EQ:
		case F_TIMESTAMPTZ_EQ:
		case F_TIMESTAMP_EQ:
		case F_TIME_EQ:
		case F_XID8EQ:
		case F_XIDEQ:
			return true;
		default:
			return false;
	}
}

/*
 * Text without a collation is left to hashtext, which says what is wrong.
 */
static bool
equality_is_bytes(Oid function, Oid collation)
{
	if (function == F_TEXTEQ)
		return OidIsValid(collation) && get_collation_isdeterministic(collation);
	return function == F_BYTEAEQ;
}

/*
 * Fill in everything about a key type; what its functions cache goes to "cxt".
 */
void
customer_keys_init(CustomerKeys *keys, Oid type, Oid collation, MemoryContext cxt)
{
	Oid			base = getBaseType(type);
	TypeCacheEntry *entry = lookup_type_cache(base, TYPECACHE_HASH_PROC | TYPECACHE_EQ_OPR_FINFO);
	Oid			equal;

	if (!OidIsValid(entry->hash_proc))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("could not identify a hash function for type %s", format_type_be(type)),
				 errhint("Identify customers by a hashable type, such as bigint, uuid or text.")));
	equal = entry->eq_opr_finfo.fn_oid;

	memset(keys, 0, sizeof(*keys));
	keys->type = base;
	keys->collation = collation;
	keys->typlen = entry->typlen;
	keys->typbyval = entry->typbyval;
	if (entry->typlen > 0 && entry->typlen <= 8 && equality_is_bits8(equal))
		keys->layout = CUSTOMER_KEY8;
	else if (equal == F_UUID_EQ && entry->typlen == sizeof(CustomerKey))
		keys->layout = CUSTOMER_KEY16;
	else
	{
		keys->layout = CUSTOMER_KEYREF;
		keys->bytewise = entry->typlen == -1 && equality_is_bytes(equal, collation);
		fmgr_info_cxt(entry->hash_proc, &keys->hash, cxt);
		fmgr_info_cxt(equal, &keys->equal, cxt);
	}
}

/*
 * The keys of a call site, looked up once.  Deserialize functions call this with the type and collation of the
 * message, since the executor tells them neither.
 */
const CustomerKeys *
customer_keys_of_state(FunctionCallInfo fcinfo, Oid type, Oid collation)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;
	CustomerKeys *keys = flinfo->fn_extra;

	if (keys == NULL)
	{
		keys = MemoryContextAlloc(flinfo->fn_mcxt, sizeof(CustomerKeys));
		customer_keys_init(keys, type, collation, flinfo->fn_mcxt);
		flinfo->fn_extra = keys;
	}
	Assert(keys->type == getBaseType(type) && keys->collation == collation);
	return keys;
}

/*
 * The type of a transition function's customer argument.
 */
Oid
customer_keys_argument_type(FunctionCallInfo fcinfo, int argno)
{
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, argno);

	if (!OidIsValid(type))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("could not determine input data type")));
	return type;
}

/*
 * The keys of a transition function's customer argument.
 */
const CustomerKeys *
customer_keys_of_argument(FunctionCallInfo fcinfo, int argno)
{
	if (fcinfo->flinfo->fn_extra != NULL)
		return fcinfo->flinfo->fn_extra;
	return customer_keys_of_state(fcinfo, customer_keys_argument_type(fcinfo, argno), PG_GET_COLLATION());
}

/*
 * The key of a text or bytea of at most 15 bytes: the bytes, and their number above them.
 */
static CustomerKey
short_key(const char *bytes, Size size)
{
	CustomerKey key = {0, 0};

	memcpy(&key, bytes, size);
#ifdef WORDS_BIGENDIAN
	key.b >>= BITS_PER_BYTE;
#endif
	key.b |= (uint64) size << CUSTOMER_KEY_TAG_SHIFT;
	return key;
}

/*
 * A key of the last layout.  A value that is compared through its type's functions is stored aligned and with a
 * four-byte header, or else each comparison would make it so again.
 */
CustomerKey
customer_keys_prepare_reference(const CustomerKeys *keys, Datum datum)
{
	CustomerKey key;

	if (keys->bytewise)
	{
		struct varlena *value = PG_DETOAST_DATUM_PACKED(datum);
		Size		size = VARSIZE_ANY_EXHDR(value);

		if (size <= CUSTOMER_KEY_SHORT_MAX)
			return short_key(VARDATA_ANY(value), size);
		key.a = (uint64) PointerGetDatum(value);
		key.b = hash_bytes((unsigned char *) VARDATA_ANY(value), size) | CUSTOMER_KEY_POINTER;
		return key;
	}

	if (keys->typlen == -1)
		datum = PointerGetDatum(PG_DETOAST_DATUM(datum));
	key.a = (uint64) datum;
	/* Some types' hash functions leave the low bits poor. */
	key.b = murmurhash32(DatumGetUInt32(FunctionCall1Coll(unconstify(FmgrInfo *, &keys->hash),
														  keys->collation, datum)));
	if (!keys->typbyval)
		key.b |= CUSTOMER_KEY_POINTER;
	return key;
}

bool
customer_keys_equal_datums(const CustomerKeys *keys, Datum one, Datum other)
{
	if (keys->bytewise)
	{
		struct varlena *x = (struct varlena *) DatumGetPointer(one);
		struct varlena *y = (struct varlena *) DatumGetPointer(other);
		Size		size = VARSIZE_ANY_EXHDR(x);

		return size == VARSIZE_ANY_EXHDR(y) && memcmp(VARDATA_ANY(x), VARDATA_ANY(y), size) == 0;
	}
	return DatumGetBool(FunctionCall2Coll(unconstify(FmgrInfo *, &keys->equal),
										  keys->collation, one, other));
}

/*
 * Bytes behind a key that is a pointer, 0 for any other.
 */
Size
customer_keys_size(const CustomerKeys *keys, CustomerKey key)
{
	char	   *value;

	if (!customer_keys_is_pointer(keys, key))
		return 0;
	value = DatumGetPointer((Datum) key.a);
	if (keys->typlen == -1)
		return VARSIZE_ANY(value);
	if (keys->typlen == -2)
		return strlen(value) + 1;
	return keys->typlen;
}

/*
 * A key with a copy of its own of what it points to.
 */
CustomerKey
customer_keys_copy(const CustomerKeys *keys, CustomerKey key, MemoryContext cxt)
{
	Size		size = customer_keys_size(keys, key);

	if (size > 0)
		key.a = (uint64) PointerGetDatum(memcpy(MemoryContextAllocHuge(cxt, size),
												DatumGetPointer((Datum) key.a), size));
	return key;
}

/*
 * The bytes of a text or bytea.  Those of a short one lie in the key itself, which is changed to hold them in
 * their order.
 */
const char *
customer_keys_bytes(const CustomerKeys *keys, CustomerKey *key, Size *size)
{
	struct varlena *value = (struct varlena *) DatumGetPointer((Datum) key->a);

	Assert(keys->bytewise);
	if (customer_keys_is_pointer(keys, *key))
	{
		*size = VARSIZE_ANY_EXHDR(value);
		return VARDATA_ANY(value);
	}
	*size = key->b >> CUSTOMER_KEY_TAG_SHIFT;
#ifdef WORDS_BIGENDIAN
	key->b <<= BITS_PER_BYTE;
#endif
	return (const char *) key;
}

/*
 * Does a value in a message fill exactly the bytes that it is said to have?
 */
bool
customer_keys_valid_size(const CustomerKeys *keys, const char *value, Size size)
{
	if (keys->typlen == -1)
	{
		if (size < VARHDRSZ_SHORT || VARATT_IS_EXTERNAL(value) || VARATT_IS_4B_C(value))
			return false;
		if (!VARATT_IS_1B(value) && size < VARHDRSZ)
			return false;
		return VARSIZE_ANY(value) == size;
	}
	if (keys->typlen == -2)
		return size > 0 && value[size - 1] == '\0' && strlen(value) + 1 == size;
	return keys->typlen == size;
}

/*
 * Can a key without a pointer, from a message, be what customer_keys_prepare makes?
 */
bool
customer_keys_valid_short(const CustomerKeys *keys, CustomerKey key)
{
	return keys->bytewise ? key.b >> CUSTOMER_KEY_TAG_SHIFT <= CUSTOMER_KEY_SHORT_MAX : keys->typbyval;
}
