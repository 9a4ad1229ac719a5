// SPDX-License-Identifier: GPL-2.0-only
/*
 * Selectors and bases of FS and GS, set by arch_prctl(), by WRFSBASE and
 * WRGSBASE, and by loading selectors, in every order: what is left of them
 * afterwards, and after context switches, signals, fork() and ptrace().
 *
 * The C library finds its TLS by FS, so it is not used in between.
 */
#include <asm/ldt.h>
#include <asm/prctl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/probe.h"

struct segments {
	unsigned long fs, gs, fs_base, gs_base;
};

static long raw(long number, long a, long b)
{
	long result;

	asm volatile("syscall" : "=a" (result)
		     : "0" (number), "D" (a), "S" (b)
		     : "rcx", "r11", "memory");
	return result;
}

static void read_segments(struct segments *now)
{
	asm volatile("movl %%fs, %k0; movl %%gs, %k1; rdfsbase %2; rdgsbase %3"
		     : "=r" (now->fs), "=r" (now->gs), "=r" (now->fs_base),
		       "=r" (now->gs_base));
}

static void take_turns(void)
{
	int i;

	for (i = 0; i < 4; i++)
		raw(SYS_sched_yield, 0, 0);
}

static void nothing(void)
{
}

static void fault(void)
{
	map_at(ARENA + PAGE_BYTES, PAGE_BYTES, PROT_READ | PROT_WRITE);
	*(volatile char *)(ARENA + PAGE_BYTES) = 1;
}

static void take_signal(void)
{
	raw(SYS_kill, raw(SYS_getpid, 0, 0), SIGUSR1);
}

static void fork_and_switch(void)
{
	long pid = raw(SYS_fork, 0, 0);

	if (!pid) {
		take_turns();
		raw(SYS_exit_group, 0, 0);
	}
	take_turns();
	asm volatile("movq $0, %%r10; syscall"
		     : : "a" (SYS_wait4), "D" (pid), "S" (0), "d" (0)
		     : "rcx", "r11", "r10", "memory");
}

static const struct {
	const char *name;
	void (*run)(void);
} events[] = {
	{ "nothing", nothing }, { "switch", take_turns }, { "fault", fault },
	{ "signal", take_signal }, { "fork", fork_and_switch },
};

/* Saves and restores what the C library needs. */
static void try(const char *what, unsigned int selector, unsigned long base,
		bool prctl_first)
{
	struct segments before, set, after;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		read_segments(&before);
		if (prctl_first) {
			raw(SYS_arch_prctl, ARCH_SET_GS, base);
			raw(SYS_arch_prctl, ARCH_SET_FS, base);
		}
		asm volatile("movl %0, %%gs; movl %0, %%fs" : : "r" (selector));
		if (!prctl_first)
			asm volatile("wrgsbase %0; wrfsbase %0" : : "r" (base));
		read_segments(&set);
		events[i].run();
		read_segments(&after);
		asm volatile("movl %0, %%fs; movl %0, %%gs; wrfsbase %1"
			     : : "r" (0), "r" (before.fs_base));
		printf("%s %#x %#lx, %s: fs %#lx %#lx gs %#lx %#lx, then fs %#lx %#lx gs %#lx %#lx\n",
		       what, selector, base, events[i].name, set.fs,
		       set.fs_base, set.gs, set.gs_base, after.fs,
		       after.fs_base, after.gs, after.gs_base);
	}
}

static void add_segment(void)
{
	struct user_desc segment = {
		.entry_number = 0, .base_addr = 0x12340000, .limit = 0xfffff,
		.seg_32bit = 1, .limit_in_pages = 1, .useable = 1,
	};

	must("modify_ldt",
	     syscall(SYS_modify_ldt, 1, &segment, sizeof(segment)));
}

CODE(wrgsbase_noncanonical, "movl $1, %eax; shlq $62, %rax; wrgsbase %rax")
CODE(wrfsbase_noncanonical, "movl $1, %eax; shlq $47, %rax; wrfsbase %rax")
CODE(wrgsbase_kernel, "movq $-0x1000, %rax; wrgsbase %rax; rdgsbase %rcx;"
	"xorl %eax, %eax; wrgsbase %rax")
CODE(read_by_kernel_gs, "movq $0xffffffff81000000, %rax; wrgsbase %rax;"
	"movq %gs:0, %rax")
CODE(read_by_noncanonical, "movq $0x7fffffffffff, %rax; wrgsbase %rax;"
	"movq %gs:1, %rax")

static void bad_bases(void)
{
	static const unsigned long bases[] = {
		0x7fffffffefff, 0x7ffffffff000, 0x800000000000, 1UL << 62,
		0xffff800000000000, 0xffffffffffe00000, -1UL,
	};
	unsigned long base;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bases); i++) {
		printf("ARCH_SET_GS %#lx: %ld, ", bases[i],
		       raw(SYS_arch_prctl, ARCH_SET_GS, bases[i]));
		raw(SYS_arch_prctl, ARCH_GET_GS, (long)&base);
		printf("%#lx\n", base);
	}
	report_attempt("wrgsbase", wrgsbase_noncanonical, NULL);
	report_attempt("wrfsbase", wrfsbase_noncanonical, NULL);
	report_attempt("wrgsbase of a kernel address", wrgsbase_kernel, NULL);
	report_attempt("read by it", read_by_kernel_gs, NULL);
	report_attempt("read at the edge", read_by_noncanonical, NULL);
}

static void be_debugged(void)
{
	struct segments now;

	ptrace(PTRACE_TRACEME, 0, 0, 0);
	asm volatile("wrgsbase %0" : : "r" (0x5678UL));
	raise(SIGSTOP);
	read_segments(&now);
	printf("debuggee: gs %#lx %#lx\n", now.gs, now.gs_base);
	_exit(0);
}

static void by_debugger(unsigned long base, unsigned long selector)
{
	struct user_regs_struct regs;
	pid_t pid;
	int status;

	fflush(stdout);
	pid = must("fork", fork());
	if (!pid)
		be_debugged();
	waitpid(pid, &status, 0);
	ptrace(PTRACE_GETREGS, pid, 0, &regs);
	printf("debugger: gs %#llx %#llx", regs.gs, regs.gs_base);
	regs.gs_base = base;
	regs.gs = selector;
	printf(", set %ld\n", ptrace(PTRACE_SETREGS, pid, 0, &regs));
	ptrace(PTRACE_CONT, pid, 0, 0);
	waitpid(pid, &status, 0);
}

static void ignore(int sig)
{
}

BEHAVIOUR("bases and selectors of FS and GS survive what they survive natively")
{
	static const unsigned int selectors[] = { 0, 1, 3, 0x2b, 0x07 };
	size_t i;

	signal(SIGUSR1, ignore);
	add_segment();
	for (i = 0; i < ARRAY_SIZE(selectors); i++) {
		try("arch_prctl, load", selectors[i], 0x123456789000, true);
		try("load, wrbase", selectors[i], 0x123456789000, false);
		try("load, wrbase", selectors[i], 0xffffffff81000000, false);
	}
	bad_bases();
	by_debugger(0x9abc, 0);
	by_debugger(0x9abc, 7);
	by_debugger(0x800000000000, 0);
	by_debugger(0, 0x2b);
}
