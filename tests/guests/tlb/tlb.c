// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translations: a change of the page tables shows once it is flushed, whatever
 * flushed it, and rights, Accessed and Dirty are as the architecture says.  The
 * guest's code is that of tables/.
 */
#include <string.h>
#include <sys/ioctl.h>

#include <corbel/hypercall.h>

#include "machine.h"

extern const struct guest_code kernel_walks, program_tries, kernel_shoots;
extern const uint64_t kernel_reads, kernel_writes, kernel_jumps;
extern const uint64_t kernel_invalidates, kernel_loads_cr3, kernel_loads_cr4;
extern const uint64_t kernel_loads_cr0, kernel_calls;
extern const uint64_t program_reads, program_writes, program_jumps;
extern const uint64_t kernel_watches_page, kernel_sends;

#define PAGE_A		0x1a0000	/* gpa of two pages with a word each */
#define PAGE_B		0x1a1000
#define WORD_A		0xaaaa
#define WORD_B		0xbbbb
#define SPARE		0x1b0000	/* gpa of tables */

#define CR0_WP		0x10000
#define CR0		0x80040033
#define CR4		0x20
#define CR4_PGE		0x80
#define CR4_PCIDE	0x20000
#define CR3_KEEP	(1ULL << 63)

#define TEST_PAGE	1		/* of the user range */
#define TEST_ADDRESS	(MACHINE_USER + TEST_PAGE * PAGE)

static void create(struct guest *machine)
{
	machine_create(machine, vm_type, &kernel_walks, 1);
	machine_load_user(machine, &program_tries);
	*guest_word(machine, PAGE_A) = WORD_A;
	*guest_word(machine, PAGE_B) = WORD_B;
	*machine_pte(machine, TEST_PAGE) = PAGE_A | PTE_USER;
}

static struct machine_event act(struct guest *machine, uint64_t code,
				uint64_t address)
{
	return machine_call(machine, IN_KERNEL, AT(code), address);
}

static void must(struct guest *machine, uint64_t code, uint64_t address)
{
	expect_equal(act(machine, code, address).vector, EVENT_NONE);
}

static uint64_t read_word(struct guest *machine, uint64_t address)
{
	must(machine, kernel_reads, address);
	return *machine_word(machine, 0, CPU_WORDS);
}

static void hypercall(struct guest *machine, uint64_t number, uint64_t argument)
{
	const struct kvm_regs regs = {
		.rip = AT(kernel_calls), .rsi = number, .r8 = argument,
	};

	machine_start(machine, 0, IN_KERNEL, &regs);
	machine_run(machine, 0);
	expect_equal(*machine_word(machine, 0, CPU_WORDS), 0);
}

/* Ways to flush a page that is not global */

static void by_page(struct guest *machine)
{
	must(machine, kernel_invalidates, TEST_ADDRESS + 0x123);
}

static void by_cr3(struct guest *machine)
{
	must(machine, kernel_loads_cr3, GUEST_PML4);
}

static void by_pge(struct guest *machine)
{
	must(machine, kernel_loads_cr4, CR4 | CR4_PGE);
	must(machine, kernel_loads_cr4, CR4);
}

static void by_call_page(struct guest *machine)
{
	hypercall(machine, CORBEL_HC_FLUSH_PAGE, TEST_ADDRESS);
}

static void by_call_user(struct guest *machine)
{
	hypercall(machine, CORBEL_HC_FLUSH_USER, 0);
}

static void by_call_all(struct guest *machine)
{
	hypercall(machine, CORBEL_HC_FLUSH_ALL, 0);
}

static void by_call_cr3(struct guest *machine)
{
	hypercall(machine, CORBEL_HC_LOAD_CR3, GUEST_PML4);
}

typedef void flush(struct guest *machine);

static flush *const flushes[] = {
	by_page, by_cr3, by_pge, by_call_page, by_call_user, by_call_all,
	by_call_cr3,
};

static unsigned int nr_flushes(void)
{
	return vm_type == CORBEL_VM_PV ? ARRAY_SIZE(flushes) : 3;
}

