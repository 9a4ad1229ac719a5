// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUID: what is offered in each kind of VM, and how an answer is found.
 */
#include <linux/slab.h>
#include <asm/cpufeature.h>
#include <asm/fpu/types.h>
#include <asm/kvm_para.h>

#include "control.h"
#include "fixture_kunit.h"

static const enum corbel_vm_type types[] = {
	CORBEL_VM_PV, CORBEL_VM_HVM_NESTED, CORBEL_VM_HVM_SHADOW,
};

/* Gives the vCPU what a VM of this type is offered. */
static struct vcpu *offer(struct kunit *test, enum corbel_vm_type type)
{
	struct fixture *fixture = test->priv;
	struct kvm_cpuid_entry2 *entries;
	u32 n = MAX_CPUID_ENTRIES;

	fixture->vm.type = type;
	entries = kcalloc(n, sizeof(*entries), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, entries);
	KUNIT_EXPECT_EQ(test, 0, cpuid_supported(&fixture->vm, entries, &n));
	KUNIT_EXPECT_EQ(test, 0, vcpu_set_cpuid(&fixture->vcpu[0], entries, n));
	return &fixture->vcpu[0];
}

static void forget(struct kunit *test)
{
	struct fixture *fixture = test->priv;

	kfree(fixture->vcpu[0].cpuid.entries);
	fixture_exit(test);
}

/* Features by type of VM, as the order of types[] */
static void test_hidden_and_shown(struct kunit *test)
{
	static const struct {
		const char *name;
		u32 leaf;
		int reg, bit;
		bool may[ARRAY_SIZE(types)];	/* be shown */
		bool must[ARRAY_SIZE(types)];
	} features[] = {
		{ "VMX", 1, CPUID_ECX, 5 },
		{ "SVM", 0x80000001, CPUID_ECX, 2 },
		{ "MONITOR", 1, CPUID_ECX, 3 },
		{ "MTRR", 1, CPUID_EDX, 12 },
		{ "LA57", 7, CPUID_ECX, 16 },
		{ "PKU", 7, CPUID_ECX, 3 },
		{ "SGX", 7, CPUID_EBX, 2 },
		{ "MPX", 7, CPUID_EBX, 14 },
		{ "SPEC_CTRL", 7, CPUID_EDX, 26 },
		{ "XSAVES", 0xd, CPUID_ECX, 0 },
		{ "SMEP", 7, CPUID_EBX, 7, { false, true, true } },
		{ "SMAP", 7, CPUID_EBX, 20, { false, true, true } },
		{ "INVPCID", 7, CPUID_EBX, 10, { false, true, false } },
		{ "PCID", 1, CPUID_ECX, 17, { true, true, true },
		  { true, false, true } },
		{ "x2APIC", 1, CPUID_ECX, 21, { true, true, true },
		  { true, true, true } },
		{ "TSC deadline", 1, CPUID_ECX, 24, { true, true, true },
		  { true, true, true } },
		{ "hypervisor", 1, CPUID_ECX, 31, { true, true, true },
		  { true, true, true } },
		{ "long mode", 0x80000001, CPUID_EDX, 29, { true, true, true },
		  { true, true, true } },
		{ "NX", 0x80000001, CPUID_EDX, 20, { true, true, true },
		  { true, true, true } },
		{ "SYSCALL", 0x80000001, CPUID_EDX, 11, { true, true, true },
		  { true, true, true } },
		{ "steal time", KVM_CPUID_FEATURES, CPUID_EAX,
		  KVM_FEATURE_STEAL_TIME, { true, true, true },
		  { true, true, true } },
		/* They make the guest execute VMCALL. */
		{ "PV unhalt", KVM_CPUID_FEATURES, CPUID_EAX,
		  KVM_FEATURE_PV_UNHALT },
		{ "PV IPI", KVM_CPUID_FEATURES, CPUID_EAX,
		  KVM_FEATURE_PV_SEND_IPI },
		{ "PV yield", KVM_CPUID_FEATURES, CPUID_EAX,
		  KVM_FEATURE_PV_SCHED_YIELD },
		{ "PV flush", KVM_CPUID_FEATURES, CPUID_EAX,
		  KVM_FEATURE_PV_TLB_FLUSH },
	};
	unsigned int t, i;

	for (t = 0; t < ARRAY_SIZE(types); t++) {
		const struct vcpu *vcpu = offer(test, types[t]);

		for (i = 0; i < ARRAY_SIZE(features); i++) {
			bool has = vcpu_has_feature(vcpu, features[i].leaf,
						    features[i].reg,
						    features[i].bit);

			if (has)
				KUNIT_EXPECT_TRUE_MSG(test, features[i].may[t],
						      "type %u: %s shown",
						      types[t],
						      features[i].name);
			else
				KUNIT_EXPECT_FALSE_MSG(test,
						       features[i].must[t],
						       "type %u: %s hidden",
						       types[t],
						       features[i].name);
		}
	}
}

