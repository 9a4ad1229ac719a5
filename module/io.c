// SPDX-License-Identifier: GPL-2.0-only
/*
 * Port I/O: to an ioeventfd, or out to the monitor.
 *
 * An access that leaves for the monitor finishes when the vCPU is run again:
 * vcpu->complete.  What it needs by then is in vcpu->io; the instruction was
 * fetched and checked once and is not looked at again.  String instructions go
 * one element at a time and stay where they are until their count is used up.
 */
#include <linux/string.h>
#include <asm/trapnr.h>

#include "emulate.h"
#include "eventfd.h"
#include "trace.h"

/* Where in the mapping of the vCPU the data of port I/O lies. */
#define IO_DATA_OFFSET	PAGE_SIZE

static void *io_data(struct vcpu *vcpu)
{
	return (void *)vcpu->run + IO_DATA_OFFSET;
}

/* String instructions */

static bool is_string(u8 op)
{
	return op == INSN_INS || op == INSN_OUTS || op == INSN_MOVS ||
	       op == INSN_STOS;
}

static u64 address_mask(const struct decoded_insn *insn)
{
	return insn->addrsize == 8 ? ~0ULL : BIT_ULL(8 * insn->addrsize) - 1;
}

static void add_to_gpr(struct vcpu *vcpu, const struct decoded_insn *insn,
		       int number, s64 n)
{
	u64 *gpr = vcpu_gpr(vcpu, number);
	u64 mask = address_mask(insn);
	u64 sum = (*gpr + n) & mask;

	*gpr = insn->addrsize == 2 ? (*gpr & ~mask) | sum : sum;
}

/* A string instruction with a count that has come to its end. */
bool no_elements_left(struct vcpu *vcpu, const struct decoded_insn *insn)
{
	return is_string(insn->op) && insn->rep &&
	       !(vcpu->regs->rcx & address_mask(insn));
}

/* One element, or the whole instruction if it is no string, is done. */
void advance(struct vcpu *vcpu, const struct decoded_insn *insn)
{
	s64 step = insn->operand[insn->op == INSN_OUTS].size;

	if (!is_string(insn->op)) {
		skip_instruction(vcpu, insn->len);
		return;
	}
	if (vcpu->regs->rflags & X86_EFLAGS_DF)
		step = -step;
	if (insn->op == INSN_OUTS || insn->op == INSN_MOVS)
		add_to_gpr(vcpu, insn, GPR_RSI, step);
	if (insn->op != INSN_OUTS)
		add_to_gpr(vcpu, insn, GPR_RDI, step);
	if (insn->rep)
		add_to_gpr(vcpu, insn, GPR_RCX, -1);
	if (!insn->rep || no_elements_left(vcpu, insn))
		skip_instruction(vcpu, insn->len);
}

/* Ports */

static int complete_in(struct vcpu *vcpu)
{
	const struct decoded_insn *insn = &vcpu->io.insn;
	u64 value = 0;
	int result;

	memcpy(&value, io_data(vcpu), insn->operand[0].size);
	result = write_operand(vcpu, insn, &insn->operand[0], value);
	if (result)
		return result;
	advance(vcpu, insn);
	return EXIT_RESUME;
}

static int leave_for_port(struct vcpu *vcpu, const struct decoded_insn *insn,
			  bool out, u16 port, u64 value)
{
	struct kvm_run *run = vcpu->run;

	run->exit_reason = KVM_EXIT_IO;
	run->io.direction = out ? KVM_EXIT_IO_OUT : KVM_EXIT_IO_IN;
	run->io.size = insn->operand[out].size;
	run->io.port = port;
	run->io.count = 1;
	run->io.data_offset = IO_DATA_OFFSET;
	memcpy(io_data(vcpu), &value, sizeof(value));
	if (!out) {
		vcpu->io.insn = *insn;
		vcpu->complete = complete_in;
	}
	return EXIT_USERSPACE;
}

static int emulate_out(struct vcpu *vcpu, const struct decoded_insn *insn,
		       u16 port)
{
	u8 size = insn->operand[1].size;
	u64 value;
	int result = read_operand(vcpu, insn, &insn->operand[1], &value);

	if (result)
		return result;
	trace_corbel_pio(vcpu, true, port, size, value);
	advance(vcpu, insn);
	if (ioeventfd_signal(vcpu->vm, true, port, size, value))
		return EXIT_RESUME;
	return leave_for_port(vcpu, insn, true, port, value);
}

static int emulate_in(struct vcpu *vcpu, const struct decoded_insn *insn,
		      u16 port)
{
	const struct decoded_operand *to = &insn->operand[0];
	int result;

	trace_corbel_pio(vcpu, false, port, to->size, 0);
	/* INS must not lose what it has read: is there room for it? */
	if (to->type == OPERAND_MEM) {
		result = check_writable(vcpu, insn, to);
		if (result)
			return result;
	}
	return leave_for_port(vcpu, insn, false, port, 0);
}

/**
 * emulate_io - IN, OUT, INS, OUTS
 * @vcpu:	the vCPU, whose guest may access the port
 * @insn:	the instruction
 *
 * Return: enum exit_result
 */
int emulate_io(struct vcpu *vcpu, const struct decoded_insn *insn)
{
	bool out = insn->op == INSN_OUT || insn->op == INSN_OUTS;
	u64 port;
	int result;

	/* All leave for the monitor, or may: have the way open. */
	if (!vcpu->may_sleep)
		return EXIT_SLOW;
	vcpu->stats->exit_io++;
	if (no_elements_left(vcpu, insn)) {
		skip_instruction(vcpu, insn->len);
		return EXIT_RESUME;
	}
	result = read_operand(vcpu, insn, &insn->operand[!out], &port);
	if (result)
		return result;
	return out ? emulate_out(vcpu, insn, port) :
		     emulate_in(vcpu, insn, port);
}
