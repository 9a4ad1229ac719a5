// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why the guest was left, and what is to be done about it.
 *
 * pv_handle() is called twice for some exits: first from the light exit, where
 * it must not sleep, and if it says EXIT_SLOW, having done nothing, again with
 * all host state and vcpu->may_sleep.
 */
#include <linux/kvm_host.h>
#include <asm/cpu.h>
#include <asm/debugreg.h>
#include <asm/irq_vectors.h>
#include <asm/segment.h>
#include <asm/trapnr.h>

#include "../control.h"
#include "../emulate.h"
#include "../../hypercalls/hypercall.h"
#include "../trace.h"
#include "pv.h"

/* Vectors below 32 for which the CPU pushes an error code. */
#define HAS_ERROR_CODE	0x60227d00

static bool from_user(const struct vcpu *vcpu)
{
	return !vcpu->pv->data->kernel;
}

static int reflect(struct vcpu *vcpu, u8 vector, u32 error)
{
	vcpu->stats->exit_exception++;
	pv_queue_exception(vcpu, vector, HAS_ERROR_CODE >> vector & 1, error);
	return EXIT_RESUME;
}

/*
 * The shim only ever touches the guest's stack and jumps to its handlers.  If
 * that faults, the event can't be delivered: a double fault, and if that is
 * what it was, the end.
 */
static int reflect_from_shim(struct vcpu *vcpu, u8 vector)
{
	if (vcpu->pv->delivered == X86_TRAP_DF)
		return guest_kill(vcpu, "triple fault: vector %u on the way to the handler of a double fault, rsp %#llx",
				  vector, vcpu->regs->rsp);
	return reflect(vcpu, X86_TRAP_DF, 0);
}

/* Address spaces */

/* Tells the switcher what it may do with a context by itself. */
static void publish_context(struct vcpu *vcpu, struct shadow_context *context)
{
	unsigned int n = context - vcpu->mmu->contexts;
	struct pv_context *published = &vcpu->pv->data->contexts[n];

	/* One whose user must not be entered as it is, it must not go to. */
	published->tag = context->supervisor ? CONTEXT_UNUSED : context->tag;
	published->root[VIEW_KERNEL] = mmu_root(vcpu->mmu, context, VIEW_KERNEL);
	published->root[VIEW_USER] = mmu_root(vcpu->mmu, context, VIEW_USER);
}

static void use_context(struct vcpu *vcpu, struct shadow_context *context)
{
	struct pv_data *data = vcpu->pv->data;

	data->cr3 = context->tag;
	data->root[VIEW_KERNEL] = mmu_root(vcpu->mmu, context, VIEW_KERNEL);
	data->root[VIEW_USER] = mmu_root(vcpu->mmu, context, VIEW_USER);
	if (context->supervisor)
		data->work |= WORK_SUPERVISOR;
	else
		data->work &= ~WORK_SUPERVISOR;
	publish_context(vcpu, context);
}

/**
 * pv_load_cr3 - vcpu->cr3 has changed
 * @vcpu:	the vCPU
 * @keep:	what is known of the address space is still true
 */
void pv_load_cr3(struct vcpu *vcpu, bool keep)
{
	use_context(vcpu, mmu_load_cr3(vcpu->mmu, vcpu->cr3, keep));
}

void pv_flush_page(struct vcpu *vcpu, u64 address)
{
	mmu_flush_page(vcpu->mmu, address);
	if (address >> 63)
		pv_drop_windows(vcpu);
}

void pv_flush_all(struct vcpu *vcpu)
{
	mmu_flush_all(vcpu->mmu);
	pv_drop_windows(vcpu);
	use_context(vcpu, vcpu->mmu->context);
}

/* Page faults */

/**
 * pv_own_page - the shim and the page shared with it, which are in no page
 *		 table of the guest
 * @vcpu:	the vCPU
 * @address:	gva
 *
 * Return: the page, or NULL if there is none of them
 */
struct page *pv_own_page(struct vcpu *vcpu, u64 address)
{
	const struct pv_vm *vm = vcpu->vm->pv;
	u64 n = (address - CORBEL_SHIM_VA) >> PAGE_SHIFT;

	if (n < vm->nr_shim)
		return vm->shim[n];
	if (address - CORBEL_VCPU_PAGE_VA < PAGE_SIZE)
		return virt_to_page(vcpu->pv->page);
	return NULL;
}

