// SPDX-License-Identifier: GPL-2.0-only
/*
 * A 16-bit stack segment: IRET to it loads only 16 bits of the stack pointer,
 * so kernels take care (espfix) that programs do not see the rest of their own.
 * What ESP is after returns from the kernel of each kind is shown.
 */
#include <asm/ldt.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/probe.h"

#define SEGMENT		(ARENA + 0x10000)

unsigned long seen[4];

/* ESP has a pattern above its 16 bits; nothing is pushed meanwhile. */
#ifdef __x86_64__
#define ENTER	"movq %rsp, %rbx; movl $0x0f, %eax; movq $0x12348000, %rcx;" \
		"movq %rcx, %rsp; movl %eax, %ss;"
#define LEAVE	"movq %rsp, %rcx; movl $0x2b, %edx; movl %edx, %ss;" \
		"movq %rbx, %rsp; movq %rcx, seen"
#else
#define ENTER	"movl %esp, %ebx; movl $0x0f, %eax; movl $0x12348000, %ecx;" \
		"movl %eax, %ss; movl %ecx, %esp;"
#define LEAVE	"movl %esp, %ecx; movl $0x2b, %edx; movl %edx, %ss;" \
		"movl %ebx, %esp; movl %ecx, seen"
#endif

CODE(nothing, ENTER LEAVE)
CODE(system_call, ENTER "movl $20, %eax; int $0x80;" LEAVE)
CODE(breakpoint, ENTER "int3;" LEAVE)
CODE(page_fault, ENTER "movl 0x10000000, %eax;" LEAVE)
CODE(undefined, ENTER "ud2;" LEAVE)
/* Long enough for some interrupts. */
CODE(interrupts, ENTER "movl $30000000, %eax; 1: decl %eax; jnz 1b;" LEAVE)
#ifdef __x86_64__
CODE(syscall_64, ENTER "movl $39, %eax; syscall;" LEAVE)
CODE(high_rsp, "movq %rsp, %rbx; movl $0x0f, %eax;"
	"movq $0x123456789abc8000, %rcx; movl %eax, %ss;"
	"movq %rcx, %rsp; movl $39, %eax; int $0x80;" LEAVE)
#else
CODE(push_pop, ENTER "pushl $0x55; popl %eax;" LEAVE)
#endif

#define TRY(name) { #name, name }

static const struct {
	const char *name;
	void (*code)(void *arg);
} cases[] = {
	TRY(nothing), TRY(system_call), TRY(breakpoint), TRY(page_fault),
	TRY(undefined), TRY(interrupts),
#ifdef __x86_64__
	TRY(syscall_64), TRY(high_rsp),
#else
	TRY(push_pop),
#endif
};

/* Go on behind what raised the signal, with the same segments. */
static bool resume(int sig, siginfo_t *info, ucontext_t *uc)
{
	greg_t *regs = uc->uc_mcontext.gregs;
	struct fault fault;

	if (sig != SIGTRAP && sig != SIGILL)
		return false;
	memcpy(fault.regs, uc->uc_mcontext.gregs, sizeof(fault.regs));
	seen[1] = regs[REG_SP];
	seen[2] = fault_ss(&fault);
	if (sig == SIGILL)
		regs[REG_IP] += 2;
	return true;
}

static void add_segments(void)
{
	struct user_desc segment = {
		.entry_number = 0, .base_addr = SEGMENT, .limit = 0xffff,
		.contents = MODIFY_LDT_CONTENTS_DATA, .useable = 1,
	};

	must("modify_ldt",
	     syscall(SYS_modify_ldt, 1, &segment, sizeof(segment)));
	segment.entry_number = 1;
	must("modify_ldt",
	     syscall(SYS_modify_ldt, 1, &segment, sizeof(segment)));
}

BEHAVIOUR("a 16-bit stack's pointer is the native one after each exception")
{
	size_t i;

	map_at(SEGMENT, 0x10000, PROT_READ | PROT_WRITE);
	add_segments();
	attempt_hook = resume;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		map_at(ARENA, PAGE_BYTES, PROT_READ | PROT_WRITE);
		memset(seen, 0, sizeof(seen));
		report_attempt(cases[i].name, cases[i].code, NULL);
		printf("  after %#lx, signal %#lx ss %#lx\n", seen[0], seen[1],
		       seen[2]);
	}
}
