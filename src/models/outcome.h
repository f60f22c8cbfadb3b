/*
 * models/outcome.h
 *		What a fit says of itself.  See models/outcome.c.
 */
#ifndef RETENTION_MODELS_OUTCOME_H
#define RETENTION_MODELS_OUTCOME_H

#include "models/optimize.h"

typedef enum FitStatus
{
	FIT_OK,
	FIT_LIMIT,
	FIT_UNDETERMINED
} FitStatus;

typedef struct FitOutcome
{
	FitStatus	status;
	bool		has_errors;
	double		errors[OPTIMIZE_MAX_VARIABLES]; /* standard errors of the variables */
} FitOutcome;

extern FitOutcome fit_outcome(const OptimizeProblem *problem, const OptimizeResult *result, double weight);
extern const char *fit_status_name(FitStatus status);
extern void fit_warn(FitStatus status, const char *model);

#endif							/* RETENTION_MODELS_OUTCOME_H */
