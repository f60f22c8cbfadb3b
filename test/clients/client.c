/*
 * libpq for `clients`:  client untyped|typed
 *
 * untyped sends every parameter as text without a type, as psql's \bind does and most libraries above libpq; typed
 * sends each with its type, numbers in binary form, and reads answers in binary form, so that stored values go there
 * and back through their send and receive functions.  client.mjs says what is read and written.
 */
#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libpq-fe.h>

#define MAX_VALUES 12

typedef struct Values
{
	int			n;
	Oid			types[MAX_VALUES];
	const char *values[MAX_VALUES];
	int			lengths[MAX_VALUES];
	int			formats[MAX_VALUES];
	uint64_t	numbers[MAX_VALUES];
	char	   *texts[MAX_VALUES];
	PGresult   *fetched[MAX_VALUES];
} Values;

static const struct
{
	const char *name;
	Oid			type;
}			kinds[] = {
	{"int", 20}, {"float", 701}, {"decimal", 1700}, {"text", 25}, {"bool", 16}, {"date", 1082}, {"time", 1184},
	{"stamp", 1114}, {"int[]", 1016}, {"float[]", 1022}, {"decimal[]", 1231}, {"text[]", 1009}, {"fetched", 0}
};

static PGconn *conn;
static bool typed;

/* The answer on one line, whatever is in it. */
static void
print_line(const char *text)
{
	for (; *text; text++)
		putchar(strchr("\t\r\n", *text) ? ' ' : *text);
	putchar('\n');
}

static void
print_error(const PGresult *result)
{
	printf("error\t%s\t", result && PQresultErrorField(result, PG_DIAG_SQLSTATE) ?
		   PQresultErrorField(result, PG_DIAG_SQLSTATE) : "client");
	print_line(PQerrorMessage(conn));
}

/* An array's text form from items with commas between: quotes let an item hold spaces. */
static char *
array_text(const char *items)
{
	char	   *text = malloc(2 * strlen(items) + 5);
	char	   *end = text;

	*end++ = '{';
	*end++ = '"';
	for (; *items; items++)
	{
		if (*items == ',')
			end = stpcpy(end, "\",\"");
		else
			*end++ = *items;
	}
	strcpy(end, "\"}");
	return text;
}

static void
set_fetched(Values *v, int i, const char *sql)
{
	PGresult   *result = v->fetched[i] = PQexecParams(conn, sql, 0, NULL, NULL, NULL, NULL, typed);

	v->types[i] = typed ? PQftype(result, 0) : 0;
	v->values[i] = PQgetvalue(result, 0, 0);
	v->lengths[i] = PQgetlength(result, 0, 0);
	v->formats[i] = typed;
}

/* Numbers of 8 bytes go in network order. */
static void
set_number(Values *v, int i, const char *text)
{
	if (v->types[i] == 20)
		v->numbers[i] = strtoll(text, NULL, 10);
	else
	{
		double		number = strtod(text, NULL);

		memcpy(&v->numbers[i], &number, sizeof(number));
	}
	v->numbers[i] = htobe64(v->numbers[i]);
	v->values[i] = (const char *) &v->numbers[i];
	v->lengths[i] = 8;
	v->formats[i] = 1;
}

static bool
set_value(Values *v, char *field)
{
	char	   *text = strchr(field, ':');
	int			i = v->n++;

	*text++ = '\0';
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
	{
		if (strcmp(field, kinds[k].name) != 0)
			continue;
		v->types[i] = typed ? kinds[k].type : 0;
		v->values[i] = text;
		if (strchr(field, '['))
			v->values[i] = v->texts[i] = array_text(text);
		else if (kinds[k].type == 0)
			set_fetched(v, i, text);
		else if (typed && (kinds[k].type == 20 || kinds[k].type == 701))
			set_number(v, i, text);
		return true;
	}
	return false;
}

static void
ask(const char *sql, char *fields)
{
	Values		v = {0};
	PGresult   *result;
	bool		known = true;

	for (char *field; known && v.n < MAX_VALUES && (field = strsep(&fields, "\t"));)
		known = set_value(&v, field);
	if (!known)
		puts("none");
	else
	{
		result = PQexecParams(conn, sql, v.n, v.types, v.values, v.lengths, v.formats, typed);
		if (PQresultStatus(result) == PGRES_TUPLES_OK)
		{
			printf("ok\t");
			print_line(PQntuples(result) ? PQgetvalue(result, 0, 0) : "");
		}
		else if (PQresultStatus(result) == PGRES_COMMAND_OK)
			puts("ok");
		else
			print_error(result);
		PQclear(result);
	}
	for (int i = 0; i < v.n; i++)
	{
		free(v.texts[i]);
		PQclear(v.fetched[i]);
	}
}

/* What COPY gives, all of it, before the other COPY begins: there is one connection. */
static void
copy(const char *from, const char *to)
{
	char	   *data = NULL;
	size_t		size = 0;
	char	   *block;
	int			length;
	PGresult   *result;

	PQclear(PQexec(conn, from));
	while ((length = PQgetCopyData(conn, &block, 0)) > 0)
	{
		data = realloc(data, size + length);
		memcpy(data + size, block, length);
		size += length;
		PQfreemem(block);
	}
	PQclear(PQgetResult(conn));
	PQclear(PQgetResult(conn));

	PQclear(PQexec(conn, to));
	PQputCopyData(conn, data, size);
	PQputCopyEnd(conn, NULL);
	free(data);
	result = PQgetResult(conn);
	if (PQresultStatus(result) == PGRES_COMMAND_OK)
		puts("ok");
	else
		print_error(result);
	PQclear(result);
	PQclear(PQgetResult(conn));
}

static void
ignore(void *arg, const char *message)
{
}

int
main(int argc, char **argv)
{
	char	   *line = NULL;
	size_t		size = 0;

	typed = argc > 1 && strcmp(argv[1], "typed") == 0;
	conn = PQconnectdb("");
	PQsetNoticeProcessor(conn, ignore, NULL);
	if (PQstatus(conn) != CONNECTION_OK)
	{
		fputs(PQerrorMessage(conn), stderr);
		return 1;
	}
	while (getline(&line, &size, stdin) > 0)
	{
		char	   *rest = line;
		char	   *verb;
		char	   *sql;

		line[strcspn(line, "\n")] = '\0';
		verb = strsep(&rest, "\t");
		sql = strsep(&rest, "\t");
		if (strcmp(verb, "copy") == 0)
			copy(sql, rest);
		else
			ask(sql, rest);
		fflush(stdout);
	}
	PQfinish(conn);
	return 0;
}
