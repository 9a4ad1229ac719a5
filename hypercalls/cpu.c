// SPDX-License-Identifier: GPL-2.0-only
/* Hypercalls of the group cpu: what they do is in calls.tbl. */
#include <asm/processor.h>

#include "../module/control.h"
#include "../module/pv/pv.h"
#include "hypercall.h"

int hypercall_cpuid(struct vcpu *vcpu, u32 leaf, u32 subleaf, s64 *result)
{
	u32 regs[4];

	vcpu_cpuid(vcpu, leaf, subleaf, regs);
	vcpu->stats->exit_cpuid++;
	vcpu->regs->rdx = regs[CPUID_EAX] | (u64)regs[CPUID_EBX] << 32;
	vcpu->regs->rsi = regs[CPUID_ECX] | (u64)regs[CPUID_EDX] << 32;
	return EXIT_RESUME;
}

static int msr_result(int err, s64 *result)
{
	if (err == -EAGAIN)
		return EXIT_SLOW;
	if (err)
		*result = -CORBEL_EFAULT;
	return EXIT_RESUME;
}

int hypercall_rdmsr(struct vcpu *vcpu, u32 msr, s64 *result)
{
	u64 value = 0;
	int err = vcpu_get_msr(vcpu, msr, &value);

	vcpu->stats->exit_msr++;
	vcpu->regs->rdx = value;
	return msr_result(err, result);
}

int hypercall_wrmsr(struct vcpu *vcpu, u32 msr, u64 value, s64 *result)
{
	vcpu->stats->exit_msr++;
	return msr_result(vcpu_set_msr(vcpu, msr, value), result);
}

int hypercall_load_tls(struct vcpu *vcpu, u64 first, u64 second, u64 third,
		       s64 *result)
{
	const u64 descriptors[] = { first, second, third };

	if (pv_load_tls(vcpu, descriptors))
		*result = -CORBEL_EINVAL;
	return EXIT_RESUME;
}
