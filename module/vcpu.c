// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file descriptor of a vCPU: its ioctls, and the loop that runs it.
 *
 * One thread at a time has the vCPU: it holds vcpu->mutex.  What others want of
 * it they leave in vcpu->requests (vcpu_request()), and a kick makes the thread
 * look: it wakes it if it waits, and interrupts it if it is in the guest.
 */
#include <linux/anon_inodes.h>
#include <linux/entry-kvm.h>
#include <linux/file.h>
#include <linux/kvm_host.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "control.h"
#include "trace.h"
#include "vm.h"

#define MAX_MSRS	256

static_assert(sizeof(struct kvm_run) <= PAGE_SIZE);

/* Requests */

/**
 * vcpu_kick - have a vCPU's thread look at its requests
 * @vcpu: the vCPU; any context
 */
void vcpu_kick(struct vcpu *vcpu)
{
	int me;

	/* Pairs with the store to in_guest before requests are looked at. */
	smp_mb();
	rcuwait_wake_up(&vcpu->wait);
	me = get_cpu();
	if (READ_ONCE(vcpu->in_guest) && READ_ONCE(vcpu->cpu) != me)
		smp_send_reschedule(READ_ONCE(vcpu->cpu));
	put_cpu();
}

/**
 * vcpu_request - ask something of a vCPU
 * @vcpu:	the vCPU; any context
 * @request:	what
 */
void vcpu_request(struct vcpu *vcpu, enum vcpu_request request)
{
	if (!test_and_set_bit(request, &vcpu->requests))
		vcpu_kick(vcpu);
}

/**
 * vcpu_halt - the guest waits for an event
 * @vcpu: the vCPU, whose thread calls
 */
void vcpu_halt(struct vcpu *vcpu)
{
	vcpu->stats->exit_halt++;
	vcpu->mp_state = KVM_MP_STATE_HALTED;
	vcpu->leave = true;
}

/**
 * vcpu_init - INIT: back to reset, waiting for SIPI
 * @vcpu: the vCPU; any context
 *
 * The CPU that started first does not wait for one, and nobody sends it INIT
 * but to reset the machine.
 */
void vcpu_init(struct vcpu *vcpu)
{
	if (!vcpu->id)
		return;
	clear_bit(REQUEST_SIPI, &vcpu->requests);
	vcpu_request(vcpu, REQUEST_INIT);
}

/**
 * vcpu_startup - SIPI
 * @vcpu:	the vCPU; any context
 * @vector:	the page to start at
 */
void vcpu_startup(struct vcpu *vcpu, u8 vector)
{
	WRITE_ONCE(vcpu->sipi_vector, vector);
	vcpu_request(vcpu, REQUEST_SIPI);
}

static void reset(struct vcpu *vcpu)
{
	vcpu_reset_control(vcpu);
	vcpu_reset_msrs(vcpu);
	lapic_reset(vcpu);
	vcpu->nmi_pending = false;
	vcpu->complete = NULL;
	vcpu->reload = true;
	vcpu->vm->ops->reset(vcpu);
}

/**
 * vcpu_guest_page - a page of guest memory, for handlers of exits
 * @vcpu:	the vCPU, whose thread calls
 * @gfn:	which one
 * @page:	the answer
 *
 * Return: 0, -EAGAIN if it must be called where it may sleep, -ENOENT, -EFAULT,
 *	   -ENOMEM
 */
int vcpu_guest_page(struct vcpu *vcpu, gfn_t gfn, struct page **page)
{
	return vcpu->may_sleep ? guest_page_get(vcpu->vm, gfn, page) :
				 guest_page(vcpu->vm, gfn, page);
}

/* Running */

/* The VM is dead: say why, whoever asks. */
static int killed(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	run->exit_reason = CORBEL_EXIT_KILLED;
	memcpy(CORBEL_KILLED_TEXT(run), vcpu->vm->obituary,
	       CORBEL_KILLED_TEXT_SIZE);
	return EXIT_USERSPACE;
}

