/*
 * live/report.c
 *		What a live report is made of, and who may do what with it.
 *
 * A report "monthly" over the table shop.orders is four relations in the schema shop, owned by the owner of the orders:
 *
 *		monthly				one row: the totals as they were counted last, the bucket, the zone
 *		monthly_customers	a summary of each customer, as it was counted last; the totals are the sum of these
 *		monthly_changed		customers some of whose orders have changed since, some of them several times
 *		monthly_orders		a view of the columns of the orders that count
 *
 * and triggers on the orders (live/note.c), whose only argument is the report's name.  Nothing else is kept: there is no list
 * of reports that could disagree with them.  They are dumped and restored as what they are; the view
 * knows its columns whatever they are called by now, and lets nobody drop them or change their type unawares.
 *
 * In every snapshot the totals are those of the customers' table, and a customer who is not among the changed is in
 * that table as the orders have it.  That is all that a reader needs (live/totals.c), and what a refresh keeps up
 * (live/refresh.c).
 *
 * SQL for a report is run as its owner, who therefore can do no more by what he makes of these relations than he
 * could anyhow, whoever reads or refreshes the report; with a search_path that nobody can put anything into, and
 * with row_security off: a policy that would hide orders is an error, and not a lower number.
 */
#include "live/report.h"

#include "access/relation.h"
#include "catalog/namespace.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteHandler.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/*
 * The name of one of a report's relations or triggers.
 */
char *
live_relation_name(const char *report, const char *what)
{
	char	   *name = psprintf("%s_%s", report, what);

	if (strlen(name) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("the name \"%s\" of a live report is too long", report),
				 errhint("The names of its tables begin with it; choose one of up to %d bytes.",
						 NAMEDATALEN - 1 - (int) strlen("_customers"))));
	return name;
}

/*
 * Is a query as live_report_create writes it: columns of one table, and perhaps a condition?
 */
static bool
is_plain_query(const Query *query)
{
	return query->commandType == CMD_SELECT && list_length(query->jointree->fromlist) == 1 &&
		IsA(linitial(query->jointree->fromlist), RangeTblRef) &&
		!query->hasAggs && !query->hasWindowFuncs && !query->hasTargetSRFs && !query->hasSubLinks &&
		query->cteList == NIL && query->setOperations == NULL && query->groupClause == NIL &&
		query->distinctClause == NIL && query->limitCount == NULL && query->limitOffset == NULL;
}

static bool
read_query(LiveReport *report, Query *query)
{
	int			from;
	RangeTblEntry *table;
	ListCell   *cell;

	if (!is_plain_query(query))
		return false;
	from = linitial_node(RangeTblRef, query->jointree->fromlist)->rtindex;
	table = rt_fetch(from, query->rtable);
	if (table->rtekind != RTE_RELATION)
		return false;
	report->source = table->relid;
	report->has_filter = query->jointree->quals != NULL;
	report->ncolumns = 0;
	foreach(cell, query->targetList)
	{
		TargetEntry *target = lfirst_node(TargetEntry, cell);
		Var		   *column = (Var *) target->expr;

		if (!IsA(column, Var) || column->varno != from || column->varattno <= 0 || target->resjunk ||
			report->ncolumns == LIVE_MAX_COLUMNS)
			return false;
		if (report->ncolumns == LIVE_CUSTOMER)
			report->customer_type = column->vartype;
		report->columns[report->ncolumns++] = column->varattno;
	}
	return report->ncolumns >= LIVE_AMOUNT;
}

/*
 * Read the view.
 */
static bool
read_orders(LiveReport *report)
{
	Relation	view = try_relation_open(report->orders, AccessShareLock);
	bool		valid;

	if (view == NULL)
		return false;
	valid = view->rd_rel->relkind == RELKIND_VIEW && read_query(report, get_view_query(view));
	relation_close(view, AccessShareLock);
	return valid;
}

static Oid
owner_of(Oid relation)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Oid			owner = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
		ReleaseSysCache(tuple);
	}
	return owner;
}

static bool
find_tables(LiveReport *report, Oid schema, const char *name)
{
	memset(report, 0, sizeof(LiveReport));
	report->name = pstrdup(name);
	report->relation = get_relname_relid(name, schema);
	report->customers = get_relname_relid(live_relation_name(name, "customers"), schema);
	report->changed = get_relname_relid(live_relation_name(name, "changed"), schema);
	report->owner = owner_of(report->relation);
	return OidIsValid(report->owner) && owner_of(report->customers) == report->owner &&
		owner_of(report->changed) == report->owner;
}

static bool
find_orders(LiveReport *report, Oid schema)
{
	report->orders = get_relname_relid(live_relation_name(report->name, "orders"), schema);
	return OidIsValid(report->orders) && owner_of(report->orders) == report->owner && read_orders(report);
}

/*
 * Find the relations of a report; false if they are not all there.
 */
bool
live_find(LiveReport *report, Oid schema, const char *name)
{
	return find_tables(report, schema, name) && find_orders(report, schema);
}

/*
 * The schema in which the extension is, whose function has been called.
 */
Oid
live_extension_schema(FunctionCallInfo fcinfo)
{
	return get_func_namespace(fcinfo->flinfo->fn_oid);
}

/*
 * The report that an argument names, perhaps without its view, and so without its source.
 */
void
live_open(LiveReport *report, FunctionCallInfo fcinfo, int argument, bool maybe_without_orders)
{
	Oid			relation = PG_GETARG_OID(argument);
	Oid			schema = get_rel_namespace(relation);
	char	   *name = get_rel_name(relation);
	bool		found;

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relation)));
	found = strlen(name) + strlen("_customers") < NAMEDATALEN && find_tables(report, schema, name);
	if (!found || (!find_orders(report, schema) && !maybe_without_orders))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a live report", name),
				 found ?
				 errdetail("Its view \"%s_orders\" is gone, or is not as it was made.", name) :
				 errdetail("It has no tables \"%s_customers\" and \"%s_changed\".", name, name),
				 found ?
				 errhint("What is left of it is dropped by live_report_drop.") :
				 errhint("Live reports are made by live_report_create; the view live_reports lists them.")));
	report->extension_schema = live_extension_schema(fcinfo);
}

/*
 * From here on SQL runs as the owner; errors put everything back, as the end of a subtransaction does.
 */
void
live_enter(LiveSession *session, Oid owner)
{
	session->cxt = CurrentMemoryContext;
	GetUserIdAndSecContext(&session->user, &session->security_context);
	SetUserIdAndSecContext(owner, session->security_context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	session->guc_level = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
	(void) set_config_option("row_security", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
}

void
live_leave(const LiveSession *session)
{
	SPI_finish();
	AtEOXact_GUC(false, session->guc_level);
	SetUserIdAndSecContext(session->user, session->security_context);
}
