// SPDX-License-Identifier: GPL-2.0-only
/*
 * A report (report.h) as one self-contained page of HTML: geometric means, a
 * plot of all rows, tables.  No script, nothing loaded from elsewhere.
 */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "bench/report.h"
#include "lib/array.h"

/* Geometry of the plots, in pixels */
#define LABEL_WIDTH	150
#define PLOT_WIDTH	640
#define BAR_HEIGHT	9
#define ROW_GAP		7

/* The axis is logarithmic, from a bit faster than native to much slower. */
#define AXIS_MIN	0.5
#define AXIS_MAX	64.0

static const char *const colours[] = {
	"#0b7285", "#e8590c", "#862e9c", "#5c940d", "#c2255c", "#495057",
};

#define COLOURS	ARRAY_SIZE(colours)

static const char style[] =
	"body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;"
	"padding:0 1em;color:#212529;background:#fff}"
	"h1{font-size:1.6em}h2{font-size:1.2em;margin-top:2em}"
	"table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
	"th,td{padding:.1em .6em;text-align:right;border-bottom:1px solid #dee2e6}"
	"th:first-child,td:first-child{text-align:left}"
	".extra{color:#868e96}svg text{font:12px system-ui,sans-serif}"
	"details{margin:.5em 0}summary{cursor:pointer}.wide{overflow-x:auto}";

static void print_text(FILE *out, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc(*text, out);
		}
}

/* Columns but the native one: name and colour */

static const char *next_column(json_t *report, size_t *i)
{
	json_t *columns = json_object_get(report, "columns");
	const char *name;

	while (*i < json_array_size(columns)) {
		name = json_string_value(json_array_get(columns, (*i)++));
		if (strcmp(name, REPORT_NATIVE))
			return name;
	}
	return NULL;
}

#define for_each_column(name, i, n, report)				\
	for (i = 0, n = 0; (name = next_column(report, &i)); n++)

static unsigned int count_columns(json_t *report)
{
	const char *name;
	unsigned int n;
	size_t i;

	for_each_column(name, i, n, report)
		;
	return n;
}

static void print_legend(json_t *report, FILE *out)
{
	const char *name;
	unsigned int n;
	size_t i;

	fputs("<p>", out);
	for_each_column(name, i, n, report) {
		fprintf(out, "<span style=\"color:%s\">&#9632;</span> ",
			colours[n % COLOURS]);
		print_text(out, name);
		fputs(" &nbsp; ", out);
	}
	fputs("</p>\n", out);
}

/* Plots */

static double axis(double ratio)
{
	double clamped = fmin(fmax(ratio, AXIS_MIN), AXIS_MAX);

	return LABEL_WIDTH + PLOT_WIDTH * log(clamped / AXIS_MIN) /
	       log(AXIS_MAX / AXIS_MIN);
}

static void print_grid(FILE *out, unsigned int height)
{
	static const double lines[] = { 0.5, 1, 2, 4, 8, 16, 32, 64 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lines); i++)
		fprintf(out,
			"<line x1=\"%.1f\" x2=\"%.1f\" y1=\"16\" y2=\"%u\" stroke=\"%s\"/>"
			"<text x=\"%.1f\" y=\"12\" text-anchor=\"middle\">%g</text>\n",
			axis(lines[i]), axis(lines[i]), height,
			lines[i] == 1 ? "#343a40" : "#dee2e6", axis(lines[i]),
			lines[i]);
}

/* From native, which is 1, to the right or to the left. */
static void print_bar(FILE *out, double ratio, unsigned int y,
		      const char *colour)
{
	double from = fmin(axis(1), axis(ratio));
	double to = fmax(axis(1), axis(ratio));

	if (isnan(ratio))
		return;
	fprintf(out,
		"<rect x=\"%.1f\" y=\"%u\" width=\"%.1f\" height=\"%u\" fill=\"%s\">"
		"<title>%.2f</title></rect>\n",
		from, y, fmax(to - from, 1.5), BAR_HEIGHT - 1, colour, ratio);
}

static void print_row_bars(json_t *report, json_t *row, unsigned int y,
			   FILE *out)
{
	const char *name;
	unsigned int n;
	size_t i;

	fprintf(out, "<text x=\"%d\" y=\"%u\" text-anchor=\"end\"%s>",
		LABEL_WIDTH - 6, y + BAR_HEIGHT,
		json_is_true(json_object_get(row, "extra")) ?
			" fill=\"#868e96\"" : "");
	print_text(out, json_string_value(json_object_get(row, "name")));
	fputs("</text>\n", out);
	for_each_column(name, i, n, report)
		print_bar(out, report_ratio(row, name), y + n * BAR_HEIGHT,
			  colours[n % COLOURS]);
}

static void open_plot(FILE *out, unsigned int height)
{
	fprintf(out,
		"<div class=\"wide\"><svg width=\"%d\" height=\"%u\" role=\"img\">\n",
		LABEL_WIDTH + PLOT_WIDTH + 20, height);
	print_grid(out, height);
}

