/*
 * base/base64.c
 *		The text form of types whose binary form nobody reads: the same bytes in base64, on one line.
 */
#include "base/base64.h"

#include "common/base64.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"

/* Bytes of a wrong text that its message shows. */
#define SHOWN_SIZE 20

char *
base64_text(const bytea *binary)
{
	Size		size = VARSIZE_ANY_EXHDR(binary);
	Size		room = (size + 2) / 3 * 4 + 1;
	char	   *text;
	int			length;

	if (room > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("value is too large for its text form"),
				 errdetail("The text form of %zu bytes would exceed 1 GB.", size),
				 errhint("Use the binary form, as COPY ... WITH (FORMAT binary) does.")));
	text = palloc(room);
	length = pg_b64_encode((const void *) VARDATA_ANY(binary), size, text, room - 1);
	if (length < 0)
		elog(ERROR, "could not encode a value in base64");
	text[length] = '\0';
	return text;
}

/*
 * The binary form behind a text, as a message to be read; false if an error was noted (see compat.h).
 */
bool
base64_read(const char *text, const char *type, StringInfo binary, Node *escontext)
{
	Size		length = strlen(text);
	int			size;

	initStringInfo(binary);
	enlargeStringInfo(binary, length);
	size = pg_b64_decode(text, length, (void *) binary->data, length);
	if (size < 0)
	{
		errsave(escontext,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s", type),
				 errdetail("\"%.*s%s\" is not base64.", pg_mbcliplen(text, length, SHOWN_SIZE), text,
						   length > SHOWN_SIZE ? "..." : ""),
				 errhint("Values are made by aggregates, not by hand.")));
		return false;
	}
	binary->len = size;
	binary->data[size] = '\0';
	return true;
}
