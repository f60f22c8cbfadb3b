/*
 * metrics/aov.c
 *		Revenue per order: aov.
 *
 * The mean is the server's own avg, down to its state, which is even shared with it.  But DISTINCT is refused:
 * without the orders that cost the same as another, the mean is no longer one per order.
 */
#include "agg/aggstate.h"

#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(aov_final_numeric);
PG_FUNCTION_INFO_V1(aov_final_bigint);
PG_FUNCTION_INFO_V1(aov_final_double);

Datum
aov_final_numeric(PG_FUNCTION_ARGS)
{
	aggstate_refuse_distinct(fcinfo);
	return numeric_avg(fcinfo);
}

Datum
aov_final_bigint(PG_FUNCTION_ARGS)
{
	aggstate_refuse_distinct(fcinfo);
	return numeric_poly_avg(fcinfo);
}

/*
 * The server checks its state, which is an array that anybody can write down.
 */
Datum
aov_final_double(PG_FUNCTION_ARGS)
{
	aggstate_refuse_distinct(fcinfo);
	return float8_avg(fcinfo);
}
