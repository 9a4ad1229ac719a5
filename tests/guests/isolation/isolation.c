// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is not a program's it can't reach.  In pv all of a guest runs in ring 3
 * and the switcher is mapped in every root, so what keeps a program off is
 * which root it runs on, and the user bit of the switcher's pages.  Each
 * attempt must fault as the architecture says for the guest's own page tables,
 * which know nothing of shim, switcher and host.
 */
#include <stdio.h>
#include <string.h>

#include "machine.h"

extern const struct guest_code program_tries;
extern const uint64_t program_reads, program_writes, program_jumps;
extern const uint64_t program_pushes, program_adds;

/* What is there, in the guest's own tables */
enum kind { NOTHING, KERNEL, NOT_CANONICAL };

struct place {
	uint64_t address;
	enum kind kind;
};

static const struct place places[] = {
	/* The guest kernel: code, page tables, interrupt table, stacks */
	{ GUEST_CODE, KERNEL }, { GUEST_PML4, KERNEL },
	{ MACHINE_IDT(0), KERNEL }, { GUEST_STACKS, KERNEL },
	{ MACHINE_HIGH + GUEST_CODE, KERNEL },
	{ MACHINE_HIGH + GUEST_SHIM, KERNEL },
	{ MACHINE_DIRECT + GUEST_CODE, KERNEL },
	{ MACHINE_DIRECT + GUEST_PAGES, KERNEL },
	/* The shim and the page shared with the host */
	{ CORBEL_SHIM_VA, NOTHING }, { GUEST_IRET, NOTHING },
	{ CORBEL_VCPU_PAGE_VA, NOTHING }, { CORBEL_VCPU_PAGE_VA + 8, NOTHING },
	{ CORBEL_VCPU_PAGE_VA + 0xff0, NOTHING },
	/* The switcher: all pages of two slices, the ladder, both ends */
	{ CORBEL_HOLE_VA, NOTHING }, { CORBEL_HOLE_VA + 0x1000, NOTHING },
	{ CORBEL_HOLE_VA + 0x2000, NOTHING },
	{ CORBEL_HOLE_VA + 0x3000, NOTHING },
	{ CORBEL_HOLE_VA + 0x4000, NOTHING },
	{ CORBEL_HOLE_VA + 0x5000, NOTHING },
	{ CORBEL_HOLE_VA + 0x6000, NOTHING },
	{ CORBEL_HOLE_VA + 0x10000, NOTHING },
	{ CORBEL_HOLE_VA + 0x200000, NOTHING },
	{ CORBEL_HOLE_VA + 0x202000, NOTHING },
	{ CORBEL_HOLE_VA + 0x4000000000, NOTHING },
	{ CORBEL_HOLE_VA + 0x4000000100, NOTHING },
	{ CORBEL_HOLE_VA + CORBEL_HOLE_SIZE - 0x1000, NOTHING },
	{ CORBEL_HOLE_VA + CORBEL_HOLE_SIZE, NOTHING },
	/* Where a host has its memory, its stacks, its text and modules */
	{ 0xffff8880c0000000, NOTHING }, { 0xffffc90000000000, NOTHING },
	{ 0xfffffe0000000000, NOTHING }, { 0xfffffe0000001000, NOTHING },
	{ 0xffffffffc0000000, NOTHING }, { 0xffffffffff5fb000, NOTHING },
	{ 0xffffffffff600000, NOTHING }, { 0xfffffffffffff000, NOTHING },
	/* Beyond 48 bits; a host with five levels has its switcher there */
	{ 0x0000800000000000, NOT_CANONICAL },
	{ 0xffff7fffffffff00, NOT_CANONICAL },
	{ 0xff00000000000000, NOT_CANONICAL },
	{ 0xff00000000002000, NOT_CANONICAL },
	{ 0xff11000000000000, NOT_CANONICAL },
	{ 0x0100000000000000, NOT_CANONICAL },
};

struct attempt {
	const char *verb;
	const uint64_t *code;
	uint32_t error;		/* of its page fault, beyond P */
	bool stack;		/* #SS if the address is not canonical */
};

static const struct attempt attempts[] = {
	{ "reads", &program_reads, ERROR_U, false },
	{ "writes", &program_writes, ERROR_U | ERROR_W, false },
	{ "jumps to", &program_jumps, ERROR_U | ERROR_I, false },
	{ "pushes to", &program_pushes, ERROR_U | ERROR_W, true },
	{ "adds to", &program_adds, ERROR_U | ERROR_W, false },
};

static void judge(const struct place *place, const struct attempt *attempt,
		  const struct machine_event *event)
{
	struct machine_event want = { .vector = VECTOR_PF };

	if (place->kind == NOT_CANONICAL) {
		want.vector = VECTOR_GP;
		/* An emulator may not know the difference. */
		if (attempt->stack && event->vector == VECTOR_SS)
			want.vector = VECTOR_SS;
	} else {
		want.error = attempt->error;
		if (place->kind == KERNEL)
			want.error |= ERROR_P;
		want.cr2 = place->address;
	}
	if (event->vector != want.vector || event->error != want.error ||
	    (want.cr2 && event->cr2 != want.cr2))
		fail("a program %s %#lx: vector %lu error %#lx cr2 %#lx, not vector %lu error %#lx",
		     attempt->verb, place->address, event->vector,
		     event->error, event->cr2, want.vector, want.error);
	expect_equal(event->cs, USER_CS);
}

static void try_all(struct guest *machine)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		for (j = 0; j < ARRAY_SIZE(attempts); j++) {
			struct machine_event event;

			event = machine_call(machine, IN_USER, MACHINE_USER +
					     *attempts[j].code,
					     places[i].address);
			judge(&places[i], &attempts[j], &event);
		}
}

TEST_EACH(isolation, "a program's attempts at kernel, shim, switcher and host fault as on hardware")
{
	struct guest machine;

	machine_create(&machine, vm_type, NULL, 1);
	machine_load_user(&machine, &program_tries);
	try_all(&machine);
	guest_destroy(&machine);
}

/* A second vCPU has a slice in the hole, and a second VM the next two. */
TEST_EACH(isolation_others, "nor do they get elsewhere with more vCPUs and VMs about")
{
	struct guest machines[2];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		machine_create(&machines[i], vm_type, NULL, 2);
		machine_load_user(&machines[i], &program_tries);
	}
	for (i = 0; i < 2; i++)
		try_all(&machines[i]);
	for (i = 0; i < 2; i++)
		guest_destroy(&machines[i]);
}

/* Where this kernel has things, whatever its layout. */
TEST_EACH(isolation_host, "a program does not reach the host's kernel where it really is")
{
	struct place place = { .kind = NOTHING };
	FILE *file = fopen("/proc/kallsyms", "r");
	struct guest machine;
	char name[128];
	unsigned int n = 0, i;

	expect(file);
	machine_create(&machine, vm_type, NULL, 1);
	machine_load_user(&machine, &program_tries);
	while (fscanf(file, "%lx %*c %127s%*[^\n]", &place.address, name) == 2) {
		if (place.address < CORBEL_HOLE_VA || n++ % 997)
			continue;
		/* What looks like an alias of the machine's own memory. */
		if (place.address - MACHINE_HIGH < 1 << 30)
			place.kind = KERNEL;
		else
			place.kind = NOTHING;
		for (i = 0; i < 3; i++) {
			struct machine_event event;

			event = machine_call(&machine, IN_USER, MACHINE_USER +
					     *attempts[i].code, place.address);
			judge(&place, &attempts[i], &event);
		}
	}
	expect(n > 1000);
	fclose(file);
	guest_destroy(&machine);
}
