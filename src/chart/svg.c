/*
 * chart/svg.c
 *		Writing an SVG: one piece of text that any browser shows, alone or inside a page.
 *
 * Nothing in it comes from elsewhere: no script, no font, no file.  All foreign text goes through
 * put_escaped, and what leaves it is ASCII, so that neither the encoding of the database nor that of the file
 * matters.  Numbers have at most one decimal, written digit by digit: the picture is the same to the byte on
 * every server.
 *
 * Colours are in a style sheet, once for light and once for dark screens.  All its rules begin with the class
 * of the picture, since a style sheet inside a page is about all of the page; that of each picture is the
 * same.  CSS variables would be shorter, but what is no browser (mail, converters to other formats) does not
 * know them.
 *
 * Nothing has an id, of which a page may have each only once.  A browser finds the title and the description
 * of a picture as its children.  Hatching is drawn line by line: as a pattern it was found by its id, that of
 * the first picture in the page, and was not there in any of them while that one was hidden.
 *
 * The ramp is ColorBrewer's YlGnBu, whose steps differ in lightness and so can be told apart by everybody; on
 * dark screens it runs the other way, so that much is always what stands out.  The other colours are Okabe's
 * and Ito's or near them.
 */
#include "chart/svg.h"

#include <math.h>

#include "utils/builtins.h"

/* Between the lines of the hatching, along an edge. */
#define HATCH_STEP 8.5

#define P ".retention-chart "

static const char style[] =
".retention-chart{font:12px system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif;"
"font-variant-numeric:tabular-nums;height:auto}\n"
P "text{fill:#1f2328}" P ".title{font-size:17px;font-weight:600}" P ".soft{fill:#59636e}"
P ".middle{text-anchor:middle}" P ".end{text-anchor:end}\n"
P ".paper{fill:#fff}" P ".plain{fill:#eef1f4}" P ".grid{stroke:#dde2e8}" P ".zero{stroke:#59636e}"
P ".open{fill:none;stroke:#8c959f;stroke-width:1.5}"
P ".cell .open+text{paint-order:stroke;stroke:#eef1f4;stroke-width:4px}"
P ".point text{paint-order:stroke;stroke:#fff;stroke-width:4px}\n"
P ".retained{fill:#0b5fa5}" P ".resurrected{fill:#bf7b00}" P ".new{fill:#62b6e7}" P ".churned{fill:#c8501e}"
P ".line{fill:none;stroke:#0b5fa5;stroke-width:2.5;stroke-linejoin:round;stroke-linecap:round}"
P ".dot{fill:#0b5fa5;stroke:#fff;stroke-width:1.5}\n"
P ".heat0 rect{fill:#ffffd9}" P ".heat1 rect{fill:#edf8b1}" P ".heat2 rect{fill:#c7e9b4}"
P ".heat3 rect{fill:#7fcdbb}"
P ".heat4 rect{fill:#41b6c4}" P ".heat5 rect{fill:#1d91c0}" P ".heat6 rect{fill:#225ea8}"
P ".heat7 rect{fill:#253494}"
P ".heat8 rect{fill:#081d58}" P ".heat5 text{fill:#000}" P ".heat6 text," P ".heat7 text,"
P ".heat8 text{fill:#fff}\n"
"@media (prefers-color-scheme:dark){\n"
P "text{fill:#e6edf3}" P ".soft{fill:#9da7b3}"
P ".paper{fill:#0d1117}" P ".plain{fill:#21262d}" P ".grid{stroke:#2a313a}" P ".zero{stroke:#9da7b3}"
P ".open{stroke:#6e7781}" P ".cell .open+text{stroke:#21262d}" P ".point text{stroke:#0d1117}\n"
P ".retained{fill:#388bd6}" P ".resurrected{fill:#dc9d20}" P ".new{fill:#a5d8ff}" P ".churned{fill:#f0703a}"
P ".line{stroke:#58a6ff}" P ".dot{fill:#58a6ff;stroke:#0d1117}\n"
P ".heat0 rect{fill:#081d58}" P ".heat1 rect{fill:#253494}" P ".heat2 rect{fill:#225ea8}"
P ".heat3 rect{fill:#1d91c0}"
P ".heat4 rect{fill:#41b6c4}" P ".heat5 rect{fill:#7fcdbb}" P ".heat6 rect{fill:#c7e9b4}"
P ".heat7 rect{fill:#edf8b1}"
P ".heat8 rect{fill:#ffffd9}" P ".heat0 text," P ".heat1 text," P ".heat2 text{fill:#fff}"
P ".heat3 text," P ".heat4 text," P ".heat5 text," P ".heat6 text," P ".heat7 text," P ".heat8 text{fill:#0d1117}}\n"
"@media (max-width:640px){.retention-chart.fits{font-size:20px}.retention-chart.fits .title{font-size:25px}"
".retention-chart.fits .wide{display:none}}\n";

/*
 * Text in which nothing is markup.  XML has no place for control characters, and what is no ASCII would
 * depend on the encoding: in their place stands the sign for a character that cannot be shown.
 */
