/*
 * points/lists.c
 *		The SQL functions that list what is in a points_ledger: lots and movements.
 */
#include "points/sums.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(points_ledger_lots);
PG_FUNCTION_INFO_V1(points_ledger_movements);
PG_FUNCTION_INFO_V1(points_ledger_rows);

static Datum
ref_datum(const Movement *movement)
{
	return movement->ref ? PointerGetDatum(cstring_to_text_with_len(movement->ref, movement->ref_size)) : (Datum) 0;
}

/*
 * What has become of a lot, in one word.
 */
static const char *
state_of(const Sums *lot)
{
	if (lot->pending > 0)
		return "pending";
	if (lot->available > 0)
		return "available";
	if (lot->held > 0)
		return "held";
	if (lot->expired > 0)
		return "expired";
	return lot->redeemed > 0 ? "redeemed" : "reversed";
}

/*
 * lots(ledger, at) -> a row for each lot
 */
Datum
points_ledger_lots(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Ledger	   *ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(1);
	Replay		replay = {0};
	uint32		n;

	(void) rule_known(ledger, at);
	ledger_replay(&replay, ledger, 0, at, false);
	InitMaterializedSRF(fcinfo, 0);
	for (n = 0; n < ledger->nmovements; n++)
	{
		const Movement *lot = &ledger->movements[n];

		CHECK_FOR_INTERRUPTS();
		if (is_lot_at(lot, at))
		{
			Sums		sums = sums_of_lot(lot, &replay.lots[n], at);
			Datum		values[] = {
				Int32GetDatum(n + 1),
				ref_datum(lot),
				TimestampTzGetDatum(lot->at),
				TimestampTzGetDatum(lot->available),
				TimestampTzGetDatum(replay.lots[n].expires),
				Int64GetDatum(sums.earned),
				Int64GetDatum(sums.redeemed),
				Int64GetDatum(sums.expired),
				Int64GetDatum(sums.reversed),
				Int64GetDatum(sums.available + sums.pending),
				CStringGetTextDatum(state_of(&sums)),
				TimestampTzGetDatum(lot->issued_at),
				Int64GetDatum(sums.held)
			};
			bool		nulls[lengthof(values)] = {
				false, lot->ref == NULL, false, false, replay.lots[n].expires == NO_EXPIRY, false, false, false,
				false, false, false, lot->issued_at == DT_NOBEGIN
			};

			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		}
	}
	ledger_replay_end(&replay);
	return (Datum) 0;
}

static Datum
draws_datum(StringInfo json, const Ledger *ledger, const Movement *movement)
{
	resetStringInfo(json);
	ledger_draws_to_json(json, ledger, movement);
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json->data));
}

static void
put_movement(ReturnSetInfo *result, StringInfo json, const Ledger *ledger, const Movement *movement)
{
	bool		is_earn = movement->kind == MOVEMENT_EARN;
	bool		is_reversal = movement->kind == MOVEMENT_REVERSE;
	bool		is_hold = movement->kind == MOVEMENT_HOLD;
	bool		ends_hold = !is_reversal && movement_has_target(movement->kind);
	Datum		values[] = {
		Int32GetDatum(movement - ledger->movements + 1),
		CStringGetTextDatum(movement_kind_name(movement->kind)),
		TimestampTzGetDatum(movement->at),
		Int64GetDatum(movement->points),
		ref_datum(movement),
		TimestampTzGetDatum(movement->available),
		TimestampTzGetDatum(movement->expires),
		Int32GetDatum(movement->target + 1),
		draws_datum(json, ledger, movement),
		Int64GetDatum(movement->debt),
		TimestampTzGetDatum(movement->issued_at),
		TimestampTzGetDatum(movement->expires),
		Int32GetDatum(movement->target + 1)
	};
	bool		nulls[lengthof(values)] = {
		false, false, false, movement->points == 0, movement->ref == NULL, !is_earn,
		is_hold || movement->expires == NO_EXPIRY, !is_reversal, !movement_has_draws(movement->kind),
		movement->debt == 0, !is_earn || movement->issued_at == DT_NOBEGIN, !is_hold, !ends_hold
	};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * movements(ledger) -> a row for each movement, in the order of their entry
 */
Datum
points_ledger_movements(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Ledger	   *ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	StringInfoData json;
	uint32		n;

	InitMaterializedSRF(fcinfo, 0);
	initStringInfo(&json);
	for (n = 0; n < ledger->nmovements; n++)
	{
		CHECK_FOR_INTERRUPTS();
		put_movement(result, &json, ledger, &ledger->movements[n]);
	}
	return (Datum) 0;
}

/*
 * points_ledger_rows(internal) -> internal: planner support of lots and movements.  If the planner knows the
 * ledger, it knows the number of movements, which is that of rows or, for lots, a bound.
 */
Datum
points_ledger_rows(PG_FUNCTION_ARGS)
{
	SupportRequestRows *request = (SupportRequestRows *) PG_GETARG_POINTER(0);
	Node	   *ledger;

	if (!IsA(request, SupportRequestRows) || !is_funcclause(request->node))
		PG_RETURN_POINTER(NULL);
	ledger = estimate_expression_value(request->root, linitial(((FuncExpr *) request->node)->args));
	if (!IsA(ledger, Const) || ((Const *) ledger)->constisnull)
		PG_RETURN_POINTER(NULL);
	request->rows = ledger_count_stored(((Const *) ledger)->constvalue);
	PG_RETURN_POINTER(request);
}
