/*
 * summary/type.c
 *		Input and output of the types retention_summary and revenue_summary.
 *
 * The binary form is the canonical value with its numbers in network byte order, the text form the same in base64:
 *
 *		version 1 | layout 1 | size of the identity 2 | last_at 8 | base 4 | customers 4 | known_until 8 | identity |
 *		customers' bytes
 *
 * and in a revenue_summary the scale, 4 bytes, before the identity.
 *
 * Whatever comes in is read to the last customer: the type's receive function looks at each key, and the first and
 * the last bucket must be in the calendar.  The result is canonical, whatever order it came in.  A value from outside
 * makes this server call the functions of the type that it names, so the user must be allowed to use that type.
 *
 * An input function can note an error for its caller instead of raising it.  This one does for a damaged value,
 * another version, and a type or a zone that is not there.  It raises an error for a type that the user must not
 * use or that can be no key, and for what the type's receive function finds wrong with a key.
 */
#include "summary/summary.h"

#include "base/base64.h"

#include "fmgr.h"
#include "libpq/pqformat.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(retention_summary_in);
PG_FUNCTION_INFO_V1(retention_summary_out);
PG_FUNCTION_INFO_V1(retention_summary_recv);
PG_FUNCTION_INFO_V1(retention_summary_send);
PG_FUNCTION_INFO_V1(revenue_summary_in);
PG_FUNCTION_INFO_V1(revenue_summary_recv);
PG_FUNCTION_INFO_V1(retention_summary_of_revenue_summary);

/* Bytes of a message before the identity, without the version. */
#define MESSAGE_HEADER_SIZE (sizeof(uint8) + sizeof(uint16) + 2 * sizeof(TimestampTz) + 2 * sizeof(uint32))

/*
 * The value in a message, byte by byte; the buckets in its header are not known yet.  NULL if an error was noted.
 */
static RetentionSummary *
read_message(StringInfo message, bool amounts, Node *escontext)
{
	uint8		version = SUMMARY_VERSION;
	uint8		layout;
	uint16		identity_size;
	TimestampTz last_at;
	TimestampTz known_until;
	int32		base;
	uint32		n;
	int32		scale = NO_AMOUNTS;
	uint32		size;
	RetentionSummary *summary;

	/* What follows the version is that version's own business. */
	if (message->cursor < message->len)
		version = pq_getmsgbyte(message);
	if (!summary_check_version(version, escontext))
		return NULL;
	if (message->len - message->cursor < MESSAGE_HEADER_SIZE + (amounts ? sizeof(scale) : 0))
	{
		(void) summary_damaged(escontext);
		return NULL;
	}
	layout = pq_getmsgbyte(message);
	identity_size = pq_getmsgint(message, sizeof(uint16));
	last_at = pq_getmsgint64(message);
	base = pq_getmsgint(message, sizeof(int32));
	n = pq_getmsgint(message, sizeof(uint32));
	known_until = pq_getmsgint64(message);
	if (amounts)
		scale = pq_getmsgint(message, sizeof(scale));
	size = message->len - message->cursor;
	if (layout > SUMMARY_SENT || identity_size > size ||
		(amounts && (scale < 0 || scale > AMOUNT_DIGITS_MAX)))
	{
		(void) summary_damaged(escontext);
		return NULL;
	}
	summary = palloc0(offsetof(RetentionSummary, bytes) + size);
	SET_VARSIZE(summary, offsetof(RetentionSummary, bytes) + size);
	summary->version = version;
	summary->layout = layout;
	summary->identity_size = identity_size;
	summary->last_at = last_at;
	summary->known_until = known_until;
	summary->base = base;
	summary->first = PG_INT32_MIN;
	summary->last = PG_INT32_MAX;
	summary->nsorted = n;
	summary->sorted_size = size - identity_size;
	summary->scale = scale;
	memcpy(summary->bytes, pq_getmsgbytes(message, size), size);
	return summary;
}

/*
 * Identities are written in one way only.
 */
static bool
check_identity(SummarySignature *signature, Node *escontext)
{
	SummarySignature *own;

	if (signature->as_written_here)
		return true;
	own = summary_signature_of_argument(signature->keys.type, signature->keys.collation, signature->calendar.width,
										signature->calendar.zone, CurrentMemoryContext);
	signature->as_written_here = own->identity_size == signature->identity_size &&
		memcmp(own->identity, signature->identity, own->identity_size) == 0;
	MemoryContextDelete(own->cxt);
	return signature->as_written_here || summary_damaged(escontext);
}

/*
 * Does the scale show all decimals of a customer's amounts?
 */
static bool
amounts_valid(const RetentionSummary *summary, const SummaryEntry *entry)
{
	AmountWalk	walk;
	int32		bucket;
	Money		amount;

	if (entry->amounts == NULL)
		return true;
	amounts_walk(&walk, &entry->seen, entry->amounts);
	while (amounts_next(&walk, &bucket, &amount))
		if (money_decimals(&amount) > summary->scale)
			return false;
	return true;
}

/*
 * Check every customer and the latest time, and fill in the buckets in the header.  Tells whether the
 * customers are in order.
 */
