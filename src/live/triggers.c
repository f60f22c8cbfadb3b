/*
 * live/triggers.c
 *		The triggers of a live report: looked at, made and dropped.
 *
 * An ordinary table has three for statements, whose transition tables cost little a row; and one for rows, for
 * those of logical replication, which calls no others.  Where rows come past a statement's triggers
 * (live/source.c) only the one for rows is left, for all of them; it is passed on to partitions, also to those
 * that come later.
 *
 * The others are enabled always, so that session_replication_role is no way past them.
 *
 * All know by an argument what of the orders counts.  If that changes the triggers do not fit any more: the
 * lock that new ones take waits for the transactions that have noted what counted before.
 *
 * The triggers depend on the report's relations: to drop one of these takes a CASCADE, which drops the triggers
 * too, before orders could not be entered any more.  No dump knows of that; where it is lost the trigger itself
 * says what is missing.
 */
#include "live/triggers.h"

#include "access/htup_details.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "common/hashfn.h"
#include "live/catalog.h"
#include "parser/parse_func.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

typedef struct TriggerShape
{
	const char *what;			/* the end of its name */
	const char *event;
	const char *rows;
	bool		for_row;
} TriggerShape;

static const TriggerShape shapes[] = {
	{"insert", "INSERT", "REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT", false},
	{"update", "UPDATE", "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT", false},
	{"delete", "DELETE", "REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT", false},
	{"row", "INSERT OR UPDATE OR DELETE", "FOR EACH ROW", true}
};

/* A trigger that is there. */
typedef struct LiveTrigger
{
	Oid			oid;
	char	   *name;
	bool		for_row;
	char		enabled;
	bool		is_current;		/* made for what counts now */
} LiveTrigger;

/*
 * What of the orders counts, in short: the columns and the filter, whatever they are called.
 */
static char *
definition_of(const LiveReport *report)
{
	char	   *filter = report->filter == NULL ? "" : nodeToString(report->filter);
	uint64		hash = hash_bytes_extended((const unsigned char *) filter, strlen(filter), report->filter_table);
	int			i;

	for (i = 0; i < report->ncolumns; i++)
		catalog_mix(&hash, report->columns[i]);
	return psprintf("%016llx", (unsigned long long) hash);
}

/*
 * The arguments of a trigger, one after the other, each with a zero at its end.
 */
static const char *
arguments_of(Relation catalog, HeapTuple tuple)
{
	bool		isnull;
	Datum		arguments = heap_getattr(tuple, Anum_pg_trigger_tgargs, RelationGetDescr(catalog), &isnull);

	return isnull ? "" : VARDATA_ANY(DatumGetByteaPP(arguments));
}

static LiveTrigger *
read_trigger(const LiveReport *report, Relation catalog, HeapTuple tuple)
{
	Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);
	const char *arguments = arguments_of(catalog, tuple);
	LiveTrigger *trigger;

	if (form->tgnargs != NOTE_ARGUMENTS || strcmp(arguments, report->name) != 0)
		return NULL;
	trigger = palloc(sizeof(LiveTrigger));
	trigger->oid = form->oid;
	trigger->name = pstrdup(NameStr(form->tgname));
	trigger->for_row = TRIGGER_FOR_ROW(form->tgtype);
	trigger->enabled = form->tgenabled;
	trigger->is_current = strcmp(arguments + strlen(arguments) + 1, definition_of(report)) == 0;
	return trigger;
}

/*
 * The report's triggers on a table, whatever they are called now; they are mixed into the hash.
 */
static List *
find_triggers(const LiveReport *report, Oid relation, uint64 *hash)
{
	List	   *name = list_make2(makeString(get_namespace_name(report->extension_schema)), makeString("live_note"));
	Oid			function = LookupFuncName(name, 0, NULL, false);
	List	   *triggers = NIL;
	CatalogScan scan;
	HeapTuple	tuple;

	catalog_scan(&scan, TriggerRelationId, TriggerRelidNameIndexId, Anum_pg_trigger_tgrelid, relation);
	while ((tuple = catalog_next(&scan)) != NULL)
	{
		LiveTrigger *trigger;

		if (((Form_pg_trigger) GETSTRUCT(tuple))->tgfoid != function)
			continue;
		trigger = read_trigger(report, scan.catalog, tuple);
		if (trigger == NULL)
			continue;
		triggers = lappend(triggers, trigger);
		catalog_mix_row(hash, tuple);
	}
	return triggers;
}

