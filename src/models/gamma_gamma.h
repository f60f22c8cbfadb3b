/*
 * models/gamma_gamma.h
 *		The Gamma-Gamma model: the mean value of a customer's orders.  See models/gamma_gamma.c.
 */
#ifndef RETENTION_MODELS_GAMMA_GAMMA_H
#define RETENTION_MODELS_GAMMA_GAMMA_H

#include "compat.h"

#include "fmgr.h"

/* Its parameters, in the paper's letters. */
typedef struct GammaGamma
{
	double		p;
	double		q;
	double		gamma;
} GammaGamma;

extern GammaGamma gamma_gamma_argument(FunctionCallInfo fcinfo, int argno);
extern bool gamma_gamma_spending_is_null(FunctionCallInfo fcinfo, int frequency_argno, int mean_value_argno);
extern void gamma_gamma_check_customer(int64 frequency, double mean_value);
extern double gamma_gamma_order_value(const GammaGamma *model, int64 frequency, double mean_value);

#endif							/* RETENTION_MODELS_GAMMA_GAMMA_H */
