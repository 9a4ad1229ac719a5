// SPDX-License-Identifier: GPL-2.0-only
/*
 * The local APIC: registers and their reserved bits, priorities, messages to
 * one vCPU and to many, the timer's arithmetic, and KVM's PV EOI.
 */
#include <linux/delay.h>
#include <asm/apicdef.h>
#include <asm/kvm_para.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include "control.h"
#include "fixture_kunit.h"

#define X2APIC_MSR(reg)	(APIC_BASE_MSR + ((reg) >> 4))
#define SELF_IPI	0x83f
#define ENABLE		(APIC_SPIV_APIC_ENABLED | 0xff)

static struct vcpu *vcpu_of(struct kunit *test, u32 id)
{
	struct fixture *fixture = test->priv;

	return &fixture->vcpu[id];
}

static int write(struct kunit *test, u32 msr, u64 value)
{
	return lapic_set_msr(vcpu_of(test, 0), msr, value);
}

static u64 read(struct kunit *test, u32 msr)
{
	u64 value = 0xdeadbeef;

	KUNIT_EXPECT_EQ_MSG(test, 0,
			    lapic_get_msr(vcpu_of(test, 0), msr, &value),
			    "RDMSR %#x", msr);
	return value;
}

static void enable(struct kunit *test)
{
	u32 id;

	for (id = 0; id < FIXTURE_VCPUS; id++)
		KUNIT_ASSERT_EQ(test, 0,
				lapic_set_msr(vcpu_of(test, id),
					      X2APIC_MSR(APIC_SPIV), ENABLE));
}

static bool requested(struct kunit *test, u32 id, u8 vector)
{
	return test_bit(vector, vcpu_of(test, id)->lapic.irr);
}

static void test_reset(struct kunit *test)
{
	static const u32 lvts[] = {
		APIC_LVTT, APIC_LVTTHMR, APIC_LVTPC, APIC_LVT0, APIC_LVT1,
		APIC_LVTERR,
	};
	unsigned int i;

	KUNIT_EXPECT_EQ(test, 0, read(test, X2APIC_MSR(APIC_ID)));
	KUNIT_EXPECT_EQ(test, 0x50014, read(test, X2APIC_MSR(APIC_LVR)));
	KUNIT_EXPECT_EQ(test, 0, read(test, X2APIC_MSR(APIC_TASKPRI)));
	KUNIT_EXPECT_EQ(test, 0, read(test, X2APIC_MSR(APIC_PROCPRI)));
	KUNIT_EXPECT_EQ(test, 1, read(test, X2APIC_MSR(APIC_LDR)));
	KUNIT_EXPECT_EQ(test, 0xff, read(test, X2APIC_MSR(APIC_SPIV)));
	KUNIT_EXPECT_EQ(test, 0, read(test, X2APIC_MSR(APIC_TMCCT)));
	for (i = 0; i < ARRAY_SIZE(lvts); i++)
		KUNIT_EXPECT_EQ(test, APIC_LVT_MASKED,
				read(test, X2APIC_MSR(lvts[i])));
	/* x2APIC mode is on, and this is the boot processor. */
	KUNIT_EXPECT_EQ(test, 0xfee00d00, read(test, MSR_IA32_APICBASE));
}

static void test_absent_registers(struct kunit *test)
{
	static const u32 absent[] = {
		X2APIC_MSR(APIC_ARBPRI), X2APIC_MSR(APIC_RRR),
		X2APIC_MSR(APIC_DFR), X2APIC_MSR(APIC_ICR2),
		0x82f, 0x800, 0x840, 0x8ff,
	};
	u64 value;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(absent); i++) {
		KUNIT_EXPECT_EQ_MSG(test, -EFAULT,
				    lapic_get_msr(vcpu_of(test, 0), absent[i],
						  &value),
				    "RDMSR %#x", absent[i]);
		KUNIT_EXPECT_EQ_MSG(test, -EFAULT, write(test, absent[i], 0),
				    "WRMSR %#x", absent[i]);
	}
	/* Read-only, write-only */
	KUNIT_EXPECT_EQ(test, -EFAULT, write(test, X2APIC_MSR(APIC_ID), 0));
	KUNIT_EXPECT_EQ(test, -EFAULT, write(test, X2APIC_MSR(APIC_LVR), 0));
	KUNIT_EXPECT_EQ(test, -EFAULT, write(test, X2APIC_MSR(APIC_LDR), 0));
	KUNIT_EXPECT_EQ(test, -EFAULT, write(test, X2APIC_MSR(APIC_TMCCT), 0));
	KUNIT_EXPECT_EQ(test, -EFAULT,
			lapic_get_msr(vcpu_of(test, 0), X2APIC_MSR(APIC_EOI),
				      &value));
	KUNIT_EXPECT_EQ(test, -EFAULT,
			lapic_get_msr(vcpu_of(test, 0), SELF_IPI, &value));
}

