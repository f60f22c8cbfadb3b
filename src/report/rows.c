/*
 * report/rows.c
 *		Planner support: how many rows a report will have, where its value is known when the query is planned.
 *
 * That is so for a constant, and for a parameter in a plan that is made for its value; all other values get the
 * ROWS that the function declares.  A stable expression is not evaluated: it may well be a query over all orders.
 * as_of is not looked at: it mostly is a time near the last bucket.
 */
#include "totals/totals.h"

#include "nodes/primnodes.h"
#include "nodes/supportnodes.h"

PG_FUNCTION_INFO_V1(summary_bucket_rows);
PG_FUNCTION_INFO_V1(summary_cohort_rows);
PG_FUNCTION_INFO_V1(totals_bucket_rows);
PG_FUNCTION_INFO_V1(totals_cohort_rows);

/*
 * The first "size" bytes of the value that a report is called with; NULL if it is not known, or shorter.
 */
static struct varlena *
header_of_argument(const SupportRequestRows *request, Size size)
{
	Node	   *value;
	struct varlena *header;

	if (!IsA(request->node, FuncExpr))
		return NULL;
	value = linitial(((FuncExpr *) request->node)->args);
	if (!IsA(value, Const) || ((Const *) value)->constisnull)
		return NULL;
	header = PG_DETOAST_DATUM_SLICE(((Const *) value)->constvalue, 0, size - VARHDRSZ);
	return VARSIZE(header) < size ? NULL : header;
}

static Datum
answer(SupportRequestRows *request, int64 first, int64 last, bool cohorts)
{
	double		buckets = (double) last - first + 1;

	if (first > last)
		PG_RETURN_POINTER(NULL);
	request->rows = cohorts ? buckets * (buckets + 1) / 2 : buckets;
	PG_RETURN_POINTER(request);
}

static Datum
rows_of_summary(FunctionCallInfo fcinfo, bool cohorts)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);
	const RetentionSummary *summary;

	if (!IsA(request, SupportRequestRows))
		PG_RETURN_POINTER(NULL);
	summary = (RetentionSummary *) header_of_argument((SupportRequestRows *) request, offsetof(RetentionSummary, bytes));
	if (summary == NULL)
		PG_RETURN_POINTER(NULL);
	return answer((SupportRequestRows *) request, summary->first, summary->last, cohorts);
}

static Datum
rows_of_totals(FunctionCallInfo fcinfo, bool cohorts)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);
	const RetentionTotals *totals;

	if (!IsA(request, SupportRequestRows))
		PG_RETURN_POINTER(NULL);
	totals = (RetentionTotals *) header_of_argument((SupportRequestRows *) request, offsetof(RetentionTotals, zone));
	if (totals == NULL)
		PG_RETURN_POINTER(NULL);
	return answer((SupportRequestRows *) request, totals->first, totals->last, cohorts);
}

Datum
summary_bucket_rows(PG_FUNCTION_ARGS)
{
	return rows_of_summary(fcinfo, false);
}

Datum
summary_cohort_rows(PG_FUNCTION_ARGS)
{
	return rows_of_summary(fcinfo, true);
}

Datum
totals_bucket_rows(PG_FUNCTION_ARGS)
{
	return rows_of_totals(fcinfo, false);
}

Datum
totals_cohort_rows(PG_FUNCTION_ARGS)
{
	return rows_of_totals(fcinfo, true);
}
