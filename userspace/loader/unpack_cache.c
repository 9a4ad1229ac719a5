// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keep decompressed kernels: see unpack_cache.h.
 *
 * A file is complete once it has its name: it is written and synced under a
 * temporary one, for a hole that a crash leaves would not be noticed later.
 */
#define _GNU_SOURCE 1

#include "loader/unpack_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static char *cache_directory(void)
{
	const char *corbel = environment("CORBEL_CACHE");
	const char *xdg = environment("XDG_CACHE_HOME");
	const char *home = environment("HOME");
	char *path;
	int ret;

	if (corbel)
		return strdup(corbel);
	if (xdg)
		ret = asprintf(&path, "%s/corbel", xdg);
	else if (home)
		ret = asprintf(&path, "%s/.cache/corbel", home);
	else
		return NULL;
	return ret < 0 ? NULL : path;
}

char *unpack_cache_path(const void *file, size_t size)
{
	char *dir = cache_directory();
	char *path;
	int ret;

	if (!dir)
		return NULL;
	ret = asprintf(&path, "%s/unpacked/%08lx-%zu", dir,
		       crc32_z(0, file, size), size);
	free(dir);
	return ret < 0 ? NULL : path;
}

const uint8_t *unpack_cache_map(const char *path, size_t size)
{
	void *data = MAP_FAILED;
	struct stat st;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    (uint64_t)st.st_size == size)
		data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	return data == MAP_FAILED ? NULL : data;
}

/* Make every directory that @path goes through. */
static void make_directories(char *path)
{
	char *slash;

	for (slash = strchr(path + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

static int write_all(int fd, const uint8_t *data, size_t size)
{
	ssize_t ret;

	for (; size; data += ret, size -= ret) {
		ret = write(fd, data, size);
		if (ret < 0 && errno == EINTR)
			ret = 0;
		if (ret < 0)
			return -1;
	}
	return 0;
}

void unpack_cache_store(const char *path, const void *data, size_t size)
{
	char *temporary;
	int fd, ret;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return;
	make_directories(temporary);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd >= 0) {
		ret = write_all(fd, data, size) || fsync(fd);
		close(fd);
		if (ret || rename(temporary, path))
			unlink(temporary);
	}
	free(temporary);
}
