/*
 * models/sbg.c
 *		Contracts that are renewed or not: the shifted beta-geometric model; sbg_fit and what the model
 *		predicts.
 *
 * Fader and Hardie (2007), "How to Project Customer Retention"; (2010), "Customer-Base Valuation in a
 * Contractual Setting".  At each renewal a customer churns with a probability that differs between customers
 * by a beta distribution (alpha, beta).  The share of a cohort that survives t renewals:
 *
 *		S(t) = B(alpha, beta + t) / B(alpha, beta)		S(t) / S(t - 1) = (beta + t - 1) / (alpha + beta + t - 1)
 *
 * The fit takes the number of survivors at the start and after each renewal, from rows in any order: the
 * number of survivors never grows, so that from the greatest to the least they are in the order of time.
 * With n_t of them
 *
 *		log L = sum over t of (n_(t-1) - n_t) log(1 - S(t) / S(t - 1)) + n_t log(S(t) / S(t - 1))
 *
 * The weight of a history here is how often a number of survivors occurs: more than once if nobody churned.
 */
#include "agg/aggstate.h"
#include "models/model.h"
#include "models/specfunc.h"

#include <float.h>
#include <math.h>

#include "miscadmin.h"
#include "utils/float.h"

/* From this number of terms on, the integral is cheaper than the series of a residual lifetime. */
#define SERIES_TERMS 300

typedef struct Sbg
{
	double		alpha;
	double		beta;
} Sbg;

static const ModelType sbg_type = {"sbg_model", 2, {{"alpha"}, {"beta"}}};

static const double starts[][MODEL_MAX_PARAMETERS] = {{0.0, 0.0}, {-1.0, 1.0}, {2.0, 4.0}, {-3.0, -3.0}};

PG_FUNCTION_INFO_V1(sbg_accum);
PG_FUNCTION_INFO_V1(sbg_fit_final);
PG_FUNCTION_INFO_V1(sbg_survival);
PG_FUNCTION_INFO_V1(sbg_retention_rate);
PG_FUNCTION_INFO_V1(sbg_residual_lifetime);

/*
 * sbg_accum(internal, bigint) -> internal
 *
 * The list of histories is sorted, so that the greatest number is the last.
 */
Datum
sbg_accum(PG_FUNCTION_ARGS)
{
	HistoryState *state = histories_state(fcinfo);

	if (!PG_ARGISNULL(1))
	{
		History		history = {PG_GETARG_INT64(1), 0.0, 0.0};

		if (history.count < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("survivors must not be negative: " INT64_FORMAT, history.count)));
		histories_add(state, &history);
	}
	PG_RETURN_POINTER(state);
}

/*
 * The likelihood of a renewal that "survived" of "before" customers made; adds its derivatives to the
 * gradient.
 */
static inline double
likelihood_of_renewal(const Sbg *model, double renewal, double before, double survived, double *gradient)
{
	double		survive = model->beta + renewal - 1.0;
	double		all = model->alpha + survive;

	gradient[0] += (before - survived) / model->alpha - before / all;
	gradient[1] += survived / survive - before / all;
	return (before - survived) * log(model->alpha / all) + survived * log(survive / all);
}

static double
likelihood(const ModelFit *fit, const double *parameters, double *gradient)
{
	const HistoryList *list = &fit->list;
	Sbg			model = {parameters[0], parameters[1]};
	double		before = list->rows[list->nrows - 1].history.count;
	double		renewal = 0.0;
	double		sum = 0.0;
	uint64		i;
	int64		k;

	memset(gradient, 0, sizeof(double) * MODEL_MAX_PARAMETERS);
	for (i = list->nrows; i > 0 && before > 0; i--)
	{
		double		survived = list->rows[i - 1].history.count;

		for (k = 0; k < list->rows[i - 1].weight && before > 0; k++)
		{
			if (k % 65536 == 0)
				CHECK_FOR_INTERRUPTS();
			if (renewal > 0)
				sum += likelihood_of_renewal(&model, renewal, before, survived, gradient);
			renewal += 1.0;
			before = survived;
		}
	}
	return sum;
}

/*
 * NULL without a renewal, or without customers.
 */
