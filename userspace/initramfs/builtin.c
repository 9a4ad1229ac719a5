// SPDX-License-Identifier: GPL-2.0-only
/* The initramfs images that are part of this program: see builtin.h. */
#include "initramfs/builtin.h"

#include <string.h>

#include "initramfs/cpio.h"

#define BLOB(name)							\
	extern const unsigned char blob_##name[], blob_##name##_end[]

BLOB(busybox);
BLOB(init);
BLOB(corbel_exit);
BLOB(bench_init);
BLOB(bench_guest);
BLOB(exit_tiny);
BLOB(exit_glibc);

static const struct blob busybox = {
	"bin/busybox", blob_busybox, blob_busybox_end
};

/* Where both systems look for programs. */
static const struct blob corbel_exit = {
	"bin/corbel-exit", blob_corbel_exit, blob_corbel_exit_end
};

static const struct blob shell_init = { "init", blob_init, blob_init_end };

static const struct blob bench_init = {
	"init", blob_bench_init, blob_bench_init_end
};

const struct blob builtin_bench_programs[] = {
	{ "bin/busybox", blob_busybox, blob_busybox_end },
	{ "bin/corbel-bench-guest", blob_bench_guest, blob_bench_guest_end },
	{ "bin/exit-tiny", blob_exit_tiny, blob_exit_tiny_end },
	{ "bin/exit-glibc", blob_exit_glibc, blob_exit_glibc_end },
	{ }
};

static void add_blob(struct cpio *cpio, const struct blob *blob)
{
	cpio_add_file(cpio, blob->path, 0755, blob->bytes,
		      blob->end - blob->bytes);
}

static void add_dirs(struct cpio *cpio, const char *const dirs[])
{
	for (; *dirs; dirs++)
		cpio_add_dir(cpio, *dirs, 0755);
}

/* Before anything is mounted, init has a console and nothing else. */
static void add_devices(struct cpio *cpio)
{
	cpio_add_dir(cpio, "dev", 0755);
	cpio_add_char_device(cpio, "dev/console", 0600, 5, 1);
	cpio_add_char_device(cpio, "dev/null", 0666, 1, 3);
}

static int finish(struct cpio *cpio, char **bytes, size_t *size,
		  struct error *err)
{
	if (cpio_close(cpio, err))
		return -1;
	*bytes = cpio->bytes;
	*size = cpio->size;
	return 0;
}

int builtin_shell(const char *command, char **bytes, size_t *size,
		  struct error *err)
{
	static const char *const dirs[] = {
		"bin", "sbin", "usr", "usr/bin", "usr/sbin", "etc", "proc",
		"sys", "tmp", "run", "root", NULL
	};
	static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n";
	static const char group[] = "root:x:0:\n";
	struct cpio cpio;

	if (cpio_open(&cpio, err))
		return -1;
	add_dirs(&cpio, dirs);
	add_devices(&cpio);
	add_blob(&cpio, &busybox);
	add_blob(&cpio, &corbel_exit);
	add_blob(&cpio, &shell_init);
	cpio_add_file(&cpio, "etc/passwd", 0644, passwd, strlen(passwd));
	cpio_add_file(&cpio, "etc/group", 0644, group, strlen(group));
	if (command)
		cpio_add_file(&cpio, "etc/corbel-exec", 0600, command,
			      strlen(command));
	return finish(&cpio, bytes, size, err);
}

int builtin_bench(char **bytes, size_t *size, struct error *err)
{
	static const char *const dirs[] = { "bin", NULL };
	const struct blob *program;
	struct cpio cpio;

	if (cpio_open(&cpio, err))
		return -1;
	add_dirs(&cpio, dirs);
	add_devices(&cpio);
	for (program = builtin_bench_programs; program->path; program++)
		add_blob(&cpio, program);
	add_blob(&cpio, &corbel_exit);
	add_blob(&cpio, &bench_init);
	return finish(&cpio, bytes, size, err);
}
