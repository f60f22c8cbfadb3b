/*
 * models/model.c
 *		What all models of customer lifetime value share: their composites, their fits, the rules for histories, the
 *		value of an order, discounting.
 *
 * A fitted model is a composite that anybody may write by hand, with parameters from a paper; its parameters
 * are checked when it is read.  Later versions may add attributes at its end, and a reader takes the first
 * ones only.  A query passes the same composite to a function for each of a million rows, so that a call site
 * remembers the bytes that it saw last, and what they said.
 *
 * Fits work on the logarithms of parameters, which thus stay positive, within e^14 of a scale that comes from the
 * data: a likelihood without a maximum drives parameters to such a bound, where predictions are still numbers.
 */
#include "models/model.h"

#include "agg/aggstate.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/float.h"
#include "utils/typcache.h"

#define LOG_BOUND 14.0			/* e^14 is 1.2 million */
#define MODELS_PER_CALL 2

/* Parameters that are pure numbers lie within this of 1 either way, those with units within that. */
#define NUMBER_RANGE 1e9
#define UNIT_RANGE 1e30

/* The attributes behind the parameters: log_likelihood, customers, iterations, converged. */
#define OUTCOME_ATTRIBUTES 4

typedef struct ModelImage
{
	Size		size;			/* 0: none yet */
	char	   *bytes;
	double		parameters[CLV_MAX_PARAMETERS];
} ModelImage;

typedef struct ModelCache
{
	ModelImage	images[MODELS_PER_CALL];
} ModelCache;

PG_FUNCTION_INFO_V1(clv_history_accum);

const ClvModelType gamma_gamma_type = {"gamma_gamma_model", 3, {{"p"}, {"q"}, {"gamma", true}}};

static void
read_parameters(Datum composite, const ClvModelType *type, double *parameters)
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
clv_parameters(FunctionCallInfo fcinfo, int argno, const ClvModelType *type)
{
	ModelCache *cache = fcinfo->flinfo->fn_extra;
	Datum		composite = PG_GETARG_DATUM(argno);
	struct varlena *value = (struct varlena *) DatumGetPointer(composite);
	ModelImage *image;
	Size		size;

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

typedef struct FitCall
{
	const ClvFit *fit;
	ClvLikelihood likelihood;
} FitCall;

static void
parameters_at(const ClvFit *fit, const double *point, double *parameters)
{
	int			i;

	for (i = 0; i < fit->type->nparameters; i++)
		parameters[i] = exp(point[i] + fit->log_scale[i]);
}

/*
 * What the optimiser minimizes: the likelihood with the other sign, of logarithms, for each customer.
 */
static double
unlikelihood(const double *point, double *gradient, void *arg)
{
	const FitCall *call = arg;
	double		customers = call->fit->list->customers;
	double		parameters[CLV_MAX_PARAMETERS];
	double		value;
	int			i;

	CHECK_FOR_INTERRUPTS();
	parameters_at(call->fit, point, parameters);
	value = call->likelihood(call->fit, parameters, gradient);
	for (i = 0; i < call->fit->type->nparameters; i++)
		gradient[i] *= -parameters[i] / customers;
	return -value / customers;
}

static Datum
make_composite(FunctionCallInfo fcinfo, const ClvFit *fit, const OptimizeResult *result)
{
	int			n = fit->type->nparameters;
	double		parameters[CLV_MAX_PARAMETERS];
	Datum		values[CLV_MAX_PARAMETERS + OUTCOME_ATTRIBUTES];
	bool		nulls[CLV_MAX_PARAMETERS + OUTCOME_ATTRIBUTES] = {false};
	TupleDesc	tupdesc;
	int			i;

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE || tupdesc->natts != n + OUTCOME_ATTRIBUTES)
		elog(ERROR, "unexpected result type of a fit of a %s", fit->type->name);
	parameters_at(fit, result->point, parameters);
	for (i = 0; i < n; i++)
		values[i] = Float8GetDatum(parameters[i]);
	values[n] = Float8GetDatum(-result->value * fit->list->customers);
	values[n + 1] = Int64GetDatum(fit->list->customers);
	values[n + 2] = Int32GetDatum(result->iterations);
	values[n + 3] = BoolGetDatum(result->converged);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls));
}

/*
 * The final function of a fit: the composite of the most likely parameters, from starting points that are
 * logarithms in units of the scales.
 */
