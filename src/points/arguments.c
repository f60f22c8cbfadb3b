/*
 * points/arguments.c
 *		The arguments of the SQL functions that return a points_ledger, and what may not be NULL.
 */
#include "points/arguments.h"

void
ledger_not_null(FunctionCallInfo fcinfo, int argno)
{
	if (PG_ARGISNULL(argno))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("ledger must not be null"),
				 errhint("Declare its column NOT NULL DEFAULT points_ledger().")));
}

TimestampTz
time_argument(FunctionCallInfo fcinfo, int argno, const char *name)
{
	parameter_not_null(fcinfo, argno, name);
	return PG_GETARG_TIMESTAMPTZ(argno);
}

int64
points_argument(FunctionCallInfo fcinfo, int argno)
{
	parameter_not_null(fcinfo, argno, "points");
	return PG_GETARG_INT64(argno);
}

void
ref_argument(FunctionCallInfo fcinfo, int argno, const Ledger *ledger, Movement *movement)
{
	text	   *ref;

	if (PG_ARGISNULL(argno))
		return;
	ref = PG_GETARG_TEXT_PP(argno);
	movement->ref = VARDATA_ANY(ref);
	movement->ref_size = VARSIZE_ANY_EXHDR(ref);
	(void) rule_ref(ledger, movement->ref, movement->ref_size);
}
