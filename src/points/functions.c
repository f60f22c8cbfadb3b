/*
 * points/functions.c
 *		The SQL functions that enter points into a points_ledger or spend them: points_ledger, earn, redeem,
 *		hold, extend and close.  They return the ledger with the movement, or as it is if that is there already.
 */
#include "points/arguments.h"

PG_FUNCTION_INFO_V1(points_ledger_empty);
PG_FUNCTION_INFO_V1(points_ledger_earn);
PG_FUNCTION_INFO_V1(points_ledger_redeem);
PG_FUNCTION_INFO_V1(points_ledger_hold);
PG_FUNCTION_INFO_V1(points_ledger_extend);
PG_FUNCTION_INFO_V1(points_ledger_close);

/*
 * points_ledger() -> points_ledger
 */
Datum
points_ledger_empty(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(ledger_to_datum(ledger_make(0, NULL)));
}

/*
 * The ledger of the first argument with a movement, unless it is there already.
 */
static Datum
enter(Ledger *ledger, const Movement *movement, bool (*by_its_rules) (Ledger *ledger, const Movement *movement))
{
	if (!ledger_has_movement(ledger, movement))
		(void) by_its_rules(ledger, movement);
	return ledger_append(ledger);
}

/*
 * earn(ledger, points, at, expires, ref, available) -> points_ledger
 */
Datum
points_ledger_earn(PG_FUNCTION_ARGS)
{
	Movement	earn = {MOVEMENT_EARN};
	Ledger	   *ledger;

	ledger_not_null(fcinfo, 0);
	earn.points = points_argument(fcinfo, 1);
	earn.at = time_argument(fcinfo, 2, "at");
	earn.expires = PG_ARGISNULL(3) ? NO_EXPIRY : PG_GETARG_TIMESTAMPTZ(3);
	earn.issued_at = earn.at;
	earn.available = PG_ARGISNULL(5) ? earn.at : PG_GETARG_TIMESTAMPTZ(5);
	ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	ref_argument(fcinfo, 4, ledger, &earn);
	return enter(ledger, &earn, enter_earn);
}

/*
 * redeem(ledger, points, at, ref) -> points_ledger
 */
Datum
points_ledger_redeem(PG_FUNCTION_ARGS)
{
	Movement	redemption = {MOVEMENT_REDEEM};
	Ledger	   *ledger;

	ledger_not_null(fcinfo, 0);
	redemption.points = points_argument(fcinfo, 1);
	redemption.at = time_argument(fcinfo, 2, "at");
	redemption.expires = NO_EXPIRY;
	ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	ref_argument(fcinfo, 3, ledger, &redemption);
	return enter(ledger, &redemption, enter_draw);
}

/*
 * hold(ledger, points, until, at, ref) -> points_ledger
 */
Datum
points_ledger_hold(PG_FUNCTION_ARGS)
{
	Movement	hold = {MOVEMENT_HOLD};
	Ledger	   *ledger;

	ledger_not_null(fcinfo, 0);
	hold.points = points_argument(fcinfo, 1);
	hold.expires = time_argument(fcinfo, 2, "until");
	hold.at = time_argument(fcinfo, 3, "at");
	ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	ref_argument(fcinfo, 4, ledger, &hold);
	return enter(ledger, &hold, enter_draw);
}

/*
 * extend(ledger, expires, at, ref) -> points_ledger
 */
Datum
points_ledger_extend(PG_FUNCTION_ARGS)
{
	Movement	extension = {MOVEMENT_EXTEND};
	Ledger	   *ledger;

	ledger_not_null(fcinfo, 0);
	extension.expires = time_argument(fcinfo, 1, "expires");
	extension.at = time_argument(fcinfo, 2, "at");
	ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	ref_argument(fcinfo, 3, ledger, &extension);
	return enter(ledger, &extension, enter_extend);
}

/*
 * close(ledger, until) -> points_ledger
 */
Datum
points_ledger_close(PG_FUNCTION_ARGS)
{
	Movement	closing = {MOVEMENT_CLOSE};
	Ledger	   *ledger;

	ledger_not_null(fcinfo, 0);
	closing.at = time_argument(fcinfo, 1, "until");
	ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	(void) rule_at(ledger, closing.at);
	if (closing.at > ledger->closed)
		(void) enter_close(ledger, &closing);
	PG_RETURN_DATUM(ledger_append(ledger));
}
