/*
 * revenue/cohorts.c
 *		revenue_cohorts: what the customers first seen in a bucket have spent, a row for each cohort and age.
 *
 *		per_customer = all that was spent up to that age / customers
 *		rate = revenue / revenue at age 0
 *
 * A cohort is that of the first order, even if nothing was paid then.
 */
#include "revenue/report.h"

#include "access/htup_details.h"

#define NCOLUMNS 10

typedef struct RevenueCohorts
{
	RevenueReport report;
	CohortWalk	walk;
	uint32		next_cell;
	ExactSum	first;			/* at age 0 */
	ExactSum	cumulative;
} RevenueCohorts;

PG_FUNCTION_INFO_V1(revenue_cohorts_of_totals);

/*
 * Add what was spent where the walk has come to; what is kept lies in the memory of all calls.
 */
static const CohortRevenue *
add_revenue(FuncCallContext *call, RevenueCohorts *cohorts)
{
	const CohortWalk *walk = &cohorts->walk;
	const CohortRevenue *here = revenue_of_cohort(&cohorts->report, walk, &cohorts->next_cell);
	MemoryContext caller = MemoryContextSwitchTo(call->multi_call_memory_ctx);

	if (walk->bucket == walk->cohort)
	{
		memset(&cohorts->cumulative, 0, sizeof(ExactSum));
		memset(&cohorts->first, 0, sizeof(ExactSum));
		revenue_add(&cohorts->first, &here->revenue);
	}
	revenue_add(&cohorts->cumulative, &here->revenue);
	MemoryContextSwitchTo(caller);
	return here;
}

static Datum
rate(Numeric revenue, Numeric first, bool known, bool *isnull)
{
	*isnull = !known || numeric_compare(first, int64_to_numeric(0)) <= 0;
	return Float8GetDatum(*isnull ? 0 : numeric_quotient(revenue, first));
}

static Datum
cohorts_row(FuncCallContext *call, RevenueCohorts *cohorts)
{
	const RevenueReport *report = &cohorts->report;
	const CohortWalk *walk = &cohorts->walk;
	const CohortRevenue *here = add_revenue(call, cohorts);
	bool		complete = walk->bucket <= report->report.complete;
	Numeric		revenue = revenue_amount(report, &here->revenue);
	Numeric		cumulative = revenue_sum(report, &cohorts->cumulative);
	Datum		values[NCOLUMNS] = {0};
	bool		nulls[NCOLUMNS] = {false};

	values[0] = DateADTGetDatum(counts_date(report->report.counts, walk->cohort));
	values[1] = Int32GetDatum((int32) (walk->bucket - walk->cohort));
	values[2] = DateADTGetDatum(counts_date(report->report.counts, walk->bucket));
	values[3] = count_or_null(walk->customers, report_knows(&report->report, walk->cohort), &nulls[3]);
	values[4] = count_or_null(here->payers, walk->known, &nulls[4]);
	values[5] = NumericGetDatum(revenue);
	values[6] = NumericGetDatum(cumulative);
	nulls[5] = nulls[6] = !walk->known;
	nulls[7] = !complete;
	if (complete)
		values[7] = NumericGetDatum(numeric_per(cumulative, walk->customers));
	values[8] = rate(revenue, revenue_sum(report, &cohorts->first), complete, &nulls[8]);
	values[9] = BoolGetDatum(complete);
	return HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls));
}

static void *
begin_cohorts(FunctionCallInfo fcinfo, CountsOfArgument counts)
{
	RevenueCohorts *cohorts = palloc0(sizeof(RevenueCohorts));

	revenue_report_init(&cohorts->report, fcinfo, 1);
	cohort_walk_init(&cohorts->walk, &cohorts->report.report, cohorts->report.report.until, false);
	return cohorts;
}

/*
 * revenue_cohorts(revenue_totals [, as_of])
 */
Datum
revenue_cohorts_of_totals(PG_FUNCTION_ARGS)
{
	FuncCallContext *call = report_call(fcinfo, begin_cohorts, NULL);
	RevenueCohorts *cohorts = call->user_fctx;

	if (!cohort_walk_next(&cohorts->walk))
		SRF_RETURN_DONE(call);
	SRF_RETURN_NEXT(call, cohorts_row(call, cohorts));
}
