/*
 * revenue/growth.c
 *		revenue_growth: what came, stayed, came back and left, in money, a row for each bucket, gaps included.
 *
 *		starting = revenue of the bucket before
 *		revenue = starting + new + reactivated + expansion - contraction - churned
 *		nrr = (starting + expansion - contraction - churned) / starting
 *		grr = (starting - contraction - churned) / starting
 *
 * Of a bucket that has not ended by as_of nobody knows yet who will have spent less or nothing in it, and so not
 * what is an expansion either: only what is new, reactivated, and all revenue is shown, so far, and not even that
 * if rows have come since.
 */
#include "revenue/report.h"

#include "access/htup_details.h"
#include "utils/builtins.h"

#define NCOLUMNS 12

typedef struct RevenueGrowth
{
	RevenueReport report;
	int64		bucket;			/* of the next row */
} RevenueGrowth;

PG_FUNCTION_INFO_V1(revenue_growth_of_totals);

/*
 * A share of what there was; NULL unless that is more than nothing.
 */
static Datum
share(Numeric part, Numeric starting, bool *isnull)
{
	*isnull = numeric_compare(starting, int64_to_numeric(0)) <= 0;
	return Float8GetDatum(*isnull ? 0 : numeric_quotient(part, starting));
}

/*
 * The columns of a complete bucket, between the period and the last one.
 */
static void
complete_columns(const RevenueReport *report, int64 bucket, Datum *values, bool *nulls)
{
	const BucketRevenue *here = revenue_in_bucket(report, bucket);
	Numeric		starting = revenue_sum(report, &revenue_in_bucket(report, bucket - 1)->revenue);
	Numeric		new_revenue = revenue_amount(report, &here->new_revenue);
	Numeric		reactivated = revenue_amount(report, &here->reactivated);
	Numeric		expansion = revenue_amount(report, &here->expansion);
	Numeric		contraction = revenue_amount(report, &here->contraction);
	Numeric		revenue = revenue_sum(report, &here->revenue);

	/* What those spend who have spent before, and how much of that they spent then. */
	Numeric		stayed = numeric_minus(numeric_minus(revenue, new_revenue), reactivated);
	Numeric		kept = numeric_minus(stayed, expansion);
	Numeric		churned = numeric_minus(numeric_minus(starting, contraction), kept);

	values[1] = NumericGetDatum(starting);
	values[2] = NumericGetDatum(new_revenue);
	values[3] = NumericGetDatum(reactivated);
	values[4] = NumericGetDatum(expansion);
	values[5] = NumericGetDatum(contraction);
	values[6] = NumericGetDatum(churned);
	values[7] = NumericGetDatum(revenue);
	values[8] = Int64GetDatum(here->payers);
	values[9] = share(stayed, starting, &nulls[9]);
	values[10] = share(kept, starting, &nulls[10]);
}

static void
open_columns(const RevenueReport *report, int64 bucket, Datum *values, bool *nulls)
{
	const BucketRevenue *here = revenue_in_bucket(report, bucket);

	memset(nulls + 1, true, NCOLUMNS - 2);
	if (!report_knows(&report->report, bucket))
		return;
	values[2] = NumericGetDatum(revenue_amount(report, &here->new_revenue));
	values[3] = NumericGetDatum(revenue_amount(report, &here->reactivated));
	values[7] = NumericGetDatum(revenue_sum(report, &here->revenue));
	nulls[2] = nulls[3] = nulls[7] = false;
}

static Datum
growth_row(FuncCallContext *call, const RevenueReport *report, int64 bucket)
{
	bool		complete = bucket <= report->report.complete;
	Datum		values[NCOLUMNS] = {0};
	bool		nulls[NCOLUMNS] = {false};

	values[0] = DateADTGetDatum(counts_date(report->report.counts, bucket));
	if (complete)
		complete_columns(report, bucket, values, nulls);
	else
		open_columns(report, bucket, values, nulls);
	values[11] = BoolGetDatum(complete);
	return HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls));
}

static void *
begin_growth(FunctionCallInfo fcinfo, CountsOfArgument counts)
{
	RevenueGrowth *growth = palloc0(sizeof(RevenueGrowth));

	revenue_report_init(&growth->report, fcinfo, 1);
	growth->bucket = growth->report.report.counts->first;
	return growth;
}

/*
 * revenue_growth(revenue_totals [, as_of])
 */
Datum
revenue_growth_of_totals(PG_FUNCTION_ARGS)
{
	FuncCallContext *call = report_call(fcinfo, begin_growth, NULL);
	RevenueGrowth *growth = call->user_fctx;

	if (growth->bucket > growth->report.report.until)
		SRF_RETURN_DONE(call);
	SRF_RETURN_NEXT(call, growth_row(call, &growth->report, growth->bucket++));
}
