// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports: ioperm(), iopl(), what a program may access after them and what not,
 * and which of it a child and a new program inherit.  Port 0x80 is where
 * firmware shows how far it came; reads of it tell nothing.
 */
#include <errno.h>
#include <sys/io.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/probe.h"

#ifdef __x86_64__
#define SP "%rsp"
#define SI "%rsi"
#define DI "%rdi"
#define POP_AX "popq %rax;"
#else
#define SP "%esp"
#define SI "%esi"
#define DI "%edi"
#define POP_AX "popl %eax;"
#endif

#define PORTS "movl $0x80, %edx;"

CODE(in_byte, PORTS "inb %dx, %al")
CODE(in_word, PORTS "inw %dx, %ax")
CODE(in_long, PORTS "inl %dx, %eax")
CODE(in_imm, "inb $0x80, %al")
CODE(out_byte, PORTS "outb %al, %dx")
CODE(out_word, PORTS "outw %ax, %dx")
CODE(out_long, PORTS "outl %eax, %dx")
CODE(out_imm, "outb %al, $0x80")
CODE(in_81, "inb $0x81, %al")
CODE(in_7f_word, "movl $0x7f, %edx; inw %dx, %ax")
CODE(in_high, "movl $0xffff, %edx; inb %dx, %al")
CODE(in_wrap, "movl $0xffff, %edx; inw %dx, %ax")
CODE(ins, PORTS "sub $64, " SP "; mov " SP ", " DI "; insb; add $64, " SP)
CODE(outs, PORTS "mov " SP ", " SI "; outsb")
CODE(rep_outs, PORTS "mov " SP ", " SI "; movl $4, %ecx; rep outsb;"
	"testl %ecx, %ecx; jz 1f; ud2; 1:")
CODE(rep_ins, PORTS "sub $64, " SP "; mov " SP ", " DI
	"; movl $3, %ecx; rep insw; add $64, " SP)
CODE(rep_ins_zero, PORTS "movl $8, %edi; xorl %ecx, %ecx; rep insb")
CODE(ins_unmapped, PORTS "movl $8, %edi; insb")
CODE(outs_unmapped, PORTS "movl $8, %esi; outsb")
CODE(cli_sti, "cli; sti")
CODE(pushf_iopl, "pushf; " POP_AX " andl $0x3000, %eax; cmpl $0x3000, %eax;"
	"jne 1f; ud2; 1:")
CODE(popf_iopl, "pushf; orw $0x3000, (" SP "); popf; pushf; "
	POP_AX " testl $0x3000, %eax; jz 1f; ud2; 1:")
CODE(popf_if, "pushf; andw $~0x200, (" SP "); popf; pushf; "
	POP_AX " testl $0x200, %eax; jnz 1f; ud2; 1:")

#define TRY(name) { #name, name }

static const struct {
	const char *name;
	void (*code)(void *arg);
} cases[] = {
	TRY(in_byte), TRY(in_word), TRY(in_long), TRY(in_imm), TRY(out_byte),
	TRY(out_word), TRY(out_long), TRY(out_imm), TRY(in_81), TRY(in_7f_word),
	TRY(in_high), TRY(in_wrap), TRY(ins), TRY(outs), TRY(rep_outs),
	TRY(rep_ins), TRY(rep_ins_zero), TRY(ins_unmapped), TRY(outs_unmapped),
	TRY(cli_sti), TRY(pushf_iopl), TRY(popf_iopl), TRY(popf_if),
};

static void try_all(const char *when)
{
	char what[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(what, sizeof(what), "%s: %s", when, cases[i].name);
		report_attempt(what, cases[i].code, NULL);
	}
}

static void show(const char *what, int result)
{
	printf("%s: %d errno %d\n", what, result, result ? errno : 0);
}

static void work_in_child(void *arg)
{
	try_all(arg);
}

static void drop_in_child(void *arg)
{
	show("ioperm off", ioperm(0x80, 8, 0));
	try_all("off in child");
}

static void unprivileged(void *arg)
{
	must("setuid", setuid(1));
	show("ioperm", ioperm(0x80, 1, 1));
	show("iopl", iopl(3));
	show("iopl", iopl(1));
}

static void permissions(void)
{
	try_all("without");
	show("ioperm one", ioperm(0x80, 1, 1));
	try_all("one port");
	show("ioperm four", ioperm(0x80, 4, 1));
	try_all("four ports");
	in_child(work_in_child, "four ports, child");
	in_child(drop_in_child, NULL);
	try_all("four ports, still");
	show("ioperm last", ioperm(0xffff, 1, 1));
	try_all("the last port");
	show("ioperm beyond", ioperm(0xffff, 2, 1));
	show("ioperm off", ioperm(0, 0x10000, 0));
	try_all("off");
}

static void levels(void)
{
	int level;

	show("iopl 4", iopl(4));
	for (level = 1; level <= 3; level++)
		show("iopl", iopl(level));
	try_all("iopl 3");
	in_child(work_in_child, "iopl 3, child");
	show("iopl 0", iopl(0));
	try_all("iopl 0");
}

BEHAVIOUR("port instructions are allowed by ioperm() and iopl() as natively")
{
	permissions();
	levels();
	in_child(unprivileged, NULL);
}
