// SPDX-License-Identifier: GPL-2.0-only
/* corbel stats NAME */
#include <stdio.h>

#include "cli/verbs.h"
#include "control/client.h"

/* One line a number, its path joined by dots. */
static void print_flat(json_t *json, const char *prefix)
{
	const char *key;
	char path[256];
	json_t *value;

	json_object_foreach(json, key, value) {
		snprintf(path, sizeof(path), "%s%s%s", prefix,
			 *prefix ? "." : "", key);
		if (json_is_object(value))
			print_flat(value, path);
		else
			printf("%s=%lld\n", path,
			       (long long)json_integer_value(value));
	}
}

int verb_stats(int argc, char **argv)
{
	static const struct argp argp = {
		.options = read_argp_options,
		.parser = read_argp_parse,
		.args_doc = "NAME",
		.doc = "Show what has been counted of a virtual machine and its vCPUs.",
	};
	struct read_options options = { .names_min = 1, .names_max = 1 };
	struct error err;
	json_t *stats;

	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	stats = control_ask(options.names[0], "stats", &err);
	if (!stats) {
		complain("%s", err.text);
		return STATUS_FAILED;
	}
	if (options.json)
		print_json(stats);
	else
		print_flat(stats, "");
	json_decref(stats);
	return 0;
}
