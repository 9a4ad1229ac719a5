// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why the guest was left, and what is to be done about it.
 *
 * svm_handle() is called twice for some exits: first from the light exit, and
 * if it says EXIT_SLOW, having done nothing, again where it may sleep.
 */
#include <linux/sched.h>
#include <asm/debugreg.h>
#include <asm/processor-flags.h>
#include <asm/svm.h>
#include <asm/trapnr.h>

#include "../access.h"
#include "../control.h"
#include "../emulate.h"
#include "../entry.h"
#include "../trace.h"
#include "../../hypercalls/hypercall.h"
#include "svm.h"

/* Error code of a nested page fault: it was for the guest's own tables. */
#define NPF_TABLE_WALK	BIT_ULL(33)

/*
 * The length of an instruction that caused an exit.  Not every CPU tells; then
 * its bytes are looked at, and if they are the @n in @bytes, as they always are
 * but for useless prefixes, that is it.
 */
static int instruction_length(struct vcpu *vcpu, const u8 *bytes, u8 n)
{
	const struct vmcb_control_area *control = &svm_vmcb(vcpu)->control;
	struct decoded_insn insn;
	u8 here[4];
	int err;

	if (control->next_rip)
		return control->next_rip - vcpu->regs->rip;
	err = guest_read(vcpu, vcpu->regs->rip +
			 svm_vmcb(vcpu)->save.cs.base, here, n, FAULT_FETCH,
			 NULL);
	if (err == -EAGAIN)
		return err;
	if (!err && !memcmp(here, bytes, n))
		return n;
	err = guest_fetch(vcpu, &insn);
	return err ? err : insn.len;
}

#define LENGTH(vcpu, ...) \
	instruction_length(vcpu, (const u8[]) { __VA_ARGS__ }, \
			   sizeof((const u8[]) { __VA_ARGS__ }))

/* Was it changed meanwhile, by another CPU?  Then it is met again. */
static int no_length(int err)
{
	return err == -EAGAIN ? EXIT_SLOW : EXIT_RESUME;
}

static int handle_cpuid(struct vcpu *vcpu)
{
	int length = LENGTH(vcpu, 0x0f, 0xa2);

	if (length < 0)
		return no_length(length);
	if (!vcpu->may_sleep)
		entry_read_xcr0(vcpu);
	return emulate_cpuid(vcpu, length);
}

static int handle_msr(struct vcpu *vcpu)
{
	bool write = svm_vmcb(vcpu)->control.exit_info_1;
	int length = write ? LENGTH(vcpu, 0x0f, 0x30) :
			     LENGTH(vcpu, 0x0f, 0x32);

	if (length < 0)
		return no_length(length);
	return write ? emulate_msr_write(vcpu, length) :
		       emulate_msr_read(vcpu, length);
}

static int handle_halt(struct vcpu *vcpu)
{
	int length = LENGTH(vcpu, 0xf4);

	return length < 0 ? no_length(length) : emulate_halt(vcpu, length);
}

static int handle_xsetbv(struct vcpu *vcpu)
{
	int length = LENGTH(vcpu, 0x0f, 0x01, 0xd1);

	return length < 0 ? no_length(length) : emulate_xsetbv(vcpu, length);
}

static int handle_vmmcall(struct vcpu *vcpu)
{
	int length = LENGTH(vcpu, 0x0f, 0x01, 0xd9);
	int result;

	if (length < 0)
		return no_length(length);
	vcpu->stats->exit_hypercall++;
	if (svm_vmcb(vcpu)->save.cpl)
		return raise(vcpu, X86_TRAP_UD, 0);
	result = hypercall(vcpu);
	if (result != EXIT_SLOW)
		skip_instruction(vcpu, length);
	return result;
}

static int handle_io(struct vcpu *vcpu)
{
	struct decoded_insn insn;
	int err;

	if (!vcpu->may_sleep)
		return EXIT_SLOW;
	err = guest_fetch(vcpu, &insn);
	return err ? no_length(err) : emulate_io(vcpu, &insn);
}

/* Control and debug registers, INVLPG, WBINVD: decoded. */
static int handle_control(struct vcpu *vcpu)
{
	struct decoded_insn insn;
	int err = guest_fetch(vcpu, &insn);

	if (err)
		return no_length(err);
	vcpu->stats->exit_cr++;
	err = emulate_control(vcpu, &insn);
	return err == -EOPNOTSUPP ? EXIT_RESUME : err;
}

