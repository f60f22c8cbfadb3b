/*
 * points/compact.c
 *		compact: a points_ledger with openings in the place of the movements up to a time.
 *
 * From that time on the ledger answers as before.  What is kept, as openings:
 *
 *		lots			that have points, or from which something kept or later drew, or that a later movement
 *						takes back: with their ref, so that they can still be reversed
 *		holds			that have not ended
 *		redemptions		that a later reversal gives back: as far as they were not given back before
 *		debts			that are not paid
 *
 * All other lots become one, which has nothing left.  Later movements stay as they are.
 *
 * What a later movement draws is worked out again when the ledger is entered from its text.  So it must not
 * matter that it was entered before or after a movement that is gone: only a first part of the list is
 * compacted, all of which is earlier than the rest.  Movements that were backdated across the time therefore
 * make it earlier; they no longer do when the ledger is compacted at a time after both.
 */
#include "points/arguments.h"

#include "miscadmin.h"

typedef struct Compaction
{
	const Ledger *ledger;
	Ledger	   *result;
	uint32		ncompacted;		/* movements; the others are later */
	TimestampTz at;
	Replay		replay;			/* what there was then */
	bool	   *kept;			/* by movement */
	uint32	   *place;			/* of the kept, in the result */
	int64	   *undone;			/* of each movement, points that reversals had undone by then */
	int64	   *redeemed;		/* of each lot, points that kept redemptions drew */
	int64	   *owed;			/* of each lot, points of kept debts that its reversals made */
	Opening    *rest;			/* of lots that are not kept */
	int64		rest_earned;
} Compaction;

PG_FUNCTION_INFO_V1(points_ledger_compact);

/*
 * How many movements to compact, and as of when.  Closings have no part in this, since one that comes last
 * says what all of them did.
 */
static void
find_end(Compaction *compaction, TimestampTz before)
{
	const Ledger *ledger = compaction->ledger;
	TimestampTz *earliest = palloc_extended((ledger->nmovements + 1) * sizeof(TimestampTz), MCXT_ALLOC_HUGE);
	TimestampTz latest = DT_NOBEGIN;
	uint32		n;

	earliest[ledger->nmovements] = DT_NOEND;
	for (n = ledger->nmovements; n-- > 0;)
		earliest[n] = ledger->movements[n].kind == MOVEMENT_CLOSE ? earliest[n + 1]
			: Min(earliest[n + 1], ledger->movements[n].at);
	for (n = 0; n < ledger->nmovements; n++)
	{
		if (ledger->movements[n].kind != MOVEMENT_CLOSE)
			latest = Max(latest, ledger->movements[n].at);
		if (latest > before)
			break;
		if (latest < earliest[n + 1])
		{
			compaction->ncompacted = n + 1;
			compaction->at = earliest[n + 1] == DT_NOEND ? before : Min(before, earliest[n + 1] - 1);
		}
	}
	pfree(earliest);
}

/*
 * The draws of a redemption or a hold that were not given back by then: the first ones, since the last are
 * given back first.  Returns their number.
 */
static uint32
draws_left(const Compaction *compaction, uint32 n, Draw *draws)
{
	const Movement *movement = &compaction->ledger->movements[n];
	int64		rest = movement->points - compaction->undone[n];
	uint32		i;

	for (i = 0; rest > 0; i++)
	{
		draws[i] = compaction->ledger->draws[movement->first_draw + i];
		draws[i].points = Min(draws[i].points, rest);
		rest -= draws[i].points;
	}
	return i;
}

/*
 * Does a hold last?
 */
static bool
lasts(const Compaction *compaction, uint32 hold)
{
	return compaction->ledger->movements[hold].expires > compaction->at &&
		ledger_end_of_hold(compaction->ledger, hold) >= compaction->ncompacted;
}

/*
 * What later movements undo or draw from, what has not ended, and the lots of all these.
 */
