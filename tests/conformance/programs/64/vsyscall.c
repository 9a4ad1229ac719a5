// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vsyscall page, which Linux emulates (vsyscall=xonly): calls of its three
 * functions, jumps to other places of it, reads, and bad arguments.
 */
#include <sys/time.h>
#include <time.h>

#include "lib/probe.h"

#define VSYSCALL	0xffffffffff600000UL

CODE(jump_gettimeofday, "xorl %edi, %edi; xorl %esi, %esi;"
	"movq $0xffffffffff600000, %rax; call *%rax")
CODE(jump_time, "xorl %edi, %edi; movq $0xffffffffff600400, %rax; call *%rax")
CODE(jump_getcpu, "xorl %edi, %edi; xorl %esi, %esi; xorl %edx, %edx;"
	"movq $0xffffffffff600800, %rax; call *%rax")
CODE(jump_0x1, "movq $0xffffffffff600001, %rax; call *%rax")
CODE(jump_0xc00, "movq $0xffffffffff600c00, %rax; call *%rax")
CODE(jump_0xfff, "movq $0xffffffffff600fff, %rax; call *%rax")
CODE(read_it, "movq 0xffffffffff600000, %rax")
CODE(write_it, "movq %rax, 0xffffffffff600000")
CODE(bad_time, "movq $0x10, %rdi; movq $0xffffffffff600400, %rax; call *%rax")
CODE(kernel_time, "movq $-8, %rdi; movq $0xffffffffff600400, %rax; call *%rax")
CODE(noncanonical_time, "movq $1, %rdi; shl $62, %rdi;"
	"movq $0xffffffffff600400, %rax; call *%rax")
CODE(bad_tv, "movq $0x10, %rdi; xorl %esi, %esi;"
	"movq $0xffffffffff600000, %rax; call *%rax")
CODE(bad_stack, "movq $8, %rsp; movq $0xffffffffff600400, %rax; jmp *%rax")

#define TRY(name) { #name, name }

static const struct {
	const char *name;
	void (*code)(void *arg);
} cases[] = {
	TRY(jump_gettimeofday), TRY(jump_time), TRY(jump_getcpu), TRY(jump_0x1),
	TRY(jump_0xc00), TRY(jump_0xfff), TRY(read_it), TRY(write_it),
	TRY(bad_time), TRY(kernel_time), TRY(noncanonical_time), TRY(bad_tv),
	TRY(bad_stack),
};

static void values(void)
{
	int (*get_time_of_day)(struct timeval *tv, struct timezone *tz);
	time_t (*get_time)(time_t *t);
	long (*get_cpu)(unsigned int *cpu, unsigned int *node, void *unused);
	time_t now = time(NULL), there = -1, result;
	unsigned int cpu = -1, node = -1;
	struct timeval tv = { -1, -1 };
	long status;

	get_time_of_day = (void *)VSYSCALL;
	get_time = (void *)(VSYSCALL + 0x400);
	get_cpu = (void *)(VSYSCALL + 0x800);

	status = get_time_of_day(&tv, NULL);
	printf("gettimeofday: %ld, %s\n", status,
	       tv.tv_sec - now <= 1 ? "right" :
	       "wrong");
	result = get_time(&there);
	printf("time: %s\n",
	       result == there && there - now <= 1 ? "right" : "wrong");
	status = get_cpu(&cpu, &node, NULL);
	printf("getcpu: %ld, %s, node %u\n", status,
	       cpu < 2 ? "right" : "wrong", node);
}

BEHAVIOUR("the vsyscall page works, and fails where it does natively")
{
	size_t i;

	values();
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		report_attempt(cases[i].name, cases[i].code, NULL);
}
