/*
 * chart/plot.c
 *		A picture with a vertical axis of values and something along the horizontal one.
 *
 *		 title
 *		 legend
 *		80% |-----------------
 *			|
 *		 0% |-----------------
 *			  0   1   2   3
 *				caption
 *
 * Its parts leave room for the larger letters of a narrow screen.
 */
#include "chart/plot.h"

#define PLOT_HEIGHT 400
#define PLOT_LEFT 80
#define PLOT_RIGHT 40
#define PLOT_TOP 84
#define PLOT_BOTTOM 64

void
plot_begin(Plot *plot, int width, const char *title, const char *description)
{
	memset(plot, 0, sizeof(*plot));
	plot->area = (SvgBox) {PLOT_LEFT, PLOT_TOP, width - PLOT_LEFT - PLOT_RIGHT, PLOT_HEIGHT - PLOT_TOP - PLOT_BOTTOM};
	svg_begin(&plot->svg, width, PLOT_HEIGHT, title, description);
}

double
plot_y(const Plot *plot, double value)
{
	double		share = (value - scale_low(&plot->scale)) / (scale_high(&plot->scale) - scale_low(&plot->scale));

	return plot->area.y + plot->area.height * (1 - share);
}

/*
 * The axis of values.
 */
void
plot_axis(Plot *plot, Scale scale, ScaleUnit unit)
{
	int			mark;

	plot->scale = scale;
	for (mark = plot->scale.first; mark <= plot->scale.last; mark++)
	{
		double		y = plot_y(plot, mark * plot->scale.step);

		svg_level(&plot->svg, mark == 0 ? "zero" : "grid", plot->area.x, plot->area.x + plot->area.width, y);
		svg_text(&plot->svg, "soft end", plot->area.x - 10, y + 5, scale_text(&plot->scale, mark, unit));
	}
}

/*
 * A label of the horizontal axis, always or only on a wide screen.
 */
void
plot_label(Plot *plot, double x, const char *text, bool always)
{
	svg_text(&plot->svg, always ? "soft middle" : "soft middle wide", x, plot->area.y + plot->area.height + 28, text);
}

/*
 * What stands along the horizontal axis.
 */
void
plot_caption(Plot *plot, const char *text)
{
	svg_text(&plot->svg, "soft middle", plot->area.x + plot->area.width / 2, PLOT_HEIGHT - 14, text);
}

/*
 * The picture where there is nothing to be drawn: it says why.
 */
text *
plot_without(Plot *plot, const char *text)
{
	svg_text(&plot->svg, "soft middle", plot->area.x + plot->area.width / 2,
			 plot->area.y + plot->area.height / 2, text);
	return svg_end(&plot->svg);
}
