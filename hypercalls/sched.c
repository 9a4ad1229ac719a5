// SPDX-License-Identifier: GPL-2.0-only
/* Hypercalls of the group sched: what they do is in calls.tbl. */
#include <linux/sched.h>

#include "../module/vm.h"
#include "hypercall.h"

int hypercall_yield(struct vcpu *vcpu, s64 *result)
{
	if (!vcpu->may_sleep)
		return EXIT_SLOW;
	yield();
	return EXIT_RESUME;
}

int hypercall_exit(struct vcpu *vcpu, u32 status, s64 *result)
{
	struct kvm_run *run = vcpu->run;

	run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	run->system_event.type = CORBEL_SYSTEM_EVENT_EXIT;
	run->system_event.ndata = 1;
	run->system_event.data[0] = status;
	return EXIT_USERSPACE;
}
