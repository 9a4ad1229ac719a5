/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that are part of this program: BLOB_* are their paths at build time. */
	.section .rodata, "a", @progbits

.macro BLOB name:req, path:req
	.globl	blob_\name, blob_\name\()_end
	.balign	16
blob_\name:
	.incbin	"\path"
blob_\name\()_end:
.endm

	BLOB	busybox, BLOB_BUSYBOX
	BLOB	init, BLOB_INIT
	BLOB	corbel_exit, BLOB_CORBEL_EXIT
	BLOB	bench_init, BLOB_BENCH_INIT
	BLOB	bench_guest, BLOB_BENCH_GUEST
	BLOB	exit_tiny, BLOB_EXIT_TINY
	BLOB	exit_glibc, BLOB_EXIT_GLIBC

	.section .note.GNU-stack, "", @progbits
