/*
 * models/pnbd.c
 *		Orders of customers who may drop out at any time: the Pareto/NBD model; pnbd_fit and what the model
 *		predicts.
 *
 * Schmittlein, Morrison, Colombo (1987); Fader and Hardie (2005), "A Note on Deriving the Pareto/NBD Model".
 * A customer orders at a rate that differs between customers by a gamma distribution (r, alpha), and drops
 * out at another rate, which differs by a gamma distribution (s, beta).  With x orders after the first, the
 * last at t_x, at the age T:
 *
 *		L = Gamma(r + x) / Gamma(r) * alpha^r beta^s * ((alpha + T)^-(r + x) (beta + T)^-s
 *			+ s integral from t_x to T of (alpha + t)^-(r + x) (beta + t)^-(s + 1) dt)
 *
 * The published form of the integral is a difference of two hypergeometric functions, which overflow or
 * cancel long before x is 400.  It is an integral of a positive function that is smooth over log(t +
 * min(alpha, beta)), and so it is computed as such: by Gauss's rule, in panels over which the function
 * changes by at most e^16, until the rest is too small to matter.  The second term is computed in units of
 * the first: their quotient J is the odds that the customer has dropped out.
 */
#include "models/order_model.h"
#include "models/specfunc.h"

#include <math.h>

/* The greatest length of a panel, and the greatest change of the function's logarithm over it. */
#define PANEL_LENGTH 2.0
#define PANEL_CHANGE 16.0

/* What is smaller than exp(-CUTOFF) of the greatest value is left out. */
#define CUTOFF 45.0

/* In the paper's letters. */
typedef struct Pnbd
{
	double		r;
	double		alpha;
	double		s;
	double		beta;
} Pnbd;

/* The integral J, and what its derivatives need: means weighted with the function under it. */
typedef struct Dropout
{
	double		log_odds;		/* log J */
	double		log_alpha;		/* of log((alpha + T) / (alpha + t)) */
	double		log_beta;		/* of log((beta + T) / (beta + t)) */
	double		by_alpha;		/* of 1 / (alpha + t) */
	double		by_beta;		/* of 1 / (beta + t) */
} Dropout;

/* The function under the integral, over w = log((t + least) / base), where least = min(alpha, beta). */
typedef struct Integrand
{
	double		shape;			/* r + x */
	double		s;
	double		alpha_age;		/* alpha + T */
	double		beta_age;
	double		base;			/* t_x + least */
	double		alpha_more;		/* alpha - least */
	double		beta_more;
} Integrand;

/* Its value at one point, and what that is made of. */
typedef struct Moment
{
	double		alpha_time;		/* alpha + t */
	double		beta_time;
	double		log_alpha;		/* log((alpha + T) / (alpha + t)) */
	double		log_beta;
	double		log_value;
} Moment;

/* Starting points: r, alpha in units of the time between orders, s, beta in the same. */
static const double starts[][MODEL_MAX_PARAMETERS] = {
	{-0.7, -0.7, -0.7, 0.0}, {0.7, 0.7, 0.0, 1.0}, {-2.0, -2.0, -1.0, -2.0}, {3.0, 3.0, 2.0, 4.0}
};

PG_FUNCTION_INFO_V1(pnbd_fit_final);
PG_FUNCTION_INFO_V1(pnbd_p_alive);
PG_FUNCTION_INFO_V1(pnbd_expected_orders);
PG_FUNCTION_INFO_V1(pnbd_expected_orders_new);
PG_FUNCTION_INFO_V1(pnbd_log_likelihood);
PG_FUNCTION_INFO_V1(pnbd_clv);

static inline Pnbd
named(const double *parameters)
{
	Pnbd		p = {parameters[0], parameters[1], parameters[2], parameters[3]};

	return p;
}

static inline Moment
moment_at(const Integrand *f, double w)
{
	double		time = f->base * exp(w);
	Moment		moment;

	moment.alpha_time = time + f->alpha_more;
	moment.beta_time = time + f->beta_more;
	moment.log_alpha = log(f->alpha_age / moment.alpha_time);
	moment.log_beta = log(f->beta_age / moment.beta_time);
	moment.log_value = f->shape * moment.log_alpha + (f->s + 1.0) * moment.log_beta + w;
	return moment;
}

/*
 * Adds a panel to the sums; values are in units of exp(unit).
 */
static void
add_panel(const Integrand *f, double from, double to, double unit, double *odds, Dropout *sums)
{
	double		center = 0.5 * (from + to);
	double		half = 0.5 * (to - from);
	int			i;

	for (i = 0; i < 2 * GAUSS_HALF; i++)
	{
		Moment		moment = moment_at(f, center + (i % 2 ? half : -half) * gauss_nodes[i / 2]);
		double		part = gauss_weights[i / 2] * half * exp(moment.log_value - unit);

		*odds += part;
		sums->log_alpha += part * moment.log_alpha;
		sums->log_beta += part * moment.log_beta;
		sums->by_alpha += part / moment.alpha_time;
		sums->by_beta += part / moment.beta_time;
	}
}

/*
 * log_odds is minus infinity for a customer whose last order is of today.
 */
