// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of group signal: installing a handler, and the way from a kill() or a
 * fault through the handler and back.
 */
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "bench.h"

/* Lengths of the two faulting instructions below, which handlers skip. */
#define STORE_LEN	3
#define UD2_LEN		2

static unsigned int handled;
static char *page;

/* Atomic: kill() and the faults below change it behind the compiler's back. */
static void count_signal(int sig)
{
	__atomic_fetch_add(&handled, 1, __ATOMIC_RELAXED);
}

static void skip_instruction(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	count_signal(sig);
	uc->uc_mcontext.gregs[REG_RIP] += sig == SIGILL ? UD2_LEN : STORE_LEN;
}

static void install(int sig, const struct sigaction *sa)
{
	if (sigaction(sig, sa, NULL))
		die("sigaction: %m");
}

static void expect_handled(unsigned int n)
{
	unsigned int got = __atomic_exchange_n(&handled, 0, __ATOMIC_RELAXED);

	if (got != n)
		die("%u signals sent, %u handled", n, got);
}

static void run_install(unsigned int n)
{
	const struct sigaction sa = { .sa_handler = count_signal };

	while (n--)
		install(SIGUSR1, &sa);
}

static void setup_deliver(unsigned int ops)
{
	install(SIGUSR1, &(struct sigaction){ .sa_handler = count_signal });
}

static void run_deliver(unsigned int n)
{
	pid_t self = getpid();
	unsigned int i;

	for (i = 0; i < n; i++)
		kill(self, SIGUSR1);
	expect_handled(n);
}

static void setup_fault(unsigned int ops)
{
	const struct sigaction sa = {
		.sa_sigaction = skip_instruction,
		.sa_flags = SA_SIGINFO,
	};

	install(SIGSEGV, &sa);
	install(SIGILL, &sa);
	page = map_pages(1);
	write_pages(page, 1);
	if (mprotect(page, PAGE_SIZE, PROT_READ))
		die("mprotect: %m");
}

static void run_fault_prot(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		asm volatile("movb $1, (%0)" : : "a" (page) : "memory");
	expect_handled(n);
}

static void run_fault_ud(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		asm volatile("ud2" : : : "memory");
	expect_handled(n);
}

const struct row signal_rows[] = {
	{
		.name = "sig_install",
		.meaning = "sigaction",
		.iters = 2000,
		.run = run_install,
	}, {
		.name = "sig_deliver",
		.meaning = "kill to self, handled",
		.iters = 200,
		.flags = ROW_QUICK,
		.setup = setup_deliver,
		.run = run_deliver,
	}, {
		.name = "fault_prot_sig",
		.meaning = "a write to a read-only page, SIGSEGV handled",
		.iters = 200,
		.setup = setup_fault,
		.run = run_fault_prot,
	}, {
		.name = "fault_ud_sig",
		.meaning = "UD2, SIGILL handled",
		.iters = 200,
		.setup = setup_fault,
		.run = run_fault_ud,
	},
	{ }
};
