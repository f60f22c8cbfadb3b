/*
 * chart/growth.c
 *		growth_chart: who came, stayed and came back as bars above the line, who left below it.
 *
 * There is a bar for each bucket, and the picture grows wider where they would be too thin to be seen.  Of
 * more than PLOT_MAX_PERIODS buckets the latest are shown, which the picture says; as_of goes back to earlier
 * ones.  A bucket that is not over is hatched: who will have left in it is not known yet.
 */
#include "chart/plot.h"
#include "chart/words.h"
#include "report/growth.h"

#include "miscadmin.h"

#define BAR_MIN_PITCH 3

typedef struct GrowthChart
{
	Plot		plot;
	Report		report;
	BucketWidth width;
	int64		first;			/* the first bucket shown */
	int64		n;				/* buckets shown */
	double		pitch;
} GrowthChart;

PG_FUNCTION_INFO_V1(growth_chart_of_summary);
PG_FUNCTION_INFO_V1(growth_chart_of_totals);

/*
 * What is known of a bucket, in words.
 */
static char *
words_growth(const GrowthChart *chart, int64 bucket)
{
	const Report *report = &chart->report;
	GrowthCounts here = growth_counts(report, bucket);
	char	   *name = words_bucket(chart->width, bucket);

	if (!report_knows(report, bucket))
		return psprintf("%s: not over", name);
	return psprintf("%s: " INT64_FORMAT " new, " INT64_FORMAT " resurrected, " INT64_FORMAT " retained, %s",
					name, here.new_customers, here.resurrected, here.retained,
					bucket > report->complete ? "not over" : psprintf(INT64_FORMAT " churned", here.churned));
}

static char *
describe(const GrowthChart *chart)
{
	int64		until = chart->report.until;
	int64		over = Min(until, chart->report.complete);
	StringInfoData text;

	initStringInfo(&text);
	if (chart->n == 0)
		return "There are no customers.";
	appendStringInfo(&text, "Bars for " INT64_FORMAT " %s, from %s to %s, in time zone %s.", chart->n,
					 words_period(chart->width, chart->n), words_bucket(chart->width, chart->first),
					 words_bucket(chart->width, until),
					 pg_get_timezone_name(chart->report.counts->calendar.zone));
	if (over >= chart->first)
		appendStringInfo(&text, " The last one that is over is %s.", words_growth(chart, over));
	return text.data;
}

static void
legend(StringInfo svg)
{
	static const struct
	{
		const char *class;
		const char *name;
		int			x;
	}			entries[] = {{"new", "new", 16}, {"resurrected", "resurrected", 92}, {"retained", "retained", 250},
	{"churned", "churned", 376}};
	int			i;

	for (i = 0; i < lengthof(entries); i++)
	{
		svg_box(svg, entries[i].class, (SvgBox) {entries[i].x, 48, 14, 14});
		svg_text(svg, "name", entries[i].x + 22, 60, entries[i].name);
	}
	svg_hatch(svg, (SvgBox) {502, 48, 14, 14});
	svg_text(svg, "name", 524, 60, "not over");
}

/*
 * A piece of a bar, from one value to another.
 */
static void
piece(GrowthChart *chart, const char *class, double x, int64 from, int64 to)
{
	double		top = plot_y(&chart->plot, to);

	if (to > from)
		svg_box(&chart->plot.svg, class,
				(SvgBox) {x, top, chart->pitch * 0.8, plot_y(&chart->plot, from) - top});
}

static void
bar(GrowthChart *chart, int64 bucket)
{
	const Report *report = &chart->report;
	StringInfo	svg = &chart->plot.svg;
	SvgBox		area = chart->plot.area;
	GrowthCounts here = growth_counts(report, bucket);
	double		x = area.x + (bucket - chart->first + 0.1) * chart->pitch;

	svg_group(svg, "bar", words_growth(chart, bucket));
	if (report_knows(report, bucket))
	{
		piece(chart, "retained", x, 0, here.retained);
		piece(chart, "resurrected", x, here.retained, here.retained + here.resurrected);
		piece(chart, "new", x, here.retained + here.resurrected, here.active);
	}
	if (bucket <= report->complete)
		piece(chart, "churned", x, -here.churned, 0);
	else
		svg_hatch(svg, (SvgBox) {x, area.y, chart->pitch * 0.8, area.height});
	svg_group_end(svg);
}

static void
bars(GrowthChart *chart)
{
	int64		most = 0;
	int64		least = 0;
	int64		step = scale_label_step(chart->width, chart->n, 8);
	int64		bucket;

	for (bucket = chart->first; bucket <= chart->report.until; bucket++)
	{
		GrowthCounts here = growth_counts(&chart->report, bucket);

		if (report_knows(&chart->report, bucket))
			most = Max(most, here.active);
		if (bucket <= chart->report.complete)
			least = Min(least, -here.churned);
	}
	plot_axis(&chart->plot, scale_of(least, most, SCALE_COUNT), SCALE_COUNT);
	for (bucket = chart->first; bucket <= chart->report.until; bucket++)
	{
		CHECK_FOR_INTERRUPTS();
		bar(chart, bucket);
		if (floor_mod(bucket, step) == 0)
			plot_label(&chart->plot, chart->plot.area.x + (bucket - chart->first + 0.5) * chart->pitch,
					   words_bucket(chart->width, bucket), floor_mod(bucket, 2 * step) == 0);
	}
	svg_level(&chart->plot.svg, "zero", chart->plot.area.x, chart->plot.area.x + chart->plot.area.width,
			  plot_y(&chart->plot, 0));
}

/*
 * growth_chart(x [, as_of])
 */
static Datum
growth_chart(FunctionCallInfo fcinfo, CountsOfArgument counts)
{
	GrowthChart chart = {0};
	int64		all;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	report_init(&chart.report, fcinfo, counts);
	chart.width = chart.report.counts->calendar.width;
	all = Max(chart.report.until - chart.report.counts->first + 1, 0);
	chart.n = Min(all, PLOT_MAX_PERIODS);
	chart.first = chart.report.until - chart.n + 1;
	plot_begin(&chart.plot, Max(SVG_FITTING_WIDTH, 120 + (int) chart.n * BAR_MIN_PITCH),
			   psprintf("Customers by %s", words_period(chart.width, 1)), describe(&chart));
	if (all == 0)
		PG_RETURN_TEXT_P(plot_without(&chart.plot, "no customers"));
	legend(&chart.plot.svg);
	chart.pitch = chart.plot.area.width / chart.n;
	bars(&chart);
	if (all > chart.n)
		plot_caption(&chart.plot, psprintf("the last " INT64_FORMAT " of " INT64_FORMAT " %s", chart.n, all,
										   words_period(chart.width, all)));
	PG_RETURN_TEXT_P(svg_end(&chart.plot.svg));
}

Datum
growth_chart_of_summary(PG_FUNCTION_ARGS)
{
	return growth_chart(fcinfo, report_counts_of_summary);
}

Datum
growth_chart_of_totals(PG_FUNCTION_ARGS)
{
	return growth_chart(fcinfo, report_counts_of_totals);
}
