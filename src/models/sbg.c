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
 * The fit takes the survivors of any number of cohorts (models/survivors.c).  Of the customers who were there
 * at the age t, and next looked for at the age u, nearly always t + 1, each stayed with the probability S(u)
 * / S(t):
 *
 *		log L = sum over spans (t, u) of stayed log(S(u) / S(t)) + left log(1 - S(u) / S(t))
 *
 * All cohorts have the same alpha and beta.
 */
#include "agg/aggstate.h"
#include "models/model.h"
#include "models/specfunc.h"
#include "models/survivors.h"

#include <float.h>
#include <math.h>

#include "miscadmin.h"
#include "utils/float.h"

/* From this number of terms on, the integral is cheaper than the series of a residual lifetime. */
#define SERIES_TERMS 300

/* Up to this number of terms, the probability to stay is computed from each renewal. */
#define STAYING_TERMS 64

typedef struct Sbg
{
	double		alpha;
	double		beta;
} Sbg;

static const ModelType sbg_type = {"sbg_model", 2, {{"alpha"}, {"beta"}}};

static const double starts[][MODEL_MAX_PARAMETERS] = {{0.0, 0.0}, {-1.0, 1.0}, {2.0, 4.0}, {-3.0, -3.0}};

PG_FUNCTION_INFO_V1(sbg_fit_final);
PG_FUNCTION_INFO_V1(sbg_survival);
PG_FUNCTION_INFO_V1(sbg_retention_rate);
PG_FUNCTION_INFO_V1(sbg_residual_lifetime);

/*
 * The likelihood of a renewal by customers of one age; adds its derivatives to the gradient.
 */
static inline double
likelihood_of_renewal(const Sbg *model, double age, double stayed, double left, double *gradient)
{
	double		stay = model->beta + age;
	double		all = model->alpha + stay;

	gradient[0] += left / model->alpha - (stayed + left) / all;
	gradient[1] += stayed / stay - (stayed + left) / all;
	return left * log(model->alpha / all) + stayed * log(stay / all);
}

/* The logarithm of the probability to stay for some renewals, and its derivatives. */
typedef struct Staying
{
	double		log_stay;
	double		by_alpha;
	double		by_beta;
} Staying;

/*
 * Term by term if there are few: where hardly anybody leaves, the differences of special functions cancel.
 */
static Staying
staying(const Sbg *model, double age, double renewals)
{
	double		stay = model->beta + age;
	double		all = model->alpha + stay;
	Staying		staying = {0.0, 0.0, 0.0};
	double		k;

	if (renewals > STAYING_TERMS)
	{
		staying.log_stay = log_beta_ratio(model->alpha, stay, renewals);
		staying.by_alpha = -digamma_difference(all, renewals);
		staying.by_beta = digamma_difference(stay, renewals) + staying.by_alpha;
		return staying;
	}
	for (k = 0.0; k < renewals; k += 1.0)
	{
		staying.log_stay += log1p(-model->alpha / (all + k));
		staying.by_alpha -= 1.0 / (all + k);
		staying.by_beta += model->alpha / ((stay + k) * (all + k));
	}
	return staying;
}

/*
 * The same for several renewals, where nobody was counted between.
 */
static double
likelihood_of_renewals(const Sbg *model, double age, double renewals, double stayed, double left, double *gradient)
{
	Staying		chance = staying(model, age, renewals);
	double		slope = stayed;	/* of log L by log_stay */
	double		sum = stayed * chance.log_stay;

	if (left > 0)
	{
		slope -= left / expm1(-chance.log_stay);
		sum += left * log(-expm1(chance.log_stay));
	}
	gradient[0] += slope * chance.by_alpha;
	gradient[1] += slope * chance.by_beta;
	return sum;
}

static double
likelihood(const ModelFit *fit, const double *parameters, double *gradient)
{
	const RenewalSpans *list = fit->arg;
	Sbg			model = {parameters[0], parameters[1]};
	double		sum = 0.0;
	uint64		i;

	memset(gradient, 0, sizeof(double) * MODEL_MAX_PARAMETERS);
	for (i = 0; i < list->nspans; i++)
	{
		const RenewalSpan *span = &list->spans[i];

		if (i % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		if (span->to - span->from == 1)
			sum += likelihood_of_renewal(&model, span->from, span->stayed, span->left, gradient);
		else
			sum += likelihood_of_renewals(&model, span->from, span->to - span->from, span->stayed, span->left,
										  gradient);
	}
	return sum;
}

/*
 * NULL without customers.
 */
Datum
sbg_fit_final(PG_FUNCTION_ARGS)
{
	RenewalSpans spans;
	ModelFit	fit = {&sbg_type, likelihood, &spans, starts, lengthof(starts)};

	aggstate_refuse_distinct(fcinfo);
	spans = survivors_spans(STATE_OR_NULL(SurvivorsState, 0));
	if (spans.customers == 0)
		PG_RETURN_NULL();
	fit.list.customers = spans.customers;
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
