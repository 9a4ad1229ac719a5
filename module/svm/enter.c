// SPDX-License-Identifier: GPL-2.0-only
/*
 * Into the guest and back: the host's state around it, and exceptions and
 * interrupts for the guest.
 *
 * As in pv most exits are light: they are handled with interrupts off and GIF
 * clear, and the guest is entered again with what VMRUN does not switch (FPU,
 * breakpoints) still in place.
 */
#include <linux/sched.h>
#include <asm/debugreg.h>
#include <asm/processor-flags.h>
#include <asm/svm.h>
#include <asm/trapnr.h>

#include "../entry.h"
#include "../trace.h"
#include "svm.h"

/* Exceptions */

/* Those that can turn a second one into a double fault. */
static bool is_contributory(u8 vector)
{
	return vector == X86_TRAP_DE || vector == X86_TRAP_PF ||
	       (vector >= X86_TRAP_TS && vector <= X86_TRAP_GP);
}

static void queue(struct svm_vcpu *svm, u32 type, u8 vector, bool has_error,
		  u32 error)
{
	svm->exception.pending = true;
	svm->exception.type = type;
	svm->exception.vector = vector;
	svm->exception.has_error = has_error;
	svm->exception.error = error;
}

/**
 * svm_queue_exception - have an exception delivered before the guest goes on
 * @vcpu:	the vCPU; for a page fault vcpu->cr2 is set
 * @vector:	which one
 * @has_error:	it comes with an error code,
 * @error:	this
 */
void svm_queue_exception(struct vcpu *vcpu, u8 vector, bool has_error,
			 u32 error)
{
	struct svm_vcpu *svm = vcpu->svm;
	bool second = svm->exception.pending &&
		      svm->exception.type == SVM_EVTINJ_TYPE_EXEPT;

	vcpu->stats->injected_exceptions++;
	if (vector == X86_TRAP_PF)
		svm->vmcb->save.cr2 = vcpu->cr2;
	if (vector == X86_TRAP_DB)
		svm->vmcb->save.dr6 = vcpu->dr6;
	if (second && svm->exception.vector == X86_TRAP_DF) {
		vcpu_request_self(vcpu, REQUEST_SHUTDOWN);
		return;
	}
	if (second && is_contributory(svm->exception.vector) &&
	    is_contributory(vector)) {
		vector = X86_TRAP_DF;
		has_error = true;
		error = 0;
	}
	queue(svm, SVM_EVTINJ_TYPE_EXEPT, vector, has_error, error);
}

/* An exit in the middle of a delivery: deliver again. */
static void requeue_interrupted(struct svm_vcpu *svm)
{
	u32 info = svm->vmcb->control.exit_int_info;
	u32 type = info & SVM_EXITINTINFO_TYPE_MASK;

	if (!(info & SVM_EXITINTINFO_VALID))
		return;
	/* INT n is executed again, for RIP is still at it. */
	if (type == SVM_EXITINTINFO_TYPE_SOFT)
		return;
	if (type == SVM_EXITINTINFO_TYPE_EXEPT &&
	    (info & SVM_EXITINTINFO_VEC_MASK) <= X86_TRAP_OF &&
	    (info & SVM_EXITINTINFO_VEC_MASK) >= X86_TRAP_BP)
		return;
	queue(svm, type, info, info & SVM_EXITINTINFO_VALID_ERR,
	      svm->vmcb->control.exit_int_info_err);
}

static void inject_queued(struct svm_vcpu *svm)
{
	struct vmcb_control_area *control = &svm->vmcb->control;

	control->event_inj = svm->exception.vector | svm->exception.type |
			     SVM_EVTINJ_VALID;
	if (svm->exception.has_error) {
		control->event_inj |= SVM_EVTINJ_VALID_ERR;
		control->event_inj_err = svm->exception.error;
	}
}

/* Interrupts */

static bool interrupts_enabled(const struct svm_vcpu *svm)
{
	return (svm->regs.rflags & X86_EFLAGS_IF) &&
	       !(svm->vmcb->control.int_state & SVM_INTERRUPT_SHADOW_MASK);
}

/* The shadow of STI and MOV SS ends with the next instruction, if emulated too. */
static void end_shadow(struct svm_vcpu *svm)
{
	if (svm->regs.rip != svm->vmcb->save.rip)
		svm->vmcb->control.int_state &= ~SVM_INTERRUPT_SHADOW_MASK;
}

/* Have an exit as soon as the guest takes interrupts. */
static void set_interrupt_window(struct vcpu *vcpu, bool on)
{
	struct vmcb_control_area *control = &svm_vmcb(vcpu)->control;

	control->int_ctl &= ~(V_IRQ_MASK | V_INTR_PRIO_MASK | V_IGN_TPR_MASK);
	if (on)
		control->int_ctl |= V_IRQ_MASK | V_IGN_TPR_MASK |
				    0xf << V_INTR_PRIO_SHIFT;
	svm_intercept(vcpu, INTERCEPT_VINTR, on);
}

static void inject_nmi(struct vcpu *vcpu)
{
	struct svm_vcpu *svm = vcpu->svm;

	svm->vmcb->control.event_inj = SVM_EVTINJ_VALID | SVM_EVTINJ_TYPE_NMI;
	vcpu->nmi_pending = false;
	svm->nmi_masked = true;
	svm_intercept(vcpu, INTERCEPT_IRET, true);
}

static void inject_interrupt(struct vcpu *vcpu, u8 vector)
{
	svm_vmcb(vcpu)->control.event_inj = vector | SVM_EVTINJ_VALID |
					    SVM_EVTINJ_TYPE_INTR;
	lapic_accept(vcpu, vector);
	vcpu->stats->injected_interrupts++;
	trace_corbel_inj_virq(vcpu, vector);
}

