/*
 * models/clv_product.c
 *		The plain function clv: average order value * purchase frequency * lifespan * margin.
 */
#include "models/clv_product.h"

#include "base/amount.h"
#include "base/numutil.h"

#include <math.h>

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/float.h"

PG_FUNCTION_INFO_V1(clv_product_numeric);
PG_FUNCTION_INFO_V1(clv_product_double);

Numeric
clv_multiply(Numeric one, Numeric other)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_mul, NumericGetDatum(one), NumericGetDatum(other)));
}

/*
 * An average order value may be negative, where refunds outweigh orders.
 */
pg_noreturn static void
value_invalid(const char *value)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("average_order_value must be finite, not %s", value)));
}

/*
 * A number of orders or a length of time may not.
 */
pg_noreturn static void
factor_invalid(const char *name, const char *value)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must be finite and not negative, not %s", name, value)));
}

static bool
is_negative(Numeric value)
{
	return numeric_compare(value, int64_to_numeric(0)) < 0;
}

static void
check_factor(const char *name, Numeric value)
{
	if (!numeric_is_finite(value) || is_negative(value))
		factor_invalid(name, numeric_normalize(value));
}

/*
 * clv(average_order_value, purchase_frequency, lifespan numeric, margin double precision) -> numeric
 */
Datum
clv_product_numeric(PG_FUNCTION_ARGS)
{
	Numeric		value = PG_GETARG_NUMERIC(0);
	Numeric		frequency = PG_GETARG_NUMERIC(1);
	Numeric		lifespan = PG_GETARG_NUMERIC(2);
	double		margin = PG_GETARG_FLOAT8(3);

	if (!numeric_is_finite(value))
		value_invalid(numeric_normalize(value));
	check_factor("purchase_frequency", frequency);
	check_factor("lifespan", lifespan);
	amount_check_margin(margin);
	PG_RETURN_NUMERIC(clv_multiply(clv_multiply(clv_multiply(value, frequency), lifespan),
								   numeric_of_double(margin)));
}

static void
check_factor_double(const char *name, double value)
{
	if (!(value >= 0) || isinf(value))
		factor_invalid(name, float8out_internal(value));
}

/*
 * clv(average_order_value, purchase_frequency, lifespan, margin double precision) -> double precision
 */
Datum
clv_product_double(PG_FUNCTION_ARGS)
{
	double		value = PG_GETARG_FLOAT8(0);
	double		frequency = PG_GETARG_FLOAT8(1);
	double		lifespan = PG_GETARG_FLOAT8(2);
	double		margin = PG_GETARG_FLOAT8(3);
	double		product;

	if (!isfinite(value))
		value_invalid(float8out_internal(value));
	check_factor_double("purchase_frequency", frequency);
	check_factor_double("lifespan", lifespan);
	amount_check_margin(margin);
	product = value * frequency * lifespan * margin;
	if (!isfinite(product))
		float_overflow_error();
	PG_RETURN_FLOAT8(product);
}
