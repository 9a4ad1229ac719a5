/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the loader share: the real kernels they are given, files,
 * memory and numbers.
 */
#ifndef CORBEL_UNIT_FIXTURE_H
#define CORBEL_UNIT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the above. */
#include <cmocka.h>

#include "loader/image.h"

/* A growing piece of memory; what is added at once is allocated exactly. */
struct bytes {
	uint8_t *data;
	size_t size;
	size_t capacity;
};

void bytes_add(struct bytes *b, const void *data, size_t size);
void bytes_add32(struct bytes *b, uint32_t value);
void bytes_add64(struct bytes *b, uint64_t value);
void bytes_align(struct bytes *b, size_t align);
void bytes_free(struct bytes *b);

/* The next of the kernels in CORBEL_TEST_KERNELS; start with NULL. */
const char *next_kernel(const char *previous);

/* Open a real kernel; the test fails if that fails. */
void open_kernel(struct kernel_image *img, const char *path);

/* A file in the test's own temporary directory, which lives until exit. */
const char *temporary_path(const char *name);
void write_file(const char *path, const void *data, size_t size);
struct bytes read_file(const char *path);

/* The same numbers in each run. */
uint32_t random_below(uint32_t limit);

double milliseconds(void);

#endif
