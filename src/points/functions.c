/*
 * points/functions.c
 *		The SQL functions that return a points_ledger: points_ledger, earn, redeem, reverse, || and prefix_refs.
 *
 * A NULL ledger is an error.  If earn(NULL, ...) were NULL, an UPDATE would quietly lose the points; if it
 * were a ledger with these points, the NULL of an outer join would quietly become a ledger.
 */
#include "points/ledger.h"

#include "agg/aggstate.h"

#include "miscadmin.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(points_ledger_empty);
PG_FUNCTION_INFO_V1(points_ledger_earn);
PG_FUNCTION_INFO_V1(points_ledger_redeem);
PG_FUNCTION_INFO_V1(points_ledger_reverse);
PG_FUNCTION_INFO_V1(points_ledger_merge);
PG_FUNCTION_INFO_V1(points_ledger_prefix_refs);

/*
 * points_ledger() -> points_ledger
 */
Datum
points_ledger_empty(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(ledger_to_datum(ledger_make(0, NULL)));
}

static void
ledger_not_null(FunctionCallInfo fcinfo, int argno)
{
	if (PG_ARGISNULL(argno))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("ledger must not be null"),
				 errhint("Declare its column NOT NULL DEFAULT points_ledger().")));
}

static TimestampTz
time_argument(FunctionCallInfo fcinfo, int argno)
{
	parameter_not_null(fcinfo, argno, "at");
	return PG_GETARG_TIMESTAMPTZ(argno);
}

static int64
points_argument(FunctionCallInfo fcinfo, int argno)
{
	parameter_not_null(fcinfo, argno, "points");
	return PG_GETARG_INT64(argno);
}

static void
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

/*
 * earn(ledger, points, at, expires, ref, available) -> points_ledger
 */
Datum
points_ledger_earn(PG_FUNCTION_ARGS)
{
	Movement	earn = {MOVEMENT_EARN};
	Ledger	   *ledger;
	uint32		n;
	uint32		same;

	ledger_not_null(fcinfo, 0);
	earn.points = points_argument(fcinfo, 1);
	earn.at = time_argument(fcinfo, 2);
	earn.expires = PG_ARGISNULL(3) ? NO_EXPIRY : PG_GETARG_TIMESTAMPTZ(3);
	earn.available = PG_ARGISNULL(5) ? earn.at : PG_GETARG_TIMESTAMPTZ(5);
	ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	ref_argument(fcinfo, 4, ledger, &earn);

	n = ledger->nmovements;
	same = ledger_find_ref(ledger, earn.ref, earn.ref_size);
	if (same == NO_MOVEMENT)
		(void) enter_earn(ledger, &earn);
	else
		(void) rule_ref_same(ledger, same, ledger->movements[same].kind == MOVEMENT_EARN &&
							 ledger->movements[same].points == earn.points);
	PG_RETURN_DATUM(ledger_append(PG_GETARG_DATUM(0), ledger, n));
}

/*
 * redeem(ledger, points, at, ref) -> points_ledger
 */
Datum
points_ledger_redeem(PG_FUNCTION_ARGS)
{
	Movement	redemption = {MOVEMENT_REDEEM};
	Ledger	   *ledger;
	uint32		n;
	uint32		same;

	ledger_not_null(fcinfo, 0);
	redemption.points = points_argument(fcinfo, 1);
	redemption.at = time_argument(fcinfo, 2);
	redemption.expires = NO_EXPIRY;
	ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	ref_argument(fcinfo, 3, ledger, &redemption);

	n = ledger->nmovements;
	same = ledger_find_ref(ledger, redemption.ref, redemption.ref_size);
	if (same == NO_MOVEMENT)
		(void) enter_redeem(ledger, &redemption);
	else
		(void) rule_ref_same(ledger, same, ledger->movements[same].kind == MOVEMENT_REDEEM &&
							 ledger->movements[same].points == redemption.points);
	PG_RETURN_DATUM(ledger_append(PG_GETARG_DATUM(0), ledger, n));
}

/*
 * Is a movement the reversal that is asked for?  "Whole" means all that was not reversed when it was entered.
 */
static bool
is_reversal_of(const Ledger *ledger, uint32 n, uint32 target, bool whole, int64 points)
{
	const Movement *movement = &ledger->movements[n];
	uint32		i;

	if (movement->kind != MOVEMENT_REVERSE || movement->target != target)
		return false;
	if (!whole)
		return movement->points == points;

	points = ledger->movements[target].points;
	for (i = target + 1; i <= n; i++)
	{
		const Movement *other = &ledger->movements[i];

		if (other->kind == MOVEMENT_REVERSE && other->target == target)
			points -= other->points;
	}
	return points == 0;
}

