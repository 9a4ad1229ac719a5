/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The switcher: from the host to a guest in ring 3 and back, and between guest
 * user and guest kernel without the host.
 *
 * The code between pv_switcher and pv_switcher_end is copied into each slice of
 * the hole (hole.h) and runs there, so it is position independent, reaches its
 * data relative to RIP, needs no GS, and jumps nowhere else.  It runs in ring 0
 * with interrupts off, mostly with the guest's CR3.
 *
 * What may come at any instruction all the same: NMI, machine check, and a
 * debug exception, left over from ring 3 (MOV SS) or by a breakpoint that the
 * guest has set on the host's code or data.  They have stacks of their
 * own.  The switcher's answer is to note the first two, to ignore the third,
 * and to go on.  So that what is noted does not wait for the next exit, the
 * code from the last look at the notes up to the instruction that enters the
 * guest can be run again, and the handler sees to that; such stretches lie
 * between labels NAME_again and NAME_done.  (On the way from guest user to
 * guest kernel nobody looks; there the handler sets TF in the flags that are
 * about to be loaded, and the guest kernel comes back at once.)
 *
 * Any other exception in here can only come from what the guest asked to load:
 * a frame that IRETQ refuses (fault_at_iret) or a GS base that is not canonical
 * (fault_in_switcher).  Both end as an exit.  The stack must therefore be ours
 * wherever one can come; at SYSCALL and at SYSRET it is the guest's, and there
 * nothing can fault: the address that SYSRET takes is checked first (Intel
 * raises #GP in ring 0 otherwise).
 */
#include <linux/linkage.h>
#include <asm/alternative.h>
#include <asm/asm.h>
#include <asm/cpufeatures.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>
#include <asm/percpu.h>
#include <asm/segment.h>

#include <corbel/hypercall_nr.h>

#include "hole.h"
#include "offsets.h"

#define RFLAGS_TF	0x100
#define RFLAGS_RF	0x10000

/* Memory of the slice, relative to the code that runs in it. */
#define DATA(member)	pv_switcher + SLICE_DATA + DATA_##member(%rip)
#define SHARED(member)	pv_switcher + SLICE_VCPU_PAGE + PAGE_##member(%rip)
#define HOST(member)	pv_switcher + SLICE_HOST + HOST_##member(%rip)

/* Vectors for which the CPU pushes an error code. */
#define ERROR_VECTORS	0x60227d00

/*
 * Jump to host code, with the guest having had its way with the branch
 * predictors: a retpoline where the host uses them.
 * clobbers: the word below RSP
 */
.macro JUMP_TO_HOST register:req
	ALTERNATIVE_2 __stringify(lfence; jmp *%\register), \
		__stringify(call 1f; 2: pause; lfence; jmp 2b; \
			    1: movq %\register, (%rsp); ret), \
		X86_FEATURE_RETPOLINE, \
		__stringify(lfence; jmp *%\register), \
		X86_FEATURE_RETPOLINE_LFENCE
	int3
.endm

/* keeps all; RSP is at regs.vector; leaves RSP at regs */
.macro PUSH_GPRS
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
.endm

/* the reverse */
.macro POP_GPRS
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
.endm

/* Is the value in \reg a canonical 48-bit address?  clobbers \tmp, flags */
.macro JUMP_UNLESS_CANONICAL reg:req tmp:req to:req
	movq	\reg, \tmp
	shlq	$16, \tmp
	sarq	$16, \tmp
	cmpq	\reg, \tmp
	jne	\to
.endm

	.text
	.balign	64
SYM_CODE_START(pv_switcher)

/*
 * Interrupt stubs, 16 bytes each.  All push an error code, or 0, and the
 * vector, so the frame has one form.
 */
	vector = 0
.rept 256
	.balign	16
	.if !(vector < 32 && ((ERROR_VECTORS >> (vector & 31)) & 1))
	pushq	$0
	.endif
	pushq	$vector
	.if vector == 1
	jmp	debug_exception
	.elseif vector == 2
	jmp	nmi
	.elseif vector == 8
	jmp	double_fault
	.elseif vector == 18
	jmp	machine_check
	.else
	jmp	exception
	.endif
	vector = vector + 1
.endr
	.balign	16

/*
 * An exception or interrupt.  From ring 3 the CPU has pushed at the end of
 * regs, so that the frame lies in its place already.
 */
exception:
	testb	$3, 24(%rsp)
	jz	ring0_exception
push_gprs:
	PUSH_GPRS

/*
 * Leave for the host's C code, with regs complete.
 * requires: the guest's GS base in the CPU
 */
leave:
	movq	DATA(HOST_CR3), %rax
	movq	%rax, %cr3
	rdgsbase %rax
	movq	%rax, DATA(GS)
	movq	HOST(GS_BASE), %rax
	wrgsbase %rax
	movb	$1, DATA(IN_C)
	movq	HOST(RSP), %rsp
	movq	HOST(LANDING), %rax
	JUMP_TO_HOST rax

/*
 * Enter the guest with what is in regs, gs and enter_root.
 * requires: the host's CR3, interrupts off, our tables loaded (pv_load_tables)
 */
SYM_INNER_LABEL(pv_switcher_enter, SYM_L_GLOBAL)
	ENDBR
	movb	$0, DATA(IN_C)
	movq	DATA(GS), %rax
	wrgsbase %rax
	movq	DATA(ENTER_ROOT), %rax
	movq	%rax, %cr3
enter_again:
	cmpb	$0, DATA(NOTED)
	jne	leave_for_noted
	leaq	DATA(REGS), %rsp
	POP_GPRS
	movq	DATA(IRET_STACK), %rsp
enter_iret:
	iretq
enter_done:

/* Something came while we were about to enter: regs is still complete. */
leave_for_noted:
	movq	$EXIT_NOTED, DATA(REGS_VECTOR)
	jmp	leave

/*
 * SYSCALL.  RCX is the address after it, R11 its flags, and RSP still that of
 * the guest.
 */
SYM_INNER_LABEL(pv_switcher_syscall, SYM_L_GLOBAL)
	cmpb	$0, DATA(KERNEL)
	jne	kernel_syscall

	/* From guest user mode: it is for the guest kernel. */
	movq	%rcx, SHARED(SYS_RIP)
	movq	%r11, SHARED(SYS_RFLAGS)
	movq	%rsp, SHARED(SYS_RSP)
	movq	DATA(ROOT_KERNEL), %rcx
	movq	%rcx, %cr3
	rdgsbase %rcx
	movq	%rcx, SHARED(USER_GS)
	movq	DATA(GS_KERNEL), %rcx
	wrgsbase %rcx
	movb	$1, DATA(KERNEL)
	movq	$0, SHARED(VIF)
	incq	DATA(STAT_SYSCALL)
	movq	DATA(ENTRY_SYSCALL), %rcx
syscall_again:
	movq	DATA(ENTRY_RFLAGS), %r11
	sysretq
syscall_done:

/* From the guest kernel: where from says what it wants. */
kernel_syscall:
	cmpq	DATA(SITE_SYSRET), %rcx
	je	sysret_to_user
	cmpq	DATA(SITE_IRET), %rcx
	je	iret_to_user
	cmpq	DATA(SITE_LOAD_CR3), %rcx
	je	load_cr3

hypercall:
	movq	$EXIT_HYPERCALL, DATA(REGS_VECTOR)
	movq	$GUEST_CS, DATA(REGS_CS)
	movq	$GUEST_SS, DATA(REGS_SS)

/* Make regs of a SYSCALL.  requires: regs.vector, cs and ss are set */
leave_from_syscall:
	movq	%rcx, DATA(REGS_RIP)
	movq	%r11, DATA(REGS_RFLAGS)
	movq	%rsp, DATA(REGS_RSP)
	leaq	DATA(REGS_VECTOR), %rsp
	jmp	push_gprs

/* SYSCALL from 32-bit guest user, which only AMD has. */
SYM_INNER_LABEL(pv_switcher_syscall32, SYM_L_GLOBAL)
	movq	$EXIT_SYSCALL32, DATA(REGS_VECTOR)
	movq	$__USER32_CS, DATA(REGS_CS)
	movq	$GUEST_SS, DATA(REGS_SS)
	jmp	leave_from_syscall

/*
 * Return to guest user as SYSRET does.  RSP is the user's already.  What must
 * not stay unseen leaves from guest user mode, before its first instruction.
 */
sysret_to_user:
	movq	%rsp, DATA(USER_RSP)
	leaq	DATA(REGS_END), %rsp
	movq	SHARED(USER_GS), %rcx
	wrgsbase %rcx
	movb	$0, DATA(KERNEL)
	movq	DATA(ROOT_USER), %rcx
	movq	%rcx, %cr3
	incq	DATA(STAT_RETURN)
	movq	SHARED(SYS_RIP), %rcx
	JUMP_UNLESS_CANONICAL %rcx, %r11, sysret_work
	movl	SHARED(SYS_RFLAGS), %r11d
	andl	$GUEST_RFLAGS, %r11d
	orl	$GUEST_RFLAGS_SET, %r11d
sysret_again:
	cmpl	$0, DATA(WORK)
	jne	sysret_work
	movq	DATA(USER_RSP), %rsp
	sysretq
sysret_done:

sysret_work:
	movl	SHARED(SYS_RFLAGS), %r11d
	andl	$GUEST_RFLAGS, %r11d
	orl	$GUEST_RFLAGS_SET, %r11d
	movq	DATA(USER_RSP), %rsp
	movq	$EXIT_RETURN, DATA(REGS_VECTOR)
	movq	$GUEST_CS, DATA(REGS_CS)
	movq	$GUEST_SS, DATA(REGS_SS)
	jmp	leave_from_syscall

/*
 * Return to guest user as IRETQ does, with the frame in the shared page.  A
 * 16-bit stack (its selector is in the LDT) needs the ladder: leave.
 */
iret_to_user:
	leaq	DATA(REGS_END), %rsp
	movq	SHARED(USER_GS), %rcx
	wrgsbase %rcx
	movb	$0, DATA(KERNEL)
	movzwl	SHARED(RET_SS), %r11d
	orl	$3, %r11d
	pushq	%r11
	pushq	SHARED(RET_RSP)
	movl	SHARED(RET_RFLAGS), %ecx
	andl	$GUEST_RFLAGS, %ecx
	orl	$GUEST_RFLAGS_SET, %ecx
	pushq	%rcx
	movzwl	SHARED(RET_CS), %ecx
	orl	$3, %ecx
	pushq	%rcx
	pushq	SHARED(RET_RIP)
	movq	DATA(ROOT_USER), %rcx
	movq	%rcx, %cr3
	incq	DATA(STAT_RETURN)
	testb	$4, %r11b
	movq	SHARED(RCX), %rcx
	movq	SHARED(R11), %r11
	jnz	iret_work
iret_again:
	cmpl	$0, DATA(WORK)
	jne	iret_work
iret_iret:
	iretq
iret_done:

iret_work:
	movq	$EXIT_RETURN, DATA(REGS_VECTOR)
	leaq	DATA(REGS_VECTOR), %rsp
	jmp	push_gprs

/*
 * Go over to another address space of the guest kernel, RDI, if it keeps its
 * translations and we know it.
 */
load_cr3:
	movq	%rdi, %rax
	btrq	$63, %rax
	jnc	slow_load_cr3
	movq	%rsp, DATA(USER_RSP)
	movq	%r11, DATA(SCRATCH)
	leaq	DATA(CONTEXTS), %rsp
	movl	%eax, %r11d
	andl	$CONTEXT_MASK, %r11d
	shll	$CONTEXT_SHIFT, %r11d
	addq	%r11, %rsp
	movq	DATA(SCRATCH), %r11
	cmpq	%rax, CONTEXT_TAG(%rsp)
	jne	unknown_cr3
	movq	%rax, DATA(CR3)
	movq	CONTEXT_ROOT_USER(%rsp), %rax
	movq	%rax, DATA(ROOT_USER)
	movq	CONTEXT_ROOT_KERNEL(%rsp), %rax
	movq	%rax, DATA(ROOT_KERNEL)
	movq	%rax, %cr3
	incq	DATA(STAT_CR3)
	movq	DATA(USER_RSP), %rsp
	/* RCX is site_load_cr3, which is canonical. */
	sysretq

unknown_cr3:
	movq	DATA(USER_RSP), %rsp
slow_load_cr3:
	movl	$CORBEL_HC_LOAD_CR3, %eax
	jmp	hypercall

/*
 * Events with a stack of their own.  The frame has one form there too; from
 * ring 3 it goes where the others push theirs.
 */
.macro EVENT_FROM_RING3
	pushq	%rax
	.irp	word, 0, 1, 2, 3, 4, 5, 6	/* vector to ss */
	movq	8 + 8 * \word(%rsp), %rax
	movq	%rax, 8 * \word + DATA(REGS_VECTOR)
	.endr
	popq	%rax
	leaq	DATA(REGS_VECTOR), %rsp
	jmp	push_gprs
.endm

/* If RIP lies from NAME_again to NAME_done, run that again. */
.macro RUN_AGAIN name:req
	leaq	\name\()_done(%rip), %rax
	cmpq	%rax, 32(%rsp)
	jae	.Lnot_\@
	leaq	\name\()_again(%rip), %rax
	cmpq	%rax, 32(%rsp)
	jb	.Lnot_\@
	movq	%rax, 32(%rsp)
.Lnot_\@:
.endm

machine_check:
	testb	$3, 24(%rsp)
	jnz	event_from_ring3
	orb	$NOTED_MC, DATA(NOTED)
	jmp	noted
nmi:
	testb	$3, 24(%rsp)
	jnz	event_from_ring3
	orb	$NOTED_NMI, DATA(NOTED)
noted:
	orl	$WORK_NOTED, DATA(WORK)
	orq	$RFLAGS_TF, DATA(ENTRY_RFLAGS)
	pushq	%rcx
	pushq	%rax
	RUN_AGAIN enter
	RUN_AGAIN syscall
	RUN_AGAIN sysret
	RUN_AGAIN iret
	popq	%rax
	popq	%rcx
	addq	$16, %rsp
	iretq

debug_exception:
	testb	$3, 24(%rsp)
	jnz	event_from_ring3
	/* The guest's breakpoint may be on this instruction: past it. */
	orq	$RFLAGS_RF, 32(%rsp)
	addq	$16, %rsp
	iretq

event_from_ring3:
	EVENT_FROM_RING3

/*
 * A double fault: the ladder is read-only, so the frame of a fault at IRETQ
 * can't be pushed there.  Whatever else it is, it is not worse.
 */
double_fault:
	testb	$3, 24(%rsp)
	jnz	event_from_ring3

/* An exception in ring 0: in the host's C code, or here. */
ring0_exception:
	cmpb	$0, DATA(IN_C)
	jne	forward_to_host
	pushq	%rax
	movq	8(%rsp), %rax
	movq	%rax, DATA(FAULT_VECTOR)
	movq	16(%rsp), %rax
	movq	%rax, DATA(FAULT_ERROR)
	movq	24(%rsp), %rax
	movq	%rax, DATA(FAULT_RIP)
	leaq	enter_iret(%rip), %rax
	cmpq	%rax, DATA(FAULT_RIP)
	je	fault_at_iret
	leaq	iret_iret(%rip), %rax
	cmpq	%rax, DATA(FAULT_RIP)
	je	fault_at_iret
	movq	$EXIT_SWITCHER_FAULT, DATA(REGS_VECTOR)
	leaq	DATA(REGS), %rsp
	jmp	leave

/* The general registers are the guest's; its frame is still in regs. */
fault_at_iret:
	popq	%rax
	movq	$EXIT_BAD_RETURN, DATA(REGS_VECTOR)
	leaq	DATA(REGS_VECTOR), %rsp
	jmp	push_gprs

/*
 * The host's C code may run into an exception, say a breakpoint that patches
 * code: let it put its own tables back, then hand the exception on as if it
 * had gone there in the first place.
 */
forward_to_host:
	PUSH_GPRS
	movq	15 * 8(%rsp), %rdi
	movq	HOST(VCPU), %rsi
	/* (The macro has numeric labels of its own.) */
	leaq	forwarded(%rip), %rax
	pushq	%rax
	movq	HOST(FORWARD), %rax
	JUMP_TO_HOST rax

forwarded:	/* RAX is the address of the host's handler. */
	movq	15 * 8(%rsp), %rcx
	cmpl	$31, %ecx
	ja	no_error_code
	btl	%ecx, error_vectors(%rip)
	jnc	no_error_code
	movq	%rax, 15 * 8(%rsp)	/* above the error code */
	POP_GPRS
	ret
	int3
no_error_code:
	movq	%rax, 16 * 8(%rsp)	/* instead of the error code */
	POP_GPRS
	addq	$8, %rsp
	ret
	int3

	.balign	4
error_vectors:
	.long	ERROR_VECTORS

SYM_INNER_LABEL(pv_switcher_end, SYM_L_GLOBAL)
SYM_CODE_END(pv_switcher)

	/* An error here means: the switcher does not fit in its pages. */
	.org	pv_switcher + SLICE_CODE_SIZE

/*
 * bool pv_switch(unsigned long slice, struct vcpu *vcpu): enter the guest and
 * come back when its C code is needed; stay here as long as pv_light_exit()
 * sends us back into the guest.
 *
 * requires: interrupts off, our tables loaded
 */
SYM_FUNC_START(pv_switch)
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	%rsi
	pushq	%rdi
	movq	%rsp, SLICE_HOST + HOST_RSP(%rdi)
.Lenter:
	leaq	(pv_switcher_enter - pv_switcher)(%rdi), %rax
	CLEAR_CPU_BUFFERS
	JMP_NOSPEC rax

/*
 * Where the switcher comes back: the host's CR3, GS base and stack, our tables.
 * The guest's values in the registers go before anything can depend on them.
 */
SYM_INNER_LABEL(pv_landing, SYM_L_GLOBAL)
	ENDBR
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	xorl	%ebx, %ebx
	xorl	%ebp, %ebp
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	xorl	%r10d, %r10d
	xorl	%r11d, %r11d
	xorl	%r12d, %r12d
	xorl	%r13d, %r13d
	xorl	%r14d, %r14d
	xorl	%r15d, %r15d
	cld
	FILL_RETURN_BUFFER %rcx, RSB_CLEAR_LOOPS, X86_FEATURE_RSB_VMEXIT, \
			   X86_FEATURE_RSB_CTXSW
	ALTERNATIVE "jmp .Lno_ibrs", "", X86_FEATURE_KERNEL_IBRS
	movl	$MSR_IA32_SPEC_CTRL, %ecx
	movq	PER_CPU_VAR(x86_spec_ctrl_current), %rdx
	movl	%edx, %eax
	shrq	$32, %rdx
	wrmsr
.Lno_ibrs:
	UNTRAIN_RET
	CLEAR_BRANCH_HISTORY
	movq	8(%rsp), %rdi
	call	pv_light_exit
	movq	(%rsp), %rdi
	testb	%al, %al
	jnz	.Lenter

	addq	$16, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	RET
SYM_FUNC_END(pv_switch)

/*
 * void pv_call_gate(unsigned long handler): let the host's own gate handle an
 * interrupt that took the CPU out of the guest, in the form that an interrupt
 * here would have.
 *
 * requires: interrupts off, the host's tables
 */
SYM_FUNC_START(pv_call_gate)
	pushq	%rbp
	movq	%rsp, %rbp
	andq	$-16, %rsp
	pushq	$__KERNEL_DS
	pushq	%rbp
	pushfq
	pushq	$__KERNEL_CS
	CALL_NOSPEC rdi
	movq	%rbp, %rsp
	popq	%rbp
	RET
SYM_FUNC_END(pv_call_gate)
