/*
 * points/tiers.c
 *		Tiers of a loyalty programme, such as cards of 5, 7 and 10 %: loyalty_tier and to_next_tier.
 *
 * A value is in the last tier whose threshold it reaches.  In SQL there are functions for numeric, bigint
 * and double precision; here each is one function, which compares by the type of the thresholds.  How a member's
 * tier changes with time is in tier_history.c.
 */
#include "points/tiers.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/int.h"
#include "fmgr.h"
#include "base/numutil.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(loyalty_tier);
PG_FUNCTION_INFO_V1(to_next_tier);

/*
 * A value as messages show it.
 */
char *
value_text(Datum value, Oid type)
{
	Oid			output;
	bool		is_varlena;

	getTypeOutputInfo(type, &output, &is_varlena);
	return OidOutputFunctionCall(output, value);
}

static bool
is_finite(Datum value, Oid type)
{
	switch (type)
	{
		case FLOAT8OID:
			return isfinite(DatumGetFloat8(value));
		case NUMERICOID:
			return numeric_is_finite(DatumGetNumeric(value));
		default:
			return true;
	}
}

static int
compare_values(const Thresholds *thresholds, Datum one, Datum other)
{
	return DatumGetInt32(FunctionCall2Coll(&thresholds->type->cmp_proc_finfo, InvalidOid, one, other));
}

/*
 * The elements of an array; none may be NULL.
 */
static int
elements_of(ArrayType *array, const TypeCacheEntry *type, const char *name, Datum **values)
{
	bool	   *nulls;
	int			count;
	int			i;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must have one dimension, not %d", name, ARR_NDIM(array))));
	deconstruct_array(array, type->type_id, type->typlen, type->typbyval, type->typalign, values, &nulls, &count);
	for (i = 0; i < count; i++)
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s must not be null, as element %d of %s is", name, i + 1,
							value_text(PointerGetDatum(array), get_array_type(type->type_id)))));
	return count;
}

/*
 * A thresholds argument's value.
 */
Thresholds
thresholds_of(ArrayType *array)
{
	Oid			type = ARR_ELEMTYPE(array);
	Thresholds	thresholds;
	int			i;

	thresholds.type = lookup_type_cache(type, TYPECACHE_CMP_PROC_FINFO);
	thresholds.count = elements_of(array, thresholds.type, "thresholds", &thresholds.values);
	for (i = 0; i < thresholds.count; i++)
	{
		if (!is_finite(thresholds.values[i], type))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("thresholds must be finite, not %s", value_text(thresholds.values[i], type)),
					 errhint("The last tier needs no upper bound: a value is in the last tier whose threshold "
							 "it reaches.")));
		if (i > 0 && compare_values(&thresholds, thresholds.values[i - 1], thresholds.values[i]) >= 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("thresholds must rise, but %s is followed by %s",
							value_text(thresholds.values[i - 1], type), value_text(thresholds.values[i], type)),
					 errhint("Write the threshold of the lowest tier first.")));
	}
	return thresholds;
}

/*
 * A names argument's value: a name for each threshold.
 */
Datum *
tier_names(ArrayType *array, const Thresholds *thresholds)
{
	Datum	   *names;
	int			count = elements_of(array, lookup_type_cache(TEXTOID, 0), "names", &names);

	if (count != thresholds->count)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there must be a name for each threshold, not %d names for %d thresholds",
						count, thresholds->count)));
	return names;
}

/*
 * The number of thresholds that a value reaches.
 */
int
tiers_reached(const Thresholds *thresholds, Datum value)
{
	int			reached = 0;

	if (!is_finite(value, thresholds->type->type_id))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("the value of a member must be finite, not %s",
						value_text(value, thresholds->type->type_id)),
				 errhint("Pass what the member has spent, or how many points they have earned.")));
	while (reached < thresholds->count && compare_values(thresholds, value, thresholds->values[reached]) >= 0)
		reached++;
	return reached;
}

/*
 * loyalty_tier(value, thresholds, names text[]) -> text
 */
Datum
loyalty_tier(PG_FUNCTION_ARGS)
{
	Thresholds	thresholds = thresholds_of(PG_GETARG_ARRAYTYPE_P(1));
	Datum	   *names = tier_names(PG_GETARG_ARRAYTYPE_P(2), &thresholds);
	int			reached = tiers_reached(&thresholds, PG_GETARG_DATUM(0));

	if (reached == 0)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(names[reached - 1]);
}

/*
 * to_next_tier(value, thresholds) -> what is missing to the next threshold; NULL in the last tier
 */
Datum
to_next_tier(PG_FUNCTION_ARGS)
{
	Datum		value = PG_GETARG_DATUM(0);
	Thresholds	thresholds = thresholds_of(PG_GETARG_ARRAYTYPE_P(1));
	int			reached = tiers_reached(&thresholds, value);
	Datum		next;
	int64		missing;

	if (reached == thresholds.count)
		PG_RETURN_NULL();
	next = thresholds.values[reached];
	switch (thresholds.type->type_id)
	{
		case NUMERICOID:
			return DirectFunctionCall2(numeric_sub, next, value);
		case FLOAT8OID:
			return DirectFunctionCall2(float8mi, next, value);
		case INT8OID:
			if (pg_sub_s64_overflow(DatumGetInt64(next), DatumGetInt64(value), &missing))
				ereport(ERROR,
						(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						 errmsg("what is missing to the next tier is out of range"),
						 errdetail("The value is " INT64_FORMAT ", the next threshold " INT64_FORMAT ".",
								   DatumGetInt64(value), DatumGetInt64(next)),
						 errhint("Pass both as numeric.")));
			PG_RETURN_INT64(missing);
		default:
			elog(ERROR, "unexpected type of thresholds: %u", thresholds.type->type_id);
			PG_RETURN_NULL();
	}
}