/* Which bits of which register can be written */
static void test_reserved_bits(struct kunit *test)
{
	static const struct {
		u32 msr;
		u64 writable;
	} registers[] = {
		{ X2APIC_MSR(APIC_TASKPRI), 0xff },
		{ X2APIC_MSR(APIC_EOI), 0 },
		{ X2APIC_MSR(APIC_ESR), 0 },
		{ X2APIC_MSR(APIC_SPIV), 0x3ff },
		{ X2APIC_MSR(APIC_LVTT), 0x710ff },
		{ X2APIC_MSR(APIC_LVTTHMR), 0x117ff },
		{ X2APIC_MSR(APIC_LVT0), 0x1b7ff },
		{ X2APIC_MSR(APIC_LVTERR), 0x110ff },
		{ X2APIC_MSR(APIC_TMICT), 0xffffffff },
		{ X2APIC_MSR(APIC_TDCR), 0xb },
		{ SELF_IPI, 0xff },
	};
	unsigned int i, bit;

	for (i = 0; i < ARRAY_SIZE(registers); i++)
		for (bit = 0; bit < 64; bit++) {
			u64 value = BIT_ULL(bit);
			bool ok = registers[i].writable & value;

			KUNIT_EXPECT_EQ_MSG(test, ok ? 0 : -EFAULT,
					    write(test, registers[i].msr, value),
					    "WRMSR %#x, bit %u",
					    registers[i].msr, bit);
		}
}

/* While the APIC is disabled by software, no LVT entry can be unmasked. */
static void test_disabled(struct kunit *test)
{
	const struct lapic_message message = { .vector = 0x40 };

	KUNIT_EXPECT_EQ(test, 0, write(test, X2APIC_MSR(APIC_LVT0), 0x41));
	KUNIT_EXPECT_EQ(test, APIC_LVT_MASKED | 0x41,
			read(test, X2APIC_MSR(APIC_LVT0)));
	lapic_deliver(vcpu_of(test, 0)->vm, &message);
	KUNIT_EXPECT_EQ(test, -1, lapic_pending(vcpu_of(test, 0)));

	enable(test);
	KUNIT_EXPECT_EQ(test, 0, write(test, X2APIC_MSR(APIC_LVT0), 0x41));
	KUNIT_EXPECT_EQ(test, 0x41, read(test, X2APIC_MSR(APIC_LVT0)));
	KUNIT_EXPECT_EQ(test, 0, write(test, X2APIC_MSR(APIC_SPIV), 0xff));
	KUNIT_EXPECT_EQ(test, APIC_LVT_MASKED | 0x41,
			read(test, X2APIC_MSR(APIC_LVT0)));
}

