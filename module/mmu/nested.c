// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nested page tables: nested.h.
 *
 * A fault brings in the pages that were pinned together (memslot.c), so most
 * of a guest's memory costs one exit for each 256 KiB.  Entries allow all there
 * is: it is the guest's own tables that say what is read-only.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <asm/mem_encrypt.h>
#include <asm/pgtable.h>

#include "../vm.h"
#include "nested.h"

/* Supervisor and user, as nested tables are always walked as user. */
#define TABLE_FLAGS	(PTE_P | PTE_W | PTE_U | PTE_A)
#define LEAF_FLAGS	(TABLE_FLAGS | PTE_D)

/* Pages around a fault that are mapped with it, if they are at hand. */
#define AROUND		64

static unsigned int index_of(gpa_t gpa, int level)
{
	return gpa >> (12 + 9 * (level - 1)) & 511;
}

static u64 *table_of(u64 entry)
{
	return __va(__sme_clr(entry) & PTE_ADDRESS);
}

/* Tables for one fault, made before the lock is taken. */
static int reserve(struct list_head *spare, int n)
{
	while (n--) {
		struct page *page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);

		if (!page)
			return -ENOMEM;
		list_add(&page->lru, spare);
	}
	return 0;
}

static void free_tables(struct list_head *tables)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, tables, lru) {
		list_del(&page->lru);
		__free_page(page);
		cond_resched();
	}
}

static u64 *next_table(struct nested *nested, u64 *entry,
		       struct list_head *spare)
{
	struct page *page;

	if (*entry)
		return table_of(*entry);
	page = list_first_entry(spare, struct page, lru);
	list_move(&page->lru, &nested->tables);
	stat_add(&nested->vm->stats.shadow_pages, 1);
	WRITE_ONCE(*entry, __sme_pa(page_address(page)) | TABLE_FLAGS);
	return page_address(page);
}

/* The level 1 table for an address. */
static u64 *leaf_table(struct nested *nested, gpa_t gpa,
		       struct list_head *spare)
{
	u64 *table = nested->root;
	int level;

	for (level = nested->levels; level > 1; level--)
		table = next_table(nested, &table[index_of(gpa, level)], spare);
	return table;
}

static void map_around(struct nested *nested, u64 *table, gpa_t gpa)
{
	gfn_t first = round_down(gpa >> PAGE_SHIFT, AROUND), gfn;

	for (gfn = first; gfn < first + AROUND; gfn++) {
		u64 *entry = &table[gfn % PTRS_PER_PTE];
		struct page *page;

		if (*entry || guest_page(nested->vm, gfn, &page))
			continue;
		WRITE_ONCE(*entry, __sme_set(page_to_pfn(page) << PAGE_SHIFT) |
				   LEAF_FLAGS);
	}
}

/**
 * nested_fault - the CPU has met a gpa that is not mapped
 * @nested:	the tables; may sleep; vm->memory_sem is held
 * @gpa:	the address
 *
 * Return: 0, or an error of guest_page_pin(): -ENOENT if there is no memory
 */
int nested_fault(struct nested *nested, gpa_t gpa)
{
	LIST_HEAD(spare);
	struct page *page;
	int err;

	err = guest_page_get(nested->vm, gpa >> PAGE_SHIFT, &page);
	if (!err)
		err = reserve(&spare, nested->levels - 1);
	if (!err) {
		spin_lock(&nested->lock);
		map_around(nested, leaf_table(nested, gpa, &spare), gpa);
		spin_unlock(&nested->lock);
	}
	free_tables(&spare);
	return err;
}

/**
 * nested_zap - drop all translations
 * @nested: the tables, which no vCPU uses until it has flushed its own
 */
void nested_zap(struct nested *nested)
{
	struct page *page;
	LIST_HEAD(tables);
	s64 n = 0;

	spin_lock(&nested->lock);
	list_splice_init(&nested->tables, &tables);
	clear_page(nested->root);
	spin_unlock(&nested->lock);
	list_for_each_entry(page, &tables, lru)
		n++;
	stat_add(&nested->vm->stats.shadow_pages, -n);
	free_tables(&tables);
}

u64 nested_root(const struct nested *nested)
{
	return __sme_pa(nested->root);
}

void nested_destroy(struct nested *nested)
{
	if (!nested)
		return;
	nested_zap(nested);
	free_page((unsigned long)nested->root);
	kfree(nested);
}

struct nested *nested_create(struct vm *vm)
{
	struct nested *nested = kzalloc(sizeof(*nested), GFP_KERNEL_ACCOUNT);

	if (!nested)
		return NULL;
	nested->vm = vm;
	spin_lock_init(&nested->lock);
	INIT_LIST_HEAD(&nested->tables);
	nested->levels = pgtable_l5_enabled() ? 5 : 4;
	nested->root = (u64 *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!nested->root) {
		kfree(nested);
		return NULL;
	}
	return nested;
}
