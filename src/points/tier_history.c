/*
 * points/tier_history.c
 *		How a member's tier changes with time: the window function tier_history.
 *
 * The sum at a moment is that of the values in the trailing window, (moment - window, moment].  For each tier
 * by itself: the member has it while the sum reaches its threshold, and for the grace from the moment on at
 * which the sum fell below it, the end of which is not part of it.  The tier of a row is the highest that the
 * member has at its time.  Whatever comes and goes at one moment counts together; rows of one time all have the
 * tier after them.
 *
 * Between two rows, too, values leave the window, and the sum falls at that moment, not when the next row comes;
 * or it rises, where it was a refund that left.  A value leaves at the moment whose "moment - window" is its own
 * time, as leaves_at has it; whether it has left at a row, the row's "at - window" decides.  With months, and
 * where clocks change, that may go back: a month before 29 March begins on 28 February, as one before the 28th,
 * but perhaps at an earlier hour.  As in a RANGE frame of the server, a value that has left does not come back.
 *
 * So two positions run through a partition, each of them forward: behind the rows read, which are those up to
 * the current time, and behind the values that have left.  The values in between are kept here, since the server
 * reads row by row what it has put on disk, and so would go through the whole window for each row.
 *
 * An aggregate over a frame RANGE BETWEEN ... would not do: it is called for rows only, and would not know of a
 * sum that was reached and lost between two of them.
 */
#include "points/tiers.h"

#include "agg/aggstate.h"
#include "base/amount.h"
#include "base/interval.h"
#include "base/period.h"
#include "base/text.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "windowapi.h"

/* The arguments, from 0; the parameters come last. */
#define ARG_VALUE 0
#define ARG_AT 1
#define ARG_PARAMETERS 2

typedef enum Parameter
{
	PARAMETER_THRESHOLDS,
	PARAMETER_NAMES,
	PARAMETER_WINDOW,
	PARAMETER_GRACE,
	PARAMETER_COUNT
} Parameter;

static const struct
{
	const char *name;
	Oid			type;
	int			length;
}			parameter_info[PARAMETER_COUNT] = {
	{"thresholds", NUMERICARRAYOID, -1},
	{"names", TEXTARRAYOID, -1},
	{"window", INTERVALOID, sizeof(Interval)},
	{"grace", INTERVALOID, sizeof(Interval)}
};

/* The value of a row: units / 10000, or else exact. */
typedef struct Value
{
	TimestampTz at;
	int64		units;
	Numeric		exact;			/* or NULL */
} Value;

/* What is kept of a partition. */
typedef struct TierHistory
{
	bool		begun;
	Datum		parameters[PARAMETER_COUNT];
	Thresholds	thresholds;
	Datum	   *names;
	int64		nread;			/* rows */
	TimestampTz now;
	Value	   *values;			/* in the window are those from "first" on */
	int64		first;
	int64		nvalues;
	int64		allocated;
	ExactSum	sum;
	bool		settled;		/* are "reached" and "kept_until" those of the sum? */
	int			reached;
	TimestampTz *kept_until;	/* for each tier */
} TierHistory;

PG_FUNCTION_INFO_V1(tier_history);

static const Interval *
interval_parameter(const TierHistory *history, Parameter parameter)
{
	return DatumGetIntervalP(history->parameters[parameter]);
}

/* ---- the window ---- */

/*
 * Values of this time and before have left the window at "at".
 */
static TimestampTz
window_start(TimestampTz at, const Interval *window)
{
	return period_look_back(at, window, session_timezone, "window", "12 months");
}

/*
 * The local midnight after a time.
 */
static TimestampTz
next_day(TimestampTz at)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			west;
	Timestamp	midnight;

	local_time(at, session_timezone, &tm, &fsec, &west);
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	if (tm2timestamp(&tm, 0, NULL, &midnight) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return instant_of_local(midnight + USECS_PER_DAY, session_timezone);
}

/*
 * The first moment for which "moment - window" is not before "at".  That goes back by months, then days, then
 * elapsed time, so that here they come the other way round.  A value of a day that the later month does not have
 * leaves at that month's end.  In the hour in which clocks change, the server's + may give a later moment.
 */
