// SPDX-License-Identifier: GPL-2.0-only
/*
 * What CPUID tells a vCPU: see cpuid.h.
 *
 * All vCPUs are cores of one package, of one thread each, and have their number
 * as APIC ID.  Linux asks leaf 0xb on Intel and the extended leaves on AMD.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/cpuid.h"

#define ENTRIES_MAX	128

#define LEAF1_ECX_X2APIC	(1U << 21)
#define LEAF1_ECX_TSC_DEADLINE	(1U << 24)
#define LEAF1_ECX_HYPERVISOR	(1U << 31)
#define LEAF1_EDX_HTT		(1U << 28)
#define EXT1_ECX_CMP_LEGACY	(1U << 1)
#define EXT1_ECX_TOPOEXT	(1U << 22)

struct cpuid {
	struct kvm_cpuid2 header;
	struct kvm_cpuid_entry2 entries[ENTRIES_MAX];
};

/* Bits of an APIC ID that tell cores apart. */
static unsigned int core_bits(unsigned int cpus)
{
	unsigned int bits = 0;

	while (1U << bits < cpus)
		bits++;
	return bits;
}

static struct kvm_cpuid_entry2 *entry(struct cpuid *cpuid, uint32_t leaf,
				      uint32_t subleaf)
{
	struct kvm_cpuid_entry2 *new;
	unsigned int i;

	for (i = 0; i < cpuid->header.nent; i++)
		if (cpuid->entries[i].function == leaf &&
		    cpuid->entries[i].index == subleaf)
			return &cpuid->entries[i];
	if (cpuid->header.nent == ENTRIES_MAX)
		return NULL;
	new = &cpuid->entries[cpuid->header.nent++];
	memset(new, 0, sizeof(*new));
	new->function = leaf;
	new->index = subleaf;
	new->flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
	return new;
}

static void set_identity(struct cpuid *cpuid, unsigned int id,
			 unsigned int cpus)
{
	struct kvm_cpuid_entry2 *e = entry(cpuid, 1, 0);

	e->ebx = (e->ebx & 0xffff) | cpus << 16 | id << 24;
	e->ecx |= LEAF1_ECX_X2APIC | LEAF1_ECX_TSC_DEADLINE |
		  LEAF1_ECX_HYPERVISOR;
	if (cpus > 1)
		e->edx |= LEAF1_EDX_HTT;
	else
		e->edx &= ~LEAF1_EDX_HTT;
}

/* Levels: thread (none), core. */
static void set_topology(struct cpuid *cpuid, unsigned int id,
			 unsigned int cpus)
{
	struct kvm_cpuid_entry2 *e = entry(cpuid, 0xb, 0);

	if (!e)
		return;
	e->eax = 0;
	e->ebx = 1;
	e->ecx = 1 << 8;
	e->edx = id;
	e = entry(cpuid, 0xb, 1);
	if (!e)
		return;
	e->eax = core_bits(cpus);
	e->ebx = cpus;
	e->ecx = 2 << 8 | 1;
	e->edx = id;
}

static void set_amd_topology(struct cpuid *cpuid, unsigned int cpus)
{
	struct kvm_cpuid_entry2 *e = entry(cpuid, 0x80000001, 0);

	e->ecx &= ~EXT1_ECX_TOPOEXT;
	if (cpus > 1)
		e->ecx |= EXT1_ECX_CMP_LEGACY;
	else
		e->ecx &= ~EXT1_ECX_CMP_LEGACY;
	e = entry(cpuid, 0x80000008, 0);
	e->ecx = (cpus - 1) | core_bits(cpus) << 12;
}

static bool is_amd(struct cpuid *cpuid)
{
	return entry(cpuid, 0, 0)->ecx == 0x444d4163;	/* "cAMD" */
}

static int get_supported(const struct backend *backend, struct cpuid *cpuid,
			 struct error *err)
{
	int fd = backend->mode == BACKEND_KVM ? backend->fd : backend->vm;

	cpuid->header.nent = ENTRIES_MAX;
	if (backend_ioctl(backend, fd, KVM_GET_SUPPORTED_CPUID, cpuid))
		return error_set(err, "asking what CPUID may show: %m");
	return 0;
}

int cpuid_set(const struct backend *backend, int vcpu, unsigned int id,
	      unsigned int cpus, struct error *err)
{
	struct cpuid *cpuid = calloc(1, sizeof(*cpuid));
	int result;

	if (!cpuid)
		return error_set(err, "CPUID: %m");
	result = get_supported(backend, cpuid, err);
	if (!result) {
		set_identity(cpuid, id, cpus);
		if (is_amd(cpuid))
			set_amd_topology(cpuid, cpus);
		else
			set_topology(cpuid, id, cpus);
		if (backend_ioctl(backend, vcpu, KVM_SET_CPUID2, cpuid))
			result = error_set(err, "vCPU %u: setting CPUID: %m",
					   id);
	}
	free(cpuid);
	return result;
}
