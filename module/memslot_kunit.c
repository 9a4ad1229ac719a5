// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory slots: what CORBEL_SET_USER_MEMORY_REGION takes and refuses, and which
 * page a guest frame leads to. Pinning needs a monitor's address space and is
 * left to the host tests.
 */
#include <linux/kvm.h>
#include <linux/vmalloc.h>

#include "fixture_kunit.h"

#define PAGES(n)	((u64)(n) << PAGE_SHIFT)
#define TOP		BIT_ULL(MAX_GPA_BITS)
#define HVA		0x10000000ULL
#define LAST_PAGE	0x00fffffffffff000ULL	/* of five levels, with the guard */

static int set(struct kunit *test, u32 slot, u64 gpa, u64 size, u64 hva)
{
	struct fixture *fixture = test->priv;
	const struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = hva,
	};
	int err;

	mutex_lock(&fixture->vm.lock);
	err = memory_set_region(&fixture->vm, &region);
	mutex_unlock(&fixture->vm.lock);
	return err;
}

/* The fixture's own slot is not from the heap: it must go before tests end. */
static int init(struct kunit *test)
{
	struct fixture *fixture;
	int err = fixture_init(test);

	fixture = test->priv;
	fixture->vm.memory.nr_slots = 0;
	return err;
}

static void forget(struct kunit *test)
{
	struct fixture *fixture = test->priv;

	memory_destroy(&fixture->vm);
	fixture_exit(test);
}

static void test_bad_regions(struct kunit *test)
{
	static const struct {
		const char *name;
		u32 slot;
		u64 gpa, size, hva;
	} bad[] = {
		{ "no such slot", MAX_MEMSLOTS, 0, PAGES(1), HVA },
		{ "huge slot", ~0U, 0, PAGES(1), HVA },
		{ "gpa in a page", 1, 1, PAGES(1), HVA },
		{ "size in a page", 1, 0, 1, HVA },
		{ "hva in a page", 1, 0, PAGES(1), HVA + 1 },
		{ "wraps", 1, -PAGES(1), PAGES(2), HVA },
		{ "wraps to 0", 1, PAGES(1), -PAGES(1), HVA },
		{ "over the top", 1, TOP - PAGES(1), PAGES(2), HVA },
		{ "beyond the top", 1, TOP, PAGES(1), HVA },
		{ "kernel address", 1, 0, PAGES(1), -PAGES(4) },
		{ "out of the lower half", 1, 0, PAGES(2), LAST_PAGE },
		{ "not canonical", 1, 0, PAGES(1), 1ULL << 62 },
		{ "deletes nothing", 1, 0, 0, 0 },
	};
	struct fixture *fixture = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    set(test, bad[i].slot, bad[i].gpa,
					bad[i].size, bad[i].hva),
				    "%s", bad[i].name);
	KUNIT_EXPECT_EQ(test, 0, fixture->vm.memory.nr_slots);
}

static void test_flags_refused(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct kvm_userspace_memory_region region = {
		.memory_size = PAGE_SIZE,
		.userspace_addr = HVA,
	};
	u32 flag;

	mutex_lock(&fixture->vm.lock);
	for (flag = 1; flag; flag <<= 1) {
		region.flags = flag;
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    memory_set_region(&fixture->vm, &region),
				    "flag %#x", flag);
	}
	mutex_unlock(&fixture->vm.lock);
}

static void test_ends_of_memory(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0, set(test, 0, 0, PAGES(1), HVA));
	KUNIT_EXPECT_EQ(test, 0, set(test, MAX_MEMSLOTS - 1, TOP - PAGES(1),
				     PAGES(1), HVA));
}

static void test_overlap(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0, set(test, 0, PAGES(4), PAGES(4), HVA));
	KUNIT_EXPECT_EQ(test, -EEXIST, set(test, 1, PAGES(4), PAGES(4), HVA));
	KUNIT_EXPECT_EQ(test, -EEXIST, set(test, 1, PAGES(7), PAGES(1), HVA));
	KUNIT_EXPECT_EQ(test, -EEXIST, set(test, 1, PAGES(3), PAGES(2), HVA));
	KUNIT_EXPECT_EQ(test, -EEXIST, set(test, 1, 0, PAGES(64), HVA));
	KUNIT_EXPECT_EQ(test, 0, set(test, 1, PAGES(3), PAGES(1), HVA));
	KUNIT_EXPECT_EQ(test, 0, set(test, 2, PAGES(8), PAGES(1), HVA));
	/* It may overlap what it replaces. */
	KUNIT_EXPECT_EQ(test, 0, set(test, 0, PAGES(5), PAGES(2), HVA));
}

