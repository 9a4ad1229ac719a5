// SPDX-License-Identifier: GPL-2.0-only
/*
 * SGDT, SIDT, SLDT, STR and SMSW.  With UMIP the kernel emulates what programs
 * are known to need, with made-up values, and sends SIGSEGV for the rest.
 */
#include <sys/mman.h>

#include "lib/probe.h"

#ifdef __x86_64__
#define SP "%rsp"
#define AX "%rax"
#else
#define SP "%esp"
#define AX "%eax"
#endif

static unsigned char *const arena = (unsigned char *)ARENA;

CODE(sgdt, "sgdt 0x10000000")
CODE(sidt, "sidt 0x10000000")
CODE(sldt_memory, "sldt 0x10000000")
CODE(str_memory, "str 0x10000000")
CODE(smsw_memory, "smsw 0x10000000")
CODE(sldt_register, "movl $-1, %eax; sldt %eax; mov " AX ", 0x10000000")
CODE(str_register, "movl $-1, %eax; str %eax; mov " AX ", 0x10000000")
CODE(smsw_register, "movl $-1, %eax; smsw %eax; mov " AX ", 0x10000000")
CODE(smsw_word, "movl $-1, %eax; smsw %ax; mov " AX ", 0x10000000")
CODE(sgdt_index, "movl $0x10000000, %ecx; movl $2, %edx; sgdt 4(%ecx, %edx, 8)")
CODE(sgdt_stack, "sub $16, " SP "; movl $0, 8(" SP "); sgdt (" SP "); mov ("
	SP "), " AX
	"; mov " AX ", 0x10000000; add $16, " SP)
CODE(sgdt_prefix, ".byte 0x66; sgdt 0x10000000")
CODE(sgdt_unmapped, "sgdt 0x10")
CODE(sidt_boundary, "sidt 0x10000ffc")
CODE(sidt_read_only, "sidt 0x10001000")
#ifdef __x86_64__
CODE(smsw_quad, "movq $-1, %rax; .byte 0x48; smsw %eax; movq %rax, 0x10000000")
CODE(sgdt_noncanonical, "movl $1, %eax; shlq $62, %rax; sgdt (%rax)")
CODE(sgdt_rip, "sgdt sgdt_rip(%rip)")
#endif

#define TRY(name) { #name, name }

static const struct {
	const char *name;
	void (*code)(void *arg);
} cases[] = {
	TRY(sgdt), TRY(sidt), TRY(sldt_memory), TRY(str_memory),
	TRY(smsw_memory), TRY(sldt_register), TRY(str_register),
	TRY(smsw_register), TRY(smsw_word), TRY(sgdt_index), TRY(sgdt_stack),
	TRY(sgdt_prefix), TRY(sgdt_unmapped), TRY(sidt_boundary),
	TRY(sidt_read_only),
#ifdef __x86_64__
	TRY(smsw_quad), TRY(sgdt_noncanonical), TRY(sgdt_rip),
#endif
};

static void show_arena(void)
{
	size_t i;

	printf("  stored");
	for (i = 0; i < 40; i++)
		printf("%s%02x", i % 8 ? "" : " ", arena[i]);
	printf("\n");
}

BEHAVIOUR("SGDT, SIDT, SLDT, STR and SMSW give the native values or signals")
{
	size_t i;

	map_at(ARENA, PAGE_BYTES, PROT_READ | PROT_WRITE);
	map_at(ARENA + PAGE_BYTES, PAGE_BYTES, PROT_READ);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(arena, 0x5a, PAGE_BYTES);
		report_attempt(cases[i].name, cases[i].code, NULL);
		show_arena();
	}
}