static void
choose_kept(Compaction *compaction)
{
	const Ledger *ledger = compaction->ledger;
	const Replay *replay = &compaction->replay;
	uint32		n;
	uint32		i;

	for (n = compaction->ncompacted; n < ledger->nmovements; n++)
	{
		const Movement *movement = &ledger->movements[n];

		compaction->kept[n] = movement->kind != MOVEMENT_CLOSE;
		if (movement_has_target(movement->kind))
			compaction->kept[movement->target] = true;
		for (i = 0; i < movement->ndraws; i++)
			compaction->kept[ledger->draws[movement->first_draw + i].lot] = true;
	}
	for (i = 0; i < replay->ndebtors; i++)
		if (replay->unpaid[i] > 0)
		{
			uint32		lot = ledger->movements[replay->debtors[i]].target;

			compaction->kept[replay->debtors[i]] = compaction->kept[lot] = true;
			compaction->owed[lot] += replay->unpaid[i];
		}
	for (n = 0; n < compaction->ncompacted; n++)
	{
		const Movement *movement = &ledger->movements[n];

		if (movement->kind == MOVEMENT_HOLD && lasts(compaction, n))
			compaction->kept[n] = true;
		if (movement->kind == MOVEMENT_EARN && replay->lots[n].left > 0 &&
			!lot_is_expired(&replay->lots[n], compaction->at))
			compaction->kept[n] = true;
	}
}

static void
keep_lots_drawn(Compaction *compaction)
{
	const Ledger *ledger = compaction->ledger;
	uint32		n;
	uint32		i;

	for (n = 0; n < compaction->ncompacted; n++)
	{
		const Movement *movement = &ledger->movements[n];
		Draw	   *draws;
		uint32		ndraws;

		if (!compaction->kept[n] || movement->kind == MOVEMENT_EARN || movement->kind == MOVEMENT_REVERSE)
			continue;
		draws = palloc_array(Draw, movement->ndraws);
		ndraws = draws_left(compaction, n, draws);
		for (i = 0; i < ndraws; i++)
		{
			compaction->kept[draws[i].lot] = true;
			if (movement->kind != MOVEMENT_HOLD)
				compaction->redeemed[draws[i].lot] += draws[i].points;
		}
		pfree(draws);
	}
}

/*
 * Where the movements come to stand that are kept, and the end of the list; where others would, for merged
 * ledgers that begin with them.
 */
static void
find_places(Compaction *compaction)
{
	uint32		next = compaction->rest_earned > 0 ? 1 : 0;
	uint32		n;

	for (n = 0; n < compaction->ledger->nmovements; n++)
	{
		compaction->place[n] = next;
		next += compaction->kept[n];
	}
	compaction->place[n] = next;
}

/*
 * The same for the beginning of the ledger that a movement came with.
 */
static uint32
place_of_start(const Compaction *compaction, uint32 merged_from)
{
	return merged_from > 0 ? compaction->place[merged_from] : 0;
}

/*
 * The lots that are not kept.
 */
static void
sum_rest(Compaction *compaction)
{
	const Ledger *ledger = compaction->ledger;
	uint32		n;

	for (n = 0; n < compaction->ncompacted; n++)
	{
		const LotState *lot = &compaction->replay.lots[n];

		if (ledger->movements[n].kind != MOVEMENT_EARN || compaction->kept[n])
			continue;
		compaction->rest_earned += ledger->movements[n].points;
		compaction->rest->redeemed += lot->redeemed;
		compaction->rest->expired += lot->left + lot->lapsed;
		compaction->rest->reversed += lot->reversed;
	}
}

static void
put_rest(Compaction *compaction)
{
	Movement	rest = {MOVEMENT_EARN};

	if (compaction->rest_earned == 0)
		return;
	rest.points = compaction->rest_earned;
	rest.at = rest.available = compaction->at;
	rest.expires = NO_EXPIRY;
	rest.issued_at = DT_NOBEGIN;
	rest.opening = compaction->rest;
	ledger_add(compaction->result, &rest, NULL);
}

static const Opening *
opening_of_lot(const Compaction *compaction, uint32 n)
{
	const LotState *lot = &compaction->replay.lots[n];
	const Movement *earn = &compaction->ledger->movements[n];
	Opening    *opening = palloc(sizeof(Opening));

	opening->redeemed = lot->redeemed - compaction->redeemed[n];
	opening->expired = lot->lapsed;
	opening->reversed = lot->reversed;
	opening->reversible = (earn->opening ? earn->opening->reversible : earn->points) - compaction->undone[n] +
		compaction->owed[n];
	return opening;
}

static int64
unpaid_of(const Compaction *compaction, uint32 debtor)
{
	uint32		i;

	for (i = 0; i < compaction->replay.ndebtors; i++)
		if (compaction->replay.debtors[i] == debtor)
			return compaction->replay.unpaid[i];
	return 0;
}

/*
 * A kept movement as an opening.
 */
