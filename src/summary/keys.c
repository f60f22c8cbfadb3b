/*
 * summary/keys.c
 *		The customers' keys in a summary: their order, their equality, and the way in and out.
 *
 * Customers are sorted by a 64-bit order, so that values merge in one pass without hashing:
 *
 *		SUMMARY_NUMBER	the number itself
 *		SUMMARY_UUID	a hash of the bytes
 *		SUMMARY_BYTES	the same
 *		SUMMARY_SENT	the type's own hash, so that equal keys meet, however they are spelt
 *
 * Keys with the same order are compared one by one.  SUMMARY_SENT is for types whose bytes could mean something else
 * after a restore (an enum's OID) or could crash the server if they were made up (a numeric's digits): such keys go
 * through the type's send and receive functions.
 */
#include "summary/summary.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

/*
 * Send functions convert text to the client's encoding, and receive functions from it; what is stored must not
 * depend on who is connected.
 */
static Datum
call_io(const SummarySignature *signature, StringInfo message, Datum key)
{
	if (message != NULL)
		return ReceiveFunctionCall(unconstify(FmgrInfo *, &signature->receive), message,
								   signature->receive_param, -1);
	return PointerGetDatum(SendFunctionCall(unconstify(FmgrInfo *, &signature->send), key));
}

static Datum
call_io_in_server_encoding(const SummarySignature *signature, StringInfo message, Datum key)
{
	int			client = pg_get_client_encoding();
	Datum		result;

	if (likely(client == GetDatabaseEncoding()))
		return call_io(signature, message, key);
	(void) SetClientEncoding(GetDatabaseEncoding());
	PG_TRY();
	{
		result = call_io(signature, message, key);
	}
	PG_FINALLY();
	{
		(void) SetClientEncoding(client);
	}
	PG_END_TRY();
	return result;
}

static bytea *
send_key(const SummarySignature *signature, Datum key)
{
	return DatumGetByteaPP(call_io_in_server_encoding(signature, NULL, key));
}

/*
 * The key that the type's receive function makes of bytes; false if it leaves some of them.
 */
static bool
receive_key_or_damaged(const SummarySignature *signature, const void *bytes, uint32 size, Datum *key)
{
	StringInfoData message;

	/* Some receive functions want a terminator behind the message. */
	initStringInfo(&message);
	appendBinaryStringInfo(&message, bytes, size);
	*key = call_io_in_server_encoding(signature, &message, (Datum) 0);
	return message.cursor == message.len;
}

static Datum
receive_key(const SummarySignature *signature, const void *bytes, uint32 size)
{
	Datum		key;

	if (!receive_key_or_damaged(signature, bytes, size, &key))
		summary_corrupt();
	return key;
}

/*
 * A number as the type's Datum.
 */
static Datum
number_datum(const SummarySignature *signature, uint64 number)
{
	switch (signature->keys.typlen)
	{
		case 8:
			return Int64GetDatum((int64) number);
		case 4:
			return Int32GetDatum((int32) number);
		case 2:
			return Int16GetDatum((int16) number);
		default:
			return UInt8GetDatum((uint8) number);
	}
}

static Datum
bytes_datum(const uint8 *bytes, uint32 size)
{
	return PointerGetDatum(cstring_to_text_with_len((const char *) bytes, size));
}

Datum
summary_key_datum(const SummarySignature *signature, const SummaryEntry *entry)
{
	switch (signature->layout)
	{
		case SUMMARY_NUMBER:
			return number_datum(signature, entry->order);
		case SUMMARY_UUID:
			return PointerGetDatum(entry->key);
		case SUMMARY_BYTES:
			return bytes_datum(entry->key, entry->key_size);
		case SUMMARY_SENT:
			return receive_key(signature, entry->key, entry->key_size);
	}
	pg_unreachable();
}

static uint64
datum_order(const SummarySignature *signature, Datum key)
{
	FmgrInfo   *hash = unconstify(FmgrInfo *, &signature->hash);

	if (signature->hash_extended)
		return DatumGetUInt64(FunctionCall2Coll(hash, signature->keys.collation, key, UInt64GetDatum(0)));
	return DatumGetUInt32(FunctionCall1Coll(hash, signature->keys.collation, key));
}

/*
 * The order of a key by its bytes.
 */
uint64
summary_key_order(const SummarySignature *signature, const uint8 *key, uint32 size)
{
	uint64		order;
	MemoryContext caller;

	if (signature->layout != SUMMARY_SENT)
		return hash_bytes_extended(key, size, 0);

	caller = MemoryContextSwitchTo(signature->scratch);
	order = datum_order(signature, receive_key(signature, key, size));
	MemoryContextSwitchTo(caller);
	MemoryContextReset(signature->scratch);
	return order;
}

/*
 * A key of the customer map as the type's Datum.
 */
static Datum
customer_datum(const SummarySignature *signature, CustomerKey *customer)
{
	const CustomerKeys *keys = &signature->keys;
	const char *bytes;
	Size		size;

	if (keys->layout == CUSTOMER_KEY8)
		return number_datum(signature, customer->a);
	if (keys->layout == CUSTOMER_KEY16)
		return PointerGetDatum(customer);
	if (!keys->bytewise)
		return (Datum) customer->a;
	bytes = customer_keys_bytes(keys, customer, &size);
	return bytes_datum((const uint8 *) bytes, size);
}

