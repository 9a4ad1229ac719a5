// SPDX-License-Identifier: GPL-2.0-only
/*
 * What belongs to one vCPU stays with it: vector and x87 registers, the number
 * that getcpu() is made of, GS base.  Two VMs take turns on one CPU, and their
 * process has values of its own.
 */
#include <sched.h>

#include "machine.h"

extern const struct guest_code kernel_keeps, program_keeps;
extern const uint64_t kernel_prepares, kernel_shows, kernel_loads;
extern const uint64_t kernel_names, program_shows;

#define PATTERN		(MACHINE_USER + 8 * PAGE)
#define FOUND		(MACHINE_USER + 9 * PAGE)
#define PATTERN_GPA	(MACHINE_USER_GPA + 8 * PAGE)
#define FOUND_GPA	(MACHINE_USER_GPA + 9 * PAGE)

/* Words of what program_shows() finds, behind the 16 registers */
enum { X87 = 64, TSC_AUX, GS, NODE };

static struct machine_event call(struct guest *machine, unsigned int vcpu,
				 enum machine_mode mode, uint64_t rip,
				 uint64_t rsi)
{
	const struct kvm_regs regs = { .rip = rip, .rsi = rsi, .rdi = FOUND };

	machine_start(machine, vcpu, mode, &regs);
	return machine_run(machine, vcpu);
}

static uint64_t found(const struct guest *machine, unsigned int n)
{
	return *guest_word(machine, FOUND_GPA + 8 * n);
}

static void create(struct guest *machine, unsigned int vcpus)
{
	unsigned int i;

	machine_create(machine, vm_type, &kernel_keeps, vcpus);
	machine_load_user(machine, &program_keeps);
	for (i = 0; i < vcpus; i++)
		expect_equal(call(machine, i, IN_KERNEL, AT(kernel_prepares),
				  0).vector, EVENT_NONE);
}

/* This process's own, in a register that its compiler does not use. */
__attribute__((target("avx")))
static void set_own(uint64_t value)
{
	asm volatile("vmovq %0, %%xmm15; vpermilpd $0, %%xmm15, %%xmm15"
		     : : "r" (value) : "xmm15");
}

__attribute__((target("avx")))
static uint64_t get_own(void)
{
	uint64_t value;

	asm volatile("vmovq %%xmm15, %0" : "=r" (value));
	return value;
}

static void stay_on_one_cpu(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	expect_ok(sched_setaffinity(0, sizeof(cpus), &cpus));
}

TEST_EACH(state_vectors, "vector and x87 registers keep their values across kernel, program, VM and host")
{
	struct guest machines[2];
	uint64_t i, j, round;

	if (!__builtin_cpu_supports("avx"))
		return;
	stay_on_one_cpu();
	for (i = 0; i < 2; i++) {
		create(&machines[i], 1);
		/* A new one shows nothing of others. */
		set_own(0x5ec4e7);
		call(&machines[i], 0, IN_KERNEL, AT(kernel_shows), 0);
		for (j = 0; j < X87; j++)
			expect_equal(found(&machines[i], j), 0);
		for (j = 0; j < 4; j++)
			*guest_word(&machines[i], PATTERN_GPA + 8 * j) =
				0x1111 * (i + 1) + j;
		call(&machines[i], 0, IN_KERNEL, AT(kernel_loads), PATTERN);
	}
	for (round = 0; round < 50; round++)
		for (i = 0; i < 2; i++) {
			set_own(round);
			call(&machines[i], 0, IN_USER,
			     MACHINE_USER + program_shows, 0);
			expect_equal(get_own(), round);
			for (j = 0; j < X87; j++)
				expect_equal(found(&machines[i], j),
					     0x1111 * (i + 1) + j % 4);
			expect_equal(found(&machines[i], X87),
				     0x1111 * (i + 1));
		}
	for (i = 0; i < 2; i++)
		guest_destroy(&machines[i]);
}

TEST_EACH(state_names, "RDTSCP, LSL and GS base are each vCPU's own, and the host's come back")
{
	unsigned int i, round, aux, cpu;
	struct guest machine;

	stay_on_one_cpu();
	create(&machine, 2);
	for (i = 0; i < 2; i++)
		call(&machine, i, IN_KERNEL, AT(kernel_names), 0x1230 + i);
	for (round = 0; round < 50; round++)
		for (i = 0; i < 2; i++) {
			call(&machine, i, IN_USER,
			     MACHINE_USER + program_shows, 0);
			expect_equal(found(&machine, TSC_AUX), 0x1230 + i);
			expect_equal(found(&machine, NODE), i);
			expect_equal(found(&machine, GS),
				     round ? 0x1230 + i : 0);
			__builtin_ia32_rdtscp(&aux);
			expect_ok(getcpu(&cpu, NULL));
			expect_equal(aux & 0xfff, cpu);
		}
	guest_destroy(&machine);
}
