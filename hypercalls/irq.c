// SPDX-License-Identifier: GPL-2.0-only
/* Hypercalls of the group irq: what they do is in calls.tbl. */
#include "../module/vm.h"
#include "hypercall.h"

int hypercall_halt(struct vcpu *vcpu, s64 *result)
{
	vcpu_halt(vcpu);
	return EXIT_RESUME;
}
