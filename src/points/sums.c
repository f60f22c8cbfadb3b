/*
 * points/sums.c
 *		What there is of a lot, or of all lots of a points_ledger, at a time.
 */
#include "points/sums.h"

/*
 * The sums of one lot, at a time when it has been earned.  Points that a reversal found expired stay so, even
 * if a backdated extension lets the others live.
 */
Sums
sums_of_lot(const Movement *lot, const LotState *state, TimestampTz at)
{
	Sums		sums = {lot->points};

	sums.expired = state->lapsed;
	if (lot_is_expired(state, at))
		sums.expired += state->left;
	else if (lot_is_live(lot, state, at))
		sums.available = state->left;
	else
		sums.pending = state->left;
	sums.held = state->held;
	sums.redeemed = state->redeemed;
	sums.reversed = state->reversed;
	return sums;
}

bool
is_lot_at(const Movement *movement, TimestampTz at)
{
	return movement->kind == MOVEMENT_EARN && movement->at <= at;
}

/*
 * An unpaid debt makes the balance less, and counts as reversed.
 */
Sums
sums_of_ledger(const Ledger *ledger, TimestampTz at)
{
	Replay		replay = {0};
	Sums		sums = {0};
	uint32		n;

	(void) rule_known(ledger, at);
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
		sums.held += lot.held;
		sums.redeemed += lot.redeemed;
		sums.expired += lot.expired;
		sums.reversed += lot.reversed;
	}
	ledger_replay_end(&replay);
	sums.available -= replay.debt;
	sums.reversed += replay.debt;
	return sums;
}
