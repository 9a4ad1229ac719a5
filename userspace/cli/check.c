// SPDX-License-Identifier: GPL-2.0-only
/* corbel check */
#include <stdio.h>
#include <sys/utsname.h>

#include "cli/cpu.h"
#include "cli/verbs.h"
#include "vmm/backend.h"

static json_t *describe_cpu(const struct cpu *cpu)
{
	return json_pack("{s:s, s:s, s:b}", "vendor", cpu->vendor, "name",
			 cpu->name, "verified", !!cpu->tested_as);
}

static json_t *describe_mode(enum backend_mode mode)
{
	struct error reason = { "" };
	bool works = backend_works(mode, &reason);

	return json_pack("{s:s, s:b, s:s}", "mode", backend_mode_name(mode),
			 "works", works, "reason", reason.text);
}

static json_t *examine(const struct cpu *cpu)
{
	json_t *modes = json_array();
	struct utsname uts;
	unsigned int i;

	uname(&uts);
	for (i = 0; i < BACKEND_MODES; i++)
		json_array_append_new(modes, describe_mode(i));
	return json_pack("{s:s, s:o, s:o}", "kernel", uts.release, "cpu",
			 describe_cpu(cpu), "modes", modes);
}

static bool any_works(json_t *result)
{
	json_t *mode;
	size_t i;

	json_array_foreach(json_object_get(result, "modes"), i, mode)
		if (json_is_true(json_object_get(mode, "works")))
			return true;
	return false;
}

static void print_table(json_t *result, const struct cpu *cpu)
{
	json_t *mode;
	size_t i;

	printf("kernel  %s\n", json_string_value(json_object_get(result,
								 "kernel")));
	printf("CPU     %s %s\n", cpu->vendor, cpu->name);
	if (cpu->tested_as)
		printf("        tested: %s\n\n", cpu->tested_as);
	else
		printf("        unverified: Corbel has never been tested on such a CPU, only on emulated\n"
		       "        ones; a fault of its module can take the machine down\n\n");
	printf("%-20s  %-6s  %s\n", "MODE", "WORKS", "WHY NOT");
	json_array_foreach(json_object_get(result, "modes"), i, mode)
		printf("%-20s  %-6s  %s\n",
		       json_string_value(json_object_get(mode, "mode")),
		       json_is_true(json_object_get(mode, "works")) ? "yes" :
								      "no",
		       json_string_value(json_object_get(mode, "reason")));
	if (!any_works(result))
		puts("\nNo mode works here.");
}

int verb_check(int argc, char **argv)
{
	static const struct argp argp = {
		.options = read_argp_options,
		.parser = read_argp_parse,
		.doc = "Show which modes work on this machine, and why the others do not.  "
		       "Succeeds if one does.",
	};
	struct read_options options = { };
	struct cpu cpu;
	json_t *result;
	int status;

	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	cpu_identify(&cpu);
	result = examine(&cpu);
	if (options.json)
		print_json(result);
	else
		print_table(result, &cpu);
	status = any_works(result) ? 0 : STATUS_FAILED;
	json_decref(result);
	return status;
}