/* Nothing is shown that the host lacks, but for what we make ourselves. */
static void test_subset_of_host(struct kunit *test)
{
	u32 made = BIT(17) | BIT(21) | BIT(24) | BIT(31);
	u32 regs[4], host[4];
	unsigned int t;

	for (t = 0; t < ARRAY_SIZE(types); t++) {
		const struct vcpu *vcpu = offer(test, types[t]);

		vcpu_cpuid(vcpu, 1, 0, regs);
		cpuid(1, &host[0], &host[1], &host[2], &host[3]);
		KUNIT_EXPECT_EQ(test, 0,
				regs[CPUID_ECX] & ~host[CPUID_ECX] & ~made);
		KUNIT_EXPECT_EQ(test, 0, regs[CPUID_EDX] & ~host[CPUID_EDX]);
		vcpu_cpuid(vcpu, 7, 0, regs);
		cpuid_count(7, 0, &host[0], &host[1], &host[2], &host[3]);
		KUNIT_EXPECT_EQ(test, 0, regs[CPUID_EBX] & ~host[CPUID_EBX]);
		KUNIT_EXPECT_EQ(test, 0, regs[CPUID_ECX] & ~host[CPUID_ECX] &
				~BIT(2));
		vcpu_cpuid(vcpu, 0x80000001, 0, regs);
		cpuid(0x80000001, &host[0], &host[1], &host[2], &host[3]);
		KUNIT_EXPECT_EQ(test, 0, regs[CPUID_ECX] & ~host[CPUID_ECX]);
		KUNIT_EXPECT_EQ(test, 0, regs[CPUID_EDX] & ~host[CPUID_EDX]);
	}
}

static void test_signatures(struct kunit *test)
{
	const struct vcpu *vcpu = offer(test, CORBEL_VM_PV);
	u32 regs[4];

	vcpu_cpuid(vcpu, KVM_CPUID_SIGNATURE, 0, regs);
	KUNIT_EXPECT_EQ(test, KVM_CPUID_FEATURES, regs[CPUID_EAX]);
	KUNIT_EXPECT_EQ(test, 0, memcmp(&regs[CPUID_EBX],
					"KVMKVMKVM\0\0\0", 12));
	vcpu_cpuid(vcpu, CORBEL_CPUID_SIGNATURE, 0, regs);
	KUNIT_EXPECT_EQ(test, CORBEL_CPUID_ABI, regs[CPUID_EAX]);
	KUNIT_EXPECT_EQ(test, 0, memcmp(&regs[CPUID_EBX], "CorbelCorbel", 12));
	vcpu_cpuid(vcpu, CORBEL_CPUID_ABI, 0, regs);
	KUNIT_EXPECT_EQ(test, CORBEL_ABI_VERSION, regs[CPUID_EAX]);
	KUNIT_EXPECT_EQ(test, CORBEL_MODE_PV, regs[CPUID_EBX]);
}

