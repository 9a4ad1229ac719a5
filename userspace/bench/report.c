// SPDX-License-Identifier: GPL-2.0-only
/* What a comparison has found: see report.h. */
#include "bench/report.h"

#include <math.h>
#include <string.h>

/* Of an instruction's time: a clock that errs more is broken. */
#define CLOCK_TOLERANCE	0.02

const struct report_event report_event_kinds[] = {
	{ "exits", { "exits" }, "guest left for C code" },
	{ "full", { "full_exits" }, "exits with all of the host's state" },
	{ "monitor", { "userspace_exits" }, "exits to the monitor process" },
	{ "switcher", { "switch_syscall", "switch_return", "switch_cr3" },
	  "transitions inside the switcher" },
	{ "CR3", { "cr3_writes" }, "CR3 written" },
	{ "CR4", { "cr4_writes" }, "CR4 written" },
	{ "tables", { "table_loads" }, "LTR, LGDT, LIDT" },
	{ "MSRs", { "msr_writes" }, "MSRs written" },
	{ "fills", { "shadow_fills" }, "shadow entries filled on demand" },
	{ "prefills", { "shadow_prefills" }, "shadow entries filled beside" },
	{ "flushes", { "flush_page", "flush_context", "flush_all" },
	  "flushes asked for by the guest" },
	{ }
};

static json_t *find_row(json_t *rows, const char *name)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		if (!strcmp(json_string_value(json_object_get(row, "name")),
			    name))
			return row;
	return NULL;
}

static json_t *add_row(json_t *rows, const char *name, json_t *measured)
{
	json_t *row = find_row(rows, name);

	if (row)
		return row;
	row = json_pack("{s:s, s:O, s:O, s:O, s:{}, s:{}}", "name", name,
			"group", json_object_get(measured, "group"), "unit",
			json_object_get(measured, "unit"), "extra",
			json_object_get(measured, "extra"), "value", "events");
	json_array_append_new(rows, row);
	return row;
}

static void add_column(json_t *rows, const char *column, json_t *measured_rows)
{
	const char *name;
	json_t *measured, *row, *events;

	json_object_foreach(measured_rows, name, measured) {
		row = add_row(rows, name, measured);
		events = json_object_get(measured, "events");
		json_object_set(json_object_get(row, "value"), column,
				json_object_get(measured, "value"));
		if (events)
			json_object_set(json_object_get(row, "events"), column,
					events);
	}
}

double report_ratio(json_t *row, const char *column)
{
	json_t *values = json_object_get(row, "value");
	json_t *native = json_object_get(values, REPORT_NATIVE);
	json_t *value = json_object_get(values, column);

	if (!value || !(json_number_value(native) > 0))
		return NAN;
	return json_number_value(value) / json_number_value(native);
}

double report_events(json_t *row, const char *column, const char *counter)
{
	json_t *events = json_object_get(row, "events");

	return json_number_value(json_object_get(json_object_get(events,
								 column),
						 counter));
}

/* Over the rows that both have; extra ones stay out. */
static json_t *compute_geomean(json_t *rows, const char *column)
{
	double sum = 0, ratio;
	unsigned int n = 0;
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		ratio = report_ratio(row, column);
		if (json_is_true(json_object_get(row, "extra")) ||
		    !(ratio > 0))
			continue;
		sum += log(ratio);
		n++;
	}
	return n ? json_real(exp(sum / n)) : NULL;
}

json_t *report_create(json_t *columns, json_t *absent, json_t *host)
{
	json_t *rows = json_array(), *geomean = json_object();
	json_t *names = json_array(), *column, *mean;
	const char *name;

	json_object_foreach(columns, name, column) {
		add_column(rows, name, json_object_get(column, "rows"));
		json_array_append_new(names, json_string(name));
	}
	json_object_foreach(columns, name, column) {
		mean = compute_geomean(rows, name);
		if (mean && strcmp(name, REPORT_NATIVE))
			json_object_set_new(geomean, name, mean);
	}
	return json_pack("{s:i, s:o, s:o, s:O, s:o, s:o}", "schema",
			 REPORT_SCHEMA, "host", host, "columns", names,
			 "absent", absent, "rows", rows, "geomean", geomean);
}

int report_check_clocks(json_t *columns, struct error *err)
{
	json_t *native = json_object_get(columns, REPORT_NATIVE), *column;
	double expected = json_number_value(json_object_get(native,
							    "calibrate"));
	const char *name;
	double found;

	json_object_foreach(columns, name, column) {
		found = json_number_value(json_object_get(column,
							  "calibrate"));
		if (native && fabs(found / expected - 1) > CLOCK_TOLERANCE)
			return error_set(err,
					 "the clocks disagree, so the figures mean nothing: an instruction takes %.3f ns natively and %.3f ns in %s",
					 expected, found, name);
	}
	return 0;
}
