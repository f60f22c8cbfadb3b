/*
 * base/wire.c
 *		Messages that carry partial aggregate states between processes of one server.
 *
 * A message is a bytea that a serialize function makes in one process and a deserialize function of the same
 * server version reads in another, so it holds native integers, and every part starts at a multiple of eight
 * bytes:
 *
 *		| varlena header 4 | kind 4 | part, padded to 8 | part, padded to 8 | ...
 *
 * Arrays can then be read where they lie.  Nothing is trusted on the way in: a part is handed out only if
 * the message holds it whole, and a message must end where its reader does.
 */
#include "base/wire.h"

#include "utils/memutils.h"

void
wire_begin(StringInfo message, WireKind kind)
{
	uint32		word = kind;

	initStringInfo(message);
	appendStringInfoSpaces(message, VARHDRSZ);
	appendBinaryStringInfo(message, (char *) &word, sizeof(word));
}

/*
 * Room for another part; the pointer holds until the next part is added.
 */
void *
wire_extend(StringInfo message, Size size)
{
	uint64		padded = wire_size(size);
	char	   *part;

	if (padded >= MaxAllocSize - message->len)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("partial aggregate state is too large"),
				 errdetail("The state of a group cannot exceed 1 GB when one plan node hands it on to another."),
				 errhint("Set max_parallel_workers_per_gather to 0 and enable_partitionwise_aggregate to off for this query.")));
	enlargeStringInfo(message, padded);
	part = message->data + message->len;
	memset(part + size, 0, padded - size);
	message->len += padded;
	return part;
}

void
wire_put(StringInfo message, const void *data, Size size)
{
	if (size > 0)
		memcpy(wire_extend(message, size), data, size);
}

/*
 * Data of a size that the reader cannot know: the size, then the bytes.
 */
void
wire_put_sized(StringInfo message, const void *data, uint64 size)
{
	wire_put(message, &size, sizeof(size));
	wire_put(message, data, size);
}

/*
 * A numeric, or NULL, which has no bytes.
 */
void
wire_put_numeric(StringInfo message, Numeric value)
{
	wire_put_sized(message, value, value ? VARSIZE(value) : 0);
}

bytea *
wire_end(StringInfo message)
{
	SET_VARSIZE(message->data, message->len);
	return (bytea *) message->data;
}

/*
 * Parts are read in place if the message is aligned, which it nearly always is.  Pointers to them are valid as
 * long as the message and the current memory context.
 */
void
wire_open(WireReader *reader, bytea *message, WireKind kind)
{
	Size		size = VARSIZE_ANY_EXHDR(message);
	const char *data = VARDATA_ANY(message);
	uint32		word;

	if (size < sizeof(word))
		wire_corrupt();
	memcpy(&word, data, sizeof(word));
	if (word != kind)
		wire_corrupt();
	data += sizeof(word);
	size -= sizeof(word);
	if (wire_size((uintptr_t) data) != (uintptr_t) data)
		data = memcpy(palloc(size), data, size);
	reader->cur = data;
	reader->end = data + size;
}

const void *
wire_take(WireReader *reader, uint64 size)
{
	const char *part = reader->cur;
	uint64		left = reader->end - reader->cur;

	if (size > left || wire_size(size) > left)
		wire_corrupt();
	reader->cur += wire_size(size);
	return part;
}

void
wire_get(WireReader *reader, void *data, Size size)
{
	memcpy(data, wire_take(reader, size), size);
}

const void *
wire_take_sized(WireReader *reader, uint64 *size)
{
	wire_get(reader, size, sizeof(*size));
	return wire_take(reader, *size);
}

/*
 * A varlena value with a header of four bytes; NULL if its size is 0.
 */
const void *
wire_take_value(WireReader *reader, Size least_size)
{
	uint64		size;
	const void *value = wire_take_sized(reader, &size);

	if (size == 0)
		return NULL;
	if (size < least_size || !VARATT_IS_4B_U(value) || VARSIZE(value) != size)
		wire_corrupt();
	return value;
}

Numeric
wire_take_numeric(WireReader *reader)
{
	return (Numeric) unconstify(void *, wire_take_value(reader, VARHDRSZ + sizeof(uint16)));
}

void
wire_close(const WireReader *reader)
{
	if (reader->cur != reader->end)
		wire_corrupt();
}

void
wire_corrupt(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid partial aggregate state")));
}
