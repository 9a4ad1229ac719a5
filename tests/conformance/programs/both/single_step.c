// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single step by EFLAGS.TF over instructions that have something to do with
 * flags, segments, the kernel or repetition: after which of them SIGTRAP comes,
 * with what si_code, and what is in the flags then.
 */
#include "lib/probe.h"

#ifdef __x86_64__
#define PUSHF "pushfq;"
#define POPF "popfq;"
#define POP_AX "popq %rax;"
#define SP "%rsp"
#define SI "%rsi"
#define DI "%rdi"
#define SET_TF "pushfq; orl $0x100, (%rsp); popfq;"
#define CLEAR_TF "pushfq; andl $~0x100, (%rsp); popfq;"
#define GETPID "movl $39, %eax;"
#else
#define PUSHF "pushfl;"
#define POPF "popfl;"
#define POP_AX "popl %eax;"
#define SP "%esp"
#define SI "%esi"
#define DI "%edi"
#define SET_TF "pushfl; orl $0x100, (%esp); popfl;"
#define CLEAR_TF "pushfl; andl $~0x100, (%esp); popfl;"
#endif

#define STEP(name, text) CODE(step_##name, SET_TF text CLEAR_TF "nop")

STEP(nops, "nop; nop; xorl %eax, %eax;")
STEP(int80, "movl $20, %eax; int $0x80; nop; movl $0, %eax; nop;")
STEP(int80_bad, "movl $0x7fffffff, %eax; int $0x80; nop;")
STEP(cpuid, "xorl %eax, %eax; cpuid; nop;")
STEP(rdtsc, "rdtsc; nop;")
STEP(pushf, PUSHF POP_AX)
STEP(pushf_popf, PUSHF POPF "nop; nop;")
STEP(pop_ss, "movl %ss, %eax; mov %eax, %ss; nop; nop;")
STEP(pop_ss_twice, "movl %ss, %eax; mov %eax, %ss; mov %eax, %ss; nop; nop;")
STEP(pop_ss_pushf, "movl %ss, %eax; mov %eax, %ss;" PUSHF "nop;" POP_AX)
STEP(pop_ss_int80, "movl %ss, %ecx; movl $20, %eax; mov %ecx, %ss; int $0x80;"
	"nop;")
STEP(pop_ss_int3, "movl %ss, %ecx; mov %ecx, %ss; int3; nop;")
STEP(pop_ss_ud2, "movl %ss, %ecx; mov %ecx, %ss; ud2; nop;")
STEP(load_ds, "movl %ss, %ecx; mov %ecx, %ds; nop;")
STEP(load_fs, "xorl %ecx, %ecx; mov %ecx, %es; nop; movl %ss, %ecx;"
	"movl %ecx, %es;")
STEP(load_bad, "movl $0xfff8, %ecx; mov %ecx, %es; nop;")
STEP(rep_movs, "sub $64, " SP "; mov " SP ", " SI "; mov " SP ", " DI
	"; movl $4, %ecx; rep movsb; nop; add $64, " SP ";")
STEP(rep_zero, "sub $64, " SP "; mov " SP ", " SI "; mov " SP ", " DI
	"; movl $0, %ecx; rep movsb; nop; add $64, " SP ";")
STEP(int3, "int3; nop;")
STEP(int1, ".byte 0xf1; nop;")
STEP(int_4, "int $4; nop;")
STEP(int_0x20, "int $0x20; nop;")
STEP(ud2, "ud2; nop;")
STEP(hlt, "hlt; nop;")
STEP(cli, "cli; nop;")
STEP(in_al, "in $0x80, %al; nop;")
STEP(divide, "xorl %ecx, %ecx; divl %ecx; nop;")
STEP(fault, "movl 0x10, %eax; nop;")
STEP(sgdt, "sub $16, " SP "; sgdt (" SP "); add $16, " SP ";")
STEP(smsw, "smsw %eax; nop;")
STEP(jump, "jmp 1f; nop; 1: nop;")
STEP(call, "call 1f; jmp 2f; 1: ret; 2: nop;")
STEP(xgetbv, "xorl %ecx, %ecx; xgetbv; nop;")
STEP(clear_by_popf, PUSHF "andl $~0x100, (" SP ");" POPF "nop; nop;")
STEP(clear_by_pop_ss, "movl %ss, %eax;" PUSHF "andl $~0x100, (" SP ");"
	"mov %eax, %ss;"
	POPF "nop; nop;")
