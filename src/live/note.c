/*
 * live/note.c
 *		The trigger of a live report: which customers' orders have changed.
 *
 *		orders  --statement-->  rows old and new  --customers-->  monthly_changed
 *
 * It only appends, so that writers never wait for each other, nor for a refresh.  The keys go straight into the
 * table: there is no plan, no right is needed, and nobody's code runs; for that the table must be as
 * live_report_create made it.  One that is not is an error, as is one that is gone, since a change that is not
 * noted would be a wrong number for ever.
 *
 * An UPDATE that leaves alone what the report is made of notes nothing: of a row before and a row after that
 * are alike in these columns it does not matter whether they are the same one.
 *
 * Where rows come past a statement's triggers (live/triggers.c) the same function is called for each row; what
 * it has found out it keeps for the statement.
 *
 * Refused: INSERT ... SELECT from the transition tables in PL/pgSQL, which needs the owner's rights, a search_path
 * and a plan.
 */
#include "live/triggers.h"

#include "access/table.h"
#include "access/tableam.h"
#include "catalog/partition.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(live_note);

/* What is known about a table and its report; found once a statement. */
typedef struct Note
{
	Oid			table;
	TupleDesc	desc;			/* of its rows */
	AttrNumber	customer;
	AttrNumber *watched;		/* columns that the report is made of */
	int			nwatched;
	Oid			changed_table;
	Relation	changed;		/* open while a call lasts */
	TupleTableSlot *slot;		/* of the table of changed customers */
	Datum		last;			/* the key that was noted last */
	bool		has_last;
	MemoryContext cxt;			/* of all this */
} Note;

/*
 * Find the report, which may be one of a table of which this is a partition, or has been one until just now.
 */
static void
find_report(LiveReport *report, Relation relation, const char *name)
{
	Oid			table = RelationGetRelid(relation);

	while (!live_find(report, get_rel_namespace(table), name) || report->source != table)
	{
		if (!get_rel_relispartition(table))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("the live report \"%s\" of \"%s\" is not where its orders are", name,
							RelationGetRelationName(relation)),
					 errdetail("Its tables and its view must be in the schema of the orders, have one owner, "
							   "and keep their names."),
					 errhint("See to that, or drop the triggers \"%s_...\" of the table.", name)));
		table = get_partition_parent(table, true);
	}
}

/*
 * The table takes one column, and nothing of anybody's runs or is kept up when a row is added.
 */
static void
check_changed(const LiveReport *report, Relation changed)
{
	TupleDesc	desc = RelationGetDescr(changed);

	if (changed->rd_rel->relkind == RELKIND_RELATION && desc->natts == 1 &&
		TupleDescAttr(desc, 0)->atttypid == report->customer_type && desc->constr == NULL &&
		changed->trigdesc == NULL && RelationGetIndexList(changed) == NIL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("table \"%s\" of a live report is not as it was made", RelationGetRelationName(changed)),
			 errdetail("It must have one column, no index, no constraint and no trigger."),
			 errhint("Undo that, or drop the report with live_report_drop.")));
}

/*
 * Columns have other numbers in a partition, but the same names.
 */
static AttrNumber
column_in(const Note *note, const LiveReport *report, AttrNumber column)
{
	char	   *name = get_attname(report->source, column, false);
	int			i;

	for (i = 0; i < note->desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(note->desc, i);

		if (!attribute->attisdropped && strcmp(NameStr(attribute->attname), name) == 0)
			return i + 1;
	}
	elog(ERROR, "column \"%s\" is missing", name);
}

/*
 * All columns may be in the filter.
 */
static void
watch_columns(Note *note, const LiveReport *report)
{
	int			i;

	note->customer = column_in(note, report, report->columns[LIVE_CUSTOMER]);
	note->watched = palloc(sizeof(AttrNumber) * Max(note->desc->natts, LIVE_MAX_COLUMNS));
	note->nwatched = 0;
	if (report->filter == NULL)
		for (i = 0; i < report->ncolumns; i++)
			note->watched[note->nwatched++] = column_in(note, report, report->columns[i]);
	else
		for (i = 0; i < note->desc->natts; i++)
			if (!TupleDescAttr(note->desc, i)->attisdropped)
				note->watched[note->nwatched++] = i + 1;
}

static void
look_up(Note *note, Relation table, const char *name)
{
	LiveReport	report;

	find_report(&report, table, name);
	note->table = RelationGetRelid(table);
	note->desc = RelationGetDescr(table);
	watch_columns(note, &report);
	note->changed_table = report.changed;
	note->changed = table_open(report.changed, RowExclusiveLock);
	check_changed(&report, note->changed);
	note->slot = MakeSingleTupleTableSlot(CreateTupleDescCopy(RelationGetDescr(note->changed)),
										  table_slot_callbacks(note->changed));
	note->has_last = false;
	note->cxt = CurrentMemoryContext;
}

/*
 * Until the end of the transaction a lock keeps the table of changed customers as it was found.
 */
