/*
 * summary/type.c
 *		The SQL functions of the type retention_summary: input and output.
 *
 * The binary form is the canonical value with its numbers in network byte order, the text form the same in base64:
 *
 *		version 1 | layout 1 | size of the identity 2 | last_at 8 | base 4 | customers 4 | identity | customers' bytes
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

/* Bytes of a message before the identity, without the version. */
#define MESSAGE_HEADER_SIZE (sizeof(uint8) + sizeof(uint16) + sizeof(TimestampTz) + 2 * sizeof(uint32))

/*
 * The value in a message, byte by byte; the buckets in its header are not known yet.  NULL if an error was noted.
 */
static RetentionSummary *
read_message(StringInfo message, Node *escontext)
{
	uint8		version = SUMMARY_VERSION;
	uint8		layout;
	uint16		identity_size;
	TimestampTz last_at;
	int32		base;
	uint32		n;
	uint32		size;
	RetentionSummary *summary;

	/* What follows the version is that version's own business. */
	if (message->cursor < message->len)
		version = pq_getmsgbyte(message);
	if (!summary_check_version(version, escontext))
		return NULL;
	if (message->len - message->cursor < MESSAGE_HEADER_SIZE)
	{
		(void) summary_damaged(escontext);
		return NULL;
	}
	layout = pq_getmsgbyte(message);
	identity_size = pq_getmsgint(message, sizeof(uint16));
	last_at = pq_getmsgint64(message);
	base = pq_getmsgint(message, sizeof(int32));
	n = pq_getmsgint(message, sizeof(uint32));
	size = message->len - message->cursor;
	if (layout > SUMMARY_SENT || identity_size > size)
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
	summary->base = base;
	summary->first = PG_INT32_MIN;
	summary->last = PG_INT32_MAX;
	summary->nsorted = n;
	summary->sorted_size = size - identity_size;
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
		if (!summary_key_valid(signature, &entry))
			return summary_damaged(escontext);
		if (signature->layout != SUMMARY_NUMBER)
			entry.order = summary_key_order(signature, entry.key, entry.key_size);
		if (reader.left != summary->nsorted - 1 && entry.order <= order)
			*in_order = false;
		first = Min(first, entry.seen.first);
		last = Max(last, entry.seen.last);
	}
	if (damaged || !bucket_valid(width, first) || !bucket_valid(width, last) ||
		!bucket_is_near(&signature->calendar, last, summary->last_at))
		return summary_damaged(escontext);
	summary->first = first;
	summary->last = last;
	return true;
}

/*
 * A value from outside; NULL if an error was noted.
 */
static const RetentionSummary *
receive_summary(FmgrInfo *flinfo, StringInfo message, Node *escontext)
{
	RetentionSummary *summary = read_message(message, escontext);
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
	pq_sendbytes(&message, (const char *) summary->bytes, summary->identity_size + summary->sorted_size);
	return pq_endtypsend(&message);
}

Datum
retention_summary_in(PG_FUNCTION_ARGS)
{
	StringInfoData message;
	const RetentionSummary *summary;

	if (!base64_read(PG_GETARG_CSTRING(0), "retention_summary", &message, fcinfo->context))
		PG_RETURN_NULL();
	summary = receive_summary(fcinfo->flinfo, &message, fcinfo->context);
	if (summary == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(summary);
}

Datum
retention_summary_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(base64_text(send_summary(fcinfo->flinfo, PG_GETARG_SUMMARY(0))));
}

Datum
retention_summary_recv(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(receive_summary(fcinfo->flinfo, (StringInfo) PG_GETARG_POINTER(0), NULL));
}

Datum
retention_summary_send(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(send_summary(fcinfo->flinfo, PG_GETARG_SUMMARY(0)));
}
