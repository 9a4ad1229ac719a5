/* SPDX-License-Identifier: GPL-2.0-only */
/* What a kernel does with the address in RSI, and with its tables. */
#include "code.S"

GUEST kernel_walks
ENTRY kernel_walks kernel_reads
	movq	(%rsi), %rbx
	movq	%rbx, MACHINE_CPU(0) + CPU_WORDS
	EXIT	$0
ENTRY kernel_walks kernel_writes
	movq	$0x77, (%rsi)
	EXIT	$0
ENTRY kernel_walks kernel_jumps
	jmp	*%rsi
ENTRY kernel_walks kernel_invalidates
	invlpg	(%rsi)
	EXIT	$0
ENTRY kernel_walks kernel_loads_cr3
	movq	%rsi, %cr3
	EXIT	$0
ENTRY kernel_walks kernel_loads_cr4
	movq	%rsi, %cr4
	EXIT	$0
ENTRY kernel_walks kernel_loads_cr0
	movq	%rsi, %cr0
	EXIT	$0
	/* RSI: the number of a hypercall, R8: its argument */
ENTRY kernel_walks kernel_calls
	movq	%rsi, %rax
	movq	%r8, %rdi
	syscall
	movq	%rax, MACHINE_CPU(0) + CPU_WORDS
	EXIT	$0
	/* It has its value in CR3 for an instant only. */
ENTRY kernel_walks kernel_visits
	movq	%cr3, %rbx
	movq	%rsi, %cr3
	movq	%rbx, %cr3
	EXIT	$0
END kernel_walks
