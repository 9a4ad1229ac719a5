// SPDX-License-Identifier: GPL-2.0-only
/*
 * The extended state: all of x87, SSE and what XCR0 has beyond them.  A pattern
 * put there must survive system calls, page faults, signals, context switches
 * and fork().
 *
 * Which components there are is no matter of conformance (a guest may be shown
 * fewer), so only those are compared that all have: XCR0_COMPARED.
 */
#include <cpuid.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/probe.h"

#define XCR0_COMPARED	0xe7	/* x87, SSE, AVX, AVX-512 */
#define AREA_SIZE	8192

static unsigned char pattern[AREA_SIZE] __attribute__((aligned(64)));
static unsigned char before[AREA_SIZE] __attribute__((aligned(64)));
static unsigned char after[AREA_SIZE] __attribute__((aligned(64)));
static unsigned long components;

static unsigned long xgetbv(unsigned int index)
{
	unsigned int low, high;

	asm volatile("xgetbv" : "=a" (low), "=d" (high) : "c" (index));
	return low | (unsigned long)high << 32;
}

static void load(const void *area)
{
	asm volatile("xrstor64 (%0)"
		     : : "r" (area), "a" (components), "d" (0) : "memory");
}

static void save(void *area)
{
	asm volatile("xsave64 (%0)"
		     : : "r" (area), "a" (components), "d" (0) : "memory");
}

/* Anything in the registers, but valid control words. */
static void make_pattern(unsigned int seed)
{
	unsigned short *cwd = (void *)pattern;
	unsigned int *mxcsr = (void *)(pattern + 24), i;
	unsigned long *header = (void *)(pattern + 512);

	for (i = 0; i < AREA_SIZE; i++)
		pattern[i] = (i * 7 + seed * 31) ^ i >> 5;
	memset(pattern, 0, 32);
	memset(pattern + 416, 0, 160);
	cwd[0] = 0x37f;
	cwd[1] = 0;
	pattern[4] = 0xff;	/* all registers in use */
	mxcsr[0] = 0x1fa0;
	mxcsr[1] = 0xffff;
	header[0] = components;
}

static long raw(long number, long a, long b, long c)
{
	long result;

	asm volatile("xorl %%r10d, %%r10d; syscall"
		     : "=a" (result)
		     : "0" (number), "D" (a), "S" (b), "d" (c)
		     : "rcx", "r10", "r11", "memory");
	return result;
}

static void nothing(void)
{
}

static void system_call(void)
{
	raw(SYS_getppid, 0, 0, 0);
}

static void fault(void)
{
	raw(SYS_madvise, ARENA, PAGE_BYTES, MADV_DONTNEED);
	asm volatile("movb $1, (%0)" : : "r" (ARENA) : "memory");
}

static void send_signal(void)
{
	raw(SYS_kill, raw(SYS_getpid, 0, 0, 0), SIGUSR1, 0);
}

/* Another process with another pattern takes turns with this one. */
static void take_turns(void)
{
	int i;

	for (i = 0; i < 50; i++)
		raw(SYS_sched_yield, 0, 0, 0);
}

static void make_child(void)
{
	long pid = raw(SYS_fork, 0, 0, 0);

	if (!pid) {
		save(after);
		raw(SYS_exit_group, !!memcmp(before, after, AREA_SIZE), 0, 0);
	}
	raw(SYS_wait4, pid, ARENA, 0);
}

/* Interrupts, and with a second one on this CPU, preemption. */
static void busy_loop(void)
{
	asm volatile("1: dec %0; jnz 1b" : : "r" (100000000L));
}

/* The handler finds and leaves other values in the registers. */
static void handler(int sig)
{
	make_pattern(77);
	load(pattern);
}

static const struct {
	const char *name;
	void (*run)(void);
} events[] = {
	{ "nothing", nothing }, { "system call", system_call },
	{ "page fault", fault }, { "signal", send_signal },
	{ "context switches", take_turns }, { "fork", make_child },
	{ "interrupts", busy_loop },
};

static void show_difference(void)
{
	size_t i;

	for (i = 0; i < AREA_SIZE; i++)
		if (before[i] != after[i]) {
			printf("differs from byte %zu on\n", i);
			return;
		}
	printf("kept\n");
}

static void competitor(void)
{
	make_pattern(99);
	load(pattern);
	for (;;)
		raw(SYS_sched_yield, 0, 0, 0);
}

static void survive(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		make_pattern(i);
		memset(before, 0, AREA_SIZE);
		memset(after, 0, AREA_SIZE);
		load(pattern);
		save(before);
		events[i].run();
		save(after);
		asm volatile("fninit" : : : "memory");
		printf("%s: ", events[i].name);
		show_difference();
	}
	printf("child: %s\n", *(int *)ARENA ? "differs" : "kept");
}

static void features(void)
{
	unsigned int a, b, c, d;

	__cpuid(1, a, b, c, d);
	printf("OSXSAVE %d AVX %d, XCR0 has x87, SSE: %d\n", !!(c & bit_OSXSAVE),
	       !!(c & bit_AVX), (xgetbv(0) & 3) == 3);
	printf("compared: %#lx\n", xgetbv(0) & XCR0_COMPARED);
}

CODE(bad_xgetbv, "movl $2, %ecx; xgetbv")
CODE(xrstor_unaligned, "movl $0x10000008, %edi; movl $7, %eax; xrstor64 (%rdi)")
CODE(xrstor_bad_header, "movl $0x10000000, %edi; movl $-1, %eax;"
	"movl $-1, %edx; xrstor64 (%rdi)")

BEHAVIOUR("x87, SSE, AVX and AVX-512 state survives as it does natively")
{
	pid_t pid;

	components = xgetbv(0) & XCR0_COMPARED;
	memset(before, 0, AREA_SIZE);
	map_at(ARENA, PAGE_BYTES, PROT_READ | PROT_WRITE);
	signal(SIGUSR1, handler);
	pid = must("fork", fork());
	if (!pid)
		competitor();
	features();
	survive();
	kill(pid, SIGKILL);

	report_attempt("XGETBV of 2", bad_xgetbv, NULL);
	report_attempt("XRSTOR, unaligned", xrstor_unaligned, NULL);
	memset((void *)ARENA, 0xff, PAGE_BYTES);
	report_attempt("XRSTOR, bad header", xrstor_bad_header, NULL);
}
