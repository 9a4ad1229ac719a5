/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Micro guests in assembly: #include this, then
 *
 *	GUEST name
 *		code, position independent
 *	END name
 *
 * defines `const struct guest_code name` (guest.h).
 */
#include "guest_layout.h"

.macro GUEST name:req
	.section .rodata
	.balign	16
	.globl	\name
\name:
	.quad	.Lstart_\name, .Lend_\name - .Lstart_\name
.Lstart_\name:
.endm

.macro END name:req
.Lend_\name:
.endm

/* The guest's last words, but for those of a monitor that asks again. */
.macro EXIT status:req
	movw	$CORBEL_PORT_EXIT, %dx
	movb	\status, %al
	outb	%al, %dx
.endm
