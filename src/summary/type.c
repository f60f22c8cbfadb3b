/*
 * summary/type.c
 *		Input and output of retention_summary, equality, hash; and rollup.
 *
 * The binary form is the canonical value with its numbers in network byte order, the text form the same in base64:
 *
 *		version 1 | layout 1 | size of the identity 2 | base 4 | customers 4 | identity | customers' bytes
 *
 * Whatever comes in is taken apart to the last customer: keys are shown to their type's receive function, buckets
 * held against the calendar.  What comes out of that is canonical, whatever order it came in.
 */
#include "summary/summary.h"

#include "agg/aggstate.h"
#include "base/base64.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "libpq/pqformat.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(retention_summary_in);
PG_FUNCTION_INFO_V1(retention_summary_out);
PG_FUNCTION_INFO_V1(retention_summary_recv);
PG_FUNCTION_INFO_V1(retention_summary_send);
PG_FUNCTION_INFO_V1(retention_summary_eq);
PG_FUNCTION_INFO_V1(retention_summary_ne);
PG_FUNCTION_INFO_V1(retention_summary_hash);
PG_FUNCTION_INFO_V1(retention_summary_hash_extended);
PG_FUNCTION_INFO_V1(rollup_accum);
PG_FUNCTION_INFO_V1(rollup_final);

/*
 * The value in a message, taken over byte by byte; its header's numbers are not known yet.
 */
static RetentionSummary *
take_over(StringInfo message)
{
	uint8		version = pq_getmsgbyte(message);
	uint8		layout;
	uint16		identity_size;
	int32		base;
	uint32		n;
	uint32		size;
	RetentionSummary *summary;

	/* What follows is another version's own business. */
	summary_check_version(version);
	layout = pq_getmsgbyte(message);
	identity_size = pq_getmsgint(message, sizeof(uint16));
	base = pq_getmsgint(message, sizeof(int32));
	n = pq_getmsgint(message, sizeof(uint32));
	size = message->len - message->cursor;
	if (layout > SUMMARY_SENT || identity_size > size)
		summary_corrupt();
	summary = palloc0(offsetof(RetentionSummary, bytes) + size);
	SET_VARSIZE(summary, offsetof(RetentionSummary, bytes) + size);
	summary->version = version;
	summary->layout = layout;
	summary->identity_size = identity_size;
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
static void
check_identity(SummarySignature *signature)
{
	SummarySignature *own;

	summary_signature_know_keys(signature);
	own = summary_signature_of_argument(signature->keys.type, signature->keys.collation, signature->calendar.width,
								   signature->calendar.zone, CurrentMemoryContext);
	if (own->identity_size != signature->identity_size ||
		memcmp(own->identity, signature->identity, own->identity_size) != 0)
	{
		/* The call site may live on, where somebody catches the error. */
		signature->keys_known = false;
		summary_corrupt();
	}
	MemoryContextDelete(own->cxt);
}

/*
 * Check every customer, and fill in the header's numbers.  Returns the canonical value.
 */
static const RetentionSummary *
check_customers(FmgrInfo *flinfo, RetentionSummary *summary, const SummarySignature *signature)
{
	SummaryReader reader;
	SummaryEntry entry;
	uint64		order = 0;
	bool		in_order = true;
	int32		first = PG_INT32_MAX;
	int32		last = PG_INT32_MIN;

	if (summary->nsorted == 0 || summary->nsorted > summary->sorted_size)
		summary_corrupt();
	summary_read_sorted(&reader, summary, NULL);
	for (; summary_next(&reader, &entry); order = entry.order)
	{
		summary_key_check(signature, &entry);
		if (signature->layout != SUMMARY_NUMBER)
			entry.order = summary_key_order(signature, entry.key, entry.key_size);
		if (reader.left != summary->nsorted - 1 && entry.order <= order)
			in_order = false;
		first = Min(first, entry.seen.first);
		last = Max(last, entry.seen.last);
	}
	if (!bucket_valid(signature->calendar.width, first) || !bucket_valid(signature->calendar.width, last))
		summary_corrupt();
	summary->first = first;
	summary->last = last;
	if (in_order && summary->base == first)
		return summary;

	/* As if the customers had come one by one. */
	if (signature->layout == SUMMARY_NUMBER)
		summary_corrupt();
	summary->nloose = summary->nsorted;
	summary->loose_size = summary->sorted_size;
	summary->nsorted = 0;
	summary->sorted_size = 0;
	return summary_canonical(flinfo, summary);
}

static const RetentionSummary *
receive_summary(FmgrInfo *flinfo, StringInfo message)
{
	RetentionSummary *summary = take_over(message);
	SummarySignature *signature = summary_signature(flinfo, summary);

	if (!signature->keys_known)
		check_identity(signature);
	if (signature->layout != summary->layout)
		summary_corrupt();
	return check_customers(flinfo, summary, signature);
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
	pq_sendint32(&message, summary->base);
	pq_sendint32(&message, summary->nsorted);
	pq_sendbytes(&message, (const char *) summary->bytes, summary->identity_size + summary->sorted_size);
	return pq_endtypsend(&message);
}

Datum
retention_summary_in(PG_FUNCTION_ARGS)
{
	StringInfoData message;

	base64_read(PG_GETARG_CSTRING(0), "retention_summary", &message);
	PG_RETURN_POINTER(receive_summary(fcinfo->flinfo, &message));
}

Datum
retention_summary_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(base64_text(send_summary(fcinfo->flinfo, PG_GETARG_SUMMARY(0))));
}

