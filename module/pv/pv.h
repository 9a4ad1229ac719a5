/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pv mode: the guest kernel in ring 3, on shadow page tables, through a shim.
 *
 *	hole.c		the address space between host and guest
 *	switcher.S	going to and fro in it
 *	enter.c		the host's state: out of the CPU and back into it
 *	exit.c		why the guest was left, and what is to be done
 *	privileged.c	what the guest kernel may do and ring 3 may not
 *	event.c		exceptions and interrupts for the guest
 *	segment.c	its descriptor tables, as far as the CPU gets to see them
 *	shim.c		CORBEL_SET_SHIM
 *	pv.c		the vendor interface
 */
#ifndef CORBEL_PV_H
#define CORBEL_PV_H

#include "../vm.h"
#include "hole.h"

/**
 * struct pv_vm - what pv keeps for a VM
 * @shim:	pages of the shim's image
 * @nr_shim:	how many
 * @entry:	the header's offsets as addresses: 0 for those that are not used
 */
struct pv_vm {
	struct page *shim[CORBEL_SHIM_MAX_SIZE / PAGE_SIZE];
	unsigned int nr_shim;
	struct {
		u64 end;
		u64 syscall, event, event_error, ap;
		u64 sysret, iret, load_cr3;
		u64 iret_start, iret_end;
		u64 load_gs, load_gs_fixup;
	} entry;
};

/*
 * A page of guest kernel data that is read on each event (its interrupt
 * table, its task state): where it is, so that it need not be looked up.
 */
struct pv_window {
	u64 page;		/* gva, or NO_WINDOW */
	void *here;
};

#define NO_WINDOW	1

/**
 * struct pv_vcpu - what pv keeps for a vCPU
 * @slice:	its slice of the hole
 * @data:	slice.data
 * @page:	the page shared with the guest
 * @exception:	one to be delivered
 * @delivered:	vector of the last event
 * @fault_address: CR2 of the last exit by a page fault
 * @result:	what pv_handle() said of the last exit
 * @left:	the host's state is back in the CPU
 * @host_event:	vector of the host's interrupt that caused the last exit, or 0
 * @undelivered: pv_deliver() must be called where it may sleep
 * @gs_swapped:	the guest kernel has executed SWAPGS an odd number of times
 * @ds, @es, @fs, @gs: the guest's selectors, while they are not in the CPU
 * @fs_base:	likewise
 * @tss:	base and limit of the guest's task state
 * @tr, @ldtr:	selectors that the guest has loaded
 * @idt_window, @tss_window: see struct pv_window
 * @gdt_window:	likewise
 * @host:	of the host, while the guest runs
 */
struct pv_vcpu {
	struct pv_slice slice;
	struct pv_data *data;
	struct corbel_vcpu_page *page;
	struct {
		bool pending;
		bool has_error;
		u8 vector;
		u32 error;
	} exception;
	u8 delivered;
	u64 fault_address;
	int result;
	bool left;
	u8 host_event;
	bool undelivered;
	bool gs_swapped;
	u16 ds, es, fs, gs;
	u64 fs_base;
	struct table_reg tss;
	u16 tr, ldtr;
	struct pv_window idt_window, tss_window, gdt_window;
	struct {
		u16 ds, es, fs, gs, ldt;
		unsigned long fs_base;
		unsigned long cr4;
	} host;
};

/* pv.c */
int pv_init(void);
void pv_exit(void);

/* switcher.S */
extern const char pv_switcher[], pv_switcher_end[];
extern const char pv_switcher_enter[], pv_switcher_syscall[];
extern const char pv_switcher_syscall32[], pv_landing[];
void pv_switch(unsigned long slice, struct vcpu *vcpu);
void pv_call_gate(unsigned long handler);

/* enter.c */
void pv_enter_init(void);
int pv_enter(struct vcpu *vcpu);
bool pv_light_exit(struct vcpu *vcpu);
unsigned long pv_forward_exception(u64 vector, struct vcpu *vcpu);

/* exit.c */
int pv_handle(struct vcpu *vcpu);
void pv_prepare(struct vcpu *vcpu);
void pv_load_cr3(struct vcpu *vcpu, bool keep);
void pv_flush_page(struct vcpu *vcpu, u64 address);
void pv_flush_all(struct vcpu *vcpu);
struct page *pv_own_page(struct vcpu *vcpu, u64 address);

/* privileged.c */
int pv_emulate_privileged(struct vcpu *vcpu);
void pv_swapgs(struct vcpu *vcpu);

/* event.c */
void pv_queue_exception(struct vcpu *vcpu, u8 vector, bool has_error,
			u32 error);
int pv_deliver(struct vcpu *vcpu);
void pv_to_kernel(struct vcpu *vcpu);
void pv_drop_windows(struct vcpu *vcpu);
int pv_read_window(struct vcpu *vcpu, struct pv_window *window, u64 address,
		   void *data, size_t size);

/* segment.c */
int pv_load_tls(struct vcpu *vcpu, const u64 descriptors[3]);
int pv_sync_descriptors(struct vcpu *vcpu);
int pv_load_tr(struct vcpu *vcpu, u16 selector);
int pv_load_ldt(struct vcpu *vcpu, u16 selector);
bool pv_selector_is_loadable(struct vcpu *vcpu, u16 selector);
int pv_port_allowed(struct vcpu *vcpu, u16 port, int size);

/* shim.c */
int pv_set_shim(struct vm *vm, const struct corbel_shim *layout);

static inline bool pv_in_shim(const struct vcpu *vcpu)
{
	return vcpu->pv->data->kernel &&
	       vcpu->regs->rip - CORBEL_SHIM_VA <
	       vcpu->vm->pv->entry.end - CORBEL_SHIM_VA;
}

static inline bool pv_interrupts_enabled(const struct vcpu *vcpu)
{
	return !vcpu->pv->data->kernel ||
	       (READ_ONCE(vcpu->pv->page->vif) & X86_EFLAGS_IF);
}

#endif /* CORBEL_PV_H */
