/*
 * live/report.h
 *		Live reports: what one is made of, and how SQL is run for it.  See live/report.c.
 */
#ifndef RETENTION_LIVE_REPORT_H
#define RETENTION_LIVE_REPORT_H

#include "compat.h"

#include "totals/totals.h"

#include "nodes/pg_list.h"
#include "utils/rel.h"

/* The view has the customer, the time and perhaps the amount. */
#define LIVE_MAX_COLUMNS 3

typedef struct LiveReport
{
	Oid			relation;		/* the table that has the report's name */
	Oid			customers;
	Oid			changed;
	Oid			orders;			/* the view */
	Oid			source;
	Oid			owner;
	Oid			extension_schema;	/* InvalidOid in a trigger */
	char	   *name;
	int			ncolumns;
	AttrNumber	columns[LIVE_MAX_COLUMNS];	/* of the source */
	Oid			customer_type;
	Node	   *filter;			/* NULL: there is none */
	int			filter_table;	/* by what number its columns name the source */
} LiveReport;

/* The session while SQL runs for a report. */
typedef struct LiveSession
{
	Oid			user;
	int			security_context;
	int			guc_level;
	MemoryContext cxt;			/* of the caller */
} LiveSession;

/* What of a report is there. */
typedef enum LiveWhole
{
	LIVE_NOTHING,
	LIVE_PARTS,					/* the table that has its name, and perhaps others */
	LIVE_FOREIGN,				/* all, but the orders are of another owner */
	LIVE_WHOLE
} LiveWhole;

typedef enum LiveColumn
{
	LIVE_CUSTOMER,
	LIVE_ORDERED_AT,
	LIVE_AMOUNT
} LiveColumn;

static inline bool
live_has_amount(const LiveReport *report)
{
	return report->ncolumns > LIVE_AMOUNT;
}

/* report.c */
extern char *live_relation_name(const char *report, const char *what);
extern bool live_find(LiveReport *report, Oid schema, const char *name);
extern LiveWhole live_lookup(LiveReport *report, FunctionCallInfo fcinfo, int argument);
extern void live_open(LiveReport *report, FunctionCallInfo fcinfo, int argument);
pg_noreturn extern void live_refuse(Oid relation);
extern Oid	live_extension_schema(FunctionCallInfo fcinfo);
extern void live_refuse_impostors(const LiveReport *report, Oid own_function);
extern void live_enter_as(LiveSession *session, Oid owner);
extern void live_enter(LiveSession *session, Oid owner);
extern void live_leave(const LiveSession *session);

/* sql.c */
extern char *live_qualified_name(Oid relation);
extern Oid	live_totals_type(const LiveReport *report, bool amounts);
extern void live_execute(const char *sql);
extern void live_run(const LiveReport *report, const char *sql);
extern uint64 live_run_with(const LiveReport *report, bool read_only, const char *sql, int nargs, Oid *types,
							Datum *values);
extern bool live_result(const LiveReport *report, const LiveSession *session, int column, Oid type, Datum *value);
extern const RetentionTotals *live_result_totals(const LiveReport *report, const LiveSession *session, int column);

#endif							/* RETENTION_LIVE_REPORT_H */
