/*
 * models/gamma_gamma.c
 *		The value of orders: gamma_gamma_fit and what its model predicts.
 *
 * Fader and Hardie (2013), "The Gamma-Gamma Model of Monetary Value": the values of a customer's orders have
 * a gamma distribution of shape p, whose rate differs between customers by a gamma distribution of shape q
 * and rate gamma.  With x orders after the first, of the mean value m:
 *
 *		log L = log Gamma(p x + q) - log Gamma(p x) - log Gamma(q)
 *				+ q log(gamma / (gamma + x m)) + p x log(x m / (gamma + x m)) - log m
 *
 * The first order does not count, as in all of these models: without it there would be no customer.
 */
#include "models/gamma_gamma.h"

#include "agg/aggstate.h"
#include "models/model.h"
#include "models/specfunc.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/float.h"

PG_FUNCTION_INFO_V1(gamma_gamma_accum);
PG_FUNCTION_INFO_V1(gamma_gamma_fit_final);
PG_FUNCTION_INFO_V1(gamma_gamma_expected_value);
PG_FUNCTION_INFO_V1(gamma_gamma_log_likelihood);

static const ModelType gamma_gamma_type = {"gamma_gamma_model", 3, {{"p"}, {"q"}, {"gamma", true}}};

/* Starting points: p, q, and gamma in units of the mean value. */
static const double starts[][MODEL_MAX_PARAMETERS] = {
	{1.4, 1.1, -0.5}, {0.0, 0.7, 0.7}, {3.0, 3.0, 0.0}, {-1.0, 0.2, 1.5}
};

/*
 * Is the model in the first argument, the frequency or the mean value missing?  A customer without further
 * orders has no mean value.
 */
bool
gamma_gamma_spending_is_null(FunctionCallInfo fcinfo, int frequency_argno, int mean_value_argno)
{
	return PG_ARGISNULL(0) || PG_ARGISNULL(frequency_argno) ||
		(PG_ARGISNULL(mean_value_argno) && PG_GETARG_INT64(frequency_argno) > 0);
}

static void
check_spending(int64 frequency, double mean_value, const char *hint)
{
	model_check_frequency(frequency);
	if (frequency > 0 && (!(mean_value > 0) || isinf(mean_value)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("mean_value must be positive and finite where frequency is above 0: %s",
						float8out_internal(mean_value)),
				 errdetail("The Gamma-Gamma model knows no refunds and no orders without a value."),
				 errhint("%s", hint)));
}

/*
 * A customer of whom something is to be predicted.
 */
void
gamma_gamma_check_customer(int64 frequency, double mean_value)
{
	check_spending(frequency, mean_value,
				   "Predict nothing for such a customer: WHERE frequency = 0 OR mean_value > 0, or the same in a CASE.");
}

/*
 * gamma_gamma_accum(internal, bigint, double precision) -> internal
 */
Datum
gamma_gamma_accum(PG_FUNCTION_ARGS)
{
	HistoryState *state = histories_state(fcinfo);

	if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2))
	{
		History		history = {PG_GETARG_INT64(1), PG_GETARG_FLOAT8(2), 0.0};

		check_spending(history.count, history.first, "Leave such customers out: FILTER (WHERE mean_value > 0).");
		if (history.count > 0)
			histories_add(state, &history);
	}
	PG_RETURN_POINTER(state);
}

/*
 * The part of log L that is the same for all customers with as many orders.
 */
static double
likelihood_of_orders(const GammaGamma *model, double orders, double *gradient)
{
	double		shape = model->p * orders;
	double		all = digamma(shape + model->q);

	gradient[0] = orders * (all - digamma(shape));
	gradient[1] = all - digamma(model->q);
	return -log_beta(shape, model->q);
}

/*
 * The part that depends on the mean value, too.
 */
static inline double
likelihood_of_value(const GammaGamma *model, double orders, double mean_value, double *gradient)
{
	double		spent = orders * mean_value;
	double		log_rest = -log1p(spent / model->gamma);	/* gamma / (gamma + spent) */
	double		log_share = -log1p(model->gamma / spent);	/* spent / (gamma + spent) */

	gradient[0] = orders * log_share;
	gradient[1] = log_rest;
	gradient[2] = (model->q * spent / model->gamma - model->p * orders) / (model->gamma + spent);
	return model->q * log_rest + model->p * orders * log_share - log(mean_value);
}

