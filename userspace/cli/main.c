// SPDX-License-Identifier: GPL-2.0-only
/* corbel: runs virtual machines.  What it can do is the table below. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verbs.h"

const struct verb verbs[] = {
	{ "run", "boot a kernel in a virtual machine", verb_run },
	{ "list", "show the virtual machines that run", verb_list },
	{ "stop", "end virtual machines", verb_stop },
	{ "console", "connect to a virtual machine's console", verb_console },
	{ "stats", "show what has been counted", verb_stats },
	{ "check", "show what this machine can run", verb_check },
	{ "bench", "compare native with virtual machines", verb_bench },
	{ "version", "show versions", verb_version },
	{ "help", "show this, or help on a verb", verb_help },
	{ }
};

const struct verb *verb_find(const char *name)
{
	const struct verb *verb;

	for (verb = verbs; verb->name; verb++)
		if (!strcmp(verb->name, name))
			return verb;
	return NULL;
}

void complain(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("corbel: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
}

void print_json(json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	putchar('\n');
}

static const char *unalias(const char *name)
{
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		return "help";
	if (!strcmp(name, "--version") || !strcmp(name, "-V"))
		return "version";
	return name;
}

int main(int argc, char **argv)
{
	const struct verb *verb;
	static char name[64];

	/* Who reads our output may go away: that is an error like any other. */
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		verb_help(1, argv);
		return STATUS_USAGE;
	}
	verb = verb_find(unalias(argv[1]));
	if (!verb) {
		complain("there is no verb '%s'; `corbel help` shows them",
			 argv[1]);
		return STATUS_USAGE;
	}
	snprintf(name, sizeof(name), "corbel %s", verb->name);
	argv[1] = name;
	program_invocation_name = name;
	return verb->main(argc - 1, argv + 1);
}
