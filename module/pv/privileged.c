// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the guest kernel may do and ring 3 may not: the instructions that its
 * shim does not replace, or that it executes before the shim is in use.
 *
 * All of them raise #GP in ring 3; that is where we come from.
 */
#include <linux/kvm_host.h>
#include <asm/desc.h>
#include <asm/trapnr.h>

#include "../control.h"
#include "../emulate.h"
#include "pv.h"

static int finish(struct vcpu *vcpu, const struct decoded_insn *insn, int err)
{
	if (err == -EAGAIN)
		return EXIT_SLOW;
	if (err == -EFAULT)
		return raise(vcpu, X86_TRAP_GP, 0);
	if (err)
		return err;
	skip_instruction(vcpu, insn->len);
	return EXIT_RESUME;
}

/**
 * pv_swapgs - SWAPGS
 * @vcpu: the vCPU, in guest kernel mode
 */
void pv_swapgs(struct vcpu *vcpu)
{
	struct pv_vcpu *pv = vcpu->pv;
	u64 user_gs = READ_ONCE(pv->page->user_gs);

	pv->page->user_gs = pv->data->gs;
	pv->data->gs = user_gs;
	pv->gs_swapped = !pv->gs_swapped;
}

static int swapgs(struct vcpu *vcpu, const struct decoded_insn *insn)
{
	if (!is_canonical48(READ_ONCE(vcpu->pv->page->user_gs)))
		return guest_kill(vcpu, "SWAPGS to a GS base that is not canonical");
	pv_swapgs(vcpu);
	return finish(vcpu, insn, 0);
}

static int load_table_register(struct vcpu *vcpu,
			       const struct decoded_insn *insn,
			       struct table_reg *reg)
{
	struct desc_ptr desc;
	struct guest_fault fault;
	int err;

	err = guest_read(vcpu, vcpu_linear(vcpu, insn, &insn->operand[0]),
			 &desc, sizeof(desc), 0, &fault);
	if (err)
		return raise_for(vcpu, err, &fault);
	if (!is_canonical48(desc.address))
		return raise(vcpu, X86_TRAP_GP, 0);
	reg->base = desc.address;
	reg->limit = desc.size;
	pv_drop_windows(vcpu);
	return finish(vcpu, insn, 0);
}

/* Descriptors are looked at when a table or a segment is loaded. */
static int emulate_lgdt(struct vcpu *vcpu, const struct decoded_insn *insn)
{
	return load_table_register(vcpu, insn, &vcpu->gdt);
}

static int emulate_lidt(struct vcpu *vcpu, const struct decoded_insn *insn)
{
	int err = pv_sync_descriptors(vcpu);

	if (err)
		return finish(vcpu, insn, err);
	return load_table_register(vcpu, insn, &vcpu->idt);
}

static int load_selector(struct vcpu *vcpu, const struct decoded_insn *insn)
{
	u64 selector;
	int err = read_operand(vcpu, insn, &insn->operand[0], &selector);

	if (err)
		return err;
	if (insn->op == INSN_LLDT)
		return finish(vcpu, insn, pv_load_ldt(vcpu, selector));
	err = pv_sync_descriptors(vcpu);
	if (!err)
		err = pv_load_tr(vcpu, selector);
	return finish(vcpu, insn, err);
}

static int store_table_register(struct vcpu *vcpu,
				const struct decoded_insn *insn)
{
	const struct table_reg *reg = insn->op == INSN_SGDT ? &vcpu->gdt :
							      &vcpu->idt;
	struct desc_ptr desc = { .size = reg->limit, .address = reg->base };
	struct guest_fault fault;
	int err;

	err = guest_write(vcpu, vcpu_linear(vcpu, insn, &insn->operand[0]),
			  &desc, sizeof(desc), 0, &fault);
	return err ? raise_for(vcpu, err, &fault) : finish(vcpu, insn, 0);
}

static int store_selector(struct vcpu *vcpu, const struct decoded_insn *insn)
{
	u16 selector = insn->op == INSN_STR ? vcpu->pv->tr : vcpu->pv->ldtr;
	int err = write_operand(vcpu, insn, &insn->operand[0], selector);

	return err ? err : finish(vcpu, insn, 0);
}

