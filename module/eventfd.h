/* SPDX-License-Identifier: GPL-2.0-only */
/* ioeventfd, irqfd and interrupt routing of a VM: eventfd.c. */
#ifndef CORBEL_EVENTFD_H
#define CORBEL_EVENTFD_H

#include <linux/types.h>

/* GSIs are 0 to this - 1. */
#define MAX_ROUTES	4096

struct kvm_ioeventfd;
struct kvm_irq_routing;
struct kvm_irq_routing_entry;
struct kvm_irqfd;
struct vm;

int eventfds_init(void);
void eventfds_exit(void);
int eventfds_create(struct vm *vm);
void eventfds_release(struct vm *vm);
void eventfds_destroy(struct vm *vm);

int ioeventfd_set(struct vm *vm, const struct kvm_ioeventfd *args);
bool ioeventfd_signal(struct vm *vm, bool port, u64 address, int size,
		      u64 value);

int irqfd_set(struct vm *vm, const struct kvm_irqfd *args);
int routing_set(struct vm *vm, const struct kvm_irq_routing_entry *entries,
		u32 n);

#endif /* CORBEL_EVENTFD_H */
