/*
 * survival/rates.h
 *		How sure a rate is.  See survival/rates.c.
 */
#ifndef RETENTION_SURVIVAL_RATES_H
#define RETENTION_SURVIVAL_RATES_H

#include "compat.h"

/* A rate of k in n, and its limits. */
typedef struct Rate
{
	double		rate;
	double		low;
	double		high;
} Rate;

extern double rate_confidence(double confidence);
extern Rate rate_of_counts(double k, double n, double z);

#endif							/* RETENTION_SURVIVAL_RATES_H */
