/*
 * report/cohorts.c
 *		cohorts: of the customers first seen in a bucket, how many were seen again, a row for each cohort and age.
 */
#include "report/argument.h"
#include "report/cohort_walk.h"

#include "access/htup_details.h"

typedef struct Cohorts
{
	Report		report;
	CohortWalk	walk;
} Cohorts;

PG_FUNCTION_INFO_V1(cohorts_of_summary);
PG_FUNCTION_INFO_V1(cohorts_of_totals);

static Datum
cohorts_row(FuncCallContext *call, const Cohorts *cohorts)
{
	const BucketCounts *counts = cohorts->report.counts;
	const CohortWalk *walk = &cohorts->walk;
	bool		complete = walk->bucket <= cohorts->report.complete;
	bool		customers_known = report_knows(&cohorts->report, walk->cohort);
	Datum		values[7];
	bool		nulls[7] = {false};

	values[0] = DateADTGetDatum(counts_date(counts, walk->cohort));
	values[1] = Int32GetDatum((int32) (walk->bucket - walk->cohort));
	values[2] = DateADTGetDatum(counts_date(counts, walk->bucket));
	values[3] = count_or_null(walk->customers, customers_known, &nulls[3]);
	values[4] = count_or_null(walk->retained, walk->known, &nulls[4]);
	values[5] = rate_or_null(walk->retained, walk->customers, complete && walk->known, &nulls[5]);
	values[6] = BoolGetDatum(complete);
	return HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls));
}

static void *
begin_cohorts(FunctionCallInfo fcinfo, CountsOfArgument counts)
{
	bool		on_or_after = report_mode_on_or_after(fcinfo);
	Cohorts    *cohorts = palloc0(sizeof(Cohorts));
	Report	   *report = &cohorts->report;

	report_init(report, fcinfo, counts);
	if (on_or_after)
		report_look_no_further(report, fcinfo, counts);
	cohort_walk_init(&cohorts->walk, report, report->until, on_or_after);
	return cohorts;
}

/*
 * cohorts(x [, as_of [, mode]])
 */
static Datum
cohorts(FunctionCallInfo fcinfo, CountsOfArgument counts)
{
	FuncCallContext *call = report_call(fcinfo, begin_cohorts, counts);
	Cohorts    *cohorts = call->user_fctx;

	if (!cohort_walk_next(&cohorts->walk))
		SRF_RETURN_DONE(call);
	SRF_RETURN_NEXT(call, cohorts_row(call, cohorts));
}

Datum
cohorts_of_summary(PG_FUNCTION_ARGS)
{
	return cohorts(fcinfo, report_cohorts_of_summary);
}

Datum
cohorts_of_totals(PG_FUNCTION_ARGS)
{
	return cohorts(fcinfo, report_counts_of_totals);
}