static void
put_opening(Compaction *compaction, uint32 n)
{
	static const Opening no_lot = {0};
	const Ledger *ledger = compaction->ledger;
	Movement	movement = ledger->movements[n];
	Draw	   *draws = palloc_array(Draw, movement.ndraws);
	uint32		i;

	movement.opening = &no_lot;
	movement.merged_from = place_of_start(compaction, movement.merged_from);
	switch (movement.kind)
	{
		case MOVEMENT_EARN:
			movement.opening = opening_of_lot(compaction, n);
			movement.expires = compaction->replay.lots[n].expires;
			movement.at = compaction->at;
			break;
		case MOVEMENT_REVERSE:
			movement.target = compaction->place[movement.target];
			movement.points = movement.debt = unpaid_of(compaction, n);
			movement.ndraws = 0;
			break;
		default:
			if (movement.kind == MOVEMENT_CAPTURE)
			{
				movement.ref = ledger->movements[movement.target].ref;
				movement.ref_size = ledger->movements[movement.target].ref_size;
				movement.kind = MOVEMENT_REDEEM;
				movement.target = 0;
			}
			if (movement.kind != MOVEMENT_HOLD)
				movement.expires = NO_EXPIRY;
			movement.at = movement.available = movement.issued_at = compaction->at;
			movement.points -= compaction->undone[n];
			movement.ndraws = draws_left(compaction, n, draws);
			for (i = 0; i < movement.ndraws; i++)
				draws[i].lot = compaction->place[draws[i].lot];
	}
	ledger_add(compaction->result, &movement, draws);
	pfree(draws);
}

static void
put_later(Compaction *compaction, uint32 n)
{
	const Ledger *ledger = compaction->ledger;
	Movement	movement = ledger->movements[n];
	Draw	   *draws = palloc_array(Draw, movement.ndraws);
	uint32		i;

	movement.merged_from = place_of_start(compaction, movement.merged_from);
	if (movement_has_target(movement.kind))
		movement.target = compaction->place[movement.target];
	for (i = 0; i < movement.ndraws; i++)
	{
		draws[i] = ledger->draws[movement.first_draw + i];
		draws[i].lot = compaction->place[draws[i].lot];
	}
	ledger_add(compaction->result, &movement, draws);
	pfree(draws);
}

static void
put_closing(Compaction *compaction, TimestampTz closed)
{
	Movement	closing = {MOVEMENT_CLOSE};

	closing.at = closing.available = closing.issued_at = closed;
	closing.expires = NO_EXPIRY;
	ledger_add(compaction->result, &closing, NULL);
}

static void
count_undone(Compaction *compaction)
{
	const Ledger *ledger = compaction->ledger;
	uint32		n;

	for (n = 0; n < compaction->ncompacted; n++)
		if (ledger->movements[n].kind == MOVEMENT_REVERSE)
			compaction->undone[ledger->movements[n].target] += ledger->movements[n].points;
}

static Ledger *
compacted(const Ledger *ledger, TimestampTz before)
{
	uint32		n = ledger->nmovements + 1;
	Compaction	compaction = {ledger, ledger_make(0, NULL)};
	uint32		i;

	compaction.rest = palloc0_object(Opening);
	compaction.kept = palloc0_array(bool, n);
	compaction.place = palloc0_array(uint32, n);
	compaction.undone = palloc0_array(int64, n);
	compaction.redeemed = palloc0_array(int64, n);
	compaction.owed = palloc0_array(int64, n);
	find_end(&compaction, before);
	ledger_replay(&compaction.replay, ledger, 0, compaction.at, false);
	count_undone(&compaction);
	choose_kept(&compaction);
	keep_lots_drawn(&compaction);
	sum_rest(&compaction);
	find_places(&compaction);

	put_rest(&compaction);
	for (i = 0; i < ledger->nmovements; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (compaction.kept[i] && i < compaction.ncompacted)
			put_opening(&compaction, i);
		else if (compaction.kept[i])
			put_later(&compaction, i);
	}
	put_closing(&compaction, Max(before, ledger->closed));
	ledger_replay_end(&compaction.replay);
	return compaction.result;
}

/*
 * compact(ledger, before) -> points_ledger
 */
Datum
points_ledger_compact(PG_FUNCTION_ARGS)
{
	TimestampTz before;
	Ledger	   *ledger;

	ledger_not_null(fcinfo, 0);
	before = time_argument(fcinfo, 1, "before");
	ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	(void) rule_at(ledger, before);
	if (before <= ledger->known_from)
		PG_RETURN_DATUM(ledger_append(ledger));
	PG_RETURN_DATUM(ledger_to_datum(compacted(ledger, before)));
}
