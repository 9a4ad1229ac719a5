/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The page that a guest kernel shares with its host, one per vCPU.
 *
 * The guest finds the page of the vCPU it runs on at CORBEL_VCPU_PAGE_VA: each
 * vCPU has a frame of its own behind the same address.  The guest kernel may
 * write all of it at any time, so the host reads each field once, checks the
 * copy and uses the copy.
 */
#ifndef _CORBEL_VCPU_PAGE_H
#define _CORBEL_VCPU_PAGE_H

#include <linux/types.h>

/**
 * struct corbel_frame - what an interrupt return loads
 * @rip:	where to go on
 * @cs:		code selector as the guest knows it: RPL 0 means guest kernel
 * @rflags:	flags; IF stands for the guest's own interrupt flag
 * @rsp:	stack pointer
 * @ss:		stack selector
 */
struct corbel_frame {
	__u64 rip;
	__u64 cs;
	__u64 rflags;
	__u64 rsp;
	__u64 ss;
};

/**
 * struct corbel_vcpu_page - the page shared by one vCPU and its host
 *
 * @vif:	Virtual interrupt flag: X86_EFLAGS_IF while the guest kernel
 *		takes interrupts, else 0.  The guest writes it; the host clears
 *		it when it delivers an event or a system call.  While guest
 *		user code runs, interrupts are on, whatever it says.
 * @pending:	The host sets it to 1 when an interrupt waits for @vif.  A
 *		guest that sets @vif tests it afterwards and, if it is set,
 *		executes INT CORBEL_VECTOR_CHECK.  The host clears it.
 * @cr2:	Address of the last page fault delivered.
 * @user_gs:	GS base of guest user mode, as MSR_KERNEL_GS_BASE holds it on
 *		hardware while the kernel runs.  The host fills it in on each
 *		entry to the guest kernel from user mode and loads it on the
 *		way back; a non-canonical value kills the guest.
 * @sys:	State of a system call.  On entry at entry_syscall, @sys.rip,
 *		@sys.rflags and @sys.rsp are those of guest user mode; at
 *		site_sysret the host loads the three from here.
 * @ret:	The frame that a return to guest user mode at site_iret loads.
 * @rcx:	RCX to load at site_iret, where SYSCALL has overwritten it.
 * @r11:	R11, likewise.
 * @event:	The frame of an event being delivered: what the shim pushes
 *		onto the guest's stack before it enters the handler.
 * @error:	Error code of the event, pushed last if the event has one.
 * @handler:	Where the guest's own interrupt descriptor table sends the
 *		event: the shim ends by jumping there.
 * @abi_version: CORBEL_ABI_VERSION, set by the host.
 * @features:	CORBEL_FEATURE_* bits that host and shim have agreed on.
 * @vcpu_id:	Number of this vCPU, from 0, which is also its APIC ID.
 * @tsc_khz:	Rate of the TSC as RDTSC shows it, in kHz.
 * @reserved:	0
 * @shim:	The shim's own; the host never looks at it.
 */
struct corbel_vcpu_page {
	__u64 vif;
	__u64 pending;
	__u64 cr2;
	__u64 user_gs;
	struct {
		__u64 rip;
		__u64 rflags;
		__u64 rsp;
	} sys;
	__u64 rcx;
	__u64 r11;
	struct corbel_frame ret;
	struct corbel_frame event;
	__u64 error;
	__u64 handler;
	__u32 abi_version;
	__u32 features;
	__u32 vcpu_id;
	__u32 tsc_khz;
	__u32 reserved[338];
	__u64 shim[320];
};

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
_Static_assert(sizeof(struct corbel_frame) == 40,
	       "corbel_frame is the frame that IRETQ pops");
_Static_assert(sizeof(struct corbel_vcpu_page) == 4096,
	       "corbel_vcpu_page is one page");
#endif

#endif /* _CORBEL_VCPU_PAGE_H */
