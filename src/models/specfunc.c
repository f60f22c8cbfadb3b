/*
 * models/specfunc.c
 *		Special functions and integrals that keep their digits: pure arithmetic, which knows neither the
 *		server nor a model.
 *
 * The probabilities of customer models span thousands of orders of magnitude, and their textbook forms are
 * differences of numbers that are nearly equal, or quotients of numbers that overflow.  Two things help:
 *
 * - Quotients of gamma functions are computed as such.  log Gamma(x + n) - log Gamma(x) as a difference of two
 *	 logarithms has no correct digit left when x is 1e10.
 * - Integrals of positive functions are computed from the functions' logarithms, panel by panel, and are logarithms
 *	 themselves.
 */
#include "models/specfunc.h"

#include <math.h>
#include <stdbool.h>

#define lengthof(array) (sizeof(array) / sizeof((array)[0]))

/* From here on Stirling's series has all its digits. */
#define STIRLING_FROM 12.0

/*
 * A panel is accepted when its two halves agree with it to this; their sum is then far more precise.  A large
 * logarithm has fewer digits behind the point, so that as many of its own are allowed for, too.
 */
#define PANEL_TOLERANCE 1e-10
#define ROUNDING 1e-14

/* A panel below exp(-CUTOFF) of the sum ends it. */
#define CUTOFF 40.0
#define MAX_PANELS 1000
#define GOLDEN 0.61803398874989485

const double gauss_nodes[GAUSS_HALF] = {
	0.076526521133497333755, 0.22778585114164507808, 0.37370608871541956067, 0.510867001950827098,
	0.63605368072651502545, 0.74633190646015079261, 0.83911697182221882339, 0.91223442825132590587,
	0.96397192727791379127, 0.99312859918509492479
};

const double gauss_weights[GAUSS_HALF] = {
	0.1527533871307258507, 0.14917298647260374679, 0.14209610931838205133, 0.1316886384491766269,
	0.11819453196151841731, 0.10193011981724043504, 0.083276741576704748725, 0.06267204833410906357,
	0.040601429800386941331, 0.017614007139152118312
};

/*
 * log(exp(one) + exp(other))
 */
double
log_add(double one, double other)
{
	double		more = one > other ? one : other;
	double		less = one > other ? other : one;

	if (less == -INFINITY)
		return more;
	return more + log1p(exp(less - more));
}

/*
 * The value at z of the polynomial with these coefficients, that of the highest power first.
 */
static double
polynomial(const double *coefficients, int n, double z)
{
	double		value = 0.0;
	int			i;

	for (i = 0; i < n; i++)
		value = value * z + coefficients[i];
	return value;
}

/*
 * What Stirling's formula leaves out of log Gamma(x): 1/(12x) - 1/(360x^3) + ...
 */
static double
stirling_rest(double x)
{
	static const double series[] = {
		-691.0 / 360360, 1.0 / 1188, -1.0 / 1680, 1.0 / 1260, -1.0 / 360, 1.0 / 12
	};

	return polynomial(series, lengthof(series), 1.0 / (x * x)) / x;
}

/*
 * The logarithm of Pochhammer's symbol, the rising factorial (x)_n = x (x + 1) ... (x + n - 1):
 *
 *		log Gamma(x + n) - log Gamma(x)		for x > 0 and any n >= 0, whole or not
 */
double
log_pochhammer(double x, double n)
{
	double		product = 1.0;

	while (x < STIRLING_FROM)
	{
		product *= x / (x + n);
		x += 1.0;
	}
	return log(product) + (x - 0.5) * log1p(n / x) + n * (log(x + n) - 1.0) + stirling_rest(x + n) - stirling_rest(x);
}

double
log_beta(double a, double b)
{
	return a < b ? lgamma(a) - log_pochhammer(b, a) : lgamma(b) - log_pochhammer(a, b);
}

/*
 * log B(a, b + n) - log B(a, b), for n >= 0: how likely n successes are if their chance is Beta(b, a).
 */
double
log_beta_ratio(double a, double b, double n)
{
	if (n < a)
		return log_pochhammer(b, n) - log_pochhammer(a + b, n);
	return log_pochhammer(b, a) - log_pochhammer(b + n, a);
}

/*
 * The derivative of log Gamma, for x > 0: log x - 1/(2x) - 1/(12x^2) + 1/(120x^4) - ...
 */
double
digamma(double x)
{
	static const double series[] = {
		691.0 / 32760, -1.0 / 132, 1.0 / 240, -1.0 / 252, 1.0 / 120, -1.0 / 12
	};
	double		sum = 0.0;
	double		square;

	while (x < STIRLING_FROM)
	{
		sum -= 1.0 / x;
		x += 1.0;
	}
	square = 1.0 / (x * x);
	return sum + log(x) - 0.5 / x + square * polynomial(series, lengthof(series), square);
}

