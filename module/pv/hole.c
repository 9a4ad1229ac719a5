// SPDX-License-Identifier: GPL-2.0-only
/*
 * Building the hole (hole.h): its page tables, its slices, what lies in them.
 *
 * There is one hole for each address space that runs VMs, made with its first
 * slice and gone with its last; slices of all VMs of a process lie side by
 * side.  It hangs in the process's own top-level page table, whose upper half
 * is private to it, by a plain store: nothing else in the kernel looks at that
 * slot.  Nothing here is global, and before a page of it is freed every CPU
 * drops all translations it may have.
 *
 * Locking: holes_lock guards the list and everything in it.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <asm/desc.h>
#include <asm/mem_encrypt.h>
#include <asm/pgtable.h>
#include <asm/tlbflush.h>
#include <asm/trapnr.h>

#include "../vm.h"
#include "hole.h"
#include "pv.h"

#define MAX_SLICES	(8 * PAGE_SIZE)
#define TOP_SLOT	256
#define TABLE_FLAGS	(_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY)
#define PAGE_RW_NX	(TABLE_FLAGS | _PAGE_NX)
#define PAGE_R_NX	(_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_NX)
#define PAGE_R_X	(_PAGE_PRESENT | _PAGE_ACCESSED)

/**
 * struct pv_hole - the hole of one address space
 * @list:	in holes
 * @mm:		the address space
 * @slices:	which are in use
 * @nr_slices:	how many
 * @top:	the table that slot 256 points to: level 3, or 4 if there are
 *		five levels
 * @level3:	its level 3 table
 * @level2:	tables below that, each for 512 slices
 */
struct pv_hole {
	struct list_head list;
	struct mm_struct *mm;
	unsigned long *slices;
	unsigned int nr_slices;
	u64 *top;
	u64 *level3;
	u64 *level2[MAX_SLICES / PTRS_PER_PMD];
};

static LIST_HEAD(holes);
static DEFINE_MUTEX(holes_lock);

/* The switcher's code, copied once, mapped into every slice. */
static void *switcher_code;

/**
 * pv_hole_va - where the hole starts
 *
 * Return: the address of slot 256 of the host's top-level page tables
 */
unsigned long pv_hole_va(void)
{
	return pgtable_l5_enabled() ? 0xff00000000000000 : 0xffff800000000000;
}

static u64 entry_for(const void *page, u64 flags)
{
	return __sme_pa(page) | flags;
}

static u64 *new_table(void)
{
	return (u64 *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
}

static u64 *top_slot(struct mm_struct *mm)
{
	return (u64 *)&mm->pgd[TOP_SLOT];
}

static void drop_translations(void *unused)
{
	__flush_tlb_all();
}

static void drop_translations_everywhere(void)
{
	on_each_cpu(drop_translations, NULL, 1);
}

/**
 * pv_hole_check - is slot 256 of an address space ours to use?
 * @mm: the address space
 *
 * Return: 0 or -EBUSY
 */
int pv_hole_check(struct mm_struct *mm)
{
	struct pv_hole *hole;
	int err = READ_ONCE(*top_slot(mm)) ? -EBUSY : 0;

	mutex_lock(&holes_lock);
	list_for_each_entry(hole, &holes, list)
		if (hole->mm == mm)
			err = 0;
	mutex_unlock(&holes_lock);
	return err;
}

/* Holes */

static void free_hole(struct pv_hole *hole)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hole->level2); i++)
		free_page((unsigned long)hole->level2[i]);
	if (hole->top != hole->level3)
		free_page((unsigned long)hole->top);
	free_page((unsigned long)hole->level3);
	bitmap_free(hole->slices);
	mmdrop(hole->mm);
	kvfree(hole);
}

static struct pv_hole *new_hole(struct mm_struct *mm)
{
	struct pv_hole *hole = kvzalloc(sizeof(*hole), GFP_KERNEL_ACCOUNT);

