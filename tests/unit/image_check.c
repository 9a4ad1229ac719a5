// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for a kernel file: see image_check.h.
 */
#define _GNU_SOURCE 1

#include "image_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The path of a file that is in memory only. */
static const char *memory_path(const struct bytes *file)
{
	static char path[32];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("kernel", MFD_CLOEXEC);
		assert_true(fd >= 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	assert_int_equal(ftruncate(fd, file->size), 0);
	assert_int_equal(pwrite(fd, file->data, file->size, 0), file->size);
	return path;
}

int try_open(struct kernel_image *img, const struct bytes *file,
	     struct error *err)
{
	setenv("CORBEL_CACHE", "/dev/null", 1);
	return image_open(img, memory_path(file), err);
}

/* Each message starts with the file that it is about. */
static void assert_error(const struct error *err, const char *path,
			 const char *what)
{
	if (strncmp(err->text, path, strlen(path)) || !strstr(err->text, what))
		fail_msg("\"%s\" does not say \"%s\" about %s", err->text, what,
			 path);
}

void assert_not_opened(const char *path, const char *what)
{
	struct kernel_image img;
	struct error err;

	assert_int_equal(image_open(&img, path, &err), -1);
	assert_error(&err, path, what);
}

void assert_refused(const struct bytes *file, const char *what)
{
	setenv("CORBEL_CACHE", "/dev/null", 1);
	assert_not_opened(memory_path(file), what);
}

void assert_sane(const struct kernel_image *img)
{
	struct image_note note = {};
	const struct image_segment *seg;
	unsigned int i;

	assert_in_range(img->segment_count, 1, IMAGE_SEGMENTS_MAX);
	for (i = 0; i < img->segment_count; i++) {
		seg = &img->segments[i];
		assert_true(seg->offset + seg->filesz <= img->elf_size);
		assert_true(seg->filesz <= seg->memsz);
		assert_ptr_equal(image_at(img, seg->vaddr, seg->filesz),
				 img->elf + seg->offset);
		assert_null(image_at(img, seg->vaddr, seg->filesz + 1));
	}
	while (image_next_note(img, &note))
		assert_true((const uint8_t *)note.desc + note.desc_size <=
			    img->elf + img->elf_size);
	assert_true(strnlen(img->version, sizeof(img->version)) <
		    sizeof(img->version));
	assert_true(img->setup_size <= IMAGE_SETUP_MAX);
}

bool survives(const struct bytes *file)
{
	struct kernel_image img;
	struct error err = {};

	if (try_open(&img, file, &err)) {
		assert_error(&err, memory_path(file), ": ");
		return false;
	}
	assert_sane(&img);
	image_close(&img);
	return true;
}

void flip(const struct bytes *b, size_t bit)
{
	b->data[bit / 8] ^= 1 << bit % 8;
}

void assert_is_tiny(const struct kernel_image *img, const struct bytes *elf)
{
	assert_int_equal(img->elf_size, elf->size);
	assert_memory_equal(img->elf, elf->data, elf->size);
	assert_string_equal(img->version, TINY_VERSION);
	assert_int_equal(img->setup.header, 0x53726448);
	assert_int_equal(img->entry, TINY_PADDR);
	assert_int_equal(img->segment_count, 2);
	assert_int_equal(img->segments[0].vaddr, TINY_VADDR);
	assert_int_equal(img->segments[1].vaddr, 0);
	assert_sane(img);
}
