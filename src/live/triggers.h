/*
 * live/triggers.h
 *		The triggers of a live report.  See live/triggers.c.
 */
#ifndef RETENTION_LIVE_TRIGGERS_H
#define RETENTION_LIVE_TRIGGERS_H

#include "live/report.h"

/* Arguments of the trigger function. */
enum
{
	NOTE_REPORT,				/* the report's name */
	NOTE_DEFINITION,			/* what of the orders counts */
	NOTE_ARGUMENTS
};

extern bool live_triggers_fit(const LiveReport *report, Oid relation, bool for_row, uint64 *hash);
extern void live_make_triggers(const LiveReport *report, bool for_row);
extern void live_tie_triggers(const LiveReport *report);

#endif							/* RETENTION_LIVE_TRIGGERS_H */
