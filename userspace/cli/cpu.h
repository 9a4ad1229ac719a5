/* SPDX-License-Identifier: GPL-2.0-only */
/* What this machine's CPU is, and whether Corbel has been tested on its like. */
#ifndef CORBEL_CLI_CPU_H
#define CORBEL_CLI_CPU_H

#include <stdbool.h>

struct cpu {
	char vendor[13];
	char name[49];
	const char *tested_as;	/* NULL: nobody has tried Corbel there */
};

void cpu_identify(struct cpu *cpu);

#endif
