/*
 * totals/type.c
 *		Input and output of retention_totals, equality, hash; totals and totals_agg.
 *
 * The binary form is the canonical value with its numbers in network byte order, the text form the same in base64:
 *
 *		version 1 | size of the identity 2 | first 4 | last 4 | customers 8 | largest 8 | cells 4 | identity | cells
 *
 * Whatever comes in is added up: counts that no customers can have, such as more retained than active, are refused.
 */
#include "totals/totals.h"

#include "agg/aggstate.h"
#include "base/base64.h"
#include "report/counts.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(retention_totals_in);
PG_FUNCTION_INFO_V1(retention_totals_out);
PG_FUNCTION_INFO_V1(retention_totals_recv);
PG_FUNCTION_INFO_V1(retention_totals_send);
PG_FUNCTION_INFO_V1(retention_totals_eq);
PG_FUNCTION_INFO_V1(retention_totals_ne);
PG_FUNCTION_INFO_V1(retention_totals_hash);
PG_FUNCTION_INFO_V1(retention_totals_hash_extended);
PG_FUNCTION_INFO_V1(totals_of_summary);
PG_FUNCTION_INFO_V1(totals_accum);
PG_FUNCTION_INFO_V1(totals_combine);
PG_FUNCTION_INFO_V1(totals_final);

/*
 * Does the zone exist here, under this very name?
 */
static void
check_zone(const RetentionTotals *totals)
{
	char	   *name = totals_zone(totals);
	pg_tz	   *zone = pg_tzset(name);

	if (zone == NULL || strcmp(pg_get_timezone_name(zone), name) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("time zone \"%s\" of a retention_totals does not exist here", name)));
}

static const RetentionTotals *
receive_totals(StringInfo message)
{
	RetentionTotals *totals;
	uint8		version = pq_getmsgbyte(message);
	uint16		identity_size = pq_getmsgint(message, sizeof(uint16));
	int32		first = pq_getmsgint(message, sizeof(int32));
	int32		last = pq_getmsgint(message, sizeof(int32));
	uint64		customers = pq_getmsgint64(message);
	uint64		largest = pq_getmsgint64(message);
	uint32		ncells = pq_getmsgint(message, sizeof(uint32));
	Size		size = message->len - message->cursor;

	totals = palloc0(offsetof(RetentionTotals, bytes) + size);
	SET_VARSIZE(totals, offsetof(RetentionTotals, bytes) + size);
	totals->version = version;
	totals->identity_size = identity_size;
	totals->base = first;
	totals->first = first;
	totals->last = last;
	totals->customers = customers;
	totals->largest = largest;
	totals->ncells = ncells;
	memcpy(totals->bytes, pq_getmsgbytes(message, size), size);

	(void) totals_open((struct varlena *) totals);
	check_zone(totals);
	if (customers == 0 || largest > customers ||
		!bucket_valid(totals_width(totals), first) || !bucket_valid(totals_width(totals), last))
		totals_corrupt();
	counts_check(counts_of_totals(totals));
	return totals;
}

static bytea *
send_totals(const RetentionTotals *totals)
{
	StringInfoData message;

	totals = totals_canonical(totals);
	pq_begintypsend(&message);
	pq_sendbyte(&message, TOTALS_VERSION);
	pq_sendint16(&message, totals->identity_size);
	pq_sendint32(&message, totals->first);
	pq_sendint32(&message, totals->last);
	pq_sendint64(&message, totals->customers);
	pq_sendint64(&message, totals->largest);
	pq_sendint32(&message, totals->ncells);
	pq_sendbytes(&message, (const char *) totals->bytes,
				 VARSIZE(totals) - offsetof(RetentionTotals, bytes));
	return pq_endtypsend(&message);
}

Datum
retention_totals_in(PG_FUNCTION_ARGS)
{
	StringInfoData message;

	if (!base64_read(PG_GETARG_CSTRING(0), "retention_totals", &message, fcinfo->context))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(receive_totals(&message));
}

Datum
retention_totals_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(base64_text(send_totals(PG_GETARG_TOTALS(0))));
}

Datum
retention_totals_recv(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(receive_totals((StringInfo) PG_GETARG_POINTER(0)));
}

Datum
retention_totals_send(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(send_totals(PG_GETARG_TOTALS(0)));
}

static bool
totals_equal(const RetentionTotals *one, const RetentionTotals *other)
{
	one = totals_finished(one);
	other = totals_finished(other);
	return VARSIZE(one) == VARSIZE(other) && memcmp(one, other, VARSIZE(one)) == 0;
}

Datum
retention_totals_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(totals_equal(PG_GETARG_TOTALS(0), PG_GETARG_TOTALS(1)));
}

Datum
retention_totals_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!totals_equal(PG_GETARG_TOTALS(0), PG_GETARG_TOTALS(1)));
}

static uint64
hash_totals(const RetentionTotals *totals, uint64 seed)
{
	totals = totals_finished(totals);
	return hash_bytes_extended((const unsigned char *) totals, VARSIZE(totals), seed);
}

Datum
retention_totals_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_UINT32((uint32) hash_totals(PG_GETARG_TOTALS(0), 0));
}

Datum
retention_totals_hash_extended(PG_FUNCTION_ARGS)
{
	PG_RETURN_UINT64(hash_totals(PG_GETARG_TOTALS(0), PG_GETARG_INT64(1)));
}

/*
 * totals(retention_summary) -> retention_totals
 */
Datum
totals_of_summary(PG_FUNCTION_ARGS)
{
	const RetentionSummary *summary = summary_canonical(fcinfo->flinfo, PG_GETARG_SUMMARY(0));

	PG_RETURN_POINTER(totals_finished(totals_add_summary(totals_create(summary), summary)));
}

/*
 * totals_accum(retention_totals, retention_summary) -> retention_totals
 *
 * The state is changed in place where it has room.
 */
Datum
totals_accum(PG_FUNCTION_ARGS)
{
	const RetentionSummary *summary;
	RetentionTotals *state;

	(void) aggstate_context(fcinfo);
	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	summary = summary_canonical(fcinfo->flinfo, PG_GETARG_SUMMARY(1));
	if (PG_ARGISNULL(0))
		state = totals_create(summary);
	else
		state = totals_working(unconstify(RetentionTotals *, PG_GETARG_TOTALS(0)));
	PG_RETURN_POINTER(totals_add_summary(state, summary));
}

/*
 * totals_combine(retention_totals, retention_totals) -> retention_totals
 */
Datum
totals_combine(PG_FUNCTION_ARGS)
{
	RetentionTotals *state = NULL;

	(void) aggstate_context(fcinfo);
	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	if (!PG_ARGISNULL(0))
		state = totals_working(unconstify(RetentionTotals *, PG_GETARG_TOTALS(0)));
	PG_RETURN_POINTER(totals_add_totals(state, PG_GETARG_TOTALS(1)));
}

Datum
totals_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(totals_finished(PG_GETARG_TOTALS(0)));
}
