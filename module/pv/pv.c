// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vendor interface of pv mode (struct vendor_ops), and what it takes to
 * offer the mode at all.
 */
#include <linux/cc_platform.h>
#include <linux/slab.h>
#include <asm/cpufeature.h>
#include <asm/desc.h>
#include <asm/debugreg.h>
#include <asm/fsgsbase.h>
#include <asm/msr-index.h>
#include <asm/segment.h>

#include "../control.h"
#include "pv.h"

/* The switcher uses Linux's selectors without loading MSR_STAR. */
#define STAR_HIGH	((__USER32_CS << 16) | __KERNEL_CS)

static const struct {
	int feature;
	const char *reason;
} required[] = {
	{ X86_FEATURE_SYSCALL, "the CPU has no SYSCALL" },
	{ X86_FEATURE_NX, "the CPU has no NX bit, or the kernel does not use it" },
	{ X86_FEATURE_FSGSBASE, "the CPU has no FSGSBASE, or the kernel was started with nofsgsbase" },
	{ X86_FEATURE_CX16, "the CPU has no CMPXCHG16B" },
};

static const char *reason_against(void)
{
	unsigned int i;
	u64 star;

	if (boot_cpu_has(X86_FEATURE_XENPV))
		return "the host is itself a Xen PV guest";
	for (i = 0; i < ARRAY_SIZE(required); i++)
		if (!boot_cpu_has(required[i].feature))
			return required[i].reason;
#ifdef X86_CR4_FRED
	if (__read_cr4() & X86_CR4_FRED)
		return "the host uses FRED (start it with fred=off)";
#endif
	if (cc_platform_has(CC_ATTR_GUEST_STATE_ENCRYPT))
		return "the host is an SEV-ES guest, whose exceptions can't be taken over";
	rdmsrl(MSR_STAR, star);
	if (star >> 32 != STAR_HIGH)
		return "the host kernel's segment selectors are not Linux's";
	if (current->mm && pv_hole_check(current->mm))
		return "slot 256 of the kernel's page tables is in use";
	return NULL;
}

static int pv_check(enum corbel_vm_type type, char *reason, size_t size)
{
	const char *why = reason_against();

	strscpy(reason, why ?: "", size);
	return why ? -EOPNOTSUPP : 0;
}

static int pv_vm_create(struct vm *vm)
{
	vm->pv = kzalloc(sizeof(*vm->pv), GFP_KERNEL_ACCOUNT);
	return vm->pv ? 0 : -ENOMEM;
}

static void pv_vm_destroy(struct vm *vm)
{
	kfree(vm->pv);
}

/* Guest kernel mode, long mode on: where a shim's guest starts. */
static void pv_reset(struct vcpu *vcpu)
{
	struct pv_vcpu *pv = vcpu->pv;
	struct pv_data *data = pv->data;

	vcpu->cr0 = X86_CR0_PE | X86_CR0_MP | X86_CR0_ET | X86_CR0_NE |
		    X86_CR0_WP | X86_CR0_AM | X86_CR0_PG;
	vcpu->cr4 = X86_CR4_PAE;
	vcpu->efer = EFER_SCE | EFER_LME | EFER_LMA | EFER_NX;
	vcpu->idt.limit = 0;
	vcpu->gdt.limit = 0;

	memset(vcpu->regs, 0, sizeof(*vcpu->regs));
	vcpu->regs->cs = GUEST_CS;
	vcpu->regs->ss = GUEST_SS;
	data->kernel = 1;
	data->gs = 0;
	data->gs_kernel = 0;
	data->entry_rflags = GUEST_RFLAGS_SET;
	data->work = vcpu->vm->shim.header.features &
		     CORBEL_FEATURE_LAZY_TLS ? 0 : WORK_DESCRIPTORS;
	pv->page->vif = 0;
	pv->page->pending = 0;
	pv->exception.pending = false;
	pv->undelivered = false;
	pv->gs_swapped = false;
	pv->ds = 0;
	pv->es = 0;
	pv->fs = 0;
	pv->gs = 0;
	pv->fs_base = 0;
	pv->tss = (struct table_reg) {};
	pv->tr = 0;
	pv->ldtr = 0;
	memset(data->gdt + GDT_ENTRY_LDT, 0, 2 * sizeof(*data->gdt));
	pv_flush_all(vcpu);
	pv_load_cr3(vcpu, false);
}

