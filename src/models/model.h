/*
 * models/model.h
 *		Fitted models of customers as values: composites, read and made; the rules for histories.  See models/model.c.
 */
#ifndef RETENTION_MODELS_MODEL_H
#define RETENTION_MODELS_MODEL_H

#include "compat.h"

#include "models/histories.h"
#include "models/optimize.h"
#include "models/specfunc.h"

#include "fmgr.h"

#define CLV_MAX_PARAMETERS OPTIMIZE_MAX_VARIABLES

/*
 * A model's composite: its parameters in this order, then what the fit says of itself.  A parameter that is not a
 * pure number is in units of the caller's time or money.
 */
typedef struct ClvModelType
{
	const char *name;
	int			nparameters;
	struct
	{
		const char *name;
		bool		has_unit;
	}			parameters[CLV_MAX_PARAMETERS];
} ClvModelType;

/* The parameters of a model, in the papers' letters. */
typedef struct GammaGamma
{
	double		p;
	double		q;
	double		gamma;
} GammaGamma;

/* A customer: so many repeat orders, the last at this time after the first, seen for that long. */
typedef struct ClvHistory
{
	int64		frequency;
	double		recency;
	double		age;
} ClvHistory;

/* What a customer is worth: what is known, and how far and how gladly one looks ahead. */
typedef struct ClvDeal
{
	ClvHistory	history;
	double		value;			/* expected of an order */
	double		horizon;
	double		discount;
} ClvDeal;

/* Orders until some time from now, expected of a customer; for discounting. */
typedef double (*ClvOrders) (double horizon, const void *arg);

/* What a fit maximizes: the mean log-likelihood, a function of the parameters' logarithms. */
typedef struct ClvFit
{
	const ClvModelType *type;
	const HistoryList *list;
	double		log_scale[CLV_MAX_PARAMETERS];	/* what each parameter is about, or 0 if any number will do */
} ClvFit;

typedef double (*ClvLikelihood) (const ClvFit *fit, const double *parameters, double *gradient);

extern const ClvModelType gamma_gamma_type;

extern const double *clv_parameters(FunctionCallInfo fcinfo, int argno, const ClvModelType *type);
extern Datum clv_fit(FunctionCallInfo fcinfo, const ClvFit *fit, ClvLikelihood likelihood,
					 const double (*starts)[CLV_MAX_PARAMETERS], int nstarts);

extern ClvHistory clv_history_argument(FunctionCallInfo fcinfo, int argno);
extern double clv_time_between_orders(const HistoryList *list);
extern bool clv_spending_is_null(FunctionCallInfo fcinfo, int frequency_argno, int mean_value_argno);
extern void clv_check_spending(int64 frequency, double mean_value);
extern void clv_check_horizon(double horizon);
extern void clv_check_discount(double discount);
extern double clv_expected_value(const GammaGamma *model, int64 frequency, double mean_value);
extern bool clv_deal_arguments(FunctionCallInfo fcinfo, ClvDeal *deal);
extern double clv_discounted_orders(ClvOrders orders, const void *arg, double scale, const ClvDeal *deal);
extern double clv_chance_of_odds(double log_odds_against);
extern double clv_finite(double value);

#endif							/* RETENTION_MODELS_MODEL_H */
