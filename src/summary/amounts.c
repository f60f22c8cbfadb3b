/*
 * summary/amounts.c
 *		What one customer spent in each bucket, in a value and while rows come.
 *
 * While the rows of a group come, amounts are written one after the other into a log, whichever customer's they are:
 * to add each to its customer and bucket at once would cost an access to memory.  The log is sorted by customer and
 * bucket when it is read, and shortened when there are many rows for each customer, so that it does not grow with the
 * rows but with the customers' buckets.
 *
 * In a value a customer's amounts lie behind the set of buckets (summary/seenset.c), one for each of its buckets and in
 * their order; a bucket in which everything was paid back has a zero.  How an amount is written says base/money.c.
 */
#include "summary/amounts.h"

#include "base/amount.h"

#include "common/int.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#define FIRST_ROOM 8

/* The log is shortened once it has as many rows as this for each customer. */
#define ROWS_PER_CUSTOMER 16

#define RADIX_SORT sort_rows
#define RADIX_ELEMENT AmountRow
#define RADIX_KEY(row) (row).key
#include "base/radixsort.h"

void
amountlog_init(AmountLog *log, MemoryContext cxt)
{
	log->cxt = cxt;
	log->rows = NULL;
	log->n = log->room = 0;
	log->limit = ROWS_PER_CUSTOMER;
	log->scale = 0;
}

static inline void
append(AmountLog *log, uint64 key, int64 limb)
{
	if (unlikely(log->n == log->room))
	{
		log->room = Max(2 * log->room, FIRST_ROOM);
		if (log->rows == NULL)
			log->rows = MemoryContextAlloc(log->cxt, log->room * sizeof(AmountRow));
		else
			log->rows = repalloc_huge(log->rows, log->room * sizeof(AmountRow));
	}
	log->rows[log->n].key = key;
	log->rows[log->n++].limb = limb;
}

static int
append_limbs(AmountLog *log, uint32 place, int32 bucket, Limbs *limbs)
{
	int			n = 0;
	int			power;

	for (power = limbs->least; power <= limbs->greatest; power++)
	{
		int64		limb = *limbs_at(limbs, power);

		/* A row at least, by which the customer is found. */
		if (limb != 0 || (power == limbs->greatest && n == 0))
		{
			append(log, AMOUNT_KEY(place, bucket, power), limb);
			n++;
		}
	}
	return n;
}

/*
 * Add an amount, which an error calls by the name; returns how many rows it takes.
 */
int
amountlog_add(AmountLog *log, uint32 place, int32 bucket, Datum amount, const char *name)
{
	Numeric		value = (Numeric) PG_DETOAST_DATUM_PACKED(amount);
	int64		units;
	int			scale;
	Limbs		limbs;

	if (likely(numeric_to_units_and_scale(value, &units, &scale) && scale <= AMOUNT_DIGITS_MAX))
	{
		log->scale = Max(log->scale, scale);
		append(log, AMOUNT_KEY(place, bucket, 0), units);
		return 1;
	}
	limbs_init(&limbs);
	limbs_add_numeric(&limbs, DatumGetNumeric(PointerGetDatum(value)), name);
	log->scale = Max(log->scale, scale);
	return append_limbs(log, place, bucket, &limbs);
}

static void
sort_log(AmountLog *log)
{
	AmountRow  *scratch;

	/* Few rows are sorted where they are. */
	if (log->n <= RADIX_SMALL)
	{
		sort_rows(log->rows, NULL, log->n, 0);
		return;
	}
	scratch = palloc_extended(log->n * sizeof(AmountRow), MCXT_ALLOC_HUGE);
	sort_rows(log->rows, scratch, log->n, 0);
	pfree(scratch);
}

/*
 * Add up the rows of each customer and bucket, if they are many for the number of customers.  All rows must have
 * their places.  Two that would overflow stay two.
 */
void
amountlog_compact(AmountLog *log, uint64 ncustomers)
{
	uint64		kept = 0;
	uint64		i;

	if (log->n >= ROWS_PER_CUSTOMER * ncustomers)
	{
		sort_log(log);
		for (i = 0; i < log->n; i++)
		{
			AmountRow  *last = &log->rows[kept - 1];
			int64		sum;

			if (kept > 0 && last->key == log->rows[i].key && !pg_add_s64_overflow(last->limb, log->rows[i].limb, &sum))
				last->limb = sum;
			else
				log->rows[kept++] = log->rows[i];
		}
		log->n = kept;
	}
	log->limit = Max(2 * log->n, ROWS_PER_CUSTOMER * ncustomers);
}

/*
 * Sort the rows, all of which must have their places.  Element i of the array returned is where those of place i
 * start.
 */
