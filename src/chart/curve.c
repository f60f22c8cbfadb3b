/*
 * chart/curve.c
 *		retention_chart: the retention curve as a line.
 *
 * It begins at age 1.  At age 0 it is always 100 %, and an axis up to there would press flat what there is to
 * see.
 */
#include "chart/line.h"
#include "report/curve.h"

#include "utils/float.h"

PG_FUNCTION_INFO_V1(retention_chart_of_summary);
PG_FUNCTION_INFO_V1(retention_chart_of_totals);

static LinePoint
point_of(const CurveAge *age)
{
	LinePoint	point;

	point.value = age->known ? 100 * age->rate : get_float8_nan();
	point.cohorts = age->cohorts;
	point.customers = age->customers;
	return point;
}

/*
 * What the mode and the weighting make of the values, if these are not the usual ones.
 */
static const char *
words_how(FunctionCallInfo fcinfo)
{
	static const char *const weightings[] = {
		[WEIGHTING_SIMPLE] = "every cohort counts the same",
		[WEIGHTING_CHAINED] = "multiplied from age to age"
	};
	const char *mode = report_mode_on_or_after(fcinfo) ? "at that age or later" : NULL;
	const char *weighting = weightings[report_weighting(fcinfo)];

	return mode && weighting ? psprintf("%s; %s", mode, weighting) : mode ? mode : weighting;
}

/*
 * retention_chart(x [, as_of [, mode [, weighting]]])
 */
static Datum
retention_chart(FunctionCallInfo fcinfo, CountsOfArgument counts)
{
	Line		line = {.title = "Customers seen again",.about = "The share of customers who were seen again",
	.unit = SCALE_PERCENT,.first = 1};
	const Curve *curve;
	int64		nages = 0;
	int64		age;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	curve = curve_of_call(fcinfo, counts);
	line.how = words_how(fcinfo);
	while (nages < curve->nages && curve->ages[nages].cohorts > 0)
		nages++;
	line_init(&line, nages);
	for (age = 0; age < line.end; age++)
		line.points[age] = point_of(&curve->ages[age]);
	PG_RETURN_TEXT_P(line_chart(&line, &curve->report));
}

Datum
retention_chart_of_summary(PG_FUNCTION_ARGS)
{
	return retention_chart(fcinfo, report_cohorts_of_summary);
}

Datum
retention_chart_of_totals(PG_FUNCTION_ARGS)
{
	return retention_chart(fcinfo, report_counts_of_totals);
}
