/* SPDX-License-Identifier: GPL-2.0-only */
/* struct vm and struct vcpu: see corbel.h. */
#ifndef CORBEL_VM_H
#define CORBEL_VM_H

#include "corbel.h"

struct pv_vcpu;
struct pv_vm;
struct svm_vcpu;
struct svm_vm;

/**
 * struct vm - a virtual machine
 * @mm:		the address space it belongs to; held, so it outlives the task
 * @number:	from 1, of no other VM ever
 * @type:	enum corbel_vm_type
 * @ops:	how it is run
 * @users:	one for the VM's file, one for each vCPU's and statistics file
 * @lock:	guards creation of vCPUs, changes of @memory, @shim, @routing
 * @memory_sem:	held for reading by a vCPU that runs, for writing to change
 *		the memory map
 * @memory:	the memory map
 * @vcpus:	by number; written once each, under @lock
 * @nr_vcpus:	how many slots of @vcpus may be in use
 * @shim:	pv: what CORBEL_SET_SHIM said, checked
 * @dead:	VM_ALIVE until the first vm_kill()
 * @obituary:	why; valid once @dead is VM_DEAD
 * @shadow_limit_set: by CORBEL_SET_SHADOW_LIMIT
 * @clock:	what kvmclock counts from
 * @eventfds:	ioeventfds, irqfds, routing: eventfd.c
 * @stats:	counters
 * @debugfs:	directory of this VM
 * @pv, @svm:	the vendor's own
 */
struct vm {
	struct mm_struct *mm;
	u64 number;
	enum corbel_vm_type type;
	const struct vendor_ops *ops;
	struct kref users;
	struct mutex lock;
	struct rw_semaphore memory_sem;
	struct memory memory;
	struct vcpu *vcpus[MAX_VCPUS];
	unsigned int nr_vcpus;
	struct {
		bool set;
		struct corbel_shim layout;
		struct corbel_shim_header header;
	} shim;
	atomic_t dead;
	char obituary[CORBEL_KILLED_TEXT_SIZE];
	bool shadow_limit_set;
	struct {
		u64 tsc;
		u64 ns;
		u32 mul;
		s8 shift;
		bool stable;
	} clock;
	struct eventfds *eventfds;
	struct vm_stats stats;
	struct dentry *debugfs;
	union {
		struct pv_vm *pv;
		struct svm_vm *svm;
	};
};

/* The values of the MSRs that are plain storage, or that a vendor loads. */
struct vcpu_msrs {
	u64 star, lstar, cstar, sfmask;
	u64 sysenter_cs, sysenter_esp, sysenter_eip;
	u64 pat;
	u64 tsc_aux;
	u64 misc_enable;
	u64 steal_time;
	u64 system_time;
	u64 wall_clock;
};

/**
 * struct vcpu - a virtual CPU
 * @vm:		its VM
 * @id:		number and APIC ID
 * @mutex:	held by every ioctl, for the whole of CORBEL_RUN
 * @run:	the page shared with the monitor
 * @regs:	general registers, where the vendor keeps them
 * @cr0, @cr2, @cr3, @cr4, @efer, @xcr0: as the guest sees them
 * @dr, @dr6, @dr7: likewise
 * @gdt, @idt:	likewise
 * @msrs:	likewise
 * @cpuid:	what CPUID answers
 * @lapic:	its local APIC
 * @mp_state:	KVM_MP_STATE_*
 * @sipi_vector: of the last SIPI
 * @requests:	enum vcpu_request
 * @in_guest:	it may be on a CPU's guest side; @cpu says which
 * @cpu:	where it runs or ran
 * @may_sleep:	handlers may: they run with interrupts and all host state on
 * @reload:	the CPU must get all of the guest's state anew
 * @leave:	go back to the loop that runs it
 * @wait:	where it waits while it is halted
 * @complete:	how to finish the instruction that left for the monitor
 * @io:		that instruction; of MMIO where the device is, and whether it is
 *		the source operand
 * @fpu:	its FPU state, when its thread is not in CORBEL_RUN
 * @host_xcr0, @loaded_tsc_aux, @breakpoints, @host_breakpoints: between
 *		entry_begin() and entry_end(): entry.c
 * @steal_last:	the thread's run delay when steal time was last written
 * @nmi_pending: an NMI waits to be injected
 * @mmu:	shadow page tables
 * @stats:	counters
 * @pv, @svm:	the vendor's own
 */
