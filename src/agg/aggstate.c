/*
 * agg/aggstate.c
 *		What every aggregate of the extension needs: its memory context, the rules for arguments that are
 *		parameters, such as a period: never NULL, and the same for all rows of a group; and no DISTINCT where a
 *		repeated row counts.
 */
#include "agg/aggstate.h"

#include "nodes/primnodes.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"

/*
 * The memory context that lives as long as the states of the calling aggregate.
 */
MemoryContext
aggstate_context(FunctionCallInfo fcinfo)
{
	MemoryContext cxt;

	if (!AggCheckCallContext(fcinfo, &cxt))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("function %s can only be called by an aggregate", format_procedure(fcinfo->flinfo->fn_oid))));
	return cxt;
}

/*
 * Does the aggregate run over a window, where rows may leave the frame?
 */
bool
aggstate_in_window(FunctionCallInfo fcinfo)
{
	return AggCheckCallContext(fcinfo, NULL) == AGG_CONTEXT_WINDOW;
}

/*
 * For final functions: refuse DISTINCT, which would leave out rows that the aggregate is to count.  A transition
 * function may serve several aggregates, of which DISTINCT may suit some.
 */
void
aggstate_refuse_distinct(FunctionCallInfo fcinfo)
{
	Aggref	   *aggref = AggGetAggref(fcinfo);

	if (unlikely(aggref != NULL && aggref->aggdistinct != NIL))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("DISTINCT is not allowed in %s", get_func_name(aggref->aggfnoid)),
				 errdetail("Every row counts, also one that repeats another."),
				 errhint("Remove DISTINCT.  If rows repeat what should count once, as the items of an order do, "
						 "group them first.")));
}

void
parameter_is_null(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("%s must not be null", name)));
}

pg_noreturn static void
parameter_differs(const char *name, const char *one, const char *other, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must be the same for all rows of a group", name),
			 errdetail("One row has %s, another has %s.", one, other),
			 errhint("%s", hint)));
}

void
parameter_changed(const char *name, const char *one, const char *other)
{
	parameter_differs(name, one, other, "Add the column that it comes from to GROUP BY or PARTITION BY.");
}

/*
 * The same where a group for each value would count a customer in several of them.
 */
void
merged_parameter_changed(const char *name, const char *one, const char *other)
{
	parameter_differs(name, one, other,
					  "Choose one for all: a customer of several groups would count in each of them.");
}
