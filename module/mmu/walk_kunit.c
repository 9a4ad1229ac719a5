// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk of a guest's page tables: one table of shapes of tables and of
 * accesses, with what a CPU makes of them, and then the bits that it sets.
 */
#include "../fixture_kunit.h"

/* The tables of the tests, one of each level, and where they lead. */
enum { TOP, L3, L2, L1, DATA, LARGE = 512, HUGE = 1 << 18 };

#define ADDRESS		0x0000123456789abcULL
#define TABLE(gfn)	((u64)(gfn) << 12)
#define LINK		(PTE_P | PTE_W | PTE_U)
#define ALL		LINK
#define DEEP		0xff	/* no entry is large */

#define READ		0
#define W		FAULT_WRITE
#define USR		FAULT_USER
#define X		FAULT_FETCH
#define P		FAULT_PRESENT

static u64 *entry_of(struct kunit *test, int level)
{
	struct fixture *fixture = test->priv;
	u64 *table = (u64 *)(fixture->memory + (4 - level) * PAGE_SIZE);

	return &table[ADDRESS >> (12 + 9 * (level - 1)) & 511];
}

/* Every level allows everything, and nothing is accessed or dirty. */
static void make_tables(struct kunit *test)
{
	int level;

	for (level = 4; level >= 1; level--)
		*entry_of(test, level) = TABLE(5 - level) | LINK;
}

static struct walk_mode mode_of(struct kunit *test)
{
	struct fixture *fixture = test->priv;

	return (struct walk_mode) {
		.vm = &fixture->vm,
		.paging = true,
		.wp = true,
		.nx = true,
		.smep = true,
		.smap = true,
		.pge = true,
		.reserved = ~((1ULL << MAX_GPA_BITS) - 1),
	};
}

static void test_no_paging(struct kunit *test)
{
	struct walk_mode mode = { .paging = false };
	struct walk result;

	KUNIT_EXPECT_EQ(test, 0, walk(&mode, 0x12345, FAULT_WRITE, &result));
	KUNIT_EXPECT_EQ(test, 0x12345, result.gpa);
	KUNIT_EXPECT_EQ(test, 0, result.level);
	KUNIT_EXPECT_PTR_EQ(test, result.table, NULL);
}

/* An entry that is not what make_tables() made of it, and what comes of it */
static const struct {
	const char *name;
	int level;
	u64 set, clear;
	u32 access, error;	/* error 0: allowed */
} shapes[] = {
	{ "user reads", 1, 0, 0, USR, 0 },
	{ "user writes", 1, 0, 0, USR | W, 0 },
	{ "user fetches", 1, 0, 0, USR | X, 0 },
	{ "absent at 4", 4, 0, PTE_P, USR | W, USR | W },
	{ "absent at 3", 3, 0, PTE_P, USR, USR },
	{ "absent at 2", 2, 0, PTE_P, USR | X, USR | X },
	{ "absent at 1", 1, 0, PTE_P, READ, 0x100 },
	{ "absent and reserved", 1, PTE_NX | 1ULL << 50, PTE_P, USR, USR },
	{ "read-only at 4", 4, 0, PTE_W, USR | W, P | USR | W },
	{ "read-only at 3", 3, 0, PTE_W, USR | W, P | USR | W },
	{ "read-only at 2", 2, 0, PTE_W, USR | W, P | USR | W },
	{ "read-only at 1", 1, 0, PTE_W, USR | W, P | USR | W },
	{ "read-only is read", 1, 0, PTE_W, USR, 0 },
	{ "supervisor at 4", 4, 0, PTE_U, USR, P | USR },
	{ "supervisor at 3", 3, 0, PTE_U, USR, P | USR },
	{ "supervisor at 2", 2, 0, PTE_U, USR, P | USR },
	{ "supervisor at 1", 1, 0, PTE_U, USR | X, P | USR | X },
	{ "kernel reads its own", 4, 0, PTE_U, READ, 0 },
	{ "kernel writes its own", 1, 0, PTE_U, W, 0 },
	{ "kernel runs its own", 2, 0, PTE_U, X, 0 },
	{ "kernel reads user's, SMAP", 1, 0, 0, READ, P },
	{ "kernel writes user's, SMAP", 1, 0, 0, W, P | W },
	{ "kernel runs user's, SMEP", 1, 0, 0, X, P | X },
	{ "no execute at 4", 4, PTE_NX, 0, USR | X, P | USR | X },
	{ "no execute at 3", 3, PTE_NX, 0, USR | X, P | USR | X },
	{ "no execute at 2", 2, PTE_NX, 0, USR | X, P | USR | X },
	{ "no execute at 1", 1, PTE_NX, 0, USR | X, P | USR | X },
	{ "no execute is read", 1, PTE_NX, 0, USR, 0 },
	{ "PS at 4", 4, PTE_PS, 0, USR, P | USR | FAULT_RESERVED },
	{ "address too wide at 4", 4, 1ULL << 46, 0, USR,
	  P | USR | FAULT_RESERVED },
	{ "address too wide at 1", 1, 1ULL << 51, 0, USR | W,
	  P | USR | W | FAULT_RESERVED },
	{ "ignored bits", 1, 0x7ff0000000000e00ULL, 0, USR, 0 },
	{ "PAT and PCD at 1", 1, PTE_PS | 1 << 4 | 1 << 3, 0, USR, 0 },
	{ "2M, bit 13", 2, PTE_PS | 1 << 13, TABLE(DEEP), USR,
	  P | USR | FAULT_RESERVED },
	{ "2M, bit 20", 2, PTE_PS | 1 << 20, TABLE(DEEP), USR,
	  P | USR | FAULT_RESERVED },
	{ "2M, PAT", 2, PTE_PS | 1 << 12, TABLE(DEEP), USR, 0 },
	{ "1G, bit 13", 3, PTE_PS | 1 << 13, TABLE(DEEP), USR,
	  P | USR | FAULT_RESERVED },
	{ "1G, bit 29", 3, PTE_PS | 1 << 29, TABLE(DEEP), USR,
	  P | USR | FAULT_RESERVED },
	{ "1G, PAT", 3, PTE_PS | 1 << 12, TABLE(DEEP), USR, 0 },
	{ "table without memory", 3, TABLE(0x1000), 0, USR, USR },
};