static void startup(struct vcpu *vcpu)
{
	/* It counts for a CPU that waits for it, and no other. */
	if (vcpu->mp_state != KVM_MP_STATE_INIT_RECEIVED)
		return;
	vcpu->vm->ops->start_ap(vcpu, READ_ONCE(vcpu->sipi_vector));
	vcpu->mp_state = KVM_MP_STATE_RUNNABLE;
}

static int handle_requests(struct vcpu *vcpu)
{
	if (vm_is_dead(vcpu->vm))
		return killed(vcpu);
	if (vcpu_test_request(vcpu, REQUEST_SHUTDOWN)) {
		vcpu->run->exit_reason = KVM_EXIT_SHUTDOWN;
		return EXIT_USERSPACE;
	}
	if (vcpu_test_request(vcpu, REQUEST_MEMORY)) {
		/* Let the writer in, who has the lock until it is done. */
		up_read(&vcpu->vm->memory_sem);
		mutex_lock(&vcpu->vm->lock);
		mutex_unlock(&vcpu->vm->lock);
		down_read(&vcpu->vm->memory_sem);
	}
	if (vcpu_test_request(vcpu, REQUEST_INIT)) {
		reset(vcpu);
		vcpu->mp_state = KVM_MP_STATE_INIT_RECEIVED;
	}
	if (vcpu_test_request(vcpu, REQUEST_SIPI))
		startup(vcpu);
	if (vcpu_test_request(vcpu, REQUEST_FLUSH))
		vcpu->vm->ops->flush_all(vcpu);
	if (vcpu_test_request(vcpu, REQUEST_CLOCK))
		clock_update(vcpu);
	return EXIT_RESUME;
}

/* Is there anything that ends a halt? */
static bool has_event(struct vcpu *vcpu)
{
	if (vcpu->nmi_pending || test_bit(REQUEST_NMI, &vcpu->requests))
		return true;
	/* Asked before the local APIC is looked at: what comes then asks anew. */
	vcpu_test_request(vcpu, REQUEST_EVENT);
	return vcpu->vm->ops->interrupts_enabled(vcpu) &&
	       lapic_pending(vcpu) >= 0;
}

/* What wakes it: one that waits for SIPI has no use for interrupts. */
static unsigned long awaited_requests(const struct vcpu *vcpu)
{
	return vcpu->mp_state == KVM_MP_STATE_HALTED ?
	       ~0UL : ~(BIT(REQUEST_EVENT) | BIT(REQUEST_NMI));
}

static void wait_for_work(struct vcpu *vcpu)
{
	unsigned long awaited = awaited_requests(vcpu);

	vcpu->stats->halts++;
	/* Waiting, it must not keep the memory map from being changed. */
	up_read(&vcpu->vm->memory_sem);
	prepare_to_rcuwait(&vcpu->wait);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if ((READ_ONCE(vcpu->requests) & awaited) ||
		    signal_pending(current))
			break;
		schedule();
	}
	finish_rcuwait(&vcpu->wait);
	down_read(&vcpu->vm->memory_sem);
}

/* Returns EXIT_RESUME if the guest can be entered. */
static int become_runnable(struct vcpu *vcpu)
{
	for (;;) {
		int result = handle_requests(vcpu);

		if (result != EXIT_RESUME)
			return result;
		if (vcpu->mp_state == KVM_MP_STATE_HALTED && has_event(vcpu))
			vcpu->mp_state = KVM_MP_STATE_RUNNABLE;
		if (vcpu->mp_state == KVM_MP_STATE_RUNNABLE)
			return EXIT_RESUME;
		if (signal_pending(current))
			return -EINTR;
		wait_for_work(vcpu);
	}
}

static int run_once(struct vcpu *vcpu)
{
	int result = become_runnable(vcpu);

	if (result != EXIT_RESUME)
		return result;
	clock_update_steal(vcpu);
	result = vcpu->vm->ops->enter(vcpu);
	if (result != EXIT_SLOW)
		return result;
	vcpu->may_sleep = true;
	return vcpu->vm->ops->handle_exit(vcpu);
}

