/*
 * live/triggers.c
 *		The triggers of a live report: made and dropped.
 *
 * Three for statements, whose transition tables cost little a row; or one for rows where those would miss some,
 * see live/source.c.  The latter is passed on to partitions, also to those that come later.
 *
 * They are enabled always, so that neither session_replication_role nor logical replication passes them.  And
 * they depend on the report's relations: to drop one of these takes a CASCADE, which drops the triggers too,
 * before orders could not be entered any more.  No dump knows of that; where it is lost the trigger itself says
 * what is missing.
 */
#include "live/triggers.h"

#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "live/source.h"
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

void
live_drop_triggers(const LiveReport *report)
{
	int			i;

	for (i = 0; i < lengthof(shapes); i++)
		if (OidIsValid(get_trigger_oid(report->source, live_relation_name(report->name, shapes[i].what), true)))
			live_execute(psprintf("DROP TRIGGER %s ON %s",
								  quote_identifier(live_relation_name(report->name, shapes[i].what)),
								  live_qualified_name(report->source)));
}

/*
 * Who drops a relation of the report drops the trigger, if he knows.
 */
static void
tie(const LiveReport *report, const char *trigger)
{
	const Oid	relations[] = {report->relation, report->customers, report->changed, report->orders};
	ObjectAddress dependent;
	int			i;

	ObjectAddressSet(dependent, TriggerRelationId, get_trigger_oid(report->source, trigger, false));
	for (i = 0; i < lengthof(relations); i++)
	{
		ObjectAddress relation;

		ObjectAddressSet(relation, RelationRelationId, relations[i]);
		recordDependencyOn(&dependent, &relation, DEPENDENCY_NORMAL);
	}
}

void
live_create_triggers(const LiveReport *report)
{
	bool		for_row = live_source_needs_row_trigger(report->source);
	char	   *source = live_qualified_name(report->source);
	int			i;

	for (i = 0; i < lengthof(shapes); i++)
	{
		char	   *name = live_relation_name(report->name, shapes[i].what);

		if (shapes[i].for_row != for_row)
			continue;
		live_execute(psprintf("CREATE TRIGGER %s AFTER %s ON %s %s EXECUTE FUNCTION %s.live_note(%s)",
							  quote_identifier(name), shapes[i].event, source, shapes[i].rows,
							  quote_identifier(get_namespace_name(report->extension_schema)),
							  quote_literal_cstr(report->name)));
		live_execute(psprintf("ALTER TABLE %s ENABLE ALWAYS TRIGGER %s", source, quote_identifier(name)));
		tie(report, name);
	}
}
