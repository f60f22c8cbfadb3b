/*
 * points/stored.h
 *		Reading and writing the bytes of a stored points_ledger: for points/stored*.c alone.
 */
#ifndef RETENTION_POINTS_STORED_H
#define RETENTION_POINTS_STORED_H

#include "points/ledger.h"

#include "base/varint.h"

/* What the times of a movement are told by. */
typedef struct Times
{
	TimestampTz at;				/* of the movement before; of the first one, 0 */
	TimestampTz issued_at;		/* of the last lot before it that expires */
	TimestampTz expires;		/* of the same */
} Times;

typedef struct Reader
{
	const uint8 *cur;
	const uint8 *end;
	Times		before;
	Opening    *openings;		/* by movement; NULL if there is none yet */
} Reader;

static inline uint8
get_byte(Reader *reader)
{
	if (reader->cur == reader->end)
		ledger_damaged();
	return *reader->cur++;
}

static inline uint64
get_number(Reader *reader)
{
	uint64		number;
	const uint8 *next = varint_get(reader->cur, reader->end, &number);

	if (unlikely(next == NULL))
		ledger_damaged();
	reader->cur = next;
	return number;
}

static inline void
put_number(StringInfo bytes, uint64 number)
{
	uint8		encoded[VARINT_MAX_SIZE];

	appendBinaryStringInfo(bytes, (char *) encoded, varint_put(encoded, number) - encoded);
}

/* points/stored_movement.c */
extern void stored_put_movement(StringInfo bytes, const Ledger *ledger, uint32 n, Times *before);
extern void stored_get_movement(Reader *reader, Ledger *ledger);

#endif							/* RETENTION_POINTS_STORED_H */
