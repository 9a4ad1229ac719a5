/* SPDX-License-Identifier: GPL-2.0-only */
/* One vCPU reads a page all the time, another has it flush its TLB. */
#include "code.S"

#define WORD0		MACHINE_CPU(0) + CPU_WORDS
#define SEEN		MACHINE_CPU(1) + CPU_WORDS
#define READS		MACHINE_CPU(1) + CPU_WORDS + 8
#define FLUSHES		MACHINE_CPU(1) + CPU_WORDS + 16

GUEST kernel_shoots
ENTRY kernel_shoots kernel_watches_page
	leaq	.Lflush(%rip), %rax
	movq	%rax, MACHINE_CPU(1) + CPU_HOOK
	sti
1:	movq	(%rsi), %rax
	movq	%rax, SEEN
	incq	READS
	jmp	1b
.Lflush:
	invlpg	MACHINE_USER + 0x1000
	incq	FLUSHES
	WRITE_MSR X2APIC_EOI, $0
	ret

	/* Ask for a flush, wait for it, and for a read that came after it. */
ENTRY kernel_shoots kernel_sends
	movq	FLUSHES, %rbx
	WRITE_MSR X2APIC_ICR, $0x4080, $1
1:	pause
	cmpq	%rbx, FLUSHES
	je	1b
	movq	READS, %rbx
	addq	$2, %rbx
2:	pause
	cmpq	%rbx, READS
	jb	2b
	movq	SEEN, %rax
	movq	%rax, WORD0
	EXIT	$0
END kernel_shoots
