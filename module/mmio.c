// SPDX-License-Identifier: GPL-2.0-only
/*
 * MMIO: instructions with an operand where there is no memory.
 *
 * One operand is the device, the other anything else.  The device is read, if
 * the instruction needs its value, then written, if it changes it; each may be
 * an exit to the monitor, after which the instruction goes on where it was.
 * What Linux does to devices is MOV in all its forms, string moves, and the
 * odd bit operation; all else kills the guest with a word about it.
 */
#include <linux/string.h>
#include <asm/irqflags.h>
#include <asm/processor-flags.h>

#include "emulate.h"
#include "eventfd.h"
#include "trace.h"

#define ARITHMETIC_FLAGS (X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | \
			  X86_EFLAGS_ZF | X86_EFLAGS_SF | X86_EFLAGS_OF)

static const struct decoded_operand *device(const struct vcpu *vcpu)
{
	return &vcpu->io.insn.operand[vcpu->io.source];
}

static const struct decoded_operand *other(const struct vcpu *vcpu)
{
	return &vcpu->io.insn.operand[!vcpu->io.source];
}

/* What becomes of two values */

/* Let the CPU do it, for the flags. */
#define ALU_SIZE(name, suffix, type)					\
	asm("push %[flags]; popf; " name suffix " %[b], %[a]; "	\
	    "pushf; pop %[flags]"					\
	    : [a] "+q" (*(type *)a), [flags] "+r" (flags)		\
	    : [b] "q" ((type)b) : "cc")

