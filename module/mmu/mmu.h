/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shadow paging as an architectural software TLB.
 *
 * A vCPU's shadow page tables hold what a TLB would: translations made on
 * demand from a walk of the guest's own tables, and dropped when the guest says
 * so (INVLPG, a CR3 load, a change of CR4.PGE, the flush hypercalls), never
 * because it wrote to its tables.  An operating system does every flush that a
 * real TLB needs, so nothing is write-protected and nothing is traced.
 *
 * As in a TLB, translations are tagged with the guest's PCID.  Each tag is a
 * context with tables of its own for the lower half of the address space; the
 * upper half, the kernel's, is one set of tables for all contexts.
 *
 * pv runs guest kernel and guest user in the same ring, so there a context has
 * two roots: the kernel's shows everything, the user's only what the guest's
 * tables let its users see.
 *
 * All of it belongs to the vCPU's thread: no locks.
 */
#ifndef CORBEL_MMU_H
#define CORBEL_MMU_H

#include <linux/kvm_types.h>
#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/types.h>

#include "walk.h"

struct vcpu;

#define NR_CONTEXTS	8
#define CR3_NOFLUSH	BIT_ULL(63)
#define CR3_PCID	0xfffULL

/* The two views of the address space that a split context has. */
enum mmu_view { VIEW_KERNEL, VIEW_USER, NR_VIEWS };

/**
 * struct shadow_page - one page of shadow page table
 * @link:	in the list of the tables it belongs to, or of free pages
 * @entries:	the table
 * @lines:	bit n: entries 8n to 8n+7 may be in use; all others are 0
 * @source:	level 1: gpa of the guest's table or large page that it shows
 * @level:	1 to 4
 * @large:	@source is a large page
 * @nonglobal:	level 1: an entry is not global
 * @huge:	level 2: some of it shows a page of 1 GiB
 */
struct shadow_page {
	struct list_head link;
	u64 *entries;
	u64 lines;
	gpa_t source;
	u8 level;
	bool large;
	bool nonglobal;
	bool huge;
};

/**
 * struct shadow_context - the translations of one guest PCID
 * @tag:	the guest's CR3 without bit 63, or CONTEXT_UNUSED
 * @root:	its roots; without split both views are one
 * @pages:	tables of the lower half
 * @nr_pages:	how many
 * @supervisor:	the lower half shows pages that a user must not see
 */
struct shadow_context {
	u64 tag;
	struct shadow_page *root[NR_VIEWS];
	struct list_head pages;
	unsigned int nr_pages;
	bool supervisor;
};

#define CONTEXT_UNUSED	(~0ULL)

/**
 * struct upper_half - the translations that all contexts share
 * @top:	level 4 entries 256 to 511, which the roots copy
 * @pages:	tables
 * @nr_pages:	how many
 * @nonglobal:	one of them has an entry that is not global
 */
struct upper_half {
	struct shadow_page *top;
	struct list_head pages;
	unsigned int nr_pages;
	bool nonglobal;
};

/**
 * struct mmu - the shadow page tables of a vCPU
 * @vcpu:	whose they are
 * @split:	guest kernel and user see different roots
 * @reserved:	entry 256 of the top level, for users of the mmu to keep
 *		something there (pv: the switcher); 0 for nothing
 * @context:	the context in use
 * @contexts:	by PCID modulo their number
 * @upper:	the upper halves
 * @lower_global: the guest has global pages in its lower half
 * @wrapper:	on a host with five levels the root is one of these, by context
 *		and view, with the level 4 tables below it; else NULL
 * @free:	pages to make tables of, not yet cleared
 * @nr_free:	how many
 * @nr_pages:	how many this mmu has in all
 */
struct mmu {
	struct vcpu *vcpu;
	bool split;
	u64 reserved;
	struct shadow_context *context;
	struct shadow_context contexts[NR_CONTEXTS];
	struct upper_half upper[NR_VIEWS];
	bool lower_global;
	u64 *wrapper[NR_CONTEXTS][NR_VIEWS];
	struct list_head free;
	unsigned int nr_free;
	unsigned int nr_pages;
};

/**
 * enum mmu_result - what mmu_fault() found, besides a negative errno
 * @MMU_FILLED:	the translation is there now
 * @MMU_GUEST:	the guest's tables do not allow the access: walk.error
 * @MMU_MMIO:	they do, but there is no memory: walk.gpa
 */
enum mmu_result {
	MMU_FILLED,
	MMU_GUEST,
	MMU_MMIO,
};

struct mmu *mmu_create(struct vcpu *vcpu, bool split, bool wrap, u64 reserved);
void mmu_destroy(struct mmu *mmu);
u64 mmu_root(const struct mmu *mmu, const struct shadow_context *context,
	     enum mmu_view view);

int mmu_topup(struct mmu *mmu);
int mmu_fault(struct mmu *mmu, const struct walk_mode *mode, u64 address,
	      u32 access, struct walk *walk);
int mmu_map(struct mmu *mmu, u64 address, struct page *page, u64 rights);

struct shadow_context *mmu_load_cr3(struct mmu *mmu, u64 cr3, bool keep);
void mmu_flush_page(struct mmu *mmu, u64 address);
void mmu_flush_context(struct mmu *mmu, struct shadow_context *context);
void mmu_flush_all(struct mmu *mmu);

#endif /* CORBEL_MMU_H */
