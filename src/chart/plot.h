/*
 * chart/plot.h
 *		A picture with a vertical axis of values and something along the horizontal one.  See chart/plot.c.
 */
#ifndef RETENTION_CHART_PLOT_H
#define RETENTION_CHART_PLOT_H

#include "chart/scale.h"
#include "chart/svg.h"

/* As many bars or points are shown at most: a year of days. */
#define PLOT_MAX_PERIODS 366

typedef struct Plot
{
	StringInfoData svg;
	SvgBox		area;			/* where values are drawn */
	Scale		scale;
} Plot;

extern void plot_begin(Plot *plot, int width, const char *title, const char *description);
extern void plot_axis(Plot *plot, Scale scale, ScaleUnit unit);
extern double plot_y(const Plot *plot, double value);
extern void plot_label(Plot *plot, double x, const char *text, bool always);
extern void plot_caption(Plot *plot, const char *text);
extern text *plot_without(Plot *plot, const char *text);

#endif							/* RETENTION_CHART_PLOT_H */
