/*
 * retention.c
 *		The module's magic block, and the map of the folders.
 *
 *		base		values: sums of money, times, periods, calendar buckets, codes of numbers, messages between processes
 *		agg			what every aggregate needs: its state, customer keys, the map of customers
 *		metrics		the metrics over orders, which never include each other
 *		summary		retention_summary: the type, retention_agg, rollup
 *		totals		retention_totals: the type, totals, totals_agg, counts in memory
 *		report		growth, cohorts, retention_curve, one bucket, members
 *		rfm			scores and segments over a window, stored cuts
 *		models		customer lifetime value: by formula, and from fitted models
 *		points		points_ledger: the type, its rules, its functions; points/table: the same over a table of movements
 *		scan		the node that reads a table by pages for aggregates over all of it
 *
 * Includes point from a folder to those above it.  docs/internals.md shows how a row becomes a report, how a
 * redemption is entered, and in which file each function of SQL lies.
 */
#include "compat.h"

#include "fmgr.h"
#include "scan/scan.h"

RETENTION_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	scan_init();
}
