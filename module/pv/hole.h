/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hole: the part of the address space that host and guest both see while
 * the CPU goes from one to the other.
 *
 * x86-64 Linux leaves slot 256 of its top-level page tables to hypervisors.
 * There, in the address space of the process that runs the VM, each vCPU has a
 * slice of 2 MiB; the same slice, at the same address, is in each of the
 * vCPU's shadow roots.  All of it is supervisor memory, which a guest, in ring
 * 3, can't touch.
 *
 *	page	what			guest's root	host's root
 *	0-1	switcher code		R X		R X
 *	2	struct pv_data		RW		RW
 *	3	interrupt table		R		R
 *	4	interrupt stacks	RW		RW
 *	5	page shared with guest	RW		RW
 *	6	struct pv_host		-		RW
 *	16-31	copy of the guest's LDT	R		R
 *
 * A guest on a CPU that leaks supervisor memory (Meltdown, MDS) may read what
 * its root maps, so pv_data holds the guest's own state and of the host no more
 * than its CR3; all else that the way back needs lies in pv_host.
 *
 * Above the slices, in the guest's root only, stands the ladder for returns to
 * a 16-bit stack: 65536 read-only views of pv_data, 64 KiB apart (see
 * pv_return_stack()).
 */
#ifndef CORBEL_PV_HOLE_H
#define CORBEL_PV_HOLE_H

#define SLICE_SHIFT		21

#define SLICE_CODE		0x0000
#define SLICE_CODE_SIZE		0x2000
#define SLICE_DATA		0x2000
#define SLICE_IDT		0x3000
#define SLICE_STACKS		0x4000
#define SLICE_VCPU_PAGE		0x5000
#define SLICE_HOST		0x6000
#define PV_STUB_SIZE		16
#define SLICE_LDT		0x10000
#define SLICE_LDT_SIZE		0x10000

/* Where in the slot the ladder starts: the second half of it. */
#define HOLE_LADDER		(1UL << 38)

/* Interrupt stacks, by the index that the host's own gates use. */
#define STACK_SIZE		0x400
#define STACK_DF		1
#define STACK_NMI		2
#define STACK_DB		3
#define STACK_MC		4

/* What guest_regs.vector says beside the vectors of the CPU. */
#define EXIT_HYPERCALL		0x100	/* SYSCALL from the guest kernel */
#define EXIT_RETURN		0x101	/* to guest user, with work to do */
#define EXIT_SYSCALL32		0x102	/* SYSCALL from 32-bit guest user */
#define EXIT_BAD_RETURN		0x103	/* IRETQ to the guest faulted */
#define EXIT_SWITCHER_FAULT	0x104	/* the switcher itself did */
#define EXIT_NOTED		0x105	/* pv_data.noted is set */

/* Bits of pv_data.work: what a return to guest user must leave for. */
#define WORK_NOTED		1	/* pv_data.noted is set */
#define WORK_EVENT		2	/* an interrupt waits */
#define WORK_DESCRIPTORS	4	/* the guest's GDT must be read */
#define WORK_SUPERVISOR		8	/* user would see kernel pages */

/* Bits of pv_data.noted: what came in the switcher, for the host. */
#define NOTED_NMI		1
#define NOTED_MC		2

/* Selectors, the same for host and guest. */
#define GUEST_CS		0x33
#define GUEST_SS		0x2b

/* Flags that the guest may have, and those it always has: IF and bit 1. */
#define GUEST_RFLAGS		0x254dd5
#define GUEST_RFLAGS_SET	0x202

#ifndef __ASSEMBLER__

#include <linux/mm_types.h>
#include <asm/desc_defs.h>
#include <asm/processor.h>

#include "../corbel.h"

#define PV_GDT_ENTRIES		16

/* One of the contexts that the switcher can go to by itself. */
struct pv_context {
	u64 tag;
	u64 root[NR_VIEWS];
	u64 unused;
};

