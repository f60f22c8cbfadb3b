/*
 * summary/amounts.h
 *		What one customer spent in each bucket, in a value and while rows come.  See summary/amounts.c.
 */
#ifndef RETENTION_SUMMARY_AMOUNTS_H
#define RETENTION_SUMMARY_AMOUNTS_H

#include "base/money.h"
#include "summary/seenset.h"

#include "lib/stringinfo.h"

/*
 * An amount of a row, or one limb of it: whose, when, and which limb, as a word that sorts by these, and the limb.
 * The place is a number for the customer.
 */
typedef struct AmountRow
{
	uint64		key;
	int64		limb;
} AmountRow;

#define AMOUNT_KEY_PLACE(place) ((uint64) (place) << 36)
#define AMOUNT_KEY(place, bucket, power) \
	(AMOUNT_KEY_PLACE(place) | (uint64) ((bucket) + (1 << 27)) << 8 | (uint64) ((power) + 128))
#define AMOUNT_PLACE(key) ((uint32) ((key) >> 36))
#define AMOUNT_BUCKET(key) ((int32) ((key) >> 8 & ((1 << 28) - 1)) - (1 << 27))
#define AMOUNT_POWER(key) ((int) ((key) & 0xFF) - 128)

/* All amounts of a group. */
typedef struct AmountLog
{
	MemoryContext cxt;
	AmountRow  *rows;
	uint64		n;
	uint64		room;
	uint64		limit;			/* rows at which it is time for amountlog_compact */
	int32		scale;			/* decimals of the amount that has most of them */
} AmountLog;

/* Where a walk over the amounts of a customer stands, whose buckets are walked beside it. */
typedef struct AmountWalk
{
	SeenWalk	seen;
	const uint8 *at;
} AmountWalk;

extern void amountlog_init(AmountLog *log, MemoryContext cxt);
extern int	amountlog_add(AmountLog *log, uint32 place, int32 bucket, Datum amount, const char *name);
extern void amountlog_compact(AmountLog *log, uint64 ncustomers);
extern uint64 *amountlog_sort(AmountLog *log, uint32 nplaces);

extern void amounts_write(StringInfo to, const SeenSet *seen, const AmountRow *rows, uint64 nrows);
extern void amounts_append(StringInfo to, Limbs *sum);
extern const uint8 *amounts_skip(const uint8 *from, const uint8 *end, uint32 n);
extern uint8 *amounts_union(const SeenSet *one, const uint8 *one_amounts, const SeenSet *other,
							const uint8 *other_amounts, uint32 *size);

static inline void
amounts_walk(AmountWalk *walk, const SeenSet *seen, const uint8 *amounts)
{
	seenset_walk(&walk->seen, seen);
	walk->at = amounts;
}

/*
 * The next bucket, in order, and the amount there.
 */
static inline bool
amounts_next(AmountWalk *walk, int32 *bucket, Money *amount)
{
	bool		repeated;

	if (!seenset_next(&walk->seen, bucket, &repeated))
		return false;
	/* amounts_skip has seen that each amount ends. */
	walk->at = money_get(walk->at, walk->at + MONEY_SIZE_MAX, amount);
	return true;
}

#endif							/* RETENTION_SUMMARY_AMOUNTS_H */
