// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments of a program's own by modify_ldt(): what the CPU says of them, what
 * can be loaded and accessed, limits, and what becomes of a selector that is in
 * use when its segment goes.
 */
#include <asm/ldt.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/probe.h"

#define ENTRY		5
#define SELECTOR(n)	((n) << 3 | 7)
#define SEGMENT		ARENA		/* two pages, each with its pattern */

static long write_entry(int func, const struct user_desc *segment)
{
	long result = syscall(SYS_modify_ldt, func, segment, sizeof(*segment));

	/* Linux returns an unsigned int. */
	if (result > 0x7fffffff)
		result = (int)result;
	return result < 0 && errno ? -errno : result;
}

static void look(unsigned int selector)
{
	unsigned int rights, limit;
	bool has_rights, has_limit, readable, writable;

	asm("lar %2, %0" : "=r" (rights), "=@ccz" (has_rights)
	    : "r" (selector), "0" (0));
	asm("lsl %2, %0" : "=r" (limit), "=@ccz" (has_limit)
	    : "r" (selector), "0" (0));
	asm("verr %w1" : "=@ccz" (readable) : "r" (selector));
	asm("verw %w1" : "=@ccz" (writable) : "r" (selector));
	printf("  lar %d %#x lsl %d %#x verr %d verw %d\n", has_rights,
	       has_rights ? rights : 0, has_limit, has_limit ? limit : 0,
	       readable, writable);
}

CODE(load_ds, "movl $0x2f, %eax; movl %eax, %ds; movl %ds, %eax;"
	"movl $0x2b, %eax; movl %eax, %ds")
CODE(load_gs, "movl $0x2f, %eax; movl %eax, %gs")
CODE(load_ss, "movl $0x2f, %eax; movl %eax, %ss; movl $0x2b, %eax;"
	"movl %eax, %ss")
CODE(read_start, "movl $0x2f, %eax; movl %eax, %fs; movl %fs:0, %eax;"
	"cmpl $0x01010101, %eax; je 1f; ud2; 1:")
CODE(read_last, "movl $0x2f, %eax; movl %eax, %fs; movl %fs:0xffc, %eax")
CODE(read_across, "movl $0x2f, %eax; movl %eax, %fs; movl %fs:0xffd, %eax")
CODE(read_beyond, "movl $0x2f, %eax; movl %eax, %fs; movl %fs:0x1000, %eax;"
	"cmpl $0x02020202, %eax; je 1f; ud2; 1:")
CODE(write_start, "movl $0x2f, %eax; movl %eax, %fs; movl $0x01010101, %fs:0")
CODE(write_es, "movl $0x2f, %eax; movl %eax, %es; movl $0x01010101, %es:(%ecx);"
	"movl $0x2b, %eax; movl %eax, %es")
CODE(far_call, "lcall *1f; ret; .balign 8; 1: .long 0; .word 0x2f")

#define TRY(name) { #name, name }

static const struct {
	const char *name;
	void (*code)(void *arg);
} uses[] = {
	TRY(load_ds), TRY(load_gs), TRY(load_ss), TRY(read_start),
	TRY(read_last), TRY(read_across), TRY(read_beyond), TRY(write_start),
	TRY(write_es), TRY(far_call),
};

static void use(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(uses); i++) {
		char what[32];

		snprintf(what, sizeof(what), "  %s", uses[i].name);
		report_attempt(what, uses[i].code, NULL);
	}
}

/* At SEGMENT there are, as 32-bit code: lret; behind it as data, 1s. */
static void fill_segment(void)
{
	unsigned char *p = map_at(SEGMENT, 2 * PAGE_BYTES, PROT_READ |
				  PROT_WRITE | PROT_EXEC);

	memset(p, 1, PAGE_BYTES);
	memset(p + PAGE_BYTES, 2, PAGE_BYTES);
}

static void types(void)
{
	struct user_desc segment = {};
	int type;

	for (type = 0; type < 256; type++) {
		segment = (struct user_desc) {
			.entry_number = ENTRY, .base_addr = SEGMENT,
			.limit = type & 0x20 ? 0 : 0xfff,
			.seg_32bit = !!(type & 1), .contents = type >> 1 & 3,
			.read_exec_only = !!(type & 8),
			.seg_not_present = !!(type & 0x10),
			.limit_in_pages = !!(type & 0x20),
			.useable = !!(type & 0x40),
		};
		if (type & 0x80)
			continue;
		printf("type %#x: new %ld old ", type,
		       write_entry(0x11, &segment));
		printf("%ld\n", write_entry(1, &segment));
		look(SELECTOR(ENTRY));
		/* All of them take long on an emulated CPU. */
		if (!(type & 0x40))
			use();
	}
}

static void bad_requests(void)
{
	struct user_desc segment = { .entry_number = 8192 };

	printf("entry 8192: %ld\n", write_entry(0x11, &segment));
	segment = (struct user_desc){ .entry_number = -1 };
	printf("entry -1: %ld\n", write_entry(0x11, &segment));
	segment = (struct user_desc){ .entry_number = 8191, .seg_32bit = 1,
		.limit = 0xfff, .base_addr = SEGMENT, .useable = 1 };
	printf("entry 8191: %ld\n", write_entry(0x11, &segment));
	look(SELECTOR(8191));
	look(SELECTOR(8190));
	printf("func 3: %ld\n", write_entry(3, &segment));
}

/* The segment goes while FS has it; a system call in between loads it again. */
static void removal_code(void *arg)
{
	static const struct user_desc gone = {
		.entry_number = ENTRY, .seg_not_present = 1,
		.read_exec_only = 1,
	};
	int selector = SELECTOR(ENTRY);

#ifdef __x86_64__
	/* The C library's TLS is there; no more of it from here on. */
	asm volatile("movl %0, %%fs; syscall; movl %%fs:0, %%eax"
		     : : "r" (selector), "a" (SYS_modify_ldt), "D" (0x11),
		     "S" (&gone), "d" (sizeof(gone)) : "rcx", "r11", "memory");
#else
	asm volatile("movl %0, %%fs; int $0x80; movl %%fs:0, %%eax"
		     : : "r" (selector), "a" (SYS_modify_ldt), "b" (0x11),
		     "c" (&gone), "d" (sizeof(gone)) : "memory");
#endif
}

static void removal(void)
{
	struct user_desc segment = {
		.entry_number = ENTRY, .base_addr = SEGMENT, .limit = 0xfff,
		.seg_32bit = 1, .useable = 1,
	};

	printf("set: %ld\n", write_entry(0x11, &segment));
	report_attempt("removed", removal_code, NULL);
	look(SELECTOR(ENTRY));
}

static void work_in_child(void *arg)
{
	printf("in a child:\n");
	look(SELECTOR(ENTRY));
	use();
}

static void inheritance(void)
{
	struct user_desc segment = {
		.entry_number = ENTRY, .base_addr = SEGMENT, .limit = 0xfff,
		.seg_32bit = 1, .useable = 1,
	};

	printf("set: %ld\n", write_entry(0x11, &segment));
	in_child(work_in_child, NULL);
}

BEHAVIOUR("segments of the LDT of every type work, or fail, as natively")
{
	fill_segment();
	printf("before:\n");
	look(SELECTOR(ENTRY));
	bad_requests();
	types();
	removal();
	inheritance();
}
