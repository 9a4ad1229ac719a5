// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals in odd surroundings: system calls that go on after one, a handler
 * without a stack, stacks that overflow, handlers that fault, flags at the
 * handler's entry, and what kills a program without a handler.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "lib/probe.h"

#ifdef __x86_64__
#define SP "rsp"
#else
#define SP "esp"
#endif

#define STACK_SIZE	(4 * PAGE_BYTES)

static volatile int count;
static unsigned long entry_flags;

static void handle(int sig)
{
#ifdef __x86_64__
	asm volatile("pushfq; popq %0" : "=r" (entry_flags));
#else
	asm volatile("pushfl; popl %0" : "=r" (entry_flags));
#endif
	count++;
}

static void set_handler(int sig, void (*handler)(int), int flags)
{
	struct sigaction action = {
		.sa_handler = handler, .sa_flags = flags,
	};

	sigaction(sig, &action, NULL);
}

static void start_timer(int ms)
{
	const struct itimerval once = { {}, { ms / 1000, ms % 1000 * 1000 } };

	setitimer(ITIMER_REAL, &once, NULL);
}

/* Interrupted system calls */

static void writer(int fd, int ms)
{
	pid_t pid = must("fork", fork());

	if (!pid) {
		usleep(ms * 1000);
		_exit(write(fd, "x", 1) != 1);
	}
}

static void interrupted_read(int flags)
{
	int fds[2];
	long n;
	char c;

	must("pipe", pipe(fds));
	set_handler(SIGALRM, handle, flags);
	count = 0;
	writer(fds[1], 600);
	start_timer(100);
	n = read(fds[0], &c, 1);
	printf("read with flags %#x: %ld errno %d, handled %d\n", flags, n,
	       n < 0 ? errno : 0, count);
	close(fds[0]);
	close(fds[1]);
}

static void interrupted_sleep(int flags)
{
	struct timespec request = { 0, 600000000 }, rest = {};
	int result;

	set_handler(SIGALRM, handle, flags);
	count = 0;
	start_timer(100);
	result = nanosleep(&request, &rest);
	printf("nanosleep with flags %#x: %d errno %d, rest %s, handled %d\n",
	       flags, result, result ? errno : 0,
	       rest.tv_nsec > 0 && rest.tv_nsec < 550000000 ? "left" : "none",
	       count);
}

/* Goes on by restart_syscall() after a stop, with the same end. */
static void stopped_sleep(void *arg)
{
	struct timespec request = { 0, 200000000 };
	pid_t pid, me = getpid();
	int result;

	pid = must("fork", fork());
	if (!pid) {
		usleep(30000);
		kill(me, SIGSTOP);
		usleep(30000);
		kill(me, SIGCONT);
		_exit(0);
	}
	result = nanosleep(&request, NULL);
	printf("stopped nanosleep: %d errno %d\n", result, result ? errno : 0);
	fflush(stdout);
}

/* Flags */

CODE(odd_flags_ud2, "pushf; orl $0x40cd5, (%" SP "); popf; ud2")

static void flags_at_entry(void)
{
	set_handler(SIGUSR1, handle, 0);
	entry_flags = 0;
#ifdef __x86_64__
	asm volatile("pushfq; orl $0x240400, (%%rsp); popfq; syscall; pushfq;"
	"popq %0; cld; pushq $0x202; popfq"
		     : "=r" (entry_flags)
		     : "a" (SYS_kill), "D" (getpid()), "S" (SIGUSR1)
		     : "rcx", "r11", "memory");
#else
	asm volatile("pushfl; orl $0x240400, (%%esp); popfl; int $0x80; pushfl;"
	"popl %0; cld; pushl $0x202; popfl"
		     : "=r" (entry_flags)
		     : "a" (SYS_kill), "b" (getpid()), "c" (SIGUSR1)
		     : "memory");
#endif
	printf("flags after a signal: %#lx\n", entry_flags);
}

/* Stacks */

static void no_stack(void *arg)
{
	set_handler(SIGUSR1, handle, 0);
#ifdef __x86_64__
	asm volatile("xorl %%esp, %%esp; syscall"
		     : : "a" (SYS_kill), "D" (getpid()), "S" (SIGUSR1)
		     : "rcx", "r11", "memory");
#else
	asm volatile("xorl %%esp, %%esp; int $0x80"
		     : : "a" (SYS_kill), "b" (getpid()), "c" (SIGUSR1)
		     : "memory");
#endif
}

static void overflow_handler(int sig)
{
	raise(SIGUSR1);
}

/* An alternate stack that the handler itself overflows; below it is nothing. */
static void small_stack(void *arg)
{
	const stack_t alternate = {
		.ss_sp = map_at(ARENA + PAGE_BYTES, STACK_SIZE,
				PROT_READ | PROT_WRITE),
		.ss_size = STACK_SIZE,
	};

	must("sigaltstack", sigaltstack(&alternate, NULL));
	set_handler(SIGUSR1, overflow_handler, SA_ONSTACK | SA_NODEFER);
	raise(SIGUSR1);
}

static void tiny_stacks(void)
{
	static char stack[16384];
	size_t size;
	stack_t alternate = { .ss_sp = stack };

	for (size = 0; size <= 2048; size += 1024) {
		alternate.ss_size = size;
		printf("sigaltstack of %zu: %d\n", size,
		       sigaltstack(&alternate, NULL) ? errno : 0);
	}
	alternate.ss_flags = SS_DISABLE;
	sigaltstack(&alternate, NULL);
}

static int recurse(int n)
{
	volatile char room[4096];

	room[0] = n;
	return n ? recurse(n + 1) + room[0] : 0;
}

static void deep_recursion(void *arg)
{
	recurse(1);
}

/* Deaths without a handler */

static void read_null(void *arg)
{
	*(volatile int *)8;
}

static void fault_in_handler(int sig)
{
	*(volatile int *)16 = 1;
}

static void handler_faults(void *arg)
{
	set_handler(SIGSEGV, fault_in_handler, 0);
	*(volatile int *)8 = 1;
}

static void blocked_fault(void *arg)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	set_handler(SIGSEGV, handle, 0);
	*(volatile int *)8 = 1;
}

static void ignored_fault(void *arg)
{
	signal(SIGILL, SIG_IGN);
	asm volatile("ud2");
}

static void bad_restorer(void *arg)
{
#ifdef __x86_64__
	asm volatile("xorl %%esp, %%esp; syscall" : : "a" (SYS_rt_sigreturn));
#else
	asm volatile("xorl %%esp, %%esp; int $0x80" : : "a" (SYS_rt_sigreturn));
#endif
}

static const struct {
	const char *name;
	void (*run)(void *arg);
} deaths[] = {
	{ "no stack", no_stack }, { "small stack", small_stack },
	{ "recursion", deep_recursion }, { "read NULL", read_null },
	{ "handler faults", handler_faults }, { "blocked", blocked_fault },
	{ "ignored", ignored_fault }, { "sigreturn from nothing", bad_restorer },
	{ "stopped", stopped_sleep },
};

BEHAVIOUR("interrupted calls, odd stacks and fatal signals end as natively")
{
	static const int flags[] = { 0, SA_RESTART, SA_NODEFER, SA_RESETHAND };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		interrupted_read(flags[i]);
		interrupted_sleep(flags[i]);
	}
	flags_at_entry();
	report_attempt("odd flags", odd_flags_ud2, NULL);
	tiny_stacks();
	for (i = 0; i < ARRAY_SIZE(deaths); i++)
		printf("%s: %s\n", deaths[i].name,
		       wait_status(in_child(deaths[i].run, NULL)));
}