/* Finishes what the last exit to the monitor left undone. */
static int complete_io(struct vcpu *vcpu)
{
	int (*complete)(struct vcpu *vcpu) = vcpu->complete;

	if (!complete)
		return EXIT_RESUME;
	vcpu->complete = NULL;
	vcpu->may_sleep = true;
	return complete(vcpu);
}

static int run_loop(struct vcpu *vcpu)
{
	int result = complete_io(vcpu);

	while (result == EXIT_RESUME) {
		if (READ_ONCE(vcpu->run->immediate_exit) ||
		    signal_pending(current))
			return -EINTR;
		cond_resched();
		result = run_once(vcpu);
	}
	return result;
}

static int vcpu_run(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	int result;

	down_read(&vm->memory_sem);
	fpu_swap_kvm_fpstate(&vcpu->fpu, true);
	vcpu->run->exit_reason = KVM_EXIT_UNKNOWN;
	result = run_loop(vcpu);
	fpu_swap_kvm_fpstate(&vcpu->fpu, false);
	up_read(&vm->memory_sem);

	if (result == -EINTR)
		vcpu->run->exit_reason = KVM_EXIT_INTR;
	vcpu->stats->userspace_exits++;
	return result;
}

/* State, for the monitor */

/* In pv, the CPU's interrupt flag is not the guest's. */
static u64 get_rflags(struct vcpu *vcpu)
{
	u64 rflags = vcpu->regs->rflags & ~(u64)X86_EFLAGS_IF;

	if (vcpu->vm->ops->interrupts_enabled(vcpu))
		rflags |= X86_EFLAGS_IF;
	return rflags;
}

static void get_regs(struct vcpu *vcpu, struct kvm_regs *out)
{
	const struct guest_regs *in = vcpu->regs;

	*out = (struct kvm_regs) {
		.rax = in->rax, .rbx = in->rbx, .rcx = in->rcx, .rdx = in->rdx,
		.rsi = in->rsi, .rdi = in->rdi, .rsp = in->rsp, .rbp = in->rbp,
		.r8 = in->r8, .r9 = in->r9, .r10 = in->r10, .r11 = in->r11,
		.r12 = in->r12, .r13 = in->r13, .r14 = in->r14, .r15 = in->r15,
		.rip = in->rip, .rflags = get_rflags(vcpu),
	};
}

static int set_regs(struct vcpu *vcpu, const struct kvm_regs *in)
{
	struct guest_regs *out = vcpu->regs;

	if (!is_canonical48(in->rip))
		return -EINVAL;
	out->rax = in->rax;
	out->rbx = in->rbx;
	out->rcx = in->rcx;
	out->rdx = in->rdx;
	out->rsi = in->rsi;
	out->rdi = in->rdi;
	out->rsp = in->rsp;
	out->rbp = in->rbp;
	out->r8 = in->r8;
	out->r9 = in->r9;
	out->r10 = in->r10;
	out->r11 = in->r11;
	out->r12 = in->r12;
	out->r13 = in->r13;
	out->r14 = in->r14;
	out->r15 = in->r15;
	out->rip = in->rip;
	out->rflags = in->rflags | X86_EFLAGS_FIXED;
	if (vcpu->vm->ops->set_interrupts)
		vcpu->vm->ops->set_interrupts(vcpu, in->rflags & X86_EFLAGS_IF);
	return 0;
}

static void get_sregs(struct vcpu *vcpu, struct kvm_sregs *sregs)
{
	memset(sregs, 0, sizeof(*sregs));
	sregs->cr0 = vcpu->cr0;
	sregs->cr2 = vcpu->cr2;
	sregs->cr3 = vcpu->cr3;
	sregs->cr4 = vcpu->cr4;
	sregs->cr8 = vcpu->lapic.tpr >> 4;
	sregs->efer = vcpu->efer;
	sregs->gdt.base = vcpu->gdt.base;
	sregs->gdt.limit = vcpu->gdt.limit;
	sregs->idt.base = vcpu->idt.base;
	sregs->idt.limit = vcpu->idt.limit;
	lapic_get_msr(vcpu, MSR_IA32_APICBASE, &sregs->apic_base);
	vcpu->vm->ops->get_sregs(vcpu, sregs);
}

