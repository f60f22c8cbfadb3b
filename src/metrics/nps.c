/*
 * metrics/nps.c
 *		Net promoter score: nps.
 *
 *		nps = 100 * (answers of 9 and 10 - answers of 0 to 6) / answers
 *
 * The state is an array of two counts that the server can see, as that of its own avg(int) is.  Its functions
 * can thus be called by anybody with anything, and check what they get.
 */
#include "agg/aggstate.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "utils/array.h"

#define PROMOTER_FROM 9
#define DETRACTOR_TO 6
#define SCORE_MAX 10

typedef struct NpsCounts
{
	int64		answers;
	int64		balance;		/* promoters less detractors */
} NpsCounts;

PG_FUNCTION_INFO_V1(nps_accum);
PG_FUNCTION_INFO_V1(nps_accum_inv);
PG_FUNCTION_INFO_V1(nps_combine);
PG_FUNCTION_INFO_V1(nps_final);

static NpsCounts *
counts_of(ArrayType *state)
{
	if (ARR_NDIM(state) != 1 || ARR_DIMS(state)[0] * sizeof(int64) != sizeof(NpsCounts) ||
		ARR_HASNULL(state) || ARR_ELEMTYPE(state) != INT8OID)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the state of nps must be an array of 2 bigints")));
	return (NpsCounts *) ARR_DATA_PTR(state);
}

/*
 * A state that may be changed: an aggregate's own, or else a copy.
 */
static ArrayType *
own_state(FunctionCallInfo fcinfo)
{
	return AggCheckCallContext(fcinfo, NULL) ? PG_GETARG_ARRAYTYPE_P(0) : PG_GETARG_ARRAYTYPE_P_COPY(0);
}

/*
 * A state that somebody made up can hold any number.
 */
static void
add_counts(NpsCounts *counts, int64 answers, int64 balance)
{
	if (pg_add_s64_overflow(counts->answers, answers, &counts->answers) ||
		pg_add_s64_overflow(counts->balance, balance, &counts->balance))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("number of answers is out of range")));
}

/*
 * Count an answer (direction 1) or take it back (direction -1).
 */
static Datum
count_score(FunctionCallInfo fcinfo, int direction)
{
	ArrayType  *state = own_state(fcinfo);
	int64		score = PG_GETARG_INT64(1);

	if (score < 0 || score > SCORE_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("score %lld is out of range", (long long) score),
				 errhint("The answer to the question is a whole number from 0 to 10.")));
	add_counts(counts_of(state), direction,
			   score >= PROMOTER_FROM ? direction : score <= DETRACTOR_TO ? -direction : 0);
	PG_RETURN_ARRAYTYPE_P(state);
}

Datum
nps_accum(PG_FUNCTION_ARGS)
{
	return count_score(fcinfo, 1);
}

Datum
nps_accum_inv(PG_FUNCTION_ARGS)
{
	return count_score(fcinfo, -1);
}

Datum
nps_combine(PG_FUNCTION_ARGS)
{
	ArrayType  *state = own_state(fcinfo);
	NpsCounts  *other = counts_of(PG_GETARG_ARRAYTYPE_P(1));

	add_counts(counts_of(state), other->answers, other->balance);
	PG_RETURN_ARRAYTYPE_P(state);
}

Datum
nps_final(PG_FUNCTION_ARGS)
{
	NpsCounts  *counts = counts_of(PG_GETARG_ARRAYTYPE_P(0));

	aggstate_refuse_distinct(fcinfo);
	if (counts->answers == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(100.0 * counts->balance / counts->answers);
}