Datum
clv_fit(FunctionCallInfo fcinfo, const ClvFit *fit, ClvLikelihood likelihood,
		const double (*starts)[CLV_MAX_PARAMETERS], int nstarts)
{
	FitCall		call = {fit, likelihood};
	OptimizeProblem problem = {fit->type->nparameters, {0}, {0}, unlikelihood, &call};
	OptimizeResult result;
	int			i;

	for (i = 0; i < problem.nvariables; i++)
	{
		problem.lower[i] = -LOG_BOUND;
		problem.upper[i] = LOG_BOUND;
	}
	optimize(&problem, starts, nstarts, &result);
	return make_composite(fcinfo, fit, &result);
}

static void
check_frequency(int64 frequency)
{
	if (frequency < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("frequency must not be negative: " INT64_FORMAT, frequency)));
}

static void
check_history(const ClvHistory *history)
{
	if (likely(history->frequency >= 0 && history->recency >= 0 && history->recency <= history->age &&
			   !isinf(history->age) && (history->frequency > 0 || history->recency == 0)))
		return;
	check_frequency(history->frequency);
	if (!(history->age >= 0) || isinf(history->age))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("age must be finite and not negative: %s", float8out_internal(history->age))));
	if (!(history->recency >= 0 && history->recency <= history->age))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("recency must be between 0 and the age: %s", float8out_internal(history->recency)),
				 errdetail("The age is %s.", float8out_internal(history->age)),
				 errhint("Recency is the time from a customer's first order to the last, age that from the first order to now.")));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("recency must be 0 where frequency is 0: %s", float8out_internal(history->recency)),
			 errhint("Frequency is the number of orders after the first.")));
}

/*
 * frequency, recency, age from an argument on; none of them NULL.
 */
ClvHistory
clv_history_argument(FunctionCallInfo fcinfo, int argno)
{
	ClvHistory	history = {PG_GETARG_INT64(argno), PG_GETARG_FLOAT8(argno + 1), PG_GETARG_FLOAT8(argno + 2)};

	check_history(&history);
	return history;
}

/*
 * clv_history_accum(internal, bigint, double precision, double precision) -> internal
 *
 * The list that is made of it is sorted by frequency.
 */
Datum
clv_history_accum(PG_FUNCTION_ARGS)
{
	HistoryState *state = histories_state(fcinfo);

	if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2) && !PG_ARGISNULL(3))
	{
		ClvHistory	history = clv_history_argument(fcinfo, 1);
		History		row = {history.frequency, history.recency, history.age};

		histories_add(state, &row);
	}
	PG_RETURN_POINTER(state);
}

/*
 * The mean time between orders, in which a fit measures time: any positive number would do.
 */
double
clv_time_between_orders(const HistoryList *list)
{
	double		ages = 0.0;
	double		orders = 0.0;
	double		time;
	uint64		i;

	for (i = 0; i < list->nrows; i++)
	{
		double		share = (double) list->rows[i].weight / list->customers;

		ages += share * list->rows[i].history.second;
		orders += share * list->rows[i].history.count;
	}
	time = orders > 0 ? ages / orders : ages;
	return time > 0 && !isinf(time) ? time : 1.0;
}

/*
 * Is a model, the frequency or the mean value missing?  A customer without further orders has no mean value.
 */
bool
clv_spending_is_null(FunctionCallInfo fcinfo, int frequency_argno, int mean_value_argno)
{
	return PG_ARGISNULL(0) || PG_ARGISNULL(frequency_argno) ||
		(PG_ARGISNULL(mean_value_argno) && PG_GETARG_INT64(frequency_argno) > 0);
}

void
clv_check_spending(int64 frequency, double mean_value)
{
	check_frequency(frequency);
	if (frequency > 0 && (!(mean_value > 0) || isinf(mean_value)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("mean value must be positive and finite where frequency is above 0: %s",
						float8out_internal(mean_value))));
}

/*
 * A time from now.
 */
void
clv_check_horizon(double horizon)
{
	if (!(horizon >= 0) || isinf(horizon))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("horizon must be finite and not negative: %s", float8out_internal(horizon))));
}

/*
 * A rate for one unit of time.
 */