TEST_EACH(tlb_remap, "another page shows after each kind of flush")
{
	struct guest machine;
	unsigned int i;

	create(&machine);
	for (i = 0; i < nr_flushes(); i++) {
		*machine_pte(&machine, TEST_PAGE) = PAGE_A | PTE_USER;
		flushes[i](&machine);
		expect_equal(read_word(&machine, TEST_ADDRESS), WORD_A);
		*machine_pte(&machine, TEST_PAGE) = PAGE_B | PTE_USER;
		flushes[i](&machine);
		expect_equal(read_word(&machine, TEST_ADDRESS), WORD_B);
		*machine_pte(&machine, TEST_PAGE) = 0;
		flushes[i](&machine);
		expect_equal(act(&machine, kernel_reads, TEST_ADDRESS).vector,
			     VECTOR_PF);
	}
	guest_destroy(&machine);
}

TEST_EACH(tlb_table, "another table shows after each kind of flush")
{
	struct guest machine;
	unsigned int i;

	create(&machine);
	*guest_word(&machine, SPARE + 8 * TEST_PAGE) = PAGE_B | PTE_USER;
	for (i = 0; i < nr_flushes(); i++) {
		*guest_word(&machine, MACHINE_PD_USER) = MACHINE_PT_USER |
							 PTE_USER;
		flushes[i](&machine);
		expect_equal(read_word(&machine, TEST_ADDRESS), WORD_A);
		*guest_word(&machine, MACHINE_PD_USER) = SPARE | PTE_USER;
		flushes[i](&machine);
		expect_equal(read_word(&machine, TEST_ADDRESS), WORD_B);
	}
	guest_destroy(&machine);
}

/* A page that is not there is not in a TLB: no flush. */
TEST_EACH(tlb_absent, "a page that was absent shows without a flush")
{
	struct guest machine;

	create(&machine);
	*machine_pte(&machine, TEST_PAGE) = 0;
	by_page(&machine);
	expect_equal(act(&machine, kernel_reads, TEST_ADDRESS).vector,
		     VECTOR_PF);
	*machine_pte(&machine, TEST_PAGE) = PAGE_B | PTE_USER;
	expect_equal(read_word(&machine, TEST_ADDRESS), WORD_B);
	guest_destroy(&machine);
}

/* A second address space, like the first but for the page. */
static void make_second_space(struct guest *machine)
{
	memcpy(machine->memory + SPARE, machine->memory + GUEST_PML4, PAGE);
	memcpy(machine->memory + SPARE + PAGE, machine->memory + GUEST_PDPT,
	       PAGE);
	memcpy(machine->memory + SPARE + 2 * PAGE,
	       machine->memory + MACHINE_PD_USER, PAGE);
	memcpy(machine->memory + SPARE + 3 * PAGE,
	       machine->memory + MACHINE_PT_USER, PAGE);
	*guest_word(machine, SPARE) = (SPARE + PAGE) | PTE_USER;
	*guest_word(machine, SPARE + PAGE + 8) = (SPARE + 2 * PAGE) | PTE_USER;
	*guest_word(machine, SPARE + 2 * PAGE) = (SPARE + 3 * PAGE) | PTE_USER;
	*guest_word(machine, SPARE + 3 * PAGE + 8 * TEST_PAGE) = PAGE_B |
								 PTE_USER;
}

TEST_EACH(tlb_pcid, "CR3 with bit 63 goes to another space, and without it forgets that space")
{
	struct guest machine;
	struct machine_event event;
	int i;

	create(&machine);
	make_second_space(&machine);
	event = act(&machine, kernel_loads_cr4, CR4 | CR4_PCIDE);
	if (event.vector == VECTOR_GP)
		return;		/* The CPU has none. */
	for (i = 0; i < 20; i++) {
		must(&machine, kernel_loads_cr3, CR3_KEEP | SPARE | 2);
		expect_equal(read_word(&machine, TEST_ADDRESS), WORD_B);
		must(&machine, kernel_loads_cr3, CR3_KEEP | GUEST_PML4 | 1);
		expect_equal(read_word(&machine, TEST_ADDRESS), WORD_A);
	}
	/* The other space changes; its next load, without the bit, shows it. */
	*guest_word(&machine, SPARE + 3 * PAGE + 8 * TEST_PAGE) = PAGE_A |
								  PTE_USER;
	must(&machine, kernel_loads_cr3, SPARE | 2);
	expect_equal(read_word(&machine, TEST_ADDRESS), WORD_A);
	/* INVLPG is for the space it is executed in. */
	*guest_word(&machine, SPARE + 3 * PAGE + 8 * TEST_PAGE) = PAGE_B |
								  PTE_USER;
	by_page(&machine);
	expect_equal(read_word(&machine, TEST_ADDRESS), WORD_B);
	/* Another root under the same PCID and with the bit is not that space. */
	if (vm_type == CORBEL_VM_PV) {
		must(&machine, kernel_loads_cr3, CR3_KEEP | GUEST_PML4 | 2);
		expect_equal(read_word(&machine, TEST_ADDRESS), WORD_A);
	}
	guest_destroy(&machine);
}

