/* SPDX-License-Identifier: GPL-2.0-only */
/* MSR RSI: reads it, writes R8 to it, reads it again. */
#include "code.S"

GUEST kernel_tries_msr
ENTRY kernel_tries_msr kernel_reads_msr
	movl	%esi, %ecx
	rdmsr
	EXIT	$0
ENTRY kernel_tries_msr kernel_writes_msr
	movl	%esi, %ecx
	movl	%r8d, %eax
	movq	%r8, %rdx
	shrq	$32, %rdx
	wrmsr
	EXIT	$0
	/* RSI: number of a hypercall; RDI, R8 and R9: its arguments */
ENTRY kernel_tries_msr kernel_makes_call
	movq	%rsi, %rax
	movq	%r8, %rsi
	movq	%r9, %rdx
	syscall
	movq	%rax, MACHINE_CPU(0) + CPU_WORDS
	EXIT	$0
ENTRY kernel_tries_msr kernel_makes_vmmcall
	movq	%rsi, %rax
	movq	%r8, %rsi
	movq	%r9, %rdx
	vmmcall
	movq	%rax, MACHINE_CPU(0) + CPU_WORDS
	EXIT	$0
END kernel_tries_msr

GUEST program_calls
ENTRY program_calls program_makes_syscall
	movq	%rsi, %rax
	syscall
	ud2
ENTRY program_calls program_makes_vmmcall
	movq	%rsi, %rax
	vmmcall
	ud2
END program_calls
