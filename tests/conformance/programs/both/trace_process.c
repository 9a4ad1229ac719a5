// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a debugger does by ptrace(): single steps over each kind of instruction
 * and system call, stops at system calls, system calls emulated, and registers
 * with odd values.
 */
#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/probe.h"

#ifdef __x86_64__
#define IP		rip
#define SP		rsp
#define AX		rax
#define ORIG_AX		orig_rax
#define CS		cs
#define SS		ss
#define SYSCALL		"movl $102, %eax; syscall; nop;"
#define SEGMENTS(X)	X(cs) X(ss) X(ds) X(es) X(fs) X(gs)
#define OTHERS(X)	X(rip) X(rsp) X(eflags) X(orig_rax) X(fs_base) X(gs_base)
#else
#define IP		eip
#define SP		esp
#define AX		eax
#define ORIG_AX		orig_eax
#define CS		xcs
#define SS		xss
#define SYSCALL		"movl $24, %eax; int $0x80; nop;"
#define SEGMENTS(X)	X(xcs) X(xss) X(xds) X(xes) X(xfs) X(xgs)
#define OTHERS(X)	X(eip) X(esp) X(eflags) X(orig_eax)
#endif

#ifndef PTRACE_SYSEMU
#define PTRACE_SYSEMU			31
#define PTRACE_SYSEMU_SINGLESTEP	32
#endif
#ifndef PTRACE_SINGLEBLOCK
#define PTRACE_SINGLEBLOCK		33
#endif

CODE(work, "nop;" SYSCALL "movl $24, %eax; int $0x80;"
	"movl %ss, %eax; mov %eax, %ss; nop; nop; pushf; popf; xorl %ecx, %ecx;"
	"movl $3, %ecx; 1: loop 1b; int3; nop; .byte 0xf1; nop; ud2")

static pid_t start(void)
{
	pid_t pid = must("fork", fork());
	int status;

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		work(NULL);
		_exit(0);
	}
	must("waitpid", waitpid(pid, &status, 0));
	return pid;
}

static void finish(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void show_stop(pid_t pid, int status)
{
	struct user_regs_struct regs;
	siginfo_t info = {};

	ptrace(PTRACE_GETREGS, pid, 0, &regs);
	ptrace(PTRACE_GETSIGINFO, pid, 0, &info);
	printf("  %s code %d", wait_status(status), info.si_code);
	if (regs.IP - (uintptr_t)work < 0x100)
		printf(" ip %s flags %#lx ax %#lx orig %#lx",
		       code_address((uintptr_t)work, regs.IP),
		       (unsigned long)regs.eflags, (unsigned long)regs.AX,
		       (unsigned long)regs.ORIG_AX);
	printf("\n");
}

/* To the start of work(), by a breakpoint in it. */
static void go_to_work(pid_t pid)
{
	struct user_regs_struct regs;

	ptrace(PTRACE_GETREGS, pid, 0, &regs);
	regs.IP = (uintptr_t)work;
	regs.AX = 0;
	regs.ORIG_AX = -1;
	ptrace(PTRACE_SETREGS, pid, 0, &regs);
}

static void resume_by(const char *what, int request, int steps)
{
	pid_t pid = start();
	int status;

	printf("%s\n", what);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
	go_to_work(pid);
	while (steps--) {
		ptrace(request, pid, 0, 0);
		if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			break;
		show_stop(pid, status);
	}
	finish(pid);
}

/* Registers */

struct user_register {
	const char *name;
	size_t offset;
};

#define ENTRY(reg) { #reg, offsetof(struct user_regs_struct, reg) },

static const struct user_register segment_registers[] = { SEGMENTS(ENTRY) };
static const struct user_register other_registers[] = { OTHERS(ENTRY) };

static void show_after(pid_t pid)
{
	struct user_regs_struct regs;
	int status;

	ptrace(PTRACE_SINGLESTEP, pid, 0, 0);
	waitpid(pid, &status, 0);
	if (!WIFSTOPPED(status)) {
		printf(", then %s\n", wait_status(status));
		return;
	}
	ptrace(PTRACE_GETREGS, pid, 0, &regs);
	printf(", then %s ip %s cs %#lx ss %#lx flags %#lx\n",
	       wait_status(status), code_address((uintptr_t)work, regs.IP),
	       (unsigned long)regs.CS, (unsigned long)regs.SS,
	       (unsigned long)regs.eflags);
}

static void set(const struct user_register *reg, unsigned long value)
{
	void *offset = (void *)reg->offset;
	pid_t pid = start();
	long result;

	go_to_work(pid);
	result = ptrace(PTRACE_POKEUSER, pid, offset, (void *)value);
	printf("%s %#lx: %d", reg->name, value, result ? errno : 0);
	printf(", reads %#lx", ptrace(PTRACE_PEEKUSER, pid, offset, 0));
	show_after(pid);
	finish(pid);
}

static void segments(void)
{
	/*
	 * Not 0x43, the task state: Linux, looking for SLDT and the like, takes
	 * its base for that of the code, and it differs from CPU to CPU.
	 */
	static const unsigned long values[] = {
		0, 3, 7, 0x10, 0x13, 0x18, 0x23, 0x2b, 0x33, 0x40, 0x63, 0x7b,
		0xfffb, 0x10000,
	};
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(values); i++)
		for (k = 0; k < ARRAY_SIZE(segment_registers); k++)
			set(&segment_registers[k], values[i]);
}

static void others(void)
{
	static const unsigned long values[] = {
		0, 0x1000, 0x7fffffff, 0x80000000, 0xfffff000, 0xffffffff,
#ifdef __x86_64__
		0x7ffffffff000, 0x800000000000, 0x100000000000000,
		0xffff800000000000, 0xffffffffffe00000, -1UL,
#endif
	};
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(values); i++)
		for (k = 0; k < ARRAY_SIZE(other_registers); k++)
			set(&other_registers[k], values[i]);
}

BEHAVIOUR("a debugger can step, stop and set registers as natively")
{
	resume_by("single step", PTRACE_SINGLESTEP, 22);
	resume_by("system calls", PTRACE_SYSCALL, 12);
	resume_by("emulated", PTRACE_SYSEMU, 8);
	resume_by("emulated, single step", PTRACE_SYSEMU_SINGLESTEP, 22);
	resume_by("blocks", PTRACE_SINGLEBLOCK, 6);
	segments();
	others();
}
