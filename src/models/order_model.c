/*
 * models/order_model.c
 *		What the models of customers who order and drop out unseen share: histories as arguments and as rows,
 *		the fit, and what is predicted from a model's own formulas.
 *
 * BG/NBD, MBG/NBD and Pareto/NBD ("buy till you die") take the same histories and answer the same questions;
 * each fills in an OrderModel.  All predictions come from two of its functions: the odds that a customer has
 * dropped out, and the orders E(t) expected until the time t of one who has not.
 */
#include "models/order_model.h"

#include "agg/aggstate.h"
#include "models/gamma_gamma.h"
#include "models/specfunc.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/float.h"

/* The arguments of clv(model, gamma_gamma_model, frequency, recency, age, mean_value, horizon, discount). */
#define ARG_VALUE_MODEL 1
#define ARG_FREQUENCY 2
#define ARG_RECENCY 3
#define ARG_AGE 4
#define ARG_MEAN_VALUE 5
#define ARG_HORIZON 6
#define ARG_DISCOUNT 7

/* How far ahead orders count, and by how much less for each unit of time. */
typedef struct DiscountTerms
{
	double		horizon;
	double		discount;
} DiscountTerms;

PG_FUNCTION_INFO_V1(customer_history_accum);

static void
check_history(const CustomerHistory *history)
{
	if (likely(history->frequency >= 0 && history->recency >= 0 && history->recency <= history->age &&
			   !isinf(history->age) && (history->frequency > 0 || history->recency == 0)))
		return;
	model_check_frequency(history->frequency);
	if (!(history->age >= 0) || isinf(history->age))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("age must be finite and not negative: %s", float8out_internal(history->age)),
				 errhint("Age is the time from a customer's first order to now.")));
	if (!(history->recency >= 0 && history->recency <= history->age))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("recency must be between 0 and the age: %s", float8out_internal(history->recency)),
				 errdetail("The age is %s.", float8out_internal(history->age)),
				 errhint("Recency is the time from a customer's first order to the last, "
						 "age that from the first order to now.")));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("recency must be 0 where frequency is 0: %s", float8out_internal(history->recency)),
			 errhint("Frequency is the number of orders after the first.")));
}

/*
 * The arguments frequency, recency and age, from argno on; none of them NULL.
 */
static CustomerHistory
history_argument(FunctionCallInfo fcinfo, int argno)
{
	CustomerHistory history = {PG_GETARG_INT64(argno), PG_GETARG_FLOAT8(argno + 1), PG_GETARG_FLOAT8(argno + 2)};

	check_history(&history);
	return history;
}

/*
 * customer_history_accum(internal, bigint, double precision, double precision) -> internal
 */
Datum
customer_history_accum(PG_FUNCTION_ARGS)
{
	HistoryState *state = histories_state(fcinfo);

	if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2) && !PG_ARGISNULL(3))
	{
		CustomerHistory customer = history_argument(fcinfo, 1);
		History		history = {customer.frequency, customer.recency, customer.age};

		histories_add(state, &history);
	}
	PG_RETURN_POINTER(state);
}

/*
 * The mean time between orders, in which a fit measures time: any positive number would do.
 */
static double
time_between_orders(const HistoryList *list)
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
 * The list is sorted by frequency.
 */
static double
likelihood(const ModelFit *fit, const double *parameters, double *gradient)
{
	const OrderModel *model = fit->arg;
	double		of_orders = 0.0;
	double		by_orders[MODEL_MAX_PARAMETERS];
	double		sum = 0.0;
	uint64		i;
	int			k;

	memset(gradient, 0, sizeof(double) * MODEL_MAX_PARAMETERS);
	for (i = 0; i < fit->list.nrows; i++)
	{
		const WeightedHistory *row = &fit->list.rows[i];
		CustomerHistory history = {row->history.count, row->history.first, row->history.second};
		double		weight = row->weight;
		double		by_times[MODEL_MAX_PARAMETERS];

		if (i % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		if (i == 0 || row->history.count != row[-1].history.count)
			of_orders = model->likelihood_of_orders(model, parameters, history.frequency, by_orders);
		sum += weight * (of_orders + model->likelihood_of_times(model, parameters, &history, by_times));
		for (k = 0; k < fit->type->nparameters; k++)
			gradient[k] += weight * (by_orders[k] + by_times[k]);
	}
	return sum;
}

Datum
order_model_fit_final(FunctionCallInfo fcinfo, const OrderModel *model)
{
	ModelFit	fit = {&model->type, likelihood, model, model->starts, model->nstarts};
	double		log_time;
	int			i;

	aggstate_refuse_distinct(fcinfo);
	if (!histories_list(STATE_OR_NULL(HistoryState, 0), &fit.list))
		PG_RETURN_NULL();
	log_time = log(time_between_orders(&fit.list));
	for (i = 0; i < model->type.nparameters; i++)
		fit.log_scale[i] = model->type.parameters[i].has_unit ? log_time : 0.0;
	return model_fit(fcinfo, &fit);
}

/*
 * log_likelihood(model, bigint, double precision, double precision) -> double precision
 */
Datum
order_model_log_likelihood(FunctionCallInfo fcinfo, const OrderModel *model)
{
	const double *parameters = model_parameters(fcinfo, 0, &model->type);
	CustomerHistory history = history_argument(fcinfo, 1);
	double		gradient[MODEL_MAX_PARAMETERS];

	PG_RETURN_FLOAT8(model_finite(model->likelihood_of_orders(model, parameters, history.frequency, gradient) +
								  model->likelihood_of_times(model, parameters, &history, gradient)));
}

static double
probability_alive(const OrderModel *model, const double *parameters, const CustomerHistory *history)
{
	return logistic(-model->dropout_log_odds(model, parameters, history));
}

/*
 * p_alive(model, bigint, double precision, double precision) -> double precision
 */
Datum
order_model_p_alive(FunctionCallInfo fcinfo, const OrderModel *model)
{
	const double *parameters = model_parameters(fcinfo, 0, &model->type);
	CustomerHistory history = history_argument(fcinfo, 1);

	PG_RETURN_FLOAT8(probability_alive(model, parameters, &history));
}

static void
check_horizon(double horizon)
{
	if (!(horizon >= 0) || isinf(horizon))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("horizon must be finite and not negative: %s", float8out_internal(horizon))));
}

