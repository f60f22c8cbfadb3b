/*
 * live/totals.c
 *		live_totals and live_revenue_totals: the totals as the orders are now, in the caller's snapshot.
 *
 *		totals  =  those stored  -  the changed customers, as stored  +  the changed customers, as their orders are
 *
 * All reads see one snapshot, in which this holds: see live/report.c.  The orders themselves are counted where
 * that is no more work, where there is no index to find a customer's orders by, and where something may have
 * happened to them that nobody noted, or not yet (live/source.c).
 *
 * The latest time and the decimals to show are the greatest of any customer's.  If that of a changed customer
 * may have been the greatest, and is no more, all others' are looked at: a hundred of them tell as a rule that
 * the decimals are still in use; for the time there is no shorter way than the sum of all others, some tenths
 * of a second for a million.
 */
#include "live/totals.h"

#include "live/source.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(live_totals);
PG_FUNCTION_INFO_V1(live_revenue_totals);

/* So many changed customers are always looked up, and beyond them one for each so many orders. */
#define FEW_CUSTOMERS 100
#define ORDERS_PER_LOOKUP 1000

/*
 * Read the row of a report; false if it is gone.  "for_update" lets one refresh pass at a time.
 */
bool
live_find_count(LiveCount *count, const LiveReport *report, const LiveSession *session, bool for_update)
{
	Datum		fingerprint;

	live_run_with(report, !for_update,
				  for_update ? "SELECT bucket, zone, totals, counted_as FROM {report} FOR UPDATE" :
				  "SELECT bucket, zone, totals, counted_as FROM {report}", 0, NULL, NULL);
	if (SPI_processed != 1 || !live_result(report, session, 1, INTERVALOID, &count->parameters.bucket) ||
		!live_result(report, session, 2, TEXTOID, &count->parameters.zone))
		return false;
	count->totals = live_result_totals(report, session, 3);
	count->is_counted = live_result(report, session, 4, INT8OID, &fingerprint);
	count->fingerprint = count->is_counted ? DatumGetInt64(fingerprint) : 0;
	return true;
}

void
live_read_count(LiveCount *count, const LiveReport *report, const LiveSession *session, bool for_update)
{
	if (!live_find_count(count, report, session, for_update))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("live report \"%s\" has lost its row", report->name),
				 errhint("Drop it with live_report_drop, and make it anew.")));
}

/*
 * Totals of a query with the report's parameters and perhaps an array of customers.
 */
static const RetentionTotals *
query_totals(const LiveReport *report, const LiveSession *session, const LiveCount *count, const char *sql,
			 Datum customers)
{
	Oid			types[] = {INTERVALOID, TEXTOID, get_array_type(report->customer_type)};
	Datum		values[] = {count->parameters.bucket, count->parameters.zone, customers};

	live_run_with(report, true, sql, customers == (Datum) 0 ? 2 : 3, types, values);
	return live_result_totals(report, session, 1);
}

/*
 * Changed customers, as an array; false if there are so many that it is quicker to count all orders.
 */
static bool
changed_customers(const LiveReport *report, const LiveSession *session, double rows, Datum *customers)
{
	int64		limit = FEW_CUSTOMERS + (int64) (rows / ORDERS_PER_LOOKUP);
	Oid			types[] = {INT8OID};
	Datum		values[] = {Int64GetDatum(limit + 1)};
	Datum		n;

	live_run_with(report, true,
				  "SELECT array_agg(customer), count(*) FROM (SELECT DISTINCT customer FROM {changed} LIMIT $1) c",
				  lengthof(types), types, values);
	if (!live_result(report, session, 1, get_array_type(report->customer_type), customers))
		*customers = (Datum) 0;
	return live_result(report, session, 2, INT8OID, &n) && DatumGetInt64(n) <= limit;
}

/*
 * Is what is the greatest of all customers still so without some, with others in their place?
 */
