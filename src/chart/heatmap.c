/*
 * chart/heatmap.c
 *		cohort_heatmap: of the customers first seen in a bucket, how many were seen again at each age, in colours.
 *
 * A row is a cohort: its customers, who are those of age 0, and then a cell for each age.  The scale of the
 * colours ends at a round number above the largest rate, since rates of shops are mostly in the lowest
 * quarter of what is possible.  More than HEATMAP_PERIODS rows or columns could not be read: the cohorts of
 * the latest buckets are shown, which the picture says; as_of goes back to earlier ones.
 */
#include "chart/scale.h"
#include "chart/svg.h"
#include "chart/words.h"
#include "report/cohort_walk.h"

#define HEATMAP_PERIODS 40
#define HEATMAP_CELLS (HEATMAP_PERIODS * (HEATMAP_PERIODS + 1) / 2)

/* Where the parts are. */
#define CUSTOMERS_WIDTH 68
#define ROW_HEIGHT 26
#define ROWS_TOP 94
#define ROWS_BOTTOM 50
#define NOTE_HEIGHT 26
#define LEAST_WIDTH 640

/* Rates below this have a decimal, for which there is room. */
#define DECIMAL_BELOW 10

typedef struct HeatmapCell
{
	int64		cohort;
	int64		age;
	int64		customers;
	int64		retained;
	bool		known;
	bool		complete;
} HeatmapCell;

typedef struct Heatmap
{
	StringInfoData svg;
	Report		report;
	BucketWidth width;
	int64		nbuckets;		/* of the report */
	int64		first;			/* the first bucket shown */
	int			ncells;
	int			nrows;
	int64		nages;			/* the largest age */
	Scale		scale;			/* of the colours, in percent */
	int			cohorts_width;	/* of their names */
	int			cell_width;
	HeatmapCell cells[HEATMAP_CELLS];
} Heatmap;

PG_FUNCTION_INFO_V1(cohort_heatmap_of_summary);
PG_FUNCTION_INFO_V1(cohort_heatmap_of_totals);

static double
cell_percent(const HeatmapCell *cell)
{
	return 100 * ((double) cell->retained / cell->customers);
}

/*
 * Has the cell a rate, and so a colour?
 */
static bool
cell_has_rate(const HeatmapCell *cell)
{
	return cell->age > 0 && cell->known && cell->complete && cell->customers > 0;
}

/*
 * The cells that are shown.
 */
static void
take_cells(Heatmap *map)
{
	const Report *report = &map->report;
	double		most = 0;
	CohortWalk	walk;

	cohort_walk_init(&walk, report, report->until, false);
	while (walk.next_seen < report->counts->nseen && report->counts->seen[walk.next_seen].cohort < map->first)
		walk.next_seen++;
	while (cohort_walk_next(&walk))
	{
		HeatmapCell *cell = &map->cells[map->ncells++];

		Assert(map->ncells <= HEATMAP_CELLS);
		cell->cohort = walk.cohort;
		cell->age = walk.bucket - walk.cohort;
		cell->customers = walk.customers;
		cell->retained = walk.retained;
		cell->known = walk.known;
		cell->complete = walk.bucket <= report->complete;
		map->nrows += cell->age == 0;
		map->nages = Max(map->nages, cell->age);
		if (cell_has_rate(cell))
			most = Max(most, cell_percent(cell));
	}
	map->scale = scale_of(0, most, SCALE_PERCENT);
}

static char *
words_cell(const Heatmap *map, const HeatmapCell *cell)
{
	char	   *name = words_bucket(map->width, cell->cohort);
	char	   *when = psprintf(INT64_FORMAT " %s after the first", cell->age, words_period(map->width, cell->age));

	if (cell->age == 0)
		return psprintf("%s: %s%s", name, cell->known ? words_customers(cell->customers) : "not over",
						cell->known && !cell->complete ? " so far" : "");
	if (!cell->known)
		return psprintf("%s, %s: not over", name, when);
	return psprintf("%s, %s: " INT64_FORMAT " of " INT64_FORMAT "%s", name, when, cell->retained, cell->customers,
					cell->complete ? "" : " so far");
}

static void
draw_cell(Heatmap *map, const HeatmapCell *cell, double y)
{
	SvgBox		box = {map->cohorts_width + CUSTOMERS_WIDTH, y, map->cell_width - 1, ROW_HEIGHT - 1};
	char	   *label = NULL;
	char	   *class = "cell";

	if (cell->age == 0)
	{
		box.x = map->cohorts_width;
		box.width = CUSTOMERS_WIDTH - 1;
	}
	else
		box.x += (cell->age - 1) * map->cell_width;
	if (cell_has_rate(cell))
	{
		double		percent = cell_percent(cell);
		int			step = (int) (percent / scale_high(&map->scale) * SVG_HEAT_STEPS);

		class = psprintf("heat%d", Min(step, SVG_HEAT_STEPS - 1));
		label = words_share(percent, scale_high(&map->scale) <= DECIMAL_BELOW ? 1 : 0);
	}
	else if (cell->age == 0 && cell->known)
		label = words_count(cell->customers);
	svg_group(&map->svg, class, words_cell(map, cell));
	svg_box(&map->svg, "plain", box);
	if (!cell->complete)
		svg_hatch(&map->svg, box);
	if (label != NULL)
		svg_text(&map->svg, "middle", box.x + box.width / 2, y + 17.5, label);
	svg_group_end(&map->svg);
}