static void test_shapes(struct kunit *test)
{
	struct walk_mode mode = mode_of(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		u32 error = shapes[i].error & 0xff;
		bool faults = shapes[i].error;
		struct walk result = {};
		u64 *entry;

		make_tables(test);
		entry = entry_of(test, shapes[i].level);
		*entry = (*entry & ~shapes[i].clear) | shapes[i].set;
		KUNIT_EXPECT_EQ_MSG(test, faults ? -EFAULT : 0,
				    walk(&mode, ADDRESS, shapes[i].access,
					 &result),
				    "%s", shapes[i].name);
		KUNIT_EXPECT_EQ_MSG(test, error, result.error, "%s",
				    shapes[i].name);
	}
}

/* The same access under other control bits */
static void test_modes(struct kunit *test)
{
	struct walk_mode mode = mode_of(test);
	struct walk result;

	make_tables(test);
	mode.smap = false;
	KUNIT_EXPECT_EQ(test, 0, walk(&mode, ADDRESS, FAULT_WRITE, &result));
	KUNIT_EXPECT_EQ(test, -EFAULT,
			walk(&mode, ADDRESS, FAULT_FETCH, &result));
	mode.smep = false;
	KUNIT_EXPECT_EQ(test, 0, walk(&mode, ADDRESS, FAULT_FETCH, &result));

	*entry_of(test, 2) &= ~PTE_W;
	KUNIT_EXPECT_EQ(test, -EFAULT,
			walk(&mode, ADDRESS, FAULT_WRITE, &result));
	mode.wp = false;
	KUNIT_EXPECT_EQ(test, 0, walk(&mode, ADDRESS, FAULT_WRITE, &result));
	KUNIT_EXPECT_EQ(test, -EFAULT,
			walk(&mode, ADDRESS, FAULT_WRITE | FAULT_USER,
			     &result));

	/* Without NX its bit is reserved, and a fetch is not told. */
	make_tables(test);
	*entry_of(test, 3) |= PTE_NX;
	mode.nx = false;
	KUNIT_EXPECT_EQ(test, -EFAULT,
			walk(&mode, ADDRESS, FAULT_USER | FAULT_FETCH,
			     &result));
	KUNIT_EXPECT_EQ(test, FAULT_PRESENT | FAULT_USER | FAULT_RESERVED,
			result.error);
}

static void test_translation(struct kunit *test)
{
	struct walk_mode mode = mode_of(test);
	struct walk result;

	make_tables(test);
	mode.cr3 = PTE_NX | 0xfff;	/* no part of the address */
	KUNIT_ASSERT_EQ(test, 0, walk(&mode, ADDRESS, FAULT_USER, &result));
	KUNIT_EXPECT_EQ(test, TABLE(DATA) + (ADDRESS & 0xfff), result.gpa);
	KUNIT_EXPECT_EQ(test, 1, result.level);
	KUNIT_EXPECT_PTR_EQ(test, entry_of(test, 1), result.table);

	*entry_of(test, 2) = TABLE(LARGE) | LINK | PTE_PS;
	KUNIT_ASSERT_EQ(test, 0, walk(&mode, ADDRESS, FAULT_USER, &result));
	KUNIT_EXPECT_EQ(test, TABLE(LARGE) + (ADDRESS & 0x1fffff), result.gpa);
	KUNIT_EXPECT_EQ(test, 2, result.level);

	*entry_of(test, 3) = TABLE(HUGE) | LINK | PTE_PS;
	KUNIT_ASSERT_EQ(test, 0, walk(&mode, ADDRESS, FAULT_USER, &result));
	KUNIT_EXPECT_EQ(test, TABLE(HUGE) + (ADDRESS & 0x3fffffff), result.gpa);
	KUNIT_EXPECT_EQ(test, 3, result.level);
}