uint64 *
amountlog_sort(AmountLog *log, uint32 nplaces)
{
	uint64	   *start = palloc_extended(((uint64) nplaces + 2) * sizeof(uint64), MCXT_ALLOC_HUGE);
	uint64		place = 0;
	uint64		i;

	sort_log(log);
	for (i = 0; i < log->n; i++)
		while (place <= AMOUNT_PLACE(log->rows[i].key))
			start[place++] = i;
	while (place <= (uint64) nplaces + 1)
		start[place++] = log->n;
	return start;
}

/*
 * Append a sum.
 */
void
amounts_append(StringInfo to, Limbs *sum)
{
	enlargeStringInfo(to, MONEY_SIZE_MAX);
	to->len = (char *) money_put_limbs((uint8 *) to->data + to->len, sum) - to->data;
}

static void
write_large(StringInfo to, const AmountRow *rows, uint64 nrows, uint32 left)
{
	Limbs		limbs;
	uint64		i;

	limbs_init(&limbs);
	for (i = 0; i < nrows; i++)
		limbs_add(&limbs, AMOUNT_POWER(rows[i].key), rows[i].limb);
	amounts_append(to, &limbs);
	enlargeStringInfo(to, left * MONEY_UNITS_SIZE_MAX);
}

/*
 * Write the amounts of a customer, whose rows are sorted.
 */
void
amounts_write(StringInfo to, const SeenSet *seen, const AmountRow *rows, uint64 nrows)
{
	uint32		left = seenset_count(seen);
	uint64		i = 0;

	enlargeStringInfo(to, left * MONEY_UNITS_SIZE_MAX);
	while (i < nrows)
	{
		int32		bucket = AMOUNT_BUCKET(rows[i].key);
		uint64		first = i;
		int64		units = 0;
		bool		large = false;

		for (; i < nrows && AMOUNT_BUCKET(rows[i].key) == bucket; i++)
			large |= AMOUNT_POWER(rows[i].key) != 0 || pg_add_s64_overflow(units, rows[i].limb, &units);
		left--;
		if (unlikely(large || units <= -LIMB_BASE || units >= LIMB_BASE))
			write_large(to, rows + first, i - first, left);
		else
			to->len = (char *) money_put((uint8 *) to->data + to->len, units) - to->data;
	}
	Assert(left == 0);
}

/*
 * Where the amounts of a number of buckets end; NULL if they are damaged.
 */
const uint8 *
amounts_skip(const uint8 *from, const uint8 *end, uint32 n)
{
	Money		amount;

	for (; n > 0 && from != NULL; n--)
		from = money_get(from, end, &amount);
	return from;
}

/*
 * Append the sum of two amounts.
 */
static void
write_sum(StringInfo to, const Money *one, const Money *other)
{
	int64		units = one->units + other->units;
	Limbs		limbs;

	if (likely(one->limbs == NULL && other->limbs == NULL && units > -LIMB_BASE && units < LIMB_BASE))
	{
		enlargeStringInfo(to, MONEY_UNITS_SIZE_MAX);
		to->len = (char *) money_put((uint8 *) to->data + to->len, units) - to->data;
		return;
	}
	limbs_init(&limbs);
	money_add(&limbs, one, 1);
	money_add(&limbs, other, 1);
	amounts_append(to, &limbs);
}

/*
 * The amounts of two sets' union, in the current memory context.
 */
uint8 *
amounts_union(const SeenSet *one, const uint8 *one_amounts, const SeenSet *other, const uint8 *other_amounts,
			  uint32 *size)
{
	const Money nothing = {0, NULL};
	AmountWalk	walks[2];
	StringInfoData to;
	int32		buckets[2];
	Money		amounts[2];
	bool		more[2];

	initStringInfo(&to);
	amounts_walk(&walks[0], one, one_amounts);
	amounts_walk(&walks[1], other, other_amounts);
	more[0] = amounts_next(&walks[0], &buckets[0], &amounts[0]);
	more[1] = amounts_next(&walks[1], &buckets[1], &amounts[1]);
	while (more[0] || more[1])
	{
		bool		in_one = more[0] && (!more[1] || buckets[0] <= buckets[1]);
		bool		in_other = more[1] && (!more[0] || buckets[1] <= buckets[0]);

		write_sum(&to, in_one ? &amounts[0] : &nothing, in_other ? &amounts[1] : &nothing);
		if (in_one)
			more[0] = amounts_next(&walks[0], &buckets[0], &amounts[0]);
		if (in_other)
			more[1] = amounts_next(&walks[1], &buckets[1], &amounts[1]);
	}
	*size = to.len;
	return (uint8 *) to.data;
}