/**
 * struct pv_data - what the switcher works on
 * @guard:	room for the frame of a fault at IRETQ
 * @regs:	the guest's registers; the stack of ring 0 ends behind them, so
 *		the CPU and the switcher push them into place
 * @host_cr3:	the host's root
 * @root:	the guest's roots, by view
 * @enter_root:	which of them to enter with
 * @cr3:	the guest's CR3, without bit 63
 * @gs:		GS base of the guest, while it is not in the CPU
 * @gs_kernel:	GS base of the guest kernel
 * @iret_stack:	where IRETQ finds its frame: @regs.rip, or a step of the ladder
 * @user_rsp:	scratch
 * @scratch:	scratch
 * @entry_syscall: where the guest kernel takes system calls
 * @entry_rflags: with which flags; TF is set when something is noted
 * @site_sysret: shim.h
 * @site_iret:	shim.h
 * @site_load_cr3: shim.h
 * @contexts:	those it may switch to, at the index that mmu.h gives them
 * @fault_vector: of a fault at IRETQ or in the switcher
 * @fault_error: its error code
 * @fault_rip:	its address
 * @work:	WORK_*
 * @kernel:	the guest is in kernel mode
 * @noted:	NOTED_*
 * @in_c:	the host's C code runs, on the switcher's interrupt table
 * @stats:	counters, of which the switcher counts some
 * @gdt:	the guest's global descriptor table, as the CPU sees it
 * @tss:	its task state
 */
struct pv_data {
	u8 guard[256];
	struct guest_regs regs;
	u64 host_cr3;
	u64 root[NR_VIEWS];
	u64 enter_root;
	u64 cr3;
	u64 gs;
	u64 gs_kernel;
	u64 iret_stack;
	u64 user_rsp;
	u64 scratch;
	u64 entry_syscall;
	u64 entry_rflags;
	u64 site_sysret;
	u64 site_iret;
	u64 site_load_cr3;
	struct pv_context contexts[NR_CONTEXTS];
	u64 fault_vector;
	u64 fault_error;
	u64 fault_rip;
	u32 work;
	u8 kernel;
	u8 noted;
	u8 in_c;
	struct vcpu_stats stats;
	struct desc_struct gdt[PV_GDT_ENTRIES] __aligned(16);
	struct x86_hw_tss tss __aligned(16);
};

static_assert(sizeof(struct pv_data) <= PAGE_SIZE);
static_assert((offsetof(struct pv_data, regs) + sizeof(struct guest_regs)) % 16
	      == 0, "the CPU aligns the stack it pushes on");

/**
 * struct pv_host - what the way back to the host needs
 * @rsp:	stack
 * @gs_base:	per-CPU base
 * @landing:	where the module goes on
 * @forward:	pv_forward_exception()
 * @vcpu:	its argument
 */
struct pv_host {
	u64 rsp;
	u64 gs_base;
	u64 landing;
	u64 forward;
	struct vcpu *vcpu;
};

/* data, idt, stacks, host, 2 level 1 tables, 3 above them, 2 of the ladder */
#define SLICE_TABLES	(11 + SLICE_LDT_SIZE / PAGE_SIZE)

/**
 * struct pv_slice - a vCPU's part of the hole
 * @hole:	the hole it is in
 * @index:	which slice
 * @va:		where it starts
 * @data, @idt, @stacks, @host: its pages, where the module finds them
 * @ldt:	likewise; NULL until the guest has an LDT
 * @guest_table, @host_table: level 1 tables
 * @reserved:	the entry for slot 256 of shadow roots
 * @tables:	all pages that go with the slice
 * @nr_tables:	how many
 */
struct pv_slice {
	struct pv_hole *hole;
	unsigned int index;
	unsigned long va;
	struct pv_data *data;
	gate_desc *idt;
	void *stacks;
	struct pv_host *host;
	struct desc_struct *ldt[SLICE_LDT_SIZE / PAGE_SIZE];
	u64 *guest_table, *host_table;
	u64 reserved;
	u64 *tables[SLICE_TABLES];
	unsigned int nr_tables;
};

int pv_hole_init(void);
void pv_hole_exit(void);
int pv_hole_check(struct mm_struct *mm);
unsigned long pv_hole_va(void);
int pv_slice_create(struct pv_slice *slice, struct mm_struct *mm,
		    const void *vcpu_page);
void pv_slice_destroy(struct pv_slice *slice);
int pv_slice_alloc_ldt(struct pv_slice *slice);

#endif /* __ASSEMBLER__ */

#endif /* CORBEL_PV_HOLE_H */
