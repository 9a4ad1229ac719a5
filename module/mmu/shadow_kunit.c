// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shadow page tables: what is filled, with which rights and in which view, what
 * each kind of flush drops and keeps, and that every page is accounted for.
 */
#include <linux/mm.h>
#include <asm/io.h>

#include "../fixture_kunit.h"

/* The guest's tables: level 4 at gfn 0, the others behind it; data above */
#define LOWER		0x0000000000400000ULL
#define UPPER		0xffffffff80000000ULL
#define LARGE_PAGE	0x0000000040000000ULL	/* one of 1 GiB */
#define DATA		32
#define ENTRY(gfn, bits) ((u64)(gfn) << 12 | PTE_P | (bits))
#define USER_LINK	(PTE_W | PTE_U | PTE_A)
#define RESERVED	0x123067ULL

static struct vcpu *vcpu_of(struct kunit *test)
{
	struct fixture *fixture = test->priv;

	return &fixture->vcpu[0];
}

static u64 *table(struct kunit *test, unsigned int gfn)
{
	struct fixture *fixture = test->priv;

	return (u64 *)(fixture->memory + gfn * PAGE_SIZE);
}

/* 512 pages each from LOWER and UPPER on, in tables 3 and 6. */
static void make_tables(struct kunit *test)
{
	table(test, 0)[0] = ENTRY(1, USER_LINK);
	table(test, 1)[0] = ENTRY(2, USER_LINK);
	table(test, 1)[1] = ENTRY(0, USER_LINK | PTE_PS | PTE_D);
	table(test, 2)[2] = ENTRY(3, USER_LINK);
	table(test, 0)[511] = ENTRY(4, USER_LINK);
	table(test, 4)[510] = ENTRY(5, USER_LINK);
	table(test, 5)[0] = ENTRY(6, USER_LINK);
}

static struct mmu *new_mmu(struct kunit *test, bool split, bool wrap)
{
	struct mmu *mmu = mmu_create(vcpu_of(test), split, wrap, RESERVED);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, mmu);
	vcpu_of(test)->mmu = mmu;
	make_tables(test);
	KUNIT_ASSERT_EQ(test, 0, mmu_topup(mmu));
	return mmu;
}

/* Every test ends here: what was made is gone. */
static void destroy(struct kunit *test, struct mmu *mmu)
{
	struct fixture *fixture = test->priv;

	vcpu_of(test)->mmu = NULL;
	mmu_destroy(mmu);
	KUNIT_EXPECT_EQ(test, 0, fixture->vm.stats.shadow_pages);
}

static int touch_as(struct kunit *test, struct mmu *mmu, u64 address,
		    u32 access, bool wp)
{
	struct fixture *fixture = test->priv;
	const struct walk_mode mode = {
		.vm = &fixture->vm,
		.paging = true,
		.wp = wp,
		.nx = true,
		.pge = true,
		.reserved = ~((1ULL << MAX_GPA_BITS) - 1),
	};
	struct walk walk;

	return mmu_fault(mmu, &mode, address, access, &walk);
}

static int touch(struct kunit *test, struct mmu *mmu, u64 address, u32 access)
{
	return touch_as(test, mmu, address, access, true);
}

/* What the CPU finds below a root: the leaf entry, or 0. */
static u64 look(struct mmu *mmu, enum mmu_view view, u64 address)
{
	u64 entry = mmu_root(mmu, mmu->context, view);
	int level = 4;

	if (mmu->wrapper[0][view])
		entry = ((u64 *)__va(entry & PTE_ADDRESS))[address >> 48 & 511];
	for (; level >= 1; level--) {
		u64 *shadow = __va(entry & PTE_ADDRESS);

		entry = shadow[address >> (12 + 9 * (level - 1)) & 511];
		if (!(entry & PTE_P))
			return 0;
	}
	return entry;
}

