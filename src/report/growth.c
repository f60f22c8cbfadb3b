/*
 * report/growth.c
 *		growth: who came, stayed, came back and left, a row for each bucket, gaps included.
 *
 *		starting = active in the bucket before		resurrected = active - new - retained
 *		churned = starting - retained				crr = retained / starting
 *
 * With a lookback a customer is active in a bucket who was seen in it or in the few before (totals/windows.c), and so
 * leaves after so many silent ones.
 *
 * A bucket that has not ended by as_of is not complete: who was lost in it is not known yet, so that churned
 * and every rate are NULL there; so are the counts if rows have come since.  Rows are made one by one as they are
 * asked for.
 */
#include "report/growth.h"

#include "agg/aggstate.h"

#include "access/htup_details.h"

#define ARG_LOOKBACK 2

typedef struct Growth
{
	Report		report;
	int64		bucket;			/* of the next row */
} Growth;

PG_FUNCTION_INFO_V1(growth_of_summary);
PG_FUNCTION_INFO_V1(growth_of_totals);

/*
 * What is counted of a bucket.  Only where it is known (report_knows) do all of these say something, and churned only
 * where the bucket is complete.
 */
GrowthCounts
growth_counts(const Report *report, int64 bucket)
{
	const BucketCounts *counts = report->counts;
	GrowthCounts growth;

	growth.starting = counts_at(counts, counts->active, bucket - 1);
	growth.active = counts_at(counts, counts->active, bucket);
	growth.new_customers = counts_at(counts, counts->new_customers, bucket);
	growth.retained = counts_at(counts, counts->retained, bucket);
	growth.repeated = counts_at(counts, counts->repeated, bucket);
	growth.resurrected = growth.active - growth.new_customers - growth.retained;
	growth.churned = growth.starting - growth.retained;
	return growth;
}

static Datum
growth_row(FuncCallContext *call, const Report *report, int64 bucket)
{
	GrowthCounts here = growth_counts(report, bucket);
	bool		complete = bucket <= report->complete;
	bool		known = report_knows(report, bucket);
	Datum		values[13];
	bool		nulls[13] = {false};

	values[0] = DateADTGetDatum(counts_date(report->counts, bucket));
	values[1] = Int64GetDatum(here.starting);
	values[2] = count_or_null(here.new_customers, known, &nulls[2]);
	values[3] = count_or_null(here.retained, known, &nulls[3]);
	values[4] = count_or_null(here.resurrected, known, &nulls[4]);
	values[5] = count_or_null(here.churned, complete, &nulls[5]);
	values[6] = count_or_null(here.active, known, &nulls[6]);
	values[7] = count_or_null(here.repeated, known, &nulls[7]);
	values[8] = rate_or_null(here.retained, here.starting, complete, &nulls[8]);
	values[9] = rate_or_null(here.churned, here.starting, complete, &nulls[9]);
	values[10] = rate_or_null(here.repeated, here.active, complete, &nulls[10]);
	values[11] = rate_or_null(here.new_customers + here.resurrected, here.churned, complete, &nulls[11]);
	values[12] = BoolGetDatum(complete);
	return HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls));
}

/*
 * In how many buckets, up to the one of the row, a customer must have been seen to be active.
 */
static int64
lookback_argument(FunctionCallInfo fcinfo)
{
	int64		lookback;

	parameter_not_null(fcinfo, ARG_LOOKBACK, "lookback");
	lookback = PG_GETARG_INT64(ARG_LOOKBACK);
	if (lookback < 1 || lookback > BUCKET_MAX_SPAN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lookback must be from 1 to %d buckets, not " INT64_FORMAT, BUCKET_MAX_SPAN, lookback)));
	return lookback;
}

static void *
begin_windows(FunctionCallInfo fcinfo, CountsOfArgument counts)
{
	Growth	   *growth = palloc0(sizeof(Growth));
	int64		lookback = lookback_argument(fcinfo);

	if (PG_ARGISNULL(0))
		report_of_nothing(&growth->report);
	else
		report_of_counts(&growth->report, counts_of_windows(report_summary(PG_GETARG_DATUM(0)), lookback), fcinfo, 1);
	growth->bucket = growth->report.counts->first;
	return growth;
}

static void *
begin_growth(FunctionCallInfo fcinfo, CountsOfArgument counts)
{
	Growth	   *growth = palloc0(sizeof(Growth));

	report_init(&growth->report, fcinfo, counts);
	growth->bucket = growth->report.counts->first;
	return growth;
}

/*
 * growth(x [, as_of]), and of a summary also growth(x, as_of, lookback)
 */
static Datum
growth(FunctionCallInfo fcinfo, ReportBegin begin, CountsOfArgument counts)
{
	FuncCallContext *call = report_call(fcinfo, begin, counts);
	Growth	   *growth = call->user_fctx;

	if (growth->bucket > growth->report.until)
		SRF_RETURN_DONE(call);
	SRF_RETURN_NEXT(call, growth_row(call, &growth->report, growth->bucket++));
}

Datum
growth_of_summary(PG_FUNCTION_ARGS)
{
	bool		windows = PG_ARGISNULL(ARG_LOOKBACK) || PG_GETARG_INT64(ARG_LOOKBACK) != 1;

	return growth(fcinfo, windows ? begin_windows : begin_growth, report_counts_of_summary);
}

Datum
growth_of_totals(PG_FUNCTION_ARGS)
{
	return growth(fcinfo, begin_growth, report_counts_of_totals);
}
