// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory slots, as KVM has them, and the pinning of the pages behind them.
 *
 * A page is pinned, and charged to the owner's RLIMIT_MEMLOCK, when the guest
 * first needs it, together with its neighbours; it stays pinned until the slot
 * goes.  So a lookup is one array access, in any context, and only the first
 * touch of a group of pages has to sleep.
 *
 * Locking: slots change with vm->memory_sem held for writing and are read with
 * it held for reading, which every vCPU does while it runs its guest.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "corbel.h"
#include "vm.h"

/* How many pages a first touch pins: 256 KiB. */
#define PIN_BATCH	64

void memory_init(struct memory *memory)
{
	mutex_init(&memory->pin_lock);
}

static struct memslot *find_slot(struct memory *memory, gfn_t gfn)
{
	unsigned int i;

	for (i = 0; i < memory->nr_slots; i++) {
		struct memslot *slot = memory->slots[i];

		if (gfn - slot->base < slot->npages)
			return slot;
	}
	return NULL;
}

static void unpin_slot(struct vm *vm, struct memslot *slot)
{
	unsigned long pinned = 0;
	u64 i;

	for (i = 0; i < slot->npages; i++) {
		if (!slot->pages[i])
			continue;
		unpin_user_pages_dirty_lock(&slot->pages[i], 1, true);
		pinned++;
		if (pinned % 1024 == 0)
			cond_resched();
	}
	account_locked_vm(vm->mm, pinned, false);
	stat_add(&vm->stats.pages_pinned, -pinned);
}

static void free_slot(struct vm *vm, struct memslot *slot)
{
	unpin_slot(vm, slot);
	vfree(slot->pages);
	kfree(slot);
}

void memory_destroy(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->memory.nr_slots; i++)
		free_slot(vm, vm->memory.slots[i]);
	vm->memory.nr_slots = 0;
}

static int check_region(const struct kvm_userspace_memory_region *region)
{
	u64 last = region->guest_phys_addr + region->memory_size - 1;

	if (region->slot >= MAX_MEMSLOTS || region->flags)
		return -EINVAL;
	if (!region->memory_size)
		return 0;
	if (!PAGE_ALIGNED(region->guest_phys_addr | region->memory_size |
			  region->userspace_addr))
		return -EINVAL;
	if (last < region->guest_phys_addr || last >> MAX_GPA_BITS)
		return -EINVAL;
	if (!access_ok((void __user *)(unsigned long)region->userspace_addr,
		       region->memory_size))
		return -EINVAL;
	return 0;
}

static struct memslot *new_slot(const struct kvm_userspace_memory_region *region)
{
	struct memslot *slot = kzalloc(sizeof(*slot), GFP_KERNEL_ACCOUNT);

	if (!slot)
		return NULL;
	slot->id = region->slot;
	slot->base = region->guest_phys_addr >> PAGE_SHIFT;
	slot->npages = region->memory_size >> PAGE_SHIFT;
	slot->hva = region->userspace_addr;
	slot->pages = __vmalloc(array_size(slot->npages, sizeof(*slot->pages)),
				GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN);
	if (!slot->pages) {
		kfree(slot);
		return NULL;
	}
	return slot;
}

static int index_of(const struct memory *memory, u32 id)
{
	unsigned int i;

	for (i = 0; i < memory->nr_slots; i++)
		if (memory->slots[i]->id == id)
			return i;
	return -ENOENT;
}

static bool overlaps(const struct memory *memory, const struct memslot *new)
{
	unsigned int i;

	for (i = 0; i < memory->nr_slots; i++) {
		const struct memslot *slot = memory->slots[i];

		if (slot->id != new->id &&
		    slot->base < new->base + new->npages &&
		    new->base < slot->base + slot->npages)
			return true;
	}
	return false;
}

/* Swaps the slot at @old (negative: none) for @new (NULL: none). */
static int replace_slot(struct vm *vm, int old, struct memslot *new)
{
	struct memory *memory = &vm->memory;
	struct memslot *gone = NULL;

	vm_stop_memory(vm);
	if (old >= 0) {
		gone = memory->slots[old];
		memory->slots[old] = memory->slots[--memory->nr_slots];
	}
	if (new)
		memory->slots[memory->nr_slots++] = new;
	vm_resume_memory(vm);

	if (gone)
		free_slot(vm, gone);
	return 0;
}

/**
 * memory_set_region - CORBEL_SET_USER_MEMORY_REGION
 * @vm:		the VM; its lock is held
 * @region:	as KVM takes it; size 0 deletes the slot
 *
 * Return: 0, -EINVAL, -EEXIST if it overlaps another slot, -EBUSY if the slot
 *	   holds pages that the host shares with the guest, -ENOMEM
 */
