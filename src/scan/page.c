/*
 * scan/page.c
 *		The rows of a page, column by column.
 *
 * The server's sequential scan finds the visible tuples of a page all at once, notes where they lie, and
 * hands them out one by one:
 *
 *		rs_vistuples	| 3 | 4 | 7 | 9 | ...		offsets on the page rs_cbuf, rs_ntuples of them
 *		rs_cindex		      ^						the one that was handed out last
 *
 * This file takes a page's first row from it, as anybody would, reads all rows where the scan has noted
 * them, and then tells the scan that it has handed out all of them.  So everything that makes a scan safe
 * stays the server's: which page is next, alone, with parallel workers, or in step with other scans;
 * read-ahead; visibility and hint bits; predicate locks and serialization conflicts; pins.  The versions
 * differ in all of that (heapgetpage() in 15 and 16, read streams from 17 on), but not in these four fields,
 * so that no code here asks for a version.
 *
 * An attribute with only attributes of fixed size in front of it lies at the same place in all tuples in
 * which these are not NULL.  If all columns are of this kind, they are read there, and there is no slot.
 * Otherwise, and for single tuples which have a NULL or were written before a column was added, the server
 * takes the tuple apart (slot_getsomeattrs()).
 */
#include "scan/scan.h"

#include "access/sysattr.h"
#include "access/tableam.h"
#include "access/tupmacs.h"
#include "executor/executor.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "pgstat.h"
#include "storage/bufmgr.h"

static PageColumn *
column_of(const PageReader *reader, AttrNumber attribute)
{
	int			i;

	for (i = 0; i < reader->ncolumns; i++)
		if (reader->columns[i]->attribute == attribute)
			return reader->columns[i];
	return NULL;
}

/*
 * The column of an attribute; the same for all who ask.
 */
PageColumn *
page_reader_add_column(PageReader *reader, AttrNumber attribute)
{
	TupleDesc	desc = RelationGetDescr(reader->seq->ss.ss_currentRelation);
	PageColumn *column = column_of(reader, attribute);

	if (column != NULL)
		return column;
	column = palloc0(sizeof(PageColumn));
	column->attribute = attribute;
	column->size = TupleDescAttr(desc, attribute - 1)->attlen;
	column->by_value = TupleDescAttr(desc, attribute - 1)->attbyval;
	reader->columns[reader->ncolumns++] = column;
	reader->last = Max(reader->last, attribute);
	return column;
}

static void
use_column(PageReader *reader, PageColumn *column)
{
	int			i;

	for (i = 0; i < reader->nused; i++)
		if (reader->used[i] == column)
			return;
	reader->used[reader->nused++] = column;
}

/*
 * Columns for all that an expression over the table uses.
 */
void
page_reader_add_columns_of(PageReader *reader, Node *expression)
{
	Index		relid = ((Scan *) reader->seq->ss.ps.plan)->scanrelid;
	Bitmapset  *attributes = NULL;
	int			i = -1;

	pull_varattnos(expression, relid, &attributes);
	while ((i = bms_next_member(attributes, i)) >= 0)
	{
		AttrNumber	attribute = i + FirstLowInvalidHeapAttributeNumber;

		if (attribute > 0)
			use_column(reader, page_reader_add_column(reader, attribute));
		else
			reader->whole_rows = true;
	}
}

void
page_reader_init(PageReader *reader, SeqScanState *seq)
{
	int			nattributes = RelationGetNumberOfAttributes(seq->ss.ss_currentRelation);
	int			i;

	memset(reader, 0, sizeof(*reader));
	reader->seq = seq;
	reader->columns = palloc(sizeof(PageColumn *) * nattributes);
	reader->used = palloc(sizeof(PageColumn *) * nattributes);
	for (i = 0; i < MaxHeapTuplesPerPage; i++)
		reader->rows[i] = i;
	page_reader_add_columns_of(reader, (Node *) seq->ss.ps.plan->qual);
}