Datum
sbg_fit_final(PG_FUNCTION_ARGS)
{
	ModelFit	fit = {&sbg_type, likelihood, NULL, starts, lengthof(starts)};
	HistoryList *list = &fit.list;

	if (!histories_list(STATE_OR_NULL(HistoryState, 0), list) || list->customers < 2 ||
		list->rows[list->nrows - 1].history.count == 0)
		PG_RETURN_NULL();
	list->customers = list->rows[list->nrows - 1].history.count;
	return model_fit(fcinfo, &fit);
}

static Sbg
model_argument(FunctionCallInfo fcinfo)
{
	const double *parameters = model_parameters(fcinfo, 0, &sbg_type);
	Sbg			model = {parameters[0], parameters[1]};

	return model;
}

static double
renewals_argument(FunctionCallInfo fcinfo, int64 least)
{
	int64		renewals = PG_GETARG_INT64(1);

	if (renewals < least)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("renewals must be at least " INT64_FORMAT ": " INT64_FORMAT, least, renewals)));
	return renewals;
}

/*
 * sbg_survival(sbg_model, bigint) -> double precision
 */
Datum
sbg_survival(PG_FUNCTION_ARGS)
{
	double		renewals = renewals_argument(fcinfo, 0);
	Sbg			model = model_argument(fcinfo);

	PG_RETURN_FLOAT8(Min(exp(log_beta_ratio(model.alpha, model.beta, renewals)), 1.0));
}

/*
 * sbg_retention_rate(sbg_model, bigint) -> double precision
 */
Datum
sbg_retention_rate(PG_FUNCTION_ARGS)
{
	double		renewals = renewals_argument(fcinfo, 1);
	Sbg			model = model_argument(fcinfo);
	double		survive = model.beta + renewals - 1.0;

	PG_RETURN_FLOAT8(survive / (model.alpha + survive));
}

/* What residual_mixture needs. */
typedef struct Mixture
{
	double		alpha;
	double		beta;
	double		log_discount;
} Mixture;

/*
 * The logarithm of (1 - p) / (discount + p) times the density of Beta(alpha, beta) at p, but for its
 * constant; y is the log-odds of the probability p to churn.
 */
static double
residual_mixture(double y, const void *arg)
{
	const Mixture *mixture = arg;
	double		log_p;
	double		log_q;

	log_probabilities(y, &log_p, &log_q);
	return mixture->alpha * log_p + (mixture->beta + 1.0) * log_q - log_add(log_p, mixture->log_discount);
}

/*
 * The sum over i >= 1 of S(n + i) / S(n) (1 + d)^-(i - 1), term by term; false if it takes too many.
 */
static bool
residual_by_terms(double alpha, double beta, double discount, double *sum)
{
	double		z = 1.0 / (1.0 + discount);
	double		term = beta / (alpha + beta);
	int			i;

	*sum = term;
	for (i = 1; term > DBL_EPSILON * (1.0 - z) * *sum; i++)
	{
		if (i == SERIES_TERMS)
			return false;
		term *= z * (beta + i) / (alpha + beta + i);
		*sum += term;
	}
	return true;
}

/*
 * The mean number of further renewals.
 */
static double
undiscounted_lifetime(double alpha, double beta)
{
	if (alpha <= 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the expected lifetime is infinite for alpha = %s and no discount",
						float8out_internal(alpha)),
				 errdetail("Without a discount an sbg_model has an expected lifetime only where alpha is above 1.")));
	return beta / (alpha - 1.0);
}

/*
 * sbg_residual_lifetime(sbg_model, bigint, double precision) -> double precision
 *
 * A customer who has renewed n times churns with a probability of Beta(alpha, beta + n).
 */
Datum
sbg_residual_lifetime(PG_FUNCTION_ARGS)
{
	double		renewals = renewals_argument(fcinfo, 0);
	double		discount = PG_GETARG_FLOAT8(2);
	Sbg			model = model_argument(fcinfo);
	double		alpha = model.alpha;
	double		beta = model.beta + renewals;
	double		sum;

	model_check_discount(discount);
	if (discount == 0)
		sum = undiscounted_lifetime(alpha, beta);
	else if (!residual_by_terms(alpha, beta, discount, &sum))
	{
		Mixture		mixture = {alpha, beta, log(discount)};

		sum = (1.0 + discount) *
			exp(log_integral_around(residual_mixture, &mixture, log(alpha) - log(beta)) - log_beta(alpha, beta));
	}
	PG_RETURN_FLOAT8(model_finite(sum));
}
