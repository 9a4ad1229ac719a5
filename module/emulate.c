// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the emulation of any instruction needs: its bytes, its operands, the
 * exceptions it raises, and the step to the next one.
 *
 * Manners of everything that emulates: an instruction has no effect before all
 * of it is known to succeed, so that -EAGAIN (EXIT_SLOW) or an exception can
 * come at any point and the instruction is simply met again.
 */
#include <linux/build_bug.h>
#include <linux/string.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include <linux/kvm_host.h>
#include <asm/debugreg.h>

#include "access.h"
#include "emulate.h"

/* General registers in the order of their encoding. */
static const u8 gpr_offsets[16] = {
	offsetof(struct guest_regs, rax), offsetof(struct guest_regs, rcx),
	offsetof(struct guest_regs, rdx), offsetof(struct guest_regs, rbx),
	offsetof(struct guest_regs, rsp), offsetof(struct guest_regs, rbp),
	offsetof(struct guest_regs, rsi), offsetof(struct guest_regs, rdi),
	offsetof(struct guest_regs, r8), offsetof(struct guest_regs, r9),
	offsetof(struct guest_regs, r10), offsetof(struct guest_regs, r11),
	offsetof(struct guest_regs, r12), offsetof(struct guest_regs, r13),
	offsetof(struct guest_regs, r14), offsetof(struct guest_regs, r15),
};

/**
 * vcpu_gpr - a general register
 * @vcpu:	the vCPU
 * @number:	as encoded, 0 to 15
 *
 * Return: where it is kept
 */
u64 *vcpu_gpr(struct vcpu *vcpu, int number)
{
	return (void *)vcpu->regs + gpr_offsets[number & 15];
}

static u64 size_mask(int size)
{
	return size == 8 ? ~0ULL : BIT_ULL(8 * size) - 1;
}

/**
 * vcpu_linear - the address of a memory operand
 * @vcpu:	the vCPU
 * @insn:	its instruction
 * @operand:	an operand of it in memory
 *
 * Return: linear address; without segment limits, which nobody uses on what is
 *	   emulated
 */
u64 vcpu_linear(struct vcpu *vcpu, const struct decoded_insn *insn,
		const struct decoded_operand *operand)
{
	u64 gprs[16], bases[SREG_GS + 1];
	int i;

	for (i = 0; i < 16; i++)
		gprs[i] = *vcpu_gpr(vcpu, i);
	for (i = SREG_ES; i <= SREG_GS; i++)
		bases[i] = vcpu->vm->ops->segment_base(vcpu, i);
	return decode_linear(insn, operand, gprs, vcpu->regs->rip, bases);
}

/**
 * raise - an exception, instead of the instruction's effect
 * @vcpu:	the vCPU
 * @vector:	X86_TRAP_UD, X86_TRAP_GP, X86_TRAP_SS
 * @error:	error code of the latter two
 *
 * Return: EXIT_RESUME
 */
int raise(struct vcpu *vcpu, u8 vector, u32 error)
{
	vcpu->vm->ops->queue_exception(vcpu, vector, vector != X86_TRAP_UD,
				       error);
	return EXIT_RESUME;
}

/**
 * raise_for - what an error of an access means for the guest
 * @vcpu:	the vCPU
 * @err:	the error
 * @fault:	what the access left, for -EFAULT
 *
 * Return: EXIT_RESUME with an exception queued, EXIT_SLOW, or @err
 */
int raise_for(struct vcpu *vcpu, int err, const struct guest_fault *fault)
{
	if (err == -EAGAIN)
		return EXIT_SLOW;
	if (err != -EFAULT)
		return err;
	if (!is_canonical48(fault->address))
		return raise(vcpu, X86_TRAP_GP, 0);
	vcpu->cr2 = fault->address;
	vcpu->vm->ops->queue_exception(vcpu, X86_TRAP_PF, true, fault->error);
	return EXIT_RESUME;
}

/**
 * skip_instruction - go on behind an instruction that is done
 * @vcpu:	the vCPU
 * @length:	of the instruction
 */
void skip_instruction(struct vcpu *vcpu, u8 length)
{
	enum decode_mode mode;

	vcpu->vm->ops->code_mode(vcpu, &mode);
	vcpu->regs->rip += length;
	if (mode != DECODE_64)
		vcpu->regs->rip &= 0xffffffff;
	vcpu->regs->rflags &= ~X86_EFLAGS_RF;
	if (vcpu->regs->rflags & X86_EFLAGS_TF) {
		vcpu->dr6 |= DR_STEP;
		vcpu->vm->ops->queue_exception(vcpu, X86_TRAP_DB, false, 0);
	}
}

static u64 code_address(struct vcpu *vcpu, enum decode_mode mode)
{
	if (mode == DECODE_64)
		return vcpu->regs->rip;
	return (u32)(vcpu->regs->rip +
		     vcpu->vm->ops->segment_base(vcpu, SREG_CS));
}

