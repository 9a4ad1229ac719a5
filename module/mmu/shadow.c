// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shadow page tables: making, finding and dropping translations.  mmu.h says
 * what they are.
 *
 * Two things keep every step short.  Dropping tables only moves them to the
 * list of free pages, whatever their number; a page is cleared when it is used
 * again, and then only the cache lines that were in use.  And nothing here
 * sleeps but mmu_topup(): where pages run out, the caller is told -EAGAIN and
 * comes again from where it may.
 *
 * The CPU may hold translations from before a flush.  Every entry to the guest
 * loads CR3 (pv) or flushes (svm), so they never outlive the exit that asked.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/mem_encrypt.h>

#include "../corbel.h"
#include "../vm.h"

#define ENTRIES		512
#define LINE		8		/* entries of a cache line */
#define UPPER_LINES	GENMASK_ULL(63, 32)
#define LOWER_LINES	GENMASK_ULL(31, 0)
#define RESERVED_SLOT	256

/* A fill takes at most three tables, and there may be two views. */
#define FREE_LOW	8
#define FREE_HIGH	64

/* What every vCPU may have, whatever the limit of the VM says. */
#define MIN_PAGES	128

static bool is_upper(u64 address)
{
	return address >> 63;
}

static unsigned int index_of(u64 address, int level)
{
	return address >> (12 + 9 * (level - 1)) & (ENTRIES - 1);
}

/* Pages */

static struct shadow_page *new_page(struct mmu *mmu)
{
	struct shadow_page *sp = kzalloc(sizeof(*sp), GFP_KERNEL_ACCOUNT);
	struct page *page;

	if (!sp)
		return NULL;
	page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!page) {
		kfree(sp);
		return NULL;
	}
	sp->entries = page_address(page);
	set_page_private(page, (unsigned long)sp);
	mmu->nr_pages++;
	stat_add(&mmu->vcpu->vm->stats.shadow_pages, 1);
	return sp;
}

static void delete_page(struct mmu *mmu, struct shadow_page *sp)
{
	if (!sp)
		return;
	set_page_private(virt_to_page(sp->entries), 0);
	free_page((unsigned long)sp->entries);
	kfree(sp);
	mmu->nr_pages--;
	stat_add(&mmu->vcpu->vm->stats.shadow_pages, -1);
}

static void clear_lines(struct shadow_page *sp, u64 lines)
{
	u64 left;

	for (left = sp->lines & lines; left; left &= left - 1)
		memset64(sp->entries + __ffs64(left) * LINE, 0, LINE);
	sp->lines &= ~lines;
}

static void set_entry(struct shadow_page *sp, unsigned int index, u64 entry)
{
	sp->lines |= BIT_ULL(index / LINE);
	WRITE_ONCE(sp->entries[index], entry);
}

static u64 table_entry(const struct shadow_page *sp)
{
	return __sme_pa(sp->entries) | PTE_P | PTE_W | PTE_U | PTE_A;
}

static struct shadow_page *table_of(u64 entry)
{
	unsigned long pfn = (__sme_clr(entry) & PTE_ADDRESS) >> PAGE_SHIFT;

	return (struct shadow_page *)page_private(pfn_to_page(pfn));
}

static struct shadow_page *take_page(struct mmu *mmu, int level)
{
	struct shadow_page *sp;

	sp = list_first_entry_or_null(&mmu->free, struct shadow_page, link);
	if (!sp)
		return NULL;
	list_del(&sp->link);
	mmu->nr_free--;
	clear_lines(sp, ~0ULL);
	sp->level = level;
	sp->source = GPA_INVALID;
	sp->large = false;
	sp->nonglobal = false;
	sp->huge = false;
	return sp;
}

static void give_back(struct mmu *mmu, struct list_head *pages,
		      unsigned int *nr_pages)
{
	list_splice_init(pages, &mmu->free);
	mmu->nr_free += *nr_pages;
	mmu->vcpu->stats->shadow_zaps += *nr_pages;
	*nr_pages = 0;
}

