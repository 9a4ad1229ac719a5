// SPDX-License-Identifier: GPL-2.0-only
/*
 * Into the guest and back, as far as the host's state goes.
 *
 * There are two kinds of exit.  Most are light: the switcher brings back the
 * host's CR3, stack and GS base, calls pv_light_exit(), and if that can do with
 * interrupts off what there is to do, goes straight back.  Meanwhile the
 * switcher's interrupt table, descriptor table, task state, MSRs and CR4 stay
 * in the CPU.  For all else the host gets all of its state back: a full exit.
 *
 * So between load_guest_state() and restore_host_state() C code runs in the
 * kernel as usual, but must not sleep, enable interrupts or touch userspace.
 * An exception there (a breakpoint of the host's own code patching, or a bug)
 * first restores the host's state: pv_forward_exception().
 */
#include <linux/hw_breakpoint.h>
#include <linux/sched.h>
#include <asm/apic.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/fsgsbase.h>
#include <asm/sync_core.h>

#include "../entry.h"
#include "../trace.h"
#include "../vm.h"
#include "pv.h"

/* Every flag that a guest may set is cleared by its SYSCALL. */
#define SYSCALL_MASK	0x277fd5

/*
 * CR4 while the guest runs.  Its translations must not meet the host's global
 * ones; ring 0 does not touch user pages, but an emulator that checks SMAP on
 * IRETQ from ring 3 would; and the guest has no PKU and no performance
 * counters.  TSD is the guest's own.
 */
#define CR4_CLEARED	(X86_CR4_PGE | X86_CR4_SMAP | X86_CR4_PKE | \
			 X86_CR4_PCE | X86_CR4_TSD)

/* What is the same on every CPU of this host. */
static struct {
	u64 lstar, cstar, sfmask, sysenter_cs;
	struct desc_ptr idt;
} host;

void pv_enter_init(void)
{
	store_idt(&host.idt);
	rdmsrl(MSR_LSTAR, host.lstar);
	rdmsrl(MSR_CSTAR, host.cstar);
	rdmsrl(MSR_SYSCALL_MASK, host.sfmask);
	rdmsrl(MSR_IA32_SYSENTER_CS, host.sysenter_cs);
}

static void write_cr4(struct vcpu *vcpu, unsigned long cr4)
{
	asm volatile("mov %0, %%cr4" : : "r" (cr4) : "memory");
	vcpu->stats->cr4_writes++;
}

static void load_msrs(struct vcpu *vcpu)
{
	unsigned long va = vcpu->pv->slice.va;

	wrmsrl(MSR_LSTAR, va + (pv_switcher_syscall - pv_switcher));
	wrmsrl(MSR_CSTAR, va + (pv_switcher_syscall32 - pv_switcher));
	wrmsrl(MSR_SYSCALL_MASK, SYSCALL_MASK);
	/* Else SYSENTER would enter the host with the guest's CR3. */
	wrmsrl(MSR_IA32_SYSENTER_CS, 0);
	vcpu->stats->msr_writes += 4;
	entry_load_tsc_aux(vcpu);
}

static void restore_msrs(struct vcpu *vcpu)
{
	wrmsrl(MSR_LSTAR, host.lstar);
	wrmsrl(MSR_CSTAR, host.cstar);
	wrmsrl(MSR_SYSCALL_MASK, host.sfmask);
	wrmsrl(MSR_IA32_SYSENTER_CS, host.sysenter_cs);
	vcpu->stats->msr_writes += 4;
	entry_restore_tsc_aux(vcpu);
}

static void load_tables(struct vcpu *vcpu)
{
	struct pv_vcpu *pv = vcpu->pv;
	struct desc_ptr idt = {
		.address = pv->slice.va + SLICE_IDT,
		.size = IDT_ENTRIES * sizeof(gate_desc) - 1,
	};
	struct desc_ptr gdt = {
		.address = pv->slice.va + SLICE_DATA +
			   offsetof(struct pv_data, gdt),
		.size = sizeof(pv->data->gdt) - 1,
	};

	asm volatile("sldt %0" : "=rm" (pv->host.ldt));
	/* The interrupt table first: its handlers can cope with the rest. */
	native_load_idt(&idt);
	native_load_gdt(&gdt);
	pv->data->gdt[GDT_ENTRY_TSS].type = DESC_TSS;
	asm volatile("ltr %w0" : : "q" (GDT_ENTRY_TSS * 8));
	asm volatile("lldt %w0" : : "q" (pv->data->gdt[GDT_ENTRY_LDT].p ?
					 GDT_ENTRY_LDT * 8 : 0));
	vcpu->stats->table_loads += 4;
}

