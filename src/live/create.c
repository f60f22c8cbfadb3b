/*
 * live/create.c
 *		live_report_create and live_report_drop.
 *
 * Creating makes the relations and triggers, and counts nothing: the lock that triggers take, which holds
 * writers up, is not to last as long as counting does.  Until the first refresh readers count the orders.
 */
#include "live/source.h"
#include "live/triggers.h"

#include "agg/customer_keys.h"

#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(live_report_create);
PG_FUNCTION_INFO_V1(live_report_drop);

/* Arguments of live_report_create. */
enum
{
	ARG_NAME,
	ARG_SOURCE,
	ARG_CUSTOMER,
	ARG_ORDERED_AT,
	ARG_BUCKET,
	ARG_ZONE,
	ARG_AMOUNT,
	ARG_FILTER
};

/* Names, quoted where they have to be, of a report that is not there yet. */
typedef struct Names
{
	const char *plain;			/* of the report, as it was given */
	const char *report;			/* these are qualified by the schema */
	const char *customers;
	const char *changed;
	const char *orders;
	const char *source;
	const char *ext;
} Names;

static void
check_arguments(FunctionCallInfo fcinfo)
{
	static const char *const names[] = {"name", "source", "customer", "ordered_at", "bucket", "zone"};
	int			i;

	for (i = 0; i < lengthof(names); i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s must not be NULL", names[i]),
					 errhint("A live report has a name, a table, its columns for the customer and the time "
							 "of an order, a bucket and a time zone.")));
}

static void
check_owner(Oid relation)
{
	if (!object_ownercheck(RelationRelationId, relation, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(get_rel_relkind(relation)), get_rel_name(relation));
}

/*
 * A column of the source by name.
 */
static Form_pg_attribute
find_column(Relation source, const char *name)
{
	AttrNumber	number = get_attnum(RelationGetRelid(source), name);

	if (number == InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of relation \"%s\" does not exist", name, RelationGetRelationName(source))));
	live_refuse_column(source, number);
	return TupleDescAttr(RelationGetDescr(source), number - 1);
}

/*
 * Customers are told apart by their hash, and sought as an array.
 */
static void
check_customer_column(Form_pg_attribute column)
{
	CustomerKeys keys;

	customer_keys_init(&keys, getBaseType(column->atttypid), column->attcollation, CurrentMemoryContext);
	if (!OidIsValid(get_array_type(column->atttypid)))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("column \"%s\" is of type %s, of which there are no arrays", NameStr(column->attname),
						format_type_be(column->atttypid))));
}

static void
check_time_column(Form_pg_attribute column)
{
	if (getBaseType(column->atttypid) == TIMESTAMPTZOID)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("column \"%s\" is of type %s, not timestamp with time zone", NameStr(column->attname),
					format_type_be(column->atttypid)),
			 errdetail("It depends on the session's time zone at what instant it lies."),
			 errhint("Add a column GENERATED ALWAYS AS (%s AT TIME ZONE '...') STORED.",
					 quote_identifier(NameStr(column->attname)))));
}

static void
check_amount_column(Form_pg_attribute column)
{
	switch (getBaseType(column->atttypid))
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
			return;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("column \"%s\" is of type %s, not numeric", NameStr(column->attname),
							format_type_be(column->atttypid)),
					 errdetail("Amounts are summed up exactly: they are numeric or integers."),
					 errhint("Add a column GENERATED ALWAYS AS (...) STORED that is numeric.")));
	}
}

/*
 * The columns of the view, as its SELECT names them.
 */
static char *
column_list(FunctionCallInfo fcinfo, Relation source)
{
	Form_pg_attribute customer = find_column(source, text_to_cstring(PG_GETARG_TEXT_PP(ARG_CUSTOMER)));
	Form_pg_attribute ordered_at = find_column(source, text_to_cstring(PG_GETARG_TEXT_PP(ARG_ORDERED_AT)));
	Form_pg_attribute amount;
	char	   *list;

	check_customer_column(customer);
	check_time_column(ordered_at);
	list = psprintf("%s AS customer, %s AS ordered_at", quote_identifier(NameStr(customer->attname)),
					quote_identifier(NameStr(ordered_at->attname)));
	if (PG_ARGISNULL(ARG_AMOUNT))
		return list;
	amount = find_column(source, text_to_cstring(PG_GETARG_TEXT_PP(ARG_AMOUNT)));
	check_amount_column(amount);
	return psprintf("%s, %s AS amount", list, quote_identifier(NameStr(amount->attname)));
}