#define ALU(name)							\
static unsigned long alu_##name(unsigned long flags, int size, u64 *a, u64 b) \
{									\
	switch (size) {							\
	case 1:								\
		ALU_SIZE(#name, "b", u8);				\
		break;							\
	case 2:								\
		ALU_SIZE(#name, "w", u16);				\
		break;							\
	case 4:								\
		ALU_SIZE(#name, "l", u32);				\
		break;							\
	default:							\
		ALU_SIZE(#name, "q", u64);				\
	}								\
	return flags;							\
}

ALU(add)
ALU(or)
ALU(adc)
ALU(sbb)
ALU(and)
ALU(sub)
ALU(xor)
ALU(cmp)
ALU(test)

typedef unsigned long (*alu_fn)(unsigned long flags, int size, u64 *a, u64 b);

static alu_fn alu_of(u8 op)
{
	switch (op) {
	case INSN_ADD:
		return alu_add;
	case INSN_OR:
		return alu_or;
	case INSN_ADC:
		return alu_adc;
	case INSN_SBB:
		return alu_sbb;
	case INSN_AND:
		return alu_and;
	case INSN_SUB:
		return alu_sub;
	case INSN_XOR:
		return alu_xor;
	case INSN_CMP:
		return alu_cmp;
	case INSN_TEST:
		return alu_test;
	}
	return NULL;
}

static bool is_plain_move(u8 op)
{
	return op == INSN_MOV || op == INSN_MOVNTI || op == INSN_MOVZX ||
	       op == INSN_MOVSX || op == INSN_MOVSXD || op == INSN_MOVS ||
	       op == INSN_STOS;
}

static bool needs_device_value(const struct vcpu *vcpu)
{
	return vcpu->io.source || !is_plain_move(vcpu->io.insn.op);
}

/* Steps: each returns enum exit_result. */

static int finish(struct vcpu *vcpu)
{
	advance(vcpu, &vcpu->io.insn);
	return EXIT_RESUME;
}

static int write_device(struct vcpu *vcpu, u64 value)
{
	struct kvm_run *run = vcpu->run;
	int size = device(vcpu)->size;

	trace_corbel_mmio(vcpu, true, vcpu->io.gpa, size, value);
	finish(vcpu);
	if (ioeventfd_signal(vcpu->vm, false, vcpu->io.gpa, size, value))
		return EXIT_RESUME;
	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = vcpu->io.gpa;
	run->mmio.len = size;
	run->mmio.is_write = 1;
	memcpy(run->mmio.data, &value, sizeof(value));
	return EXIT_USERSPACE;
}

static u64 extend(const struct decoded_insn *insn, u64 value)
{
	int bits = 64 - 8 * insn->operand[1].size;

	if (insn->op == INSN_MOVSX || insn->op == INSN_MOVSXD)
		return (s64)(value << bits) >> bits;
	return value;
}

/* The device is one side of XCHG or of an ALU operation. */
static int combine(struct vcpu *vcpu, u64 value)
{
	const struct decoded_insn *insn = &vcpu->io.insn;
	u64 *rflags = &vcpu->regs->rflags;
	u64 a = value, b, flags;
	int result = read_operand(vcpu, insn, other(vcpu), &b);
	alu_fn alu;

	if (result)
		return result;
	if (insn->op == INSN_XCHG) {
		result = write_operand(vcpu, insn, other(vcpu), value);
		return result ? result : write_device(vcpu, b);
	}
	if (vcpu->io.source)
		swap(a, b);
	flags = (native_save_fl() & ~ARITHMETIC_FLAGS) |
		(*rflags & ARITHMETIC_FLAGS);
	alu = alu_of(insn->op);
	flags = alu(flags, device(vcpu)->size, &a, b);
	*rflags = (*rflags & ~(u64)ARITHMETIC_FLAGS) |
		  (flags & ARITHMETIC_FLAGS);
	if (insn->op == INSN_CMP || insn->op == INSN_TEST)
		return finish(vcpu);
	if (!vcpu->io.source)
		return write_device(vcpu, a);
	result = write_operand(vcpu, insn, &insn->operand[0], a);
	return result ? result : finish(vcpu);
}

static int complete_read(struct vcpu *vcpu)
{
	const struct decoded_insn *insn = &vcpu->io.insn;
	u64 value = 0;
	int result;

	memcpy(&value, vcpu->run->mmio.data, device(vcpu)->size);
	if (!is_plain_move(insn->op))
		return combine(vcpu, value);
	result = write_operand(vcpu, insn, &insn->operand[0],
			       extend(insn, value));
	return result ? result : finish(vcpu);
}

static int read_device(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	trace_corbel_mmio(vcpu, false, vcpu->io.gpa, device(vcpu)->size, 0);
	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = vcpu->io.gpa;
	run->mmio.len = device(vcpu)->size;
	run->mmio.is_write = 0;
	vcpu->complete = complete_read;
	return EXIT_USERSPACE;
}

/* Does an operand lie at @gpa, and all on its page? */
static bool is_at(struct vcpu *vcpu, const struct decoded_insn *insn,
		  int n, gpa_t gpa)
{
	const struct decoded_operand *operand = &insn->operand[n];
	enum decode_mode mode;
	u64 address;
	gpa_t there;

	if (operand->type != OPERAND_MEM || !operand->size || operand->size > 8)
		return false;
	address = vcpu_linear(vcpu, insn, operand);
	return offset_in_page(address) + operand->size <= PAGE_SIZE &&
	       !guest_translate(vcpu, address,
				vcpu->vm->ops->code_mode(vcpu, &mode), &there,
				NULL) &&
	       there == gpa;
}

static int unknown(struct vcpu *vcpu, gpa_t gpa)
{
	return guest_kill(vcpu,
			  "access to gpa %#llx, where there is no memory, by an instruction at rip %#llx that is not emulated",
			  gpa, vcpu->regs->rip);
}

/* Which operand is the device?  False: none, or not in a way we emulate. */
static bool find_device(struct vcpu *vcpu, const struct decoded_insn *insn,
			gpa_t gpa)
{
	bool source = !is_at(vcpu, insn, 0, gpa);

	if (source && !is_at(vcpu, insn, 1, gpa))
		return false;
	if (!is_plain_move(insn->op) && insn->op != INSN_XCHG &&
	    !alu_of(insn->op))
		return false;
	vcpu->io.source = source;
	return true;
}

/**
 * emulate_mmio - an access where the guest has no memory
 * @vcpu:	the vCPU
 * @gpa:	where
 *
 * Return: enum exit_result
 */
int emulate_mmio(struct vcpu *vcpu, gpa_t gpa)
{
	struct decoded_insn *insn = &vcpu->io.insn;
	u64 value;
	int err;

	if (!vcpu->may_sleep)
		return EXIT_SLOW;
	vcpu->stats->exit_io++;
	err = guest_fetch(vcpu, insn);
	if (err == -EAGAIN)
		return EXIT_RESUME;
	if (err || !find_device(vcpu, insn, gpa))
		return unknown(vcpu, gpa);
	if (no_elements_left(vcpu, insn)) {
		skip_instruction(vcpu, insn->len);
		return EXIT_RESUME;
	}
	vcpu->io.gpa = gpa;
	/* What is read from the device must not get lost afterwards. */
	if (needs_device_value(vcpu) && other(vcpu)->type == OPERAND_MEM) {
		err = check_writable(vcpu, insn, other(vcpu));
		if (err)
			return err;
	}
	if (needs_device_value(vcpu))
		return read_device(vcpu);
	err = read_operand(vcpu, insn, &insn->operand[1], &value);
	return err ? err : write_device(vcpu, value);
}
