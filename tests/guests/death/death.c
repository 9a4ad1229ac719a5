// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernels that lose their footing: no handler, no stack, nowhere to return to.
 * On hardware that ends in a triple fault; here the guest ends, at once, and its
 * host goes on.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <corbel/vcpu_page.h>

#include "machine.h"

extern const struct guest_code kernel_dies, program_ends;
extern const uint64_t kernel_loads_idt, kernel_loads_gdt, kernel_loads_tr;
extern const uint64_t kernel_loads_ldt, kernel_faults_on_stack, kernel_loops;
extern const uint64_t kernel_returns, kernel_sysrets;

#define OPERAND		0x1a0000	/* gpa, for the kernel */
#define RFLAGS_USER	0x202
#define NOT_CANONICAL	0x0000800000000000ULL

static const uint64_t nowhere[] = {
	0x30000000,		/* mapped, but no memory */
	0xffff900000000000,	/* not mapped */
	0x00007ffffffff000,	/* the end of the lower half */
	CORBEL_HOLE_VA, CORBEL_HOLE_VA + 0x3000, CORBEL_SHIM_VA,
	0xfffffffffffffff0,	/* around the end of it all */
};

static void create(struct guest *machine)
{
	machine_create(machine, vm_type, &kernel_dies, 1);
	machine_load_user(machine, &program_ends);
}

static void start(struct guest *machine, uint64_t code, uint64_t rsi,
		  uint64_t rdi)
{
	const struct kvm_regs regs = {
		.rip = AT(code), .rsi = rsi, .rdi = rdi,
	};

	machine_start(machine, 0, IN_KERNEL, &regs);
}

/* Within two seconds: dead, or at its handler. */
static bool ends(struct guest *machine, const char *what, uint64_t where)
{
	struct machine_thread thread;
	struct kvm_regs regs;

	machine_thread_start(&thread, machine, 0);
	if (!machine_thread_is_done(&thread, 2000)) {
		machine_thread_stop(&thread);
		expect_ok(ioctl(machine->vcpus[0].fd, CORBEL_GET_REGS, &regs));
		fail("%s at %#lx: it goes on for ever, now with rip %#llx rsp %#llx",
		     what, where, regs.rip, regs.rsp);
	}
	expect_equal(thread.result, 0);
	return machine_is_dead(machine, 0);
}

static void set_table(struct guest *machine, uint64_t base, uint16_t limit)
{
	memcpy(machine->memory + OPERAND, &limit, sizeof(limit));
	memcpy(machine->memory + OPERAND + 2, &base, sizeof(base));
}

TEST_EACH(death_idt, "an exception without an interrupt table is the end")
{
	struct guest machine;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(nowhere); i++) {
		create(&machine);
		set_table(&machine, nowhere[i], 0xfff);
		start(&machine, kernel_loads_idt, OPERAND, 0);
		expect(ends(&machine, "an interrupt table", nowhere[i]) ||
		       vm_type != CORBEL_VM_PV);
		guest_destroy(&machine);
	}
}

TEST_EACH(death_idt_limit, "an interrupt table that is too short is the end")
{
	struct guest machine;
	unsigned int limit;

	for (limit = 0; limit < 6 * 16; limit += 19) {
		create(&machine);
		set_table(&machine, MACHINE_IDT(0), limit);
		start(&machine, kernel_loads_idt, OPERAND, 0);
		expect(ends(&machine, "a table's limit", limit));
		guest_destroy(&machine);
	}
}

TEST_EACH(death_gates, "gates to nowhere, of wrong types, or not there are the end")
{
	static const uint64_t gates[][2] = {
		{ 0, 0 },
		{ 0x8000000000108e00, 0 },
		{ 0x00000e0000100000, 0 },		/* not present */
		{ 0x0000850000100000, 0 },		/* a task gate */
		{ 0x00008c0000100000, 0 },		/* a call gate */
		{ 0xdead8e0000100000, NOT_CANONICAL >> 32 },
		{ 0x00008e0000100000, 0xdeadbeef },
		{ 0x00008e0000100000, 0xffff9000 },
	};
	struct guest machine;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(gates); i++) {
		create(&machine);
		for (j = 0; j < 32; j++)
			memcpy(machine.memory + MACHINE_IDT(0) + 16 * j,
			       gates[i], 16);
		set_table(&machine, MACHINE_IDT(0), 0xfff);
		start(&machine, kernel_loads_idt, OPERAND, 0);
		expect(ends(&machine, "gate", i));
		guest_destroy(&machine);
	}
}

