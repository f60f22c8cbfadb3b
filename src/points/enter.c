/*
 * points/enter.c
 *		Entering a movement into a points_ledger: whether it may, and what it draws.
 *
 * Every ledger is made here, so that none breaks a rule.  One that comes from outside is made by entering
 * its movements again in their order; they must then draw what they say they drew.
 */
#include "points/ledger.h"

#include "common/hashfn.h"
#include "miscadmin.h"

typedef struct Ref
{
	const char *text;
	uint32		size;
} Ref;

typedef struct RefEntry
{
	Ref			ref;
	uint32		movement;
	char		status;
} RefEntry;

#define SH_PREFIX refs
#define SH_ELEMENT_TYPE RefEntry
#define SH_KEY_TYPE Ref
#define SH_KEY ref
#define SH_HASH_KEY(table, key) hash_bytes((const unsigned char *) (key).text, (key).size)
#define SH_EQUAL(table, a, b) ((a).size == (b).size && memcmp((a).text, (b).text, (a).size) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* A lot that a redemption may draw from. */
typedef struct Candidate
{
	uint32		lot;
	bool		preferred;		/* the redemption names its expiry */
	int64		points;
} Candidate;

/* What there is for a redemption. */
typedef struct Offer
{
	Candidate  *candidates;
	uint32		ncandidates;
	int64		balance;
	int64		free;			/* of it, what no later movement needs */
} Offer;

static bool
candidate_is_before(const Candidate *a, const Candidate *b, const Ledger *ledger)
{
	if (a->preferred != b->preferred)
		return a->preferred;
	return lot_is_drawn_before(ledger, a->lot, b->lot);
}

#define ST_SORT sort_candidates
#define ST_ELEMENT_TYPE Candidate
#define ST_COMPARE_ARG_TYPE const Ledger
#define ST_COMPARE(a, b, ledger) (candidate_is_before(a, b, ledger) ? -1 : 1)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#define ST_DECLARE
#include "lib/sort_template.h"

/*
 * The movement with a ref, or NO_MOVEMENT.
 */
uint32
ledger_find_ref(const Ledger *ledger, const char *text, uint32 size)
{
	uint32		n;

	if (text == NULL)
		return NO_MOVEMENT;
	if (ledger->refs)
	{
		RefEntry   *entry = refs_lookup(ledger->refs, (Ref) {text, size});

		return entry ? entry->movement : NO_MOVEMENT;
	}
	for (n = 0; n < ledger->nmovements; n++)
	{
		const Movement *movement = &ledger->movements[n];

		if (movement->ref && movement->ref_size == size && memcmp(movement->ref, text, size) == 0)
			return n;
	}
	return NO_MOVEMENT;
}

static void
index_ref(Ledger *ledger, uint32 n)
{
	const Movement *movement = &ledger->movements[n];
	bool		found;

	if (ledger->refs && movement->ref)
		refs_insert(ledger->refs, (Ref) {movement->ref, movement->ref_size}, &found)->movement = n;
}

/*
 * To be called if many refs will be looked up.
 */
void
ledger_index_refs(Ledger *ledger)
{
	uint32		n;

	ledger->refs = refs_create(CurrentMemoryContext, 16, NULL);
	for (n = 0; n < ledger->nmovements; n++)
		index_ref(ledger, n);
}

static bool
add(Ledger *ledger, const Movement *movement, const Draw *draws)
{
	if (!rule_room(ledger, 1, movement->ndraws))
		return false;
	ledger_add(ledger, movement, draws);
	index_ref(ledger, ledger->nmovements - 1);
	return true;
}

bool
enter_earn(Ledger *ledger, const Movement *earn)
{
	return rule_points(ledger, earn->points) &&
		rule_at(ledger, earn->at) &&
		rule_lot_times(ledger, earn->at, earn->available, earn->expires) &&
		rule_total(ledger, earn->points) &&
		add(ledger, earn, NULL);
}

/*
 * The first lot that may hold points for a movement at the latest time or after.
 */
