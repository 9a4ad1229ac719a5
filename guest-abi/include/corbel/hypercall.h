/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * How a hypercall is made.
 *
 *			pv		hvm
 *   instruction	SYSCALL		VMMCALL
 *   from		guest kernel	CPL 0
 *
 *   RAX	number in, status out: 0, a value the call defines, or a
 *		negative error
 *   RDI, RSI, RDX	first, second, third argument
 *   RDX, RSI	further results, where the call defines them
 *   RCX, R11	lost (SYSCALL overwrites them; lost in hvm too)
 *   all others	kept; flags kept
 *
 * An argument that a call does not take is ignored.  An argument narrower than
 * 64 bits must be zero-extended: CORBEL_EINVAL if it is not.  A number that is
 * not in the table, or not offered in this mode, gets CORBEL_ENOSYS.
 *
 * From guest user mode no hypercall can be made: in pv SYSCALL is then the
 * guest's own system call, in hvm VMMCALL raises #UD.
 *
 * The calls, with arguments, results and errors, are in hypercalls/calls.tbl;
 * Documentation/hypercalls.rst is generated from it, and so are the numbers in
 * hypercall_nr.h.  All numbers lie above CORBEL_HYPERCALL_BASE, so that a stray
 * SYSCALL is not taken for one.
 */
#ifndef _CORBEL_HYPERCALL_H
#define _CORBEL_HYPERCALL_H

#include <corbel/hypercall_nr.h>

#endif /* _CORBEL_HYPERCALL_H */
