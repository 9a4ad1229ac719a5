/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shim of micro guests: as small as guest-abi/include/corbel/shim.h allows.
 *
 * Events go to the handler in the guest's own interrupt descriptor table and
 * come back by a jump to GUEST_IRET.  System calls and further CPUs start where
 * the words of the vCPU's page that are the shim's say: see guest.h.
 */
#include <corbel/abi.h>
#include <corbel/shim.h>

#include "guest_layout.h"
#include "offsets.h"

#define PAGE(member)	CORBEL_VCPU_PAGE_VA + PAGE_##member
#define WORD(n)		CORBEL_VCPU_PAGE_VA + PAGE_SHIM + 8 * (n)

#define RFLAGS_IF	0x200
#define RING3_CS	0x33
#define RING3_SS	0x2b

	.section .rodata
	.globl	guest_shim, guest_shim_end
guest_shim:
	.long	CORBEL_SHIM_MAGIC
	.short	CORBEL_ABI_VERSION
	.short	SHIM_HEADER_SIZE
	.long	guest_shim_end - guest_shim
	.long	CORBEL_FEATURE_SYSRET
	.long	entry_syscall - guest_shim
	.long	entry_event - guest_shim
	.long	entry_event_error - guest_shim
	.long	entry_ap - guest_shim
	.long	site_sysret - guest_shim
	.long	site_iret - guest_shim
	.long	0			/* site_load_cr3 */
	.long	iret_start - guest_shim
	.long	iret_end - guest_shim
	.long	0, 0			/* load_gs */
	.long	0
	.if . - guest_shim != SHIM_HEADER_SIZE
	.error "this is not struct corbel_shim_header"
	.endif

	/* At GUEST_IRET; all registers and the frame are those to load. */
	testb	$3, 8(%rsp)
	jz	iret_to_kernel
	movq	%rcx, PAGE(RCX)
	movq	%r11, PAGE(R11)
	popq	PAGE(RET_RIP)
	popq	PAGE(RET_CS)
	popq	PAGE(RET_RFLAGS)
	popq	PAGE(RET_RSP)
	popq	PAGE(RET_SS)
	syscall
site_iret:
	int3

iret_to_kernel:
	movq	$RING3_CS, 8(%rsp)
	movq	$RING3_SS, 32(%rsp)
	testl	$RFLAGS_IF, 16(%rsp)
	jz	1f
	movq	$RFLAGS_IF, PAGE(VIF)
iret_start:
	cmpq	$0, PAGE(PENDING)
	je	1f
	int	$CORBEL_VECTOR_CHECK
1:	iretq
iret_end:

	/* At GUEST_SYSRET; RIP, flags and RSP are in the page. */
	.org	guest_shim + GUEST_SYSRET_OFFSET
	syscall
site_sysret:
	int3

entry_syscall:
	movq	WORD(GUEST_WORD_SYSCALL_STACK), %rsp
	jmp	*WORD(GUEST_WORD_SYSCALL)

entry_event:
	pushq	PAGE(EVENT_SS)
	pushq	PAGE(EVENT_RSP)
	pushq	PAGE(EVENT_RFLAGS)
	pushq	PAGE(EVENT_CS)
	pushq	PAGE(EVENT_RIP)
	jmp	*PAGE(HANDLER)

entry_event_error:
	pushq	PAGE(EVENT_SS)
	pushq	PAGE(EVENT_RSP)
	pushq	PAGE(EVENT_RFLAGS)
	pushq	PAGE(EVENT_CS)
	pushq	PAGE(EVENT_RIP)
	pushq	PAGE(ERROR)
	jmp	*PAGE(HANDLER)

entry_ap:
	movq	WORD(GUEST_WORD_AP_STACK), %rsp
	jmp	*WORD(GUEST_WORD_AP)
guest_shim_end:

	.section .note.GNU-stack, "", @progbits
