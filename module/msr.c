// SPDX-License-Identifier: GPL-2.0-only
/*
 * Model-specific registers, as the guest sees them.
 *
 * What is in the CPU while the guest runs belongs to the vendor, the local
 * APIC's and KVM's clock registers to them; the rest is here: storage, and a
 * few that Linux reads without asking CPUID first.  -EFAULT stands for #GP.
 */
#include <asm/kvm_para.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/tsc.h>

#include "control.h"

/* MSR_IA32_MISC_ENABLE: fast strings, no BTS, no PEBS. */
#define MISC_ENABLE_DEFAULT	(MSR_IA32_MISC_ENABLE_FAST_STRING |	\
				 MSR_IA32_MISC_ENABLE_BTS_UNAVAIL |	\
				 MSR_IA32_MISC_ENABLE_PEBS_UNAVAIL)

/* Write-back for all eight entries but the ones reset says otherwise. */
#define PAT_DEFAULT		0x0007040600070406ULL

static u64 *storage(struct vcpu *vcpu, u32 msr)
{
	switch (msr) {
	case MSR_STAR:
		return &vcpu->msrs.star;
	case MSR_LSTAR:
		return &vcpu->msrs.lstar;
	case MSR_CSTAR:
		return &vcpu->msrs.cstar;
	case MSR_SYSCALL_MASK:
		return &vcpu->msrs.sfmask;
	case MSR_IA32_SYSENTER_CS:
		return &vcpu->msrs.sysenter_cs;
	case MSR_IA32_SYSENTER_ESP:
		return &vcpu->msrs.sysenter_esp;
	case MSR_IA32_SYSENTER_EIP:
		return &vcpu->msrs.sysenter_eip;
	case MSR_IA32_MISC_ENABLE:
		return &vcpu->msrs.misc_enable;
	case MSR_TSC_AUX:
		return &vcpu->msrs.tsc_aux;
	case MSR_IA32_CR_PAT:
		return &vcpu->msrs.pat;
	}
	return NULL;
}

static bool holds_address(u32 msr)
{
	switch (msr) {
	case MSR_LSTAR:
	case MSR_CSTAR:
	case MSR_IA32_SYSENTER_ESP:
	case MSR_IA32_SYSENTER_EIP:
	case MSR_FS_BASE:
	case MSR_GS_BASE:
	case MSR_KERNEL_GS_BASE:
		return true;
	}
	return false;
}

static bool valid_pat(u64 value)
{
	int i;

	for (i = 0; i < 8; i++) {
		u8 type = value >> (8 * i);

		if (type > 7 || type == 2 || type == 3)
			return false;
	}
	return true;
}

/* What this CPU is not vulnerable to, and in pv is not vulnerable to. */
static u64 arch_capabilities(const struct vcpu *vcpu)
{
	u64 known = ARCH_CAP_RDCL_NO | ARCH_CAP_RSBA |
		    ARCH_CAP_SSB_NO | ARCH_CAP_MDS_NO |
		    ARCH_CAP_PSCHANGE_MC_NO | ARCH_CAP_TAA_NO |
		    ARCH_CAP_SBDR_SSDP_NO | ARCH_CAP_FBSDP_NO |
		    ARCH_CAP_PSDP_NO | ARCH_CAP_BHI_NO | ARCH_CAP_PBRSB_NO |
		    ARCH_CAP_GDS_NO | ARCH_CAP_RFDS_NO;
	u64 value = 0;

	if (boot_cpu_has(X86_FEATURE_ARCH_CAPABILITIES))
		rdmsrl(MSR_IA32_ARCH_CAPABILITIES, value);
	value &= known;
	/* Guest user has no supervisor pages to read: it has another root. */
	if (vcpu->vm->type == CORBEL_VM_PV)
		value |= ARCH_CAP_RDCL_NO;
	return value;
}

