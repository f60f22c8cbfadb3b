/*
 * points/agg.c
 *		ledger_agg: the points_ledger of each member, from a table of movements.
 *
 * A row with positive points earns them, one with negative points redeems them, first from lots with the
 * expiry that it names.  Rows come in any order, and the final function enters them by time: at one instant
 * earns before redemptions, and what is equal then in the order of the other columns.  Rows without points
 * or without a time are ignored.
 *
 * A group's state is one chunk that includes the first rows; refs lie in a second chunk:
 *
 *		| state | row | row | ... |			| ref | ref | ... |
 */
#include "points/ledger.h"

#include "agg/aggstate.h"
#include "base/text.h"
#include "base/wire.h"

#include "common/int.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#define STATE_CHUNK_SIZE 256
#define INLINE_ROWS ((STATE_CHUNK_SIZE - offsetof(AggState, inline_rows)) / sizeof(Row))
#define FIRST_REFS_ROOM 64
#define NO_REF PG_UINT64_MAX

typedef struct Row
{
	TimestampTz at;
	int64		points;
	TimestampTz expires;
	TimestampTz available;
	uint64		ref;			/* its offset among the refs */
	uint64		ref_size;
} Row;

typedef struct AggState
{
	MemoryContext cxt;
	Row		   *rows;
	uint64		nrows;
	uint64		room;			/* of rows */
	char	   *refs;
	uint64		refs_size;
	uint64		refs_room;
	Row			inline_rows[FLEXIBLE_ARRAY_MEMBER];
} AggState;

/* What another process has collected: pointers into its message. */
typedef struct AggPartial
{
	const Row  *rows;
	uint64		nrows;
	const char *refs;
	uint64		refs_size;
} AggPartial;

/* The row that is being entered, for errors. */
typedef struct NamedRow
{
	const Row  *row;
	const char *refs;
} NamedRow;

PG_FUNCTION_INFO_V1(ledger_agg_accum);
PG_FUNCTION_INFO_V1(ledger_agg_combine);
PG_FUNCTION_INFO_V1(ledger_agg_serialize);
PG_FUNCTION_INFO_V1(ledger_agg_deserialize);
PG_FUNCTION_INFO_V1(ledger_agg_final);

static int
compare_integers(int64 one, int64 other)
{
	return (one > other) - (one < other);
}

static int
compare_refs(const Row *one, const Row *other, const char *refs)
{
	int			order;

	if (one->ref == NO_REF || other->ref == NO_REF)
		return (one->ref == NO_REF) - (other->ref == NO_REF);
	order = memcmp(refs + one->ref, refs + other->ref, Min(one->ref_size, other->ref_size));
	return order != 0 ? order : compare_integers(one->ref_size, other->ref_size);
}

/*
 * Rows that compare equal may be entered in either order.
 */
static int
compare_rows(const Row *one, const Row *other, const AggState *state)
{
	int			order = compare_integers(one->at, other->at);

	if (order == 0)
		order = (one->points < 0) - (other->points < 0);
	if (order == 0)
		order = compare_integers(one->expires, other->expires);
	if (order == 0)
		order = compare_integers(one->available, other->available);
	if (order == 0)
		order = compare_integers(one->points, other->points);
	if (order == 0)
		order = compare_refs(one, other, state->refs);
	return order;
}

#define ST_SORT sort_rows
#define ST_ELEMENT_TYPE Row
#define ST_COMPARE_ARG_TYPE const AggState
#define ST_COMPARE(a, b, state) compare_rows(a, b, state)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#define ST_DECLARE
#include "lib/sort_template.h"

static AggState *
create_state(FunctionCallInfo fcinfo)
{
	MemoryContext cxt = aggstate_context(fcinfo);
	AggState   *state = MemoryContextAlloc(cxt, STATE_CHUNK_SIZE);

	state->cxt = cxt;
	state->rows = state->inline_rows;
	state->nrows = 0;
	state->room = INLINE_ROWS;
	state->refs = NULL;
	state->refs_size = 0;
	state->refs_room = 0;
	return state;
}

/*
 * Make room for more rows, and for more bytes of refs.
 */
static void
reserve(AggState *state, uint64 rows, uint64 refs)
{
	if (rows > state->room - state->nrows)
	{
		state->room = Max(2 * state->room, state->nrows + rows);
		if (state->rows != state->inline_rows)
			state->rows = repalloc_huge(state->rows, state->room * sizeof(Row));
		else
			state->rows = memcpy(MemoryContextAllocHuge(state->cxt, state->room * sizeof(Row)), state->rows,
								 state->nrows * sizeof(Row));
	}
	if (refs > state->refs_room - state->refs_size)
	{
		state->refs_room = Max(Max(2 * state->refs_room, FIRST_REFS_ROOM), state->refs_size + refs);
		state->refs = state->refs ? repalloc_huge(state->refs, state->refs_room)
			: MemoryContextAllocHuge(state->cxt, state->refs_room);
	}
}

static void
add_row(AggState *state, Row row, const char *ref)
{
	reserve(state, 1, row.ref_size + 1);
	row.ref = NO_REF;
	if (ref)
	{
		row.ref = state->refs_size;
		memcpy(state->refs + state->refs_size, ref, row.ref_size);
		state->refs_size += row.ref_size;
	}
	state->rows[state->nrows++] = row;
}

/*
 * ledger_agg_accum(internal, points bigint, at timestamptz [, expires [, ref text [, available]]]) ->
 * internal
 */
