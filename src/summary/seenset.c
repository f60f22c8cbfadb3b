/*
 * summary/seenset.c
 *		The buckets in which one customer was seen, and in which more than once.
 *
 * Nearly all customers are known for few enough buckets that 64 bits cover them all.  Written, such a set is
 * three numbers of variable length:
 *
 *		zigzag(first - base) * 2		seen >> 1		repeated
 *
 * The first bucket is always seen, so its bit is left out.  Customers of one month who never came back take three
 * bytes, those of two years of months six to nine.  A customer seen over more than 64 buckets, as with days, has
 * a list, each bucket as its distance from the one before, doubled, plus 1 if the customer was seen there more than
 * once:
 *
 *		zigzag(first - base) * 2 + 1	number of buckets	repeated	distance * 2 + repeated ...
 *
 * Which of the two it is depends on the set alone, so that equal sets are written alike.
 */
#include "summary/seenset.h"

#include "base/varint.h"

#include "common/hashfn.h"

/*
 * Write a set where seenset_size_bound bytes are free; returns where it ends.
 */
uint8 *
seenset_write(uint8 *to, const SeenSet *set, int32 base)
{
	uint64		first = zigzag((int64) set->first - base) * 2;

	if (set->list == NULL)
	{
		to = varint_put(to, first);
		to = varint_put(to, set->seen >> 1);
		return varint_put(to, set->repeated);
	}
	to = varint_put(to, first + 1);
	to = varint_put(to, set->nlist);
	memcpy(to, set->list, set->list_size);
	return to + set->list_size;
}

Size
seenset_size_bound(const SeenSet *set)
{
	return SEEN_SIZE_BOUND(set->nlist);
}

/*
 * Read a set; returns where the next one starts, or NULL if here is none.
 */
const uint8 *
seenset_read(const uint8 *from, const uint8 *end, int32 base, SeenSet *set)
{
	uint64		first;
	uint64		number;
	int64		bucket;

	from = varint_get(from, end, &first);
	if (unlikely(from == NULL))
		return NULL;
	bucket = unzigzag(first >> 1);
	if (unlikely(bucket > PG_UINT32_MAX || bucket < -(int64) PG_UINT32_MAX))
		return NULL;
	bucket += base;
	if (unlikely(bucket < PG_INT32_MIN || bucket > PG_INT32_MAX))
		return NULL;
	from = varint_get(from, end, &number);
	if (unlikely(from == NULL))
		return NULL;

	if ((first & 1) == 0)
	{
		uint64		seen = number << 1 | 1;
		uint64		repeated;

		from = varint_get(from, end, &repeated);
		if (unlikely(from == NULL || number >> 63 != 0 || (repeated & ~seen) != 0))
			return NULL;
		if (unlikely(bucket + pg_leftmost_one_pos64(seen) > PG_INT32_MAX))
			return NULL;
		seenset_from_bits(set, (int32) bucket, seen, repeated);
		return from;
	}

	/* Each bucket of a list takes a byte at least. */
	if (number < 2 || number > end - from)
		return NULL;
	set->first = (int32) bucket;
	set->seen = 0;
	set->repeated = 0;
	set->list = from;
	set->nlist = (uint32) number;
	for (; number > 0; number--)
	{
		uint64		step;

		from = varint_get(from, end, &step);
		if (from == NULL || step >> 1 > PG_UINT32_MAX || (step >> 1 == 0) != (number == set->nlist))
			return NULL;
		bucket += step >> 1;
	}
	if (bucket > PG_INT32_MAX || bucket - set->first < SEEN_BITS)
		return NULL;
	set->last = (int32) bucket;
	set->list_size = from - set->list;
	return from;
}

bool
seenset_next_in_list(SeenWalk *walk, int32 *bucket, bool *repeated)
{
	uint64		step = 0;

	/* seenset_read has seen that each number of the list ends. */
	walk->list = varint_get(walk->list, walk->list + VARINT_MAX_SIZE, &step);
	walk->left--;
	walk->bucket += step >> 1;
	*bucket = (int32) walk->bucket;
	*repeated = step & 1;
	return true;
}

/*
 * A set of marks in order, one for each bucket; the set may keep "memory", which has SEEN_SIZE_BOUND bytes.
 */
void
seenset_from_marks(SeenSet *set, const SeenMark *marks, uint32 nmarks, uint8 *memory)
{
	int32		first = SEEN_MARK_BUCKET(marks[0]);
	int32		last = SEEN_MARK_BUCKET(marks[nmarks - 1]);
	int64		before = first;
	uint32		i;

	if ((int64) last - first < SEEN_BITS)
	{
		uint64		seen = 0;
		uint64		repeated = 0;

		for (i = 0; i < nmarks; i++)
		{
			int			bit = SEEN_MARK_BUCKET(marks[i]) - first;

			seen |= UINT64CONST(1) << bit;
			repeated |= (uint64) SEEN_MARK_REPEATED(marks[i]) << bit;
		}
		seenset_from_bits(set, first, seen, repeated);
		return;
	}
	set->first = first;
	set->last = last;
	set->seen = 0;
	set->repeated = 0;
	set->list = memory;
	set->nlist = nmarks;
	for (i = 0; i < nmarks; i++)
	{
		int64		bucket = SEEN_MARK_BUCKET(marks[i]);

		memory = varint_put(memory, (uint64) (bucket - before) * 2 + SEEN_MARK_REPEATED(marks[i]));
		before = bucket;
	}
	set->list_size = memory - set->list;
}

