// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hardware breakpoints, set by a debugger through ptrace(): on execution,
 * writes and accesses, of all lengths, aligned and not; hit by instructions,
 * and by the kernel on the program's behalf.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/probe.h"

#define DEBUG_REGISTER(n) ((void *)(offsetof(struct user, u_debugreg) +	\
				    (n) * sizeof(long)))
#ifdef __x86_64__
#define IP	rip
#else
#define IP	eip
#endif

static unsigned char *const arena = (unsigned char *)ARENA;

/* What the debuggee does, from one SIGSTOP to the next. */
CODE(accesses, "movb $1, 0x10000000; movb 0x10000000, %al; movb $1, 0x10000001;"
	"movw $1, 0x10000002; movl $1, 0x10000004; movl 0x10000004, %eax;"
	"movl $1, 0x10000003; movups 0x10000000, %xmm0;"
	"movups %xmm0, 0x10000008;"
	"addl $1, 0x10000008; testl %eax, 0x1000000c; xchgl %eax, 0x1000000c;"
	"incl 0x10000ffc; nop; nop; nop")
CODE(string_stores, "movl $0x10000000, %edi; movl $16, %ecx; rep stosb; nop;"
	"movl $0x10000000, %edi; movl $0x10000100, %esi; movl $16, %ecx;"
	"rep movsb; nop")

static void by_kernel(void *arg)
{
	int fds[2];

	must("pipe", pipe(fds));
	must("write", write(fds[1], arena, 32));
	must("read", read(fds[0], arena, 32));
	close(fds[0]);
	close(fds[1]);
}

static const struct {
	const char *name;
	void (*code)(void *arg);
} works[] = {
	{ "accesses", accesses },
	{ "string stores", string_stores },
	{ "by the kernel", by_kernel },
};

static void debuggee(void *arg)
{
	size_t i;

	must("ptrace", ptrace(PTRACE_TRACEME, 0, 0, 0));
	raise(SIGSTOP);
	for (i = 0; i < ARRAY_SIZE(works); i++) {
		works[i].code(NULL);
		raise(SIGSTOP);
	}
	_exit(0);
}

static int set(pid_t pid, int n, unsigned long value)
{
	return ptrace(PTRACE_POKEUSER, pid, DEBUG_REGISTER(n), value) ?
	       -errno : 0;
}

static unsigned long get(pid_t pid, int n)
{
	return ptrace(PTRACE_PEEKUSER, pid, DEBUG_REGISTER(n), 0);
}

/* Where in the code of works[] or in any other place */
static void show_place(uintptr_t ip)
{
	size_t i;

	for (i = 0; i < 2; i++)
		if (ip - (uintptr_t)works[i].code < 0x100) {
			printf(" at %s+%#lx", works[i].name,
			       (unsigned long)(ip - (uintptr_t)works[i].code));
			return;
		}
	printf(" elsewhere");
}

/* Runs the debuggee to its end and shows each trap. */
static void watch(pid_t pid)
{
	struct user_regs_struct regs;
	siginfo_t info;
	int status, n = 0;

	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		printf("  %s", wait_status(status));
		if (WSTOPSIG(status) == SIGTRAP) {
			ptrace(PTRACE_GETREGS, pid, 0, &regs);
			ptrace(PTRACE_GETSIGINFO, pid, 0, &info);
			show_place(regs.IP);
			printf(" code %d dr6 %#lx", info.si_code, get(pid, 6));
			set(pid, 6, 0);
		}
		printf("\n");
		if (++n == 60)
			kill(pid, SIGKILL);
		ptrace(PTRACE_CONT, pid, 0, 0);
	}
	printf("  %s\n", wait_status(status));
}

static void try(uintptr_t address, unsigned int type, unsigned int length)
{
	pid_t pid = must("fork", fork());
	int status;

	if (!pid)
		debuggee(NULL);
	must("waitpid", waitpid(pid, &status, 0));
	printf("type %u length %u at ", type, length + 1);
	if (address - ARENA < PAGE_BYTES)
		printf("%#lx: ", (unsigned long)address);
	else
		printf("code: ");
	printf("address %d, ", set(pid, 0, address));
	printf("control %d\n", set(pid, 7, 1 | type << 16 | length << 18));
	ptrace(PTRACE_CONT, pid, 0, 0);
	watch(pid);
}

static void data_breakpoints(void)
{
	static const unsigned int lengths[] = { 0, 1, 3, 2 };
	unsigned int type;
	size_t i;

	for (type = 1; type <= 3; type += 2)
		for (i = 0; i < ARRAY_SIZE(lengths); i++) {
			try(ARENA, type, lengths[i]);
			try(ARENA + 4, type, lengths[i]);
			try(ARENA + 3, type, lengths[i]);
		}
	try(ARENA, 2, 0);
}

static void code_breakpoints(void)
{
	try((uintptr_t)accesses, 0, 0);
	try((uintptr_t)accesses + 7, 0, 0);
	try((uintptr_t)accesses, 0, 3);
	/* On REP STOSB and behind it */
	try((uintptr_t)string_stores + 10, 0, 0);
	try((uintptr_t)string_stores + 12, 0, 0);
}

/* Addresses that no program may watch. */
static void bad_addresses(void)
{
	static const unsigned long long addresses[] = {
		0x7fffffffefffULL, 0x7ffffffff000ULL, 0x800000000000ULL,
		0xffff800000000000ULL, 0xffffffff81000000ULL,
		0xffffffffffe00000ULL, 0xffffffffffffffffULL,
	};
	pid_t pid = must("fork", fork());
	size_t i;

	if (!pid)
		debuggee(NULL);
	waitpid(pid, NULL, 0);
	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		printf("%#lx: %d, ", (unsigned long)addresses[i],
		       set(pid, 0, addresses[i]));
		printf("%d, dr0 %#lx\n", set(pid, 7, 0x10001), get(pid, 0));
		set(pid, 7, 0);
	}
	for (i = 4; i < 8; i++)
		printf("dr%zu: %#lx, %d\n", i, get(pid, i), set(pid, i, -1));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void all_four(void)
{
	pid_t pid = must("fork", fork());
	int i;

	if (!pid)
		debuggee(NULL);
	waitpid(pid, NULL, 0);
	printf("all four\n");
	for (i = 0; i < 4; i++)
		set(pid, i, ARENA + 4 * i);
	printf("control %d\n", set(pid, 7, 0xdddd0055));
	ptrace(PTRACE_CONT, pid, 0, 0);
	watch(pid);
}

BEHAVIOUR("hardware breakpoints of a debugger are hit where they are natively")
{
	map_at(ARENA, PAGE_BYTES, PROT_READ | PROT_WRITE);
	data_breakpoints();
	code_breakpoints();
	bad_addresses();
	all_four();
}
