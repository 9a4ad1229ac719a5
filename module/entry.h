/* SPDX-License-Identifier: GPL-2.0-only */
/* What every entry to a guest has in common: entry.c. */
#ifndef CORBEL_ENTRY_H
#define CORBEL_ENTRY_H

#include "vm.h"

bool entry_begin(struct vcpu *vcpu);
void entry_end(struct vcpu *vcpu);

void entry_load_fpu(struct vcpu *vcpu);
void entry_read_xcr0(struct vcpu *vcpu);
void entry_restore_fpu(struct vcpu *vcpu);
void entry_load_breakpoints(struct vcpu *vcpu, u64 dr7);
void entry_restore_breakpoints(struct vcpu *vcpu);
void entry_load_tsc_aux(struct vcpu *vcpu);
void entry_restore_tsc_aux(struct vcpu *vcpu);
void entry_guard_predictors(struct vcpu *vcpu);
void entry_guard_userspace(void);

/* DR7: local and global enable of the four breakpoints. */
#define DR7_ENABLES	0xff

#endif /* CORBEL_ENTRY_H */
