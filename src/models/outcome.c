/*
 * models/outcome.c
 *		What a fit says of itself: whether its parameters mean something, and how sure they are.
 *
 * The function that a fit minimizes is the mean of -log L over customers; times their number it is -log L,
 * whose second derivatives at the maximum are the observed information I.  Its inverse is the covariance of
 * the parameters' logarithms, in which the fit works.  The standard error of a parameter itself is that of
 * its logarithm times the parameter (the delta method, which is the same here as the inverse of I by the
 * parameters, since log L has no slope at its maximum).
 *
 *		ok				there is a maximum, and a standard error of each parameter is less than a factor of ten
 *		limit			there is none: log L rises without end as parameters go to zero or infinity, until
 *						the fit stops at the bounds of the search, or where nothing changes any more
 *		undetermined	other parameters are as good: log L is level in some direction, or its maximum is so
 *						flat that a standard error is more than a factor of ten
 *
 * The difference matters to predictions.  At a limit they no longer change with the parameters.  Where
 * parameters are not determined they may: a cohort of contracts after its first renewal says how many renew
 * the first time, and nothing about the second.
 *
 * Near the fit, level ground and the slope to a limit look alike.  So log L is looked at from the fit to the
 * bounds of the search, both ways along each direction of curvature.  A limit has one side down which log L
 * falls; other directions may be level there, since at a limit some parameters no longer matter.
 *
 * A factor of ten is generous.  Beyond, an error says no more than that the parameter is not known; and a
 * stricter rule would call small shops undetermined whose predictions are good.
 */
#include "models/outcome.h"

#include <math.h>

#define N OPTIMIZE_MAX_VARIABLES

/* The largest standard error of a parameter's logarithm that is "ok": log 10. */
#define LARGEST_ERROR 2.302585

/* A fall of log L that is none; and of its mean, which is rounded. */
#define LEVEL 1e-3
#define ROUNDING 1e-13

#define MAX_SWEEPS 50

/* Directions in which a function curves, and how much. */
typedef struct Curvature
{
	double		along[N];
	double		directions[N][N];	/* unit vectors, one a column */
} Curvature;

/*
 * Turn two axes so that the matrix has no entry at their crossing: a step of Jacobi's method.
 */
static void
turn_axes(double (*matrix)[N], double (*axes)[N], int n, int p, int q)
{
	double		theta = (matrix[q][q] - matrix[p][p]) / (2.0 * matrix[p][q]);
	double		tangent = (theta < 0 ? -1.0 : 1.0) / (fabs(theta) + hypot(theta, 1.0));
	double		cosine = 1.0 / hypot(tangent, 1.0);
	double		sine = tangent * cosine;
	int			i;

	for (i = 0; i < n; i++)
	{
		double		one = matrix[i][p];
		double		other = matrix[i][q];

		matrix[i][p] = cosine * one - sine * other;
		matrix[i][q] = sine * one + cosine * other;
		one = axes[i][p];
		other = axes[i][q];
		axes[i][p] = cosine * one - sine * other;
		axes[i][q] = sine * one + cosine * other;
	}
	for (i = 0; i < n; i++)
	{
		double		one = matrix[p][i];
		double		other = matrix[q][i];

		matrix[p][i] = cosine * one - sine * other;
		matrix[q][i] = sine * one + cosine * other;
	}
}

/*
 * The directions of curvature of a symmetric matrix of second derivatives, which is overwritten: its
 * eigenvectors and eigenvalues.
 */
static Curvature
find_curvature(double (*matrix)[N], int n)
{
	Curvature	curvature = {{0}};
	int			sweep;
	int			p;
	int			q;

	for (p = 0; p < n; p++)
		curvature.directions[p][p] = 1.0;
	for (sweep = 0; sweep < MAX_SWEEPS; sweep++)
	{
		bool		turned = false;

		for (p = 0; p < n; p++)
			for (q = p + 1; q < n; q++)
				if (fabs(matrix[p][q]) > 1e-16 * (fabs(matrix[p][p]) + fabs(matrix[q][q])))
				{
					turn_axes(matrix, curvature.directions, n, p, q);
					turned = true;
				}
		if (!turned)
			break;
	}
	for (p = 0; p < n; p++)
		curvature.along[p] = matrix[p][p];
	return curvature;
}

