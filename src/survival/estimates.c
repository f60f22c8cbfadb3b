/*
 * survival/estimates.c
 *		What can be read off a curve, or two: survival_at, median_survival, logrank_test.
 */
#include "survival/kaplan_meier.h"

#include "base/normal.h"

#include "access/htup_details.h"
#include "funcapi.h"

#include <math.h>

/* Survival so near to a half is a half: a product of many factors is not exact. */
#define HALF_TOLERANCE 1.5e-8

PG_FUNCTION_INFO_V1(survival_at);
PG_FUNCTION_INFO_V1(median_survival);
PG_FUNCTION_INFO_V1(logrank_test);

/*
 * survival_at(durations, interval) -> double precision
 */
Datum
survival_at(PG_FUNCTION_ARGS)
{
	Durations	durations = durations_of(PG_GETARG_DATUM(0));
	uint64		elapsed = elapsed_of_interval(PG_GETARG_INTERVAL_P(1), "elapsed");
	SurvivalWalk walk;
	SurvivalTime at;
	uint64		next;

	survival_begin(&walk, &durations);
	while (survival_peek(&walk, &next) && next <= elapsed)
		(void) survival_next(&walk, &at);
	if (!survival_known(&walk, elapsed))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(walk.survival);
}

/*
 * median_survival(durations) -> interval
 *
 * Where survival is a half for a while, the median is the middle of that while, as in R's survfit.
 */
Datum
median_survival(PG_FUNCTION_ARGS)
{
	Durations	durations = durations_of(PG_GETARG_DATUM(0));
	SurvivalWalk walk;
	SurvivalTime at;
	uint64		from;

	survival_begin(&walk, &durations);
	do
	{
		if (!survival_next(&walk, &at))
			PG_RETURN_NULL();
	} while (walk.survival >= 0.5 + HALF_TOLERANCE);
	from = at.elapsed;
	if (walk.survival > 0.5 - HALF_TOLERANCE)
	{
		while (survival_next(&walk, &at))
			if (at.events > 0)
				PG_RETURN_INTERVAL_P(elapsed_interval(from + (at.elapsed - from) / 2));
	}
	PG_RETURN_INTERVAL_P(elapsed_interval(from));
}

/*
 * What is at a time in one of two walks: those at risk until then, and the events.
 */
static void
take_time(SurvivalWalk *walk, uint64 elapsed, double *at_risk, double *events)
{
	SurvivalTime at = {0};
	uint64		next;

	*at_risk = walk->at_risk;
	if (survival_peek(walk, &next) && next == elapsed)
		(void) survival_next(walk, &at);
	*events = at.events;
}

/*
 * logrank_test(durations, durations) -> chi_square, p_value
 *
 * If both groups were the same, d events among n at risk would be shared out as by drawing lots; so the first
 * group is expected to have d n1 / n of them, with the variance of the hypergeometric distribution.
 */
Datum
logrank_test(PG_FUNCTION_ARGS)
{
	SurvivalWalk walks[2];
	uint64		next[2];
	double		excess = 0;
	double		variance = 0;
	double		chi_square = 0;
	Datum		values[2];
	bool		nulls[2];
	TupleDesc	desc;
	int			i;

	for (i = 0; i < 2; i++)
	{
		Durations	durations = durations_of(PG_GETARG_DATUM(i));

		survival_begin(&walks[i], &durations);
	}
	while ((int) survival_peek(&walks[0], &next[0]) | (int) survival_peek(&walks[1], &next[1]))
	{
		uint64		elapsed = Min(next[0], next[1]);
		double		at_risk[2];
		double		events[2];
		double		n;
		double		d;

		for (i = 0; i < 2; i++)
			take_time(&walks[i], elapsed, &at_risk[i], &events[i]);
		n = at_risk[0] + at_risk[1];
		d = events[0] + events[1];
		excess += events[0] - d * (at_risk[0] / n);
		if (n > 1)
			variance += d * (at_risk[0] / n) * (at_risk[1] / n) * ((n - d) / (n - 1));
	}
	nulls[0] = nulls[1] = !(variance > 0);
	if (variance > 0)
		chi_square = excess * excess / variance;
	values[0] = Float8GetDatum(chi_square);
	values[1] = Float8GetDatum(normal_two_sided(sqrt(chi_square)));
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
