// SPDX-License-Identifier: GPL-2.0-only
/* corbel help [VERB] */
#include <stdio.h>
#include <string.h>

#include "cli/verbs.h"

static void print_verbs(void)
{
	const struct verb *verb;

	puts("Usage: corbel VERB [OPTION]...\n\n"
	     "Run Linux in virtual machines, with or without the help of the CPU.\n");
	for (verb = verbs; verb->name; verb++)
		printf("  %-9s %s\n", verb->name, verb->summary);
	puts("\n`corbel help VERB` shows its options.  `corbel run` alone boots the kernel of\n"
	     "this machine to a shell; `corbel check` tells what works here.");
}

int verb_help(int argc, char **argv)
{
	const struct verb *verb;
	static char name[64];
	char help[] = "--help";
	char *args[] = { name, help, NULL };

	if (argc < 2 || argv[1][0] == '-') {
		print_verbs();
		return 0;
	}
	verb = verb_find(argv[1]);
	if (!verb) {
		complain("there is no verb '%s'; `corbel help` shows them",
			 argv[1]);
		return STATUS_USAGE;
	}
	if (verb->main == verb_help) {
		print_verbs();
		return 0;
	}
	snprintf(name, sizeof(name), "corbel %s", verb->name);
	return verb->main(2, args);
}
