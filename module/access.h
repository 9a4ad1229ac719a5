/* SPDX-License-Identifier: GPL-2.0-only */
/* Access to guest memory by the guest's own virtual addresses: access.c. */
#ifndef CORBEL_ACCESS_H
#define CORBEL_ACCESS_H

#include "vm.h"

/**
 * struct guest_fault - why an access fails
 * @address:	the address of the page fault; one that is not canonical raises
 *		#GP instead
 * @error:	its error code
 */
struct guest_fault {
	u64 address;
	u32 error;
};

void vcpu_walk_mode(const struct vcpu *vcpu, struct walk_mode *mode);
int guest_translate(struct vcpu *vcpu, u64 address, u32 access, gpa_t *gpa,
		    struct guest_fault *fault);
int guest_pointer(struct vcpu *vcpu, u64 address, u32 access, void **here,
		  struct guest_fault *fault);
int guest_read(struct vcpu *vcpu, u64 address, void *data, size_t size,
	       u32 access, struct guest_fault *fault);
int guest_write(struct vcpu *vcpu, u64 address, const void *data, size_t size,
		u32 access, struct guest_fault *fault);

#endif /* CORBEL_ACCESS_H */
