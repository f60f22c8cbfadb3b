/*
 * summary/grid.c
 *		Customers whose numbers lie close together, on the way from a parallel worker to its leader.
 *
 * The leader reads what its workers have sent alone, when they are done, and most customers are known to
 * several of them.  Where a worker has its customers in a dense array (agg/customer_dense.h), and all buckets within
 * 32, it sends no value but a grid:
 *
 *		least			least + 1		least + 2		...
 *		| seen | repeated	| 0		| 0		| seen | repeated	| ...		bit i: bucket first + i
 *
 * Two grids become one word by word, as they come.  Only what they say together is written as a value.
 */
#include "summary/grid.h"

#include "base/wire.h"

#include "miscadmin.h"
#include "utils/memutils.h"

/*
 * Are the cells not too many for their customers, and for a message, and the buckets not for a cell?
 */
bool
summary_grid_is_worth_it(const GridBounds *bounds)
{
	return bounds->ncells / 4 <= bounds->ncustomers && bounds->ncells <= MaxAllocSize / 2 / sizeof(uint64) &&
		(int64) bounds->last - bounds->first < GRID_BUCKETS;
}

/*
 * A message with a grid, whose cells are to be filled in where this returns.
 */
uint64 *
summary_grid_send(StringInfo message, SummarySignature *signature, const GridBounds *bounds)
{
	RetentionSummary *head = summary_without_customers(signature);

	wire_begin(message, WIRE_SUMMARY_GRID);
	wire_put(message, bounds, sizeof(*bounds));
	wire_put_sized(message, head, VARSIZE(head));
	return wire_extend(message, bounds->ncells * sizeof(uint64));
}

/*
 * The grid of a message, in which its cells stay.
 */
void
summary_grid_receive(bytea *message, SummaryGrid *grid)
{
	const GridBounds *bounds = &grid->bounds;
	const RetentionSummary *head;
	WireReader	reader;

	wire_open(&reader, message, WIRE_SUMMARY_GRID);
	wire_get(&reader, &grid->bounds, sizeof(grid->bounds));
	head = grid->head = wire_take_value(&reader, offsetof(RetentionSummary, bytes));
	if (head == NULL || summary_size(head) != VARSIZE(head) || head->layout != SUMMARY_NUMBER || head->nsorted > 0 || head->nloose > 0)
		wire_corrupt();
	summary_check_version(head->version);
	if (bounds->ncells == 0 || bounds->ncells - 1 > PG_UINT64_MAX - bounds->least || bounds->last < bounds->first ||
		!summary_grid_is_worth_it(bounds))
		wire_corrupt();
	grid->cells = unconstify(void *, wire_take(&reader, bounds->ncells * sizeof(uint64)));
	wire_close(&reader);
}

/*
 * Bits that a grid's cell cannot have.
 */
static inline uint64
wrong_bits(const GridBounds *bounds, uint64 cell)
{
	uint32		room = PG_UINT32_MAX >> (GRID_BUCKETS - 1 - (bounds->last - bounds->first));

	return (GRID_SEEN(cell) & ~room) | (GRID_REPEATED(cell) & ~GRID_SEEN(cell));
}

/*
 * Unite the cells of a grid with those of another that lies within its bounds.
 */
static void
unite_cells(SummaryGrid *grid, const SummaryGrid *other)
{
	uint64	   *cells = grid->cells + (other->bounds.least - grid->bounds.least);
	int			up = other->bounds.first - grid->bounds.first;
	uint64		wrong = 0;
	uint64		i;

	for (i = 0; i < other->bounds.ncells; i++)
	{
		uint64		cell = other->cells[i];

		wrong |= wrong_bits(&other->bounds, cell);
		cell <<= up;
		cells[i] |= cell | GRID_CELL(0, cells[i] & cell & PG_UINT32_MAX);
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
	}
	if (wrong != 0)
		wire_corrupt();
}

/*
 * Take in another grid of the same signature; one without cells takes in any.  Allocates in the current memory context.
 * Returns false, and does nothing, if both would not make one.
 */
bool
summary_grid_absorb(SummaryGrid *grid, const SummaryGrid *other)
{
	SummaryGrid before = *grid;
	GridBounds	both = other->bounds;

	if (grid->cells != NULL)
	{
		uint64		greatest = Max(grid->bounds.least + (grid->bounds.ncells - 1), both.least + (both.ncells - 1));

		both.least = Min(grid->bounds.least, both.least);
		both.ncells = Max(greatest - both.least, greatest - both.least + 1);
		both.ncustomers += grid->bounds.ncustomers;
		both.first = Min(grid->bounds.first, both.first);
		both.last = Max(grid->bounds.last, both.last);
	}
	if (!summary_grid_is_worth_it(&both))
		return false;
	grid->bounds = both;
	if (before.cells == NULL || both.least != before.bounds.least || both.ncells != before.bounds.ncells ||
		both.first != before.bounds.first)
	{
		grid->cells = palloc0(both.ncells * sizeof(uint64));
		if (before.cells != NULL)
		{
			unite_cells(grid, &before);
			pfree(before.cells);
		}
	}
	unite_cells(grid, other);
	return true;
}

/*
 * The value that a grid stands for.
 */
RetentionSummary *
summary_grid_write(FmgrInfo *flinfo, const SummaryGrid *grid)
{
	SummaryWriter writer;
	SummaryEntry entry = {0};
	uint64		i;

	summary_write_begin(&writer, summary_signature(flinfo, grid->head), grid->bounds.first,
						Min(grid->bounds.ncustomers, grid->bounds.ncells) * SUMMARY_CUSTOMER_SIZE);
	for (i = 0; i < grid->bounds.ncells; i++)
	{
		uint64		cell = grid->cells[i];
		uint32		seen = GRID_SEEN(cell);
		int			first;

		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		if (cell == 0)
			continue;
		if (wrong_bits(&grid->bounds, cell) != 0)
			wire_corrupt();
		first = pg_rightmost_one_pos32(seen);
		entry.order = grid->bounds.least + i;
		seenset_from_bits(&entry.seen, grid->bounds.first + first, seen >> first, GRID_REPEATED(cell) >> first);
		summary_write(&writer, &entry);
	}
	if (writer.summary->nsorted == 0)
		wire_corrupt();
	return summary_write_end(&writer, 0);
}
