// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of group cpu: single instructions of user mode that a system under
 * test may have to emulate.  The loop's own few instructions are included.
 */
#include <cpuid.h>
#include <x86intrin.h>

#include "bench.h"

static void run_cpuid(unsigned int n)
{
	unsigned int eax, ebx, ecx, edx;

	for (; n; n--) {
		__cpuid(0, eax, ebx, ecx, edx);
		if (!eax)
			die("CPUID reports no leaf");
	}
}

static void run_rdtsc(unsigned int n)
{
	while (n--)
		__rdtsc();
}

const struct row cpu_rows[] = {
	{
		.name = "cpuid",
		.meaning = "one CPUID",
		.iters = 20000,
		.flags = ROW_EXTRA,
		.run = run_cpuid,
	}, {
		.name = "rdtsc",
		.meaning = "one RDTSC",
		.iters = 20000,
		.flags = ROW_EXTRA,
		.run = run_rdtsc,
	},
	{ }
};
