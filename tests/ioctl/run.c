// SPDX-License-Identifier: GPL-2.0-only
/*
 * RUN: how it starts, what ends it, and what it is for others that a vCPU is in
 * it.
 */
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <corbel/hypercall.h>

#include "ioctls.h"

TEST_EACH(run_exit, "a guest of two instructions runs to its exit, as often as asked")
{
	struct guest guest;
	int i;

	guest_create(&guest, vm_type, &guest_exits, 1);
	for (i = 0; i < 100; i++)
		expect_equal(guest_run_to_exit(&guest, 0), 42);
	guest_destroy(&guest);
}

TEST_EACH(run_argument, "RUN takes no argument")
{
	struct guest guest;

	guest_create(&guest, vm_type, &guest_exits, 1);
	expect_error(ioctl(guest.vcpus[0].fd, CORBEL_RUN, 1), EINVAL);
	expect_error(ioctl(guest.vcpus[0].fd, CORBEL_RUN, ULONG_MAX), EINVAL);
}

static void on_alarm(int number)
{
	(void)number;
}

static bool is_end(const struct kvm_run *run)
{
	return run->exit_reason == CORBEL_EXIT_KILLED ||
	       run->exit_reason == KVM_EXIT_SHUTDOWN;
}

/* A vCPU as RESET leaves it. */
static void run_after_reset(struct guest *guest)
{
	const struct itimerval soon = { .it_value = { .tv_usec = 300000 } };
	struct sigaction action = { .sa_handler = on_alarm };
	long size = ioctl(guest->device, CORBEL_GET_VCPU_MMAP_SIZE, 0);
	struct guest_vcpu *vcpu = &guest->vcpus[0];

	vcpu->fd = expect_ok(ioctl(guest->vm, CORBEL_CREATE_VCPU, 0));
	vcpu->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			 vcpu->fd, 0);
	expect(vcpu->run != MAP_FAILED);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
}

/* Nothing but 0 in real mode is a loop, on hardware too. */
TEST_EACH(run_after_reset, "RUN without CPUID, registers and code ends, or can be ended")
{
	struct guest guest;

	guest_prepare(&guest, vm_type);
	run_after_reset(&guest);
	if (guest_run(&guest, 0)) {
		expect_equal(errno, EINTR);
		expect(vm_type != CORBEL_VM_PV);
	} else if (!is_end(guest.vcpus[0].run)) {
		fail("not an end: %s", guest_exit_text(guest.vcpus[0].run));
	}
}

TEST_EACH(run_without_memory, "RUN without any memory ends the guest, or it can't be made")
{
	struct guest guest;

	guest_open(&guest, vm_type);
	if (vm_type == CORBEL_VM_PV) {
		expect_error(ioctl(guest.vm, CORBEL_CREATE_VCPU, 0), EINVAL);
		expect_error(guest_set_shim(&guest), EFAULT);
		return;
	}
	run_after_reset(&guest);
	expect_ok(guest_run(&guest, 0));
	if (!is_end(guest.vcpus[0].run))
		fail("not an end: %s", guest_exit_text(guest.vcpus[0].run));
}

TEST_EACH(run_dead, "a vCPU whose code is nowhere dies, again and again")
{
	struct guest guest;
	int i;

	guest_create(&guest, vm_type, &guest_exits, 1);
	guest_start_at(&guest, 0, 0xffff900000000000);
	for (i = 0; i < 3; i++) {
		expect_ok(guest_run(&guest, 0));
		if (!is_end(guest.vcpus[0].run))
			fail("it lives: %s",
			     guest_exit_text(guest.vcpus[0].run));
		if (guest.vcpus[0].run->exit_reason == KVM_EXIT_SHUTDOWN)
			break;
	}
}

TEST_EACH(run_hypercall_exit, "the exit hypercall is a system event with the status")
{
	struct kvm_run *run;
	struct kvm_regs regs;
	struct guest guest;

	guest_create(&guest, vm_type, vm_type == CORBEL_VM_PV ?
		     &guest_calls_pv : &guest_calls_hvm, 1);
	expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_GET_REGS, &regs));
	regs.rax = CORBEL_HC_EXIT;
	regs.rdi = 77;
	expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_SET_REGS, &regs));
	expect_ok(guest_run(&guest, 0));
	run = guest.vcpus[0].run;
	expect_equal(run->exit_reason, KVM_EXIT_SYSTEM_EVENT);
	expect_equal(run->system_event.type, CORBEL_SYSTEM_EVENT_EXIT);
	expect_equal(run->system_event.data[0], 77);
}