static int check_sregs(struct vcpu *vcpu, const struct kvm_sregs *sregs)
{
	u64 long_mode = EFER_LME | EFER_LMA;
	u64 efer = sregs->efer & long_mode;
	bool paging = sregs->cr0 & X86_CR0_PG;

	if (sregs->cr0 >> 32 || sregs->efer & ~(long_mode | EFER_SCE | EFER_NX))
		return -EINVAL;
	if ((paging && !(sregs->cr0 & X86_CR0_PE)) ||
	    ((sregs->cr0 & X86_CR0_NW) && !(sregs->cr0 & X86_CR0_CD)))
		return -EINVAL;
	if (sregs->cr4 & ~vcpu_cr4_allowed(vcpu) ||
	    ((efer & EFER_LMA) && !(sregs->cr4 & X86_CR4_PAE)))
		return -EINVAL;
	if (efer == EFER_LMA || (efer == EFER_LME && paging) ||
	    (efer == long_mode && !paging))
		return -EINVAL;
	if (sregs->cr3 >> MAX_GPA_BITS || !is_canonical48(sregs->gdt.base) ||
	    !is_canonical48(sregs->idt.base))
		return -EINVAL;
	if (sregs->apic_base &&
	    lapic_set_msr(vcpu, MSR_IA32_APICBASE, sregs->apic_base))
		return -EINVAL;
	return 0;
}

static int set_sregs(struct vcpu *vcpu, const struct kvm_sregs *sregs)
{
	int err = check_sregs(vcpu, sregs);

	if (!err)
		err = vcpu->vm->ops->set_sregs(vcpu, sregs);
	if (err)
		return err;
	vcpu->cr0 = sregs->cr0;
	vcpu->cr2 = sregs->cr2;
	vcpu->cr3 = sregs->cr3;
	vcpu->cr4 = sregs->cr4;
	vcpu->efer = sregs->efer;
	vcpu->gdt = (struct table_reg) { sregs->gdt.base, sregs->gdt.limit };
	vcpu->idt = (struct table_reg) { sregs->idt.base, sregs->idt.limit };
	vcpu->reload = true;
	vcpu->vm->ops->flush_all(vcpu);
	vcpu->vm->ops->load_cr3(vcpu, false);
	return 0;
}

static int set_mp_state(struct vcpu *vcpu, u32 state)
{
	switch (state) {
	case KVM_MP_STATE_RUNNABLE:
	case KVM_MP_STATE_UNINITIALIZED:
	case KVM_MP_STATE_INIT_RECEIVED:
	case KVM_MP_STATE_HALTED:
		vcpu->mp_state = state;
		return 0;
	}
	return -EINVAL;
}

/* KVM's manner: returns how many were read or written before one failed. */
static long access_msrs(struct vcpu *vcpu, struct kvm_msrs __user *user,
			bool write)
{
	struct kvm_msrs header;
	u32 i;

	if (copy_from_user(&header, user, sizeof(header)))
		return -EFAULT;
	if (header.pad)
		return -EINVAL;
	if (header.nmsrs > MAX_MSRS)
		return -E2BIG;
	for (i = 0; i < header.nmsrs; i++) {
		struct kvm_msr_entry entry;
		u64 value;
		int err;

		if (copy_from_user(&entry, &user->entries[i], sizeof(entry)))
			return -EFAULT;
		if (entry.reserved)
			return -EINVAL;
		value = entry.data;
		err = write ? vcpu_set_msr(vcpu, entry.index, value) :
			      vcpu_get_msr(vcpu, entry.index, &value);
		if (err)
			break;
		if (!write && put_user(value, &user->entries[i].data))
			return -EFAULT;
	}
	return i;
}

