// SPDX-License-Identifier: GPL-2.0-only
/* What this machine's CPU is: see cpu.h. */
#include "cli/cpu.h"

#include <cpuid.h>
#include <stdint.h>
#include <string.h>

#include "lib/array.h"

#define LEAF1_ECX_HYPERVISOR	(1U << 31)
#define LEAF_HYPERVISOR		0x40000000
#define LEAF_EXTENDED		0x80000000
#define LEAF_NAME		0x80000002

/* By the signatures that emulators show. */
static const struct {
	char signature[13];
	const char *name;
} tested[] = {
	{ "TCGTCGTCGTCG", "emulated by QEMU" },
};

static void get(uint32_t leaf, uint32_t regs[4])
{
	__cpuid(leaf, regs[0], regs[1], regs[2], regs[3]);
}

static void get_signature(char signature[13])
{
	uint32_t regs[4];

	get(1, regs);
	memset(signature, 0, 13);
	if (!(regs[2] & LEAF1_ECX_HYPERVISOR))
		return;
	get(LEAF_HYPERVISOR, regs);
	memcpy(signature, &regs[1], 12);
}

static void get_name(char name[49])
{
	uint32_t regs[4], i;

	memset(name, 0, 49);
	get(LEAF_EXTENDED, regs);
	if (regs[0] < LEAF_NAME + 2)
		return;
	for (i = 0; i < 3; i++) {
		get(LEAF_NAME + i, regs);
		memcpy(name + i * sizeof(regs), regs, sizeof(regs));
	}
	i = strspn(name, " ");
	memmove(name, name + i, strlen(name + i) + 1);
}

void cpu_identify(struct cpu *cpu)
{
	char signature[13];
	uint32_t regs[4];
	unsigned int i;

	memset(cpu, 0, sizeof(*cpu));
	get(0, regs);
	memcpy(cpu->vendor, &regs[1], 4);
	memcpy(cpu->vendor + 4, &regs[3], 4);
	memcpy(cpu->vendor + 8, &regs[2], 4);
	get_name(cpu->name);
	get_signature(signature);
	for (i = 0; i < ARRAY_SIZE(tested); i++)
		if (!strcmp(signature, tested[i].signature))
			cpu->tested_as = tested[i].name;
}