TEST_EACH(run_port, "a port access has the right port, size and value, and goes on")
{
	static const uint32_t expected[] = { 0x44, 0x3344, 0x11223344 };
	struct kvm_regs regs;
	struct kvm_run *run;
	struct guest guest;
	int i;

	guest_create(&guest, vm_type, &guest_writes_port, 1);
	expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_GET_REGS, &regs));
	regs.rax = 0x11223344;
	regs.rbx = 0x1234;
	expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_SET_REGS, &regs));
	run = guest.vcpus[0].run;
	for (i = 0; i < 3; i++) {
		expect_ok(guest_run(&guest, 0));
		expect_equal(run->exit_reason, KVM_EXIT_IO);
		expect_equal(run->io.direction, KVM_EXIT_IO_OUT);
		expect_equal(run->io.port, 0x1234);
		expect_equal(run->io.size, 1U << i);
		expect_equal(run->io.count, 1);
		expect_equal(guest_port_data(&guest, 0), expected[i]);
	}
	expect_equal(guest_run_to_exit(&guest, 0), 0);
}

TEST_EACH(run_input, "what the monitor answers to an IN is what the guest reads")
{
	struct kvm_regs regs;
	struct kvm_run *run;
	struct guest guest;

	guest_create(&guest, vm_type, &guest_reads_port, 1);
	expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_GET_REGS, &regs));
	regs.rbx = 0x1234;
	expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_SET_REGS, &regs));
	run = guest.vcpus[0].run;
	expect_ok(guest_run(&guest, 0));
	expect_equal(run->exit_reason, KVM_EXIT_IO);
	expect_equal(run->io.direction, KVM_EXIT_IO_IN);
	expect_equal(run->io.size, 4);
	memcpy((char *)run + run->io.data_offset, "\xdd\xcc\xbb\xaa", 4);
	expect_equal(guest_run_to_exit(&guest, 0), 0);
	expect_equal(*guest_word(&guest, GUEST_DATA), 0xaabbccdd);
}

/* What the monitor writes to its page is no order to the module. */
TEST_EACH(run_page, "rubbish in the run page changes nothing")
{
	struct kvm_regs regs;
	struct kvm_run *run;
	struct guest guest;

	guest_create(&guest, vm_type, &guest_reads_port, 1);
	expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_GET_REGS, &regs));
	regs.rbx = 0x1234;
	expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_SET_REGS, &regs));
	expect_ok(guest_run(&guest, 0));
	run = guest.vcpus[0].run;
	memset(run, 0xff, PAGE_SIZE);
	memset((char *)run + PAGE_SIZE, 0x5a, PAGE_SIZE);
	run->immediate_exit = 0;
	expect_equal(guest_run_to_exit(&guest, 0), 0);
	expect_equal(*guest_word(&guest, GUEST_DATA), 0x5a5a5a5a);
}

TEST_EACH(run_mmio, "an access where there is no memory leaves as MMIO")
{
	struct kvm_regs regs;
	struct kvm_run *run;
	struct guest guest;

	guest_create(&guest, vm_type, &guest_writes, 1);
	expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_GET_REGS, &regs));
	regs.rsi = NO_MEMORY + 0x10;
	regs.rax = 0x11223344;
	expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_SET_REGS, &regs));
	run = guest.vcpus[0].run;
	expect_ok(guest_run(&guest, 0));
	expect_equal(run->exit_reason, KVM_EXIT_MMIO);
	expect_equal(run->mmio.phys_addr, NO_MEMORY + 0x10);
	expect_equal(run->mmio.len, 4);
	expect_equal(run->mmio.is_write, 1);
	expect(!memcmp(run->mmio.data, "\x44\x33\x22\x11", 4));
	expect_equal(guest_run_to_exit(&guest, 0), 0);
}

TEST_EACH(run_mmio_read, "what the monitor answers to an MMIO read is what the guest reads")
{
	struct kvm_regs regs;
	struct kvm_run *run;
	struct guest guest;

	guest_create(&guest, vm_type, &guest_reads, 1);
	expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_GET_REGS, &regs));
	regs.rsi = NO_MEMORY;
	expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_SET_REGS, &regs));
	run = guest.vcpus[0].run;
	expect_ok(guest_run(&guest, 0));
	expect_equal(run->exit_reason, KVM_EXIT_MMIO);
	expect_equal(run->mmio.is_write, 0);
	expect_equal(run->mmio.len, 8);
	memset(run->mmio.data, 0x99, 8);
	expect_equal(guest_run_to_exit(&guest, 0), 0x99);
}

/* Interruption */

TEST_EACH(run_immediate_exit, "immediate_exit ends RUN before the guest, with EINTR")
{
	struct guest guest;

	guest_create(&guest, vm_type, &guest_exits, 1);
	guest.vcpus[0].run->immediate_exit = 1;
	expect_error(guest_run(&guest, 0), EINTR);
	expect_equal(guest.vcpus[0].run->exit_reason, KVM_EXIT_INTR);
	guest.vcpus[0].run->immediate_exit = 0;
	expect_equal(guest_run_to_exit(&guest, 0), 42);
}

