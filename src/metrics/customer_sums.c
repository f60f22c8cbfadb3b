/*
 * metrics/customer_sums.c
 *		Customer -> sum of amounts.
 *
 * Sums of numeric and bigint amounts are exact, sums of double precision compensated.  A row waits in the map's
 * batch with its amount as one word: units of an exact amount, or the bits of a double.
 *
 * Between processes the rests of exact sums, which few have, follow the map, each after the number of its
 * entry:
 *
 *		type | map of int64 units or DoubleSum | number, rest | number, rest | ...
 */
#include "metrics/customer_sums.h"

#include "utils/memutils.h"

/*
 * An AmountSum, and whether the customer was met, since a sum may well be zero.  The sum is kept as bytes,
 * which need no alignment, so that a customer's number and all of this take 32 bytes in a slot.
 */
typedef struct CustomerSum
{
	char		sum[sizeof(AmountSum)];
	bool		met;
} CustomerSum;

#define CUSTOMER_MAP_PREFIX sums
#define CUSTOMER_MAP_VALUE CustomerSum
#define CUSTOMER_MAP_IS_EMPTY(value) (!(value).met)
#define CUSTOMER_MAP_SCOPE static inline
#include "agg/customer_table.h"

StaticAssertDecl(sizeof(sums_NarrowEntry) == 32, "a number and its sum take half a cache line");

void *
customer_sums_create(FunctionCallInfo fcinfo, Size state_size, const CustomerKeys *keys, AmountType type)
{
	CustomerSums *sums = sums_create(fcinfo, state_size, keys);

	sums->type = type;
	return sums;
}

static inline AmountSum
get_sum(const CustomerSum *value)
{
	AmountSum	sum;

	memcpy(&sum, value->sum, sizeof(sum));
	return sum;
}

static inline void
put_sum(CustomerMap *map, CustomerSum *value, const AmountSum *sum)
{
	CustomerSums *sums = (CustomerSums *) map;

	memcpy(value->sum, sum, sizeof(*sum));
	value->met = true;
	sums->has_rests |= sums->type != AMOUNT_DOUBLE && sum->exact.rest != NULL;
}

static void
apply_units(CustomerMap *map, CustomerSum *value, uint64 units)
{
	AmountSum	sum = get_sum(value);

	exact_sum_add_units(&sum.exact, (int64) units, map->cxt);
	put_sum(map, value, &sum);
}

static void
apply_numeric(CustomerMap *map, CustomerSum *value, uint64 pointer)
{
	AmountSum	sum = get_sum(value);

	exact_sum_add_numeric(&sum.exact, (Numeric) (uintptr_t) pointer, map->cxt);
	put_sum(map, value, &sum);
}

static void
apply_double(CustomerMap *map, CustomerSum *value, uint64 bits)
{
	AmountSum	sum = get_sum(value);
	double		amount;

	memcpy(&amount, &bits, sizeof(amount));
	double_sum_add(&sum.approximate, amount);
	put_sum(map, value, &sum);
}

/*
 * Take in an entry of another process's sums, by its number.
 */
static void
apply_partial(CustomerMap *map, CustomerSum *value, uint64 entry)
{
	const CustomerSumsPartial *other = ((CustomerSums *) map)->other;
	AmountSum	sum = get_sum(value);
	AmountSum	partial;

	if (other->type == AMOUNT_DOUBLE)
		partial.approximate = ((const DoubleSum *) other->customers.values)[entry];
	else
	{
		partial.exact.units = ((const int64 *) other->customers.values)[entry];
		partial.exact.rest = other->rests ? other->rests[entry] : NULL;
	}
	amount_sum_add_sum(&sum, (AmountType) other->type, &partial, map->cxt);
	put_sum(map, value, &sum);
}

static void
flush(CustomerSums *sums)
{
	sums_flush(&sums->map, sums->type == AMOUNT_DOUBLE ? apply_double : apply_units);
}

/*
 * A numeric that does not fit the word of a waiting row is added at once; sums do not mind the order.
 */
static void
add_numeric(CustomerSums *sums, Datum customer, Numeric amount)
{
	flush(sums);
	sums_add(&sums->map, apply_numeric, customer, (uint64) (uintptr_t) amount);
	sums_flush(&sums->map, apply_numeric);
}

