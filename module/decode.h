/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The instruction decoder: which instruction trapped, and on what operands.
 *
 * It knows the instructions that a guest kernel cannot execute itself
 * (privileged ones, port I/O) and those that compilers and Linux use on device
 * memory.  Decoding is pure: it reads nothing but the bytes it is given, which
 * the caller has copied out of guest memory exactly once, and it decides
 * nothing about privilege, CPU mode or CPUID.
 *
 * The names avoid those of <asm/insn.h>, which <linux/kprobes.h> drags in.
 */
#ifndef _CORBEL_DECODE_H
#define _CORBEL_DECODE_H

#include "portable.h"

/* No instruction is longer: the CPU raises #GP(0) on the 16th byte. */
#define DECODE_MAX_LEN	15

/* The default size of the code segment: CS.L, CS.D */
enum decode_mode { DECODE_16, DECODE_32, DECODE_64 };

enum decode_op {
	INSN_UNKNOWN,

	/* system */
	INSN_CPUID, INSN_RDTSC, INSN_RDTSCP, INSN_RDPMC, INSN_RDMSR, INSN_WRMSR,
	INSN_XGETBV, INSN_XSETBV, INSN_HLT, INSN_MONITOR, INSN_MWAIT,
	INSN_CLI, INSN_STI, INSN_CLAC, INSN_STAC, INSN_PUSHF, INSN_POPF,
	INSN_MOV_FROM_CR, INSN_MOV_TO_CR, INSN_MOV_FROM_DR, INSN_MOV_TO_DR,
	INSN_CLTS, INSN_LMSW, INSN_SMSW,
	INSN_LGDT, INSN_SGDT, INSN_LIDT, INSN_SIDT,
	INSN_LLDT, INSN_SLDT, INSN_LTR, INSN_STR,
	INSN_INVLPG, INSN_INVPCID, INSN_INVD, INSN_WBINVD, INSN_SWAPGS,
	INSN_SYSCALL, INSN_SYSRET, INSN_SYSENTER, INSN_SYSEXIT,
	INSN_INT, INSN_INT1, INSN_INT3, INSN_INTO, INSN_IRET, INSN_RSM,
	INSN_VMCALL, INSN_VMMCALL,

	/* port I/O */
	INSN_IN, INSN_OUT, INSN_INS, INSN_OUTS,

	/* device memory: at least one operand is in memory */
	INSN_MOV, INSN_MOVNTI, INSN_MOVZX, INSN_MOVSX, INSN_MOVSXD,
	INSN_MOVS, INSN_STOS, INSN_XCHG,
	INSN_ADD, INSN_OR, INSN_ADC, INSN_SBB, INSN_AND, INSN_SUB, INSN_XOR,
	INSN_CMP, INSN_TEST, INSN_BT, INSN_BTS, INSN_BTR, INSN_BTC,
};

/* General registers are numbered as encoded; 8 to 15 are R8 to R15. */
enum decode_gpr {
	GPR_RAX, GPR_RCX, GPR_RDX, GPR_RBX, GPR_RSP, GPR_RBP, GPR_RSI, GPR_RDI,
	GPR_RIP = 16,		/* as a base: the next instruction's address */
	GPR_NONE,
};

/* Segment registers are numbered as encoded. */
enum decode_sreg { SREG_ES, SREG_CS, SREG_SS, SREG_DS, SREG_FS, SREG_GS };

enum decode_operand_type {
	OPERAND_NONE,
	OPERAND_REG,		/* general register, its low @size bytes */
	OPERAND_REG_HIGH,	/* bits 8 to 15 of @reg: AH, CH, DH, BH */
	OPERAND_CR,
	OPERAND_DR,		/* DR4 and DR5 included: CR4.DE decides */
	OPERAND_MEM,
	OPERAND_IMM,
};

/**
 * struct decoded_operand - one operand
 * @type:	enum decode_operand_type
 * @size:	bytes read or written; of an immediate, those encoded; 0 where
 *		nothing but the address counts (INVLPG)
 * @reg:	number of a register operand
 * @seg:	segment of a memory operand.  64-bit code ignores overrides
 *		other than FS and GS, and so does this.
 * @base:	base register of a memory operand, GPR_RIP or GPR_NONE
 * @index:	index register or GPR_NONE
 * @scale:	what the index is multiplied by: 1, 2, 4, 8
 * @value:	displacement of a memory operand; or an immediate, sign-extended
 *		to 64 bits, except that a port number, an interrupt vector and
 *		a bit offset are unsigned
 */
struct decoded_operand {
	u8 type;
	u8 size;
	u8 reg;
	u8 seg;
	u8 base;
	u8 index;
	u8 scale;
	u64 value;
};

/**
 * struct decoded_insn - one instruction
 * @op:		enum decode_op
 * @len:	length in bytes
 * @mode:	enum decode_mode it was decoded in
 * @opsize:	operand size attribute, 2, 4 or 8, for instructions whose
 *		operands do not show it: PUSHF, POPF, IRET, SYSRET, SYSEXIT and,
 *		outside 64-bit mode, LGDT, SGDT, LIDT, SIDT
 * @addrsize:	effective address size, 2, 4 or 8
 * @rep:	the last of the prefixes 0xf2 and 0xf3, or 0.  Either repeats
 *		INS, OUTS, MOVS and STOS.
 * @lock:	has a LOCK prefix, where that is legal
 * @operand:	in the order of the manuals' Intel syntax, so the destination
 *		is first; implied DX, accumulator and string operands are
 *		spelt out for IN, OUT, INS, OUTS, MOVS and STOS
 */
struct decoded_insn {
	u8 op;
	u8 len;
	u8 mode;
	u8 opsize;
	u8 addrsize;
	u8 rep;
	bool lock;
	struct decoded_operand operand[2];
};

/**
 * decode_insn() - decode the instruction that starts at @bytes
 * @insn:	result; undefined unless 0 is returned
 * @bytes:	the instruction, and whatever follows it
 * @n:		how many bytes there are; DECODE_MAX_LEN is always enough
 * @mode:	size of the code segment
 *
 * Return: 0, or
 * -EOPNOTSUPP	not an instruction listed above, or one of the device memory
 *		group with register operands only;
 * -EINVAL	one of the above, but in an undefined encoding (#UD);
 * -E2BIG	longer than DECODE_MAX_LEN (#GP);
 * -ENODATA	the instruction goes on after @n bytes.
 */
int decode_insn(struct decoded_insn *insn, const u8 *bytes, size_t n,
		enum decode_mode mode);

/**
 * decode_linear() - linear address of a memory operand
 * @insn:	instruction
 * @o:		memory operand of @insn
 * @gprs:	its 16 general registers
 * @rip:	its own address, as an offset into CS
 * @seg_base:	segment bases by enum decode_sreg; those of ES, CS, SS and DS
 *		are not looked at in 64-bit code
 *
 * Limits, canonicality and, for BT and friends, the bit offset are left to the
 * caller.
 */
u64 decode_linear(const struct decoded_insn *insn,
		  const struct decoded_operand *o, const u64 *gprs, u64 rip,
		  const u64 *seg_base);

/**
 * decode_uses_stack_segment() - #SS or #GP?
 * @bytes:	an instruction of 64-bit code, of whatever kind, that accessed
 *		a non-canonical address
 * @n:		how many bytes there are
 * @rsp:	RSP before the instruction
 * @address:	the address accessed
 *
 * Return: true if the CPU raises #SS for that access, false for #GP.
 */
bool decode_uses_stack_segment(const u8 *bytes, size_t n, u64 rsp, u64 address);

#endif /* _CORBEL_DECODE_H */
