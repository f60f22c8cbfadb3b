/*
 * live/report.c
 *		What a live report is made of, and who may do what with it.
 *
 * A report "monthly" over the table shop.orders is four relations in the schema shop, owned by the owner of the
 * orders:
 *
 *		monthly				one row: the totals as they were counted last, the bucket, the zone
 *		monthly_customers	a summary of each customer, as it was counted last; the totals are the sum of these
 *		monthly_changed		customers some of whose orders have changed since, some of them several times
 *		monthly_orders		a view of the columns of the orders that count
 *
 * and triggers on the orders (live/note.c), whose only argument is the report's name.  Nothing else is kept:
 * there is no list of reports that could disagree with them.  They are dumped and restored as what they are;
 * the view knows its columns whatever they are called by now, and lets nobody drop them or change their type
 * unawares.
 *
 * In every snapshot the totals are those of the customers' table, and a customer who is not among the changed
 * is in that table as the orders have it.  That is all that a reader needs (live/totals.c), and what a refresh
 * keeps up (live/refresh.c).
 *
 * SQL for a report is run as its owner, who therefore can do no more by what he makes of these relations than
 * he could anyhow, whoever reads or refreshes the report; with a search_path that nobody can put anything into,
 * and with row_security off: a policy that would hide orders is an error, and not a lower number.
 */
#include "live/report.h"

#include "live/catalog.h"

#include "access/relation.h"
#include "catalog/namespace.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteHandler.h"
#include "storage/lmgr.h"
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
		query->cteList == NIL && query->setOperations == NULL && query->rowMarks == NIL &&
		query->groupClause == NIL && query->groupingSets == NIL && query->havingQual == NULL &&
		query->distinctClause == NIL && query->sortClause == NIL &&
		query->limitCount == NULL && query->limitOffset == NULL;
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
	if (table->rtekind != RTE_RELATION || !table->inh || table->tablesample != NULL)
		return false;
	report->source = table->relid;
	report->filter = copyObject(query->jointree->quals);
	report->filter_table = from;
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
	valid = read_query(report, get_view_query(view));
	relation_close(view, AccessShareLock);
	return valid;
}

static Oid
find_relation(const char *name, Oid schema, char kind)
{
	Oid			relation = get_relname_relid(name, schema);

	return OidIsValid(relation) && get_rel_relkind(relation) == kind ? relation : InvalidOid;
}

/*
 * Have all relations that are there one owner?
 */
static bool
has_one_owner(LiveReport *report)
{
	const Oid	others[] = {report->customers, report->changed, report->orders};
	int			i;

	report->owner = catalog_class(report->relation).relowner;
	for (i = 0; i < lengthof(others); i++)
		if (OidIsValid(others[i]) && catalog_class(others[i]).relowner != report->owner)
			return false;
	return OidIsValid(report->owner);
}

/*
 * Find the relations of a report; false if they are not all there, of one owner.  Without its view a report has
 * no source.
 */
