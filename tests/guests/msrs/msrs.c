// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every MSR that there might be, and every hypercall, with good and bad values
 * from the guest kernel: a value or #GP, a status or the guest's end, and the
 * host's own registers stay what they were.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <corbel/hypercall.h>

#include "machine.h"

extern const struct guest_code kernel_tries_msr, program_calls;
extern const uint64_t kernel_reads_msr, kernel_writes_msr;
extern const uint64_t kernel_makes_call, kernel_makes_vmmcall;
extern const uint64_t program_makes_syscall, program_makes_vmmcall;

/* Of the host: what a guest that had them could do most with. */
static const uint32_t host_msrs[] = {
	0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084,
	0xc0000102, 0xc0000103, 0x174, 0x175, 0x176, 0x277, 0x1d9, 0x48,
	0x1b, 0xc0010114,
};

#define HOST_CPUS	2
#define NO_SUCH_MSR	0xdeadbeefdeadbeefULL

static void read_host(uint64_t values[HOST_CPUS][ARRAY_SIZE(host_msrs)])
{
	char path[] = "/dev/cpu/0/msr";
	unsigned int i, cpu;

	for (cpu = 0; cpu < HOST_CPUS; cpu++) {
		int fd;

		path[9] = '0' + cpu;
		fd = expect_ok(open(path, O_RDONLY));
		for (i = 0; i < ARRAY_SIZE(host_msrs); i++)
			if (pread(fd, &values[cpu][i], 8, host_msrs[i]) != 8)
				values[cpu][i] = NO_SUCH_MSR;
		close(fd);
	}
}

static const struct {
	uint32_t first, last;
} ranges[] = {
	{ 0, 0x3ff }, { 0x600, 0x6ff }, { 0x800, 0x8ff }, { 0xd90, 0xdaf },
	{ 0x40000000, 0x4000001f }, { 0x4b564d00, 0x4b564d0f },
	{ 0xc0000000, 0xc000011f }, { 0xc0010000, 0xc001011f },
	{ 0xfffffff0, 0xffffffff },
};

/* Returns false if it has died of it. */
static bool run_call(struct guest *machine, const struct kvm_regs *regs)
{
	machine_start(machine, 0, IN_KERNEL, regs);
	expect_ok(guest_run(machine, 0));
	return !machine_is_dead(machine, 0);
}

/* Writing EFER, FS base and the like may well leave it without a footing. */
static void try_write(struct guest *machine, uint32_t msr, uint64_t value)
{
	const struct kvm_regs regs = {
		.rip = AT(kernel_writes_msr), .rsi = msr, .r8 = value,
	};
	struct machine_event *event;

	if (!run_call(machine, &regs)) {
		guest_destroy(machine);
		machine_create(machine, vm_type, &kernel_tries_msr, 1);
		return;
	}
	event = (void *)machine_word(machine, 0, CPU_EVENT);
	if (event->vector != EVENT_NONE && event->vector != VECTOR_GP)
		fail("WRMSR of %#lx to %#x: vector %lu", value, msr,
		     event->vector);
}

TEST_EACH(msrs, "every MSR read and written by the guest is a value or #GP, and the host's stay")
{
	uint64_t before[HOST_CPUS][ARRAY_SIZE(host_msrs)];
	uint64_t after[HOST_CPUS][ARRAY_SIZE(host_msrs)];
	struct machine_event event;
	struct guest machine;
	unsigned int i, j;
	uint32_t msr;

	test_takes(90);
	srandom(4);
	read_host(before);
	machine_create(&machine, vm_type, &kernel_tries_msr, 1);
	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		for (msr = ranges[i].first;; msr++) {
			event = machine_call(&machine, IN_KERNEL,
					     AT(kernel_reads_msr), msr);
			if (event.vector != EVENT_NONE &&
			    event.vector != VECTOR_GP)
				fail("RDMSR of %#x: vector %lu", msr,
				     event.vector);
			try_write(&machine, msr, 0);
			try_write(&machine, msr, ~0ULL);
			try_write(&machine, msr, (uint64_t)random() << 32 |
						 random());
			if (msr == ranges[i].last)
				break;
		}
	guest_destroy(&machine);
	read_host(after);
	for (i = 0; i < HOST_CPUS; i++)
		for (j = 0; j < ARRAY_SIZE(host_msrs); j++)
			if (before[i][j] != after[i][j])
				fail("the host's MSR %#x is %#lx, was %#lx",
				     host_msrs[j], after[i][j], before[i][j]);
}

