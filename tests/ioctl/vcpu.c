// SPDX-License-Identifier: GPL-2.0-only
/*
 * CREATE_VCPU and the ioctls that get and set a vCPU's state: registers, MSRs,
 * CPUID, what it is doing.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ioctls.h"

#define NON_CANONICAL	0x0000800000000000ULL

#define CR0_PE		(1ULL << 0)
#define CR0_PG		(1ULL << 31)
#define CR4_PAE		(1ULL << 5)
#define CR4_VMXE	(1ULL << 13)
#define EFER_LME	(1ULL << 8)
#define EFER_LMA	(1ULL << 10)
#define EFER_SVME	(1ULL << 12)

#define MSR_TSC_AUX	0xc0000103
#define MSR_EFER	0xc0000080
#define MSR_LSTAR	0xc0000082
#define MSR_SFMASK	0xc0000084
#define MSR_FS_BASE	0xc0000100
#define MSR_GS_BASE	0xc0000101
#define MSR_PAT		0x277
#define MSR_APIC_BASE	0x1b
#define MSR_STEAL_TIME	0x4b564d03
#define MSR_SYSTEM_TIME	0x4b564d01
#define MSR_X2APIC_ID	0x802
#define MSR_X2APIC_TPR	0x808
#define MSR_X2APIC_LVTT	0x832

static int create(const struct guest *guest, unsigned long id)
{
	return ioctl(guest->vm, CORBEL_CREATE_VCPU, id);
}

TEST_EACH(vcpu_numbers, "vCPU numbers are unique and end where MAX_VCPUS says")
{
	struct guest guest;
	long max;
	long i;

	guest_prepare(&guest, vm_type);
	max = ioctl(guest.vm, CORBEL_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS);
	expect_error(create(&guest, max), EINVAL);
	expect_error(create(&guest, INT_MAX), EINVAL);
	expect_error(create(&guest, UINT_MAX), EINVAL);
	expect_error(create(&guest, 1UL << 32), EINVAL);
	expect_error(create(&guest, ULONG_MAX), EINVAL);
	/* In any order */
	for (i = max - 1; i >= 0; i--)
		expect_ok(create(&guest, i));
	for (i = 0; i < max; i++)
		expect_error(create(&guest, i), EEXIST);
}

TEST_EACH(vcpu_closed_number, "a closed vCPU's number stays taken, as in KVM")
{
	struct guest guest;
	int fd;

	guest_prepare(&guest, vm_type);
	fd = expect_ok(create(&guest, 3));
	close(fd);
	expect_error(create(&guest, 3), EEXIST);
}

/* Registers */

TEST_EACH(vcpu_regs, "SET_REGS and GET_REGS agree on every register")
{
	struct kvm_regs in, out;
	struct guest guest;

	guest_create(&guest, vm_type, &guest_exits, 1);
	memset(&in, 0x5a, sizeof(in));
	in.rip = 0x7fffffffffff;
	in.rflags = 0x202;
	expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_SET_REGS, &in));
	expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_GET_REGS, &out));
	expect(!memcmp(&in, &out, sizeof(in)));
}

TEST_EACH(vcpu_rip, "RIP must be canonical")
{
	static const uint64_t wrong[] = {
		NON_CANONICAL, 0xffff7fffffffffff, 1ULL << 63, 1ULL << 48,
	};
	struct kvm_regs old, regs, now;
	struct guest guest;
	unsigned int i;

	guest_create(&guest, vm_type, &guest_exits, 1);
	expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_GET_REGS, &old));
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		memset(&regs, 0xff, sizeof(regs));
		regs.rip = wrong[i];
		expect_error(ioctl(guest.vcpus[0].fd, CORBEL_SET_REGS, &regs),
			     EINVAL);
		expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_GET_REGS, &now));
		expect(!memcmp(&old, &now, sizeof(now)));
	}
	expect_equal(guest_run_to_exit(&guest, 0), 42);
}

