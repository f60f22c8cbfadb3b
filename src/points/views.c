/*
 * points/views.c
 *		The SQL functions that look into a points_ledger: balance, pending, expiring, next_expiry, has_ref and
 *		statement.  Those that return many rows are in points/lists.c and points/journal.c.
 *
 * Those with a time say how things were or will be then; later movements do not count.
 */
#include "points/sums.h"

#include "access/htup_details.h"
#include "funcapi.h"

PG_FUNCTION_INFO_V1(points_ledger_balance);
PG_FUNCTION_INFO_V1(points_ledger_pending);
PG_FUNCTION_INFO_V1(points_ledger_expiring);
PG_FUNCTION_INFO_V1(points_ledger_next_expiry);
PG_FUNCTION_INFO_V1(points_ledger_has_ref);
PG_FUNCTION_INFO_V1(points_ledger_statement);

Datum
points_ledger_balance(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(sums_of_ledger(ledger_of_datum(PG_GETARG_DATUM(0)), PG_GETARG_TIMESTAMPTZ(1)).available);
}

Datum
points_ledger_pending(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(sums_of_ledger(ledger_of_datum(PG_GETARG_DATUM(0)), PG_GETARG_TIMESTAMPTZ(1)).pending);
}

/*
 * expiring(ledger, until, at) -> points live at a time that expire by another
 */
Datum
points_ledger_expiring(PG_FUNCTION_ARGS)
{
	Ledger	   *ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	TimestampTz until = PG_GETARG_TIMESTAMPTZ(1);
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(2);
	Replay		replay = {0};
	int64		points = 0;
	uint32		n;

	(void) rule_known(ledger, at);
	ledger_replay(&replay, ledger, 0, at, false);
	for (n = 0; n < ledger->nmovements; n++)
		if (lot_is_live(&ledger->movements[n], &replay.lots[n], at) && lot_is_expired(&replay.lots[n], until))
			points += replay.lots[n].left;
	ledger_replay_end(&replay);
	PG_RETURN_INT64(points);
}

/*
 * next_expiry(ledger, at) -> when the first points live at a time expire, and how many
 */
Datum
points_ledger_next_expiry(PG_FUNCTION_ARGS)
{
	Ledger	   *ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(1);
	TimestampTz expires = NO_EXPIRY;
	int64		points = 0;
	Replay		replay = {0};
	TupleDesc	desc;
	uint32		n;

	(void) rule_known(ledger, at);
	ledger_replay(&replay, ledger, 0, at, false);
	for (n = 0; n < ledger->nmovements; n++)
	{
		const LotState *lot = &replay.lots[n];

		if (lot->left == 0 || !lot_is_live(&ledger->movements[n], lot, at) || lot->expires > expires)
			continue;
		if (lot->expires < expires)
			points = 0;
		expires = lot->expires;
		points += lot->left;
	}
	ledger_replay_end(&replay);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	{
		bool		never = expires == NO_EXPIRY;
		Datum		values[] = {TimestampTzGetDatum(expires), Int64GetDatum(points)};
		bool		nulls[] = {never, never};

		PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
	}
}

Datum
points_ledger_has_ref(PG_FUNCTION_ARGS)
{
	Ledger	   *ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	text	   *ref = PG_GETARG_TEXT_PP(1);

	PG_RETURN_BOOL(ledger_find_ref(ledger, VARDATA_ANY(ref), VARSIZE_ANY_EXHDR(ref)) != NO_MOVEMENT);
}

/*
 * statement(ledger, at) -> a row of sums
 */
Datum
points_ledger_statement(PG_FUNCTION_ARGS)
{
	Sums		sums = sums_of_ledger(ledger_of_datum(PG_GETARG_DATUM(0)), PG_GETARG_TIMESTAMPTZ(1));
	Datum		values[] = {
		Int64GetDatum(sums.earned),
		Int64GetDatum(sums.available),
		Int64GetDatum(sums.pending),
		Int64GetDatum(sums.held),
		Int64GetDatum(sums.redeemed),
		Int64GetDatum(sums.expired),
		Int64GetDatum(sums.reversed)
	};
	bool		nulls[lengthof(values)] = {false};
	TupleDesc	desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
