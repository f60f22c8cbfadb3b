/*
 * summary/call_site.c
 *		The bucket and the zone of each group of rows, and what its call site keeps.
 *
 * A state must know its bucket and its zone until its value is written.  Nearly always these are the call site's
 * first ones, and the state points to those.  A group with others has a copy of its own beside its state, in the
 * same memory.  So nothing that a state needs is freed before the state, and still what a call site keeps is bounded,
 * with however many buckets and zones it is called: one signature, whose bucket and zone are set anew for each group
 * that is written, and the calendars (base/bucket.c).  A list of all that it was ever called with was not.
 *
 * A call without a zone means the session's, at the first row of each group.  It may have changed since the group
 * before, as between two fetches from a cursor; within a group that is an error, as any other change of a parameter.
 */
#include "summary/call_site.h"

#include "agg/aggstate.h"
#include "base/text.h"

#include "nodes/primnodes.h"

/* Of the transition functions; the state is 0. */
#define ARG_CUSTOMER 1

/*
 * Are the arguments from "argno" on constants of the query?
 */
static bool
arguments_are_constant(FunctionCallInfo fcinfo, int argno)
{
	Aggref	   *aggref = AggGetAggref(fcinfo);
	int			i;

	if (aggref == NULL || list_length(aggref->args) != PG_NARGS() - 1)
		return false;
	for (i = argno - 1; i < list_length(aggref->args); i++)
		if (!IsA(list_nth_node(TargetEntry, aggref->args, i)->expr, Const))
			return false;
	return true;
}

static void
set_buckets(GroupBuckets *buckets, RetentionCall *call, BucketWidth width, pg_tz *zone)
{
	buckets->call = call;
	buckets->width = width;
	buckets->zone = zone;
	buckets->calendar = bucket_calendar_of(&call->calendars, width, zone, call->cxt);
}

static RetentionCall *
create_call(FunctionCallInfo fcinfo, BucketArguments arguments, BucketWidth width, pg_tz *zone)
{
	MemoryContext cxt = fcinfo->flinfo->fn_mcxt;
	RetentionCall *call = MemoryContextAllocZero(cxt, sizeof(RetentionCall));

	call->cxt = cxt;
	call->signature = summary_signature_of_argument(customer_keys_argument_type(fcinfo, ARG_CUSTOMER),
													PG_GET_COLLATION(), width, zone, cxt);
	call->arguments = arguments;
	call->constant = arguments_are_constant(fcinfo, arguments.bucket);
	call->session_zone = PG_NARGS() <= arguments.bucket + 1;
	set_buckets(&call->first, call, width, zone);
	return fcinfo->flinfo->fn_extra = call;
}

/*
 * The buckets of a row: those that are known, where the arguments say the same.
 */
static BucketWidth
width_argument(FunctionCallInfo fcinfo, BucketArguments arguments, const BucketWidth *known)
{
	const Interval *bucket;

	parameter_not_null(fcinfo, arguments.bucket, "bucket");
	bucket = PG_GETARG_INTERVAL_P(arguments.bucket);
	if (PG_NARGS() > arguments.origin)
	{
		parameter_not_null(fcinfo, arguments.origin, "origin");
		return bucket_width_from(bucket, PG_GETARG_DATEADT(arguments.origin));
	}
	if (known != NULL && likely(bucket_width_is(*known, bucket)))
		return *known;
	return bucket_width(bucket);
}

/*
 * The name of the zone, or NULL for the session's.
 */
static const text *
zone_argument(FunctionCallInfo fcinfo, int argno)
{
	if (PG_NARGS() <= argno)
		return NULL;
	parameter_not_null(fcinfo, argno, "zone");
	return PG_GETARG_TEXT_PP(argno);
}

/*
 * The bucket and the zone of a group whose first row this is.
 */
GroupBuckets *
group_buckets_first_row(FunctionCallInfo fcinfo, BucketArguments arguments)
{
	RetentionCall *call = fcinfo->flinfo->fn_extra;
	BucketWidth width = width_argument(fcinfo, arguments, call ? &call->first.width : NULL);
	const text *zone_name = zone_argument(fcinfo, arguments.bucket + 1);
	pg_tz	   *zone;
	GroupBuckets *buckets;

	/* To look up a zone by its name for each group of one customer would take a quarter of the time. */
	if (likely(call != NULL && bucket_width_equal(call->first.width, width) &&
			   bucket_zone_is(call->first.zone, zone_name)))
		return &call->first;

	zone = bucket_zone(zone_name);
	if (call == NULL)
		return &create_call(fcinfo, arguments, width, zone)->first;
	buckets = MemoryContextAlloc(aggstate_context(fcinfo), sizeof(GroupBuckets));
	set_buckets(buckets, call, width, zone);
	return buckets;
}

/*
 * Refuse a row whose bucket or zone is not the group's.
 */
void
group_buckets_check_row(FunctionCallInfo fcinfo, const GroupBuckets *buckets)
{
	BucketArguments arguments = buckets->call->arguments;
	BucketWidth width = width_argument(fcinfo, arguments, &buckets->width);
	const text *zone = zone_argument(fcinfo, arguments.bucket + 1);

	if (!bucket_width_equal(buckets->width, width))
		parameter_changed("bucket", bucket_width_text(buckets->width), bucket_width_text(width));
	if (!bucket_zone_is(buckets->zone, zone))
		merged_parameter_changed("zone", pg_get_timezone_name(buckets->zone),
								 pg_get_timezone_name(bucket_zone(zone)));
}

/*
 * The call site's signature with the bucket and the zone of a group, whose value is to be written.
 */
SummarySignature *
group_buckets_signature(const GroupBuckets *buckets)
{
	SummarySignature *signature = buckets->call->signature;

	summary_signature_set_buckets(signature, buckets->width, buckets->zone);
	return signature;
}
