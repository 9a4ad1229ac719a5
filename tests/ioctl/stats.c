// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can be seen from outside: statistics in KVM's binary format
 * (Documentation/virt/kvm/api.rst, KVM_GET_STATS_FD), and debugfs.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ioctls.h"

#define DEBUGFS	"/sys/kernel/debug/corbel"

/* A whole statistics file */
struct stats {
	char bytes[16384];
	size_t size;
};

static const struct kvm_stats_header *header_of(const struct stats *stats)
{
	return (const void *)stats->bytes;
}

static const struct kvm_stats_desc *descriptor_of(const struct stats *stats,
						  unsigned int i)
{
	const struct kvm_stats_header *header = header_of(stats);

	return (const void *)(stats->bytes + header->desc_offset +
			      i * (sizeof(struct kvm_stats_desc) +
				   header->name_size));
}

static uint64_t value_of(const struct stats *stats, const char *name)
{
	const struct kvm_stats_header *header = header_of(stats);
	uint64_t value;
	unsigned int i;

	for (i = 0; i < header->num_desc; i++) {
		const struct kvm_stats_desc *desc = descriptor_of(stats, i);

		if (strcmp(desc->name, name))
			continue;
		memcpy(&value, stats->bytes + header->data_offset +
		       desc->offset, sizeof(value));
		return value;
	}
	fail("no counter %s", name);
}

static void read_stats(int fd, struct stats *stats)
{
	stats->size = expect_ok(pread(fd, stats->bytes, sizeof(stats->bytes),
				      0));
	expect(stats->size < sizeof(stats->bytes));
}

static void check_format(const struct stats *stats, const char *id)
{
	const struct kvm_stats_header *header = header_of(stats);
	unsigned int i, j;

	expect_equal(header->flags, 0);
	expect(!strcmp(stats->bytes + header->id_offset, id));
	expect(header->num_desc > 0);
	for (i = 0; i < header->num_desc; i++) {
		const struct kvm_stats_desc *desc = descriptor_of(stats, i);

		expect(*desc->name);
		expect(strlen(desc->name) < header->name_size);
		expect((desc->flags & KVM_STATS_TYPE_MASK) <=
		       KVM_STATS_TYPE_MAX);
		expect_equal(desc->size, 1);
		expect(header->data_offset + desc->offset + 8 <= stats->size);
		for (j = 0; j < i; j++)
			expect(strcmp(desc->name,
				      descriptor_of(stats, j)->name));
	}
}

TEST_EACH(stats_format, "statistics of VM and vCPU are in KVM's format, and count")
{
	struct stats stats;
	struct guest guest;
	uint64_t exits;
	int vm, vcpu;

	guest_create(&guest, vm_type, &guest_exits, 1);
	vm = expect_ok(ioctl(guest.vm, CORBEL_GET_STATS_FD, 0));
	vcpu = expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_GET_STATS_FD, 0));
	expect_equal(guest_run_to_exit(&guest, 0), 42);
	read_stats(vm, &stats);
	check_format(&stats, "corbel-vm");
	expect_equal(value_of(&stats, "pages_pinned") * 4,
		     number_in("/proc/self/status", "VmLck"));
	read_stats(vcpu, &stats);
	check_format(&stats, "corbel-vcpu-0");
	exits = value_of(&stats, "userspace_exits");
	expect_equal(exits, 1);
	expect(value_of(&stats, "exit_io") >= 1);
	expect_equal(guest_run_to_exit(&guest, 0), 42);
	read_stats(vcpu, &stats);
	expect_equal(value_of(&stats, "userspace_exits"), exits + 1);
}