/*
 * The key and the order of a customer of the map; the entry may point to "customer".
 */
void
summary_key_of_customer(const SummarySignature *signature, CustomerKey *customer, SummaryEntry *entry)
{
	Size		size = sizeof(CustomerKey);
	bytea	   *sent;

	entry->key = (const uint8 *) customer;
	switch (signature->layout)
	{
		case SUMMARY_NUMBER:
			entry->order = customer->a;
			entry->key = NULL;
			entry->key_size = 0;
			return;
		case SUMMARY_UUID:
			break;
		case SUMMARY_BYTES:
			entry->key = (const uint8 *) customer_keys_bytes(&signature->keys, customer, &size);
			break;
		case SUMMARY_SENT:
			sent = send_key(signature, customer_datum(signature, customer));
			entry->key = (const uint8 *) VARDATA_ANY(sent);
			size = VARSIZE_ANY_EXHDR(sent);
			entry->order = datum_order(signature, customer_datum(signature, customer));
			entry->key_size = (uint32) size;
			return;
	}
	entry->key_size = (uint32) size;
	entry->order = hash_bytes_extended(entry->key, size, 0);
}

/*
 * A second order, for keys with the same order; any will do that is always the same.
 */
int
summary_bytes_compare(const uint8 *one, uint32 one_size, const uint8 *other, uint32 other_size)
{
	if (one_size != other_size)
		return one_size < other_size ? -1 : 1;
	return one_size == 0 ? 0 : memcmp(one, other, one_size);
}

int
summary_key_compare(const SummaryEntry *one, const SummaryEntry *other)
{
	return summary_bytes_compare(one->key, one->key_size, other->key, other->key_size);
}

/*
 * Are keys with the same order equal?
 */
bool
summary_key_equal(const SummarySignature *signature, const SummaryEntry *one, const SummaryEntry *other)
{
	MemoryContext caller;
	bool		equal;

	if (summary_key_compare(one, other) == 0)
		return true;
	if (signature->layout != SUMMARY_SENT)
		return false;
	caller = MemoryContextSwitchTo(signature->scratch);
	equal = DatumGetBool(FunctionCall2Coll(unconstify(FmgrInfo *, &signature->keys.equal), signature->keys.collation,
										   receive_key(signature, one->key, one->key_size),
										   receive_key(signature, other->key, other->key_size)));
	MemoryContextSwitchTo(caller);
	MemoryContextReset(signature->scratch);
	return equal;
}

/*
 * The order of two keys with the same hash, as their type has it; 0 if they are equal.
 */
int
summary_key_compare_values(const SummarySignature *signature, const SummaryEntry *one, const SummaryEntry *other)
{
	TypeCacheEntry *entry;
	MemoryContext caller;
	int			result;

	if (summary_key_equal(signature, one, other))
		return 0;
	entry = lookup_type_cache(signature->keys.type, TYPECACHE_CMP_PROC_FINFO);
	if (!OidIsValid(entry->cmp_proc))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("could not identify a comparison function for type %s",
						format_type_be(signature->keys.type))));
	caller = MemoryContextSwitchTo(signature->scratch);
	result = DatumGetInt32(FunctionCall2Coll(&entry->cmp_proc_finfo, signature->keys.collation,
											 receive_key(signature, one->key, one->key_size),
											 receive_key(signature, other->key, other->key_size)));
	MemoryContextSwitchTo(caller);
	MemoryContextReset(signature->scratch);
	return result;
}

/*
 * Could a number be the key of a customer?  The type's receive function knows best, and wants its bytes.  What
 * it makes of them is compared as the customer map does: Datums of one value differ where some functions extend the
 * sign and others do not.
 */
static bool
number_is_valid(const SummarySignature *signature, uint64 number)
{
	uint8		bytes[sizeof(uint64)];
	uint64		high_first = pg_hton64(number);
	int			size = signature->keys.typlen;
	Datum		key;

	memcpy(bytes, (char *) &high_first + sizeof(high_first) - size, size);
	return receive_key_or_damaged(signature, bytes, size, &key) &&
		customer_keys_prepare(&signature->keys, key).a == number;
}

/*
 * Does the type's send function make just these bytes of what its receive function makes of them?
 */
static bool
sent_is_valid(const SummarySignature *signature, const SummaryEntry *entry)
{
	Datum		key;
	bytea	   *sent;

	if (!receive_key_or_damaged(signature, entry->key, entry->key_size, &key))
		return false;
	sent = send_key(signature, key);
	return VARSIZE_ANY_EXHDR(sent) == entry->key_size &&
		memcmp(VARDATA_ANY(sent), entry->key, entry->key_size) == 0;
}

/*
 * Is a key that came from outside one that the type could have made?  A receive function raises what it finds wrong.
 */
bool
summary_key_valid(const SummarySignature *signature, const SummaryEntry *entry)
{
	MemoryContext caller;
	bool		valid;

	if (signature->layout == SUMMARY_UUID || signature->keys.type == INT8OID || signature->keys.type == BYTEAOID)
		return true;
	if (signature->layout == SUMMARY_BYTES)
		return pg_verifymbstr((const char *) entry->key, entry->key_size, true);

	caller = MemoryContextSwitchTo(signature->scratch);
	if (signature->layout == SUMMARY_NUMBER)
		valid = number_is_valid(signature, entry->order);
	else
		valid = sent_is_valid(signature, entry);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(signature->scratch);
	return valid;
}
