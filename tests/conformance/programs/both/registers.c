// SPDX-License-Identifier: GPL-2.0-only
/*
 * All registers over system calls of each kind, faults, and the interrupts and
 * preemptions that a busy loop meets.
 */
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/probe.h"

#ifdef __x86_64__
#define N_REGS		16
static const char *const names[N_REGS] = {
	"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8", "r9", "r10",
	"r11", "r12", "r13", "r14", "r15", "flags",
};
#else
#define N_REGS		8
static const char *const names[N_REGS] = {
	"eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "flags",
};
#endif

#define PATTERN		0x0123456789abcdefULL

/* Before and after, in the order of names; written by the code below. */
unsigned long registers_in[N_REGS], registers_out[N_REGS];

/*
 * Load all registers, do @instruction, and store them.  What the label lies on
 * is shown relative to it.
 */
#ifdef __x86_64__
#define AROUND(name, instruction)					\
	extern char name##_next[];					\
	CODE(name,							\
	     "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"\
	     "pushq registers_in+120; popfq\n"				\
	     "mov registers_in, %rax; mov registers_in+8, %rbx\n"	\
	     "mov registers_in+16, %rcx; mov registers_in+24, %rdx\n"	\
	     "mov registers_in+32, %rsi; mov registers_in+40, %rdi\n"	\
	     "mov registers_in+48, %rbp; mov registers_in+56, %r8\n"	\
	     "mov registers_in+64, %r9; mov registers_in+72, %r10\n"	\
	     "mov registers_in+80, %r11; mov registers_in+88, %r12\n"	\
	     "mov registers_in+96, %r13; mov registers_in+104, %r14\n"	\
	     "mov registers_in+112, %r15\n"				\
	     instruction "\n"						\
	     #name "_next:\n"						\
	     "mov %rax, registers_out; mov %rbx, registers_out+8\n"	\
	     "mov %rcx, registers_out+16; mov %rdx, registers_out+24\n"	\
	     "mov %rsi, registers_out+32; mov %rdi, registers_out+40\n"	\
	     "mov %rbp, registers_out+48; mov %r8, registers_out+56\n"	\
	     "mov %r9, registers_out+64; mov %r10, registers_out+72\n"	\
	     "mov %r11, registers_out+80; mov %r12, registers_out+88\n"	\
	     "mov %r13, registers_out+96; mov %r14, registers_out+104\n"	\
	     "mov %r15, registers_out+112\n"				\
	     "pushfq; popq registers_out+120\n"				\
	     "pushq $0x202; popfq\n"					\
	     "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx")
#else
#define AROUND(name, instruction)					\
	extern char name##_next[];					\
	CODE(name,							\
	     "push %ebx; push %ebp; push %esi; push %edi\n"		\
	     "pushl registers_in+28; popfl\n"				\
	     "mov registers_in, %eax; mov registers_in+4, %ebx\n"	\
	     "mov registers_in+8, %ecx; mov registers_in+12, %edx\n"	\
	     "mov registers_in+16, %esi; mov registers_in+20, %edi\n"	\
	     "mov registers_in+24, %ebp\n"				\
	     instruction "\n"						\
	     #name "_next:\n"						\
	     "mov %eax, registers_out; mov %ebx, registers_out+4\n"	\
	     "mov %ecx, registers_out+8; mov %edx, registers_out+12\n"	\
	     "mov %esi, registers_out+16; mov %edi, registers_out+20\n"	\
	     "mov %ebp, registers_out+24\n"				\
	     "pushfl; popl registers_out+28\n"				\
	     "pushl $0x202; popfl\n"					\
	     "pop %edi; pop %esi; pop %ebp; pop %ebx")
#endif

AROUND(int80, "int $0x80")
AROUND(busy, "1: testb $1, registers_stop; jz 1b")
AROUND(read_fault, "testl %eax, 0x10000000")
AROUND(write_fault, "movl %edx, 0x10000000")
#ifdef __x86_64__
AROUND(system_call, "syscall")
#endif

