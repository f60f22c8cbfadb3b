/*
 * points/stored.c
 *		How a points_ledger is stored.
 *
 * A stored ledger is a version and the movements one after another, in as few bytes as possible, since every
 * new movement writes all of them again:
 *
 *		| length 1 or 4 | version 1 | number of movements 4 | movement | movement | ...
 *
 * points/stored_movement.c has the bytes of a movement, points/stored_times.h those of its times.  Numbers are
 * those of base/varint.h, since most are small.  A movement takes some 10 bytes and its ref.  There is one way
 * to store a ledger, so that two ledgers are equal if their bytes are.
 *
 * Above 2 kB the server compresses a value, which then takes four fifths of the time of an update: that is why
 * bytes count more than the time to read them.
 *
 * Reading trusts no byte: a damaged value is an error, or another ledger whose sums hold, and never more
 * memory than the value's size justifies.  Whether a stored ledger keeps the rules is not checked again.  A
 * ledger that comes from outside is checked before it is stored: see enter_again.
 */
#include "points/stored_times.h"

#define HEADER_SIZE (1 + sizeof(uint32))
#define MIN_MOVEMENT_SIZE 2

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
	Reader		reader = {bytes + HEADER_SIZE, bytes + VARSIZE_ANY_EXHDR(value)};
	uint32		nmovements = stored_count(bytes);
	Ledger	   *ledger;

	if (nmovements > MAX_MOVEMENTS || nmovements > (reader.end - reader.cur) / MIN_MOVEMENT_SIZE)
		ledger_damaged();
	ledger = ledger_make(nmovements + 1, NULL);
	ledger->stored = value;
	ledger->nstored = nmovements;
	while (ledger->nmovements < nmovements)
		stored_get_movement(&reader, ledger);
	if (reader.cur != reader.end)
		ledger_damaged();
	while (nmovements-- > 0)
		if (ledger->lots[nmovements].left < 0 || ledger->lots[nmovements].held != 0 ||
			ledger->lots[nmovements].redeemed < 0)
			ledger_damaged();
	return ledger;
}

/*
 * Write the movements from an index on, and the header of the whole.
 */
static Datum
put_from(StringInfo bytes, const Ledger *ledger, uint32 from)
{
	Times		before = times_before(ledger, from);
	char	   *header;
	uint32		n;

	for (n = from; n < ledger->nmovements; n++)
		stored_put_movement(bytes, ledger, n, &before);
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
 * What a ledger was read from, followed by the movements that were entered since.
 */
Datum
ledger_append(const Ledger *ledger)
{
	struct varlena *value = ledger->stored;
	StringInfoData bytes;

	if (ledger->nmovements == ledger->nstored)
		return PointerGetDatum(value);
	/* Each update does this: room for one movement is made at once, and doubling it would be waste. */
	bytes.maxlen = VARSIZE_ANY(value) + 128;
	bytes.data = palloc(bytes.maxlen);
	resetStringInfo(&bytes);
	appendStringInfoSpaces(&bytes, VARHDRSZ);
	appendBinaryStringInfo(&bytes, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
	return put_from(&bytes, ledger, ledger->nstored);
}
