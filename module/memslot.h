/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest memory: which part of the monitor's address space stands for which
 * guest physical address, and the host pages behind it.
 */
#ifndef CORBEL_MEMSLOT_H
#define CORBEL_MEMSLOT_H

#include <linux/kvm_types.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/types.h>

#define MAX_MEMSLOTS	32

/* What GPAs a guest may have: within what every x86-64 CPU can address. */
#define MAX_GPA_BITS	46
#define MAX_GFN		(1ULL << (MAX_GPA_BITS - PAGE_SHIFT))

struct kvm_userspace_memory_region;
struct vm;

/**
 * struct memslot - one region of guest memory
 * @id:		userspace's number for it
 * @base:	first gfn
 * @npages:	number of pages, never 0
 * @hva:	where it lies in the VM's address space
 * @pages:	the page behind each gfn, NULL until it is pinned; written
 *		under struct memory's pin_lock, read without a lock
 */
struct memslot {
	u32 id;
	gfn_t base;
	u64 npages;
	hva_t hva;
	struct page **pages;
};

/**
 * struct memory - the memory map of a VM
 * @slots:	sorted by nothing in particular, few; changed only with
 *		vm->memory_sem held for writing
 * @nr_slots:	how many of them are in use
 * @pin_lock:	guards the filling of memslot.pages
 */
struct memory {
	struct memslot *slots[MAX_MEMSLOTS];
	unsigned int nr_slots;
	struct mutex pin_lock;
};

void memory_init(struct memory *memory);
void memory_destroy(struct vm *vm);
int memory_set_region(struct vm *vm,
		      const struct kvm_userspace_memory_region *region);

int guest_page(struct vm *vm, gfn_t gfn, struct page **page);
int guest_page_pin(struct vm *vm, gfn_t gfn);
int guest_page_get(struct vm *vm, gfn_t gfn, struct page **page);
int guest_copy(struct vm *vm, gpa_t gpa, void *data, size_t size, bool write);

#endif /* CORBEL_MEMSLOT_H */
