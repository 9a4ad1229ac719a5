// SPDX-License-Identifier: GPL-2.0-only
/* A report (report.h) as tables of text. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "bench/report.h"
#include "lib/array.h"

#define NAME_WIDTH	17

static void print_number(FILE *out, double number, int width, int digits)
{
	if (isnan(number))
		fprintf(out, " %*s", width, "-");
	else
		fprintf(out, " %*.*f", width, digits, number);
}

static int column_width(const char *column)
{
	return strlen(column) > 8 ? strlen(column) : 8;
}

static void print_head(json_t *report, FILE *out)
{
	const char *name;
	json_t *column;
	size_t i;

	fprintf(out, "%-*s %14s", NAME_WIDTH, "row", "native, ns");
	json_array_foreach(json_object_get(report, "columns"), i, column) {
		name = json_string_value(column);
		if (strcmp(name, REPORT_NATIVE))
			fprintf(out, " %*s", column_width(name), name);
	}
	fputc('\n', out);
}

static void print_row(json_t *report, json_t *row, FILE *out)
{
	json_t *native = json_object_get(json_object_get(row, "value"),
					 REPORT_NATIVE);
	const char *name;
	json_t *column;
	size_t i;

	fprintf(out, "%-*s", NAME_WIDTH,
		json_string_value(json_object_get(row, "name")));
	print_number(out, native ? json_number_value(native) : NAN, 14, 0);
	json_array_foreach(json_object_get(report, "columns"), i, column) {
		name = json_string_value(column);
		if (strcmp(name, REPORT_NATIVE))
			print_number(out, report_ratio(row, name),
				     column_width(name), 2);
	}
	fputs(json_is_true(json_object_get(row, "extra")) ? "  *\n" : "\n",
	      out);
}

static void print_geomean(json_t *report, FILE *out)
{
	json_t *means = json_object_get(report, "geomean"), *column, *mean;
	const char *name;
	size_t i;

	fprintf(out, "%-*s %14s", NAME_WIDTH, "geometric mean", "");
	json_array_foreach(json_object_get(report, "columns"), i, column) {
		name = json_string_value(column);
		if (!strcmp(name, REPORT_NATIVE))
			continue;
		mean = json_object_get(means, name);
		print_number(out, mean ? json_number_value(mean) : NAN,
			     column_width(name), 2);
	}
	fputs("\n\nRatios to native, less is better.  * not in the geometric mean.\n",
	      out);
}

static void print_absent(json_t *report, FILE *out)
{
	const char *name;
	json_t *reason;

	json_object_foreach(json_object_get(report, "absent"), name, reason)
		fprintf(out, "%s did not run: %s\n", name,
			json_string_value(reason));
}

static double add_up(json_t *row, const char *column,
		     const struct report_event *kind)
{
	double sum = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kind->counters) &&
	     kind->counters[i]; i++)
		sum += report_events(row, column, kind->counters[i]);
	return sum;
}

static bool has_events(json_t *report, const char *column)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(report, "rows"), i, row)
		if (json_object_get(json_object_get(row, "events"), column))
			return true;
	return false;
}

static void print_events(json_t *report, const char *column, FILE *out)
{
	const struct report_event *kind;
	json_t *row;
	size_t i;

	fprintf(out, "\n%-*s", NAME_WIDTH, column);
	for (kind = report_event_kinds; kind->title; kind++)
		fprintf(out, " %8s", kind->title);
	fputc('\n', out);
	json_array_foreach(json_object_get(report, "rows"), i, row) {
		if (!json_object_get(json_object_get(row, "events"), column))
			continue;
		fprintf(out, "%-*s", NAME_WIDTH,
			json_string_value(json_object_get(row, "name")));
		for (kind = report_event_kinds; kind->title; kind++)
			print_number(out, add_up(row, column, kind), 8, 2);
		fputc('\n', out);
	}
}

static void print_all_events(json_t *report, FILE *out)
{
	const struct report_event *kind;
	json_t *column;
	size_t i;

	fputs("\nEvents per operation\n", out);
	for (kind = report_event_kinds; kind->title; kind++)
		fprintf(out, "  %-9s %s\n", kind->title, kind->meaning);
	json_array_foreach(json_object_get(report, "columns"), i, column)
		if (has_events(report, json_string_value(column)))
			print_events(report, json_string_value(column), out);
}

void report_print_table(json_t *report, FILE *out)
{
	json_t *row;
	size_t i;

	print_all_events(report, out);
	fputc('\n', out);
	print_head(report, out);
	json_array_foreach(json_object_get(report, "rows"), i, row)
		print_row(report, row, out);
	print_geomean(report, out);
	print_absent(report, out);
}