/* Pending is what exceeds both the task's priority and what is in service. */
static void test_priority(struct kunit *test)
{
	struct vcpu *vcpu = vcpu_of(test, 0);

	enable(test);
	write(test, SELF_IPI, 0x41);
	write(test, SELF_IPI, 0x55);
	KUNIT_EXPECT_EQ(test, 0x55, lapic_pending(vcpu));

	write(test, X2APIC_MSR(APIC_TASKPRI), 0x50);
	KUNIT_EXPECT_EQ(test, -1, lapic_pending(vcpu));
	KUNIT_EXPECT_EQ(test, 0x50, lapic_ppr(vcpu));
	write(test, X2APIC_MSR(APIC_TASKPRI), 0x4f);
	KUNIT_EXPECT_EQ(test, 0x55, lapic_pending(vcpu));

	lapic_accept(vcpu, 0x55);
	KUNIT_EXPECT_EQ(test, 0x50, lapic_ppr(vcpu));
	KUNIT_EXPECT_EQ(test, -1, lapic_pending(vcpu));
	write(test, SELF_IPI, 0x5f);	/* of the same class */
	KUNIT_EXPECT_EQ(test, -1, lapic_pending(vcpu));
	write(test, SELF_IPI, 0x60);
	KUNIT_EXPECT_EQ(test, 0x60, lapic_pending(vcpu));
	lapic_accept(vcpu, 0x60);

	/* EOI ends the highest in service. */
	KUNIT_EXPECT_EQ(test, 0x60, lapic_ppr(vcpu));
	write(test, X2APIC_MSR(APIC_EOI), 0);
	KUNIT_EXPECT_EQ(test, 0x50, lapic_ppr(vcpu));
	write(test, X2APIC_MSR(APIC_EOI), 0);
	KUNIT_EXPECT_EQ(test, 0x4f, lapic_ppr(vcpu));
	KUNIT_EXPECT_EQ(test, 0x5f, lapic_pending(vcpu));
}

/* ISR and IRR show vector n in bit n % 32 of register n / 32. */
static void test_bitmaps(struct kunit *test)
{
	struct vcpu *vcpu = vcpu_of(test, 0);
	unsigned int vector;

	enable(test);
	for (vector = 16; vector < 256; vector++) {
		u32 index = vector / 32, bit = BIT(vector % 32);

		write(test, SELF_IPI, vector);
		KUNIT_EXPECT_EQ(test, bit,
				read(test, X2APIC_MSR(APIC_IRR) + index));
		lapic_accept(vcpu, vector);
		KUNIT_EXPECT_EQ(test, 0,
				read(test, X2APIC_MSR(APIC_IRR) + index));
		KUNIT_EXPECT_EQ(test, bit,
				read(test, X2APIC_MSR(APIC_ISR) + index));
		write(test, X2APIC_MSR(APIC_EOI), 0);
		KUNIT_EXPECT_EQ(test, 0,
				read(test, X2APIC_MSR(APIC_ISR) + index));
	}
}

/* Vectors 0 to 15 are errors, and reported as such. */
static void test_illegal_vector(struct kunit *test)
{
	enable(test);
	write(test, SELF_IPI, 15);
	KUNIT_EXPECT_EQ(test, -1, lapic_pending(vcpu_of(test, 0)));
	KUNIT_EXPECT_EQ(test, 0, read(test, X2APIC_MSR(APIC_ESR)));
	write(test, X2APIC_MSR(APIC_ESR), 0);
	KUNIT_EXPECT_EQ(test, APIC_ESR_RECVILL,
			read(test, X2APIC_MSR(APIC_ESR)));
	write(test, X2APIC_MSR(APIC_ESR), 0);
	KUNIT_EXPECT_EQ(test, 0, read(test, X2APIC_MSR(APIC_ESR)));
}

/* Who gets a message */
static void test_destinations(struct kunit *test)
{
	static const struct {
		const char *name;
		u64 icr;
		bool gets[FIXTURE_VCPUS];
	} messages[] = {
		{ "physical 0", 0, { true, false } },
		{ "physical 1", 1ULL << 32, { false, true } },
		{ "nobody", 2ULL << 32, { false, false } },
		{ "broadcast", 0xffffffffULL << 32, { true, true } },
		{ "logical 0", 1ULL << 32 | APIC_DEST_LOGICAL,
		  { true, false } },
		{ "logical 1", 2ULL << 32 | APIC_DEST_LOGICAL,
		  { false, true } },
		{ "logical both", 3ULL << 32 | APIC_DEST_LOGICAL,
		  { true, true } },
		{ "another cluster", 0x10003ULL << 32 | APIC_DEST_LOGICAL,
		  { false, false } },
		{ "lowest priority", 0xffffffffULL << 32 | APIC_DM_LOWEST,
		  { true, false } },
		{ "self", 1ULL << 32 | APIC_DEST_SELF, { true, false } },
		{ "all", APIC_DEST_ALLINC, { true, true } },
		{ "others", APIC_DEST_ALLBUT, { false, true } },
	};
	unsigned int i, id;

	enable(test);
	for (i = 0; i < ARRAY_SIZE(messages); i++) {
		u8 vector = 0x40 + i;

		KUNIT_EXPECT_EQ(test, 0, write(test, X2APIC_MSR(APIC_ICR),
					       messages[i].icr | vector));
		for (id = 0; id < FIXTURE_VCPUS; id++)
			KUNIT_EXPECT_EQ_MSG(test, messages[i].gets[id],
					    requested(test, id, vector),
					    "%s, vCPU %u", messages[i].name,
					    id);
	}
}

