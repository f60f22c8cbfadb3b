/*
 * points/stored.h
 *		The bytes of one movement of a stored points_ledger: for points/stored.c alone.
 */
#ifndef RETENTION_POINTS_STORED_H
#define RETENTION_POINTS_STORED_H

#include "points/ledger.h"

typedef struct Reader
{
	const uint8 *cur;
	const uint8 *end;
	Draw	   *draws;			/* of the movement that is being read */
	uint32		draws_room;
} Reader;

/* points/stored_movement.c */
extern void stored_put_movement(StringInfo bytes, const Ledger *ledger, uint32 n);
extern void stored_get_movement(Reader *reader, Ledger *ledger);

#endif							/* RETENTION_POINTS_STORED_H */
