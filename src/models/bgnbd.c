/*
 * models/bgnbd.c
 *		Orders of customers who leave after an order: the BG/NBD model, and the MBG/NBD model, in which they may
 *		leave after the first one, too: bgnbd_fit, mbgnbd_fit, and what the models predict.
 *
 * Fader, Hardie, Lee (2005), "Counting Your Customers the Easy Way"; Batislam, Denizel, Filiztekin (2007).  A
 * customer orders at a rate that differs between customers by a gamma distribution (r, alpha), and after each
 * order leaves for good with a chance that differs by a beta distribution (a, b).  With x orders after the
 * first, the last at t_x, at the age T:
 *
 *		L = Gamma(r + x) / Gamma(r) * alpha^r * B(a, b + k) / B(a, b)
 *			* ((alpha + T)^-(r + x) + a / (b + k - 1) * (alpha + t_x)^-(r + x))
 *
 * where k is how often the customer could have left: x, or x + 1 in MBG/NBD.  The first term is that the
 * customer is still there; the second, that they left with the last order, is missing where k = 0.  This k is
 * all in which the two models differ, so that one set of functions does for both.
 *
 * A customer who is still there has the rate Gamma(R = r + x, beta = alpha + T) and the chance Beta(a, b' = b + k).
 * The number of orders then expected until the time t is, with u = t / beta and z = u / (1 + u),
 *
 *		E = c Q - (1 - z)^(a - 1) K		c = a + b' - 1,  Q = (1 - (1 - z)^(a - 1)) / (a - 1)			(1)
 *										K = sum over i >= 1 of (a)_(i-1) (c - R)_i / ((c + 1)_(i-1) i!) z^i
 *		  = sum over n of NB(n) g_n		NB(n) = (1 - z)^R (R)_n / n! z^n								(2)
 *										g_n = sum over j < n of (b')_j / (a + b')_j
 *		  = E over p of (1 - (1 + p u)^-R) / p															(3)
 *
 * (1) is the published formula after Euler's transformation, written so that nothing happens at a = 1 or
 * c = 0; its series is short for customers with many orders, and for most with few.  (2) counts the orders that
 * there would be if nobody left, n of them, of which g_n come before the customer leaves; its terms are
 * positive, where (1) can cancel.  (3) is an integral, which is always right and takes longest.  Each is used
 * where the one before would not do.
 */
#include "agg/aggstate.h"
#include "models/model.h"

#include <float.h>
#include <math.h>

#include "miscadmin.h"

/* How much of its digits the difference (1) may lose, and how many terms a series may have. */
#define CANCELLATION 1e-4
#define EULER_TERMS 400
#define COUNT_TERMS 2000
#define LOG_SMALLEST (-680.0)

/* Which of the two models; how often customers could have left before any further order. */
typedef enum Variant
{
	BGNBD,
	MBGNBD
} Variant;

typedef struct Model
{
	double		r;
	double		alpha;
	double		a;
	double		b;
	Variant		variant;
} Model;

/* A customer who is still there: Gamma(shape, time) and Beta(a, b). */
typedef struct Alive
{
	double		shape;
	double		time;
	double		a;
	double		b;
} Alive;

static const ClvModelType model_types[] = {
	{"bgnbd_model", 4, {{"r"}, {"alpha", true}, {"a"}, {"b"}}},
	{"mbgnbd_model", 4, {{"r"}, {"alpha", true}, {"a"}, {"b"}}}
};

/* Starting points: r, alpha in units of the time between orders, a, b. */
static const double starts[][CLV_MAX_PARAMETERS] = {
	{-0.7, -0.7, -0.7, 0.7}, {0.7, 0.7, 0.0, 0.0}, {-2.0, -2.0, -2.0, 0.0}, {3.0, 3.0, 1.0, 3.0}
};

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

static inline Model
model_of(const double *parameters, Variant variant)
{
	Model		model = {parameters[0], parameters[1], parameters[2], parameters[3], variant};

	return model;
}

static inline double
chances_to_leave(const Model *model, double orders)
{
	return model->variant == MBGNBD ? orders + 1.0 : orders;
}

/*
 * The part of log L that depends on the number of orders only: its first line.
 */
static double
likelihood_of_orders(const Model *model, double orders, double *gradient)
{
	double		chances = chances_to_leave(model, orders);
	double		both = digamma_rise(model->a + model->b, chances);

	gradient[0] = digamma_rise(model->r, orders) + log(model->alpha);
	gradient[1] = model->r / model->alpha;
	gradient[2] = -both;
	gradient[3] = digamma_rise(model->b, chances) - both;
	return log_gamma_rise(model->r, orders) + model->r * log(model->alpha) +
		log_beta_rise(model->a, model->b, chances);
}

/*
 * The part that depends on the times, too: the logarithm of its second line.
 */
