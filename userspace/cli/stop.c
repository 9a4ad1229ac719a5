// SPDX-License-Identifier: GPL-2.0-only
/* corbel stop NAME... */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/verbs.h"
#include "control/client.h"
#include "control/registry.h"

#define WAIT_MS		10000
#define WAIT_STEP_MS	20

static bool is_there(const char *name)
{
	struct error unused;
	char **names = registry_names(&unused);
	bool there = false;
	char **n;

	for (n = names; n && *n; n++)
		there |= !strcmp(*n, name);
	registry_free_names(names);
	return there;
}

/* Returns when the VM is gone, so that its name is free again. */
static int stop(const char *name, struct error *err)
{
	json_t *reply = control_ask(name, "stop", err);
	unsigned int waited;

	if (!reply)
		return -1;
	json_decref(reply);
	for (waited = 0; waited < WAIT_MS; waited += WAIT_STEP_MS) {
		if (!is_there(name))
			return 0;
		usleep(WAIT_STEP_MS * 1000);
	}
	return error_set(err, "%s: still there after %d s: its process hangs",
			 name, WAIT_MS / 1000);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	return key == 'j' ? ARGP_ERR_UNKNOWN : read_argp_parse(key, arg, state);
}

int verb_stop(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse,
		.args_doc = "NAME...",
		.doc = "End virtual machines, at once, as pulling the plug does: the guest is not asked.",
	};
	struct read_options options = { .names_min = 1, .names_max = INT_MAX };
	int status = 0;
	struct error err;
	unsigned int i;

	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	for (i = 0; i < options.name_count; i++)
		if (stop(options.names[i], &err)) {
			complain("%s", err.text);
			status = STATUS_FAILED;
		}
	return status;
}
