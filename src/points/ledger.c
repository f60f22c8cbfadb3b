/*
 * points/ledger.c
 *		A ledger in memory: its list of movements, and what each does to the lots.
 *
 * Movements are only ever added at the end.  What they leave in each lot is kept up to date with every one,
 * so that the next can be checked without going through the list.  It is what is left when all that was
 * entered is over: holds that nobody captured have ended.  Who asks for an earlier time goes to
 * points/replay.c.
 */
#include "points/ledger.h"

#include "common/int.h"

void
ledger_damaged(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("stored points_ledger is damaged")));
}

/*
 * An empty ledger that has room for a number of movements before its arrays grow.
 */
Ledger *
ledger_make(uint32 movements, Node *escontext)
{
	Ledger	   *ledger = palloc0(sizeof(Ledger));

	ledger->room = Max(movements, 8);
	ledger->movements = palloc_array(Movement, ledger->room);
	ledger->lots = palloc_array(LotState, ledger->room);
	ledger->draws_room = ledger->room;
	ledger->draws = palloc_array(Draw, ledger->draws_room);
	ledger->latest = DT_NOBEGIN;
	ledger->closed = ledger->merged_closed = DT_NOBEGIN;
	ledger->known_from = DT_NOBEGIN;
	ledger->holds_end = DT_NOBEGIN;
	ledger->escontext = escontext;
	return ledger;
}

static bool
add_points(int64 *sum, int64 points)
{
	return !pg_add_s64_overflow(*sum, points, sum);
}

static bool
move_points(int64 *from, int64 *to, int64 points)
{
	return !pg_sub_s64_overflow(*from, points, from) && add_points(to, points);
}

#define PART(part) offsetof(LotState, part)

static int64 *
part_of(LotState *lot, size_t part)
{
	return (int64 *) ((char *) lot + part);
}

/*
 * Move what a movement draws from one part of its lots to another.  Returns how much less that is than the
 * points of the movement, or -1 if it is more.
 */
static inline int64
move_draws(const Ledger *ledger, const Movement *movement, LotState *lots, size_t from, size_t to)
{
	const Draw *draws = ledger->draws + movement->first_draw;
	int64		rest = movement->points;
	uint32		i;

	for (i = 0; i < movement->ndraws; i++)
	{
		LotState   *lot = &lots[draws[i].lot];
		int64		points = draws[i].points;

		if (points > rest || !move_points(part_of(lot, from), part_of(lot, to), points))
			return -1;
		rest -= points;
	}
	return rest;
}

static inline bool
apply_earn(const Movement *earn, LotState *lot)
{
	int64		left = earn->points;
	const Opening *opening = earn->opening;

	lot->expires = earn->expires;
	if (opening)
	{
		left -= opening->redeemed;
		left -= opening->expired;
		left -= opening->reversed;
		lot->redeemed += opening->redeemed;
		lot->lapsed += opening->expired;
		lot->reversed += opening->reversed;
	}
	return left >= 0 && add_points(&lot->left, left);
}

/*
 * Points that go back to the lots of a redemption, or are taken from that of an earn.  What the reversal of
 * an earn neither takes nor makes a debt had expired.
 */
static bool
apply_reverse(const Ledger *ledger, const Movement *reversal, LotState *lots)
{
	LotState   *lot = &lots[reversal->target];
	int64		lapsed;

	if (ledger_gives_back(ledger, reversal))
		return reversal->debt == 0 && move_draws(ledger, reversal, lots, PART(redeemed), PART(left)) == 0;
	lapsed = move_draws(ledger, reversal, lots, PART(left), PART(reversed)) - reversal->debt;
	return lapsed >= 0 && move_points(&lot->left, &lot->lapsed, lapsed);
}

/*
 * What was held is free again.
 */
bool
ledger_end_hold(const Ledger *ledger, const Movement *hold, LotState *lots)
{
	return move_draws(ledger, hold, lots, PART(held), PART(left)) == 0;
}

/*
 * A capture spends what a hold has freed: the first of its draws, the last of them maybe in part.
 */