static int map_own_page(struct vcpu *vcpu, u64 address, struct page *page)
{
	bool is_code = address < CORBEL_VCPU_PAGE_VA;

	if (vcpu->may_sleep && mmu_topup(vcpu->mmu))
		return -ENOMEM;
	return mmu_map(vcpu->mmu, address, page, is_code ? 0 : PTE_W | PTE_NX);
}

/* Not canonical for the guest, but for a host with five levels it is. */
static int fault_beyond_48_bits(struct vcpu *vcpu, u64 address)
{
	bool stack = false;
	u8 bytes[DECODE_MAX_LEN];
	enum decode_mode mode;
	u32 access = vcpu->vm->ops->code_mode(vcpu, &mode) | FAULT_FETCH;
	size_t n = min_t(size_t, sizeof(bytes),
			 PAGE_SIZE - offset_in_page(vcpu->regs->rip));
	int err = guest_read(vcpu, vcpu->regs->rip, bytes, n, access, NULL);

	if (err == -EAGAIN)
		return EXIT_SLOW;
	if (!err)
		stack = decode_uses_stack_segment(bytes, n, vcpu->regs->rsp,
						  address);
	if (pv_in_shim(vcpu))
		return reflect_from_shim(vcpu, X86_TRAP_SS);
	return reflect(vcpu, stack ? X86_TRAP_SS : X86_TRAP_GP, 0);
}

static int guest_page_fault(struct vcpu *vcpu, u64 address, u32 error)
{
	if (pv_in_shim(vcpu))
		return reflect_from_shim(vcpu, X86_TRAP_PF);
	vcpu->cr2 = address;
	return reflect(vcpu, X86_TRAP_PF, error);
}

/* Whatever the guest's tables say: the switcher's slot of the roots is ours. */
static int fault_in_hole(u32 access, struct walk *walk)
{
	walk->error = access;
	return MMU_GUEST;
}

static int translate(struct vcpu *vcpu, u64 address, u32 access,
		     struct walk *walk)
{
	struct walk_mode mode;
	struct page *own = NULL;

	if (address - CORBEL_HOLE_VA < CORBEL_HOLE_SIZE)
		return fault_in_hole(access, walk);
	if (!(access & FAULT_USER))
		own = pv_own_page(vcpu, address);
	if (own)
		return map_own_page(vcpu, address, own);
	vcpu_walk_mode(vcpu, &mode);
	/* Writing to read-only pages is not for the root that users share. */
	mode.wp = true;
	return mmu_fault(vcpu->mmu, &mode, address, access, walk);
}

static int handle_page_fault(struct vcpu *vcpu)
{
	u64 address = vcpu->pv->fault_address;
	u32 access = vcpu->regs->error & (FAULT_WRITE | FAULT_FETCH);
	struct walk walk;
	int result;

	if (from_user(vcpu))
		access |= FAULT_USER;
	if (!is_canonical48(address))
		return fault_beyond_48_bits(vcpu, address);
	result = translate(vcpu, address, access, &walk);
	trace_corbel_page_fault(vcpu, address, vcpu->regs->error, result);
	switch (result) {
	case MMU_FILLED:
		vcpu->stats->exit_fault++;
		if (vcpu->mmu->context->supervisor)
			use_context(vcpu, vcpu->mmu->context);
		return EXIT_RESUME;
	case MMU_GUEST:
		vcpu->stats->exit_fault++;
		return guest_page_fault(vcpu, address, walk.error);
	case MMU_MMIO:
		return emulate_mmio(vcpu, walk.gpa);
	case -EAGAIN:
		return EXIT_SLOW;
	}
	return result;
}

/* Other exceptions */

/* SYSENTER, which the CPU refuses because of MSR_IA32_SYSENTER_CS. */
static int user_sysenter(struct vcpu *vcpu)
{
	struct guest_regs *regs = vcpu->regs;

	if (!(vcpu->msrs.sysenter_cs & ~3ULL))
		return reflect(vcpu, X86_TRAP_GP, 0);
	pv_to_kernel(vcpu);
	/* Its handler will execute SWAPGS, like that of SYSCALL below. */
	pv_swapgs(vcpu);
	regs->rip = vcpu->msrs.sysenter_eip;
	regs->rsp = vcpu->msrs.sysenter_esp;
	return EXIT_RESUME;
}

