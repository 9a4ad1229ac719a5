/* SPDX-License-Identifier: GPL-2.0-only */
/* shim.o, as data of this program. */
	.section .rodata
	.balign	16
	.globl	shim_object
shim_object:
	.incbin	SHIM_OBJECT
	.globl	shim_object_end
shim_object_end:
	.section .note.GNU-stack, "", @progbits
