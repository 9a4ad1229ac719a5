// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmclock and steal time, as Linux's own drivers expect them from KVM
 * (Documentation/virt/kvm/x86/msr.rst), in every mode.
 *
 * The guest's TSC is the host's.  Where the host trusts its TSC, the clock is
 * one line through the moment the VM was created, the same for all vCPUs, and
 * is written once.  Where it does not, each vCPU gets a new line whenever it
 * comes to another CPU.
 */
#include <linux/math64.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <asm/kvm_para.h>
#include <asm/pvclock-abi.h>
#include <asm/tsc.h>

#include "control.h"

/* (tsc << shift) * mul >> 32 shall be nanoseconds. */
static void scale(u32 khz, u32 *mul, s8 *shift)
{
	u64 hz = (u64)khz * 1000;

	*shift = 0;
	while (hz > 2 * NSEC_PER_SEC) {
		hz >>= 1;
		--*shift;
	}
	while (hz <= NSEC_PER_SEC) {
		hz <<= 1;
		++*shift;
	}
	*mul = div64_u64((u64)NSEC_PER_SEC << 32, hz);
}

static u64 now_ns(void)
{
	return ktime_to_ns(ktime_get_raw());
}

/**
 * clock_init_vm - the guest's time starts
 * @vm: the VM
 */
void clock_init_vm(struct vm *vm)
{
	scale(tsc_khz, &vm->clock.mul, &vm->clock.shift);
	vm->clock.stable = !check_tsc_unstable();
	vm->clock.ns = now_ns();
	vm->clock.tsc = rdtsc();
}

static void *shared(struct vcpu *vcpu, gpa_t gpa)
{
	struct page *page;

	if (guest_page(vcpu->vm, gpa >> PAGE_SHIFT, &page))
		return NULL;
	return page_address(page) + offset_in_page(gpa);
}

/* Brings the page of a structure to hand, which must not cross its end. */
static int check_shared(struct vcpu *vcpu, gpa_t gpa, size_t size)
{
	struct page *page;
	int err;

	if (offset_in_page(gpa) + size > PAGE_SIZE)
		return -EFAULT;
	err = vcpu_guest_page(vcpu, gpa >> PAGE_SHIFT, &page);
	return err && err != -EAGAIN ? -EFAULT : err;
}

/**
 * clock_update - write the vCPU's kvmclock structure
 * @vcpu: the vCPU, whose thread calls
 */
void clock_update(struct vcpu *vcpu)
{
	const struct vm *vm = vcpu->vm;
	gpa_t gpa = vcpu->msrs.system_time & ~1ULL;
	struct pvclock_vcpu_time_info *info;
	u64 tsc = vm->clock.tsc, ns = 0;

	if (!(vcpu->msrs.system_time & 1))
		return;
	info = shared(vcpu, gpa);
	if (!info)
		return;
	if (!vm->clock.stable) {
		ns = now_ns() - vm->clock.ns;
		tsc = rdtsc();
	}
	WRITE_ONCE(info->version, (info->version | 1) + 2);
	smp_wmb();	/* odd before anything changes, */
	info->tsc_timestamp = tsc;
	info->system_time = ns;
	info->tsc_to_system_mul = vm->clock.mul;
	info->tsc_shift = vm->clock.shift;
	info->flags = vm->clock.stable ? PVCLOCK_TSC_STABLE_BIT : 0;
	smp_wmb();	/* and even after everything has */
	WRITE_ONCE(info->version, info->version + 1);
}

int clock_set_system_time(struct vcpu *vcpu, u64 value)
{
	int err = 0;

	if (value & 1)
		err = check_shared(vcpu, value & ~1ULL,
				   sizeof(struct pvclock_vcpu_time_info));
	if (err)
		return err;
	vcpu->msrs.system_time = value;
	clock_update(vcpu);
	return 0;
}

int clock_set_wall_clock(struct vcpu *vcpu, u64 value)
{
	struct pvclock_wall_clock *clock;
	struct timespec64 boot;
	u64 ns;
	int err = check_shared(vcpu, value, sizeof(*clock));

	if (err)
		return err;
	vcpu->msrs.wall_clock = value;
	clock = shared(vcpu, value);
	if (!clock)
		return -EFAULT;
	/* The wall clock's reading when the guest's clock read 0. */
	ns = ktime_get_real_ns() - (now_ns() - vcpu->vm->clock.ns);
	boot = ns_to_timespec64(ns);
	WRITE_ONCE(clock->version, (clock->version | 1) + 2);
	smp_wmb();	/* as in clock_update() */
	clock->sec = boot.tv_sec;
	clock->nsec = boot.tv_nsec;
	smp_wmb();	/* likewise */
	WRITE_ONCE(clock->version, clock->version + 1);
	return 0;
}

int clock_set_steal_time(struct vcpu *vcpu, u64 value)
{
	int err = 0;

	if (value & KVM_STEAL_RESERVED_MASK)
		return -EFAULT;
	if (value & KVM_MSR_ENABLED)
		err = check_shared(vcpu, value & KVM_STEAL_VALID_BITS,
				   sizeof(struct kvm_steal_time));
	if (err)
		return err;
	vcpu->msrs.steal_time = value;
	vcpu->steal_last = current->sched_info.run_delay;
	return 0;
}

/**
 * clock_update_steal - add what the vCPU's thread has waited for a CPU
 * @vcpu: the vCPU, whose thread calls
 */
void clock_update_steal(struct vcpu *vcpu)
{
	u64 delay = current->sched_info.run_delay;
	struct kvm_steal_time *steal;

	if (!(vcpu->msrs.steal_time & KVM_MSR_ENABLED) ||
	    delay == vcpu->steal_last)
		return;
	steal = shared(vcpu, vcpu->msrs.steal_time & KVM_STEAL_VALID_BITS);
	if (!steal)
		return;
	WRITE_ONCE(steal->version, (steal->version | 1) + 2);
	smp_wmb();	/* as in clock_update() */
	steal->steal += delay - vcpu->steal_last;
	smp_wmb();	/* likewise */
	WRITE_ONCE(steal->version, steal->version + 1);
	vcpu->steal_last = delay;
}