/* The interrupt table last, so that an NMI never meets half of our tables. */
static void restore_tables(struct vcpu *vcpu)
{
	struct desc_struct *gdt = get_current_gdt_rw();
	int cpu = smp_processor_id();

	/* LTR writes to the table, whose usual place is read-only. */
	load_direct_gdt(cpu);
	gdt[GDT_ENTRY_TSS].type = DESC_TSS;
	asm volatile("ltr %w0" : : "q" (GDT_ENTRY_TSS * 8));
	load_fixmap_gdt(cpu);
	asm volatile("lldt %w0" : : "q" (vcpu->pv->host.ldt));
	native_load_idt(&host.idt);
	vcpu->stats->table_loads += 5;
}

/* A selector that is no longer good is as if it had been loaded as 0. */
static u16 loadable(struct vcpu *vcpu, u16 selector)
{
	return pv_selector_is_loadable(vcpu, selector) ? selector : 0;
}

static void load_gs(u16 selector)
{
	unsigned long base;

	/* In between, GS does not lead to per-CPU data. */
	asm volatile("rdgsbase %0; mov %1, %%gs; wrgsbase %0"
		     : "=&r" (base) : "r" (selector) : "memory");
}

static void load_segments(struct vcpu *vcpu)
{
	struct pv_vcpu *pv = vcpu->pv;

	savesegment(ds, pv->host.ds);
	savesegment(es, pv->host.es);
	savesegment(fs, pv->host.fs);
	savesegment(gs, pv->host.gs);
	pv->host.fs_base = rdfsbase();
	pv->slice.host->gs_base = rdgsbase();

	if (pv->host.ds | pv->ds)
		loadsegment(ds, loadable(vcpu, pv->ds));
	if (pv->host.es | pv->es)
		loadsegment(es, loadable(vcpu, pv->es));
	if (pv->host.fs | pv->fs)
		loadsegment(fs, loadable(vcpu, pv->fs));
	wrfsbase(pv->fs_base);
	if (pv->host.gs | pv->gs)
		load_gs(loadable(vcpu, pv->gs));
}

static void restore_segments(struct vcpu *vcpu)
{
	struct pv_vcpu *pv = vcpu->pv;

	savesegment(ds, pv->ds);
	savesegment(es, pv->es);
	savesegment(fs, pv->fs);
	savesegment(gs, pv->gs);
	pv->fs_base = rdfsbase();

	asm volatile("mov %0, %%ss" : : "r" (__KERNEL_DS));
	if (pv->host.ds | pv->ds)
		loadsegment(ds, pv->host.ds);
	if (pv->host.es | pv->es)
		loadsegment(es, pv->host.es);
	if (pv->host.fs | pv->fs)
		loadsegment(fs, pv->host.fs);
	wrfsbase(pv->host.fs_base);
	if (pv->host.gs | pv->gs)
		load_gs(pv->host.gs);
}

/* The guest's breakpoints, but none on what the switcher needs. */
static u64 harmless_breakpoints(const struct vcpu *vcpu)
{
	u64 dr7 = vcpu->dr7;
	int i;

	for (i = 0; i < HBP_NUM; i++) {
		bool in_hole = vcpu->dr[i] - pv_hole_va() < CORBEL_HOLE_SIZE;
		bool is_io = (dr7 >> (16 + 4 * i) & 3) == 2;

		if (in_hole || is_io)
			dr7 &= ~(3ULL << (2 * i));
	}
	return dr7;
}

static unsigned long guest_cr4(const struct vcpu *vcpu)
{
	return (vcpu->pv->host.cr4 & ~CR4_CLEARED) | (vcpu->cr4 & X86_CR4_TSD);
}

static void load_guest_state(struct vcpu *vcpu)
{
	struct pv_vcpu *pv = vcpu->pv;

	pv->left = false;
	vcpu->reload = false;
	vcpu->leave = false;
	pv->data->in_c = 1;
	pv->data->host_cr3 = __read_cr3();
	if (boot_cpu_has(X86_FEATURE_PCID))
		pv->data->host_cr3 |= X86_CR3_PCID_NOFLUSH;
	pv->host.cr4 = native_read_cr4();

	entry_guard_predictors(vcpu);
	entry_load_fpu(vcpu);
	load_tables(vcpu);
	load_msrs(vcpu);
	write_cr4(vcpu, guest_cr4(vcpu));
	entry_load_breakpoints(vcpu, harmless_breakpoints(vcpu));
	load_segments(vcpu);
}

