// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables that no kernel would make: which point to themselves, to where
 * there is no memory, or over what the host keeps for itself.  The guest may
 * die of them, with a reason.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "machine.h"

extern const struct guest_code kernel_walks;
extern const uint64_t kernel_reads, kernel_writes, kernel_jumps;
extern const uint64_t kernel_loads_cr3, kernel_visits, kernel_invalidates;

#define NO_MEMORY	0x30000000ULL
#define SPARE_TABLES	0x1b0000	/* gpa of 5 pages */
#define SLOT_256	(GUEST_PML4 + 8 * 256)

static struct machine_event act(struct guest *machine, uint64_t code,
				uint64_t address)
{
	return machine_call(machine, IN_KERNEL, AT(code), address);
}

/* Runs what may be its end, and tells whether it lives. */
static bool survives(struct guest *machine, uint64_t code, uint64_t address)
{
	const struct kvm_regs regs = { .rip = AT(code), .rsi = address };
	const struct kvm_run *run = machine->vcpus[0].run;

	machine_start(machine, 0, IN_KERNEL, &regs);
	expect_ok(guest_run(machine, 0));
	if (machine_is_dead(machine, 0))
		return false;
	if (run->exit_reason != KVM_EXIT_IO && run->exit_reason != KVM_EXIT_MMIO)
		fail("%s", guest_exit_text(run));
	return true;
}

/*
 * In pv the switcher lies in slot 256 of every root.  What a guest puts into
 * its own slot 256 must not come there instead: the next switch would find
 * nothing, and the host's CPU would reset.
 */
TEST_EACH(tables_hole, "a guest that maps the hole's addresses itself does not get them")
{
	static const uint64_t offsets[] = {
		0, 0x2000, 0x5000, 0x200000, 0x3fffffff,
	};
	const uint64_t *codes[] = { &kernel_reads, &kernel_writes,
				    &kernel_jumps };
	struct guest machine;
	unsigned int i, j;

	machine_create(&machine, vm_type, &kernel_walks, 1);
	*guest_word(&machine, SLOT_256) = GUEST_PDPT | PTE_USER;
	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		for (j = 0; j < ARRAY_SIZE(codes); j++) {
			struct machine_event event;
			uint64_t address = CORBEL_HOLE_VA + offsets[i];

			if (vm_type != CORBEL_VM_PV) {
				survives(&machine, kernel_reads, address);
				continue;
			}
			event = act(&machine, *codes[j], address);
			expect_equal(event.vector, VECTOR_PF);
			expect_equal(event.cr2, address);
		}
	guest_destroy(&machine);
}

TEST_EACH(tables_recursive, "a table that points to itself shows its own entries")
{
	const uint64_t slot = 300;
	const uint64_t address = 0xffffULL << 48 | slot << 39 | slot << 30 |
				 slot << 21 | slot << 12;
	struct guest machine;

	machine_create(&machine, vm_type, &kernel_walks, 1);
	*guest_word(&machine, GUEST_PML4 + 8 * slot) = GUEST_PML4 | PTE_KERNEL;
	act(&machine, kernel_reads, address + 8 * slot);
	expect_equal(*machine_word(&machine, 0, CPU_WORDS),
		     GUEST_PML4 | PTE_KERNEL);
	/* It makes itself a mapping of the last page that it has. */
	act(&machine, kernel_writes, address + 8 * 200);
	expect_equal(*guest_word(&machine, GUEST_PML4 + 8 * 200), 0x77);
	guest_destroy(&machine);
}

TEST_EACH(tables_page_nowhere, "a page where there is no memory is a device's")
{
	const struct kvm_regs regs = {
		.rip = AT(kernel_reads), .rsi = MACHINE_USER + PAGE,
	};
	struct guest machine;

	machine_create(&machine, vm_type, &kernel_walks, 1);
	*machine_pte(&machine, 1) = NO_MEMORY | PTE_USER;
	machine_start(&machine, 0, IN_KERNEL, &regs);
	expect_ok(guest_run(&machine, 0));
	expect_equal(machine.vcpus[0].run->exit_reason, KVM_EXIT_MMIO);
	expect_equal(machine.vcpus[0].run->mmio.phys_addr, NO_MEMORY);
	guest_destroy(&machine);
}

TEST_EACH(tables_nowhere, "tables where there is no memory, at any level, are a fault or the guest's end")
{
	static const uint64_t entries[] = {
		GUEST_PML4, GUEST_PDPT + 8, MACHINE_PD_USER,
	};
	struct machine_event *event;
	struct guest machine;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(entries); i++) {
		machine_create(&machine, vm_type, &kernel_walks, 1);
		/* The first holds the kernel as well: it runs in another. */
		if (i == 0)
			*guest_word(&machine, GUEST_PML4 + 8) = NO_MEMORY |
								PTE_USER;
		else
			*guest_word(&machine, entries[i]) = NO_MEMORY |
							    PTE_USER;
		if (survives(&machine, kernel_reads, i ? MACHINE_USER :
			     1ULL << 39)) {
			event = (void *)machine_word(&machine, 0, CPU_EVENT);
			expect_equal(event->vector, VECTOR_PF);
		}
		guest_destroy(&machine);
	}
}

