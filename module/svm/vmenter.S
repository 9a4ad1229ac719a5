/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * void svm_vmrun(u64 vmcb_pa, struct guest_regs *regs, u64 host_vmcb_pa)
 *
 * Into the guest and back.  RAX, RSP, RIP and RFLAGS go by the VMCB, all other
 * general registers by @regs; FS, GS, TR, LDTR and the MSRs that go with them
 * by VMLOAD and VMSAVE, the host's from and to @host_vmcb_pa.
 *
 * requires: interrupts off, GIF clear; with V_INTR_MASKING it is the host's IF
 * that lets an interrupt end the guest, so it is set in between
 */
#include <linux/linkage.h>
#include <asm/alternative.h>
#include <asm/cpufeatures.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>
#include <asm/percpu.h>
#include <asm/unwind_hints.h>

#include "offsets.h"

	.text
SYM_FUNC_START(svm_vmrun)
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi

	movq	%rdx, %rax
	vmsave	%rax
	movq	%rdi, %rax
	vmload	%rax

	movq	REGS_RCX(%rsi), %rcx
	movq	REGS_RDX(%rsi), %rdx
	movq	REGS_RBX(%rsi), %rbx
	movq	REGS_RBP(%rsi), %rbp
	movq	REGS_RDI(%rsi), %rdi
	movq	REGS_R8(%rsi), %r8
	movq	REGS_R9(%rsi), %r9
	movq	REGS_R10(%rsi), %r10
	movq	REGS_R11(%rsi), %r11
	movq	REGS_R12(%rsi), %r12
	movq	REGS_R13(%rsi), %r13
	movq	REGS_R14(%rsi), %r14
	movq	REGS_R15(%rsi), %r15
	movq	REGS_RSI(%rsi), %rsi

	CLEAR_CPU_BUFFERS
	sti
	vmrun	%rax
	cli

	/* RAX is again the address of the VMCB. */
	vmsave	%rax
	pushq	%rsi
	movq	16(%rsp), %rsi
	popq	REGS_RSI(%rsi)
	movq	%rcx, REGS_RCX(%rsi)
	movq	%rdx, REGS_RDX(%rsi)
	movq	%rbx, REGS_RBX(%rsi)
	movq	%rbp, REGS_RBP(%rsi)
	movq	%rdi, REGS_RDI(%rsi)
	movq	%r8, REGS_R8(%rsi)
	movq	%r9, REGS_R9(%rsi)
	movq	%r10, REGS_R10(%rsi)
	movq	%r11, REGS_R11(%rsi)
	movq	%r12, REGS_R12(%rsi)
	movq	%r13, REGS_R13(%rsi)
	movq	%r14, REGS_R14(%rsi)
	movq	%r15, REGS_R15(%rsi)

	movq	16(%rsp), %rax
	vmload	%rax

	/* The guest's values, before anything can depend on them. */
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	xorl	%ebx, %ebx
	xorl	%ebp, %ebp
	xorl	%esi, %esi
	xorl	%edi, %edi
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	xorl	%r10d, %r10d
	xorl	%r11d, %r11d
	xorl	%r12d, %r12d
	xorl	%r13d, %r13d
	xorl	%r14d, %r14d
	xorl	%r15d, %r15d
	FILL_RETURN_BUFFER %rcx, RSB_CLEAR_LOOPS, X86_FEATURE_RSB_VMEXIT, \
			   X86_FEATURE_RSB_VMEXIT_LITE
	UNTRAIN_RET
	CLEAR_BRANCH_HISTORY_VMEXIT

	addq	$24, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	RET
SYM_FUNC_END(svm_vmrun)
