/*
 * models/bgnbd.c
 *		Orders of customers who drop out after an order: the BG/NBD model, and the MBG/NBD model, in which
 *		they may drop out after the first one, too: bgnbd_fit, mbgnbd_fit, and what the models predict.
 *
 * Fader, Hardie, Lee (2005), "Counting Your Customers the Easy Way"; Batislam, Denizel, Filiztekin (2007).  A
 * customer orders at a rate that differs between customers by a gamma distribution (r, alpha), and after each
 * order drops out for good with a probability that differs by a beta distribution (a, b).  With x orders
 * after the first, the last at t_x, at the age T:
 *
 *		L = Gamma(r + x) / Gamma(r) * alpha^r * B(a, b + k) / B(a, b)
 *			* ((alpha + T)^-(r + x) + a / (b + k - 1) * (alpha + t_x)^-(r + x))
 *
 * where k is the number of orders after which the customer could have dropped out: x, or x + 1 in MBG/NBD.
 * The first term of the last factor is that of a customer who is alive; the second, of one who dropped out
 * with the last order, is missing where k = 0.  This k is all in which the two models differ, so that one set
 * of functions does for both.
 *
 * A customer who is alive has the rate Gamma(R = r + x, beta = alpha + T) and the probability
 * Beta(a, b' = b + k).  The number of orders then expected until the time t is, with u = t / beta and
 * z = u / (1 + u),
 *
 *		E = c Q - (1 - z)^(a - 1) K		c = a + b' - 1,  Q = (1 - (1 - z)^(a - 1)) / (a - 1)			(1)
 *										K = sum over i >= 1 of (a)_(i-1) (c - R)_i / ((c + 1)_(i-1) i!) z^i
 *		  = sum over n of NB(n) g_n		NB(n) = (1 - z)^R (R)_n / n! z^n								(2)
 *										g_n = sum over j < n of (b')_j / (a + b')_j
 *		  = E over p of (1 - (1 + p u)^-R) / p															(3)
 *
 * (1) is the published formula after Euler's transformation, written so that a = 1 and c = 0 are no special
 * cases; its series is short for customers with many orders, and for most with few.  (2) counts the orders
 * that there would be without dropout, n of them, of which g_n come before the customer drops out; its terms
 * are positive, where (1) can cancel.  (3) is an integral, which always works and takes longest.  Each is
 * used where the one before fails.
 */
#include "models/order_model.h"
#include "models/specfunc.h"

#include <float.h>
#include <math.h>

/* The least part of its terms that the difference (1) may be, and the most terms of a series. */
#define CANCELLATION 1e-4
#define EULER_TERMS 400
#define COUNT_TERMS 2000

/* exp of this is still a normal number. */
#define LOG_SMALLEST (-680.0)

/* In the papers' letters. */
typedef struct Bgnbd
{
	double		r;
	double		alpha;
	double		a;
	double		b;
} Bgnbd;

/* Starting points: r, alpha in units of the time between orders, a, b. */
static const double starts[][MODEL_MAX_PARAMETERS] = {
	{-0.7, -0.7, -0.7, 0.7}, {0.7, 0.7, 0.0, 0.0}, {-2.0, -2.0, -2.0, 0.0}, {3.0, 3.0, 1.0, 3.0}
};

static const OrderModel mbgnbd;

PG_FUNCTION_INFO_V1(bgnbd_fit_final);
PG_FUNCTION_INFO_V1(bgnbd_p_alive);
PG_FUNCTION_INFO_V1(bgnbd_expected_orders);
PG_FUNCTION_INFO_V1(bgnbd_expected_orders_new);
PG_FUNCTION_INFO_V1(bgnbd_log_likelihood);
PG_FUNCTION_INFO_V1(bgnbd_clv);
PG_FUNCTION_INFO_V1(mbgnbd_fit_final);
PG_FUNCTION_INFO_V1(mbgnbd_p_alive);
PG_FUNCTION_INFO_V1(mbgnbd_expected_orders);
PG_FUNCTION_INFO_V1(mbgnbd_expected_orders_new);
PG_FUNCTION_INFO_V1(mbgnbd_log_likelihood);
PG_FUNCTION_INFO_V1(mbgnbd_clv);

static inline Bgnbd
named(const double *parameters)
{
	Bgnbd		p = {parameters[0], parameters[1], parameters[2], parameters[3]};

	return p;
}

/*
 * k, the number of orders after which a customer could have dropped out.
 */
static inline double
dropout_opportunities(const OrderModel *model, double orders)
{
	return model == &mbgnbd ? orders + 1.0 : orders;
}

