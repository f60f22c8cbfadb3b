/*
 * points/journal.c
 *		journal: all that happened to a points_ledger after a time and until another, by itself or by a movement.
 *
 * The range ends with its last instant and begins after the first, since a statement says what is so as of
 * an instant, with all that happened at it: the journal is what lies between two statements.
 *
 * It is a replay that is watched.  Each event moves points between two columns of the statement, and always
 * the same two, so that sums by event give the change of every column:
 *
 *		earned			into pending, and into earned		held			available to held
 *		available		pending to available				released		held to available
 *		redeemed		available to redeemed				captured		held to redeemed
 *		returned		redeemed to available				transferred		available to reversed
 *		expired			available to expired				reversed		available to reversed
 *		debt			available to reversed; of no lot
 *		paid			its lot's available to reversed; no column changes, since the debt was in both
 *
 * Points go through available even where they do not stay there for a moment: points that come back to a lot
 * that has expired are returned and expire, pending points that are taken back become available and are
 * reversed.  The points of each lot so add up, too.
 */
#include "points/ledger.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

typedef struct Journal
{
	Watch		watch;
	const Ledger *ledger;
	ReturnSetInfo *result;
	TimestampTz after;
	TimestampTz until;
	bool	   *has_expired;	/* by lot */
} Journal;

PG_FUNCTION_INFO_V1(points_ledger_journal);

/*
 * A row, if it falls into the range.  NO_MOVEMENT is no lot.
 */
static void
put_row(Journal *journal, TimestampTz at, const char *event, uint32 lot, int64 points)
{
	bool		has_lot = lot != NO_MOVEMENT;
	TimestampTz issued_at = has_lot ? journal->ledger->movements[lot].issued_at : DT_NOBEGIN;
	Datum		values[] = {
		TimestampTzGetDatum(at),
		CStringGetTextDatum(event),
		Int32GetDatum(lot + 1),
		TimestampTzGetDatum(issued_at),
		Int64GetDatum(points)
	};
	bool		nulls[lengthof(values)] = {false, false, !has_lot, issued_at == DT_NOBEGIN, false};

	if (points != 0 && at > journal->after && at <= journal->until)
		tuplestore_putvalues(journal->result->setResult, journal->result->setDesc, values, nulls);
}

/*
 * Points that come back to a lot; if it has expired, so have they.
 */
static void
put_back(Journal *journal, TimestampTz at, const char *event, Draw draw, const LotState *lots)
{
	put_row(journal, at, event, draw.lot, draw.points);
	if (lot_is_expired(&lots[draw.lot], at))
		put_row(journal, at, "expired", draw.lot, draw.points);
}

/*
 * The lots that expire now: of all that were given this expiry, by their earn or by an extension, those that
 * still have it.
 */
static void
put_expired(Journal *journal, const Event *event, const LotState *lots)
{
	const Ledger *ledger = journal->ledger;
	bool		is_lot = ledger->movements[event->n].kind == MOVEMENT_EARN;
	uint32		lot = is_lot ? event->n : 0;
	uint32		end = is_lot ? event->n + 1 : ledger->nmovements;

	for (; lot < end; lot++)
	{
		const Movement *earn = &ledger->movements[lot];

		if (earn->kind != MOVEMENT_EARN || earn->at > event->at || lots[lot].expires != event->at ||
			journal->has_expired[lot])
			continue;
		journal->has_expired[lot] = true;
		put_row(journal, event->at, "expired", lot, lots[lot].left);
	}
}

static void
put_hold_end(Journal *journal, const Event *event, const LotState *lots)
{
	const Ledger *ledger = journal->ledger;
	const Movement *movement = &ledger->movements[event->n];
	uint32		i;

	if (movement->kind == MOVEMENT_CAPTURE)
		for (i = 0; i < movement->ndraws; i++)
		{
			Draw		draw = ledger->draws[movement->first_draw + i];

			put_row(journal, event->at, "captured", draw.lot, draw.points);
		}
	for (i = 0; i < changes_of(ledger, event); i++)
		put_back(journal, event->at, "released", change_of(ledger, event, i), lots);
}

