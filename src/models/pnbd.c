/*
 * models/pnbd.c
 *		Orders of customers who may leave at any time: the Pareto/NBD model; pnbd_fit and what the model predicts.
 *
 * Schmittlein, Morrison, Colombo (1987); Fader and Hardie (2005), "A Note on Deriving the Pareto/NBD Model".
 * A customer orders at a rate that differs between customers by a gamma distribution (r, alpha), and leaves at
 * another one that differs by a gamma distribution (s, beta).  With x orders after the first, the last at t_x,
 * at the age T:
 *
 *		L = Gamma(r + x) / Gamma(r) * alpha^r beta^s * ((alpha + T)^-(r + x) (beta + T)^-s
 *			+ s integral from t_x to T of (alpha + t)^-(r + x) (beta + t)^-(s + 1) dt)
 *
 * The published form of the integral is a difference of two hypergeometric functions, which overflow or cancel
 * long before x is 400.  It is an integral of a positive function that is smooth over log(t + min(alpha,
 * beta)), so it is summed up: by Gauss's rule, in panels over which the function changes by e^16 at the most,
 * until the rest does not count.  The second term is computed in units of the first:  J, their quotient, is
 * the odds that the customer has left.
 */
#include "agg/aggstate.h"
#include "models/model.h"

#include <math.h>

#include "miscadmin.h"

/* A panel is no longer than this, and its ends differ by no more than that. */
#define PANEL_LENGTH 2.0
#define PANEL_CHANGE 16.0

/* What is smaller than exp(-CUTOFF) of the most does not count. */
#define CUTOFF 45.0

typedef struct Model
{
	double		r;
	double		alpha;
	double		s;
	double		beta;
} Model;

/* The integral J, and the means of what its derivatives need over the function under it. */
typedef struct Left
{
	double		log_odds;		/* log J */
	double		log_alpha;		/* of log((alpha + T) / (alpha + t)) */
	double		log_beta;		/* of log((beta + T) / (beta + t)) */
	double		by_alpha;		/* of 1 / (alpha + t) */
	double		by_beta;		/* of 1 / (beta + t) */
} Left;

/* The function under the integral, over w = log((t + least) / base). */
typedef struct Leaving
{
	double		shape;			/* r + x */
	double		s;
	double		alpha_age;		/* alpha + T */
	double		beta_age;
	double		base;			/* t_x + least */
	double		alpha_more;		/* alpha - least */
	double		beta_more;
} Leaving;

static const ClvModelType pnbd_type = {"pnbd_model", 4, {{"r"}, {"alpha", true}, {"s"}, {"beta", true}}};

/* Starting points: r, alpha in units of the time between orders, s, beta in the same. */
static const double starts[][CLV_MAX_PARAMETERS] = {
	{-0.7, -0.7, -0.7, 0.0}, {0.7, 0.7, 0.0, 1.0}, {-2.0, -2.0, -1.0, -2.0}, {3.0, 3.0, 2.0, 4.0}
};

PG_FUNCTION_INFO_V1(pnbd_fit_final);
PG_FUNCTION_INFO_V1(pnbd_p_alive);
PG_FUNCTION_INFO_V1(pnbd_expected_orders);
PG_FUNCTION_INFO_V1(pnbd_expected_orders_new);
PG_FUNCTION_INFO_V1(pnbd_log_likelihood);
PG_FUNCTION_INFO_V1(pnbd_clv);

/* The function under the integral, and what it is made of, at one point. */
typedef struct Moment
{
	double		alpha_time;		/* alpha + t */
	double		beta_time;
	double		log_alpha;		/* log((alpha + T) / (alpha + t)) */
	double		log_beta;
	double		log_value;
} Moment;

static inline Moment
moment_at(const Leaving *leaving, double w)
{
	double		time = leaving->base * exp(w);
	Moment		moment;

	moment.alpha_time = time + leaving->alpha_more;
	moment.beta_time = time + leaving->beta_more;
	moment.log_alpha = log(leaving->alpha_age / moment.alpha_time);
	moment.log_beta = log(leaving->beta_age / moment.beta_time);
	moment.log_value = leaving->shape * moment.log_alpha + (leaving->s + 1.0) * moment.log_beta + w;
	return moment;
}

/*
 * Adds a panel to the sums; values are in units of exp(unit).
 */
