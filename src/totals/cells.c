/*
 * totals/cells.c
 *		The cells of totals: read, in order, from either form, and written as the canonical one.
 */
#include "totals/working.h"

#include "base/varint.h"

/*
 * Start to read the cells of a value.  Those of a working one are sorted in the current memory context.
 */
void
totals_read(TotalsReader *reader, const RetentionTotals *totals)
{
	reader->totals = totals;
	reader->sorted = totals->working ? totals_sorted_cells(totals) : NULL;
	reader->cur = (const uint8 *) totals + totals_header_size(totals);
	reader->end = (const uint8 *) totals + VARSIZE(totals);
	reader->left = totals->ncells;
	reader->number = 0;
}

typedef enum TotalsStep
{
	STEP_CELL,
	STEP_END,
	STEP_DAMAGED
} TotalsStep;

/*
 * Decode the number of the next cell of a canonical value; false if it is damaged.
 */
static bool
decode(TotalsReader *reader, NumberedCell *cell)
{
	uint64		distance;

	reader->cur = varint_get(reader->cur, reader->end, &distance);
	if (reader->cur != NULL)
		reader->cur = varint_get(reader->cur, reader->end, &cell->customers);
	if (reader->cur == NULL || distance > PG_UINT32_MAX ||
		(distance == 0 && reader->left != reader->totals->ncells))
		return false;
	cell->number = reader->number += distance;
	return true;
}

static TotalsStep
step(TotalsReader *reader, TotalsCell *cell)
{
	const RetentionTotals *totals = reader->totals;
	NumberedCell next = {0, 0};

	if (reader->left == 0)
		return totals->working || reader->cur == reader->end ? STEP_END : STEP_DAMAGED;
	if (totals->working)
		next = *reader->sorted++;
	else if (!decode(reader, &next))
		return STEP_DAMAGED;
	reader->left--;
	if (next.customers == 0 || next.customers > totals->customers ||
		next.number / TOTALS_MAX_SPAN / TOTALS_MAX_SPAN > TOTALS_REPEATED)
		return STEP_DAMAGED;

	cell->kind = (TotalsCellKind) (next.number / TOTALS_MAX_SPAN / TOTALS_MAX_SPAN);
	cell->cohort = totals->first + (int32) (next.number / TOTALS_MAX_SPAN % TOTALS_MAX_SPAN);
	cell->bucket = totals->first + (int32) (next.number % TOTALS_MAX_SPAN);
	cell->customers = next.customers;
	if (cell->bucket < cell->cohort || cell->bucket > totals->last ||
		(cell->kind > TOTALS_LAST && cell->cohort != totals->first))
		return STEP_DAMAGED;
	return STEP_CELL;
}

/*
 * The next cell, by kind, cohort and bucket.
 */
bool
totals_next(TotalsReader *reader, TotalsCell *cell)
{
	TotalsStep	result = step(reader, cell);

	if (unlikely(result == STEP_DAMAGED))
		totals_corrupt();
	return result == STEP_CELL;
}

/*
 * Can all cells of a canonical value be read?
 */
bool
totals_cells_valid(const RetentionTotals *totals)
{
	TotalsReader reader;
	TotalsCell	cell;
	TotalsStep	result;

	totals_read(&reader, totals);
	while ((result = step(&reader, &cell)) == STEP_CELL)
		;
	return result == STEP_END;
}

/*
 * The canonical form, which is the value itself where it is canonical already.
 */
const RetentionTotals *
totals_canonical(const RetentionTotals *totals)
{
	Size		header = totals_header_size(totals);
	NumberedCell *cells;
	RetentionTotals *canonical;
	uint64		number = 0;
	uint8	   *to;
	uint32		i;

	if (!totals->working)
		return totals;
	cells = totals_sorted_cells(totals);
	canonical = palloc(header + (Size) totals->ncells * 2 * VARINT_MAX_SIZE);
	memcpy(canonical, totals, header);
	canonical->working = 0;
	canonical->base = totals->first;
	to = (uint8 *) canonical + header;
	for (i = 0; i < totals->ncells; i++)
	{
		to = varint_put(to, cells[i].number - number);
		to = varint_put(to, cells[i].customers);
		number = cells[i].number;
	}
	SET_VARSIZE(canonical, to - (uint8 *) canonical);
	pfree(cells);
	return canonical;
}

/*
 * The canonical form of what will not be added to any more.
 */
const RetentionTotals *
totals_finished(const RetentionTotals *totals)
{
	RetentionTotals *finished;

	totals = totals_canonical(totals);
	if (totals->largest == 0)
		return totals;
	finished = memcpy(palloc(VARSIZE(totals)), totals, VARSIZE(totals));
	finished->largest = 0;
	return finished;
}
