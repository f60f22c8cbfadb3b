/*
 * points_type.c
 *		How a points_ledger is stored and sent.
 *
 * Stored, a ledger is a version and its movements one behind the other, in as few bytes as can be, since every new
 * movement writes all of them again:
 *
 *		| length 1 or 4 | version 1 | number of movements 4 | movement | movement | ...
 *
 *		movement	head 1		kind, and which of the optional parts there are
 *					at 8
 *					points
 *					[since]		[expires 8]		[available 8]	[size of ref, ref]
 *					[own number - that of its target]
 *					[number of draws, of each: own number - that of the lot, points]
 *					[debt]
 *
 * Numbers are in groups of seven bits, the lowest first, the high bit set if another follows, since most are
 * small.  Times would not gain by it: they have microseconds, and taking such numbers apart is most of what
 * reading costs.  A movement takes 13 to 21 bytes and its ref.  There is one way to store a ledger, so that
 * two are equal if their bytes are.
 *
 * Reading checks every byte, so that a damaged value is an error; that a stored ledger keeps the rules is not
 * checked again. A ledger that comes from outside does not get into storage without: see enter_again.
 */
#include "points_ledger.h"

#include "common/hashfn.h"
#include "common/int.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define LEDGER_VERSION 1
#define HEADER_SIZE (1 + sizeof(uint32))
#define MIN_MOVEMENT_SIZE 10

#define HEAD_KIND 0x03
#define HEAD_SINCE 0x04
#define HEAD_EXPIRES 0x08
#define HEAD_AVAILABLE 0x10
#define HEAD_REF 0x20
#define HEAD_DEBT 0x40
#define HEAD_KNOWN 0x7F

typedef struct Reader
{
	const uint8 *cur;
	const uint8 *end;
} Reader;

PG_FUNCTION_INFO_V1(points_ledger_recv);
PG_FUNCTION_INFO_V1(points_ledger_send);
PG_FUNCTION_INFO_V1(points_ledger_eq);
PG_FUNCTION_INFO_V1(points_ledger_ne);
PG_FUNCTION_INFO_V1(points_ledger_hash);
PG_FUNCTION_INFO_V1(points_ledger_hash_extended);

/*
 * An empty ledger, with room for so many movements to begin with.
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
 * What a movement does to its lots.  The order in which movements are applied does not matter.  False if a sum
 * overflows, which cannot be if the ledger keeps the rules.
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

		if (gives_back ? !move_points(&lot->redeemed, &lot->left, draws[i].points)
			: !move_points(&lot->left, movement->kind == MOVEMENT_REDEEM ? &lot->redeemed : &lot->reversed,
						   draws[i].points))
			return false;
		rest -= draws[i].points;
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
 * Add a movement at the end of the list.
 */
void
ledger_add(Ledger *ledger, const Movement *movement, const Draw *draws)
{
	uint32		n = ledger->nmovements;
	Movement   *added;
	uint32		i;

	if (n == ledger->room)
	{
		ledger->room *= 2;
		ledger->movements = repalloc_array(ledger->movements, Movement, ledger->room);
		ledger->lots = repalloc_array(ledger->lots, LotState, ledger->room);
	}
	while (movement->ndraws > ledger->draws_room - ledger->ndraws)
	{
		ledger->draws_room *= 2;
		ledger->draws = repalloc_array(ledger->draws, Draw, ledger->draws_room);
	}

	added = &ledger->movements[n];
	*added = *movement;
	added->first_draw = ledger->ndraws;
	if (movement->ndraws > 0)
		memcpy(ledger->draws + ledger->ndraws, draws, movement->ndraws * sizeof(Draw));
	ledger->ndraws += movement->ndraws;
	ledger->nmovements++;
	memset(&ledger->lots[n], 0, sizeof(LotState));

	if (!ledger_apply(ledger, added, ledger->lots) ||
		(movement->kind == MOVEMENT_EARN && !add_points(&ledger->earned, movement->points)))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored points_ledger is damaged"),
				 errdetail("The sums of movement %u are out of range.", n + 1)));
	ledger->latest = Max(ledger->latest, movement->at);
	ledger->debts |= movement->debt > 0;
	if (movement->kind == MOVEMENT_REVERSE)
		for (i = 0; i < movement->ndraws; i++)
			ledger->first_open = Min(ledger->first_open, draws[i].lot);
}

static void
put_number(StringInfo bytes, uint64 number)
{
	uint8		groups[10];
	int			n = 0;

	while (number >= 0x80)
	{
		groups[n++] = (number & 0x7F) | 0x80;
		number >>= 7;
	}
	groups[n++] = number;
	appendBinaryStringInfo(bytes, (char *) groups, n);
}

static void
put_time(StringInfo bytes, TimestampTz time)
{
	appendBinaryStringInfo(bytes, (char *) &time, sizeof(time));
}

