// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last page of a program's addresses: SYSCALL, INT 0x80 and others as its
 * last instruction.  What comes behind it is not a program's; behind the last
 * page that the CPU knows of, it is not even an address.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/probe.h"

#define LAST_PAGE	0x7fffffffe000UL	/* that Linux gives */

static const struct {
	const char *name;
	unsigned char bytes[4];
	size_t size;
} instructions[] = {
	{ "nop", { 0x90 }, 1 },
	{ "syscall", { 0x0f, 0x05 }, 2 },
	{ "int80", { 0xcd, 0x80 }, 2 },
	{ "int3", { 0xcc }, 1 },
	{ "int1", { 0xf1 }, 1 },
	{ "ud2", { 0x0f, 0x0b }, 2 },
	{ "ret", { 0xc3 }, 1 },
	{ "half a syscall", { 0x0f }, 1 },
	{ "jump back", { 0xeb, 0xfc }, 2 },
	{ "call on", { 0xe8, 0, 0 }, 3 },
	{ "cli", { 0xfa }, 1 },
	{ "in", { 0xec }, 1 },
	{ "prefixes", { 0x66, 0x66, 0x66 }, 3 },
};

/* All registers are 0 then, so the system call is read() of nothing. */
static void try(uintptr_t end, const char *where)
{
	char what[64];
	size_t i, size;

	for (i = 0; i < ARRAY_SIZE(instructions); i++) {
		size = instructions[i].size;
		memset((void *)(end - PAGE_BYTES), 0xf4, PAGE_BYTES);
		memcpy((void *)(end - size), instructions[i].bytes, size);
		snprintf(what, sizeof(what), "%s at %s", instructions[i].name,
			 where);
		report_attempt(what, (void (*)(void *))(end - size), NULL);
	}
}

static void map_beyond(uintptr_t address)
{
	void *p = mmap((void *)address, PAGE_BYTES, PROT_READ, MAP_PRIVATE |
		       MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	printf("map %#lx: %d\n", address, p == MAP_FAILED ? errno : 0);
}

/* The main thread's stack ends in the last page: so it has to wait for ever. */
static void *work(void *arg)
{
	map_at(LAST_PAGE, PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC);
	try(LAST_PAGE + PAGE_BYTES, "the end");
	map_at(CODE_PAGE, PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC);
	munmap((void *)(CODE_PAGE + PAGE_BYTES), PAGE_BYTES);
	try(CODE_PAGE + PAGE_BYTES, "a hole");
	map_beyond(LAST_PAGE + PAGE_BYTES);
	map_beyond(-PAGE_BYTES);
	map_beyond(0xffff800000000000);
	map_beyond(0xffffffffffe00000);
	fflush(stdout);
	_exit(EXIT_SUCCESS);
}

BEHAVIOUR("the last instruction of the address space ends as it does natively")
{
	pthread_t thread;

	pthread_create(&thread, NULL, work, NULL);
	pthread_join(thread, NULL);
}
