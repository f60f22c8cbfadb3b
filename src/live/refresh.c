/*
 * live/refresh.c
 *		live_refresh: count the changed customers anew, and keep the result.
 *
 * One refresh of a report runs at a time: the others wait for the lock of its row, and find less to do.  Nobody
 * else waits for it, unless it has to make triggers anew: writers only append to the table of changed
 * customers, from which it deletes rows, and readers see its work when it is committed.
 *
 * Rows are deleted before the orders are counted, and so by an older snapshot or the same: a change that came
 * in between stays noted, and its customer is counted again next time.  What is taken from the totals is just
 * what is deleted from the customers' table, what is added just what is inserted, whatever the snapshots are.
 *
 * To count everything anew a snapshot is needed that is not older than what the catalogs say of the orders:
 * READ COMMITTED.
 */
#include "live/source.h"
#include "live/totals.h"
#include "live/triggers.h"

#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(live_refresh);

/* So many changed customers are always counted one by one, and beyond them one for each so many orders. */
#define FEW_CUSTOMERS 1000
#define ORDERS_PER_CUSTOMER 100

typedef struct Refresh
{
	LiveReport	report;
	LiveSession session;
	LiveSource	source;
	LiveCount	count;
} Refresh;

/*
 * Run a command with the report's parameters and an array of customers; returns the number of rows.
 */
static uint64
run_for(const Refresh *refresh, const char *sql, Datum customers)
{
	Oid			types[] = {INTERVALOID, TEXTOID, get_array_type(refresh->report.customer_type)};
	Datum		values[] = {refresh->count.parameters.bucket, refresh->count.parameters.zone, customers};

	return live_run_with(&refresh->report, false, sql, customers == (Datum) 0 ? 2 : 3, types, values);
}

/*
 * Keep the totals, and what they were counted of; 0 if that is not known for sure.
 */
static void
store(const Refresh *refresh, const RetentionTotals *totals, uint64 fingerprint)
{
	Oid			types[] = {live_totals_type(&refresh->report, live_has_amount(&refresh->report)), INT8OID};
	Datum		values[] = {PointerGetDatum(totals), Int64GetDatum((int64) fingerprint)};

	live_run_with(&refresh->report, false,
				  totals == NULL ?
				  "UPDATE {report} SET totals = NULL, counted_as = nullif($1, 0), refreshed_at = clock_timestamp()" :
				  "UPDATE {report} SET totals = $1, counted_as = nullif($2, 0), refreshed_at = clock_timestamp()",
				  totals == NULL ? 1 : 2, types + (totals == NULL ? 1 : 0), values + (totals == NULL ? 1 : 0));
}

static const RetentionTotals *
sum_of_customers(const Refresh *refresh)
{
	live_run(&refresh->report, "SELECT {ext}.totals_agg(summary) FROM {customers}");
	return live_result_totals(&refresh->report, &refresh->session, 1);
}

/*
 * Count all customers anew.
 */
static int64
count_all(const Refresh *refresh)
{
	uint64		customers;

	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("live report \"%s\" can be counted anew in READ COMMITTED only", refresh->report.name),
				 errdetail("This transaction may have begun to see the orders before triggers noted what changes."),
				 errhint("Call live_refresh in a transaction of its own.")));
	live_tie_triggers(&refresh->report);
	live_run(&refresh->report, "DELETE FROM {changed}");
	live_run(&refresh->report, "DELETE FROM {customers}");
	customers = run_for(refresh,
						"INSERT INTO {customers} SELECT * FROM "
						"(SELECT customer, {summary} AS summary FROM {orders} GROUP BY customer) c "
						"WHERE summary IS NOT NULL", (Datum) 0);
	store(refresh, sum_of_customers(refresh), refresh->source.is_new ? 0 : refresh->source.fingerprint);
	return (int64) customers;
}

/*
 * Have so few customers changed that counting them one by one is less work?
 */
