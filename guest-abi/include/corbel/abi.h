/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The Corbel guest ABI: versions, features, constants, errors.
 *
 * One set of headers serves the guest's shim, the host's module and the
 * tools.  Nothing in here knows an ioctl or the inside of a host kernel.
 *
 *	abi.h		this file: what both sides agree on
 *	vcpu_page.h	the page a guest and its host share, one per vCPU
 *	shim.h		the header of a shim image: where the host enters it
 *	hypercall.h	how a hypercall is made
 *	hypercall_nr.h	hypercall numbers, generated from hypercalls/calls.tbl
 *
 * Rules that hold everywhere: a reserved field is 0 and is checked; sizes are
 * pinned by static_assert; a field never changes its meaning within one
 * version, new meaning takes a feature bit.
 */
#ifndef _CORBEL_ABI_H
#define _CORBEL_ABI_H

/*
 * Version of everything in this directory.  A shim names the version it was
 * written for; a host runs it only if it speaks that version.
 */
#define CORBEL_ABI_VERSION		1

/*
 * Feature bits: what a host offers beyond the minimum, and what a shim uses
 * of it.  A host refuses a shim that uses a bit it does not know.
 */
#define CORBEL_FEATURE_SYSRET		(1 << 0) /* fast return: shim.h, site_sysret */
#define CORBEL_FEATURE_LAZY_TLS		(1 << 1) /* guest reports TLS changes: load_tls */
#define CORBEL_FEATURES_V1 \
	(CORBEL_FEATURE_SYSRET | CORBEL_FEATURE_LAZY_TLS)

/*
 * CPUID.  KVM's leaves stand at 0x40000000, so that the kernel's own kvmclock
 * and steal-time drivers find their host; ours stand one block higher.
 *
 * CORBEL_CPUID_SIGNATURE: EAX = highest leaf of this block,
 *	EBX, ECX, EDX = "CorbelCorbel".
 * CORBEL_CPUID_ABI: EAX = CORBEL_ABI_VERSION, EBX = enum corbel_mode,
 *	ECX = feature bits offered, EDX = 0.
 */
#define CORBEL_CPUID_SIGNATURE		0x40000100
#define CORBEL_CPUID_ABI		0x40000101
#define CORBEL_SIGNATURE_EBX		0x62726f43 /* "Corb" */
#define CORBEL_SIGNATURE_ECX		0x6f436c65 /* "elCo" */
#define CORBEL_SIGNATURE_EDX		0x6c656272 /* "rbel" */

#ifndef __ASSEMBLER__
/**
 * enum corbel_mode - how a guest is run
 * @CORBEL_MODE_PV:	ring 3, through a shim, no help from the hardware
 * @CORBEL_MODE_HVM:	full virtualization by the CPU (AMD-V)
 */
enum corbel_mode {
	CORBEL_MODE_PV	= 1,
	CORBEL_MODE_HVM	= 2,
};
#endif

/*
 * Guest virtual addresses in pv mode.  The host maps the shim's code
 * (read, execute) and the current vCPU's page (read, write) into every
 * address space of the guest kernel, and into none of its users.  They lie in
 * the last 2 MiB, which x86-64 Linux leaves unused, within reach of a 32-bit
 * displacement from kernel text and from modules.
 */
#define CORBEL_SHIM_VA			0xffffffffffe00000
#define CORBEL_SHIM_MAX_SIZE		0x10000
#define CORBEL_VCPU_PAGE_VA		0xffffffffffe10000

/*
 * Guest virtual addresses that the host keeps for itself: an access there
 * faults as one to an unmapped page does.  (PML4 slot 256, which x86-64 Linux
 * reserves for hypervisors.)
 */
#define CORBEL_HOLE_VA			0xffff800000000000
#define CORBEL_HOLE_SIZE		0x0000008000000000

/*
 * The software interrupt by which a shim asks for what is pending, with every
 * register preserved: a vector that the architecture reserves and no CPU
 * raises.  From guest user mode it faults as on hardware.
 */
#define CORBEL_VECTOR_CHECK		0x1f

/*
 * I/O ports, in every mode.  A program in the guest needs ioperm() for them.
 *
 * CORBEL_PORT_EXIT: an 8-bit write ends the VM; the value is the status of
 *	`corbel run`.  (124 to 126 are not free there: it returns 123 for them.)
 * CORBEL_PORT_MARK: a 32-bit write tells the monitor that the guest has come
 *	to a point of its own numbering; the benchmark brackets rows with it.
 */
#define CORBEL_PORT_EXIT		0x5c0
#define CORBEL_PORT_MARK		0x5c4
#define CORBEL_EXIT_STATUS_MAX		255

/* Errors that a hypercall returns, negated, in RAX.  Linux's numbers. */
#define CORBEL_EPERM			1	/* not from this mode */
#define CORBEL_EFAULT			14	/* the guest's access would fault: #GP */
#define CORBEL_EINVAL			22	/* an argument is out of its range */
#define CORBEL_ENOSYS			38	/* no such hypercall */

#endif /* _CORBEL_ABI_H */
