/*
 * survival/curve.c
 *		survival_curve: the curve of Kaplan and Meier, step by step.
 *
 * It falls where it happened, at each exact time, and is reported at multiples of the step.  Row k is about k
 * steps:
 *
 *		at_risk				watched for that long at least, and it had not happened before
 *		events, censored	since the row before, up to and including this time
 *		survival			share to whom it has not happened up to and including this time
 *
 * so that events and censored of all rows add up to everybody.  The last row is the first at or after the
 * longest duration.  If nobody was watched until then, and it had not happened to all, its survival is not
 * known.
 */
#include "survival/kaplan_meier.h"
#include "survival/rates.h"

#include "base/normal.h"
#include "base/text.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/datum.h"

#define MAX_ROWS 100000

#define NCOLUMNS 7

typedef struct Curve
{
	SurvivalWalk walk;
	uint64		step;
	uint64		row;			/* the next one */
	uint64		nrows;
	double		z;
} Curve;

PG_FUNCTION_INFO_V1(survival_curve);

static uint64
count_rows(const Durations *durations, uint64 step)
{
	uint64		longest = survival_longest(durations);
	uint64		nrows = longest / step + (longest % step != 0) + 1;

	if (nrows > MAX_ROWS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many rows: steps of %s up to %s", interval_text(elapsed_interval(step)),
						interval_text(elapsed_interval(longest))),
				 errdetail("There can be at most %d.", MAX_ROWS),
				 errhint("Choose a longer step, and leave out rows with a wrong date.")));
	return nrows;
}

static Curve *
begin_curve(FunctionCallInfo fcinfo)
{
	Curve	   *curve = palloc(sizeof(Curve));
	Durations	durations = durations_of(datumCopy(PG_GETARG_DATUM(0), false, -1));

	curve->step = elapsed_step(PG_GETARG_INTERVAL_P(1));
	curve->z = normal_half_width(rate_confidence(PG_GETARG_FLOAT8(2)));
	curve->nrows = count_rows(&durations, curve->step);
	curve->row = 0;
	survival_begin(&curve->walk, &durations);
	return curve;
}

static void
begin_call(FunctionCallInfo fcinfo)
{
	FuncCallContext *call = SRF_FIRSTCALL_INIT();
	MemoryContext caller = MemoryContextSwitchTo(call->multi_call_memory_ctx);

	if (get_call_result_type(fcinfo, NULL, &call->tuple_desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	call->tuple_desc = BlessTupleDesc(call->tuple_desc);
	call->user_fctx = begin_curve(fcinfo);
	MemoryContextSwitchTo(caller);
}

/*
 * Survival and its limits at a time, with all before it behind.
 */
static void
set_survival(const Curve *curve, uint64 elapsed, Datum *values, bool *nulls)
{
	const SurvivalWalk *walk = &curve->walk;
	double		low = 0;
	double		high = 0;

	nulls[0] = !survival_known(walk, elapsed);
	nulls[1] = nulls[2] = nulls[0] || walk->survival == 0 || walk->survival == 1;
	if (!nulls[1])
		survival_limits(walk, curve->z, &low, &high);
	values[0] = Float8GetDatum(walk->survival);
	values[1] = Float8GetDatum(low);
	values[2] = Float8GetDatum(high);
}

static Datum
make_row(Curve *curve, TupleDesc desc)
{
	uint64		elapsed = curve->row++ * curve->step;
	uint64		at_risk = curve->walk.at_risk;
	uint64		events = 0;
	uint64		censored = 0;
	uint64		next;
	Datum		values[NCOLUMNS];
	bool		nulls[NCOLUMNS] = {false};

	while (survival_peek(&curve->walk, &next) && next <= elapsed)
	{
		SurvivalTime at;

		(void) survival_next(&curve->walk, &at);
		events += at.events;
		censored += at.censored;
		if (at.elapsed < elapsed)
			at_risk = curve->walk.at_risk;
	}
	values[0] = IntervalPGetDatum(elapsed_interval(elapsed));
	values[1] = Int64GetDatum(at_risk);
	values[2] = Int64GetDatum(events);
	values[3] = Int64GetDatum(censored);
	set_survival(curve, elapsed, values + 4, nulls + 4);
	return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}

/*
 * survival_curve(durations, interval, double precision) -> the rows
 */
Datum
survival_curve(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	Curve	   *curve;

	if (SRF_IS_FIRSTCALL())
		begin_call(fcinfo);
	call = SRF_PERCALL_SETUP();
	curve = call->user_fctx;
	if (curve->row == curve->nrows)
		SRF_RETURN_DONE(call);
	SRF_RETURN_NEXT(call, make_row(curve, call->tuple_desc));
}
