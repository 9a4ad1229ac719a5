/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two objects everything revolves around: a VM and its vCPUs.
 *
 * A VM is a memory map, some vCPUs and a way to run them (struct vendor_ops:
 * pv or svm).  What is common to all ways, from ioctls to the local APIC,
 * knows no way in particular.
 *
 * Who may touch what, and under which lock, is said in
 * Documentation/locking.rst and, where it matters, at the field.
 */
#ifndef CORBEL_H
#define CORBEL_H

#include <linux/compiler.h>
#include <linux/eventfd.h>
#include <linux/kref.h>
#include <linux/kvm_types.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rcuwait.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <asm/fpu/api.h>
#include <asm/fpu/types.h>
#include <uapi/linux/corbel.h>

#include <corbel/abi.h>
#include <corbel/shim.h>
#include <corbel/vcpu_page.h>

#include "decode.h"
#include "lapic.h"
#include "memslot.h"
#include "mmu/mmu.h"
#include "stats.h"

#undef pr_fmt
#define pr_fmt(fmt) "corbel: " fmt

#define MAX_VCPUS		64
#define MAX_CPUID_ENTRIES	100

struct vcpu;
struct vm;

/**
 * enum exit_result - what a handler of an exit says is to be done next
 * @EXIT_USERSPACE:	kvm_run says why; CORBEL_RUN returns 0
 * @EXIT_RESUME:	enter the guest again
 * @EXIT_SLOW:		nothing was done: call again where it may sleep
 *
 * A negative errno is one more answer: CORBEL_RUN fails with it.
 */
enum exit_result {
	EXIT_USERSPACE	= 0,
	EXIT_RESUME	= 1,
	EXIT_SLOW	= 2,
};

/* Bits of vcpu->requests: what a vCPU must do before it enters its guest. */
enum vcpu_request {
	REQUEST_KILL,		/* the VM is dead; stays set */
	REQUEST_INIT,		/* INIT has come, */
	REQUEST_SIPI,		/* and then SIPI: vcpu->sipi_vector */
	REQUEST_MEMORY,		/* let a change of the memory map through */
	REQUEST_FLUSH,		/* drop every shadow page */
	REQUEST_EVENT,		/* the local APIC may have an interrupt */
	REQUEST_NMI,		/* CORBEL_NMI */
	REQUEST_SHUTDOWN,	/* a triple fault */
	REQUEST_CLOCK,		/* write the kvmclock page anew */
};

/**
 * struct guest_regs - a guest's registers, in the order the pv switcher and
 *		       the CPU push them
 * @vector:	pv: why the guest was left
 * @error:	pv: the error code that came with it
 */
struct guest_regs {
	u64 r15, r14, r13, r12, rbp, rbx;
	u64 r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	u64 vector, error;
	u64 rip, cs, rflags, rsp, ss;
};

/* A descriptor-table register. */
struct table_reg {
	u64 base;
	u16 limit;
};

/**
 * struct vendor_ops - one way to run a guest
 *
 * All run in process context, in the VM's address space; those that take a
 * vCPU hold its mutex.  From @load_cr3 on they are called while an exit is
 * handled, so they must not sleep unless vcpu->may_sleep.
 *
 * @name:	of the mode, for messages
 * @abi_mode:	enum corbel_mode
 * @check:	0, or the errno with the reason why this host can't
 * @vm_create:	the VM's own part; @vm_destroy undoes it
 * @memory_changed: the memory map has; no vCPU runs.  May be NULL
 * @vcpu_create: the vCPU's own part, in reset state; @vcpu_destroy undoes it
 * @reset:	INIT
 * @start_ap:	SIPI
 * @enter:	run the guest; EXIT_SLOW if @handle_exit is to be called, else
 *		as enum exit_result
 * @handle_exit: do what the last exit needs, where it may sleep
 * @get_sregs:	fill in what is not in struct vcpu
 * @set_sregs:	-EINVAL if a field can't be loaded in this mode
 * @load_cr3:	vcpu->cr3 has changed; bit 63 was set if @keep
 * @flush_page:	INVLPG
 * @flush_all:	no translation made before may be used again
 * @own_page:	the page that the guest kernel sees at an address though its
 *		tables do not say so; NULL for none.  The op may be NULL too.
 * @queue_exception: deliver before the guest goes on
 * @interrupts_enabled: the guest's own flag is set
 * @set_interrupts: set or clear that flag; NULL if it is in the guest's RFLAGS
 * @code_mode:	how code is decoded now; returns FAULT_USER if it has no
 *		privilege, else 0
 * @segment_base: enum decode_sreg
 * @get_msr:	an MSR that is in the CPU; -ENOENT if it is none of the
 *		vendor's
 * @set_msr:	likewise; the value is canonical
 */
struct vendor_ops {
	const char *name;
	u32 abi_mode;
	int (*check)(enum corbel_vm_type type, char *reason, size_t size);
	int (*vm_create)(struct vm *vm);
	void (*vm_destroy)(struct vm *vm);
	void (*memory_changed)(struct vm *vm);
	int (*vcpu_create)(struct vcpu *vcpu);
	void (*vcpu_destroy)(struct vcpu *vcpu);
	void (*reset)(struct vcpu *vcpu);
	void (*start_ap)(struct vcpu *vcpu, u8 vector);
	int (*enter)(struct vcpu *vcpu);
	int (*handle_exit)(struct vcpu *vcpu);
	void (*get_sregs)(struct vcpu *vcpu, struct kvm_sregs *sregs);
	int (*set_sregs)(struct vcpu *vcpu, const struct kvm_sregs *sregs);
	void (*load_cr3)(struct vcpu *vcpu, bool keep);
	void (*flush_page)(struct vcpu *vcpu, u64 address);
	void (*flush_all)(struct vcpu *vcpu);
	struct page *(*own_page)(struct vcpu *vcpu, u64 address);
	void (*queue_exception)(struct vcpu *vcpu, u8 vector, bool has_error,
				u32 error);
	bool (*interrupts_enabled)(struct vcpu *vcpu);
	void (*set_interrupts)(struct vcpu *vcpu, bool on);
	u32 (*code_mode)(struct vcpu *vcpu, enum decode_mode *mode);
	u64 (*segment_base)(struct vcpu *vcpu, int segment);
	int (*get_msr)(struct vcpu *vcpu, u32 msr, u64 *value);
	int (*set_msr)(struct vcpu *vcpu, u32 msr, u64 value);
};

static inline bool is_canonical48(u64 address)
{
	return (u64)((s64)(address << 16) >> 16) == address;
}

#endif /* CORBEL_H */