static inline double
likelihood_of_times(const Model *model, const ClvHistory *history, double *gradient)
{
	double		chances = chances_to_leave(model, history->frequency);
	double		shape = model->r + history->frequency;
	double		log_age = log(model->alpha + history->age);
	double		log_recency;
	double		stayed = -shape * log_age;
	double		left;
	double		odds;
	double		alive;

	if (chances == 0)
	{
		gradient[0] = -log_age;
		gradient[1] = -shape / (model->alpha + history->age);
		gradient[2] = gradient[3] = 0.0;
		return stayed;
	}
	log_recency = log(model->alpha + history->recency);
	left = log(model->a / (model->b + chances - 1.0)) - shape * log_recency;
	odds = exp(-fabs(left - stayed));
	alive = left > stayed ? odds / (1.0 + odds) : 1.0 / (1.0 + odds);
	gradient[0] = -alive * log_age - (1.0 - alive) * log_recency;
	gradient[1] = -shape * (alive / (model->alpha + history->age) + (1.0 - alive) / (model->alpha + history->recency));
	gradient[2] = (1.0 - alive) / model->a;
	gradient[3] = -(1.0 - alive) / (model->b + chances - 1.0);
	return Max(left, stayed) + log1p(odds);
}

static double
likelihood(const ClvFit *fit, const double *parameters, double *gradient)
{
	const HistoryList *list = fit->list;
	Model		model = model_of(parameters, fit->type == &model_types[MBGNBD] ? MBGNBD : BGNBD);
	double		of_orders = 0.0;
	double		slope[CLV_MAX_PARAMETERS];
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

		if (i == 0 || row->history.count != row[-1].history.count)
		{
			CHECK_FOR_INTERRUPTS();
			of_orders = likelihood_of_orders(&model, history.frequency, slope);
		}
		sum += weight * (of_orders + likelihood_of_times(&model, &history, part));
		for (k = 0; k < 4; k++)
			gradient[k] += weight * (slope[k] + part[k]);
	}
	return sum;
}

static Datum
fit_final(FunctionCallInfo fcinfo, Variant variant)
{
	HistoryList list;
	ClvFit		fit = {&model_types[variant], &list, {0.0}};

	if (!histories_list(STATE_OR_NULL(HistoryState, 0), &list))
		PG_RETURN_NULL();
	fit.log_scale[1] = log(clv_time_between_orders(&list));
	return clv_fit(fcinfo, &fit, likelihood, starts, lengthof(starts));
}

/*
 * The chance that a customer is still there: 1 / (1 + a / (b + k - 1) ((alpha + T) / (alpha + t_x))^(r + x))
 */
static double
chance_alive(const Model *model, const ClvHistory *history)
{
	double		chances = chances_to_leave(model, history->frequency);

	if (chances == 0)
		return 1.0;
	return clv_chance_of_odds(log(model->a / (model->b + chances - 1.0)) + (model->r + history->frequency) *
							  log1p((history->age - history->recency) / (model->alpha + history->recency)));
}

/*
 * Formula (1); false if it does not come to an end, or its digits cancel.
 */
static bool
orders_by_euler(const Alive *alive, double length, double z, double *orders)
{
	double		c = alive->a + alive->b - 1.0;
	double		d = c - alive->shape;
	double		rest = exp(-(alive->a - 1.0) * length);
	double		tail = exp(length); /* 1 / (1 - z): how much more there can be after a term */
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
 * Formula (2); false if it does not come to an end.
 */
static bool
orders_by_count(const Alive *alive, double length, double z, double *orders)
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
		double		ratio = z * (alive->shape + n) / n; /* is more than the next term can be of this one */

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
	const Alive *alive;
	double		log_u;
} Mixture;

/*
 * What formula (3) integrates, over the log-odds of p.
 */
static double
beta_mixture(double y, const void *arg)
{
	const Mixture *mixture = arg;
	const Alive *alive = mixture->alive;
	double		log_p;
	double		log_q;
	double		log_pu;
	double		log_part;

	log_odds(y, &log_p, &log_q);
	log_pu = log_p + mixture->log_u;
	if (log_pu < LOG_SMALLEST)
		log_part = log(alive->shape) + log_pu;
	else
		log_part = log(-expm1(-alive->shape * (log_pu > -LOG_SMALLEST ? log_pu : log1p(exp(log_pu)))));
	return (alive->a - 1.0) * log_p + alive->b * log_q + log_part;
}

/*
 * Orders expected until some time from now of a customer who is still there.
 */
static double
orders_while_alive(double horizon, const void *arg)
{
	const Alive *alive = arg;
	double		length = log1p(horizon / alive->time);
	double		z = horizon / (alive->time + horizon);
	Mixture		mixture = {alive, log(horizon) - log(alive->time)};
	double		orders;

	if (horizon == 0)
		return 0.0;
	if (orders_by_euler(alive, length, z, &orders) || orders_by_count(alive, length, z, &orders))
		return orders;
	return exp(log_integral_around(beta_mixture, &mixture, log(alive->a) - log(alive->b)) - log_beta(alive->a, alive->b));
}

