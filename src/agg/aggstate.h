/*
 * agg/aggstate.h
 *		What every aggregate of the extension needs.  See agg/aggstate.c.
 *
 * The contract of an aggregate here:
 *
 * - A state of type internal begins as one chunk in the aggregate's own context; no group has a memory context
 *   of its own.
 * - A final function leaves the logical state as it is (it may flush a row batch or sort an array), because
 *   aggregates with the same transition function and arguments share one state, and because a window
 *   calls it for every row.
 * - A combine function's right side is what the deserialize function made, a view into the message: whatever
 *   is kept of it is copied.
 * - A transition function that was handed a state of type internal runs in an aggregate: nobody else can
 *   write one down, not even NULL.  A state of a type that users have, as rollup's, may come from anybody.
 */
#ifndef RETENTION_AGG_AGGSTATE_H
#define RETENTION_AGG_AGGSTATE_H

#include "compat.h"

#include "fmgr.h"

/* A state that may be NULL: no row has come yet. */
#define STATE_OR_NULL(type, argno) \
	(PG_ARGISNULL(argno) ? NULL : (type *) PG_GETARG_POINTER(argno))

#define RETURN_STATE(state) \
	do { \
		if ((state) == NULL) \
			PG_RETURN_NULL(); \
		PG_RETURN_POINTER(state); \
	} while (0)

extern MemoryContext aggstate_context(FunctionCallInfo fcinfo);
extern bool aggstate_in_window(FunctionCallInfo fcinfo);
extern void aggstate_refuse_distinct(FunctionCallInfo fcinfo);
pg_noreturn extern void parameter_is_null(const char *name);
pg_noreturn extern void parameter_changed(const char *name, const char *one, const char *other);
pg_noreturn extern void merged_parameter_changed(const char *name, const char *one, const char *other);

static inline void
parameter_not_null(FunctionCallInfo fcinfo, int argno, const char *name)
{
	if (unlikely(PG_ARGISNULL(argno)))
		parameter_is_null(name);
}

#endif							/* RETENTION_AGG_AGGSTATE_H */
