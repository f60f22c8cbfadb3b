/*
 * live/totals.h
 *		Totals of a live report: sums over customers, kept exact.  See live/totals.c.
 */
#ifndef RETENTION_LIVE_TOTALS_H
#define RETENTION_LIVE_TOTALS_H

#include "live/source.h"

/* What the row of a report says. */
typedef struct LiveCount
{
	LiveParameters parameters;
	const RetentionTotals *totals;	/* NULL: of nobody */
	bool		is_counted;
	uint64		fingerprint;	/* of the orders when they were counted */
} LiveCount;

extern bool live_find_count(LiveCount *count, const LiveReport *report, const LiveSession *session, bool for_update);
extern void live_read_count(LiveCount *count, const LiveReport *report, const LiveSession *session, bool for_update);
extern bool live_rest_is_known(const RetentionTotals *totals, const RetentionTotals *gone,
							   const RetentionTotals *come);

#endif							/* RETENTION_LIVE_TOTALS_H */