/*
 * The part of log L that is the same for all customers with as many orders: the first line of L.
 */
static double
likelihood_of_orders(const OrderModel *model, const double *parameters, double orders, double *gradient)
{
	Bgnbd		p = named(parameters);
	double		k = dropout_opportunities(model, orders);
	double		of_both = digamma_difference(p.a + p.b, k);

	gradient[0] = digamma_difference(p.r, orders) + log(p.alpha);
	gradient[1] = p.r / p.alpha;
	gradient[2] = -of_both;
	gradient[3] = digamma_difference(p.b, k) - of_both;
	return log_pochhammer(p.r, orders) + p.r * log(p.alpha) + log_beta_ratio(p.a, p.b, k);
}

/*
 * The part that depends on the times, too: the second line of L.
 */
static double
likelihood_of_times(const OrderModel *model, const double *parameters, const CustomerHistory *history,
					double *gradient)
{
	Bgnbd		p = named(parameters);
	double		k = dropout_opportunities(model, history->frequency);
	double		shape = p.r + history->frequency;
	double		log_age = log(p.alpha + history->age);
	double		alive = -shape * log_age;	/* logarithms of the two terms */
	double		dropped_out;
	double		log_recency;
	double		odds;
	double		p_alive;
	double		p_dropped_out;

	if (k == 0)
	{
		gradient[0] = -log_age;
		gradient[1] = -shape / (p.alpha + history->age);
		gradient[2] = gradient[3] = 0.0;
		return alive;
	}
	log_recency = log(p.alpha + history->recency);
	dropped_out = log(p.a / (p.b + k - 1.0)) - shape * log_recency;
	odds = exp(-fabs(dropped_out - alive));
	p_alive = dropped_out > alive ? odds / (1.0 + odds) : 1.0 / (1.0 + odds);
	p_dropped_out = 1.0 - p_alive;
	gradient[0] = -p_alive * log_age - p_dropped_out * log_recency;
	gradient[1] = -shape * (p_alive / (p.alpha + history->age) + p_dropped_out / (p.alpha + history->recency));
	gradient[2] = p_dropped_out / p.a;
	gradient[3] = -p_dropped_out / (p.b + k - 1.0);
	return Max(dropped_out, alive) + log1p(odds);
}

/*
 * log(a / (b + k - 1) ((alpha + T) / (alpha + t_x))^(r + x))
 */
static double
dropout_log_odds(const OrderModel *model, const double *parameters, const CustomerHistory *history)
{
	Bgnbd		p = named(parameters);
	double		k = dropout_opportunities(model, history->frequency);

	if (k == 0)
		return -INFINITY;
	return log(p.a / (p.b + k - 1.0)) +
		(p.r + history->frequency) * log1p((history->age - history->recency) / (p.alpha + history->recency));
}

static AliveCustomer
alive_customer(const OrderModel *model, const double *parameters, const CustomerHistory *history)
{
	Bgnbd		p = named(parameters);
	double		orders = history->frequency;
	AliveCustomer alive = {
		.shape = p.r + orders,
		.time = p.alpha + history->age,
		.a = p.a,
		.b = p.b + dropout_opportunities(model, orders),
		.time_scale = p.alpha + history->age
	};

	return alive;
}

/*
 * Formula (1); false if its series is too long, or its digits cancel.
 */
static bool
orders_by_euler(const AliveCustomer *alive, double length, double z, double *orders)
{
	double		c = alive->a + alive->b - 1.0;
	double		d = c - alive->shape;
	double		rest = exp(-(alive->a - 1.0) * length);
	double		tail = exp(length); /* 1 / (1 - z): what follows a term is at most this times it */
	double		term = d * z;
	double		sum = term;
	double		size = fabs(term);
	double		first;
	int			i;

	for (i = 1; fabs(term) * tail > DBL_EPSILON * size; i++)
	{
		if (i == EULER_TERMS)
			return false;
		term *= (alive->a + i - 1.0) * (d + i) / ((c + i) * (i + 1.0)) * z;
		sum += term;
		size += fabs(term);
	}
	first = c * decay_integral(alive->a - 1.0, length);
	*orders = first - rest * sum;
	return *orders > CANCELLATION * (fabs(first) + rest * size) && !isinf(*orders);
}

/*
 * Formula (2); false if its series is too long.
 */
