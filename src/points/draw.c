/*
 * points/draw.c
 *		What draws points from the lots of a points_ledger: a redemption, a transfer or a hold.
 *
 * They are alike, but for what becomes of the points.  In the words of this file a redemption is any of them.
 */
#include "points/ledger.h"

#include "miscadmin.h"

/* A lot that a redemption may draw from. */
typedef struct Candidate
{
	uint32		lot;
	bool		preferred;		/* the redemption names its expiry */
	int64		points;
} Candidate;

/* What lots are compared by. */
typedef struct Lots
{
	const Ledger *ledger;
	const LotState *states;
} Lots;

/* What there is for a redemption. */
typedef struct Offer
{
	Candidate  *candidates;
	uint32		ncandidates;
	int64		balance;
	int64		free;			/* of it, what no later movement needs */
} Offer;

static bool
candidate_is_before(const Candidate *a, const Candidate *b, const Lots *lots)
{
	if (a->preferred != b->preferred)
		return a->preferred;
	return lot_is_drawn_before(lots->ledger, lots->states, a->lot, b->lot);
}

#define ST_SORT sort_candidates
#define ST_ELEMENT_TYPE Candidate
#define ST_COMPARE_ARG_TYPE const Lots
#define ST_COMPARE(a, b, lots) (candidate_is_before(a, b, lots) ? -1 : 1)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#define ST_DECLARE
#include "lib/sort_template.h"

/*
 * The first lot that may hold points for a movement at the latest time or after.
 */
static uint32
first_open_lot(Ledger *ledger)
{
	while (ledger->first_open < ledger->nmovements)
	{
		const LotState *lot = &ledger->lots[ledger->first_open];

		if (lot->left > 0 && !lot_is_expired(lot, ledger->latest))
			break;
		ledger->first_open++;
	}
	return ledger->first_open;
}

static Offer
find_offer(Ledger *ledger, const Movement *redemption, const Replay *replay)
{
	uint32		lot = replay->lowest == NULL && replay->first == 0 ? first_open_lot(ledger) : replay->first;
	Offer		offer = {palloc_array(Candidate, ledger->nmovements - lot + 1), 0, -replay->debt, -replay->debt};

	for (; lot < ledger->nmovements; lot++)
	{
		const LotState *state = &replay->lots[lot];
		int64		points = state->left;
		bool		preferred = redemption->kind == MOVEMENT_REDEEM && redemption->expires != NO_EXPIRY &&
			state->expires == redemption->expires;

		if (points == 0 || !lot_is_live(&ledger->movements[lot], state, redemption->at))
			continue;
		offer.balance += points;
		if (replay->lowest)
			points = replay->lowest[lot];
		offer.free += points;
		if (points > 0)
			offer.candidates[offer.ncandidates++] = (Candidate) {lot, preferred, points};
	}
	return offer;
}

/*
 * Draw from the candidates in order.  They have enough, unless the sums of a damaged ledger have overflowed.
 */
static Draw *
draw_points(const Offer *offer, Movement *redemption)
{
	Draw	   *draws = palloc_array(Draw, offer->ncandidates);
	int64		wanted = redemption->points;
	uint32		n;

	for (n = 0; wanted > 0; n++)
	{
		const Candidate *from = &offer->candidates[n];

		if (n == offer->ncandidates)
			ledger_damaged();
		draws[n] = (Draw) {from->lot, Min(wanted, from->points)};
		wanted -= draws[n].points;
	}
	redemption->ndraws = n;
	return draws;
}

/*
 * Enter a redemption, a transfer or a hold.
 */
bool
enter_draw(Ledger *ledger, const Movement *redemption)
{
	Movement	entered = *redemption;
	Replay		replay = {.wanted = redemption->points};
	Offer		offer;
	Lots		lots = {ledger};
	Draw	   *draws;
	bool		done;

	if (!rule_points(ledger, redemption->points) ||
		!rule_at(ledger, redemption->at) ||
		!rule_open(ledger, redemption->at) ||
		!(redemption->kind != MOVEMENT_HOLD || (rule_hold_times(ledger, redemption->at, redemption->expires) &&
												rule_hold_ref(ledger, redemption->ref != NULL))))
		return false;

	if (entered.kind == MOVEMENT_TRANSFER || TIMESTAMP_NOT_FINITE(entered.expires))
		entered.expires = NO_EXPIRY;
	entered.available = entered.issued_at = entered.at;
	entered.debt = 0;

	ledger_replay(&replay, ledger, entered.merged_from, entered.at, true);
	offer = find_offer(ledger, &entered, &replay);
	lots.states = replay.lots;
	sort_candidates(offer.candidates, offer.ncandidates, &lots);
	ledger_replay_end(&replay);
	if (!rule_balance(ledger, &entered, offer.balance) ||
		!rule_not_needed(ledger, &entered, offer.free, replay.needed_by))
		return false;

	draws = draw_points(&offer, &entered);
	done = enter_movement(ledger, &entered, draws);
	pfree(offer.candidates);
	pfree(draws);
	return done;
}
