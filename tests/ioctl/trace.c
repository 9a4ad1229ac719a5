// SPDX-License-Identifier: GPL-2.0-only
/* Tracepoints: what they show, and that they may come and go during a run. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ioctls.h"

#define EVENTS	"/sys/kernel/tracing/events/corbel"
#define TRACE	"/sys/kernel/tracing/trace"

static void write_file(const char *path, const char *text)
{
	int fd = expect_ok(open(path, O_WRONLY | O_TRUNC));

	expect_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static bool trace_has(const char *event)
{
	char command[200];

	snprintf(command, sizeof(command), "grep -q ' %s: ' " TRACE, event);
	return !system(command);
}

TEST_EACH(trace_events, "tracepoints can be switched on and off during a run")
{
	struct runner runner;
	struct guest guest;
	int i;

	guest_create(&guest, vm_type, &guest_works, 1);
	write_file(TRACE, "");
	runner_start(&runner, &guest, 0);
	wait_for_progress(&guest, 0);
	expect(!trace_has("corbel_entry"));
	for (i = 0; i < 3; i++) {
		write_file(EVENTS "/enable", "1");
		wait_for_progress(&guest, 0);
		write_file(EVENTS "/enable", "0");
		wait_for_progress(&guest, 0);
	}
	runner_stop(&runner);
	expect(trace_has("corbel_exit"));
	/* In ring 3 CPUID may not leave the guest, in hvm the MSR does not. */
	expect(trace_has(vm_type == CORBEL_VM_PV ? "corbel_msr" :
						   "corbel_cpuid"));
	write_file(TRACE, "");
}