TEST_EACH(vcpu_rsp, "any RSP is no harm to the host")
{
	static const uint64_t stacks[] = {
		0, 1, NON_CANONICAL, 1ULL << 63, -1ULL, -8ULL,
		0xffff800000000000, 0xffffffff81000000, CORBEL_SHIM_VA,
	};
	struct kvm_regs regs;
	struct guest guest;
	unsigned int i;

	guest_create(&guest, vm_type, &guest_exits, 1);
	for (i = 0; i < ARRAY_SIZE(stacks); i++) {
		guest_start_at(&guest, 0, GUEST_CODE);
		expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_GET_REGS, &regs));
		regs.rsp = stacks[i];
		expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_SET_REGS, &regs));
		expect_equal(guest_run_to_exit(&guest, 0), 42);
	}
}

/*
 * A guest in hvm has its flags to itself; VM is no state of a 64-bit CPU.
 */
#define NOT_IN_RING3	0x1a3000	/* IOPL, VM, VIF, VIP */

TEST_EACH(vcpu_rflags, "no flags make a guest in ring 3 more than that")
{
	struct kvm_regs regs;
	struct guest guest;
	int bit;

	for (bit = 0; bit < 64; bit++) {
		guest_create(&guest, vm_type, &guest_shows_flags, 1);
		expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_GET_REGS, &regs));
		regs.rflags = 1ULL << bit | 2;
		if (ioctl(guest.vcpus[0].fd, CORBEL_SET_REGS, &regs)) {
			expect_equal(errno, EINVAL);
		} else {
			expect_ok(guest_run(&guest, 0));
			if (vm_type == CORBEL_VM_PV)
				expect_equal(*guest_word(&guest, GUEST_DATA) &
					     NOT_IN_RING3, 0);
		}
		guest_destroy(&guest);
	}
}

TEST_EACH(vcpu_sregs, "SET_SREGS takes what GET_SREGS gives")
{
	struct kvm_sregs in, out;
	struct guest guest;

	guest_create(&guest, vm_type, &guest_exits, 1);
	expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_GET_SREGS, &in));
	expect_equal(in.cr3, GUEST_PML4);
	expect(in.efer & EFER_LMA);
	expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_SET_SREGS, &in));
	expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_GET_SREGS, &out));
	expect(!memcmp(&in, &out, sizeof(in)));
	expect_equal(guest_run_to_exit(&guest, 0), 42);
}

/* Sets one 64-bit field, which must be refused and change nothing. */
static void expect_bad_sregs(const struct guest *guest, size_t offset,
			     uint64_t value)
{
	struct kvm_sregs old, sregs, now;
	int fd = guest->vcpus[0].fd;

	expect_ok(ioctl(fd, CORBEL_GET_SREGS, &old));
	sregs = old;
	memcpy((char *)&sregs + offset, &value, sizeof(value));
	if (ioctl(fd, CORBEL_SET_SREGS, &sregs) != -1 || errno != EINVAL)
		fail("%#llx at offset %zu of kvm_sregs is taken",
		     (unsigned long long)value, offset);
	expect_ok(ioctl(fd, CORBEL_GET_SREGS, &now));
	expect(!memcmp(&old, &now, sizeof(now)));
}

#define BAD_SREGS(guest, field, value) \
	expect_bad_sregs(guest, offsetof(struct kvm_sregs, field), value)