static void print_plot(json_t *report, FILE *out)
{
	unsigned int step = count_columns(report) * BAR_HEIGHT + ROW_GAP;
	json_t *rows = json_object_get(report, "rows"), *row;
	size_t i;

	open_plot(out, 24 + json_array_size(rows) * step);
	json_array_foreach(rows, i, row)
		print_row_bars(report, row, 22 + i * step, out);
	fputs("</svg></div>\n", out);
}

static void print_means(json_t *report, FILE *out)
{
	json_t *means = json_object_get(report, "geomean"), *mean;
	const char *name;
	unsigned int n;
	size_t i;

	open_plot(out, 24 + count_columns(report) * 2 * BAR_HEIGHT);
	for_each_column(name, i, n, report) {
		mean = json_object_get(means, name);
		fprintf(out, "<text x=\"%d\" y=\"%u\" text-anchor=\"end\">",
			LABEL_WIDTH - 6, 22 + n * 2 * BAR_HEIGHT + BAR_HEIGHT);
		print_text(out, name);
		if (mean)
			fprintf(out, " %.2f", json_number_value(mean));
		fputs("</text>\n", out);
		print_bar(out, mean ? json_number_value(mean) : NAN,
			  22 + n * 2 * BAR_HEIGHT, colours[n % COLOURS]);
	}
	fputs("</svg></div>\n", out);
}

/* Tables */

static void print_table(json_t *report, FILE *out)
{
	const char *name;
	json_t *row, *native;
	unsigned int n;
	size_t i, c;

	fputs("<div class=\"wide\"><table><tr><th>row<th>native, ns", out);
	for_each_column(name, c, n, report) {
		fputs("<th>", out);
		print_text(out, name);
	}
	fputs("</tr>\n", out);
	json_array_foreach(json_object_get(report, "rows"), i, row) {
		native = json_object_get(json_object_get(row, "value"),
					 REPORT_NATIVE);
		fputs(json_is_true(json_object_get(row, "extra")) ?
		      "<tr class=\"extra\"><td>" : "<tr><td>", out);
		print_text(out, json_string_value(json_object_get(row,
								  "name")));
		fprintf(out, "<td>%.0f", json_number_value(native));
		for_each_column(name, c, n, report) {
			if (isnan(report_ratio(row, name)))
				fputs("<td>&ndash;", out);
			else
				fprintf(out, "<td>%.2f",
					report_ratio(row, name));
		}
		fputs("</tr>\n", out);
	}
	fputs("</table></div>\n", out);
}

static void print_row_events(json_t *row, const char *column, FILE *out)
{
	json_t *events = json_object_get(json_object_get(row, "events"),
					 column), *count;
	const char *counter;

	if (!events)
		return;
	fputs("<tr><td>", out);
	print_text(out, json_string_value(json_object_get(row, "name")));
	fputs("<td style=\"text-align:left\">", out);
	json_object_foreach(events, counter, count)
		fprintf(out, "%s&nbsp;%.3g &ensp;", counter,
			json_number_value(count));
	fputs("</tr>\n", out);
}

static void print_events(json_t *report, FILE *out)
{
	const char *name;
	json_t *row;
	unsigned int n;
	size_t i, c;

	for_each_column(name, c, n, report) {
		fputs("<details><summary>", out);
		print_text(out, name);
		fputs("</summary><table>\n", out);
		json_array_foreach(json_object_get(report, "rows"), i, row)
			print_row_events(row, name, out);
		fputs("</table></details>\n", out);
	}
}

static void print_facts(json_t *report, FILE *out)
{
	const char *key;
	json_t *value;

	fputs("<table>\n", out);
	json_object_foreach(json_object_get(report, "host"), key, value) {
		fputs("<tr><td>", out);
		print_text(out, key);
		fputs("<td style=\"text-align:left\">", out);
		print_text(out, json_string_value(value));
		fputs("</tr>\n", out);
	}
	json_object_foreach(json_object_get(report, "absent"), key, value) {
		fputs("<tr><td>", out);
		print_text(out, key);
		fputs("<td style=\"text-align:left\">did not run: ", out);
		print_text(out, json_string_value(value));
		fputs("</tr>\n", out);
	}
	fputs("</table>\n", out);
}

void report_print_html(json_t *report, FILE *out)
{
	fprintf(out,
		"<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\">"
		"<title>corbel bench</title><style>%s</style>\n"
		"<h1>Native and virtual, compared</h1>\n", style);
	print_facts(report, out);
	fputs("<h2>Geometric mean of the ratios to native</h2>\n", out);
	print_means(report, out);
	fputs("<h2>Ratio to native by row</h2>\n"
	      "<p>Logarithmic; 1 is native, to the right is slower. "
	      "Grey rows are not in the mean.</p>\n", out);
	print_legend(report, out);
	print_plot(report, out);
	fputs("<h2>Figures</h2>\n", out);
	print_table(report, out);
	fputs("<h2>Events per operation</h2>\n", out);
	print_events(report, out);
	fputs("</html>\n", out);
}