TEST_EACH(stats_file, "a statistics file is read in any pieces, and only read")
{
	struct stats stats, pieces;
	struct guest guest;
	size_t i;
	int fd;

	guest_create(&guest, vm_type, &guest_exits, 1);
	fd = expect_ok(ioctl(guest.vm, CORBEL_GET_STATS_FD, 0));
	read_stats(fd, &stats);
	for (i = 0; i < stats.size; i++)
		expect_equal(pread(fd, pieces.bytes + i, 1, i), 1);
	expect(!memcmp(stats.bytes, pieces.bytes, stats.size));
	expect_equal(pread(fd, pieces.bytes, 10, stats.size), 0);
	expect_equal(pread(fd, pieces.bytes, 10, LONG_MAX - 10), 0);
	expect_equal(pread(fd, pieces.bytes, 10, stats.size - 4), 4);
	expect_error(pread(fd, pieces.bytes, 10, -1), EINVAL);
	/* One after the other, too */
	expect_equal(read(fd, pieces.bytes, 24), 24);
	expect_equal(read(fd, pieces.bytes + 24, stats.size), stats.size - 24);
	expect_equal(read(fd, pieces.bytes, 1), 0);
	expect(!memcmp(stats.bytes, pieces.bytes, stats.size));
	expect_error(pread(fd, NULL, stats.size, 0), EFAULT);
	expect_error(pread(fd, (void *)-PAGE_SIZE, stats.size, 0), EFAULT);
	expect_error(write(fd, stats.bytes, 1), EBADF);
	expect_error(ioctl(fd, CORBEL_GET_REGS, &stats), ENOTTY);
	expect_error(ioctl(fd, CORBEL_RUN, 0), ENOTTY);
}

TEST_EACH(stats_outlive, "a statistics file can be read when all else is closed")
{
	struct stats stats;
	struct guest guest;
	int fd;

	guest_create(&guest, vm_type, &guest_exits, 1);
	expect_equal(guest_run_to_exit(&guest, 0), 42);
	fd = expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_GET_STATS_FD, 0));
	guest_destroy(&guest);
	read_stats(fd, &stats);
	check_format(&stats, "corbel-vcpu-0");
	expect_equal(value_of(&stats, "userspace_exits"), 1);
}

/* debugfs */

/* Reads all there is of all VMs; returns how many there are. */
static int read_debugfs(void)
{
	DIR *dir = opendir(DEBUGFS);
	struct dirent *entry;
	char path[512], text[8192];
	int fd, count = 0;

	expect(dir);
	while ((entry = readdir(dir))) {
		if (*entry->d_name == '.')
			continue;
		snprintf(path, sizeof(path), DEBUGFS "/%s/stats",
			 entry->d_name);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		while (read(fd, text, sizeof(text)) > 0)
			count++;
		close(fd);
	}
	closedir(dir);
	return count;
}

TEST_EACH(debugfs_stats, "debugfs shows a VM while it lives, under its process")
{
	char path[100];
	struct guest guest;

	expect_equal(read_debugfs(), 0);
	guest_create(&guest, vm_type, &guest_exits, 1);
	expect(read_debugfs() > 0);
	snprintf(path, sizeof(path), "ls -d " DEBUGFS "/%d-* >/dev/null",
		 getpid());
	expect_equal(system(path), 0);
	guest_destroy(&guest);
	expect_equal(read_debugfs(), 0);
}

static void *keep_reading(void *opaque)
{
	volatile bool *stop = opaque;

	while (!*stop)
		read_debugfs();
	return NULL;
}

TEST_EACH(debugfs_any_time, "debugfs is read while VMs come, run and go")
{
	volatile bool stop = false;
	struct guest guest;
	unsigned long thread;
	int i;

	expect_equal(pthread_create(&thread, NULL, keep_reading,
				    (void *)&stop), 0);
	for (i = 0; i < 50; i++) {
		guest_create(&guest, vm_type, &guest_exits, 2);
		expect_equal(guest_run_to_exit(&guest, 0), 42);
		guest_destroy(&guest);
	}
	stop = true;
	pthread_join(thread, NULL);
}

TEST_EACH(debugfs_held, "a debugfs file that is open when its VM goes reads no more")
{
	struct guest guest;
	char command[100], path[200], byte;
	FILE *list;
	int fd;

	guest_create(&guest, vm_type, &guest_exits, 1);
	snprintf(command, sizeof(command), "ls " DEBUGFS "/%d-*/stats",
		 getpid());
	list = popen(command, "r");
	expect(list && fgets(path, sizeof(path), list));
	pclose(list);
	path[strcspn(path, "\n")] = 0;
	fd = expect_ok(open(path, O_RDONLY));
	guest_destroy(&guest);
	expect_error(read(fd, &byte, 1), EIO);
}