/*
 * All columns are there: find out where they lie.  The last one may be of variable size, if it lies at a
 * place where it needs no padding whether its header is long or short.
 */
void
page_reader_ready(PageReader *reader)
{
	TupleDesc	desc = RelationGetDescr(reader->seq->ss.ss_currentRelation);
	Size		offset = 0;
	AttrNumber	i;

	for (i = 1; i <= reader->last; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i - 1);
		Size		aligned = att_align_nominal(offset, attribute->attalign);
		PageColumn *column = column_of(reader, i);

		if (attribute->attlen < 0 && (i < reader->last || attribute->attlen != -1 || aligned != offset))
			return;
		if (column != NULL)
			column->offset = aligned;
		offset = aligned + attribute->attlen;
	}
	reader->at_offsets = true;
}

static HeapScanDesc
heap_scan(const PageReader *reader)
{
	return (HeapScanDesc) reader->seq->ss.ss_currentScanDesc;
}

/*
 * Begin the scan, if it is one of pages.  It notes a page's visible tuples in every query, since these have
 * MVCC snapshots.  A parallel scan has been begun.
 */
bool
page_begin(PageReader *reader)
{
	ScanState  *seq = &reader->seq->ss;

	if (seq->ss_currentRelation->rd_tableam != GetHeapamTableAmRoutine())
		return false;
	if (seq->ss_currentScanDesc == NULL)
		seq->ss_currentScanDesc = BEGIN_TABLE_SCAN(seq->ss_currentRelation, seq->ps.state->es_snapshot);
	return (seq->ss_currentScanDesc->rs_flags & SO_ALLOW_PAGEMODE) != 0;
}

/*
 * Go to the first page that has rows.
 */
bool
page_first(PageReader *reader)
{
	return table_scan_getnextslot(reader->seq->ss.ss_currentScanDesc, ForwardScanDirection,
								  reader->seq->ss.ss_ScanTupleSlot);
}

/*
 * Go to the next page that has rows, after all rows of this one are taken.
 */
bool
page_next(PageReader *reader)
{
	HeapScanDesc scan = heap_scan(reader);

	/* The scan counts the one row of a page that it hands out itself. */
	if (scan->rs_ntuples > 1)
		pgstat_count_index_tuples(scan->rs_base.rs_rd, scan->rs_ntuples - 1);
	scan->rs_cindex = scan->rs_ntuples - 1;
	return page_first(reader);
}

/*
 * Are the first attributes of a tuple there, and not NULL?
 */
static inline bool
is_whole(HeapTupleHeader tuple, int nattributes)
{
	int			i;

	if (unlikely(HeapTupleHeaderGetNatts(tuple) < nattributes))
		return false;
	if ((tuple->t_infomask & HEAP_HASNULL) != 0)
		for (i = 0; i < nattributes; i++)
			if (att_isnull(i, tuple->t_bits))
				return false;
	return true;
}

static inline bool
is_long(const PageColumn *column, Datum value)
{
	return column->size == -1 &&
		(VARATT_IS_EXTERNAL(DatumGetPointer(value)) || VARATT_IS_COMPRESSED(DatumGetPointer(value)));
}

/*
 * The columns of the row in the scan's slot.
 */
static void
slot_to_columns(PageReader *reader, int row)
{
	TupleTableSlot *slot = reader->seq->ss.ss_ScanTupleSlot;
	int			i;

	slot_getsomeattrs(slot, reader->last);
	for (i = 0; i < reader->ncolumns; i++)
	{
		PageColumn *column = reader->columns[i];
		NullableDatum *value = &column->values[row];

		value->value = slot->tts_values[column->attribute - 1];
		value->isnull = slot->tts_isnull[column->attribute - 1];
		if (!value->isnull && unlikely(is_long(column, value->value)))
			reader->long_values = true;
	}
}