static int user_io(struct vcpu *vcpu, const struct decoded_insn *insn)
{
	bool out = insn->op == INSN_OUT || insn->op == INSN_OUTS;
	u64 port;
	int allowed;

	if (read_operand(vcpu, insn, &insn->operand[!out], &port))
		return -EOPNOTSUPP;
	allowed = pv_port_allowed(vcpu, port, insn->operand[out].size);
	if (allowed < 0)
		return EXIT_SLOW;
	return allowed ? emulate_io(vcpu, insn) : -EOPNOTSUPP;
}

/* Returns -EOPNOTSUPP if guest user deserves the #GP. */
static int user_general_protection(struct vcpu *vcpu)
{
	struct decoded_insn insn;
	int err;

	if (vcpu->regs->error)
		return -EOPNOTSUPP;
	err = guest_fetch(vcpu, &insn);
	if (err)
		return err == -EAGAIN ? EXIT_SLOW : -EOPNOTSUPP;
	switch (insn.op) {
	case INSN_SYSENTER:
		return user_sysenter(vcpu);
	case INSN_IN:
	case INSN_OUT:
	case INSN_INS:
	case INSN_OUTS:
		return user_io(vcpu, &insn);
	}
	return -EOPNOTSUPP;
}

static int handle_general_protection(struct vcpu *vcpu)
{
	const struct pv_vm *pv = vcpu->vm->pv;
	int result;

	if (!from_user(vcpu) && pv->entry.load_gs &&
	    vcpu->regs->rip == pv->entry.load_gs) {
		vcpu->regs->rip = pv->entry.load_gs_fixup;
		return EXIT_RESUME;
	}
	result = from_user(vcpu) ? user_general_protection(vcpu) :
				   pv_emulate_privileged(vcpu);
	if (result != -EOPNOTSUPP)
		return result;
	if (pv_in_shim(vcpu))
		return reflect_from_shim(vcpu, X86_TRAP_GP);
	return reflect(vcpu, X86_TRAP_GP, vcpu->regs->error);
}

static int handle_debug(struct vcpu *vcpu)
{
	struct pv_data *data = vcpu->pv->data;
	unsigned long dr6;

	get_debugreg(dr6, 6);
	native_set_debugreg(6, DR6_RESERVED);

	/* The switcher's way to come back at once. */
	if (data->kernel && (data->entry_rflags & X86_EFLAGS_TF) &&
	    vcpu->regs->rip - data->entry_syscall < DECODE_MAX_LEN) {
		vcpu->regs->rflags &= ~X86_EFLAGS_TF;
		return EXIT_RESUME;
	}
	/* These are active low or meant for others. */
	vcpu->dr6 |= dr6 & (DR_TRAP_BITS | DR_STEP);
	return reflect(vcpu, X86_TRAP_DB, 0);
}

/* Only guest user may run with alignment checks. */
static int handle_alignment(struct vcpu *vcpu)
{
	struct guest_regs *regs = vcpu->regs;

	if (!(regs->rflags & X86_EFLAGS_AC))
		return handle_guest_split_lock(regs->rip) ? EXIT_RESUME :
		       reflect(vcpu, X86_TRAP_AC, regs->error);
	if (from_user(vcpu))
		return reflect(vcpu, X86_TRAP_AC, regs->error);
	regs->rflags &= ~X86_EFLAGS_AC;
	return EXIT_RESUME;
}

/* INT n: the guest's gate must be open to its users. */
static int handle_software_interrupt(struct vcpu *vcpu, u8 vector)
{
	struct pv_vcpu *pv = vcpu->pv;
	gate_desc gate = {};
	int err = -EFAULT;

	if (vector * sizeof(gate) + sizeof(gate) - 1 <= vcpu->idt.limit)
		err = pv_read_window(vcpu, &pv->idt_window,
				     vcpu->idt.base + vector * sizeof(gate),
				     &gate, sizeof(gate));
	if (err == -EAGAIN)
		return EXIT_SLOW;
	if (err || !gate.bits.p || (from_user(vcpu) && gate.bits.dpl != 3)) {
		vcpu->regs->rip -= 2;
		return reflect(vcpu, X86_TRAP_GP, vector << 3 | 2);
	}
	vcpu->stats->exit_exception++;
	pv_queue_exception(vcpu, vector, false, 0);
	return EXIT_RESUME;
}

