/*
 * chart/svg.h
 *		Writing an SVG.  See chart/svg.c.
 */
#ifndef RETENTION_CHART_SVG_H
#define RETENTION_CHART_SVG_H

#include "compat.h"

#include "lib/stringinfo.h"

/* A picture up to this width is shown smaller on a narrow screen; a wider one keeps its size, and can be scrolled. */
#define SVG_FITTING_WIDTH 760

/* The steps of the colour ramp; step i is the class "heat i". */
#define SVG_HEAT_STEPS 9

typedef struct SvgBox
{
	double		x;
	double		y;
	double		width;
	double		height;
} SvgBox;

extern void svg_begin(StringInfo svg, int width, int height, const char *title, const char *description);
extern text *svg_end(StringInfo svg);

extern void svg_group(StringInfo svg, const char *class, const char *tooltip);
extern void svg_group_end(StringInfo svg);
extern void svg_box(StringInfo svg, const char *class, SvgBox box);
extern void svg_level(StringInfo svg, const char *class, double x1, double x2, double y);
extern void svg_dot(StringInfo svg, double x, double y);
extern void svg_path(StringInfo svg, const char *class);
extern void svg_path_to(StringInfo svg, bool draw, double x, double y);
extern void svg_path_end(StringInfo svg);
extern void svg_hatch(StringInfo svg, SvgBox box);
extern void svg_text(StringInfo svg, const char *class, double x, double y, const char *text);

#endif							/* RETENTION_CHART_SVG_H */
