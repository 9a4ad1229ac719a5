// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the tests of the loader share: see fixture.h.
 *
 * Nothing here handles errors gracefully: a test that cannot be set up aborts.
 */
#define _GNU_SOURCE 1

#include "fixture.h"

#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void bytes_add(struct bytes *b, const void *data, size_t size)
{
	if (!size)
		return;
	if (b->size + size > b->capacity) {
		b->capacity *= 2;
		if (b->size + size > b->capacity)
			b->capacity = b->size + size;
		b->data = realloc(b->data, b->capacity);
		assert(b->data);
	}
	if (data)
		memcpy(b->data + b->size, data, size);
	else
		memset(b->data + b->size, 0, size);
	b->size += size;
}

void bytes_add32(struct bytes *b, uint32_t value)
{
	bytes_add(b, &value, sizeof(value));
}

void bytes_add64(struct bytes *b, uint64_t value)
{
	bytes_add(b, &value, sizeof(value));
}

void bytes_align(struct bytes *b, size_t align)
{
	bytes_add(b, NULL, -b->size % align);
}

void bytes_free(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes) {};
}

/* The list is cut into strings that stand one after the other. */
const char *next_kernel(const char *previous)
{
	static char *list, *end;
	char *colon;

	if (!list) {
		const char *value = getenv("CORBEL_TEST_KERNELS");

		if (!value || !*value)
			fail_msg("CORBEL_TEST_KERNELS: list vmlinuz files, with colons");
		list = strdup(value);
		assert(list);
		end = list + strlen(list);
		while ((colon = strchr(list, ':')))
			*colon = '\0';
	}
	if (!previous)
		return list;
	previous += strlen(previous) + 1;
	return previous < end ? previous : NULL;
}

static char directory[32] = "/tmp/corbel-unit.XXXXXX";

static int remove_entry(const char *path, const struct stat *st, int type,
			struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_directory(void)
{
	nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

const char *temporary_path(const char *name)
{
	static char path[256];
	static bool made;

	if (!made) {
		if (!mkdtemp(directory))
			fail_msg("%s: cannot be created", directory);
		atexit(remove_directory);
		made = true;
	}
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

void write_file(const char *path, const void *data, size_t size)
{
	FILE *file = fopen(path, "w");

	assert(file);
	assert(fwrite(data, 1, size, file) == size);
	fclose(file);
}

struct bytes read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	struct bytes b = {};

	assert(file);
	fseek(file, 0, SEEK_END);
	bytes_add(&b, NULL, ftell(file));
	rewind(file);
	assert(fread(b.data, 1, b.size, file) == b.size);
	fclose(file);
	return b;
}

void open_kernel(struct kernel_image *img, const char *path)
{
	struct error err;

	setenv("CORBEL_CACHE", temporary_path("cache"), 1);
	if (image_open(img, path, &err))
		fail_msg("%s", err.text);
}

/* xorshift32 */
uint32_t random_below(uint32_t limit)
{
	static uint32_t state = 2463534242;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % limit;
}

/* Of its own CPU: the machine may be busy with other things. */
double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}
