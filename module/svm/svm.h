/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hvm mode on AMD-V: full virtualization by the CPU, with nested paging or, by
 * the same shadow page tables as pv, without.
 *
 *	hardware.c	taking AMD-V into use, CPU by CPU
 *	vmcb.c		the control block: what a guest starts with
 *	vmenter.S	the way into the guest and back
 *	enter.c		the host's state around it, interrupts into the guest
 *	exit.c		why the guest was left, and what is to be done
 *	svm.c		the vendor interface
 */
#ifndef CORBEL_SVM_H
#define CORBEL_SVM_H

#include <asm/svm.h>

#include "../vm.h"
#include "../mmu/nested.h"

/* struct svm_vm - what svm keeps for a VM: nested tables, or NULL. */
struct svm_vm {
	struct nested *nested;
};

/**
 * struct svm_vcpu - what svm keeps for a vCPU
 * @regs:	general registers; RAX, RSP, RIP and RFLAGS are in the VMCB while
 *		the guest runs
 * @stats:	counters
 * @vmcb:	the control block
 * @vmcb_pa:	where it is
 * @pae_root:	shadow paging, guest not in long mode: the root in the form
 *		that takes
 * @exit_code:	of the last exit, as far as it is not handled yet
 * @asid_cpu:	the CPU that vmcb->control.asid is of
 * @asid_generation: and that CPU's generation then
 * @flush:	the guest must get another ASID
 * @nmi_masked:	the guest handles an NMI
 * @nmi_iret:	and has come to the IRET that ends that
 * @exception:	to be delivered
 * @exception.type: SVM_EVTINJ_TYPE_*
 */
struct svm_vcpu {
	struct guest_regs regs;
	struct vcpu_stats stats;
	struct vmcb *vmcb;
	u64 vmcb_pa;
	u64 *pae_root;
	u32 exit_code;
	int asid_cpu;
	u64 asid_generation;
	bool flush;
	bool nmi_masked;
	bool nmi_iret;
	struct {
		bool pending;
		bool has_error;
		u8 vector;
		u32 type;
		u32 error;
	} exception;
};

/**
 * struct svm_cpu - AMD-V on one CPU
 * @host_vmcb_pa: where VMSAVE puts the host's state
 * @next_asid:	the next that nobody has used in this generation
 * @generation:	grows when the ASIDs are used up
 */
struct svm_cpu {
	struct page *save_area;
	struct page *host_vmcb;
	u64 host_vmcb_pa;
	u32 next_asid;
	u64 generation;
};

static inline bool svm_is_nested(const struct vcpu *vcpu)
{
	return vcpu->vm->type == CORBEL_VM_HVM_NESTED;
}

static inline struct vmcb *svm_vmcb(const struct vcpu *vcpu)
{
	return vcpu->svm->vmcb;
}

/* hardware.c */
int svm_init(void);
void svm_exit(void);
int svm_check(enum corbel_vm_type type, char *reason, size_t size);
int svm_hardware_get(void);
void svm_hardware_put(void);
struct svm_cpu *svm_this_cpu(void);
void svm_assign_asid(struct svm_cpu *cpu, struct svm_vcpu *svm);
u64 svm_io_map(void);
u64 svm_msr_map(void);

/* vmcb.c */
void svm_init_vmcb(struct vcpu *vcpu);
void svm_set_registers(struct vcpu *vcpu);
void svm_get_registers(struct vcpu *vcpu);
void svm_intercept(struct vcpu *vcpu, int bit, bool on);

/* vmenter.S */
void svm_vmrun(u64 vmcb_pa, struct guest_regs *regs, u64 host_vmcb_pa);

/* enter.c */
int svm_enter(struct vcpu *vcpu);
void svm_queue_exception(struct vcpu *vcpu, u8 vector, bool has_error,
			 u32 error);

/* exit.c */
int svm_handle(struct vcpu *vcpu);

#endif /* CORBEL_SVM_H */