TEST_EACH(tlb_large, "INVLPG anywhere in a page of 2 MiB or 1 GiB drops all of it")
{
	/* The entry, and the two pages it can show at the same address */
	static const struct {
		uint64_t gpa, size;
	} pages[] = {
		{ MACHINE_PD_USER + 8 * 3, 0x200000 },
		{ GUEST_PDPT + 8 * 2, 0x40000000 },
	};
	struct guest machine;
	unsigned int i;

	create(&machine);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		uint64_t base = i ? 2 * pages[1].size :
				    MACHINE_USER + 3 * pages[0].size;
		uint64_t tables = SPARE + i * PAGE, address;

		/* First the large page, then small ones in its place. */
		*guest_word(&machine, pages[i].gpa) = PTE_PS | PTE_USER;
		for (address = 0; address < 0x200000; address += 0x40000)
			read_word(&machine, base + address);
		expect_equal(read_word(&machine, base + PAGE_A), WORD_A);
		*guest_word(&machine, pages[i].gpa) = tables | PTE_USER;
		if (i)
			*guest_word(&machine, tables) = (SPARE + 2 * PAGE) |
							PTE_USER;
		*guest_word(&machine, SPARE + 2 * i * PAGE +
			    8 * (PAGE_A / PAGE)) = PAGE_B | PTE_USER;
		must(&machine, kernel_invalidates, base + pages[i].size - 1);
		expect_equal(read_word(&machine, base + PAGE_A), WORD_B);
		/* And back. */
		*guest_word(&machine, pages[i].gpa) = PTE_PS | PTE_USER;
		must(&machine, kernel_invalidates, base + PAGE_A);
		expect_equal(read_word(&machine, base + PAGE_A), WORD_A);
	}
	guest_destroy(&machine);
}

TEST_EACH(tlb_global, "a global page that has changed shows after INVLPG and after PGE toggles")
{
	struct guest machine;

	create(&machine);
	must(&machine, kernel_loads_cr4, CR4 | CR4_PGE);
	*machine_pte(&machine, TEST_PAGE) = PAGE_A | PTE_USER | PTE_G;
	by_page(&machine);
	expect_equal(read_word(&machine, TEST_ADDRESS), WORD_A);
	*machine_pte(&machine, TEST_PAGE) = PAGE_B | PTE_USER | PTE_G;
	by_page(&machine);
	expect_equal(read_word(&machine, TEST_ADDRESS), WORD_B);
	*machine_pte(&machine, TEST_PAGE) = PAGE_A | PTE_USER;
	by_pge(&machine);
	expect_equal(read_word(&machine, TEST_ADDRESS), WORD_A);
	guest_destroy(&machine);
}

/* Rights: what the entry says, and the error codes of who may not. */

struct right {
	uint64_t pte;		/* without P and page */
	int kernel[3], user[3];	/* reads, writes, jumps: error code or -1 */
};

#define OK (-1)

static const struct right rights[] = {
	{ PTE_U | PTE_W | PTE_NX, { OK, OK, 0x11 }, { OK, OK, 0x15 } },
	{ PTE_U | PTE_W, { OK, OK, OK }, { OK, OK, OK } },
	{ PTE_U, { OK, 3, OK }, { OK, 7, OK } },
	{ PTE_W, { OK, OK, OK }, { 5, 7, 0x15 } },
	{ PTE_NX, { OK, 3, 0x11 }, { 5, 7, 0x15 } },
	{ PTE_U | PTE_NX, { OK, 3, 0x11 }, { OK, 7, 0x15 } },
};

static void expect_right(const struct right *right, const char *who,
			 unsigned int access, int error,
			 const struct machine_event *event)
{
	static const char *const verbs[] = { "reads", "writes", "jumps" };

	if (event->vector != VECTOR_PF && error == OK)
		return;
	if (event->vector == VECTOR_PF && event->error == (uint64_t)error &&
	    event->cr2 == TEST_ADDRESS)
		return;
	fail("%s %s with pte bits %#lx: vector %lu error %#lx, not %#x",
	     who, verbs[access], right->pte, event->vector, event->error,
	     error);
}

