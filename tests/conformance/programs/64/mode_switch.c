// SPDX-License-Identifier: GPL-2.0-only
/*
 * A 64-bit process that goes to a 32-bit code segment and back by far jumps,
 * calls, returns and IRET, and calls the kernel from there by INT 0x80,
 * SYSENTER and SYSCALL, whichever the CPU has: Intel's has no SYSCALL there.
 *
 * 32-bit code and its stack lie below 4 GiB; the code is assembled here and
 * linked there, for the program is not position independent.
 */
#include <sys/mman.h>

#include "lib/probe.h"

/* 32-bit code works on this stack; RBX keeps the other one. */
#define TO_32								\
	"movq %rsp, %rbx; movl $0x10000ff0, %esp;"			\
	"pushq $0x23; leaq 1f(%rip), %rax; pushq %rax; lretq;"		\
	".code32; 1:"
#define TO_64								\
	"pushl $0x33; pushl $2f; lretl; .code64; 2: movq %rbx, %rsp;"

unsigned int result[8];

#define SAVE								\
	"movl %eax, result; movl %ecx, result+4; movl %edx, result+8;"	\
	"movl %esi, result+12; movl %edi, result+16;"			\
	"movl %ebp, result+20; pushfl; popl result+24;"

CODE(there_and_back, TO_32 "movl $1, result;" TO_64)
CODE(int80, TO_32 "movl $0x7fffffff, %eax; movl $1, %ecx; movl $2, %edx;"
	"movl $3, %esi; movl $4, %edi; movl $5, %ebp; int $0x80;" SAVE TO_64)
CODE(int80_personality, TO_32 "movl $136, %eax; pushl %ebx; movl $-1, %ebx;"
	"int $0x80; popl %ebx;" SAVE TO_64)
/* SYSENTER goes on in the vDSO, and there is none for a 64-bit process. */
CODE(sysenter, TO_32 "movl $20, %eax; movl %esp, %ebp; sysenter;" TO_64)
CODE(syscall_32, TO_32 "movl $0x7fffffff, %eax; movl $2, %edx; movl $3, %esi;"
	"movl $4, %edi;"
	"movl %esp, %ebp; pushl $5; movl %esp, %ebp; syscall; movl $0x2b, %ecx;"
	"movl %ecx, %ss;"
	"popl %ecx; movl $0, %ebp;" SAVE TO_64)
CODE(syscall_bad_stack, TO_32 "movl $20, %eax; movl $0x10, %ebp; syscall;"
	"movl $0x2b, %ecx; movl %ecx, %ss; movl $0, %ebp;" SAVE TO_64)
CODE(far_jump, "movq %rsp, %rbx; movl $0x10000ff0, %esp; ljmpl *3f(%rip);"
	".code32; 1: ljmpl $0x33, $2f; .code64; 2: movq %rbx, %rsp; ret;"
	"3: .long 1b; .word 0x23")
CODE(far_call, "movq %rsp, %rbx; movl $0x10000ff0, %esp; lcalll *3f(%rip);"
	"movq %rbx, %rsp; ret; .code32; 1: lretl; .code64; 3: .long 1b;"
	".word 0x23")
CODE(iret_to_32, "movq %rsp, %rbx; pushq $0x2b; pushq $0x10000ff0;"
	"pushq $0x202; pushq $0x23;"
	"leaq 1f(%rip), %rax; pushq %rax; iretq; .code32; 1: nop;" TO_64)
CODE(high_registers, "movq $-1, %r8; movq $-2, %r15; movq $-3, %rdx;" TO_32
	"movl $1, %edx; movl $20, %eax; int $0x80;" TO_64
	"cmpq $-2, %r15; jne 3f; cmpq $1, %rdx; jne 3f; ret; 3: ud2")
CODE(fault_in_32, TO_32 "movl 8, %eax;" TO_64)
CODE(ud2_in_32, TO_32 "ud2;" TO_64)
CODE(int3_in_32, TO_32 "int3;" TO_64)
CODE(into_in_32, TO_32 "movb $0x7f, %al; incb %al; into;" TO_64)
CODE(inc_in_32, TO_32 "xorl %eax, %eax; .byte 0x40; movl %eax, result;" TO_64)
CODE(far_kernel, "ljmpl *3f(%rip); 3: .long 3b; .word 0x10")
CODE(far_kernel_rpl, "ljmpl *3f(%rip); 3: .long 3b; .word 0x13")
CODE(far_data, "ljmpl *3f(%rip); 3: .long 3b; .word 0x2b")
CODE(far_null, "ljmpl *3f(%rip); 3: .long 3b; .word 0")
CODE(far_tss, "ljmpl *3f(%rip); 3: .long 3b; .word 0x43")
CODE(far_beyond, "lcalll *3f(%rip); 3: .long 3b; .word 0xfff3")
CODE(ret_kernel, "pushq $0x10; pushq $0; lretq")
CODE(ret_noncanonical, "pushq $0x33; movl $1, %eax; shlq $62, %rax; pushq %rax;"
	"lretq")
CODE(iret_kernel, "pushq $0x18; pushq %rsp; pushq $0x202; pushq $0x10;"
	"pushq $0; iretq")
CODE(iret_null_ss, "movq %rsp, %rax; pushq $0; pushq %rax; pushq $0x202;"
	"pushq $0x33; pushq $0; iretq")
CODE(iret_noncanonical, "movq %rsp, %rax; pushq $0x2b; pushq %rax;"
	"pushq $0x202; pushq $0x33;"
	"movl $1, %eax; shlq $62, %rax; pushq %rax; iretq")
CODE(iret_flags, "movq %rsp, %rax; pushq $0x2b; pushq %rax; pushq $0x3ffeff;"
	"pushq $0x33;"
	"leaq 1f(%rip), %rcx; pushq %rcx; iretq; 1: pushfq; popq %rax;"
	"movl %eax, result; pushq $0x202; popfq")
CODE(iret_with_nt, "pushfq; orl $0x4000, (%rsp); popfq; movq %rsp, %rax;"
	"pushq $0x2b; pushq %rax; pushq $0x202;"
	"pushq $0x33; leaq 1f(%rip), %rcx; pushq %rcx; iretq; 1: nop")

#define TRY(name) { #name, name }

static const struct {
	const char *name;
	void (*code)(void *arg);
} cases[] = {
	TRY(there_and_back), TRY(int80), TRY(int80_personality), TRY(sysenter),
	TRY(syscall_32), TRY(syscall_bad_stack), TRY(far_jump), TRY(far_call),
	TRY(iret_to_32), TRY(high_registers), TRY(fault_in_32), TRY(ud2_in_32),
	TRY(int3_in_32), TRY(into_in_32), TRY(inc_in_32), TRY(far_kernel),
	TRY(far_kernel_rpl), TRY(far_data), TRY(far_null), TRY(far_tss),
	TRY(far_beyond), TRY(ret_kernel), TRY(ret_noncanonical),
	TRY(iret_kernel), TRY(iret_null_ss), TRY(iret_noncanonical),
	TRY(iret_flags), TRY(iret_with_nt),
};

static void show_result(void)
{
	size_t i;

	printf(" ");
	for (i = 0; i < ARRAY_SIZE(result); i++)
		printf(" %#x", result[i]);
	printf("\n");
}

BEHAVIOUR("a 64-bit process can go to 32-bit code and back as natively")
{
	size_t i;

	map_at(ARENA, PAGE_BYTES, PROT_READ | PROT_WRITE);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(result, 0, sizeof(result));
		report_attempt(cases[i].name, cases[i].code, NULL);
		show_result();
	}
}
