// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUID, as the guest sees it.
 *
 * A guest is shown what its host has and we can give.  Guest user code in pv
 * still sees the host's own CPUID (unless the CPU can trap it), so what programs
 * may use without asking the kernel is not hidden lightly, and XSAVE not at
 * all: the guest kernel must manage all of the state that programs can touch.
 *
 * Not shown, besides what needs a device we do not have: whatever ring 3 can't
 * do in pv (SMEP, SMAP, INVPCID, LA57); state outside XCR0 (XSAVES), which
 * nobody would switch; control over speculation, performance counters, other
 * virtualization.  Shown though the host lacks them: what the
 * module itself provides (x2APIC, TSC deadline), and PCID where address spaces
 * are ours to tag.
 */
#include <linux/slab.h>
#include <asm/cpufeature.h>
#include <asm/fpu/xcr.h>
#include <asm/kvm_para.h>
#include <asm/processor.h>
#include <asm/tsc.h>

#include "control.h"

#define BITS2(a, b)	(BIT(a) | BIT(b))

/* Leaf 1, EDX: all but MTRR, PSN, DS, ACPI, TM, PBE. */
#define LEAF1_EDX	(0x1fc3fbff & ~(BIT(12) | BIT(18) | BIT(21) | BIT(22)))
/* ECX: SSE3 PCLMUL SSSE3 FMA CX16 SSE4 MOVBE POPCNT AES XSAVE AVX F16C RDRAND */
#define LEAF1_ECX	(BIT(0) | BIT(1) | BIT(9) | BIT(12) | BIT(13) |	\
			 BIT(19) | BIT(20) | BIT(22) | BIT(23) | BIT(25) | \
			 BIT(26) | BIT(28) | BIT(29) | BIT(30))
#define LEAF1_ECX_PCID		BIT(17)
/* x2APIC, TSC deadline, hypervisor */
#define LEAF1_ECX_OURS		(BIT(21) | BIT(24) | BIT(31))
#define LEAF1_ECX_OSXSAVE	BIT(27)

/* Leaf 7, EBX: FSGSBASE BMI AVX2 BMI2 ERMS AVX-512 RDSEED ADX CLFLUSHOPT ... */
#define LEAF7_EBX	(BIT(0) | BIT(3) | BIT(5) | BIT(6) | BIT(8) |	\
			 BIT(9) | BIT(13) | BIT(16) | BIT(17) |		\
			 BIT(18) | BIT(19) | BIT(21) | BIT(23) |	\
			 BIT(24) | BIT(26) | BIT(27) | BIT(28) |	\
			 BIT(29) | BIT(30) | BIT(31))
#define LEAF7_EBX_SMEP_SMAP	BITS2(7, 20)
#define LEAF7_EBX_INVPCID	BIT(10)
/* ECX: AVX-512 and vector extensions, RDPID, CLDEMOTE, MOVDIRI, MOVDIR64B */
#define LEAF7_ECX	(BIT(1) | BIT(6) | BIT(8) | BIT(9) | BIT(10) |	\
			 BIT(11) | BIT(12) | BIT(14) | BIT(22) |	\
			 BIT(25) | BIT(27) | BIT(28))
#define LEAF7_ECX_UMIP		BIT(2)
/* EDX: AVX-512 extensions, FSRM, MD_CLEAR, SERIALIZE */
#define LEAF7_EDX	(BIT(2) | BIT(3) | BIT(4) | BIT(8) | BIT(10) | BIT(14))
#define LEAF7_EDX_ARCH_CAPABILITIES BIT(29)

/* Leaf 0x80000001, EDX: as leaf 1, SYSCALL NX MMXEXT FXSR GBPAGES RDTSCP LM */
#define EXT1_EDX	((LEAF1_EDX & 0x0183f3ff) | BIT(11) | BIT(20) |	\
			 BIT(22) | BIT(23) | BIT(24) | BIT(26) |	\
			 BIT(27) | BIT(29) | BIT(30) | BIT(31))
/* ECX: LAHF CMP_LEGACY CR8 ABM SSE4A MISALIGNSSE 3DNOWPREFETCH XOP FMA4 TBM */
#define EXT1_ECX	(BIT(0) | BIT(1) | BIT(4) | BIT(5) | BIT(6) |	\
			 BIT(7) | BIT(8) | BIT(11) | BIT(16) | BIT(21))

