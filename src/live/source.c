/*
 * live/source.c
 *		The orders behind a live report: can they be followed, and have they been, without a gap?
 *
 * Triggers note what changes, but not all that happens to a table passes them: TRUNCATE and partitions that
 * come and go, a table that is itself a partition for a while, triggers that were disabled for a while, a dump
 * that was restored without them.  All of that leaves traces in the catalogs.  The fingerprint is a hash of
 * these: for each table of the source, and those of the report, its file and persistence; our triggers' rows in
 * pg_trigger, with the transaction and place that wrote them; of an ordinary table the rows of its columns,
 * which say what they inherit; the row that is the view's query; and the bucket and zone.  It is stored with
 * the totals, and as long as it is the same, nothing has happened but what was noted.  Otherwise a reader
 * counts the orders themselves, and the next refresh does so for all.
 *
 * Where rows are kept elsewhere none of that is there to be seen: such a table is refused by how a query of it is
 * planned.
 *
 * Refused: a trigger on TRUNCATE.  It would have to stand on each partition, also those that come later, and
 * would miss the other cases; while a new file tells of all.  The price is that VACUUM FULL and CLUSTER make
 * new files, too.
 *
 * Nor has a statement noted anything before its end, but triggers and functions that it calls see what it has
 * done so far: while it runs, the session that runs it does not trust what is stored.
 *
 * A table that was made or emptied in a transaction can be emptied again in it without a new file: until its
 * end there is no fingerprint.
 */
#include "live/source.h"

#include "live/catalog.h"
#include "live/triggers.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_am.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "commands/trigger.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/syscache.h"

/*
 * Mix in the rows of a catalog about a relation.
 */
static void
mix_rows(uint64 *hash, Oid catalog, Oid index, AttrNumber column, Oid relation)
{
	CatalogScan scan;
	HeapTuple	tuple;

	catalog_scan(&scan, catalog, index, column, relation);
	while ((tuple = catalog_next(&scan)) != NULL)
		catalog_mix_row(hash, tuple);
}

/*
 * Statement triggers see the rows of statements that name their table; not those that come by a parent or go
 * straight into a partition.
 */
bool
live_source_needs_row_trigger(Oid source)
{
	return get_rel_relkind(source) == RELKIND_PARTITIONED_TABLE || has_superclass(source);
}

/*
 * Is the table in use by a statement of this session that may write to it?  It is open here once.
 */
static bool
is_changing(Relation table)
{
	return AfterTriggerPendingOnRel(RelationGetRelid(table)) ||
		(table->rd_refcnt > 1 && CheckRelationLockedByMe(table, RowExclusiveLock, true));
}

/*
 * Mix in a table's file, and what a crash makes of it.
 */
static void
mix_table(uint64 *hash, Oid relation)
{
	FormData_pg_class form = catalog_class(relation);

	catalog_mix(hash, relation);
	catalog_mix(hash, form.relfilenode);
	catalog_mix(hash, form.relpersistence);
}

/*
 * Look at one table of the source.
 */
static void
look_at_table(LiveSource *source, const LiveReport *report, Oid relation)
{
	Relation	table = table_open(relation, NoLock);

	mix_table(&source->fingerprint, relation);
	source->rows += Max(table->rd_rel->reltuples, 0);
	source->is_new |= RELATION_IS_NEW(table);
	source->is_changing |= is_changing(table);
	if (!live_triggers_fit(report, relation, source->needs_row_trigger, &source->fingerprint))
		source->has_triggers = false;
	table_close(table, NoLock);
}

static void
mix_parameters(uint64 *hash, const LiveParameters *parameters)
{
	const Interval *bucket = DatumGetIntervalP(parameters->bucket);
	const text *zone = DatumGetTextPP(parameters->zone);

	catalog_mix(hash, (uint64) bucket->time);
	catalog_mix(hash, (uint64) bucket->day << 32 | (uint32) bucket->month);
	*hash = hash_bytes_extended((const unsigned char *) VARDATA_ANY(zone), VARSIZE_ANY_EXHDR(zone), *hash);
}

