/*
 * models/optimize.c
 *		The minimum of a smooth function of a few variables within bounds; it knows of no model.
 *
 * From each starting point:
 *
 *		descend		BFGS: steps along a direction that learns the curvature from the gradients it meets
 *		polish		Newton's method, with second derivatives from differences of the gradient
 *
 * A step of the first costs one evaluation; one of the second costs 2n + 1, and doubles the number of correct
 * digits.  The second also tells whether there is a minimum at all.  Where the function flattens out towards
 * infinity, gradients become as small as any threshold, but Newton's next step does not.  So a fit has converged
 * where that step is small, the curvature is positive beyond rounding errors, and no variable is held at a
 * bound.  If none of the starting points leads there, the result is the best point that was seen.  The
 * second derivatives come with it, for whoever wants to know what kind of place it is.
 *
 * Further starting points are tried only when the ones before have not converged, and polished only where they
 * get lower.  All loops are bounded, and each step looks for interrupts; a function that takes long does so
 * itself.
 *
 * The tolerances are for values and variables of the order of one: mean log-likelihoods, logarithms of
 * parameters.
 */
#include "models/optimize.h"

#include <math.h>

#include "miscadmin.h"

#define MAX_DESCENT_STEPS 100
#define MAX_NEWTON_STEPS 30
#define MAX_STALLED 3			/* steps in a row without progress */
#define MAX_BACKTRACKS 30
#define MAX_STEP 2.0			/* of one variable */
#define SUFFICIENT_DECREASE 1e-4
#define DESCENT_GRADIENT 1e-6	/* below this, Newton's method takes over */
#define DESCENT_DECREASE 1e-10	/* less than this is no progress */
#define NEWTON_DECREASE 1e-12
#define DIFFERENCE 1e-4			/* between points of second differences */
#define BETTER 1e-9				/* by this much another start has to get lower */
#define LEAST_CURVATURE 1e-9
#define CONVERGED_STEP 1e-6
#define ROUNDING 1e-14

#define N OPTIMIZE_MAX_VARIABLES

/* A point, and the function there. */
typedef struct Place
{
	double		point[N];
	double		gradient[N];
	double		value;
} Place;

static void
evaluate(const OptimizeProblem *problem, Place *place)
{
	place->value = problem->function(place->point, place->gradient, problem->arg);
	if (isnan(place->value))
		place->value = INFINITY;
}

/*
 * The variables that are at a bound and would go beyond it: how many, and which.
 */
static int
find_held(const OptimizeProblem *problem, const Place *place, bool *held)
{
	int			nheld = 0;
	int			i;

	for (i = 0; i < problem->nvariables; i++)
	{
		held[i] = (place->point[i] <= problem->lower[i] && place->gradient[i] >= 0) ||
			(place->point[i] >= problem->upper[i] && place->gradient[i] <= 0);
		nheld += held[i];
	}
	return nheld;
}

static double
largest(const double *values, const bool *held, int n)
{
	double		most = 0.0;
	int			i;

	for (i = 0; i < n; i++)
		if (!held[i] && fabs(values[i]) > most)
			most = fabs(values[i]);
	return most;
}

/*
 * The next place along a direction: the full step, or a part of it for which the value decreases enough; false
 * if there is none.
 */
static bool
line_search(const OptimizeProblem *problem, const Place *from, const double *direction, const bool *held, Place *next)
{
	int			n = problem->nvariables;
	double		most = largest(direction, held, n);
	double		length = most > MAX_STEP ? MAX_STEP / most : 1.0;
	int			i;
	int			k;

	for (k = 0; k < MAX_BACKTRACKS; k++)
	{
		double		slope = 0.0;

		CHECK_FOR_INTERRUPTS();
		for (i = 0; i < n; i++)
		{
			double		step = held[i] ? 0.0 : length * direction[i];

			next->point[i] = Min(Max(from->point[i] + step, problem->lower[i]), problem->upper[i]);
			slope += from->gradient[i] * (next->point[i] - from->point[i]);
		}
		evaluate(problem, next);
		if (next->value <= from->value + SUFFICIENT_DECREASE * slope + ROUNDING * fabs(from->value))
			return true;
		length *= 0.4;
	}
	return false;
}

static void
set_identity(double (*matrix)[N])
{
	int			i;

	memset(matrix, 0, sizeof(double[N][N]));
	for (i = 0; i < N; i++)
		matrix[i][i] = 1.0;
}

/*
 * The BFGS update of an inverse matrix of second derivatives after a step.
 */
static void
learn_curvature(double (*inverse)[N], const Place *from, const Place *to, int n)
{
	double		step[N];
	double		change[N];
	double		product[N];
	double		along = 0.0;
	double		curve = 0.0;
	double		length = 0.0;
	int			i;
	int			j;

	for (i = 0; i < n; i++)
	{
		step[i] = to->point[i] - from->point[i];
		change[i] = to->gradient[i] - from->gradient[i];
		along += step[i] * change[i];
		length += change[i] * change[i];
	}
	if (!(along > 1e-12 * length))
		return;
	for (i = 0; i < n; i++)
	{
		product[i] = 0.0;
		for (j = 0; j < n; j++)
			product[i] += inverse[i][j] * change[j];
		curve += change[i] * product[i];
	}
	for (i = 0; i < n; i++)
		for (j = 0; j < n; j++)
			inverse[i][j] += (1.0 + curve / along) * step[i] * step[j] / along
				- (step[i] * product[j] + product[i] * step[j]) / along;
}

/*
 * BFGS; returns the number of steps.
 */