static long set_cpuid(struct vcpu *vcpu, struct kvm_cpuid2 __user *user)
{
	struct kvm_cpuid_entry2 *entries;
	struct kvm_cpuid2 header;
	u32 i;

	if (copy_from_user(&header, user, sizeof(header)))
		return -EFAULT;
	if (header.padding)
		return -EINVAL;
	if (header.nent > MAX_CPUID_ENTRIES)
		return -E2BIG;
	entries = memdup_user(user->entries,
			      array_size(sizeof(*entries), header.nent));
	if (IS_ERR(entries))
		return PTR_ERR(entries);
	for (i = 0; i < header.nent; i++)
		if (memchr_inv(entries[i].padding, 0,
			       sizeof(entries[i].padding))) {
			kfree(entries);
			return -EINVAL;
		}
	return vcpu_set_cpuid(vcpu, entries, header.nent);
}

/* The descriptor */

static long vcpu_ioctl_get(struct vcpu *vcpu, unsigned int cmd,
			   void __user *user)
{
	union {
		struct kvm_regs regs;
		struct kvm_sregs sregs;
		struct kvm_mp_state mp;
	} out = {};

	if (cmd == CORBEL_GET_REGS)
		get_regs(vcpu, &out.regs);
	else if (cmd == CORBEL_GET_SREGS)
		get_sregs(vcpu, &out.sregs);
	else
		out.mp.mp_state = vcpu->mp_state;
	return copy_to_user(user, &out, _IOC_SIZE(cmd)) ? -EFAULT : 0;
}

static long vcpu_ioctl_set(struct vcpu *vcpu, unsigned int cmd,
			   const void __user *user)
{
	union {
		struct kvm_regs regs;
		struct kvm_sregs sregs;
		struct kvm_mp_state mp;
	} in;

	if (copy_from_user(&in, user, _IOC_SIZE(cmd)))
		return -EFAULT;
	if (cmd == CORBEL_SET_REGS)
		return set_regs(vcpu, &in.regs);
	if (cmd == CORBEL_SET_SREGS)
		return set_sregs(vcpu, &in.sregs);
	return set_mp_state(vcpu, in.mp.mp_state);
}

static long vcpu_ioctl_locked(struct vcpu *vcpu, unsigned int cmd,
			      unsigned long arg)
{
	void __user *user = (void __user *)arg;
	long result;

	switch (cmd) {
	case CORBEL_RUN:
		return arg ? -EINVAL : vcpu_run(vcpu);
	case CORBEL_SET_CPUID2:
		return set_cpuid(vcpu, user);
	case CORBEL_GET_REGS:
	case CORBEL_GET_SREGS:
	case CORBEL_GET_MP_STATE:
		return vcpu_ioctl_get(vcpu, cmd, user);
	}

	/* What may touch guest memory. */
	vcpu->may_sleep = true;
	down_read(&vcpu->vm->memory_sem);
	switch (cmd) {
	case CORBEL_SET_REGS:
	case CORBEL_SET_SREGS:
	case CORBEL_SET_MP_STATE:
		result = vcpu_ioctl_set(vcpu, cmd, user);
		break;
	case CORBEL_GET_MSRS:
	case CORBEL_SET_MSRS:
		result = access_msrs(vcpu, user, cmd == CORBEL_SET_MSRS);
		break;
	default:
		result = -ENOTTY;
	}
	up_read(&vcpu->vm->memory_sem);
	return result;
}

static long vcpu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vcpu *vcpu = file->private_data;
	long result;

	if (current->mm != vcpu->vm->mm)
		return -EIO;
	if (cmd == CORBEL_NMI) {
		vcpu_request(vcpu, REQUEST_NMI);
		return 0;
	}
	if (cmd == CORBEL_GET_STATS_FD)
		return vcpu_stats_fd(vcpu);
	if (mutex_lock_killable(&vcpu->mutex))
		return -EINTR;
	result = vcpu_ioctl_locked(vcpu, cmd, arg);
	mutex_unlock(&vcpu->mutex);
	return result;
}

