/*
 * scan/scan.h
 *		Aggregates that take their rows by pages: planning, execution, reading.  See scan/plan.c.
 */
#ifndef RETENTION_SCAN_SCAN_H
#define RETENTION_SCAN_SCAN_H

#include "compat.h"

#include "access/heapam.h"
#include "agg/rows.h"
#include "nodes/execnodes.h"
#include "nodes/extensible.h"
#include "nodes/plannodes.h"

#define SCAN_NAME "Retention Scan"

/* A column of the rows of a page. */
typedef struct PageColumn
{
	AttrNumber	attribute;
	int16		size;
	bool		by_value;
	Size		offset;			/* in a tuple, if it is the same in all of them */
	NullableDatum values[MaxHeapTuplesPerPage];
} PageColumn;

/* Where reading stands. */
typedef struct PageReader
{
	SeqScanState *seq;
	int			first;			/* the page's first row, as an index of the scan's visible tuples */
	int			ncolumns;
	PageColumn **columns;
	AttrNumber	last;			/* the last attribute that is a column */
	bool		at_offsets;		/* all columns lie at the same offsets in all tuples without NULLs */
	bool		long_values;	/* the page has compressed values, or pointers to values elsewhere */
	HeapTupleData tuple;		/* the row in the scan's slot */
} PageReader;

extern void page_reader_init(PageReader *reader, SeqScanState *seq);
extern PageColumn *page_reader_add_column(PageReader *reader, AttrNumber attribute);
extern void page_reader_ready(PageReader *reader);
extern bool page_can_be_read(const PageReader *reader);
extern void page_continue(PageReader *reader);
extern bool page_next(PageReader *reader);
extern int	page_nrows(const PageReader *reader);
extern int	page_read(PageReader *reader);
extern TupleTableSlot *page_row(PageReader *reader, int row);
extern void page_keep_row(PageReader *reader, int n);

extern bool scan_reads_columns(const List *args, const RowsMethod *method);
extern void scan_init(void);

extern const CustomScanMethods scan_methods;

#endif							/* RETENTION_SCAN_SCAN_H */