bool
live_rest_is_known(const RetentionTotals *totals, const RetentionTotals *gone, const RetentionTotals *come)
{
	if (totals == NULL)
		return true;
	return (gone->last_at < totals->last_at || (come != NULL && come->last_at >= totals->last_at)) &&
		(gone->scale < totals->scale || (come != NULL && come->scale >= totals->scale));
}

/*
 * The totals of all customers but the changed.
 */
static const RetentionTotals *
others(const LiveReport *report, const LiveSession *session, const LiveCount *count, Datum customers,
	   const RetentionTotals *gone, const RetentionTotals *come)
{
	const RetentionTotals *rest = totals_less(count->totals, gone);
	const RetentionTotals *some;

	if (rest == NULL || live_rest_is_known(count->totals, gone, come))
		return rest;
	if (gone->last_at < count->totals->last_at)
	{
		some = query_totals(report, session, count,
							"SELECT {ext}.totals_agg(summary) FROM (SELECT summary FROM {customers} "
							"WHERE NOT customer {=} ANY ($3) LIMIT 100) c", customers);
		if (some != NULL && some->scale == count->totals->scale)
			return rest;
	}
	return query_totals(report, session, count,
						"SELECT {ext}.totals_agg(summary) FROM {customers} WHERE NOT customer {=} ANY ($3)",
						customers);
}

/*
 * The totals as the orders are now.
 */
static const RetentionTotals *
current_totals(const LiveReport *report, const LiveSession *session)
{
	LiveCount	count;
	LiveSource	source;
	Datum		customers;
	const RetentionTotals *gone;
	const RetentionTotals *come;

	live_read_count(&count, report, session, false);
	live_look_at_source(&source, report, &count.parameters);
	if (!count.is_counted || count.fingerprint != source.fingerprint || source.is_changing ||
		!changed_customers(report, session, source.rows, &customers) ||
		(customers != (Datum) 0 && !live_source_has_index(report)))
		return query_totals(report, session, &count, "SELECT {ext}.totals({summary}) FROM {orders}", (Datum) 0);
	if (customers == (Datum) 0)
		return count.totals;
	gone = query_totals(report, session, &count,
						"SELECT {ext}.totals_agg(summary) FROM {customers} WHERE customer {=} ANY ($3)", customers);
	come = query_totals(report, session, &count,
						"SELECT {ext}.totals({summary}) FROM {orders} WHERE customer {=} ANY ($3)", customers);
	if (gone == NULL)
		return totals_plus(count.totals, come);
	return totals_plus(others(report, session, &count, customers, gone, come), come);
}

/*
 * Who may read the report's table may read its totals.
 */
static const RetentionTotals *
read_as_owner(const LiveReport *report)
{
	LiveSession session;
	const RetentionTotals *totals;

	if (pg_class_aclcheck(report->relation, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, report->name);
	live_enter(&session, report->owner);
	totals = current_totals(report, &session);
	if (totals != NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(session.cxt);

		totals = memcpy(palloc(VARSIZE(totals)), totals, VARSIZE(totals));
		MemoryContextSwitchTo(old);
	}
	live_leave(&session);
	return totals;
}

/*
 * live_totals(report regclass) -> retention_totals
 */
Datum
live_totals(PG_FUNCTION_ARGS)
{
	LiveReport	report;
	const RetentionTotals *totals;

	live_open(&report, fcinfo, 0);
	totals = read_as_owner(&report);
	if (totals == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(totals_have_amounts(totals) ? totals_without_amounts(totals) : totals);
}

/*
 * live_revenue_totals(report regclass) -> revenue_totals
 */
Datum
live_revenue_totals(PG_FUNCTION_ARGS)
{
	LiveReport	report;
	const RetentionTotals *totals;

	live_open(&report, fcinfo, 0);
	if (!live_has_amount(&report))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("live report \"%s\" has no amounts", report.name),
				 errhint("Name the column of the amount in live_report_create, or read live_totals.")));
	totals = read_as_owner(&report);
	if (totals == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(totals);
}
