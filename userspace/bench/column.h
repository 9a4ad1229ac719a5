/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One column of the comparison: what the benchmark's guest program said about
 * one system (guest/main.c has its protocol), as JSON:
 *
 *	{ "info": { KEY: VALUE }, "calibrate": NS_PER_INSTRUCTION,
 *	  "rows": { NAME: { "group", "unit", "extra", "value", "ops",
 *			    "events": { COUNTER: PER_OPERATION } } },
 *	  "failed": { NAME: REASON }, "complete": BOOL }
 */
#ifndef CORBEL_BENCH_COLUMN_H
#define CORBEL_BENCH_COLUMN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"

json_t *column_create(void);

/*
 * A system's console has printed @n bytes, whichever; @line keeps what is of an
 * unfinished line.  Returns the name of a row that is complete now, or NULL.
 */
struct column_line {
	char text[1024];
	size_t len;
};

const char *column_hear(json_t *column, struct column_line *line,
			const char *bytes, size_t n);

/* Read what a system has printed from a file. */
json_t *column_read_transcript(const char *path, struct error *err);

bool column_is_complete(json_t *column);

#endif