static void pv_start_ap(struct vcpu *vcpu, u8 vector)
{
	vcpu->cr3 = vcpu->vm->shim.layout.ap_cr3;
	vcpu->vm->ops->load_cr3(vcpu, false);
	vcpu->regs->rip = vcpu->vm->pv->entry.ap;
}

static void init_page(struct vcpu *vcpu)
{
	struct corbel_vcpu_page *page = vcpu->pv->page;

	memset(page, 0, sizeof(*page));
	page->abi_version = CORBEL_ABI_VERSION;
	page->features = vcpu->vm->shim.header.features;
	page->vcpu_id = vcpu->id;
	page->tsc_khz = tsc_khz;
}

static void init_data(struct vcpu *vcpu)
{
	struct pv_vcpu *pv = vcpu->pv;
	const struct pv_vm *vm = vcpu->vm->pv;

	pv->data->entry_syscall = vm->entry.syscall;
	pv->data->site_sysret = vm->entry.sysret;
	pv->data->site_iret = vm->entry.iret;
	pv->data->site_load_cr3 = vm->entry.load_cr3;
	pv->slice.host->landing = (unsigned long)pv_landing;
	pv->slice.host->forward = (unsigned long)pv_forward_exception;
	pv->slice.host->vcpu = vcpu;
}

static void pv_vcpu_destroy(struct vcpu *vcpu)
{
	if (!vcpu->pv)
		return;
	mmu_destroy(vcpu->mmu);
	pv_slice_destroy(&vcpu->pv->slice);
	kfree(vcpu->pv);
}

static int pv_vcpu_create(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	struct page *shared;
	struct pv_vcpu *pv;
	int err;

	if (!vm->shim.set)
		return -EINVAL;
	err = guest_page_get(vm, (vm->shim.layout.vcpu_pages >> PAGE_SHIFT) +
			     vcpu->id, &shared);
	if (err)
		return err == -ENOENT ? -EFAULT : err;
	pv = kzalloc(sizeof(*pv), GFP_KERNEL_ACCOUNT);
	if (!pv)
		return -ENOMEM;
	vcpu->pv = pv;
	pv->page = page_address(shared);
	err = pv_slice_create(&pv->slice, vm->mm, pv->page);
	if (err)
		return err;
	pv->data = pv->slice.data;
	pv->left = true;
	vcpu->regs = &pv->data->regs;
	vcpu->stats = &pv->data->stats;
	vcpu->mmu = mmu_create(vcpu, true, pgtable_l5_enabled(),
			       pv->slice.reserved);
	if (!vcpu->mmu)
		return -ENOMEM;
	init_page(vcpu);
	init_data(vcpu);
	pv_drop_windows(vcpu);
	return 0;
}

static void pv_get_sregs(struct vcpu *vcpu, struct kvm_sregs *sregs)
{
	struct pv_vcpu *pv = vcpu->pv;

	sregs->cs.selector = pv->data->kernel ? __KERNEL_CS : vcpu->regs->cs;
	sregs->ss.selector = pv->data->kernel ? __KERNEL_DS : vcpu->regs->ss;
	sregs->ds.selector = pv->ds;
	sregs->es.selector = pv->es;
	sregs->fs.selector = pv->fs;
	sregs->gs.selector = pv->gs;
	sregs->fs.base = pv->fs_base;
	sregs->gs.base = pv->data->gs;
	sregs->tr.selector = pv->tr;
	sregs->tr.base = pv->tss.base;
	sregs->tr.limit = pv->tss.limit;
	sregs->ldt.selector = pv->ldtr;
}

/* In guest kernel mode, with flat segments: what can't be said otherwise. */
static int pv_set_sregs(struct vcpu *vcpu, const struct kvm_sregs *sregs)
{
	u64 must = X86_CR0_PE | X86_CR0_PG;

	if ((sregs->cr0 & must) != must || !(sregs->cr4 & X86_CR4_PAE) ||
	    !(sregs->efer & EFER_LMA) || !vcpu->pv->data->kernel)
		return -EINVAL;
	if (!is_canonical48(sregs->fs.base) || !is_canonical48(sregs->gs.base))
		return -EINVAL;
	vcpu->pv->fs_base = sregs->fs.base;
	vcpu->pv->data->gs = sregs->gs.base;
	vcpu->pv->data->gs_kernel = sregs->gs.base;
	return 0;
}

static bool pv_interrupts_on(struct vcpu *vcpu)
{
	return pv_interrupts_enabled(vcpu);
}

static void pv_set_interrupts(struct vcpu *vcpu, bool on)
{
	WRITE_ONCE(vcpu->pv->page->vif, on ? X86_EFLAGS_IF : 0);
}