static uint32
first_open_lot(Ledger *ledger)
{
	while (ledger->first_open < ledger->nmovements)
	{
		const Movement *lot = &ledger->movements[ledger->first_open];

		if (ledger->lots[ledger->first_open].left > 0 && !lot_is_expired(lot, ledger->latest))
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
		const Movement *earn = &ledger->movements[lot];
		int64		points = replay->lots[lot].left;
		bool		preferred = redemption->expires != NO_EXPIRY && earn->expires == redemption->expires;

		if (points == 0 || !lot_is_live(earn, redemption->at))
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

bool
enter_redeem(Ledger *ledger, const Movement *redemption)
{
	Movement	entered = *redemption;
	Replay		replay = {.wanted = redemption->points};
	Offer		offer;
	Draw	   *draws;
	bool		done;

	if (!rule_points(ledger, redemption->points) || !rule_at(ledger, redemption->at))
		return false;

	if (TIMESTAMP_NOT_FINITE(entered.expires))
		entered.expires = NO_EXPIRY;
	entered.available = entered.at;
	entered.debt = 0;

	ledger_replay(&replay, ledger, entered.merged_from, entered.at, true);
	offer = find_offer(ledger, &entered, &replay);
	ledger_replay_end(&replay);
	if (!rule_balance(ledger, &entered, offer.balance) ||
		!rule_not_needed(ledger, &entered, offer.free, replay.needed_by))
		return false;

	sort_candidates(offer.candidates, offer.ncandidates, ledger);
	draws = draw_points(&offer, &entered);
	done = add(ledger, &entered, draws);
	pfree(offer.candidates);
	pfree(draws);
	return done;
}

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
	done = add(ledger, reversal, draws);
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
	const Movement *lot = &ledger->movements[target];
	Draw		draw = {target, 0};
	Replay		replay = {0};
	int64		left;
	int64		expired = 0;

	ledger_replay(&replay, ledger, reversal->merged_from, reversal->at, true);
	left = replay.lowest ? replay.lowest[target] : replay.lots[target].left;
	ledger_replay_end(&replay);
	if (lot_is_expired(lot, reversal->at))
	{
		expired = left;
		left = 0;
	}
	reversal->debt = Max(reversal->points - left - expired, 0);
	if (!allow_debt && !rule_taken_back(ledger, target, reversal->at, reversal->points, left, expired))
		return false;

	draw.points = Min(reversal->points, left);
	reversal->ndraws = draw.points > 0;
	return add(ledger, reversal, &draw);
}

bool
enter_reverse(Ledger *ledger, const Movement *reversal, bool allow_debt)
{
	Movement	entered = *reversal;
	const Movement *target = &ledger->movements[reversal->target];

	if (!rule_points(ledger, reversal->points) ||
		!rule_at(ledger, reversal->at) ||
		!rule_target_time(ledger, reversal->target, reversal->at))
		return false;
	if (!rule_reversible(ledger, reversal->target, reversal->points) ||
		!rule_partial_ref(ledger, reversal->ref || reversal->points == target->reversible))
		return false;

	entered.expires = NO_EXPIRY;
	entered.available = entered.at;
	if (target->kind == MOVEMENT_REDEEM)
		return give_back(ledger, &entered);
	return take_back(ledger, &entered, allow_debt);
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
 * Enter a movement that was entered elsewhere before.
 */
bool
enter_again(Ledger *ledger, const Movement *movement, const Draw *draws, bool has_draws)
{
	Movement	bare = *movement;
	const Movement *entered;
	bool		done = false;

	if (!rule_ref(ledger, movement->ref, movement->ref_size) ||
		!rule_ref_unique(ledger, ledger_find_ref(ledger, movement->ref, movement->ref_size), movement->ref,
						 movement->ref_size) ||
		!rule_merged_from(ledger, movement->merged_from, is_start(ledger, movement->merged_from)))
		return false;

	/* The draws and the debt that the caller knows of are compared with those that come out. */
	bare.ndraws = 0;
	bare.debt = 0;
	switch (movement->kind)
	{
		case MOVEMENT_EARN:
			done = enter_earn(ledger, &bare);
			break;
		case MOVEMENT_REDEEM:
			done = enter_redeem(ledger, &bare);
			break;
		case MOVEMENT_REVERSE:
			done = rule_target(ledger, movement->target, movement->merged_from, NULL, 0) &&
				enter_reverse(ledger, &bare, movement->debt > 0);
			break;
	}
	if (!done)
		return false;

	entered = &ledger->movements[ledger->nmovements - 1];
	bare.debt = movement->debt;
	bare.ndraws = has_draws ? movement->ndraws : entered->ndraws;
	return rule_draws(ledger, &bare, has_draws ? draws : ledger->draws + entered->first_draw, entered);
}
