// SPDX-License-Identifier: GPL-2.0-only
/* What verbs that read have in common. */
#include <stdlib.h>

#include "cli/verbs.h"

const struct argp_option read_argp_options[] = {
	{ "json", 'j', NULL, 0, "print JSON", 0 },
	{ }
};

error_t read_argp_parse(int key, char *arg, struct argp_state *state)
{
	struct read_options *options = state->input;

	(void)arg;
	switch (key) {
	case 'j':
		options->json = true;
		return 0;
	case ARGP_KEY_ARGS:
		options->names = state->argv + state->next;
		options->name_count = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		if (options->name_count < options->names_min)
			argp_error(state, "the name of a VM is missing");
		if (options->name_count > options->names_max)
			argp_error(state, "too many arguments");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}