static void test_delete(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct page *page;

	KUNIT_ASSERT_EQ(test, 0, set(test, 0, 0, PAGES(1), HVA));
	KUNIT_ASSERT_EQ(test, 0, set(test, 1, PAGES(1), PAGES(1), HVA));
	KUNIT_ASSERT_EQ(test, 0, set(test, 0, 0, 0, 0));
	KUNIT_EXPECT_EQ(test, 1, fixture->vm.memory.nr_slots);
	KUNIT_EXPECT_EQ(test, -ENOENT, guest_page(&fixture->vm, 0, &page));
	KUNIT_EXPECT_EQ(test, -EAGAIN, guest_page(&fixture->vm, 1, &page));
	KUNIT_EXPECT_EQ(test, -EINVAL, set(test, 0, 0, 0, 0));
}

/* The host writes to the pages of a shim: they must stay. */
static void test_shim_is_kept(struct kunit *test)
{
	struct fixture *fixture = test->priv;

	KUNIT_ASSERT_EQ(test, 0, set(test, 0, 0, PAGES(1), HVA));
	fixture->vm.shim.set = true;
	KUNIT_EXPECT_EQ(test, -EBUSY, set(test, 0, 0, 0, 0));
	KUNIT_EXPECT_EQ(test, -EBUSY, set(test, 0, 0, PAGES(2), HVA));
	KUNIT_EXPECT_EQ(test, 0, set(test, 1, PAGES(1), PAGES(1), HVA));
}

static void test_all_slots(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct page *page;
	u32 i;

	for (i = 0; i < MAX_MEMSLOTS; i++)
		KUNIT_EXPECT_EQ(test, 0, set(test, i, PAGES(2 * i), PAGES(1),
					     HVA));
	for (i = 0; i < 2 * MAX_MEMSLOTS; i++)
		KUNIT_EXPECT_EQ_MSG(test, i % 2 ? -ENOENT : -EAGAIN,
				    guest_page(&fixture->vm, i, &page),
				    "gfn %u", i);
}

/* Of two slots that touch, each frame is in the right one. */
static void test_lookup(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct vm *vm = &fixture->vm;
	struct page *page, **first, **second;

	KUNIT_ASSERT_EQ(test, 0, set(test, 0, PAGES(2), PAGES(2), HVA));
	KUNIT_ASSERT_EQ(test, 0, set(test, 1, PAGES(4), PAGES(2), HVA));
	first = vm->memory.slots[0]->pages;
	second = vm->memory.slots[1]->pages;
	first[1] = fixture->pages[0];
	second[0] = fixture->pages[1];

	KUNIT_EXPECT_EQ(test, -ENOENT, guest_page(vm, 1, &page));
	KUNIT_EXPECT_EQ(test, -EAGAIN, guest_page(vm, 2, &page));
	KUNIT_EXPECT_EQ(test, 0, guest_page(vm, 3, &page));
	KUNIT_EXPECT_PTR_EQ(test, page, fixture->pages[0]);
	KUNIT_EXPECT_EQ(test, 0, guest_page(vm, 4, &page));
	KUNIT_EXPECT_PTR_EQ(test, page, fixture->pages[1]);
	KUNIT_EXPECT_EQ(test, -ENOENT, guest_page(vm, 6, &page));
	KUNIT_EXPECT_EQ(test, -ENOENT, guest_page(vm, ~0ULL, &page));
	KUNIT_EXPECT_EQ(test, -ENOENT, guest_page(vm, MAX_GFN + 3, &page));

	first[1] = NULL;
	second[0] = NULL;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(test_bad_regions),
	KUNIT_CASE(test_flags_refused),
	KUNIT_CASE(test_ends_of_memory),
	KUNIT_CASE(test_overlap),
	KUNIT_CASE(test_delete),
	KUNIT_CASE(test_shim_is_kept),
	KUNIT_CASE(test_all_slots),
	KUNIT_CASE(test_lookup),
	{}
};

static struct kunit_suite suite = {
	.name = "corbel-memslot",
	.init = init,
	.exit = forget,
	.test_cases = cases,
};

kunit_test_suite(suite);
