// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of group memory: faults per page, and calls that change page tables
 * under pages in use, which is where paging without hardware help is paid.
 *
 * The rows per page map in setup() what all rounds will touch; each round
 * then goes on where the last one stopped, and times nothing but the faults.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

#define FAULT_PAGES	128	/* per round of a row per page */
#define WALK_PAGES	4096
#define MPROTECT_PAGES	16
#define MADVISE_PAGES	16
#define MREMAP_PAGES	64

static char *next;		/* where the next round goes on */
static char *spare;		/* where mremap moves to */

static void setup_anon(unsigned int ops)
{
	next = map_pages(ops);
}

static void run_write(unsigned int n)
{
	write_pages(next, n);
	next += n * PAGE_SIZE;
}

static void hold_memory(void *arg)
{
	pause();
}

static void setup_cow(unsigned int ops)
{
	next = map_pages(ops);
	write_pages(next, ops);
	start_partner(hold_memory, NULL);
}

/* Each round meets pages of the file that nobody has mapped before. */
static void setup_file(unsigned int ops)
{
	const char *file = work_path("file");
	int fd;

	make_file(file, ops * PAGE_SIZE);
	fd = open(file, O_RDONLY);
	if (fd < 0)
		die("%s: %m", file);
	next = mmap(NULL, ops * PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	if (next == MAP_FAILED)
		die("mmap of %s: %m", file);
}

static void run_read(unsigned int n)
{
	read_pages(next, n);
	next += n * PAGE_SIZE;
}

static void run_mmap(unsigned int n)
{
	while (n--)
		if (munmap(map_pages(MIB / PAGE_SIZE), MIB))
			die("munmap: %m");
}

static void run_mmap_touch(unsigned int n)
{
	while (n--) {
		char *p = map_pages(MIB / PAGE_SIZE);

		write_pages(p, MIB / PAGE_SIZE);
		if (munmap(p, MIB))
			die("munmap: %m");
	}
}

static void setup_mprotect(unsigned int ops)
{
	next = map_pages(MPROTECT_PAGES);
	write_pages(next, MPROTECT_PAGES);
}

static void run_mprotect(unsigned int n)
{
	size_t len = MPROTECT_PAGES * PAGE_SIZE;

	while (n--) {
		if (mprotect(next, len, PROT_READ) ||
		    mprotect(next, len, PROT_READ | PROT_WRITE))
			die("mprotect: %m");
		write_pages(next, MPROTECT_PAGES);
	}
}

static void setup_madvise(unsigned int ops)
{
	next = map_pages(MADVISE_PAGES);
	write_pages(next, MADVISE_PAGES);
}

static void run_madvise(unsigned int n)
{
	while (n--) {
		if (madvise(next, MADVISE_PAGES * PAGE_SIZE, MADV_DONTNEED))
			die("madvise: %m");
		write_pages(next, MADVISE_PAGES);
	}
}

static void setup_mremap(unsigned int ops)
{
	next = map_pages(2 * MREMAP_PAGES);
	spare = next + MREMAP_PAGES * PAGE_SIZE;
	write_pages(next, MREMAP_PAGES);
}

static void run_mremap(unsigned int n)
{
	size_t len = MREMAP_PAGES * PAGE_SIZE;

	while (n--) {
		char *old = next;

		next = mremap(old, len, len, MREMAP_MAYMOVE | MREMAP_FIXED,
			      spare);
		if (next == MAP_FAILED)
			die("mremap: %m");
		spare = old;
		write_pages(next, MREMAP_PAGES);
	}
}

static void run_brk(unsigned int n)
{
	while (n--) {
		char *p = sbrk(PAGE_SIZE);

		if (p == (void *)-1)
			die("brk: %m");
		*p = 1;
	}
}

static void setup_walk(unsigned int ops)
{
	next = map_pages(WALK_PAGES);
	write_pages(next, WALK_PAGES);
}

/* @n is a multiple of WALK_PAGES. */
static void run_walk(unsigned int n)
{
	for (; n; n -= WALK_PAGES)
		read_pages(next, WALK_PAGES);
}

const struct row memory_rows[] = {
	{
		.name = "pf_anon",
		.meaning = "first write to a page of anonymous memory",
		.iters = FAULT_PAGES,
		.flags = ROW_QUICK,
		.setup = setup_anon,
		.run = run_write,
	}, {
		.name = "pf_cow",
		.meaning = "first write to a page after fork",
		.iters = FAULT_PAGES,
		.setup = setup_cow,
		.run = run_write,
	}, {
		.name = "pf_file",
		.meaning = "read of a page of a cached tmpfs file, mapped shared",
		.iters = FAULT_PAGES,
		.flags = ROW_QUICK,
		.setup = setup_file,
		.run = run_read,
	}, {
		.name = "mmap_1M",
		.meaning = "map and unmap 1 MiB",
		.iters = 50,
		.run = run_mmap,
	}, {
		.name = "mmap_1M_touch",
		.meaning = "map 1 MiB, write every page, unmap",
		.iters = 1,
		.flags = ROW_QUICK,
		.run = run_mmap_touch,
	}, {
		.name = "mprotect_16p",
		.meaning = "16 pages read-only and back, then written",
		.iters = 50,
		.setup = setup_mprotect,
		.run = run_mprotect,
	}, {
		.name = "madvise_16p",
		.meaning = "MADV_DONTNEED of 16 pages, then written",
		.iters = 10,
		.setup = setup_madvise,
		.run = run_madvise,
	}, {
		.name = "mremap_64p",
		.meaning = "move of 64 touched pages, then written",
		.iters = 50,
		.setup = setup_mremap,
		.run = run_mremap,
	}, {
		.name = "brk_grow",
		.meaning = "grow the heap by one page and write it",
		.iters = 100,
		.run = run_brk,
	}, {
		.name = "tlb_walk",
		.meaning = "read of one of 4096 pages that are all mapped",
		.iters = 16 * WALK_PAGES,
		.flags = ROW_EXTRA,
		.setup = setup_walk,
		.run = run_walk,
	},
	{ }
};