/* At most one event goes in with an entry; what is left opens a window. */
static void deliver(struct vcpu *vcpu)
{
	struct svm_vcpu *svm = vcpu->svm;
	bool used = true;
	int vector;

	end_shadow(svm);
	if (svm->exception.pending)
		inject_queued(svm);
	else if (vcpu->nmi_pending && !svm->nmi_masked)
		inject_nmi(vcpu);
	else
		used = false;

	vector = lapic_pending(vcpu);
	if (vector >= 0 && !used && interrupts_enabled(svm)) {
		inject_interrupt(vcpu, vector);
		vector = lapic_pending(vcpu);
	}
	set_interrupt_window(vcpu, vector >= 0);
}

/* What was injected has been taken, or shows up in exit_int_info again. */
static void collect(struct vcpu *vcpu)
{
	struct svm_vcpu *svm = vcpu->svm;

	svm->exception.pending = false;
	svm->vmcb->control.event_inj = 0;
	if (svm->nmi_iret) {
		svm->nmi_iret = false;
		svm->nmi_masked = false;
	}
	requeue_interrupted(svm);
}

/* Running */

static void regs_to_vmcb(struct svm_vcpu *svm)
{
	struct vmcb_save_area *save = &svm->vmcb->save;

	save->rax = svm->regs.rax;
	save->rsp = svm->regs.rsp;
	save->rip = svm->regs.rip;
	save->rflags = svm->regs.rflags;
}

static void regs_from_vmcb(struct svm_vcpu *svm)
{
	const struct vmcb_save_area *save = &svm->vmcb->save;

	svm->regs.rax = save->rax;
	svm->regs.rsp = save->rsp;
	svm->regs.rip = save->rip;
	svm->regs.rflags = save->rflags;
	svm->regs.cs = save->cs.selector;
	svm->regs.ss = save->ss.selector;
}

/* PAE paging starts from four entries, without access rights. */
static void build_pae_root(struct vcpu *vcpu)
{
	const struct mmu *mmu = vcpu->mmu;
	u64 top = mmu->context->root[VIEW_KERNEL]->entries[0];
	u64 *level3 = top ? __va(__sme_clr(top) & PTE_ADDRESS) : NULL;
	int i;

	for (i = 0; i < 4; i++)
		vcpu->svm->pae_root[i] = level3 ?
			level3[i] & ~(PTE_W | PTE_U | PTE_A) : 0;
}

static void run_once(struct vcpu *vcpu, struct svm_cpu *cpu)
{
	struct svm_vcpu *svm = vcpu->svm;

	deliver(vcpu);
	if (svm->flush || svm->asid_cpu != vcpu->cpu ||
	    svm->asid_generation != cpu->generation)
		svm_assign_asid(cpu, svm);
	if (!svm_is_nested(vcpu) && !(vcpu->efer & EFER_LMA))
		build_pae_root(vcpu);
	regs_to_vmcb(svm);

	svm_vmrun(svm->vmcb_pa, &svm->regs, cpu->host_vmcb_pa);

	svm->vmcb->control.tlb_ctl = TLB_CONTROL_DO_NOTHING;
	regs_from_vmcb(svm);
	svm_get_registers(vcpu);
	svm->exit_code = svm->vmcb->control.exit_code;
	vcpu->stats->exits++;
	collect(vcpu);
}

static void load_guest_state(struct vcpu *vcpu)
{
	entry_guard_predictors(vcpu);
	entry_load_fpu(vcpu);
	entry_load_tsc_aux(vcpu);
	entry_load_breakpoints(vcpu, vcpu->dr7);
	/* VMRUN switches DR7, so the host goes on without any meanwhile. */
	if (vcpu->breakpoints)
		native_set_debugreg(7, 0);
	if (vcpu->reload)
		svm_set_registers(vcpu);
	vcpu->reload = false;
}

static void restore_host_state(struct vcpu *vcpu)
{
	entry_restore_breakpoints(vcpu);
	entry_restore_tsc_aux(vcpu);
	entry_read_xcr0(vcpu);
	entry_restore_fpu(vcpu);
	entry_guard_userspace();
	vcpu->stats->full_exits++;
}

static int run(struct vcpu *vcpu)
{
	struct svm_cpu *cpu = svm_this_cpu();
	int result;

	load_guest_state(vcpu);
	asm volatile("clgi" : : : "memory");
	do {
		trace_corbel_entry(vcpu);
		run_once(vcpu, cpu);
		result = svm_handle(vcpu);
	} while (result == EXIT_RESUME && !READ_ONCE(vcpu->requests) &&
		 !vcpu->reload && !vcpu->leave);
	asm volatile("stgi" : : : "memory");
	restore_host_state(vcpu);
	return result;
}

/**
 * svm_enter - run the guest until something needs more than a light exit
 * @vcpu: the vCPU; interrupts are on
 *
 * Return: EXIT_SLOW if svm_handle() must be called, else as enum exit_result
 */
int svm_enter(struct vcpu *vcpu)
{
	int result = EXIT_RESUME;

	vcpu->leave = false;
	if (vcpu_test_request(vcpu, REQUEST_NMI))
		vcpu->nmi_pending = true;
	/* deliver() will look; what comes from here on keeps us from entering. */
	vcpu_test_request(vcpu, REQUEST_EVENT);
	if (entry_begin(vcpu))
		result = run(vcpu);
	entry_end(vcpu);
	return result;
}