/**
 * mmu_topup - have enough free pages for the next fills
 * @mmu: the mmu; may sleep
 *
 * At the limit everything is dropped, as a TLB that is too small would.
 *
 * Return: 0 or -ENOMEM
 */
int mmu_topup(struct mmu *mmu)
{
	struct vm_stats *stats = &mmu->vcpu->vm->stats;
	struct shadow_page *sp;

	while (mmu->nr_free < FREE_HIGH &&
	       (mmu->nr_pages < MIN_PAGES ||
		READ_ONCE(stats->shadow_pages) < READ_ONCE(stats->shadow_limit))) {
		sp = new_page(mmu);
		if (!sp)
			break;
		list_add(&sp->link, &mmu->free);
		mmu->nr_free++;
	}
	/* The CPU, too, must forget the tables that will be something else. */
	if (mmu->nr_free < FREE_LOW)
		mmu->vcpu->vm->ops->flush_all(mmu->vcpu);
	while (mmu->nr_pages > MIN_PAGES && mmu->nr_free > FREE_LOW &&
	       READ_ONCE(stats->shadow_pages) > READ_ONCE(stats->shadow_limit)) {
		sp = list_first_entry(&mmu->free, struct shadow_page, link);
		list_del(&sp->link);
		mmu->nr_free--;
		delete_page(mmu, sp);
	}
	return mmu->nr_free < FREE_LOW ? -ENOMEM : 0;
}

/* Finding and making tables */

static struct shadow_page *child(struct mmu *mmu, struct shadow_page *parent,
				 u64 address, int level,
				 struct list_head *pages,
				 unsigned int *nr_pages)
{
	unsigned int index = index_of(address, level + 1);
	u64 entry = parent->entries[index];
	struct shadow_page *sp;

	if (entry)
		return table_of(entry);
	sp = take_page(mmu, level);
	if (!sp)
		return NULL;
	list_add(&sp->link, pages);
	++*nr_pages;
	set_entry(parent, index, table_entry(sp));
	return sp;
}

/* The level 3 table in the lower half, which all views of a context share. */
static struct shadow_page *lower_table(struct mmu *mmu, u64 address)
{
	struct shadow_context *context = mmu->context;
	struct shadow_page *root = context->root[VIEW_KERNEL];
	struct shadow_page *sp = child(mmu, root, address, 3, &context->pages,
				       &context->nr_pages);

	if (sp && mmu->split)
		set_entry(context->root[VIEW_USER], index_of(address, 4),
			  table_entry(sp));
	return sp;
}

/* The level 3 table in the upper half, which all contexts share. */
static struct shadow_page *upper_table(struct mmu *mmu, u64 address,
				       enum mmu_view view)
{
	struct upper_half *upper = &mmu->upper[view];
	struct shadow_page *sp = child(mmu, upper->top, address, 3,
				       &upper->pages, &upper->nr_pages);

	if (sp && !mmu->wrapper[0][view])
		set_entry(mmu->context->root[view], index_of(address, 4),
			  table_entry(sp));
	return sp;
}

/*
 * The level 1 table for an address, made if need be; NULL: out of pages.  @huge:
 * it is to show a part of a page of 1 GiB.
 */
static struct shadow_page *leaf_table(struct mmu *mmu, u64 address,
				      enum mmu_view view, bool huge)
{
	struct shadow_context *context = mmu->context;
	struct upper_half *upper = &mmu->upper[view];
	struct list_head *pages;
	unsigned int *nr_pages;
	struct shadow_page *sp;
	int level;

	if (is_upper(address)) {
		pages = &upper->pages;
		nr_pages = &upper->nr_pages;
		sp = upper_table(mmu, address, view);
	} else {
		pages = &context->pages;
		nr_pages = &context->nr_pages;
		sp = lower_table(mmu, address);
	}
	for (level = 2; sp && level > 0; level--) {
		sp = child(mmu, sp, address, level, pages, nr_pages);
		if (sp && level == 2 && huge)
			sp->huge = true;
	}
	return sp;
}