TEST_EACH(run_signal, "a signal ends RUN with EINTR, and RUN goes on where it was")
{
	struct runner runner;
	struct guest guest;
	int i;

	guest_create(&guest, vm_type, &guest_counts, 1);
	for (i = 0; i < 20; i++) {
		runner_start(&runner, &guest, 0);
		wait_for_progress(&guest, 0);
		runner_stop(&runner);
		expect_equal(runner.result, -1);
		expect_equal(runner.error, EINTR);
		expect_equal(guest.vcpus[0].run->exit_reason, KVM_EXIT_INTR);
	}
}

TEST_EACH(run_timer_signals, "a thousand signals a second do not keep a guest from its end")
{
	const struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	struct sigaction action = { .sa_handler = on_alarm };
	struct guest guest;
	int interrupted = 0;

	guest_create(&guest, vm_type, &guest_touches, 1);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	while (guest_run(&guest, 0)) {
		expect_equal(errno, EINTR);
		if (++interrupted == 10000)
			fail("it does not come on");
	}
	expect_equal(guest.vcpus[0].run->exit_reason, KVM_EXIT_IO);
}

TEST_EACH(run_halted, "a signal ends RUN of a vCPU that waits for an interrupt")
{
	struct runner runner;
	struct guest guest;

	guest_create(&guest, vm_type, &guest_halts, 1);
	runner_start(&runner, &guest, 0);
	sleep_ms(50);
	runner_stop(&runner);
	expect_equal(runner.result, -1);
	expect_equal(runner.error, EINTR);
}

TEST_EACH(run_waiting_ap, "a vCPU that was never started waits, until a signal")
{
	struct kvm_mp_state state;
	struct runner runner;
	struct guest guest;

	guest_create(&guest, vm_type, &guest_counts, 1);
	guest.vcpus[1].fd = expect_ok(ioctl(guest.vm, CORBEL_CREATE_VCPU, 1));
	expect_ok(ioctl(guest.vcpus[1].fd, CORBEL_GET_MP_STATE, &state));
	expect_equal(state.mp_state, KVM_MP_STATE_UNINITIALIZED);
	runner_start(&runner, &guest, 1);
	sleep_ms(50);
	runner_stop(&runner);
	expect_equal(runner.error, EINTR);
	expect_equal(*guest_word(&guest, GUEST_DATA + PAGE_SIZE), 0);
}

/* Threads */

TEST_EACH(run_two_threads, "two threads in RUN of one vCPU take turns")
{
	struct runner first, second;
	struct guest guest;

	guest_create(&guest, vm_type, &guest_counts, 1);
	runner_start(&first, &guest, 0);
	wait_for_progress(&guest, 0);
	runner_start(&second, &guest, 0);
	sleep_ms(20);
	runner_stop(&first);
	wait_for_progress(&guest, 0);
	runner_stop(&second);
	expect_equal(first.error, EINTR);
	expect_equal(second.error, EINTR);
}

static void *keep_asking(void *opaque)
{
	struct guest *guest = opaque;
	struct kvm_regs regs;
	unsigned long i;

	for (i = 0; i < 200; i++)
		expect_ok(ioctl(guest->vcpus[0].fd, CORBEL_GET_REGS, &regs));
	return NULL;
}

TEST_EACH(run_and_registers, "registers can be read between two RUNs of another thread")
{
	unsigned long thread;
	struct guest guest;

	guest_create(&guest, vm_type, &guest_exits, 1);
	expect_equal(pthread_create(&thread, NULL, keep_asking, &guest), 0);
	while (pthread_tryjoin_np(thread, NULL))
		expect_equal(guest_run_to_exit(&guest, 0), 42);
}

TEST_EACH(run_siblings, "of two vCPUs that run, one can leave and come back")
{
	struct runner runners[2];
	struct guest guest;
	int i;

	guest_create(&guest, vm_type, &guest_counts, 2);
	runner_start(&runners[0], &guest, 0);
	runner_start(&runners[1], &guest, 1);
	for (i = 0; i < 10; i++) {
		wait_for_progress(&guest, 0);
		wait_for_progress(&guest, 1);
		runner_stop(&runners[1]);
		wait_for_progress(&guest, 0);
		runner_start(&runners[1], &guest, 1);
	}
	wait_for_progress(&guest, 1);
	runner_stop(&runners[0]);
	runner_stop(&runners[1]);
}

