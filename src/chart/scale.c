/*
 * chart/scale.c
 *		Axes with round numbers.
 *
 * The text of a mark is made from whole numbers, so that it is never 0.30000000000000004.
 */
#include "chart/scale.h"

#include "chart/words.h"

#include <math.h>

/* An axis has about as many steps. */
#define SCALE_STEPS 6

/* Powers of ten outside of these are written as such. */
#define LARGEST_POWER 14
#define SMALLEST_POWER (-4)

/*
 * The least round step, of a unit's at least, that reaches so far.
 */
static void
set_step(Scale *scale, double least)
{
	static const int mantissas[] = {1, 2, 5};
	double		power = 1;
	int			i = 0;

	scale->exponent = 0;
	while (power > least)
	{
		power /= 10;
		scale->exponent--;
	}
	while (mantissas[i] * power < least)
	{
		if (++i < lengthof(mantissas))
			continue;
		i = 0;
		power *= 10;
		scale->exponent++;
	}
	scale->mantissa = mantissas[i];
	scale->step = mantissas[i] * power;
}

/*
 * The axis for values from low to high, and 0.
 */
Scale
scale_of(double low, double high, ScaleUnit unit)
{
	Scale		scale;
	double		least;

	low = Min(low, 0);
	high = Max(high, 0);
	if (low == high)
		high = unit == SCALE_PERCENT ? 100 : 1;
	least = (high - low) / SCALE_STEPS;
	set_step(&scale, unit == SCALE_COUNT ? Max(least, 1) : least);
	scale.first = (int) floor(low / scale.step);
	scale.last = (int) ceil(high / scale.step);
	return scale;
}

char *
scale_text(const Scale *scale, int mark, ScaleUnit unit)
{
	int			number = abs(mark * scale->mantissa);
	const char *sign = mark < 0 ? "-" : "";
	const char *percent = unit == SCALE_PERCENT ? "%" : "";
	int64		power = 1;
	int			i;

	if (mark == 0)
		return psprintf("0%s", percent);
	if (scale->exponent > LARGEST_POWER || scale->exponent < SMALLEST_POWER)
		return number % 10 == 0 ? psprintf("%s%de%d%s", sign, number / 10, scale->exponent + 1, percent) :
			psprintf("%s%de%d%s", sign, number, scale->exponent, percent);
	for (i = 0; i < abs(scale->exponent); i++)
		power *= 10;
	if (scale->exponent >= 0)
		return psprintf("%s%s%s", sign, words_count(number * power), percent);
	return psprintf("%s" INT64_FORMAT ".%0*d%s", sign, number / power, -scale->exponent, (int) (number % power),
					percent);
}

/*
 * How many decimals tell values apart on the axis: one more than its marks have.
 */
int
scale_decimals(const Scale *scale)
{
	return Max(1 - scale->exponent, 0);
}

/*
 * The least step in which labels of n buckets are not more than so many.  Those of buckets that divide a year have
 * steps that do, or are years; those of days are mostly weeks.
 */
int64
scale_label_step(BucketWidth width, int64 n, int64 most)
{
	static const int years[] = {1, 2, 3, 6, 12, 24, 60, 120, 240, 600};
	static const int days[] = {1, 2, 7, 14, 28, 56};
	static const int round[] = {1, 2, 5, 10, 20, 50};
	bool		of_year = width.months > 0 && 12 % width.months == 0;
	const int  *steps = of_year ? years : width.days == 1 ? days : round;
	int			nsteps = of_year ? lengthof(years) : lengthof(round);
	int			unit = of_year ? width.months : 1;
	int			i = 0;

	while (i < nsteps - 1 && (steps[i] % unit != 0 || steps[i] / unit * most < n))
		i++;
	return steps[i] / unit;
}
