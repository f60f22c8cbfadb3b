/*
 * points/undo_functions.c
 *		The SQL functions that undo a movement of a points_ledger or end a hold: reverse, capture and release.
 */
#include "points/arguments.h"

PG_FUNCTION_INFO_V1(points_ledger_reverse);
PG_FUNCTION_INFO_V1(points_ledger_capture);
PG_FUNCTION_INFO_V1(points_ledger_release);

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
 * Of a hold that was captured, the capture is what is reversed.
 */
static uint32
captured_of(const Ledger *ledger, uint32 target)
{
	uint32		end;

	if (target == NO_MOVEMENT || ledger->movements[target].kind != MOVEMENT_HOLD)
		return target;
	end = ledger_end_of_hold(ledger, target);
	return end != NO_MOVEMENT && ledger->movements[end].kind == MOVEMENT_CAPTURE ? end : target;
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
	uint32		same;

	ledger_not_null(fcinfo, 0);
	parameter_not_null(fcinfo, 1, "ref");
	reversal.at = time_argument(fcinfo, 2, "at");
	parameter_not_null(fcinfo, 5, "allow_negative");
	ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	if (!whole)
	{
		reversal.points = PG_GETARG_INT64(3);
		(void) rule_points(ledger, reversal.points);
		(void) rule_partial_ref(ledger, !PG_ARGISNULL(4));
	}
	ref_argument(fcinfo, 4, ledger, &reversal);

	ref = PG_GETARG_TEXT_PP(1);
	reversal.target = captured_of(ledger, ledger_find_ref(ledger, VARDATA_ANY(ref), VARSIZE_ANY_EXHDR(ref)));
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
	PG_RETURN_DATUM(ledger_append(ledger));
}

/*
 * The hold with a ref.
 */
static uint32
hold_argument(FunctionCallInfo fcinfo, int argno, const Ledger *ledger)
{
	text	   *ref;
	uint32		hold;

	parameter_not_null(fcinfo, argno, "ref");
	ref = PG_GETARG_TEXT_PP(argno);
	hold = ledger_find_ref(ledger, VARDATA_ANY(ref), VARSIZE_ANY_EXHDR(ref));
	(void) rule_hold(ledger, hold, 0, VARDATA_ANY(ref), VARSIZE_ANY_EXHDR(ref));
	return hold;
}

/*
 * capture(ledger, ref, points, at) -> points_ledger
 *
 * A hold that was captured is captured again if the points are those of then.
 */
Datum
points_ledger_capture(PG_FUNCTION_ARGS)
{
	Movement	capture = {MOVEMENT_CAPTURE};
	Ledger	   *ledger;
	uint32		end;

	ledger_not_null(fcinfo, 0);
	capture.at = time_argument(fcinfo, 3, "at");
	ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	capture.target = hold_argument(fcinfo, 1, ledger);
	capture.points = PG_ARGISNULL(2) ? ledger->movements[capture.target].points : PG_GETARG_INT64(2);
	end = ledger_end_of_hold(ledger, capture.target);
	if (end == NO_MOVEMENT || ledger->movements[end].kind != MOVEMENT_CAPTURE)
		(void) enter_capture(ledger, &capture);
	else
		(void) rule_captured_same(ledger, end, capture.points);
	PG_RETURN_DATUM(ledger_append(ledger));
}

/*
 * release(ledger, ref, at) -> points_ledger
 *
 * Points that are free again already stay so.
 */
Datum
points_ledger_release(PG_FUNCTION_ARGS)
{
	Movement	release = {MOVEMENT_RELEASE};
	Ledger	   *ledger;
	uint32		end;

	ledger_not_null(fcinfo, 0);
	release.at = time_argument(fcinfo, 2, "at");
	ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	release.target = hold_argument(fcinfo, 1, ledger);
	end = ledger_end_of_hold(ledger, release.target);
	if (end != NO_MOVEMENT ? ledger->movements[end].kind != MOVEMENT_RELEASE
		: release.at < ledger->movements[release.target].expires)
		(void) enter_release(ledger, &release);
	PG_RETURN_DATUM(ledger_append(ledger));
}
