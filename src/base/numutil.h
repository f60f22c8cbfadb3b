/*
 * base/numutil.h
 *		Exact sums of money, and their way to double precision.  See base/numutil.c.
 */
#ifndef RETENTION_BASE_NUMUTIL_H
#define RETENTION_BASE_NUMUTIL_H

#include "compat.h"

#include "utils/numeric.h"

#define UNITS_PER_ONE 10000
#define UNIT_DECIMALS 4

/* The least amount, of either sign, that is too large for numeric_to_units. */
#define UNITS_AMOUNT_LIMIT INT64CONST(1000000000000)

/* units / 10000 + rest */
typedef struct ExactSum
{
	int64		units;
	Numeric		rest;			/* NULL: nothing */
} ExactSum;

/* A sum of doubles and what its roundings lost. */
typedef struct DoubleSum
{
	double		sum;
	double		lost;
} DoubleSum;

extern bool numeric_to_units(Numeric value, int64 *units);
extern bool numeric_to_units_and_scale(Numeric value, int64 *units, int *scale);
extern int64 numeric_floor_units(Numeric value);
extern bool numeric_is_trimmed(Numeric value);
extern bool numeric_is_finite(Numeric value);
extern int	numeric_compare(Numeric one, Numeric other);
extern Numeric numeric_with_decimals(Numeric value, int decimals);
extern Numeric numeric_plus(Numeric one, Numeric other);
extern Numeric numeric_of_double(double value);
extern double numeric_quotient(Numeric dividend, Numeric divisor);
extern void exact_sum_add_units(ExactSum *sum, int64 units, MemoryContext cxt);
extern void exact_sum_add_numeric(ExactSum *sum, Numeric value, MemoryContext cxt);
extern Numeric exact_sum_value(const ExactSum *sum);
extern double exact_sum_quotient(const ExactSum *sum, int64 divisor);
extern void double_sum_add(DoubleSum *sum, double value);
extern double double_sum_value(const DoubleSum *sum);

#endif							/* RETENTION_BASE_NUMUTIL_H */
