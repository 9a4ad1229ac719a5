/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Code that keeps a value in every vector register, and looks at what tells it
 * which CPU it is on.  RSI: where the value is; RDI: where to put what is found.
 */
#include "code.S"

.macro EACH_YMM op:req from:req
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	.ifc \op, load
	vmovdqu	(\from), %ymm\n
	.else
	vmovdqu	%ymm\n, 32 * \n(\from)
	.endif
	.endr
.endm

GUEST kernel_keeps
	/* CR4: OSXSAVE OSXMMEXCPT OSFXSR FSGSBASE; XCR0: AVX SSE FP */
ENTRY kernel_keeps kernel_prepares
	movq	%cr4, %rax
	orl	$0x50600, %eax
	movq	%rax, %cr4
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	movl	$7, %eax
	xsetbv
	EXIT	$0
	/* What others left */
ENTRY kernel_keeps kernel_shows
	EACH_YMM store, %rdi
	EXIT	$0
ENTRY kernel_keeps kernel_loads
	EACH_YMM load, %rsi
	fninit
	fildq	(%rsi)
	EXIT	$0
	/* TSC_AUX, which RSI gives */
ENTRY kernel_keeps kernel_names
	WRITE_MSR 0xc0000103, %esi
	EXIT	$0
END kernel_keeps

GUEST program_keeps
ENTRY program_keeps program_shows
	EACH_YMM store, %rdi
	fld	%st(0)
	fistpq	512(%rdi)
	rdtscp
	movq	%rcx, 520(%rdi)
	/* The next time it shows what it is now given. */
	rdgsbase %rax
	movq	%rax, 528(%rdi)
	wrgsbase %rcx
	movl	$CPU_SELECTOR, %eax
	lsl	%eax, %eax
	movq	%rax, 536(%rdi)
	ud2
END program_keeps