/* The table of a level below a top table, if there is one. */
static struct shadow_page *find_table(struct shadow_page *top, u64 address,
				      int wanted)
{
	struct shadow_page *sp = top;
	int level;

	for (level = 4; level > wanted; level--) {
		u64 entry = sp->entries[index_of(address, level)];

		if (!entry)
			return NULL;
		sp = table_of(entry);
	}
	return sp;
}

/* Filling */

static u64 leaf_entry(const struct mmu *mmu, const struct page *page,
		      u64 rights)
{
	u64 entry = __sme_set(page_to_pfn(page) << PAGE_SHIFT) | PTE_P | PTE_A;

	/* What is not dirty stays read-only, so that the guest gets its D. */
	if ((rights & PTE_W) && (rights & PTE_D))
		entry |= PTE_W | PTE_D;
	if (mmu->split || (rights & PTE_U))
		entry |= PTE_U;
	return entry | (rights & PTE_NX);
}

static void note_kind(struct mmu *mmu, struct shadow_page *sp, u64 address,
		      enum mmu_view view, u64 rights)
{
	bool upper = is_upper(address);

	if (upper && !(rights & PTE_G)) {
		sp->nonglobal = true;
		mmu->upper[view].nonglobal = true;
	}
	if (!upper && (rights & PTE_G))
		mmu->lower_global = true;
	if (!upper && mmu->split && !(rights & PTE_U))
		mmu->context->supervisor = true;
}

/*
 * One neighbour of an entry that is being filled: @delta entries from it.  What
 * a TLB could know already is filled too: what the guest's table marks as
 * accessed, and is of the same kind.
 */
static u64 neighbour(struct mmu *mmu, const struct walk_mode *mode,
		     const struct walk *walk, int delta)
{
	gfn_t gfn = (walk->gpa >> PAGE_SHIFT) + delta;
	u64 rights = walk->rights;
	struct page *page;

	if (walk->level == 1) {
		u64 entry = READ_ONCE(walk->table[delta]);

		if ((entry & (PTE_P | PTE_A)) != (PTE_P | PTE_A) ||
		    !walk_entry_valid(mode, entry, 1))
			return 0;
		rights = walk_rights(mode, walk->path, entry);
		gfn = (entry & PTE_ADDRESS) >> PAGE_SHIFT;
	}
	if ((rights ^ walk->rights) & (PTE_G | PTE_U) ||
	    guest_page(mmu->vcpu->vm, gfn, &page))
		return 0;
	return leaf_entry(mmu, page, rights);
}

static void prefill(struct mmu *mmu, const struct walk_mode *mode,
		    struct shadow_page *sp, unsigned int wanted,
		    const struct walk *walk)
{
	unsigned int first = round_down(wanted, LINE), i;

	for (i = first; i < first + LINE; i++) {
		u64 entry;

		if (sp->entries[i])
			continue;
		entry = neighbour(mmu, mode, walk, (int)i - (int)wanted);
		if (!entry)
			continue;
		WRITE_ONCE(sp->entries[i], entry);
		mmu->vcpu->stats->shadow_prefills++;
	}
}

/*
 * A level 1 table shows one table, or one large page, of the guest.  If the
 * guest has put another in its place, what is left of the old one goes.
 */
static void set_source(struct shadow_page *sp, const struct walk *walk)
{
	bool large = walk->level > 1;
	gpa_t source;

	if (large)
		source = round_down(walk->gpa, PMD_SIZE);
	else
		source = round_down(walk->table_gpa, PAGE_SIZE);
	if (sp->source == source && sp->large == large)
		return;
	clear_lines(sp, ~0ULL);
	sp->nonglobal = false;
	sp->source = source;
	sp->large = large;
}

