/*
 * report/one_bucket.c
 *		One bucket of a summary or totals: crr, churn_rate, customer_count, members.
 *
 * The bucket is given by any date or instant in it.  Rates are those of growth with as_of left out.
 */
#include "report/counts.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(customer_count_of_summary);
PG_FUNCTION_INFO_V1(customer_count_of_totals);
PG_FUNCTION_INFO_V1(members_of_summary);

static BucketCounts *
summary_tally(FunctionCallInfo fcinfo)
{
	return counts_of_summary(summary_canonical(fcinfo->flinfo, PG_GETARG_SUMMARY(0)));
}

static BucketCounts *
totals_tally(FunctionCallInfo fcinfo)
{
	return counts_of_totals(totals_canonical(PG_GETARG_TOTALS(0)));
}

static int64
date_bucket(FunctionCallInfo fcinfo, const BucketCounts *counts)
{
	return bucket_of_date(counts->calendar.width, PG_GETARG_DATEADT(1));
}

static int64
instant_bucket(FunctionCallInfo fcinfo, BucketCounts *counts)
{
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(1);

	/* Refused as an infinite date is. */
	if (TIMESTAMP_NOT_FINITE(at))
		return bucket_of_date(counts->calendar.width, TIMESTAMP_IS_NOBEGIN(at) ? DATEVAL_NOBEGIN : DATEVAL_NOEND);
	return bucket_of(&counts->calendar, at);
}

/*
 * Customers active before the bucket; NULL if there are none, or if the bucket goes on.
 */
static bool
starting_customers(BucketCounts *counts, int64 bucket, int64 *starting)
{
	*starting = counts_at(counts, counts->active, bucket - 1);
	return *starting > 0 && bucket <= counts_complete(counts, GetCurrentTransactionStartTimestamp());
}

static Datum
crr(FunctionCallInfo fcinfo, BucketCounts *counts, int64 bucket)
{
	int64		starting;

	if (!starting_customers(counts, bucket, &starting))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8((double) counts_at(counts, counts->retained, bucket) / starting);
}

static Datum
churn_rate(FunctionCallInfo fcinfo, BucketCounts *counts, int64 bucket)
{
	int64		starting;

	if (!starting_customers(counts, bucket, &starting))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8((double) (starting - counts_at(counts, counts->retained, bucket)) / starting);
}

static Datum
customer_count(FunctionCallInfo fcinfo, BucketCounts *counts, int64 bucket)
{
	PG_RETURN_INT64(counts_at(counts, counts->active, bucket));
}

/* A metric as the functions of SQL: of either type, for the bucket of a date or of an instant. */
#define BUCKET_METRIC(metric, type, when) \
PG_FUNCTION_INFO_V1(metric##_of_##type##_##when); \
Datum \
metric##_of_##type##_##when(PG_FUNCTION_ARGS) \
{ \
	BucketCounts	   *counts = type##_tally(fcinfo); \
\
	return metric(fcinfo, counts, when##_bucket(fcinfo, counts)); \
} \
extern int	no_such_variable

BUCKET_METRIC(crr, summary, date);
BUCKET_METRIC(crr, summary, instant);
BUCKET_METRIC(crr, totals, date);
BUCKET_METRIC(crr, totals, instant);
BUCKET_METRIC(churn_rate, summary, date);
BUCKET_METRIC(churn_rate, summary, instant);
BUCKET_METRIC(churn_rate, totals, date);
BUCKET_METRIC(churn_rate, totals, instant);
BUCKET_METRIC(customer_count, summary, date);
BUCKET_METRIC(customer_count, summary, instant);
BUCKET_METRIC(customer_count, totals, date);
BUCKET_METRIC(customer_count, totals, instant);

Datum
customer_count_of_summary(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(summary_canonical(fcinfo->flinfo, PG_GETARG_SUMMARY(0))->nsorted);
}

Datum
customer_count_of_totals(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_TOTALS(0)->customers);
}

/* Where members stands. */
typedef struct MembersScan
{
	SummarySignature *kind;
	SummaryReader reader;
	FmgrInfo	output;
	int64		bucket;
	bool		complete;
} MembersScan;

static MembersScan *
begin_members(FunctionCallInfo fcinfo, FuncCallContext *call)
{
	MembersScan *scan = palloc0(sizeof(MembersScan));
	FmgrInfo	flinfo = {.fn_mcxt = CurrentMemoryContext};
	const RetentionSummary *summary = summary_open(PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(0)));
	BucketCalendar *calendar;
	TupleDesc	desc;
	Oid			output;
	bool		is_varlena;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	call->tuple_desc = BlessTupleDesc(desc);
	scan->kind = summary_signature_create(summary, CurrentMemoryContext, NULL);
	(void) summary_signature_know_keys(scan->kind, NULL);
	getTypeOutputInfo(scan->kind->keys.type, &output, &is_varlena);
	fmgr_info_cxt(output, &scan->output, CurrentMemoryContext);

	calendar = &scan->kind->calendar;
	scan->bucket = bucket_of_date(calendar->width, PG_GETARG_DATEADT(1));
	scan->complete = bucket_start(calendar, scan->bucket + 1) <= GetCurrentTransactionStartTimestamp();
	summary_read_sorted(&scan->reader, summary_canonical(&flinfo, summary), NULL);
	return scan;
}

static bool
seen_in(const SeenSet *seen, int64 bucket)
{
	SeenWalk	walk;
	int32		found;
	bool		repeated;

	if (bucket < seen->first || bucket > seen->last)
		return false;
	if (seen->list == NULL)
		return (seen->seen >> (bucket - seen->first)) & 1;
	seenset_walk(&walk, seen);
	while (seenset_next(&walk, &found, &repeated))
		if (found >= bucket)
			return found == bucket;
	return false;
}

/*
 * What a customer was in the bucket, or NULL.  Nobody is lost in a bucket that goes on.
 */
static const char *
member_state(const MembersScan *scan, const SeenSet *seen)
{
	bool		before = seen_in(seen, scan->bucket - 1);

	if (!seen_in(seen, scan->bucket))
		return before && scan->complete ? "churned" : NULL;
	if (seen->first == scan->bucket)
		return "new";
	return before ? "retained" : "resurrected";
}

/*
 * members(summary, period): a row for each customer who came, came back, stayed or left in a bucket.
 */
Datum
members_of_summary(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	MembersScan *scan;
	SummaryEntry entry;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext caller;

		call = SRF_FIRSTCALL_INIT();
		caller = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		call->user_fctx = begin_members(fcinfo, call);
		MemoryContextSwitchTo(caller);
	}
	call = SRF_PERCALL_SETUP();
	scan = call->user_fctx;
	while (summary_next(&scan->reader, &entry))
	{
		const char *state = member_state(scan, &entry.seen);
		Datum		values[2];
		bool		nulls[2] = {false};

		if (state == NULL)
			continue;
		values[0] = CStringGetTextDatum(OutputFunctionCall(&scan->output,
														   summary_key_datum(scan->kind, &entry)));
		values[1] = CStringGetTextDatum(state);
		SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls)));
	}
	SRF_RETURN_DONE(call);
}