TEST_EACH(run_two_vms, "two VMs of one process run at once and do not meet")
{
	struct runner runners[2];
	struct guest guests[2];
	int i;

	for (i = 0; i < 2; i++) {
		guest_create(&guests[i], vm_type, &guest_counts, 1);
		runner_start(&runners[i], &guests[i], 0);
	}
	for (i = 0; i < 10; i++)
		wait_for_progress(&guests[i % 2], 0);
	runner_stop(&runners[0]);
	guest_destroy(&guests[0]);
	wait_for_progress(&guests[1], 0);
	runner_stop(&runners[1]);
}

TEST(run_all_types, "VMs of all types run at once in one process")
{
	struct runner runners[3];
	struct guest guests[3];
	int i;

	for (i = 0; i < 3; i++) {
		guest_create(&guests[i], CORBEL_VM_PV + i, &guest_works,
			     1);
		runner_start(&runners[i], &guests[i], 0);
	}
	for (i = 0; i < 15; i++)
		wait_for_progress(&guests[i % 3], 0);
	for (i = 0; i < 3; i++)
		runner_stop(&runners[i]);
}

TEST_EACH(run_killed_sibling, "a VM's death ends the RUN of all its vCPUs, for good")
{
	struct runner runner;
	struct guest guest;

	guest_create(&guest, vm_type, &guest_counts, 2);
	runner_start(&runner, &guest, 1);
	wait_for_progress(&guest, 1);
	guest_start_at(&guest, 0, 0xffff900000000000);
	expect_ok(guest_run(&guest, 0));
	if (guest.vcpus[0].run->exit_reason != CORBEL_EXIT_KILLED) {
		/* A triple fault is the affair of its own vCPU. */
		runner_stop(&runner);
		return;
	}
	runner_join(&runner);
	expect_equal(runner.result, 0);
	expect_equal(guest.vcpus[1].run->exit_reason, CORBEL_EXIT_KILLED);
	expect_ok(guest_run(&guest, 1));
	expect_equal(guest.vcpus[1].run->exit_reason, CORBEL_EXIT_KILLED);
}

/* Other processes */

static void run_for_ever(struct guest *guest)
{
	for (;;)
		if (guest_run(guest, 0))
			expect_equal(errno, EINTR);
}

/* Its count, seen through a mapping that survives fork(). */
static void wait_for_child(volatile uint64_t *count)
{
	uint64_t old = *count;
	int i;

	for (i = 0; *count == old; i++) {
		if (i == 5000)
			fail("it does not run");
		sleep_ms(1);
	}
}

/* A process that runs a guest whose data are in shared memory. */
static pid_t fork_runner(volatile uint64_t **count)
{
	struct guest guest;
	pid_t child;
	void *data = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	expect(data != MAP_FAILED);
	*count = data;
	child = expect_ok(fork());
	if (child)
		return child;
	guest_open(&guest, vm_type);
	guest_map_memory(&guest);
	expect(mremap(data, PAGE_SIZE, PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
		      guest.memory + GUEST_DATA) != MAP_FAILED);
	guest_write_tables(&guest);
	expect_ok(guest_set_memory(&guest, 0, 0, guest.size, guest.memory));
	if (vm_type == CORBEL_VM_PV) {
		guest_write_shim(&guest);
		expect_ok(guest_set_shim(&guest));
	}
	guest_load(&guest, &guest_counts);
	guest_add_vcpu(&guest);
	run_for_ever(&guest);
	_exit(1);
}

TEST_EACH(run_stopped, "a process in RUN stops and continues like any other")
{
	volatile uint64_t *count;
	pid_t child = fork_runner(&count);
	uint64_t old;
	int i;

	for (i = 0; i < 20; i++) {
		wait_for_child(count);
		kill(child, SIGSTOP);
		expect_equal(waitpid(child, NULL, WUNTRACED), child);
		old = *count;
		sleep_ms(5);
		expect_equal(*count, old);
		kill(child, SIGCONT);
	}
	wait_for_child(count);
	kill(child, SIGKILL);
}

TEST_EACH(run_traced, "a debugger sees the process in its system call, not the guest")
{
	struct user_regs_struct regs;
	volatile uint64_t *count;
	pid_t child = fork_runner(&count);
	int i;

	for (i = 0; i < 10; i++) {
		wait_for_child(count);
		expect_ok(ptrace(PTRACE_ATTACH, child, 0, 0));
		expect_equal(waitpid(child, NULL, 0), child);
		expect_ok(ptrace(PTRACE_GETREGS, child, 0, &regs));
		expect_equal(regs.orig_rax, SYS_ioctl);
		expect(regs.rip > GUEST_SIZE);
		expect_ok(ptrace(PTRACE_DETACH, child, 0, 0));
	}
	wait_for_child(count);
	kill(child, SIGKILL);
}
