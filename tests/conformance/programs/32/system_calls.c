// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways of a 32-bit process into the kernel: INT 0x80, the vDSO's function,
 * and SYSENTER and SYSCALL as the vDSO would execute them; with six arguments,
 * bad numbers and bad stacks.  (What the vDSO itself uses is up to the kernel.)
 */
#include <sys/auxv.h>
#include <unistd.h>

#include "lib/probe.h"

unsigned int registers[8], entry;

#define SAVE								\
	"movl %eax, registers; movl %ebx, registers+4;"			\
	"movl %ecx, registers+8; movl %edx, registers+12;"		\
	"movl %esi, registers+16; movl %edi, registers+20;"		\
	"movl %ebp, registers+24; pushfl; popl registers+28"

#define ARGUMENTS							\
	"movl $1, %ebx; movl $2, %ecx; movl $3, %edx; movl $4, %esi;"	\
	"movl $5, %edi; movl $6, %ebp;"

CODE(int80, "movl $0x7fffffff, %eax;" ARGUMENTS "int $0x80;" SAVE)
CODE(vdso, "movl $0x7fffffff, %eax;" ARGUMENTS "call *entry;" SAVE)
CODE(int80_wrong, "movl $-1, %eax;" ARGUMENTS "int $0x80;" SAVE)
CODE(vdso_wrong, "movl $-1, %eax;" ARGUMENTS "call *entry;" SAVE)
/* mmap2() has six arguments, the last one in EBP. */
#define MMAP2 "movl $192, %eax; movl $0x30000000, %ebx; movl $4096, %ecx;"	\
	"movl $3, %edx; movl $0x32, %esi; movl $-1, %edi; xorl %ebp, %ebp;"
CODE(int80_six, MMAP2 "int $0x80;" SAVE)
CODE(vdso_six, MMAP2 "call *entry;" SAVE)
/*
 * SYSENTER comes back in the vDSO, behind its own INT 0x80, which pops EBP, EDX
 * and ECX and returns; EBP points to where EBP is saved.
 */
CODE(sysenter, "movl $0x7fffffff, %eax; pushl $1f; pushl $7; pushl $8;"
	"pushl $9; movl %esp, %ebp;"
	"sysenter; ud2; 1:" SAVE)
CODE(sysenter_bad_stack, "movl $20, %eax; pushl $1f; pushl $7; pushl $8;"
	"pushl $9; movl $0x10, %ebp;"
	"sysenter; ud2; 1:" SAVE)
CODE(sysenter_flags, "movl $20, %eax; pushl $1f; pushl $7; pushl $8; pushl $9;"
	"movl %esp, %ebp;"
	"pushl $0x244ed7; popfl; sysenter; ud2; 1: pushfl; popl %edx;"
	"pushl $0x202; popfl;" SAVE)
CODE(sysenter_step, "movl $20, %eax; pushl $1f; pushl $7; pushl $8; pushl $9;"
	"movl %esp, %ebp;"
	"pushl $0x302; popfl; sysenter; ud2; 1: pushl $0x202; popfl; nop")
CODE(syscall_32, "movl $0x7fffffff, %eax; pushl $1f; pushl $7; pushl $8;"
	"pushl $9; movl %esp, %ebp;"
	"syscall; ud2; 1:" SAVE)
CODE(int80_flags, "movl $20, %eax; pushl $0x244ed7; popfl; int $0x80; pushfl;"
	"popl %edx; pushl $0x202; popfl;" SAVE)

#define TRY(name) { #name, name }

static const struct {
	const char *name;
	void (*code)(void *arg);
} cases[] = {
	TRY(int80), TRY(vdso), TRY(int80_wrong), TRY(vdso_wrong),
	TRY(int80_six), TRY(vdso_six), TRY(sysenter), TRY(sysenter_bad_stack),
	TRY(sysenter_flags), TRY(syscall_32), TRY(int80_flags),
};

static void show_registers(void)
{
	size_t i;

	printf(" ");
	/* Process IDs differ. */
	for (i = registers[0] == (unsigned int)getpid(); i < 8; i++)
		printf(" %#x", registers[i]);
	printf("\n");
}

static unsigned int in_vdso, elsewhere;

/* Steps in the vDSO are its own business. */
static bool count_steps(int sig, siginfo_t *info, ucontext_t *uc)
{
	uintptr_t ip = uc->uc_mcontext.gregs[REG_IP];

	if (sig != SIGTRAP)
		return false;
	if (ip - (uintptr_t)sysenter_step < 0x100)
		elsewhere++;
	else
		in_vdso++;
	return true;
}

static void single_steps(void)
{
	attempt_hook = count_steps;
	report_attempt("sysenter, single step", sysenter_step, NULL);
	printf("  %u steps, %s in the vDSO\n", elsewhere,
	       in_vdso ? "others" : "none");
	attempt_hook = NULL;
}

BEHAVIOUR("INT 0x80, the vDSO, SYSENTER and SYSCALL work as natively")
{
	size_t i;

	entry = getauxval(AT_SYSINFO);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(registers, 0, sizeof(registers));
		report_attempt(cases[i].name, cases[i].code, NULL);
		show_registers();
	}
	single_steps();
	printf("mmap2() mapped zeroes: %d\n",
	       *(volatile int *)0x30000000);
}