pg_noreturn static void
damaged(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("stored points_ledger is damaged")));
}

static uint8
get_byte(Reader *reader)
{
	if (reader->cur == reader->end)
		damaged();
	return *reader->cur++;
}

static uint64
get_long_number(Reader *reader)
{
	uint64		number = 0;
	int			shift;

	for (shift = 0; shift < 64; shift += 7)
	{
		uint8		group = get_byte(reader);

		number |= (uint64) (group & 0x7F) << shift;
		if (group < 0x80)
			return number;
	}
	damaged();
}

static inline uint64
get_number(Reader *reader)
{
	if (reader->cur < reader->end && *reader->cur < 0x80)
		return *reader->cur++;
	return get_long_number(reader);
}

static TimestampTz
get_time(Reader *reader)
{
	TimestampTz time;

	if (reader->end - reader->cur < sizeof(time))
		damaged();
	memcpy(&time, reader->cur, sizeof(time));
	reader->cur += sizeof(time);
	if (!IS_VALID_TIMESTAMP(time))
		damaged();
	return time;
}

static int64
get_points(Reader *reader)
{
	uint64		points = get_number(reader);

	if (points < 1 || points > PG_INT64_MAX)
		damaged();
	return points;
}

/*
 * The number of an earlier movement, told by how far back it is.
 */
static uint32
get_earlier(Reader *reader, const Ledger *ledger)
{
	uint64		back = get_number(reader);

	if (back < 1 || back > ledger->nmovements)
		damaged();
	return ledger->nmovements - back;
}

static void
put_movement(StringInfo bytes, const Ledger *ledger, uint32 n)
{
	const Movement *movement = &ledger->movements[n];
	const Draw *draws = ledger->draws + movement->first_draw;
	uint8		head = movement->kind;
	uint32		i;

	head |= movement->since > 0 ? HEAD_SINCE : 0;
	head |= movement->expires != NO_EXPIRY ? HEAD_EXPIRES : 0;
	head |= movement->available != movement->at ? HEAD_AVAILABLE : 0;
	head |= movement->ref ? HEAD_REF : 0;
	head |= movement->debt > 0 ? HEAD_DEBT : 0;
	appendStringInfoCharMacro(bytes, head);

	put_time(bytes, movement->at);
	put_number(bytes, movement->points);
	if (head & HEAD_SINCE)
		put_number(bytes, movement->since);
	if (head & HEAD_EXPIRES)
		put_time(bytes, movement->expires);
	if (head & HEAD_AVAILABLE)
		put_time(bytes, movement->available);
	if (head & HEAD_REF)
	{
		put_number(bytes, movement->ref_size);
		appendBinaryStringInfo(bytes, movement->ref, movement->ref_size);
	}
	if (movement->kind == MOVEMENT_REVERSE)
		put_number(bytes, n - movement->target);
	if (movement->kind != MOVEMENT_EARN)
		put_number(bytes, movement->ndraws);
	for (i = 0; i < movement->ndraws; i++)
	{
		put_number(bytes, n - draws[i].lot);
		put_number(bytes, draws[i].points);
	}
	if (head & HEAD_DEBT)
		put_number(bytes, movement->debt);
}

static void
get_movement(Reader *reader, Ledger *ledger, Draw **draws, uint32 *draws_room)
{
	uint32		n = ledger->nmovements;
	uint8		head = get_byte(reader);
	Movement	movement = {0};
	uint32		i;

	movement.kind = head & HEAD_KIND;
	if (movement.kind > MOVEMENT_REVERSE || (head & ~HEAD_KNOWN) != 0)
		damaged();
	movement.at = get_time(reader);
	movement.points = get_points(reader);
	if (head & HEAD_SINCE)
	{
		uint64		since = get_number(reader);

		if (since > n)
			damaged();
		movement.since = since;
	}
	movement.expires = head & HEAD_EXPIRES ? get_time(reader) : NO_EXPIRY;
	movement.available = head & HEAD_AVAILABLE ? get_time(reader) : movement.at;
	if (head & HEAD_REF)
	{
		uint64		size = get_number(reader);

		if (size < 1 || size > reader->end - reader->cur)
			damaged();
		movement.ref = (const char *) reader->cur;
		movement.ref_size = size;
		reader->cur += size;
	}
	if (movement.kind == MOVEMENT_REVERSE)
	{
		movement.target = get_earlier(reader, ledger);
		if (ledger->movements[movement.target].kind == MOVEMENT_REVERSE)
			damaged();
	}
	if (movement.kind != MOVEMENT_EARN)
	{
		uint64		ndraws = get_number(reader);

		if (ndraws > (reader->end - reader->cur) / 2)
			damaged();
		movement.ndraws = ndraws;
	}
	if (movement.ndraws > *draws_room)
	{
		*draws_room = movement.ndraws;
		*draws = repalloc_array(*draws, Draw, *draws_room);
	}
	for (i = 0; i < movement.ndraws; i++)
	{
		(*draws)[i].lot = get_earlier(reader, ledger);
		(*draws)[i].points = get_points(reader);
		if (ledger->movements[(*draws)[i].lot].kind != MOVEMENT_EARN)
			damaged();
	}
	if (head & HEAD_DEBT)
		movement.debt = get_points(reader);
	ledger_add(ledger, &movement, *draws);
}

