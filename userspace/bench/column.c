// SPDX-License-Identifier: GPL-2.0-only
/* One column of the comparison: see column.h. */
#include "bench/column.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX	"@@ "

json_t *column_create(void)
{
	return json_pack("{s:{}, s:{}, s:{}, s:b}", "info", "rows", "failed",
			 "complete", 0);
}

bool column_is_complete(json_t *column)
{
	return json_is_true(json_object_get(column, "complete"));
}

/* The value of KEY=VALUE among the words of a line. */
static bool get_word(const char *words, const char *key, char *value,
		     size_t size)
{
	size_t len = strlen(key);
	const char *word;

	for (word = words; word; word = strchr(word, ' ')) {
		word += strspn(word, " ");
		if (strncmp(word, key, len) || word[len] != '=')
			continue;
		snprintf(value, size, "%.*s",
			 (int)strcspn(word + len + 1, " "), word + len + 1);
		return true;
	}
	return false;
}

static double get_number(const char *words, const char *key)
{
	char value[64];

	return get_word(words, key, value, sizeof(value)) ? atof(value) : 0;
}

/* NAME WORDS... */
static const char *add_row(json_t *column, char *text)
{
	char *words = strchr(text, ' ');
	char group[32] = "?", unit[32] = "?";
	json_t *rows = json_object_get(column, "rows"), *row;

	if (!words)
		return NULL;
	*words++ = '\0';
	get_word(words, "group", group, sizeof(group));
	get_word(words, "unit", unit, sizeof(unit));
	row = json_pack("{s:s, s:s, s:b, s:f, s:f}", "group", group, "unit",
			unit, "extra", get_number(words, "extra") != 0,
			"value", get_number(words, "value"), "ops",
			get_number(words, "ops"));
	json_object_set_new(rows, text, row);
	return json_object_iter_key(json_object_iter_at(rows, text));
}

/* KEY TEXT, or TEXT alone */
static void add_text(json_t *object, char *text)
{
	char *value = strchr(text, ' ');

	if (value)
		*value++ = '\0';
	json_object_set_new(object, text, json_string(value ? value : ""));
}

static const char *understand(json_t *column, char *text)
{
	char *rest = strchr(text, ' ');

	if (!rest)
		return NULL;
	*rest++ = '\0';
	if (!strcmp(text, "row"))
		return add_row(column, rest);
	if (!strcmp(text, "info"))
		add_text(json_object_get(column, "info"), rest);
	else if (!strcmp(text, "calibrate"))
		json_object_set_new(column, text, json_real(atof(rest)));
	else if (!strcmp(text, "error"))
		json_object_set_new(column, text, json_string(rest));
	else if (!strcmp(text, "failed"))
		add_text(json_object_get(column, "failed"), rest);
	else if (!strcmp(text, "end"))
		json_object_set_new(column, "complete", json_true());
	return NULL;
}

const char *column_hear(json_t *column, struct column_line *line,
			const char *bytes, size_t n)
{
	const char *row = NULL, *heard, *start;
	size_t i;

	for (i = 0; i < n; i++) {
		if (bytes[i] != '\n') {
			if (line->len < sizeof(line->text) - 1 &&
			    bytes[i] != '\r')
				line->text[line->len++] = bytes[i];
			continue;
		}
		line->text[line->len] = '\0';
		line->len = 0;
		/* The end of a kernel message may stand before it. */
		start = strstr(line->text, PREFIX);
		if (!start)
			continue;
		heard = understand(column, (char *)start + strlen(PREFIX));
		if (heard)
			row = heard;
	}
	return row;
}

json_t *column_read_transcript(const char *path, struct error *err)
{
	struct column_line line = { .len = 0 };
	json_t *column = column_create();
	FILE *file = fopen(path, "r");
	char bytes[4096];
	size_t n;

	if (!file) {
		error_set(err, "%s: %m", path);
		json_decref(column);
		return NULL;
	}
	while ((n = fread(bytes, 1, sizeof(bytes), file)))
		column_hear(column, &line, bytes, n);
	fclose(file);
	if (column_is_complete(column))
		return column;
	error_set(err, "%s: it does not hold a complete run of the benchmark",
		  path);
	json_decref(column);
	return NULL;
}