/*
 * The view.  What a user writes in the filter means what it means to him: it is the one command that is read
 * with his search_path.
 */
static void
create_view(const Names *names, const char *columns, const char *filter)
{
	char	   *where = filter == NULL ? "" : psprintf(" WHERE (%s\n)", filter);

	live_execute(psprintf("CREATE VIEW %s AS SELECT %s FROM %s%s", names->orders, columns, names->source, where));
}

/*
 * The tables, of which live/report.c says what they are for.  Changed customers are deleted by what they are,
 * for which a publication of deletes wants to know who they are.
 */
static void
create_tables(const Names *names, bool has_amount)
{
	const char *kind = has_amount ? "revenue" : "retention";

	live_execute(psprintf("CREATE TABLE %s (bucket interval NOT NULL, zone text NOT NULL, totals %s.%s_totals, "
						  "counted_as bigint, refreshed_at timestamptz, "
						  "one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row))",
						  names->report, names->ext, kind));
	live_execute(psprintf("CREATE TABLE %s AS SELECT customer, NULL::%s.%s_summary AS summary FROM %s WITH NO DATA",
						  names->customers, names->ext, kind, names->orders));
	live_execute(psprintf("ALTER TABLE %s ADD PRIMARY KEY (customer)", names->customers));
	live_execute(psprintf("CREATE TABLE %s AS SELECT customer FROM %s WITH NO DATA", names->changed, names->orders));
	live_execute(psprintf("ALTER TABLE %s REPLICA IDENTITY FULL", names->changed));
}

/*
 * Run the commands that a query writes.
 */
static void
run_each(const LiveReport *report, const char *sql, int nargs, Oid *types, Datum *values)
{
	uint64		n = live_run_with(report, false, sql, nargs, types, values);
	SPITupleTable *commands = SPI_tuptable;
	uint64		i;

	for (i = 0; i < n; i++)
		live_execute(SPI_getvalue(commands->vals[i], commands->tupdesc, 1));
}

/*
 * Take back what default privileges have given others.
 */
static void
revoke_privileges(const LiveReport *report)
{
	const Oid	relations[] = {report->relation, report->customers, report->changed, report->orders};
	Oid			types[] = {OIDOID};
	int			i;

	for (i = 0; i < lengthof(relations); i++)
	{
		Datum		values[] = {ObjectIdGetDatum(relations[i])};

		run_each(report,
				 "SELECT DISTINCT format('REVOKE ALL ON %s FROM %s', c.oid::regclass, "
				 "CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END) "
				 "FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = $1 AND a.grantee <> c.relowner",
				 lengthof(types), types, values);
	}
}

static void
comment(const char *kind, const char *relation, const char *text)
{
	live_execute(psprintf("COMMENT ON %s %s IS %s", kind, relation, quote_literal_cstr(text)));
}

static void
comment_relations(const Names *names)
{
	comment("TABLE", names->report,
			psprintf("live report of %s: read by live_totals, kept up by live_refresh, dropped by live_report_drop",
					 names->source));
	comment("TABLE", names->customers, psprintf("live report %s: each customer as counted last", names->report));
	comment("TABLE", names->changed,
			psprintf("live report %s: customers whose orders have changed since", names->report));
	comment("VIEW", names->orders, psprintf("live report %s: the orders that count", names->report));
}

/*
 * The only row.  A bucket or a zone that there is not is refused before it is stored.
 */
static void
insert_row(const LiveReport *report, Datum bucket, Datum zone)
{
	Oid			types[] = {INTERVALOID, TEXTOID};
	Datum		values[] = {bucket, zone};

	live_run_with(report, false, "SELECT {ext}.bucket_start(now(), $1, $2)", lengthof(types), types, values);
	live_run_with(report, false, "INSERT INTO {report} (bucket, zone) VALUES ($1, $2)", lengthof(types), types,
				  values);
}

static void
check_view(LiveReport *report, const Names *names, Relation source)
{
	if (!live_find(report, RelationGetNamespace(source), names->plain) || report->source != RelationGetRelid(source))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the filter of a live report must be a condition on one order"),
				 errhint("It cannot have subqueries or aggregates; put what it asks for into a column.")));
	live_refuse_orders(report);
	live_refuse_without_index(report);
}

