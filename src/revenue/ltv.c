/*
 * revenue/ltv.c
 *		ltv_curve: what a customer has spent up to each age; payback_age: when that has paid for winning the customer.
 *
 * At each age only the cohorts count that are old enough for it.  What a customer spends at that age is their
 * revenue by their customers, and the curve is the sum of this over the ages: so it does not fall where a
 * cohort is too young to count any more, only where more is paid back than spent.
 */
#include "revenue/ltv.h"

#include "base/amount.h"

#include "access/htup_details.h"
#include "miscadmin.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(ltv_curve_of_totals);
PG_FUNCTION_INFO_V1(payback_age_of_totals);

/*
 * The curve of a call, in the current memory context, over complete buckets only.
 */
LtvCurve *
ltv_curve_of_call(FunctionCallInfo fcinfo, int as_of_argno)
{
	LtvCurve   *curve = palloc0(sizeof(LtvCurve));
	const Report *report = &curve->report.report;
	uint32		next_cell = 0;
	CohortWalk	walk;
	int64		until;

	revenue_report_init(&curve->report, fcinfo, as_of_argno);
	curve->per_customer = int64_to_numeric(0);
	until = Min(report->until, report->complete);
	if (until < report->counts->first || report->counts->nseen == 0)
		return curve;
	curve->ages = palloc0((until - report->counts->first + 1) * sizeof(LtvAge));
	cohort_walk_init(&walk, report, until, false);
	while (cohort_walk_next(&walk))
	{
		LtvAge	   *age = &curve->ages[walk.bucket - walk.cohort];

		if (age == curve->ages)
			CHECK_FOR_INTERRUPTS();
		age->cohorts++;
		age->customers += walk.customers;
		revenue_add(&age->revenue, &revenue_of_cohort(&curve->report, &walk, &next_cell)->revenue);
		curve->nages = Max(curve->nages, walk.bucket - walk.cohort + 1);
	}
	return curve;
}

/*
 * Go to the next age; false if there is none.
 */
bool
ltv_curve_next(LtvCurve *curve, Numeric *revenue)
{
	const LtvAge *age = &curve->ages[curve->age];

	if (curve->age == curve->nages)
		return false;
	*revenue = revenue_sum(&curve->report, &age->revenue);
	curve->per_customer = numeric_plus(curve->per_customer, numeric_per(*revenue, age->customers));
	curve->age++;
	return true;
}

static void *
begin_curve(FunctionCallInfo fcinfo, CountsOfArgument counts)
{
	return ltv_curve_of_call(fcinfo, 1);
}

/*
 * ltv_curve(revenue_totals [, as_of])
 */
Datum
ltv_curve_of_totals(PG_FUNCTION_ARGS)
{
	FuncCallContext *call = report_call(fcinfo, begin_curve, NULL);
	LtvCurve   *curve = call->user_fctx;
	MemoryContext caller = MemoryContextSwitchTo(call->multi_call_memory_ctx);
	Numeric		revenue;
	bool		more = ltv_curve_next(curve, &revenue);
	const LtvAge *age;
	Datum		values[5];
	bool		nulls[5] = {false};

	MemoryContextSwitchTo(caller);
	if (!more)
		SRF_RETURN_DONE(call);
	age = &curve->ages[curve->age - 1];
	values[0] = Int32GetDatum((int32) curve->age - 1);
	values[1] = Int32GetDatum(age->cohorts);
	values[2] = Int64GetDatum(age->customers);
	values[3] = NumericGetDatum(revenue);
	values[4] = NumericGetDatum(curve->per_customer);
	SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls)));
}

static Numeric
cost_argument(FunctionCallInfo fcinfo, int argno)
{
	Numeric		cost = PG_GETARG_NUMERIC(argno);

	if (!numeric_is_finite(cost) || numeric_compare(cost, int64_to_numeric(0)) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cost must be finite and not negative, not %s", numeric_normalize(cost))));
	return cost;
}

/*
 * payback_age(revenue_totals, cost numeric, margin double precision, as_of) -> the first age at which the margin of
 * what a customer has spent is the cost of winning one; NULL if it is not yet
 */
Datum
payback_age_of_totals(PG_FUNCTION_ARGS)
{
	Numeric		cost;
	Numeric		margin;
	Numeric		revenue;
	LtvCurve   *curve;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	cost = cost_argument(fcinfo, 1);
	amount_check_margin(PG_GETARG_FLOAT8(2));
	margin = numeric_of_double(PG_GETARG_FLOAT8(2));
	curve = ltv_curve_of_call(fcinfo, 3);
	while (ltv_curve_next(curve, &revenue))
	{
		Datum		paid = DirectFunctionCall2(numeric_mul, NumericGetDatum(curve->per_customer),
											   NumericGetDatum(margin));

		if (numeric_compare(DatumGetNumeric(paid), cost) >= 0)
			PG_RETURN_INT32((int32) curve->age - 1);
	}
	PG_RETURN_NULL();
}