	if (!hole)
		return NULL;
	mmgrab(mm);
	hole->mm = mm;
	hole->slices = bitmap_zalloc(MAX_SLICES, GFP_KERNEL_ACCOUNT);
	hole->level3 = new_table();
	hole->top = pgtable_l5_enabled() ? new_table() : hole->level3;
	if (!hole->slices || !hole->level3 || !hole->top) {
		free_hole(hole);
		return NULL;
	}
	if (hole->top != hole->level3)
		hole->top[0] = entry_for(hole->level3, TABLE_FLAGS);
	return hole;
}

static struct pv_hole *get_hole(struct mm_struct *mm)
{
	struct pv_hole *hole;

	list_for_each_entry(hole, &holes, list)
		if (hole->mm == mm)
			return hole;
	if (*top_slot(mm))
		return ERR_PTR(-EBUSY);
	hole = new_hole(mm);
	if (!hole)
		return ERR_PTR(-ENOMEM);
	list_add(&hole->list, &holes);
	WRITE_ONCE(*top_slot(mm), entry_for(hole->top, TABLE_FLAGS));
	return hole;
}

static void put_hole(struct pv_hole *hole)
{
	if (hole->nr_slices)
		return;
	WRITE_ONCE(*top_slot(hole->mm), 0);
	drop_translations_everywhere();
	list_del(&hole->list);
	free_hole(hole);
}

/* Slices */

static u64 *host_entry(const struct pv_slice *slice)
{
	return &slice->hole->level2[slice->index / PTRS_PER_PMD]
				   [slice->index % PTRS_PER_PMD];
}

static void map(u64 *table, unsigned long offset, const void *page, u64 flags)
{
	table[offset >> PAGE_SHIFT] = entry_for(page, flags);
}

static void map_pages(struct pv_slice *slice, const void *vcpu_page)
{
	u64 *tables[] = { slice->guest_table, slice->host_table };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		map(tables[i], SLICE_CODE, switcher_code, PAGE_R_X);
		map(tables[i], SLICE_CODE + PAGE_SIZE,
		    switcher_code + PAGE_SIZE, PAGE_R_X);
		map(tables[i], SLICE_DATA, slice->data, PAGE_RW_NX);
		map(tables[i], SLICE_IDT, slice->idt, PAGE_R_NX);
		map(tables[i], SLICE_STACKS, slice->stacks, PAGE_RW_NX);
		map(tables[i], SLICE_VCPU_PAGE, vcpu_page, PAGE_RW_NX);
	}
	map(slice->host_table, SLICE_HOST, slice->host, PAGE_RW_NX);
}

static u64 *slice_table(struct pv_slice *slice)
{
	u64 *table;

	if (slice->nr_tables == ARRAY_SIZE(slice->tables))
		return NULL;
	table = new_table();
	if (table)
		slice->tables[slice->nr_tables++] = table;
	return table;
}

/* 32 views in a level 1 table, which each entry of a level 2 table shows. */
static int build_ladder(struct pv_slice *slice, u64 *level3)
{
	u64 *level1 = slice_table(slice);
	u64 *level2 = slice_table(slice);
	int i;

	if (!level1 || !level2)
		return -ENOMEM;
	for (i = 0; i < PTRS_PER_PTE; i += SZ_64K / PAGE_SIZE)
		level1[i] = entry_for(slice->data, PAGE_R_NX);
	for (i = 0; i < PTRS_PER_PMD; i++)
		level2[i] = entry_for(level1, TABLE_FLAGS);
	for (i = 0; i < SZ_4G / PUD_SIZE; i++)
		level3[pud_index(HOLE_LADDER) + i] =
			entry_for(level2, TABLE_FLAGS);
	return 0;
}