static void test_msi(struct kunit *test)
{
	struct vm *vm = vcpu_of(test, 0)->vm;

	enable(test);
	KUNIT_EXPECT_EQ(test, 1, lapic_deliver_msi(vm, 0xfee01000, 0x41));
	KUNIT_EXPECT_FALSE(test, requested(test, 0, 0x41));
	KUNIT_EXPECT_TRUE(test, requested(test, 1, 0x41));
	KUNIT_EXPECT_EQ(test, 2, lapic_deliver_msi(vm, 0xfeeff000, 0x42));
	KUNIT_EXPECT_EQ(test, 2, lapic_deliver_msi(vm, 0xfee03004, 0x43));
	KUNIT_EXPECT_EQ(test, 1, lapic_deliver_msi(vm, 0xfee03004, 0x144));
	KUNIT_EXPECT_EQ(test, 0, lapic_deliver_msi(vm, 0xfee10000, 0x45));
}

/* NMI, INIT and SIPI become requests; the boot processor has no use for two. */
static void test_other_messages(struct kunit *test)
{
	struct vcpu *boot = vcpu_of(test, 0), *other = vcpu_of(test, 1);
	u64 both = 0xffffffffULL << 32;

	write(test, X2APIC_MSR(APIC_ICR), both | APIC_DM_NMI);
	KUNIT_EXPECT_TRUE(test, test_bit(REQUEST_NMI, &boot->requests));
	KUNIT_EXPECT_TRUE(test, test_bit(REQUEST_NMI, &other->requests));

	write(test, X2APIC_MSR(APIC_ICR), both | APIC_DM_INIT |
	      APIC_INT_LEVELTRIG);
	KUNIT_EXPECT_FALSE(test, test_bit(REQUEST_INIT, &other->requests));
	write(test, X2APIC_MSR(APIC_ICR), both | APIC_DM_INIT |
	      APIC_INT_LEVELTRIG | APIC_INT_ASSERT);
	KUNIT_EXPECT_FALSE(test, test_bit(REQUEST_INIT, &boot->requests));
	KUNIT_EXPECT_TRUE(test, test_bit(REQUEST_INIT, &other->requests));

	write(test, X2APIC_MSR(APIC_ICR), 1ULL << 32 | APIC_DM_STARTUP | 0x9a);
	KUNIT_EXPECT_TRUE(test, test_bit(REQUEST_SIPI, &other->requests));
	KUNIT_EXPECT_EQ(test, 0x9a, other->sipi_vector);
}

/* The count runs at 1 GHz divided by what the register's code says. */
static void test_divisor(struct kunit *test)
{
	static const struct {
		u32 code, divisor;
	} divide[] = {
		{ 0x0, 2 }, { 0x1, 4 }, { 0x2, 8 }, { 0x3, 16 },
		{ 0x8, 32 }, { 0x9, 64 }, { 0xa, 128 }, { 0xb, 1 },
	};
	struct lapic *apic = &vcpu_of(test, 0)->lapic;
	u32 count = 1000000000;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(divide); i++) {
		u64 left;

		write(test, X2APIC_MSR(APIC_TDCR), divide[i].code);
		write(test, X2APIC_MSR(APIC_TMICT), count);
		KUNIT_EXPECT_EQ_MSG(test, (u64)count * divide[i].divisor,
				    apic->period_ns, "code %#x",
				    divide[i].code);
		left = read(test, X2APIC_MSR(APIC_TMCCT));
		KUNIT_EXPECT_LE(test, left, count);
		KUNIT_EXPECT_GT(test, left, count / 2);
	}
	write(test, X2APIC_MSR(APIC_TMICT), 0);
	KUNIT_EXPECT_EQ(test, 0, read(test, X2APIC_MSR(APIC_TMCCT)));
	KUNIT_EXPECT_FALSE(test, hrtimer_active(&apic->timer));
}