static void
name_relations(Names *names, Relation source, const char *name, Oid extension_schema)
{
	const char *schema = get_namespace_name(RelationGetNamespace(source));

	if (*name == '\0' || strlen(name) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(*name == '\0' ? ERRCODE_INVALID_NAME : ERRCODE_NAME_TOO_LONG),
				 errmsg("\"%s\" cannot be the name of a live report", name)));
	names->plain = name;
	names->report = quote_qualified_identifier(schema, name);
	names->customers = quote_qualified_identifier(schema, live_relation_name(name, "customers"));
	names->changed = quote_qualified_identifier(schema, live_relation_name(name, "changed"));
	names->orders = quote_qualified_identifier(schema, live_relation_name(name, "orders"));
	names->source = quote_qualified_identifier(schema, RelationGetRelationName(source));
	names->ext = quote_identifier(get_namespace_name(extension_schema));
}

/*
 * live_report_create(name text, source regclass, customer text, ordered_at text, bucket interval, zone text,
 *					  amount text, filter text) -> regclass
 */
Datum
live_report_create(PG_FUNCTION_ARGS)
{
	Relation	source;
	Names		names;
	LiveReport	report;
	LiveSession session;
	char	   *columns;

	check_arguments(fcinfo);
	check_owner(PG_GETARG_OID(ARG_SOURCE));
	source = relation_open(PG_GETARG_OID(ARG_SOURCE), ShareRowExclusiveLock);

	/* The lock may have been waited for, and the owner have changed meanwhile. */
	check_owner(RelationGetRelid(source));
	live_refuse_source(RelationGetRelid(source));
	name_relations(&names, source, text_to_cstring(PG_GETARG_TEXT_PP(ARG_NAME)), live_extension_schema(fcinfo));
	columns = column_list(fcinfo, source);

	live_enter_as(&session, source->rd_rel->relowner);
	create_view(&names, columns, PG_ARGISNULL(ARG_FILTER) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(ARG_FILTER)));
	live_leave(&session);

	live_enter(&session, source->rd_rel->relowner);
	create_tables(&names, !PG_ARGISNULL(ARG_AMOUNT));
	check_view(&report, &names, source);
	report.extension_schema = live_extension_schema(fcinfo);
	comment_relations(&names);
	revoke_privileges(&report);
	insert_row(&report, PG_GETARG_DATUM(ARG_BUCKET), PG_GETARG_DATUM(ARG_ZONE));
	relation_close(source, NoLock);
	live_make_triggers(&report, live_source_needs_row_trigger(report.source));
	live_leave(&session);
	PG_RETURN_OID(report.relation);
}

/*
 * Drop the triggers of a report, as the caller, who owns the orders too; the view, which says what these are,
 * may be gone.
 */
static void
drop_triggers(const LiveReport *report)
{
	Oid			types[] = {TEXTOID, OIDOID};
	Datum		values[] = {
		CStringGetTextDatum(report->name),
		ObjectIdGetDatum(get_rel_namespace(report->relation))
	};
	LiveSession session;

	live_enter(&session, GetUserId());
	run_each(report,
			 "SELECT format('DROP TRIGGER %I ON %s', t.tgname, o.oid::regclass) "
			 "FROM pg_trigger t JOIN pg_class o ON o.oid = t.tgrelid "
			 "WHERE t.tgfoid = '{ext}.live_note()'::regprocedure AND t.tgparentid = 0 AND o.relnamespace = $2 "
			 "AND substr(t.tgargs, 1, octet_length($1) + 1) = "
			 "convert_to($1, getdatabaseencoding()) || '\\x00'::bytea",
			 lengthof(types), types, values);
	live_leave(&session);
}

static void
drop_relation(const char *kind, Oid relation)
{
	if (OidIsValid(relation))
		live_execute(psprintf("DROP %s %s", kind, live_qualified_name(relation)));
}

/*
 * live_report_drop(report regclass)
 *
 * What is left of a report is dropped, too.
 */
Datum
live_report_drop(PG_FUNCTION_ARGS)
{
	LiveReport	report;
	LiveSession session;

	if (live_lookup(&report, fcinfo, 0) == LIVE_NOTHING)
		live_refuse(PG_GETARG_OID(0));
	check_owner(report.relation);
	if (OidIsValid(report.source))
	{
		check_owner(report.source);
		LockRelationOid(report.source, AccessExclusiveLock);
	}
	drop_triggers(&report);
	live_enter(&session, report.owner);
	drop_relation("VIEW", report.orders);
	drop_relation("TABLE", report.changed);
	drop_relation("TABLE", report.customers);
	drop_relation("TABLE", report.relation);
	live_leave(&session);
	PG_RETURN_VOID();
}
