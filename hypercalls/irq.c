// SPDX-License-Identifier: GPL-2.0-only
/* Hypercalls of the group irq: what they do is in calls.tbl. */
#include "../module/pv/pv.h"
#include "../module/vm.h"
#include "hypercall.h"

int hypercall_halt(struct vcpu *vcpu, bool enable, s64 *result)
{
	if (enable)
		vcpu->pv->page->vif = X86_EFLAGS_IF;
	vcpu_halt(vcpu);
	return EXIT_RESUME;
}