/*
 * The one door by which stored values come in; it leads to code that knows their version.
 */
static const uint8 *
open_stored(struct varlena *value)
{
	const uint8 *bytes = (const uint8 *) VARDATA_ANY(value);

	if (VARSIZE_ANY_EXHDR(value) < HEADER_SIZE)
		damaged();
	if (*bytes != LEDGER_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("points_ledger version %d is not supported", *bytes),
				 errhint("It was stored by a later version of the extension.")));
	return bytes;
}

/*
 * A stored ledger; refs are not copied.
 */
Ledger *
ledger_of_datum(Datum datum)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(datum);
	const uint8 *bytes = open_stored(value);
	Reader		reader = {bytes + HEADER_SIZE, bytes + VARSIZE_ANY_EXHDR(value)};
	uint32		draws_room = 8;
	Draw	   *draws = palloc_array(Draw, draws_room);
	Ledger	   *ledger;
	uint32		nmovements;

	memcpy(&nmovements, bytes + 1, sizeof(nmovements));
	if (nmovements > MAX_MOVEMENTS || nmovements > (reader.end - reader.cur) / MIN_MOVEMENT_SIZE)
		damaged();
	ledger = ledger_make(nmovements + 1, NULL);
	while (ledger->nmovements < nmovements)
		get_movement(&reader, ledger, &draws, &draws_room);
	if (reader.cur != reader.end)
		damaged();
	while (nmovements > 0)
		if (ledger->lots[--nmovements].left < 0)
			damaged();
	pfree(draws);
	return ledger;
}

static Datum
finish(StringInfo bytes, uint32 nmovements)
{
	char	   *header = bytes->data + VARHDRSZ;

	header[0] = LEDGER_VERSION;
	memcpy(header + 1, &nmovements, sizeof(nmovements));
	SET_VARSIZE(bytes->data, bytes->len);
	return PointerGetDatum(bytes->data);
}

static Datum
put_from(StringInfo bytes, const Ledger *ledger, uint32 from)
{
	uint32		n;

	for (n = from; n < ledger->nmovements; n++)
		put_movement(bytes, ledger, n);
	return finish(bytes, ledger->nmovements);
}

Datum
ledger_to_datum(const Ledger *ledger)
{
	StringInfoData bytes;

	initStringInfo(&bytes);
	appendStringInfoSpaces(&bytes, VARHDRSZ + HEADER_SIZE);
	return put_from(&bytes, ledger, 0);
}

/*
 * A stored ledger with the movements that "ledger" has behind it, from that number on.
 */
Datum
ledger_append(Datum datum, const Ledger *ledger, uint32 from)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(datum);
	StringInfoData bytes;

	if (from == ledger->nmovements)
		return PointerGetDatum(value);
	/* A movement more rarely needs more; ledgers are small, and this is done for every update. */
	bytes.maxlen = VARSIZE_ANY(value) + 128;
	bytes.data = palloc(bytes.maxlen);
	resetStringInfo(&bytes);
	appendStringInfoSpaces(&bytes, VARHDRSZ);
	appendBinaryStringInfo(&bytes, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
	return put_from(&bytes, ledger, from);
}

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
		pq_sendint32(&message, movement->since);
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
		movement.since = pq_getmsgint(message, 4);
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

static bool
same_bytes(FunctionCallInfo fcinfo)
{
	struct varlena *one = PG_GETARG_VARLENA_PP(0);
	struct varlena *other = PG_GETARG_VARLENA_PP(1);
	const uint8 *one_bytes = open_stored(one);
	const uint8 *other_bytes = open_stored(other);

	return VARSIZE_ANY_EXHDR(one) == VARSIZE_ANY_EXHDR(other) &&
		memcmp(one_bytes, other_bytes, VARSIZE_ANY_EXHDR(one)) == 0;
}

Datum
points_ledger_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(same_bytes(fcinfo));
}

Datum
points_ledger_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!same_bytes(fcinfo));
}

Datum
points_ledger_hash(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);

	return hash_any(open_stored(value), VARSIZE_ANY_EXHDR(value));
}

Datum
points_ledger_hash_extended(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);

	return hash_any_extended(open_stored(value), VARSIZE_ANY_EXHDR(value), PG_GETARG_INT64(1));
}
