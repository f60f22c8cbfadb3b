/*
 * points/ledger.c
 *		A ledger in memory: its list of movements, and what each does to the lots.
 *
 * Movements are only ever added at the end.  What they leave in each lot is kept up to date with every one,
 * so that the next can be checked without going through the list.
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

/*
 * What a movement does to its lots; the order in which movements are applied does not matter.  False if its
 * parts do not add up or a sum overflows, which means that a stored ledger is damaged.
 */
bool
ledger_apply(const Ledger *ledger, const Movement *movement, LotState *lots)
{
	const Draw *draws = ledger->draws + movement->first_draw;
	bool		gives_back = movement->kind == MOVEMENT_REVERSE &&
		ledger->movements[movement->target].kind == MOVEMENT_REDEEM;
	int64		rest = movement->points;
	uint32		i;

	if (movement->kind == MOVEMENT_EARN)
		return movement->debt == 0 && add_points(&lots[movement - ledger->movements].left, movement->points);

	for (i = 0; i < movement->ndraws; i++)
	{
		LotState   *lot = &lots[draws[i].lot];
		int64		points = draws[i].points;

		if (points > rest)
			return false;
		rest -= points;
		if (gives_back ? !move_points(&lot->redeemed, &lot->left, points)
			: !move_points(&lot->left, movement->kind == MOVEMENT_REDEEM ? &lot->redeemed : &lot->reversed, points))
			return false;
	}

	/* What the reversal of an earn neither took nor made a debt had expired. */
	if (movement->kind == MOVEMENT_REVERSE && !gives_back)
	{
		LotState   *lot = &lots[movement->target];

		rest -= movement->debt;
		return rest >= 0 && move_points(&lot->left, &lot->lapsed, rest);
	}
	return rest == 0 && movement->debt == 0;
}

/*
 * Room for another movement.
 */
static void
reserve(Ledger *ledger, uint32 ndraws)
{
	if (ledger->nmovements == ledger->room)
	{
		ledger->room *= 2;
		ledger->movements = repalloc_array(ledger->movements, Movement, ledger->room);
		ledger->lots = repalloc_array(ledger->lots, LotState, ledger->room);
	}
	while (ndraws > ledger->draws_room - ledger->ndraws)
	{
		ledger->draws_room *= 2;
		ledger->draws = repalloc_array(ledger->draws, Draw, ledger->draws_room);
	}
}

/*
 * No more of a movement can be reversed than there was.
 */
static bool
count_reversed(Ledger *ledger, const Movement *reversal)
{
	Movement   *target = &ledger->movements[reversal->target];

	target->reversible -= reversal->points;
	return target->reversible >= 0;
}

/*
 * Add a movement at the end of the list.
 */
void
ledger_add(Ledger *ledger, const Movement *movement, const Draw *draws)
{
	uint32		n = ledger->nmovements;
	Movement   *added;
	uint32		i;

	reserve(ledger, movement->ndraws);
	added = &ledger->movements[n];
	*added = *movement;
	added->reversible = movement->points;
	added->first_draw = ledger->ndraws;
	if (movement->ndraws > 0)
		memcpy(ledger->draws + ledger->ndraws, draws, movement->ndraws * sizeof(Draw));
	ledger->ndraws += movement->ndraws;
	ledger->nmovements++;
	memset(&ledger->lots[n], 0, sizeof(LotState));

	if (!ledger_apply(ledger, added, ledger->lots) ||
		(movement->kind == MOVEMENT_EARN && !add_points(&ledger->earned, movement->points)) ||
		(movement->kind == MOVEMENT_REVERSE && !count_reversed(ledger, added)))
		ledger_damaged();
	ledger->latest = Max(ledger->latest, movement->at);
	ledger->has_debts |= movement->debt > 0;
	if (movement->kind == MOVEMENT_REVERSE)
		for (i = 0; i < movement->ndraws; i++)
			ledger->first_open = Min(ledger->first_open, draws[i].lot);
}