static bool
orders_by_count(const AliveCustomer *alive, double length, double z, double *orders)
{
	double		term = exp(-alive->shape * length);
	double		step = 1.0;
	double		count = 0.0;
	double		sum = 0.0;
	int			n;

	if (-alive->shape * length < LOG_SMALLEST || alive->shape * z / (1.0 - z) > COUNT_TERMS)
		return false;
	for (n = 1; n < COUNT_TERMS; n++)
	{
		double		ratio = z * (alive->shape + n) / n; /* of the next term to this one, at most */

		term *= z * (alive->shape + n - 1.0) / n;
		count += step;
		step *= (alive->b + n - 1.0) / (alive->a + alive->b + n - 1.0);
		sum += term * count;
		if (ratio < 1 && term * count * ratio < DBL_EPSILON * sum * (1.0 - ratio))
		{
			*orders = sum;
			return true;
		}
	}
	return false;
}

/* What beta_mixture needs. */
typedef struct Mixture
{
	const AliveCustomer *alive;
	double		log_u;
} Mixture;

/*
 * The logarithm of what formula (3) integrates: with the density of Beta(a, b') but for its constant, over
 * the log-odds y of p.
 */
static double
beta_mixture(double y, const void *arg)
{
	const Mixture *mixture = arg;
	const AliveCustomer *alive = mixture->alive;
	double		log_p;
	double		log_q;
	double		log_pu;
	double		log_part;

	log_probabilities(y, &log_p, &log_q);
	log_pu = log_p + mixture->log_u;
	if (log_pu < LOG_SMALLEST)
		log_part = log(alive->shape) + log_pu;
	else
		log_part = log(-expm1(-alive->shape * (log_pu > -LOG_SMALLEST ? log_pu : log1p(exp(log_pu)))));
	return (alive->a - 1.0) * log_p + alive->b * log_q + log_part;
}

/*
 * E, by the first of the three formulas that works.
 */
static double
expected_orders(double horizon, const AliveCustomer *alive)
{
	double		length = log1p(horizon / alive->time);
	double		z = horizon / (alive->time + horizon);
	Mixture		mixture = {alive, log(horizon) - log(alive->time)};
	double		orders;

	if (horizon == 0)
		return 0.0;
	if (orders_by_euler(alive, length, z, &orders) || orders_by_count(alive, length, z, &orders))
		return orders;
	return exp(log_integral_around(beta_mixture, &mixture, log(alive->a) - log(alive->b)) -
			   log_beta(alive->a, alive->b));
}

static const OrderModel bgnbd = {
	.type = {"bgnbd_model", 4, {{"r"}, {"alpha", true}, {"a"}, {"b"}}},
	.starts = starts,
	.nstarts = lengthof(starts),
	.likelihood_of_orders = likelihood_of_orders,
	.likelihood_of_times = likelihood_of_times,
	.dropout_log_odds = dropout_log_odds,
	.alive_customer = alive_customer,
	.expected_orders = expected_orders
};

static const OrderModel mbgnbd = {
	.type = {"mbgnbd_model", 4, {{"r"}, {"alpha", true}, {"a"}, {"b"}}},
	.starts = starts,
	.nstarts = lengthof(starts),
	.likelihood_of_orders = likelihood_of_orders,
	.likelihood_of_times = likelihood_of_times,
	.dropout_log_odds = dropout_log_odds,
	.alive_customer = alive_customer,
	.expected_orders = expected_orders
};

ORDER_MODEL_FUNCTION(bgnbd_fit_final, order_model_fit_final, bgnbd)
ORDER_MODEL_FUNCTION(bgnbd_p_alive, order_model_p_alive, bgnbd)
ORDER_MODEL_FUNCTION(bgnbd_expected_orders, order_model_expected_orders, bgnbd)
ORDER_MODEL_FUNCTION(bgnbd_expected_orders_new, order_model_expected_orders_new, bgnbd)
ORDER_MODEL_FUNCTION(bgnbd_log_likelihood, order_model_log_likelihood, bgnbd)
ORDER_MODEL_FUNCTION(bgnbd_clv, order_model_clv, bgnbd)
ORDER_MODEL_FUNCTION(mbgnbd_fit_final, order_model_fit_final, mbgnbd)
ORDER_MODEL_FUNCTION(mbgnbd_p_alive, order_model_p_alive, mbgnbd)
ORDER_MODEL_FUNCTION(mbgnbd_expected_orders, order_model_expected_orders, mbgnbd)
ORDER_MODEL_FUNCTION(mbgnbd_expected_orders_new, order_model_expected_orders_new, mbgnbd)
ORDER_MODEL_FUNCTION(mbgnbd_log_likelihood, order_model_log_likelihood, mbgnbd)
ORDER_MODEL_FUNCTION(mbgnbd_clv, order_model_clv, mbgnbd)