static inline HeapTupleHeader
tuple_at(HeapScanDesc scan, int row, uint32 *size)
{
	Page		page = BufferGetPage(scan->rs_cbuf);
	ItemId		item = PageGetItemId(page, scan->rs_vistuples[row]);

	*size = ItemIdGetLength(item);
	return (HeapTupleHeader) PageGetItem(page, item);
}

static TupleTableSlot *
tuple_to_slot(PageReader *reader, int visible)
{
	HeapScanDesc scan = heap_scan(reader);
	HeapTuple	tuple = &reader->tuple;

	tuple->t_data = tuple_at(scan, visible, &tuple->t_len);
	tuple->t_tableOid = RelationGetRelid(scan->rs_base.rs_rd);
	ItemPointerSet(&tuple->t_self, BufferGetBlockNumber(scan->rs_cbuf), scan->rs_vistuples[visible]);
	return ExecStoreBufferHeapTuple(tuple, reader->seq->ss.ss_ScanTupleSlot, scan->rs_cbuf);
}

/*
 * A row of the page in the scan's slot, as the scan would put it there.
 */
TupleTableSlot *
page_row_to_slot(PageReader *reader, int row)
{
	return tuple_to_slot(reader, reader->rows[row]);
}

/*
 * A column of tuples that have it at its offset; where there is no tuple, its value is there already.
 */
static void
read_column(PageReader *reader, PageColumn *column, const char *const *tuples, int n)
{
	int			row;

	for (row = 0; row < n; row++)
	{
		NullableDatum *value = &column->values[row];

		if (unlikely(tuples[row] == NULL))
			continue;
		value->value = fetch_att(tuples[row] + column->offset, column->by_value, column->size);
		value->isnull = false;
		if (unlikely(is_long(column, value->value)))
			reader->long_values = true;
	}
}

/*
 * The columns of all visible rows of the page.
 */
static void
read_columns(PageReader *reader)
{
	const char *tuples[MaxHeapTuplesPerPage];
	HeapScanDesc scan = heap_scan(reader);
	int			n = (int) scan->rs_ntuples;
	int			i;

	reader->long_values = false;
	for (i = 0; i < n; i++)
	{
		uint32		size;
		HeapTupleHeader tuple = tuple_at(scan, i, &size);

		if (reader->at_offsets && likely(is_whole(tuple, reader->last)))
			tuples[i] = (const char *) tuple + tuple->t_hoff;
		else
		{
			tuples[i] = NULL;
			tuple_to_slot(reader, i);
			slot_to_columns(reader, i);
		}
	}
	for (i = 0; i < reader->ncolumns; i++)
		read_column(reader, reader->columns[i], tuples, n);
}

/*
 * Keep the rows that pass the Seq Scan's quals.
 */
static void
apply_quals(PageReader *reader)
{
	PlanState  *seq = &reader->seq->ss.ps;
	ExprContext *econtext = seq->ps_ExprContext;
	int			kept = 0;
	int			row;
	int			i;

	for (row = 0; row < reader->n; row++)
	{
		CHECK_FOR_INTERRUPTS();
		scan_reset_context(econtext);
		reader->rows[row] = row;
		econtext->ecxt_scantuple = page_columns_to_slot(reader, row);
		if (!ExecQual(seq->qual, econtext))
			continue;
		if (kept < row)
			for (i = 0; i < reader->ncolumns; i++)
				reader->columns[i]->values[kept] = reader->columns[i]->values[row];
		reader->rows[kept++] = row;
	}
	InstrCountFiltered1(seq, reader->n - kept);
	reader->n = kept;
}

/*
 * The rows of the page that pass the Seq Scan's quals, and their columns.
 */
void
page_read(PageReader *reader)
{
	reader->n = (int) heap_scan(reader)->rs_ntuples;
	read_columns(reader);
	if (reader->seq->ss.ps.qual != NULL)
		apply_quals(reader);
}
