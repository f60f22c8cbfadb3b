/*
 * base/bucket_start.c
 *		The SQL function bucket_start: the first day of the bucket that holds an instant.
 *
 * It answers from the same calendar as the reports, so that a GROUP BY agrees with them to the row.  date_trunc asks
 * the server's calendar for each row, which takes ten times as long.
 */
#include "base/bucket.h"

#include "base/period.h"

#include "fmgr.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"

#define ARG_AT 0
#define ARG_BUCKET 1
#define ARG_ZONE 2
#define ARG_ORIGIN 3

/* What a call site keeps: the calendars, and the arguments and the answer of last time. */
typedef struct BucketStartCall
{
	BucketCalendars calendars;
	BucketWidth width;
	DateADT		origin;			/* as it was given */
	bool		constant;		/* all arguments but the time are constants of the query */
	bool		session_zone;	/* which may change between two rows */
	pg_tz	   *zone;			/* NULL: there is no last time */
	int32		bucket;
	DateADT		start;
} BucketStartCall;

PG_FUNCTION_INFO_V1(bucket_start_of);

/*
 * Is it this function, in whatever schema?
 */
bool
bucket_start_is(Oid function)
{
	FmgrInfo	flinfo;

	fmgr_info(function, &flinfo);
	return flinfo.fn_addr == bucket_start_of;
}

/*
 * Bring what is known of the arguments up to date.
 */
static void
set_arguments(FunctionCallInfo fcinfo, BucketStartCall *call)
{
	const Interval *bucket = PG_GETARG_INTERVAL_P(ARG_BUCKET);
	const text *zone = PG_NARGS() > ARG_ZONE ? PG_GETARG_TEXT_PP(ARG_ZONE) : NULL;
	bool		has_origin = PG_NARGS() > ARG_ORIGIN;
	BucketWidth width;

	if (likely(call->constant && call->zone != NULL && (!call->session_zone || call->zone == session_timezone)))
		return;
	if (likely(call->zone != NULL && bucket_width_is(call->width, bucket) && bucket_zone_is(call->zone, zone) &&
			   (!has_origin || call->origin == PG_GETARG_DATEADT(ARG_ORIGIN))))
		return;
	/* Nothing is kept of arguments that are refused. */
	width = has_origin ? bucket_width_from(bucket, PG_GETARG_DATEADT(ARG_ORIGIN)) : bucket_width(bucket);
	call->zone = bucket_zone(zone);
	call->width = width;
	call->origin = has_origin ? PG_GETARG_DATEADT(ARG_ORIGIN) : 0;
	call->bucket = 0;
	call->start = bucket_date(call->width, 0);
}

/*
 * Are all arguments but the time constants?  Parameters are not: an expression of PL/pgSQL keeps this
 * function's memory while its variables change.
 */
static bool
arguments_are_constant(FunctionCallInfo fcinfo)
{
	const FuncExpr *expr = (const FuncExpr *) fcinfo->flinfo->fn_expr;
	int			i;

	if (expr == NULL || !IsA(expr, FuncExpr) || list_length(expr->args) != PG_NARGS())
		return false;
	for (i = ARG_BUCKET; i < PG_NARGS(); i++)
		if (!IsA(list_nth(expr->args, i), Const))
			return false;
	return true;
}

static BucketStartCall *
create_call(FunctionCallInfo fcinfo)
{
	BucketStartCall *call = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(BucketStartCall));

	call->constant = arguments_are_constant(fcinfo);
	call->session_zone = PG_NARGS() <= ARG_ZONE;
	return fcinfo->flinfo->fn_extra = call;
}

/*
 * bucket_start(timestamptz, interval [, text [, date]]) -> date
 */
Datum
bucket_start_of(PG_FUNCTION_ARGS)
{
	BucketStartCall *call = fcinfo->flinfo->fn_extra;
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(ARG_AT);
	BucketCalendar *calendar;
	int32		bucket;

	period_check_time_of("a row", at);
	if (unlikely(call == NULL))
		call = create_call(fcinfo);
	set_arguments(fcinfo, call);
	calendar = bucket_calendar_of(&call->calendars, call->width, call->zone, fcinfo->flinfo->fn_mcxt);
	bucket = bucket_of(calendar, at);
	if (bucket != call->bucket)
	{
		call->bucket = bucket;
		call->start = bucket_date(call->width, bucket);
	}
	PG_RETURN_DATEADT(call->start);
}