/* The tables between slot 256 of the shadow roots and the slice. */
static int build_guest_tables(struct pv_slice *slice)
{
	u64 *level3 = slice_table(slice);
	u64 *level2 = slice_table(slice);
	u64 *top = pgtable_l5_enabled() ? slice_table(slice) : level3;

	if (!level3 || !level2 || !top)
		return -ENOMEM;
	if (top != level3)
		top[0] = entry_for(level3, TABLE_FLAGS);
	level3[pud_index(slice->va)] = entry_for(level2, TABLE_FLAGS);
	level2[pmd_index(slice->va)] = entry_for(slice->guest_table,
						 TABLE_FLAGS);
	slice->reserved = entry_for(top, TABLE_FLAGS);
	return build_ladder(slice, level3);
}

static int alloc_pages_of(struct pv_slice *slice)
{
	slice->data = (void *)slice_table(slice);
	slice->idt = (void *)slice_table(slice);
	slice->stacks = slice_table(slice);
	slice->host = (void *)slice_table(slice);
	slice->guest_table = slice_table(slice);
	slice->host_table = slice_table(slice);
	return slice->host_table ? 0 : -ENOMEM;
}

static void init_idt(struct pv_slice *slice)
{
	static const u8 stacks[] = {
		[X86_TRAP_DF] = STACK_DF, [X86_TRAP_NMI] = STACK_NMI,
		[X86_TRAP_DB] = STACK_DB, [X86_TRAP_MC] = STACK_MC,
	};
	int vector;

	for (vector = 0; vector < IDT_ENTRIES; vector++) {
		unsigned long stub = slice->va + SLICE_CODE +
				     vector * PV_STUB_SIZE;
		gate_desc *gate = &slice->idt[vector];

		gate->offset_low = stub;
		gate->offset_middle = stub >> 16;
		gate->offset_high = stub >> 32;
		gate->segment = __KERNEL_CS;
		gate->bits.type = GATE_INTERRUPT;
		gate->bits.p = 1;
		if (vector < ARRAY_SIZE(stacks))
			gate->bits.ist = stacks[vector];
		if (vector == X86_TRAP_BP || vector == X86_TRAP_OF ||
		    vector == IA32_SYSCALL_VECTOR ||
		    vector == CORBEL_VECTOR_CHECK)
			gate->bits.dpl = 3;
	}
}

/* Linux's own layout, so that every selector means the same in both worlds. */
static void init_gdt(struct pv_slice *slice)
{
	unsigned long tss = slice->va + SLICE_DATA +
			    offsetof(struct pv_data, tss);
	struct desc_struct *gdt = slice->data->gdt;

	/* This part is the same on every CPU. */
	memcpy(gdt, get_cpu_gdt_rw(raw_smp_processor_id()),
	       GDT_ENTRY_TSS * sizeof(*gdt));
	set_tssldt_descriptor(&gdt[GDT_ENTRY_TSS], tss, DESC_TSS,
			      sizeof(struct x86_hw_tss) - 1);
}

static void init_tss(struct pv_slice *slice)
{
	struct x86_hw_tss *tss = &slice->data->tss;
	int i;

	tss->sp0 = slice->va + SLICE_DATA + offsetofend(struct pv_data, regs);
	for (i = STACK_DF; i <= STACK_MC; i++)
		tss->ist[i - 1] = slice->va + SLICE_STACKS + i * STACK_SIZE;
	tss->io_bitmap_base = sizeof(*tss);
}

static int claim_index(struct pv_slice *slice)
{
	struct pv_hole *hole = slice->hole;
	unsigned long index = find_first_zero_bit(hole->slices, MAX_SLICES);
	unsigned int n = index / PTRS_PER_PMD;

	if (index >= MAX_SLICES)
		return -ENOSPC;
	if (!hole->level2[n]) {
		hole->level2[n] = new_table();
		if (!hole->level2[n])
			return -ENOMEM;
		hole->level3[n] = entry_for(hole->level2[n], TABLE_FLAGS);
	}
	__set_bit(index, hole->slices);
	hole->nr_slices++;
	slice->index = index;
	slice->va = pv_hole_va() + (index << SLICE_SHIFT);
	return 0;
}