static int get_common(struct vcpu *vcpu, u32 msr, u64 *value)
{
	u64 *field = storage(vcpu, msr);

	if (field) {
		*value = *field;
		return 0;
	}
	switch (msr) {
	case MSR_EFER:
		*value = vcpu->efer;
		return 0;
	case MSR_IA32_TSC:
		*value = rdtsc();
		return 0;
	case MSR_IA32_ARCH_CAPABILITIES:
		*value = arch_capabilities(vcpu);
		return 0;
	case MSR_KVM_SYSTEM_TIME_NEW:
		*value = vcpu->msrs.system_time;
		return 0;
	case MSR_KVM_WALL_CLOCK_NEW:
		*value = vcpu->msrs.wall_clock;
		return 0;
	case MSR_KVM_STEAL_TIME:
		*value = vcpu->msrs.steal_time;
		return 0;
	case MSR_AMD64_DE_CFG:
		*value = MSR_AMD64_DE_CFG_LFENCE_SERIALIZE;
		return 0;
	/* Read without asking whether they are there, by Linux on AMD. */
	case MSR_K8_INT_PENDING_MSG:
	case MSR_AMD64_NB_CFG:
	case MSR_AMD64_BU_CFG2:
	case MSR_AMD64_DC_CFG:
	/* There are no banks: no machine check is ever reported. */
	case MSR_IA32_MCG_CAP:
	case MSR_IA32_MCG_STATUS:
	case MSR_IA32_UCODE_REV:
	case MSR_IA32_PLATFORM_ID:
	case MSR_IA32_DEBUGCTLMSR:
	case MSR_K7_HWCR:
	case MSR_AMD64_SYSCFG:
		*value = 0;
		return 0;
	}
	return -EFAULT;
}

static int set_common(struct vcpu *vcpu, u32 msr, u64 value)
{
	u64 *field = storage(vcpu, msr);

	if (msr == MSR_IA32_CR_PAT && !valid_pat(value))
		return -EFAULT;
	if ((msr == MSR_TSC_AUX || msr == MSR_SYSCALL_MASK) && value >> 32)
		return -EFAULT;
	if (field) {
		*field = value;
		vcpu->reload = true;
		return 0;
	}
	switch (msr) {
	case MSR_EFER:
		return vcpu_set_efer(vcpu, value);
	case MSR_KVM_SYSTEM_TIME_NEW:
		return clock_set_system_time(vcpu, value);
	case MSR_KVM_WALL_CLOCK_NEW:
		return clock_set_wall_clock(vcpu, value);
	case MSR_KVM_STEAL_TIME:
		return clock_set_steal_time(vcpu, value);
	case MSR_IA32_TSC:
		/* The guest's TSC is the host's. */
	case MSR_AMD64_DE_CFG:
	case MSR_IA32_MCG_STATUS:
	case MSR_IA32_UCODE_REV:
	case MSR_IA32_UCODE_WRITE:
	case MSR_K7_HWCR:
		return 0;
	case MSR_IA32_DEBUGCTLMSR:
		return value ? -EFAULT : 0;
	}
	return -EFAULT;
}

/**
 * vcpu_get_msr - RDMSR
 * @vcpu:	the vCPU
 * @msr:	number of the register
 * @value:	the answer
 *
 * Return: 0, -EFAULT if it raises #GP
 */
int vcpu_get_msr(struct vcpu *vcpu, u32 msr, u64 *value)
{
	int err;

	if (lapic_is_register(msr))
		return lapic_get_msr(vcpu, msr, value);
	err = vcpu->vm->ops->get_msr(vcpu, msr, value);
	return err == -ENOENT ? get_common(vcpu, msr, value) : err;
}

/**
 * vcpu_set_msr - WRMSR
 * @vcpu:	the vCPU
 * @msr:	number of the register
 * @value:	what is written
 *
 * Return: 0, -EFAULT if it raises #GP, -EAGAIN if it must be called where it
 *	   may sleep
 */
int vcpu_set_msr(struct vcpu *vcpu, u32 msr, u64 value)
{
	int err;

	if (lapic_is_register(msr))
		return lapic_set_msr(vcpu, msr, value);
	if (holds_address(msr) && !is_canonical48(value))
		return -EFAULT;
	err = vcpu->vm->ops->set_msr(vcpu, msr, value);
	return err == -ENOENT ? set_common(vcpu, msr, value) : err;
}

void vcpu_reset_msrs(struct vcpu *vcpu)
{
	vcpu->msrs = (struct vcpu_msrs) {
		.pat = PAT_DEFAULT,
		.misc_enable = MISC_ENABLE_DEFAULT,
	};
}