TEST_EACH(vcpu_bad_control, "reserved and impossible control registers are EINVAL")
{
	struct guest guest;

	guest_create(&guest, vm_type, &guest_exits, 1);
	BAD_SREGS(&guest, cr0, 1ULL << 32 | CR0_PG | CR0_PE);
	BAD_SREGS(&guest, cr0, CR0_PE);		/* LMA without paging */
	BAD_SREGS(&guest, cr0, CR0_PG);		/* paging without PE */
	BAD_SREGS(&guest, cr3, 1ULL << 63);
	BAD_SREGS(&guest, cr3, 1ULL << 52);
	BAD_SREGS(&guest, cr4, 0);		/* LMA without PAE */
	BAD_SREGS(&guest, cr4, 1ULL << 32 | CR4_PAE);
	BAD_SREGS(&guest, cr4, 1ULL << 63 | CR4_PAE);
	BAD_SREGS(&guest, cr4, CR4_VMXE | CR4_PAE);
	BAD_SREGS(&guest, efer, EFER_LME);	/* paging without LMA */
	BAD_SREGS(&guest, efer, EFER_LMA);
	BAD_SREGS(&guest, efer, EFER_LMA | EFER_LME | EFER_SVME);
	BAD_SREGS(&guest, efer, EFER_LMA | EFER_LME | 1ULL << 63);
	BAD_SREGS(&guest, apic_base, 0xfee00000);
	BAD_SREGS(&guest, apic_base, ~0ULL);
	expect_equal(guest_run_to_exit(&guest, 0), 42);
}

TEST_EACH(vcpu_bad_bases, "bases that are not canonical are EINVAL where they matter")
{
	struct guest guest;

	guest_create(&guest, vm_type, &guest_exits, 1);
	BAD_SREGS(&guest, gdt.base, NON_CANONICAL);
	BAD_SREGS(&guest, idt.base, NON_CANONICAL);
	/* AMD-V makes these canonical itself. */
	if (vm_type != CORBEL_VM_PV)
		return;
	BAD_SREGS(&guest, fs.base, NON_CANONICAL);
	BAD_SREGS(&guest, gs.base, NON_CANONICAL);
	expect_equal(guest_run_to_exit(&guest, 0), 42);
}

/* Whatever it is, RUN comes back or can be interrupted, and the host lives. */
TEST_EACH(vcpu_random_sregs, "random special registers are refused, or the guest ends")
{
	struct kvm_sregs sregs;
	struct runner runner;
	struct guest guest;
	unsigned int i, j;

	srandom(1);
	for (i = 0; i < 60; i++) {
		guest_create(&guest, vm_type, &guest_exits, 1);
		expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_GET_SREGS, &sregs));
		for (j = 0; j <= i % 4; j++)
			((uint8_t *)&sregs)[random() % sizeof(sregs)] ^=
				1 << random() % 8;
		if (ioctl(guest.vcpus[0].fd, CORBEL_SET_SREGS, &sregs)) {
			expect_equal(errno, EINVAL);
		} else {
			runner_start(&runner, &guest, 0);
			sleep_ms(2);
			runner_stop(&runner);
		}
		guest_destroy(&guest);
	}
}

/* MSRs */

struct one_msr {
	struct kvm_msrs header;
	struct kvm_msr_entry entry;
};

static int msr(const struct guest *guest, unsigned long request, uint32_t index,
	       uint64_t *value)
{
	struct one_msr msrs = {
		.header.nmsrs = 1, .entry.index = index, .entry.data = *value,
	};
	int result = ioctl(guest->vcpus[0].fd, request, &msrs);

	*value = msrs.entry.data;
	return result;
}

static int set_msr(const struct guest *guest, uint32_t index, uint64_t value)
{
	return msr(guest, CORBEL_SET_MSRS, index, &value);
}

static uint64_t get_msr(const struct guest *guest, uint32_t index)
{
	uint64_t value = 0;

	expect_equal(msr(guest, CORBEL_GET_MSRS, index, &value), 1);
	return value;
}

TEST_EACH(vcpu_msrs, "MSRs keep what is written to them")
{
	static const struct {
		uint32_t index;
		uint64_t value;
	} msrs[] = {
		{ MSR_LSTAR, 0xffffffff81000000 }, { MSR_SFMASK, 0x47700 },
		{ MSR_FS_BASE, 0x123456789000 }, { MSR_GS_BASE, 0x1000 },
		{ MSR_TSC_AUX, 7 }, { MSR_PAT, 0x0007040600070406 },
		{ MSR_X2APIC_TPR, 0x20 },
	};
	struct guest guest;
	unsigned int i;

	guest_create(&guest, vm_type, &guest_exits, 1);
	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		expect_equal(set_msr(&guest, msrs[i].index, msrs[i].value), 1);
		expect_equal(get_msr(&guest, msrs[i].index), msrs[i].value);
	}
	expect_equal(get_msr(&guest, MSR_X2APIC_ID), 0);
}