static void
put_escaped(StringInfo svg, const char *text)
{
	for (; *text; text++)
	{
		switch (*text)
		{
			case '&':
				appendStringInfoString(svg, "&amp;");
				break;
			case '<':
				appendStringInfoString(svg, "&lt;");
				break;
			case '>':
				appendStringInfoString(svg, "&gt;");
				break;
			case '"':
				appendStringInfoString(svg, "&quot;");
				break;
			case '\'':
				appendStringInfoString(svg, "&#39;");
				break;
			default:
				if (*text >= ' ' && *text <= '~')
					appendStringInfoChar(svg, *text);
				else
					appendStringInfoString(svg, "&#65533;");
				break;
		}
	}
}

/*
 * A coordinate, to the tenth of a pixel.
 */
static void
put_coordinate(StringInfo svg, double value)
{
	int			tenths = (int) rint(value * 10);

	if (tenths < 0)
		appendStringInfoChar(svg, '-');
	tenths = abs(tenths);
	appendStringInfo(svg, "%d", tenths / 10);
	if (tenths % 10 != 0)
		appendStringInfo(svg, ".%d", tenths % 10);
}

static void
put_attribute(StringInfo svg, const char *name, double value)
{
	appendStringInfo(svg, " %s=\"", name);
	put_coordinate(svg, value);
	appendStringInfoChar(svg, '"');
}

static void
put_element(StringInfo svg, const char *name, const char *text)
{
	appendStringInfo(svg, "<%s>", name);
	put_escaped(svg, text);
	appendStringInfo(svg, "</%s>\n", name);
}

/*
 * Start a picture, whose title is also shown.
 */
void
svg_begin(StringInfo svg, int width, int height, const char *title, const char *description)
{
	bool		fits = width <= SVG_FITTING_WIDTH;

	initStringInfo(svg);
	appendStringInfo(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"retention-chart%s\" role=\"img\" "
					 "width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" ",
					 fits ? " fits" : "", width, height, width, height);
	if (fits)
		appendStringInfo(svg, "style=\"width:100%%;min-width:%dpx;max-width:%dpx\">\n", width / 2, width);
	else
		appendStringInfo(svg, "style=\"width:%dpx\">\n", width);
	put_element(svg, "title", title);
	put_element(svg, "desc", description);
	appendStringInfo(svg, "<style>\n%s</style>\n", style);
	svg_box(svg, "paper", (SvgBox) {0, 0, width, height});
	svg_text(svg, "title", 16, 30, title);
}

text *
svg_end(StringInfo svg)
{
	appendStringInfoString(svg, "</svg>\n");
	return cstring_to_text_with_len(svg->data, svg->len);
}

/*
 * What belongs together; the tooltip, if any, is shown where the mouse is.
 */
void
svg_group(StringInfo svg, const char *class, const char *tooltip)
{
	appendStringInfo(svg, "<g class=\"%s\">", class);
	if (tooltip != NULL)
		put_element(svg, "title", tooltip);
}

void
svg_group_end(StringInfo svg)
{
	appendStringInfoString(svg, "</g>\n");
}

void
svg_box(StringInfo svg, const char *class, SvgBox box)
{
	appendStringInfo(svg, "<rect class=\"%s\"", class);
	put_attribute(svg, "x", box.x);
	put_attribute(svg, "y", box.y);
	put_attribute(svg, "width", box.width);
	put_attribute(svg, "height", box.height);
	appendStringInfoString(svg, "/>\n");
}

/*
 * A level line.
 */
void
svg_level(StringInfo svg, const char *class, double x1, double x2, double y)
{
	appendStringInfo(svg, "<line class=\"%s\"", class);
	put_attribute(svg, "x1", x1);
	put_attribute(svg, "x2", x2);
	put_attribute(svg, "y1", y);
	put_attribute(svg, "y2", y);
	appendStringInfoString(svg, "/>\n");
}

void
svg_dot(StringInfo svg, double x, double y)
{
	appendStringInfoString(svg, "<circle class=\"dot\" r=\"4.5\"");
	put_attribute(svg, "cx", x);
	put_attribute(svg, "cy", y);
	appendStringInfoString(svg, "/>\n");
}

void
svg_path(StringInfo svg, const char *class)
{
	appendStringInfo(svg, "<path class=\"%s\" d=\"", class);
}

/*
 * Go on to a point, drawing or not.
 */
void
svg_path_to(StringInfo svg, bool draw, double x, double y)
{
	appendStringInfoChar(svg, draw ? 'L' : 'M');
	put_coordinate(svg, x);
	appendStringInfoChar(svg, ' ');
	put_coordinate(svg, y);
}

void
svg_path_end(StringInfo svg)
{
	appendStringInfoString(svg, "\"/>\n");
}

/*
 * A box that is hatched: lines from its left or lower edge, each as far along both edges, to the upper or right one.
 */
void
svg_hatch(StringInfo svg, SvgBox box)
{
	double		along;

	svg_path(svg, "open");
	for (along = HATCH_STEP / 2; along < box.width + box.height; along += HATCH_STEP)
	{
		double		from = Max(along - box.height, 0);
		double		to = Min(along, box.width);

		svg_path_to(svg, false, box.x + from, box.y + along - from);
		svg_path_to(svg, true, box.x + to, box.y + along - to);
	}
	svg_path_end(svg);
}

void
svg_text(StringInfo svg, const char *class, double x, double y, const char *text)
{
	appendStringInfo(svg, "<text class=\"%s\"", class);
	put_attribute(svg, "x", x);
	put_attribute(svg, "y", y);
	appendStringInfoChar(svg, '>');
	put_escaped(svg, text);
	appendStringInfoString(svg, "</text>\n");
}
