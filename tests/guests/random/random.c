// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random code with random registers and selectors, in user and in kernel mode.
 * Nothing is expected but that RUN comes back and the host lives.  The code is
 * made of instructions that have to do with privilege, between random bytes;
 * but without the prefixes of vector instructions, which emulators abort on.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "machine.h"

#define ROUNDS		250
#define CODE_SIZE	64

/* Length, bytes: a part of them gets a random last byte. */
static const struct {
	uint8_t size;
	bool modrm;
	uint8_t bytes[6];
} instructions[] = {
	{ 2, false, { 0x0f, 0x05 } },		/* SYSCALL */
	{ 2, false, { 0x0f, 0x07 } },		/* SYSRET */
	{ 3, false, { 0x48, 0x0f, 0x07 } },
	{ 2, false, { 0x0f, 0x34 } },		/* SYSENTER */
	{ 2, false, { 0x0f, 0x35 } },		/* SYSEXIT */
	{ 2, false, { 0x0f, 0x30 } },		/* WRMSR */
	{ 2, false, { 0x0f, 0x32 } },		/* RDMSR */
	{ 2, false, { 0x0f, 0xa2 } },		/* CPUID */
	{ 2, false, { 0x0f, 0x31 } },		/* RDTSC */
	{ 2, false, { 0x0f, 0x33 } },		/* RDPMC */
	{ 2, false, { 0x0f, 0x06 } },		/* CLTS */
	{ 2, false, { 0x0f, 0x09 } },		/* WBINVD */
	{ 3, false, { 0x0f, 0x01, 0xf8 } },	/* SWAPGS */
	{ 3, false, { 0x0f, 0x01, 0xf9 } },	/* RDTSCP */
	{ 3, false, { 0x0f, 0x01, 0xd0 } },	/* XGETBV */
	{ 3, false, { 0x0f, 0x01, 0xd1 } },	/* XSETBV */
	{ 3, false, { 0x0f, 0x01, 0xd9 } },	/* VMMCALL */
	{ 3, false, { 0x0f, 0x01, 0xd8 } },	/* VMRUN */
	{ 3, false, { 0x0f, 0x01, 0xdd } },	/* CLGI */
	{ 1, false, { 0xcf } },			/* IRET */
	{ 2, false, { 0x48, 0xcf } },
	{ 1, false, { 0xcb } },			/* RETF */
	{ 1, false, { 0xf4 } },			/* HLT */
	{ 1, false, { 0xfa } }, { 1, false, { 0xfb } },	/* CLI, STI */
	{ 1, false, { 0x9c } }, { 1, false, { 0x9d } },	/* PUSHF, POPF */
	{ 1, false, { 0xcc } },			/* INT3 */
	{ 2, false, { 0xcd, 0x80 } },		/* INT n */
	{ 2, false, { 0xcd, 0x1f } }, { 2, false, { 0xcd, 0x02 } },
	{ 1, false, { 0xec } }, { 1, false, { 0xee } },	/* IN, OUT */
	{ 1, false, { 0x6c } }, { 1, false, { 0x6f } },	/* INS, OUTS */
	{ 2, true, { 0x8e } },			/* MOV to segment */
	{ 2, true, { 0x8c } },
	{ 3, true, { 0x0f, 0x00 } },		/* SLDT ... VERW */
	{ 3, true, { 0x0f, 0x01 } },		/* SGDT ... INVLPG */
	{ 3, true, { 0x0f, 0x02 } },		/* LAR */
	{ 3, true, { 0x0f, 0x03 } },		/* LSL */
	{ 3, true, { 0x0f, 0x20 } }, { 3, true, { 0x0f, 0x22 } }, /* CRn */
	{ 3, true, { 0x0f, 0x21 } }, { 3, true, { 0x0f, 0x23 } }, /* DRn */
	{ 5, true, { 0xf3, 0x48, 0x0f, 0xae } },	/* FSGSBASE */
	{ 3, true, { 0x0f, 0xae } },		/* FXSAVE ... */
	{ 3, true, { 0x0f, 0xb2 } },		/* LSS */
	{ 2, true, { 0xff } },			/* far JMP, PUSH ... */
	{ 3, true, { 0x0f, 0xc7 } },		/* CMPXCHG8B, RDPID */
	{ 2, true, { 0x89 } }, { 2, true, { 0x8b } },
};