static int clear_interrupt_flag(struct vcpu *vcpu,
				const struct decoded_insn *insn)
{
	vcpu->pv->page->vif = 0;
	return finish(vcpu, insn, 0);
}

/* Interrupts come after the next instruction, which matters if that is HLT. */
static int set_interrupt_flag(struct vcpu *vcpu,
			      const struct decoded_insn *insn)
{
	struct decoded_insn next;
	int result;

	vcpu->pv->page->vif = X86_EFLAGS_IF;
	vcpu_request_self(vcpu, REQUEST_EVENT);
	result = finish(vcpu, insn, 0);
	if (result == EXIT_RESUME && !vcpu->pv->exception.pending &&
	    !guest_fetch(vcpu, &next) && next.op == INSN_HLT)
		result = emulate_halt(vcpu, next.len);
	return result;
}

/* With CR4.TSD, which is meant for guest user. */
static int read_tsc(struct vcpu *vcpu, const struct decoded_insn *insn)
{
	u64 tsc = rdtsc();

	vcpu->regs->rax = (u32)tsc;
	vcpu->regs->rdx = tsc >> 32;
	if (insn->op == INSN_RDTSCP)
		vcpu->regs->rcx = vcpu->msrs.tsc_aux;
	return finish(vcpu, insn, 0);
}

/*
 * IRETQ from kernel to kernel where the shim does not stand in for it: at the
 * end of NMI handlers.
 */
static int return_in_kernel(struct vcpu *vcpu)
{
	struct guest_regs *regs = vcpu->regs;
	struct corbel_frame frame;
	struct guest_fault fault;
	int err;

	err = guest_read(vcpu, regs->rsp, &frame, sizeof(frame), 0, &fault);
	if (err)
		return raise_for(vcpu, err, &fault);
	if (frame.cs != __KERNEL_CS)
		return -EOPNOTSUPP;
	regs->rip = frame.rip;
	regs->rsp = frame.rsp;
	regs->rflags = (frame.rflags & GUEST_RFLAGS) | GUEST_RFLAGS_SET;
	vcpu->pv->page->vif = frame.rflags & X86_EFLAGS_IF;
	vcpu_request_self(vcpu, REQUEST_EVENT);
	return EXIT_RESUME;
}

/**
 * pv_emulate_privileged - an instruction of the guest kernel raised #GP
 * @vcpu: the vCPU, in guest kernel mode
 *
 * Return: enum exit_result, -EOPNOTSUPP if the guest deserves the #GP
 */
int pv_emulate_privileged(struct vcpu *vcpu)
{
	struct decoded_insn insn;
	int err = guest_fetch(vcpu, &insn);

	if (err == -EAGAIN)
		return EXIT_SLOW;
	if (err)
		return -EOPNOTSUPP;
	vcpu->stats->exit_privileged++;

	switch (insn.op) {
	case INSN_IN:
	case INSN_OUT:
	case INSN_INS:
	case INSN_OUTS:
		return emulate_io(vcpu, &insn);
	case INSN_RDMSR:
		return emulate_msr_read(vcpu, insn.len);
	case INSN_WRMSR:
		return emulate_msr_write(vcpu, insn.len);
	case INSN_XSETBV:
		return emulate_xsetbv(vcpu, insn.len);
	case INSN_HLT:
		return emulate_halt(vcpu, insn.len);
	case INSN_CLI:
		return clear_interrupt_flag(vcpu, &insn);
	case INSN_STI:
		return set_interrupt_flag(vcpu, &insn);
	case INSN_IRET:
		return return_in_kernel(vcpu);
	case INSN_SWAPGS:
		return swapgs(vcpu, &insn);
	case INSN_LGDT:
		return emulate_lgdt(vcpu, &insn);
	case INSN_LIDT:
		return emulate_lidt(vcpu, &insn);
	case INSN_LLDT:
	case INSN_LTR:
		return load_selector(vcpu, &insn);
	case INSN_SGDT:
	case INSN_SIDT:
		return store_table_register(vcpu, &insn);
	case INSN_SLDT:
	case INSN_STR:
		return store_selector(vcpu, &insn);
	case INSN_RDTSC:
	case INSN_RDTSCP:
		return read_tsc(vcpu, &insn);
	}
	return emulate_control(vcpu, &insn);
}