static TimestampTz
leaves_at(TimestampTz at, const Interval *window)
{
	struct pg_tm before;
	struct pg_tm after;
	fsec_t		fsec;
	int			west;

	at = timestamp_plus_interval(at, &(Interval) {.time = window->time}, session_timezone);
	at = timestamp_plus_interval(at, &(Interval) {.day = window->day}, session_timezone);
	if (window->month == 0)
		return at;
	local_time(at, session_timezone, &before, &fsec, &west);
	at = timestamp_plus_interval(at, &(Interval) {.month = window->month}, session_timezone);
	local_time(at, session_timezone, &after, &fsec, &west);
	return after.tm_mday < before.tm_mday ? next_day(at) : at;
}

/* ---- the values in it ---- */

static Value *
new_value(TierHistory *history)
{
	if (history->nvalues == history->allocated && history->first > history->allocated / 2)
	{
		history->nvalues -= history->first;
		memmove(history->values, history->values + history->first, history->nvalues * sizeof(Value));
		history->first = 0;
	}
	else if (history->nvalues == history->allocated)
	{
		history->allocated *= 2;
		history->values = repalloc_huge(history->values, history->allocated * sizeof(Value));
	}
	return &history->values[history->nvalues++];
}

static void
add_value(TierHistory *history, Datum datum)
{
	MemoryContext cxt = GetMemoryChunkContext(history);
	Value		value = {.at = history->now};

	if (amount_to_units(AMOUNT_NUMERIC, datum, "value", &value.units, &value.exact))
	{
		value.exact = NULL;
		exact_sum_add_units(&history->sum, value.units, cxt);
	}
	else
	{
		MemoryContext caller = MemoryContextSwitchTo(cxt);

		value.units = 0;
		value.exact = DatumGetNumericCopy(NumericGetDatum(value.exact));
		MemoryContextSwitchTo(caller);
		exact_sum_add_numeric(&history->sum, value.exact, cxt);
	}
	*new_value(history) = value;
	history->settled = false;
}

static void
remove_oldest(TierHistory *history)
{
	MemoryContext cxt = GetMemoryChunkContext(history);
	Value	   *value = &history->values[history->first++];

	exact_sum_add_units(&history->sum, -value->units, cxt);
	if (value->exact != NULL)
	{
		Datum		negative = DirectFunctionCall1(numeric_uminus, NumericGetDatum(value->exact));

		exact_sum_add_numeric(&history->sum, DatumGetNumeric(negative), cxt);
		pfree(value->exact);
	}
	history->settled = false;
}

/* ---- the tiers ---- */

static TimestampTz
grace_end(TimestampTz from, const Interval *grace)
{
	TimestampTz end = DT_NOBEGIN;

	if (!INTERVAL_NOT_FINITE(grace))
		end = timestamp_plus_interval(from, grace, session_timezone);
	if (end < from)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("grace must be finite and not negative, not %s", interval_text(grace)),
				 errhint("Write a grace as interval '90 days'.")));
	return end;
}

/*
 * All that comes and goes now has done so: which tiers does the sum reach, and which has it lost?
 */
static void
settle(TierHistory *history)
{
	int			reached;

	if (history->settled)
		return;
	reached = tiers_reached(&history->thresholds, NumericGetDatum(exact_sum_value(&history->sum)));
	if (reached < history->reached)
	{
		TimestampTz until = grace_end(history->now, interval_parameter(history, PARAMETER_GRACE));
		int			tier;

		for (tier = reached; tier < history->reached; tier++)
			history->kept_until[tier] = until;
	}
	history->reached = reached;
	history->settled = true;
}

static void
go_to(TierHistory *history, TimestampTz moment)
{
	if (moment <= history->now)
		return;
	settle(history);
	history->now = moment;
}

/*
 * The tier now, from 0; -1 if there is none.
 */
static int
tier_now(const TierHistory *history)
{
	int			tier = history->thresholds.count - 1;

	while (tier >= history->reached && history->now >= history->kept_until[tier])
		tier--;
	return tier;
}

/* ---- the rows ---- */

static void
add_value_at(TierHistory *history, WindowObject window, int offset)
{
	bool		isnull;
	bool		isout;
	Datum		value = WinGetFuncArgInPartition(window, ARG_VALUE, offset, WINDOW_SEEK_CURRENT, true, &isnull,
												 &isout);

	if (!isnull)
		add_value(history, value);
}

/*
 * Read on as long as rows have the current time, or none.
 */