/**
 * guest_fetch - the instruction that the vCPU is at
 * @vcpu:	the vCPU
 * @insn:	the answer
 *
 * Each byte is read once, and as far as the instruction goes.
 *
 * Return: 0, -EOPNOTSUPP if it is none that is emulated, -EINVAL if it is
 *	   undefined or can't be read, -EAGAIN
 */
int guest_fetch(struct vcpu *vcpu, struct decoded_insn *insn)
{
	u8 bytes[DECODE_MAX_LEN];
	enum decode_mode mode;
	u32 access = vcpu->vm->ops->code_mode(vcpu, &mode) | FAULT_FETCH;
	u64 address = code_address(vcpu, mode);
	size_t n = min_t(size_t, sizeof(bytes),
			 PAGE_SIZE - offset_in_page(address));
	int err;

	err = guest_read(vcpu, address, bytes, n, access, NULL);
	if (!err)
		err = decode_insn(insn, bytes, n, mode);
	if (err == -ENODATA && n < sizeof(bytes)) {
		err = guest_read(vcpu, address + n, bytes + n,
				 sizeof(bytes) - n, access, NULL);
		if (!err)
			err = decode_insn(insn, bytes, sizeof(bytes), mode);
	}
	if (err && err != -EAGAIN && err != -EOPNOTSUPP)
		return -EINVAL;
	return err;
}

static u64 read_register(struct vcpu *vcpu,
			 const struct decoded_operand *operand)
{
	u64 value = *vcpu_gpr(vcpu, operand->reg);

	if (operand->type == OPERAND_REG_HIGH)
		value >>= 8;
	return value & size_mask(operand->size);
}

/* 32-bit results clear the upper half, narrower ones keep what is around. */
static void write_register(struct vcpu *vcpu,
			   const struct decoded_operand *operand, u64 value)
{
	u64 *reg = vcpu_gpr(vcpu, operand->reg);
	u64 mask = size_mask(operand->size);

	if (operand->type == OPERAND_REG_HIGH)
		*reg = (*reg & ~0xff00ULL) | (value & 0xff) << 8;
	else if (operand->size >= 4)
		*reg = value & mask;
	else
		*reg = (*reg & ~mask) | (value & mask);
}

/**
 * read_operand - the value of an operand
 * @vcpu:	the vCPU
 * @insn:	its instruction
 * @operand:	the operand
 * @value:	the answer, zero-extended
 *
 * Return: 0, or what the caller is to return: raise_for()
 */
int read_operand(struct vcpu *vcpu, const struct decoded_insn *insn,
		 const struct decoded_operand *operand, u64 *value)
{
	struct guest_fault fault;
	enum decode_mode mode;
	u32 access;
	int err;

	*value = operand->value;
	if (operand->type == OPERAND_REG || operand->type == OPERAND_REG_HIGH)
		*value = read_register(vcpu, operand);
	if (operand->type != OPERAND_MEM)
		return 0;

	*value = 0;
	access = vcpu->vm->ops->code_mode(vcpu, &mode);
	err = guest_read(vcpu, vcpu_linear(vcpu, insn, operand), value,
			 operand->size, access, &fault);
	return err ? raise_for(vcpu, err, &fault) : 0;
}

/**
 * check_writable - could write_operand() fail?
 * @vcpu:	the vCPU
 * @insn:	its instruction
 * @operand:	an operand in memory
 *
 * Return: as read_operand()
 */
int check_writable(struct vcpu *vcpu, const struct decoded_insn *insn,
		   const struct decoded_operand *operand)
{
	u64 address = vcpu_linear(vcpu, insn, operand);
	struct guest_fault fault;
	enum decode_mode mode;
	void *here;
	u32 access;
	int err;

	access = vcpu->vm->ops->code_mode(vcpu, &mode) | FAULT_WRITE;
	err = guest_pointer(vcpu, address, access, &here, &fault);
	if (!err)
		err = guest_pointer(vcpu, address + operand->size - 1, access,
				    &here, &fault);
	return err ? raise_for(vcpu, err, &fault) : 0;
}

/**
 * write_operand - write to an operand
 * @vcpu:	the vCPU
 * @insn:	its instruction
 * @operand:	the operand
 * @value:	what to write
 *
 * Return: as read_operand()
 */
int write_operand(struct vcpu *vcpu, const struct decoded_insn *insn,
		  const struct decoded_operand *operand, u64 value)
{
	struct guest_fault fault;
	enum decode_mode mode;
	u32 access;
	int err;

	if (operand->type != OPERAND_MEM) {
		write_register(vcpu, operand, value);
		return 0;
	}
	access = vcpu->vm->ops->code_mode(vcpu, &mode);
	err = guest_write(vcpu, vcpu_linear(vcpu, insn, operand), &value,
			  operand->size, access, &fault);
	return err ? raise_for(vcpu, err, &fault) : 0;
}
