/* SPDX-License-Identifier: GPL-2.0-only */
/* Emulation of single instructions: emulate.c, privileged.c, mmio.c. */
#ifndef CORBEL_EMULATE_H
#define CORBEL_EMULATE_H

#include "access.h"
#include "decode.h"
#include "vm.h"

/* emulate.c */
u64 *vcpu_gpr(struct vcpu *vcpu, int number);
u64 vcpu_linear(struct vcpu *vcpu, const struct decoded_insn *insn,
		const struct decoded_operand *operand);
int guest_fetch(struct vcpu *vcpu, struct decoded_insn *insn);
void skip_instruction(struct vcpu *vcpu, u8 length);
int raise(struct vcpu *vcpu, u8 vector, u32 error);
int raise_for(struct vcpu *vcpu, int err, const struct guest_fault *fault);
int read_operand(struct vcpu *vcpu, const struct decoded_insn *insn,
		 const struct decoded_operand *operand, u64 *value);
int check_writable(struct vcpu *vcpu, const struct decoded_insn *insn,
		   const struct decoded_operand *operand);
int write_operand(struct vcpu *vcpu, const struct decoded_insn *insn,
		  const struct decoded_operand *operand, u64 value);

/* privileged.c */
int emulate_msr_read(struct vcpu *vcpu, u8 length);
int emulate_msr_write(struct vcpu *vcpu, u8 length);
int emulate_cpuid(struct vcpu *vcpu, u8 length);
int emulate_xsetbv(struct vcpu *vcpu, u8 length);
int emulate_halt(struct vcpu *vcpu, u8 length);
int emulate_control(struct vcpu *vcpu, const struct decoded_insn *insn);

/* io.c */
int emulate_io(struct vcpu *vcpu, const struct decoded_insn *insn);
bool no_elements_left(struct vcpu *vcpu, const struct decoded_insn *insn);
void advance(struct vcpu *vcpu, const struct decoded_insn *insn);

/* mmio.c */
int emulate_mmio(struct vcpu *vcpu, gpa_t gpa);

#endif /* CORBEL_EMULATE_H */
