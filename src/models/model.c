/*
 * models/model.c
 *		What all fitted models share: their composites, their fits, the rules for arguments.
 *
 * A fitted model is a composite that anybody may make by hand, with parameters from a paper; its parameters
 * are checked when it is read.  What stands behind them says how the fit went (models/outcome.c).  Later
 * versions may add attributes at its end; a reader takes the first ones only.  A query passes the same
 * composite to a function for each of a million rows, so that a call site keeps the bytes that it saw last,
 * and the parameters that it read from them.
 *
 * Fits work on the logarithms of parameters, which thus stay positive, within e^14 of a scale that comes from
 * the data: a likelihood without a maximum drives parameters to such a bound, where predictions are still
 * numbers.
 */
#include "models/model.h"

#include "models/outcome.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/typcache.h"

#define LOG_BOUND 14.0			/* e^14 is 1.2 million */

/* A function takes at most two models: its first arguments. */
#define MODELS_PER_CALL 2

/* Parameters lie between 1 / range and range: pure numbers, and those with a unit. */
#define NUMBER_RANGE 1e9
#define UNIT_RANGE 1e30

/* The attributes behind the parameters: log_likelihood, customers, iterations, converged, status; then the errors. */
#define OUTCOME_ATTRIBUTES 5
#define MAX_ATTRIBUTES (2 * MODEL_MAX_PARAMETERS + OUTCOME_ATTRIBUTES)

/* A composite that was read, and the parameters in it. */
typedef struct ModelImage
{
	Size		size;			/* 0: none yet */
	char	   *bytes;
	double		parameters[MODEL_MAX_PARAMETERS];
} ModelImage;

/* What a function keeps between calls, in fn_extra. */
typedef struct ModelCache
{
	ModelImage	images[MODELS_PER_CALL];
} ModelCache;

static void
read_parameters(Datum composite, const ModelType *type, double *parameters)
{
	HeapTupleHeader tuple = DatumGetHeapTupleHeader(composite);
	int			i;

	for (i = 0; i < type->nparameters; i++)
	{
		bool		isnull;
		Datum		value = GetAttributeByNum(tuple, i + 1, &isnull);
		double		range = type->parameters[i].has_unit ? UNIT_RANGE : NUMBER_RANGE;

		if (isnull)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("parameter %s of %s must not be null", type->parameters[i].name, type->name)));
		parameters[i] = DatumGetFloat8(value);
		if (!(parameters[i] >= 1.0 / range && parameters[i] <= range))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("parameter %s of %s must be between %g and %g: %s", type->parameters[i].name, type->name,
							1.0 / range, range, float8out_internal(parameters[i]))));
	}
}

/*
 * The parameters of the model in an argument, one of the first MODELS_PER_CALL; not NULL.
 */
const double *
model_parameters(FunctionCallInfo fcinfo, int argno, const ModelType *type)
{
	ModelCache *cache = fcinfo->flinfo->fn_extra;
	Datum		composite = PG_GETARG_DATUM(argno);
	struct varlena *value = (struct varlena *) DatumGetPointer(composite);
	ModelImage *image;
	Size		size;

	Assert(argno < MODELS_PER_CALL);
	if (cache == NULL)
		cache = fcinfo->flinfo->fn_extra = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(ModelCache));
	image = &cache->images[argno];
	if (VARATT_IS_EXTERNAL(value) || VARATT_IS_COMPRESSED(value))
		value = pg_detoast_datum(value);
	size = VARSIZE_ANY_EXHDR(value);
	if (size != image->size || memcmp(VARDATA_ANY(value), image->bytes, size) != 0)
	{
		image->size = 0;
		read_parameters(PointerGetDatum(value), type, image->parameters);
		if (image->bytes != NULL)
			pfree(image->bytes);
		image->bytes = memcpy(MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, size), VARDATA_ANY(value), size);
		image->size = size;
	}
	return image->parameters;
}

static void
parameters_at(const ModelFit *fit, const double *point, double *parameters)
{
	int			i;

	for (i = 0; i < fit->type->nparameters; i++)
		parameters[i] = exp(point[i] + fit->log_scale[i]);
}

/*
 * What the optimiser minimizes: the mean over customers, as a function of the parameters' logarithms.
 */
static double
negative_log_likelihood(const double *point, double *gradient, const void *arg)
{
	const ModelFit *fit = arg;
	double		customers = fit->list.customers;
	double		parameters[MODEL_MAX_PARAMETERS];
	double		value;
	int			i;

	CHECK_FOR_INTERRUPTS();
	parameters_at(fit, point, parameters);
	value = fit->likelihood(fit, parameters, gradient);
	for (i = 0; i < fit->type->nparameters; i++)
		gradient[i] *= -parameters[i] / customers;
	return -value / customers;
}

static Datum
make_composite(FunctionCallInfo fcinfo, const ModelFit *fit, const OptimizeResult *result, const FitOutcome *outcome)
{
	int			n = fit->type->nparameters;
	double		parameters[MODEL_MAX_PARAMETERS];
	Datum		values[MAX_ATTRIBUTES];
	bool		nulls[MAX_ATTRIBUTES] = {false};
	TupleDesc	tupdesc;
	int			i;

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE ||
		tupdesc->natts != 2 * n + OUTCOME_ATTRIBUTES)
		elog(ERROR, "unexpected result type of a fit of a %s", fit->type->name);
	parameters_at(fit, result->point, parameters);
	for (i = 0; i < n; i++)
	{
		values[i] = Float8GetDatum(parameters[i]);
		values[n + OUTCOME_ATTRIBUTES + i] = Float8GetDatum(outcome->errors[i] * parameters[i]);
		nulls[n + OUTCOME_ATTRIBUTES + i] = !outcome->has_errors;
	}
	values[n] = Float8GetDatum(-result->value * fit->list.customers);
	values[n + 1] = Int64GetDatum(fit->list.customers);
	values[n + 2] = Int32GetDatum(result->iterations);
	values[n + 3] = BoolGetDatum(result->converged);
	values[n + 4] = CStringGetTextDatum(fit_status_name(outcome->status));
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls));
}

/*
 * The result of a fit's final function: the composite of the most likely parameters.
 */
Datum
model_fit(FunctionCallInfo fcinfo, const ModelFit *fit)
{
	OptimizeProblem problem = {fit->type->nparameters, {0}, {0}, negative_log_likelihood, fit};
	OptimizeResult result;
	FitOutcome	outcome;
	int			i;

	for (i = 0; i < problem.nvariables; i++)
	{
		problem.lower[i] = -LOG_BOUND;
		problem.upper[i] = LOG_BOUND;
	}
	optimize(&problem, fit->starts, fit->nstarts, &result);
	outcome = fit_outcome(&problem, &result, fit->list.customers);
	fit_warn(outcome.status, fit->type->name);
	return make_composite(fcinfo, fit, &result, &outcome);
}

void
model_check_frequency(int64 frequency)
{
	if (frequency < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("frequency must not be negative: " INT64_FORMAT, frequency),
				 errhint("Frequency is the number of orders after the first.")));
}

/*
 * A rate for one unit of time.
 */
void
model_check_discount(double discount)
{
	if (!(discount >= 0) || isinf(discount))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("discount must be finite and not negative: %s", float8out_internal(discount)),
				 errhint("It is the rate for one unit of the model's time or one renewal: with weeks, "
						 "15 %% a year are power(1.15, 1 / 52.0) - 1.")));
}

double
model_finite(double value)
{
	if (unlikely(!isfinite(value)))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("result is out of range")));
	return value;
}
