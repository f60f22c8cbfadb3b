/*
 * survival/type.c
 *		Input and output of the type durations.
 *
 * What is sent is what is stored, which has the same bytes on every machine; the text form is the same in
 * base64. Whatever comes in is read to its last byte, and must be as it would be written here.
 */
#include "survival/durations.h"

#include "base/base64.h"

#include "libpq/pqformat.h"

PG_FUNCTION_INFO_V1(durations_in);
PG_FUNCTION_INFO_V1(durations_out);
PG_FUNCTION_INFO_V1(durations_recv);
PG_FUNCTION_INFO_V1(durations_send);

/*
 * The value in a message; NULL if an error was noted.
 */
static struct varlena *
receive(StringInfo message, Node *escontext)
{
	int			size = message->len - message->cursor;
	struct varlena *value = palloc(VARHDRSZ + size);
	Durations	durations;

	SET_VARSIZE(value, VARHDRSZ + size);
	memcpy(VARDATA(value), pq_getmsgbytes(message, size), size);
	if (!durations_parse(value, &durations, escontext))
		return NULL;
	if (!durations_valid(&durations))
	{
		(void) durations_damaged(escontext);
		return NULL;
	}
	return value;
}

Datum
durations_in(PG_FUNCTION_ARGS)
{
	StringInfoData message;
	struct varlena *value;

	if (!base64_read(PG_GETARG_CSTRING(0), "durations", &message, fcinfo->context))
		PG_RETURN_NULL();
	value = receive(&message, fcinfo->context);
	if (value == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(value);
}

/*
 * The bytes of an argument, which is opened to see that they are one.
 */
static bytea *
bytes_of(Datum value)
{
	bytea	   *bytes = PG_DETOAST_DATUM(value);

	(void) durations_of(PointerGetDatum(bytes));
	return bytes;
}

Datum
durations_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(base64_text(bytes_of(PG_GETARG_DATUM(0))));
}

Datum
durations_recv(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(receive((StringInfo) PG_GETARG_POINTER(0), NULL));
}

Datum
durations_send(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(bytes_of(PG_GETARG_DATUM(0)));
}
