/*
 * points/stored_times.h
 *		How the times of a stored movement are told, in as few bytes as possible.
 *
 * A time is the difference to another one in six bytes: four years to either side.  One that is further away
 * takes eight bytes more.  Varints would be as long, since times have microseconds, and take longer to read.
 *
 *		at				since the movement before; if it is at the same time, the head says so
 *		issued at		since that of the lot before
 *		expires			since that of the lot before
 *		available		since the movement's time, or that of its issue if it is an opening
 *
 * The points of a programme last equally long, or expire at one time.  Then the head says that a lot expires as
 * the lot before does, in one of these ways, and no byte is needed.  The lot before is the last one that
 * expires at all.
 */
#ifndef RETENTION_POINTS_STORED_TIMES_H
#define RETENTION_POINTS_STORED_TIMES_H

#include "points/stored.h"

#define TIME_SIZE 6
#define FAR_TIME (-(INT64CONST(1) << (8 * TIME_SIZE - 1)))

/* How an expiry is told: in the first way that is possible. */
typedef enum Expiry
{
	EXPIRY_NEVER,
	EXPIRY_LASTS_ALIKE,			/* as long after its issue as the lot before */
	EXPIRY_ALIKE,				/* with the lot before */
	EXPIRY_OTHER
} Expiry;

/*
 * A difference may be out of range, and then wraps around.
 */
static inline int64
time_since(TimestampTz time, TimestampTz base)
{
	return (int64) ((uint64) time - (uint64) base);
}

static inline TimestampTz
time_after(TimestampTz base, int64 difference)
{
	return (TimestampTz) ((uint64) base + (uint64) difference);
}

static inline bool
is_far(int64 difference)
{
	return difference <= FAR_TIME || difference >= -FAR_TIME;
}

static inline void
put_time(StringInfo bytes, TimestampTz time, TimestampTz base)
{
	int64		difference = time_since(time, base);
	int64		near = is_far(difference) ? FAR_TIME : difference;
	uint32		low = (uint32) near;
	int16		high = (int16) (near >> 32);

	appendBinaryStringInfo(bytes, (char *) &low, sizeof(low));
	appendBinaryStringInfo(bytes, (char *) &high, sizeof(high));
	if (near == FAR_TIME)
		appendBinaryStringInfo(bytes, (char *) &difference, sizeof(difference));
}

static inline int64
get_far(Reader *reader)
{
	int64		difference;

	if (reader->end - reader->cur < sizeof(difference))
		ledger_damaged();
	memcpy(&difference, reader->cur, sizeof(difference));
	reader->cur += sizeof(difference);
	if (!is_far(difference))
		ledger_damaged();
	return difference;
}

static inline TimestampTz
get_any_time(Reader *reader, TimestampTz base)
{
	uint32		low;
	int16		high;
	int64		difference;

	if (reader->end - reader->cur < TIME_SIZE)
		ledger_damaged();
	memcpy(&low, reader->cur, sizeof(low));
	memcpy(&high, reader->cur + sizeof(low), sizeof(high));
	reader->cur += TIME_SIZE;
	difference = (int64) ((uint64) high << 32 | low);
	if (unlikely(difference == FAR_TIME))
		difference = get_far(reader);
	return time_after(base, difference);
}

static inline TimestampTz
check_time(TimestampTz time)
{
	if (!IS_VALID_TIMESTAMP(time))
		ledger_damaged();
	return time;
}

static inline TimestampTz
get_time(Reader *reader, TimestampTz base)
{
	return check_time(get_any_time(reader, base));
}

static inline Expiry
expiry_of(const Movement *movement, const Times *before)
{
	if (movement->expires == NO_EXPIRY)
		return EXPIRY_NEVER;
	if (time_since(movement->expires, movement->issued_at) == time_since(before->expires, before->issued_at))
		return EXPIRY_LASTS_ALIKE;
	return movement->expires == before->expires ? EXPIRY_ALIKE : EXPIRY_OTHER;
}

/*
 * One that is told in another way than it would be is damage: it would be a second form.
 */
static inline TimestampTz
get_expiry(Reader *reader, Movement *movement, Expiry expiry)
{
	const Times *before = &reader->before;

	if (expiry == EXPIRY_NEVER)
		return NO_EXPIRY;
	if (expiry == EXPIRY_LASTS_ALIKE)
		return check_time(time_after(movement->issued_at, time_since(before->expires, before->issued_at)));
	movement->expires = expiry == EXPIRY_ALIKE ? check_time(before->expires) : get_time(reader, before->expires);
	if (expiry_of(movement, before) != expiry)
		ledger_damaged();
	return movement->expires;
}

static inline bool
is_expiring_lot(const Movement *movement)
{
	return movement->kind == MOVEMENT_EARN && movement->expires != NO_EXPIRY;
}

/*
 * A movement becomes the one before.
 */
static inline void
times_pass(Times *before, const Movement *movement)
{
	before->at = movement->at;
	if (is_expiring_lot(movement))
	{
		before->issued_at = movement->issued_at;
		before->expires = movement->expires;
	}
}

/*
 * The times before a movement.
 */
static inline Times
times_before(const Ledger *ledger, uint32 n)
{
	Times		before = {0};
	uint32		lot = n;

	while (lot > 0 && !is_expiring_lot(&ledger->movements[lot - 1]))
		lot--;
	if (lot > 0)
		times_pass(&before, &ledger->movements[lot - 1]);
	if (n > 0)
		before.at = ledger->movements[n - 1].at;
	return before;
}

#endif							/* RETENTION_POINTS_STORED_TIMES_H */
