/*
 * metrics/projection.c
 *		retention_projection: customers and revenue of the periods to come, if retention stays what it is.
 *
 *		customers of the first period = customers
 *		customers of a later one      = acquired + retention * customers of the one before
 *		revenue                       = value * customers
 *
 * The usual illustration, a shop that keeps 5 % of its customers a month against one that keeps 10 %, does not say how
 * many new ones come.  So there are two readings.  With acquired the same number comes in each period.  Without it as
 * many come as there were customers in the period before, so that the base compounds: it grows by the retention.  They
 * are two functions, since a NULL for acquired means that the number is not known, and gives no rows.
 *
 * All is numeric, and exact: counts and retention are taken as the decimals that somebody will have written.  Each
 * period adds the decimals of the retention to the number, up to the 16,383 that numeric has.
 */
#include "metrics/rates.h"

#include "base/amount.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/tuplestore.h"

#define ARG_CUSTOMERS 0
#define ARG_VALUE 1
#define ARG_RETENTION 2
#define ARG_PERIODS 3
#define ARG_ACQUIRED 4

#define MAX_PERIODS 1000
#define PROJECTION_COLUMNS 4

PG_FUNCTION_INFO_V1(retention_projection_numeric);
PG_FUNCTION_INFO_V1(retention_projection_double);

static Numeric
count_argument(FunctionCallInfo fcinfo, int argno, const char *name)
{
	double		count = PG_GETARG_FLOAT8(argno);

	check_count(count, name);
	return numeric_of_double(count);
}

static Numeric
retention_argument(FunctionCallInfo fcinfo)
{
	double		retention = PG_GETARG_FLOAT8(ARG_RETENTION);

	if (!(retention >= 0 && retention <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("retention must be from 0 to 1, not %s", float8out_internal(retention)),
				 errhint("It is the share of customers who are kept: 5 %% is 0.05.")));
	return numeric_of_double(retention);
}

static int
periods_argument(FunctionCallInfo fcinfo)
{
	int64		periods = PG_GETARG_INT64(ARG_PERIODS);

	if (periods < 1 || periods > MAX_PERIODS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("periods must be from 1 to %d, not " INT64_FORMAT, MAX_PERIODS, periods),
				 errhint("It says how many rows there are, one for each month, quarter or year.")));
	return (int) periods;
}

/*
 * The product, without zeros at its end.
 */
static Numeric
times(Numeric one, Numeric other)
{
	return DatumGetNumeric(DirectFunctionCall1(numeric_trim_scale,
											   DirectFunctionCall2(numeric_mul, NumericGetDatum(one),
																   NumericGetDatum(other))));
}

/*
 * retention_projection(customers, value, retention, periods [, acquired])
 */
static Datum
project(FunctionCallInfo fcinfo, Numeric value)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Numeric		customers = count_argument(fcinfo, ARG_CUSTOMERS, "customers");
	Numeric		retention = retention_argument(fcinfo);
	int			periods = periods_argument(fcinfo);
	Numeric		acquired = PG_NARGS() > ARG_ACQUIRED ? count_argument(fcinfo, ARG_ACQUIRED, "acquired") : NULL;
	Numeric		cumulative = int64_to_numeric(0);
	int			period;

	InitMaterializedSRF(fcinfo, 0);
	for (period = 1; period <= periods; period++)
	{
		Numeric		revenue = times(customers, value);
		Datum		values[PROJECTION_COLUMNS];
		bool		nulls[PROJECTION_COLUMNS] = {false};

		CHECK_FOR_INTERRUPTS();
		cumulative = numeric_plus(cumulative, revenue);
		values[0] = Int32GetDatum(period);
		values[1] = NumericGetDatum(customers);
		values[2] = NumericGetDatum(revenue);
		values[3] = NumericGetDatum(cumulative);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		customers = numeric_plus(acquired ? acquired : customers, times(retention, customers));
	}
	return (Datum) 0;
}

Datum
retention_projection_numeric(PG_FUNCTION_ARGS)
{
	return project(fcinfo, amount_numeric(PG_GETARG_DATUM(ARG_VALUE), "value"));
}

Datum
retention_projection_double(PG_FUNCTION_ARGS)
{
	return project(fcinfo, numeric_of_double(amount_double(PG_GETARG_DATUM(ARG_VALUE), "value")));
}
