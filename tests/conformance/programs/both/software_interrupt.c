// SPDX-License-Identifier: GPL-2.0-only
/*
 * INT with all vectors, and the short forms of some.  In the host's or a
 * hypervisor's interrupt table there may be gates that a program can reach; in
 * what a guest's programs see, only those of the guest's kernel may be.
 */
#include <sys/mman.h>

#include "lib/probe.h"

#define RET	0xc3

static void try(const char *what, const unsigned char *bytes, size_t size)
{
	unsigned char *code = (unsigned char *)CODE_PAGE;

	memcpy(code, bytes, size);
	code[size] = RET;
	report_attempt(what, (void (*)(void *))CODE_PAGE, NULL);
}

#define TRY(what, ...) do {						\
	const unsigned char bytes[] = { __VA_ARGS__ };			\
	try(what, bytes, sizeof(bytes));				\
} while (0)

BEHAVIOUR("INT of each vector, INT3, INT1 and INTO raise the native signal")
{
	char what[16];
	int vector;

	map_at(CODE_PAGE, PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC);
	for (vector = 0; vector < 256; vector++) {
		snprintf(what, sizeof(what), "int %#x", vector);
		TRY(what, 0xcd, vector);
	}
	TRY("int3", 0xcc);
	TRY("int1", 0xf1);
	TRY("rep int3", 0xf3, 0xcc);
	TRY("data16 int 0x80", 0x66, 0xcd, 0x80);
	TRY("data16 int 3", 0x66, 0xcd, 3);
	TRY("data16 int 0x21", 0x66, 0xcd, 0x21);
	TRY("into", 0xce);
	/* mov $0x7f, %al; inc %al; into */
	TRY("into with OF", 0xb0, 0x7f, 0x04, 1, 0xce);
}