TEST_EACH(death_stack, "an exception on an impossible stack is the end, or a double fault")
{
	struct machine_event *event;
	struct guest machine;
	unsigned int i, with_ist;

	for (i = 0; i <= ARRAY_SIZE(nowhere); i++)
		for (with_ist = 0; with_ist < 2; with_ist++) {
			uint64_t stack = i ? nowhere[i - 1] : NOT_CANONICAL;
			/* MMIO is no place for a stack either. */
			if (stack == 0x30000000)
				continue;
			create(&machine);
			if (!with_ist)
				machine.memory[MACHINE_IDT(0) +
					       16 * VECTOR_DF + 4] = 0;
			start(&machine, kernel_faults_on_stack, stack, 0);
			if (!ends(&machine, "a stack", stack)) {
				event = (void *)machine_word(&machine, 0,
							     CPU_EVENT);
				expect(with_ist);
				expect_equal(event->vector, VECTOR_DF);
			}
			guest_destroy(&machine);
		}
}

TEST_EACH(death_gdt, "a descriptor table nowhere leaves the kernel its handlers, or is the end")
{
	struct guest machine;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(nowhere); i++) {
		create(&machine);
		set_table(&machine, nowhere[i], 0xffff);
		start(&machine, kernel_loads_gdt, OPERAND, 0);
		ends(&machine, "a descriptor table", nowhere[i]);
		guest_destroy(&machine);
	}
}

static void write_system_segment(struct guest *machine, uint64_t base,
				 uint16_t limit, uint8_t type)
{
	volatile uint64_t *gdt = machine_word(machine, 0, CPU_GDT);

	gdt[10] = limit | (base & 0xffffff) << 16 | (uint64_t)type << 40 |
		  (base >> 24 & 0xff) << 56;
	gdt[11] = base >> 32;
	set_table(machine, MACHINE_CPU(0) + CPU_GDT, CPU_GDT_SIZE - 1);
}

TEST_EACH(death_tss, "a task state nowhere, or too short, is refused, or the end of what needs it")
{
	const struct kvm_regs user = { .rip = MACHINE_USER };
	struct guest machine;
	unsigned int i, limit;

	for (i = 0; i < ARRAY_SIZE(nowhere); i++)
		for (limit = 0; limit < 0x100; limit += 0x67) {
			/* In pv there is a shim, whose bytes can be stacks. */
			if (nowhere[i] == CORBEL_SHIM_VA)
				continue;
			create(&machine);
			write_system_segment(&machine, nowhere[i], limit, 0x89);
			start(&machine, kernel_loads_tr, OPERAND, 0x50);
			if (!ends(&machine, "a task state", nowhere[i])) {
				machine_start(&machine, 0, IN_USER, &user);
				ends(&machine, "a task state", nowhere[i]);
			}
			guest_destroy(&machine);
		}
}

TEST_EACH(death_ldt, "a local descriptor table anywhere, of any size, does no harm")
{
	static const uint16_t limits[] = { 0, 7, 0x67, 0x0fff, 0x1000, 0xffff };
	struct guest machine;
	unsigned int i, j;

	for (i = 0; i <= ARRAY_SIZE(nowhere); i++)
		for (j = 0; j < ARRAY_SIZE(limits); j++) {
			create(&machine);
			write_system_segment(&machine, i ? nowhere[i - 1] :
					     GUEST_DATA, limits[j], 0x82);
			start(&machine, kernel_loads_ldt, OPERAND, 0x50);
			ends(&machine, "a local descriptor table", i);
			guest_destroy(&machine);
		}
}

TEST_EACH(death_loop, "an endless loop with interrupts off ends with its process")
{
	const struct timespec moment = { .tv_nsec = 100000000 };
	pid_t child = expect_ok(fork());
	int status;

	if (!child) {
		struct guest machine;

		create(&machine);
		start(&machine, kernel_loops, 0, 0);
		guest_run(&machine, 0);
		_exit(1);
	}
	nanosleep(&moment, NULL);
	expect_ok(kill(child, SIGKILL));
	expect_equal(waitpid(child, &status, 0), child);
	expect(WIFSIGNALED(status));
}