/*
 * Look at the source and all its partitions, which a lock keeps from being emptied until the end of the
 * transaction, as a query does.
 */
void
live_look_at_source(LiveSource *source, const LiveReport *report, const LiveParameters *parameters)
{
	ListCell   *cell;

	memset(source, 0, sizeof(LiveSource));
	source->needs_row_trigger = live_source_needs_row_trigger(report->source);
	source->has_triggers = true;
	foreach(cell, find_all_inheritors(report->source, AccessShareLock, NULL))
		look_at_table(source, report, lfirst_oid(cell));
	if (!source->needs_row_trigger)
		mix_rows(&source->fingerprint, AttributeRelationId, AttributeRelidNumIndexId, Anum_pg_attribute_attrelid,
				 report->source);
	mix_rows(&source->fingerprint, RewriteRelationId, RewriteRelRulenameIndexId, Anum_pg_rewrite_ev_class,
			 report->orders);
	mix_table(&source->fingerprint, report->customers);
	mix_table(&source->fingerprint, report->changed);
	mix_parameters(&source->fingerprint, parameters);
}

/*
 * A whole B-tree whose first column is the customer?
 */
static bool
index_finds_customers(Oid index, AttrNumber customer)
{
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	Form_pg_index form;
	bool		finds;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_index) GETSTRUCT(tuple);
	finds = form->indisvalid && form->indkey.values[0] == customer &&
		heap_attisnull(tuple, Anum_pg_index_indpred, NULL) && catalog_class(index).relam == BTREE_AM_OID;
	ReleaseSysCache(tuple);
	return finds;
}

bool
live_source_has_index(const LiveReport *report)
{
	Relation	source = table_open(report->source, AccessShareLock);
	bool		found = false;
	ListCell   *cell;

	foreach(cell, RelationGetIndexList(source))
		found = found || index_finds_customers(lfirst_oid(cell), report->columns[LIVE_CUSTOMER]);
	table_close(source, NoLock);
	return found;
}

void
live_refuse_without_index(const LiveReport *report)
{
	char	   *column;

	if (live_source_has_index(report))
		return;
	column = get_attname(report->source, report->columns[LIVE_CUSTOMER], false);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("a live report needs an index on column \"%s\" of \"%s\"", column, get_rel_name(report->source)),
			 errdetail("By it the orders of the customers are found that have changed."),
			 errhint("CREATE INDEX ON %s (%s);", live_qualified_name(report->source), quote_identifier(column))));
}

/*
 * Why a table cannot be followed; NULL if it can.
 */
static const char *
reason_against(Relation table, Oid source)
{
	Form_pg_class form = table->rd_rel;

	if (form->relkind != RELKIND_RELATION && form->relkind != RELKIND_PARTITIONED_TABLE)
		return form->relkind == RELKIND_FOREIGN_TABLE ?
			"What changes in a foreign table passes no trigger here." :
			"Only a table has triggers that see all of its rows.";
	if (form->relpersistence == RELPERSISTENCE_TEMP)
		return "Other sessions cannot see a temporary table.";
	if (form->relpersistence == RELPERSISTENCE_UNLOGGED)
		return "After a crash an unlogged table is empty, without a trace.";
	if (RelationGetRelid(table) != source && !form->relispartition)
		return "It inherits from the table of the orders, whose triggers do not see its rows.";
	return NULL;
}

static void
refuse_table(Oid table, const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("no live report can follow \"%s\"", get_rel_name(table)),
			 errdetail("%s", reason),
			 errhint("Make the report of a table, ordinary or partitioned, that holds the orders itself; "
					 "the filter leaves out what does not count.")));
}

/*
 * Refuse a source that cannot be followed, naming the table that is to blame.
 */
void
live_refuse_source(Oid source)
{
	ListCell   *cell;

	foreach(cell, find_all_inheritors(source, AccessShareLock, NULL))
	{
		Relation	table = relation_open(lfirst_oid(cell), NoLock);
		const char *reason = reason_against(table, source);

		if (reason != NULL)
			refuse_table(RelationGetRelid(table), reason);
		relation_close(table, NoLock);
	}
}

