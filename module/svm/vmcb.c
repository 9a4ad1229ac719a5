// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtual machine control block (AMD64 APM volume 2, appendix B): what a
 * guest is stopped at, and what it starts with.
 *
 * It is built from nothing for each vCPU and at each reset.
 */
#include <linux/sched.h>
#include <asm/debugreg.h>
#include <asm/processor-flags.h>
#include <asm/svm.h>
#include <asm/trapnr.h>

#include "svm.h"

#define EXCEPTION(vector)	(INTERCEPT_EXCEPTION_OFFSET + (vector))

/*
 * What stops every guest: all that is not its own.  #DB and #AC are on the list
 * only because a guest can make its CPU raise them without end, with nothing
 * else getting through (CVE-2015-8104, CVE-2015-5307).
 */
static const u8 intercepts[] = {
	INTERCEPT_CR8_READ,		INTERCEPT_CR8_WRITE,
	INTERCEPT_DR0_READ,		INTERCEPT_DR0_WRITE,
	INTERCEPT_DR1_READ,		INTERCEPT_DR1_WRITE,
	INTERCEPT_DR2_READ,		INTERCEPT_DR2_WRITE,
	INTERCEPT_DR3_READ,		INTERCEPT_DR3_WRITE,
	INTERCEPT_DR4_READ,		INTERCEPT_DR4_WRITE,
	INTERCEPT_DR5_READ,		INTERCEPT_DR5_WRITE,
	INTERCEPT_DR6_READ,		INTERCEPT_DR6_WRITE,
	INTERCEPT_DR7_READ,		INTERCEPT_DR7_WRITE,
	EXCEPTION(X86_TRAP_DB),
	EXCEPTION(X86_TRAP_AC),
	EXCEPTION(X86_TRAP_MC),
	INTERCEPT_INTR,			INTERCEPT_NMI,
	INTERCEPT_SMI,			INTERCEPT_INIT,
	INTERCEPT_RDPMC,		INTERCEPT_CPUID,
	INTERCEPT_RSM,			INTERCEPT_INVD,
	INTERCEPT_HLT,			INTERCEPT_INVLPGA,
	INTERCEPT_IOIO_PROT,		INTERCEPT_MSR_PROT,
	INTERCEPT_TASK_SWITCH,		INTERCEPT_FERR_FREEZE,
	INTERCEPT_SHUTDOWN,
	INTERCEPT_VMRUN,		INTERCEPT_VMMCALL,
	INTERCEPT_VMLOAD,		INTERCEPT_VMSAVE,
	INTERCEPT_STGI,			INTERCEPT_CLGI,
	INTERCEPT_SKINIT,		INTERCEPT_WBINVD,
	INTERCEPT_MONITOR,		INTERCEPT_MWAIT,
	INTERCEPT_XSETBV,		INTERCEPT_RDPRU,
	/* It turns features on that are hidden, and machine checks off. */
	INTERCEPT_CR4_READ,		INTERCEPT_CR4_WRITE,
};

/* What stops it besides if its page tables are not the CPU's. */
static const u8 shadow_intercepts[] = {
	INTERCEPT_CR0_READ,		INTERCEPT_CR0_WRITE,
	INTERCEPT_CR3_READ,		INTERCEPT_CR3_WRITE,
	INTERCEPT_INVLPG,
	EXCEPTION(X86_TRAP_PF),
};

/**
 * svm_intercept - stop the guest at something, or not
 * @vcpu:	the vCPU
 * @bit:	INTERCEPT_*
 * @on:		stop it
 */
void svm_intercept(struct vcpu *vcpu, int bit, bool on)
{
	u32 *word = &svm_vmcb(vcpu)->control.intercepts[bit / 32];

	if (on)
		*word |= BIT(bit % 32);
	else
		*word &= ~BIT(bit % 32);
}

static void init_control(struct vcpu *vcpu)
{
	struct vmcb_control_area *control = &svm_vmcb(vcpu)->control;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(intercepts); i++)
		svm_intercept(vcpu, intercepts[i], true);
	control->iopm_base_pa = svm_io_map();
	control->msrpm_base_pa = svm_msr_map();
	control->int_ctl = V_INTR_MASKING_MASK;
	if (svm_is_nested(vcpu)) {
		control->nested_ctl = SVM_NESTED_CTL_NP_ENABLE;
		control->nested_cr3 = nested_root(vcpu->vm->svm->nested);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(shadow_intercepts); i++)
		svm_intercept(vcpu, shadow_intercepts[i], true);
}