static int
descend(const OptimizeProblem *problem, Place *place)
{
	int			n = problem->nvariables;
	double		inverse[N][N];
	bool		held[N];
	int			stalled = 0;
	int			k;

	set_identity(inverse);
	for (k = 0; k < MAX_DESCENT_STEPS && stalled < MAX_STALLED; k++)
	{
		double		direction[N];
		double		slope = 0.0;
		Place		next;
		int			i;
		int			j;

		find_held(problem, place, held);
		if (largest(place->gradient, held, n) < DESCENT_GRADIENT)
			break;
		for (i = 0; i < n; i++)
		{
			direction[i] = 0.0;
			for (j = 0; j < n; j++)
				if (!held[i] && !held[j])
					direction[i] -= inverse[i][j] * place->gradient[j];
			slope += direction[i] * place->gradient[i];
		}
		if (!(slope < 0) || !line_search(problem, place, direction, held, &next))
		{
			/* Try once more without the curvature learned so far. */
			stalled += 2;
			set_identity(inverse);
			continue;
		}
		stalled = place->value - next.value < DESCENT_DECREASE ? stalled + 1 : 0;
		learn_curvature(inverse, place, &next, n);
		*place = next;
	}
	return k;
}

static void
second_derivatives(const OptimizeProblem *problem, const Place *place, double (*hessian)[N])
{
	int			n = problem->nvariables;
	int			i;
	int			j;

	for (i = 0; i < n; i++)
	{
		Place		more = *place;
		Place		less = *place;

		more.point[i] += DIFFERENCE;
		less.point[i] -= DIFFERENCE;
		evaluate(problem, &more);
		evaluate(problem, &less);
		for (j = 0; j < n; j++)
			hessian[i][j] = (more.gradient[j] - less.gradient[j]) / (2 * DIFFERENCE);
	}
	for (i = 0; i < n; i++)
		for (j = 0; j < i; j++)
			hessian[i][j] = hessian[j][i] = 0.5 * (hessian[i][j] + hessian[j][i]);
}

/*
 * Solves (hessian + damping) step = -gradient for the variables that are not held, by Cholesky's
 * decomposition; false if the matrix is not positive definite, by more than rounding errors.
 */
static bool
newton_step(double (*hessian)[N], double damping, const Place *place, const bool *held, int n, double *step)
{
	double		root[N][N];
	int			i;
	int			j;
	int			k;

	for (i = 0; i < n; i++)
		for (j = 0; j <= i; j++)
		{
			double		sum = held[i] || held[j] ? (i == j) : hessian[i][j] + (i == j ? damping : 0.0);

			for (k = 0; k < j; k++)
				sum -= root[i][k] * root[j][k];
			if (i != j)
				root[i][j] = sum / root[j][j];
			else if (sum > LEAST_CURVATURE)
				root[i][i] = sqrt(sum);
			else
				return false;
		}
	for (i = 0; i < n; i++)
	{
		step[i] = held[i] ? 0.0 : -place->gradient[i];
		for (k = 0; k < i; k++)
			step[i] -= root[i][k] * step[k];
		step[i] /= root[i][i];
	}
	for (i = n - 1; i >= 0; i--)
	{
		for (k = i + 1; k < n; k++)
			step[i] -= root[k][i] * step[k];
		step[i] /= root[i][i];
	}
	return true;
}

/*
 * Newton's method; returns the number of steps.
 */
static int
polish(const OptimizeProblem *problem, Place *place, bool *converged)
{
	int			n = problem->nvariables;
	int			stalled = 0;
	int			k;

	*converged = false;
	for (k = 1; k <= MAX_NEWTON_STEPS && stalled < MAX_STALLED; k++)
	{
		double		hessian[N][N];
		double		step[N];
		bool		held[N];
		int			nheld = find_held(problem, place, held);
		double		damping = 0.0;
		double		most;
		Place		next;

		second_derivatives(problem, place, hessian);
		while (!newton_step(hessian, damping, place, held, n, step))
		{
			if (damping > 1e6 || isnan(damping))
				return k;
			damping = damping == 0.0 ? 1e-8 : 10 * damping;
		}
		most = largest(step, held, n);
		if (!line_search(problem, place, step, held, &next))
			return k;
		stalled = place->value - next.value < NEWTON_DECREASE ? stalled + 1 : 0;
		*place = next;
		if (most < CONVERGED_STEP)
		{
			*converged = nheld == 0 && damping == 0.0;
			return k;
		}
	}
	return k - 1;
}

/*
 * What else is told of the point that was found.
 */
static void
look_around(const OptimizeProblem *problem, OptimizeResult *result)
{
	bool		held[N];
	Place		place;

	memcpy(place.point, result->point, sizeof(place.point));
	evaluate(problem, &place);
	result->nheld = find_held(problem, &place, held);
	second_derivatives(problem, &place, result->hessian);
}

/*
 * The minimum, or if none is found the lowest point that was seen, from some starting points.
 */
void
optimize(const OptimizeProblem *problem, const double (*starts)[OPTIMIZE_MAX_VARIABLES], int nstarts,
		 OptimizeResult *result)
{
	int			s;

	result->value = INFINITY;
	result->iterations = 0;
	result->converged = false;
	for (s = 0; s < nstarts && !result->converged; s++)
	{
		Place		place;
		int			i;

		for (i = 0; i < problem->nvariables; i++)
			place.point[i] = Min(Max(starts[s][i], problem->lower[i]), problem->upper[i]);
		evaluate(problem, &place);
		result->iterations += descend(problem, &place);
		if (s > 0 && place.value > result->value - BETTER)
			continue;
		result->iterations += polish(problem, &place, &result->converged);
		memcpy(result->point, place.point, sizeof(result->point));
		result->value = place.value;
	}
	look_around(problem, result);
}
