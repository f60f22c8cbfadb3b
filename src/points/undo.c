/*
 * points/undo.c
 *		Movements of a points_ledger that undo or end another: reversals, and what ends a hold.
 */
#include "points/ledger.h"

/*
 * Points of a redemption go back to the lots that they came from, last drawn first; those that went back
 * before are skipped.
 */
static bool
give_back(Ledger *ledger, Movement *reversal)
{
	const Movement *target = &ledger->movements[reversal->target];
	int64		skip = target->points - target->reversible;
	int64		points = reversal->points;
	Draw	   *draws = palloc_array(Draw, target->ndraws);
	bool		done;
	uint32		i;

	reversal->ndraws = 0;
	reversal->debt = 0;
	for (i = target->ndraws; points > 0; i--)
	{
		Draw		draw = ledger->draws[target->first_draw + i - 1];
		int64		back;

		Assert(i > 0);
		back = draw.points - Min(skip, draw.points);
		skip -= draw.points - back;
		back = Min(back, points);
		if (back > 0)
			draws[reversal->ndraws++] = (Draw) {draw.lot, back};
		points -= back;
	}
	done = enter_movement(ledger, reversal, draws);
	pfree(draws);
	return done;
}

/*
 * Points of an earn are taken back from its lot.  Those that have expired stay expired; what is then missing
 * is a debt.
 */
static bool
take_back(Ledger *ledger, Movement *reversal, bool allow_debt)
{
	uint32		target = reversal->target;
	Draw		draw = {target, 0};
	Replay		replay = {0};
	int64		left;
	int64		held;
	int64		expired = 0;
	bool		is_expired;

	ledger_replay(&replay, ledger, reversal->merged_from, reversal->at, true);
	left = replay.lowest ? replay.lowest[target] : replay.lots[target].left;
	held = replay.lots[target].held;
	is_expired = lot_is_expired(&replay.lots[target], reversal->at);
	ledger_replay_end(&replay);
	if (is_expired)
	{
		expired = left;
		left = 0;
	}
	reversal->debt = Max(reversal->points - left - expired, 0);
	if (!allow_debt && !rule_taken_back(ledger, target, reversal->at, reversal->points, left, expired, held))
		return false;

	draw.points = Min(reversal->points, left);
	reversal->ndraws = draw.points > 0;
	return enter_movement(ledger, reversal, &draw);
}

bool
enter_reverse(Ledger *ledger, const Movement *reversal, bool allow_debt)
{
	Movement	entered = *reversal;
	const Movement *target = &ledger->movements[reversal->target];

	if (!rule_points(ledger, reversal->points) ||
		!rule_at(ledger, reversal->at) ||
		!rule_open(ledger, reversal->at) ||
		!rule_target_time(ledger, reversal->target, reversal->at))
		return false;
	if (!rule_reversible(ledger, reversal->target, reversal->points) ||
		!rule_partial_ref(ledger, reversal->ref || reversal->points == target->reversible))
		return false;

	entered.expires = NO_EXPIRY;
	entered.available = entered.issued_at = entered.at;
	if (ledger_gives_back(ledger, reversal))
		return give_back(ledger, &entered);
	return take_back(ledger, &entered, allow_debt);
}

/*
 * The capture or release that ended a hold, or NO_MOVEMENT.
 */
uint32
ledger_end_of_hold(const Ledger *ledger, uint32 hold)
{
	uint32		n;

	if (ledger->movements[hold].reversible > 0)
		return NO_MOVEMENT;
	for (n = hold + 1; n < ledger->nmovements; n++)
	{
		MovementKind kind = ledger->movements[n].kind;

		if ((kind == MOVEMENT_CAPTURE || kind == MOVEMENT_RELEASE) && ledger->movements[n].target == hold)
			return n;
	}
	return NO_MOVEMENT;
}

static bool
may_end_hold(const Ledger *ledger, const Movement *movement)
{
	return rule_points(ledger, movement->points) &&
		rule_at(ledger, movement->at) &&
		rule_open(ledger, movement->at) &&
		rule_target_time(ledger, movement->target, movement->at) &&
		rule_held(ledger, movement->target, movement->at, movement->points);
}

static Movement
end_of_hold(const Movement *movement)
{
	Movement	entered = *movement;

	entered.expires = NO_EXPIRY;
	entered.available = entered.issued_at = entered.at;
	entered.debt = 0;
	return entered;
}

/*
 * Points that are captured when the hold is over by now must not have been drawn since.  Debts that they paid
 * since can wait for others.
 */
static bool
still_there(const Ledger *ledger, const Movement *capture, const Draw *draws)
{
	Replay		replay = {.no_debts = true, .at_start = true};
	int64		missing = 0;
	uint32		i;

	ledger_replay(&replay, ledger, capture->merged_from, ledger->movements[capture->target].expires, true);
	for (i = 0; replay.lowest && i < capture->ndraws; i++)
		missing += Max(draws[i].points - replay.lowest[draws[i].lot], 0);
	ledger_replay_end(&replay);
	return rule_not_drawn(ledger, capture->target, capture->points, missing);
}

/*
 * What was drawn first is spent first.
 */
bool
enter_capture(Ledger *ledger, const Movement *capture)
{
	const Movement *hold = &ledger->movements[capture->target];
	const Draw *held = ledger->draws + hold->first_draw;
	Movement	entered = end_of_hold(capture);
	int64		rest = capture->points;
	Draw	   *draws;
	bool		done;

	if (!may_end_hold(ledger, capture))
		return false;
	draws = palloc_array(Draw, hold->ndraws);
	for (entered.ndraws = 0; rest > 0; entered.ndraws++)
	{
		Draw		draw = held[entered.ndraws];

		draw.points = Min(draw.points, rest);
		rest -= draw.points;
		draws[entered.ndraws] = draw;
	}
	done = still_there(ledger, &entered, draws) && enter_movement(ledger, &entered, draws);
	pfree(draws);
	return done;
}

/*
 * All that is held is released.
 */
bool
enter_release(Ledger *ledger, const Movement *release)
{
	Movement	entered = end_of_hold(release);

	entered.points = ledger->movements[release->target].points;
	entered.ndraws = 0;
	return may_end_hold(ledger, &entered) && enter_movement(ledger, &entered, NULL);
}