static void
put_reversal(Journal *journal, const Event *event, const LotState *lots)
{
	const Ledger *ledger = journal->ledger;
	const Movement *reversal = &ledger->movements[event->n];
	int64		lapsed = reversal->points - reversal->debt;
	uint32		i;

	for (i = 0; i < reversal->ndraws; i++)
	{
		Draw		draw = ledger->draws[reversal->first_draw + i];

		if (ledger_gives_back(ledger, reversal))
		{
			put_back(journal, event->at, "returned", draw, lots);
			continue;
		}
		if (ledger->movements[draw.lot].available > event->at)
			put_row(journal, event->at, "available", draw.lot, draw.points);
		put_row(journal, event->at, "reversed", draw.lot, draw.points);
		lapsed -= draw.points;
	}
	/* It found them expired, and a backdated extension says that they had not. */
	if (!ledger_gives_back(ledger, reversal) && !lot_is_expired(&lots[reversal->target], event->at))
		put_row(journal, event->at, "expired", reversal->target, lapsed);
	put_row(journal, event->at, "debt", NO_MOVEMENT, reversal->debt);
}

static void
put_movement(Journal *journal, const Event *event, const LotState *lots)
{
	static const char *const events[MOVEMENT_KINDS] = {
		[MOVEMENT_REDEEM] = "redeemed",
		[MOVEMENT_TRANSFER] = "transferred",
		[MOVEMENT_HOLD] = "held",
	};
	const Ledger *ledger = journal->ledger;
	const Movement *movement = &ledger->movements[event->n];
	uint32		i;

	switch (movement->kind)
	{
		case MOVEMENT_EARN:
			put_row(journal, event->at, "earned", event->n, movement->points);
			if (movement->available <= event->at)
				put_row(journal, event->at, "available", event->n, movement->points);
			break;
		case MOVEMENT_REVERSE:
			put_reversal(journal, event, lots);
			break;
		case MOVEMENT_CAPTURE:
		case MOVEMENT_RELEASE:
			put_hold_end(journal, event, lots);
			break;
		default:
			for (i = 0; i < movement->ndraws; i++)
			{
				Draw		draw = ledger->draws[movement->first_draw + i];

				put_row(journal, event->at, events[movement->kind], draw.lot, draw.points);
			}
	}
}

static void
happened(Watch *watch, const Event *event, const LotState *lots)
{
	Journal    *journal = (Journal *) watch;

	CHECK_FOR_INTERRUPTS();
	switch (event->kind)
	{
		case EVENT_EXPIRY:
			put_expired(journal, event, lots);
			break;
		case EVENT_HOLD_END:
			put_hold_end(journal, event, lots);
			break;
		case EVENT_AVAILABLE:
			put_row(journal, event->at, "available", event->n, lots[event->n].left);
			break;
		case EVENT_MOVEMENT:
			put_movement(journal, event, lots);
	}
}

static void
paid(Watch *watch, TimestampTz at, uint32 lot, int64 points)
{
	put_row((Journal *) watch, at, "paid", lot, points);
}

/*
 * journal(ledger, after, until) -> a row for each change in a range
 */
Datum
points_ledger_journal(PG_FUNCTION_ARGS)
{
	Ledger	   *ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	Journal		journal = {{happened, paid}, ledger, (ReturnSetInfo *) fcinfo->resultinfo};
	Replay		replay = {.watch = &journal.watch};

	journal.after = PG_GETARG_TIMESTAMPTZ(1);
	journal.until = PG_GETARG_TIMESTAMPTZ(2);
	journal.has_expired = palloc0_array(bool, ledger->nmovements + 1);
	(void) rule_known(ledger, journal.after);
	InitMaterializedSRF(fcinfo, 0);
	ledger_replay(&replay, ledger, 0, DT_NOEND, false);
	ledger_replay_end(&replay);
	return (Datum) 0;
}