static uint8_t random_byte(void)
{
	uint8_t byte;

	do {
		byte = random();
	} while (byte == 0x62 || byte == 0xc4 || byte == 0xc5 || byte == 0x8f ||
		 byte == 0xf1);
	return byte;
}

static void make_code(uint8_t *code)
{
	unsigned int n = 0;

	while (n + 8 < CODE_SIZE) {
		unsigned int i = random() % ARRAY_SIZE(instructions);

		if (random() % 4 == 0) {
			code[n++] = random_byte();
			continue;
		}
		memcpy(code + n, instructions[i].bytes, instructions[i].size);
		n += instructions[i].size;
		if (instructions[i].modrm)
			code[n - 1] = random_byte();
	}
	code[n++] = 0x0f;
	code[n++] = 0x0b;
}

static uint64_t random_register(void)
{
	static const uint64_t edges[] = {
		0, 1, 3, 0x10, 0x2b, 0x33, 0x43, 0x7b, 0x67, 0xffff,
		MACHINE_USER, MACHINE_USER_STACK - 0x100, GUEST_CODE,
		CORBEL_SHIM_VA, CORBEL_VCPU_PAGE_VA, CORBEL_HOLE_VA,
		CORBEL_HOLE_VA + 0x2000, 0x0000800000000000, ~0ULL,
		0xc0000082, 0xc0000101, 0x80f, 0x830, 0xd01, 0x80050033,
		GUEST_PML4, 0x6f0,
	};

	if (random() % 4)
		return edges[random() % ARRAY_SIZE(edges)];
	return (uint64_t)random() << 33 ^ random();
}

static void fill_registers(struct kvm_regs *regs)
{
	uint64_t *value = (uint64_t *)regs;
	unsigned int i;

	for (i = 0; i < sizeof(*regs) / 8; i++)
		value[i] = random_register();
}

static void on_alarm(int number)
{
	(void)number;
}

/* Code that loops is called back. */
static void run_for_a_while(struct guest *machine)
{
	const struct itimerval soon = { .it_interval.tv_usec = 3000,
					.it_value.tv_usec = 3000 };
	const struct itimerval never = {};

	setitimer(ITIMER_REAL, &soon, NULL);
	if (guest_run(machine, 0))
		expect_equal(errno, EINTR);
	setitimer(ITIMER_REAL, &never, NULL);
}

static void try_code(enum machine_mode mode)
{
	struct guest machine;
	struct kvm_regs regs;

	machine_create(&machine, vm_type, NULL, 1);
	fill_registers(&regs);
	if (mode == IN_USER) {
		make_code(machine.memory + MACHINE_USER_GPA);
		regs.rip = MACHINE_USER;
		regs.rsp = MACHINE_USER_STACK - 0x100;
		machine_start(&machine, 0, IN_USER, &regs);
	} else {
		make_code(machine.memory + GUEST_CODE);
		regs.rip = GUEST_CODE;
		regs.rsp = GUEST_STACKS + 0x800;
		regs.rflags &= 0x8d5;
		regs.rflags |= 2;
		machine_start(&machine, 0, IN_KERNEL, &regs);
	}
	run_for_a_while(&machine);
	guest_destroy(&machine);
}

static void try_many(enum machine_mode mode, unsigned int seed)
{
	struct sigaction action = { .sa_handler = on_alarm };
	unsigned int i;

	test_takes(120);
	sigaction(SIGALRM, &action, NULL);
	srandom(seed);
	for (i = 0; i < ROUNDS; i++)
		try_code(mode);
}

TEST_EACH(random_program, "random programs end, or can be ended, and the host lives")
{
	try_many(IN_USER, 11);
}

TEST_EACH(random_kernel, "random kernels end, or can be ended, and the host lives")
{
	try_many(IN_KERNEL, 12);
}
