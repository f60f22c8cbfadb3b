/*
 * survival/compare.c
 *		Equality, order and hash of durations.
 *
 * Equal durations are equal byte by byte.  The order means nothing: it lets a server sort values, so that
 * count(DISTINCT ...), a primary key and ORDER BY work.
 */
#include "survival/durations.h"

#include "common/hashfn.h"

PG_FUNCTION_INFO_V1(durations_eq);
PG_FUNCTION_INFO_V1(durations_ne);
PG_FUNCTION_INFO_V1(durations_lt);
PG_FUNCTION_INFO_V1(durations_le);
PG_FUNCTION_INFO_V1(durations_gt);
PG_FUNCTION_INFO_V1(durations_ge);
PG_FUNCTION_INFO_V1(durations_cmp);
PG_FUNCTION_INFO_V1(durations_hash);
PG_FUNCTION_INFO_V1(durations_hash_extended);

/*
 * The bytes of an argument, which is opened to see that they are one.
 */
static struct varlena *
argument(FunctionCallInfo fcinfo, int argno)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(argno));

	(void) durations_of(PointerGetDatum(value));
	return value;
}

/*
 * The sign says which sorts first; 0 if they are equal.  A sort calls this for any two values, and frees
 * nothing until its end.
 */
static int
compare_arguments(FunctionCallInfo fcinfo)
{
	struct varlena *one = argument(fcinfo, 0);
	struct varlena *other = argument(fcinfo, 1);
	Size		size = VARSIZE_ANY_EXHDR(one);
	Size		other_size = VARSIZE_ANY_EXHDR(other);
	int			result = size < other_size ? -1 : size > other_size;

	if (result == 0)
		result = memcmp(VARDATA_ANY(one), VARDATA_ANY(other), size);
	PG_FREE_IF_COPY(one, 0);
	PG_FREE_IF_COPY(other, 1);
	return result;
}

Datum
durations_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) == 0);
}

Datum
durations_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) != 0);
}

Datum
durations_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) < 0);
}

Datum
durations_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) <= 0);
}

Datum
durations_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) > 0);
}

Datum
durations_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) >= 0);
}

Datum
durations_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare_arguments(fcinfo));
}

static uint64
hash_argument(FunctionCallInfo fcinfo, uint64 seed)
{
	struct varlena *value = argument(fcinfo, 0);

	return hash_bytes_extended((const unsigned char *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), seed);
}

Datum
durations_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_UINT32((uint32) hash_argument(fcinfo, 0));
}

Datum
durations_hash_extended(PG_FUNCTION_ARGS)
{
	PG_RETURN_UINT64(hash_argument(fcinfo, PG_GETARG_INT64(1)));
}
