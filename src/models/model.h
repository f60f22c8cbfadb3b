/*
 * models/model.h
 *		Fitted models as values: composites, read and made.  See models/model.c.
 */
#ifndef RETENTION_MODELS_MODEL_H
#define RETENTION_MODELS_MODEL_H

#include "compat.h"

#include "models/histories.h"
#include "models/optimize.h"

#include "fmgr.h"

#define MODEL_MAX_PARAMETERS OPTIMIZE_MAX_VARIABLES

/*
 * A model's composite type: its parameters in this order, then the attributes that tell how the fit went.  A
 * parameter that is not a pure number is in units of the caller's time or money.
 */
typedef struct ModelType
{
	const char *name;
	int			nparameters;
	struct
	{
		const char *name;
		bool		has_unit;
	}			parameters[MODEL_MAX_PARAMETERS];
} ModelType;

typedef struct ModelFit ModelFit;

/* The log-likelihood of all of a fit's histories, and its derivatives by the parameters. */
typedef double (*ModelLikelihood) (const ModelFit *fit, const double *parameters, double *gradient);

/* A fit: the parameters that make these histories most likely. */
struct ModelFit
{
	const ModelType *type;
	ModelLikelihood likelihood;
	const void *arg;			/* what else the likelihood needs */
	const double (*starts)[MODEL_MAX_PARAMETERS];	/* starting points: logarithms, in units of the scales */
	int			nstarts;
	HistoryList list;			/* contracts have only the number of customers here */
	double		log_scale[MODEL_MAX_PARAMETERS];	/* of the unit of a starting point; 0 for a pure number */
};

extern const double *model_parameters(FunctionCallInfo fcinfo, int argno, const ModelType *type);
extern Datum model_fit(FunctionCallInfo fcinfo, const ModelFit *fit);
extern void model_check_frequency(int64 frequency);
extern void model_check_discount(double discount);
extern double model_finite(double value);

#endif							/* RETENTION_MODELS_MODEL_H */