static bool
curves_everywhere(const Curvature *curvature, int n)
{
	int			i;

	for (i = 0; i < n; i++)
		if (!(curvature->along[i] > 0))
			return false;
	return true;
}

/*
 * Does log L fall, somewhere from the point that was found to the bounds of the search, in this direction or
 * against it?
 */
static bool
falls(const OptimizeProblem *problem, const OptimizeResult *result, const Curvature *curvature, int direction,
	  double sign, double weight)
{
	int			n = problem->nvariables;
	double		most = result->value + LEVEL / weight + ROUNDING * fabs(result->value);
	double		reach = INFINITY;
	int			part;
	int			i;

	for (i = 0; i < n; i++)
	{
		double		step = sign * curvature->directions[i][direction];
		double		room = step > 0 ? problem->upper[i] - result->point[i] : result->point[i] - problem->lower[i];

		if (step != 0)
			reach = Min(reach, room / fabs(step));
	}
	for (part = 1; part <= 8; part *= 2)
	{
		double		point[N];
		double		gradient[N];

		for (i = 0; i < n; i++)
			point[i] = result->point[i] + sign * curvature->directions[i][direction] * reach / part;
		if (!(problem->function(point, gradient, problem->arg) <= most))
			return true;
	}
	return false;
}

/*
 * The status of a fit that has found no maximum.
 */
static FitStatus
status_of_place(const OptimizeProblem *problem, const OptimizeResult *result, const Curvature *curvature,
				double weight)
{
	int			i;

	for (i = 0; i < problem->nvariables; i++)
		if (falls(problem, result, curvature, i, 1.0, weight) != falls(problem, result, curvature, i, -1.0, weight))
			return FIT_LIMIT;
	return FIT_UNDETERMINED;
}

/*
 * The standard errors of the variables; their largest is returned.
 */
static double
find_errors(const Curvature *curvature, int n, double weight, double *errors)
{
	double		largest = 0.0;
	int			i;
	int			k;

	for (i = 0; i < n; i++)
	{
		double		variance = 0.0;

		for (k = 0; k < n; k++)
			variance += curvature->directions[i][k] * curvature->directions[i][k] / (weight * curvature->along[k]);
		errors[i] = sqrt(variance);
		largest = Max(largest, errors[i]);
	}
	return largest;
}

/*
 * The outcome of a search for the minimum of a mean, which times its weight is -log L.
 */
FitOutcome
fit_outcome(const OptimizeProblem *problem, const OptimizeResult *result, double weight)
{
	FitOutcome	outcome = {FIT_LIMIT};
	int			n = problem->nvariables;
	double		matrix[N][N];
	Curvature	curvature;

	if (result->nheld > 0)
		return outcome;
	memcpy(matrix, result->hessian, sizeof(matrix));
	curvature = find_curvature(matrix, n);
	outcome.has_errors = result->converged && curves_everywhere(&curvature, n);
	if (!outcome.has_errors)
		outcome.status = status_of_place(problem, result, &curvature, weight);
	else if (find_errors(&curvature, n, weight, outcome.errors) > LARGEST_ERROR)
		outcome.status = FIT_UNDETERMINED;
	else
		outcome.status = FIT_OK;
	return outcome;
}

const char *
fit_status_name(FitStatus status)
{
	switch (status)
	{
		case FIT_OK:
			return "ok";
		case FIT_LIMIT:
			return "limit";
		default:
			return "undetermined";
	}
}

/*
 * Warn that a fit is not "ok".
 */
void
fit_warn(FitStatus status, const char *model)
{
	if (status == FIT_OK)
		return;
	ereport(WARNING,
			(errmsg("the %s that was fitted has the status \"%s\"", model, fit_status_name(status)),
			 status == FIT_LIMIT
			 ? errdetail("The likelihood rises without end as parameters go to zero or infinity. "
						 "Predictions are those of the limit, and the parameters no estimates.")
			 : errdetail("Other parameters fit the data as well, and may predict something else."),
			 errhint("Fit more customers together, or a longer time, or use another model.")));
}