/* Page faults */

static int mmio(struct vcpu *vcpu, gpa_t gpa)
{
	return vcpu->may_sleep ? emulate_mmio(vcpu, gpa) : EXIT_SLOW;
}

static int handle_nested_fault(struct vcpu *vcpu)
{
	const struct vmcb_control_area *control = &svm_vmcb(vcpu)->control;
	gpa_t gpa = control->exit_info_2;
	int err;

	if (!vcpu->may_sleep)
		return EXIT_SLOW;
	err = nested_fault(vcpu->vm->svm->nested, gpa);
	trace_corbel_page_fault(vcpu, gpa, control->exit_info_1, err);
	if (!err) {
		vcpu->stats->exit_fault++;
		vcpu->stats->shadow_fills++;
		return EXIT_RESUME;
	}
	if (err != -ENOENT)
		return err;
	if (control->exit_info_1 & NPF_TABLE_WALK)
		return guest_kill(vcpu, "page tables at gpa %#llx, where there is no memory",
				  gpa);
	return mmio(vcpu, gpa);
}

/* Shadow paging: the fault is of tables that the guest does not know. */
static int handle_page_fault(struct vcpu *vcpu)
{
	const struct vmcb *vmcb = svm_vmcb(vcpu);
	u64 address = vmcb->control.exit_info_2;
	u32 access = vmcb->control.exit_info_1 &
		     (FAULT_WRITE | FAULT_FETCH | FAULT_USER);
	struct walk_mode mode;
	struct walk walk;
	int result;

	vcpu_walk_mode(vcpu, &mode);
	mode.smep = vcpu->cr4 & X86_CR4_SMEP;
	mode.smap = (vcpu->cr4 & X86_CR4_SMAP) &&
		    !(vcpu->regs->rflags & X86_EFLAGS_AC);
	result = mmu_fault(vcpu->mmu, &mode, address, access, &walk);
	trace_corbel_page_fault(vcpu, address, vmcb->control.exit_info_1,
				result);
	switch (result) {
	case MMU_FILLED:
		vcpu->stats->exit_fault++;
		return EXIT_RESUME;
	case MMU_GUEST:
		vcpu->stats->exit_fault++;
		vcpu->cr2 = address;
		svm_queue_exception(vcpu, X86_TRAP_PF, true, walk.error);
		return EXIT_RESUME;
	case MMU_MMIO:
		return mmio(vcpu, walk.gpa);
	case -EAGAIN:
		return EXIT_SLOW;
	}
	return result;
}

/* Events */

static int handle_debug(struct vcpu *vcpu)
{
	vcpu->dr6 = svm_vmcb(vcpu)->save.dr6;
	vcpu->stats->exit_exception++;
	svm_queue_exception(vcpu, X86_TRAP_DB, false, 0);
	return EXIT_RESUME;
}

static int handle_alignment(struct vcpu *vcpu)
{
	vcpu->stats->exit_exception++;
	svm_queue_exception(vcpu, X86_TRAP_AC, true, 0);
	return EXIT_RESUME;
}

/* It is the host's: let its handler have it. */
static int handle_machine_check(struct vcpu *vcpu)
{
	vcpu->stats->exit_nmi++;
	asm volatile("int $18" : : : "memory");
	vcpu->leave = true;
	return EXIT_RESUME;
}

/* The host takes it as soon as the guest's state is out of the way. */
static int handle_host_event(struct vcpu *vcpu)
{
	if (vcpu->svm->exit_code == SVM_EXIT_INTR)
		vcpu->stats->exit_interrupt++;
	else
		vcpu->stats->exit_nmi++;
	vcpu->leave = true;
	return EXIT_RESUME;
}

static int handle_window(struct vcpu *vcpu)
{
	vcpu->stats->exit_other++;
	vcpu_request_self(vcpu, REQUEST_EVENT);
	return EXIT_RESUME;
}

/* The NMI's handler is about to return: the next may come after that. */
static int handle_iret(struct vcpu *vcpu)
{
	vcpu->stats->exit_other++;
	svm_intercept(vcpu, INTERCEPT_IRET, false);
	vcpu->svm->nmi_iret = true;
	return EXIT_RESUME;
}

