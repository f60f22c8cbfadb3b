/*
 * points/stored.c
 *		How a points_ledger is stored.
 *
 * A stored ledger is a version and the movements one after another, in as few bytes as possible, since every
 * new movement writes all of them again:
 *
 *		| length 1 or 4 | version 1 | number of movements 4 | movement | movement | ...
 *
 *		movement	head 1		kind, and which of the optional parts there are
 *					at 8
 *					points
 *					[merged from]	[expires 8]		[available 8]	[size of ref, ref]
 *					[own index - that of its target]
 *					[number of draws, of each: own index - that of the lot, points]
 *					[debt]
 *
 * Numbers are those of base/varint.h, since most are small.  Times are stored whole: they have microseconds,
 * so that varints would save nothing, and decoding these is most of what reading costs.  A movement takes 13
 * to 21 bytes and its ref.  There is one way to store a ledger, so that two ledgers are equal if their bytes
 * are.
 *
 * Reading trusts no byte: a damaged value is an error, or another ledger whose sums hold, and never more
 * memory than the value's size justifies.  Whether a stored ledger keeps the rules is not checked again.  A
 * ledger that comes from outside is checked before it is stored: see enter_again.
 */
#include "points/ledger.h"
#include "base/varint.h"

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
	Draw	   *draws;			/* of the movement that is being read */
	uint32		draws_room;
} Reader;

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

static TimestampTz
get_time(Reader *reader)
{
	TimestampTz time;

	if (reader->end - reader->cur < sizeof(time))
		ledger_damaged();
	memcpy(&time, reader->cur, sizeof(time));
	reader->cur += sizeof(time);
	if (!IS_VALID_TIMESTAMP(time))
		ledger_damaged();
	return time;
}

static int64
get_points(Reader *reader)
{
	uint64		points = get_number(reader);

	if (points < 1 || points > PG_INT64_MAX)
		ledger_damaged();
	return points;
}

/*
 * The index of an earlier movement, stored as how far back it is.
 */
static uint32
get_earlier(Reader *reader, const Ledger *ledger)
{
	uint64		back = get_number(reader);

	if (back < 1 || back > ledger->nmovements)
		ledger_damaged();
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

/*
 * Kind, times and ref.  A part that says what its absence says is damage, too: it would be a second form.
 */
static uint8
get_head(Reader *reader, const Ledger *ledger, Movement *movement)
{
	uint8		head;

	if (reader->cur == reader->end)
		ledger_damaged();
	head = *reader->cur++;
	movement->kind = head & HEAD_KIND;
	if (movement->kind > MOVEMENT_REVERSE || (head & ~HEAD_KNOWN) != 0 ||
		(movement->kind != MOVEMENT_EARN && (head & HEAD_AVAILABLE)) ||
		(movement->kind == MOVEMENT_REVERSE && (head & HEAD_EXPIRES)))
		ledger_damaged();
	movement->at = get_time(reader);
	movement->points = get_points(reader);
	if (head & HEAD_MERGED_FROM)
	{
		uint64		merged_from = get_number(reader);

		if (merged_from < 1 || merged_from > ledger->nmovements)
			ledger_damaged();
		movement->merged_from = merged_from;
	}
	movement->expires = head & HEAD_EXPIRES ? get_time(reader) : NO_EXPIRY;
	movement->available = head & HEAD_AVAILABLE ? get_time(reader) : movement->at;
	if ((head & HEAD_AVAILABLE) && movement->available <= movement->at)
		ledger_damaged();
	if (head & HEAD_REF)
	{
		uint64		size = get_number(reader);

		if (size < 1 || size > reader->end - reader->cur)
			ledger_damaged();
		movement->ref = (const char *) reader->cur;
		movement->ref_size = size;
		reader->cur += size;
	}
	return head;
}

/*
 * A movement draws from a lot once, so that there cannot be more draws than movements before it.
 */
static void
get_draws(Reader *reader, const Ledger *ledger, Movement *movement)
{
	uint64		ndraws = get_number(reader);
	uint32		i;

	if (ndraws > ledger->nmovements || ndraws > MAX_DRAWS - ledger->ndraws)
		ledger_damaged();
	movement->ndraws = ndraws;
	if (ndraws > reader->draws_room)
	{
		reader->draws_room = Max(2 * reader->draws_room, ndraws);
		reader->draws = repalloc_array(reader->draws, Draw, reader->draws_room);
	}
	for (i = 0; i < ndraws; i++)
	{
		Draw	   *draw = &reader->draws[i];

		draw->lot = get_earlier(reader, ledger);
		draw->points = get_points(reader);
		if (ledger->movements[draw->lot].kind != MOVEMENT_EARN)
			ledger_damaged();
	}
}

static void
get_movement(Reader *reader, Ledger *ledger)
{
	Movement	movement = {0};
	uint8		head = get_head(reader, ledger, &movement);

	if (movement.kind == MOVEMENT_REVERSE)
	{
		movement.target = get_earlier(reader, ledger);
		if (ledger->movements[movement.target].kind == MOVEMENT_REVERSE)
			ledger_damaged();
	}
	if (movement.kind != MOVEMENT_EARN)
		get_draws(reader, ledger, &movement);
	if (head & HEAD_DEBT)
		movement.debt = get_points(reader);
	ledger_add(ledger, &movement, reader->draws);
}

/*
 * Every stored value is opened here; another version would be read by code of its own from here on.
 */
const uint8 *
ledger_open_stored(struct varlena *value)
{
	const uint8 *bytes = (const uint8 *) VARDATA_ANY(value);

	if (VARSIZE_ANY_EXHDR(value) < HEADER_SIZE || *bytes == 0)
		ledger_damaged();
	if (*bytes != LEDGER_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("points_ledger version %d is not supported", *bytes),
				 errhint("It was stored by a later version of the extension.")));
	return bytes;
}

