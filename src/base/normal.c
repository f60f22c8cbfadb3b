/*
 * base/normal.c
 *		The normal distribution, as tests and limits of confidence ask for it: pure arithmetic.
 *
 * Both functions are of |Z|, so that a tail is never a difference from 1.  The quantile is where Newton's
 * method ends: a dozen lines on top of erf and erfc, which it follows to the last digit or two, where the
 * usual approximation by rational functions is a page of coefficients.
 */
#include "base/normal.h"

#include <math.h>

/* Each step doubles the digits; from the starting points below six are enough. */
#define NEWTON_STEPS 10

/*
 * The density of |Z|.
 */
static double
density(double z)
{
	return sqrt(2.0 / M_PI) * exp(-0.5 * z * z);
}

/*
 * The z with P(|Z| <= z) = confidence: 1.96 for 0.95.
 *
 * Newton's method meets a concave function in both branches, and starts on the side from which it comes
 * nearer without ever passing the goal: erf lies below its tangent at 0, and P(|Z| > z) below exp(-z^2 / 2).
 */
double
normal_half_width(double confidence)
{
	double		rest = 1.0 - confidence;
	double		z;
	int			i;

	if (confidence < 0.5)
	{
		z = confidence * sqrt(M_PI / 2);
		for (i = 0; i < NEWTON_STEPS; i++)
			z += (confidence - erf(z * M_SQRT1_2)) / density(z);
		return z;
	}
	z = sqrt(-2.0 * log(rest));
	for (i = 0; i < NEWTON_STEPS; i++)
	{
		double		tail = normal_two_sided(z);

		z += log(tail / rest) * tail / density(z);
	}
	return z;
}

/*
 * P(|Z| > |z|)
 */
double
normal_two_sided(double z)
{
	return erfc(fabs(z) * M_SQRT1_2);
}
