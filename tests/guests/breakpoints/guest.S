/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernels that stop at breakpoints; RDI is the number of the vCPU. */
#include "code.S"

#define ROUNDS	200

GUEST kernel_breaks
ENTRY kernel_breaks kernel_traps
	movl	$ROUNDS, %ecx
1:	int3
	decl	%ecx
	jnz	1b
	EXIT	$0
	/* RSI: for DR0, RDX: for DR7; then both kinds of access there. */
ENTRY kernel_breaks kernel_watches
	xorl	%eax, %eax
	movq	%rax, %dr6
	movq	%rsi, %dr0
	movq	%rdx, %dr7
	movl	$ROUNDS, %ecx
1:	incq	MACHINE_CPU(0) + CPU_WORDS
	xorl	%eax, %eax
	pushq	%rcx
	cpuid
	popq	%rcx
ENTRY kernel_breaks kernel_watched
	nop
	decl	%ecx
	jnz	1b
	movq	%dr6, %rbx
	movq	%rbx, MACHINE_CPU(0) + CPU_WORDS + 8
	xorl	%eax, %eax
	movq	%rax, %dr7
	EXIT	$0
END kernel_breaks
