/* SPDX-License-Identifier: GPL-2.0-only */
/* Ways for a guest kernel to end, with RSI and RDI as the C file says. */
#include "code.S"

GUEST kernel_dies
	/* An interrupt table of one page of zeros, or nowhere: then a fault. */
ENTRY kernel_dies kernel_loads_idt
	lidt	(%rsi)
	ud2
ENTRY kernel_dies kernel_loads_gdt
	lgdt	(%rsi)
	ud2
	/* A task state with no memory behind: then an event from user mode. */
ENTRY kernel_dies kernel_loads_tr
	lgdt	(%rsi)
	movw	%di, %ax
	ltr	%ax
	EXIT	$0
ENTRY kernel_dies kernel_loads_ldt
	lgdt	(%rsi)
	movw	%di, %ax
	lldt	%ax
	EXIT	$0
	/* Its stack is where RSI says, when it faults. */
ENTRY kernel_dies kernel_faults_on_stack
	movq	%rsi, %rsp
	ud2
ENTRY kernel_dies kernel_loops
	cli
1:	jmp	1b
ENTRY kernel_dies kernel_returns
	/* RSI: the frame; in pv not by the shim, as from an NMI's handler. */
	movq	%rsi, %rsp
	iretq
	/* SYSRET to RSI, R8: its flags; RDI: the shim's way, or 0 */
ENTRY kernel_dies kernel_sysrets
	testq	%rdi, %rdi
	jnz	1f
	movq	%rsi, %rcx
	movq	%r8, %r11
	sysretq
1:	movq	$CORBEL_VCPU_PAGE_VA, %rax
	movq	%rsi, 32(%rax)
	movq	%r8, 40(%rax)
	movq	$MACHINE_USER + 0x8000, 48(%rax)
	jmp	*%rdi
END kernel_dies

GUEST program_ends
	ud2
END program_ends
