/*
 * survival/within.c
 *		happened_within: the share of those watched that long to whom it happened in the time.
 *
 * eligible is everybody who was watched for the time at least, whether it happened or not; happened are those
 * among them to whom it happened in less than it, [0, elapsed) like all ranges.  To count others as well, to
 * whom it happened soon but who came lately, would raise the rate: of those who came lately only the quick
 * ones can be known.
 *
 * Nothing happens to anybody who is not watched, so that
 *
 *		happened = happened in less than elapsed - watched for less than elapsed, of those to whom it happened
 *
 * which is why a value has a list of how long these were watched (survival/stored.c).
 */
#include "survival/durations.h"
#include "survival/rates.h"

#include "base/normal.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "miscadmin.h"

#define NCOLUMNS 5

PG_FUNCTION_INFO_V1(happened_within);

/*
 * How many in a list have less than a duration.
 */
static uint64
count_less(const DurationList *list, uint64 duration)
{
	DurationReader reader;
	DurationCell cell;
	uint64		count = 0;

	durations_read(&reader, list);
	while (durations_next(&reader, &cell) && cell.duration < duration)
	{
		count += cell.count;
		if (reader.left % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
	}
	return count;
}

static void
check_watched_known(const DurationList *lists)
{
	if (lists[DURATION_WATCHED].count < lists[DURATION_EVENT].count)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("durations do not tell how long those were watched to whom it happened"),
				 errdetail("Those who were not watched long enough have to be left out, "
						   "or the rate would be too high."),
				 errhint("Give survival_agg a third argument, how long each was watched in all, "
						 "or use survival_at.")));
}

/*
 * happened_within(durations, interval) -> eligible, happened, rate, low, high
 */
Datum
happened_within(PG_FUNCTION_ARGS)
{
	Durations	durations = durations_of(PG_GETARG_DATUM(0));
	uint64		elapsed = elapsed_of_interval(PG_GETARG_INTERVAL_P(1), "elapsed");
	const DurationList *lists = durations.lists;
	uint64		young;
	uint64		eligible;
	uint64		happened;
	Rate		rate = {0};
	Datum		values[NCOLUMNS];
	bool		nulls[NCOLUMNS] = {false};
	TupleDesc	desc;

	check_watched_known(lists);
	young = count_less(&lists[DURATION_WATCHED], elapsed);
	eligible = lists[DURATION_WATCHED].count - young +
		lists[DURATION_CENSORED].count - count_less(&lists[DURATION_CENSORED], elapsed);
	happened = count_less(&lists[DURATION_EVENT], elapsed) - young;
	if (eligible > 0)
		rate = rate_of_counts(happened, eligible, normal_half_width(DEFAULT_CONFIDENCE));
	values[0] = Int64GetDatum(eligible);
	values[1] = Int64GetDatum(happened);
	values[2] = Float8GetDatum(rate.rate);
	values[3] = Float8GetDatum(rate.low);
	values[4] = Float8GetDatum(rate.high);
	nulls[2] = nulls[3] = nulls[4] = eligible == 0;
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