static void
add_panel(const Leaving *leaving, double from, double to, double unit, double *odds, Left *sums)
{
	double		center = 0.5 * (from + to);
	double		half = 0.5 * (to - from);
	int			i;

	for (i = 0; i < 2 * RULE_HALF; i++)
	{
		Moment		moment = moment_at(leaving, center + (i % 2 ? half : -half) * rule_nodes[i / 2]);
		double		part = rule_weights[i / 2] * half * exp(moment.log_value - unit);

		*odds += part;
		sums->log_alpha += part * moment.log_alpha;
		sums->log_beta += part * moment.log_beta;
		sums->by_alpha += part / moment.alpha_time;
		sums->by_beta += part / moment.beta_time;
	}
}

/*
 * The odds that a customer has left; log_odds is minus infinity where they ordered at their age.
 */
static Left
find_left(const Model *model, const ClvHistory *history)
{
	double		least = Min(model->alpha, model->beta);
	Leaving		leaving = {model->r + history->frequency, model->s,
		model->alpha + history->age, model->beta + history->age, history->recency + least,
		model->alpha - least, model->beta - least};
	double		length = log1p((history->age - history->recency) / leaving.base);
	double		unit = moment_at(&leaving, 0.0).log_value;
	double		most = unit;
	double		log_value = unit;
	double		odds = 0.0;
	double		from = 0.0;
	Left		sums = {-INFINITY};

	while (from < length && log_value > most - CUTOFF)
	{
		double		to = Min(from + PANEL_LENGTH, length);
		double		end = moment_at(&leaving, to).log_value;

		while (fabs(end - log_value) > PANEL_CHANGE && to - from > 1e-12 * length)
		{
			to = 0.5 * (from + to);
			end = moment_at(&leaving, to).log_value;
		}
		add_panel(&leaving, from, to, unit, &odds, &sums);
		from = to;
		log_value = end;
		most = Max(most, end);
	}
	if (odds > 0)
	{
		sums.log_odds = log(odds) + unit + log(leaving.base) - log(leaving.beta_age) + log(model->s);
		sums.log_alpha /= odds;
		sums.log_beta /= odds;
		sums.by_alpha /= odds;
		sums.by_beta /= odds;
	}
	return sums;
}

/*
 * The part of log L that depends on the number of orders only.
 */
static double
likelihood_of_orders(const Model *model, double orders, double *slope)
{
	*slope = digamma_rise(model->r, orders);
	return log_gamma_rise(model->r, orders);
}

/*
 * The part that depends on the times, too.
 */
static double
likelihood_of_times(const Model *model, const ClvHistory *history, double *gradient)
{
	double		orders = history->frequency;
	double		alpha_age = model->alpha + history->age;
	double		beta_age = model->beta + history->age;
	double		log_alpha = -log1p(history->age / model->alpha);
	double		log_beta = -log1p(history->age / model->beta);
	Left		left = find_left(model, history);
	double		gone = 1.0 - clv_chance_of_odds(left.log_odds);

	gradient[0] = log_alpha + gone * left.log_alpha;
	gradient[1] = model->r / model->alpha - (model->r + orders) * ((1.0 - gone) / alpha_age + gone * left.by_alpha);
	gradient[2] = log_beta + gone * (left.log_beta + 1.0 / model->s);
	gradient[3] = model->s / model->beta - model->s / beta_age
		+ gone * (model->s / beta_age - (model->s + 1.0) * left.by_beta);
	return model->r * log_alpha - orders * log(alpha_age) + model->s * log_beta + log_add(0.0, left.log_odds);
}