static Note *
begin_note(FunctionCallInfo fcinfo, Relation table, const char *name)
{
	Note	   *note = fcinfo->flinfo->fn_extra;
	MemoryContext old;

	if (note != NULL && note->table == RelationGetRelid(table))
	{
		note->desc = RelationGetDescr(table);
		note->changed = table_open(note->changed_table, NoLock);
		return note;
	}
	old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	note = palloc(sizeof(Note));
	look_up(note, table, name);
	MemoryContextSwitchTo(old);
	fcinfo->flinfo->fn_extra = note;
	return note;
}

static void
end_note(Note *note)
{
	ExecClearTuple(note->slot);
	table_close(note->changed, NoLock);
}

/*
 * Note the customer of a row, unless there is none, or it is the one just noted.
 */
static void
note_row(Note *note, TupleTableSlot *row)
{
	Form_pg_attribute key = TupleDescAttr(note->desc, note->customer - 1);
	bool		isnull;
	Datum		customer = slot_getattr(row, note->customer, &isnull);
	MemoryContext old;

	if (isnull || (note->has_last && datumIsEqual(customer, note->last, key->attbyval, key->attlen)))
		return;
	ExecClearTuple(note->slot);
	note->slot->tts_values[0] = customer;
	note->slot->tts_isnull[0] = false;
	ExecStoreVirtualTuple(note->slot);
	simple_table_tuple_insert(note->changed, note->slot);
	if (note->has_last && !key->attbyval)
		pfree(DatumGetPointer(note->last));
	old = MemoryContextSwitchTo(note->cxt);
	note->last = datumCopy(customer, key->attbyval, key->attlen);
	MemoryContextSwitchTo(old);
	note->has_last = true;
}

/*
 * Are a row before and a row after alike, as far as the report goes?
 */
static bool
alike(const Note *note, TupleTableSlot *before, TupleTableSlot *after)
{
	int			i;

	for (i = 0; i < note->nwatched; i++)
	{
		AttrNumber	column = note->watched[i];
		Form_pg_attribute attribute = TupleDescAttr(note->desc, column - 1);
		bool		before_isnull;
		bool		after_isnull;
		Datum		old = slot_getattr(before, column, &before_isnull);
		Datum		new = slot_getattr(after, column, &after_isnull);

		if (before_isnull != after_isnull ||
			(!before_isnull && !datum_image_eq(old, new, attribute->attbyval, attribute->attlen)))
			return false;
	}
	return true;
}

static void
note_change(Note *note, TupleTableSlot *before, TupleTableSlot *after)
{
	if (alike(note, before, after))
		return;
	note_row(note, before);
	note_row(note, after);
}

/*
 * Rows of a statement, which others read as well.
 */
static void
start_reading(Tuplestorestate *rows)
{
	tuplestore_select_read_pointer(rows, tuplestore_alloc_read_pointer(rows, EXEC_FLAG_REWIND));
	tuplestore_rescan(rows);
}

static void
note_rows(Note *note, Tuplestorestate *rows)
{
	TupleTableSlot *row = MakeSingleTupleTableSlot(note->desc, &TTSOpsMinimalTuple);

	start_reading(rows);
	while (tuplestore_gettupleslot(rows, true, false, row))
	{
		CHECK_FOR_INTERRUPTS();
		note_row(note, row);
	}
	ExecDropSingleTupleTableSlot(row);
}

/*
 * The rows before and after an UPDATE: as many of the ones as of the others.
 */
static void
note_changes(Note *note, Tuplestorestate *before, Tuplestorestate *after)
{
	TupleTableSlot *old = MakeSingleTupleTableSlot(note->desc, &TTSOpsMinimalTuple);
	TupleTableSlot *new = MakeSingleTupleTableSlot(note->desc, &TTSOpsMinimalTuple);

	start_reading(before);
	start_reading(after);
	while (tuplestore_gettupleslot(before, true, false, old))
	{
		CHECK_FOR_INTERRUPTS();
		if (!tuplestore_gettupleslot(after, true, false, new))
			elog(ERROR, "an UPDATE has more old rows than new ones");
		note_change(note, old, new);
	}
	ExecDropSingleTupleTableSlot(old);
	ExecDropSingleTupleTableSlot(new);
}

/*
 * live_note() -> trigger
 */
Datum
live_note(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	Note	   *note;
	bool		is_update;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigger->tg_event) ||
		TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event) || trigger->tg_trigger->tgnargs != NOTE_ARGUMENTS)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("live_note is only for the triggers that live_report_create makes")));
	is_update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
	note = begin_note(fcinfo, trigger->tg_relation, trigger->tg_trigger->tgargs[NOTE_REPORT]);
	if (TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
	{
		if (is_update)
			note_change(note, trigger->tg_trigslot, trigger->tg_newslot);
		else
			note_row(note, trigger->tg_trigslot);
	}
	else if (is_update && trigger->tg_oldtable != NULL && trigger->tg_newtable != NULL)
		note_changes(note, trigger->tg_oldtable, trigger->tg_newtable);
	else if (!is_update && (trigger->tg_oldtable != NULL || trigger->tg_newtable != NULL))
		note_rows(note, trigger->tg_oldtable != NULL ? trigger->tg_oldtable : trigger->tg_newtable);
	else
		elog(ERROR, "no transition tables");
	end_note(note);
	PG_RETURN_POINTER(NULL);
}