static void
read_peers(TierHistory *history, WindowObject window)
{
	while (true)
	{
		int			offset = (int) (history->nread - WinGetCurrentPosition(window));
		bool		isnull;
		bool		isout;
		Datum		at = WinGetFuncArgInPartition(window, ARG_AT, offset, WINDOW_SEEK_CURRENT, true, &isnull, &isout);

		CHECK_FOR_INTERRUPTS();
		if (isout || (!isnull && DatumGetTimestampTz(at) != history->now))
			return;
		if (!isnull)
			add_value_at(history, window, offset);
		history->nread++;
	}
}

/*
 * The first row of a time: values leave until then, and those of that time come.
 */
static void
advance(TierHistory *history, WindowObject window, TimestampTz at)
{
	const Interval *interval = interval_parameter(history, PARAMETER_WINDOW);
	TimestampTz start = window_start(at, interval);

	while (history->first < history->nvalues && history->values[history->first].at <= start)
	{
		go_to(history, Min(leaves_at(history->values[history->first].at, interval), at));
		remove_oldest(history);
	}
	go_to(history, at);
	read_peers(history, window);
	settle(history);
}

static Datum
current_parameter(WindowObject window, Parameter parameter)
{
	bool		isnull;
	Datum		value = WinGetFuncArgCurrent(window, ARG_PARAMETERS + parameter, &isnull);

	if (isnull)
		parameter_is_null(parameter_info[parameter].name);
	return value;
}

static void
begin(TierHistory *history, WindowObject window)
{
	MemoryContext caller = MemoryContextSwitchTo(GetMemoryChunkContext(history));
	Parameter	parameter;
	int			tier;

	for (parameter = 0; parameter < PARAMETER_COUNT; parameter++)
	{
		Datum		value = current_parameter(window, parameter);

		if (parameter_info[parameter].length == -1)
			history->parameters[parameter] = PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
		else
			history->parameters[parameter] = datumCopy(value, false, parameter_info[parameter].length);
	}
	history->thresholds = thresholds_of(DatumGetArrayTypeP(history->parameters[PARAMETER_THRESHOLDS]));
	history->names = tier_names(DatumGetArrayTypeP(history->parameters[PARAMETER_NAMES]), &history->thresholds);
	history->kept_until = palloc((history->thresholds.count + 1) * sizeof(TimestampTz));
	for (tier = 0; tier < history->thresholds.count; tier++)
		history->kept_until[tier] = DT_NOBEGIN;
	/* Refused now, not when the first tier is lost. */
	(void) grace_end(0, interval_parameter(history, PARAMETER_GRACE));
	history->now = DT_NOBEGIN;
	history->allocated = 8;
	history->values = palloc(history->allocated * sizeof(Value));
	history->begun = true;
	MemoryContextSwitchTo(caller);
}

/*
 * Parameters must be those with which the partition began.
 */
static void
check_parameters(TierHistory *history, WindowObject window)
{
	Parameter	parameter;

	for (parameter = 0; parameter < PARAMETER_COUNT; parameter++)
	{
		Datum		was = history->parameters[parameter];
		Datum		is = current_parameter(window, parameter);

		if (!datum_image_eq(was, is, false, parameter_info[parameter].length))
			parameter_changed(parameter_info[parameter].name, value_text(was, parameter_info[parameter].type),
							  value_text(is, parameter_info[parameter].type));
	}
}

/*
 * tier_history(value numeric, at timestamptz, thresholds numeric[], names text[], window interval
 *				[, grace interval]) OVER (PARTITION BY ... ORDER BY at) -> text
 */
Datum
tier_history(PG_FUNCTION_ARGS)
{
	WindowObject window = PG_WINDOW_OBJECT();
	TierHistory *history;
	bool		isnull;
	TimestampTz at;
	int			tier;

	REFUSE_NULL_TREATMENT(window, fcinfo);
	history = WinGetPartitionLocalMemory(window, sizeof(TierHistory));
	if (history->begun)
		check_parameters(history, window);
	else
		begin(history, window);
	at = DatumGetTimestampTz(WinGetFuncArgCurrent(window, ARG_AT, &isnull));
	if (isnull)
		PG_RETURN_NULL();
	period_check_time_of("a row", at);
	if (at < history->now)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("rows must come in the order of their times, but after %s comes %s",
						timestamp_text(history->now), timestamp_text(at)),
				 errhint("Write OVER (PARTITION BY member ORDER BY at).")));
	if (at > history->now)
		advance(history, window, at);
	tier = tier_now(history);
	if (tier < 0)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(history->names[tier]);
}
