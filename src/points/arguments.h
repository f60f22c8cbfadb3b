/*
 * points/arguments.h
 *		The arguments of the SQL functions that return a points_ledger.
 *
 * A NULL ledger is an error.  If earn(NULL, ...) were NULL, an UPDATE would quietly lose the points; if it
 * were a ledger with these points, the NULL of an outer join would quietly become a ledger.
 */
#ifndef RETENTION_POINTS_ARGUMENTS_H
#define RETENTION_POINTS_ARGUMENTS_H

#include "points/ledger.h"

#include "agg/aggstate.h"

/* points/arguments.c */
extern void ledger_not_null(FunctionCallInfo fcinfo, int argno);
extern TimestampTz time_argument(FunctionCallInfo fcinfo, int argno, const char *name);
extern int64 points_argument(FunctionCallInfo fcinfo, int argno);
extern void ref_argument(FunctionCallInfo fcinfo, int argno, const Ledger *ledger, Movement *movement);

#endif							/* RETENTION_POINTS_ARGUMENTS_H */
