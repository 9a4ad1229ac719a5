// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random mmap(), munmap(), mprotect(), mremap(), madvise() and fork() on a few
 * pages, by two threads, each with pages of its own in one table; after each
 * step some page is compared with a model that knows what must be there.
 *
 * A translation that outlives its flush shows as a wrong value, or as an access
 * that should have failed and did not.
 */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/probe.h"

#define THREADS		2
#define PAGES		24
#define STEPS		1500
#define SPAN		0x200000	/* from one thread's pages to the next */

struct page {
	unsigned int value;		/* its first word */
	unsigned char prot;
	bool mapped;
};

struct actor {
	unsigned long start;
	unsigned int random, wrong, counts[8];
	struct page pages[PAGES];
};

static unsigned int next_random(struct actor *a)
{
	a->random = a->random * 1103515245 + 12345;
	return a->random >> 12;
}

static unsigned int *word(const struct actor *a, unsigned int n)
{
	return (unsigned int *)(a->start + n * PAGE_BYTES);
}

/* Reads through the kernel, which fails where a program would fault. */
static bool try_read(const struct actor *a, unsigned int n, unsigned int *value)
{
	struct iovec here = { value, sizeof(*value) };
	struct iovec there = { word(a, n), sizeof(*value) };

	return process_vm_readv(getpid(), &here, 1, &there, 1, 0) ==
	       sizeof(*value);
}

static void check(struct actor *a, unsigned int n)
{
	const struct page *page = &a->pages[n];
	unsigned int value;

	if (page->mapped && (page->prot & PROT_READ)) {
		if (*(volatile unsigned int *)word(a, n) != page->value)
			a->wrong++;
		return;
	}
	if (try_read(a, n, &value))
		a->wrong++;
}

static void do_map(struct actor *a, unsigned int n)
{
	map_at((unsigned long)word(a, n), PAGE_BYTES, PROT_READ | PROT_WRITE);
	a->pages[n] = (struct page){ 0, PROT_READ | PROT_WRITE, true };
}

static void do_unmap(struct actor *a, unsigned int n)
{
	munmap(word(a, n), PAGE_BYTES);
	a->pages[n] = (struct page){};
}

static void do_write(struct actor *a, unsigned int n)
{
	struct page *page = &a->pages[n];

	if (!page->mapped || !(page->prot & PROT_WRITE))
		return;
	page->value = next_random(a);
	*(volatile unsigned int *)word(a, n) = page->value;
}

static void do_protect(struct actor *a, unsigned int n)
{
	static const int prots[] = {
		PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
	};
	struct page *page = &a->pages[n];

	if (!page->mapped)
		return;
	page->prot = prots[next_random(a) % ARRAY_SIZE(prots)];
	must("mprotect", mprotect(word(a, n), PAGE_BYTES, page->prot));
}

static void do_discard(struct actor *a, unsigned int n)
{
	if (!a->pages[n].mapped)
		return;
	must("madvise", madvise(word(a, n), PAGE_BYTES, MADV_DONTNEED));
	a->pages[n].value = 0;
}

static void do_move(struct actor *a, unsigned int n)
{
	unsigned int to = next_random(a) % PAGES;

	if (!a->pages[n].mapped || to == n)
		return;
	must("mremap", (long)mremap(word(a, n), PAGE_BYTES, PAGE_BYTES,
				    MREMAP_MAYMOVE | MREMAP_FIXED,
				    word(a, to)));
	a->pages[to] = a->pages[n];
	a->pages[n] = (struct page){};
}

/* The child checks its copy, writes to it, and is not seen to. */
static void do_fork(struct actor *a, unsigned int n)
{
	unsigned int i;
	int status;
	pid_t pid;

	if (next_random(a) % 8)
		return;
	pid = must("fork", fork());
	if (!pid) {
		a->wrong = 0;
		for (i = 0; i < PAGES; i++) {
			check(a, i);
			do_write(a, i);
			check(a, i);
		}
		_exit(!!a->wrong);
	}
	must("waitpid", waitpid(pid, &status, 0));
	if (status)
		a->wrong++;
}

static void (*const steps[])(struct actor *a, unsigned int n) = {
	do_map, do_unmap, do_write, do_protect, do_discard, do_move, do_write,
	do_fork,
};

static void *act(void *arg)
{
	struct actor *a = arg;
	unsigned int i;

	for (i = 0; i < STEPS; i++) {
		unsigned int step = next_random(a) % ARRAY_SIZE(steps);

		steps[step](a, next_random(a) % PAGES);
		a->counts[step]++;
		check(a, next_random(a) % PAGES);
	}
	return NULL;
}

BEHAVIOUR("memory is what a model says after random changes by two threads")
{
	static struct actor actors[THREADS];
	pthread_t threads[THREADS];
	unsigned int i, k;

	for (i = 0; i < THREADS; i++) {
		actors[i].start = ARENA + i * SPAN;
		actors[i].random = i + 1;
		pthread_create(&threads[i], NULL, act, &actors[i]);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		printf("thread %u: wrong %u, steps", i, actors[i].wrong);
		for (k = 0; k < ARRAY_SIZE(steps); k++)
			printf(" %u", actors[i].counts[k]);
		printf("\n");
	}
}
