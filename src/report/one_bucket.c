/*
 * report/one_bucket.c
 *		One bucket of a summary or totals: crr, churn_rate, customer_count.
 *
 * The bucket is named by any date in it.  Rates are those of growth without as_of.
 */
#include "report/argument.h"

#include "access/xact.h"

PG_FUNCTION_INFO_V1(crr_of_summary);
PG_FUNCTION_INFO_V1(crr_of_totals);
PG_FUNCTION_INFO_V1(churn_rate_of_summary);
PG_FUNCTION_INFO_V1(churn_rate_of_totals);
PG_FUNCTION_INFO_V1(customer_count_of_summary_in_bucket);
PG_FUNCTION_INFO_V1(customer_count_of_totals_in_bucket);
PG_FUNCTION_INFO_V1(customer_count_of_summary);
PG_FUNCTION_INFO_V1(customer_count_of_totals);

/*
 * Customers active before the bucket; false if there are none, or if the bucket has not ended.
 */
static bool
starting_customers(BucketCounts *counts, int64 bucket, int64 *starting)
{
	*starting = counts_at(counts, counts->active, bucket - 1);
	return *starting > 0 && bucket <= counts_complete(counts, GetCurrentTransactionStartTimestamp());
}

static Datum
crr(FunctionCallInfo fcinfo, BucketCounts *counts)
{
	int64		bucket = bucket_of_date(counts->calendar.width, PG_GETARG_DATEADT(1));
	int64		starting;

	if (!starting_customers(counts, bucket, &starting))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8((double) counts_at(counts, counts->retained, bucket) / starting);
}

static Datum
churn_rate(FunctionCallInfo fcinfo, BucketCounts *counts)
{
	int64		bucket = bucket_of_date(counts->calendar.width, PG_GETARG_DATEADT(1));
	int64		starting;

	if (!starting_customers(counts, bucket, &starting))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8((double) (starting - counts_at(counts, counts->retained, bucket)) / starting);
}

static Datum
customer_count(FunctionCallInfo fcinfo, BucketCounts *counts)
{
	int64		bucket = bucket_of_date(counts->calendar.width, PG_GETARG_DATEADT(1));

	/* Contracts say nothing of what is later than their as_of. */
	if (bucket_start(&counts->calendar, bucket) >= counts->known_until)
		PG_RETURN_NULL();
	PG_RETURN_INT64(counts_at(counts, counts->active, bucket));
}

Datum
crr_of_summary(PG_FUNCTION_ARGS)
{
	return crr(fcinfo, report_counts_of_summary(PG_GETARG_DATUM(0), COUNT_ALL));
}

Datum
crr_of_totals(PG_FUNCTION_ARGS)
{
	return crr(fcinfo, report_counts_of_totals(PG_GETARG_DATUM(0), COUNT_ALL));
}

Datum
churn_rate_of_summary(PG_FUNCTION_ARGS)
{
	return churn_rate(fcinfo, report_counts_of_summary(PG_GETARG_DATUM(0), COUNT_ALL));
}

Datum
churn_rate_of_totals(PG_FUNCTION_ARGS)
{
	return churn_rate(fcinfo, report_counts_of_totals(PG_GETARG_DATUM(0), COUNT_ALL));
}

Datum
customer_count_of_summary_in_bucket(PG_FUNCTION_ARGS)
{
	return customer_count(fcinfo, report_counts_of_summary(PG_GETARG_DATUM(0), COUNT_ALL));
}

Datum
customer_count_of_totals_in_bucket(PG_FUNCTION_ARGS)
{
	return customer_count(fcinfo, report_counts_of_totals(PG_GETARG_DATUM(0), COUNT_ALL));
}

/*
 * These two of values with amounts, too: without them the aggregate customer_count would take a value for a customer.
 */
Datum
customer_count_of_summary(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(summary_canonical_once(PG_GETARG_ANY_SUMMARY(0))->nsorted);
}

Datum
customer_count_of_totals(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_ANY_TOTALS(0)->customers);
}
