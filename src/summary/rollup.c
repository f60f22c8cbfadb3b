/*
 * summary/rollup.c
 *		Summaries -> summary: rollup.
 *
 * The state is a value itself, a working one once there were two (summary/merge.c), so that workers send it to their
 * leader without functions for that.
 */
#include "summary/summary.h"

#include "agg/aggstate.h"

PG_FUNCTION_INFO_V1(rollup_accum);
PG_FUNCTION_INFO_V1(rollup_final);

/*
 * rollup_accum(retention_summary, retention_summary) -> retention_summary, and the same of revenue_summary
 *
 * Both the transition and the combine function.  The state is changed in place where it has room.
 */
Datum
rollup_accum(PG_FUNCTION_ARGS)
{
	RetentionSummary *state;
	const RetentionSummary *summary;

	(void) aggstate_context(fcinfo);
	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	summary = PG_GETARG_ANY_SUMMARY(1);
	if (PG_ARGISNULL(0))
		PG_RETURN_POINTER(summary);
	state = unconstify(RetentionSummary *, PG_GETARG_ANY_SUMMARY(0));
	if (summary_has_amounts(state) != summary_has_amounts(summary))
		summary_corrupt();
	PG_RETURN_POINTER(summary_absorb(fcinfo->flinfo, state, summary));
}

Datum
rollup_final(PG_FUNCTION_ARGS)
{
	aggstate_refuse_distinct(fcinfo);
	PG_RETURN_POINTER(summary_canonical(fcinfo->flinfo, PG_GETARG_ANY_SUMMARY(0)));
}
