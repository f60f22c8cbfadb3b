/*
 * chart/scale.h
 *		Axes with round numbers.  See chart/scale.c.
 */
#ifndef RETENTION_CHART_SCALE_H
#define RETENTION_CHART_SCALE_H

#include "base/bucket.h"

/* Marks at first * step to last * step; the step is 1, 2 or 5 times a power of ten, 0 is one of the marks. */
typedef struct Scale
{
	int			mantissa;
	int			exponent;
	double		step;
	int			first;
	int			last;
} Scale;

typedef enum ScaleUnit
{
	SCALE_COUNT,				/* whole numbers only */
	SCALE_AMOUNT,
	SCALE_PERCENT
} ScaleUnit;

extern Scale scale_of(double low, double high, ScaleUnit unit);
extern int	scale_decimals(const Scale *scale);
extern char *scale_text(const Scale *scale, int mark, ScaleUnit unit);
extern int64 scale_label_step(BucketWidth width, int64 n, int64 most);

static inline double
scale_low(const Scale *scale)
{
	return scale->first * scale->step;
}

static inline double
scale_high(const Scale *scale)
{
	return scale->last * scale->step;
}

#endif							/* RETENTION_CHART_SCALE_H */
