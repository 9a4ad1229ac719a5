// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page faults of a program's own making: accesses of all sizes at the border of
 * pages with different protection, to guard pages, code that may not be
 * executed, data that is copied on write, and pages that come and go.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/probe.h"

#ifdef __x86_64__
#define DI "rdi"
#else
#define DI "edi"
#endif

#define BORDER		(ARENA + PAGE_BYTES)

CODE(read_1, "movb (%" DI "), %al")
CODE(read_2, "movw (%" DI "), %ax")
CODE(read_4, "movl (%" DI "), %eax")
CODE(read_16, "movups (%" DI "), %xmm0")
CODE(write_1, "movb %al, (%" DI ")")
CODE(write_2, "movw %ax, (%" DI ")")
CODE(write_4, "movl %eax, (%" DI ")")
CODE(write_16, "movups %xmm0, (%" DI ")")
CODE(modify, "lock; incl (%" DI ")")
CODE(exchange_fails, "movl $7, %eax; movl $-1, (%" DI "); lock;"
	"cmpxchgl %ecx, (%" DI ")")
CODE(fill, "cld; movl $16, %ecx; rep stosb")
CODE(execute, "call *%" DI)

#define TRY(name) { #name, name }

static const struct {
	const char *name;
	void (*code)(void *arg);
} accesses[] = {
	TRY(read_1), TRY(read_2), TRY(read_4), TRY(read_16), TRY(write_1),
	TRY(write_2), TRY(write_4), TRY(write_16), TRY(modify),
	TRY(exchange_fails), TRY(fill), TRY(execute),
};

static void show(const char *what, void (*code)(void *arg), uintptr_t address)
{
	struct fault fault = attempt(code, (void *)address);

	printf("%s %#lx: ", what, (unsigned long)address);
	if (fault.sig)
		printf("%s code %d address %#lx trap %ld error %#lx count %lu\n",
		       signal_name(fault.sig), fault.code,
		       (unsigned long)fault.address,
		       (long)fault_reg(&fault, REG_TRAPNO),
		       (unsigned long)fault_reg(&fault, REG_ERR),
		       (unsigned long)fault_reg(&fault, REG_CX));
	else
		printf("done\n");
}

/* RET everywhere, so that what can be executed returns. */
static void lay_out(int below, int above)
{
	memset(map_at(ARENA, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE), 0xc3,
	       2 * PAGE_BYTES);
	must("mprotect", mprotect((void *)ARENA, PAGE_BYTES, below));
	if (above == -1)
		must("munmap", munmap((void *)BORDER, PAGE_BYTES));
	else
		must("mprotect", mprotect((void *)BORDER, PAGE_BYTES, above));
}

static void protections(void)
{
	static const int kinds[] = {
		-1, PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
		PROT_READ | PROT_EXEC, PROT_EXEC, PROT_WRITE,
		PROT_READ | PROT_WRITE | PROT_EXEC,
	};
	size_t above, i;

	for (above = 0; above < ARRAY_SIZE(kinds); above++) {
		printf("above: %d\n", kinds[above]);
		for (i = 0; i < ARRAY_SIZE(accesses); i++) {
			lay_out(PROT_READ | PROT_WRITE | PROT_EXEC,
				kinds[above]);
			show(accesses[i].name, accesses[i].code, BORDER - 1);
			show(accesses[i].name, accesses[i].code, BORDER);
			show(accesses[i].name, accesses[i].code, BORDER + 5);
		}
	}
	for (i = 0; i < ARRAY_SIZE(accesses); i++) {
		lay_out(PROT_NONE, PROT_READ | PROT_WRITE | PROT_EXEC);
		show(accesses[i].name, accesses[i].code, BORDER - 1);
	}
}

/* An instruction whose second half lies on a page that is not there. */
static void instruction_across(void)
{
	static const unsigned char insn[] = { 0xb8, 1, 2, 3, 4, 0xc3 };
	unsigned int k;

	for (k = 1; k <= sizeof(insn); k++) {
		lay_out(PROT_READ | PROT_WRITE | PROT_EXEC, -1);
		memcpy((void *)(BORDER - k), insn, k);
		show("mov across", (void (*)(void *))(BORDER - k), 0);
	}
	lay_out(PROT_READ | PROT_WRITE | PROT_EXEC, PROT_READ | PROT_WRITE);
	memcpy((void *)(BORDER - 2), insn, sizeof(insn));
	show("mov across to data", (void (*)(void *))(BORDER - 2), 0);
}

