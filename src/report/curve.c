/*
 * report/curve.c
 *		retention_curve: the share of customers still seen at each age, over all cohorts that are old enough.
 *
 * The weightings, over the cohorts old enough for age k:
 *
 *		pooled		sum of retained(k) / sum of customers
 *		simple		mean of the cohorts' rates
 *		chained		product over the ages up to k of sum of retained(k) / sum of retained(k - 1): the curve does not
 *					jump where a cohort is too young to count any more
 */
#include "report/curve.h"

#include "report/cohort_walk.h"

#include "access/htup_details.h"
#include "miscadmin.h"

PG_FUNCTION_INFO_V1(retention_curve_of_summary);
PG_FUNCTION_INFO_V1(retention_curve_of_totals);

/*
 * Sum up the cohorts by age, in complete buckets only.
 */
static void
sum_ages(Curve *curve, bool on_or_after)
{
	const Report *report = &curve->report;
	int64		until = Min(report->until, report->complete);
	int64		nages = until - report->counts->first + 1;
	int64		before = 0;
	bool		before_known = true;
	CohortWalk	walk;

	if (nages <= 0 || report->counts->nseen == 0)
		return;
	curve->nages = (uint32) nages;
	curve->ages = palloc0(nages * sizeof(CurveAge));
	cohort_walk_init(&walk, report, until, on_or_after);
	while (cohort_walk_next(&walk))
	{
		uint32		i = (uint32) (walk.bucket - walk.cohort);
		CurveAge   *age = &curve->ages[i];

		if (i == 0)
			CHECK_FOR_INTERRUPTS();
		if (age->cohorts++ == 0)
			age->retained_known = age->before_known = true;
		age->retained_known &= walk.known;
		age->before_known &= i == 0 || before_known;
		age->customers += walk.customers;
		age->retained += walk.retained;
		age->retained_before += i > 0 ? before : walk.retained;
		age->sum_of_rates += (double) walk.retained / walk.customers;
		before = walk.retained;
		before_known = walk.known;
	}
}

/*
 * The rate of each age.  A chain ends where nobody is left, or where a link cannot be told.
 */
static void
set_rates(Curve *curve, CurveWeighting weighting)
{
	double		chained = 1;
	bool		chain_known = true;
	uint32		i;

	for (i = 0; i < curve->nages && curve->ages[i].cohorts > 0; i++)
	{
		CurveAge   *age = &curve->ages[i];

		age->known = age->retained_known;
		switch (weighting)
		{
			case WEIGHTING_POOLED:
				age->rate = (double) age->retained / age->customers;
				break;
			case WEIGHTING_SIMPLE:
				age->rate = age->sum_of_rates / age->cohorts;
				break;
			case WEIGHTING_CHAINED:
				chain_known &= age->retained_known && age->before_known && age->retained_before > 0;
				if (chain_known)
					chained *= (double) age->retained / age->retained_before;
				age->rate = chained;
				age->known = chain_known;
				break;
		}
	}
}

/*
 * The curve of a call with the arguments x, as_of, mode and weighting, in the current memory context.
 */
Curve *
curve_of_call(FunctionCallInfo fcinfo, CountsOfArgument counts)
{
	bool		on_or_after = report_mode_on_or_after(fcinfo);
	CurveWeighting weighting = report_weighting(fcinfo);
	Curve	   *curve = palloc0(sizeof(Curve));

	report_init(&curve->report, fcinfo, counts);
	if (on_or_after)
		report_look_no_further(&curve->report, fcinfo, counts);
	sum_ages(curve, on_or_after);
	set_rates(curve, weighting);
	return curve;
}

static void *
begin_curve(FunctionCallInfo fcinfo, CountsOfArgument counts)
{
	return curve_of_call(fcinfo, counts);
}

/*
 * retention_curve(x [, as_of [, mode [, weighting]]])
 */
static Datum
retention_curve(FunctionCallInfo fcinfo, CountsOfArgument counts)
{
	FuncCallContext *call = report_call(fcinfo, begin_curve, counts);
	Curve	   *curve = call->user_fctx;
	const CurveAge *age;
	Datum		values[5];
	bool		nulls[5] = {false};

	if (curve->age == curve->nages || curve->ages[curve->age].cohorts == 0)
		SRF_RETURN_DONE(call);

	age = &curve->ages[curve->age];
	values[0] = Int32GetDatum((int32) curve->age++);
	values[1] = Int32GetDatum(age->cohorts);
	values[2] = Int64GetDatum(age->customers);
	values[3] = count_or_null(age->retained, age->retained_known, &nulls[3]);
	values[4] = Float8GetDatum(age->rate);
	nulls[4] = !age->known;
	SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls)));
}

Datum
retention_curve_of_summary(PG_FUNCTION_ARGS)
{
	return retention_curve(fcinfo, report_cohorts_of_summary);
}

Datum
retention_curve_of_totals(PG_FUNCTION_ARGS)
{
	return retention_curve(fcinfo, report_counts_of_totals);
}