int memory_set_region(struct vm *vm,
		      const struct kvm_userspace_memory_region *region)
{
	struct memslot *new = NULL;
	int err = check_region(region);
	int old;

	lockdep_assert_held(&vm->lock);
	if (err)
		return err;
	old = index_of(&vm->memory, region->slot);
	if (old < 0 && !region->memory_size)
		return -EINVAL;
	if (old >= 0 && vm->shim.set)
		return -EBUSY;
	if (region->memory_size) {
		new = new_slot(region);
		if (!new)
			return -ENOMEM;
		if (overlaps(&vm->memory, new)) {
			vfree(new->pages);
			kfree(new);
			return -EEXIST;
		}
	}
	return replace_slot(vm, old, new);
}

/**
 * guest_page - the host page behind a guest frame, if it is at hand
 * @vm:		the VM; its memory_sem is held
 * @gfn:	the frame
 * @page:	where the answer goes
 *
 * Never sleeps.
 *
 * Return: 0, -ENOENT if there is no memory at @gfn, -EAGAIN if the page must
 *	   be pinned first
 */
int guest_page(struct vm *vm, gfn_t gfn, struct page **page)
{
	struct memslot *slot = find_slot(&vm->memory, gfn);

	if (!slot)
		return -ENOENT;
	*page = READ_ONCE(slot->pages[gfn - slot->base]);
	return *page ? 0 : -EAGAIN;
}

/* Pins what is not pinned of @n pages from index @first on. */
static int pin_pages(struct vm *vm, struct memslot *slot, u64 first, int n)
{
	struct page *pages[PIN_BATCH];
	int i, got, err, fresh = 0;

	err = account_locked_vm(vm->mm, n, true);
	if (err)
		return err;
	got = pin_user_pages_fast(slot->hva + (first << PAGE_SHIFT), n,
				  FOLL_WRITE | FOLL_LONGTERM, pages);
	for (i = 0; i < got; i++) {
		if (slot->pages[first + i]) {
			unpin_user_page(pages[i]);
			continue;
		}
		WRITE_ONCE(slot->pages[first + i], pages[i]);
		fresh++;
	}
	account_locked_vm(vm->mm, n - fresh, false);
	stat_add(&vm->stats.pages_pinned, fresh);
	return got > 0 ? 0 : -EFAULT;
}

/**
 * guest_page_pin - bring a guest frame and its neighbours to hand
 * @vm:		the VM; its memory_sem is held for reading, current->mm is its
 *		address space; may sleep
 * @gfn:	the frame
 *
 * Return: 0, -ENOENT if there is no memory at @gfn, -EFAULT if the VMM has
 *	   nothing writable mapped there, -ENOMEM over RLIMIT_MEMLOCK
 */
int guest_page_pin(struct vm *vm, gfn_t gfn)
{
	struct memslot *slot = find_slot(&vm->memory, gfn);
	u64 index, first;
	int err = 0;

	if (!slot)
		return -ENOENT;
	index = gfn - slot->base;
	first = round_down(index, PIN_BATCH);

	mutex_lock(&vm->memory.pin_lock);
	if (!slot->pages[index])
		err = pin_pages(vm, slot, first,
				min_t(u64, PIN_BATCH, slot->npages - first));
	/* The batch may end before it comes to the page that is wanted. */
	if (!err && !slot->pages[index])
		err = pin_pages(vm, slot, index, 1);
	mutex_unlock(&vm->memory.pin_lock);
	return err;
}

/**
 * guest_page_get - the host page behind a guest frame
 * @vm:		as for guest_page_pin()
 * @gfn:	the frame
 * @page:	where the answer goes
 *
 * Return: as guest_page_pin()
 */
int guest_page_get(struct vm *vm, gfn_t gfn, struct page **page)
{
	int err = guest_page(vm, gfn, page);

	if (err != -EAGAIN)
		return err;
	err = guest_page_pin(vm, gfn);
	return err ? err : guest_page(vm, gfn, page);
}

/**
 * guest_copy - copy to or from guest memory
 * @vm:		as for guest_page_pin()
 * @gpa:	where in the guest
 * @data:	where in the host
 * @size:	how many bytes, across pages if need be
 * @write:	to the guest
 *
 * Return: as guest_page_pin(); on error an unknown part was copied
 */
int guest_copy(struct vm *vm, gpa_t gpa, void *data, size_t size, bool write)
{
	while (size) {
		size_t n = min_t(size_t, size, PAGE_SIZE - offset_in_page(gpa));
		struct page *page;
		void *here;
		int err;

		err = guest_page_get(vm, gpa >> PAGE_SHIFT, &page);
		if (err)
			return err;
		here = page_address(page) + offset_in_page(gpa);
		if (write)
			memcpy(here, data, n);
		else
			memcpy(data, here, n);
		gpa += n;
		data += n;
		size -= n;
	}
	return 0;
}
