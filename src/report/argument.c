/*
 * report/argument.c
 *		The arguments of reports: a summary or totals, as_of, mode, weighting.
 *
 * Each report is written once, over counts (totals/counts.c); what differs between a summary and totals is only how
 * these are taken.
 *
 * A report as of a past time says what could be known then, so that it is the same whenever it is made:
 *
 *		| complete | complete | open ^	|			|
 *								   as_of	last_at
 *
 * Counts of complete buckets are that, and nothing later is shown.  The bucket that holds as_of has been
 * counted whole, so that its counts are NULL if anybody was seen since.  Who is retained on or after an age
 * is then asked of a summary twice, as if it ended with the last complete bucket and with the open one: where
 * the answers differ it cannot be told.  Totals do not say enough for that.
 *
 * Contracts were looked at no further than as_of of their aggregate, so that a report that is made later, or as of a
 * later time, ends there.
 */
#include "report/argument.h"

#include "agg/aggstate.h"
#include "base/period.h"
#include "base/text.h"

#include "access/xact.h"
#include "utils/builtins.h"

/*
 * A summary in its canonical form.
 */
const RetentionSummary *
report_summary(Datum value)
{
	return summary_canonical_once(summary_open(PG_DETOAST_DATUM(value), false));
}

/*
 * The counts of a summary without cohorts, which growth does not need.  It shows buckets one by one, and need not
 * leave out any.
 */
BucketCounts *
report_counts_of_summary(Datum value, int64 until)
{
	Assert(until == COUNT_ALL);
	return counts_of_summary(report_summary(value));
}

BucketCounts *
report_cohorts_of_summary(Datum value, int64 until)
{
	const RetentionSummary *summary = report_summary(value);

	return counts_of_totals(until == COUNT_ALL ? totals_count(summary) : totals_count_until(summary, until));
}

BucketCounts *
report_counts_of_totals(Datum value, int64 until)
{
	BucketCounts *counts = counts_of_totals(totals_open(PG_DETOAST_DATUM(value), false));

	if (until != COUNT_ALL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("mode on_or_after cannot look back to as_of in totals"),
				 errdetail("The last time that anybody was seen, %s, is not before as_of, and counts do not say when "
						   "else the same customers were seen.", timestamp_text(counts->last_at)),
				 errhint("Give the retention_summary instead, or leave out as_of.")));
	return counts;
}

/*
 * A call of a set-returning function, whose rows have the columns that SQL declares.
 */
FuncCallContext *
report_call(FunctionCallInfo fcinfo, ReportBegin begin, CountsOfArgument counts)
{
	if (SRF_IS_FIRSTCALL())
	{
		FuncCallContext *call = SRF_FIRSTCALL_INIT();
		MemoryContext caller = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		TupleDesc	desc;

		if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		call->tuple_desc = BlessTupleDesc(desc);
		call->user_fctx = begin(fcinfo, counts);
		MemoryContextSwitchTo(caller);
	}
	return SRF_PERCALL_SETUP();
}

/*
 * The report of counts.  Which buckets have rows, and which of them are complete: as of as_of, which is this
 * argument, or else as of now, with rows up to the last bucket seen; and never later than what is known.
 */
void
report_of_counts(Report *report, BucketCounts *counts, FunctionCallInfo fcinfo, int as_of_argno)
{
	bool		given = !PG_ARGISNULL(as_of_argno);
	TimestampTz as_of = given ? PG_GETARG_TIMESTAMPTZ(as_of_argno) : GetCurrentTransactionStartTimestamp();
	bool		limited = given || counts->known_until <= as_of;

	memset(report, 0, sizeof(*report));
	report->counts = counts;
	period_check_as_of(as_of);
	as_of = Min(as_of, counts->known_until);
	report->complete = counts_complete(counts, as_of);
	report->until = counts->last_seen;
	if (limited)
	{
		report->has_later = counts->last_at >= as_of;
		report->until = bucket_of(&counts->calendar, as_of);
		/* Before the first bucket there are no rows, and before the earliest timestamp no bucket starts. */
		while (report->until >= counts->first && bucket_start(&counts->calendar, report->until) >= as_of)
			report->until--;
		if (!given)
			report->until = Min(report->until, counts->last_seen);
	}
	bucket_check_span(counts->calendar.width, counts->first, report->until);
}

/*
 * A report without a value, which has no rows.
 */
void
report_of_nothing(Report *report)
{
	memset(report, 0, sizeof(*report));
	report->counts = palloc0(sizeof(BucketCounts));
	report->until = report->complete = -1;
}

/*
 * The report of a call, in the current memory context.
 */
void
report_init(Report *report, FunctionCallInfo fcinfo, CountsOfArgument counts)
{
	if (PG_ARGISNULL(0))
		report_of_nothing(report);
	else
		report_of_counts(report, counts(PG_GETARG_DATUM(0), COUNT_ALL), fcinfo, 1);
}

/*
 * For mode on_or_after: leave out who was seen later, if rows have come since as_of.
 */
void
report_look_no_further(Report *report, FunctionCallInfo fcinfo, CountsOfArgument counts)
{
	if (!report->has_later)
		return;
	report->counts = counts(PG_GETARG_DATUM(0), report->complete);
	if (report->until > report->complete)
		report->with_open = counts(PG_GETARG_DATUM(0), report->until);
}

pg_noreturn static void
unknown_word(const char *name, const char *word, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown %s: \"%s\"", name, word),
			 errhint("%s", hint)));
}

/*
 * mode: does a customer count as retained at an age who was only seen later?
 */
bool
report_mode_on_or_after(FunctionCallInfo fcinfo)
{
	char	   *mode;

	parameter_not_null(fcinfo, 2, "mode");
	mode = text_to_cstring(PG_GETARG_TEXT_PP(2));
	if (strcmp(mode, "exact") == 0)
		return false;
	if (strcmp(mode, "on_or_after") != 0)
		unknown_word("mode", mode, "Modes are exact and on_or_after.");
	return true;
}

CurveWeighting
report_weighting(FunctionCallInfo fcinfo)
{
	char	   *weighting;

	parameter_not_null(fcinfo, 3, "weighting");
	weighting = text_to_cstring(PG_GETARG_TEXT_PP(3));
	if (strcmp(weighting, "pooled") == 0 || strcmp(weighting, "weighted") == 0)
		return WEIGHTING_POOLED;
	if (strcmp(weighting, "simple") == 0)
		return WEIGHTING_SIMPLE;
	if (strcmp(weighting, "chained") != 0)
		unknown_word("weighting", weighting, "Weightings are pooled (also called weighted), simple and chained.");
	return WEIGHTING_CHAINED;
}