static uint64_t random_argument(void)
{
	static const uint64_t edges[] = {
		0, 1, 2, 0xff, 0x100, 0xffffffff, 1ULL << 32, 1ULL << 47,
		0x00007fffffffffff, 0xffff800000000000, 1ULL << 63, ~0ULL,
		GUEST_PML4, GUEST_PML4 | 1ULL << 63, 0x40000100, 0xc0000080,
		0x00cff3000000ffff, 0x00af9b000000ffff, CORBEL_SHIM_VA,
	};

	if (random() % 4)
		return edges[random() % ARRAY_SIZE(edges)];
	return (uint64_t)random() << 33 ^ random();
}

static bool is_error(uint64_t status)
{
	int64_t value = status;

	return value == -CORBEL_EPERM || value == -CORBEL_EFAULT ||
	       value == -CORBEL_EINVAL || value == -CORBEL_ENOSYS;
}

/* HALT waits for what does not come: it would hang, and is tested elsewhere. */
TEST_EACH(hypercalls, "hypercalls with any argument give a status, or end the guest")
{
	struct machine_event *event;
	struct kvm_regs regs = {};
	struct guest machine;
	unsigned int i;

	test_takes(60);
	srandom(5);
	machine_create(&machine, vm_type, &kernel_tries_msr, 1);
	for (i = 0; i < 1500; i++) {
		regs.rip = vm_type == CORBEL_VM_PV ? AT(kernel_makes_call) :
						     AT(kernel_makes_vmmcall);
		regs.rsi = CORBEL_HYPERCALL_BASE + random() % 64;
		if (random() % 16 == 0)
			regs.rsi = random_argument();
		if (regs.rsi == CORBEL_HC_HALT)
			continue;
		regs.rdi = random_argument();
		regs.r8 = random_argument();
		regs.r9 = random_argument();
		if (!run_call(&machine, &regs) ||
		    machine.vcpus[0].run->exit_reason != KVM_EXIT_IO) {
			guest_destroy(&machine);
			machine_create(&machine, vm_type, &kernel_tries_msr, 1);
			continue;
		}
		event = (void *)machine_word(&machine, 0, CPU_EVENT);
		if (event->vector == EVENT_NONE &&
		    (int64_t)*machine_word(&machine, 0, CPU_WORDS) < 0 &&
		    !is_error(*machine_word(&machine, 0, CPU_WORDS)))
			fail("hypercall %#llx(%#llx, %#llx, %#llx): %#lx",
			     regs.rsi, regs.rdi, regs.r8, regs.r9,
			     *machine_word(&machine, 0, CPU_WORDS));
	}
	guest_destroy(&machine);
}

TEST_EACH(hypercalls_user, "from a program SYSCALL is its system call, whatever the number, and VMMCALL #UD")
{
	struct machine_event event;
	struct guest machine;
	uint64_t number;

	machine_create(&machine, vm_type, NULL, 1);
	machine_load_user(&machine, &program_calls);
	for (number = 0; number < 64; number++) {
		event = machine_call(&machine, IN_USER, MACHINE_USER +
				     program_makes_syscall,
				     CORBEL_HYPERCALL_BASE + number);
		expect_equal(event.vector, EVENT_SYSCALL);
		expect_equal(event.rax, CORBEL_HYPERCALL_BASE + number);
		event = machine_call(&machine, IN_USER, MACHINE_USER +
				     program_makes_vmmcall,
				     CORBEL_HYPERCALL_BASE + number);
		expect_equal(event.vector, VECTOR_UD);
	}
	guest_destroy(&machine);
}