#ifdef __x86_64__
STEP(syscall, GETPID "syscall; nop; nop;")
STEP(syscall_bad, "movl $0x7fffffff, %eax; syscall; nop;")
STEP(pop_ss_syscall, GETPID "movl %ss, %ecx; mov %ecx, %ss; syscall; nop;")
STEP(sysenter, "sysenter; nop;")
STEP(iret, "movq %rsp, %rax; pushq $0x2b; pushq %rax; pushfq; pushq $0x33;"
	"leaq 1f(%rip), %rcx; pushq %rcx; iretq; 1: nop; nop;")
STEP(iret_clears, "movq %rsp, %rax; pushq $0x2b; pushq %rax; pushq $0x202;"
	"pushq $0x33;"
	"leaq 1f(%rip), %rcx; pushq %rcx; iretq; 1: nop; nop;")
STEP(wrfsbase, "rdfsbase %rcx; wrfsbase %rcx; nop;")
STEP(vsyscall, "xorl %edi, %edi; movq $0xffffffffff600400, %rcx; call *%rcx;"
	"nop;")
/* TF is set by what returns, not by POPF. */
CODE(step_set_by_iret, "movq %rsp, %rax; pushq $0x2b; pushq %rax; pushq $0x302;"
	"pushq $0x33;"
	"leaq 1f(%rip), %rcx; pushq %rcx; iretq; 1: nop; nop;" CLEAR_TF)
#else
STEP(into, "xorl %eax, %eax; into; nop;")
STEP(into_set, "movb $0x7f, %al; incb %al; into; nop;")
STEP(iret, "pushfl; pushl $0x23; pushl $1f; iretl; 1: nop; nop;")
#endif

#define TRY(name) { #name, step_##name }

static const struct {
	const char *name;
	void (*code)(void *arg);
} cases[] = {
	TRY(nops), TRY(int80), TRY(int80_bad), TRY(cpuid), TRY(rdtsc),
	TRY(pushf), TRY(pushf_popf), TRY(pop_ss), TRY(pop_ss_twice),
	TRY(pop_ss_pushf), TRY(pop_ss_int80), TRY(pop_ss_int3), TRY(pop_ss_ud2),
	TRY(load_ds), TRY(load_fs), TRY(load_bad), TRY(rep_movs), TRY(rep_zero),
	TRY(int3), TRY(int1), TRY(int_4), TRY(int_0x20), TRY(ud2), TRY(hlt),
	TRY(cli), TRY(in_al), TRY(divide), TRY(fault), TRY(sgdt), TRY(smsw),
	TRY(jump), TRY(call), TRY(xgetbv), TRY(clear_by_popf),
	TRY(clear_by_pop_ss),
#ifdef __x86_64__
	TRY(syscall), TRY(syscall_bad), TRY(pop_ss_syscall), TRY(sysenter),
	TRY(iret), TRY(iret_clears), TRY(wrfsbase), TRY(vsyscall),
	TRY(set_by_iret),
#else
	TRY(into), TRY(into_set), TRY(iret),
#endif
};

#define MAX_STEPS	60

static uintptr_t start;
static int steps;

/* Shows each step; an end comes with any other signal. */
static bool step(int sig, siginfo_t *info, ucontext_t *uc)
{
	greg_t *regs = uc->uc_mcontext.gregs;

	printf("  %s code %d ip %s address %s trap %ld flags %#lx\n",
	       signal_name(sig), info->si_code,
	       code_address(start, regs[REG_IP]),
	       code_address(start, (uintptr_t)info->si_addr),
	       (long)regs[REG_TRAPNO], (unsigned long)regs[REG_EFL]);
	return sig == SIGTRAP && ++steps < MAX_STEPS;
}

BEHAVIOUR("a single-stepped program gets the same SIGTRAPs as natively")
{
	size_t i;

	attempt_hook = step;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		start = (uintptr_t)cases[i].code;
		steps = 0;
		report_attempt(cases[i].name, cases[i].code, NULL);
	}
}
