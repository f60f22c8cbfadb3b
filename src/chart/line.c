/*
 * chart/line.c
 *		A line over the ages of customers: retention_chart and ltv_chart.
 *
 * Of more than PLOT_MAX_PERIODS ages the first are shown, which the picture says.  A value that is not known
 * leaves a gap.  Amounts have as many decimals as can be seen on the axis.
 */
#include "chart/line.h"

#include "chart/plot.h"
#include "chart/words.h"

#include <math.h>

/* More dots and their labels would hide the line. */
#define LINE_MAX_DOTS 60

#define LINE_LABELS 13

/* Room for half a label on either side. */
#define LINE_INSET 36

typedef struct LinePlot
{
	Plot		plot;
	const Line *line;
	BucketWidth width;
	Scale		scale;
	int64		label_step;
} LinePlot;

/*
 * Room for the points of so many ages, as far as they are shown.
 */
void
line_init(Line *line, int64 nages)
{
	line->nages = nages;
	line->end = Min(nages, PLOT_MAX_PERIODS);
	line->points = palloc0((line->end + 1) * sizeof(LinePoint));
}

static double
point_x(const LinePlot *picture, int64 age)
{
	const Line *line = picture->line;
	const SvgBox *area = &picture->plot.area;

	return area->x + LINE_INSET +
		(area->width - 2 * LINE_INSET) * (age - line->first) / Max(line->end - line->first - 1, 1);
}

/*
 * On a narrow screen every other label is left out.
 */
static bool
has_label(const LinePlot *picture, int64 age, bool *always)
{
	*always = age % (2 * picture->label_step) == 0;
	return age % picture->label_step == 0;
}

static Scale
scale_of_line(const Line *line)
{
	double		low = 0;
	double		high = 0;
	int64		age;

	for (age = line->first; age < line->end; age++)
	{
		if (isnan(line->points[age].value))
			continue;
		low = Min(low, line->points[age].value);
		high = Max(high, line->points[age].value);
	}
	return scale_of(low, high, line->unit);
}

static const char *
words_value(const LinePlot *picture, int64 age)
{
	const Line *line = picture->line;
	double		value = line->points[age].value;

	if (isnan(value))
		return "not known";
	if (line->unit == SCALE_PERCENT)
		return words_percent(value);
	return words_amount(value, Max(line->decimals, scale_decimals(&picture->scale)));
}

static void
axes(LinePlot *picture)
{
	const Line *line = picture->line;
	bool		always;
	int64		age;

	plot_axis(&picture->plot, picture->scale, line->unit);
	for (age = line->first; age < line->end; age++)
		if (has_label(picture, age, &always))
			plot_label(&picture->plot, point_x(picture, age), psprintf(INT64_FORMAT, age), always);
}

/*
 * Each piece is also drawn to where it begins, so that one of a single point is a dot.
 */
static void
draw_line(LinePlot *picture)
{
	const Line *line = picture->line;
	bool		draw = false;
	int64		age;

	svg_path(&picture->plot.svg, "line");
	for (age = line->first; age < line->end; age++)
	{
		double		x = point_x(picture, age);
		double		y;

		if (isnan(line->points[age].value))
		{
			draw = false;
			continue;
		}
		y = plot_y(&picture->plot, line->points[age].value);
		if (!draw)
			svg_path_to(&picture->plot.svg, false, x, y);
		svg_path_to(&picture->plot.svg, true, x, y);
		draw = true;
	}
	svg_path_end(&picture->plot.svg);
}

static void
draw_point(LinePlot *picture, int64 age)
{
	const Line *line = picture->line;
	const LinePoint *point = &line->points[age];
	StringInfo	svg = &picture->plot.svg;
	double		x = point_x(picture, age);
	double		y = plot_y(&picture->plot, point->value);
	const char *value = words_value(picture, age);
	bool		always;

	svg_group(svg, "point",
			  psprintf(INT64_FORMAT " %s after the first: %s, of %s in %s", age, words_period(picture->width, age),
					   value, words_customers(point->customers), words_cohorts(point->cohorts)));
	svg_dot(svg, x, y);
	if (has_label(picture, age, &always))
		svg_text(svg, always ? "middle" : "middle wide", x, y - 12, value);
	svg_group_end(svg);
}

/*
 * What stands along the axis.  Towards its end, ages are those of ever fewer cohorts.
 */
static char *
words_ages(const LinePlot *picture)
{
	const Line *line = picture->line;
	int64		last = line->end - 1;
	char	   *ages = psprintf("%s after the first", words_period(picture->width, 2));

	if (line->points[line->first].cohorts == line->points[last].cohorts)
		return ages;
	return psprintf("%s, of %s at " INT64_FORMAT " and of %d at " INT64_FORMAT, ages,
					words_cohorts(line->points[line->first].cohorts), line->first, line->points[last].cohorts, last);
}

static char *
describe(const LinePlot *picture, const BucketCalendar *calendar)
{
	const Line *line = picture->line;
	int64		last = line->end - 1;
	char	   *about = line->how ? psprintf("%s (%s)", line->about, line->how) : pstrdup(line->about);

	if (last < line->first)
		return psprintf("%s: there is nothing to show yet.", about);
	return psprintf("%s, by %s, in time zone %s: %s at " INT64_FORMAT ", %s at " INT64_FORMAT ".",
					about, words_ages(picture), pg_get_timezone_name(calendar->zone),
					words_value(picture, line->first), line->first, words_value(picture, last), last);
}

static char *
caption(const LinePlot *picture)
{
	const Line *line = picture->line;
	char	   *ages = words_ages(picture);

	if (line->nages == line->end)
		return ages;
	return psprintf("%s (up to " INT64_FORMAT " of " INT64_FORMAT ")", ages, line->end - 1, line->nages - 1);
}

text *
line_chart(const Line *line, const Report *report)
{
	LinePlot	picture = {.line = line,.width = report->counts->calendar.width,.scale = scale_of_line(line)};
	int64		age;

	plot_begin(&picture.plot, SVG_FITTING_WIDTH, line->title, describe(&picture, &report->counts->calendar));
	if (line->how)
		svg_text(&picture.plot.svg, "soft", 16, 50, line->how);
	if (report->until < report->counts->first)
		return plot_without(&picture.plot, "no customers");
	if (line->end <= line->first)
		return plot_without(&picture.plot, psprintf("no %s%s is over yet", words_period(picture.width, 1),
													 line->first > 0 ? " after the first" : ""));
	picture.label_step = scale_label_step(picture.width, line->end - line->first, LINE_LABELS);
	axes(&picture);
	draw_line(&picture);
	for (age = line->first; age < line->end && line->end - line->first <= LINE_MAX_DOTS; age++)
		if (!isnan(line->points[age].value))
			draw_point(&picture, age);
	plot_caption(&picture.plot, caption(&picture));
	return svg_end(&picture.plot.svg);
}
