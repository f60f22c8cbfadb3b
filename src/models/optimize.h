/*
 * models/optimize.h
 *		The minimum of a smooth function of a few variables within bounds.  See models/optimize.c.
 */
#ifndef RETENTION_MODELS_OPTIMIZE_H
#define RETENTION_MODELS_OPTIMIZE_H

#include "compat.h"

#define OPTIMIZE_MAX_VARIABLES 4

/* The value at a point; fills the gradient. */
typedef double (*OptimizeFunction) (const double *point, double *gradient, const void *arg);

typedef struct OptimizeProblem
{
	int			nvariables;
	double		lower[OPTIMIZE_MAX_VARIABLES];
	double		upper[OPTIMIZE_MAX_VARIABLES];
	OptimizeFunction function;
	const void *arg;
} OptimizeProblem;

typedef struct OptimizeResult
{
	double		point[OPTIMIZE_MAX_VARIABLES];
	double		value;
	double		hessian[OPTIMIZE_MAX_VARIABLES][OPTIMIZE_MAX_VARIABLES];	/* second derivatives at the point */
	int			nheld;			/* variables that are held at a bound */
	int			iterations;
	bool		converged;
} OptimizeResult;

extern void optimize(const OptimizeProblem *problem, const double (*starts)[OPTIMIZE_MAX_VARIABLES], int nstarts,
					 OptimizeResult *result);

#endif							/* RETENTION_MODELS_OPTIMIZE_H */
