/*
 * base/period_days.c
 *		A range of days as a range of time: period.
 *
 * A day begins at its local midnight, in a named time zone or in the session's.  The zones are those of all other
 * functions: an abbreviation such as MSK is none, since a setting of the server says what it means.
 */
#include "base/bucket.h"
#include "base/interval.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(period_from_daterange);
PG_FUNCTION_INFO_V1(period_from_daterange_zone);

static Datum
midnight(Datum day, pg_tz *zone)
{
	Timestamp	local = DatumGetTimestamp(DirectFunctionCall1(date_timestamp, day));

	return TimestampTzGetDatum(instant_of_local(local, zone));
}

static RangeType *
convert_daterange(RangeType *days, pg_tz *zone)
{
	TypeCacheEntry *type = lookup_type_cache(DATERANGEOID, TYPECACHE_RANGE_INFO);
	RangeBound	lower;
	RangeBound	upper;
	bool		empty;

	range_deserialize(type, days, &lower, &upper, &empty);
	if (!empty && !lower.infinite)
		lower.val = midnight(lower.val, zone);
	if (!empty && !upper.infinite)
		upper.val = midnight(upper.val, zone);
	return MAKE_RANGE(lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO), &lower, &upper, empty);
}

/* The last conversion of a call site, valid while the session's zone is the same. */
typedef struct PeriodCall
{
	pg_tz	   *zone;
	union
	{
		RangeType	header;
		char		bytes[MAXALIGN(sizeof(RangeType) + 2 * sizeof(DateADT) + 1)];
	}			days;
	union
	{
		RangeType	header;
		char		bytes[MAXALIGN(sizeof(RangeType) + 2 * sizeof(TimestampTz) + 1)];
	}			period;
} PeriodCall;

static RangeType *
copy_range(void *target, const RangeType *range)
{
	return memcpy(target, range, VARSIZE(range));
}

/*
 * period(daterange) -> tstzrange
 *
 * The result depends on the session's zone, so that the executor calls this for every row, although the argument
 * is nearly always a constant.
 */
Datum
period_from_daterange(PG_FUNCTION_ARGS)
{
	RangeType  *days = PG_GETARG_RANGE_P(0);
	PeriodCall *call = fcinfo->flinfo->fn_extra;

	if (call == NULL)
		call = fcinfo->flinfo->fn_extra =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(PeriodCall));
	if (call->zone != session_timezone || VARSIZE(days) != VARSIZE(&call->days.header) ||
		memcmp(days, &call->days, VARSIZE(days)) != 0)
	{
		copy_range(&call->period, convert_daterange(days, session_timezone));
		copy_range(&call->days, days);
		call->zone = session_timezone;
	}
	PG_RETURN_RANGE_P(copy_range(palloc(sizeof(call->period)), &call->period.header));
}

/*
 * period(daterange, zone text) -> tstzrange
 */
Datum
period_from_daterange_zone(PG_FUNCTION_ARGS)
{
	PG_RETURN_RANGE_P(convert_daterange(PG_GETARG_RANGE_P(0), bucket_zone(PG_GETARG_TEXT_PP(1))));
}