static void test_one_shot(struct kunit *test)
{
	struct vcpu *vcpu = vcpu_of(test, 0);

	enable(test);
	write(test, X2APIC_MSR(APIC_LVTT), 0x31);
	write(test, X2APIC_MSR(APIC_TDCR), 0xb);
	write(test, X2APIC_MSR(APIC_TMICT), NSEC_PER_MSEC);
	msleep(20);
	KUNIT_EXPECT_EQ(test, 0x31, lapic_pending(vcpu));
	lapic_accept(vcpu, 0x31);
	write(test, X2APIC_MSR(APIC_EOI), 0);
	msleep(20);
	KUNIT_EXPECT_EQ(test, -1, lapic_pending(vcpu));
	KUNIT_EXPECT_EQ(test, 0, read(test, X2APIC_MSR(APIC_TMCCT)));
}

/* A guest can't have the host's timer fire without pause. */
static void test_periodic(struct kunit *test)
{
	struct vcpu *vcpu = vcpu_of(test, 0);
	unsigned int i;

	enable(test);
	write(test, X2APIC_MSR(APIC_LVTT), 0x31 | APIC_LVT_TIMER_PERIODIC);
	write(test, X2APIC_MSR(APIC_TDCR), 0xb);
	write(test, X2APIC_MSR(APIC_TMICT), 1);
	KUNIT_EXPECT_GE(test, vcpu->lapic.period_ns, 10 * NSEC_PER_USEC);

	write(test, X2APIC_MSR(APIC_TMICT), 5 * NSEC_PER_MSEC);
	for (i = 0; i < 3; i++) {
		msleep(20);
		KUNIT_EXPECT_EQ(test, 0x31, lapic_pending(vcpu));
		lapic_accept(vcpu, 0x31);
		write(test, X2APIC_MSR(APIC_EOI), 0);
	}
	/* Another mode stops it. */
	write(test, X2APIC_MSR(APIC_LVTT), 0x31 | APIC_LVT_TIMER_TSCDEADLINE);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(&vcpu->lapic.timer));
}

static void test_deadline(struct kunit *test)
{
	struct vcpu *vcpu = vcpu_of(test, 0);
	u64 later = rdtsc() + (u64)tsc_khz * 1000 * 60;
	s64 left;

	enable(test);
	/* In another mode the register ignores writes. */
	write(test, MSR_IA32_TSC_DEADLINE, later);
	KUNIT_EXPECT_EQ(test, 0, read(test, MSR_IA32_TSC_DEADLINE));

	write(test, X2APIC_MSR(APIC_LVTT), 0x31 | APIC_LVT_TIMER_TSCDEADLINE);
	write(test, MSR_IA32_TSC_DEADLINE, later);
	KUNIT_EXPECT_EQ(test, later, read(test, MSR_IA32_TSC_DEADLINE));
	left = ktime_to_ns(hrtimer_get_remaining(&vcpu->lapic.timer));
	KUNIT_EXPECT_LE(test, left, 61 * NSEC_PER_SEC);
	KUNIT_EXPECT_GT(test, left, 50 * NSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, -1, lapic_pending(vcpu));

	write(test, MSR_IA32_TSC_DEADLINE, 0);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(&vcpu->lapic.timer));

	/* One that has passed fires now, and once. */
	write(test, MSR_IA32_TSC_DEADLINE, 1);
	msleep(20);
	KUNIT_EXPECT_EQ(test, 0x31, lapic_pending(vcpu));
	KUNIT_EXPECT_EQ(test, 0, read(test, MSR_IA32_TSC_DEADLINE));

	/* One that never comes does not fire. */
	lapic_accept(vcpu, 0x31);
	write(test, X2APIC_MSR(APIC_EOI), 0);
	write(test, MSR_IA32_TSC_DEADLINE, ~0ULL);
	msleep(20);
	KUNIT_EXPECT_EQ(test, -1, lapic_pending(vcpu));
}

