/* SPDX-License-Identifier: GPL-2.0-only */
/* What a program tries at the address in RSI; #UD says that it could. */
#include "code.S"

GUEST program_tries
ENTRY program_tries program_reads
	movq	(%rsi), %rax
	ud2
ENTRY program_tries program_writes
	movb	%al, (%rsi)
	ud2
ENTRY program_tries program_jumps
	jmp	*%rsi
ENTRY program_tries program_pushes
	leaq	8(%rsi), %rsp
	pushq	%rax
	ud2
ENTRY program_tries program_adds
	lock incl (%rsi)
	ud2
END program_tries
