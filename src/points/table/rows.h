/*
 * points/table/rows.h
 *		Points that were earned and spent, and the array that collects them.  See points/table/rows.c.
 */
#ifndef RETENTION_POINTS_TABLE_ROWS_H
#define RETENTION_POINTS_TABLE_ROWS_H

#include "compat.h"

#include "utils/timestamp.h"
#include "base/wire.h"

/* The expiry of points that never expire. */
#define EXPIRES_NEVER DT_NOEND

/*
 * Points that are earned (positive) or spent (negative).  They count from the earlier of the two times and
 * expire at the later one.  The later one comes first if the points were pending before they counted: that
 * matters only for the order at one instant, and takes no room of its own this way.
 */
typedef struct Movement
{
	int64		points;
	TimestampTz times[2];
} Movement;

/* The movements of a group, in one chunk, which moves when it grows. */
typedef struct Movements
{
	TimestampTz as_of;			/* means what the aggregate wants it to mean */
	uint32		count;
	uint32		room;			/* of items */
	Movement	items[FLEXIBLE_ARRAY_MEMBER];
} Movements;

/* What a deserialize function makes: a pointer into the message. */
typedef struct MovementsPartial
{
	TimestampTz as_of;
	uint64		count;
	const Movement *items;
} MovementsPartial;

static inline TimestampTz
movement_counts_from(const Movement *movement)
{
	return Min(movement->times[0], movement->times[1]);
}

static inline TimestampTz
movement_expires(const Movement *movement)
{
	return Max(movement->times[0], movement->times[1]);
}

static inline bool
movement_was_pending(const Movement *movement)
{
	return movement->times[0] > movement->times[1];
}

extern void movement_check_at(TimestampTz at);
extern Movement movement_make(int64 points, TimestampTz at, TimestampTz expires, TimestampTz available);

extern Movements *movements_create(MemoryContext cxt, TimestampTz as_of);
extern Movements *movements_add(Movements *movements, const Movement *movement);
extern void movements_sort(Movement *items, uint64 count);
extern bytea *movements_write(const Movements *movements, WireKind kind);
extern MovementsPartial *movements_read(bytea *message, WireKind kind);

#endif							/* RETENTION_POINTS_TABLE_ROWS_H */
