// SPDX-License-Identifier: GPL-2.0-only
/*
 * AMD-V has one owner at a time: whoever sets EFER.SVME and MSR_VM_HSAVE_PA.
 * We are that only while an hvm VM exists, and on all CPUs; before and after
 * it is free for others, KVM for one.  (KVM asks in the same way, so neither
 * takes it from the other.)
 *
 * Locking: users_lock guards users and the hotplug state.
 */
#include <linux/cpuhotplug.h>
#include <linux/gfp.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <asm/cpufeature.h>
#include <asm/mem_encrypt.h>
#include <asm/msr-index.h>
#include <asm/svm.h>

#include "svm.h"

#define IO_MAP_ORDER	2	/* 12 KiB */
#define MSR_MAP_ORDER	1	/* 8 KiB */

static DEFINE_PER_CPU(struct svm_cpu, svm_cpus);
static DEFINE_MUTEX(users_lock);
static int users;
static enum cpuhp_state hotplug_state;
static u32 asid_count;
static struct page *io_map, *msr_map;

struct svm_cpu *svm_this_cpu(void)
{
	return this_cpu_ptr(&svm_cpus);
}

u64 svm_io_map(void)
{
	return __sme_pa(page_address(io_map));
}

u64 svm_msr_map(void)
{
	return __sme_pa(page_address(msr_map));
}

/* ASIDs */

/**
 * svm_assign_asid - an ASID that no translation is tagged with
 * @cpu:	this CPU
 * @svm:	the vCPU
 */
void svm_assign_asid(struct svm_cpu *cpu, struct svm_vcpu *svm)
{
	struct vmcb_control_area *control = &svm->vmcb->control;

	control->tlb_ctl = TLB_CONTROL_DO_NOTHING;
	if (cpu->next_asid == asid_count) {
		cpu->generation++;
		cpu->next_asid = 1;
		control->tlb_ctl = TLB_CONTROL_FLUSH_ALL_ASID;
	}
	control->asid = cpu->next_asid++;
	svm->asid_cpu = smp_processor_id();
	svm->asid_generation = cpu->generation;
	svm->flush = false;
}

/* What is needed */

static bool disabled_by_firmware(void)
{
	u64 vm_cr;

	rdmsrl(MSR_VM_CR, vm_cr);
	return vm_cr & SVM_VM_CR_SVM_DIS_MASK;
}

static const char *lacking(enum corbel_vm_type type)
{
	if (!boot_cpu_has(X86_FEATURE_SVM))
		return "the CPU has no AMD-V (SVM), or it is hidden from this machine";
	if (disabled_by_firmware())
		return "AMD-V is disabled by the firmware (SVM in the BIOS setup)";
	if (type == CORBEL_VM_HVM_NESTED && !boot_cpu_has(X86_FEATURE_NPT))
		return "the CPU has no nested paging (NPT); use --paging shadow";
	if (cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT))
		return "the host is an SEV guest, which has no AMD-V of its own";
	return NULL;
}

static void note_other_owner(void *taken)
{
	u64 efer;

	rdmsrl(MSR_EFER, efer);
	if (efer & EFER_SVME)
		atomic_inc(taken);
}

/* Is it somebody else's?  Only asked while it is not ours. */
static bool is_taken(void)
{
	atomic_t taken = ATOMIC_INIT(0);

	on_each_cpu(note_other_owner, &taken, 1);
	return atomic_read(&taken);
}

/**
 * svm_check - can this host run a type of VM now?
 * @type:	the type
 * @reason:	why not
 * @size:	room for that
 *
 * Return: 0, -EOPNOTSUPP, -EBUSY
 */
int svm_check(enum corbel_vm_type type, char *reason, size_t size)
{
	const char *why = lacking(type);
	int err = why ? -EOPNOTSUPP : 0;

	mutex_lock(&users_lock);
	if (!err && !users && is_taken()) {
		why = "AMD-V is in use by another hypervisor on this machine (a VM of kvm_amd? stop it, or unload kvm_amd)";
		err = -EBUSY;
	}
	mutex_unlock(&users_lock);
	strscpy(reason, why ?: "", size);
	return err;
}

/* On and off */

