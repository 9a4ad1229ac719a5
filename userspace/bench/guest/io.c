// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of group io: bulk data from the page cache, and a port that somebody
 * has to emulate.
 */
#include <fcntl.h>
#include <unistd.h>

#include "bench.h"

#define READ_SIZE	(64UL << 10)
#define DELAY_PORT	0x80	/* Linux itself writes here to pass time */

static int fd;
static char buffer[READ_SIZE];

static void setup_file_read(unsigned int ops)
{
	const char *file = work_path("file");

	make_file(file, MIB);
	fd = open(file, O_RDONLY);
	if (fd < 0)
		die("%s: %m", file);
}

static void run_file_read(unsigned int n)
{
	while (n--) {
		off_t at;

		for (at = 0; at < (off_t)MIB; at += READ_SIZE)
			if (pread(fd, buffer, READ_SIZE, at) != READ_SIZE)
				die("pread: %m");
	}
}

static void setup_port_write(unsigned int ops)
{
	fd = open("/dev/port", O_RDWR);
	if (fd < 0)
		die("/dev/port: %m");
}

static void run_port_write(unsigned int n)
{
	while (n--)
		if (pwrite(fd, "", 1, DELAY_PORT) != 1)
			die("pwrite to /dev/port: %m");
}

const struct row io_rows[] = {
	{
		.name = "file_read",
		.meaning = "1 MiB of a cached tmpfs file in 64 KiB reads",
		.iters = 3,
		.setup = setup_file_read,
		.run = run_file_read,
	}, {
		.name = "port_write",
		.meaning = "1 byte to I/O port 0x80 through /dev/port",
		.iters = 500,
		.flags = ROW_EXTRA,
		.setup = setup_port_write,
		.run = run_port_write,
	},
	{ }
};
