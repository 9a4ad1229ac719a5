/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Code for machines, in assembly: #include this.  Beyond guest_code.S,
 *
 *	GUEST name
 *	ENTRY name first
 *		code
 *	END name
 *
 * defines `const uint64_t first`, the offset of that code in the guest's: C
 * says AT(first) for where it is, if it is what GUEST_CODE holds.
 */
#include "guest_code.S"
#include "layout.h"

.macro ENTRY guest:req name:req
.Lentry_\name:
	.pushsection .rodata.entries, "a"
	.globl	\name
	.balign	8
\name:
	.quad	.Lentry_\name - .Lstart_\guest
	.popsection
.endm

/* clobbers RAX, RCX, RDX */
.macro WRITE_MSR msr:req low:req high=$0
	movl	$\msr, %ecx
	movl	\low, %eax
	movl	\high, %edx
	wrmsr
.endm

	.section .note.GNU-stack, "", @progbits
