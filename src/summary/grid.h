/*
 * summary/grid.h
 *		Customers whose numbers lie close together, on the way from a parallel worker to its leader.  See
 *		summary/grid.c.
 */
#ifndef RETENTION_SUMMARY_GRID_H
#define RETENTION_SUMMARY_GRID_H

#include "summary/summary.h"

#include "lib/stringinfo.h"

/* Buckets for which a cell has room. */
#define GRID_BUCKETS 32

/* A cell has the buckets seen in its lower half, those seen more than once in its upper. */
#define GRID_CELL(seen, repeated) ((uint64) (seen) | (uint64) (repeated) << GRID_BUCKETS)
#define GRID_SEEN(cell) ((uint32) (cell))
#define GRID_REPEATED(cell) ((uint32) ((cell) >> GRID_BUCKETS))

/* What there is to know about the cells of a grid, one for each number. */
typedef struct GridBounds
{
	uint64		least;			/* number */
	uint64		ncells;
	uint64		ncustomers;		/* or more, if some of them were counted repeated */
	int32		first;			/* bucket of all */
	int32		last;
} GridBounds;

typedef struct SummaryGrid
{
	GridBounds	bounds;
	const RetentionSummary *head;	/* a value without customers */
	uint64	   *cells;
} SummaryGrid;

extern bool summary_grid_is_worth_it(const GridBounds *bounds);
extern uint64 *summary_grid_send(StringInfo message, SummarySignature *signature, const GridBounds *bounds);
extern void summary_grid_receive(bytea *message, SummaryGrid *grid);
extern bool summary_grid_absorb(SummaryGrid *grid, const SummaryGrid *other);
extern RetentionSummary *summary_grid_write(FmgrInfo *flinfo, const SummaryGrid *grid);

#endif							/* RETENTION_SUMMARY_GRID_H */