static bool
is_of_hold(const Ledger *ledger, const Movement *capture)
{
	const Movement *hold = &ledger->movements[capture->target];
	const Draw *held = ledger->draws + hold->first_draw;
	const Draw *spent = ledger->draws + capture->first_draw;
	uint32		i;

	if (capture->ndraws > hold->ndraws)
		return false;
	for (i = 0; i < capture->ndraws; i++)
		if (spent[i].lot != held[i].lot || spent[i].points > held[i].points)
			return false;
	return true;
}

/*
 * What a movement does to its lots, except that extensions need to know what came before: see ledger_extend.
 * The order in which movements are applied does not matter.  False if the parts of one do not add up or a sum
 * overflows, which means that a stored ledger is damaged.
 */
bool
ledger_apply(const Ledger *ledger, const Movement *movement, LotState *lots)
{
	switch (movement->kind)
	{
		case MOVEMENT_EARN:
			return apply_earn(movement, &lots[movement - ledger->movements]);
		case MOVEMENT_REDEEM:
			return move_draws(ledger, movement, lots, PART(left), PART(redeemed)) == 0;
		case MOVEMENT_REVERSE:
			return apply_reverse(ledger, movement, lots);
		case MOVEMENT_TRANSFER:
			return move_draws(ledger, movement, lots, PART(left), PART(reversed)) == 0;
		case MOVEMENT_HOLD:
			return move_draws(ledger, movement, lots, PART(left), PART(held)) == 0;
		case MOVEMENT_CAPTURE:
			return is_of_hold(ledger, movement) &&
				ledger_end_hold(ledger, &ledger->movements[movement->target], lots) &&
				move_draws(ledger, movement, lots, PART(left), PART(redeemed)) == 0;
		case MOVEMENT_RELEASE:
			return movement->points == ledger->movements[movement->target].points &&
				ledger_end_hold(ledger, &ledger->movements[movement->target], lots);
		default:
			return true;
	}
}

/*
 * Were two movements entered into one ledger, and not into two that were merged?  Then the later of the two
 * was entered into a ledger that had the earlier one.
 */
bool
ledger_has_both(const Ledger *ledger, uint32 one, uint32 other)
{
	return ledger->movements[Max(one, other)].merged_from <= Min(one, other);
}

/*
 * An extension, of lots that are as they were just before it.
 */
void
ledger_extend(const Ledger *ledger, uint32 extension, LotState *lots)
{
	const Movement *movement = &ledger->movements[extension];
	uint32		i;

	for (i = movement->merged_from; i < ledger->nmovements; i++)
	{
		const Movement *lot = &ledger->movements[i];

		if (lot->kind == MOVEMENT_EARN &&
			(lot->at < movement->at || (lot->at == movement->at && i < extension)) &&
			lots[i].expires > movement->at && lots[i].expires < movement->expires &&
			ledger_has_both(ledger, i, extension))
			lots[i].expires = movement->expires;
	}
}

/*
 * What is captured or released may be that only once.
 */
static bool
end_hold(Ledger *ledger, const Movement *end)
{
	Movement   *hold = &ledger->movements[end->target];

	if (hold->reversible == 0)
		return false;
	hold->reversible = 0;
	if (--ledger->nholds == 0)
		ledger->holds_end = DT_NOBEGIN;
	return ledger_apply(ledger, hold, ledger->lots) && ledger_apply(ledger, end, ledger->lots);
}

/*
 * No more of a movement can be reversed than there was.
 */
static bool
settle_reverse(Ledger *ledger, const Movement *reversal)
{
	Movement   *target = &ledger->movements[reversal->target];
	const Draw *draws = ledger->draws + reversal->first_draw;
	uint32		i;

	for (i = 0; i < reversal->ndraws; i++)
		ledger->first_open = Min(ledger->first_open, draws[i].lot);
	ledger->has_debts |= reversal->debt > 0;
	target->reversible -= reversal->points;
	return target->reversible >= 0 && ledger_apply(ledger, reversal, ledger->lots);
}