void
clv_check_discount(double discount)
{
	if (!(discount >= 0) || isinf(discount))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("discount must be finite and not negative: %s", float8out_internal(discount)),
				 errhint("It is the rate for one unit of the model's time or one renewal: with weeks, 15 %% a year are power(1.15, 1 / 52.0) - 1.")));
}

/*
 * The mean value of an order of a customer whose "frequency" orders had that mean value.
 *
 *		p (gamma + x m) / (p x + q - 1)
 *
 * A population with q <= 1 has no mean, nor has a customer who has not ordered enough to make up for it.
 */
double
clv_expected_value(const GammaGamma *model, int64 frequency, double mean_value)
{
	double		orders = frequency;
	double		spent = frequency > 0 ? orders * mean_value : 0.0;
	double		divisor = model->p * orders + model->q - 1.0;

	if (divisor <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the expected value of an order is infinite for q = %s and frequency " INT64_FORMAT,
						float8out_internal(model->q), frequency),
				 errdetail("A gamma_gamma_model has a mean only where p * frequency + q is above 1.")));
	return clv_finite(model->p * (model->gamma + spent) / divisor);
}

/*
 * The arguments of clv(model, gamma_gamma_model, frequency, recency, age, mean_value, horizon, discount), checked;
 * false if the answer is NULL.
 */
bool
clv_deal_arguments(FunctionCallInfo fcinfo, ClvDeal *deal)
{
	const double *parameters;
	GammaGamma	model;
	double		mean_value;

	if (clv_spending_is_null(fcinfo, 2, 5) || PG_ARGISNULL(1) || PG_ARGISNULL(3) || PG_ARGISNULL(4) ||
		PG_ARGISNULL(6) || PG_ARGISNULL(7))
		return false;
	deal->history = clv_history_argument(fcinfo, 2);
	mean_value = PG_ARGISNULL(5) ? 0.0 : PG_GETARG_FLOAT8(5);
	clv_check_spending(deal->history.frequency, mean_value);
	deal->horizon = PG_GETARG_FLOAT8(6);
	deal->discount = PG_GETARG_FLOAT8(7);
	clv_check_discount(deal->discount);
	if (deal->discount == 0 || !(deal->horizon > 0))
		clv_check_horizon(deal->horizon);
	parameters = clv_parameters(fcinfo, 1, &gamma_gamma_type);
	model.p = parameters[0];
	model.q = parameters[1];
	model.gamma = parameters[2];
	deal->value = clv_expected_value(&model, deal->history.frequency, mean_value);
	return true;
}

/* What discounted_rate needs. */
typedef struct Discounting
{
	ClvOrders	orders;
	const void *arg;
	double		scale;
	double		rate;
} Discounting;

static double
discounted_rate(double y, const void *arg)
{
	const Discounting *d = arg;
	double		time = d->scale * expm1(y);

	CHECK_FOR_INTERRUPTS();
	return log(d->rate) - d->rate * time + log(d->orders(time, d->arg)) + log(d->scale) + y;
}

/*
 * The expected number of orders until the horizon, each of them weighted with (1 + discount) ^ -(time from
 * now), from the expected number E(t) of orders without weights until any time t.  Let
 * (1 + discount) ^ -t = exp(-d t):
 *
 *		integral exp(-d t) dE(t)  =  exp(-d horizon) E(horizon)  +  d integral exp(-d t) E(t) dt
 *
 * The second integral runs over log(1 + t / scale), where E is smooth if it is a function of t / scale or
 * nearly so.
 */
double
clv_discounted_orders(ClvOrders orders, const void *arg, double scale, const ClvDeal *deal)
{
	Discounting d = {orders, arg, scale, log1p(deal->discount)};
	double		discounted;

	if (d.rate == 0 || deal->horizon == 0)
		return orders(deal->horizon, arg);
	discounted = exp(log_integral(discounted_rate, &d, 0.0, log1p(deal->horizon / scale), 1.0));
	if (!isinf(deal->horizon))
		discounted += exp(-d.rate * deal->horizon) * orders(deal->horizon, arg);
	return discounted;
}

/*
 * 1 / (1 + exp(y)), also where the exponential is out of range and the chance is not.
 */
double
clv_chance_of_odds(double log_odds_against)
{
	return log_odds_against > 600 ? exp(-log_odds_against) : 1.0 / (1.0 + exp(log_odds_against));
}

double
clv_finite(double value)
{
	if (unlikely(!isfinite(value)))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("result is out of range")));
	return value;
}
