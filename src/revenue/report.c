/*
 * revenue/report.c
 *		What the reports about money share: the value that they are about, and its amounts as numerics.
 *
 * Each is a C function over totals; over a summary it is an SQL function that makes the totals first.  All
 * amounts of a report show as many decimals as the amount of a row that had most of them.
 */
#include "revenue/report.h"

#include "utils/builtins.h"

/*
 * The report of a call, in the current memory context.  Without a value it has no rows.
 */
void
revenue_report_init(RevenueReport *report, FunctionCallInfo fcinfo, int as_of_argno)
{
	const RetentionTotals *totals;

	if (PG_ARGISNULL(0))
	{
		report_of_nothing(&report->report);
		report->revenue = palloc0(sizeof(RevenueCounts));
		return;
	}
	totals = totals_canonical(totals_open(PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(0)), true));
	report_of_counts(&report->report, counts_of_totals(totals), fcinfo, as_of_argno);
	report->revenue = revenue_of_totals(totals);
}

/*
 * What was spent in a bucket; before the first and after the last one it was nothing.
 */
const BucketRevenue *
revenue_in_bucket(const RevenueReport *report, int64 bucket)
{
	static const BucketRevenue nothing;
	int64		i = bucket - report->revenue->first;

	return i >= 0 && i < report->revenue->nbuckets ? &report->revenue->buckets[i] : &nothing;
}

/*
 * What was spent where a walk over the cohorts has come to; "next" is the walk's place among the cells.
 */
const CohortRevenue *
revenue_of_cohort(const RevenueReport *report, const CohortWalk *walk, uint32 *next)
{
	static const CohortRevenue nothing;
	const CohortRevenue *found = revenue_find(report->revenue, next, walk->cohort, walk->bucket);

	return found != NULL ? found : &nothing;
}

Numeric
revenue_sum(const RevenueReport *report, const ExactSum *sum)
{
	return numeric_with_decimals(exact_sum_value(sum), report->revenue->scale);
}

Numeric
revenue_amount(const RevenueReport *report, const Money *amount)
{
	return numeric_with_decimals(money_numeric(amount), report->revenue->scale);
}

Numeric
numeric_minus(Numeric one, Numeric other)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_sub, NumericGetDatum(one), NumericGetDatum(other)));
}

/*
 * An amount for each of some customers.
 */
Numeric
numeric_per(Numeric amount, int64 customers)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_div, NumericGetDatum(amount),
											   NumericGetDatum(int64_to_numeric(customers))));
}
