/*
 * scan/groups.c
 *		GROUP BY a day, week, month, quarter or year, or bucket_start().
 *
 * date_trunc() takes some 300 ns a row, and as a key of a hash table its result some more.  But it is the
 * same for all instants of a calendar bucket, and the bucket of an instant is found in 2 ns (base/bucket.h).
 * So the group of a row is looked up by its bucket:
 *
 *		first bucket	| states | states | NULL | states | ...
 *
 * Nothing is said here of what a group's key is.  The first row of a bucket is given to the Aggregate as any
 * other, which evaluates the expression, finds or makes the group, and leaves behind where its states are.
 * So the expression may do with the truncated time what it likes, make groups of several buckets, or of a
 * NULL, as long as it uses no column beside.  A group that the Aggregate could not keep in memory has no
 * states: its rows are left to the Aggregate, which writes them to disk.
 */
#include "scan/scan.h"

#include <math.h>

#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

/* Buckets further off than this many from others are left to the Aggregate.  They take 8 MB at most. */
#define MAX_BUCKETS (1024 * 1024)
#define FIRST_BUCKETS 64

static const struct
{
	const char *unit;
	BucketWidth width;
}			units[] =
{
	{"day", {0, 1}},
	{"week", {0, 7}},
	{"month", {1, 0}},
	{"quarter", {3, 0}},
	{"year", {12, 0}}
};

static bool
width_of_unit(const char *unit, BucketWidth *width)
{
	int			i;

	for (i = 0; i < lengthof(units); i++)
		if (pg_strcasecmp(unit, units[i].unit) == 0)
		{
			*width = units[i].width;
			return true;
		}
	return false;
}

static char *
constant_text(const FuncExpr *call, int argno)
{
	Const	   *constant = list_nth(call->args, argno);

	if (!IsA(constant, Const) || constant->constisnull || constant->consttype != TEXTOID)
		return NULL;
	return TextDatumGetCString(constant->constvalue);
}

/*
 * A zone by a name that can mean nothing else: an abbreviation or an offset does not in all parts of the
 * server.
 */
static pg_tz *
zone_by_name(const char *name)
{
	pg_tz	   *zone = NULL;

	if (name != NULL && (strchr(name, '/') != NULL || strcmp(name, "UTC") == 0))
		zone = pg_tzset(name);
	return zone != NULL && pg_tz_acceptable(zone) ? zone : NULL;
}

/* The functions that truncate a time, and where it lies among their arguments. */
static const struct
{
	Oid			function;
	int			time;
	bool		has_unit;		/* as the first argument; a day otherwise */
	bool		has_zone;		/* as the last one */
	bool		in_session_zone;	/* or else, without a zone among the arguments, the time has none */
}			truncations[] =
{
	{F_DATE_TRUNC_TEXT_TIMESTAMPTZ, 1, true, false, true},
	{F_DATE_TRUNC_TEXT_TIMESTAMPTZ_TEXT, 1, true, true, false},
	{F_DATE_TRUNC_TEXT_TIMESTAMP, 1, true, false, false},
	{F_DATE_TIMESTAMPTZ, 0, false, false, true},
	{F_DATE_TIMESTAMP, 0, false, false, false}
};

/*
 * Is a call bucket_start() of a column, with constants but without an origin?  What it refuses is left to it.
 */
static bool
is_bucket_start(const FuncExpr *call, GroupTime *time)
{
	int			nargs = list_length(call->args);
	Var		   *column;
	Const	   *bucket;
	Interval   *interval;

	if (call->funcresulttype != DATEOID || nargs < 2 || nargs > 3)
		return false;
	column = linitial(call->args);
	bucket = lsecond(call->args);
	if (!IsA(column, Var) || column->varattno <= 0 || column->vartype != TIMESTAMPTZOID ||
		!IsA(bucket, Const) || bucket->consttype != INTERVALOID || bucket->constisnull ||
		!bucket_start_is(call->funcid))
		return false;
	interval = DatumGetIntervalP(bucket->constvalue);
	*time = (GroupTime) {call, column, {interval->month, interval->day, 0}};
	time->zone = nargs > 2 ? zone_by_name(constant_text(call, 2)) : session_timezone;
	return time->zone != NULL && interval->time == 0 && bucket_width_valid(time->width);
}

/*
 * Is a call one of these, of a column, with constants?
 */
static bool
is_truncation(const FuncExpr *call, GroupTime *time)
{
	BucketWidth width = {0, 1};
	pg_tz	   *zone;
	Var		   *column;
	char	   *unit;
	int			i;

	for (i = 0; i < lengthof(truncations) && truncations[i].function != call->funcid; i++)
		;
	if (i == lengthof(truncations))
		return is_bucket_start(call, time);
	column = list_nth(call->args, truncations[i].time);
	if (!IsA(column, Var) || column->varattno <= 0)
		return false;
	if (truncations[i].has_unit && ((unit = constant_text(call, 0)) == NULL || !width_of_unit(unit, &width)))
		return false;
	if (truncations[i].has_zone)
		zone = zone_by_name(constant_text(call, 2));
	else
		zone = truncations[i].in_session_zone ? session_timezone : pg_tzset("GMT");
	if (zone == NULL)
		return false;
	*time = (GroupTime) {call, column, width, zone};
	return true;
}

