/*
 * live/triggers.h
 *		The triggers of a live report.  See live/triggers.c.
 */
#ifndef RETENTION_LIVE_TRIGGERS_H
#define RETENTION_LIVE_TRIGGERS_H

#include "live/report.h"

extern void live_drop_triggers(const LiveReport *report);
extern void live_create_triggers(const LiveReport *report);

#endif							/* RETENTION_LIVE_TRIGGERS_H */