static bool
check_customers(RetentionSummary *summary, const SummarySignature *signature, bool *in_order, Node *escontext)
{
	const BucketWidth width = signature->calendar.width;
	SummaryReader reader;
	SummaryEntry entry;
	uint64		order = 0;
	bool		damaged;
	int32		first = PG_INT32_MAX;
	int32		last = PG_INT32_MIN;

	*in_order = true;
	if (summary->nsorted == 0 || summary->nsorted > summary->sorted_size)
		return summary_damaged(escontext);
	summary_read_sorted(&reader, summary, NULL);
	for (; summary_next_or_damaged(&reader, &entry, &damaged); order = entry.order)
	{
		if (!summary_key_valid(signature, &entry) || !amounts_valid(summary, &entry))
			return summary_damaged(escontext);
		if (signature->layout != SUMMARY_NUMBER)
			entry.order = summary_key_order(signature, entry.key, entry.key_size);
		if (reader.left != summary->nsorted - 1 && entry.order <= order)
			*in_order = false;
		first = Min(first, entry.seen.first);
		last = Max(last, entry.seen.last);
	}
	if (damaged || !bucket_valid(width, first) || !bucket_valid(width, last) ||
		!bucket_is_reached(&signature->calendar, last, summary->last_at) ||
		!bucket_known_until_valid(summary->known_until))
		return summary_damaged(escontext);
	summary->first = first;
	summary->last = last;
	return true;
}

/*
 * A value from outside, with amounts or without; NULL if an error was noted.
 */
static const RetentionSummary *
receive_summary(FmgrInfo *flinfo, StringInfo message, bool amounts, Node *escontext)
{
	RetentionSummary *summary = read_message(message, amounts, escontext);
	SummarySignature *signature;
	bool		in_order;

	if (summary == NULL)
		return NULL;
	signature = summary_signature(flinfo, summary, escontext);
	if (signature == NULL || !summary_signature_know_keys(signature, escontext))
		return NULL;
	summary_signature_check_usage(signature);
	if (!check_identity(signature, escontext) || !check_customers(summary, signature, &in_order, escontext))
		return NULL;
	if (in_order && summary->base == summary->first)
		return summary;

	/* Only where hashes decide can the order be another server's.  Then it is as if all had been appended. */
	if (signature->layout == SUMMARY_NUMBER)
	{
		(void) summary_damaged(escontext);
		return NULL;
	}
	summary->nappended = summary->nsorted;
	summary->appended_size = summary->sorted_size;
	summary->nsorted = 0;
	summary->sorted_size = 0;
	return summary_canonical(flinfo, summary);
}

static bytea *
send_summary(FmgrInfo *flinfo, const RetentionSummary *summary)
{
	StringInfoData message;

	summary = summary_canonical(flinfo, summary);
	pq_begintypsend(&message);
	pq_sendbyte(&message, SUMMARY_VERSION);
	pq_sendbyte(&message, summary->layout);
	pq_sendint16(&message, summary->identity_size);
	pq_sendint64(&message, summary->last_at);
	pq_sendint32(&message, summary->base);
	pq_sendint32(&message, summary->nsorted);
	pq_sendint64(&message, summary->known_until);
	if (summary_has_amounts(summary))
		pq_sendint32(&message, summary->scale);
	pq_sendbytes(&message, (const char *) summary->bytes, summary->identity_size + summary->sorted_size);
	return pq_endtypsend(&message);
}

static Datum
summary_in(FunctionCallInfo fcinfo, const char *type, bool amounts)
{
	StringInfoData message;
	const RetentionSummary *summary;

	if (!base64_read(PG_GETARG_CSTRING(0), type, &message, fcinfo->context))
		PG_RETURN_NULL();
	summary = receive_summary(fcinfo->flinfo, &message, amounts, fcinfo->context);
	if (summary == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(summary);
}

Datum
retention_summary_in(PG_FUNCTION_ARGS)
{
	return summary_in(fcinfo, "retention_summary", false);
}

Datum
revenue_summary_in(PG_FUNCTION_ARGS)
{
	return summary_in(fcinfo, "revenue_summary", true);
}

/*
 * The output functions are those of both types.
 */
Datum
retention_summary_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(base64_text(send_summary(fcinfo->flinfo, PG_GETARG_ANY_SUMMARY(0))));
}

Datum
retention_summary_recv(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(receive_summary(fcinfo->flinfo, (StringInfo) PG_GETARG_POINTER(0), false, NULL));
}

Datum
revenue_summary_recv(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(receive_summary(fcinfo->flinfo, (StringInfo) PG_GETARG_POINTER(0), true, NULL));
}

Datum
retention_summary_send(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(send_summary(fcinfo->flinfo, PG_GETARG_ANY_SUMMARY(0)));
}

/*
 * retention_summary(revenue_summary) -> retention_summary, the cast: the same customers without their amounts
 */
Datum
retention_summary_of_revenue_summary(PG_FUNCTION_ARGS)
{
	const RetentionSummary *summary = summary_canonical(fcinfo->flinfo, PG_GETARG_REVENUE_SUMMARY(0));
	SummaryReader reader;
	SummaryWriter writer;
	SummaryEntry entry;

	summary_write_begin(&writer, summary_signature(fcinfo->flinfo, summary, NULL), summary->base, NO_AMOUNTS,
						summary->sorted_size);
	summary_write_times(&writer, summary->last_at, summary->known_until);
	summary_read_sorted(&reader, summary, NULL);
	while (summary_next(&reader, &entry))
	{
		entry.amounts = NULL;
		entry.amounts_size = 0;
		summary_write(&writer, &entry);
	}
	PG_RETURN_POINTER(summary_write_end(&writer, 0));
}
