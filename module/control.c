// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control and debug registers, EFER and XCR0, as the guest sees them.
 *
 * What is written is checked as the CPU would (AMD64 APM volume 2, "System
 * Resources"): -EFAULT stands for #GP.  What the guest may set at all is what
 * its CPUID says it has.
 */
#include <asm/cpufeature.h>
#include <asm/debugreg.h>
#include <asm/fpu/xcr.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "control.h"

#define CR0_KNOWN (X86_CR0_PE | X86_CR0_MP | X86_CR0_EM | X86_CR0_TS |	\
		   X86_CR0_ET | X86_CR0_NE | X86_CR0_WP | X86_CR0_AM |	\
		   X86_CR0_NW | X86_CR0_CD | X86_CR0_PG)

/* Always set */
#define DR7_FIXED_1	0x400

/* A change of these makes translations wrong. */
#define CR0_PAGING (X86_CR0_PG | X86_CR0_WP)
#define CR4_PAGING (X86_CR4_PSE | X86_CR4_PAE | X86_CR4_PGE |	\
		    X86_CR4_PCIDE | X86_CR4_SMEP | X86_CR4_SMAP)

/* Bits of CR4 that every guest may set, and those that take a feature. */
#define CR4_ALWAYS (X86_CR4_VME | X86_CR4_PVI | X86_CR4_TSD | X86_CR4_DE |  \
		    X86_CR4_PSE | X86_CR4_PAE | X86_CR4_MCE | X86_CR4_PGE | \
		    X86_CR4_PCE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT)

static const struct {
	unsigned long cr4;
	u32 leaf;
	int reg, bit;
} cr4_features[] = {
	{ X86_CR4_FSGSBASE,	7, CPUID_EBX, 0 },
	{ X86_CR4_SMEP,		7, CPUID_EBX, 7 },
	{ X86_CR4_SMAP,		7, CPUID_EBX, 20 },
	{ X86_CR4_UMIP,		7, CPUID_ECX, 2 },
	{ X86_CR4_PCIDE,	1, CPUID_ECX, 17 },
	{ X86_CR4_OSXSAVE,	1, CPUID_ECX, 26 },
};

/**
 * vcpu_cr4_allowed - the bits of CR4 that a vCPU may set
 * @vcpu: the vCPU, whose CPUID says so
 *
 * Return: the bits
 */
u64 vcpu_cr4_allowed(const struct vcpu *vcpu)
{
	u64 allowed = CR4_ALWAYS;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cr4_features); i++)
		if (vcpu_has_feature(vcpu, cr4_features[i].leaf,
				     cr4_features[i].reg, cr4_features[i].bit))
			allowed |= cr4_features[i].cr4;
	return allowed;
}

static int move_to_cr0(struct vcpu *vcpu, u64 value)
{
	u64 changed = vcpu->cr0 ^ value;

	if (value >> 32 ||
	    ((value & X86_CR0_PG) && !(value & X86_CR0_PE)) ||
	    ((value & X86_CR0_NW) && !(value & X86_CR0_CD)))
		return -EFAULT;
	value = (value & CR0_KNOWN) | X86_CR0_ET;

	if ((changed & X86_CR0_PG) && (vcpu->efer & EFER_LME)) {
		if ((value & X86_CR0_PG) && !(vcpu->cr4 & X86_CR4_PAE))
			return -EFAULT;
		if (value & X86_CR0_PG)
			vcpu->efer |= EFER_LMA;
		else
			vcpu->efer &= ~EFER_LMA;
	}
	vcpu->cr0 = value;
	vcpu->reload = true;
	if (changed & CR0_PAGING)
		vcpu->vm->ops->flush_all(vcpu);
	return 0;
}

static int move_to_cr3(struct vcpu *vcpu, u64 value)
{
	bool pcid = vcpu->cr4 & X86_CR4_PCIDE;
	bool keep = pcid && (value & CR3_NOFLUSH);

	if (pcid)
		value &= ~CR3_NOFLUSH;
	else
		value &= ~CR3_PCID;
	if ((vcpu->efer & EFER_LMA) && value >> MAX_GPA_BITS)
		return -EFAULT;
	vcpu->cr3 = value;
	vcpu->vm->ops->load_cr3(vcpu, keep);
	return 0;
}

static int move_to_cr4(struct vcpu *vcpu, u64 value)
{
	u64 changed = vcpu->cr4 ^ value;

	if (value & ~vcpu_cr4_allowed(vcpu))
		return -EFAULT;
	if ((vcpu->efer & EFER_LMA) && !(value & X86_CR4_PAE))
		return -EFAULT;
	if ((changed & value & X86_CR4_PCIDE) &&
	    (!(vcpu->efer & EFER_LMA) || (vcpu->cr3 & CR3_PCID)))
		return -EFAULT;
	vcpu->cr4 = value;
	vcpu->reload = true;
	if (changed & CR4_PAGING)
		vcpu->vm->ops->flush_all(vcpu);
	return 0;
}

/**
 * vcpu_write_cr - MOV to a control register
 * @vcpu:	the vCPU
 * @number:	which one
 * @value:	what is written
 *
 * Return: 0, -EFAULT if it raises #GP, -EINVAL if there is no such register
 */