static int enable_cpu(unsigned int n)
{
	struct svm_cpu *cpu = &per_cpu(svm_cpus, n);
	u64 efer;

	rdmsrl(MSR_EFER, efer);
	if (efer & EFER_SVME)
		return -EBUSY;
	wrmsrl(MSR_EFER, efer | EFER_SVME);
	wrmsrl(MSR_VM_HSAVE_PA, __sme_pa(page_address(cpu->save_area)));
	/* The first entry starts a generation, with everything flushed. */
	cpu->next_asid = asid_count;
	return 0;
}

static int disable_cpu(unsigned int n)
{
	u64 efer;

	wrmsrl(MSR_VM_HSAVE_PA, 0);
	rdmsrl(MSR_EFER, efer);
	wrmsrl(MSR_EFER, efer & ~(u64)EFER_SVME);
	return 0;
}

/**
 * svm_hardware_get - another VM needs AMD-V
 *
 * Return: 0, -EBUSY
 */
int svm_hardware_get(void)
{
	int state = 0;

	mutex_lock(&users_lock);
	if (!users) {
		/* Calls enable_cpu() on each CPU, and for each that comes. */
		state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "corbel:svm",
					  enable_cpu, disable_cpu);
		hotplug_state = state;
	}
	if (state >= 0)
		users++;
	mutex_unlock(&users_lock);
	return state < 0 ? state : 0;
}

void svm_hardware_put(void)
{
	mutex_lock(&users_lock);
	if (!--users)
		cpuhp_remove_state(hotplug_state);
	mutex_unlock(&users_lock);
}

/* Maps of what a guest may do without an exit: bits that are 0. */

/*
 * MSRs that VMLOAD and VMSAVE switch, so they are the guest's own.  The map
 * has two bits for each (read, write), for three ranges of 0x2000.
 */
static void allow_msr(u8 *map, u32 msr)
{
	u32 index = msr & 0x1fff;

	if (msr >= 0xc0000000)
		index += 0x2000;
	map[index / 4] &= ~(3 << index % 4 * 2);
}

static void init_msr_map(u8 *map)
{
	static const u32 allowed[] = {
		MSR_STAR, MSR_LSTAR, MSR_CSTAR, MSR_SYSCALL_MASK,
		MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS_BASE,
		MSR_IA32_SYSENTER_CS, MSR_IA32_SYSENTER_ESP,
		MSR_IA32_SYSENTER_EIP,
	};
	unsigned int i;

	memset(map, 0xff, PAGE_SIZE << MSR_MAP_ORDER);
	for (i = 0; i < ARRAY_SIZE(allowed); i++)
		allow_msr(map, allowed[i]);
}

/* Life */

static void free_cpus(void)
{
	int n;

	for_each_possible_cpu(n) {
		struct svm_cpu *cpu = &per_cpu(svm_cpus, n);

		if (cpu->save_area)
			__free_page(cpu->save_area);
		if (cpu->host_vmcb)
			__free_page(cpu->host_vmcb);
	}
}

static int alloc_cpus(void)
{
	int n;

	for_each_possible_cpu(n) {
		struct svm_cpu *cpu = &per_cpu(svm_cpus, n);

		cpu->save_area = alloc_page(GFP_KERNEL | __GFP_ZERO);
		cpu->host_vmcb = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!cpu->save_area || !cpu->host_vmcb)
			return -ENOMEM;
		cpu->host_vmcb_pa = __sme_pa(page_address(cpu->host_vmcb));
	}
	return 0;
}

void svm_exit(void)
{
	free_cpus();
	if (io_map)
		__free_pages(io_map, IO_MAP_ORDER);
	if (msr_map)
		__free_pages(msr_map, MSR_MAP_ORDER);
}

/**
 * svm_init - have at hand what AMD-V takes, if there is AMD-V
 *
 * Return: 0 or -ENOMEM
 */
int svm_init(void)
{
	if (!boot_cpu_has(X86_FEATURE_SVM))
		return 0;
	asid_count = cpuid_ebx(SVM_CPUID_FUNC);
	io_map = alloc_pages(GFP_KERNEL, IO_MAP_ORDER);
	msr_map = alloc_pages(GFP_KERNEL, MSR_MAP_ORDER);
	if (!io_map || !msr_map || alloc_cpus()) {
		svm_exit();
		return -ENOMEM;
	}
	memset(page_address(io_map), 0xff, PAGE_SIZE << IO_MAP_ORDER);
	init_msr_map(page_address(msr_map));
	return 0;
}
