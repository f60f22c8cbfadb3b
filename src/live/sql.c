/*
 * live/sql.c
 *		SQL for a live report, in which names in braces stand for its relations.
 *
 *		{report} {customers} {changed} {orders} {source}	their names, qualified and quoted
 *		{ext}					the schema of the extension
 *		{=}						the operator by which the type of the customers says who is the same
 *		{summary}				the aggregate over {orders}, of the bucket $1 in the zone $2
 *
 * All names are written out, since the search_path has nothing of a user's.
 */
#include "live/report.h"

#include "catalog/dependency.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

char *
live_qualified_name(Oid relation)
{
	char	   *name = get_rel_name(relation);

	if (name == NULL)
		live_relation_is_gone(relation);
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)), name);
}

/*
 * The type of a report's totals, with amounts or without.
 */
Oid
live_totals_type(const LiveReport *report, bool amounts)
{
	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid,
						   CStringGetDatum(amounts ? "revenue_totals" : "retention_totals"),
						   ObjectIdGetDatum(report->extension_schema));
}

/*
 * Refuse to go on if somebody has put an aggregate of the name of {summary} into the extension's schema: if it
 * takes just the customers' type it would be called instead, with the rights of the report's owner.
 */
void
live_refuse_impostors(const LiveReport *report, Oid own_function)
{
	Oid			extension = getExtensionOfObject(ProcedureRelationId, own_function);
	const char *name = live_has_amount(report) ? "revenue_agg" : "retention_agg";
	CatCList   *list = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(name));
	int			i;

	for (i = 0; i < list->n_members; i++)
	{
		Form_pg_proc function = (Form_pg_proc) GETSTRUCT(&list->members[i]->tuple);

		if (function->pronamespace == report->extension_schema &&
			getExtensionOfObject(ProcedureRelationId, function->oid) != extension)
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("function %s is not one of the extension's", format_procedure(function->oid)),
					 errhint("Drop it, and let nobody create functions in the schema of the extension.")));
	}
	ReleaseCatCacheList(list);
}

/*
 * The operator that the unique index of the customers' table uses.
 */
static char *
equality_operator(Oid type)
{
	Oid			eq = lookup_type_cache(type, TYPECACHE_EQ_OPR)->eq_opr;
	HeapTuple	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(eq));
	Form_pg_operator operator;
	char	   *name;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("could not identify an equality operator for type %s", format_type_be(type))));
	operator = (Form_pg_operator) GETSTRUCT(tuple);
	name = psprintf("OPERATOR(%s.%s)", quote_identifier(get_namespace_name(operator->oprnamespace)),
					NameStr(operator->oprname));
	ReleaseSysCache(tuple);
	return name;
}

static char *
meaning_of(const LiveReport *report, const char *word)
{
	const char *ext = quote_identifier(get_namespace_name(report->extension_schema));

	if (strcmp(word, "ext") == 0)
		return pstrdup(ext);
	if (strcmp(word, "report") == 0)
		return live_qualified_name(report->relation);
	if (strcmp(word, "customers") == 0)
		return live_qualified_name(report->customers);
	if (strcmp(word, "changed") == 0)
		return live_qualified_name(report->changed);
	if (strcmp(word, "orders") == 0)
		return live_qualified_name(report->orders);
	if (strcmp(word, "source") == 0)
		return live_qualified_name(report->source);
	if (strcmp(word, "=") == 0)
		return equality_operator(report->customer_type);
	if (strcmp(word, "summary") == 0)
		return psprintf(live_has_amount(report) ? "%s.revenue_agg(customer, ordered_at, amount, $1, $2)" :
						"%s.retention_agg(customer, ordered_at, $1, $2)", ext);
	elog(ERROR, "no meaning for \"%s\"", word);
}

static char *
expand(const LiveReport *report, const char *sql)
{
	StringInfoData text;
	const char *open;

	initStringInfo(&text);
	while ((open = strchr(sql, '{')) != NULL)
	{
		const char *close = strchr(open, '}');

		appendBinaryStringInfo(&text, sql, open - sql);
		appendStringInfoString(&text, meaning_of(report, pnstrdup(open + 1, close - open - 1)));
		sql = close + 1;
	}
	appendStringInfoString(&text, sql);
	return text.data;
}

/*
 * Run a command in which all names are written out already, and what a user wrote may be: one, and no more.
 */
void
live_execute(const char *sql)
{
	int			result;

	if (list_length(raw_parser(sql, RAW_PARSE_DEFAULT)) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("the filter of a live report must be a condition on one order")));
	result = SPI_execute(sql, false, 0);
	if (result < 0)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
}

/*
 * Run a command; read-only ones see the caller's snapshot, others a new one where the isolation level has it
 * so.  Returns the number of rows.
 */
uint64
live_run_with(const LiveReport *report, bool read_only, const char *sql, int nargs, Oid *types, Datum *values)
{
	int			result = SPI_execute_with_args(expand(report, sql), nargs, types, values, NULL, read_only, 0);

	if (result < 0)
		elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(result));
	return SPI_processed;
}

void
live_run(const LiveReport *report, const char *sql)
{
	(void) live_run_with(report, false, sql, 0, NULL, NULL);
}

/*
 * A column of the first row of the last command, in the caller's memory; false if it is NULL or there is none.
 * It must be of the type that live_report_create gave it.
 */
bool
live_result(const LiveReport *report, const LiveSession *session, int column, Oid type, Datum *value)
{
	TupleDesc	desc;
	bool		isnull;
	Datum		result;
	Form_pg_attribute attribute;
	MemoryContext old;

	if (SPI_processed == 0)
		return false;
	desc = SPI_tuptable->tupdesc;
	attribute = TupleDescAttr(desc, column - 1);
	if (attribute->atttypid != type)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the tables of live report \"%s\" are not as they were made", report->name),
				 errdetail("There is a column of type %s, not %s.", format_type_be(attribute->atttypid),
						   format_type_be(type)),
				 errhint("Drop the report with live_report_drop, and make it anew.")));
	result = SPI_getbinval(SPI_tuptable->vals[0], desc, column, &isnull);
	if (isnull)
		return false;
	old = MemoryContextSwitchTo(session->cxt);
	*value = datumCopy(result, attribute->attbyval, attribute->attlen);
	MemoryContextSwitchTo(old);
	return true;
}

/*
 * Totals in a column; NULL if there are none.
 */
const RetentionTotals *
live_result_totals(const LiveReport *report, const LiveSession *session, int column)
{
	Datum		value;
	MemoryContext old;
	struct varlena *totals;

	if (!live_result(report, session, column, live_totals_type(report, live_has_amount(report)), &value))
		return NULL;
	old = MemoryContextSwitchTo(session->cxt);
	totals = PG_DETOAST_DATUM(value);
	MemoryContextSwitchTo(old);
	return totals_open(totals, live_has_amount(report));
}
