/*
 * report/growth.c
 *		The reports over a summary or totals: growth, cohorts, retention_curve.
 *
 * All of them read a counts (report/counts.c), and each rule is written once, for both types:
 *
 *		starting = active in the bucket before		resurrected = active - new - retained
 *		churned = starting - retained				crr = retained / starting
 *
 * A bucket that has not ended by as_of is not complete: who was lost in it is not known yet, so that churned
 * and every rate are NULL there.  Rows are made one by one as they are asked for.
 */
#include "report/counts.h"

#include "agg/aggstate.h"
#include "base/period.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

/* Which buckets a report is about. */
typedef struct ReportRange
{
	int64		until;			/* last bucket with a row */
	int64		complete;		/* last bucket that has ended */
} ReportRange;

typedef struct Report
{
	BucketCounts	   *counts;
	ReportRange range;
	int64		bucket;			/* of the next row */

	/* For cohorts. */
	bool		or_after;
	uint32		next_seen;		/* cell of the next row, if it is that one */
	uint32		next_last;
	int64		cohort;
	int64		customers;		/* of the cohort */
	int64		left;			/* of them, not yet seen for the last time */

	/* For retention_curve. */
	struct CurveAge *ages;
	uint32		nages;
	uint32		age;
} Report;

/* Sums over the cohorts that are old enough for an age. */
typedef struct CurveAge
{
	int32		cohorts;
	int64		customers;
	int64		retained;
	int64		retained_before;	/* at the age before, of the same cohorts */
	double		rates;			/* their sum; then what is shown */
	bool		known;
} CurveAge;

typedef enum CurveWeighting
{
	WEIGHTING_POOLED,
	WEIGHTING_SIMPLE,
	WEIGHTING_CHAINED
} CurveWeighting;

PG_FUNCTION_INFO_V1(growth_of_summary);
PG_FUNCTION_INFO_V1(growth_of_totals);
PG_FUNCTION_INFO_V1(cohorts_of_summary);
PG_FUNCTION_INFO_V1(cohorts_of_totals);
PG_FUNCTION_INFO_V1(retention_curve_of_summary);
PG_FUNCTION_INFO_V1(retention_curve_of_totals);

static BucketCounts *
totals_argument(FunctionCallInfo fcinfo)
{
	return counts_of_totals(totals_canonical(PG_GETARG_TOTALS(0)));
}

/*
 * A summary argument.  The call's own FmgrInfo belongs to the set-returning machinery.
 */
static const RetentionSummary *
canonical_argument(FunctionCallInfo fcinfo)
{
	FmgrInfo	flinfo = {.fn_mcxt = CurrentMemoryContext};

	return summary_canonical(&flinfo, PG_GETARG_SUMMARY(0));
}

static BucketCounts *
summary_argument(FunctionCallInfo fcinfo)
{
	return counts_of_summary(canonical_argument(fcinfo));
}

/*
 * A summary argument's counts with cohorts.
 */
static BucketCounts *
summary_argument_cohorts(FunctionCallInfo fcinfo)
{
	const RetentionSummary *summary = canonical_argument(fcinfo);

	return counts_of_totals(totals_canonical(totals_add_summary(totals_create(summary), summary)));
}

/*
 * as_of, the optional second argument, or now.
 */
static ReportRange
range_argument(FunctionCallInfo fcinfo, BucketCounts *counts)
{
	TimestampTz as_of = GetCurrentTransactionStartTimestamp();
	ReportRange range;

	if (!PG_ARGISNULL(1))
		as_of = PG_GETARG_TIMESTAMPTZ(1);
	period_check_as_of(as_of);
	range.complete = counts_complete(counts, as_of);
	range.until = (int64) counts->first + counts->nbuckets - 1;
	if (!PG_ARGISNULL(1))
	{
		range.until = bucket_of(&counts->calendar, as_of);
		/* Below the first bucket there are no rows, and below the first instant of all no other starts to come to. */
		while (range.until >= counts->first && bucket_start(&counts->calendar, range.until) >= as_of)
			range.until--;
	}
	totals_check_span(counts->calendar.width, counts->first, range.until);
	return range;
}

/*
 * Start a report at its first call.
 */
static Report *
begin_report(FunctionCallInfo fcinfo, BucketCounts *(*argument) (FunctionCallInfo))
{
	FuncCallContext *call = SRF_FIRSTCALL_INIT();
	MemoryContext caller = MemoryContextSwitchTo(call->multi_call_memory_ctx);
	Report	   *report = palloc0(sizeof(Report));
	TupleDesc	desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	call->tuple_desc = BlessTupleDesc(desc);
	call->user_fctx = report;
	if (PG_ARGISNULL(0))
	{
		report->counts = palloc0(sizeof(BucketCounts));
		report->range.until = -1;
	}
	else
	{
		report->counts = argument(fcinfo);
		report->range = range_argument(fcinfo, report->counts);
	}
	report->bucket = report->counts->first;
	MemoryContextSwitchTo(caller);
	return report;
}

