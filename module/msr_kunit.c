// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSRs: which exist, which values they take, and that no other has an effect.
 */
#include <asm/kvm_para.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "control.h"
#include "fixture_kunit.h"

#define NOT_CANONICAL	0x0000800000000000ULL

static struct vcpu *vcpu_of(struct kunit *test)
{
	struct fixture *fixture = test->priv;

	return &fixture->vcpu[0];
}

static int write(struct kunit *test, u32 msr, u64 value)
{
	return vcpu_set_msr(vcpu_of(test), msr, value);
}

static u64 read(struct kunit *test, u32 msr)
{
	u64 value = 0xdeadbeef;

	KUNIT_EXPECT_EQ_MSG(test, 0, vcpu_get_msr(vcpu_of(test), msr, &value),
			    "RDMSR %#x", msr);
	return value;
}

/* Each keeps its own value. */
static void test_storage(struct kunit *test)
{
	static const u32 msrs[] = {
		MSR_STAR, MSR_LSTAR, MSR_CSTAR, MSR_SYSCALL_MASK,
		MSR_IA32_SYSENTER_CS, MSR_IA32_SYSENTER_ESP,
		MSR_IA32_SYSENTER_EIP, MSR_TSC_AUX,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(msrs); i++)
		KUNIT_EXPECT_EQ_MSG(test, 0, write(test, msrs[i], 0x1000 + i),
				    "WRMSR %#x", msrs[i]);
	for (i = 0; i < ARRAY_SIZE(msrs); i++)
		KUNIT_EXPECT_EQ(test, 0x1000 + i, read(test, msrs[i]));
	KUNIT_EXPECT_TRUE(test, vcpu_of(test)->reload);
}

static void test_bad_values(struct kunit *test)
{
	static const struct {
		u32 msr;
		u64 value;
	} bad[] = {
		{ MSR_LSTAR, NOT_CANONICAL },
		{ MSR_CSTAR, ~NOT_CANONICAL },
		{ MSR_IA32_SYSENTER_ESP, NOT_CANONICAL },
		{ MSR_IA32_SYSENTER_EIP, NOT_CANONICAL },
		{ MSR_FS_BASE, NOT_CANONICAL },
		{ MSR_GS_BASE, 1ULL << 63 },
		{ MSR_KERNEL_GS_BASE, NOT_CANONICAL },
		{ MSR_TSC_AUX, 1ULL << 32 },
		{ MSR_SYSCALL_MASK, 1ULL << 32 },
		{ MSR_IA32_CR_PAT, 0x0007040600070402ULL },
		{ MSR_IA32_CR_PAT, 0x0307040600070406ULL },
		{ MSR_IA32_CR_PAT, 0x0807040600070406ULL },
		{ MSR_IA32_DEBUGCTLMSR, 1 },
		{ MSR_EFER, 1ULL << 1 },
		{ MSR_EFER, EFER_SVME },
		{ MSR_EFER, 1ULL << 63 },
		{ MSR_KVM_STEAL_TIME, 0x1003 },
		{ MSR_KVM_STEAL_TIME, 1ULL << 45 | 1 },
		{ MSR_KVM_SYSTEM_TIME_NEW, 1ULL << 45 | 1 },
		{ MSR_KVM_SYSTEM_TIME_NEW, 0xff9 },	/* two pages */
		{ MSR_KVM_WALL_CLOCK_NEW, 0xffc },
		{ MSR_IA32_APICBASE, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		u64 before = 0, after = 0;

		vcpu_get_msr(vcpu_of(test), bad[i].msr, &before);
		KUNIT_EXPECT_EQ_MSG(test, -EFAULT,
				    write(test, bad[i].msr, bad[i].value),
				    "WRMSR %#x, %#llx", bad[i].msr,
				    bad[i].value);
		vcpu_get_msr(vcpu_of(test), bad[i].msr, &after);
		KUNIT_EXPECT_EQ(test, before, after);
	}
}

static void test_good_values(struct kunit *test)
{
	static const struct {
		u32 msr;
		u64 value;
	} good[] = {
		{ MSR_LSTAR, 0xffff800000000000ULL },
		{ MSR_LSTAR, 0x00007fffffffffffULL },
		{ MSR_IA32_CR_PAT, 0x0007010500070106ULL },
		{ MSR_TSC_AUX, 0xffffffff },
		{ MSR_KVM_STEAL_TIME, 0x1001 },
		{ MSR_KVM_SYSTEM_TIME_NEW, 0x1001 },
		{ MSR_KVM_SYSTEM_TIME_NEW, 0 },
		{ MSR_KVM_WALL_CLOCK_NEW, 0x2000 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		KUNIT_EXPECT_EQ_MSG(test, 0,
				    write(test, good[i].msr, good[i].value),
				    "WRMSR %#x, %#llx", good[i].msr,
				    good[i].value);
		KUNIT_EXPECT_EQ(test, good[i].value, read(test, good[i].msr));
	}
}

/* What is the host's business, or nobody's, is not there. */
static void test_absent(struct kunit *test)
{
	static const u32 absent[] = {
		MSR_IA32_SPEC_CTRL, MSR_IA32_PRED_CMD, MSR_IA32_FLUSH_CMD,
		MSR_VM_HSAVE_PA, MSR_IA32_FEAT_CTL, MSR_IA32_VMX_BASIC,
		MSR_IA32_XSS, MSR_IA32_PERF_STATUS, MSR_IA32_MC0_CTL,
		MSR_MTRRcap, MSR_AMD64_VIRT_SPEC_CTRL, MSR_IA32_TSC_ADJUST,
		MSR_CORE_PERF_GLOBAL_CTRL, 0x12345678, ~0U,
	};
	unsigned int i;
	u64 value;

	for (i = 0; i < ARRAY_SIZE(absent); i++) {
		KUNIT_EXPECT_EQ_MSG(test, -EFAULT,
				    vcpu_get_msr(vcpu_of(test), absent[i],
						 &value),
				    "RDMSR %#x", absent[i]);
		KUNIT_EXPECT_EQ_MSG(test, -EFAULT, write(test, absent[i], 0),
				    "WRMSR %#x", absent[i]);
	}
}

/* A pv guest on a CPU with Meltdown needs no PTI: its user has its own root. */
static void test_arch_capabilities(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, read(test, MSR_IA32_ARCH_CAPABILITIES) &
				ARCH_CAP_RDCL_NO);
	KUNIT_EXPECT_EQ(test, -EFAULT,
			write(test, MSR_IA32_ARCH_CAPABILITIES, 0));
}

static void test_reset(struct kunit *test)
{
	write(test, MSR_LSTAR, 0x1234);
	vcpu_reset_msrs(vcpu_of(test));
	KUNIT_EXPECT_EQ(test, 0, read(test, MSR_LSTAR));
	KUNIT_EXPECT_EQ(test, 0x0007040600070406ULL,
			read(test, MSR_IA32_CR_PAT));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(test_storage),
	KUNIT_CASE(test_bad_values),
	KUNIT_CASE(test_good_values),
	KUNIT_CASE(test_absent),
	KUNIT_CASE(test_arch_capabilities),
	KUNIT_CASE(test_reset),
	{}
};

static struct kunit_suite suite = {
	.name = "corbel-msr",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