/*
 * Are just those triggers on a table that it needs?
 */
bool
live_triggers_fit(const LiveReport *report, Oid relation, bool for_row, uint64 *hash)
{
	List	   *triggers = find_triggers(report, relation, hash);
	ListCell   *cell;

	foreach(cell, triggers)
	{
		const LiveTrigger *trigger = lfirst(cell);
		char		wanted = trigger->for_row && !for_row ? TRIGGER_FIRES_ON_REPLICA : TRIGGER_FIRES_ALWAYS;

		if (!trigger->is_current || trigger->enabled != wanted || (for_row && !trigger->for_row))
			return false;
	}
	return list_length(triggers) == (for_row ? 1 : lengthof(shapes));
}

/*
 * Who drops a relation of the report drops its triggers, if he knows.  No dump has kept that.
 */
void
live_tie_triggers(const LiveReport *report)
{
	const Oid	relations[] = {report->relation, report->customers, report->changed, report->orders};
	uint64		hash = 0;
	ListCell   *cell;
	int			i;

	foreach(cell, find_triggers(report, report->source, &hash))
	{
		ObjectAddress trigger;
		ObjectAddress relation;

		ObjectAddressSet(trigger, TriggerRelationId, ((LiveTrigger *) lfirst(cell))->oid);
		(void) deleteDependencyRecordsForClass(TriggerRelationId, trigger.objectId, RelationRelationId,
											   DEPENDENCY_NORMAL);
		for (i = 0; i < lengthof(relations); i++)
		{
			ObjectAddressSet(relation, RelationRelationId, relations[i]);
			recordDependencyOn(&trigger, &relation, DEPENDENCY_NORMAL);
		}
	}
}

static const LiveTrigger *
find_trigger(List *triggers, const char *name)
{
	ListCell   *cell;

	foreach(cell, triggers)
		if (strcmp(((LiveTrigger *) lfirst(cell))->name, name) == 0)
			return lfirst(cell);
	return NULL;
}

static bool
is_wanted(const LiveReport *report, const LiveTrigger *trigger, bool for_row)
{
	int			i;

	for (i = 0; i < lengthof(shapes); i++)
		if ((shapes[i].for_row || !for_row) &&
			strcmp(trigger->name, live_relation_name(report->name, shapes[i].what)) == 0)
			return true;
	return false;
}

static void
make_trigger(const LiveReport *report, const TriggerShape *shape, bool for_row, bool replace)
{
	char	   *name = live_relation_name(report->name, shape->what);
	char	   *source = live_qualified_name(report->source);

	live_execute(psprintf("CREATE %s TRIGGER %s AFTER %s ON %s %s EXECUTE FUNCTION %s.live_note(%s, '%s')",
						  replace ? "OR REPLACE" : "", quote_identifier(name), shape->event, source, shape->rows,
						  quote_identifier(get_namespace_name(report->extension_schema)),
						  quote_literal_cstr(report->name), definition_of(report)));
	live_execute(psprintf("ALTER TABLE %s ENABLE %s TRIGGER %s", source,
						  shape->for_row && !for_row ? "REPLICA" : "ALWAYS", quote_identifier(name)));
}

/*
 * Make the triggers, or those that there are fit; "for_row" says that rows come past those for statements.
 * Only to drop one that is not wanted any more takes a lock that holds up readers as well as writers.
 */
void
live_make_triggers(const LiveReport *report, bool for_row)
{
	uint64		hash = 0;
	List	   *triggers;
	ListCell   *cell;
	int			i;

	/* DROP TRIGGER looks the trigger up before it locks the table, and would meet whoever changes it meanwhile. */
	LockRelationOid(report->source, ShareRowExclusiveLock);
	triggers = find_triggers(report, report->source, &hash);
	foreach(cell, triggers)
	{
		const LiveTrigger *trigger = lfirst(cell);

		if (!is_wanted(report, trigger, for_row))
			live_execute(psprintf("DROP TRIGGER %s ON %s", quote_identifier(trigger->name),
								  live_qualified_name(report->source)));
	}
	for (i = 0; i < lengthof(shapes); i++)
		if (shapes[i].for_row || !for_row)
			make_trigger(report, &shapes[i], for_row,
						 find_trigger(triggers, live_relation_name(report->name, shapes[i].what)) != NULL);
	live_tie_triggers(report);
}
