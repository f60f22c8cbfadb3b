/*
 * points/enter.c
 *		Entering a movement into a points_ledger: whether it may, and what it draws.
 *
 * Every ledger is made here, so that none breaks a rule; draw.c and undo.c have the movements that draw from
 * lots and those that undo another.  A ledger that comes from outside is made by entering its movements again
 * in their order; they must then draw what they say they drew.  Of openings that cannot be said, since what
 * they drew from is gone: it is enough that they could.
 */
#include "points/ledger.h"

bool
enter_earn(Ledger *ledger, const Movement *earn)
{
	return rule_points(ledger, earn->points) &&
		rule_at(ledger, earn->at) &&
		rule_open(ledger, earn->at) &&
		rule_lot_times(ledger, earn->at, earn->available, earn->expires) &&
		rule_at(ledger, earn->issued_at) &&
		rule_issued(ledger, earn->at, earn->issued_at) &&
		rule_total(ledger, earn->points) &&
		enter_movement(ledger, earn, NULL);
}

/*
 * Whatever the movement has besides is not of its kind.
 */
static bool
enter_pointless(Ledger *ledger, const Movement *movement, TimestampTz expires)
{
	Movement	entered = *movement;

	entered.points = 0;
	entered.expires = expires;
	entered.available = entered.issued_at = entered.at;
	return enter_movement(ledger, &entered, NULL);
}

bool
enter_extend(Ledger *ledger, const Movement *extension)
{
	return rule_at(ledger, extension->at) &&
		rule_open(ledger, extension->at) &&
		rule_extension(ledger, extension->at, extension->expires) &&
		enter_pointless(ledger, extension, extension->expires);
}

/*
 * Earlier than one that there is already is a closing that came with a merged ledger, and changes nothing.
 */
bool
enter_close(Ledger *ledger, const Movement *closing)
{
	return rule_at(ledger, closing->at) && enter_pointless(ledger, closing, NO_EXPIRY);
}

/*
 * May the next movement have come with a merged ledger that begins at "first"?  It may if all movements from
 * there on came with that ledger, or with one that was merged into it before.
 */
static bool
is_start(const Ledger *ledger, uint32 first)
{
	uint32		n;

	if (first > ledger->nmovements)
		return false;
	for (n = first; first > 0 && n < ledger->nmovements; n++)
		if (ledger->movements[n].merged_from < first)
			return false;
	return true;
}

/*
 * Enter a movement of whatever kind.
 */
static bool
enter_any(Ledger *ledger, const Movement *movement, bool may_have_debt)
{
	switch (movement->kind)
	{
		case MOVEMENT_EARN:
			return enter_earn(ledger, movement);
		case MOVEMENT_REDEEM:
		case MOVEMENT_TRANSFER:
		case MOVEMENT_HOLD:
			return enter_draw(ledger, movement);
		case MOVEMENT_REVERSE:
			return rule_target(ledger, movement->target, movement->merged_from, NULL, 0) &&
				enter_reverse(ledger, movement, may_have_debt);
		case MOVEMENT_CAPTURE:
			return rule_hold(ledger, movement->target, movement->merged_from, NULL, 0) &&
				enter_capture(ledger, movement);
		case MOVEMENT_RELEASE:
			return rule_hold(ledger, movement->target, movement->merged_from, NULL, 0) &&
				enter_release(ledger, movement);
		case MOVEMENT_EXTEND:
			return enter_extend(ledger, movement);
		case MOVEMENT_CLOSE:
			return enter_close(ledger, movement);
	}
	return false;
}

/*
 * Enter a movement that was entered elsewhere before.
 */
bool
enter_again(Ledger *ledger, const Movement *movement, const Draw *draws, bool has_draws)
{
	Movement	bare = *movement;
	const Movement *entered;

	if (!rule_ref(ledger, movement->ref, movement->ref_size) ||
		!rule_ref_unique(ledger, ledger_find_ref(ledger, movement->ref, movement->ref_size), movement->ref,
						 movement->ref_size) ||
		!rule_merged_from(ledger, movement->merged_from, is_start(ledger, movement->merged_from)))
		return false;
	if (movement->opening)
		return enter_opening(ledger, movement, draws);

	/* The draws and the debt that the caller knows of are compared with those that come out. */
	bare.ndraws = 0;
	bare.debt = 0;
	if (!enter_any(ledger, &bare, movement->debt > 0))
		return false;

	entered = &ledger->movements[ledger->nmovements - 1];
	bare.debt = movement->debt;
	bare.ndraws = has_draws ? movement->ndraws : entered->ndraws;
	return rule_draws(ledger, &bare, has_draws ? draws : ledger->draws + entered->first_draw, entered);
}