static Datum
count_or_null(int64 count, bool known, bool *isnull)
{
	*isnull = !known;
	return Int64GetDatum(count);
}

static Datum
rate_or_null(int64 part, int64 whole, bool known, bool *isnull)
{
	*isnull = !known || whole == 0;
	return Float8GetDatum(*isnull ? 0 : (double) part / whole);
}

static Datum
bucket_datum(const BucketCounts *counts, int64 bucket)
{
	return DateADTGetDatum(bucket_date(counts->calendar.width, bucket));
}

static Datum
growth_row(FuncCallContext *call, const Report *report, int64 bucket)
{
	const BucketCounts *counts = report->counts;
	int64		starting = counts_at(counts, counts->active, bucket - 1);
	int64		active = counts_at(counts, counts->active, bucket);
	int64		fresh = counts_at(counts, counts->fresh, bucket);
	int64		retained = counts_at(counts, counts->retained, bucket);
	int64		repeated = counts_at(counts, counts->repeated, bucket);
	int64		resurrected = active - fresh - retained;
	int64		churned = starting - retained;
	bool		complete = bucket <= report->range.complete;
	Datum		values[13];
	bool		nulls[13] = {false};

	values[0] = bucket_datum(counts, bucket);
	values[1] = Int64GetDatum(starting);
	values[2] = Int64GetDatum(fresh);
	values[3] = Int64GetDatum(retained);
	values[4] = Int64GetDatum(resurrected);
	values[5] = count_or_null(churned, complete, &nulls[5]);
	values[6] = Int64GetDatum(active);
	values[7] = Int64GetDatum(repeated);
	values[8] = rate_or_null(retained, starting, complete, &nulls[8]);
	values[9] = rate_or_null(churned, starting, complete, &nulls[9]);
	values[10] = rate_or_null(repeated, active, complete, &nulls[10]);
	values[11] = rate_or_null(fresh + resurrected, churned, complete, &nulls[11]);
	values[12] = BoolGetDatum(complete);
	return HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls));
}

/*
 * growth(x [, as_of]): a row for each bucket, gaps included.
 */
static Datum
growth(FunctionCallInfo fcinfo, BucketCounts *(*argument) (FunctionCallInfo))
{
	Report	   *report;
	FuncCallContext *call;

	if (SRF_IS_FIRSTCALL())
		begin_report(fcinfo, argument);
	call = SRF_PERCALL_SETUP();
	report = call->user_fctx;
	if (report->bucket > report->range.until)
		SRF_RETURN_DONE(call);
	SRF_RETURN_NEXT(call, growth_row(call, report, report->bucket++));
}

Datum
growth_of_summary(PG_FUNCTION_ARGS)
{
	return growth(fcinfo, summary_argument);
}

Datum
growth_of_totals(PG_FUNCTION_ARGS)
{
	return growth(fcinfo, totals_argument);
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
 * mode: is a customer retained at an age who was seen later only?
 */
static bool
mode_argument(FunctionCallInfo fcinfo)
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

static CurveWeighting
weighting_argument(FunctionCallInfo fcinfo)
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

/*
 * Go to the next bucket of the current cohort, or to the first of the next; false if there is none.  Cohorts
 * without customers have no cells and are passed over.
 */
static bool
next_cohort_bucket(Report *report, int64 *retained)
{
	const BucketCounts *counts = report->counts;
	int64		here = 0;

	if (report->customers == 0 || report->bucket > report->range.until)
	{
		while (report->next_seen < counts->nseen && report->customers > 0 &&
			   counts->seen[report->next_seen].cohort == report->cohort)
			report->next_seen++;
		while (report->next_last < counts->nlast && report->customers > 0 &&
			   counts->last[report->next_last].cohort == report->cohort)
			report->next_last++;
		if (report->next_seen == counts->nseen ||
			counts->seen[report->next_seen].cohort > report->range.until)
			return false;
		report->cohort = report->bucket = counts->seen[report->next_seen].cohort;
		report->customers = report->left = counts->seen[report->next_seen].customers;
	}

	/* Who was last seen before this bucket is gone. */
	for (; report->next_last < counts->nlast && counts->last[report->next_last].cohort == report->cohort &&
		 counts->last[report->next_last].bucket < report->bucket; report->next_last++)
		report->left -= counts->last[report->next_last].customers;
	if (report->next_seen < counts->nseen && counts->seen[report->next_seen].cohort == report->cohort &&
		counts->seen[report->next_seen].bucket == report->bucket)
		here = counts->seen[report->next_seen++].customers;
	*retained = report->or_after ? report->left : here;
	report->bucket++;
	return true;
}

/*
 * cohorts(x [, as_of [, mode]]): a row for each cohort and age.
 */
static Datum
cohorts(FunctionCallInfo fcinfo, BucketCounts *(*argument) (FunctionCallInfo))
{
	Report	   *report;
	FuncCallContext *call;
	int64		bucket;
	int64		retained;
	bool		complete;
	Datum		values[7];
	bool		nulls[7] = {false};

	if (SRF_IS_FIRSTCALL())
	{
		bool		or_after = mode_argument(fcinfo);

		begin_report(fcinfo, argument)->or_after = or_after;
	}
	call = SRF_PERCALL_SETUP();
	report = call->user_fctx;
	if (!next_cohort_bucket(report, &retained))
		SRF_RETURN_DONE(call);

	bucket = report->bucket - 1;
	complete = bucket <= report->range.complete;
	values[0] = bucket_datum(report->counts, report->cohort);
	values[1] = Int32GetDatum((int32) (bucket - report->cohort));
	values[2] = bucket_datum(report->counts, bucket);
	values[3] = Int64GetDatum(report->customers);
	values[4] = Int64GetDatum(retained);
	values[5] = rate_or_null(retained, report->customers, complete, &nulls[5]);
	values[6] = BoolGetDatum(complete);
	SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls)));
}

