/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is counted, for a VM and for a vCPU.
 *
 * Each list is the one place that names a counter: from it come the fields,
 * and the names that userspace finds behind CORBEL_GET_STATS_FD, in this order.
 * Counters of a vCPU are written by its own thread (or by the switcher on its
 * behalf) and read by anyone: plain 64-bit words.
 */
#ifndef CORBEL_STATS_H
#define CORBEL_STATS_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/types.h>

/* X(type, name): type is CUMULATIVE or INSTANT, as KVM_STATS_TYPE_* */
#define VM_STATS(X)							\
	X(INSTANT, pages_pinned)	/* guest memory at hand */	\
	X(INSTANT, shadow_pages)	/* page tables made for it */	\
	X(INSTANT, shadow_limit)	/* at most that many */

#define VCPU_STATS(X)							\
	X(CUMULATIVE, exits)		/* guest left for C code */	\
	X(CUMULATIVE, full_exits)	/* ... with all host state */	\
	X(CUMULATIVE, userspace_exits)	/* ... for the monitor */	\
	X(CUMULATIVE, exit_interrupt)	/* by reason: host interrupt */	\
	X(CUMULATIVE, exit_nmi)						\
	X(CUMULATIVE, exit_fault)	/* page fault */		\
	X(CUMULATIVE, exit_exception)	/* any other exception */	\
	X(CUMULATIVE, exit_privileged)	/* an instruction to emulate */	\
	X(CUMULATIVE, exit_io)		/* port or MMIO */		\
	X(CUMULATIVE, exit_msr)						\
	X(CUMULATIVE, exit_cpuid)					\
	X(CUMULATIVE, exit_cr)						\
	X(CUMULATIVE, exit_halt)					\
	X(CUMULATIVE, exit_hypercall)					\
	X(CUMULATIVE, exit_return)	/* return to user with work */	\
	X(CUMULATIVE, exit_other)					\
	X(CUMULATIVE, switch_syscall)	/* inside the switcher: */	\
	X(CUMULATIVE, switch_return)	/* kernel to user */		\
	X(CUMULATIVE, switch_cr3)	/* address space */		\
	X(CUMULATIVE, cr3_writes)	/* by the host for the guest */	\
	X(CUMULATIVE, cr4_writes)					\
	X(CUMULATIVE, table_loads)	/* LGDT, LIDT, LTR */		\
	X(CUMULATIVE, msr_writes)					\
	X(CUMULATIVE, shadow_fills)	/* entries filled on demand */	\
	X(CUMULATIVE, shadow_prefills)	/* ... beside one that was */	\
	X(CUMULATIVE, shadow_zaps)	/* pages of entries dropped */	\
	X(CUMULATIVE, flush_page)	/* asked for by the guest */	\
	X(CUMULATIVE, flush_context)					\
	X(CUMULATIVE, flush_all)					\
	X(CUMULATIVE, injected_interrupts)				\
	X(CUMULATIVE, injected_exceptions)				\
	X(CUMULATIVE, halts)		/* its thread slept */

#define STAT_FIELD(type, name) u64 name;

struct vm_stats {
	VM_STATS(STAT_FIELD)
};

struct vcpu_stats {
	VCPU_STATS(STAT_FIELD)
};

/* For counters of a VM, which several threads add to. */
static inline void stat_add(u64 *counter, s64 n)
{
	atomic64_add(n, (atomic64_t *)counter);
}

struct vcpu;
struct vm;

struct seq_file;

int vm_stats_fd(struct vm *vm);
int vcpu_stats_fd(struct vcpu *vcpu);
void vm_stats_show(struct seq_file *seq, struct vm *vm);

#endif /* CORBEL_STATS_H */
