/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a comparison has found: columns side by side, for programs and people.
 *
 * The report is the JSON of `corbel bench`:
 *
 *	{ "schema": 1, "host": { KEY: VALUE },
 *	  "columns": [ COLUMN ], "absent": { COLUMN: REASON },
 *	  "rows": [ { "name", "group", "unit", "extra",
 *		      "value": { COLUMN: NUMBER },
 *		      "events": { COLUMN: { COUNTER: PER_OPERATION } } } ],
 *	  "geomean": { COLUMN: RATIO_TO_NATIVE } }
 */
#ifndef CORBEL_BENCH_REPORT_H
#define CORBEL_BENCH_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "lib/error.h"

#define REPORT_SCHEMA	1
#define REPORT_NATIVE	"native"

/*
 * Put columns side by side.  @columns: { NAME: column (column.h) }, in the
 * order to show them; @absent: { NAME: REASON }; the report takes @host.
 */
json_t *report_create(json_t *columns, json_t *absent, json_t *host);

/*
 * Do the clocks of all columns agree, that is, does an instruction take as
 * long in each as it does natively?  If not, no ratio means anything.
 */
int report_check_clocks(json_t *columns, struct error *err);

/* The ratio of a row's value in a column to the native one, or a NaN. */
double report_ratio(json_t *row, const char *column);

/* Events per operation of one kind, over a row of the report. */
double report_events(json_t *row, const char *column, const char *counter);

void report_print_table(json_t *report, FILE *out);
void report_print_html(json_t *report, FILE *out);

/* Events that are shown in tables. */
struct report_event {
	const char *title;
	const char *counters[4];	/* to be added up */
	const char *meaning;
};

extern const struct report_event report_event_kinds[];

#endif
