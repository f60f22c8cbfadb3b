/*
 * points/io.c
 *		The binary form of a points_ledger, which drivers and COPY send and receive.
 *
 * It has the parts of each movement at their full width, in the order in which Movement has them, and refs in the
 * client's encoding.  A ledger is received by entering its movements one by one, so that one that breaks a rule is
 * refused.
 */
#include "points/ledger.h"

#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

PG_FUNCTION_INFO_V1(points_ledger_recv);
PG_FUNCTION_INFO_V1(points_ledger_send);

/*
 * No ref is one without bytes; there is no other such.
 */
static void
send_ref(StringInfo message, const Movement *movement)
{
	const char *ref = movement->ref;
	uint32		size = movement->ref_size;

	if (ref && (ref = pg_server_to_client(ref, size)) != movement->ref)
		size = strlen(ref);
	pq_sendint32(message, size);
	pq_sendbytes(message, ref, size);
}

/*
 * Sent are the parts of each movement at their full width; refs in the client's encoding.
 */
Datum
points_ledger_send(PG_FUNCTION_ARGS)
{
	Ledger	   *ledger = ledger_of_datum(PG_GETARG_DATUM(0));
	StringInfoData message;
	uint32		n;
	uint32		i;

	pq_begintypsend(&message);
	pq_sendbyte(&message, LEDGER_VERSION);
	pq_sendint32(&message, ledger->nmovements);
	for (n = 0; n < ledger->nmovements; n++)
	{
		const Movement *movement = &ledger->movements[n];
		const Draw *draws = ledger->draws + movement->first_draw;

		pq_sendbyte(&message, movement->kind);
		pq_sendint32(&message, movement->merged_from);
		pq_sendint64(&message, movement->at);
		pq_sendint64(&message, movement->points);
		pq_sendint64(&message, movement->expires);
		pq_sendint64(&message, movement->available);
		send_ref(&message, movement);
		pq_sendint32(&message, movement->target);
		pq_sendint64(&message, movement->debt);
		pq_sendint32(&message, movement->ndraws);
		for (i = 0; i < movement->ndraws; i++)
		{
			pq_sendint32(&message, draws[i].lot);
			pq_sendint64(&message, draws[i].points);
		}
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

static void
check_message(bool holds, const char *detail)
{
	if (!holds)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary representation of type points_ledger"),
				 errdetail_internal("%s", detail)));
}

static TimestampTz
receive_time(StringInfo message)
{
	TimestampTz time = pq_getmsgint64(message);

	check_message(TIMESTAMP_NOT_FINITE(time) || IS_VALID_TIMESTAMP(time), "A time is out of range.");
	return time;
}

static void
receive_ref(StringInfo message, Movement *movement)
{
	uint32		size = pq_getmsgint(message, 4);
	int			converted;

	if (size == 0)
		return;
	check_message(size <= message->len - message->cursor, "A ref is longer than the message.");
	movement->ref = pq_getmsgtext(message, size, &converted);
	movement->ref_size = converted;
}

/*
 * A ledger is received by entering its movements one by one.
 */
Datum
points_ledger_recv(PG_FUNCTION_ARGS)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	Ledger	   *ledger = ledger_make(0, NULL);
	uint32		nmovements;
	uint32		n;
	uint32		i;

	check_message(pq_getmsgbyte(message) == LEDGER_VERSION, "Its version is not known.");
	nmovements = pq_getmsgint(message, 4);
	ledger_index_refs(ledger);
	for (n = 0; n < nmovements; n++)
	{
		Movement	movement = {0};
		const Movement *entered;
		Draw	   *draws;

		CHECK_FOR_INTERRUPTS();
		movement.kind = pq_getmsgbyte(message);
		check_message(movement.kind <= MOVEMENT_REVERSE, "A movement is of no known kind.");
		movement.merged_from = pq_getmsgint(message, 4);
		movement.at = receive_time(message);
		movement.points = pq_getmsgint64(message);
		movement.expires = receive_time(message);
		movement.available = receive_time(message);
		receive_ref(message, &movement);
		movement.target = pq_getmsgint(message, 4);
		movement.debt = pq_getmsgint64(message);
		movement.ndraws = pq_getmsgint(message, 4);
		check_message(movement.ndraws <= (message->len - message->cursor) / (sizeof(uint32) + sizeof(int64)),
					  "There are more draws than the message holds.");
		draws = palloc_array(Draw, movement.ndraws);
		for (i = 0; i < movement.ndraws; i++)
		{
			draws[i].lot = pq_getmsgint(message, 4);
			draws[i].points = pq_getmsgint64(message);
		}
		(void) enter_again(ledger, &movement, draws, true);
		entered = &ledger->movements[n];
		check_message(movement.expires == entered->expires && movement.available == entered->available &&
					  (movement.kind == MOVEMENT_REVERSE || movement.target == 0),
					  "A movement has a part that its kind does not have.");
		pfree(draws);
	}
	PG_RETURN_DATUM(ledger_to_datum(ledger));
}