TEST_EACH(vcpu_bad_msrs, "MSRs that are not there, and reserved bits, are not set")
{
	static const struct {
		uint32_t index;
		uint64_t value;
	} msrs[] = {
		{ 0xdeadbeef, 0 }, { UINT_MAX, 0 }, { 0x40000000, 1 },
		{ 0xc0010114, 0 },	/* VM_CR */
		{ 0xc0010117, 0x1000 },	/* VM_HSAVE_PA */
		{ 0x48, ~0ULL },	/* SPEC_CTRL */
		{ MSR_LSTAR, NON_CANONICAL }, { MSR_FS_BASE, NON_CANONICAL },
		{ MSR_GS_BASE, 1ULL << 63 },
		{ MSR_TSC_AUX, 1ULL << 32 }, { MSR_PAT, 2 },
		{ MSR_EFER, ~0ULL }, { MSR_EFER, EFER_SVME },
		{ MSR_APIC_BASE, 0 }, { MSR_X2APIC_ID, 1 },
		{ MSR_X2APIC_TPR, 0x100 }, { MSR_X2APIC_LVTT, ~0ULL },
		{ MSR_STEAL_TIME, NO_MEMORY | 1 }, { MSR_STEAL_TIME, 0x3f },
		{ MSR_SYSTEM_TIME, NO_MEMORY | 1 },
	};
	struct guest guest;
	unsigned int i;

	guest_create(&guest, vm_type, &guest_exits, 1);
	for (i = 0; i < ARRAY_SIZE(msrs); i++)
		if (set_msr(&guest, msrs[i].index, msrs[i].value) != 0)
			fail("MSR %#x takes %#llx", msrs[i].index,
			     (unsigned long long)msrs[i].value);
	expect_equal(guest_run_to_exit(&guest, 0), 42);
}

TEST_EACH(vcpu_msr_counts, "as many MSRs are done as came before the first bad one")
{
	struct {
		struct kvm_msrs header;
		struct kvm_msr_entry entries[3];
	} msrs = {
		.header.nmsrs = 3,
		.entries = { { .index = MSR_TSC_AUX, .data = 1 },
			     { .index = 0xdeadbeef }, { .index = MSR_PAT } },
	};
	struct guest guest;
	int fd;

	guest_create(&guest, vm_type, &guest_exits, 1);
	fd = guest.vcpus[0].fd;
	expect_equal(ioctl(fd, CORBEL_SET_MSRS, &msrs), 1);
	expect_equal(ioctl(fd, CORBEL_GET_MSRS, &msrs), 1);
	msrs.header.nmsrs = 0;
	expect_equal(ioctl(fd, CORBEL_SET_MSRS, &msrs), 0);
	expect_equal(ioctl(fd, CORBEL_GET_MSRS, &msrs), 0);
	msrs.header.nmsrs = 257;
	expect_error(ioctl(fd, CORBEL_GET_MSRS, &msrs), E2BIG);
	msrs.header.nmsrs = UINT_MAX;
	expect_error(ioctl(fd, CORBEL_SET_MSRS, &msrs), E2BIG);
	expect_error(ioctl(fd, CORBEL_GET_MSRS, &msrs), E2BIG);
	msrs.header.nmsrs = 1;
	msrs.header.pad = 1;
	expect_error(ioctl(fd, CORBEL_SET_MSRS, &msrs), EINVAL);
	expect_error(ioctl(fd, CORBEL_GET_MSRS, &msrs), EINVAL);
}

TEST_EACH(vcpu_msr_reserved, "the reserved field of an MSR's entry must be 0")
{
	struct one_msr msrs = {
		.header.nmsrs = 1,
		.entry = { .index = MSR_TSC_AUX, .reserved = 1 },
	};
	struct guest guest;

	guest_create(&guest, vm_type, &guest_exits, 1);
	expect_error(ioctl(guest.vcpus[0].fd, CORBEL_SET_MSRS, &msrs), EINVAL);
	expect_error(ioctl(guest.vcpus[0].fd, CORBEL_GET_MSRS, &msrs), EINVAL);
}

