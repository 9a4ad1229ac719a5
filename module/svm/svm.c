// SPDX-License-Identifier: GPL-2.0-only
/* The vendor interface of hvm mode (struct vendor_ops), by AMD-V. */
#include <linux/slab.h>
#include <asm/mem_encrypt.h>
#include <asm/msr-index.h>

#include "../control.h"
#include "svm.h"

static int svm_vm_create(struct vm *vm)
{
	int err;

	vm->svm = kzalloc(sizeof(*vm->svm), GFP_KERNEL_ACCOUNT);
	if (!vm->svm)
		return -ENOMEM;
	if (vm->type == CORBEL_VM_HVM_NESTED) {
		vm->svm->nested = nested_create(vm);
		if (!vm->svm->nested) {
			kfree(vm->svm);
			vm->svm = NULL;
			return -ENOMEM;
		}
	}
	err = svm_hardware_get();
	if (err) {
		nested_destroy(vm->svm->nested);
		kfree(vm->svm);
		vm->svm = NULL;
	}
	return err;
}

static void svm_vm_destroy(struct vm *vm)
{
	if (!vm->svm)
		return;
	svm_hardware_put();
	nested_destroy(vm->svm->nested);
	kfree(vm->svm);
}

static void svm_memory_changed(struct vm *vm)
{
	if (vm->svm->nested)
		nested_zap(vm->svm->nested);
}

static void svm_reset(struct vcpu *vcpu)
{
	struct svm_vcpu *svm = vcpu->svm;

	memset(&svm->regs, 0, sizeof(svm->regs));
	svm->regs.rflags = X86_EFLAGS_FIXED;
	svm->nmi_masked = false;
	svm->nmi_iret = false;
	svm->exception.pending = false;
	svm->flush = true;
	svm_init_vmcb(vcpu);
	if (vcpu->mmu) {
		mmu_flush_all(vcpu->mmu);
		mmu_load_cr3(vcpu->mmu, 0, false);
	}
}

static void svm_start_ap(struct vcpu *vcpu, u8 vector)
{
	struct vmcb_save_area *save = &svm_vmcb(vcpu)->save;

	save->cs.selector = vector << 8;
	save->cs.base = vector << 12;
	vcpu->regs->rip = 0;
}

static void svm_vcpu_destroy(struct vcpu *vcpu)
{
	struct svm_vcpu *svm = vcpu->svm;

	if (!svm)
		return;
	mmu_destroy(vcpu->mmu);
	free_page((unsigned long)svm->pae_root);
	free_page((unsigned long)svm->vmcb);
	kfree(svm);
}

static int svm_vcpu_create(struct vcpu *vcpu)
{
	struct svm_vcpu *svm = kzalloc(sizeof(*svm), GFP_KERNEL_ACCOUNT);

	if (!svm)
		return -ENOMEM;
	vcpu->svm = svm;
	vcpu->regs = &svm->regs;
	vcpu->stats = &svm->stats;
	svm->asid_cpu = -1;
	svm->vmcb = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!svm->vmcb)
		return -ENOMEM;
	svm->vmcb_pa = __sme_pa(svm->vmcb);
	if (svm_is_nested(vcpu))
		return 0;
	/* PAE takes only 32 bits of an address. */
	svm->pae_root = (u64 *)get_zeroed_page(GFP_KERNEL_ACCOUNT | GFP_DMA32);
	vcpu->mmu = mmu_create(vcpu, false, false, 0);
	return svm->pae_root && vcpu->mmu ? 0 : -ENOMEM;
}

static void get_segment(struct kvm_segment *out, const struct vmcb_seg *in)
{
	*out = (struct kvm_segment) {
		.base = in->base,
		.limit = in->limit,
		.selector = in->selector,
		.type = in->attrib & SVM_SELECTOR_TYPE_MASK,
		.s = !!(in->attrib & SVM_SELECTOR_S_MASK),
		.dpl = (in->attrib & SVM_SELECTOR_DPL_MASK) >>
		       SVM_SELECTOR_DPL_SHIFT,
		.present = !!(in->attrib & SVM_SELECTOR_P_MASK),
		.avl = !!(in->attrib & SVM_SELECTOR_AVL_MASK),
		.l = !!(in->attrib & SVM_SELECTOR_L_MASK),
		.db = !!(in->attrib & SVM_SELECTOR_DB_MASK),
		.g = !!(in->attrib & SVM_SELECTOR_G_MASK),
		.unusable = !(in->attrib & SVM_SELECTOR_P_MASK),
	};
}

static void set_segment(struct vmcb_seg *out, const struct kvm_segment *in)
{
	out->base = in->base;
	out->limit = in->limit;
	out->selector = in->selector;
	out->attrib = (in->type & SVM_SELECTOR_TYPE_MASK) |
		      (in->s & 1) << SVM_SELECTOR_S_SHIFT |
		      (in->dpl & 3) << SVM_SELECTOR_DPL_SHIFT |
		      (in->present && !in->unusable) << SVM_SELECTOR_P_SHIFT |
		      (in->avl & 1) << SVM_SELECTOR_AVL_SHIFT |
		      (in->l & 1) << SVM_SELECTOR_L_SHIFT |
		      (in->db & 1) << SVM_SELECTOR_DB_SHIFT |
		      (in->g & 1) << SVM_SELECTOR_G_SHIFT;
}

