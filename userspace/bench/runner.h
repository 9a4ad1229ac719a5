/* SPDX-License-Identifier: GPL-2.0-only */
/* Running the benchmark's guest program on one system. */
#ifndef CORBEL_BENCH_RUNNER_H
#define CORBEL_BENCH_RUNNER_H

#include <jansson.h>

#include "vmm/machine.h"

/* What all systems are given alike; NULL or 0 for the default. */
struct runner_config {
	const char *kernel;
	const char *append;
	const char *set;
	const char *rows;
	unsigned int rounds;
	uint64_t memory;
};

/*
 * Each returns a column (column.h), or NULL with the reason.  @name is shown
 * with the progress.  Native means: in this system's userspace.
 */
json_t *runner_run_vm(const struct runner_config *config,
		      enum backend_mode mode, const char *name,
		      struct error *err);
json_t *runner_run_native(const struct runner_config *config,
			  struct error *err);

#endif
