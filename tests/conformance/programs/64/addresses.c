// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses that are not the program's: reads, writes, jumps, the stack, and
 * the arguments of system calls.  Among them are those where the kernel lies,
 * where a hypervisor may live, and where this one keeps its shim.
 */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/probe.h"

static const uintptr_t addresses[] = {
	0,
	8,
	PAGE_BYTES - 1,
	0x00007fffffffefff,		/* the last byte of the user half */
	0x00007ffffffff000,		/* above what Linux gives */
	0x00007fffffffffff,
	0x0000800000000000,		/* not canonical */
	0x0000ffffffffffff,
	0x0100000000000000,
	0x7fffffffffffffff,
	0x8000000000000000,
	0xff00000000000000,
	0xffff7ffffffffff8,
	0xffff7fffffffffff,
	0xffff800000000000,		/* the hypervisor's slot */
	0xffff800000001000,
	0xffff800000200000,
	0xffff800000400000,
	0xffff87ffffffffff,
	0xffff888000000000,		/* direct map */
	0xffff888001000000,
	0xffffc90000000000,		/* vmalloc */
	0xffffea0000000000,
	0xfffffe0000000000,		/* CPU entry area: the IDT */
	0xfffffe0000001000,
	0xffffffff80000000,
	0xffffffff81000000,		/* kernel text */
	0xffffffff82000000,
	0xffffffffa0000000,		/* modules */
	0xffffffffc0000000,
	0xffffffffff5fc000,		/* fixmap */
	0xffffffffff600000,		/* vsyscall */
	0xffffffffff600ffc,
	0xffffffffff601000,
	0xffffffffffdff000,
	0xffffffffffe00000,		/* the shim */
	0xffffffffffe00ff8,
	0xffffffffffe01000,
	0xfffffffffffef000,
	0xfffffffffffff000,		/* the last page */
	0xfffffffffffffff9,
	0xffffffffffffffff,
};

CODE(read_byte, "movb (%rdi), %al")
CODE(read_quad, "movq (%rdi), %rax")
CODE(write_byte, "movb %al, (%rdi)")
CODE(write_quad, "movq %rax, (%rdi)")
CODE(add_locked, "lock; addl $1, (%rdi)")
CODE(execute, "jmp *%rdi")
CODE(push_there, "movq %rdi, %rsp; pushq $0")
CODE(pop_there, "movq %rdi, %rsp; popq %rax")
CODE(read_through_rbp, "movq %rdi, %rbp; movq (%rbp), %rax")
CODE(read_sse, "movups (%rdi), %xmm0")
CODE(string, "movq %rdi, %rsi; movq %rdi, %rdi; movl $2, %ecx; rep movsb")
CODE(prefetch, "prefetcht0 (%rdi); prefetchw (%rdi); nopl (%rdi);"
	"leaq (%rdi), %rax")
CODE(clflush, "clflush (%rdi)")
CODE(verify_read, "verr (%rdi)")
CODE(store_gs, "movw %gs, (%rdi)")
CODE(far_jump, "ljmp *(%rdi)")

#define TRY(name) { #name, name }

static const struct {
	const char *name;
	void (*code)(void *arg);
} accesses[] = {
	TRY(read_byte), TRY(read_quad), TRY(write_byte), TRY(write_quad),
	TRY(add_locked), TRY(execute), TRY(push_there), TRY(pop_there),
	TRY(read_through_rbp), TRY(read_sse), TRY(string), TRY(prefetch),
	TRY(clflush), TRY(verify_read), TRY(store_gs), TRY(far_jump),
};

/* Absolute addresses: these have nothing to do with where the code lies. */
static void report_access(const char *name, uintptr_t address,
			  const struct fault *fault)
{
	struct fault absolute = *fault;
	char what[64];

	snprintf(what, sizeof(what), "%s %#lx", name, address);
	if (fault_reg(fault, REG_IP) - fault->start >= PAGE_BYTES)
		absolute.start = 1;
	report(what, &absolute);
}

static void access_all(uintptr_t address)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(accesses); i++) {
		struct fault fault = attempt(accesses[i].code, (void *)address);

		report_access(accesses[i].name, address, &fault);
	}
}

static void show_call(const char *name, uintptr_t address, long result)
{
	printf("%s %#lx: %ld errno %d\n", name, address, result,
	       result == -1 ? errno : 0);
}

/* Some of them get garbage that does not matter; all of them are harmless. */
static void system_calls(uintptr_t address)
{
	int fds[2];

	must("pipe", pipe(fds));
	must("write", write(fds[1], "0123456789", 10));
	show_call("write", address, syscall(SYS_write, fds[1], address, 8));
	show_call("read", address, syscall(SYS_read, fds[0], address, 8));
	show_call("access", address, syscall(SYS_access, address, 0));
	show_call("uname", address, syscall(SYS_uname, address));
	show_call("nanosleep", address, syscall(SYS_nanosleep, address, 0));
	show_call("futex", address,
		  syscall(SYS_futex, address, 1 /* FUTEX_WAKE */, 1, 0, 0, 0));
	show_call("munmap", address, syscall(SYS_munmap, address, 0));
	show_call("mincore", address,
		  syscall(SYS_mincore, address & ~0xfffUL, PAGE_BYTES, 0));
	close(fds[0]);
	close(fds[1]);
}

BEHAVIOUR("accesses to addresses not the program's end as natively")
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		access_all(addresses[i]);
		system_calls(addresses[i]);
	}
}