/* After a shutdown nothing in the VMCB is defined. */
static int handle_shutdown(struct vcpu *vcpu)
{
	svm_init_vmcb(vcpu);
	vcpu->reload = true;
	vcpu->run->exit_reason = KVM_EXIT_SHUTDOWN;
	return EXIT_USERSPACE;
}

static int handle_task_switch(struct vcpu *vcpu)
{
	return guest_kill(vcpu, "hardware task switch at rip %#llx",
			  vcpu->regs->rip);
}

static int handle_unknown(struct vcpu *vcpu)
{
	const struct vmcb_control_area *control = &svm_vmcb(vcpu)->control;

	return guest_kill(vcpu, "exit code %#x (%#llx, %#llx) at rip %#llx",
			  vcpu->svm->exit_code, control->exit_info_1,
			  control->exit_info_2, vcpu->regs->rip);
}

static int handle_invalid(struct vcpu *vcpu)
{
	return guest_kill(vcpu, "the CPU does not take its state: cr0 %#llx cr4 %#llx efer %#llx rip %#llx",
			  vcpu->cr0, vcpu->cr4, vcpu->efer, vcpu->regs->rip);
}

int svm_handle(struct vcpu *vcpu)
{
	u32 code = vcpu->svm->exit_code;

	vcpu->regs->vector = code;
	trace_corbel_exit(vcpu);
	switch (code) {
	case SVM_EXIT_NPF:
		return handle_nested_fault(vcpu);
	case SVM_EXIT_EXCP_BASE + X86_TRAP_PF:
		return handle_page_fault(vcpu);
	case SVM_EXIT_INTR:
	case SVM_EXIT_NMI:
	case SVM_EXIT_SMI:
	case SVM_EXIT_INIT:
		return handle_host_event(vcpu);
	case SVM_EXIT_CPUID:
		return handle_cpuid(vcpu);
	case SVM_EXIT_MSR:
		return handle_msr(vcpu);
	case SVM_EXIT_HLT:
		return handle_halt(vcpu);
	case SVM_EXIT_IOIO:
		return handle_io(vcpu);
	case SVM_EXIT_READ_CR0 ... SVM_EXIT_WRITE_CR8:
	case SVM_EXIT_READ_DR0 ... SVM_EXIT_WRITE_DR7:
	case SVM_EXIT_INVLPG:
	case SVM_EXIT_INVD:
	case SVM_EXIT_WBINVD:
		return handle_control(vcpu);
	case SVM_EXIT_VINTR:
		return handle_window(vcpu);
	case SVM_EXIT_VMMCALL:
		return handle_vmmcall(vcpu);
	case SVM_EXIT_XSETBV:
		return handle_xsetbv(vcpu);
	case SVM_EXIT_EXCP_BASE + X86_TRAP_DB:
		return handle_debug(vcpu);
	case SVM_EXIT_EXCP_BASE + X86_TRAP_AC:
		return handle_alignment(vcpu);
	case SVM_EXIT_EXCP_BASE + X86_TRAP_MC:
		return handle_machine_check(vcpu);
	case SVM_EXIT_IRET:
		return handle_iret(vcpu);
	case SVM_EXIT_SHUTDOWN:
		return handle_shutdown(vcpu);
	case SVM_EXIT_TASK_SWITCH:
		return handle_task_switch(vcpu);
	case SVM_EXIT_ERR:
		return handle_invalid(vcpu);
	case SVM_EXIT_RDPMC:
		return raise(vcpu, X86_TRAP_GP, 0);
	case SVM_EXIT_VMRUN:
	case SVM_EXIT_VMLOAD:
	case SVM_EXIT_VMSAVE:
	case SVM_EXIT_STGI:
	case SVM_EXIT_CLGI:
	case SVM_EXIT_SKINIT:
	case SVM_EXIT_INVLPGA:
	case SVM_EXIT_MONITOR:
	case SVM_EXIT_MWAIT:
	case SVM_EXIT_MWAIT_COND:
	case SVM_EXIT_RDPRU:
	case SVM_EXIT_RSM:
		return raise(vcpu, X86_TRAP_UD, 0);
	}
	return handle_unknown(vcpu);
}