/* Rights are those of all levels; dirty and global are the last entry's. */
static void test_rights(struct kunit *test)
{
	struct walk_mode mode = mode_of(test);
	struct walk result;

	make_tables(test);
	*entry_of(test, 4) |= PTE_NX | PTE_G | PTE_D;
	*entry_of(test, 3) &= ~PTE_W;
	KUNIT_ASSERT_EQ(test, 0, walk(&mode, ADDRESS, FAULT_USER, &result));
	KUNIT_EXPECT_EQ(test, PTE_U | PTE_NX, result.rights);
	KUNIT_EXPECT_EQ(test, PTE_U | PTE_NX, result.path);

	make_tables(test);
	*entry_of(test, 1) = TABLE(DATA) | PTE_P | PTE_W | PTE_D | PTE_G;
	KUNIT_ASSERT_EQ(test, 0, walk(&mode, ADDRESS, 0, &result));
	KUNIT_EXPECT_EQ(test, PTE_W | PTE_D | PTE_G, result.rights);
	KUNIT_EXPECT_EQ(test, PTE_W | PTE_U, result.path);
	mode.pge = false;
	KUNIT_ASSERT_EQ(test, 0, walk(&mode, ADDRESS, 0, &result));
	KUNIT_EXPECT_EQ(test, PTE_W | PTE_D, result.rights);
}

/* Accessed on each level, Dirty on the last and for a write; none on a fault */
static void test_accessed_and_dirty(struct kunit *test)
{
	struct walk_mode mode = mode_of(test);
	struct walk result;
	int level;

	make_tables(test);
	*entry_of(test, 1) &= ~PTE_W;
	walk(&mode, ADDRESS, FAULT_USER | FAULT_WRITE, &result);
	for (level = 4; level >= 1; level--)
		KUNIT_EXPECT_EQ(test, 0,
				*entry_of(test, level) & (PTE_A | PTE_D));

	KUNIT_ASSERT_EQ(test, 0, walk(&mode, ADDRESS, FAULT_USER, &result));
	for (level = 4; level >= 1; level--)
		KUNIT_EXPECT_EQ(test, PTE_A,
				*entry_of(test, level) & (PTE_A | PTE_D));

	*entry_of(test, 1) |= PTE_W;
	KUNIT_ASSERT_EQ(test, 0, walk(&mode, ADDRESS, FAULT_USER | FAULT_WRITE,
				      &result));
	KUNIT_EXPECT_EQ(test, PTE_D, result.rights & PTE_D);
	for (level = 4; level >= 1; level--)
		KUNIT_EXPECT_EQ(test, level == 1 ? PTE_A | PTE_D : PTE_A,
				*entry_of(test, level) & (PTE_A | PTE_D));
}

/* A table whose page is not at hand is asked for, not faulted on. */
static void test_table_not_at_hand(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct walk_mode mode = mode_of(test);
	struct page *page = fixture->pages[L2];
	struct walk result;

	make_tables(test);
	fixture->pages[L2] = NULL;
	KUNIT_EXPECT_EQ(test, -EAGAIN,
			walk(&mode, ADDRESS, FAULT_USER, &result));
	fixture->pages[L2] = page;
	KUNIT_EXPECT_EQ(test, 0, walk(&mode, ADDRESS, FAULT_USER, &result));
}

/* The 16 bits above an address play no part in the walk. */
static void test_upper_half(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct walk_mode mode = mode_of(test);
	u64 *top = (u64 *)fixture->memory;
	struct walk result;

	make_tables(test);
	top[511] = TABLE(L3) | PTE_P;
	KUNIT_EXPECT_EQ(test, 0, walk(&mode, ADDRESS | GENMASK_ULL(63, 39), 0,
				      &result));
	KUNIT_EXPECT_EQ(test, TABLE(DATA) + (ADDRESS & 0xfff), result.gpa);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(test_no_paging),
	KUNIT_CASE(test_shapes),
	KUNIT_CASE(test_modes),
	KUNIT_CASE(test_translation),
	KUNIT_CASE(test_rights),
	KUNIT_CASE(test_accessed_and_dirty),
	KUNIT_CASE(test_table_not_at_hand),
	KUNIT_CASE(test_upper_half),
	{}
};

static struct kunit_suite suite = {
	.name = "corbel-walk",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