/*
 * SYSRET to an address that is not canonical: on Intel it faults in ring 0 with
 * the guest's RSP (CVE-2012-0217).
 */
TEST_EACH(death_sysret, "SYSRET to an impossible address is a fault of its user or its kernel")
{
	static const uint64_t targets[] = {
		NOT_CANONICAL, 0xffff7fffffffffff, 0x00007fffffffffff,
		CORBEL_HOLE_VA, 0xff00000000000000, 1ULL << 63, ~0ULL,
		0xffffffff81000000,
	};
	static const uint64_t flags[] = { 0, ~0ULL, RFLAGS_USER, 0x3100 };
	struct machine_event event;
	struct guest machine;
	unsigned int i, j;

	create(&machine);
	for (i = 0; i < ARRAY_SIZE(targets); i++)
		for (j = 0; j < ARRAY_SIZE(flags); j++) {
			const struct kvm_regs regs = {
				.rip = AT(kernel_sysrets), .rsi = targets[i],
				.rdi = vm_type == CORBEL_VM_PV ?
				       GUEST_SYSRET : 0,
				.r8 = flags[j],
			};

			machine_start(&machine, 0, IN_KERNEL, &regs);
			event = machine_run(&machine, 0);
			if (event.vector != VECTOR_GP &&
			    event.vector != VECTOR_PF &&
			    event.vector != VECTOR_DB)
				fail("SYSRET to %#lx with flags %#lx: vector %lu",
				     targets[i], flags[j], event.vector);
		}
	guest_destroy(&machine);
}

/* Return frames */

static const uint64_t selectors[] = {
	0, 3, 8, 0x10, 0x13, 0x18, 0x1b, 0x20, 0x23, 0x28, 0x2b, 0x30, 0x33,
	0x40, 0x43, 0x50, 0x63, 0x7b, 0x80, 4, 7, 0xfff8, 0xffff, 0x10033,
};

static uint64_t pick(const uint64_t *values, unsigned int n)
{
	return values[random() % n];
}

TEST_EACH(death_iret, "a return to user mode with any frame faults, runs or ends the guest")
{
	static const uint64_t rips[] = {
		MACHINE_USER, GUEST_CODE, NOT_CANONICAL, CORBEL_HOLE_VA,
		CORBEL_SHIM_VA, ~0ULL, 0, 0xff00000000000000,
	};
	struct kvm_regs regs = {};
	struct guest machine;
	unsigned int i;

	test_takes(60);
	srandom(2);
	create(&machine);
	for (i = 0; i < 150; i++) {
		regs.rip = pick(rips, ARRAY_SIZE(rips));
		regs.rsp = random() % 2 ? MACHINE_USER_STACK :
			   pick(rips, ARRAY_SIZE(rips));
		regs.rflags = random() % 2 ? RFLAGS_USER :
			      (uint64_t)random() << 1;
		machine_start_frame(&machine, 0, &regs,
				    pick(selectors, ARRAY_SIZE(selectors)),
				    pick(selectors, ARRAY_SIZE(selectors)));
		ends(&machine, "a return", regs.rip);
		guest_destroy(&machine);
		create(&machine);
	}
	guest_destroy(&machine);
}

TEST_EACH(death_kernel_iret, "IRETQ of the kernel itself, with any frame, does no harm")
{
	volatile uint64_t *frame;
	struct guest machine;
	unsigned int i;

	test_takes(60);
	srandom(3);
	for (i = 0; i < 100; i++) {
		create(&machine);
		frame = guest_word(&machine, OPERAND);
		frame[0] = random() % 2 ? MACHINE_USER : CORBEL_HOLE_VA;
		frame[1] = pick(selectors, ARRAY_SIZE(selectors));
		frame[2] = (uint64_t)random() << 1;
		frame[3] = random() % 2 ? MACHINE_USER_STACK : NOT_CANONICAL;
		frame[4] = pick(selectors, ARRAY_SIZE(selectors));
		start(&machine, kernel_returns, OPERAND, 0);
		ends(&machine, "IRETQ", frame[1]);
		guest_destroy(&machine);
	}
}
