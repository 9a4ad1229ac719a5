/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * corbel-exit STATUS: end the VM with a status from 0 to 255 (CORBEL_PORT_EXIT).
 * Returns, with 1, only where it may not use the port or nobody listens there.
 * By ioperm(), because not every kernel has /dev/port; without libc, because
 * the initramfs it goes to shall stay small.
 */
#include <asm/unistd.h>
#include <corbel/abi.h>

	.globl	_start
_start:
	xor	%ebx, %ebx		/* the status */
	cmpq	$2, (%rsp)
	jne	fail
	mov	16(%rsp), %r12		/* argv[1] */
digit:
	movzbl	(%r12), %eax
	inc	%r12
	test	%eax, %eax
	jz	leave
	sub	$'0', %eax
	cmp	$9, %eax
	ja	fail
	imul	$10, %ebx
	add	%eax, %ebx
	cmp	$255, %ebx
	jbe	digit
	jmp	fail
leave:
	mov	$__NR_ioperm, %eax
	mov	$CORBEL_PORT_EXIT, %edi
	mov	$1, %esi
	mov	$1, %edx
	syscall
	test	%eax, %eax
	jnz	fail
	mov	%ebx, %eax
	mov	$CORBEL_PORT_EXIT, %edx
	out	%al, %dx
fail:
	mov	$__NR_exit_group, %eax
	mov	$1, %edi
	syscall

	.section .note.GNU-stack, "", @progbits
