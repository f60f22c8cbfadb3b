/*
 * scan/scan.h
 *		Aggregates that take their rows by pages.  See scan/plan.c.
 */
#ifndef RETENTION_SCAN_SCAN_H
#define RETENTION_SCAN_SCAN_H

#include "compat.h"

#include "access/heapam.h"
#include "agg/rows.h"
#include "base/bucket.h"
#include "executor/nodeAgg.h"
#include "nodes/execnodes.h"
#include "nodes/extensible.h"
#include "nodes/memnodes.h"
#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"
#include "utils/memutils.h"

#define SCAN_NAME "Retention Scan"

/* scan/page.c: a column of the rows of a page, */
typedef struct PageColumn
{
	AttrNumber	attribute;
	int16		size;
	bool		by_value;
	Size		offset;			/* in a tuple, if it is the same in all of them */
	NullableDatum values[MaxHeapTuplesPerPage];
} PageColumn;

/* and where reading stands. */
typedef struct PageReader
{
	SeqScanState *seq;
	int			n;				/* rows of the page that pass the Seq Scan's quals, */
	int			rows[MaxHeapTuplesPerPage]; /* and which of the visible ones they are */
	int			ncolumns;
	PageColumn **columns;
	int			nused;			/* columns that expressions use */
	PageColumn **used;
	AttrNumber	last;			/* the last attribute that is a column */
	bool		at_offsets;		/* all columns lie at the same offsets in all tuples without NULLs */
	bool		whole_rows;		/* expressions use more of a row than columns */
	bool		long_values;	/* the page has compressed values, or pointers to values elsewhere */
	HeapTupleData tuple;		/* the row in the scan's slot */
} PageReader;

/* scan/aggregate.c: an aggregate's transitions, of each state as those of its group. */
typedef struct ScanAggregate
{
	AggState   *agg;
	AggStatePerTrans pertrans;
	int			transno;
	ExprState  *filter;			/* NULL: takes all rows */
	ExprState **arguments;		/* of a row; NULL for a column */
	RowsMethod	method;			/* add_rows is NULL: takes rows one by one */
	const PageColumn *columns[ROWS_MAX_COLUMNS];
	NullableDatum *kept[ROWS_MAX_COLUMNS];	/* columns of the rows that have passed the filter, */
	AggStatePerGroup *kept_states;	/* and the states of their groups */
} ScanAggregate;

/* scan/groups.c: by which buckets a query groups, */
typedef struct GroupTime
{
	const FuncExpr *truncation;
	const Var  *column;
	BucketWidth width;
	pg_tz	   *zone;
} GroupTime;

/* and the states of the groups so far. */
typedef struct ScanGroups
{
	GroupTime	time;
	const PageColumn *column;
	BucketCalendar calendar;
	pg_tz	   *session_zone;	/* when the query began */
	int32		first;			/* the bucket of states[0] */
	int32		n;
	AggStatePerGroup *states;	/* NULL: not known */
	bool		expecting;		/* the Aggregate has been given a row of this bucket, and has its states */
	int32		expected;
} ScanGroups;

/* scan/exec.c: the node. */
typedef struct RetentionScan
{
	CustomScanState css;
	AggState   *agg;
	ExecProcNodeMtd one_row;	/* how the Seq Scan finds a row by itself */
	bool		begun;			/* there is a first page, */
	bool		on_page;		/* and the rows of a page are being taken: */
	int			row;			/* the next one, */
	int			ngiven;			/* how many the Aggregate was given, */
	AggStatePerGroup states[MaxHeapTuplesPerPage];	/* and the states of their groups */
	int			naggregates;
	ScanAggregate *aggregates;
	ScanGroups *groups;			/* NULL: all rows are one group, */
	bool		has_row;		/* of which the Aggregate was given a row */
	PageReader	reader;
} RetentionScan;

/*
 * Free what the expressions of a row have used; mostly there is nothing, which takes a call less to see here.
 */
static inline void
scan_reset_context(ExprContext *econtext)
{
	MemoryContext cxt = econtext->ecxt_per_tuple_memory;

	if (!cxt->isReset || cxt->firstchild != NULL)
		MemoryContextReset(cxt);
}

extern void page_reader_init(PageReader *reader, SeqScanState *seq);
extern PageColumn *page_reader_add_column(PageReader *reader, AttrNumber attribute);
extern void page_reader_add_columns_of(PageReader *reader, Node *expression);
extern void page_reader_ready(PageReader *reader);
extern bool page_begin(PageReader *reader);
extern bool page_first(PageReader *reader);
extern bool page_next(PageReader *reader);
extern void page_read(PageReader *reader);
extern TupleTableSlot *page_row_to_slot(PageReader *reader, int row);

extern bool aggregate_reads_columns(const List *args, const RowsMethod *method);
extern void aggregate_begin(ScanAggregate *aggregate, AggState *agg, int transno, PageReader *reader);
extern void aggregate_take_rows(ScanAggregate *aggregate, PageReader *reader, int from, int to,
								AggStatePerGroup *states);

extern bool group_time_of(Node *expression, GroupTime *time);
extern double group_time_nbuckets(PlannerInfo *root, const GroupTime *time);
extern ScanGroups *groups_begin(Node *expression, PageReader *reader);
extern void groups_reset(ScanGroups *groups);
extern AggStatePerGroup groups_find(ScanGroups *groups, NullableDatum time);
extern void groups_learn(ScanGroups *groups, AggState *agg);

extern void scan_init(void);

/*
 * A row of the page in the scan's slot, for expressions.  Its columns are written over those of the tuple
 * that is in the slot, which no expression asks for: to store each tuple and to take it apart is what takes
 * the executor's time.
 */
static inline TupleTableSlot *
page_columns_to_slot(PageReader *reader, int row)
{
	TupleTableSlot *slot = reader->seq->ss.ss_ScanTupleSlot;
	int			i;

	if (unlikely(reader->whole_rows))
		return page_row_to_slot(reader, row);
	for (i = 0; i < reader->nused; i++)
	{
		const PageColumn *column = reader->used[i];

		slot->tts_values[column->attribute - 1] = column->values[row].value;
		slot->tts_isnull[column->attribute - 1] = column->values[row].isnull;
	}
	slot->tts_nvalid = reader->last;
	return slot;
}

extern const CustomScanMethods scan_methods;

#endif							/* RETENTION_SCAN_SCAN_H */