#define ATTRIB_DATA	(SVM_SELECTOR_P_MASK | SVM_SELECTOR_S_MASK | \
			 SVM_SELECTOR_WRITE_MASK | 1)
#define ATTRIB_CODE	(ATTRIB_DATA | SVM_SELECTOR_CODE_MASK)

static void init_segment(struct vmcb_seg *segment, u16 attrib)
{
	segment->attrib = attrib;
	segment->limit = 0xffff;
}

/* RESET: real mode.  Where it starts is for the monitor, or SIPI, to say. */
static void init_save(struct vcpu *vcpu)
{
	struct vmcb_save_area *save = &svm_vmcb(vcpu)->save;

	init_segment(&save->cs, ATTRIB_CODE);
	init_segment(&save->ds, ATTRIB_DATA);
	init_segment(&save->es, ATTRIB_DATA);
	init_segment(&save->fs, ATTRIB_DATA);
	init_segment(&save->gs, ATTRIB_DATA);
	init_segment(&save->ss, ATTRIB_DATA);
	init_segment(&save->ldtr, SVM_SELECTOR_P_MASK | 2);
	init_segment(&save->tr, SVM_SELECTOR_P_MASK | 11);
	save->gdtr.limit = 0xffff;
	save->idtr.limit = 0xffff;
	save->g_pat = 0x0007040600070406ULL;
	save->rflags = X86_EFLAGS_FIXED;
}

void svm_init_vmcb(struct vcpu *vcpu)
{
	memset(svm_vmcb(vcpu), 0, PAGE_SIZE);
	init_control(vcpu);
	init_save(vcpu);
}

/* Without nested paging the CPU pages even where the guest does not. */
static void set_shadow_registers(struct vcpu *vcpu)
{
	struct vmcb_save_area *save = &svm_vmcb(vcpu)->save;

	save->cr0 |= X86_CR0_PG | X86_CR0_WP;
	save->cr4 |= X86_CR4_PAE;
	save->cr4 &= ~(X86_CR4_PCIDE | X86_CR4_PGE);
	save->efer |= EFER_NX;
	/* As it pages, LME would mean long mode before the guest is there. */
	if (!(vcpu->efer & EFER_LMA))
		save->efer &= ~(u64)EFER_LME;
	if (vcpu->efer & EFER_LMA)
		save->cr3 = mmu_root(vcpu->mmu, vcpu->mmu->context,
				     VIEW_KERNEL);
	else
		save->cr3 = __sme_pa(vcpu->svm->pae_root);
}

/**
 * svm_set_registers - control registers into the VMCB
 * @vcpu: the vCPU, whose fields have changed
 */
void svm_set_registers(struct vcpu *vcpu)
{
	struct vmcb_save_area *save = &svm_vmcb(vcpu)->save;

	save->cr0 = vcpu->cr0 & ~(X86_CR0_CD | X86_CR0_NW);
	save->cr2 = vcpu->cr2;
	save->cr3 = vcpu->cr3;
	/* Without MCE, a machine check would take the host down. */
	save->cr4 = vcpu->cr4 | (__read_cr4() & X86_CR4_MCE);
	save->efer = vcpu->efer | EFER_SVME;
	save->dr6 = vcpu->dr6;
	save->dr7 = vcpu->dr7;
	save->gdtr.base = vcpu->gdt.base;
	save->gdtr.limit = vcpu->gdt.limit;
	save->idtr.base = vcpu->idt.base;
	save->idtr.limit = vcpu->idt.limit;
	save->g_pat = vcpu->msrs.pat;
	if (!svm_is_nested(vcpu))
		set_shadow_registers(vcpu);
}

/**
 * svm_get_registers - what the guest can change without an exit
 * @vcpu: the vCPU
 */
void svm_get_registers(struct vcpu *vcpu)
{
	const struct vmcb_save_area *save = &svm_vmcb(vcpu)->save;

	vcpu->cr2 = save->cr2;
	vcpu->gdt = (struct table_reg) { save->gdtr.base, save->gdtr.limit };
	vcpu->idt = (struct table_reg) { save->idtr.base, save->idtr.limit };
	if (!svm_is_nested(vcpu))
		return;
	/* Bits that only keep caches from working are ours alone. */
	vcpu->cr0 = (vcpu->cr0 & (X86_CR0_CD | X86_CR0_NW)) | save->cr0;
	vcpu->cr3 = save->cr3;
	vcpu->efer = save->efer & ~(u64)EFER_SVME;
}
