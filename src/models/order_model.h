/*
 * models/order_model.h
 *		What a model of customers who order and drop out unseen fills in.  See models/order_model.c.
 */
#ifndef RETENTION_MODELS_ORDER_MODEL_H
#define RETENTION_MODELS_ORDER_MODEL_H

#include "models/model.h"

/* A customer: the number of orders after the first, and the times from the first to the last and to now. */
typedef struct CustomerHistory
{
	int64		frequency;
	double		recency;
	double		age;
} CustomerHistory;

/*
 * What is known of a customer who has not dropped out after a history.  Orders come at the rate Gamma(shape,
 * time); dropout, in the model's own sense, is Beta(a, b) or Gamma(a, b).
 */
typedef struct AliveCustomer
{
	double		shape;
	double		time;
	double		a;
	double		b;
	double		time_scale;		/* expected orders until t are smooth over log(1 + t / time_scale) */
} AliveCustomer;

/*
 * The likelihood of a history is computed in two parts, of which the first is the same for all customers with
 * as many orders.  Each part fills the whole gradient.
 */
typedef struct OrderModel OrderModel;

struct OrderModel
{
	ModelType	type;
	const double (*starts)[MODEL_MAX_PARAMETERS];	/* for parameters with a unit, that is the time between orders */
	int			nstarts;
	double		(*likelihood_of_orders) (const OrderModel *model, const double *parameters, double orders,
										 double *gradient);
	double		(*likelihood_of_times) (const OrderModel *model, const double *parameters,
										const CustomerHistory *history, double *gradient);

	/* The log-odds that a customer with this history has dropped out, and that customer if not. */
	double		(*dropout_log_odds) (const OrderModel *model, const double *parameters,
									 const CustomerHistory *history);
	AliveCustomer (*alive_customer) (const OrderModel *model, const double *parameters,
									 const CustomerHistory *history);

	/* The number of orders expected of an AliveCustomer from now to the horizon. */
	double		(*expected_orders) (double horizon, const AliveCustomer *alive);
};

/*
 * The bodies of the functions of SQL that each order model has.  One for a model is made by
 *
 *		ORDER_MODEL_FUNCTION(bgnbd_p_alive, order_model_p_alive, bgnbd)
 */
#define ORDER_MODEL_FUNCTION(name, body, model) \
	Datum name(PG_FUNCTION_ARGS) { return body(fcinfo, &(model)); }

extern Datum order_model_fit_final(FunctionCallInfo fcinfo, const OrderModel *model);
extern Datum order_model_p_alive(FunctionCallInfo fcinfo, const OrderModel *model);
extern Datum order_model_expected_orders(FunctionCallInfo fcinfo, const OrderModel *model);
extern Datum order_model_expected_orders_new(FunctionCallInfo fcinfo, const OrderModel *model);
extern Datum order_model_log_likelihood(FunctionCallInfo fcinfo, const OrderModel *model);
extern Datum order_model_clv(FunctionCallInfo fcinfo, const OrderModel *model);

#endif							/* RETENTION_MODELS_ORDER_MODEL_H */
