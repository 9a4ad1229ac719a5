/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What runs first in a boot image, in place of the kernel's decompressor: the
 * way from the 32-bit entry of the Linux boot protocol to the kernel's 64-bit
 * one. main.c copies this code to ENTRY_PA and sets up the page tables and the
 * jump target; it is data to the program that it is linked into.
 *
 * Requires (boot protocol): flat protected mode, paging off, interrupts off,
 * ESI = boot_params. Keeps ESI; needs no stack.
 */
#include "layout.h"

#define PA(label)	(label - entry_start + ENTRY_PA)

#define CR0_PG_PE	0x80000001
#define CR4_PAE		0x20
#define CR4_LA57	0x1000
#define MSR_EFER	0xc0000080
#define EFER_LME	0x100
#define CPUID7_ECX_LA57	16

	.section .rodata
	.globl	entry_start, entry_target, entry_end

	.code32
entry_start:
	lgdt	PA(gdt_descriptor)
	movl	$CR4_PAE, %edi
	movl	$PML4_PA, %ebp

	/* The decompressor turns five levels on where the CPU has them. */
	xorl	%eax, %eax
	cpuid
	cmpl	$7, %eax
	jb	1f
	movl	$7, %eax
	xorl	%ecx, %ecx
	cpuid
	btl	$CPUID7_ECX_LA57, %ecx
	jnc	1f
	orl	$CR4_LA57, %edi
	movl	$PML5_PA, %ebp
1:
	movl	%edi, %cr4
	movl	%ebp, %cr3
	movl	$MSR_EFER, %ecx
	movl	$EFER_LME, %eax
	xorl	%edx, %edx
	wrmsr
	movl	$CR0_PG_PE, %eax
	movl	%eax, %cr0
	ljmp	$0x10, $PA(entry_64)

	.code64
entry_64:
	xorl	%eax, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	jmp	*entry_target(%rip)

	.balign	8
entry_target:
	.quad	0
gdt:
	.quad	0
	.quad	0
	.quad	0x00af9b000000ffff	/* 0x10: 64-bit code */
gdt_descriptor:
	.word	. - gdt - 1
	.long	PA(gdt)
entry_end:

	.section .note.GNU-stack, "", @progbits