static void free_tables(struct pv_slice *slice)
{
	while (slice->nr_tables)
		free_page((unsigned long)slice->tables[--slice->nr_tables]);
	memset(slice, 0, sizeof(*slice));
}

static int claim_slice(struct pv_slice *slice, struct mm_struct *mm)
{
	struct pv_hole *hole = get_hole(mm);
	int err;

	if (IS_ERR(hole))
		return PTR_ERR(hole);
	slice->hole = hole;
	err = claim_index(slice);
	if (err) {
		/* There is nothing for pv_slice_destroy() to do. */
		slice->hole = NULL;
		put_hole(hole);
	}
	return err;
}

static void release_slice(struct pv_slice *slice)
{
	WRITE_ONCE(*host_entry(slice), 0);
	drop_translations_everywhere();
	__clear_bit(slice->index, slice->hole->slices);
	slice->hole->nr_slices--;
	put_hole(slice->hole);
}

/**
 * pv_slice_create - a slice for a vCPU, in place in the host's page tables
 * @slice:	to be filled in
 * @mm:		the address space of its VM
 * @vcpu_page:	the page shared with the guest, which must outlive the slice
 *
 * Return: 0, -EBUSY if slot 256 is in use, -ENOSPC, -ENOMEM
 */
int pv_slice_create(struct pv_slice *slice, struct mm_struct *mm,
		    const void *vcpu_page)
{
	int err;

	mutex_lock(&holes_lock);
	err = claim_slice(slice, mm);
	if (err)
		goto unlock;
	err = alloc_pages_of(slice);
	if (!err)
		err = build_guest_tables(slice);
	if (err) {
		release_slice(slice);
		free_tables(slice);
		goto unlock;
	}
	init_idt(slice);
	init_gdt(slice);
	init_tss(slice);
	map_pages(slice, vcpu_page);
	WRITE_ONCE(*host_entry(slice),
		   entry_for(slice->host_table, TABLE_FLAGS));
unlock:
	mutex_unlock(&holes_lock);
	return err;
}

/**
 * pv_slice_destroy - the end of pv_slice_create()
 * @slice: the slice, or one that was never created
 */
void pv_slice_destroy(struct pv_slice *slice)
{
	if (!slice->hole)
		return;
	mutex_lock(&holes_lock);
	release_slice(slice);
	free_tables(slice);
	mutex_unlock(&holes_lock);
}

/**
 * pv_slice_alloc_ldt - have room for a copy of the guest's LDT
 * @slice: the slice, of a vCPU that is not in its guest; may sleep
 *
 * Return: 0 or -ENOMEM
 */
int pv_slice_alloc_ldt(struct pv_slice *slice)
{
	unsigned int i, n = SLICE_LDT_SIZE / PAGE_SIZE;

	for (i = 0; i < n; i++) {
		u64 *page;

		if (slice->ldt[i])
			continue;
		page = slice_table(slice);
		if (!page)
			return -ENOMEM;
		slice->ldt[i] = (void *)page;
		map(slice->guest_table, SLICE_LDT + i * PAGE_SIZE, page,
		    PAGE_R_NX);
		map(slice->host_table, SLICE_LDT + i * PAGE_SIZE, page,
		    PAGE_R_NX);
	}
	return 0;
}

int pv_hole_init(void)
{
	size_t size = pv_switcher_end - pv_switcher;

	switcher_code = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO,
						 get_order(SLICE_CODE_SIZE));
	if (!switcher_code)
		return -ENOMEM;
	memcpy(switcher_code, pv_switcher, size);
	return 0;
}

void pv_hole_exit(void)
{
	free_pages((unsigned long)switcher_code, get_order(SLICE_CODE_SIZE));
}