static int fill(struct mmu *mmu, const struct walk_mode *mode, u64 address,
		u32 access, struct page *page, const struct walk *walk)
{
	enum mmu_view view = VIEW_KERNEL;
	unsigned int index = index_of(address, 1);
	u64 rights = walk->rights;
	struct shadow_page *sp;

	if (mmu->split && (access & FAULT_USER) && is_upper(address))
		view = VIEW_USER;
	sp = leaf_table(mmu, address, view, walk->level == 3);
	if (!sp)
		return -EAGAIN;
	set_source(sp, walk);

	/* The kernel writes to a read-only page with CR0.WP clear. */
	if ((access & FAULT_WRITE) && !(rights & PTE_W))
		rights = (rights & ~PTE_U) | PTE_W | (mode->smep ? PTE_NX : 0);
	note_kind(mmu, sp, address, view, rights);
	set_entry(sp, index, leaf_entry(mmu, page, rights));
	mmu->vcpu->stats->shadow_fills++;
	if (mode->paging)
		prefill(mmu, mode, sp, index, walk);
	return MMU_FILLED;
}

/**
 * mmu_fault - make the translation whose absence raised a page fault
 * @mmu:	the mmu
 * @mode:	the state of the guest's CPU; mode->may_sleep says whether this
 *		may
 * @address:	a canonical 48-bit address
 * @access:	FAULT_WRITE, FAULT_USER, FAULT_FETCH
 * @result:	of the walk
 *
 * Return: enum mmu_result, -EAGAIN if it must be called where it may sleep,
 *	   other errors of guest_page_pin()
 */
int mmu_fault(struct mmu *mmu, const struct walk_mode *mode, u64 address,
	      u32 access, struct walk *result)
{
	struct vm *vm = mmu->vcpu->vm;
	struct page *page;
	int err;

	if (mode->may_sleep) {
		err = mmu_topup(mmu);
		if (err)
			return err;
	}
	err = walk(mode, address, access, result);
	if (err)
		return err == -EFAULT ? MMU_GUEST : err;
	if (mode->may_sleep)
		err = guest_page_get(vm, result->gpa >> PAGE_SHIFT, &page);
	else
		err = guest_page(vm, result->gpa >> PAGE_SHIFT, &page);
	if (err)
		return err == -ENOENT ? MMU_MMIO : err;
	return fill(mmu, mode, address, access, page, result);
}

/**
 * mmu_map - map a page that the guest's tables know nothing of, in the
 *	     kernel's view of the upper half, until the next mmu_flush_all()
 * @mmu:	the mmu
 * @address:	where
 * @page:	the page
 * @rights:	PTE_W, PTE_NX
 *
 * Return: MMU_FILLED, or -EAGAIN if out of pages: mmu_topup()
 */
int mmu_map(struct mmu *mmu, u64 address, struct page *page, u64 rights)
{
	struct shadow_page *sp = leaf_table(mmu, address, VIEW_KERNEL, false);

	if (!sp)
		return -EAGAIN;
	set_entry(sp, index_of(address, 1),
		  leaf_entry(mmu, page, rights | PTE_D));
	return MMU_FILLED;
}

/* Dropping */

static void drop_lower_half(struct mmu *mmu, struct shadow_context *context)
{
	clear_lines(context->root[VIEW_KERNEL], LOWER_LINES);
	if (mmu->split)
		clear_lines(context->root[VIEW_USER], LOWER_LINES);
	give_back(mmu, &context->pages, &context->nr_pages);
	context->supervisor = false;
}

static void drop_upper_half(struct mmu *mmu, enum mmu_view view)
{
	struct upper_half *upper = &mmu->upper[view];
	int i;

	clear_lines(upper->top, ~0ULL);
	give_back(mmu, &upper->pages, &upper->nr_pages);
	upper->nonglobal = false;
	if (mmu->wrapper[0][view])
		return;
	for (i = 0; i < NR_CONTEXTS; i++) {
		struct shadow_page *root = mmu->contexts[i].root[view];

		clear_lines(root, UPPER_LINES);
		if (mmu->reserved)
			set_entry(root, RESERVED_SLOT, mmu->reserved);
	}
}

