/*
 * report/members.c
 *		members: the customers who were new, retained, resurrected or churned in one bucket of a summary.
 */
#include "report/members.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(members_of_summary);

/*
 * A walk over a canonical summary of either type, in the current memory context.
 */
MembersScan *
members_scan(const RetentionSummary *summary, DateADT period)
{
	MembersScan *scan = palloc0(sizeof(MembersScan));
	BucketCalendar *calendar;
	Oid			output;
	bool		is_varlena;

	scan->summary = summary;
	scan->signature = summary_signature_create(summary, CurrentMemoryContext, NULL);
	(void) summary_signature_know_keys(scan->signature, NULL);
	getTypeOutputInfo(scan->signature->keys.type, &output, &is_varlena);
	fmgr_info_cxt(output, &scan->output, CurrentMemoryContext);

	calendar = &scan->signature->calendar;
	scan->bucket = bucket_of_date(calendar->width, period);
	scan->complete = bucket_start(calendar, scan->bucket + 1) <=
		Min(GetCurrentTransactionStartTimestamp(), summary->known_until);
	summary_read_sorted(&scan->reader, summary, NULL);
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
 * What a customer was in the bucket, or NULL.  Nobody has churned in a bucket that has not ended.
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
 * The next customer who was something in the bucket, and what; NULL if there is none.
 */
const char *
members_next(MembersScan *scan, SummaryEntry *entry)
{
	while (summary_next(&scan->reader, entry))
	{
		const char *state = member_state(scan, &entry->seen);

		if (state != NULL)
			return state;
	}
	return NULL;
}

/*
 * The customer as text.
 */
Datum
members_customer(MembersScan *scan, const SummaryEntry *entry)
{
	return CStringGetTextDatum(OutputFunctionCall(&scan->output, summary_key_datum(scan->signature, entry)));
}

static void *
begin_members(FunctionCallInfo fcinfo, CountsOfArgument counts)
{
	return members_scan(report_summary(PointerGetDatum(PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(0)))),
						PG_GETARG_DATEADT(1));
}

/*
 * members(retention_summary, period): a row for each customer who came, came back, stayed or left in a bucket.
 */
Datum
members_of_summary(PG_FUNCTION_ARGS)
{
	FuncCallContext *call = report_call(fcinfo, begin_members, NULL);
	MembersScan *scan = call->user_fctx;
	SummaryEntry entry;
	const char *state = members_next(scan, &entry);
	Datum		values[2];
	bool		nulls[2] = {false};

	if (state == NULL)
		SRF_RETURN_DONE(call);
	values[0] = members_customer(scan, &entry);
	values[1] = CStringGetTextDatum(state);
	SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc, values, nulls)));
}
