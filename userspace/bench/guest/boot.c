// SPDX-License-Identifier: GPL-2.0-only
/*
 * Group boot: how long the kernel took to reach its init.
 *
 * The kernel stamps its messages with its own clock, which starts at 0 early
 * in the kernel's life, before memory is set up, and on every system under
 * test; firmware, loader and decompression lie before it and are not counted.
 * So the stamp of "Run /init as init process" is the time from kernel start
 * to init.  Where that message has been lost (the log wrapped, on a host that
 * has been up for long) there is no such time, and the row says so.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define RECORD_MAX	8192	/* the kernel's limit for one record */

/* One read() gives one record: "priority,sequence,usec,flags;text\n". */
static bool init_stamp(const char *record, unsigned long long *usec)
{
	const char *text = strchr(record, ';');

	return text && !strncmp(text, ";Run ", 5) &&
	       strstr(text, " as init process") &&
	       sscanf(record, "%*u,%*u,%llu", usec) == 1;
}

static double boot_to_init(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	char record[RECORD_MAX];
	unsigned long long usec;
	ssize_t len;

	if (fd < 0)
		die("/dev/kmsg: %m");
	while ((len = read(fd, record, sizeof(record) - 1)) > 0) {
		record[len] = '\0';
		if (init_stamp(record, &usec))
			return usec * 1000.0;
	}
	die("the kernel log does not say when init was started");
}

const struct row boot_rows[] = {
	{
		.name = "boot_to_init",
		.meaning = "kernel start to init, by the kernel's log stamps",
		.flags = ROW_EXTRA,
		.once = boot_to_init,
	},
	{ }
};
