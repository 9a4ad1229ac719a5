/* SPDX-License-Identifier: GPL-2.0-only */
/* The initramfs images that are part of this program. */
#ifndef CORBEL_INITRAMFS_BUILTIN_H
#define CORBEL_INITRAMFS_BUILTIN_H

#include <stddef.h>

#include "lib/error.h"

/* A file that is part of this program. */
struct blob {
	const char *path;	/* in the initramfs */
	const unsigned char *bytes, *end;
};

/*
 * Make the image with a shell, or with @command if that is not NULL, or the
 * benchmark's.  @bytes is for free().
 */
int builtin_shell(const char *command, char **bytes, size_t *size,
		  struct error *err);
int builtin_bench(char **bytes, size_t *size, struct error *err);

/* What of the benchmark is also run by the host itself, up to a NULL path. */
extern const struct blob builtin_bench_programs[];

#endif
