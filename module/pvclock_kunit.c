// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmclock and steal time: that a reader by Linux's own formula gets the host's
 * time, and that it can tell a structure that is being written.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <asm/kvm_para.h>
#include <asm/msr.h>
#include <asm/pvclock.h>
#include <asm/tsc.h>

#include "control.h"
#include "fixture_kunit.h"

#define WHERE		0x3000

static int init(struct kunit *test)
{
	struct fixture *fixture;
	int err = fixture_init(test);

	fixture = test->priv;
	clock_init_vm(&fixture->vm);
	return err;
}

static void *shared(struct kunit *test)
{
	struct fixture *fixture = test->priv;

	return fixture->memory + WHERE;
}

/* A second's worth of TSC is a second. */
static void test_scale(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	u64 second = pvclock_scale_delta((u64)tsc_khz * 1000,
					 fixture->vm.clock.mul,
					 fixture->vm.clock.shift);

	KUNIT_EXPECT_LE(test, second, NSEC_PER_SEC);
	KUNIT_EXPECT_GE(test, second, NSEC_PER_SEC - 10);
	/* The most precise of the possible multipliers */
	KUNIT_EXPECT_NE(test, 0, fixture->vm.clock.mul & BIT(31));
}

static void test_time(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct vcpu *vcpu = &fixture->vcpu[0];
	int stable;

	for (stable = 0; stable < 2; stable++) {
		struct pvclock_vcpu_time_info *info = shared(test);
		u64 guest, before, after;

		fixture->vm.clock.stable = stable;
		KUNIT_ASSERT_EQ(test, 0,
				clock_set_system_time(vcpu, WHERE | 1));
		msleep(20);
		before = ktime_get_raw_ns() - fixture->vm.clock.ns;
		guest = __pvclock_read_cycles(info, rdtsc_ordered());
		after = ktime_get_raw_ns() - fixture->vm.clock.ns;
		/* Two clocks that may run 0.1 % apart */
		KUNIT_EXPECT_GE(test, guest + guest / 1000 + NSEC_PER_MSEC,
				before);
		KUNIT_EXPECT_LE(test, guest, after + after / 1000 +
				NSEC_PER_MSEC);
		KUNIT_EXPECT_EQ(test, stable ? PVCLOCK_TSC_STABLE_BIT : 0,
				info->flags);
	}
}

/* Even when it can be read, and another one each time, whatever was there. */
static void test_version(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct vcpu *vcpu = &fixture->vcpu[0];
	struct pvclock_vcpu_time_info *info = shared(test);
	static const u32 found[] = { 0, 1, 2, 0xfffffffe, 0xffffffff };
	unsigned int i;

	KUNIT_ASSERT_EQ(test, 0, clock_set_system_time(vcpu, WHERE | 1));
	for (i = 0; i < ARRAY_SIZE(found); i++) {
		info->version = found[i];
		clock_update(vcpu);
		KUNIT_EXPECT_EQ(test, 0, info->version & 1);
		KUNIT_EXPECT_NE(test, found[i], info->version);
	}
}

/* Disabled, or without memory any more, it writes nothing. */
static void test_disabled(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct vcpu *vcpu = &fixture->vcpu[0];
	u8 *here = shared(test);

	KUNIT_EXPECT_EQ(test, 0, clock_set_system_time(vcpu, WHERE));
	KUNIT_EXPECT_EQ(test, 0, clock_set_steal_time(vcpu, WHERE));
	clock_update(vcpu);
	clock_update_steal(vcpu);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(here, 0, PAGE_SIZE), NULL);

	KUNIT_ASSERT_EQ(test, 0, clock_set_system_time(vcpu, WHERE | 1));
	memset(here, 0, PAGE_SIZE);
	fixture->vm.memory.nr_slots = 0;
	clock_update(vcpu);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(here, 0, PAGE_SIZE), NULL);
	fixture->vm.memory.nr_slots = 1;
}

/* The wall clock is that of the moment when the guest's time was 0. */
static void test_wall_clock(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct pvclock_wall_clock *clock = shared(test);
	s64 boot, ago;

	KUNIT_ASSERT_EQ(test, 0, clock_set_wall_clock(&fixture->vcpu[0], WHERE));
	boot = (s64)clock->sec * NSEC_PER_SEC + clock->nsec;
	ago = ktime_get_real_ns() - boot;
	KUNIT_EXPECT_LT(test, clock->nsec, NSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, 0, clock->version & 1);
	KUNIT_EXPECT_GE(test, ago, 0);
	KUNIT_EXPECT_LT(test, ago, 60 * NSEC_PER_SEC);
}

static void test_steal_time(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct vcpu *vcpu = &fixture->vcpu[0];
	struct kvm_steal_time *steal = shared(test);

	KUNIT_ASSERT_EQ(test, 0, clock_set_steal_time(vcpu, WHERE | 1));
	steal->steal = 1000;
	steal->version = 7;
	vcpu->steal_last = current->sched_info.run_delay - 500;
	clock_update_steal(vcpu);
	KUNIT_EXPECT_GE(test, steal->steal, 1500);
	KUNIT_EXPECT_EQ(test, 0, steal->version & 1);
	KUNIT_EXPECT_EQ(test, vcpu->steal_last, current->sched_info.run_delay);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(test_scale),
	KUNIT_CASE(test_time),
	KUNIT_CASE(test_version),
	KUNIT_CASE(test_disabled),
	KUNIT_CASE(test_wall_clock),
	KUNIT_CASE(test_steal_time),
	{}
};

static struct kunit_suite suite = {
	.name = "corbel-pvclock",
	.init = init,
	.exit = fixture_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
