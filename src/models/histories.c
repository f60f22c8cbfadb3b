/*
 * models/histories.c
 *		Histories of customers, those that are the same counted once with a weight: what the fits collect.
 *
 * A million customers have a hundred thousand histories or fewer, and a model's likelihood is a sum over
 * them.  The state is the server's simplehash, history -> weight, in the aggregate's own context:
 *
 *		| count 8 | first 8 | second 8 | weight 8 | hash 4 | status 1 |
 *
 * Models read it as a sorted list.  The sums that they make of it then have the same terms in the same order,
 * whatever order the rows came in and however many processes collected them; their results are the same to
 * the last bit.
 */
#include "models/histories.h"

#include "agg/aggstate.h"
#include "base/wire.h"

#include "miscadmin.h"
#include "utils/memutils.h"

/* Histories that a new table has room for, in 16 slots. */
#define FIRST_SLOTS 8

typedef struct HistoryEntry
{
	History		history;
	int64		weight;
	uint32		hash;
	uint8		status;
} HistoryEntry;

/*
 * Every bit of the word reaches every bit of the result: histories differ in a few bits only, being small counts
 * and times of which many are whole numbers.
 */
static inline uint64
mix(uint64 x)
{
	x ^= x >> 32;
	x *= UINT64CONST(0xd6e8feb86659fd93);
	x ^= x >> 32;
	x *= UINT64CONST(0xd6e8feb86659fd93);
	x ^= x >> 32;
	return x;
}

static inline uint32
hash_history(const History *history)
{
	uint64		first;
	uint64		second;

	memcpy(&first, &history->first, sizeof(first));
	memcpy(&second, &history->second, sizeof(second));
	return (uint32) mix(mix(mix((uint64) history->count) + first) + second);
}

static inline bool
same_history(const History *one, const History *other)
{
	return one->count == other->count && one->first == other->first && one->second == other->second;
}

#define SH_PREFIX histories
#define SH_ELEMENT_TYPE HistoryEntry
#define SH_KEY_TYPE History
#define SH_KEY history
#define SH_HASH_KEY(tb, key) hash_history(&(key))
#define SH_EQUAL(tb, a, b) same_history(&(a), &(b))
#define SH_STORE_HASH
#define SH_GET_HASH(tb, entry) (entry)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

struct HistoryState
{
	histories_hash *table;
};

typedef struct HistoryPartial
{
	uint64		nrows;
	const WeightedHistory *rows;
} HistoryPartial;

PG_FUNCTION_INFO_V1(histories_combine);
PG_FUNCTION_INFO_V1(histories_serialize);
PG_FUNCTION_INFO_V1(histories_deserialize);

static inline int
compare_histories(const WeightedHistory *one, const WeightedHistory *other)
{
	const History *a = &one->history;
	const History *b = &other->history;

	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	if (a->second != b->second)
		return a->second < b->second ? -1 : 1;
	return 0;
}

#define ST_SORT sort_histories
#define ST_ELEMENT_TYPE WeightedHistory
#define ST_COMPARE(a, b) compare_histories(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#define ST_DECLARE
#include "lib/sort_template.h"

static HistoryState *
create_state(FunctionCallInfo fcinfo)
{
	MemoryContext cxt = aggstate_context(fcinfo);
	HistoryState *state = MemoryContextAlloc(cxt, sizeof(HistoryState));

	state->table = histories_create(cxt, FIRST_SLOTS, NULL);
	return state;
}

/*
 * The group's state, made at its first row.
 */
HistoryState *
histories_state(FunctionCallInfo fcinfo)
{
	HistoryState *state = STATE_OR_NULL(HistoryState, 0);

	return state != NULL ? state : create_state(fcinfo);
}

static void
add_weighted(HistoryState *state, const History *history, int64 weight)
{
	bool		found;
	HistoryEntry *entry = histories_insert(state->table, *history, &found);

	if (!found)
		entry->weight = 0;
	entry->weight += weight;
}

/*
 * Adds one customer.  Adding 0.0 makes a positive zero of a negative one; there are no NaNs.
 */
void
histories_add(HistoryState *state, const History *history)
{
	History		key = {history->count, history->first + 0.0, history->second + 0.0};

	add_weighted(state, &key, 1);
}

Datum
histories_combine(PG_FUNCTION_ARGS)
{
	HistoryState *state = STATE_OR_NULL(HistoryState, 0);
	HistoryPartial *other = STATE_OR_NULL(HistoryPartial, 1);
	uint64		i;

	if (other == NULL)
		RETURN_STATE(state);
	if (state == NULL)
		state = create_state(fcinfo);
	for (i = 0; i < other->nrows; i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		add_weighted(state, &other->rows[i].history, other->rows[i].weight);
	}
	PG_RETURN_POINTER(state);
}

Datum
histories_serialize(PG_FUNCTION_ARGS)
{
	HistoryState *state = (HistoryState *) PG_GETARG_POINTER(0);
	uint64		nrows = state->table->members;
	StringInfoData message;
	histories_iterator iterator;
	HistoryEntry *entry;

	wire_begin(&message, WIRE_HISTORIES);
	wire_put(&message, &nrows, sizeof(nrows));
	if (nrows > 0)
	{
		WeightedHistory *row = wire_extend(&message, nrows * sizeof(WeightedHistory));

		histories_start_iterate(state->table, &iterator);
		while ((entry = histories_iterate(state->table, &iterator)) != NULL)
		{
			WeightedHistory copy = {entry->history, entry->weight};

			memcpy(row++, &copy, sizeof(copy));
		}
	}
	PG_RETURN_BYTEA_P(wire_end(&message));
}

Datum
histories_deserialize(PG_FUNCTION_ARGS)
{
	HistoryPartial *partial = palloc(sizeof(HistoryPartial));
	WireReader	reader;

	wire_open(&reader, PG_GETARG_BYTEA_PP(0), WIRE_HISTORIES);
	wire_get(&reader, &partial->nrows, sizeof(partial->nrows));
	if (partial->nrows > MaxAllocSize)
		wire_corrupt();
	partial->rows = wire_take(&reader, partial->nrows * sizeof(WeightedHistory));
	wire_close(&reader);
	PG_RETURN_POINTER(partial);
}

/*
 * All histories of a state in order, in the current memory context; false if there are none.
 */
bool
histories_list(const HistoryState *state, HistoryList *list)
{
	histories_iterator iterator;
	HistoryEntry *entry;

	if (state == NULL || state->table->members == 0)
		return false;
	list->rows = MemoryContextAllocHuge(CurrentMemoryContext, state->table->members * sizeof(WeightedHistory));
	list->nrows = 0;
	list->customers = 0;
	histories_start_iterate(state->table, &iterator);
	while ((entry = histories_iterate(state->table, &iterator)) != NULL)
	{
		WeightedHistory row = {entry->history, entry->weight};

		list->rows[list->nrows++] = row;
		list->customers += entry->weight;
	}
	sort_histories(list->rows, list->nrows);
	return true;
}
