// SPDX-License-Identifier: GPL-2.0-only
/*
 * Returns from a signal handler to odd places: with segments, addresses and
 * flags that the kernel must mend, refuse, or that IRET refuses.  The handler
 * changes one thing in the context; the program then is where it was (and shows
 * its flags and selectors) or gets a signal.
 */
#include <asm/ldt.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/probe.h"

/* What to change; -1 leaves it as it is. */
struct change {
	long cs, ss, ip, sp, set, clear;
};

static const struct change *change;

/* Where code goes on after the handler, and what it finds. */
unsigned long seen_flags, seen_cs, seen_ss;

#ifdef __x86_64__
CODE(raise_and_look, "ud2\n"
	"pushfq; popq seen_flags; pushq $0x202; popfq\n"
	"movl %cs, %eax; movl %eax, seen_cs; movl %ss, %eax;"
	"movl %eax, seen_ss")
#else
CODE(raise_and_look, "ud2\n"
	"pushfl; popl %ss:seen_flags; pushl $0x202; popfl\n"
	"movl %cs, %eax; movl %eax, %ss:seen_cs; movl %ss, %eax;"
	"movl %eax, %ss:seen_ss")
#endif

static bool modify(int sig, siginfo_t *info, ucontext_t *uc)
{
	greg_t *regs = uc->uc_mcontext.gregs;

	if (!change || sig != SIGILL)
		return false;
	regs[REG_IP] += 2;
	if (change->ip != -1)
		regs[REG_IP] = change->ip;
	if (change->sp != -1)
		regs[REG_SP] = change->sp;
	regs[REG_EFL] = (regs[REG_EFL] | change->set) & ~change->clear;
#ifdef __x86_64__
	if (change->cs != -1)
		regs[REG_CSGSFS] = (regs[REG_CSGSFS] & ~0xffffLL) | change->cs;
	if (change->ss != -1)
		regs[REG_CSGSFS] = (regs[REG_CSGSFS] & ~(0xffffLL << 48)) |
				   (long long)change->ss << 48;
#else
	if (change->cs != -1)
		regs[REG_CS] = change->cs;
	if (change->ss != -1)
		regs[REG_SS] = change->ss;
#endif
	change = NULL;
	return true;
}

static void try(const char *what, const struct change *wanted)
{
	struct fault fault;

	change = wanted;
	seen_flags = 0;
	seen_cs = 0;
	seen_ss = 0;
	fault = attempt(raise_and_look, NULL);
	report(what, &fault);
	if (!fault.sig)
		printf("  flags %#lx cs %#lx ss %#lx\n", seen_flags, seen_cs,
		       seen_ss);
	else
		printf("  sp %#lx\n",
		       (unsigned long)fault_reg(&fault, REG_SP));
}

static void flags(void)
{
	static const struct {
		const char *name;
		long set, clear;
	} cases[] = {
		{ "set CF..OF", 0xcd5, 0 }, { "set TF", 0x100, 0 },
		{ "clear IF", 0, 0x200 }, { "set DF", 0x400, 0 },
		{ "set IOPL", 0x3000, 0 }, { "set NT", 0x4000, 0 },
		{ "set RF", 0x10000, 0 }, { "set VM", 0x20000, 0 },
		{ "set AC", 0x40000, 0 }, { "set VIF", 0x80000, 0 },
		{ "set VIP", 0x100000, 0 }, { "set ID", 0x200000, 0 },
		{ "clear bit 1", 0, 2 }, { "set all", 0x7fffffff, 0 },
		{ "set all but TF", 0x7ffffeff, 0 },
		{ "clear all", 0, 0x7fffffff },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		try(cases[i].name, &(struct change){
			-1, -1, -1, -1, cases[i].set, cases[i].clear,
		});
}

static void addresses(void)
{
	/* Not where the stack has been: what it holds is not always the same. */
	static const long places[] = {
		0, 0x1000, 0x7fffe000, 0x7ffff000,
#ifdef __x86_64__
		0x7ffffff00000, 0x7ffffffff000, 0x800000000000,
		0x100000000000000, 0x7fffffffffffffff, -0x800000000000,
		-0x7fffffffffff, -0x600000000000, -0x200000, -0x1000, -8,
#else
		0xbffff000, 0xc0000000, 0xffffe000, 0xfffff000, 0xfffffffe,
#endif
	};
	char what[32];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(what, sizeof(what), "ip %#lx", places[i]);
		try(what, &(struct change){ -1, -1, places[i], -1, 0, 0 });
		snprintf(what, sizeof(what), "sp %#lx", places[i]);
		try(what, &(struct change){ -1, -1, -1, places[i], 0, 0 });
	}
}

static void add_segment(int entry, int contents, bool is_32, bool read_only,
			bool not_present)
{
	struct user_desc segment = {
		.entry_number = entry, .limit = 0xfffff, .seg_32bit = is_32,
		.contents = contents, .read_exec_only = read_only,
		.limit_in_pages = 1, .seg_not_present = not_present,
		.useable = 1,
	};

	must("modify_ldt",
	     syscall(SYS_modify_ldt, 1, &segment, sizeof(segment)));
}

/*
 * Code segments other than the usual ones would run code of another width, so
 * they go where nothing is.
 */
static void selectors(void)
{
	static const int cs[] = {
		0, 3, 8, 0xb, 0x10, 0x13, 0x18, 0x1b, 0x20, 0x23, 0x28, 0x2b,
		0x30, 0x33, 0x40, 0x43, 0x63, 0x7b, 0x83, 0xfb, 0xfffb,
		0x04, 0x07, 0x0f, 0x17, 0x1f, 0x27, 0x2f,
	};
	char what[32];
	size_t i;

	add_segment(0, MODIFY_LDT_CONTENTS_CODE, true, false, false);
	add_segment(1, MODIFY_LDT_CONTENTS_DATA, true, false, false);
	add_segment(2, MODIFY_LDT_CONTENTS_CODE, true, false, true);
	add_segment(3, MODIFY_LDT_CONTENTS_DATA, true, false, true);
	add_segment(4, MODIFY_LDT_CONTENTS_DATA, true, true, false);

	for (i = 0; i < ARRAY_SIZE(cs); i++) {
		snprintf(what, sizeof(what), "ss %#x", cs[i]);
		try(what, &(struct change){ -1, cs[i], -1, -1, 0, 0 });
		snprintf(what, sizeof(what), "cs %#x", cs[i]);
		try(what, &(struct change){ cs[i], -1, 0x1000, -1, 0, 0 });
		snprintf(what, sizeof(what), "cs %#x, ss 0", cs[i]);
		try(what, &(struct change){ cs[i], 0, 0x1000, -1, 0, 0 });
	}
}

BEHAVIOUR("sigreturn with odd segments, addresses and flags ends as natively")
{
	attempt_hook = modify;
	flags();
	addresses();
	selectors();
}
