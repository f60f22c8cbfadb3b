/*
 * metrics/largest.c
 *		What share of all the largest sums have: the arithmetic of top_share.
 *
 * Which of several equal sums is among the largest makes no difference, so the answer depends on no order.
 */
#include "metrics/largest.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#define ST_SORT sort_units
#define ST_ELEMENT_TYPE int64
#define ST_COMPARE(a, b) (*(a) < *(b) ? 1 : *(a) > *(b) ? -1 : 0)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#define ST_DECLARE
#include "lib/sort_template.h"

#define ST_SORT sort_doubles
#define ST_ELEMENT_TYPE double
#define ST_COMPARE(a, b) (*(a) < *(b) ? 1 : *(a) > *(b) ? -1 : 0)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#define ST_DECLARE
#include "lib/sort_template.h"

#define DEFAULT_FRACTION "0.2"

/*
 * How many of n are a fraction of them, at least one; NULL is the default fraction.
 */
uint64
largest_count(Numeric fraction, uint64 n)
{
	Datum		product;
	int64		count;

	if (fraction == NULL)
		fraction = DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(DEFAULT_FRACTION),
													   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	product = DirectFunctionCall2(numeric_mul, NumericGetDatum(fraction), NumericGetDatum(int64_to_numeric(n)));
	count = DatumGetInt64(DirectFunctionCall1(numeric_int8, DirectFunctionCall1(numeric_floor, product)));
	return Max(count, 1);
}

static bool
exact_share(Numeric largest, const ExactSum *sum, double *share)
{
	Numeric		all = exact_sum_value(sum);

	if (numeric_compare(all, int64_to_numeric(0)) <= 0)
		return false;
	*share = numeric_quotient(largest, all);
	return true;
}

bool
largest_share_of_units(int64 *units, uint64 n, uint64 nlargest, double *share)
{
	ExactSum	sum = {0, NULL};
	Numeric		largest = NULL;
	uint64		i;

	sort_units(units, n);
	for (i = 0; i < n; i++)
	{
		exact_sum_add_units(&sum, units[i], CurrentMemoryContext);
		if (i + 1 == nlargest)
			largest = exact_sum_value(&sum);
	}
	return exact_share(largest, &sum, share);
}

static int
compare_numerics_desc(const void *one, const void *other)
{
	CHECK_FOR_INTERRUPTS();
	return numeric_compare(*(const Numeric *) other, *(const Numeric *) one);
}

bool
largest_share_of_numerics(Numeric *values, uint64 n, uint64 nlargest, double *share)
{
	ExactSum	sum = {0, NULL};
	Numeric		largest = NULL;
	uint64		i;

	qsort(values, n, sizeof(Numeric), compare_numerics_desc);
	for (i = 0; i < n; i++)
	{
		exact_sum_add_numeric(&sum, values[i], CurrentMemoryContext);
		if (i + 1 == nlargest)
			largest = exact_sum_value(&sum);
	}
	return exact_share(largest, &sum, share);
}

bool
largest_share_of_doubles(double *values, uint64 n, uint64 nlargest, double *share)
{
	DoubleSum	sum = {0, 0};
	double		largest = 0;
	uint64		i;

	sort_doubles(values, n);
	for (i = 0; i < n; i++)
	{
		double_sum_add(&sum, values[i]);
		if (i + 1 == nlargest)
			largest = double_sum_value(&sum);
	}
	if (!(double_sum_value(&sum) > 0))
		return false;
	*share = largest / double_sum_value(&sum);
	return true;
}
