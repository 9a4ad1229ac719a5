// SPDX-License-Identifier: GPL-2.0-only
/* corbel list */
#include <stdio.h>
#include <time.h>

#include "cli/verbs.h"
#include "control/client.h"
#include "control/registry.h"

/* A VM may end while we ask: then it is not in the list. */
static json_t *ask_all(char **names)
{
	json_t *list = json_array(), *status;
	struct error unused;

	for (; *names; names++) {
		status = control_ask(*names, "status", &unused);
		if (status)
			json_array_append_new(list, status);
	}
	return list;
}

static const char *text(json_t *status, const char *key)
{
	const char *value = json_string_value(json_object_get(status, key));

	return value ? value : "?";
}

static long long number(json_t *status, const char *key)
{
	return json_integer_value(json_object_get(status, key));
}

static void print_table(json_t *list)
{
	json_t *status;
	size_t i;

	printf("%-16s %7s  %-20s %4s %8s %8s  %s\n", "NAME", "PID", "MODE",
	       "CPUS", "MEMORY", "SECONDS", "KERNEL");
	json_array_foreach(list, i, status)
		printf("%-16s %7lld  %-20s %4lld %7lldM %8lld  %s\n",
		       text(status, "name"), number(status, "pid"),
		       text(status, "mode"), number(status, "cpus"),
		       number(status, "memory") >> 20,
		       (long long)time(NULL) - number(status, "started"),
		       text(status, "kernel"));
}

int verb_list(int argc, char **argv)
{
	static const struct argp argp = {
		.options = read_argp_options,
		.parser = read_argp_parse,
		.doc = "Show the virtual machines that run.",
	};
	struct read_options options = { };
	struct error err;
	char **names;
	json_t *list;

	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	names = registry_names(&err);
	if (!names) {
		complain("%s", err.text);
		return STATUS_FAILED;
	}
	list = ask_all(names);
	if (options.json)
		print_json(list);
	else
		print_table(list);
	json_decref(list);
	registry_free_names(names);
	return 0;
}
