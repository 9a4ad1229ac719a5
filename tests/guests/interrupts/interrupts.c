// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of the guest: none lost, none early, in the order of their
 * priority, each ended as often as it began.
 */
#include <sys/ioctl.h>
#include <time.h>

#include "machine.h"

extern const struct guest_code kernel_takes, program_counts;
extern const uint64_t kernel_waits_for_sti, kernel_sleeps;
extern const uint64_t kernel_sleeps_for_nmi, kernel_takes_four;
extern const uint64_t kernel_raises_priority, kernel_forgets_eoi;
extern const uint64_t kernel_uses_pv_eoi, kernel_sets_deadline;
extern const uint64_t kernel_nests_nmi;

#define word(machine, n) (*machine_word(machine, 0, CPU_WORDS + 8 * (n)))
#define logged(machine, n) machine_logged(machine, 0, n)

static void call(struct guest *machine, uint64_t code, uint64_t rsi)
{
	struct machine_event event;

	machine_count(machine, 0) = 0;
	event = machine_call(machine, IN_KERNEL, AT(code), rsi);
	expect_equal(event.vector, EVENT_NONE);
}

static void create(struct guest *machine)
{
	machine_create(machine, vm_type, &kernel_takes, 1);
}

TEST_EACH(interrupts_sti, "STI with an interrupt pending lets it in at once, and not before")
{
	struct guest machine;
	int i;

	create(&machine);
	for (i = 0; i < 100; i++) {
		call(&machine, kernel_waits_for_sti, 0);
		expect_equal(word(&machine, 0), 0);
		expect_equal(word(&machine, 1), 1);
		expect_equal(logged(&machine, 0), 0x40);
	}
	guest_destroy(&machine);
}

/*
 * (Not in hvm: QEMU 7.2 saves the shadow of STI at #VMEXIT, but VMRUN does not
 * load it, so an exit between the two opens them for an interrupt.)
 */
TEST(interrupts_sti_hlt, "an interrupt that comes around STI and HLT wakes it, every time")
{
	struct kvm_regs regs = { .rip = AT(kernel_sleeps), .rsi = 100 };
	struct machine_thread thread;
	struct guest machine;

	create(&machine);
	for (regs.r8 = 0; regs.r8 < 8000; regs.r8 += 800) {
		machine_count(&machine, 0) = 0;
		machine_start(&machine, 0, IN_KERNEL, &regs);
		machine_thread_start(&thread, &machine, 0);
		if (!machine_thread_is_done(&thread, 5000))
			fail("it sleeps after %lu of 100 interrupts",
			     machine_count(&machine, 0));
		expect_equal(machine_count(&machine, 0), 100);
	}
	guest_destroy(&machine);
}

TEST_EACH(interrupts_cli_hlt, "CLI and HLT wait for an NMI, whatever else is pending")
{
	const struct kvm_regs regs = { .rip = AT(kernel_sleeps_for_nmi) };
	struct machine_thread thread;
	struct guest machine;
	int i;

	create(&machine);
	for (i = 0; i < 10; i++) {
		machine_count(&machine, 0) = 0;
		machine_start(&machine, 0, IN_KERNEL, &regs);
		machine_thread_start(&thread, &machine, 0);
		if (machine_thread_is_done(&thread, 20))
			fail("it did not sleep");
		expect_ok(ioctl(machine.vcpus[0].fd, CORBEL_NMI, 0));
		expect(machine_thread_is_done(&thread, 5000));
		expect_equal(word(&machine, 0), 1);
		expect_equal(word(&machine, 1), 2);
		expect_equal(logged(&machine, 0), VECTOR_NMI);
		expect_equal(logged(&machine, 1), 0x42);
	}
	guest_destroy(&machine);
}

TEST_EACH(interrupts_priority, "of several interrupts the one of the highest vector comes first")
{
	struct guest machine;

	create(&machine);
	call(&machine, kernel_takes_four, 0);
	expect_equal(word(&machine, 0), 4);
	expect_equal(logged(&machine, 0), 0x90);
	expect_equal(logged(&machine, 1), 0x52);
	expect_equal(logged(&machine, 2), 0x51);
	expect_equal(logged(&machine, 3), 0x31);
	guest_destroy(&machine);
}