static double
likelihood(const ClvFit *fit, const double *parameters, double *gradient)
{
	const HistoryList *list = fit->list;
	Model		model = {parameters[0], parameters[1], parameters[2], parameters[3]};
	double		of_orders = 0.0;
	double		slope = 0.0;
	double		sum = 0.0;
	uint64		i;
	int			k;

	memset(gradient, 0, sizeof(double) * CLV_MAX_PARAMETERS);
	for (i = 0; i < list->nrows; i++)
	{
		const WeightedHistory *row = &list->rows[i];
		ClvHistory	history = {row->history.count, row->history.first, row->history.second};
		double		weight = row->weight;
		double		part[CLV_MAX_PARAMETERS];

		if (i % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		if (i == 0 || row->history.count != row[-1].history.count)
			of_orders = likelihood_of_orders(&model, history.frequency, &slope);
		sum += weight * (of_orders + likelihood_of_times(&model, &history, part));
		gradient[0] += weight * slope;
		for (k = 0; k < 4; k++)
			gradient[k] += weight * part[k];
	}
	return sum;
}

Datum
pnbd_fit_final(PG_FUNCTION_ARGS)
{
	HistoryList list;
	ClvFit		fit = {&pnbd_type, &list, {0.0}};

	if (!histories_list(STATE_OR_NULL(HistoryState, 0), &list))
		PG_RETURN_NULL();
	fit.log_scale[1] = fit.log_scale[3] = log(clv_time_between_orders(&list));
	return clv_fit(fcinfo, &fit, likelihood, starts, lengthof(starts));
}

static double
chance_alive(const Model *model, const ClvHistory *history)
{
	return clv_chance_of_odds(find_left(model, history).log_odds);
}

/* A customer who is still there: Gamma(shape, alpha_age) and Gamma(s, beta_age). */
typedef struct Alive
{
	double		shape;
	double		alpha_age;
	double		s;
	double		beta_age;
} Alive;

/*
 * Orders expected until some time from now of a customer who is still there:
 *
 *		(r + x) / (alpha + T) * (beta + T) / (s - 1) * (1 - ((beta + T) / (beta + T + t))^(s - 1))
 */
static double
orders_while_alive(double horizon, const void *arg)
{
	const Alive *alive = arg;

	return alive->shape * (alive->beta_age / alive->alpha_age) *
		decay_integral(alive->s - 1.0, log1p(horizon / alive->beta_age));
}

static Alive
still_alive(const Model *model, const ClvHistory *history)
{
	Alive		alive = {model->r + history->frequency, model->alpha + history->age, model->s, model->beta + history->age};

	return alive;
}

static Model
model_argument(FunctionCallInfo fcinfo)
{
	const double *parameters = clv_parameters(fcinfo, 0, &pnbd_type);
	Model		model = {parameters[0], parameters[1], parameters[2], parameters[3]};

	return model;
}

/*
 * pnbd_p_alive(pnbd_model, bigint, double precision, double precision) -> double precision
 */
Datum
pnbd_p_alive(PG_FUNCTION_ARGS)
{
	Model		model = model_argument(fcinfo);
	ClvHistory	history = clv_history_argument(fcinfo, 1);

	PG_RETURN_FLOAT8(chance_alive(&model, &history));
}

static Datum
expected_orders(FunctionCallInfo fcinfo, const ClvHistory *history)
{
	Model		model = model_argument(fcinfo);
	Alive		alive = still_alive(&model, history);
	double		horizon = PG_GETARG_FLOAT8(1);

	clv_check_horizon(horizon);
	PG_RETURN_FLOAT8(clv_finite(chance_alive(&model, history) * orders_while_alive(horizon, &alive)));
}

/*
 * pnbd_expected_orders(pnbd_model, double precision, bigint, double precision, double precision) -> double
 * precision
 */
Datum
pnbd_expected_orders(PG_FUNCTION_ARGS)
{
	ClvHistory	history = clv_history_argument(fcinfo, 2);

	return expected_orders(fcinfo, &history);
}

/*
 * pnbd_expected_orders_new(pnbd_model, double precision) -> double precision
 */
Datum
pnbd_expected_orders_new(PG_FUNCTION_ARGS)
{
	ClvHistory	history = {0, 0.0, 0.0};

	return expected_orders(fcinfo, &history);
}

/*
 * pnbd_log_likelihood(pnbd_model, bigint, double precision, double precision) -> double precision
 */
Datum
pnbd_log_likelihood(PG_FUNCTION_ARGS)
{
	Model		model = model_argument(fcinfo);
	ClvHistory	history = clv_history_argument(fcinfo, 1);
	double		gradient[CLV_MAX_PARAMETERS];

	PG_RETURN_FLOAT8(clv_finite(likelihood_of_orders(&model, history.frequency, gradient) +
								likelihood_of_times(&model, &history, gradient)));
}

/*
 * pnbd_clv(pnbd_model, gamma_gamma_model, bigint, double precision, double precision, double precision mean_value,
 *			double precision horizon, double precision discount) -> double precision
 */
Datum
pnbd_clv(PG_FUNCTION_ARGS)
{
	ClvDeal		deal;
	Model		model;
	Alive		alive;

	if (!clv_deal_arguments(fcinfo, &deal))
		PG_RETURN_NULL();
	model = model_argument(fcinfo);
	alive = still_alive(&model, &deal.history);
	PG_RETURN_FLOAT8(clv_finite(deal.value * chance_alive(&model, &deal.history) *
								clv_discounted_orders(orders_while_alive, &alive, alive.beta_age, &deal)));
}