struct vcpu {
	struct vm *vm;
	u32 id;
	struct mutex mutex;
	struct kvm_run *run;
	struct guest_regs *regs;
	u64 cr0, cr2, cr3, cr4, efer, xcr0;
	u64 dr[4], dr6, dr7;
	struct table_reg gdt, idt;
	struct vcpu_msrs msrs;
	struct {
		unsigned int n;
		struct kvm_cpuid_entry2 *entries;
	} cpuid;
	struct lapic lapic;
	u32 mp_state;
	u8 sipi_vector;
	unsigned long requests;
	bool in_guest;
	int cpu;
	bool may_sleep;
	bool reload;
	bool leave;
	struct rcuwait wait;
	int (*complete)(struct vcpu *vcpu);
	struct {
		struct decoded_insn insn;
		gpa_t gpa;
		bool source;
	} io;
	struct fpu_guest fpu;
	u64 host_xcr0;
	u64 loaded_tsc_aux;
	u64 breakpoints;
	bool host_breakpoints;
	u64 steal_last;
	bool nmi_pending;
	struct mmu *mmu;
	struct vcpu_stats *stats;
	union {
		struct pv_vcpu *pv;
		struct svm_vcpu *svm;
	};
};

#define for_each_vcpu(i, vcpu, vm_) \
	for ((i) = 0; (i) < READ_ONCE((vm_)->nr_vcpus); (i)++) \
		if (((vcpu) = smp_load_acquire(&(vm_)->vcpus[i])))

/* What a vCPU's descriptor maps: kvm_run, and a page for data of port I/O. */
#define RUN_SIZE	(2 * PAGE_SIZE)

/* Values of vm->dead. */
enum { VM_ALIVE, VM_DYING, VM_DEAD };

static inline bool vm_is_dead(const struct vm *vm)
{
	return atomic_read_acquire(&vm->dead) == VM_DEAD;
}

/* vm.c */
int vm_create_fd(enum corbel_vm_type type);
void vm_get(struct vm *vm);
void vm_put(struct vm *vm);
void vm_stop_memory(struct vm *vm);
void vm_resume_memory(struct vm *vm);
__printf(2, 3)
int vm_kill(struct vm *vm, const char *format, ...);

/* vcpu.c */
int vcpu_create_fd(struct vm *vm, u32 id);
void vcpu_request(struct vcpu *vcpu, enum vcpu_request request);
void vcpu_kick(struct vcpu *vcpu);
void vcpu_halt(struct vcpu *vcpu);
void vcpu_init(struct vcpu *vcpu);
void vcpu_startup(struct vcpu *vcpu, u8 vector);
void vcpu_destroy(struct vcpu *vcpu);
int vcpu_guest_page(struct vcpu *vcpu, gfn_t gfn, struct page **page);

/* For the vCPU's own thread, which is not in the guest. */
static inline void vcpu_request_self(struct vcpu *vcpu,
				     enum vcpu_request request)
{
	set_bit(request, &vcpu->requests);
}

static inline bool vcpu_test_request(struct vcpu *vcpu,
				     enum vcpu_request request)
{
	return test_bit(request, &vcpu->requests) &&
	       test_and_clear_bit(request, &vcpu->requests);
}

#define guest_kill(vcpu, format, ...) \
	vm_kill((vcpu)->vm, "vCPU %u: " format, (vcpu)->id, ##__VA_ARGS__)

extern const struct vendor_ops pv_vendor_ops;
extern const struct vendor_ops svm_vendor_ops;

#endif /* CORBEL_VM_H */
