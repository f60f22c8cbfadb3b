/*
 * live/status.c
 *		What the view live_reports says of a report.
 */
#include "live/source.h"
#include "live/totals.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(live_report_status);

enum
{
	STATUS_BUCKET,
	STATUS_ZONE,
	STATUS_CUSTOMERS,
	STATUS_CHANGED,
	STATUS_REFRESHED_AT,
	STATUS_COLUMNS
};

static void
read_status(const LiveReport *report, Datum *values, bool *nulls)
{
	LiveSession session;
	LiveSource	source;
	LiveCount	count;

	live_enter(&session, report->owner);
	if (live_find_count(&count, report, &session, false))
	{
		values[STATUS_BUCKET] = count.parameters.bucket;
		values[STATUS_ZONE] = count.parameters.zone;
		nulls[STATUS_BUCKET] = nulls[STATUS_ZONE] = false;
		live_run_with(report, true, "SELECT refreshed_at FROM {report}", 0, NULL, NULL);
		nulls[STATUS_REFRESHED_AT] =
			!live_result(report, &session, 1, TIMESTAMPTZOID, &values[STATUS_REFRESHED_AT]);
		live_look_at_source(&source, report, &count.parameters);
		if (count.is_counted && count.fingerprint == source.fingerprint)
		{
			values[STATUS_CUSTOMERS] = Int64GetDatum(count.totals == NULL ? 0 : (int64) count.totals->customers);
			nulls[STATUS_CUSTOMERS] = false;
			live_run_with(report, true, "SELECT count(DISTINCT customer) FROM {changed}", 0, NULL, NULL);
			nulls[STATUS_CHANGED] = !live_result(report, &session, 1, INT8OID, &values[STATUS_CHANGED]);
		}
	}
	live_leave(&session);
}

/*
 * live_report_status(report regclass) -> bucket interval, zone text, customers bigint, changed bigint,
 *										  refreshed_at timestamptz
 *
 * What the caller may not read, and what is not known, is NULL; as is all of a report that is not whole.
 */
Datum
live_report_status(PG_FUNCTION_ARGS)
{
	LiveReport	report;
	TupleDesc	desc;
	Datum		values[STATUS_COLUMNS];
	bool		nulls[STATUS_COLUMNS];

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	memset(nulls, true, sizeof(nulls));
	if (live_lookup(&report, fcinfo, 0) == LIVE_WHOLE &&
		pg_class_aclcheck(report.relation, GetUserId(), ACL_SELECT) == ACLCHECK_OK)
		read_status(&report, values, nulls);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