/*
 * Refuse tables of the report that a crash may empty, of which nothing would tell.
 */
void
live_refuse_unlogged(const LiveReport *report)
{
	const Oid	tables[] = {report->relation, report->customers, report->changed};
	int			i;

	for (i = 0; i < lengthof(tables); i++)
		if (catalog_class(tables[i]).relpersistence != RELPERSISTENCE_PERMANENT)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("table \"%s\" of a live report is unlogged", get_rel_name(tables[i])),
					 errhint("ALTER TABLE %s SET LOGGED;", live_qualified_name(tables[i]))));
}

/*
 * Refuse a column that has no values of its own: nobody is told when their expression changes.
 */
void
live_refuse_column(Relation source, AttrNumber column)
{
	if (column > 0 && TupleDescAttr(RelationGetDescr(source), column - 1)->attgenerated != 'v')
		return;
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 column == 0 ?
			 errmsg("no live report can follow whole rows of \"%s\"", RelationGetRelationName(source)) :
			 errmsg("no live report can follow column \"%s\" of \"%s\"",
					get_attname(RelationGetRelid(source), column, false), RelationGetRelationName(source)),
			 errdetail("Only columns whose values are stored can be followed.")));
}

/*
 * May a function be replaced by one that answers otherwise?
 */
static bool
is_a_users(Oid function, void *context)
{
	return function >= FirstNormalObjectId && !OidIsValid(getExtensionOfObject(ProcedureRelationId, function));
}

static bool
calls_a_users(Node *node, void *context)
{
	return node != NULL &&
		(check_functions_in_node(node, is_a_users, context) || expression_tree_walker(node, calls_a_users, context));
}

/*
 * Refuse a filter that does not depend on the values of the order alone.
 */
static void
refuse_filter(const LiveReport *report, Relation source)
{
	Bitmapset  *columns = NULL;
	int			column = -1;

	if (contain_mutable_functions_after_planning((Expr *) copyObject(report->filter)))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the filter of a live report must be immutable"),
				 errdetail("Nobody is told when time or a setting changes which orders it leaves out."),
				 errhint("Compare with constants, such as status <> 'cancelled'; times with a time zone in them.")));
	if (calls_a_users(report->filter, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the filter of a live report calls a function of a user"),
				 errdetail("Nobody is told when it is replaced."),
				 errhint("Use functions of PostgreSQL or of an extension, or put the result into a "
						 "generated column.")));
	pull_varattnos(report->filter, report->filter_table, &columns);
	while ((column = bms_next_member(columns, column)) >= 0)
		live_refuse_column(source, column + FirstLowInvalidHeapAttributeNumber);
}

/*
 * Is a query answered by an extension alone, without a scan of a table?  It finds the rows in tables of its own, or
 * on other servers, and triggers would be called there, if at all.
 */
static bool
is_answered_elsewhere(const char *query)
{
	SPIPlanPtr	prepared = SPI_prepare(query, 0, NULL);
	CachedPlan *cached = SPI_plan_get_cached_plan(prepared);
	Plan	   *plan = linitial_node(PlannedStmt, cached->stmt_list)->planTree;
	bool		elsewhere = IsA(plan, CustomScan) && ((CustomScan *) plan)->scan.scanrelid == 0 &&
		((CustomScan *) plan)->custom_plans == NIL;

	ReleaseCachedPlan(cached, NULL);
	SPI_freeplan(prepared);
	return elsewhere;
}

/*
 * The same of the view, which its owner may have replaced.
 */
void
live_refuse_orders(const LiveReport *report)
{
	Relation	source = table_open(report->source, AccessShareLock);
	int			i;

	for (i = 0; i < report->ncolumns; i++)
		live_refuse_column(source, report->columns[i]);
	if (report->filter != NULL)
		refuse_filter(report, source);
	table_close(source, NoLock);
	if (is_answered_elsewhere(psprintf("SELECT FROM %s", live_qualified_name(report->orders))))
		refuse_table(report->source, "Its rows are elsewhere: an extension answers the queries of it.");
}
