// SPDX-License-Identifier: GPL-2.0-only
/*
 * Catching what an attempt runs into, and showing it: see probe.h.
 *
 * The handler may be entered with the thread's FS or GS base gone, so it calls
 * nothing that would look there: no C library.
 */
#include "lib/probe.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define HANDLER_STACK_SIZE	(256 * 1024)

bool (*attempt_hook)(int sig, siginfo_t *info, ucontext_t *uc);

static struct fault *current;
static unsigned char handler_stack[HANDLER_STACK_SIZE] __attribute__((aligned(64)));

/* attempt.S */
extern char attempt_recover[];
extern uintptr_t attempt_stack;
void attempt_call(void (*code)(void *arg), void *arg);

static void clear_alignment_check(void)
{
#ifdef __x86_64__
	asm volatile("pushfq; andl %0, (%%rsp); popfq" : : "i" (~FLAG_AC)
		     : "cc", "memory");
#else
	asm volatile("pushfl; andl %0, (%%esp); popfl" : : "i" (~FLAG_AC)
		     : "cc", "memory");
#endif
}

/* Go on at attempt_recover, with segments that code can run with. */
static void recover(greg_t *regs)
{
	regs[REG_IP] = (greg_t)attempt_recover;
	regs[REG_SP] = (greg_t)attempt_stack;
	regs[REG_EFL] = FLAG_FIXED | FLAG_IF;
#ifdef __x86_64__
	regs[REG_CSGSFS] = (greg_t)USER_DS << 48 | USER_CS64;
#else
	regs[REG_CS] = USER_CS32;
	regs[REG_SS] = USER_DS;
	regs[REG_DS] = USER_DS;
	regs[REG_ES] = USER_DS;
	regs[REG_FS] = 0;
#endif
}

static void caught(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	int i;

	clear_alignment_check();
	if (!current) {
		/* Not of an attempt: it comes again, and for good. */
		signal(sig, SIG_DFL);
		return;
	}
	if (attempt_hook && attempt_hook(sig, info, uc))
		return;
	current->sig = sig;
	current->code = info->si_code;
	current->address = (uintptr_t)info->si_addr;
	for (i = 0; i < NGREG; i++)
		current->regs[i] = uc->uc_mcontext.gregs[i];
	current = NULL;
	recover(uc->uc_mcontext.gregs);
}

static void install(void)
{
	static const int signals[] = {
		SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS,
	};
	const stack_t stack = {
		.ss_sp = handler_stack, .ss_size = sizeof(handler_stack),
	};
	struct sigaction action = {
		.sa_sigaction = caught,
		.sa_flags = SA_SIGINFO | SA_ONSTACK,
	};
	size_t i;

	sigaltstack(&stack, NULL);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
}

struct fault attempt(void (*code)(void *arg), void *arg)
{
	struct fault fault = { .start = (uintptr_t)code };

	install();
	current = &fault;
	attempt_call(code, arg);
	current = NULL;
	return fault;
}

uintptr_t fault_reg(const struct fault *fault, int reg)
{
	return fault->regs[reg];
}

unsigned int fault_cs(const struct fault *fault)
{
#ifdef __x86_64__
	return fault->regs[REG_CSGSFS] & 0xffff;
#else
	return fault->regs[REG_CS] & 0xffff;
#endif
}

unsigned int fault_ss(const struct fault *fault)
{
#ifdef __x86_64__
	return fault->regs[REG_CSGSFS] >> 48 & 0xffff;
#else
	return fault->regs[REG_SS] & 0xffff;
#endif
}

const char *code_address(uintptr_t start, uintptr_t address)
{
	static char text[4][32];
	static unsigned int n;
	char *s = text[n++ % ARRAY_SIZE(text)];

	if (address - start < PAGE_BYTES)
		snprintf(s, sizeof(text[0]), "+%#lx",
			 (unsigned long)(address - start));
	else
		snprintf(s, sizeof(text[0]), "%#lx", (unsigned long)address);
	return s;
}

const char *signal_name(int sig)
{
	const char *name = sigabbrev_np(sig);

	return name ? name : "?";
}

/* In 32-bit code there is no more of it; the CPU may leave what was there. */
static uintptr_t instruction_pointer(const struct fault *fault)
{
	uintptr_t ip = fault_reg(fault, REG_IP);

	return fault_cs(fault) == USER_CS32 ? (uint32_t)ip : ip;
}

void report(const char *what, const struct fault *fault)
{
	if (!fault->sig) {
		printf("%s: no signal\n", what);
		return;
	}
	printf("%s: %s code %d address %s trap %ld error %#lx ip %s flags %#lx cs %#x ss %#x\n",
	       what, signal_name(fault->sig), fault->code,
	       code_address(fault->start, fault->address),
	       (long)fault_reg(fault, REG_TRAPNO),
	       (unsigned long)fault_reg(fault, REG_ERR),
	       code_address(fault->start, instruction_pointer(fault)),
	       (unsigned long)fault_reg(fault, REG_EFL), fault_cs(fault),
	       fault_ss(fault));
}

void report_attempt(const char *what, void (*code)(void *arg), void *arg)
{
	struct fault fault = attempt(code, arg);

	report(what, &fault);
}

const char *wait_status(int status)
{
	static char text[32];

	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "signal %s",
			 signal_name(WTERMSIG(status)));
	else if (WIFSTOPPED(status))
		snprintf(text, sizeof(text), "stop %s%s",
			 signal_name(WSTOPSIG(status) & 0x7f),
			 WSTOPSIG(status) & 0x80 ? " (system call)" : "");
	else
		snprintf(text, sizeof(text), "status %d", WEXITSTATUS(status));
	return text;
}

long must(const char *what, long result)
{
	if (result == -1) {
		printf("%s: %s\n", what, strerror(errno));
		exit(EXIT_FAILURE);
	}
	return result;
}

void *map_at(uintptr_t address, size_t size, int prot)
{
	void *p = mmap((void *)address, size, prot,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	must("mmap", (long)p);
	return p;
}

int in_child(void (*child)(void *arg), void *arg)
{
	pid_t pid = must("fork", fork());
	int status;

	if (!pid) {
		child(arg);
		_exit(0);
	}
	must("waitpid", waitpid(pid, &status, 0));
	return status;
}
