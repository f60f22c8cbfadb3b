/*
 * totals/type.c
 *		Input and output of retention_totals and revenue_totals; totals and totals_agg.
 *
 * The binary form is the canonical value with its numbers in network byte order, the text form the same in base64:
 *
 *		version 1 | size of the zone 2 | first 4 | last 4 | last_at 8 | customers 8 | largest 8 | number of cells 4 |
 *		months 4 | days 4 | origin 4 | known_until 8 | zone | cells
 *
 * and in revenue_totals the scale, 4 bytes, before the zone.
 *
 * Whatever comes in is added up: counts that no customers can have, such as more retained than active, are refused.
 */
#include "totals/totals.h"

#include "agg/aggstate.h"
#include "base/base64.h"
#include "totals/counts.h"
#include "totals/revenue.h"

#include "fmgr.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(retention_totals_in);
PG_FUNCTION_INFO_V1(retention_totals_out);
PG_FUNCTION_INFO_V1(retention_totals_recv);
PG_FUNCTION_INFO_V1(retention_totals_send);
PG_FUNCTION_INFO_V1(revenue_totals_in);
PG_FUNCTION_INFO_V1(revenue_totals_recv);
PG_FUNCTION_INFO_V1(retention_totals_of_revenue_totals);
PG_FUNCTION_INFO_V1(totals_of_summary);
PG_FUNCTION_INFO_V1(totals_accum);
PG_FUNCTION_INFO_V1(totals_combine);
PG_FUNCTION_INFO_V1(totals_final);

/* Bytes of the binary form before the scale, or the zone. */
#define MESSAGE_HEADER_SIZE 59

/*
 * The value in a message, with amounts or without, of which only the version and the length are checked.  NULL if an
 * error was noted.
 */
static RetentionTotals *
read_message(StringInfo message, bool amounts, Node *escontext)
{
	RetentionTotals header = {0};
	RetentionTotals *totals;
	Size		size;

	/* What follows the version is that version's own business. */
	header.version = message->len > 0 ? pq_getmsgbyte(message) : TOTALS_VERSION;
	if (!totals_check_version(header.version, escontext))
		return NULL;
	if (message->len < MESSAGE_HEADER_SIZE + (amounts ? sizeof(header.scale) : 0))
	{
		(void) totals_damaged(escontext);
		return NULL;
	}
	header.zone_size = pq_getmsgint(message, sizeof(uint16));
	header.base = header.first = pq_getmsgint(message, sizeof(int32));
	header.last = pq_getmsgint(message, sizeof(int32));
	header.last_at = pq_getmsgint64(message);
	header.customers = pq_getmsgint64(message);
	header.largest = pq_getmsgint64(message);
	header.ncells = pq_getmsgint(message, sizeof(uint32));
	header.width.months = pq_getmsgint(message, sizeof(int32));
	header.width.days = pq_getmsgint(message, sizeof(int32));
	header.width.origin = pq_getmsgint(message, sizeof(int32));
	header.known_until = pq_getmsgint64(message);
	Assert(message->cursor == MESSAGE_HEADER_SIZE);
	header.scale = amounts ? (int32) pq_getmsgint(message, sizeof(header.scale)) : NO_AMOUNTS;

	size = message->len - message->cursor;
	totals = palloc(offsetof(RetentionTotals, zone) + size);
	memcpy(totals, &header, offsetof(RetentionTotals, zone));
	memcpy(totals->zone, pq_getmsgbytes(message, size), size);
	SET_VARSIZE(totals, offsetof(RetentionTotals, zone) + size);
	return totals;
}

/*
 * Does the zone exist here, under this very name?
 */
static bool
zone_exists(const RetentionTotals *totals, Node *escontext)
{
	char	   *name = totals_zone(totals);
	pg_tz	   *zone = pg_tzset(name);

	if (zone != NULL && strcmp(pg_get_timezone_name(zone), name) == 0)
		return true;
	errsave(escontext,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("time zone \"%s\" of totals does not exist here", name)));
	return false;
}

static bool
numbers_valid(const RetentionTotals *totals)
{
	return totals->customers > 0 && totals->largest <= totals->customers &&
		bucket_valid(totals->width, totals->first) && bucket_valid(totals->width, totals->last);
}

/*
 * Could customers have made the counts, and the latest of them have come when it says?
 */
