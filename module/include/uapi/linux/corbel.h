/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/corbel: the ioctl interface of the Corbel virtual machine monitor.
 *
 * Everyone who has written a VMM knows KVM's interface, so this is KVM's
 * wherever the meaning is KVM's: an ioctl that has a KVM namesake has KVM's
 * number, argument structure, results and manners under our own type byte, and
 * the structures are those of <linux/kvm.h>.  Documentation/ioctl.rst lists
 * where we do less; what KVM does not have stands at the end of this file.
 *
 * A file descriptor of the device creates VMs, one of a VM creates vCPUs; the
 * last close destroys.  A VM belongs to the address space that created it: its
 * ioctls, and those of its vCPUs, answer -EIO from any other.  Flags, padding
 * and reserved fields must be 0, else -EINVAL.  An ioctl number not listed
 * here gets -ENOTTY.
 */
#ifndef _UAPI_LINUX_CORBEL_H
#define _UAPI_LINUX_CORBEL_H

#include <linux/ioctl.h>
#include <linux/kvm.h>
#include <linux/types.h>

#define CORBEL_API_VERSION	1

#define CORBEL_IO		0xCB

/* ioctls of /dev/corbel */
#define CORBEL_GET_API_VERSION	_IO(CORBEL_IO, 0x00)
#define CORBEL_CREATE_VM	_IO(CORBEL_IO, 0x01) /* enum corbel_vm_type */
#define CORBEL_CHECK_EXTENSION	_IO(CORBEL_IO, 0x03) /* also on a VM */
#define CORBEL_GET_VCPU_MMAP_SIZE _IO(CORBEL_IO, 0x04)
#define CORBEL_GET_VM_TYPE	_IOWR(CORBEL_IO, 0xd0, struct corbel_vm_type_info)

/* ioctls of a VM */
#define CORBEL_GET_SUPPORTED_CPUID _IOWR(CORBEL_IO, 0x05, struct kvm_cpuid2)
#define CORBEL_CREATE_VCPU	_IO(CORBEL_IO, 0x41) /* number, its APIC ID */
#define CORBEL_SET_USER_MEMORY_REGION \
	_IOW(CORBEL_IO, 0x46, struct kvm_userspace_memory_region)
#define CORBEL_SET_GSI_ROUTING	_IOW(CORBEL_IO, 0x6a, struct kvm_irq_routing)
#define CORBEL_IRQFD		_IOW(CORBEL_IO, 0x76, struct kvm_irqfd)
#define CORBEL_IOEVENTFD	_IOW(CORBEL_IO, 0x79, struct kvm_ioeventfd)
#define CORBEL_SIGNAL_MSI	_IOW(CORBEL_IO, 0xa5, struct kvm_msi)
#define CORBEL_SET_SHIM		_IOW(CORBEL_IO, 0xd1, struct corbel_shim)
#define CORBEL_SET_SHADOW_LIMIT	_IO(CORBEL_IO, 0xd2) /* pages */

/* ioctls of a vCPU */
#define CORBEL_RUN		_IO(CORBEL_IO, 0x80)
#define CORBEL_GET_REGS		_IOR(CORBEL_IO, 0x81, struct kvm_regs)
#define CORBEL_SET_REGS		_IOW(CORBEL_IO, 0x82, struct kvm_regs)
#define CORBEL_GET_SREGS	_IOR(CORBEL_IO, 0x83, struct kvm_sregs)
#define CORBEL_SET_SREGS	_IOW(CORBEL_IO, 0x84, struct kvm_sregs)
#define CORBEL_GET_MSRS		_IOWR(CORBEL_IO, 0x88, struct kvm_msrs)
#define CORBEL_SET_MSRS		_IOW(CORBEL_IO, 0x89, struct kvm_msrs)
#define CORBEL_SET_CPUID2	_IOW(CORBEL_IO, 0x90, struct kvm_cpuid2)
#define CORBEL_GET_MP_STATE	_IOR(CORBEL_IO, 0x98, struct kvm_mp_state)
#define CORBEL_SET_MP_STATE	_IOW(CORBEL_IO, 0x99, struct kvm_mp_state)
#define CORBEL_NMI		_IO(CORBEL_IO, 0x9a)

/* ioctl of a VM and of a vCPU: a descriptor in KVM's statistics format */
#define CORBEL_GET_STATS_FD	_IO(CORBEL_IO, 0xce)

/**
 * enum corbel_vm_type - argument of CORBEL_CREATE_VM
 * @CORBEL_VM_PV:	 paravirtual: ring 3, through a shim
 * @CORBEL_VM_HVM_NESTED: AMD-V with nested paging
 * @CORBEL_VM_HVM_SHADOW: AMD-V with shadow paging
 */
enum corbel_vm_type {
	CORBEL_VM_PV = 1,
	CORBEL_VM_HVM_NESTED = 2,
	CORBEL_VM_HVM_SHADOW = 3,
};

/**
 * struct corbel_vm_type_info - CORBEL_GET_VM_TYPE: can this host run a type?
 * @type:	in: enum corbel_vm_type
 * @error:	out: 0, or the errno that CORBEL_CREATE_VM would fail with now
 * @reserved:	0
 * @reason:	out: one line that says why, terminated by NUL; empty if
 *		@error is 0
 */
struct corbel_vm_type_info {
	__u32 type;
	__u32 error;
	__u64 reserved[2];
	char reason[232];
};

/**
 * struct corbel_shim - CORBEL_SET_SHIM: where the guest's shim lies
 * @code:	gpa of the shim image (guest-abi: struct corbel_shim_header),
 *		page aligned
 * @vcpu_pages:	gpa of the first page shared with a vCPU; that of vCPU n lies
 *		n pages on
 * @ap_cr3:	CR3 of a vCPU that is started by SIPI
 * @reserved:	0
 *
 * For CORBEL_VM_PV, once, after the memory regions are set and before the
 * first vCPU is created.  Errors: -EINVAL for an image that is not a shim or
 * asks for what this host does not offer, -EFAULT for a gpa outside of guest
 * memory, -EEXIST if a shim is set, -EBUSY if there is a vCPU.
 */
struct corbel_shim {
	__u64 code;
	__u64 vcpu_pages;
	__u64 ap_cr3;
	__u64 reserved[5];
};

/*
 * Exit reasons beyond KVM's, in kvm_run.exit_reason.
 *
 * CORBEL_EXIT_KILLED: the guest did what no guest can go on from.  The VM is
 *	dead: every further RUN on any of its vCPUs gives the same answer.  The
 *	text at CORBEL_KILLED_TEXT(run) says what it did, terminated by NUL.
 */
#define CORBEL_EXIT_KILLED	0x1000
#define CORBEL_KILLED_TEXT(run)	((run)->padding)
#define CORBEL_KILLED_TEXT_SIZE	256

/*
 * kvm_run.system_event.type beyond KVM's: the guest ended itself by the exit
 * hypercall; data[0] is the status.
 */
#define CORBEL_SYSTEM_EVENT_EXIT 0x1000

/*
 * CORBEL_CHECK_EXTENSION takes KVM's numbers (KVM_CAP_*), answers as KVM does
 * for what is offered, and 0 for everything else.  Beyond KVM's:
 */
#define CORBEL_CAP_ABI_VERSION	0x10000 /* newest CORBEL_ABI_VERSION spoken */
#define CORBEL_CAP_ABI_FEATURES	0x10001 /* CORBEL_FEATURE_* offered */

#endif /* _UAPI_LINUX_CORBEL_H */