static void svm_get_sregs(struct vcpu *vcpu, struct kvm_sregs *sregs)
{
	const struct vmcb_save_area *save = &svm_vmcb(vcpu)->save;

	get_segment(&sregs->cs, &save->cs);
	get_segment(&sregs->ds, &save->ds);
	get_segment(&sregs->es, &save->es);
	get_segment(&sregs->fs, &save->fs);
	get_segment(&sregs->gs, &save->gs);
	get_segment(&sregs->ss, &save->ss);
	get_segment(&sregs->tr, &save->tr);
	get_segment(&sregs->ldt, &save->ldtr);
}

static int svm_set_sregs(struct vcpu *vcpu, const struct kvm_sregs *sregs)
{
	struct vmcb_save_area *save = &svm_vmcb(vcpu)->save;

	set_segment(&save->cs, &sregs->cs);
	set_segment(&save->ds, &sregs->ds);
	set_segment(&save->es, &sregs->es);
	set_segment(&save->fs, &sregs->fs);
	set_segment(&save->gs, &sregs->gs);
	set_segment(&save->ss, &sregs->ss);
	set_segment(&save->tr, &sregs->tr);
	set_segment(&save->ldtr, &sregs->ldt);
	save->cpl = sregs->ss.dpl & 3;
	return 0;
}

static void svm_load_cr3(struct vcpu *vcpu, bool keep)
{
	struct shadow_context *context;

	vcpu->svm->flush = true;
	if (!vcpu->mmu) {
		vcpu->reload = true;
		return;
	}
	context = mmu_load_cr3(vcpu->mmu, vcpu->cr3, keep);
	if (vcpu->efer & EFER_LMA)
		svm_vmcb(vcpu)->save.cr3 = mmu_root(vcpu->mmu, context,
						    VIEW_KERNEL);
}

static void svm_flush_page(struct vcpu *vcpu, u64 address)
{
	vcpu->svm->flush = true;
	if (vcpu->mmu)
		mmu_flush_page(vcpu->mmu, address);
}

static void svm_flush_all(struct vcpu *vcpu)
{
	vcpu->svm->flush = true;
	if (vcpu->mmu)
		mmu_flush_all(vcpu->mmu);
}

static bool svm_interrupts_enabled(struct vcpu *vcpu)
{
	return vcpu->regs->rflags & X86_EFLAGS_IF;
}

static u32 svm_code_mode(struct vcpu *vcpu, enum decode_mode *mode)
{
	const struct vmcb_save_area *save = &svm_vmcb(vcpu)->save;

	if ((vcpu->efer & EFER_LMA) && (save->cs.attrib & SVM_SELECTOR_L_MASK))
		*mode = DECODE_64;
	else
		*mode = save->cs.attrib & SVM_SELECTOR_DB_MASK ? DECODE_32 : DECODE_16;
	return save->cpl == 3 ? FAULT_USER : 0;
}

static u64 svm_segment_base(struct vcpu *vcpu, int segment)
{
	const struct vmcb_save_area *save = &svm_vmcb(vcpu)->save;

	switch (segment) {
	case SREG_ES:
		return save->es.base;
	case SREG_CS:
		return save->cs.base;
	case SREG_SS:
		return save->ss.base;
	case SREG_DS:
		return save->ds.base;
	case SREG_FS:
		return save->fs.base;
	}
	return save->gs.base;
}

/* What VMLOAD and VMSAVE switch is in the VMCB, and of no use elsewhere. */
static u64 *saved_msr(struct vcpu *vcpu, u32 msr)
{
	struct vmcb_save_area *save = &svm_vmcb(vcpu)->save;

	switch (msr) {
	case MSR_FS_BASE:
		return &save->fs.base;
	case MSR_GS_BASE:
		return &save->gs.base;
	case MSR_KERNEL_GS_BASE:
		return &save->kernel_gs_base;
	case MSR_STAR:
		return &save->star;
	case MSR_LSTAR:
		return &save->lstar;
	case MSR_CSTAR:
		return &save->cstar;
	case MSR_SYSCALL_MASK:
		return &save->sfmask;
	case MSR_IA32_SYSENTER_CS:
		return &save->sysenter_cs;
	case MSR_IA32_SYSENTER_ESP:
		return &save->sysenter_esp;
	case MSR_IA32_SYSENTER_EIP:
		return &save->sysenter_eip;
	}
	return NULL;
}

static int svm_get_msr(struct vcpu *vcpu, u32 msr, u64 *value)
{
	const u64 *field = saved_msr(vcpu, msr);

	if (!field)
		return -ENOENT;
	*value = *field;
	return 0;
}

static int svm_set_msr(struct vcpu *vcpu, u32 msr, u64 value)
{
	u64 *field = saved_msr(vcpu, msr);

	if (!field)
		return -ENOENT;
	*field = value;
	return 0;
}

const struct vendor_ops svm_vendor_ops = {
	.name			= "hvm",
	.abi_mode		= CORBEL_MODE_HVM,
	.check			= svm_check,
	.vm_create		= svm_vm_create,
	.vm_destroy		= svm_vm_destroy,
	.memory_changed		= svm_memory_changed,
	.vcpu_create		= svm_vcpu_create,
	.vcpu_destroy		= svm_vcpu_destroy,
	.reset			= svm_reset,
	.start_ap		= svm_start_ap,
	.enter			= svm_enter,
	.handle_exit		= svm_handle,
	.get_sregs		= svm_get_sregs,
	.set_sregs		= svm_set_sregs,
	.load_cr3		= svm_load_cr3,
	.flush_page		= svm_flush_page,
	.flush_all		= svm_flush_all,
	.queue_exception	= svm_queue_exception,
	.interrupts_enabled	= svm_interrupts_enabled,
	.code_mode		= svm_code_mode,
	.segment_base		= svm_segment_base,
	.get_msr		= svm_get_msr,
	.set_msr		= svm_set_msr,
};