static Dropout
find_dropout(const Pnbd *p, const CustomerHistory *history)
{
	double		least = Min(p->alpha, p->beta);
	Integrand	f = {p->r + history->frequency, p->s, p->alpha + history->age, p->beta + history->age,
		history->recency + least, p->alpha - least, p->beta - least};
	double		length = log1p((history->age - history->recency) / f.base);
	double		unit = moment_at(&f, 0.0).log_value;
	double		most = unit;
	double		log_value = unit;
	double		odds = 0.0;
	double		from = 0.0;
	Dropout		dropout = {-INFINITY};

	while (from < length && log_value > most - CUTOFF)
	{
		double		to = Min(from + PANEL_LENGTH, length);
		double		end = moment_at(&f, to).log_value;

		while (fabs(end - log_value) > PANEL_CHANGE && to - from > 1e-12 * length)
		{
			to = 0.5 * (from + to);
			end = moment_at(&f, to).log_value;
		}
		add_panel(&f, from, to, unit, &odds, &dropout);
		from = to;
		log_value = end;
		most = Max(most, end);
	}
	if (odds > 0)
	{
		dropout.log_odds = log(odds) + unit + log(f.base) - log(f.beta_age) + log(p->s);
		dropout.log_alpha /= odds;
		dropout.log_beta /= odds;
		dropout.by_alpha /= odds;
		dropout.by_beta /= odds;
	}
	return dropout;
}

/*
 * The part of log L that is the same for all customers with as many orders.
 */
static double
likelihood_of_orders(const OrderModel *model, const double *parameters, double orders, double *gradient)
{
	double		r = parameters[0];

	gradient[0] = digamma_difference(r, orders);
	gradient[1] = gradient[2] = gradient[3] = 0.0;
	return log_pochhammer(r, orders);
}

/*
 * The part that depends on the times, too.
 */
static double
likelihood_of_times(const OrderModel *model, const double *parameters, const CustomerHistory *history,
					double *gradient)
{
	Pnbd		p = named(parameters);
	double		orders = history->frequency;
	double		alpha_age = p.alpha + history->age;
	double		beta_age = p.beta + history->age;
	double		log_alpha = -log1p(history->age / p.alpha);
	double		log_beta = -log1p(history->age / p.beta);
	Dropout		dropout = find_dropout(&p, history);
	double		p_alive = logistic(-dropout.log_odds);
	double		p_dropped_out = 1.0 - p_alive;

	gradient[0] = log_alpha + p_dropped_out * dropout.log_alpha;
	gradient[1] = p.r / p.alpha - (p.r + orders) * (p_alive / alpha_age + p_dropped_out * dropout.by_alpha);
	gradient[2] = log_beta + p_dropped_out * (dropout.log_beta + 1.0 / p.s);
	gradient[3] = p.s / p.beta - p.s / beta_age + p_dropped_out * (p.s / beta_age - (p.s + 1.0) * dropout.by_beta);
	return p.r * log_alpha - orders * log(alpha_age) + p.s * log_beta + log_add(0.0, dropout.log_odds);
}

static double
dropout_log_odds(const OrderModel *model, const double *parameters, const CustomerHistory *history)
{
	Pnbd		p = named(parameters);

	return find_dropout(&p, history).log_odds;
}

static AliveCustomer
alive_customer(const OrderModel *model, const double *parameters, const CustomerHistory *history)
{
	Pnbd		p = named(parameters);
	AliveCustomer alive = {
		.shape = p.r + history->frequency,
		.time = p.alpha + history->age,
		.a = p.s,
		.b = p.beta + history->age,
		.time_scale = p.beta + history->age
	};

	return alive;
}

/*
 * (r + x) / (alpha + T) * (beta + T) / (s - 1) * (1 - ((beta + T) / (beta + T + t))^(s - 1))
 */
static double
expected_orders(double horizon, const AliveCustomer *alive)
{
	return alive->shape * (alive->b / alive->time) * decay_integral(alive->a - 1.0, log1p(horizon / alive->b));
}

static const OrderModel pnbd = {
	.type = {"pnbd_model", 4, {{"r"}, {"alpha", true}, {"s"}, {"beta", true}}},
	.starts = starts,
	.nstarts = lengthof(starts),
	.likelihood_of_orders = likelihood_of_orders,
	.likelihood_of_times = likelihood_of_times,
	.dropout_log_odds = dropout_log_odds,
	.alive_customer = alive_customer,
	.expected_orders = expected_orders
};

ORDER_MODEL_FUNCTION(pnbd_fit_final, order_model_fit_final, pnbd)
ORDER_MODEL_FUNCTION(pnbd_p_alive, order_model_p_alive, pnbd)
ORDER_MODEL_FUNCTION(pnbd_expected_orders, order_model_expected_orders, pnbd)
ORDER_MODEL_FUNCTION(pnbd_expected_orders_new, order_model_expected_orders_new, pnbd)
ORDER_MODEL_FUNCTION(pnbd_log_likelihood, order_model_log_likelihood, pnbd)
ORDER_MODEL_FUNCTION(pnbd_clv, order_model_clv, pnbd)
