/*
 * points/stored.c
 *		How a points_ledger is stored, and compared as stored.
 *
 * Stored, a ledger is a version and its movements one behind the other, in as few bytes as can be, since every new
 * movement writes all of them again:
 *
 *		| length 1 or 4 | version 1 | number of movements 4 | movement | movement | ...
 *
 *		movement	head 1		kind, and which of the optional parts there are
 *					at 8
 *					points
 *					[merged from]	[expires 8]		[available 8]	[size of ref, ref]
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
#include "points/ledger.h"
#include "base/varint.h"

#include "common/hashfn.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define HEADER_SIZE (1 + sizeof(uint32))
#define MIN_MOVEMENT_SIZE 10

#define HEAD_KIND 0x03
#define HEAD_MERGED_FROM 0x04
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

PG_FUNCTION_INFO_V1(points_ledger_eq);
PG_FUNCTION_INFO_V1(points_ledger_ne);
PG_FUNCTION_INFO_V1(points_ledger_hash);
PG_FUNCTION_INFO_V1(points_ledger_hash_extended);

static void
put_number(StringInfo bytes, uint64 number)
{
	uint8		encoded[VARINT_MAX_SIZE];

	appendBinaryStringInfo(bytes, (char *) encoded, varint_put(encoded, number) - encoded);
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

static inline uint64
get_number(Reader *reader)
{
	uint64		number;
	const uint8 *next = varint_get(reader->cur, reader->end, &number);

	if (unlikely(next == NULL))
		damaged();
	reader->cur = next;
	return number;
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

	head |= movement->merged_from > 0 ? HEAD_MERGED_FROM : 0;
	head |= movement->expires != NO_EXPIRY ? HEAD_EXPIRES : 0;
	head |= movement->available != movement->at ? HEAD_AVAILABLE : 0;
	head |= movement->ref ? HEAD_REF : 0;
	head |= movement->debt > 0 ? HEAD_DEBT : 0;
	appendStringInfoCharMacro(bytes, head);

	put_time(bytes, movement->at);
	put_number(bytes, movement->points);
	if (head & HEAD_MERGED_FROM)
		put_number(bytes, movement->merged_from);
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
	if (head & HEAD_MERGED_FROM)
	{
		uint64		merged_from = get_number(reader);

		if (merged_from < 1 || merged_from > n)
			damaged();
		movement.merged_from = merged_from;
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