static double
likelihood(const ModelFit *fit, const double *parameters, double *gradient)
{
	GammaGamma	model = {parameters[0], parameters[1], parameters[2]};
	double		of_orders = 0.0;
	double		by_orders[2] = {0.0, 0.0};
	double		sum = 0.0;
	uint64		i;

	memset(gradient, 0, sizeof(double) * MODEL_MAX_PARAMETERS);
	for (i = 0; i < fit->list.nrows; i++)
	{
		const WeightedHistory *row = &fit->list.rows[i];
		double		weight = row->weight;
		double		by_value[3];

		if (i == 0 || row->history.count != row[-1].history.count)
		{
			CHECK_FOR_INTERRUPTS();
			of_orders = likelihood_of_orders(&model, row->history.count, by_orders);
		}
		sum += weight * (of_orders +
						 likelihood_of_value(&model, row->history.count, row->history.first, by_value));
		gradient[0] += weight * (by_orders[0] + by_value[0]);
		gradient[1] += weight * (by_orders[1] + by_value[1]);
		gradient[2] += weight * by_value[2];
	}
	return sum;
}

/*
 * The mean of customers' mean values: the order of magnitude of gamma.
 */
static double
mean_value(const HistoryList *list)
{
	double		mean = 0.0;
	uint64		i;

	for (i = 0; i < list->nrows; i++)
		mean += list->rows[i].history.first * ((double) list->rows[i].weight / list->customers);
	return mean;
}

Datum
gamma_gamma_fit_final(PG_FUNCTION_ARGS)
{
	ModelFit	fit = {&gamma_gamma_type, likelihood, NULL, starts, lengthof(starts)};

	aggstate_refuse_distinct(fcinfo);
	if (!histories_list(STATE_OR_NULL(HistoryState, 0), &fit.list))
		PG_RETURN_NULL();
	fit.log_scale[2] = log(mean_value(&fit.list));
	return model_fit(fcinfo, &fit);
}

GammaGamma
gamma_gamma_argument(FunctionCallInfo fcinfo, int argno)
{
	const double *parameters = model_parameters(fcinfo, argno, &gamma_gamma_type);
	GammaGamma	model = {parameters[0], parameters[1], parameters[2]};

	return model;
}

/*
 * The mean value of a customer's orders, after "frequency" of them with that mean value:
 *
 *		p (gamma + x m) / (p x + q - 1)
 *
 * Where q <= 1 the population has no mean, nor has a customer with too few orders to make up for it.
 */
double
gamma_gamma_order_value(const GammaGamma *model, int64 frequency, double mean_value)
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
	return model_finite(model->p * (model->gamma + spent) / divisor);
}

/*
 * gamma_gamma_expected_value(gamma_gamma_model, bigint, double precision) -> double precision
 */
Datum
gamma_gamma_expected_value(PG_FUNCTION_ARGS)
{
	int64		frequency;
	double		mean_value;
	GammaGamma	model;

	if (gamma_gamma_spending_is_null(fcinfo, 1, 2))
		PG_RETURN_NULL();
	frequency = PG_GETARG_INT64(1);
	mean_value = PG_ARGISNULL(2) ? 0.0 : PG_GETARG_FLOAT8(2);
	model = gamma_gamma_argument(fcinfo, 0);
	gamma_gamma_check_customer(frequency, mean_value);
	PG_RETURN_FLOAT8(gamma_gamma_order_value(&model, frequency, mean_value));
}

/*
 * gamma_gamma_log_likelihood(gamma_gamma_model, bigint, double precision) -> double precision
 *
 * A customer without further orders is as likely under one model as under any other: log 1.
 */
Datum
gamma_gamma_log_likelihood(PG_FUNCTION_ARGS)
{
	int64		frequency;
	double		gradient[3];
	GammaGamma	model;

	if (gamma_gamma_spending_is_null(fcinfo, 1, 2))
		PG_RETURN_NULL();
	frequency = PG_GETARG_INT64(1);
	model = gamma_gamma_argument(fcinfo, 0);
	if (frequency == 0)
		PG_RETURN_FLOAT8(0.0);
	gamma_gamma_check_customer(frequency, PG_GETARG_FLOAT8(2));
	PG_RETURN_FLOAT8(model_finite(likelihood_of_orders(&model, frequency, gradient) +
								likelihood_of_value(&model, frequency, PG_GETARG_FLOAT8(2), gradient)));
}