static uint32
stored_count(const uint8 *bytes)
{
	uint32		nmovements;

	memcpy(&nmovements, bytes + 1, sizeof(nmovements));
	return nmovements;
}

/*
 * The number of movements, without reading these.
 */
uint32
ledger_count_stored(Datum datum)
{
	return stored_count(ledger_open_stored(PG_DETOAST_DATUM_SLICE(datum, 0, HEADER_SIZE)));
}

/*
 * A stored ledger; refs are not copied.
 */
Ledger *
ledger_of_datum(Datum datum)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(datum);
	const uint8 *bytes = ledger_open_stored(value);
	Reader		reader = {bytes + HEADER_SIZE, bytes + VARSIZE_ANY_EXHDR(value), palloc_array(Draw, 8), 8};
	uint32		nmovements = stored_count(bytes);
	Ledger	   *ledger;

	if (nmovements > MAX_MOVEMENTS || nmovements > (reader.end - reader.cur) / MIN_MOVEMENT_SIZE)
		ledger_damaged();
	ledger = ledger_make(nmovements + 1, NULL);
	while (ledger->nmovements < nmovements)
		get_movement(&reader, ledger);
	if (reader.cur != reader.end)
		ledger_damaged();
	while (nmovements-- > 0)
		if (ledger->lots[nmovements].left < 0 || ledger->lots[nmovements].redeemed < 0)
			ledger_damaged();
	pfree(reader.draws);
	return ledger;
}

/*
 * Write the movements from an index on, and the header of the whole.
 */
static Datum
put_from(StringInfo bytes, const Ledger *ledger, uint32 from)
{
	char	   *header;
	uint32		n;

	for (n = from; n < ledger->nmovements; n++)
		put_movement(bytes, ledger, n);
	header = bytes->data + VARHDRSZ;
	header[0] = LEDGER_VERSION;
	memcpy(header + 1, &ledger->nmovements, sizeof(ledger->nmovements));
	SET_VARSIZE(bytes->data, bytes->len);
	return PointerGetDatum(bytes->data);
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
 * A stored ledger, followed by the movements that "ledger" has from an index on.
 */
Datum
ledger_append(Datum datum, const Ledger *ledger, uint32 from)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(datum);
	StringInfoData bytes;

	if (from == ledger->nmovements)
		return PointerGetDatum(value);
	/* Each update does this: room for one movement is made at once, and doubling it would be waste. */
	bytes.maxlen = VARSIZE_ANY(value) + 128;
	bytes.data = palloc(bytes.maxlen);
	resetStringInfo(&bytes);
	appendStringInfoSpaces(&bytes, VARHDRSZ);
	appendBinaryStringInfo(&bytes, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
	return put_from(&bytes, ledger, from);
}
