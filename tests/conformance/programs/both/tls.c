// SPDX-License-Identifier: GPL-2.0-only
/*
 * set_thread_area(): the three TLS segments of the GDT, in a process, its
 * threads and children, over context switches, and bad requests.
 */
#include <asm/ldt.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/probe.h"

/* Of the 32-bit system calls. */
#define NR_SET_THREAD_AREA	243
#define NR_GET_THREAD_AREA	244

/*
 * 64-bit programs get at the 32-bit system calls by INT 0x80; numbers as there.
 * What it points to must be below 4 GiB.
 */
static struct user_desc *const request = (struct user_desc *)ARENA;
static unsigned int *const words = (unsigned int *)(ARENA + PAGE_BYTES);

static int call(int number)
{
	int result;

	asm volatile("int $0x80" : "=a" (result)
		     : "0" (number), "b" (request) : "memory"
#ifdef __x86_64__
		     , "r8", "r9", "r10", "r11"
#endif
		     );
	return result;
}

static int set_quietly(int entry, unsigned int base, unsigned int limit,
		       int flags)
{
	*request = (struct user_desc){
		.entry_number = entry, .base_addr = base, .limit = limit,
		.seg_32bit = !!(flags & 1), .contents = flags >> 1 & 3,
		.read_exec_only = !!(flags & 8),
		.limit_in_pages = !!(flags & 16),
		.seg_not_present = !!(flags & 32), .useable = !!(flags & 64),
	};
	return call(NR_SET_THREAD_AREA);
}

static void set_entry(int entry, unsigned int base, unsigned int limit, int flags)
{
	int result = set_quietly(entry, base, limit, flags);

	printf("set entry %d base %#x limit %#x flags %#x: %d, entry %d\n",
	       entry, base, limit, flags, result, request->entry_number);
}

static void get_entry(int entry)
{
	int result;

	*request = (struct user_desc){ .entry_number = entry };
	result = call(NR_GET_THREAD_AREA);
	printf("get entry %d: %d base %#x limit %#x flags %d%d%d%d%d%d\n",
	       entry, result, request->base_addr, request->limit,
	       request->seg_32bit, request->contents, request->read_exec_only,
	       request->limit_in_pages, request->seg_not_present,
	       request->useable);
}

static void look(void)
{
	unsigned int selector, rights, limit;

	for (selector = 12 << 3 | 3; selector <= (14 << 3 | 3); selector += 8) {
		rights = 0;
		limit = 0;
		asm("lar %1, %0" : "+r" (rights) : "r" (selector) : "cc");
		asm("lsl %1, %0" : "+r" (limit) : "r" (selector) : "cc");
		printf("  selector %#x: rights %#x limit %#x\n", selector,
		       rights, limit);
	}
}

/* Those of 14 are read: the C library may have the lowest one. */
CODE(read_fs, "movl $0x73, %eax; movl %eax, %fs; movl %fs:0, %eax;"
	"movl %eax, 0x10001100")
CODE(read_gs, "movl $0x73, %eax; movl %eax, %gs; movl %gs:4, %eax;"
	"movl %eax, 0x10001100")
CODE(read_beyond, "movl $0x73, %eax; movl %eax, %fs; movl %fs:0x1000, %eax")

static void use(void)
{
	words[0x40] = 0;
	report_attempt("  fs", read_fs, NULL);
	printf("  %#x\n", words[0x40]);
	report_attempt("  gs", read_gs, NULL);
	printf("  %#x\n", words[0x40]);
	report_attempt("  beyond", read_beyond, NULL);
}

static void work_in_child(void *arg)
{
	printf("child\n");
	look();
	use();
	set_entry(14, ARENA + PAGE_BYTES + 8, 0xfff, 0x51);
	use();
}

/* FS stays loaded while others run that have another segment there. */
static void share_a_cpu(void)
{
	unsigned int sum = 0, value;
	pid_t pid = must("fork", fork());
	int i, status;

	if (!pid)
		set_quietly(14, ARENA + PAGE_BYTES + 8, 0xfff, 0x51);
	for (i = 0; i < 200; i++) {
		sched_yield();
		asm volatile("movl %%gs, %%ecx; movl %1, %%gs; movl %%gs:0, %0;"
	"movl %%ecx, %%gs"
			     : "=&r" (value) : "r" (14 << 3 | 3) : "ecx");
		sum += value;
	}
	if (!pid)
		_exit(sum == 200 * words[2] ? 0 : 1);
	printf("switches: %s\n", sum == 200 * words[0] ? "right" : "wrong");
	must("waitpid", waitpid(pid, &status, 0));
	printf("child: %s\n", wait_status(status));
}

BEHAVIOUR("TLS segments can be set, used and inherited as natively")
{
	int flags;

	map_at(ARENA, PAGE_BYTES, PROT_READ | PROT_WRITE);
	map_at(ARENA + PAGE_BYTES, PAGE_BYTES, PROT_READ | PROT_WRITE);
	for (flags = 0; flags < 64; flags++)
		words[flags] = 0x1000 + flags;
	look();
	get_entry(12);
	get_entry(11);
	get_entry(15);
	set_entry(11, 0, 0, 0);
	set_entry(15, 0, 0, 0);
	use();
	for (flags = 0; flags < 128; flags++) {
		set_entry(14, ARENA + PAGE_BYTES, 0xfff, flags);
		look();
	}
	set_entry(14, ARENA + PAGE_BYTES, 0xfff, 0x41);
	get_entry(14);
	use();
	in_child(work_in_child, NULL);
	use();
	share_a_cpu();
	set_entry(14, 0, 0, 0x28);
	look();
	use();
	set_entry(-1, ARENA + PAGE_BYTES, 0xfff, 0x51);
	set_entry(-1, ARENA + PAGE_BYTES, 0xfff, 0x51);
	set_entry(-1, ARENA + PAGE_BYTES, 0xfff, 0x51);
}
