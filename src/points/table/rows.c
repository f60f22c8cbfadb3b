/*
 * points/table/rows.c
 *		Rows of a points table: points earned and spent, and the array that collects them.
 *
 * Rows come in any order and to several processes, so that a balance is known only when all movements are
 * there and sorted by time.  A state is therefore an array.  There is a group for each member of a shop, and
 * a state is one small chunk that doubles when it is full:
 *
 *		| as_of 8 | count, room 8 | movement 24 | movement 24 | ...			256 bytes hold ten
 */
#include "points/table/rows.h"
#include "base/period.h"
#include "base/text.h"

#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define FIRST_CHUNK_SIZE 256
#define SIZE_OF(room) (offsetof(Movements, items) + (room) * sizeof(Movement))
#define ROOM_OF(size) (((size) - offsetof(Movements, items)) / sizeof(Movement))

static inline int
compare_times(TimestampTz one, TimestampTz other)
{
	return one < other ? -1 : one > other;
}

/*
 * At one instant, pending points become available first, then points are earned, then spent.
 */
static inline int
rank_at_instant(const Movement *movement)
{
	if (movement->points < 0)
		return 2;
	return movement_was_pending(movement) ? 0 : 1;
}

/*
 * By time, then by rank, then by expiry, so that of points that come at one instant those that expire first
 * pay a deficit.  The order of equal movements makes no difference.
 */
static inline int
compare_movements(const Movement *one, const Movement *other)
{
	int			cmp = compare_times(movement_counts_from(one), movement_counts_from(other));

	if (cmp == 0)
		cmp = rank_at_instant(one) - rank_at_instant(other);
	if (cmp == 0)
		cmp = compare_times(movement_expires(one), movement_expires(other));
	return cmp;
}

#define ST_SORT sort_movements
#define ST_ELEMENT_TYPE Movement
#define ST_COMPARE(a, b) compare_movements(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#define ST_DECLARE
#include "lib/sort_template.h"

void
movement_check_at(TimestampTz at)
{
	period_check_time_of("a movement of points", at);
}

/*
 * A row that moves points; they are not 0.
 */
Movement
movement_make(int64 points, TimestampTz at, TimestampTz expires, TimestampTz available)
{
	Movement	movement;

	movement_check_at(at);
	if (available < at)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("points moved at %s cannot be available before, at %s",
						timestamp_text(at), timestamp_text(available)),
				 errhint("Pass NULL for points that count at once.")));
	if (expires <= available)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("points available at %s must expire later, not at %s",
						timestamp_text(available), timestamp_text(expires)),
				 errdetail("Points count from the time at which they are available until just before they expire."),
				 errhint("Pass NULL for points that never expire.")));
	if (points == PG_INT64_MIN)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("points are out of range: " INT64_FORMAT, points),
				 errhint("A movement has at most " INT64_FORMAT " points, earned or redeemed.", PG_INT64_MAX)));

	movement.points = points;
	movement.times[0] = available > at ? expires : at;
	movement.times[1] = available > at ? available : expires;
	return movement;
}

Movements *
movements_create(MemoryContext cxt, TimestampTz as_of)
{
	Movements  *movements = MemoryContextAlloc(cxt, FIRST_CHUNK_SIZE);

	movements->as_of = as_of;
	movements->count = 0;
	movements->room = ROOM_OF(FIRST_CHUNK_SIZE);
	return movements;
}

/*
 * Returns the array, which may have moved.
 */
Movements *
movements_add(Movements *movements, const Movement *movement)
{
	if (unlikely(movements->count == movements->room))
	{
		Size		size = 2 * pg_nextpower2_size_t(SIZE_OF((Size) movements->room));

		if (ROOM_OF(size) > PG_UINT32_MAX)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("a group has more than %u movements of points", movements->count)));
		movements = repalloc_huge(movements, size);
		movements->room = ROOM_OF(size);
	}
	movements->items[movements->count++] = *movement;
	return movements;
}

void
movements_sort(Movement *items, uint64 count)
{
	sort_movements(items, count);
}

bytea *
movements_write(const Movements *movements, WireKind kind)
{
	uint64		count = movements->count;
	StringInfoData message;

	wire_begin(&message, kind);
	wire_put(&message, &movements->as_of, sizeof(movements->as_of));
	wire_put(&message, &count, sizeof(count));
	wire_put(&message, movements->items, count * sizeof(Movement));
	return wire_end(&message);
}

MovementsPartial *
movements_read(bytea *message, WireKind kind)
{
	MovementsPartial *partial = palloc(sizeof(MovementsPartial));
	WireReader	reader;

	wire_open(&reader, message, kind);
	wire_get(&reader, &partial->as_of, sizeof(partial->as_of));
	wire_get(&reader, &partial->count, sizeof(partial->count));
	if (partial->count > MaxAllocSize)
		wire_corrupt();
	partial->items = wire_take(&reader, partial->count * sizeof(Movement));
	wire_close(&reader);
	return partial;
}
