// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breakpoints of guest kernels: they are met where the guest set them, on each
 * vCPU its own, and never by the host.
 */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "machine.h"

extern const struct guest_code kernel_breaks;
extern const uint64_t kernel_traps, kernel_watches, kernel_watched;

#define ROUNDS		200
#define DR7_EXECUTE	0x403		/* DR0, local and global */
#define DR7_WRITE	0xd0403		/* 4 bytes */
#define DR7_ACCESS	0xf0403

static void start(struct guest *machine, unsigned int vcpu, uint64_t code,
		  uint64_t dr0, uint64_t dr7)
{
	const struct kvm_regs regs = {
		.rip = AT(code), .rsi = dr0, .rdx = dr7, .rdi = vcpu,
	};

	*machine_word(machine, vcpu, CPU_TRAPS) = 1;
	machine_count(machine, vcpu) = 0;
	machine_start(machine, vcpu, IN_KERNEL, &regs);
}

TEST_EACH(breakpoints_two_vcpus, "INT3 in the kernel of two vCPUs at the same time")
{
	struct machine_thread threads[2];
	struct guest machine;
	unsigned int i;

	machine_create(&machine, vm_type, &kernel_breaks, 2);
	for (i = 0; i < 2; i++) {
		start(&machine, i, kernel_traps, 0, 0);
		machine_thread_start(&threads[i], &machine, i);
	}
	for (i = 0; i < 2; i++) {
		if (!machine_thread_is_done(&threads[i], 10000))
			fail("vCPU %u is not done after %lu breakpoints", i,
			     machine_count(&machine, i));
		expect_equal(threads[i].result, 0);
		expect_equal(machine_count(&machine, i), ROUNDS);
		expect_equal(machine_logged(&machine, i, 0), VECTOR_BP);
	}
	guest_destroy(&machine);
}

static uint64_t watch(struct guest *machine, uint64_t dr0, uint64_t dr7)
{
	start(machine, 0, kernel_watches, dr0, dr7);
	machine_run(machine, 0);
	return machine_count(machine, 0);
}

/* (QEMU's VMRUN loads DR7 but sets no breakpoints.) */
TEST(breakpoints_registers, "DR0 to DR7 stop the kernel at each execution and write")
{
	struct guest machine;

	machine_create(&machine, vm_type, &kernel_breaks, 1);
	expect_equal(watch(&machine, AT(kernel_watched), DR7_EXECUTE), ROUNDS);
	expect_equal(*machine_word(&machine, 0, CPU_WORDS + 8) & 0xf, 1);
	expect_equal(watch(&machine, MACHINE_CPU(0) + CPU_WORDS, DR7_WRITE),
		     ROUNDS);
	expect_equal(watch(&machine, MACHINE_CPU(0) + CPU_WORDS, 0x400), 0);
	guest_destroy(&machine);
}

static uint64_t host_symbol(const char *wanted)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	uint64_t address;
	char name[128];

	expect(file);
	while (fscanf(file, "%lx %*c %127s%*[^\n]", &address, name) == 2)
		if (!strcmp(name, wanted)) {
			fclose(file);
			return address;
		}
	fail("the host has no %s", wanted);
}

/*
 * Guest breakpoints are in the CPU until the host's code takes them out: what
 * runs before that, and the switcher, must come through.
 */
TEST_EACH(breakpoints_host, "breakpoints on the host's own code and data are not met")
{
	static const char *const symbols[] = {
		"pv_landing", "pv_light_exit", "pv_switch", "svm_vmrun",
		"native_write_cr4", "asm_exc_debug", "entry_SYSCALL_64",
	};
	static const uint64_t hole[] = {
		0xffff800000000000, 0xffff800000002000, 0xffff800000001000,
		0xffff800000004000, 0xffff800000005000, 0xffff800000006000,
	};
	struct guest machine;
	uint64_t met;
	unsigned int i, j;

	machine_create(&machine, vm_type, &kernel_breaks, 1);
	for (i = 0; i < ARRAY_SIZE(symbols); i++) {
		uint64_t address = host_symbol(symbols[i]);

		for (j = 0; j < 8; j += 4) {
			met = watch(&machine, address + j, DR7_EXECUTE);
			met += watch(&machine, address + j, DR7_ACCESS);
			expect_equal(met, 0);
		}
	}
	for (i = 0; i < ARRAY_SIZE(hole); i++) {
		expect_equal(watch(&machine, hole[i], DR7_EXECUTE), 0);
		expect_equal(watch(&machine, hole[i], DR7_ACCESS), 0);
	}
	guest_destroy(&machine);
}