TEST_EACH(interrupts_task_priority, "the task priority, by CR8 and by MSR, holds interrupts off")
{
	struct guest machine;

	create(&machine);
	call(&machine, kernel_raises_priority, 0);
	expect_equal(word(&machine, 0), 1);
	expect_equal(logged(&machine, 0), 0x72);
	expect_equal(word(&machine, 1), 2);
	expect_equal(logged(&machine, 1), 0x62);
	guest_destroy(&machine);
}

TEST_EACH(interrupts_eoi, "an interrupt without its EOI holds off its class and those below")
{
	struct guest machine;

	create(&machine);
	call(&machine, kernel_forgets_eoi, 0);
	expect_equal(word(&machine, 0), 2);
	expect_equal(logged(&machine, 0), 0x52);
	expect_equal(logged(&machine, 1), 0x60);
	expect_equal(word(&machine, 2) & 0xff, 0x60);
	expect_equal(word(&machine, 1), 4);
	expect_equal(logged(&machine, 2), 0x51);
	expect_equal(logged(&machine, 3), 0x33);
	guest_destroy(&machine);
}

TEST_EACH(interrupts_pv_eoi, "an EOI by KVM's shared byte ends the interrupt, if it was offered")
{
	struct guest machine;

	create(&machine);
	call(&machine, kernel_uses_pv_eoi, 0);
	expect_equal(machine_count(&machine, 0), 200);
	expect_equal((uint32_t)word(&machine, 2), 0);
	expect_equal((uint32_t)word(&machine, 3), 0);
	/* Of each pair, the first has another waiting. */
	if (!word(&machine, 5))
		fail("it was never offered");
	guest_destroy(&machine);
}

TEST_EACH(interrupts_deadline, "a TSC deadline that is over comes at once, and one of 0 never")
{
	struct guest machine;

	create(&machine);
	call(&machine, kernel_sets_deadline, 1);
	expect_equal(machine_count(&machine, 0), 1);
	expect_equal((uint32_t)word(&machine, 0), 0);
	call(&machine, kernel_sets_deadline, 0);
	expect_equal(machine_count(&machine, 0), 0);
	call(&machine, kernel_sets_deadline, ~0ULL >> 1);
	expect_equal(machine_count(&machine, 0), 0);
	expect_equal((uint32_t)word(&machine, 0), 0xffffffff);
	guest_destroy(&machine);
}

/*
 * In pv there is no NMI mask: the guest's handler must cope with another, as it
 * must on hardware after an exception in it.
 */
TEST_EACH(interrupts_nmi, "NMIs sent by the handler of an NMI are not lost, nor do they pile up")
{
	struct guest machine;

	create(&machine);
	call(&machine, kernel_nests_nmi, 0);
	expect_equal(word(&machine, 2), 3);
	expect_equal(word(&machine, 0), 0);
	if (vm_type != CORBEL_VM_PV)
		expect_equal(word(&machine, 1), 1);
	guest_destroy(&machine);
}

TEST_EACH(interrupts_program, "NMIs and messages reach a program that never leaves")
{
	const struct kvm_regs regs = { .rip = MACHINE_USER };
	const struct timespec moment = { .tv_nsec = 5000000 };
	const struct kvm_msi msi = { .address_lo = 0xfee00000, .data = 0x55 };
	struct machine_thread thread;
	struct guest machine;
	int i, j;

	create(&machine);
	machine_load_user(&machine, &program_counts);
	machine_start(&machine, 0, IN_USER, &regs);
	machine_thread_start(&thread, &machine, 0);
	for (i = 1; i <= 20; i++) {
		if (i % 2)
			expect_ok(ioctl(machine.vcpus[0].fd, CORBEL_NMI, 0));
		else
			expect_ok(ioctl(machine.vm, CORBEL_SIGNAL_MSI, &msi));
		for (j = 0; machine_count(&machine, 0) < (unsigned int)i; j++) {
			if (j == 1000)
				fail("event %d does not come", i);
			nanosleep(&moment, NULL);
		}
		expect_equal(logged(&machine, i - 1),
			     i % 2 ? VECTOR_NMI : 0x55);
	}
	machine_thread_stop(&thread);
	guest_destroy(&machine);
}