/*
 * reverse(ledger, ref, at, points, reversal_ref, allow_negative) -> points_ledger
 */
Datum
points_ledger_reverse(PG_FUNCTION_ARGS)
{
	Movement	reversal = {MOVEMENT_REVERSE};
	bool		whole = PG_ARGISNULL(3);
	text	   *ref;
	Ledger	   *ledger;
	uint32		n;
	uint32		same;

	ledger_not_null(fcinfo, 0);
	parameter_not_null(fcinfo, 1, "ref");
	reversal.at = time_argument(fcinfo, 2);
	parameter_not_null(fcinfo, 5, "allow_negative");
	ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	if (!whole)
	{
		reversal.points = PG_GETARG_INT64(3);
		(void) rule_points(ledger, reversal.points);
		(void) rule_partial_ref(ledger, !PG_ARGISNULL(4));
	}
	ref_argument(fcinfo, 4, ledger, &reversal);

	n = ledger->nmovements;
	ref = PG_GETARG_TEXT_PP(1);
	reversal.target = ledger_find_ref(ledger, VARDATA_ANY(ref), VARSIZE_ANY_EXHDR(ref));
	same = ledger_find_ref(ledger, reversal.ref, reversal.ref_size);
	if (same != NO_MOVEMENT)
		(void) rule_ref_same(ledger, same, is_reversal_of(ledger, same, reversal.target, whole, reversal.points));
	else
	{
		(void) rule_target(ledger, reversal.target, 0, VARDATA_ANY(ref), VARSIZE_ANY_EXHDR(ref));
		if (whole)
			reversal.points = ledger->movements[reversal.target].reversible;

		/* A whole reversal without a ref has been entered before if nothing is left to reverse. */
		if (reversal.points == 0 && reversal.ref)
			(void) rule_reversible(ledger, reversal.target, 0);
		else if (reversal.points > 0)
			(void) enter_reverse(ledger, &reversal, PG_GETARG_BOOL(5));
	}
	PG_RETURN_DATUM(ledger_append(PG_GETARG_DATUM(0), ledger, n));
}

/*
 * points_ledger || points_ledger -> points_ledger
 */
Datum
points_ledger_merge(PG_FUNCTION_ARGS)
{
	Ledger	   *ledger;
	Ledger	   *other;
	uint32		from;
	uint32		n;

	ledger_not_null(fcinfo, 0);
	ledger_not_null(fcinfo, 1);
	ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	other = ledger_of_datum(PG_GETARG_DATUM(1));
	from = ledger->nmovements;
	(void) rule_total(ledger, other->earned);
	(void) rule_room(ledger, other->nmovements, other->ndraws);
	ledger_index_refs(ledger);
	for (n = 0; n < other->nmovements; n++)
	{
		Movement	movement = other->movements[n];
		Draw	   *draws = other->draws + movement.first_draw;
		uint32		i;

		CHECK_FOR_INTERRUPTS();
		(void) rule_ref_unique(ledger, ledger_find_ref(ledger, movement.ref, movement.ref_size), movement.ref,
							   movement.ref_size);
		movement.merged_from += from;
		if (movement.kind == MOVEMENT_REVERSE)
			movement.target += from;
		for (i = 0; i < movement.ndraws; i++)
			draws[i].lot += from;
		ledger_add(ledger, &movement, draws);
	}
	PG_RETURN_DATUM(ledger_append(PG_GETARG_DATUM(0), ledger, from));
}

/*
 * prefix_refs(ledger, prefix) -> points_ledger
 */
Datum
points_ledger_prefix_refs(PG_FUNCTION_ARGS)
{
	Ledger	   *ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	text	   *prefix = PG_GETARG_TEXT_PP(1);
	uint32		size = VARSIZE_ANY_EXHDR(prefix);
	uint64		refs_size = 0;
	uint32		n;

	for (n = 0; n < ledger->nmovements; n++)
		if (ledger->movements[n].ref != NULL)
			refs_size += (uint64) size + ledger->movements[n].ref_size;
	(void) rule_size(ledger, refs_size);
	for (n = 0; n < ledger->nmovements; n++)
	{
		Movement   *movement = &ledger->movements[n];
		char	   *ref;

		CHECK_FOR_INTERRUPTS();
		if (movement->ref == NULL)
			continue;
		ref = palloc(size + movement->ref_size);
		memcpy(ref, VARDATA_ANY(prefix), size);
		memcpy(ref + size, movement->ref, movement->ref_size);
		movement->ref = ref;
		movement->ref_size += size;
	}
	PG_RETURN_DATUM(ledger_to_datum(ledger));
}