/*
 * Find the one truncation of an expression.  Returns true to stop: there is a second one, or another column.
 */
static bool
find_truncation(Node *node, GroupTime *time)
{
	GroupTime	found;

	if (node == NULL)
		return false;
	if (IsA(node, FuncExpr) && is_truncation((FuncExpr *) node, &found))
	{
		if (time->truncation != NULL && !equal(time->truncation, node))
			return true;
		*time = found;
		return false;
	}
	return IsA(node, Var) || expression_tree_walker(node, find_truncation, time);
}

/*
 * By which buckets does an expression group; false if it does not, or not only.
 */
bool
group_time_of(Node *expression, GroupTime *time)
{
	time->truncation = NULL;
	return !find_truncation(expression, time) && time->truncation != NULL &&
		!contain_volatile_functions(expression) && !contain_subplans(expression) &&
		!expression_returns_set(expression);
}

/*
 * How many buckets there are between the first and the last bound of the column's histogram: the server does
 * not know that date_trunc() leaves few values.  0 if there is no histogram.
 */
double
group_time_nbuckets(PlannerInfo *root, const GroupTime *time)
{
	VariableStatData data;
	AttStatsSlot slot;
	double		days = -1;

	examine_variable(root, (Node *) time->column, 0, &data);
	if (HeapTupleIsValid(data.statsTuple) &&
		get_attstatsslot(&slot, data.statsTuple, STATISTIC_KIND_HISTOGRAM, InvalidOid, ATTSTATSSLOT_VALUES))
	{
		TimestampTz first = DatumGetTimestampTz(slot.values[0]);
		TimestampTz last = DatumGetTimestampTz(slot.values[slot.nvalues - 1]);

		if (!TIMESTAMP_NOT_FINITE(first) && !TIMESTAMP_NOT_FINITE(last))
			days = ((double) last - (double) first) / USECS_PER_DAY;
		free_attstatsslot(&slot);
	}
	ReleaseVariableStats(data);
	if (days < 0)
		return 0;
	return ceil(days / (time->width.days + time->width.months * DAYS_PER_YEAR / MONTHS_PER_YEAR)) + 1;
}

ScanGroups *
groups_begin(Node *expression, PageReader *reader)
{
	ScanGroups *groups = palloc0(sizeof(ScanGroups));

	if (!group_time_of(expression, &groups->time))
		elog(ERROR, "unexpected expression in GROUP BY");
	groups->session_zone = session_timezone;
	groups->column = page_reader_add_column(reader, groups->time.column->varattno);
	bucket_calendar_init(&groups->calendar, groups->time.width, groups->time.zone, CurrentMemoryContext);
	return groups;
}

/*
 * Forget the groups, as the Aggregate does.
 */
void
groups_reset(ScanGroups *groups)
{
	if (groups->n > 0)
		memset(groups->states, 0, groups->n * sizeof(AggStatePerGroup));
	groups->expecting = false;
}

/*
 * The states of a row's group, or NULL: the Aggregate must take the row, and will then be known to have them.
 * If a function in the query changes the session's zone, expressions may mean something else, and all rows
 * are left to the Aggregate.
 */
AggStatePerGroup
groups_find(ScanGroups *groups, NullableDatum time)
{
	TimestampTz at;
	int64		place;

	groups->expecting = false;
	if (time.isnull || groups->session_zone != session_timezone)
		return NULL;
	at = DatumGetTimestampTz(time.value);
	if (TIMESTAMP_NOT_FINITE(at))
		return NULL;
	groups->expected = bucket_of(&groups->calendar, at);
	place = (int64) groups->expected - groups->first;
	if (place >= 0 && place < groups->n && groups->states[place] != NULL)
		return groups->states[place];
	groups->expecting = true;
	return NULL;
}

/*
 * Make room for a bucket, and for more in its direction; false if there would be too many.
 */
static bool
reach(ScanGroups *groups, int32 bucket)
{
	int64		from = groups->n > 0 ? Min(bucket, groups->first) : bucket;
	int64		to = groups->n > 0 ? Max((int64) bucket + 1, (int64) groups->first + groups->n) : (int64) bucket + 1;
	int64		more = Min(Max(groups->n, FIRST_BUCKETS), MAX_BUCKETS - (to - from));
	AggStatePerGroup *states;

	if (to - from == groups->n)
		return true;
	if (more < 0)
		return false;
	if (from == bucket)
		from = Max(from - more, PG_INT32_MIN);
	else
		to += more;
	states = MemoryContextAllocZero(groups->calendar.cxt, (to - from) * sizeof(AggStatePerGroup));
	if (groups->n > 0)
	{
		memcpy(states + (groups->first - from), groups->states, groups->n * sizeof(AggStatePerGroup));
		pfree(groups->states);
	}
	groups->states = states;
	groups->first = (int32) from;
	groups->n = (int32) (to - from);
	return true;
}

/*
 * The Aggregate has taken the row that was looked for last.
 */
void
groups_learn(ScanGroups *groups, AggState *agg)
{
	if (groups->expecting && agg->hash_pergroup[0] != NULL && reach(groups, groups->expected))
		groups->states[groups->expected - groups->first] = agg->hash_pergroup[0];
	groups->expecting = false;
}
