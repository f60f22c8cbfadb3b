/*
 * base/numutil.c
 *		Exact sums of money, and their way to double precision.
 *
 * numeric_add costs a few hundred instructions and an allocation, which a million sums in a hash table cannot
 * afford.  Money, however, nearly always has at most four decimals and fits a 64-bit integer of
 * ten-thousandths: that is one digit of numeric's own base behind the point.  Such values are added as
 * integers, read straight from numeric's stored form, and what does not fit goes to a numeric that most
 * sums never have:
 *
 *		value = units / 10000 + rest
 */
#include "base/numutil.h"

#include "base/numeric_form.h"

#include <float.h>
#include <math.h>

#include "common/int.h"
#include "common/shortest_dec.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/memutils.h"

#define QUOTIENT_DECIMALS 30
#define UNIT_DIGITS_MAX 4		/* 10000^4 units still fit 63 bits */
#define DOUBLE_EXACT (INT64CONST(1) << DBL_MANT_DIG)	/* up to here integers are doubles */

static inline bool
units_of(const StoredNumeric *stored, int64 *units)
{
	int			power;
	int64		result = 0;
	int			i;

	if (stored->special)
		return false;

	/* The last digit's power of 10000, counted in units. */
	power = stored->weight + 1 - (stored->ndigits - 1);
	if (stored->ndigits > 0 && (power < 0 || stored->weight + 2 > UNIT_DIGITS_MAX))
		return false;
	for (i = 0; i < stored->ndigits; i++)
		result = result * NUMERIC_BASE + numeric_digit(stored, i);
	for (i = 0; stored->ndigits > 0 && i < power; i++)
		result *= NUMERIC_BASE;
	*units = stored->negative ? -result : result;
	return true;
}

/*
 * The value in ten-thousandths, if it is a whole number of them and a small one.
 */
bool
numeric_to_units(Numeric value, int64 *units)
{
	StoredNumeric stored;

	numeric_read(value, &stored);
	return units_of(&stored, units);
}

/*
 * The same, and the decimals that the value shows.
 */
bool
numeric_to_units_and_scale(Numeric value, int64 *units, int *scale)
{
	StoredNumeric stored;

	numeric_read(value, &stored);
	*scale = stored.scale;
	return units_of(&stored, units);
}

/*
 * The ten-thousandths of a finite value, rounded down; PG_INT64_MAX or PG_INT64_MIN if the value is too large
 * for numeric_to_units, whose results are never these.
 */
int64
numeric_floor_units(Numeric value)
{
	StoredNumeric stored;
	int64		result = 0;
	int			i;

	numeric_read(value, &stored);
	if (stored.ndigits > 0 && stored.weight + 2 > UNIT_DIGITS_MAX)
		return stored.negative ? PG_INT64_MIN : PG_INT64_MAX;
	for (i = 0; i < stored.weight + 2; i++)
		result = result * NUMERIC_BASE + (i < stored.ndigits ? numeric_digit(&stored, i) : 0);
	if (!stored.negative)
		return result;
	/* The last digit is never zero: one that is left out makes the value less. */
	return stored.ndigits > stored.weight + 2 ? -result - 1 : -result;
}

/*
 * The decimals that a number's last digit needs.
 */
static int
needed_scale(const StoredNumeric *stored)
{
	int			scale = (stored->ndigits - 1 - stored->weight) * NUMERIC_DIGIT_DECIMALS;
	int			last = stored->ndigits > 0 ? numeric_digit(stored, stored->ndigits - 1) : 0;

	for (; last > 0 && last % 10 == 0; last /= 10)
		scale--;
	return stored->ndigits > 0 ? Max(scale, 0) : 0;
}

/*
 * Is this a finite number as numeric_trim_scale makes it, which has one form only?  For bytes that may be damaged:
 * their length is known to be right, and nothing else.
 */
bool
numeric_is_trimmed(Numeric value)
{
	Size		size = VARSIZE_ANY_EXHDR(value);
	StoredNumeric stored;
	int			i;

	if (size < sizeof(uint16) || size % sizeof(uint16) != 0 ||
		((numeric_word(VARDATA_ANY(value)) & NUMERIC_FORM_SHORT) == 0 && size < 2 * sizeof(uint16)))
		return false;
	numeric_read(value, &stored);
	for (i = 0; i < stored.ndigits; i++)
		if (numeric_digit(&stored, i) < 0 || numeric_digit(&stored, i) >= NUMERIC_BASE)
			return false;
	if (stored.special || stored.scale != needed_scale(&stored) ||
		stored.is_short != (stored.scale <= NUMERIC_SHORT_SCALE_MAX && stored.weight <= NUMERIC_SHORT_WEIGHT_MASK &&
							stored.weight >= -NUMERIC_SHORT_WEIGHT_MASK - 1))
		return false;
	if (stored.ndigits == 0)
		return !stored.negative && stored.weight == 0;
	return numeric_digit(&stored, 0) != 0 && numeric_digit(&stored, stored.ndigits - 1) != 0;
}