/*
 * Orders until the horizon of a customer who may have dropped out.
 */
static Datum
expected_orders(FunctionCallInfo fcinfo, const OrderModel *model, const CustomerHistory *history)
{
	const double *parameters = model_parameters(fcinfo, 0, &model->type);
	AliveCustomer alive = model->alive_customer(model, parameters, history);
	double		horizon = PG_GETARG_FLOAT8(1);

	check_horizon(horizon);
	PG_RETURN_FLOAT8(model_finite(probability_alive(model, parameters, history) *
								  model->expected_orders(horizon, &alive)));
}

/*
 * expected_orders(model, double precision, bigint, double precision, double precision) -> double precision
 */
Datum
order_model_expected_orders(FunctionCallInfo fcinfo, const OrderModel *model)
{
	CustomerHistory history = history_argument(fcinfo, 2);

	return expected_orders(fcinfo, model, &history);
}

/*
 * expected_orders(model, double precision) -> double precision
 */
Datum
order_model_expected_orders_new(FunctionCallInfo fcinfo, const OrderModel *model)
{
	CustomerHistory history = {0, 0.0, 0.0};

	return expected_orders(fcinfo, model, &history);
}

/* What discounted_rate needs. */
typedef struct Discounting
{
	const OrderModel *model;
	const AliveCustomer *alive;
	double		rate;			/* d */
} Discounting;

/*
 * The logarithm of d exp(-d t) E(t) dt/dy, where t = time_scale * expm1(y).
 */
static double
discounted_rate(double y, const void *arg)
{
	const Discounting *d = arg;
	double		scale = d->alive->time_scale;
	double		time = scale * expm1(y);

	CHECK_FOR_INTERRUPTS();
	return log(d->rate) - d->rate * time + log(d->model->expected_orders(time, d->alive)) + log(scale) + y;
}

/*
 * The number of orders expected until the horizon, each weighted with (1 + discount) ^ -(time from now), from
 * the number E(t) without weights until any time t.  With (1 + discount) ^ -t = exp(-d t):
 *
 *		integral exp(-d t) dE(t)  =  exp(-d horizon) E(horizon)  +  d integral exp(-d t) E(t) dt
 *
 * The second integral runs over y = log(1 + t / time_scale), over which E is smooth.
 */
static double
discounted_orders(const OrderModel *model, const AliveCustomer *alive, const DiscountTerms *terms)
{
	Discounting d = {model, alive, log1p(terms->discount)};
	double		discounted;

	if (d.rate == 0 || terms->horizon == 0)
		return model->expected_orders(terms->horizon, alive);
	discounted = exp(log_integral(discounted_rate, &d, 0.0, log1p(terms->horizon / alive->time_scale), 1.0));
	if (!isinf(terms->horizon))
		discounted += exp(-d.rate * terms->horizon) * model->expected_orders(terms->horizon, alive);
	return discounted;
}

/*
 * The horizon may be infinite if there is a discount.
 */
static DiscountTerms
discount_argument(FunctionCallInfo fcinfo)
{
	DiscountTerms terms = {PG_GETARG_FLOAT8(ARG_HORIZON), PG_GETARG_FLOAT8(ARG_DISCOUNT)};

	model_check_discount(terms.discount);
	if (terms.discount == 0 || !(terms.horizon > 0))
		check_horizon(terms.horizon);
	return terms;
}

/*
 * clv(model, gamma_gamma_model, bigint, double precision, double precision, double precision,
 *	   double precision, double precision) -> double precision
 */
Datum
order_model_clv(FunctionCallInfo fcinfo, const OrderModel *model)
{
	CustomerHistory history;
	DiscountTerms terms;
	GammaGamma	value_model;
	AliveCustomer alive;
	const double *parameters;
	double		mean_value;
	double		order_value;

	if (gamma_gamma_spending_is_null(fcinfo, ARG_FREQUENCY, ARG_MEAN_VALUE) || PG_ARGISNULL(ARG_VALUE_MODEL) ||
		PG_ARGISNULL(ARG_RECENCY) || PG_ARGISNULL(ARG_AGE) || PG_ARGISNULL(ARG_HORIZON) || PG_ARGISNULL(ARG_DISCOUNT))
		PG_RETURN_NULL();
	history = history_argument(fcinfo, ARG_FREQUENCY);
	mean_value = PG_ARGISNULL(ARG_MEAN_VALUE) ? 0.0 : PG_GETARG_FLOAT8(ARG_MEAN_VALUE);
	gamma_gamma_check_customer(history.frequency, mean_value);
	terms = discount_argument(fcinfo);
	value_model = gamma_gamma_argument(fcinfo, ARG_VALUE_MODEL);
	order_value = gamma_gamma_order_value(&value_model, history.frequency, mean_value);
	parameters = model_parameters(fcinfo, 0, &model->type);
	alive = model->alive_customer(model, parameters, &history);
	PG_RETURN_FLOAT8(model_finite(order_value * probability_alive(model, parameters, &history) *
								  discounted_orders(model, &alive, &terms)));
}