static void drop_nonglobal(struct mmu *mmu, enum mmu_view view)
{
	struct upper_half *upper = &mmu->upper[view];
	struct shadow_page *sp;

	if (!upper->nonglobal)
		return;
	list_for_each_entry(sp, &upper->pages, link) {
		if (!sp->nonglobal)
			continue;
		clear_lines(sp, ~0ULL);
		sp->nonglobal = false;
	}
	upper->nonglobal = false;
}

/* INVLPG drops the whole of a large page, whichever address in it is given. */
static void drop_entry(struct shadow_page *top, u64 address)
{
	struct shadow_page *sp = find_table(top, address, 2);

	/* The tables below stay in their list, and go with it. */
	if (sp && sp->huge) {
		clear_lines(sp, ~0ULL);
		sp->huge = false;
		return;
	}
	sp = find_table(top, address, 1);
	if (!sp)
		return;
	if (sp->large)
		clear_lines(sp, ~0ULL);
	else
		WRITE_ONCE(sp->entries[index_of(address, 1)], 0);
}

/**
 * mmu_flush_page - INVLPG
 * @mmu:	the mmu
 * @address:	an address in the page
 */
void mmu_flush_page(struct mmu *mmu, u64 address)
{
	int i;

	mmu->vcpu->stats->flush_page++;
	if (is_upper(address)) {
		drop_entry(mmu->upper[VIEW_KERNEL].top, address);
		if (mmu->split)
			drop_entry(mmu->upper[VIEW_USER].top, address);
		return;
	}
	drop_entry(mmu->context->root[VIEW_KERNEL], address);
	for (i = 0; mmu->lower_global && i < NR_CONTEXTS; i++)
		drop_entry(mmu->contexts[i].root[VIEW_KERNEL], address);
}

/**
 * mmu_flush_context - drop what is not global of one context
 * @mmu:	the mmu
 * @context:	the context
 */
void mmu_flush_context(struct mmu *mmu, struct shadow_context *context)
{
	mmu->vcpu->stats->flush_context++;
	drop_lower_half(mmu, context);
	drop_nonglobal(mmu, VIEW_KERNEL);
	if (mmu->split)
		drop_nonglobal(mmu, VIEW_USER);
}

/**
 * mmu_flush_all - drop everything
 * @mmu: the mmu
 */
void mmu_flush_all(struct mmu *mmu)
{
	int i;

	mmu->vcpu->stats->flush_all++;
	for (i = 0; i < NR_CONTEXTS; i++)
		drop_lower_half(mmu, &mmu->contexts[i]);
	drop_upper_half(mmu, VIEW_KERNEL);
	if (mmu->split)
		drop_upper_half(mmu, VIEW_USER);
	mmu->lower_global = false;
}

/**
 * mmu_load_cr3 - go over to the context of a CR3 value
 * @mmu:	the mmu
 * @cr3:	what the guest loads; its low 12 bits are the PCID, 0 if the
 *		guest does not use PCIDs
 * @keep:	bit 63 was set: what is known of the context is still true
 *
 * Return: the context, which is the current one from now on
 */
struct shadow_context *mmu_load_cr3(struct mmu *mmu, u64 cr3, bool keep)
{
	struct shadow_context *context =
		&mmu->contexts[cr3 & CR3_PCID & (NR_CONTEXTS - 1)];
	u64 tag = cr3 & ~CR3_NOFLUSH;

	mmu->context = context;
	if (!keep || context->tag != tag)
		mmu_flush_context(mmu, context);
	context->tag = tag;
	return context;
}

/* Life */

static int create_context(struct mmu *mmu, int n)
{
	struct shadow_context *context = &mmu->contexts[n];
	int view, views = mmu->split ? NR_VIEWS : 1;

	for (view = 0; view < views; view++) {
		context->root[view] = new_page(mmu);
		if (!context->root[view])
			return -ENOMEM;
	}
	return 0;
}

