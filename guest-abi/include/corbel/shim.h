/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The shim image: the guest's half of pv mode.
 *
 * A shim is a piece of position-fixed code that the loader places in guest
 * memory, outside of what the guest's memory map calls RAM, and that the host
 * maps at CORBEL_SHIM_VA.  It starts with the header below.  The host copies
 * the header once, checks it and enters the shim only at the places named.
 *
 * Everything here runs in ring 3 with interrupts on.  "Guest kernel" and
 * "guest user" are modes that the host keeps: they differ in the page-table
 * root, in the GS base, and in what SYSCALL means.
 *
 * Ways into the guest kernel
 *
 *   entry_syscall	Guest user executed SYSCALL.  Page: sys.*, user_gs, vif
 *			= 0.  RAX, RBX, RDX, RSI, RDI, RBP, R8-R10, R12-R15 are
 *			the user's; RCX, R11, RSP are undefined.
 *   entry_event	An exception or interrupt without an error code.  Page:
 *			event, handler, vif = 0 (vif is kept where the guest's
 *			gate is a trap gate).  RSP is the stack to push the
 *			frame on; all other registers are those interrupted.
 *			The stack is chosen as the CPU does, but for one thing:
 *			an event from guest user mode uses the stack table of
 *			the task state segment (IST) only for NMI and #DF.
 *   entry_event_error	The same with an error code: error.
 *   entry_ap		A vCPU that was sent INIT and SIPI.  CR3 is that of the
 *			CPU that first started; RSP is undefined.
 *
 * Ways out, each a SYSCALL instruction at a place of its own (the header names
 * the address after it, which the host finds in RCX)
 *
 *   site_sysret	Return to guest user mode as SYSRET does: rip, rflags,
 *			rsp from the page's sys, RCX = rip, R11 = rflags, CS and
 *			SS the 64-bit user selectors.
 *   site_iret		Return to guest user mode as IRETQ does, with the
 *			page's ret, rcx and r11.  A frame that IRETQ would
 *			fault on faults as if guest user mode had caused it.
 *   site_load_cr3	The hypercall load_cr3, but for RAX, which is ignored
 *			and lost: the host need not leave for its C code.
 *   anywhere else	A hypercall: hypercall.h.
 *
 * A return within the guest kernel is the shim's own affair: it sets vif, tests
 * pending, and executes IRETQ between iret_start and iret_end, where RSP points
 * to the finished frame; an event that comes in that window is delivered as if
 * IRETQ had been executed already, so frames do not pile up.
 *
 * GS base: the host loads it with user_gs on the way to guest user mode, and
 * on the way back with what was last written to MSR_GS_BASE (reset: 0).
 */
#ifndef _CORBEL_SHIM_H
#define _CORBEL_SHIM_H

#define CORBEL_SHIM_MAGIC		0x6c656272 /* "rbel" */

#ifndef __ASSEMBLER__

#include <linux/types.h>

/**
 * struct corbel_shim_header - first bytes of a shim image
 * @magic:		CORBEL_SHIM_MAGIC
 * @abi_version:	CORBEL_ABI_VERSION the shim was written for
 * @header_size:	sizeof(struct corbel_shim_header)
 * @image_size:		bytes of the image, at most CORBEL_SHIM_MAX_SIZE
 * @features:		CORBEL_FEATURE_* bits the shim uses
 * @entry_syscall:	see above; like all that follow, an offset from the
 *			start of the image
 * @entry_event:	see above
 * @entry_event_error:	see above
 * @entry_ap:		see above
 * @site_sysret:	see above; 0 if CORBEL_FEATURE_SYSRET is not used
 * @site_iret:		see above
 * @site_load_cr3:	see above; 0 if there is none
 * @iret_start:		first instruction after vif is set for a return within
 *			the guest kernel
 * @iret_end:		first byte after that IRETQ
 * @load_gs:		the one instruction that loads the guest user's GS
 *			selector, or 0; if it faults,
 * @load_gs_fixup:	execution goes on here with interrupts as they were
 * @reserved:		0
 */
struct corbel_shim_header {
	__u32 magic;
	__u16 abi_version;
	__u16 header_size;
	__u32 image_size;
	__u32 features;
	__u32 entry_syscall;
	__u32 entry_event;
	__u32 entry_event_error;
	__u32 entry_ap;
	__u32 site_sysret;
	__u32 site_iret;
	__u32 site_load_cr3;
	__u32 iret_start;
	__u32 iret_end;
	__u32 load_gs;
	__u32 load_gs_fixup;
	__u32 reserved[1];
};

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
_Static_assert(sizeof(struct corbel_shim_header) == 64,
	       "corbel_shim_header is 64 bytes");
#endif

#endif /* __ASSEMBLER__ */

#endif /* _CORBEL_SHIM_H */
