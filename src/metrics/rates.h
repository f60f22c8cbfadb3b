/*
 * metrics/rates.h
 *		Counts of customers as arguments.  See metrics/rates.c.
 */
#ifndef RETENTION_METRICS_RATES_H
#define RETENTION_METRICS_RATES_H

#include "compat.h"

extern void check_count(double count, const char *name);

#endif							/* RETENTION_METRICS_RATES_H */
