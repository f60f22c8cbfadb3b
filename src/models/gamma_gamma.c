/*
 * models/gamma_gamma.c
 *		The value of orders: gamma_gamma_fit and what its model predicts.
 *
 * The model of Fader and Hardie (2013), "The Gamma-Gamma Model of Monetary Value": a customer's orders have
 * values with a gamma distribution of shape p, whose rate differs between customers by another one of shape q
 * and rate gamma. With x orders after the first, of mean value m:
 *
 *		log L = log Gamma(p x + q) - log Gamma(p x) - log Gamma(q)
 *				+ q log(gamma / (gamma + x m)) + p x log(x m / (gamma + x m)) - log m
 *
 * A first order counts for nothing here, as in all of these models: it made the customer one.
 */
#include "agg/aggstate.h"
#include "models/model.h"

#include <math.h>

#include "miscadmin.h"

PG_FUNCTION_INFO_V1(gamma_gamma_accum);
PG_FUNCTION_INFO_V1(gamma_gamma_fit_final);
PG_FUNCTION_INFO_V1(gamma_gamma_expected_value);
PG_FUNCTION_INFO_V1(gamma_gamma_log_likelihood);

/* Starting points: p, q, and gamma in units of the mean value. */
static const double starts[][CLV_MAX_PARAMETERS] = {
	{1.4, 1.1, -0.5}, {0.0, 0.7, 0.7}, {3.0, 3.0, 0.0}, {-1.0, 0.2, 1.5}
};

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

		clv_check_spending(history.count, history.first);
		if (history.count > 0)
			histories_add(state, &history);
	}
	PG_RETURN_POINTER(state);
}

/*
 * The part that depends on the number of orders only.
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
 * The part that depends on the values of orders, too.
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
likelihood(const ClvFit *fit, const double *parameters, double *gradient)
{
	const HistoryList *list = fit->list;
	GammaGamma	model = {parameters[0], parameters[1], parameters[2]};
	double		of_orders = 0.0;
	double		slope[2] = {0.0, 0.0};
	double		sum = 0.0;
	uint64		i;

	memset(gradient, 0, sizeof(double) * CLV_MAX_PARAMETERS);
	for (i = 0; i < list->nrows; i++)
	{
		const WeightedHistory *row = &list->rows[i];
		double		weight = row->weight;
		double		part[3];

		if (i == 0 || row->history.count != row[-1].history.count)
		{
			CHECK_FOR_INTERRUPTS();
			of_orders = likelihood_of_orders(&model, row->history.count, slope);
		}
		sum += weight * (of_orders + likelihood_of_value(&model, row->history.count, row->history.first, part));
		gradient[0] += weight * (slope[0] + part[0]);
		gradient[1] += weight * (slope[1] + part[1]);
		gradient[2] += weight * part[2];
	}
	return sum;
}

/*
 * The mean of all orders' values, about.
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
	HistoryList list;
	ClvFit		fit = {&gamma_gamma_type, &list, {0.0}};

	if (!histories_list(STATE_OR_NULL(HistoryState, 0), &list))
		PG_RETURN_NULL();
	fit.log_scale[2] = log(mean_value(&list));
	return clv_fit(fcinfo, &fit, likelihood, starts, lengthof(starts));
}

static GammaGamma
model_argument(FunctionCallInfo fcinfo)
{
	const double *parameters = clv_parameters(fcinfo, 0, &gamma_gamma_type);
	GammaGamma	model = {parameters[0], parameters[1], parameters[2]};

	return model;
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

	if (clv_spending_is_null(fcinfo, 1, 2))
		PG_RETURN_NULL();
	frequency = PG_GETARG_INT64(1);
	mean_value = PG_ARGISNULL(2) ? 0.0 : PG_GETARG_FLOAT8(2);
	model = model_argument(fcinfo);
	clv_check_spending(frequency, mean_value);
	PG_RETURN_FLOAT8(clv_expected_value(&model, frequency, mean_value));
}

/*
 * gamma_gamma_log_likelihood(gamma_gamma_model, bigint, double precision) -> double precision
 *
 * A customer without further orders says nothing, whatever the model: log 1.
 */
Datum
gamma_gamma_log_likelihood(PG_FUNCTION_ARGS)
{
	int64		frequency;
	double		gradient[3];
	GammaGamma	model;

	if (clv_spending_is_null(fcinfo, 1, 2))
		PG_RETURN_NULL();
	frequency = PG_GETARG_INT64(1);
	model = model_argument(fcinfo);
	if (frequency == 0)
		PG_RETURN_FLOAT8(0.0);
	clv_check_spending(frequency, PG_GETARG_FLOAT8(2));
	PG_RETURN_FLOAT8(clv_finite(likelihood_of_orders(&model, frequency, gradient) +
								likelihood_of_value(&model, frequency, PG_GETARG_FLOAT8(2), gradient)));
}
