/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel of a machine: see machine.h.  It runs at MACHINE_KERNEL. */
#include "code.S"

#define HAS_ERROR_CODE	0x60227d00

#define MSR_EFER	0xc0000080
#define MSR_STAR	0xc0000081
#define MSR_LSTAR	0xc0000082
#define MSR_SFMASK	0xc0000084
#define EFER_ALL	0xd01		/* NX LMA LME SCE */
#define STAR_HIGH	(USER32_CS << 16 | KERNEL_CS)

#define RFLAGS_RF	0x10000

/* RBP: the page of a CPU whose number is in the register */
.macro CPU_PAGE from:req
	movl	\from, %ebp
	shll	$12, %ebp
	addl	$MACHINE_CPU(0), %ebp
.endm

GUEST machine_kernel
	/* For each CPU, 256 stubs of 16 bytes. */
	cpu = 0
.rept MACHINE_VCPUS
	vector = 0
	.rept 256
	.balign	16
	.if !(vector < 32 && ((HAS_ERROR_CODE >> (vector & 31)) & 1))
	pushq	$0
	.endif
	pushq	$(0x10000 | cpu << 8 | vector)
	jmp	event
	vector = vector + 1
	.endr
	cpu = cpu + 1
.endr
	.balign 16

event:
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rbx
	pushq	%rbp
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	cld
	movzbl	11 * 8 + 1(%rsp), %eax
	CPU_PAGE %eax
	movzbl	11 * 8(%rsp), %ebx
	cmpl	$32, %ebx
	jae	interrupt
	cmpl	$2, %ebx
	je	interrupt
	cmpl	$3, %ebx
	ja	exception
	testl	%ebx, %ebx
	jz	exception
	cmpq	$0, CPU_TRAPS(%rbp)
	jne	trap

exception:
	leaq	12 * 8(%rsp), %rsi	/* error code and frame */
	leaq	CPU_EVENT + 8(%rbp), %rdi
	movl	$6, %ecx
	rep movsq
	movq	%cr2, %rax
	movq	%rax, (%rdi)
	movq	10 * 8(%rsp), %rax
	movq	%rax, 8(%rdi)
	movq	9 * 8(%rsp), %rax
	movq	%rax, 16(%rdi)
	movq	8 * 8(%rsp), %rax
	movq	%rax, 24(%rdi)
	movq	%rbx, CPU_EVENT(%rbp)
	EXIT	%bl
	ud2

	/* Log it and go on. */
trap:
	orl	$RFLAGS_RF, 15 * 8(%rsp)
	movq	$1, %rsi
	jmp	log
interrupt:
	xorl	%esi, %esi
log:
	movq	CPU_LOGGED(%rbp), %rax
	incq	CPU_LOGGED(%rbp)
	andl	$CPU_LOG_SIZE - 1, %eax
	movq	%rbx, CPU_LOG(%rbp,%rax,8)
	testl	%esi, %esi
	jnz	back
	movq	CPU_HOOK(%rbp), %rax
	testq	%rax, %rax
	jz	end_of_interrupt
	call	*%rax
	jmp	back
end_of_interrupt:
	cmpl	$32, %ebx
	jb	back
	WRITE_MSR X2APIC_EOI, $0
back:
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rbp
	popq	%rbx
	popq	%rdx
	popq	%rcx
	popq	%rax
	addq	$16, %rsp
	jmp	*MACHINE_RETURN

	/* System calls; everything but RCX and R11 is the user's. */
	.balign 16
ENTRY machine_kernel machine_syscall
	movl	$0, %r11d
	jmp	system_call
	.balign 16
	movl	$1, %r11d
system_call:
	movl	%r11d, %ecx
	shll	$12, %ecx
	movq	%rax, CPU_EVENT + 64 + MACHINE_CPU(0)(%rcx)
	movq	%rdx, CPU_EVENT + 80 + MACHINE_CPU(0)(%rcx)
	movq	$EVENT_SYSCALL, CPU_EVENT + MACHINE_CPU(0)(%rcx)
	EXIT	$0
	ud2

	/* RDI: the number of the CPU */
ENTRY machine_kernel machine_init
	CPU_PAGE %edi
	lgdt	CPU_GDTR(%rbp)
	lidt	CPU_IDTR(%rbp)
	ltr	CPU_TR(%rbp)
	WRITE_MSR MSR_EFER, $EFER_ALL
	WRITE_MSR MSR_STAR, $0, $STAR_HIGH
	leal	.Lentry_machine_syscall(%rip), %eax
	shll	$4, %edi
	addl	%edi, %eax
	WRITE_MSR MSR_LSTAR, %eax
	WRITE_MSR MSR_SFMASK, $0x47700
	WRITE_MSR X2APIC_SVR, $0x1ff
	EXIT	$0
	ud2

ENTRY machine_kernel machine_iret
	iretq
END machine_kernel