static void test_masked_timer(struct kunit *test)
{
	enable(test);
	write(test, X2APIC_MSR(APIC_LVTT), 0x31 | APIC_LVT_MASKED);
	write(test, X2APIC_MSR(APIC_TMICT), 1000);
	msleep(20);
	KUNIT_EXPECT_EQ(test, -1, lapic_pending(vcpu_of(test, 0)));
}

/* The guest ends an interrupt by clearing a bit of its memory. */
static void test_pv_eoi(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct vcpu *vcpu = vcpu_of(test, 0);
	u8 *byte = fixture->memory + 0x1008;

	enable(test);
	KUNIT_EXPECT_EQ(test, -EFAULT, write(test, MSR_KVM_PV_EOI_EN, 0x1003));
	KUNIT_EXPECT_EQ(test, -EFAULT,
			write(test, MSR_KVM_PV_EOI_EN, 1ULL << 40 | 1));
	KUNIT_ASSERT_EQ(test, 0, write(test, MSR_KVM_PV_EOI_EN, 0x1009));

	write(test, SELF_IPI, 0x41);
	lapic_accept(vcpu, 0x41);
	KUNIT_EXPECT_EQ(test, KVM_PV_EOI_MASK, *byte);
	*byte = 0;
	KUNIT_EXPECT_EQ(test, 0, read(test, X2APIC_MSR(APIC_PROCPRI)));

	/* Not offered when another waits, withdrawn when another comes. */
	write(test, SELF_IPI, 0x41);
	write(test, SELF_IPI, 0x42);
	lapic_accept(vcpu, 0x42);
	KUNIT_EXPECT_EQ(test, 0, *byte);
	write(test, X2APIC_MSR(APIC_EOI), 0);
	lapic_accept(vcpu, 0x41);
	KUNIT_EXPECT_EQ(test, KVM_PV_EOI_MASK, *byte);
	write(test, SELF_IPI, 0x51);
	KUNIT_EXPECT_EQ(test, 0x51, lapic_pending(vcpu));
	KUNIT_EXPECT_EQ(test, 0, *byte);
	KUNIT_EXPECT_EQ(test, 0x40, lapic_ppr(vcpu));
}

/* RESET forgets everything, a running timer included. */
static void test_reset_again(struct kunit *test)
{
	enable(test);
	write(test, X2APIC_MSR(APIC_TASKPRI), 0x20);
	write(test, X2APIC_MSR(APIC_LVTT), 0x31);
	write(test, X2APIC_MSR(APIC_TMICT), 0xffffffff);
	write(test, SELF_IPI, 0x41);
	lapic_reset(vcpu_of(test, 0));
	test_reset(test);
	KUNIT_EXPECT_EQ(test, -1, lapic_pending(vcpu_of(test, 0)));
	KUNIT_EXPECT_FALSE(test,
			   hrtimer_active(&vcpu_of(test, 0)->lapic.timer));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(test_reset),
	KUNIT_CASE(test_absent_registers),
	KUNIT_CASE(test_reserved_bits),
	KUNIT_CASE(test_disabled),
	KUNIT_CASE(test_priority),
	KUNIT_CASE(test_bitmaps),
	KUNIT_CASE(test_illegal_vector),
	KUNIT_CASE(test_destinations),
	KUNIT_CASE(test_msi),
	KUNIT_CASE(test_other_messages),
	KUNIT_CASE(test_divisor),
	KUNIT_CASE(test_one_shot),
	KUNIT_CASE(test_periodic),
	KUNIT_CASE(test_deadline),
	KUNIT_CASE(test_masked_timer),
	KUNIT_CASE(test_pv_eoi),
	KUNIT_CASE(test_reset_again),
	{}
};

static struct kunit_suite suite = {
	.name = "corbel-lapic",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