static void
add_double(CustomerSums *sums, Datum customer, double amount)
{
	uint64		bits;

	memcpy(&bits, &amount, sizeof(bits));
	sums_add(&sums->map, apply_double, customer, bits);
}

/*
 * Add an amount, which may not be NaN or infinite, to a customer's sum.
 */
void
customer_sums_add(CustomerSums *sums, Datum customer, Datum amount)
{
	int64		units;
	Numeric		exact;

	if (sums->type == AMOUNT_DOUBLE)
		add_double(sums, customer, amount_double(amount, "amount"));
	else if (likely(amount_to_units(sums->type, amount, "amount", &units, &exact)))
		sums_add(&sums->map, apply_units, customer, (uint64) units);
	else
		add_numeric(sums, customer, exact);
}

/*
 * Take in the sums of another process.  No row may be waiting.
 */
void
customer_sums_merge(CustomerSums *sums, const CustomerSumsPartial *other)
{
	CustomerFlat left = other->customers;
	uint64		i;

	sums_reserve(&sums->map, left.nentries);
	sums->other = other;
	for (i = 0; i < left.nentries; i++)
		sums_add_key(&sums->map, apply_partial, customer_flat_next_key(&left), i);
	sums_flush(&sums->map, apply_partial);
	sums->other = NULL;
}

/*
 * The number of customers.
 */
uint64
customer_sums_count(CustomerSums *sums)
{
	flush(sums);
	return sums_count(&sums->map);
}

/*
 * Start a walk over the sums.
 */
CustomerScan
customer_sums_scan(CustomerSums *sums)
{
	flush(sums);
	return sums_scan(&sums->map);
}

/*
 * The next customer's sum.  Returns false after the last.
 */
bool
customer_sums_next(CustomerScan *scan, AmountSum *sum)
{
	CustomerKey key;
	const CustomerSum *value = sums_scan_next(scan, &key);

	if (value == NULL)
		return false;
	*sum = get_sum(value);
	CHECK_FOR_INTERRUPTS();
	return true;
}

/*
 * What travels of a sum: the first bytes of either member.
 */
static Size
value_size(AmountType type)
{
	StaticAssertStmt(offsetof(ExactSum, units) == 0, "units are the first bytes of an exact sum");
	return type == AMOUNT_DOUBLE ? sizeof(DoubleSum) : sizeof(int64);
}

void
customer_sums_write(CustomerSums *sums, StringInfo message)
{
	int64		type = sums->type;
	uint64		n = customer_sums_count(sums);
	CustomerScan scan = sums_scan(&sums->map);
	CustomerFlatWriter writer;
	CustomerKey key;
	AmountSum	sum;
	const CustomerSum *value;
	uint64		i;

	wire_put(message, &type, sizeof(type));
	customer_flat_begin(&writer, message, sums->map.keys, n, value_size(sums->type));
	while ((value = sums_scan_next(&scan, &key)) != NULL)
		memcpy(customer_flat_put(&writer, key), value->sum, value_size(sums->type));

	scan = sums_scan(&sums->map);
	while (writer.has_pointers && sums_scan_next(&scan, &key) != NULL)
		customer_flat_put_bytes(message, sums->map.keys, key);

	scan = sums_scan(&sums->map);
	for (i = 0; sums->has_rests && customer_sums_next(&scan, &sum); i++)
	{
		if (sum.exact.rest == NULL)
			continue;
		wire_put(message, &i, sizeof(i));
		wire_put_numeric(message, sum.exact.rest);
	}
}

/*
 * View sums in a message, of which they are the last part.
 */
void
customer_sums_read(CustomerSumsPartial *partial, FunctionCallInfo fcinfo, WireReader *reader)
{
	uint64		i;

	wire_get(reader, &partial->type, sizeof(partial->type));
	customer_flat_read(&partial->customers, fcinfo, reader, value_size(partial->type));
	partial->rests = NULL;
	while (reader->cur < reader->end)
	{
		wire_get(reader, &i, sizeof(i));
		if (partial->type == AMOUNT_DOUBLE || i >= partial->customers.nentries)
			wire_corrupt();
		if (partial->rests == NULL)
			partial->rests = MemoryContextAllocExtended(CurrentMemoryContext,
														partial->customers.nentries * sizeof(Numeric),
														MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
		partial->rests[i] = wire_take_numeric(reader);
	}
}