TEST_EACH(tlb_rights, "W, U and NX of a page are for kernel and user what they should be")
{
	const uint64_t *kernel[] = { &kernel_reads, &kernel_writes,
				     &kernel_jumps };
	const uint64_t *user[] = { &program_reads, &program_writes,
				   &program_jumps };
	struct machine_event event;
	struct guest machine;
	unsigned int i, j;

	create(&machine);
	must(&machine, kernel_loads_cr0, CR0 | CR0_WP);
	/* UD2, for what jumps there. */
	memcpy(machine.memory + PAGE_A, "\x0f\x0b", 2);
	for (i = 0; i < ARRAY_SIZE(rights); i++)
		for (j = 0; j < 3; j++) {
			uint64_t pte = PAGE_A | PTE_P | rights[i].pte;

			*machine_pte(&machine, TEST_PAGE) = pte;
			by_page(&machine);
			event = act(&machine, *kernel[j], TEST_ADDRESS);
			expect_right(&rights[i], "the kernel", j,
				     rights[i].kernel[j], &event);
			event = machine_call(&machine, IN_USER,
					     MACHINE_USER + *user[j],
					     TEST_ADDRESS);
			expect_right(&rights[i], "a program", j,
				     rights[i].user[j], &event);
			memcpy(machine.memory + PAGE_A, "\x0f\x0b", 2);
		}
	guest_destroy(&machine);
}

TEST_EACH(tlb_accessed_dirty, "Accessed and Dirty are set by who reads and writes, at each level")
{
	struct guest machine;
	volatile uint64_t *pte;
	int user;

	create(&machine);
	pte = machine_pte(&machine, TEST_PAGE);
	for (user = 0; user < 2; user++) {
		enum machine_mode mode = user ? IN_USER : IN_KERNEL;
		uint64_t reads = user ? MACHINE_USER + program_reads :
					AT(kernel_reads);
		uint64_t writes = user ? MACHINE_USER + program_writes :
					 AT(kernel_writes);

		*pte = PAGE_A | PTE_P | PTE_W | PTE_U;
		*guest_word(&machine, MACHINE_PD_USER) &= ~PTE_A;
		by_page(&machine);
		machine_call(&machine, mode, reads, TEST_ADDRESS);
		expect_equal(*pte & (PTE_A | PTE_D), PTE_A);
		expect(*guest_word(&machine, MACHINE_PD_USER) & PTE_A);
		machine_call(&machine, mode, writes, TEST_ADDRESS);
		expect_equal(*pte & (PTE_A | PTE_D), PTE_A | PTE_D);
		/* The guest's own reset shows again after a flush. */
		*pte &= ~(PTE_A | PTE_D);
		by_page(&machine);
		machine_call(&machine, mode, writes, TEST_ADDRESS);
		expect_equal(*pte & (PTE_A | PTE_D), PTE_A | PTE_D);
	}
	guest_destroy(&machine);
}

/* The other CPU flushes its own, when an interrupt asks for it. */
TEST_EACH(tlb_shootdown, "after a shootdown by IPI the other vCPU sees the new page, and only that")
{
	const struct kvm_regs watcher = { .rip = AT(kernel_watches_page),
					  .rsi = TEST_ADDRESS };
	const struct kvm_regs sender = { .rip = AT(kernel_sends) };
	struct machine_thread thread;
	struct guest machine;
	int i;

	machine_create(&machine, vm_type, &kernel_shoots, 2);
	*guest_word(&machine, PAGE_A) = WORD_A;
	*guest_word(&machine, PAGE_B) = WORD_B;
	*machine_pte(&machine, TEST_PAGE) = PAGE_A | PTE_USER;
	machine_start(&machine, 1, IN_KERNEL, &watcher);
	machine_thread_start(&thread, &machine, 1);
	for (i = 0; i < 100; i++) {
		*machine_pte(&machine, TEST_PAGE) = (i & 1 ? PAGE_A : PAGE_B) |
						    PTE_USER;
		machine_start(&machine, 0, IN_KERNEL, &sender);
		expect_equal(machine_run(&machine, 0).vector, EVENT_NONE);
		expect_equal(*machine_word(&machine, 0, CPU_WORDS),
			     i & 1 ? WORD_A : WORD_B);
	}
	machine_thread_stop(&thread);
	guest_destroy(&machine);
}
