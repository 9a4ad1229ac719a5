// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nothing is left behind: not by a process killed at any moment, and not by VMs
 * created and destroyed many times.
 *
 * Memory is compared in rounds: what leaks grows in every one of them, what is
 * noise does not, so the smallest growth counts.
 */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ioctls.h"

#define KILLS	200
#define CYCLES	200
#define ROUNDS	4

/* What must be as before, and at once */

static bool has_vmalloc(void)
{
	return !system("grep -q '\\[corbel\\]' /proc/vmallocinfo");
}

static bool is_in_debugfs(void)
{
	return !!system("test -z \"$(ls /sys/kernel/debug/corbel)\"");
}

static void expect_nothing_left(void)
{
	char text[16] = "";
	FILE *file = fopen("/sys/module/corbel/refcnt", "r");

	expect(file && fgets(text, sizeof(text), file));
	fclose(file);
	if (atoi(text))
		fail("the module has still %d users", atoi(text));
	expect(!is_in_debugfs());
	expect(!has_vmalloc());
	expect_equal(pinned_pages(), 0);
}

/* SIGKILL */

static void *run_for_ever(void *opaque)
{
	struct runner *runner = opaque;

	for (;;)
		guest_run(runner->guest, runner->vcpu);
	return NULL;
}

/* Two vCPUs that run, memory that changes, interrupts that come. */
static void live(void)
{
	struct kvm_msi msi = { .address_lo = 0xfeeff000, .data = 0x51 };
	struct guest guest;
	struct runner runners[2];
	int i;

	guest_create(&guest, vm_type, &guest_works, 2);
	for (i = 0; i < 2; i++) {
		runners[i] = (struct runner) { .guest = &guest, .vcpu = i };
		pthread_create(&runners[i].thread, NULL, run_for_ever,
			       &runners[i]);
	}
	for (;;) {
		guest_set_memory(&guest, 2, 0x10000000, PAGE_SIZE,
				 guest.memory);
		ioctl(guest.vm, CORBEL_SIGNAL_MSI, &msi);
	}
}

TEST_EACH(life_killed, "200 processes with running VMs are killed at random moments")
{
	pid_t child;
	int i;

	test_takes(100);
	srandom(3);
	for (i = 0; i < KILLS; i++) {
		child = expect_ok(fork());
		if (!child)
			live();
		usleep(random() % 20000);
		kill(child, SIGKILL);
		expect_equal(waitpid(child, NULL, 0), child);
	}
	expect_nothing_left();
}

/* Create and destroy */

static void cycle(void)
{
	struct kvm_irqfd irqfd = { .gsi = 5 };
	struct kvm_ioeventfd ioeventfd = { .addr = 0x100, .len = 4 };
	struct guest guest;
	int fd = expect_ok(eventfd(0, 0));

	guest_create(&guest, vm_type, &guest_touches, 2);
	irqfd.fd = fd;
	ioeventfd.fd = fd;
	ioeventfd.flags = KVM_IOEVENTFD_FLAG_PIO;
	expect_ok(ioctl(guest.vm, CORBEL_IRQFD, &irqfd));
	expect_ok(ioctl(guest.vm, CORBEL_IOEVENTFD, &ioeventfd));
	close(expect_ok(ioctl(guest.vm, CORBEL_GET_STATS_FD, 0)));
	expect_equal(guest_run_to_exit(&guest, 0), 0);
	expect_equal(guest_run_to_exit(&guest, 1), 0);
	guest_destroy(&guest);
	close(fd);
}

/* Objects in slab caches, by cache */
#define MAX_CACHES 400

struct slabs {
	unsigned int count;
	struct {
		char name[40];
		long objects;
	} caches[MAX_CACHES];
};

static void read_slabs(struct slabs *slabs)
{
	FILE *file = fopen("/proc/slabinfo", "r");
	char line[512];

	expect(file);
	slabs->count = 0;
	while (fgets(line, sizeof(line), file) && slabs->count < MAX_CACHES)
		if (sscanf(line, "%39s %ld",
			   slabs->caches[slabs->count].name,
			   &slabs->caches[slabs->count].objects) == 2)
			slabs->count++;
	fclose(file);
}

/* All that can be freed is. */
static void settle(void)
{
	expect_equal(system("echo 3 >/proc/sys/vm/drop_caches;"
			    "for s in /sys/kernel/slab/kmalloc-* /sys/kernel/slab/:*;"
			    " do echo 1 >$s/shrink; done 2>/dev/null; true"),
		     0);
	/* RCU, and what is freed by workers */
	sleep_ms(100);
}

struct state {
	struct slabs slabs;
	long free_kib, locked_kib;
};

static void read_state(struct state *state)
{
	settle();
	read_slabs(&state->slabs);
	state->free_kib = number_in("/proc/meminfo", "MemFree");
	state->locked_kib = number_in("/proc/meminfo", "Unevictable") +
			    number_in("/proc/meminfo", "Mlocked");
}

/* The smallest growth so far, of memory and of each cache. */
struct growth {
	long kib;
	long objects[MAX_CACHES];
};

static long smaller(long a, long b)
{
	return a < b ? a : b;
}

static void note_growth(struct growth *growth, const struct state *before,
			const struct state *after)
{
	unsigned int i;

	growth->kib = smaller(growth->kib, before->free_kib - after->free_kib);
	expect_equal(before->slabs.count, after->slabs.count);
	for (i = 0; i < after->slabs.count; i++)
		growth->objects[i] = smaller(growth->objects[i],
					     after->slabs.caches[i].objects -
					     before->slabs.caches[i].objects);
}

/* Less than one object, or a quarter of a page, in two cycles is none. */
static void judge(const struct growth *growth, const struct slabs *slabs)
{
	const long cycles = CYCLES / ROUNDS;
	unsigned int i;

	for (i = 0; i < slabs->count; i++)
		if (growth->objects[i] >= cycles / 2)
			fail("%ld objects of %s are lost in %ld cycles",
			     growth->objects[i], slabs->caches[i].name, cycles);
	if (growth->kib >= cycles * 2)
		fail("%ld KiB are lost in %ld cycles", growth->kib, cycles);
}

TEST_EACH(life_cycles, "200 times created and destroyed, VMs leak nothing")
{
	static struct state before, after;
	static struct growth growth;
	int round, i;

	test_takes(60);
	memset(&growth, 0x7f, sizeof(growth));
	for (round = 0; round <= ROUNDS; round++) {
		for (i = 0; i < CYCLES / ROUNDS; i++)
			cycle();
		read_state(&after);
		/* The first round fills caches. */
		if (round)
			note_growth(&growth, &before, &after);
		if (round)
			expect_equal(before.locked_kib, after.locked_kib);
		before = after;
	}
	judge(&growth, &after.slabs);
	expect_equal(number_in("/proc/self/status", "VmLck"), 0);
	expect_nothing_left();
}

TEST_EACH(life_many_vms, "fifty VMs at once, in one process")
{
	struct guest guests[50];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(guests); i++) {
		guest_create(&guests[i], vm_type, &guest_exits, 1);
		expect_equal(guest_run_to_exit(&guests[i], 0), 42);
	}
	for (i = 0; i < ARRAY_SIZE(guests); i++) {
		expect_equal(guest_run_to_exit(&guests[i], 0), 42);
		guest_destroy(&guests[i]);
	}
	expect_nothing_left();
}
