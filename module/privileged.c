// SPDX-License-Identifier: GPL-2.0-only
/*
 * Privileged instructions that every mode emulates: MSRs, CPUID, XSETBV, HLT,
 * control and debug registers.  The manners are those of emulate.c.
 */
#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include "control.h"
#include "emulate.h"
#include "trace.h"

/* Finishes an instruction that ended with an errno as in control.h. */
static int finish(struct vcpu *vcpu, int err, u8 length)
{
	switch (err) {
	case 0:
		skip_instruction(vcpu, length);
		return EXIT_RESUME;
	case -EFAULT:
		return raise(vcpu, X86_TRAP_GP, 0);
	case -EINVAL:
		return raise(vcpu, X86_TRAP_UD, 0);
	case -EAGAIN:
		return EXIT_SLOW;
	}
	return err;
}

int emulate_msr_read(struct vcpu *vcpu, u8 length)
{
	struct guest_regs *regs = vcpu->regs;
	u64 value = 0;
	int err = vcpu_get_msr(vcpu, regs->rcx, &value);

	trace_corbel_msr(vcpu, false, regs->rcx, value, err);
	vcpu->stats->exit_msr++;
	if (!err) {
		regs->rax = (u32)value;
		regs->rdx = value >> 32;
	}
	return finish(vcpu, err, length);
}

int emulate_msr_write(struct vcpu *vcpu, u8 length)
{
	struct guest_regs *regs = vcpu->regs;
	u64 value = (u32)regs->rax | regs->rdx << 32;
	int err = vcpu_set_msr(vcpu, regs->rcx, value);

	trace_corbel_msr(vcpu, true, regs->rcx, value, err);
	vcpu->stats->exit_msr++;
	return finish(vcpu, err, length);
}

int emulate_cpuid(struct vcpu *vcpu, u8 length)
{
	struct guest_regs *regs = vcpu->regs;
	u32 leaf = regs->rax, subleaf = regs->rcx, answer[4];

	vcpu_cpuid(vcpu, leaf, subleaf, answer);
	trace_corbel_cpuid(vcpu, leaf, subleaf, answer);
	vcpu->stats->exit_cpuid++;
	regs->rax = answer[0];
	regs->rbx = answer[1];
	regs->rcx = answer[2];
	regs->rdx = answer[3];
	return finish(vcpu, 0, length);
}

int emulate_xsetbv(struct vcpu *vcpu, u8 length)
{
	const struct guest_regs *regs = vcpu->regs;
	int err = vcpu_set_xcr(vcpu, regs->rcx,
			       (u32)regs->rax | regs->rdx << 32);

	vcpu->stats->exit_other++;
	return finish(vcpu, err, length);
}

int emulate_halt(struct vcpu *vcpu, u8 length)
{
	vcpu_halt(vcpu);
	return finish(vcpu, 0, length);
}

static int move_to(struct vcpu *vcpu, const struct decoded_insn *insn)
{
	const struct decoded_operand *to = &insn->operand[0];
	u64 value;
	int result = read_operand(vcpu, insn, &insn->operand[1], &value);

	if (result)
		return result;
	if (to->type == OPERAND_CR)
		result = vcpu_write_cr(vcpu, to->reg, value);
	else
		result = vcpu_write_dr(vcpu, to->reg, value);
	return finish(vcpu, result, insn->len);
}

static int move_from(struct vcpu *vcpu, const struct decoded_insn *insn)
{
	const struct decoded_operand *from = &insn->operand[1];
	u64 value;
	int result;

	if (from->type == OPERAND_CR)
		result = vcpu_read_cr(vcpu, from->reg, &value);
	else
		result = vcpu_read_dr(vcpu, from->reg, &value);
	if (!result)
		result = write_operand(vcpu, insn, &insn->operand[0], value);
	return finish(vcpu, result, insn->len);
}

/* LMSW can set PE but not clear it. */
static int load_msw(struct vcpu *vcpu, const struct decoded_insn *insn)
{
	u64 low = X86_CR0_MP | X86_CR0_EM | X86_CR0_TS;
	u64 value;
	int result = read_operand(vcpu, insn, &insn->operand[0], &value);

	if (result)
		return result;
	value = (vcpu->cr0 & ~low) | (value & (low | X86_CR0_PE));
	return finish(vcpu, vcpu_write_cr(vcpu, 0, value), insn->len);
}

static int store_msw(struct vcpu *vcpu, const struct decoded_insn *insn)
{
	int result = write_operand(vcpu, insn, &insn->operand[0], vcpu->cr0);

	return result ? result : finish(vcpu, 0, insn->len);
}

static int invalidate_page(struct vcpu *vcpu, const struct decoded_insn *insn)
{
	u64 address = vcpu_linear(vcpu, insn, &insn->operand[0]);

	/* An address that is not canonical has no translation. */
	if (is_canonical48(address))
		vcpu->vm->ops->flush_page(vcpu, address);
	return finish(vcpu, 0, insn->len);
}

/**
 * emulate_control - MOV to and from control and debug registers, and the like
 * @vcpu:	the vCPU, whose guest has the privilege
 * @insn:	the instruction
 *
 * Return: enum exit_result, or -EOPNOTSUPP if it is another instruction
 */
int emulate_control(struct vcpu *vcpu, const struct decoded_insn *insn)
{
	switch (insn->op) {
	case INSN_MOV_TO_CR:
	case INSN_MOV_TO_DR:
		return move_to(vcpu, insn);
	case INSN_MOV_FROM_CR:
	case INSN_MOV_FROM_DR:
		return move_from(vcpu, insn);
	case INSN_CLTS:
		return finish(vcpu, vcpu_write_cr(vcpu, 0, vcpu->cr0 &
						  ~X86_CR0_TS), insn->len);
	case INSN_LMSW:
		return load_msw(vcpu, insn);
	case INSN_SMSW:
		return store_msw(vcpu, insn);
	case INSN_INVLPG:
		return invalidate_page(vcpu, insn);
	case INSN_INVD:
	case INSN_WBINVD:
		return finish(vcpu, 0, insn->len);
	}
	return -EOPNOTSUPP;
}
