/*
 * live/source.c
 *		The orders behind a live report: can they be followed, and have they been, without a gap?
 *
 * Triggers note what changes, but not all that happens to a table passes them: TRUNCATE and partitions that
 * come and go, triggers that were disabled for a while, a dump that was restored without them.  All of that
 * leaves traces in the catalogs.  The fingerprint is a hash of these: for each table of the source its file,
 * persistence and our triggers' rows in pg_trigger, with the transaction and place that wrote them; and the row
 * that is the view's query.  It is stored with the totals, and as long as it is the same, nothing has happened
 * but what was noted.  Otherwise a reader counts the orders themselves, and the next refresh does so for all.
 *
 * Refused: a trigger on TRUNCATE.  It would have to stand on each partition, also those that come later, and
 * would miss the other cases; while a new file tells of all.  The price is that VACUUM FULL and CLUSTER make
 * new files, too.
 *
 * Nor has a statement noted anything before its end, but triggers and functions that it calls see what it has done so
 * far: while it runs, the session that runs it does not trust what is stored.
 *
 * A table that was made or emptied in a transaction can be emptied again in it without a new file: until its
 * end there is no fingerprint.
 */
#include "live/source.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_subscription_rel.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "common/hashfn.h"
#include "parser/parse_func.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* Statement triggers for INSERT, UPDATE and DELETE. */
#define STATEMENT_TRIGGERS 3

typedef struct TriggerCounts
{
	int			for_statement;
	int			for_row;
	int			not_always;		/* of them, those that are not enabled always */
} TriggerCounts;

static void
mix(uint64 *hash, uint64 value)
{
	*hash = hash_bytes_extended((const unsigned char *) &value, sizeof(value), *hash);
}

/*
 * Mix in who wrote a row of a catalog, and where: a row that was changed and changed back is another one.
 */
static void
mix_row(uint64 *hash, HeapTuple tuple)
{
	mix(hash, HeapTupleHeaderGetRawXmin(tuple->t_data));
	mix(hash, (uint64) ItemPointerGetBlockNumber(&tuple->t_self) << 16 | ItemPointerGetOffsetNumber(&tuple->t_self));
}

/*
 * The rows of a catalog about a relation.
 */
static SysScanDesc
scan_catalog(Relation catalog, Oid index, AttrNumber column, Oid relation)
{
	ScanKeyData key;

	ScanKeyInit(&key, column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	return systable_beginscan(catalog, index, true, NULL, 1, &key);
}

static bool
is_subscribed(Oid relation)
{
	Relation	catalog = table_open(SubscriptionRelRelationId, AccessShareLock);
	SysScanDesc scan = scan_catalog(catalog, SubscriptionRelSrrelidSrsubidIndexId,
									Anum_pg_subscription_rel_srrelid, relation);
	bool		found = HeapTupleIsValid(systable_getnext(scan));

	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return found;
}

/*
 * Is a trigger one of the report's?
 */
static bool
is_ours(const LiveReport *report, Oid function, Relation catalog, HeapTuple tuple)
{
	Form_pg_trigger trigger = (Form_pg_trigger) GETSTRUCT(tuple);
	bool		isnull;
	Datum		arguments;

	if (trigger->tgfoid != function || trigger->tgnargs != 1)
		return false;
	arguments = heap_getattr(tuple, Anum_pg_trigger_tgargs, RelationGetDescr(catalog), &isnull);
	return !isnull && strcmp(VARDATA_ANY(DatumGetByteaPP(arguments)), report->name) == 0;
}

static TriggerCounts
look_at_triggers(const LiveReport *report, Oid relation, uint64 *hash)
{
	Oid			function = LookupFuncName(list_make2(makeString(get_namespace_name(report->extension_schema)),
													 makeString("live_note")), 0, NULL, false);
	Relation	catalog = table_open(TriggerRelationId, AccessShareLock);
	SysScanDesc scan = scan_catalog(catalog, TriggerRelidNameIndexId, Anum_pg_trigger_tgrelid, relation);
	TriggerCounts counts = {0};
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_trigger trigger = (Form_pg_trigger) GETSTRUCT(tuple);

		if (!is_ours(report, function, catalog, tuple))
			continue;
		mix_row(hash, tuple);
		if (TRIGGER_FOR_ROW(trigger->tgtype))
			counts.for_row++;
		else
			counts.for_statement++;
		if (trigger->tgenabled != TRIGGER_FIRES_ALWAYS)
			counts.not_always++;
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return counts;
}

static void
look_at_view(const LiveReport *report, uint64 *hash)
{
	Relation	catalog = table_open(RewriteRelationId, AccessShareLock);
	SysScanDesc scan = scan_catalog(catalog, RewriteRelRulenameIndexId, Anum_pg_rewrite_ev_class, report->orders);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		mix_row(hash, tuple);
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

/*
 * Statement triggers see the rows of statements that name their table; not those that come by a parent or go
 * straight into a partition, nor those of logical replication.
 */
bool
live_source_needs_row_trigger(Oid source)
{
	return get_rel_relkind(source) == RELKIND_PARTITIONED_TABLE || has_superclass(source) || is_subscribed(source);
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
 * Look at one table of the source.
 */
static void
look_at_table(LiveSource *source, const LiveReport *report, Oid relation)
{
	Relation	table = table_open(relation, NoLock);
	TriggerCounts triggers;

	mix(&source->fingerprint, relation);
	mix(&source->fingerprint, table->rd_rel->relfilenode);
	mix(&source->fingerprint, table->rd_rel->relpersistence);
	mix(&source->fingerprint, is_subscribed(relation));
	source->rows += Max(table->rd_rel->reltuples, 0);
	source->is_new |= RELATION_IS_NEW(table);
	source->is_changing |= is_changing(table);
	triggers = look_at_triggers(report, relation, &source->fingerprint);
	source->has_triggers &= triggers.not_always == 0 &&
		triggers.for_row == (source->needs_row_trigger ? 1 : 0) &&
		triggers.for_statement == (source->needs_row_trigger ? 0 : STATEMENT_TRIGGERS);
	table_close(table, NoLock);
}

/*
 * Look at the source and all its partitions, which a lock keeps from being emptied until the end of the
 * transaction, as a query does.
 */
void
live_look_at_source(LiveSource *source, const LiveReport *report)
{
	ListCell   *cell;

	memset(source, 0, sizeof(LiveSource));
	source->needs_row_trigger = live_source_needs_row_trigger(report->source);
	source->has_triggers = true;
	LockRelationOid(report->source, AccessShareLock);
	foreach(cell, find_all_inheritors(report->source, AccessShareLock, NULL))
		look_at_table(source, report, lfirst_oid(cell));
	mix(&source->fingerprint, source->needs_row_trigger);
	look_at_view(report, &source->fingerprint);
}

/*
 * A whole index whose first column is the customer?
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
		heap_attisnull(tuple, Anum_pg_index_indpred, NULL);
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
		return "It has tables that inherit from it, which its triggers do not see.";
	return NULL;
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
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("no live report can follow \"%s\"", RelationGetRelationName(table)),
					 errdetail("%s", reason),
					 errhint("Make the report of a table, ordinary or partitioned, that holds the orders itself; "
							 "the filter leaves out what does not count.")));
		relation_close(table, NoLock);
	}
}
