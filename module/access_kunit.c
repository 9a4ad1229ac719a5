// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access to guest memory: across pages that are no neighbours, and all or
 * nothing where one of them is missing.
 */
#include <asm/processor-flags.h>

#include "access.h"
#include "fixture_kunit.h"

/* Two pages in a row, from two frames that are not, and one that is absent */
#define ADDRESS		0x400000ULL
#define FIRST		40
#define SECOND		20
#define LAST		(ADDRESS + 2 * PAGE_SIZE)
#define BITS		(PTE_P | PTE_W | PTE_U)

static u64 *table(struct kunit *test, unsigned int gfn)
{
	struct fixture *fixture = test->priv;

	return (u64 *)(fixture->memory + gfn * PAGE_SIZE);
}

static struct vcpu *vcpu_of(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct vcpu *vcpu = &fixture->vcpu[0];

	vcpu->cr0 |= X86_CR0_PG | X86_CR0_WP;
	vcpu->efer |= EFER_NX;
	table(test, 0)[0] = 1 << 12 | BITS;
	table(test, 1)[0] = 2 << 12 | BITS;
	table(test, 2)[2] = 3 << 12 | BITS;
	table(test, 3)[0] = FIRST << 12 | BITS;
	table(test, 3)[1] = SECOND << 12 | BITS;
	return vcpu;
}

static void test_across_pages(struct kunit *test)
{
	struct vcpu *vcpu = vcpu_of(test);
	u64 address = ADDRESS + PAGE_SIZE - 3;
	char data[9] = {};

	KUNIT_EXPECT_EQ(test, 0, guest_write(vcpu, address, "12345678", 8,
					     FAULT_USER, NULL));
	KUNIT_EXPECT_EQ(test, 0, memcmp((u8 *)table(test, FIRST) +
					PAGE_SIZE - 3, "123", 3));
	KUNIT_EXPECT_EQ(test, 0, memcmp(table(test, SECOND), "45678", 5));
	KUNIT_EXPECT_EQ(test, 0, guest_read(vcpu, address, data, 8, FAULT_USER,
					    NULL));
	KUNIT_EXPECT_STREQ(test, "12345678", data);
}

/* The fault is where the missing page begins, and nothing is written. */
static void test_half_missing(struct kunit *test)
{
	struct vcpu *vcpu = vcpu_of(test);
	struct guest_fault fault = {};
	u64 value = 0;

	KUNIT_EXPECT_EQ(test, -EFAULT,
			guest_write(vcpu, LAST - 4, "12345678", 8, FAULT_USER,
				    &fault));
	KUNIT_EXPECT_EQ(test, LAST, fault.address);
	KUNIT_EXPECT_EQ(test, FAULT_WRITE | FAULT_USER, fault.error);
	KUNIT_EXPECT_PTR_EQ(test, NULL,
			    memchr_inv(table(test, SECOND), 0, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, -EFAULT,
			guest_read(vcpu, LAST - 4, &value, 8, 0, &fault));
	KUNIT_EXPECT_EQ(test, LAST, fault.address);
	KUNIT_EXPECT_EQ(test, 0, fault.error);
}

/* A whole access in the last bytes of a page does not look at the next. */
static void test_end_of_page(struct kunit *test)
{
	struct vcpu *vcpu = vcpu_of(test);

	KUNIT_EXPECT_EQ(test, 0, guest_write(vcpu, LAST - 8, "12345678", 8,
					     FAULT_USER, NULL));
	KUNIT_EXPECT_EQ(test, -EFAULT, guest_write(vcpu, LAST - 7, "12345678",
						   8, FAULT_USER, NULL));
}

static void test_rights(struct kunit *test)
{
	struct vcpu *vcpu = vcpu_of(test);
	struct guest_fault fault;
	u64 value;

	table(test, 3)[0] &= ~PTE_W;
	table(test, 3)[1] &= ~PTE_U;
	KUNIT_EXPECT_EQ(test, -EFAULT,
			guest_write(vcpu, ADDRESS, &value, 8, 0, &fault));
	KUNIT_EXPECT_EQ(test, FAULT_PRESENT | FAULT_WRITE, fault.error);
	KUNIT_EXPECT_EQ(test, 0, guest_read(vcpu, ADDRESS, &value, 8,
					    FAULT_USER, &fault));
	KUNIT_EXPECT_EQ(test, -EFAULT,
			guest_read(vcpu, ADDRESS + PAGE_SIZE, &value, 8,
				   FAULT_USER, &fault));
	KUNIT_EXPECT_EQ(test, FAULT_PRESENT | FAULT_USER, fault.error);
	KUNIT_EXPECT_EQ(test, 0, guest_read(vcpu, ADDRESS + PAGE_SIZE, &value,
					    8, 0, &fault));
}

static void test_not_canonical(struct kunit *test)
{
	struct vcpu *vcpu = vcpu_of(test);
	struct guest_fault fault = {};
	u64 value;

	KUNIT_EXPECT_EQ(test, -EFAULT,
			guest_read(vcpu, 1ULL << 47, &value, 8, 0, &fault));
	KUNIT_EXPECT_EQ(test, 1ULL << 47, fault.address);
	KUNIT_EXPECT_EQ(test, -EFAULT,
			guest_read(vcpu, ~(1ULL << 47), &value, 8, 0, &fault));
}

/* Memory that the tables promise and the VM does not have */
static void test_no_memory(struct kunit *test)
{
	struct vcpu *vcpu = vcpu_of(test);
	struct fixture *fixture = test->priv;
	struct page *page = fixture->pages[FIRST];
	u64 value;

	table(test, 3)[0] = (u64)FIXTURE_PAGES << 12 | BITS;
	KUNIT_EXPECT_EQ(test, -EFAULT,
			guest_read(vcpu, ADDRESS, &value, 8, 0, NULL));

	/* Not at hand is another matter. */
	table(test, 3)[0] = FIRST << 12 | BITS;
	fixture->pages[FIRST] = NULL;
	KUNIT_EXPECT_EQ(test, -EAGAIN,
			guest_read(vcpu, ADDRESS, &value, 8, 0, NULL));
	fixture->pages[FIRST] = page;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(test_across_pages),
	KUNIT_CASE(test_half_missing),
	KUNIT_CASE(test_end_of_page),
	KUNIT_CASE(test_rights),
	KUNIT_CASE(test_not_canonical),
	KUNIT_CASE(test_no_memory),
	{}
};

static struct kunit_suite suite = {
	.name = "corbel-access",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
