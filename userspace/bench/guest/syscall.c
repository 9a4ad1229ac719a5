// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of group syscall: one system call each, from an empty one to those
 * that walk a path, so that the cost of entering the kernel stands beside the
 * cost of what it does there.
 */
#include <asm/prctl.h>
#include <cpuid.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define POLL_FDS	10
#define INT80_GETPID	20	/* the 32-bit table's number */

static int fd;
static const char *file;
static unsigned long fs_base;
static struct pollfd poll_fds[POLL_FDS];

static int open_device(const char *path)
{
	int dev = open(path, O_RDWR);

	if (dev < 0)
		die("%s: %m; mount devtmpfs on /dev", path);
	return dev;
}

static void run_getppid(unsigned int n)
{
	while (n--)
		getppid();
}

static void run_gettid_cpuid(unsigned int n)
{
	unsigned int eax, ebx, ecx, edx;

	for (; n; n--) {
		syscall(SYS_gettid);
		__cpuid(0, eax, ebx, ecx, edx);
		if (!eax)
			die("CPUID reports no leaf");
	}
}

static void setup_read1(unsigned int ops)
{
	fd = open_device("/dev/zero");
}

static void run_read1(unsigned int n)
{
	char c;

	while (n--)
		if (read(fd, &c, 1) != 1)
			die("read of /dev/zero: %m");
}

static void setup_write1(unsigned int ops)
{
	fd = open_device("/dev/null");
}

static void run_write1(unsigned int n)
{
	while (n--)
		if (write(fd, "", 1) != 1)
			die("write to /dev/null: %m");
}

static void setup_file(unsigned int ops)
{
	file = work_path("file");
	make_file(file, PAGE_SIZE);
}

static void run_stat(unsigned int n)
{
	struct stat st;

	while (n--)
		if (stat(file, &st))
			die("stat of %s: %m", file);
}

static void run_open_close(unsigned int n)
{
	while (n--) {
		int f = open(file, O_RDONLY);

		if (f < 0 || close(f))
			die("open and close of %s: %m", file);
	}
}

static void setup_poll(unsigned int ops)
{
	int i;

	for (i = 0; i < POLL_FDS; i++) {
		poll_fds[i].fd = open_device("/dev/null");
		poll_fds[i].events = POLLIN;
	}
}

static void run_poll(unsigned int n)
{
	while (n--)
		if (poll(poll_fds, POLL_FDS, 0) != POLL_FDS)
			die("poll of /dev/null: %m");
}

static void run_getrandom(unsigned int n)
{
	char buf[32];

	while (n--)
		if (getrandom(buf, sizeof(buf), 0) != sizeof(buf))
			die("getrandom: %m");
}

static void setup_arch_prctl(unsigned int ops)
{
	if (syscall(SYS_arch_prctl, ARCH_GET_FS, &fs_base))
		die("arch_prctl ARCH_GET_FS: %m");
}

static void run_arch_prctl(unsigned int n)
{
	while (n--)
		if (syscall(SYS_arch_prctl, ARCH_SET_FS, fs_base))
			die("arch_prctl ARCH_SET_FS: %m");
}

static void run_int80(unsigned int n)
{
	for (; n; n--) {
		long ret = INT80_GETPID;

		asm volatile("int $0x80" : "+a" (ret) : :
			     "r8", "r9", "r10", "r11", "memory");
		if (ret < 0)
			die("int 0x80: error %ld", -ret);
	}
}

static void run_sched_yield(unsigned int n)
{
	while (n--)
		sched_yield();
}

const struct row syscall_rows[] = {
	{
		.name = "sys_getppid",
		.meaning = "getppid",
		.iters = 2000,
		.flags = ROW_QUICK,
		.run = run_getppid,
	}, {
		.name = "sys_gettid_cpuid",
		.meaning = "gettid followed by CPUID",
		.iters = 2000,
		.flags = ROW_EXTRA,
		.run = run_gettid_cpuid,
	}, {
		.name = "sys_read1",
		.meaning = "1 byte from /dev/zero",
		.iters = 1000,
		.flags = ROW_QUICK,
		.setup = setup_read1,
		.run = run_read1,
	}, {
		.name = "sys_write1",
		.meaning = "1 byte to /dev/null",
		.iters = 1000,
		.setup = setup_write1,
		.run = run_write1,
	}, {
		.name = "sys_stat",
		.meaning = "stat of a tmpfs file",
		.iters = 200,
		.setup = setup_file,
		.run = run_stat,
	}, {
		.name = "sys_open_close",
		.meaning = "open and close of a tmpfs file",
		.iters = 150,
		.setup = setup_file,
		.run = run_open_close,
	}, {
		.name = "sys_poll10",
		.meaning = "poll of 10 descriptors of /dev/null, no wait",
		.iters = 500,
		.setup = setup_poll,
		.run = run_poll,
	}, {
		.name = "sys_getrandom32",
		.meaning = "32 random bytes",
		.iters = 400,
		.run = run_getrandom,
	}, {
		.name = "sys_arch_prctl",
		.meaning = "ARCH_SET_FS to its own value",
		.iters = 2000,
		.setup = setup_arch_prctl,
		.run = run_arch_prctl,
	}, {
		.name = "sys_int80",
		.meaning = "getpid through int 0x80",
		.iters = 2000,
		.flags = ROW_EXTRA,
		.run = run_int80,
	}, {
		.name = "sched_yield",
		.meaning = "sched_yield, nothing else runnable",
		.iters = 1000,
		.run = run_sched_yield,
	},
	{ }
};