static int vcpu_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct vcpu *vcpu = file->private_data;

	if (!(vma->vm_flags & VM_SHARED) || vma->vm_flags & VM_EXEC)
		return -EINVAL;
	vma->vm_flags &= ~VM_MAYEXEC;
	vma->vm_flags |= VM_DONTCOPY;
	return remap_vmalloc_range(vma, vcpu->run, vma->vm_pgoff);
}

static int vcpu_release(struct inode *inode, struct file *file)
{
	struct vcpu *vcpu = file->private_data;

	vm_put(vcpu->vm);
	return 0;
}

static const struct file_operations vcpu_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= vcpu_ioctl,
	.mmap		= vcpu_mmap,
	.release	= vcpu_release,
	.llseek		= noop_llseek,
};

/* Life */

/**
 * vcpu_destroy - the end of a vCPU, also of one that is not quite created
 * @vcpu: the vCPU, which nobody uses any more
 */
void vcpu_destroy(struct vcpu *vcpu)
{
	lapic_destroy(vcpu);
	vcpu->vm->ops->vcpu_destroy(vcpu);
	fpu_free_guest_fpstate(&vcpu->fpu);
	kfree(vcpu->cpuid.entries);
	vfree(vcpu->run);
	kfree(vcpu);
}

static struct vcpu *new_vcpu(struct vm *vm, u32 id)
{
	struct vcpu *vcpu = kzalloc(sizeof(*vcpu), GFP_KERNEL_ACCOUNT);

	if (!vcpu)
		return NULL;
	vcpu->vm = vm;
	vcpu->id = id;
	mutex_init(&vcpu->mutex);
	rcuwait_init(&vcpu->wait);
	lapic_create(vcpu);
	vcpu->may_sleep = true;
	vcpu->mp_state = id ? KVM_MP_STATE_UNINITIALIZED :
			      KVM_MP_STATE_RUNNABLE;
	return vcpu;
}

static int init_vcpu(struct vcpu *vcpu)
{
	int err;

	vcpu->run = vmalloc_user(RUN_SIZE);
	if (!vcpu->run || !fpu_alloc_guest_fpstate(&vcpu->fpu))
		return -ENOMEM;
	down_read(&vcpu->vm->memory_sem);
	err = vcpu->vm->ops->vcpu_create(vcpu);
	if (!err)
		reset(vcpu);
	up_read(&vcpu->vm->memory_sem);
	return err;
}

/**
 * vcpu_create_fd - CORBEL_CREATE_VCPU
 * @vm:	its VM; its lock is held
 * @id:	number
 *
 * Return: a file descriptor, -EINVAL, -EEXIST, -ENOMEM, or an error of the
 *	   vendor's
 */
int vcpu_create_fd(struct vm *vm, u32 id)
{
	struct vcpu *vcpu;
	int err;

	lockdep_assert_held(&vm->lock);
	if (id >= MAX_VCPUS)
		return -EINVAL;
	if (vm->vcpus[id])
		return -EEXIST;
	vcpu = new_vcpu(vm, id);
	if (!vcpu)
		return -ENOMEM;
	err = init_vcpu(vcpu);
	if (err)
		goto destroy;

	vm_get(vm);
	err = anon_inode_getfd("corbel-vcpu", &vcpu_fops, vcpu,
			       O_RDWR | O_CLOEXEC);
	if (err < 0) {
		vm_put(vm);
		goto destroy;
	}
	/* From here on others may send it interrupts. */
	smp_store_release(&vm->vcpus[id], vcpu);
	WRITE_ONCE(vm->nr_vcpus, max(vm->nr_vcpus, id + 1));
	return err;

destroy:
	vcpu_destroy(vcpu);
	return err;
}
