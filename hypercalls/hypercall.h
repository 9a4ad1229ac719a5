/* SPDX-License-Identifier: GPL-2.0-only */
/* Hypercalls, for the module: hypercall.c. */
#ifndef CORBEL_HYPERCALL_H
#define CORBEL_HYPERCALL_H

#include <linux/types.h>

#include <corbel/hypercall.h>
#include "generated/handlers.h"

struct vcpu;

int hypercall(struct vcpu *vcpu);

#endif /* CORBEL_HYPERCALL_H */