static void
draw_cells(Heatmap *map)
{
	double		y = ROWS_TOP - ROW_HEIGHT;
	int			i;

	for (i = 0; i < map->ncells; i++)
	{
		if (map->cells[i].age == 0)
		{
			y += ROW_HEIGHT;
			svg_text(&map->svg, "end", map->cohorts_width - 12, y + 17.5,
					 words_bucket(map->width, map->cells[i].cohort));
		}
		draw_cell(map, &map->cells[i], y);
	}
}

static void
draw_header(Heatmap *map)
{
	int64		age;

	svg_text(&map->svg, "soft end", map->cohorts_width + CUSTOMERS_WIDTH - 8, ROWS_TOP - 10, "customers");
	for (age = 1; age <= map->nages; age++)
		svg_text(&map->svg, "soft middle", map->cohorts_width + CUSTOMERS_WIDTH + (age - 0.5) * map->cell_width,
				 ROWS_TOP - 10, psprintf(INT64_FORMAT, age));
	svg_text(&map->svg, "soft", 16, 56,
			 psprintf("%% of each cohort, by %s after the first", words_period(map->width, 2)));
}

/*
 * Below the rows: what the colours and the hatching mean.
 */
static void
draw_legend(Heatmap *map)
{
	double		y = ROWS_TOP + map->nrows * ROW_HEIGHT + 16;
	double		x = 64;
	int			i;

	svg_text(&map->svg, "soft end", x - 10, y + 13, "0%");
	for (i = 0; i < SVG_HEAT_STEPS; i++, x += 22)
	{
		svg_group(&map->svg, psprintf("heat%d", i), NULL);
		svg_box(&map->svg, "plain", (SvgBox) {x, y, 22, 16});
		svg_group_end(&map->svg);
	}
	svg_text(&map->svg, "soft", x + 10, y + 13, scale_text(&map->scale, map->scale.last, SCALE_PERCENT));
	svg_hatch(&map->svg, (SvgBox) {x + 90, y, 22, 16});
	svg_text(&map->svg, "soft", x + 122, y + 13, "not over");
}

static char *
describe(const Heatmap *map)
{
	if (map->nbuckets == 0)
		return "There are no customers.";
	if (map->ncells == 0)
		return psprintf("There are no new customers in the last %d %s.", HEATMAP_PERIODS,
						words_period(map->width, HEATMAP_PERIODS));
	return psprintf("%s, from %s to %s, in time zone %s. The colours are for shares from 0%% to %s.",
					words_cohorts(map->nrows), words_bucket(map->width, map->cells[0].cohort),
					words_bucket(map->width, map->cells[map->ncells - 1].cohort),
					pg_get_timezone_name(map->report.counts->calendar.zone),
					scale_text(&map->scale, map->scale.last, SCALE_PERCENT));
}

static void
begin_picture(Heatmap *map)
{
	int			width;
	int			height = ROWS_TOP + map->nrows * ROW_HEIGHT + ROWS_BOTTOM;

	map->cohorts_width = 24 + 11 * strlen(words_bucket(map->width, map->first));
	map->cell_width = map->nages <= 12 ? 45 : Max(24, Min(36, 864 / (int) map->nages));
	width = map->cohorts_width + CUSTOMERS_WIDTH + (int) map->nages * map->cell_width + 12;
	if (map->nbuckets > HEATMAP_PERIODS)
		height += NOTE_HEIGHT;
	svg_begin(&map->svg, Max(width, LEAST_WIDTH), height, "Customers seen again, by cohort", describe(map));
}

/*
 * cohort_heatmap(x [, as_of])
 */
static Datum
cohort_heatmap(FunctionCallInfo fcinfo, CountsOfArgument counts)
{
	Heatmap    *map = palloc0(sizeof(Heatmap));

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	report_init(&map->report, fcinfo, counts);
	map->width = map->report.counts->calendar.width;
	map->nbuckets = Max(map->report.until - map->report.counts->first + 1, 0);
	map->first = Max(map->report.counts->first, map->report.until - HEATMAP_PERIODS + 1);
	take_cells(map);
	begin_picture(map);
	if (map->ncells == 0)
		svg_text(&map->svg, "soft", 16, ROWS_TOP, map->nbuckets == 0 ? "no customers" : "no new customers");
	else
	{
		draw_header(map);
		draw_cells(map);
		draw_legend(map);
	}
	if (map->nbuckets > HEATMAP_PERIODS)
		svg_text(&map->svg, "soft", 16, ROWS_TOP + map->nrows * ROW_HEIGHT + ROWS_BOTTOM + NOTE_HEIGHT - 16,
				 psprintf("the last %d of " INT64_FORMAT " %s", HEATMAP_PERIODS, map->nbuckets,
						  words_period(map->width, map->nbuckets)));
	PG_RETURN_TEXT_P(svg_end(&map->svg));
}

Datum
cohort_heatmap_of_summary(PG_FUNCTION_ARGS)
{
	return cohort_heatmap(fcinfo, report_cohorts_of_summary);
}

Datum
cohort_heatmap_of_totals(PG_FUNCTION_ARGS)
{
	return cohort_heatmap(fcinfo, report_counts_of_totals);
}
