// SPDX-License-Identifier: GPL-2.0-only
/* Offsets for vmenter.S, made into offsets.h by Kbuild. */
#include <linux/kbuild.h>

#include "../vm.h"

#define REG(name, member) \
	DEFINE(REGS_##name, offsetof(struct guest_regs, member))

static void __used define_offsets(void)
{
	REG(RCX, rcx);
	REG(RDX, rdx);
	REG(RBX, rbx);
	REG(RBP, rbp);
	REG(RSI, rsi);
	REG(RDI, rdi);
	REG(R8, r8);
	REG(R9, r9);
	REG(R10, r10);
	REG(R11, r11);
	REG(R12, r12);
	REG(R13, r13);
	REG(R14, r14);
	REG(R15, r15);
}