bool
live_find(LiveReport *report, Oid schema, const char *name)
{
	memset(report, 0, sizeof(LiveReport));
	report->name = pstrdup(name);
	report->relation = find_relation(name, schema, RELKIND_RELATION);
	report->customers = find_relation(live_relation_name(name, "customers"), schema, RELKIND_RELATION);
	report->changed = find_relation(live_relation_name(name, "changed"), schema, RELKIND_RELATION);
	report->orders = find_relation(live_relation_name(name, "orders"), schema, RELKIND_VIEW);
	return has_one_owner(report) && OidIsValid(report->customers) && OidIsValid(report->changed) &&
		OidIsValid(report->orders) && read_orders(report);
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
 * Until the end of the transaction nobody drops what has been found, nor gives it to another owner; the source
 * comes first, as for whoever drops the report.
 */
static void
lock_relations(const LiveReport *report)
{
	const Oid	relations[] = {report->relation, report->customers, report->changed, report->orders};
	int			i;

	/* Who has a view over another's table need not have a right to lock that. */
	if (OidIsValid(report->source) && catalog_class(report->source).relowner == report->owner)
		LockRelationOid(report->source, AccessShareLock);
	for (i = 0; i < lengthof(relations); i++)
		if (OidIsValid(relations[i]))
			LockRelationOid(relations[i], AccessShareLock);
}

static bool
same_relations(const LiveReport *one, const LiveReport *other)
{
	return one->source == other->source && one->relation == other->relation &&
		one->customers == other->customers && one->changed == other->changed && one->orders == other->orders;
}

/*
 * Is this the type of a report's totals, and if the report is whole, of its?
 */
static bool
has_totals(const LiveReport *report, bool whole)
{
	AttrNumber	column = get_attnum(report->relation, "totals");
	Oid			type = column == InvalidAttrNumber ? InvalidOid : get_atttype(report->relation, column);

	return OidIsValid(type) &&
		(whole ? type == live_totals_type(report, live_has_amount(report)) :
		 type == live_totals_type(report, false) || type == live_totals_type(report, true));
}

/*
 * Find the report that an argument names, as it is once its relations are locked: what of it is there?
 */
LiveWhole
live_lookup(LiveReport *report, FunctionCallInfo fcinfo, int argument)
{
	Oid			relation = PG_GETARG_OID(argument);
	LiveReport	locked = {0};
	bool		whole;

	for (;;)
	{
		char	   *name = get_rel_name(relation);

		if (name == NULL)
			live_relation_is_gone(relation);
		if (strlen(name) + strlen("_customers") >= NAMEDATALEN)
			return LIVE_NOTHING;
		whole = live_find(report, get_rel_namespace(relation), name);
		if (same_relations(report, &locked))
			break;
		lock_relations(report);
		locked = *report;
	}
	report->extension_schema = live_extension_schema(fcinfo);
	if (!has_one_owner(report) || !has_totals(report, whole))
		return LIVE_NOTHING;
	if (!whole)
		return LIVE_PARTS;
	return catalog_class(report->source).relowner == report->owner ? LIVE_WHOLE : LIVE_FOREIGN;
}

/*
 * The report that an argument names, which must be whole.
 */
void
live_open(LiveReport *report, FunctionCallInfo fcinfo, int argument)
{
	LiveWhole	whole = live_lookup(report, fcinfo, argument);

	if (whole == LIVE_FOREIGN)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("live report \"%s\" and its orders have not the same owner", report->name),
				 errhint("Give \"%s\", \"%s_customers\", \"%s_changed\" and \"%s_orders\" to the owner of \"%s\" "
						 "with ALTER TABLE ... OWNER TO.", report->name, report->name, report->name, report->name,
						 get_rel_name(report->source))));
	if (whole != LIVE_WHOLE)
		live_refuse(PG_GETARG_OID(argument));
	live_refuse_impostors(report, fcinfo->flinfo->fn_oid);
}

void
live_relation_is_gone(Oid relation)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_TABLE),
			 errmsg("relation with OID %u does not exist", relation)));
}

void
live_refuse(Oid relation)
{
	char	   *name = get_rel_name(relation);

	if (name == NULL)
		live_relation_is_gone(relation);
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("\"%s\" is not a live report", name),
			 errdetail("A live report has tables \"%s_customers\" and \"%s_changed\" and a view \"%s_orders\" "
					   "beside it, as they were made, of the same owner.", name, name, name),
			 errhint("Make one with live_report_create; the view live_reports lists those that there are.")));
}

static void
set_option(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/*
 * From here on SQL runs as the owner; errors put everything back, as the end of a subtransaction does.
 */
void
live_enter_as(LiveSession *session, Oid owner)
{
	session->cxt = CurrentMemoryContext;
	GetUserIdAndSecContext(&session->user, &session->security_context);
	SetUserIdAndSecContext(owner, session->security_context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_RESTRICTED_OPERATION);
	session->guc_level = NewGUCNestLevel();
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
}

/*
 * The same with settings on which what is written in the sources depends.
 */
void
live_enter(LiveSession *session, Oid owner)
{
	live_enter_as(session, owner);
	set_option("search_path", "pg_catalog, pg_temp");
	set_option("row_security", "off");
}

void
live_leave(const LiveSession *session)
{
	SPI_finish();
	AtEOXact_GUC(false, session->guc_level);
	SetUserIdAndSecContext(session->user, session->security_context);
}