static int handle_check(struct vcpu *vcpu)
{
	if (from_user(vcpu))
		return handle_software_interrupt(vcpu, CORBEL_VECTOR_CHECK);
	vcpu->stats->exit_return++;
	vcpu_request_self(vcpu, REQUEST_EVENT);
	return EXIT_RESUME;
}

/* Exits of the switcher's own */

static int handle_hypercall(struct vcpu *vcpu)
{
	vcpu->stats->exit_hypercall++;
	return hypercall(vcpu);
}

/* A return to guest user that must be looked at; by now it is in user mode. */
static int handle_return(struct vcpu *vcpu)
{
	struct pv_data *data = vcpu->pv->data;

	if ((data->work & WORK_DESCRIPTORS) && pv_sync_descriptors(vcpu))
		return EXIT_SLOW;
	if (data->work & WORK_SUPERVISOR) {
		mmu_flush_context(vcpu->mmu, vcpu->mmu->context);
		use_context(vcpu, vcpu->mmu->context);
	}
	vcpu->stats->exit_return++;
	vcpu_request_self(vcpu, REQUEST_EVENT);
	return EXIT_RESUME;
}

/* 32-bit SYSCALL: RIP, RSP and flags as the CPU leaves them. */
static int handle_syscall32(struct vcpu *vcpu)
{
	struct guest_regs *regs = vcpu->regs;

	if (!from_user(vcpu))
		return reflect(vcpu, X86_TRAP_UD, 0);
	pv_to_kernel(vcpu);
	pv_swapgs(vcpu);
	regs->rcx = regs->rip;
	regs->r11 = regs->rflags;
	regs->rip = vcpu->msrs.cstar;
	regs->rflags = GUEST_RFLAGS_SET |
		       (regs->rflags & GUEST_RFLAGS & ~vcpu->msrs.sfmask);
	return EXIT_RESUME;
}

/*
 * IRETQ did not like the guest's frame.  Linux treats that as a fault of the
 * user program at the place that it was to return to, and so do we.
 */
static int handle_bad_return(struct vcpu *vcpu)
{
	struct pv_data *data = vcpu->pv->data;

	if (data->kernel)
		return guest_kill(vcpu, "the CPU can't go to %#llx:%#llx",
				  vcpu->regs->cs, vcpu->regs->rip);
	/* Which fault it was is lost on the ladder; Linux says this, too. */
	if (data->fault_vector == X86_TRAP_DF)
		return reflect(vcpu, X86_TRAP_GP, 0);
	return reflect(vcpu, data->fault_vector, data->fault_error);
}

static int handle_switcher_fault(struct vcpu *vcpu)
{
	const struct pv_data *data = vcpu->pv->data;

	return guest_kill(vcpu, "vector %llu, error %#llx in the switcher at %#llx: a GS base that is not canonical?",
			  data->fault_vector, data->fault_error,
			  data->fault_rip - vcpu->pv->slice.va);
}

static int handle_exception(struct vcpu *vcpu, u8 vector)
{
	switch (vector) {
	case X86_TRAP_PF:
		return handle_page_fault(vcpu);
	case X86_TRAP_GP:
		return handle_general_protection(vcpu);
	case X86_TRAP_SS:
		if (pv_in_shim(vcpu))
			return reflect_from_shim(vcpu, vector);
		break;
	case X86_TRAP_DB:
		return handle_debug(vcpu);
	case X86_TRAP_AC:
		return handle_alignment(vcpu);
	case CORBEL_VECTOR_CHECK:
		return handle_check(vcpu);
	case X86_TRAP_DF:
	case X86_TRAP_CP ... CORBEL_VECTOR_CHECK - 1:
		return guest_kill(vcpu, "vector %u, error %#llx at rip %#llx",
				  vector, vcpu->regs->error, vcpu->regs->rip);
	}
	return reflect(vcpu, vector, vcpu->regs->error);
}

