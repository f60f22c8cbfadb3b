/*
 * totals/compare.c
 *		Equality, order and hash of totals.
 *
 * Equal totals are equal byte by byte, but for the decimals to show of amounts, which make no difference to a numeric
 * either.  The order means nothing: it lets a server sort values, so that
 * count(DISTINCT ...), a primary key and ORDER BY work.
 */
#include "totals/totals.h"

#include "common/hashfn.h"
#include "fmgr.h"

PG_FUNCTION_INFO_V1(retention_totals_eq);
PG_FUNCTION_INFO_V1(retention_totals_ne);
PG_FUNCTION_INFO_V1(retention_totals_lt);
PG_FUNCTION_INFO_V1(retention_totals_le);
PG_FUNCTION_INFO_V1(retention_totals_gt);
PG_FUNCTION_INFO_V1(retention_totals_ge);
PG_FUNCTION_INFO_V1(retention_totals_cmp);
PG_FUNCTION_INFO_V1(retention_totals_hash);
PG_FUNCTION_INFO_V1(retention_totals_hash_extended);

/* What is compared are the bytes before and after the scale. */
#define BEFORE_SIZE offsetof(RetentionTotals, scale)
#define AFTER_OFFSET offsetof(RetentionTotals, last_at)

static int
compare(const RetentionTotals *one, const RetentionTotals *other)
{
	int			result;

	one = totals_finished(one);
	other = totals_finished(other);
	if (VARSIZE(one) != VARSIZE(other))
		return VARSIZE(one) < VARSIZE(other) ? -1 : 1;
	result = memcmp(one, other, BEFORE_SIZE);
	if (result == 0)
		result = memcmp((const char *) one + AFTER_OFFSET, (const char *) other + AFTER_OFFSET,
						VARSIZE(one) - AFTER_OFFSET);
	return result;
}

/*
 * The sign says which sorts first; 0 if they are equal.  A sort calls this for any two values, and frees nothing
 * until its end.
 */
static int
compare_arguments(FunctionCallInfo fcinfo)
{
	const RetentionTotals *one = PG_GETARG_ANY_TOTALS(0);
	const RetentionTotals *other = PG_GETARG_ANY_TOTALS(1);
	int			result = compare(one, other);

	PG_FREE_IF_COPY(unconstify(RetentionTotals *, one), 0);
	PG_FREE_IF_COPY(unconstify(RetentionTotals *, other), 1);
	return result;
}

Datum
retention_totals_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) == 0);
}

Datum
retention_totals_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) != 0);
}

Datum
retention_totals_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) < 0);
}

Datum
retention_totals_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) <= 0);
}

Datum
retention_totals_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) > 0);
}

Datum
retention_totals_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) >= 0);
}

Datum
retention_totals_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare_arguments(fcinfo));
}

static uint64
hash_totals(const RetentionTotals *totals, uint64 seed)
{
	totals = totals_finished(totals);
	seed = hash_bytes_extended((const unsigned char *) totals, BEFORE_SIZE, seed);
	return hash_bytes_extended((const unsigned char *) totals + AFTER_OFFSET, VARSIZE(totals) - AFTER_OFFSET, seed);
}

Datum
retention_totals_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_UINT32((uint32) hash_totals(PG_GETARG_ANY_TOTALS(0), 0));
}

Datum
retention_totals_hash_extended(PG_FUNCTION_ARGS)
{
	PG_RETURN_UINT64(hash_totals(PG_GETARG_ANY_TOTALS(0), PG_GETARG_INT64(1)));
}