#define MAX_BASIC_LEAF		0xd
#define MAX_EXTENDED_LEAF	0x80000008

/* The list being made. */
struct list {
	struct vm *vm;
	struct kvm_cpuid_entry2 *entries;
	u32 n, room;
};

static struct kvm_cpuid_entry2 *add(struct list *list, u32 leaf, u32 subleaf,
				    u32 flags)
{
	struct kvm_cpuid_entry2 *entry;

	if (list->n++ >= list->room)
		return NULL;
	entry = &list->entries[list->n - 1];
	*entry = (struct kvm_cpuid_entry2) {
		.function = leaf,
		.index = subleaf,
		.flags = flags,
	};
	return entry;
}

static struct kvm_cpuid_entry2 *add_host(struct list *list, u32 leaf,
					 u32 subleaf, u32 flags)
{
	struct kvm_cpuid_entry2 *entry = add(list, leaf, subleaf, flags);

	if (entry)
		cpuid_count(leaf, subleaf, &entry->eax, &entry->ebx,
			    &entry->ecx, &entry->edx);
	return entry;
}

static bool is_pv(const struct list *list)
{
	return list->vm->type == CORBEL_VM_PV;
}

static void mask_leaf1(const struct list *list, struct kvm_cpuid_entry2 *entry)
{
	u32 pcid = entry->ecx & LEAF1_ECX_PCID;

	entry->ebx &= 0xffff;		/* APIC ID and count: the monitor's */
	entry->edx &= LEAF1_EDX;
	entry->ecx &= LEAF1_ECX;
	entry->ecx |= LEAF1_ECX_OURS;
	/* Where the page tables are ours, the tags are too. */
	if (list->vm->type != CORBEL_VM_HVM_NESTED)
		pcid = LEAF1_ECX_PCID;
	entry->ecx |= pcid;
}

static void mask_leaf7(const struct list *list, struct kvm_cpuid_entry2 *entry)
{
	u32 ebx = LEAF7_EBX, ecx = LEAF7_ECX;

	if (!is_pv(list)) {
		ebx |= LEAF7_EBX_SMEP_SMAP;
		ecx |= LEAF7_ECX_UMIP;
	}
	if (list->vm->type == CORBEL_VM_HVM_NESTED)
		ebx |= LEAF7_EBX_INVPCID;
	/* In pv the guest's UMIP is the host's, whatever the guest says. */
	if (is_pv(list) && (__read_cr4() & X86_CR4_UMIP))
		ecx |= LEAF7_ECX_UMIP;
	entry->eax = 0;
	entry->ebx &= ebx;
	entry->ecx &= ecx;
	entry->edx &= LEAF7_EDX;
	if (boot_cpu_data.x86_vendor == X86_VENDOR_INTEL)
		entry->edx |= LEAF7_EDX_ARCH_CAPABILITIES;
}

/* The FXSAVE image and the header of XSAVE. */
#define XSAVE_AREA_MIN	(512 + 64)

static u64 offered_xcr0(void)
{
	u64 xcr0 = 0;

	if (boot_cpu_has(X86_FEATURE_OSXSAVE))
		xcr0 = xgetbv(XCR_XFEATURE_ENABLED_MASK);
	return xcr0 & (XFEATURE_MASK_FPSSE | XFEATURE_MASK_YMM |
		       XFEATURE_MASK_AVX512);
}

/* Size of the standard-format save area for a set of components. */
static u32 xsave_size(u64 xcr0)
{
	u32 size = XSAVE_AREA_MIN;
	int i;

	for (i = XFEATURE_YMM; i < XFEATURE_MAX; i++) {
		u32 length, offset, ecx, edx;

		if (!(xcr0 & BIT_ULL(i)))
			continue;
		cpuid_count(0xd, i, &length, &offset, &ecx, &edx);
		size = max(size, offset + length);
	}
	return size;
}

#define XSAVE_FORMS	0x7	/* XSAVEOPT, XSAVEC, XGETBV with ECX = 1 */

