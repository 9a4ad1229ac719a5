/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nested page tables: from guest physical to host physical addresses, for CPUs
 * that walk both.  One set for a VM, filled on demand: nested.c.
 */
#ifndef CORBEL_MMU_NESTED_H
#define CORBEL_MMU_NESTED_H

#include <linux/kvm_types.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct vm;

/**
 * struct nested - nested page tables
 * @lock:	guards them all
 * @levels:	4 or 5, as the host's own
 * @root:	the top-level table
 * @tables:	all tables but that, by their struct page
 */
struct nested {
	struct vm *vm;
	spinlock_t lock;
	int levels;
	u64 *root;
	struct list_head tables;
};

struct nested *nested_create(struct vm *vm);
void nested_destroy(struct nested *nested);
int nested_fault(struct nested *nested, gpa_t gpa);
void nested_zap(struct nested *nested);
u64 nested_root(const struct nested *nested);

#endif /* CORBEL_MMU_NESTED_H */
