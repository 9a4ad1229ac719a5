/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keep decompressed kernels, so that a kernel is decompressed once.
 *
 * The cache is a convenience: a function that cannot do its work just does not
 * do it, and nothing that comes out of it is trusted more than the kernel file
 * itself.
 */
#ifndef CORBEL_LOADER_UNPACK_CACHE_H
#define CORBEL_LOADER_UNPACK_CACHE_H

#include <stddef.h>
#include <stdint.h>

/*
 * The place for the decompressed form of a kernel file, in $CORBEL_CACHE or
 * the user's cache directory.  NULL if there is none; to be freed.
 */
char *unpack_cache_path(const void *file, size_t size);

/* Map what is kept at @path, if it is a file of exactly @size bytes. */
const uint8_t *unpack_cache_map(const char *path, size_t size);

/* Keep @size bytes at @path: all of them or, if that fails, nothing. */
void unpack_cache_store(const char *path, const void *data, size_t size);

#endif
