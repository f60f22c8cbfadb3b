/*
 * metrics/largest.h
 *		What share of all the largest sums have.  See metrics/largest.c.
 */
#ifndef RETENTION_METRICS_LARGEST_H
#define RETENTION_METRICS_LARGEST_H

#include "base/numutil.h"

extern uint64 largest_count(Numeric fraction, uint64 n);

/* These sort their array.  False: the sum of all is not positive, and there is no share. */
extern bool largest_share_of_units(int64 *units, uint64 n, uint64 nlargest, double *share);
extern bool largest_share_of_numerics(Numeric *values, uint64 n, uint64 nlargest, double *share);
extern bool largest_share_of_doubles(double *values, uint64 n, uint64 nlargest, double *share);

#endif							/* RETENTION_METRICS_LARGEST_H */