static void test_create(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	int split, wrap;

	for (split = 0; split < 2; split++)
		for (wrap = 0; wrap < 2; wrap++) {
			struct mmu *mmu = new_mmu(test, split, wrap);

			KUNIT_EXPECT_EQ(test, fixture->vm.stats.shadow_pages,
					mmu->nr_pages);
			KUNIT_EXPECT_EQ(test, 0,
					look(mmu, VIEW_KERNEL, LOWER));
			destroy(test, mmu);
		}
	mmu_destroy(NULL);
}

/* The entry that the root holds for somebody else outlives each flush. */
static void test_reserved_slot(struct kunit *test)
{
	struct mmu *mmu = new_mmu(test, true, false);
	int view;

	for (view = 0; view < NR_VIEWS; view++)
		KUNIT_EXPECT_EQ(test, RESERVED,
				mmu->context->root[view]->entries[256]);
	mmu_flush_context(mmu, mmu->context);
	mmu_flush_all(mmu);
	for (view = 0; view < NR_VIEWS; view++)
		KUNIT_EXPECT_EQ(test, RESERVED,
				mmu->context->root[view]->entries[256]);
	destroy(test, mmu);
}

static void test_fill(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	u64 pa = page_to_phys(fixture->pages[DATA]);
	int wrap;

	for (wrap = 0; wrap < 2; wrap++) {
		struct mmu *mmu = new_mmu(test, false, wrap);

		table(test, 3)[0] = ENTRY(DATA, PTE_W | PTE_U);
		table(test, 6)[0] = ENTRY(DATA, PTE_W | PTE_NX);
		KUNIT_EXPECT_EQ(test, MMU_FILLED,
				touch(test, mmu, LOWER, FAULT_USER));
		KUNIT_EXPECT_EQ(test, pa | PTE_P | PTE_U | PTE_A,
				look(mmu, VIEW_KERNEL, LOWER));
		KUNIT_EXPECT_EQ(test, MMU_FILLED,
				touch(test, mmu, UPPER, FAULT_WRITE));
		KUNIT_EXPECT_EQ(test,
				pa | PTE_P | PTE_W | PTE_A | PTE_D | PTE_NX,
				look(mmu, VIEW_KERNEL, UPPER));
		destroy(test, mmu);
	}
}

/* Writable only once the guest's own entry is dirty */
static void test_dirty(struct kunit *test)
{
	struct mmu *mmu = new_mmu(test, false, false);

	table(test, 3)[0] = ENTRY(DATA, PTE_W | PTE_U);
	touch(test, mmu, LOWER, FAULT_USER);
	KUNIT_EXPECT_EQ(test, 0, look(mmu, VIEW_KERNEL, LOWER) & PTE_W);
	KUNIT_EXPECT_EQ(test, 0, table(test, 3)[0] & PTE_D);
	touch(test, mmu, LOWER, FAULT_USER | FAULT_WRITE);
	KUNIT_EXPECT_EQ(test, PTE_W, look(mmu, VIEW_KERNEL, LOWER) & PTE_W);
	KUNIT_EXPECT_EQ(test, PTE_D, table(test, 3)[0] & PTE_D);
	destroy(test, mmu);
}

static void test_no_fill(struct kunit *test)
{
	struct mmu *mmu = new_mmu(test, false, false);

	table(test, 3)[1] = ENTRY(DATA, 0);
	table(test, 3)[2] = ENTRY(FIXTURE_PAGES, PTE_U);
	KUNIT_EXPECT_EQ(test, MMU_GUEST, touch(test, mmu, LOWER, 0));
	KUNIT_EXPECT_EQ(test, MMU_GUEST,
			touch(test, mmu, LOWER + PAGE_SIZE, FAULT_USER));
	KUNIT_EXPECT_EQ(test, MMU_MMIO,
			touch(test, mmu, LOWER + 2 * PAGE_SIZE, FAULT_USER));
	KUNIT_EXPECT_EQ(test, 0, mmu->vcpu->stats->shadow_fills);
	destroy(test, mmu);
}

