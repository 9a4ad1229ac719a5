// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statistics as debugfs shows them: one line a counter, its name beside its own
 * value. The binary file needs a reader's memory: see the host tests.
 */
#include <linux/seq_file.h>
#include <linux/string.h>

#include "fixture_kunit.h"

#define SIZE		(4 * PAGE_SIZE)
#define NAME(type, name)	#name,

static const char *const vm_names[] = { VM_STATS(NAME) };
static const char *const vcpu_names[] = { VCPU_STATS(NAME) };

/* The text, with counter n of each set at @base + n. */
static char *show(struct kunit *test, u64 base)
{
	struct fixture *fixture = test->priv;
	struct seq_file seq = { .size = SIZE };
	u64 *counters = (u64 *)&fixture->vm.stats;
	unsigned int i, id;

	seq.buf = kunit_kzalloc(test, SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, seq.buf);
	for (i = 0; i < ARRAY_SIZE(vm_names); i++)
		counters[i] = base + i;
	for (id = 0; id < FIXTURE_VCPUS; id++) {
		counters = (u64 *)&fixture->stats[id];
		for (i = 0; i < ARRAY_SIZE(vcpu_names); i++)
			counters[i] = base + 1000 * (id + 1) + i;
	}
	vm_stats_show(&seq, &fixture->vm);
	KUNIT_ASSERT_LT(test, seq.count, SIZE);
	return seq.buf;
}

static void expect_line(struct kunit *test, char **text, const char *prefix,
			const char *name, u64 value)
{
	char expected[80];

	snprintf(expected, sizeof(expected), "%s%s %llu", prefix, name, value);
	KUNIT_EXPECT_STREQ(test, expected, strsep(text, "\n"));
}

static void test_every_counter(struct kunit *test)
{
	u64 base = 1ULL << 40;
	char *text = show(test, base);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vm_names); i++)
		expect_line(test, &text, "", vm_names[i], base + i);
	for (i = 0; i < ARRAY_SIZE(vcpu_names); i++)
		expect_line(test, &text, "vcpu0.", vcpu_names[i],
			    base + 1000 + i);
	for (i = 0; i < ARRAY_SIZE(vcpu_names); i++)
		expect_line(test, &text, "vcpu1.", vcpu_names[i],
			    base + 2000 + i);
	KUNIT_EXPECT_STREQ(test, "", text);
}

static void test_layout(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, sizeof(struct vm_stats),
			8 * ARRAY_SIZE(vm_names));
	KUNIT_EXPECT_EQ(test, sizeof(struct vcpu_stats),
			8 * ARRAY_SIZE(vcpu_names));
}

static void test_add(struct kunit *test)
{
	u64 counter = 5;

	stat_add(&counter, 10);
	stat_add(&counter, -3);
	KUNIT_EXPECT_EQ(test, 12, counter);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(test_every_counter),
	KUNIT_CASE(test_layout),
	KUNIT_CASE(test_add),
	{}
};

static struct kunit_suite suite = {
	.name = "corbel-stats",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
