/*
 * points/functions.c
 *		The SQL functions that enter points into a points_ledger or spend them: points_ledger, earn, redeem,
 *		transfer, hold, extend and close.  They return the ledger with the movement, or as it is if that is
 *		there already.
 */
#include "points/arguments.h"

#include "access/htup_details.h"
#include "funcapi.h"

PG_FUNCTION_INFO_V1(points_ledger_empty);
PG_FUNCTION_INFO_V1(points_ledger_earn);
PG_FUNCTION_INFO_V1(points_ledger_redeem);
PG_FUNCTION_INFO_V1(points_ledger_transfer);
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
enter(FunctionCallInfo fcinfo, Ledger *ledger, const Movement *movement,
	  bool (*by_its_rules) (Ledger *ledger, const Movement *movement))
{
	uint32		n = ledger->nmovements;

	if (!ledger_has_movement(ledger, movement))
		(void) by_its_rules(ledger, movement);
	return ledger_append(PG_GETARG_DATUM(0), ledger, n);
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
	return enter(fcinfo, ledger, &earn, enter_earn);
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
	return enter(fcinfo, ledger, &redemption, enter_draw);
}

/*
 * The points of the first lot have the ref of the transfer, those of others that and a number: so a parcel
 * cannot be merged twice, and each of its lots can be reversed.
 */
static void
ref_of_parcel(Movement *earn, const Movement *transfer, uint32 i)
{
	if (transfer->ref == NULL)
		return;
	earn->ref = transfer->ref;
	earn->ref_size = transfer->ref_size;
	if (i > 0)
	{
		earn->ref = psprintf("%.*s/%u", (int) transfer->ref_size, transfer->ref, i + 1);
		earn->ref_size = strlen(earn->ref);
	}
}

/*
 * What a transfer took, as the points that another ledger earns.  Their expiry is what was known when the
 * transfer was entered: movements after it do not count.
 */
static Ledger *
parcel_of(const Ledger *giver, uint32 n)
{
	const Movement *transfer = &giver->movements[n];
	const Draw *draws = giver->draws + transfer->first_draw;
	Ledger	   *parcel = ledger_make(transfer->ndraws, NULL);
	Ledger		known = *giver;
	Replay		replay = {0};
	uint32		i;

	known.nmovements = n;
	ledger_replay(&replay, &known, transfer->merged_from, transfer->at, false);
	for (i = 0; i < transfer->ndraws; i++)
	{
		Movement	earn = {MOVEMENT_EARN};

		earn.points = draws[i].points;
		earn.at = earn.available = transfer->at;
		earn.issued_at = giver->movements[draws[i].lot].issued_at;
		earn.expires = replay.lots[draws[i].lot].expires;
		ref_of_parcel(&earn, transfer, i);
		(void) enter_earn(parcel, &earn);
	}
	ledger_replay_end(&replay);
	return parcel;
}

/*
 * transfer(ledger, points, at, ref) -> giver, parcel
 */
Datum
points_ledger_transfer(PG_FUNCTION_ARGS)
{
	Movement	transfer = {MOVEMENT_TRANSFER};
	Ledger	   *ledger;
	uint32		n;
	uint32		same;
	Datum		values[2];
	bool		nulls[2] = {false, false};
	TupleDesc	desc;

	ledger_not_null(fcinfo, 0);
	transfer.points = points_argument(fcinfo, 1);
	transfer.at = time_argument(fcinfo, 2, "at");
	ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	ref_argument(fcinfo, 3, ledger, &transfer);

	n = ledger->nmovements;
	same = n;
	if (ledger_has_movement(ledger, &transfer))
		same = ledger_find_ref(ledger, transfer.ref, transfer.ref_size);
	else
		(void) enter_draw(ledger, &transfer);
	values[0] = ledger_append(PG_GETARG_DATUM(0), ledger, n);
	values[1] = ledger_to_datum(parcel_of(ledger, same));
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
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
	return enter(fcinfo, ledger, &hold, enter_draw);
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
	return enter(fcinfo, ledger, &extension, enter_extend);
}

/*
 * close(ledger, until) -> points_ledger
 */
Datum
points_ledger_close(PG_FUNCTION_ARGS)
{
	Movement	closing = {MOVEMENT_CLOSE};
	Ledger	   *ledger;
	uint32		n;

	ledger_not_null(fcinfo, 0);
	closing.at = time_argument(fcinfo, 1, "until");
	ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	n = ledger->nmovements;
	(void) rule_at(ledger, closing.at);
	if (closing.at > ledger->closed)
		(void) enter_close(ledger, &closing);
	PG_RETURN_DATUM(ledger_append(PG_GETARG_DATUM(0), ledger, n));
}