TEST_EACH(vcpu_msr_fault, "entries that end in unmapped memory are EFAULT")
{
	struct one_msr *msrs = page_before_nothing() + PAGE_SIZE -
			       sizeof(*msrs);
	struct guest guest;

	guest_create(&guest, vm_type, &guest_exits, 1);
	msrs->header.nmsrs = 1;
	msrs->entry.index = MSR_TSC_AUX;
	expect_equal(ioctl(guest.vcpus[0].fd, CORBEL_SET_MSRS, msrs), 1);
	msrs->header.nmsrs = 2;
	expect_error(ioctl(guest.vcpus[0].fd, CORBEL_SET_MSRS, msrs), EFAULT);
	expect_error(ioctl(guest.vcpus[0].fd, CORBEL_GET_MSRS, msrs), EFAULT);
}

/* CPUID */

struct cpuid {
	struct kvm_cpuid2 header;
	struct kvm_cpuid_entry2 entries[256];
};

TEST_EACH(vcpu_supported_cpuid, "GET_SUPPORTED_CPUID says how much room it needs")
{
	struct cpuid cpuid = {};
	struct guest guest;
	unsigned int needed;

	guest_prepare(&guest, vm_type);
	expect_error(ioctl(guest.vm, CORBEL_GET_SUPPORTED_CPUID, &cpuid),
		     E2BIG);
	needed = cpuid.header.nent;
	expect(needed > 10 && needed < ARRAY_SIZE(cpuid.entries));
	cpuid.header.nent = needed - 1;
	expect_error(ioctl(guest.vm, CORBEL_GET_SUPPORTED_CPUID, &cpuid),
		     E2BIG);
	cpuid.header.nent = needed;
	expect_ok(ioctl(guest.vm, CORBEL_GET_SUPPORTED_CPUID, &cpuid));
	expect_equal(cpuid.header.nent, needed);
	cpuid.header.nent = UINT_MAX;
	expect_ok(ioctl(guest.vm, CORBEL_GET_SUPPORTED_CPUID, &cpuid));
	expect_equal(cpuid.header.nent, needed);
}

TEST_EACH(vcpu_set_cpuid, "SET_CPUID2 takes any number of entries up to its limit")
{
	struct cpuid cpuid = { .header.nent = ARRAY_SIZE(cpuid.entries) };
	struct guest guest;
	int fd;

	guest_create(&guest, vm_type, &guest_exits, 1);
	fd = guest.vcpus[0].fd;
	expect_ok(ioctl(guest.vm, CORBEL_GET_SUPPORTED_CPUID, &cpuid));
	expect_ok(ioctl(fd, CORBEL_SET_CPUID2, &cpuid));
	cpuid.header.nent = ARRAY_SIZE(cpuid.entries);
	expect_error(ioctl(fd, CORBEL_SET_CPUID2, &cpuid), E2BIG);
	cpuid.header.nent = UINT_MAX;
	expect_error(ioctl(fd, CORBEL_SET_CPUID2, &cpuid), E2BIG);
	cpuid.header.nent = 1;
	cpuid.header.padding = 1;
	expect_error(ioctl(fd, CORBEL_SET_CPUID2, &cpuid), EINVAL);
	cpuid.header.padding = 0;
	cpuid.header.nent = 0;
	expect_ok(ioctl(fd, CORBEL_SET_CPUID2, &cpuid));
	expect_equal(guest_run_to_exit(&guest, 0), 42);
}

TEST_EACH(vcpu_cpuid_padding, "padding in CPUID entries and headers must be 0")
{
	struct cpuid cpuid = {
		.header.nent = 1, .entries[0].padding[2] = 1,
	};
	struct guest guest;

	guest_create(&guest, vm_type, &guest_exits, 1);
	expect_error(ioctl(guest.vcpus[0].fd, CORBEL_SET_CPUID2, &cpuid),
		     EINVAL);
	cpuid.header.nent = ARRAY_SIZE(cpuid.entries);
	cpuid.header.padding = 1;
	expect_error(ioctl(guest.vm, CORBEL_GET_SUPPORTED_CPUID, &cpuid),
		     EINVAL);
}

