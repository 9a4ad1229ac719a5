/* SPDX-License-Identifier: GPL-2.0-only */
/* What CPUID tells a vCPU: what the backend supports, and who it is. */
#ifndef CORBEL_VMM_CPUID_H
#define CORBEL_VMM_CPUID_H

#include "vmm/backend.h"

/* Set the answers of vCPU @id of @cpus, whose descriptor is @vcpu. */
int cpuid_set(const struct backend *backend, int vcpu, unsigned int id,
	      unsigned int cpus, struct error *err);

#endif