static void add_xsave(struct list *list)
{
	u64 xcr0 = offered_xcr0();
	struct kvm_cpuid_entry2 *entry;
	int i;

	entry = add_host(list, 0xd, 0, KVM_CPUID_FLAG_SIGNIFCANT_INDEX);
	if (entry) {
		entry->eax = xcr0;
		entry->edx = xcr0 >> 32;
		entry->ebx = XSAVE_AREA_MIN;
		entry->ecx = xsave_size(xcr0);
	}
	entry = add_host(list, 0xd, 1, KVM_CPUID_FLAG_SIGNIFCANT_INDEX);
	if (entry) {
		entry->eax &= XSAVE_FORMS;
		entry->ebx = 0;
		entry->ecx = 0;
		entry->edx = 0;
	}
	for (i = XFEATURE_YMM; i < XFEATURE_MAX; i++)
		if (xcr0 & BIT_ULL(i))
			add_host(list, 0xd, i, KVM_CPUID_FLAG_SIGNIFCANT_INDEX);
}

static void add_caches(struct list *list)
{
	u32 i;

	for (i = 0; i < 8; i++) {
		struct kvm_cpuid_entry2 *entry =
			add_host(list, 4, i, KVM_CPUID_FLAG_SIGNIFCANT_INDEX);

		if (!entry || !(entry->eax & 0x1f))
			break;
		/* One core of one thread: the monitor may say otherwise. */
		entry->eax &= 0x3fff;
	}
}

static void add_basic(struct list *list, u32 max)
{
	struct kvm_cpuid_entry2 *entry;

	entry = add_host(list, 0, 0, 0);
	if (entry)
		entry->eax = max;
	entry = add_host(list, 1, 0, 0);
	if (entry)
		mask_leaf1(list, entry);
	add_host(list, 2, 0, 0);
	if (boot_cpu_data.x86_vendor == X86_VENDOR_INTEL)
		add_caches(list);
	entry = add(list, 6, 0, 0);
	if (entry)
		entry->eax = BIT(2);	/* the APIC timer never stops */
	entry = add_host(list, 7, 0, KVM_CPUID_FLAG_SIGNIFCANT_INDEX);
	if (entry)
		mask_leaf7(list, entry);
	if (boot_cpu_has(X86_FEATURE_OSXSAVE))
		add_xsave(list);
}

static void add_kvm(struct list *list)
{
	u32 features = BIT(KVM_FEATURE_CLOCKSOURCE2) |
		       BIT(KVM_FEATURE_NOP_IO_DELAY) |
		       BIT(KVM_FEATURE_STEAL_TIME) |
		       BIT(KVM_FEATURE_PV_EOI);
	struct kvm_cpuid_entry2 *entry;

	if (list->vm->clock.stable)
		features |= BIT(KVM_FEATURE_CLOCKSOURCE_STABLE_BIT);
	entry = add(list, KVM_CPUID_SIGNATURE, 0, 0);
	if (entry) {
		entry->eax = KVM_CPUID_FEATURES;
		memcpy(&entry->ebx, KVM_SIGNATURE, 4);
		memcpy(&entry->ecx, KVM_SIGNATURE + 4, 4);
		memcpy(&entry->edx, KVM_SIGNATURE + 8, 4);
	}
	entry = add(list, KVM_CPUID_FEATURES, 0, 0);
	if (entry)
		entry->eax = features;
}

static void add_corbel(struct list *list)
{
	struct kvm_cpuid_entry2 *entry;

	entry = add(list, CORBEL_CPUID_SIGNATURE, 0, 0);
	if (entry) {
		entry->eax = CORBEL_CPUID_ABI;
		entry->ebx = CORBEL_SIGNATURE_EBX;
		entry->ecx = CORBEL_SIGNATURE_ECX;
		entry->edx = CORBEL_SIGNATURE_EDX;
	}
	entry = add(list, CORBEL_CPUID_ABI, 0, 0);
	if (entry) {
		entry->eax = CORBEL_ABI_VERSION;
		entry->ebx = list->vm->ops->abi_mode;
		entry->ecx = is_pv(list) ? CORBEL_FEATURES_V1 : 0;
	}
}

static void add_extended(struct list *list, u32 max)
{
	struct kvm_cpuid_entry2 *entry;
	u32 leaf;

	entry = add_host(list, 0x80000000, 0, 0);
	if (entry)
		entry->eax = max;
	entry = add_host(list, 0x80000001, 0, 0);
	if (entry) {
		entry->edx &= EXT1_EDX;
		entry->ecx &= EXT1_ECX;
	}
	for (leaf = 0x80000002; leaf <= min(max, 0x80000006); leaf++)
		add_host(list, leaf, 0, 0);
	entry = add(list, 0x80000007, 0, 0);
	if (entry && list->vm->clock.stable)
		entry->edx = BIT(8);	/* invariant TSC */
	entry = add_host(list, 0x80000008, 0, 0);
	if (entry) {
		u32 bits = min_t(u32, entry->eax & 0xff, MAX_GPA_BITS);

		entry->eax = bits | 48 << 8;
		/* CLZERO, XSAVEERPTR, WBNOINVD */
		entry->ebx &= BIT(0) | BIT(2) | BIT(9);
		entry->ecx = 0;
		entry->edx = 0;
	}
}

