/*
 * report/argument.h
 *		The arguments of reports: a summary or totals, as_of, mode, weighting.  See report/argument.c.
 */
#ifndef RETENTION_REPORT_ARGUMENT_H
#define RETENTION_REPORT_ARGUMENT_H

#include "totals/counts.h"

#include "fmgr.h"
#include "funcapi.h"

/* What a report is about. */
typedef struct Report
{
	BucketCounts *counts;
	BucketCounts *with_open;	/* the same and all of the bucket that holds as_of; mostly NULL */
	int64		until;			/* the last bucket with a row */
	int64		complete;		/* the last bucket that has ended */
	bool		has_later;		/* somebody was seen at as_of or later */
} Report;

typedef enum CurveWeighting
{
	WEIGHTING_POOLED,
	WEIGHTING_SIMPLE,
	WEIGHTING_CHAINED
} CurveWeighting;

/*
 * How the counts of an argument are taken: those of a summary may leave out the cohorts.  If "until" is not
 * COUNT_ALL, as if nobody had been seen after that bucket.
 */
typedef BucketCounts *(*CountsOfArgument) (Datum value, int64 until);

#define COUNT_ALL PG_INT64_MAX

extern const RetentionSummary *report_summary(Datum value);
extern BucketCounts *report_counts_of_summary(Datum value, int64 until);
extern BucketCounts *report_cohorts_of_summary(Datum value, int64 until);
extern BucketCounts *report_counts_of_totals(Datum value, int64 until);

/* Makes what a set-returning function keeps between its calls, in the current memory context. */
typedef void *(*ReportBegin) (FunctionCallInfo fcinfo, CountsOfArgument counts);

extern FuncCallContext *report_call(FunctionCallInfo fcinfo, ReportBegin begin, CountsOfArgument counts);
extern void report_of_counts(Report *report, BucketCounts *counts, FunctionCallInfo fcinfo, int as_of_argno);
extern void report_of_nothing(Report *report);
extern void report_init(Report *report, FunctionCallInfo fcinfo, CountsOfArgument counts);
extern void report_look_no_further(Report *report, FunctionCallInfo fcinfo, CountsOfArgument counts);
extern bool report_mode_on_or_after(FunctionCallInfo fcinfo);
extern CurveWeighting report_weighting(FunctionCallInfo fcinfo);

/*
 * Can the counts of a bucket be told?  Not those of the bucket that holds as_of, if rows have come since.
 */
static inline bool
report_knows(const Report *report, int64 bucket)
{
	return !report->has_later || bucket <= report->complete;
}

/*
 * Values of the columns of a report's row, which are NULL where they are not known.
 */
static inline Datum
count_or_null(int64 count, bool known, bool *isnull)
{
	*isnull = !known;
	return Int64GetDatum(count);
}

static inline Datum
rate_or_null(int64 part, int64 whole, bool known, bool *isnull)
{
	*isnull = !known || whole == 0;
	return Float8GetDatum(*isnull ? 0 : (double) part / whole);
}

#endif							/* RETENTION_REPORT_ARGUMENT_H */
