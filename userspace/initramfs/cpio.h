/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing an initramfs: a cpio archive in the "newc" format that the kernel
 * unpacks (Documentation/driver-api/early-userspace/buffer-format.rst), in
 * memory, everything owned by root.
 *
 * libarchive writes it too, at the price of 35 MB of libraries it brings along;
 * the format is one header of text.
 */
#ifndef CORBEL_INITRAMFS_CPIO_H
#define CORBEL_INITRAMFS_CPIO_H

#include <stdio.h>
#include <sys/types.h>

#include "lib/error.h"

struct cpio {
	FILE *stream;
	char *bytes;
	size_t size;
	unsigned int inodes;
};

int cpio_open(struct cpio *cpio, struct error *err);

/* @path without a leading slash; its folder has been added before. */
void cpio_add_dir(struct cpio *cpio, const char *path, mode_t permissions);
void cpio_add_file(struct cpio *cpio, const char *path, mode_t permissions,
		   const void *bytes, size_t size);
void cpio_add_link(struct cpio *cpio, const char *path, const char *target);
void cpio_add_char_device(struct cpio *cpio, const char *path,
			  mode_t permissions, unsigned int major,
			  unsigned int minor);

/* Complete it: cpio.bytes and cpio.size are the archive, for free(). */
int cpio_close(struct cpio *cpio, struct error *err);

#endif
