// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory in larger pieces and by other means: transparent huge pages and their
 * splitting, moves, shared memory between processes, locked memory, memory
 * files, and userfaultfd, by which a program serves its own page faults.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/probe.h"

#define HUGE		(2UL * 1024 * 1024)
#define BASE		0x40000000UL

static unsigned int sum(const unsigned char *p, size_t size)
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < size; i += 512)
		n = n * 31 + p[i] + p[i + 511];
	return n;
}

static void fill(unsigned char *p, size_t size, unsigned int seed)
{
	size_t i;

	for (i = 0; i < size; i += 512) {
		p[i] = seed + i / 512 * 7;
		p[i + 511] = seed ^ i >> 12;
	}
}

static void work_in_child(void *arg)
{
	unsigned char *p = arg;

	printf("child: %#x", sum(p, 2 * HUGE));
	fill(p + HUGE, PAGE_BYTES, 9);
	printf(" %#x\n", sum(p, 2 * HUGE));
	fflush(stdout);
}

static void huge_pages(void)
{
	unsigned char *p = map_at(BASE, 4 * HUGE, PROT_READ | PROT_WRITE);

	madvise(p, 4 * HUGE, MADV_HUGEPAGE);
	fill(p, 4 * HUGE, 1);
	printf("filled: %#x\n", sum(p, 4 * HUGE));
	in_child(work_in_child, p);
	must("mprotect", mprotect(p + HUGE / 2, PAGE_BYTES, PROT_READ));
	printf("split by mprotect: %#x\n", sum(p, 4 * HUGE));
	must("munmap", munmap(p + HUGE + 3 * PAGE_BYTES, PAGE_BYTES));
	map_at(BASE + HUGE + 3 * PAGE_BYTES, PAGE_BYTES, PROT_READ);
	printf("a hole: %#x\n", sum(p, 4 * HUGE));
	must("madvise", madvise(p + 2 * HUGE, HUGE, MADV_DONTNEED));
	printf("discarded: %#x\n", sum(p, 4 * HUGE));
	p = mremap(p + 3 * HUGE, HUGE, 2 * HUGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		   p + 8 * HUGE);
	must("mremap", (long)p);
	printf("moved: %#x\n", sum(p, 2 * HUGE));
	munmap((void *)BASE, 16 * HUGE);
}

static void shared_memory(void)
{
	int fd = must("memfd_create", memfd_create("shared", 0)), i, status;
	volatile unsigned int *a, *b;
	pid_t pid;

	must("ftruncate", ftruncate(fd, PAGE_BYTES));
	a = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	b = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	for (i = 0; i < 1000; i++)
		(i % 2 ? a : b)[i] = i;
	printf("two mappings: %d\n", !memcmp((void *)a, (void *)b, PAGE_BYTES));
	a[0] = 0;
	pid = must("fork", fork());
	for (i = 0; i < 20000; i++)
		__atomic_add_fetch(pid ? &a[0] : &b[0], 1, __ATOMIC_RELAXED);
	if (!pid)
		_exit(0);
	must("waitpid", waitpid(pid, &status, 0));
	printf("two processes: %u\n", a[0]);
	close(fd);
}

static void locked_memory(void)
{
	unsigned char *p = map_at(BASE, 16 * PAGE_BYTES,
				  PROT_READ | PROT_WRITE);
	unsigned char resident[16];
	size_t i, n = 0;

	printf("mlock: %d\n", mlock(p, 16 * PAGE_BYTES) ? errno : 0);
	must("mincore", mincore(p, 16 * PAGE_BYTES, resident));
	for (i = 0; i < 16; i++)
		n += resident[i] & 1;
	printf("resident: %zu\n", n);
	printf("MADV_DONTNEED: %d\n",
	       madvise(p, PAGE_BYTES, MADV_DONTNEED) ? errno : 0);
	munmap(p, 16 * PAGE_BYTES);
}

/* Serves each fault with a page that tells where it was. */
static void *serve(void *arg)
{
	static unsigned char page[4096] __attribute__((aligned(4096)));
	int fd = (long)arg, i;
	struct uffd_msg msg;

	for (i = 0; i < 8; i++) {
		struct uffdio_copy copy = { .len = PAGE_BYTES };

		if (read(fd, &msg, sizeof(msg)) != sizeof(msg))
			break;
		copy.dst = msg.arg.pagefault.address & ~(PAGE_BYTES - 1);
		copy.src = (unsigned long)page;
		memset(page, (copy.dst - BASE) / PAGE_BYTES + 1, PAGE_BYTES);
		printf("fault at page %lu, flags %#llx\n",
		       (unsigned long)(copy.dst - BASE) / PAGE_BYTES,
		       (unsigned long long)msg.arg.pagefault.flags);
		must("UFFDIO_COPY", ioctl(fd, UFFDIO_COPY, &copy));
	}
	return NULL;
}

static void own_faults(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { BASE, 8 * PAGE_BYTES },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	volatile unsigned char *p = map_at(BASE, 8 * PAGE_BYTES,
					   PROT_READ | PROT_WRITE);
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC), i, total = 0;
	pthread_t thread;

	must("userfaultfd", fd);
	must("UFFDIO_API", ioctl(fd, UFFDIO_API, &api));
	must("UFFDIO_REGISTER", ioctl(fd, UFFDIO_REGISTER, &range));
	pthread_create(&thread, NULL, serve, (void *)(long)fd);
	for (i = 7; i >= 0; i--) {
		if (i % 2)
			p[i * PAGE_BYTES + 5] = 100;
		total = total * 3 + p[i * PAGE_BYTES] + p[i * PAGE_BYTES + 5];
	}
	pthread_join(thread, NULL);
	printf("served: %d\n", total);
	close(fd);
}

BEHAVIOUR("huge, moved, shared and locked pages, userfaultfd are as natively")
{
	huge_pages();
	shared_memory();
	locked_memory();
	own_faults();
}
