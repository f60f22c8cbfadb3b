/*
 * summary/call_site.h
 *		The bucket and the zone of each group of rows, and what its call site keeps.  See summary/call_site.c.
 */
#ifndef RETENTION_SUMMARY_CALL_SITE_H
#define RETENTION_SUMMARY_CALL_SITE_H

#include "summary/summary.h"

struct RetentionCall;

/* Which arguments of a transition function say what the buckets are; the zone follows the bucket. */
typedef struct BucketArguments
{
	int			bucket;
	int			origin;
} BucketArguments;

typedef struct GroupBuckets
{
	struct RetentionCall *call;
	BucketWidth width;
	pg_tz	   *zone;
	BucketCalendar *calendar;	/* the call site's, as long as it is of this width and this zone */
} GroupBuckets;

typedef struct RetentionCall
{
	MemoryContext cxt;
	SummarySignature *signature;	/* with the bucket and the zone of the group that was written last */
	BucketCalendars calendars;
	GroupBuckets first;			/* of the first group, and nearly always of all */
	BucketArguments arguments;
	bool		constant;		/* these and all behind the bucket are constants of the query, */
	bool		session_zone;	/* or the zone is no argument */
} RetentionCall;

extern GroupBuckets *group_buckets_first_row(FunctionCallInfo fcinfo, BucketArguments arguments);
extern void group_buckets_check_row(FunctionCallInfo fcinfo, const GroupBuckets *buckets);
extern SummarySignature *group_buckets_signature(const GroupBuckets *buckets);

/*
 * Can a row of the group have another bucket or another zone?
 */
static inline bool
group_buckets_may_change(const GroupBuckets *buckets)
{
	return !buckets->call->constant || (buckets->call->session_zone && buckets->zone != session_timezone);
}

static inline BucketCalendar *
group_buckets_calendar(GroupBuckets *buckets)
{
	RetentionCall *call = buckets->call;

	if (unlikely(!bucket_calendar_is(buckets->calendar, buckets->width, buckets->zone)))
		buckets->calendar = bucket_calendar_of(&call->calendars, buckets->width, buckets->zone, call->cxt);
	return buckets->calendar;
}

#endif							/* RETENTION_SUMMARY_CALL_SITE_H */