static bool
counts_valid(const RetentionTotals *totals)
{
	BucketCounts *counts = counts_of_totals(totals);

	return counts_possible(counts) && (!totals_have_amounts(totals) || revenue_possible(totals)) &&
		bucket_is_reached(&counts->calendar, totals->last, totals->last_at) &&
		bucket_known_until_valid(totals->known_until);
}

/*
 * The value in a message from outside, every byte of which is checked; NULL if an error was noted in the context.
 */
static const RetentionTotals *
receive_totals(StringInfo message, bool amounts, Node *escontext)
{
	RetentionTotals *totals;
	bool		valid;

	totals = read_message(message, amounts, escontext);
	if (totals == NULL)
		return NULL;
	valid = ((totals_header_valid(totals) && totals_have_amounts(totals) == amounts) || totals_damaged(escontext)) &&
		zone_exists(totals, escontext) &&
		((numbers_valid(totals) && totals_cells_valid(totals) && counts_valid(totals)) ||
		 totals_damaged(escontext));
	return valid ? totals : NULL;
}

static bytea *
send_totals(const RetentionTotals *totals)
{
	StringInfoData message;

	totals = totals_canonical(totals);
	pq_begintypsend(&message);
	pq_sendbyte(&message, TOTALS_VERSION);
	pq_sendint16(&message, totals->zone_size);
	pq_sendint32(&message, totals->first);
	pq_sendint32(&message, totals->last);
	pq_sendint64(&message, totals->last_at);
	pq_sendint64(&message, totals->customers);
	pq_sendint64(&message, totals->largest);
	pq_sendint32(&message, totals->ncells);
	pq_sendint32(&message, totals->width.months);
	pq_sendint32(&message, totals->width.days);
	pq_sendint32(&message, totals->width.origin);
	pq_sendint64(&message, totals->known_until);
	if (totals_have_amounts(totals))
		pq_sendint32(&message, totals->scale);
	pq_sendbytes(&message, totals->zone, VARSIZE(totals) - offsetof(RetentionTotals, zone));
	return pq_endtypsend(&message);
}

static Datum
totals_in(FunctionCallInfo fcinfo, const char *type, bool amounts)
{
	StringInfoData message;

	if (!base64_read(PG_GETARG_CSTRING(0), type, &message, fcinfo->context))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(receive_totals(&message, amounts, fcinfo->context));
}

Datum
retention_totals_in(PG_FUNCTION_ARGS)
{
	return totals_in(fcinfo, "retention_totals", false);
}

Datum
revenue_totals_in(PG_FUNCTION_ARGS)
{
	return totals_in(fcinfo, "revenue_totals", true);
}

/*
 * The output functions are those of both types.
 */
Datum
retention_totals_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(base64_text(send_totals(PG_GETARG_ANY_TOTALS(0))));
}

Datum
retention_totals_recv(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(receive_totals((StringInfo) PG_GETARG_POINTER(0), false, NULL));
}

Datum
revenue_totals_recv(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(receive_totals((StringInfo) PG_GETARG_POINTER(0), true, NULL));
}

Datum
retention_totals_send(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(send_totals(PG_GETARG_ANY_TOTALS(0)));
}

/*
 * retention_totals(revenue_totals) -> retention_totals, the cast
 */
Datum
retention_totals_of_revenue_totals(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(totals_without_amounts(PG_GETARG_REVENUE_TOTALS(0)));
}

/*
 * totals(retention_summary) -> retention_totals, and this and all below also from revenue_summary to revenue_totals
 */
Datum
totals_of_summary(PG_FUNCTION_ARGS)
{
	const RetentionSummary *summary = summary_canonical(fcinfo->flinfo, PG_GETARG_ANY_SUMMARY(0));

	PG_RETURN_POINTER(totals_finished(totals_count(summary)));
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
	summary = summary_canonical(fcinfo->flinfo, PG_GETARG_ANY_SUMMARY(1));
	if (PG_ARGISNULL(0))
		PG_RETURN_POINTER(totals_count(summary));
	state = totals_working(unconstify(RetentionTotals *, PG_GETARG_ANY_TOTALS(0)));
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
		state = totals_working(unconstify(RetentionTotals *, PG_GETARG_ANY_TOTALS(0)));
	PG_RETURN_POINTER(totals_add_totals(state, PG_GETARG_ANY_TOTALS(1)));
}

Datum
totals_final(PG_FUNCTION_ARGS)
{
	aggstate_refuse_distinct(fcinfo);
	PG_RETURN_POINTER(totals_finished(PG_GETARG_ANY_TOTALS(0)));
}
