// SPDX-License-Identifier: GPL-2.0-only
/*
 * All 65536 selectors: what LAR, LSL, VERR and VERW say of each; and whether
 * they can be loaded into each segment register, which is tried of those in the
 * range of Linux's tables and of some beyond.  Runs of selectors with the same
 * answer are one line.
 */
#include <sched.h>

#include "lib/probe.h"

#define ALL_BELOW	0x200	/* beyond the limit of Linux's GDT, and more */
#define STEP		0x155	/* from there on: signals take their time */

static char last[160];
static unsigned int first;

static void show_run(const char *what, unsigned int end)
{
	if (last[0])
		printf("%s %#x to %#x: %s\n", what, first, end - 1, last);
}

static void note(const char *what, unsigned int selector, const char *answer)
{
	if (!strcmp(last, answer))
		return;
	show_run(what, selector);
	snprintf(last, sizeof(last), "%s", answer);
	first = selector;
}

static void finish(const char *what)
{
	show_run(what, 0x10000);
	last[0] = 0;
}

static void look(unsigned int selector, char *answer, size_t size)
{
	unsigned int rights = 0, limit = 0;
	bool has_rights, has_limit, readable, writable;

	asm("lar %2, %0" : "=r" (rights), "=@ccz" (has_rights)
	    : "r" (selector), "0" (0));
	asm("lsl %2, %0" : "=r" (limit), "=@ccz" (has_limit)
	    : "r" (selector), "0" (0));
	asm("verr %w1" : "=@ccz" (readable) : "r" (selector));
	asm("verw %w1" : "=@ccz" (writable) : "r" (selector));
	snprintf(answer, size, "lar %d %#x lsl %d %#x verr %d verw %d",
		 has_rights, has_rights ? rights : 0, has_limit,
		 has_limit ? limit : 0, readable, writable);
}

CODE(load_ds, "movl %edi, %ds; movl %ds, %eax")
CODE(load_es, "movl %edi, %es; movl %es, %eax")
CODE(load_fs, "movl %edi, %fs; movl %fs, %eax")
CODE(load_gs, "movl %edi, %gs; movl %gs, %eax")
CODE(load_ss, "movl %edi, %ss; movl %ss, %eax; movl $0x2b, %eax;"
	"movl %eax, %ss")

static const struct {
	const char *name;
	void (*code)(void *arg);
} loads[] = {
	{ "ds", load_ds }, { "es", load_es },
	{ "fs", load_fs }, { "gs", load_gs },
	{ "ss", load_ss },
};

static void load(void (*code)(void *arg), unsigned int selector, char *answer,
		 size_t size)
{
	struct fault fault = attempt(code, (void *)(uintptr_t)selector);

	if (!fault.sig)
		snprintf(answer, size, "loaded");
	else
		snprintf(answer, size, "%s code %d trap %ld error %s",
			 signal_name(fault.sig), fault.code,
			 (long)fault_reg(&fault, REG_TRAPNO),
			 fault_reg(&fault, REG_ERR) == (selector & ~3U) ?
			 "is the selector" : "is not the selector");
}

BEHAVIOUR("every selector can be looked at and loaded as far as natively")
{
	unsigned int selector, step;
	char answer[128];
	cpu_set_t cpu;
	size_t i;

	/* One entry of the table holds the number of the CPU. */
	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	must("sched_setaffinity", sched_setaffinity(0, sizeof(cpu), &cpu));

	for (selector = 0; selector < 0x10000; selector++) {
		look(selector, answer, sizeof(answer));
		note("look", selector, answer);
	}
	finish("look");
	for (i = 0; i < ARRAY_SIZE(loads); i++) {
		for (selector = 0; selector < 0x10000; selector += step) {
			load(loads[i].code, selector, answer, sizeof(answer));
			note(loads[i].name, selector, answer);
			step = selector < ALL_BELOW ? 1 : STEP;
		}
		finish(loads[i].name);
	}
}
