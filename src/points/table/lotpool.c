/*
 * points/table/lotpool.c
 *		The points of one member at a time: lots that expire, or a deficit.
 *
 * Movements are applied in the order of movements_sort.  Earned points pay the deficit first, if there is
 * one; the rest is a lot.  Spent points come from lots, and what the lots do not have is the deficit:
 *
 *		with an expiry		from the lot with that expiry, then as without
 *		without				from the lot that expires first, then from the next
 *
 * Lots with the same expiry make no difference and are one: a node of a tree, in which both the first to
 * expire and the one with a given expiry are found in logarithmic time.
 */
#include "points/table/lotpool.h"

#include "common/int.h"
#include "miscadmin.h"
#include "utils/memutils.h"

typedef struct Lot
{
	RBTNode		node;
	TimestampTz expires;
	int64		points;
} Lot;

static int
compare_lots(const RBTNode *one, const RBTNode *other, void *arg)
{
	TimestampTz one_expires = ((const Lot *) one)->expires;
	TimestampTz other_expires = ((const Lot *) other)->expires;

	return one_expires < other_expires ? -1 : one_expires > other_expires;
}

/*
 * Cannot overflow, as the points of all lots together do not.
 */
static void
join_lots(RBTNode *lot, const RBTNode *other, void *arg)
{
	((Lot *) lot)->points += ((const Lot *) other)->points;
}

static RBTNode *
allocate_lot(void *arg)
{
	return MemoryContextAlloc((MemoryContext) arg, sizeof(Lot));
}

static void
free_lot(RBTNode *lot, void *arg)
{
	pfree(lot);
}

int64
points_add(int64 sum, int64 points)
{
	int64		more;

	if (pg_add_s64_overflow(sum, points, &more))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("sum of points is out of range"),
				 errdetail(INT64_FORMAT " and " INT64_FORMAT " points exceed the range of bigint.", sum, points),
				 errhint("Check the points, and that a group has the rows of one member: GROUP BY member.")));
	return more;
}

void
lotpool_init(LotPool *pool, MemoryContext cxt)
{
	pool->cxt = cxt;
	pool->lots = NULL;
	pool->live = 0;
	pool->deficit = 0;
}

static Lot *
first_lot(const LotPool *pool)
{
	return pool->live > 0 ? (Lot *) rbt_leftmost(pool->lots) : NULL;
}

static void
remove_lot(LotPool *pool, Lot *lot)
{
	CHECK_FOR_INTERRUPTS();
	pool->live -= lot->points;
	rbt_delete(pool->lots, &lot->node);
}

void
lotpool_clear(LotPool *pool)
{
	Lot		   *lot;

	while ((lot = first_lot(pool)) != NULL)
		remove_lot(pool, lot);
	pool->deficit = 0;
}

/*
 * At the instant of their expiry points no longer count.
 */
void
lotpool_expire(LotPool *pool, TimestampTz at)
{
	Lot		   *lot;

	while ((lot = first_lot(pool)) != NULL && lot->expires <= at && lot->expires != EXPIRES_NEVER)
		remove_lot(pool, lot);
}

/*
 * Take points from a lot, as far as it has them.  Returns what is still wanted.
 */
static int64
take_from_lot(LotPool *pool, Lot *lot, int64 points)
{
	if (points >= lot->points)
	{
		points -= lot->points;
		remove_lot(pool, lot);
		return points;
	}
	lot->points -= points;
	pool->live -= points;
	return 0;
}

static void
spend(LotPool *pool, int64 points, TimestampTz expires)
{
	Lot			wanted = {.expires = expires};
	Lot		   *lot;

	if (expires != EXPIRES_NEVER && pool->live > 0 &&
		(lot = (Lot *) rbt_find(pool->lots, &wanted.node)) != NULL)
		points = take_from_lot(pool, lot, points);
	while (points > 0 && (lot = first_lot(pool)) != NULL)
		points = take_from_lot(pool, lot, points);
	pool->deficit = points_add(pool->deficit, points);
}

static void
earn(LotPool *pool, int64 points, TimestampTz expires)
{
	int64		paid = Min(points, pool->deficit);
	Lot			lot = {.expires = expires,.points = points - paid};
	bool		is_new;

	pool->deficit -= paid;
	if (lot.points == 0)
		return;
	if (pool->lots == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(pool->cxt);

		pool->lots = rbt_create(sizeof(Lot), compare_lots, join_lots, allocate_lot, free_lot, pool->cxt);
		MemoryContextSwitchTo(caller);
	}
	pool->live = points_add(pool->live, lot.points);
	rbt_insert(pool->lots, &lot.node, &is_new);
}

/*
 * Apply a movement that comes after those applied before.
 */
void
lotpool_apply(LotPool *pool, const Movement *movement)
{
	CHECK_FOR_INTERRUPTS();
	lotpool_expire(pool, movement_counts_from(movement));
	if (movement->points > 0)
		earn(pool, movement->points, movement_expires(movement));
	else
		spend(pool, -movement->points, movement_expires(movement));
}