/**
 * cpuid_supported - CORBEL_GET_SUPPORTED_CPUID
 * @vm:		the VM
 * @entries:	to be filled in
 * @n:		in: room for how many; out: how many there are
 *
 * Return: 0 or -E2BIG
 */
int cpuid_supported(struct vm *vm, struct kvm_cpuid_entry2 *entries, u32 *n)
{
	struct list list = { .vm = vm, .entries = entries, .room = *n };

	add_basic(&list, min_t(u32, cpuid_eax(0), MAX_BASIC_LEAF));
	add_kvm(&list);
	add_corbel(&list);
	add_extended(&list, min_t(u32, cpuid_eax(0x80000000),
				  MAX_EXTENDED_LEAF));
	if (list.n > list.room)
		return -E2BIG;
	*n = list.n;
	return 0;
}

/**
 * vcpu_set_cpuid - CORBEL_SET_CPUID2
 * @vcpu:	the vCPU
 * @entries:	what CPUID is to answer; they go over to the vCPU
 * @n:		how many
 *
 * The monitor may take features away and describe topology; what it adds is its
 * own risk.
 *
 * Return: 0
 */
int vcpu_set_cpuid(struct vcpu *vcpu, struct kvm_cpuid_entry2 *entries, u32 n)
{
	kfree(vcpu->cpuid.entries);
	vcpu->cpuid.entries = entries;
	vcpu->cpuid.n = n;
	return 0;
}

static const struct kvm_cpuid_entry2 *find(const struct vcpu *vcpu, u32 leaf,
					   u32 subleaf)
{
	unsigned int i;

	for (i = 0; i < vcpu->cpuid.n; i++) {
		const struct kvm_cpuid_entry2 *entry = &vcpu->cpuid.entries[i];

		if (entry->function == leaf &&
		    (entry->index == subleaf ||
		     !(entry->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX)))
			return entry;
	}
	return NULL;
}

/* The parts of an answer that follow what the guest has set. */
static void add_state(const struct vcpu *vcpu, u32 leaf, u32 subleaf,
		      u32 regs[4])
{
	if (leaf == 1 && (vcpu->cr4 & X86_CR4_OSXSAVE))
		regs[CPUID_ECX] |= LEAF1_ECX_OSXSAVE;
	if (leaf == 0xd && subleaf <= 1 && regs[CPUID_EBX])
		regs[CPUID_EBX] = xsave_size(vcpu->xcr0);
}

/**
 * vcpu_cpuid - what CPUID answers
 * @vcpu:	the vCPU
 * @leaf:	EAX
 * @subleaf:	ECX
 * @regs:	EAX, EBX, ECX, EDX; all 0 for what is not there
 */
void vcpu_cpuid(const struct vcpu *vcpu, u32 leaf, u32 subleaf, u32 regs[4])
{
	const struct kvm_cpuid_entry2 *entry = find(vcpu, leaf, subleaf);

	memset(regs, 0, 4 * sizeof(*regs));
	if (!entry)
		return;
	regs[CPUID_EAX] = entry->eax;
	regs[CPUID_EBX] = entry->ebx;
	regs[CPUID_ECX] = entry->ecx;
	regs[CPUID_EDX] = entry->edx;
	add_state(vcpu, leaf, subleaf, regs);
}

/**
 * vcpu_has_feature - is a feature bit set?
 * @vcpu:	the vCPU
 * @leaf:	EAX, with ECX 0
 * @reg:	CPUID_EAX to CPUID_EDX
 * @bit:	number of the bit
 *
 * Return: true if it is
 */
bool vcpu_has_feature(const struct vcpu *vcpu, u32 leaf, int reg, int bit)
{
	u32 regs[4];

	vcpu_cpuid(vcpu, leaf, 0, regs);
	return regs[reg] & BIT(bit);
}