TEST_EACH(tables_cr3_nowhere, "CR3 with no memory behind it ends the guest")
{
	static const uint64_t values[] = {
		NO_MEMORY, 0xffffffffff000, GUEST_SIZE, GUEST_SHIM,
	};
	struct guest machine;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		machine_create(&machine, vm_type, &kernel_walks, 1);
		if (survives(&machine, kernel_loads_cr3, values[i]))
			/* Only a value that is refused. */
			expect_equal(*machine_word(&machine, 0, CPU_EVENT),
				     VECTOR_GP);
		guest_destroy(&machine);
	}
}

TEST_EACH(tables_reserved, "reserved bits of entries are a page fault that says so")
{
	static const struct {
		uint64_t gpa, bits;
	} cases[] = {
		{ MACHINE_PT_USER + 8, 1ULL << 51 },
		{ MACHINE_PD_USER, 1ULL << 51 },
		{ GUEST_PDPT + 8, 1ULL << 51 },
		{ GUEST_PML4 + 8, PTE_PS },
		{ MACHINE_PD_USER, PTE_PS | 1ULL << 13 },
		{ GUEST_PDPT + 8, PTE_PS | 1ULL << 20 },
	};
	struct machine_event event;
	struct guest machine;
	uint64_t address;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		machine_create(&machine, vm_type, &kernel_walks, 1);
		address = MACHINE_USER + PAGE;
		if (cases[i].gpa == GUEST_PML4 + 8) {
			*guest_word(&machine, cases[i].gpa) = GUEST_PDPT |
							      PTE_USER;
			address += 1ULL << 39;
		}
		*guest_word(&machine, cases[i].gpa) |= cases[i].bits;
		event = act(&machine, kernel_writes, address);
		expect_equal(event.vector, VECTOR_PF);
		/* An emulator may forget P. */
		expect_equal(event.error | ERROR_P,
			     ERROR_P | ERROR_W | ERROR_RSVD);
		expect_equal(event.cr2, address);
		guest_destroy(&machine);
	}
}

/* Random entries at all levels */

#define RANDOM_ROUNDS	150
#define RANDOM_PROBES	12
#define RANDOM_SLOT	1

static uint64_t random_entry(int level)
{
	static const uint64_t nowhere[] = {
		NO_MEMORY, 0x7fffffffff000, 1ULL << 51, GUEST_SIZE,
	};
	uint64_t flags = random() & 0x1ff, target;

	flags |= random() % 8 ? PTE_P : 0;
	flags &= random() % 4 ? ~PTE_PS : ~0ULL;
	if (random() % 16 == 0)
		flags |= PTE_NX;
	if (random() % 16 == 0)
		target = nowhere[random() % ARRAY_SIZE(nowhere)];
	else if (level > 1 && !(flags & PTE_PS))
		target = SPARE_TABLES + random() % 5 * PAGE;
	else
		target = GUEST_DATA + random() % 64 * PAGE;
	return target | flags;
}

static void fill_randomly(struct guest *machine)
{
	unsigned int table, i;

	for (table = 0; table < 5; table++)
		for (i = 0; i < 8; i++)
			*guest_word(machine, SPARE_TABLES + table * PAGE +
				    i * 8) = random_entry(table % 4 + 1);
	*guest_word(machine, GUEST_PML4 + 8 * RANDOM_SLOT) = SPARE_TABLES |
							     PTE_USER;
}

/* Any index below 8, at each level, and any offset. */
static uint64_t random_address(void)
{
	return (uint64_t)RANDOM_SLOT << 39 | (random() & 7) << 30 |
	       (random() & 7) << 21 | (random() & 7) << 12 |
	       (random() & 0xff8);
}

TEST_EACH(tables_random, "random tables end in a page fault, a device, or the guest's end")
{
	const uint64_t *codes[] = { &kernel_reads, &kernel_writes,
				    &kernel_invalidates };
	struct guest machine;
	unsigned int i, j;

	test_takes(60);
	srandom(1);
	machine_create(&machine, vm_type, &kernel_walks, 1);
	for (i = 0; i < RANDOM_ROUNDS; i++) {
		fill_randomly(&machine);
		for (j = 0; j < RANDOM_PROBES; j++) {
			if (survives(&machine, *codes[random() % 3],
				     random_address()))
				continue;
			guest_destroy(&machine);
			machine_create(&machine, vm_type, &kernel_walks, 1);
		}
		if (survives(&machine, kernel_visits, SPARE_TABLES))
			continue;
		guest_destroy(&machine);
		machine_create(&machine, vm_type, &kernel_walks, 1);
	}
	guest_destroy(&machine);
}