int vcpu_write_cr(struct vcpu *vcpu, int number, u64 value)
{
	switch (number) {
	case 0:
		return move_to_cr0(vcpu, value);
	case 2:
		vcpu->cr2 = value;
		return 0;
	case 3:
		return move_to_cr3(vcpu, value);
	case 4:
		return move_to_cr4(vcpu, value);
	case 8:
		if (value & ~15ULL)
			return -EFAULT;
		return lapic_set_msr(vcpu, APIC_BASE_MSR + (APIC_TASKPRI >> 4),
				     value << 4);
	}
	return -EINVAL;
}

/**
 * vcpu_read_cr - MOV from a control register
 * @vcpu:	the vCPU
 * @number:	which one
 * @value:	the answer
 *
 * Return: 0, -EINVAL if there is no such register
 */
int vcpu_read_cr(struct vcpu *vcpu, int number, u64 *value)
{
	switch (number) {
	case 0:
		*value = vcpu->cr0;
		return 0;
	case 2:
		*value = vcpu->cr2;
		return 0;
	case 3:
		*value = vcpu->cr3;
		return 0;
	case 4:
		*value = vcpu->cr4;
		return 0;
	case 8:
		*value = vcpu->lapic.tpr >> 4;
		return 0;
	}
	return -EINVAL;
}

/* DR4 and DR5 are DR6 and DR7, or #UD with CR4.DE. */
static int real_dr(const struct vcpu *vcpu, int number)
{
	if (number != 4 && number != 5)
		return number;
	return vcpu->cr4 & X86_CR4_DE ? -EINVAL : number + 2;
}

/**
 * vcpu_read_dr - MOV from a debug register
 * @vcpu:	the vCPU
 * @number:	which one
 * @value:	the answer
 *
 * Return: 0, -EINVAL if it raises #UD
 */
int vcpu_read_dr(struct vcpu *vcpu, int number, u64 *value)
{
	number = real_dr(vcpu, number);
	if (number < 0 || number > 7)
		return -EINVAL;
	if (number < 4)
		*value = vcpu->dr[number];
	else
		*value = number == 6 ? vcpu->dr6 : vcpu->dr7;
	return 0;
}

/**
 * vcpu_write_dr - MOV to a debug register
 * @vcpu:	the vCPU
 * @number:	which one
 * @value:	what is written
 *
 * Return: 0, -EINVAL if it raises #UD, -EFAULT if #GP
 */
int vcpu_write_dr(struct vcpu *vcpu, int number, u64 value)
{
	number = real_dr(vcpu, number);
	if (number < 0 || number > 7)
		return -EINVAL;
	if (number > 4 && value >> 32)
		return -EFAULT;
	vcpu->reload = true;
	if (number < 4) {
		vcpu->dr[number] = value;
		return 0;
	}
	if (number == 6)
		vcpu->dr6 = (value & ~(u64)DR6_RESERVED) | DR6_RESERVED;
	else
		vcpu->dr7 = (value & ~(u64)DR_CONTROL_RESERVED) | DR7_FIXED_1;
	return 0;
}

/**
 * vcpu_set_efer - WRMSR to EFER
 * @vcpu:	the vCPU
 * @value:	what is written
 *
 * Return: 0, or -EFAULT if it raises #GP
 */
int vcpu_set_efer(struct vcpu *vcpu, u64 value)
{
	u64 known = EFER_SCE | EFER_LME | EFER_LMA | EFER_NX;
	u64 changed = vcpu->efer ^ value;

	if (value & ~known)
		return -EFAULT;
	if ((changed & EFER_LME) && (vcpu->cr0 & X86_CR0_PG))
		return -EFAULT;
	vcpu->efer = (value & ~EFER_LMA) | (vcpu->efer & EFER_LMA);
	vcpu->reload = true;
	if (changed & EFER_NX)
		vcpu->vm->ops->flush_all(vcpu);
	return 0;
}

/**
 * vcpu_set_xcr - XSETBV
 * @vcpu:	the vCPU
 * @number:	of the register: 0 is the only one
 * @value:	what is written
 *
 * Return: 0, or -EFAULT if it raises #GP
 */
int vcpu_set_xcr(struct vcpu *vcpu, u32 number, u64 value)
{
	u64 avx512 = XFEATURE_MASK_AVX512;
	u32 offered[4];

	vcpu_cpuid(vcpu, 0xd, 0, offered);
	if (number || !(value & XFEATURE_MASK_FP) ||
	    value & ~(offered[0] | (u64)offered[3] << 32))
		return -EFAULT;
	if ((value & XFEATURE_MASK_YMM) && !(value & XFEATURE_MASK_SSE))
		return -EFAULT;
	if ((value & avx512) && (!(value & XFEATURE_MASK_YMM) ||
				 (value & avx512) != avx512))
		return -EFAULT;
	vcpu->xcr0 = value;
	vcpu->reload = true;
	return 0;
}

/**
 * vcpu_reset_control - what RESET and INIT leave in these registers
 * @vcpu: the vCPU
 */
void vcpu_reset_control(struct vcpu *vcpu)
{
	vcpu->cr0 = X86_CR0_ET | X86_CR0_NW | X86_CR0_CD;
	vcpu->cr2 = 0;
	vcpu->cr3 = 0;
	vcpu->cr4 = 0;
	vcpu->efer = 0;
	vcpu->xcr0 = XFEATURE_MASK_FP;
	memset(vcpu->dr, 0, sizeof(vcpu->dr));
	vcpu->dr6 = DR6_RESERVED;
	vcpu->dr7 = DR7_FIXED_1;
	vcpu->gdt = (struct table_reg) { .limit = 0xffff };
	vcpu->idt = (struct table_reg) { .limit = 0xffff };
}