uint32
seenset_count(const SeenSet *set)
{
	return set->list ? set->nlist : pg_popcount64(set->seen);
}

/*
 * The marks of a set, in order; returns how many.
 */
uint32
seenset_marks(const SeenSet *set, SeenMark *marks)
{
	SeenWalk	walk;
	int32		bucket;
	bool		repeated;
	uint32		n = 0;

	seenset_walk(&walk, set);
	while (seenset_next(&walk, &bucket, &repeated))
		marks[n++] = SEEN_MARK(bucket, repeated);
	return n;
}

/*
 * Leave out the buckets after the last that is wanted; false if none is left.  A list may only be walked and counted
 * after that: where its bytes end is not known any more.
 */
bool
seenset_cut(SeenSet *set, int64 until)
{
	SeenWalk	walk;
	int32		bucket;
	bool		repeated;
	uint32		n = 0;

	if (set->last <= until)
		return true;
	if (set->first > until)
		return false;
	if (set->list == NULL)
	{
		uint64		kept = (UINT64CONST(2) << (until - set->first)) - 1;

		seenset_from_bits(set, set->first, set->seen & kept, set->repeated & kept);
		return true;
	}
	seenset_walk(&walk, set);
	while (seenset_next(&walk, &bucket, &repeated) && bucket <= until)
	{
		set->last = bucket;
		n++;
	}
	set->nlist = n;
	return true;
}

static void
union_of_lists(SeenSet *set, const SeenSet *other)
{
	uint32		nother = seenset_count(other);
	uint32		nset = seenset_count(set);
	SeenMark   *one = palloc_extended(nset * sizeof(SeenMark), MCXT_ALLOC_HUGE);
	SeenMark   *two = palloc_extended(nother * sizeof(SeenMark), MCXT_ALLOC_HUGE);
	SeenMark   *both = palloc_extended(((Size) nset + nother) * sizeof(SeenMark), MCXT_ALLOC_HUGE);
	uint32		i = 0;
	uint32		j = 0;
	uint32		n = 0;

	seenset_marks(set, one);
	seenset_marks(other, two);
	while (i < nset || j < nother)
	{
		if (j == nother || (i < nset && SEEN_MARK_BUCKET(one[i]) < SEEN_MARK_BUCKET(two[j])))
			both[n++] = one[i++];
		else if (i == nset || SEEN_MARK_BUCKET(two[j]) < SEEN_MARK_BUCKET(one[i]))
			both[n++] = two[j++];
		else
		{
			both[n++] = SEEN_MARK(SEEN_MARK_BUCKET(one[i]), true);
			i++;
			j++;
		}
	}
	seenset_from_marks(set, both, n, palloc_extended(SEEN_SIZE_BOUND(n), MCXT_ALLOC_HUGE));
	pfree(one);
	pfree(two);
	pfree(both);
}

/*
 * Add another set: a bucket that is in both was seen more than once.  May allocate in the current context.
 */
void
seenset_union(SeenSet *set, const SeenSet *other)
{
	int32		first = Min(set->first, other->first);
	int32		last = Max(set->last, other->last);
	uint64		one;
	uint64		two;

	if (set->list != NULL || other->list != NULL || (int64) last - first >= SEEN_BITS)
	{
		union_of_lists(set, other);
		return;
	}
	one = set->seen << (set->first - first);
	two = other->seen << (other->first - first);
	seenset_from_bits(set, first, one | two,
					  set->repeated << (set->first - first) |
					  other->repeated << (other->first - first) | (one & two));
}

/*
 * An order of sets that only serves to sort them; 0 if they are equal.
 */
int
seenset_compare(const SeenSet *one, const SeenSet *other)
{
	if (one->first != other->first)
		return one->first < other->first ? -1 : 1;
	if (one->seen != other->seen)
		return one->seen < other->seen ? -1 : 1;
	if (one->repeated != other->repeated)
		return one->repeated < other->repeated ? -1 : 1;
	if (one->list_size != other->list_size)
		return one->list_size < other->list_size ? -1 : 1;
	return one->list_size == 0 ? 0 : memcmp(one->list, other->list, one->list_size);
}

uint64
seenset_hash(const SeenSet *set)
{
	uint64		hash = hash_bytes_uint32_extended((uint32) set->first, 0);
	SeenWalk	walk;
	int32		bucket;
	bool		repeated;

	seenset_walk(&walk, set);
	while (seenset_next(&walk, &bucket, &repeated))
		hash = hash_combine64(hash, (uint64) SEEN_MARK(bucket, repeated));
	return hash;
}
