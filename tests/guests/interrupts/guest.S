/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernels that take interrupts.  RSI and R8 are what the C file says; words of
 * CPU_WORDS tell it how it was.
 */
#include "code.S"

#define WORD(n)		MACHINE_CPU(0) + CPU_WORDS + 8 * (n)
#define LOGGED		MACHINE_CPU(0) + CPU_LOGGED

#define LVT_DEADLINE	0x40000
#define ICR_NMI_SELF	0x40400

.macro SELF_IPI vector:req
	WRITE_MSR X2APIC_SELF_IPI, \vector
.endm

.macro NOTE_COUNT n:req
	movq	LOGGED, %rax
	movq	%rax, WORD(\n)
.endm

GUEST kernel_takes
	/* One that waits while interrupts are off comes with STI. */
ENTRY kernel_takes kernel_waits_for_sti
	cli
	SELF_IPI $0x40
	cpuid
	nop
	NOTE_COUNT 0
	sti
	nop
	nop
	NOTE_COUNT 1
	EXIT	$0

	/* RSI rounds: a timer that expires around the HLT after STI. */
ENTRY kernel_takes kernel_sleeps
	movq	%rsi, %rbx
	WRITE_MSR X2APIC_LVTT, $(LVT_DEADLINE | 0x41)
1:	cli
	rdtsc
	shlq	$32, %rdx
	orq	%rdx, %rax
	movq	%rbx, %rdx
	imulq	%r8, %rdx
	addq	%rdx, %rax
	movq	%rax, %rdx
	shrq	$32, %rdx
	movl	$MSR_DEADLINE, %ecx
	wrmsr
	sti
	hlt
	decq	%rbx
	jnz	1b
	EXIT	$0

	/* With interrupts off only an NMI ends HLT. */
ENTRY kernel_takes kernel_sleeps_for_nmi
	cli
	SELF_IPI $0x42
	hlt
	NOTE_COUNT 0
	sti
	nop
	NOTE_COUNT 1
	EXIT	$0

	/* Four at once, of three priorities. */
ENTRY kernel_takes kernel_takes_four
	cli
	SELF_IPI $0x31
	SELF_IPI $0x52
	SELF_IPI $0x51
	SELF_IPI $0x90
	sti
	nop
	nop
	nop
	NOTE_COUNT 0
	EXIT	$0

	/* The task priority keeps one off until it sinks; by CR8 and MSR. */
ENTRY kernel_takes kernel_raises_priority
	cli
	movl	$6, %eax
	movq	%rax, %cr8
	sti
	SELF_IPI $0x62
	SELF_IPI $0x72
	nop
	NOTE_COUNT 0
	WRITE_MSR X2APIC_TPR, $0x50
	nop
	NOTE_COUNT 1
	WRITE_MSR X2APIC_TPR, $0
	cli
	EXIT	$0

	/* Without an EOI nothing of the same class or below comes. */
ENTRY kernel_takes kernel_forgets_eoi
	leaq	.Lno_eoi(%rip), %rax
	movq	%rax, MACHINE_CPU(0) + CPU_HOOK
	sti
	SELF_IPI $0x52
	SELF_IPI $0x51
	SELF_IPI $0x33
	SELF_IPI $0x60
	nop
	NOTE_COUNT 0
	movl	$X2APIC_PPR, %ecx
	rdmsr
	movl	%eax, WORD(2)
	/* Two are in service: their EOIs let the other two in. */
	movq	$0, MACHINE_CPU(0) + CPU_HOOK
	WRITE_MSR X2APIC_EOI, $0
	WRITE_MSR X2APIC_EOI, $0
	nop
	nop
	NOTE_COUNT 1
	cli
	EXIT	$0
.Lno_eoi:
	ret

	/* KVM's EOI without an exit: a byte at WORD(4). */
ENTRY kernel_takes kernel_uses_pv_eoi
	cli
	movq	$0, WORD(4)
	movq	$0, WORD(5)
	leaq	.Lpv_eoi(%rip), %rax
	movq	%rax, MACHINE_CPU(0) + CPU_HOOK
	WRITE_MSR 0x4b564d04, $(WORD(4) + 1)
	movl	$100, %ebx
1:	cli
	SELF_IPI $0x44
	SELF_IPI $0x33
	sti
	nop
	nop
	decl	%ebx
	jnz	1b
	cli
	WRITE_MSR 0x4b564d04, $0
	movl	$X2APIC_ISR + 1, %ecx	/* 0x20 to 0x3f */
	rdmsr
	movl	%eax, WORD(2)
	incl	%ecx			/* 0x40 to 0x5f */
	rdmsr
	movl	%eax, WORD(3)
	movq	$0, MACHINE_CPU(0) + CPU_HOOK
	EXIT	$0
.Lpv_eoi:
	btrl	$0, WORD(4)
	jc	2f
	WRITE_MSR X2APIC_EOI, $0
	ret
2:	incq	WORD(5)
	ret

	/* RSI: a deadline, which may be over */
ENTRY kernel_takes kernel_sets_deadline
	sti
	WRITE_MSR X2APIC_LVTT, $(LVT_DEADLINE | 0x41)
	movq	%rsi, %rax
	movq	%rsi, %rdx
	shrq	$32, %rdx
	movl	$MSR_DEADLINE, %ecx
	wrmsr
	movl	$100000, %ecx
1:	pause
	decl	%ecx
	jnz	1b
	movl	$MSR_DEADLINE, %ecx
	rdmsr
	movl	%eax, WORD(0)
	cli
	EXIT	$0

	/* The handler of an NMI sends itself another. */
ENTRY kernel_takes kernel_nests_nmi
	leaq	.Lnmi(%rip), %rax
	movq	%rax, MACHINE_CPU(0) + CPU_HOOK
	movq	$0, WORD(0)
	movq	$0, WORD(1)
	movq	$0, WORD(2)
	WRITE_MSR X2APIC_ICR, $ICR_NMI_SELF
	movl	$4, %esi
1:	xorl	%eax, %eax
	cpuid
	decl	%esi
	jnz	1b
	movq	$0, MACHINE_CPU(0) + CPU_HOOK
	EXIT	$0
.Lnmi:
	incq	WORD(0)			/* depth */
	movq	WORD(0), %rax
	cmpq	WORD(1), %rax
	jbe	1f
	movq	%rax, WORD(1)		/* deepest */
1:	incq	WORD(2)			/* how many */
	cmpq	$3, WORD(2)
	jae	2f
	WRITE_MSR X2APIC_ICR, $ICR_NMI_SELF
	movl	$X2APIC_PPR, %ecx
	rdmsr
2:	decq	WORD(0)
	ret
END kernel_takes

	/* A program that goes on and on. */
GUEST program_counts
1:	incq	MACHINE_USER + 0x8000
	jmp	1b
END program_counts