/* Code that is changed, in place and through another mapping. */
static void changing_code(void)
{
	unsigned char *code = map_at(ARENA, PAGE_BYTES, PROT_READ | PROT_WRITE |
				     PROT_EXEC);
	int (*run)(void) = (int (*)(void))code;
	int i, sum = 0;

	for (i = 0; i < 100; i++) {
		code[0] = 0xb8;
		code[1] = i;
		memset(code + 2, 0, 3);
		code[5] = 0xc3;
		sum += run();
	}
	printf("changing code: %d\n", sum);
	for (i = 0; i < 50; i++) {
		must("mprotect", mprotect(code, PAGE_BYTES,
					  PROT_READ | PROT_WRITE));
		code[1] = i;
		must("mprotect", mprotect(code, PAGE_BYTES,
					  PROT_READ | PROT_EXEC));
		sum += run();
	}
	printf("after mprotect: %d\n", sum);
	show("write to it", write_1, ARENA);
}

static void child_writes(void *arg)
{
	volatile unsigned char *p = arg;
	size_t i;

	for (i = 0; i < 8 * PAGE_BYTES; i += 64)
		p[i] = 2;
	_exit(p[0] + p[8 * PAGE_BYTES - 64]);
}

static void copy_on_write(void)
{
	unsigned char *mine = map_at(ARENA, 8 * PAGE_BYTES,
				     PROT_READ | PROT_WRITE);
	unsigned char *shared = mmap((void *)(ARENA + 0x100000), 8 * PAGE_BYTES,
				     PROT_READ | PROT_WRITE, MAP_SHARED |
				     MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	memset(mine, 1, 8 * PAGE_BYTES);
	memset(shared, 1, 8 * PAGE_BYTES);
	printf("child: %s\n", wait_status(in_child(child_writes, mine)));
	printf("mine: %d %d\n", mine[0], mine[8 * PAGE_BYTES - 64]);
	printf("child: %s\n", wait_status(in_child(child_writes, shared)));
	printf("shared: %d %d\n", shared[0], shared[8 * PAGE_BYTES - 64]);
}

/* A file's pages: beyond its end there is nothing. */
static void file_pages(void)
{
	int fd = open("/tmp/memory_faults", O_RDWR | O_CREAT | O_TRUNC, 0600);
	unsigned char *p;

	must("open", fd);
	must("ftruncate", ftruncate(fd, 100));
	p = mmap((void *)ARENA, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, fd, 0);
	must("mmap", (long)p);
	show("in the file", write_4, ARENA);
	show("in its last page", read_4, ARENA + 200);
	show("beyond its end", read_4, BORDER);
	show("beyond its end", write_4, BORDER);
	show("at the border", read_4, BORDER - 2);
	must("ftruncate", ftruncate(fd, 0));
	show("truncated", read_4, ARENA);
	must("ftruncate", ftruncate(fd, 2 * PAGE_BYTES));
	show("grown", write_4, BORDER);
	printf("%d\n", p[0]);
	close(fd);
	unlink("/tmp/memory_faults");
}

/* The kernel meets the same borders. */
static void partial_copies(void)
{
	struct iovec local = { (void *)ARENA, 2 * PAGE_BYTES };
	struct iovec remote = { (void *)(ARENA + 100), 2 * PAGE_BYTES };
	int fds[2];
	long n;

	must("pipe", pipe(fds));
	lay_out(PROT_READ | PROT_WRITE, PROT_NONE);
	n = write(fds[1], (void *)(BORDER - 10), 20);
	printf("write: %ld errno %d\n", n, n < 0 ? errno : 0);
	must("write", write(fds[1], (void *)ARENA, 20));
	n = read(fds[0], (void *)(BORDER - 5), 20);
	printf("read: %ld errno %d\n", n, n < 0 ? errno : 0);
	n = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
	printf("process_vm_readv: %ld errno %d\n", n, n < 0 ? errno : 0);
	lay_out(PROT_READ, PROT_READ);
	n = read(fds[0], (void *)ARENA, 5);
	printf("read to read-only: %ld errno %d\n", n, n < 0 ? errno : 0);
	close(fds[0]);
	close(fds[1]);
}

BEHAVIOUR("page faults have the native signal, address and error code")
{
	protections();
	instruction_across();
	changing_code();
	copy_on_write();
	file_pages();
	partial_copies();
}