/*
 * digamma(x + n) - digamma(x), for x > 0 and a whole n >= 0.
 */
double
digamma_difference(double x, double n)
{
	double		sum = 0.0;
	double		i;

	if (n > 64)
		return digamma(x + n) - digamma(x);
	for (i = 0; i < n; i += 1.0)
		sum += 1.0 / (x + i);
	return sum;
}

/*
 * The integral of exp(-rate * y) over y from 0 to length; the rate may be of any sign, or zero.
 */
double
decay_integral(double rate, double length)
{
	double		decay = rate * length;

	return decay == 0.0 ? length : length * (-expm1(-decay) / decay);
}

/*
 * 1 / (1 + exp(-y)): the probability with the log-odds y, to its last digit also where it is next to 0.
 */
double
logistic(double y)
{
	return y < -600 ? exp(y) : 1.0 / (1.0 + exp(-y));
}

/*
 * log p and log(1 - p) for the probability p with the log-odds y = log(p / (1 - p)).
 */
void
log_probabilities(double y, double *log_p, double *log_q)
{
	double		rest = log1p(exp(-fabs(y)));

	*log_p = y < 0 ? y - rest : -rest;
	*log_q = y < 0 ? -rest : -y - rest;
}

/*
 * The logarithm of the integral over one panel, by Gauss-Legendre's rule applied once.
 */
static double
integrate_panel(LogFunction function, const void *arg, double from, double to)
{
	double		logs[2 * GAUSS_HALF];
	double		center = 0.5 * (from + to);
	double		half = 0.5 * (to - from);
	double		most = -INFINITY;
	double		sum = 0.0;
	int			i;

	for (i = 0; i < 2 * GAUSS_HALF; i++)
	{
		double		node = gauss_nodes[i / 2];

		logs[i] = function(center + (i % 2 ? half : -half) * node, arg);
		if (logs[i] > most)
			most = logs[i];
	}
	if (most == -INFINITY)
		return -INFINITY;
	for (i = 0; i < 2 * GAUSS_HALF; i++)
		sum += gauss_weights[i / 2] * exp(logs[i] - most);
	return most + log(sum * fabs(half));
}

/*
 * The logarithm of the integral of a positive function between two points, in either direction; "to" may be
 * infinite.
 *
 * The function must be smooth, and from some point on fall at least as fast as an exponential.  Panels are
 * laid end to end, the first of length "step": each is halved until its halves agree with it, and the next
 * one is tried with twice its length.  The end is where a panel no longer adds to the sum.
 */
double
log_integral(LogFunction function, const void *arg, double from, double to, double step)
{
	double		direction = to > from ? 1.0 : -1.0;
	double		total = -INFINITY;
	double		y = from;
	int			i;

	for (i = 0; i < MAX_PANELS && y != to; i++)
	{
		bool		last = step >= fabs(to - y);
		double		length = last ? fabs(to - y) : step;
		double		end = last ? to : y + direction * length;
		double		middle = y + direction * 0.5 * length;
		double		whole = integrate_panel(function, arg, y, end);
		double		halves = log_add(integrate_panel(function, arg, y, middle),
								 integrate_panel(function, arg, middle, end));
		double		error = fabs(expm1(whole - halves)) * exp(halves - log_add(total, halves));

		if (halves != -INFINITY && !(error <= PANEL_TOLERANCE + ROUNDING * fabs(halves)))
		{
			step = 0.5 * length;
			continue;
		}
		total = log_add(total, halves);
		if (halves < total - CUTOFF)
			break;
		y = end;
		step = 2.0 * length;
	}
	return total;
}

/*
 * About where a function with a single peak has it: doubling steps find an interval, golden sections narrow
 * it.
 */
static double
find_peak(LogFunction function, const void *arg, double near)
{
	double		step = 1.0;
	double		low;
	double		high;
	int			i;

	if (function(near + step, arg) < function(near, arg))
		step = -1.0;
	for (i = 0; i < 100 && function(near + step, arg) > function(near, arg); i++)
	{
		near += step;
		step *= 2.0;
	}
	low = near - fabs(step);
	high = near + fabs(step);
	for (i = 0; i < 100 && high - low > 1e-8 * (1.0 + fabs(low)); i++)
	{
		double		left = high - GOLDEN * (high - low);
		double		right = low + GOLDEN * (high - low);

		if (function(left, arg) < function(right, arg))
			low = left;
		else
			high = right;
	}
	return 0.5 * (low + high);
}

/*
 * The same over all numbers, for a function with a single peak not far from "near".
 */
double
log_integral_around(LogFunction function, const void *arg, double near)
{
	double		peak = find_peak(function, arg, near);

	return log_add(log_integral(function, arg, peak, INFINITY, 1.0),
				   log_integral(function, arg, peak, -INFINITY, 1.0));
}
