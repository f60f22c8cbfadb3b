/*
 * points/views.c
 *		The SQL functions that look into a points_ledger: balance, pending, expiring, has_ref, lots, movements
 *		and statement.
 *
 * Those with a time say how things were or will be then; later movements do not count.
 */
#include "points/ledger.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

/* Sums over the lots of a ledger. */
typedef struct Sums
{
	int64		earned;
	int64		available;
	int64		pending;
	int64		redeemed;
	int64		expired;
	int64		reversed;
} Sums;

PG_FUNCTION_INFO_V1(points_ledger_balance);
PG_FUNCTION_INFO_V1(points_ledger_pending);
PG_FUNCTION_INFO_V1(points_ledger_expiring);
PG_FUNCTION_INFO_V1(points_ledger_has_ref);
PG_FUNCTION_INFO_V1(points_ledger_lots);
PG_FUNCTION_INFO_V1(points_ledger_movements);
PG_FUNCTION_INFO_V1(points_ledger_statement);
PG_FUNCTION_INFO_V1(points_ledger_rows);

/*
 * The sums of one lot, at a time when it has been earned.
 */
static Sums
sums_of_lot(const Movement *lot, const LotState *state, TimestampTz at)
{
	Sums		sums = {lot->points};

	if (lot_is_expired(lot, at))
		sums.expired = state->left + state->lapsed;
	else if (lot_is_live(lot, at))
		sums.available = state->left;
	else
		sums.pending = state->left;
	sums.redeemed = state->redeemed;
	sums.reversed = state->reversed;
	return sums;
}

static bool
is_lot_at(const Movement *movement, TimestampTz at)
{
	return movement->kind == MOVEMENT_EARN && movement->at <= at;
}

/*
 * An unpaid debt makes the balance less, and counts as reversed.
 */
static Sums
sums_of_ledger(Datum datum, TimestampTz at)
{
	Ledger	   *ledger = ledger_of_datum(datum);
	Replay		replay = {0};
	Sums		sums = {0};
	uint32		n;

	ledger_replay(&replay, ledger, 0, at, false);
	for (n = 0; n < ledger->nmovements; n++)
	{
		Sums		lot;

		if (!is_lot_at(&ledger->movements[n], at))
			continue;
		lot = sums_of_lot(&ledger->movements[n], &replay.lots[n], at);
		sums.earned += lot.earned;
		sums.available += lot.available;
		sums.pending += lot.pending;
		sums.redeemed += lot.redeemed;
		sums.expired += lot.expired;
		sums.reversed += lot.reversed;
	}
	ledger_replay_end(&replay);
	sums.available -= replay.debt;
	sums.reversed += replay.debt;
	return sums;
}

Datum
points_ledger_balance(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(sums_of_ledger(PG_GETARG_DATUM(0), PG_GETARG_TIMESTAMPTZ(1)).available);
}

Datum
points_ledger_pending(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(sums_of_ledger(PG_GETARG_DATUM(0), PG_GETARG_TIMESTAMPTZ(1)).pending);
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

	ledger_replay(&replay, ledger, 0, at, false);
	for (n = 0; n < ledger->nmovements; n++)
		if (lot_is_live(&ledger->movements[n], at) && lot_is_expired(&ledger->movements[n], until))
			points += replay.lots[n].left;
	ledger_replay_end(&replay);
	PG_RETURN_INT64(points);
}

Datum
points_ledger_has_ref(PG_FUNCTION_ARGS)
{
	Ledger	   *ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	text	   *ref = PG_GETARG_TEXT_PP(1);

	PG_RETURN_BOOL(ledger_find_ref(ledger, VARDATA_ANY(ref), VARSIZE_ANY_EXHDR(ref)) != NO_MOVEMENT);
}

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
				TimestampTzGetDatum(lot->expires),
				Int64GetDatum(sums.earned),
				Int64GetDatum(sums.redeemed),
				Int64GetDatum(sums.expired),
				Int64GetDatum(sums.reversed),
				Int64GetDatum(sums.available + sums.pending),
				CStringGetTextDatum(state_of(&sums))
			};
			bool		nulls[lengthof(values)] = {false, lot->ref == NULL, false, false, lot->expires == NO_EXPIRY};

			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		}
	}
	ledger_replay_end(&replay);
	return (Datum) 0;
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
		const Movement *movement = &ledger->movements[n];
		bool		is_earn = movement->kind == MOVEMENT_EARN;
		bool		is_reversal = movement->kind == MOVEMENT_REVERSE;
		Datum		draws;

		CHECK_FOR_INTERRUPTS();
		resetStringInfo(&json);
		ledger_draws_to_json(&json, ledger, movement);
		draws = DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
		{
			Datum		values[] = {
				Int32GetDatum(n + 1),
				CStringGetTextDatum(movement_kind_name(movement->kind)),
				TimestampTzGetDatum(movement->at),
				Int64GetDatum(movement->points),
				ref_datum(movement),
				TimestampTzGetDatum(movement->available),
				TimestampTzGetDatum(movement->expires),
				Int32GetDatum(movement->target + 1),
				draws,
				Int64GetDatum(movement->debt)
			};
			bool		nulls[lengthof(values)] = {
				false, false, false, false, movement->ref == NULL, !is_earn, movement->expires == NO_EXPIRY,
				!is_reversal, is_earn, movement->debt == 0
			};

			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		}
	}
	return (Datum) 0;
}

/*
 * statement(ledger, at) -> a row of sums
 */
Datum
points_ledger_statement(PG_FUNCTION_ARGS)
{
	Sums		sums = sums_of_ledger(PG_GETARG_DATUM(0), PG_GETARG_TIMESTAMPTZ(1));
	Datum		values[] = {
		Int64GetDatum(sums.earned),
		Int64GetDatum(sums.available),
		Int64GetDatum(sums.pending),
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
