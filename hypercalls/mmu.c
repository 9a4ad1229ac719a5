// SPDX-License-Identifier: GPL-2.0-only
/* Hypercalls of the group mmu: what they do is in calls.tbl. */
#include "../module/control.h"
#include "../module/pv/pv.h"
#include "hypercall.h"

int hypercall_load_cr3(struct vcpu *vcpu, u64 cr3, s64 *result)
{
	vcpu->stats->exit_cr++;
	if (vcpu_write_cr(vcpu, 3, cr3))
		*result = -CORBEL_EFAULT;
	return EXIT_RESUME;
}

int hypercall_flush_user(struct vcpu *vcpu, s64 *result)
{
	mmu_flush_context(vcpu->mmu, vcpu->mmu->context);
	return EXIT_RESUME;
}

int hypercall_flush_all(struct vcpu *vcpu, s64 *result)
{
	vcpu->vm->ops->flush_all(vcpu);
	return EXIT_RESUME;
}

int hypercall_flush_page(struct vcpu *vcpu, u64 address, s64 *result)
{
	vcpu->vm->ops->flush_page(vcpu, address);
	return EXIT_RESUME;
}