TEST_EACH(vcpu_cpuid_fault, "CPUID entries that end in unmapped memory are EFAULT")
{
	struct cpuid *cpuid = page_before_nothing() + PAGE_SIZE -
			      sizeof(struct kvm_cpuid2) -
			      sizeof(struct kvm_cpuid_entry2);
	struct guest guest;

	guest_create(&guest, vm_type, &guest_exits, 1);
	cpuid->header.nent = 1;
	expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_SET_CPUID2, cpuid));
	cpuid->header.nent = 2;
	expect_error(ioctl(guest.vcpus[0].fd, CORBEL_SET_CPUID2, cpuid),
		     EFAULT);
	cpuid->header.nent = 100;
	expect_error(ioctl(guest.vm, CORBEL_GET_SUPPORTED_CPUID, cpuid),
		     EFAULT);
}

/* What it is doing */

TEST_EACH(vcpu_mp_state, "MP_STATE knows KVM's states that x86 has here, and no others")
{
	static const uint32_t good[] = {
		KVM_MP_STATE_UNINITIALIZED, KVM_MP_STATE_INIT_RECEIVED,
		KVM_MP_STATE_HALTED, KVM_MP_STATE_RUNNABLE,
	};
	struct kvm_mp_state state;
	struct guest guest;
	unsigned int i;
	int fd;

	guest_create(&guest, vm_type, &guest_exits, 1);
	fd = guest.vcpus[0].fd;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		state.mp_state = good[i];
		expect_ok(ioctl(fd, CORBEL_SET_MP_STATE, &state));
		state.mp_state = 77;
		expect_ok(ioctl(fd, CORBEL_GET_MP_STATE, &state));
		expect_equal(state.mp_state, good[i]);
	}
	for (i = KVM_MP_STATE_SIPI_RECEIVED; i < 40; i++) {
		state.mp_state = i;
		expect_error(ioctl(fd, CORBEL_SET_MP_STATE, &state), EINVAL);
	}
	state.mp_state = UINT_MAX;
	expect_error(ioctl(fd, CORBEL_SET_MP_STATE, &state), EINVAL);
	expect_equal(guest_run_to_exit(&guest, 0), 42);
}

TEST_EACH(vcpu_nmi, "an NMI for a guest without a table for it ends it")
{
	struct guest guest;

	guest_create(&guest, vm_type, &guest_counts, 1);
	expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_NMI, 0));
	expect_ok(guest_run(&guest, 0));
	expect(guest.vcpus[0].run->exit_reason == KVM_EXIT_SHUTDOWN ||
	       guest.vcpus[0].run->exit_reason == CORBEL_EXIT_KILLED);
}

TEST_EACH(vcpu_shadow_limit, "SET_SHADOW_LIMIT takes 1024 pages up to a 32-bit number")
{
	struct guest guest;

	guest_create(&guest, vm_type, &guest_touches, 1);
	expect_error(ioctl(guest.vm, CORBEL_SET_SHADOW_LIMIT, 0), EINVAL);
	expect_error(ioctl(guest.vm, CORBEL_SET_SHADOW_LIMIT, 1023), EINVAL);
	expect_error(ioctl(guest.vm, CORBEL_SET_SHADOW_LIMIT, 1UL << 32),
		     EINVAL);
	expect_error(ioctl(guest.vm, CORBEL_SET_SHADOW_LIMIT, ULONG_MAX),
		     EINVAL);
	expect_ok(ioctl(guest.vm, CORBEL_SET_SHADOW_LIMIT, UINT_MAX));
	expect_ok(ioctl(guest.vm, CORBEL_SET_SHADOW_LIMIT, 1024));
	expect_equal(guest_run_to_exit(&guest, 0), 0);
}