static bool
few_have_changed(const Refresh *refresh)
{
	int64		limit = FEW_CUSTOMERS + (int64) (refresh->source.rows / ORDERS_PER_CUSTOMER);
	Oid			types[] = {INT8OID};
	Datum		values[] = {Int64GetDatum(limit + 1)};
	Datum		n;

	live_run_with(&refresh->report, false,
				  "SELECT count(*) FROM (SELECT DISTINCT customer FROM {changed} LIMIT $1) c",
				  lengthof(types), types, values);
	return live_result(&refresh->report, &refresh->session, 1, INT8OID, &n) && DatumGetInt64(n) <= limit;
}

/*
 * Count those customers anew who have changed.
 */
static int64
count_changed(const Refresh *refresh)
{
	const LiveReport *report = &refresh->report;
	const LiveSession *session = &refresh->session;
	const RetentionTotals *totals = refresh->count.totals;
	const RetentionTotals *gone;
	const RetentionTotals *come;
	Datum		customers;
	Datum		n;

	live_run(report,
			 "WITH gone AS (DELETE FROM {changed} RETURNING customer) "
			 "SELECT array_agg(customer), count(*) FROM (SELECT DISTINCT customer FROM gone) c");
	if (!live_result(report, session, 2, INT8OID, &n) ||
		!live_result(report, session, 1, get_array_type(report->customer_type), &customers))
	{
		live_run(report, "UPDATE {report} SET refreshed_at = clock_timestamp()");
		return 0;
	}
	run_for(refresh, "WITH gone AS (DELETE FROM {customers} WHERE customer {=} ANY ($3) RETURNING summary) "
			"SELECT {ext}.totals_agg(summary) FROM gone", customers);
	gone = live_result_totals(report, session, 1);
	run_for(refresh, "WITH come AS (INSERT INTO {customers} SELECT * FROM "
			"(SELECT customer, {summary} AS summary FROM {orders} WHERE customer {=} ANY ($3) GROUP BY customer) c "
			"WHERE summary IS NOT NULL RETURNING summary) "
			"SELECT {ext}.totals_agg(summary) FROM come", customers);
	come = live_result_totals(report, session, 1);
	if (gone == NULL)
		totals = totals_plus(totals, come);
	else if (live_rest_is_known(totals, gone, come))
		totals = totals_plus(totals_less(totals, gone), come);
	else
		totals = sum_of_customers(refresh);
	store(refresh, totals, refresh->source.fingerprint);
	return DatumGetInt64(n);
}

/*
 * Triggers that do not fit, because the orders have become a partition or the filter is another, are made anew.
 * Counting is left to the next refresh: until the end of this transaction nobody can write.
 */
static void
mend_triggers(const Refresh *refresh)
{
	live_make_triggers(&refresh->report, refresh->source.needs_row_trigger);
	live_run(&refresh->report, "UPDATE {report} SET counted_as = NULL");
	ereport(NOTICE,
			(errmsg("the triggers of live report \"%s\" were made anew", refresh->report.name),
			 errdetail("They did not see all that may happen to \"%s\".", get_rel_name(refresh->report.source)),
			 errhint("The next live_refresh counts the orders anew.")));
}

static int64
refresh_as_owner(Refresh *refresh, bool recount)
{
	live_read_count(&refresh->count, &refresh->report, &refresh->session, true);
	live_look_at_source(&refresh->source, &refresh->report, &refresh->count.parameters);
	live_refuse_source(refresh->report.source);
	live_refuse_unlogged(&refresh->report);
	live_refuse_orders(&refresh->report);
	live_refuse_without_index(&refresh->report);
	if (!refresh->source.has_triggers)
	{
		mend_triggers(refresh);
		return 0;
	}
	if (recount || !refresh->count.is_counted || refresh->count.fingerprint != refresh->source.fingerprint ||
		!few_have_changed(refresh))
		return count_all(refresh);
	return count_changed(refresh);
}

/*
 * live_refresh(report regclass, recount boolean) -> bigint
 */
Datum
live_refresh(PG_FUNCTION_ARGS)
{
	Refresh		refresh;
	int64		customers;

	live_open(&refresh.report, fcinfo, 0);
	if (!object_ownercheck(RelationRelationId, refresh.report.relation, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, refresh.report.name);
	live_enter(&refresh.session, refresh.report.owner);
	customers = refresh_as_owner(&refresh, PG_GETARG_BOOL(1));
	live_leave(&refresh.session);
	PG_RETURN_INT64(customers);
}