unsigned char registers_stop;

static void fill(unsigned long ax, unsigned long flags)
{
	int i;

	for (i = 0; i < N_REGS; i++)
		registers_in[i] = (unsigned long)PATTERN *
				  (2 * i + 1);
	registers_in[0] = ax;
	registers_in[N_REGS - 1] = flags;
}

static void show(const char *what, const char *next)
{
	int i;

	printf("%s:", what);
	for (i = 0; i < N_REGS; i++) {
		if (registers_out[i] == registers_in[i])
			continue;
		if (registers_out[i] == (unsigned long)next)
			printf(" %s next instruction", names[i]);
		else
			printf(" %s %#lx", names[i], registers_out[i]);
	}
	printf("\n");
}

static void around(const char *what, void (*code)(void *arg), const char *next)
{
	struct fault fault = attempt(code, NULL);

	if (fault.sig)
		report(what, &fault);
	else
		show(what, next);
}

static const struct {
	const char *name;
	unsigned long flags;
} flags[] = {
	{ "no flags", 0x202 },
	{ "CF", 0x203 }, { "PF", 0x206 }, { "AF", 0x212 }, { "ZF", 0x242 },
	{ "SF", 0x282 }, { "DF", 0x602 }, { "OF", 0xa02 }, { "NT", 0x4202 },
	{ "AC", 0x40202 }, { "ID", 0x200202 }, { "all", 0x244ed7 | 0x202 },
	{ "IOPL", 0x3202 }, { "RF", 0x10202 }, { "VM", 0x20202 },
	{ "VIF", 0x80202 }, { "VIP", 0x100202 }, { "no IF", 0x2 },
	{ "bits 3, 5, 15", 0x822a }, { "bit 22 and up", 0xffc00202 },
};

static void calls(void)
{
	char what[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		fill(0x7fffffff, flags[i].flags);	/* ENOSYS */
		snprintf(what, sizeof(what), "int80, %s", flags[i].name);
		around(what, int80, int80_next);
#ifdef __x86_64__
		snprintf(what, sizeof(what), "syscall, %s", flags[i].name);
		around(what, system_call, system_call_next);
#endif
	}
	fill(-1UL, 0x202);
	around("int80 -1", int80, int80_next);
#ifdef __x86_64__
	around("syscall -1", system_call, system_call_next);
	fill(0x100000000 + SYS_getuid, 0x202);
	around("syscall with upper bits", system_call, system_call_next);
	fill(0x40000000 + SYS_getuid, 0x202);
	around("x32 syscall", system_call, system_call_next);
	fill(0x12345678000000c7ULL, 0x202);
	around("int80 with upper bits", int80, int80_next);
#endif
}

static void faults(void)
{
	char what[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		/* Alignment does not matter at a page's start. */
		map_at(ARENA, PAGE_BYTES, PROT_READ | PROT_WRITE);
		fill(1, flags[i].flags);
		snprintf(what, sizeof(what), "read fault, %s", flags[i].name);
		around(what, read_fault, read_fault_next);
		snprintf(what, sizeof(what), "write fault, %s", flags[i].name);
		around(what, write_fault, write_fault_next);
	}
}

static void stop(int sig)
{
	static int n;

	if (++n == 20)
		registers_stop = 1;
}

static void spin(void *arg)
{
	for (;;)
		sched_yield();
}

/* 20 signals and a competitor for the CPU while all registers are in use. */
static void interrupts(void)
{
	const struct itimerval period = { { 0, 5000 }, { 0, 5000 } };
	struct sigaction action = { .sa_handler = stop };
	pid_t pid = must("fork", fork());

	if (!pid)
		spin(NULL);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &period, NULL);
	fill(0x5555, 0x200cc3);
	around("interrupts", busy, busy_next);
	kill(pid, SIGKILL);
}

BEHAVIOUR("all registers and flags survive system calls, faults and interrupts")
{
	const struct itimerval never = {};

	calls();
	faults();
	interrupts();
	setitimer(ITIMER_REAL, &never, NULL);
}
