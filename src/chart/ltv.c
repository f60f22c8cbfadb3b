/*
 * chart/ltv.c
 *		ltv_chart: what a customer has spent up to each age, as a line.
 *
 * Amounts are exact up to here, and a picture needs no more than double precision.
 */
#include "chart/line.h"
#include "revenue/ltv.h"

#include <math.h>

#include "utils/builtins.h"

/* An axis can be made for amounts up to here; nearer to zero than this they are zero. */
#define AMOUNT_MAX 1e300
#define AMOUNT_MIN 1e-300

/* Cents are shown; smaller decimals only where they can be seen on the axis. */
#define AMOUNT_DECIMALS 2

PG_FUNCTION_INFO_V1(ltv_chart_of_totals);

static double
amount_in_chart(Numeric amount)
{
	double		value = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(amount)));

	if (fabs(value) > AMOUNT_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("an amount is too large for a chart"),
				 errhint("ltv_curve shows amounts of any size.")));
	return fabs(value) < AMOUNT_MIN ? 0 : value;
}

/*
 * ltv_chart(revenue_totals [, as_of])
 */
Datum
ltv_chart_of_totals(PG_FUNCTION_ARGS)
{
	Line		line = {.title = "Revenue per customer so far",.about = "What a customer has spent so far",
	.unit = SCALE_AMOUNT};
	LtvCurve   *curve;
	Numeric		revenue;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	curve = ltv_curve_of_call(fcinfo, 1);
	line.decimals = Min(curve->report.revenue->scale, AMOUNT_DECIMALS);
	line_init(&line, curve->nages);
	while (curve->age < line.end && ltv_curve_next(curve, &revenue))
	{
		const LtvAge *age = &curve->ages[curve->age - 1];
		LinePoint  *point = &line.points[curve->age - 1];

		point->value = amount_in_chart(curve->per_customer);
		point->cohorts = age->cohorts;
		point->customers = age->customers;
	}
	PG_RETURN_TEXT_P(line_chart(&line, &curve->report.report));
}
