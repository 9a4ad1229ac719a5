// SPDX-License-Identifier: GPL-2.0-only
/* Writing an initramfs: see cpio.h. */
#include "initramfs/cpio.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

int cpio_open(struct cpio *cpio, struct error *err)
{
	memset(cpio, 0, sizeof(*cpio));
	cpio->stream = open_memstream(&cpio->bytes, &cpio->size);
	if (!cpio->stream)
		return error_set(err, "initramfs: %m");
	return 0;
}

static void pad(struct cpio *cpio)
{
	while (ftell(cpio->stream) % 4)
		fputc(0, cpio->stream);
}

static void add(struct cpio *cpio, const char *path, mode_t mode,
		const void *bytes, size_t size, unsigned int major,
		unsigned int minor)
{
	fprintf(cpio->stream,
		"070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x",
		++cpio->inodes, mode, 0, 0, 1, 0, size, 0, 0, major, minor,
		strlen(path) + 1, 0);
	fwrite(path, strlen(path) + 1, 1, cpio->stream);
	pad(cpio);
	fwrite(bytes, size, 1, cpio->stream);
	pad(cpio);
}

void cpio_add_dir(struct cpio *cpio, const char *path, mode_t permissions)
{
	add(cpio, path, S_IFDIR | permissions, "", 0, 0, 0);
}

void cpio_add_file(struct cpio *cpio, const char *path, mode_t permissions,
		   const void *bytes, size_t size)
{
	add(cpio, path, S_IFREG | permissions, bytes, size, 0, 0);
}

void cpio_add_link(struct cpio *cpio, const char *path, const char *target)
{
	add(cpio, path, S_IFLNK | 0777, target, strlen(target), 0, 0);
}

void cpio_add_char_device(struct cpio *cpio, const char *path,
			  mode_t permissions, unsigned int major,
			  unsigned int minor)
{
	add(cpio, path, S_IFCHR | permissions, "", 0, major, minor);
}

int cpio_close(struct cpio *cpio, struct error *err)
{
	bool failed;

	add(cpio, "TRAILER!!!", 0, "", 0, 0, 0);
	failed = ferror(cpio->stream);
	if (fclose(cpio->stream) || failed)
		return error_set(err, "initramfs: %m");
	return 0;
}
