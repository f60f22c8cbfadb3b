/*
 * summary/seenset.h
 *		The buckets in which one customer was seen.  See summary/seenset.c.
 */
#ifndef RETENTION_SUMMARY_SEENSET_H
#define RETENTION_SUMMARY_SEENSET_H

#include "compat.h"

#include "port/pg_bitutils.h"

/* Buckets that a set of bits covers, from the first one on. */
#define SEEN_BITS 64

/* A bucket, doubled, plus 1 if the customer was seen there more than once. */
typedef int64 SeenMark;

#define SEEN_MARK(bucket, repeated) ((SeenMark) (bucket) * 2 + (repeated))
#define SEEN_MARK_BUCKET(mark) ((int32) ((mark) >> 1))
#define SEEN_MARK_REPEATED(mark) (((mark) & 1) != 0)

/*
 * A set that is not empty.  Bit i stands for bucket first + i; a set too wide for 64 bits is a list instead, in
 * its written form.
 */
typedef struct SeenSet
{
	int32		first;
	int32		last;
	uint64		seen;
	uint64		repeated;		/* seen there more than once */
	const uint8 *list;			/* NULL if it is in the bits */
	uint32		nlist;
	uint32		list_size;		/* bytes */
} SeenSet;

/* Where a walk over a set stands. */
typedef struct SeenWalk
{
	uint64		seen;
	uint64		repeated;
	int32		first;
	const uint8 *list;
	uint32		left;
	int64		bucket;			/* of the list, last returned */
} SeenWalk;

/* Bytes that a set of a number of marks takes at most when written. */
#define SEEN_SIZE_BOUND(nmarks) (32 + (Size) 6 * (nmarks))

extern uint8 *seenset_write(uint8 *to, const SeenSet *set, int32 base);
extern Size seenset_size_bound(const SeenSet *set);
extern const uint8 *seenset_read(const uint8 *from, const uint8 *end, int32 base, SeenSet *set);
extern void seenset_from_marks(SeenSet *set, const SeenMark *marks, uint32 nmarks, uint8 *memory);
extern uint32 seenset_marks(const SeenSet *set, SeenMark *marks);
extern uint32 seenset_count(const SeenSet *set);
extern bool seenset_cut(SeenSet *set, int64 until);
extern void seenset_union(SeenSet *set, const SeenSet *other);
extern int	seenset_compare(const SeenSet *one, const SeenSet *other);
extern uint64 seenset_hash(const SeenSet *set);
extern bool seenset_next_in_list(SeenWalk *walk, int32 *bucket, bool *repeated);

static inline void
seenset_from_bits(SeenSet *set, int32 first, uint64 seen, uint64 repeated)
{
	set->first = first;
	set->last = first + pg_leftmost_one_pos64(seen);
	set->seen = seen;
	set->repeated = repeated;
	set->list = NULL;
	set->nlist = 0;
	set->list_size = 0;
}

static inline void
seenset_walk(SeenWalk *walk, const SeenSet *set)
{
	walk->seen = set->list ? 0 : set->seen;
	walk->repeated = set->repeated;
	walk->first = set->first;
	walk->list = set->list;
	walk->left = set->nlist;
	walk->bucket = set->first;
}

/*
 * The next bucket, in order.
 */
static inline bool
seenset_next(SeenWalk *walk, int32 *bucket, bool *repeated)
{
	int			bit;

	if (walk->seen == 0)
		return walk->left > 0 && seenset_next_in_list(walk, bucket, repeated);
	bit = pg_rightmost_one_pos64(walk->seen);
	*bucket = walk->first + bit;
	*repeated = (walk->repeated >> bit) & 1;
	walk->seen &= walk->seen - 1;
	return true;
}

#endif							/* RETENTION_SUMMARY_SEENSET_H */