static bool
settle_hold(Ledger *ledger, const Movement *hold)
{
	ledger->nholds++;
	ledger->holds_end = Max(ledger->holds_end, hold->expires);
	return ledger_apply(ledger, hold, ledger->lots) && ledger_end_hold(ledger, hold, ledger->lots);
}

static void
settle_closing(Ledger *ledger, TimestampTz at)
{
	ledger->closed = Max(ledger->closed, at);
	ledger->merged_closed = Max(ledger->merged_closed, at);
}

static bool
settle_earn(Ledger *ledger, Movement *earn)
{
	if (earn->opening)
	{
		earn->reversible = earn->opening->reversible;
		ledger->known_from = Max(ledger->known_from, earn->at);
		settle_closing(ledger, earn->at);
	}
	return add_points(&ledger->earned, earn->points) &&
		apply_earn(earn, &ledger->lots[earn - ledger->movements]);
}

/*
 * What a movement leaves in its lots when all is over, and what the whole ledger remembers of it.  A hold has
 * ended by then; one that is captured or released has ended in another way.
 */
static bool
settle(Ledger *ledger, Movement *movement)
{
	switch (movement->kind)
	{
		case MOVEMENT_EARN:
			return settle_earn(ledger, movement);
		case MOVEMENT_REVERSE:
			return settle_reverse(ledger, movement);
		case MOVEMENT_HOLD:
			return settle_hold(ledger, movement);
		case MOVEMENT_CAPTURE:
		case MOVEMENT_RELEASE:
			return end_hold(ledger, movement);
		case MOVEMENT_EXTEND:
			ledger->has_extensions = true;
			return true;
		case MOVEMENT_CLOSE:
			settle_closing(ledger, movement->at);
			return true;
		default:
			return ledger_apply(ledger, movement, ledger->lots);
	}
}

/*
 * Until when are the books closed into which a movement is entered?  One that came with a merged ledger was
 * entered into that one's.
 */
TimestampTz
ledger_closed(const Ledger *ledger, uint32 merged_from)
{
	if (merged_from == 0)
		return ledger->closed;
	return merged_from == ledger->merged_from ? ledger->merged_closed : DT_NOBEGIN;
}

/*
 * The place of the draws of the next movement.
 */
Draw *
ledger_next_draws(Ledger *ledger, uint32 ndraws)
{
	while (ndraws > ledger->draws_room - ledger->ndraws)
	{
		ledger->draws_room *= 2;
		ledger->draws = repalloc_array(ledger->draws, Draw, ledger->draws_room);
	}
	return ledger->draws + ledger->ndraws;
}

/*
 * The next movement, which is in its place with its draws, belongs to the list from here on.
 */
void
ledger_settle(Ledger *ledger)
{
	uint32		n = ledger->nmovements++;
	Movement   *movement = &ledger->movements[n];

	movement->reversible = movement->points;
	movement->first_draw = ledger->ndraws;
	ledger->ndraws += movement->ndraws;
	ledger->lots[n] = (LotState) {0};
	ledger->latest = Max(ledger->latest, movement->at);
	if (movement->merged_from != ledger->merged_from)
	{
		ledger->merged_from = movement->merged_from;
		ledger->merged_closed = DT_NOBEGIN;
	}
	if (!settle(ledger, movement))
		ledger_damaged();
}

/*
 * Add a movement at the end of the list.
 */
void
ledger_add(Ledger *ledger, const Movement *movement, const Draw *draws)
{
	if (ledger->nmovements == ledger->room)
	{
		ledger->room *= 2;
		ledger->movements = repalloc_array(ledger->movements, Movement, ledger->room);
		ledger->lots = repalloc_array(ledger->lots, LotState, ledger->room);
	}
	ledger->movements[ledger->nmovements] = *movement;
	if (movement->ndraws > 0)
		memcpy(ledger_next_draws(ledger, movement->ndraws), draws, movement->ndraws * sizeof(Draw));
	ledger_settle(ledger);
}