static Alive
still_alive(const Model *model, const ClvHistory *history)
{
	double		orders = history->frequency;
	Alive		alive = {model->r + orders, model->alpha + history->age, model->a, model->b + chances_to_leave(model, orders)};

	return alive;
}

static inline Model
model_argument(FunctionCallInfo fcinfo, Variant variant)
{
	return model_of(clv_parameters(fcinfo, 0, &model_types[variant]), variant);
}

/*
 * ..._p_alive(model, bigint, double precision, double precision) -> double precision
 */
static inline Datum
p_alive(FunctionCallInfo fcinfo, Variant variant)
{
	Model		model = model_argument(fcinfo, variant);
	ClvHistory	history = clv_history_argument(fcinfo, 1);

	PG_RETURN_FLOAT8(chance_alive(&model, &history));
}

/*
 * Orders until the horizon of a customer of whom it is not known whether they are still there.
 */
static Datum
expected_orders(const Model *model, double horizon, const ClvHistory *history)
{
	Alive		alive = still_alive(model, history);

	clv_check_horizon(horizon);
	PG_RETURN_FLOAT8(clv_finite(chance_alive(model, history) * orders_while_alive(horizon, &alive)));
}

/*
 * ..._expected_orders(model, double precision, bigint, double precision, double precision) -> double precision
 */
static Datum
expected_orders_of(FunctionCallInfo fcinfo, Variant variant)
{
	Model		model = model_argument(fcinfo, variant);
	ClvHistory	history = clv_history_argument(fcinfo, 2);

	return expected_orders(&model, PG_GETARG_FLOAT8(1), &history);
}

/*
 * ..._expected_orders_new(model, double precision) -> double precision
 */
static Datum
expected_orders_new(FunctionCallInfo fcinfo, Variant variant)
{
	Model		model = model_argument(fcinfo, variant);
	ClvHistory	history = {0, 0.0, 0.0};

	return expected_orders(&model, PG_GETARG_FLOAT8(1), &history);
}

/*
 * ..._log_likelihood(model, bigint, double precision, double precision) -> double precision
 */
static Datum
log_likelihood(FunctionCallInfo fcinfo, Variant variant)
{
	Model		model = model_argument(fcinfo, variant);
	ClvHistory	history = clv_history_argument(fcinfo, 1);
	double		gradient[CLV_MAX_PARAMETERS];

	PG_RETURN_FLOAT8(clv_finite(likelihood_of_orders(&model, history.frequency, gradient) +
								likelihood_of_times(&model, &history, gradient)));
}

/*
 * ..._clv(model, gamma_gamma_model, bigint, double precision, double precision, double precision mean_value,
 *		   double precision horizon, double precision discount) -> double precision
 */
static Datum
clv(FunctionCallInfo fcinfo, Variant variant)
{
	ClvDeal		deal;
	Model		model;
	Alive		alive;

	if (!clv_deal_arguments(fcinfo, &deal))
		PG_RETURN_NULL();
	model = model_argument(fcinfo, variant);
	alive = still_alive(&model, &deal.history);
	PG_RETURN_FLOAT8(clv_finite(deal.value * chance_alive(&model, &deal.history) *
								clv_discounted_orders(orders_while_alive, &alive, alive.time, &deal)));
}

Datum
bgnbd_fit_final(PG_FUNCTION_ARGS)
{
	return fit_final(fcinfo, BGNBD);
}

Datum
mbgnbd_fit_final(PG_FUNCTION_ARGS)
{
	return fit_final(fcinfo, MBGNBD);
}

Datum
bgnbd_p_alive(PG_FUNCTION_ARGS)
{
	return p_alive(fcinfo, BGNBD);
}

Datum
mbgnbd_p_alive(PG_FUNCTION_ARGS)
{
	return p_alive(fcinfo, MBGNBD);
}

Datum
bgnbd_expected_orders(PG_FUNCTION_ARGS)
{
	return expected_orders_of(fcinfo, BGNBD);
}

Datum
mbgnbd_expected_orders(PG_FUNCTION_ARGS)
{
	return expected_orders_of(fcinfo, MBGNBD);
}

Datum
bgnbd_expected_orders_new(PG_FUNCTION_ARGS)
{
	return expected_orders_new(fcinfo, BGNBD);
}

Datum
mbgnbd_expected_orders_new(PG_FUNCTION_ARGS)
{
	return expected_orders_new(fcinfo, MBGNBD);
}

Datum
bgnbd_log_likelihood(PG_FUNCTION_ARGS)
{
	return log_likelihood(fcinfo, BGNBD);
}

Datum
mbgnbd_log_likelihood(PG_FUNCTION_ARGS)
{
	return log_likelihood(fcinfo, MBGNBD);
}

Datum
bgnbd_clv(PG_FUNCTION_ARGS)
{
	return clv(fcinfo, BGNBD);
}

Datum
mbgnbd_clv(PG_FUNCTION_ARGS)
{
	return clv(fcinfo, MBGNBD);
}