Datum
ledger_agg_accum(PG_FUNCTION_ARGS)
{
	AggState   *state = STATE_OR_NULL(AggState, 0);
	bool		has_expires = PG_NARGS() > 3 && !PG_ARGISNULL(3);
	bool		has_ref = PG_NARGS() > 4 && !PG_ARGISNULL(4);
	bool		has_available = PG_NARGS() > 5 && !PG_ARGISNULL(5);
	text	   *ref = NULL;
	Row			row = {0};

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		RETURN_STATE(state);
	row.points = PG_GETARG_INT64(1);
	row.at = PG_GETARG_TIMESTAMPTZ(2);
	row.expires = has_expires ? PG_GETARG_TIMESTAMPTZ(3) : NO_EXPIRY;
	row.available = has_available && row.points > 0 ? PG_GETARG_TIMESTAMPTZ(5) : row.at;
	if (has_ref)
	{
		ref = PG_GETARG_TEXT_PP(4);
		row.ref_size = VARSIZE_ANY_EXHDR(ref);
	}
	if (state == NULL)
		state = create_state(fcinfo);
	if (row.points != 0)
		add_row(state, row, ref ? VARDATA_ANY(ref) : NULL);
	PG_RETURN_POINTER(state);
}

Datum
ledger_agg_combine(PG_FUNCTION_ARGS)
{
	AggState   *state = STATE_OR_NULL(AggState, 0);
	AggPartial *other = STATE_OR_NULL(AggPartial, 1);
	uint64		i;

	if (other == NULL)
		RETURN_STATE(state);
	if (state == NULL)
		state = create_state(fcinfo);
	reserve(state, other->nrows, other->refs_size);
	for (i = 0; i < other->nrows; i++)
		add_row(state, other->rows[i], other->rows[i].ref == NO_REF ? NULL : other->refs + other->rows[i].ref);
	PG_RETURN_POINTER(state);
}

Datum
ledger_agg_serialize(PG_FUNCTION_ARGS)
{
	AggState   *state = (AggState *) PG_GETARG_POINTER(0);
	StringInfoData message;

	wire_begin(&message, WIRE_LEDGER_AGG);
	wire_put_sized(&message, state->rows, state->nrows * sizeof(Row));
	wire_put_sized(&message, state->refs, state->refs_size);
	PG_RETURN_BYTEA_P(wire_end(&message));
}

Datum
ledger_agg_deserialize(PG_FUNCTION_ARGS)
{
	AggPartial *partial = palloc(sizeof(AggPartial));
	WireReader	reader;
	uint64		size;
	uint64		i;

	wire_open(&reader, PG_GETARG_BYTEA_PP(0), WIRE_LEDGER_AGG);
	partial->rows = wire_take_sized(&reader, &size);
	partial->nrows = size / sizeof(Row);
	partial->refs = wire_take_sized(&reader, &partial->refs_size);
	wire_close(&reader);
	if (size % sizeof(Row) != 0)
		wire_corrupt();
	for (i = 0; i < partial->nrows; i++)
	{
		const Row  *row = &partial->rows[i];

		if (row->ref == NO_REF ? row->ref_size != 0
			: row->ref > partial->refs_size || row->ref_size > partial->refs_size - row->ref)
			wire_corrupt();
	}
	PG_RETURN_POINTER(partial);
}

/*
 * Whatever is wrong with a row, the error says which it is: there may be millions, of many members.
 */
static void
name_row(void *arg)
{
	const NamedRow *named = arg;
	const Row  *row = named->row;

	if (row->ref == NO_REF)
		errcontext("row of ledger_agg: " INT64_FORMAT " points at %s", row->points, timestamp_text(row->at));
	else
		errcontext("row of ledger_agg: " INT64_FORMAT " points at %s, ref \"%.*s\"", row->points,
				   timestamp_text(row->at), (int) row->ref_size, named->refs + row->ref);
}

static void
enter_row(Ledger *ledger, const Row *row, const char *refs)
{
	Movement	movement = {row->points > 0 ? MOVEMENT_EARN : MOVEMENT_REDEEM};

	movement.at = row->at;
	movement.expires = row->expires;
	movement.available = row->available;
	movement.issued_at = row->at;
	movement.points = row->points;
	if (row->points < 0 && pg_sub_s64_overflow(0, row->points, &movement.points))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("points are out of range: " INT64_FORMAT, row->points),
				 errhint("A movement has at most " INT64_FORMAT " points, earned or redeemed.", PG_INT64_MAX)));
	if (row->ref != NO_REF)
	{
		movement.ref = refs + row->ref;
		movement.ref_size = row->ref_size;
		(void) rule_ref(ledger, movement.ref, movement.ref_size);
		if (ledger_has_movement(ledger, &movement))
			return;
	}
	if (movement.kind == MOVEMENT_EARN)
		(void) enter_earn(ledger, &movement);
	else
		(void) enter_draw(ledger, &movement);
}

static void
enter_rows(Ledger *ledger, const AggState *state)
{
	NamedRow	named = {.refs = state->refs};
	ErrorContextCallback context = {error_context_stack, name_row, &named};
	uint64		i;

	error_context_stack = &context;
	for (i = 0; i < state->nrows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		named.row = &state->rows[i];
		enter_row(ledger, named.row, state->refs);
	}
	error_context_stack = context.previous;
}

Datum
ledger_agg_final(PG_FUNCTION_ARGS)
{
	AggState   *state = STATE_OR_NULL(AggState, 0);
	Ledger	   *ledger;

	aggstate_refuse_distinct(fcinfo);
	if (state == NULL)
		PG_RETURN_NULL();
	sort_rows(state->rows, state->nrows, state);
	ledger = ledger_make(0, NULL);
	ledger_expect_refs(ledger, state->nrows);
	enter_rows(ledger, state);
	PG_RETURN_DATUM(ledger_to_datum(ledger));
}
