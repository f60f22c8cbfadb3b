/*
 * totals/cells.c
 *		The cells of totals: read, in order, from either form, and written as the canonical one.
 */
#include "totals/working.h"

#include "base/varint.h"

#include "lib/stringinfo.h"

/*
 * Start to read the cells of a value.  A working one is brought into canonical form in the current memory context.
 */
void
totals_read(TotalsReader *reader, const RetentionTotals *totals)
{
	totals = totals_canonical(totals);
	reader->totals = totals;
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
 * The kind, cohort and bucket of the next cell; false if they are damaged.
 */
static bool
read_place(TotalsReader *reader, TotalsCell *cell)
{
	const RetentionTotals *totals = reader->totals;
	uint64		distance;
	uint64		kind;

	reader->cur = varint_get(reader->cur, reader->end, &distance);
	if (reader->cur == NULL || distance > PG_UINT32_MAX || (distance == 0 && reader->left != totals->ncells))
		return false;
	reader->number += distance;
	kind = reader->number / BUCKET_MAX_SPAN / BUCKET_MAX_SPAN;
	if (kind > (totals_have_amounts(totals) ? TOTALS_CONTRACTION : TOTALS_REPEATED))
		return false;
	cell->kind = (TotalsCellKind) kind;
	cell->cohort = totals->first + (int32) (reader->number / BUCKET_MAX_SPAN % BUCKET_MAX_SPAN);
	cell->bucket = totals->first + (int32) (reader->number % BUCKET_MAX_SPAN);
	return cell->bucket >= cell->cohort && cell->bucket <= totals->last &&
		(totals_kind_has_cohort(cell->kind) || cell->cohort == totals->first);
}

/*
 * What is in the cell; false if it is damaged.
 */
static bool
read_contents(TotalsReader *reader, TotalsCell *cell)
{
	if (totals_kind_counts(cell->kind))
	{
		reader->cur = varint_get(reader->cur, reader->end, &cell->customers);
		return reader->cur != NULL && cell->customers > 0 && cell->customers <= reader->totals->customers;
	}
	cell->customers = 0;
	reader->cur = money_get(reader->cur, reader->end, &cell->amount);
	return reader->cur != NULL && !money_is_zero(&cell->amount) &&
		money_decimals(&cell->amount) <= reader->totals->scale;
}

static TotalsStep
step(TotalsReader *reader, TotalsCell *cell)
{
	if (reader->left == 0)
		return reader->cur == reader->end ? STEP_END : STEP_DAMAGED;
	if (!read_place(reader, cell) || !read_contents(reader, cell))
		return STEP_DAMAGED;
	reader->left--;
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
 * Write a cell, of whose amount there are several limbs; "before" is the number of the cell before.  Returns false, and
 * writes nothing, if the amount is zero.
 */
static bool
write_cell(StringInfo to, const NumberedCell *limbs, uint32 nlimbs, uint64 before)
{
	uint64		number = limbs->number >> TOTALS_NUMBER_POWER_BITS;
	uint8	   *at;
	uint32		i;
	Limbs		sum;

	limbs_init(&sum);
	for (i = 0; i < nlimbs; i++)
		limbs_add(&sum, (int) (limbs[i].number & ((1 << TOTALS_NUMBER_POWER_BITS) - 1)) + LIMB_LEAST, limbs[i].value);
	if (limbs_sign(&sum) == 0)
		return false;
	enlargeStringInfo(to, VARINT_MAX_SIZE + MONEY_SIZE_MAX);
	at = varint_put((uint8 *) to->data + to->len, number - before);
	if (totals_kind_counts(number / BUCKET_MAX_SPAN / BUCKET_MAX_SPAN))
		at = varint_put(at, (uint64) limbs->value);
	else
		at = money_put_limbs(at, &sum);
	to->len = (char *) at - to->data;
	return true;
}

/*
 * The canonical form, which is the value itself where it is canonical already.
 */
const RetentionTotals *
totals_canonical(const RetentionTotals *totals)
{
	NumberedCell *cells;
	StringInfoData to;
	RetentionTotals *canonical;
	uint64		number = 0;
	uint32		nwritten = 0;
	uint32		i;
	uint32		next;

	if (!totals->working)
		return totals;
	cells = totals_sorted_cells(totals);
	initStringInfo(&to);
	appendBinaryStringInfo(&to, (const char *) totals, totals_header_size(totals));
	for (i = 0; i < totals->ncells; i = next)
	{
		for (next = i + 1; next < totals->ncells &&
			 cells[next].number >> TOTALS_NUMBER_POWER_BITS == cells[i].number >> TOTALS_NUMBER_POWER_BITS; next++)
			;
		if (write_cell(&to, cells + i, next - i, number))
		{
			number = cells[i].number >> TOTALS_NUMBER_POWER_BITS;
			nwritten++;
		}
	}
	pfree(cells);
	canonical = (RetentionTotals *) to.data;
	canonical->working = 0;
	canonical->base = totals->first;
	canonical->ncells = nwritten;
	SET_VARSIZE(canonical, to.len);
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

/*
 * The part that retention_totals has.
 */
const RetentionTotals *
totals_without_amounts(const RetentionTotals *totals)
{
	RetentionTotals *counts;
	TotalsReader reader;
	TotalsCell	cell;
	const uint8 *end;

	totals = totals_finished(totals);
	counts = memcpy(palloc(VARSIZE(totals)), totals, VARSIZE(totals));
	counts->scale = NO_AMOUNTS;
	counts->ncells = 0;

	/* The cells that both have come first. */
	totals_read(&reader, totals);
	end = reader.cur;
	while (totals_next(&reader, &cell) && cell.kind <= TOTALS_REPEATED)
	{
		counts->ncells++;
		end = reader.cur;
	}
	SET_VARSIZE(counts, end - (const uint8 *) totals);
	return counts;
}
