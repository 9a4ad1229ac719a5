/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where things lie in a micro guest: for its C, and for assembly.
 *
 * Guest memory starts at gpa 0.  The first GiB is mapped at its own addresses,
 * for the kernel alone.
 */
#ifndef TESTS_LIB_GUEST_LAYOUT_H
#define TESTS_LIB_GUEST_LAYOUT_H

#include <corbel/abi.h>

#define GUEST_PML4	0x1000
#define GUEST_PDPT	0x2000
#define GUEST_PD	0x3000
#define GUEST_CODE	0x10000		/* the blob; every vCPU starts here */
#define GUEST_CODE_SIZE	0x10000
#define GUEST_STACKS	0x30000		/* of vCPU n: ends at n + 1 pages */
#define GUEST_SHIM	0x80000
#define GUEST_PAGES	0x90000		/* shared with the host, in pv */
#define GUEST_DATA	0x100000	/* free for the test up to the end */
#define GUEST_SIZE	0x200000

/* To return from an event: jump there.  The error code is off the stack. */
#define GUEST_IRET	(CORBEL_SHIM_VA + 64)

/* To return from a system call. */
#define GUEST_SYSRET_OFFSET 192
#define GUEST_SYSRET	(CORBEL_SHIM_VA + GUEST_SYSRET_OFFSET)

/* Words of struct corbel_vcpu_page.shim that the shim uses. */
#define GUEST_WORD_SYSCALL	0	/* where a system call goes on */
#define GUEST_WORD_SYSCALL_STACK 1
#define GUEST_WORD_AP		2	/* where a CPU started by SIPI does */
#define GUEST_WORD_AP_STACK	3

#endif /* TESTS_LIB_GUEST_LAYOUT_H */
