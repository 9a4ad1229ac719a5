/* SPDX-License-Identifier: GPL-2.0-only */
/* Control registers, MSRs and CPUID, as the guest sees them. */
#ifndef CORBEL_CONTROL_H
#define CORBEL_CONTROL_H

#include "vm.h"

/* control.c */
int vcpu_read_cr(struct vcpu *vcpu, int number, u64 *value);
u64 vcpu_cr4_allowed(const struct vcpu *vcpu);
int vcpu_write_cr(struct vcpu *vcpu, int number, u64 value);
int vcpu_read_dr(struct vcpu *vcpu, int number, u64 *value);
int vcpu_write_dr(struct vcpu *vcpu, int number, u64 value);
int vcpu_set_efer(struct vcpu *vcpu, u64 value);
int vcpu_set_xcr(struct vcpu *vcpu, u32 number, u64 value);
void vcpu_reset_control(struct vcpu *vcpu);

/* msr.c */
int vcpu_get_msr(struct vcpu *vcpu, u32 msr, u64 *value);
int vcpu_set_msr(struct vcpu *vcpu, u32 msr, u64 value);
void vcpu_reset_msrs(struct vcpu *vcpu);

/* cpuid.c */
int cpuid_supported(struct vm *vm, struct kvm_cpuid_entry2 *entries, u32 *n);
int vcpu_set_cpuid(struct vcpu *vcpu, struct kvm_cpuid_entry2 *entries, u32 n);
void vcpu_cpuid(const struct vcpu *vcpu, u32 leaf, u32 subleaf, u32 regs[4]);
bool vcpu_has_feature(const struct vcpu *vcpu, u32 leaf, int reg, int bit);

/* pvclock.c */
void clock_init_vm(struct vm *vm);
int clock_set_system_time(struct vcpu *vcpu, u64 value);
int clock_set_wall_clock(struct vcpu *vcpu, u64 value);
int clock_set_steal_time(struct vcpu *vcpu, u64 value);
void clock_update(struct vcpu *vcpu);
void clock_update_steal(struct vcpu *vcpu);

#endif /* CORBEL_CONTROL_H */