static void test_addresses(struct kunit *test)
{
	u32 regs[4];

	vcpu_cpuid(offer(test, CORBEL_VM_PV), 0x80000008, 0, regs);
	KUNIT_EXPECT_LE(test, regs[CPUID_EAX] & 0xff, MAX_GPA_BITS);
	KUNIT_EXPECT_EQ(test, 48, regs[CPUID_EAX] >> 8 & 0xff);
}

/* Bits that follow the guest's own registers */
static void test_state(struct kunit *test)
{
	struct vcpu *vcpu = offer(test, CORBEL_VM_PV);
	u32 regs[4];

	KUNIT_EXPECT_FALSE(test, vcpu_has_feature(vcpu, 1, CPUID_ECX, 27));
	vcpu->cr4 |= X86_CR4_OSXSAVE;
	KUNIT_EXPECT_TRUE(test, vcpu_has_feature(vcpu, 1, CPUID_ECX, 27));

	if (!boot_cpu_has(X86_FEATURE_AVX))
		return;
	vcpu_cpuid(vcpu, 0xd, 0, regs);
	KUNIT_EXPECT_EQ(test, 512 + 64, regs[CPUID_EBX]);
	vcpu->xcr0 = XFEATURE_MASK_FPSSE | XFEATURE_MASK_YMM;
	vcpu_cpuid(vcpu, 0xd, 0, regs);
	KUNIT_EXPECT_EQ(test, 512 + 64 + 256, regs[CPUID_EBX]);
	KUNIT_EXPECT_GE(test, regs[CPUID_ECX], regs[CPUID_EBX]);
}

static void test_find(struct kunit *test)
{
	static const struct kvm_cpuid_entry2 list[] = {
		{ .function = 1, .eax = 10 },
		{ .function = 4, .index = 0, .eax = 40,
		  .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX },
		{ .function = 4, .index = 2, .eax = 42,
		  .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX },
	};
	struct fixture *fixture = test->priv;
	struct vcpu *vcpu = &fixture->vcpu[0];
	u32 regs[4];

	vcpu_set_cpuid(vcpu, kmemdup(list, sizeof(list), GFP_KERNEL),
		       ARRAY_SIZE(list));
	vcpu_cpuid(vcpu, 1, 77, regs);
	KUNIT_EXPECT_EQ(test, 10, regs[CPUID_EAX]);
	vcpu_cpuid(vcpu, 4, 2, regs);
	KUNIT_EXPECT_EQ(test, 42, regs[CPUID_EAX]);
	vcpu_cpuid(vcpu, 4, 1, regs);
	KUNIT_EXPECT_EQ(test, 0, regs[CPUID_EAX]);
	vcpu_cpuid(vcpu, 2, 0, regs);
	KUNIT_EXPECT_EQ(test, 0, regs[CPUID_EAX] | regs[CPUID_EBX] |
			regs[CPUID_ECX] | regs[CPUID_EDX]);
}

/* Room for all is enough, one less is not. */
static void test_room(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct kvm_cpuid_entry2 *entries;
	u32 n = MAX_CPUID_ENTRIES, all;

	entries = kunit_kcalloc(test, n, sizeof(*entries), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, entries);
	KUNIT_ASSERT_EQ(test, 0, cpuid_supported(&fixture->vm, entries, &n));
	all = n;
	KUNIT_EXPECT_EQ(test, 0, cpuid_supported(&fixture->vm, entries, &n));
	KUNIT_EXPECT_EQ(test, all, n);
	n = all - 1;
	KUNIT_EXPECT_EQ(test, -E2BIG,
			cpuid_supported(&fixture->vm, entries, &n));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(test_hidden_and_shown),
	KUNIT_CASE(test_subset_of_host),
	KUNIT_CASE(test_signatures),
	KUNIT_CASE(test_addresses),
	KUNIT_CASE(test_state),
	KUNIT_CASE(test_find),
	KUNIT_CASE(test_room),
	{}
};

static struct kunit_suite suite = {
	.name = "corbel-cpuid",
	.init = fixture_init,
	.exit = forget,
	.test_cases = cases,
};

kunit_test_suite(suite);
