/*
 * chart/line.h
 *		A line over the ages of customers.  See chart/line.c.
 */
#ifndef RETENTION_CHART_LINE_H
#define RETENTION_CHART_LINE_H

#include "chart/scale.h"
#include "report/argument.h"

typedef struct LinePoint
{
	double		value;			/* NaN: not known */
	int32		cohorts;		/* that are old enough, */
	int64		customers;		/* and their customers */
} LinePoint;

typedef struct Line
{
	const char *title;
	const char *about;			/* what the values are, in words */
	const char *how;			/* and how they were counted, or NULL: as usual */
	ScaleUnit	unit;
	int			decimals;		/* of amounts, at least */
	int64		first;			/* the first age that is shown */
	int64		end;			/* behind the last one */
	int64		nages;			/* ages that the report has, from 0 */
	LinePoint  *points;			/* by age */
} Line;

extern void line_init(Line *line, int64 nages);
extern text *line_chart(const Line *line, const Report *report);

#endif							/* RETENTION_CHART_LINE_H */