/* Five levels: the root's two ends are the two halves, 48 bits wide. */
static int create_wrapper(struct mmu *mmu, int n, enum mmu_view view)
{
	struct page *page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	u64 *wrapper;

	if (!page)
		return -ENOMEM;
	wrapper = page_address(page);
	wrapper[0] = table_entry(mmu->contexts[n].root[view]);
	wrapper[ENTRIES - 1] = table_entry(mmu->upper[view].top);
	wrapper[RESERVED_SLOT] = mmu->reserved;
	mmu->wrapper[n][view] = wrapper;
	return 0;
}

static int create_tables(struct mmu *mmu, bool wrap)
{
	int view, views = mmu->split ? NR_VIEWS : 1;
	int n, err = 0;

	for (view = 0; view < views; view++) {
		mmu->upper[view].top = new_page(mmu);
		if (!mmu->upper[view].top)
			return -ENOMEM;
	}
	for (n = 0; n < NR_CONTEXTS && !err; n++) {
		err = create_context(mmu, n);
		for (view = 0; wrap && view < views && !err; view++)
			err = create_wrapper(mmu, n, view);
	}
	return err;
}

static void delete_list(struct mmu *mmu, struct list_head *pages)
{
	struct shadow_page *sp, *next;

	list_for_each_entry_safe(sp, next, pages, link)
		delete_page(mmu, sp);
}

/**
 * mmu_destroy - the end of mmu_create(), also of one that failed half-way
 * @mmu: the mmu, or NULL
 */
void mmu_destroy(struct mmu *mmu)
{
	int n, view;

	if (!mmu)
		return;
	for (view = 0; view < NR_VIEWS; view++) {
		delete_list(mmu, &mmu->upper[view].pages);
		delete_page(mmu, mmu->upper[view].top);
	}
	for (n = 0; n < NR_CONTEXTS; n++) {
		delete_list(mmu, &mmu->contexts[n].pages);
		for (view = 0; view < NR_VIEWS; view++) {
			delete_page(mmu, mmu->contexts[n].root[view]);
			free_page((unsigned long)mmu->wrapper[n][view]);
		}
	}
	delete_list(mmu, &mmu->free);
	kfree(mmu);
}

/**
 * mmu_create - empty shadow page tables
 * @vcpu:	whose they are
 * @split:	pv: kernel and user views, all pages accessible from ring 3
 * @wrap:	the roots have five levels
 * @reserved:	entry 256 of the top level, in every root
 *
 * Return: the mmu, context 0 in use, or NULL
 */
struct mmu *mmu_create(struct vcpu *vcpu, bool split, bool wrap, u64 reserved)
{
	struct mmu *mmu = kzalloc(sizeof(*mmu), GFP_KERNEL_ACCOUNT);
	int n;

	if (!mmu)
		return NULL;
	mmu->vcpu = vcpu;
	mmu->split = split;
	mmu->reserved = reserved;
	INIT_LIST_HEAD(&mmu->free);
	for (n = 0; n < NR_VIEWS; n++)
		INIT_LIST_HEAD(&mmu->upper[n].pages);
	for (n = 0; n < NR_CONTEXTS; n++) {
		INIT_LIST_HEAD(&mmu->contexts[n].pages);
		mmu->contexts[n].tag = CONTEXT_UNUSED;
	}
	mmu->context = &mmu->contexts[0];
	if (create_tables(mmu, wrap)) {
		mmu_destroy(mmu);
		return NULL;
	}
	mmu_flush_all(mmu);
	return mmu;
}

/**
 * mmu_root - what to load into CR3
 * @mmu:	the mmu
 * @context:	one of its contexts
 * @view:	VIEW_KERNEL, or VIEW_USER if it is split
 *
 * Return: a physical address
 */
u64 mmu_root(const struct mmu *mmu, const struct shadow_context *context,
	     enum mmu_view view)
{
	const u64 *wrapper = mmu->wrapper[context - mmu->contexts][view];

	return __sme_pa(wrapper ? wrapper : context->root[view]->entries);
}