bool
numeric_is_finite(Numeric value)
{
	return !numeric_is_nan(value) && !numeric_is_inf(value);
}

int
numeric_compare(Numeric one, Numeric other)
{
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp, NumericGetDatum(one), NumericGetDatum(other)));
}

/*
 * The same number, shown with some more decimals, or with fewer if it does not need them.
 */
Numeric
numeric_with_decimals(Numeric value, int decimals)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_round, NumericGetDatum(value), Int32GetDatum(decimals)));
}

/*
 * The shortest decimal that stands for just this double: what a user who wrote it will have meant.
 */
Numeric
numeric_of_double(double value)
{
	char		text[DOUBLE_SHORTEST_DECIMAL_LEN];

	double_to_shortest_decimal_buf(value, text);
	return DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid),
											   Int32GetDatum(-1)));
}

/*
 * The double nearest to a quotient.  numeric_div keeps at least the decimals of its dividend, so that with enough of
 * those, counted from the quotient's first digit, the one rounding that counts is the last.
 */
double
numeric_quotient(Numeric dividend, Numeric divisor)
{
	StoredNumeric one;
	StoredNumeric other;
	int			decimals;
	Datum		precise;
	Datum		quotient;

	numeric_read(dividend, &one);
	numeric_read(divisor, &other);
	decimals = QUOTIENT_DECIMALS + NUMERIC_DIGIT_DECIMALS * Max(other.weight - one.weight, 0);
	precise = DirectFunctionCall2(numeric_round, NumericGetDatum(dividend),
								  Int32GetDatum(Max(one.scale, Min(decimals, NUMERIC_MAX_DISPLAY_SCALE))));
	quotient = DirectFunctionCall2(numeric_div, precise, NumericGetDatum(divisor));
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8, quotient));
}

Numeric
numeric_plus(Numeric one, Numeric other)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_add, NumericGetDatum(one), NumericGetDatum(other)));
}

void
exact_sum_add_numeric(ExactSum *sum, Numeric value, MemoryContext cxt)
{
	Numeric		old = sum->rest;
	MemoryContext caller = MemoryContextSwitchTo(cxt);

	sum->rest = old ? numeric_plus(old, value) : DatumGetNumericCopy(NumericGetDatum(value));
	MemoryContextSwitchTo(caller);
	if (old)
		pfree(old);
}

void
exact_sum_add_units(ExactSum *sum, int64 units, MemoryContext cxt)
{
	int64		total;

	if (unlikely(pg_add_s64_overflow(sum->units, units, &total)))
	{
		exact_sum_add_numeric(sum, int64_div_fast_to_numeric(sum->units, UNIT_DECIMALS), cxt);
		total = units;
	}
	sum->units = total;
}

Numeric
exact_sum_value(const ExactSum *sum)
{
	Numeric		value = int64_div_fast_to_numeric(sum->units, UNIT_DECIMALS);

	return sum->rest ? numeric_plus(value, sum->rest) : value;
}

/*
 * The double nearest to a sum's quotient by a count.  Where dividend and divisor are doubles themselves, one
 * division has the one rounding.
 */
double
exact_sum_quotient(const ExactSum *sum, int64 divisor)
{
	if (sum->rest == NULL && sum->units >= -DOUBLE_EXACT && sum->units <= DOUBLE_EXACT &&
		divisor <= DOUBLE_EXACT / UNITS_PER_ONE)
		return (double) sum->units / (double) (divisor * UNITS_PER_ONE);
	return numeric_quotient(exact_sum_value(sum), int64_to_numeric(divisor));
}

/*
 * Neumaier's variant of Kahan's summation: what an addition rounds off is kept and added at the end, so that
 * the order of the rows hardly matters.
 */
void
double_sum_add(DoubleSum *sum, double value)
{
	double		total = sum->sum + value;

	if (fabs(sum->sum) >= fabs(value))
		sum->lost += (sum->sum - total) + value;
	else
		sum->lost += (value - total) + sum->sum;
	sum->sum = total;
}

double
double_sum_value(const DoubleSum *sum)
{
	double		value = sum->sum + sum->lost;

	if (!isfinite(value))
		float_overflow_error();
	return value;
}
