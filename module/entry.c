// SPDX-License-Identifier: GPL-2.0-only
/*
 * What every entry to a guest has in common, whoever makes it: the last look at
 * what must be done first, and the parts of the host's state that the kernel
 * keeps for the thread and the vendor's instructions do not switch.
 *
 * All but entry_begin() and entry_end() are called between the two, with
 * interrupts off.
 */
#include <linux/hw_breakpoint.h>
#include <linux/kvm_host.h>
#include <linux/sched/signal.h>
#include <asm/cpufeature.h>
#include <asm/debugreg.h>
#include <asm/fpu/xcr.h>
#include <asm/nospec-branch.h>

#include "entry.h"

/* Whose training is in a CPU's branch predictors. */
static DEFINE_PER_CPU(u64, last_vm);

static bool must_not_enter(const struct vcpu *vcpu)
{
	return READ_ONCE(vcpu->requests) || need_resched() ||
	       signal_pending(current);
}

/**
 * entry_begin - turn interrupts off for an entry to the guest
 * @vcpu: the vCPU
 *
 * Return: false if it must not be entered now; entry_end() ends it all the same
 */
bool entry_begin(struct vcpu *vcpu)
{
	preempt_disable();
	local_irq_disable();
	vcpu->may_sleep = false;
	/* TSCs that differ take a clock of their own. */
	if (vcpu->cpu != smp_processor_id() && !vcpu->vm->clock.stable)
		set_bit(REQUEST_CLOCK, &vcpu->requests);
	vcpu->cpu = smp_processor_id();
	/* Pairs with vcpu_kick(): either it sees this, or we its request. */
	smp_store_mb(vcpu->in_guest, true);
	guest_timing_enter_irqoff();
	if (must_not_enter(vcpu))
		return false;
	rcu_virt_note_context_switch(smp_processor_id());
	return true;
}

/**
 * entry_end - the guest was left, and all of the host's state is back
 * @vcpu: the vCPU
 */
void entry_end(struct vcpu *vcpu)
{
	/* Who sees it false finds the guest's state complete. */
	smp_store_release(&vcpu->in_guest, false);
	/* An interrupt that waits is taken here, and is the guest's time. */
	local_irq_enable();
	local_irq_disable();
	guest_timing_exit_irqoff();
	local_irq_enable();
	preempt_enable();
}

static u64 host_xcr0(void)
{
	return boot_cpu_has(X86_FEATURE_OSXSAVE) ?
	       xgetbv(XCR_XFEATURE_ENABLED_MASK) : 0;
}

/**
 * entry_load_fpu - the guest's FPU state and XCR0
 * @vcpu: the vCPU
 *
 * The state itself is the thread's while it is in CORBEL_RUN; it may be in
 * memory, if the thread was switched or the kernel used the FPU.
 */
void entry_load_fpu(struct vcpu *vcpu)
{
	if (test_thread_flag(TIF_NEED_FPU_LOAD))
		switch_fpu_return();
	vcpu->host_xcr0 = host_xcr0();
	if (vcpu->xcr0 == vcpu->host_xcr0 || !vcpu->host_xcr0)
		return;
	xsetbv(XCR_XFEATURE_ENABLED_MASK, vcpu->xcr0);
	vcpu->stats->msr_writes++;
}

/**
 * entry_read_xcr0 - take over what the guest has in XCR0
 * @vcpu: the vCPU
 *
 * For an emulated CPU that lets its guest execute XSETBV though that is
 * intercepted (QEMU's is one).  A value that we do not offer can only name
 * state that the CPU has, and loses it.
 */
void entry_read_xcr0(struct vcpu *vcpu)
{
	if (vcpu->host_xcr0)
		vcpu->xcr0 = xgetbv(XCR_XFEATURE_ENABLED_MASK);
}

void entry_restore_fpu(struct vcpu *vcpu)
{
	u64 now = vcpu->host_xcr0 ? xgetbv(XCR_XFEATURE_ENABLED_MASK) : 0;

	if (now == vcpu->host_xcr0)
		return;
	xsetbv(XCR_XFEATURE_ENABLED_MASK, vcpu->host_xcr0);
	vcpu->stats->msr_writes++;
}

/**
 * entry_load_breakpoints - the guest's breakpoints
 * @vcpu: the vCPU
 * @dr7:  which of them may be on
 *
 * vcpu->breakpoints says what is in the CPU: 0 if nothing is.
 */
void entry_load_breakpoints(struct vcpu *vcpu, u64 dr7)
{
	vcpu->host_breakpoints = hw_breakpoint_active();
	vcpu->breakpoints = 0;
	if (!(dr7 & DR7_ENABLES)) {
		if (vcpu->host_breakpoints)
			native_set_debugreg(7, 0);
		return;
	}
	native_set_debugreg(0, vcpu->dr[0]);
	native_set_debugreg(1, vcpu->dr[1]);
	native_set_debugreg(2, vcpu->dr[2]);
	native_set_debugreg(3, vcpu->dr[3]);
	native_set_debugreg(6, DR6_RESERVED);
	native_set_debugreg(7, dr7);
	vcpu->breakpoints = dr7;
}

void entry_restore_breakpoints(struct vcpu *vcpu)
{
	if (vcpu->breakpoints)
		native_set_debugreg(7, 0);
	vcpu->breakpoints = 0;
	if (vcpu->host_breakpoints)
		hw_breakpoint_restore();
}

/* What Linux has in MSR_TSC_AUX. */
static u64 host_tsc_aux(void)
{
	return vdso_encode_cpunode(smp_processor_id(), numa_node_id());
}

static void write_tsc_aux(struct vcpu *vcpu, u64 value)
{
	if (!boot_cpu_has(X86_FEATURE_RDTSCP) && !boot_cpu_has(X86_FEATURE_RDPID))
		return;
	wrmsrl(MSR_TSC_AUX, value);
	vcpu->stats->msr_writes++;
}

/* RDTSCP and RDPID show it to programs. */
void entry_load_tsc_aux(struct vcpu *vcpu)
{
	if (vcpu->msrs.tsc_aux != host_tsc_aux())
		write_tsc_aux(vcpu, vcpu->msrs.tsc_aux);
	vcpu->loaded_tsc_aux = vcpu->msrs.tsc_aux;
}

void entry_restore_tsc_aux(struct vcpu *vcpu)
{
	if (vcpu->loaded_tsc_aux != host_tsc_aux())
		write_tsc_aux(vcpu, host_tsc_aux());
}

/**
 * entry_guard_predictors - what another VM has taught the CPU's branch
 *			    predictors must not steer this one
 * @vcpu: the vCPU
 */
void entry_guard_predictors(struct vcpu *vcpu)
{
	if (this_cpu_read(last_vm) == vcpu->vm->number)
		return;
	this_cpu_write(last_vm, vcpu->vm->number);
	indirect_branch_prediction_barrier();
}

/**
 * entry_guard_userspace - what this VM has taught them must not steer the
 *			   userspace that comes next on this CPU (VMSCAPE)
 */
void entry_guard_userspace(void)
{
#ifdef X86_FEATURE_IBPB_EXIT_TO_USER
	if (boot_cpu_has(X86_FEATURE_IBPB_EXIT_TO_USER))
		this_cpu_write(x86_ibpb_exit_to_user, true);
#endif
}
