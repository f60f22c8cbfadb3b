/*
 * points/opening.c
 *		Entering the openings with which a compacted points_ledger begins.
 *
 * They stand for movements that are gone, so that the rules of these cannot be checked any more.  What is
 * checked is that they could be: a lot has no more points than it had, and what is held or was redeemed comes
 * from lots that have it.
 */
#include "points/ledger.h"

/*
 * The time at which the ledger was compacted with which a movement came: that of its first opening.
 */
static TimestampTz
opening_time(const Ledger *ledger, const Movement *movement)
{
	return movement->merged_from < ledger->nmovements ? ledger->movements[movement->merged_from].at : DT_NOBEGIN;
}

/*
 * A lot, with what had become of its points.
 */
static bool
enter_lot(Ledger *ledger, Movement *lot)
{
	const Opening *opening = lot->opening;
	int64		rest = lot->points;
	bool		adds_up;

	adds_up = opening->redeemed >= 0 && opening->redeemed <= rest;
	rest -= adds_up ? opening->redeemed : 0;
	adds_up = adds_up && opening->expired >= 0 && opening->expired <= rest;
	rest -= adds_up ? opening->expired : 0;
	adds_up = adds_up && opening->reversed >= 0 && opening->reversed <= rest;

	lot->ndraws = 0;
	lot->debt = 0;
	return rule_opening(ledger, adds_up && opening->reversible >= 0 && opening->reversible <= lot->points,
						"The parts of a lot are more than its points.") &&
		rule_opening(ledger, !TIMESTAMP_NOT_FINITE(lot->available) && lot->available < lot->expires &&
					 lot->issued_at <= lot->at, "The times of a lot are not in order.") &&
		(lot->at == opening_time(ledger, lot) || rule_open(ledger, lot->merged_from, lot->at)) &&
		rule_total(ledger, lot->points) &&
		enter_movement(ledger, lot, NULL);
}

/*
 * May these lots have been drawn from?  Each once, and no more than it has.
 */
static bool
could_draw(const Ledger *ledger, const Movement *movement, const Draw *draws)
{
	bool	   *drawn = palloc0_array(bool, ledger->nmovements + 1);
	int64		rest = movement->points;
	Replay		replay = {.no_debts = true};
	uint32		i;

	ledger_replay(&replay, ledger, movement->merged_from, movement->at, false);
	for (i = 0; i < movement->ndraws; i++)
	{
		uint32		lot = draws[i].lot;

		if (lot >= ledger->nmovements || lot < movement->merged_from || drawn[lot] ||
			ledger->movements[lot].kind != MOVEMENT_EARN || ledger->movements[lot].available > movement->at ||
			draws[i].points <= 0 ||
			draws[i].points > Min(rest, replay.lots[lot].left))
			break;
		drawn[lot] = true;
		rest -= draws[i].points;
	}
	ledger_replay_end(&replay);
	pfree(drawn);
	return i == movement->ndraws && rest == 0;
}

/*
 * A redemption that is undone later, or a hold that lasts.
 */
static bool
enter_drawn(Ledger *ledger, Movement *movement, const Draw *draws)
{
	movement->debt = 0;
	if (movement->kind == MOVEMENT_HOLD)
	{
		if (!rule_hold_times(ledger, movement->at, movement->expires) ||
			!rule_hold_ref(ledger, movement->ref != NULL))
			return false;
	}
	else
		movement->expires = NO_EXPIRY;
	movement->available = movement->issued_at = movement->at;
	return rule_opening(ledger, movement->at == opening_time(ledger, movement) && could_draw(ledger, movement, draws),
						"What it draws is not there.") &&
		enter_movement(ledger, movement, draws);
}

/*
 * A debt that is not paid.
 */
static bool
enter_debt(Ledger *ledger, Movement *reversal)
{
	reversal->expires = NO_EXPIRY;
	reversal->available = reversal->issued_at = reversal->at;
	return rule_target(ledger, reversal->target, reversal->merged_from, NULL, 0) &&
		rule_opening(ledger, reversal->at <= opening_time(ledger, reversal) &&
					 reversal->debt == reversal->points && reversal->ndraws == 0 &&
					 !ledger_gives_back(ledger, reversal), "It is not a debt.") &&
		rule_reversible(ledger, reversal->target, reversal->points) &&
		enter_movement(ledger, reversal, NULL);
}

bool
enter_opening(Ledger *ledger, const Movement *movement, const Draw *draws)
{
	Movement	entered = *movement;
	const Opening *opening = movement->opening;
	uint32		n;

	for (n = movement->merged_from; n < ledger->nmovements; n++)
		if (!rule_opening(ledger, ledger->movements[n].opening != NULL, "It comes after a movement that is none."))
			return false;
	if (!rule_points(ledger, movement->points) || !rule_at(ledger, movement->at))
		return false;
	if (movement->kind == MOVEMENT_EARN)
		return enter_lot(ledger, &entered);
	if (!rule_opening(ledger, opening->redeemed == 0 && opening->expired == 0 && opening->reversed == 0 &&
					  opening->reversible == 0, "Only a lot has parts."))
		return false;
	switch (movement->kind)
	{
		case MOVEMENT_REDEEM:
		case MOVEMENT_HOLD:
			return enter_drawn(ledger, &entered, draws);
		case MOVEMENT_REVERSE:
			return enter_debt(ledger, &entered);
		default:
			return rule_opening(ledger, false, "A movement of its kind cannot be one.");
	}
}
