/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * void attempt_call(void (*code)(void *arg), void *arg): call @code, and come
 * back whatever it does to the registers.  The handler of probe.c goes on at
 * attempt_recover, with nothing but the stack that was saved here.
 *
 * The code has a stack of its own, for where the usual one begins depends on
 * the kernel and the CPU.
 */
#define AREA_SIZE	0x10000

	.bss
	.balign	AREA_SIZE
area:
	.skip	AREA_SIZE
	.globl	attempt_stack
attempt_stack:
	.quad	0
fs_base:
	.quad	0
selectors:
	.long	0, 0

	.text
	.globl	attempt_call, attempt_recover
#ifdef __x86_64__
attempt_call:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	subq	$8, %rsp
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	rdfsbase %rax
	movq	%rax, fs_base
	movq	%rsp, attempt_stack
	movq	$area + AREA_SIZE - 0x808, %rsp
	pushq	%rdi
	movq	%rsi, %rdi
	xorl	%eax, %eax
	xorl	%ebx, %ebx
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	xorl	%esi, %esi
	xorl	%ebp, %ebp
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	xorl	%r10d, %r10d
	xorl	%r11d, %r11d
	xorl	%r12d, %r12d
	xorl	%r13d, %r13d
	xorl	%r14d, %r14d
	xorl	%r15d, %r15d
	pushq	$0x202
	popfq
	call	*(%rsp)

attempt_recover:
	movl	$0x2b, %eax
	movl	%eax, %ss
	movq	attempt_stack, %rsp
	pushq	$0x202
	popfq
	fninit
	fldcw	4(%rsp)
	ldmxcsr	(%rsp)
	xorl	%eax, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movq	fs_base, %rax
	wrfsbase %rax
	addq	$8, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret
#else
attempt_call:
	pushl	%ebx
	pushl	%ebp
	pushl	%esi
	pushl	%edi
	subl	$8, %esp
	stmxcsr	(%esp)
	fnstcw	4(%esp)
	movw	%gs, selectors
	movl	%esp, attempt_stack
	movl	32(%esp), %edi
	movl	28(%esp), %eax
	movl	$area + AREA_SIZE - 0x808, %esp
	pushl	%edi
	pushl	%eax
	xorl	%eax, %eax
	xorl	%ebx, %ebx
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	xorl	%esi, %esi
	xorl	%ebp, %ebp
	pushl	$0x202
	popfl
	call	call_it

attempt_recover:
	movl	$0x2b, %eax
	movl	%eax, %ss
	movl	%cs:attempt_stack, %esp
	pushl	$0x202
	popfl
	movl	%eax, %ds
	movl	%eax, %es
	xorl	%eax, %eax
	movl	%eax, %fs
	movw	selectors, %gs
	fninit
	fldcw	4(%esp)
	ldmxcsr	(%esp)
	addl	$8, %esp
	popl	%edi
	popl	%esi
	popl	%ebp
	popl	%ebx
	ret

/* The argument is where a C function expects it, too. */
call_it:
	pushl	8(%esp)
	call	*8(%esp)
	jmp	attempt_recover
#endif
	.section .note.GNU-stack, "", @progbits