static int handle_host_event(struct vcpu *vcpu, u8 vector)
{
	if (vector == X86_TRAP_NMI) {
		vcpu->pv->data->noted |= NOTED_NMI;
		vcpu->stats->exit_nmi++;
	} else if (vector == X86_TRAP_MC) {
		vcpu->pv->data->noted |= NOTED_MC;
		vcpu->stats->exit_nmi++;
	} else {
		vcpu->pv->host_event = vector;
		vcpu->stats->exit_interrupt++;
	}
	return EXIT_RESUME;
}

static int dispatch(struct vcpu *vcpu)
{
	u64 vector = vcpu->regs->vector;

	switch (vector) {
	case EXIT_HYPERCALL:
		return handle_hypercall(vcpu);
	case EXIT_RETURN:
		return handle_return(vcpu);
	case EXIT_SYSCALL32:
		return handle_syscall32(vcpu);
	case EXIT_BAD_RETURN:
		return handle_bad_return(vcpu);
	case EXIT_SWITCHER_FAULT:
		return handle_switcher_fault(vcpu);
	case EXIT_NOTED:
		vcpu->stats->exit_nmi++;
		return EXIT_RESUME;
	case IA32_SYSCALL_VECTOR:
		return handle_software_interrupt(vcpu, vector);
	case X86_TRAP_NMI:
	case X86_TRAP_MC:
		return handle_host_event(vcpu, vector);
	}
	if (vector >= NUM_EXCEPTION_VECTORS)
		return handle_host_event(vcpu, vector);
	return handle_exception(vcpu, vector);
}

/* What the switcher has done by itself. */
static void catch_up(struct vcpu *vcpu)
{
	const struct pv_data *data = vcpu->pv->data;

	vcpu->cr3 = data->cr3;
	vcpu->mmu->context =
		&vcpu->mmu->contexts[data->cr3 & (NR_CONTEXTS - 1)];
	/* An emulator may let ring 3 set this by a 32-bit IRET. */
	vcpu->regs->rflags &= ~(u64)X86_EFLAGS_VM;
}

/*
 * A 16-bit stack takes only 16 bits from IRETQ; the rest of RSP stays what it
 * was in ring 0, and the program can see it.  So IRETQ gets a view of its frame
 * at an address whose bits 16 to 31 are the program's own.
 */
static u64 return_stack(const struct vcpu *vcpu)
{
	const struct pv_slice *slice = &vcpu->pv->slice;
	size_t offset = offsetof(struct pv_data, regs.rip);

	if (vcpu->pv->data->kernel || !(vcpu->regs->ss & SEGMENT_TI_MASK))
		return slice->va + SLICE_DATA + offset;
	return pv_hole_va() + HOLE_LADDER + offset +
	       (vcpu->regs->rsp & 0xffff0000);
}

/**
 * pv_prepare - have everything that the switcher loads in a state to be loaded
 * @vcpu: the vCPU
 */
void pv_prepare(struct vcpu *vcpu)
{
	struct guest_regs *regs = vcpu->regs;
	struct pv_data *data = vcpu->pv->data;

	regs->rflags = (regs->rflags & GUEST_RFLAGS) | GUEST_RFLAGS_SET;
	regs->cs |= 3;
	regs->ss |= 3;
	data->iret_stack = return_stack(vcpu);
	data->enter_root = data->root[data->kernel ? VIEW_KERNEL : VIEW_USER];
}

/* What ends a halt must find it a halt: become_runnable() looks. */
static bool is_due(const struct vcpu *vcpu)
{
	return vcpu->mp_state == KVM_MP_STATE_RUNNABLE &&
	       (vcpu->pv->exception.pending ||
		test_bit(REQUEST_EVENT, &vcpu->requests));
}

/**
 * pv_handle - do what the last exit asks for
 * @vcpu: the vCPU
 *
 * Return: as enum exit_result
 */
int pv_handle(struct vcpu *vcpu)
{
	int result;

	catch_up(vcpu);
	trace_corbel_exit(vcpu);
	result = dispatch(vcpu);
	if (result != EXIT_RESUME)
		return result;
	if (is_due(vcpu))
		result = pv_deliver(vcpu);
	/* The exit is done with; pv_enter() delivers where it may sleep. */
	if (result == EXIT_SLOW) {
		vcpu->pv->undelivered = true;
		result = EXIT_RESUME;
	}
	pv_prepare(vcpu);
	return result;
}