/* Neighbours come along if the guest has used them and they are of a kind. */
static void test_prefill(struct kunit *test)
{
	struct mmu *mmu = new_mmu(test, false, false);
	u64 *entries = table(test, 3);
	static const bool comes[8] = { true, true, false, false, false, true };
	int i;

	entries[0] = ENTRY(DATA, PTE_U);
	entries[1] = ENTRY(DATA + 1, PTE_U | PTE_A);
	entries[2] = ENTRY(DATA + 2, PTE_U);			/* not used */
	entries[3] = ENTRY(DATA + 3, PTE_A);			/* supervisor */
	entries[4] = ENTRY(FIXTURE_PAGES, PTE_U | PTE_A);	/* no memory */
	entries[5] = ENTRY(DATA + 5, PTE_U | PTE_A | PTE_W | PTE_D);
	entries[6] = ENTRY(DATA + 6, PTE_U | PTE_A | 1ULL << 50); /* reserved */
	entries[8] = ENTRY(DATA + 8, PTE_U | PTE_A);		/* too far */

	KUNIT_ASSERT_EQ(test, MMU_FILLED, touch(test, mmu, LOWER, FAULT_USER));
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ_MSG(test, comes[i],
				    !!look(mmu, VIEW_KERNEL,
					   LOWER + i * PAGE_SIZE),
				    "entry %d", i);
	KUNIT_EXPECT_EQ(test, 0, look(mmu, VIEW_KERNEL, LOWER + 8 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, PTE_W,
			look(mmu, VIEW_KERNEL, LOWER + 5 * PAGE_SIZE) & PTE_W);
	KUNIT_EXPECT_EQ(test, 1, mmu->vcpu->stats->shadow_fills);
	KUNIT_EXPECT_EQ(test, 2, mmu->vcpu->stats->shadow_prefills);
	destroy(test, mmu);
}

/* pv: the user's root does not show the upper half of the kernel's. */
static void test_views(struct kunit *test)
{
	struct mmu *mmu = new_mmu(test, true, false);

	table(test, 3)[0] = ENTRY(DATA, PTE_U);
	table(test, 6)[0] = ENTRY(DATA, 0);
	table(test, 6)[8] = ENTRY(DATA, PTE_U);	/* a vsyscall page, say */
	touch(test, mmu, LOWER, FAULT_USER);
	touch(test, mmu, UPPER, 0);
	touch(test, mmu, UPPER + 8 * PAGE_SIZE, FAULT_USER);

	KUNIT_EXPECT_NE(test, 0, look(mmu, VIEW_KERNEL, LOWER));
	KUNIT_EXPECT_NE(test, 0, look(mmu, VIEW_USER, LOWER));
	KUNIT_EXPECT_NE(test, 0, look(mmu, VIEW_KERNEL, UPPER));
	KUNIT_EXPECT_EQ(test, 0, look(mmu, VIEW_USER, UPPER));
	KUNIT_EXPECT_EQ(test, 0,
			look(mmu, VIEW_KERNEL, UPPER + 8 * PAGE_SIZE));
	KUNIT_EXPECT_NE(test, 0, look(mmu, VIEW_USER, UPPER + 8 * PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, mmu->context->supervisor);

	mmu_flush_page(mmu, UPPER + 8 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, 0, look(mmu, VIEW_USER, UPPER + 8 * PAGE_SIZE));
	destroy(test, mmu);
}

/* A lower half that users must not see is marked, until it is dropped. */
static void test_supervisor(struct kunit *test)
{
	struct mmu *mmu = new_mmu(test, true, false);

	table(test, 3)[0] = ENTRY(DATA, 0);
	touch(test, mmu, LOWER, 0);
	KUNIT_EXPECT_TRUE(test, mmu->context->supervisor);
	mmu_flush_context(mmu, mmu->context);
	KUNIT_EXPECT_FALSE(test, mmu->context->supervisor);
	destroy(test, mmu);
}

/*
 * With CR0.WP clear the kernel writes to a user's read-only page; its user still
 * must not. Where both share a table, the users must not see this one.
 */
static void test_write_protect_off(struct kunit *test)
{
	struct mmu *mmu = new_mmu(test, false, false);

	table(test, 3)[0] = ENTRY(DATA, PTE_U);
	KUNIT_ASSERT_EQ(test, MMU_FILLED,
			touch_as(test, mmu, LOWER, FAULT_WRITE, false));
	KUNIT_EXPECT_EQ(test, PTE_W,
			look(mmu, VIEW_KERNEL, LOWER) & (PTE_W | PTE_U));
	destroy(test, mmu);

	mmu = new_mmu(test, true, false);
	KUNIT_ASSERT_EQ(test, MMU_FILLED,
			touch_as(test, mmu, LOWER, FAULT_WRITE, false));
	KUNIT_EXPECT_TRUE(test, mmu->context->supervisor);
	destroy(test, mmu);
}

static void test_flush_page(struct kunit *test)
{
	struct mmu *mmu = new_mmu(test, false, false);

	table(test, 3)[0] = ENTRY(DATA, PTE_U | PTE_A);
	table(test, 3)[1] = ENTRY(DATA + 1, PTE_U | PTE_A);
	touch(test, mmu, LOWER, FAULT_USER);
	mmu_flush_page(mmu, LOWER + 0xfff);
	KUNIT_EXPECT_EQ(test, 0, look(mmu, VIEW_KERNEL, LOWER));
	KUNIT_EXPECT_NE(test, 0, look(mmu, VIEW_KERNEL, LOWER + PAGE_SIZE));
	mmu_flush_page(mmu, UPPER);	/* nothing there */
	destroy(test, mmu);
}

/* INVLPG on any address in a large page drops all of it. */
static void test_flush_large_page(struct kunit *test)
{
	struct mmu *mmu = new_mmu(test, false, false);

	table(test, 2)[4] = ENTRY(0, USER_LINK | PTE_PS | PTE_D);
	touch(test, mmu, 4 * PMD_SIZE, FAULT_USER);
	touch(test, mmu, 4 * PMD_SIZE + 60 * PAGE_SIZE, FAULT_USER);
	mmu_flush_page(mmu, 4 * PMD_SIZE + 100 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, 0, look(mmu, VIEW_KERNEL, 4 * PMD_SIZE));
	KUNIT_EXPECT_EQ(test, 0, look(mmu, VIEW_KERNEL,
				      4 * PMD_SIZE + 60 * PAGE_SIZE));
	destroy(test, mmu);
}

static void test_flush_huge_page(struct kunit *test)
{
	struct mmu *mmu = new_mmu(test, false, false);

	KUNIT_ASSERT_EQ(test, MMU_FILLED,
			touch(test, mmu, LARGE_PAGE, FAULT_USER));
	KUNIT_ASSERT_NE(test, 0, look(mmu, VIEW_KERNEL, LARGE_PAGE));
	mmu_flush_page(mmu, LARGE_PAGE + 5 * PMD_SIZE);
	KUNIT_EXPECT_EQ(test, 0, look(mmu, VIEW_KERNEL, LARGE_PAGE));
	destroy(test, mmu);
}

/* Contexts by PCID, kept or not; global translations stay. */
static void test_contexts(struct kunit *test)
{
	struct mmu *mmu = new_mmu(test, false, false);
	struct shadow_context *one, *two;

	table(test, 3)[0] = ENTRY(DATA, PTE_U);
	table(test, 6)[0] = ENTRY(DATA, PTE_G);
	table(test, 5)[1] = ENTRY(7, USER_LINK);
	table(test, 7)[0] = ENTRY(DATA, 0);

	one = mmu_load_cr3(mmu, 1, false);
	touch(test, mmu, LOWER, FAULT_USER);
	touch(test, mmu, UPPER, 0);
	touch(test, mmu, UPPER + PMD_SIZE, 0);
	two = mmu_load_cr3(mmu, 2 | CR3_NOFLUSH, true);
	KUNIT_EXPECT_PTR_NE(test, one, two);
	KUNIT_EXPECT_EQ(test, 0, look(mmu, VIEW_KERNEL, LOWER));
	/* A new root gets the tables of the upper half with its first fault. */
	touch(test, mmu, UPPER + PMD_SIZE, 0);
	KUNIT_EXPECT_NE(test, 0, look(mmu, VIEW_KERNEL, UPPER));

	KUNIT_EXPECT_PTR_EQ(test, one, mmu_load_cr3(mmu, 1 | CR3_NOFLUSH, true));
	KUNIT_EXPECT_NE(test, 0, look(mmu, VIEW_KERNEL, LOWER));

	/* Another root under the same PCID is another address space. */
	mmu_load_cr3(mmu, 0x1000 | 1 | CR3_NOFLUSH, true);
	KUNIT_EXPECT_EQ(test, 0, look(mmu, VIEW_KERNEL, LOWER));

	mmu_load_cr3(mmu, 1, false);
	touch(test, mmu, LOWER, FAULT_USER);
	touch(test, mmu, UPPER + PMD_SIZE, 0);
	mmu_load_cr3(mmu, 1, false);
	KUNIT_EXPECT_EQ(test, 0, look(mmu, VIEW_KERNEL, LOWER));
	KUNIT_EXPECT_EQ(test, 0, look(mmu, VIEW_KERNEL, UPPER + PMD_SIZE));
	KUNIT_EXPECT_NE(test, 0, look(mmu, VIEW_KERNEL, UPPER));

	mmu_flush_all(mmu);
	KUNIT_EXPECT_EQ(test, 0, look(mmu, VIEW_KERNEL, UPPER));
	destroy(test, mmu);
}

/* PCIDs that differ by the number of contexts take turns. */
static void test_same_context(struct kunit *test)
{
	struct mmu *mmu = new_mmu(test, false, false);

	table(test, 3)[0] = ENTRY(DATA, PTE_U);
	mmu_load_cr3(mmu, 1, false);
	touch(test, mmu, LOWER, FAULT_USER);
	mmu_load_cr3(mmu, (1 + NR_CONTEXTS) | CR3_NOFLUSH, true);
	KUNIT_EXPECT_EQ(test, 0, look(mmu, VIEW_KERNEL, LOWER));
	mmu_load_cr3(mmu, 1 | CR3_NOFLUSH, true);
	KUNIT_EXPECT_EQ(test, 0, look(mmu, VIEW_KERNEL, LOWER));
	destroy(test, mmu);
}

/* INVLPG drops a global translation of a lower half in every context. */
static void test_lower_global(struct kunit *test)
{
	struct mmu *mmu = new_mmu(test, false, false);

	table(test, 3)[0] = ENTRY(DATA, PTE_U | PTE_G);
	mmu_load_cr3(mmu, 1, false);
	touch(test, mmu, LOWER, FAULT_USER);
	mmu_load_cr3(mmu, 2, false);
	mmu_flush_page(mmu, LOWER);
	mmu_load_cr3(mmu, 1 | CR3_NOFLUSH, true);
	KUNIT_EXPECT_EQ(test, 0, look(mmu, VIEW_KERNEL, LOWER));
	destroy(test, mmu);
}

/* The guest has put another table in the place of one that is shown. */
static void test_other_source(struct kunit *test)
{
	struct mmu *mmu = new_mmu(test, false, false);

	table(test, 3)[0] = ENTRY(DATA, PTE_U);
	table(test, 7)[16] = ENTRY(DATA + 1, PTE_U);
	touch(test, mmu, LOWER, FAULT_USER);
	table(test, 2)[2] = ENTRY(7, USER_LINK);
	touch(test, mmu, LOWER + 16 * PAGE_SIZE, FAULT_USER);
	KUNIT_EXPECT_EQ(test, 0, look(mmu, VIEW_KERNEL, LOWER));
	destroy(test, mmu);
}

static void test_map(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct mmu *mmu = new_mmu(test, true, false);
	u64 address = CORBEL_VCPU_PAGE_VA;

	KUNIT_EXPECT_EQ(test, MMU_FILLED,
			mmu_map(mmu, address, fixture->pages[1],
				PTE_W | PTE_NX));
	KUNIT_EXPECT_EQ(test, page_to_phys(fixture->pages[1]) | PTE_P | PTE_W |
			PTE_U | PTE_A | PTE_D | PTE_NX,
			look(mmu, VIEW_KERNEL, address));
	KUNIT_EXPECT_EQ(test, 0, look(mmu, VIEW_USER, address));
	mmu_flush_context(mmu, mmu->context);
	KUNIT_EXPECT_NE(test, 0, look(mmu, VIEW_KERNEL, address));
	mmu_flush_all(mmu);
	KUNIT_EXPECT_EQ(test, 0, look(mmu, VIEW_KERNEL, address));
	destroy(test, mmu);
}

/* However much the guest touches, its shadow stays below the limit. */
static void test_limit(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct mmu *mmu = new_mmu(test, true, false);
	u64 most = 0;
	int i;

	fixture->vm.stats.shadow_limit = 160;
	/* Each of these entries leads to the same table. */
	for (i = 0; i < 512; i++)
		table(test, 2)[i] = ENTRY(3, USER_LINK);
	table(test, 3)[0] = ENTRY(DATA, PTE_U);
	for (i = 0; i < 512; i++) {
		KUNIT_ASSERT_EQ(test, 0, mmu_topup(mmu));
		KUNIT_ASSERT_EQ(test, MMU_FILLED,
				touch(test, mmu, i * PMD_SIZE, FAULT_USER));
		most = max(most, fixture->vm.stats.shadow_pages);
	}
	KUNIT_EXPECT_LE(test, most, 160);
	KUNIT_EXPECT_GT(test, mmu->vcpu->stats->flush_all, 1);
	destroy(test, mmu);
}

/* Without a page at hand a fill asks to be called where it may sleep. */
static void test_out_of_pages(struct kunit *test)
{
	struct mmu *mmu = mmu_create(vcpu_of(test), false, false, 0);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, mmu);
	make_tables(test);
	table(test, 3)[0] = ENTRY(DATA, PTE_U);
	KUNIT_EXPECT_EQ(test, -EAGAIN, touch(test, mmu, LOWER, FAULT_USER));
	KUNIT_ASSERT_EQ(test, 0, mmu_topup(mmu));
	KUNIT_EXPECT_EQ(test, MMU_FILLED, touch(test, mmu, LOWER, FAULT_USER));
	destroy(test, mmu);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(test_create),
	KUNIT_CASE(test_reserved_slot),
	KUNIT_CASE(test_fill),
	KUNIT_CASE(test_dirty),
	KUNIT_CASE(test_no_fill),
	KUNIT_CASE(test_prefill),
	KUNIT_CASE(test_views),
	KUNIT_CASE(test_supervisor),
	KUNIT_CASE(test_write_protect_off),
	KUNIT_CASE(test_flush_page),
	KUNIT_CASE(test_flush_large_page),
	KUNIT_CASE(test_flush_huge_page),
	KUNIT_CASE(test_contexts),
	KUNIT_CASE(test_same_context),
	KUNIT_CASE(test_lower_global),
	KUNIT_CASE(test_other_source),
	KUNIT_CASE(test_map),
	KUNIT_CASE(test_limit),
	KUNIT_CASE(test_out_of_pages),
	{}
};

static struct kunit_suite suite = {
	.name = "corbel-shadow",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