static void restore_host_state(struct vcpu *vcpu)
{
	struct pv_vcpu *pv = vcpu->pv;

	if (pv->left)
		return;
	pv->left = true;
	restore_segments(vcpu);
	entry_restore_breakpoints(vcpu);
	write_cr4(vcpu, pv->host.cr4);
	restore_msrs(vcpu);
	restore_tables(vcpu);
	entry_restore_fpu(vcpu);
	entry_guard_userspace();
	vcpu->stats->full_exits++;
}

static unsigned long host_handler(u8 vector)
{
	return gate_offset((gate_desc *)host.idt.address + vector);
}

/**
 * pv_forward_exception - the host's C code runs into an exception while the
 *			  switcher's interrupt table is in the CPU
 * @vector:	the exception
 * @vcpu:	the vCPU whose exit is being handled
 *
 * Called by the switcher, interrupts off.
 *
 * Return: the address of the host's own handler
 */
unsigned long pv_forward_exception(u64 vector, struct vcpu *vcpu)
{
	restore_host_state(vcpu);
	return host_handler(vector);
}

/**
 * pv_light_exit - the guest was left; do what can be done with interrupts off
 * @vcpu: the vCPU
 *
 * Called by pv_switch() between load_guest_state() and restore_host_state().
 *
 * Return: true to go straight back into the guest
 */
bool pv_light_exit(struct vcpu *vcpu)
{
	struct pv_vcpu *pv = vcpu->pv;

	/* Before anything else can fault. */
	pv->fault_address = native_read_cr2();
	if (vcpu->breakpoints)
		native_set_debugreg(7, 0);
	vcpu->stats->exits++;
	/* The CR3 loads of the exit and of the entry before it. */
	vcpu->stats->cr3_writes += 2;

	pv->result = pv_handle(vcpu);
	if (pv->result != EXIT_RESUME || READ_ONCE(vcpu->requests) ||
	    vcpu->reload || vcpu->leave || pv->left || pv->undelivered ||
	    pv->host_event || READ_ONCE(pv->data->noted))
		return false;

	if (vcpu->breakpoints)
		native_set_debugreg(7, vcpu->breakpoints);
	return true;
}

/*
 * The host's handler relies on there being no other NMI until its IRETQ, which
 * INT does not see to: so have a real one come.  The one that was noted may
 * still keep it away.
 */
static void repeat_nmi(void)
{
	apic->send_IPI(smp_processor_id(), NMI_VECTOR);
	iret_to_self();
}

/* Gives the host what came for it while the guest ran. */
static void dispatch_host_event(struct vcpu *vcpu)
{
	struct pv_vcpu *pv = vcpu->pv;
	struct pv_data *data = pv->data;
	u8 noted = data->noted;

	data->noted = 0;
	data->work &= ~WORK_NOTED;
	data->entry_rflags = GUEST_RFLAGS_SET;

	if (noted & NOTED_MC)
		asm volatile("int $18" : : : "memory");
	if (noted & NOTED_NMI)
		repeat_nmi();
	if (pv->host_event)
		pv_call_gate(host_handler(pv->host_event));
	pv->host_event = 0;
}

static void run(struct vcpu *vcpu)
{
	trace_corbel_entry(vcpu);
	load_guest_state(vcpu);
	pv_switch(vcpu->pv->slice.va, vcpu);
	restore_host_state(vcpu);
}

/**
 * pv_enter - run the guest until something needs more than a light exit
 * @vcpu: the vCPU; interrupts are on
 *
 * Return: EXIT_SLOW if pv_handle() must be called, else as enum exit_result
 */
int pv_enter(struct vcpu *vcpu)
{
	struct pv_vcpu *pv = vcpu->pv;
	int result;

	vcpu->may_sleep = true;
	result = pv_deliver(vcpu);
	if (result != EXIT_RESUME)
		return result;
	pv_prepare(vcpu);

	pv->result = EXIT_RESUME;
	if (entry_begin(vcpu))
		run(vcpu);
	dispatch_host_event(vcpu);
	entry_end(vcpu);
	return pv->result;
}