Datum
retention_summary_recv(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(receive_summary(fcinfo->flinfo, (StringInfo) PG_GETARG_POINTER(0)));
}

Datum
retention_summary_send(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(send_summary(fcinfo->flinfo, PG_GETARG_SUMMARY(0)));
}

Datum
retention_summary_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(summary_equal(fcinfo->flinfo, PG_GETARG_SUMMARY(0), PG_GETARG_SUMMARY(1)));
}

Datum
retention_summary_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!summary_equal(fcinfo->flinfo, PG_GETARG_SUMMARY(0), PG_GETARG_SUMMARY(1)));
}

/*
 * Equal values have equal hashes, in whatever order they have customers with the same order.
 */
static uint64
hash_summary(FmgrInfo *flinfo, const RetentionSummary *summary, uint64 seed)
{
	SummarySignature *signature = summary_signature(flinfo, summary);
	SummaryReader reader;
	SummaryEntry entry;
	uint64		sum = 0;

	summary_signature_know_keys(signature);
	summary = summary_canonical(flinfo, summary);
	summary_read_sorted(&reader, summary, signature);
	while (summary_next(&reader, &entry))
		sum += hash_combine64(entry.order, seenset_hash(&entry.seen));
	return hash_combine64(hash_bytes_extended(summary->bytes, summary->identity_size, seed), sum);
}

Datum
retention_summary_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_UINT32((uint32) hash_summary(fcinfo->flinfo, PG_GETARG_SUMMARY(0), 0));
}

Datum
retention_summary_hash_extended(PG_FUNCTION_ARGS)
{
	PG_RETURN_UINT64(hash_summary(fcinfo->flinfo, PG_GETARG_SUMMARY(0), PG_GETARG_INT64(1)));
}

/*
 * rollup_accum(retention_summary, retention_summary) -> retention_summary
 *
 * Both the transition and the combine function.  The state is changed in place where it has room.
 */
Datum
rollup_accum(PG_FUNCTION_ARGS)
{
	const RetentionSummary *summary;

	(void) aggstate_context(fcinfo);
	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	summary = PG_GETARG_SUMMARY(1);
	if (PG_ARGISNULL(0))
		PG_RETURN_POINTER(summary);
	PG_RETURN_POINTER(summary_absorb(fcinfo->flinfo,
									 unconstify(RetentionSummary *, PG_GETARG_SUMMARY(0)), summary));
}

Datum
rollup_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(summary_canonical(fcinfo->flinfo, PG_GETARG_SUMMARY(0)));
}
