/*
 * points/sums.h
 *		What there is of a lot, or of all lots of a points_ledger: what statement and lots show.
 *
 *		earned = available + pending + held + redeemed + expired + reversed
 */
#ifndef RETENTION_POINTS_SUMS_H
#define RETENTION_POINTS_SUMS_H

#include "points/ledger.h"

typedef struct Sums
{
	int64		earned;
	int64		available;
	int64		pending;
	int64		held;
	int64		redeemed;
	int64		expired;
	int64		reversed;
} Sums;

/* points/sums.c */
extern bool is_lot_at(const Movement *movement, TimestampTz at);
extern Sums sums_of_lot(const Movement *lot, const LotState *state, TimestampTz at);
extern Sums sums_of_ledger(const Ledger *ledger, TimestampTz at);

#endif							/* RETENTION_POINTS_SUMS_H */