Datum
cohorts_of_summary(PG_FUNCTION_ARGS)
{
	return cohorts(fcinfo, summary_argument_cohorts);
}

Datum
cohorts_of_totals(PG_FUNCTION_ARGS)
{
	return cohorts(fcinfo, totals_argument);
}

/*
 * Sum up the cohorts by age.
 */
static void
sum_ages(Report *report)
{
	int64		nages = report->range.complete - report->counts->first + 1;
	int64		before = 0;
	int64		retained;

	report->range.until = Min(report->range.until, report->range.complete);
	nages = Min(nages, report->range.until - report->counts->first + 1);
	if (nages <= 0)
		return;
	report->nages = (uint32) nages;
	report->ages = palloc0(nages * sizeof(CurveAge));
	while (next_cohort_bucket(report, &retained))
	{
		uint32		i = (uint32) (report->bucket - 1 - report->cohort);
		CurveAge   *age = &report->ages[i];

		if (i == 0)
			CHECK_FOR_INTERRUPTS();
		age->cohorts++;
		age->customers += report->customers;
		age->retained += retained;
		age->retained_before += i > 0 ? before : retained;
		age->rates += (double) retained / report->customers;
		before = retained;
	}
}

/*
 * Make each age's rate from the sums.  A chain is broken where nobody was left to go on from.
 */
static void
set_rates(Report *report, CurveWeighting weighting)
{
	double		chained = 1;
	bool		known = true;
	uint32		i;

	for (i = 0; i < report->nages && report->ages[i].cohorts > 0; i++)
	{
		CurveAge   *age = &report->ages[i];

		if (weighting == WEIGHTING_CHAINED)
			known = known && age->retained_before > 0;
		age->known = known;
		if (!known)
			continue;
		chained *= (double) age->retained / age->retained_before;
		if (weighting == WEIGHTING_POOLED)
			age->rates = (double) age->retained / age->customers;
		else if (weighting == WEIGHTING_SIMPLE)
			age->rates /= age->cohorts;
		else
			age->rates = chained;
	}
}

/*
 * retention_curve(x [, as_of [, mode [, weighting]]]): a row for each age.
 */
static Datum
retention_curve(FunctionCallInfo fcinfo, BucketCounts *(*argument) (FunctionCallInfo))
{
	Report	   *report;
	FuncCallContext *call;
	const CurveAge *age;
	Datum		values[5];
	bool		nulls[5] = {false};

	if (SRF_IS_FIRSTCALL())
	{
		bool		or_after = mode_argument(fcinfo);
		CurveWeighting weighting = weighting_argument(fcinfo);
		MemoryContext caller;

		report = begin_report(fcinfo, argument);
		caller = MemoryContextSwitchTo(SRF_PERCALL_SETUP()->multi_call_memory_ctx);
		report->or_after = or_after;
		sum_ages(report);
		set_rates(report, weighting);
		MemoryContextSwitchTo(caller);
	}
	call = SRF_PERCALL_SETUP();
	report = call->user_fctx;
	if (report->age == report->nages || report->ages[report->age].cohorts == 0)
		SRF_RETURN_DONE(call);

	age = &report->ages[report->age];
	values[0] = Int32GetDatum((int32) report->age++);
	values[1] = Int32GetDatum(age->cohorts);
	values[2] = Int64GetDatum(age->customers);
	values[3] = Int64GetDatum(age->retained);
	values[4] = Float8GetDatum(age->rates);
	nulls[4] = !age->known;
	SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls)));
}

Datum
retention_curve_of_summary(PG_FUNCTION_ARGS)
{
	return retention_curve(fcinfo, summary_argument_cohorts);
}

Datum
retention_curve_of_totals(PG_FUNCTION_ARGS)
{
	return retention_curve(fcinfo, totals_argument);
}
