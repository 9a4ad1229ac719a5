/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The micro guests of this suite: tests/lib/guest.h says how they start.  They
 * are position independent, and RDI is the number of the vCPU.
 */
#include "guest_code.S"

/* Exits with 42, again and again. */
GUEST guest_exits
	EXIT	$42
	jmp	.Lstart_guest_exits
END guest_exits

/* Counts in the data page of its vCPU, and never exits. */
GUEST guest_counts
	shll	$12, %edi
1:	incq	GUEST_DATA(%rdi)
	jmp	1b
END guest_counts

/* Writes each page of the data area once, then exits. */
GUEST guest_touches
	movl	$GUEST_DATA, %ebx
1:	movq	%rbx, (%rbx)
	addl	$0x1000, %ebx
	cmpl	$GUEST_SIZE, %ebx
	jb	1b
	EXIT	$0
	jmp	.Lstart_guest_touches
END guest_touches

/* Writes each page of the data area, for ever. */
GUEST guest_touches_forever
	movl	$GUEST_DATA, %ebx
1:	incq	(%rbx)
	addl	$0x1000, %ebx
	cmpl	$GUEST_SIZE, %ebx
	jb	1b
	jmp	.Lstart_guest_touches_forever
END guest_touches_forever

/* Reads the word at RSI, and exits with its low byte. */
GUEST guest_reads
	movq	(%rsi), %rax
	movw	$CORBEL_PORT_EXIT, %dx
	outb	%al, %dx
	jmp	.Lstart_guest_reads
END guest_reads

/* Writes RAX to the address in RSI, four bytes, then exits. */
GUEST guest_writes
	movl	%eax, (%rsi)
	EXIT	$0
	jmp	.Lstart_guest_writes
END guest_writes

/* Writes EAX to the port in BX: 1, 2 and 4 bytes; then exits. */
GUEST guest_writes_port
	movl	%ebx, %edx
	outb	%al, %dx
	outw	%ax, %dx
	outl	%eax, %dx
	movl	%eax, %ecx
	EXIT	$0
	movl	%ecx, %eax
	jmp	.Lstart_guest_writes_port
END guest_writes_port

/* Reads 4 bytes from port BX, keeps them in the data area, then exits. */
GUEST guest_reads_port
	movl	%ebx, %edx
	inl	%dx, %eax
	movl	%eax, GUEST_DATA
	EXIT	$0
	jmp	.Lstart_guest_reads_port
END guest_reads_port

/* Waits for an event with interrupts off, which never comes. */
GUEST guest_halts
	hlt
	jmp	.Lstart_guest_halts
END guest_halts

/* Tries what its flags must not allow, then exits with IOPL as it sees it. */
GUEST guest_shows_flags
	pushfq
	popq	%rax
	movq	%rax, GUEST_DATA
	EXIT	$0
	jmp	.Lstart_guest_shows_flags
END guest_shows_flags

/* Its kernel ends it by the hypercall; number in RAX, status in RDI. */
GUEST guest_calls_pv
	syscall
	EXIT	$1
END guest_calls_pv

GUEST guest_calls_hvm
	vmmcall
	EXIT	$1
END guest_calls_hvm

/* All that leaves for the host in one loop: CPUID, MSRs, CR3, ports. */
GUEST guest_works
	movq	%cr3, %rax
	movq	%rax, %cr3
	movl	$0xc0000100, %ecx	/* FS base */
	rdmsr
	wrmsr
	xorl	%eax, %eax
	xorl	%ecx, %ecx
	cpuid
	incq	GUEST_DATA
	jmp	.Lstart_guest_works
END guest_works

	.section .note.GNU-stack, "", @progbits