static u32 pv_code_mode(struct vcpu *vcpu, enum decode_mode *mode)
{
	struct pv_data *data = vcpu->pv->data;
	u16 selector = vcpu->regs->cs;
	struct desc_struct desc = {};

	if (!(selector & SEGMENT_TI_MASK) && selector >> 3 < PV_GDT_ENTRIES)
		desc = data->gdt[selector >> 3];
	else if (data->gdt[GDT_ENTRY_LDT].p)
		desc = vcpu->pv->slice.ldt[selector >> 12][selector >> 3 & 511];
	*mode = desc.l ? DECODE_64 : desc.d ? DECODE_32 : DECODE_16;
	return data->kernel ? 0 : FAULT_USER;
}

static u64 selector_base(struct vcpu *vcpu, u16 selector)
{
	struct pv_data *data = vcpu->pv->data;

	if (!(selector & ~3))
		return 0;
	if (!(selector & SEGMENT_TI_MASK))
		return selector >> 3 < PV_GDT_ENTRIES ?
		       get_desc_base(&data->gdt[selector >> 3]) : 0;
	if (!data->gdt[GDT_ENTRY_LDT].p)
		return 0;
	return get_desc_base(&vcpu->pv->slice.ldt[selector >> 12]
						 [selector >> 3 & 511]);
}

/* FS base and the selectors are in the CPU until its state is restored. */
static u64 pv_segment_base(struct vcpu *vcpu, int segment)
{
	struct pv_vcpu *pv = vcpu->pv;
	u16 ds = pv->ds, es = pv->es;

	if (!pv->left) {
		savesegment(ds, ds);
		savesegment(es, es);
	}
	switch (segment) {
	case SREG_ES:
		return selector_base(vcpu, es);
	case SREG_CS:
		return selector_base(vcpu, vcpu->regs->cs);
	case SREG_SS:
		return selector_base(vcpu, vcpu->regs->ss);
	case SREG_DS:
		return selector_base(vcpu, ds);
	case SREG_FS:
		return pv->left ? pv->fs_base : rdfsbase();
	default:
		return pv->data->gs;
	}
}

static int pv_get_msr(struct vcpu *vcpu, u32 msr, u64 *value)
{
	struct pv_vcpu *pv = vcpu->pv;

	switch (msr) {
	case MSR_FS_BASE:
		*value = pv_segment_base(vcpu, SREG_FS);
		return 0;
	case MSR_GS_BASE:
		*value = pv->data->gs;
		return 0;
	case MSR_KERNEL_GS_BASE:
		*value = READ_ONCE(pv->page->user_gs);
		return 0;
	}
	return -ENOENT;
}

static int pv_set_msr(struct vcpu *vcpu, u32 msr, u64 value)
{
	struct pv_vcpu *pv = vcpu->pv;

	switch (msr) {
	case MSR_FS_BASE:
		if (pv->left)
			pv->fs_base = value;
		else
			wrfsbase(value);
		return 0;
	case MSR_GS_BASE:
		pv->data->gs = value;
		pv->data->gs_kernel = value;
		return 0;
	case MSR_KERNEL_GS_BASE:
		pv->page->user_gs = value;
		return 0;
	}
	return -ENOENT;
}

const struct vendor_ops pv_vendor_ops = {
	.name			= "pv",
	.abi_mode		= CORBEL_MODE_PV,
	.check			= pv_check,
	.vm_create		= pv_vm_create,
	.vm_destroy		= pv_vm_destroy,
	.vcpu_create		= pv_vcpu_create,
	.vcpu_destroy		= pv_vcpu_destroy,
	.reset			= pv_reset,
	.start_ap		= pv_start_ap,
	.enter			= pv_enter,
	.handle_exit		= pv_handle,
	.get_sregs		= pv_get_sregs,
	.set_sregs		= pv_set_sregs,
	.load_cr3		= pv_load_cr3,
	.flush_page		= pv_flush_page,
	.flush_all		= pv_flush_all,
	.own_page		= pv_own_page,
	.queue_exception	= pv_queue_exception,
	.interrupts_enabled	= pv_interrupts_on,
	.set_interrupts		= pv_set_interrupts,
	.code_mode		= pv_code_mode,
	.segment_base		= pv_segment_base,
	.get_msr		= pv_get_msr,
	.set_msr		= pv_set_msr,
};

int pv_init(void)
{
	pv_enter_init();
	return pv_hole_init();
}

void pv_exit(void)
{
	pv_hole_exit();
}
