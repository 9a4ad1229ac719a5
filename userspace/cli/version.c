// SPDX-License-Identifier: GPL-2.0-only
/* corbel version */
#include <corbel/abi.h>
#include <linux/corbel.h>
#include <stdio.h>

#include "cli/verbs.h"

int verb_version(int argc, char **argv)
{
	static const struct argp argp = {
		.options = read_argp_options,
		.parser = read_argp_parse,
		.doc = "Show the version of this program and of the interfaces it speaks.",
	};
	struct read_options options = { };
	json_t *versions;

	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (options.json) {
		versions = json_pack("{s:s, s:i, s:i}", "corbel",
				     CORBEL_VERSION, "device",
				     CORBEL_API_VERSION, "guest_abi",
				     CORBEL_ABI_VERSION);
		print_json(versions);
		json_decref(versions);
	} else {
		printf("corbel %s (device interface %d, guest ABI %d)\n",
		       CORBEL_VERSION, CORBEL_API_VERSION, CORBEL_ABI_VERSION);
	}
	return 0;
}
