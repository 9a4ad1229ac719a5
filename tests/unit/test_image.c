// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel files as a whole: real ones are read right, the cache serves them
 * again, and a file that is none is called what it is.
 *
 * Real kernels are compared with what they say about themselves elsewhere.
 * Cutting a file off anywhere must make it unusable, with a message.
 */
#define _GNU_SOURCE 1

#include "image_check.h"
#include "pack.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/array.h"

/* Is a second open served from the cache, and a bad cache mended? */
static void test_cache(void **state)
{
	struct bytes elf = make_elf(5000), bad = {}, cached;
	struct bytes file = pack(&packers[0], &elf);
	const char *kernel = temporary_path("kernel");
	char path[300], name[64];
	struct kernel_image img;
	unsigned int damage;
	struct error err;

	(void)state;
	write_file(kernel, file.data, file.size);
	snprintf(name, sizeof(name), "deep/cache/unpacked/%08lx-%zu",
		 crc32(0, file.data, file.size), file.size);
	snprintf(path, sizeof(path), "%s", temporary_path(name));
	setenv("CORBEL_CACHE", temporary_path("deep/cache"), 1);
	bytes_add(&bad, NULL, elf.size);

	/* Nothing there, too short, empty, and zeros instead of an image. */
	for (damage = 0; damage < 4; damage++) {
		if (damage)
			write_file(path, bad.data,
				   damage == 1 ? elf.size - 1 :
				   damage == 2 ? 0 : elf.size);
		kernel = temporary_path("kernel");
		assert_int_equal(image_open(&img, kernel, &err), 0);
		assert_is_tiny(&img, &elf);
		image_close(&img);
		cached = read_file(path);
		assert_int_equal(cached.size, elf.size);
		assert_memory_equal(cached.data, elf.data, elf.size);
		bytes_free(&cached);
	}

	/* It is the cache that is read: the end of the text tells. */
	elf.data[tiny_text_offset() + 4000] ^= 1;
	write_file(path, elf.data, elf.size);
	kernel = temporary_path("kernel");
	assert_int_equal(image_open(&img, kernel, &err), 0);
	assert_is_tiny(&img, &elf);
	image_close(&img);

	bytes_free(&bad);
	bytes_free(&file);
	bytes_free(&elf);
}

/* Where the cache is without CORBEL_CACHE. */
static void test_cache_places(void **state)
{
	struct bytes elf = make_elf(5000);
	struct bytes file = pack(&packers[0], &elf);
	struct kernel_image img;
	struct error err;

	(void)state;
	write_file(temporary_path("kernel"), file.data, file.size);
	unsetenv("CORBEL_CACHE");
	setenv("XDG_CACHE_HOME", temporary_path("xdg"), 1);
	setenv("HOME", temporary_path("home"), 1);
	assert_int_equal(image_open(&img, temporary_path("kernel"), &err), 0);
	image_close(&img);
	assert_int_equal(access(temporary_path("xdg/corbel/unpacked"), F_OK),
			 0);
	unsetenv("XDG_CACHE_HOME");
	assert_int_equal(image_open(&img, temporary_path("kernel"), &err), 0);
	image_close(&img);
	assert_int_equal(access(temporary_path("home/.cache/corbel/unpacked"),
				F_OK), 0);
	unsetenv("HOME");
	assert_int_equal(image_open(&img, temporary_path("kernel"), &err), 0);
	image_close(&img);
	bytes_free(&file);
	bytes_free(&elf);
}

/* Is a file that is no kernel called what it is? */
static void test_other_files(void **state)
{
	static const struct {
		const char *magic;
		size_t len;
		const char *what;
	} others[] = {
		{ "\x1f\x8b\x08", 3, "gzip" },
		{ "MZ\x90", 3, "PE executable" },
		{ "070701", 6, "initramfs" },
		{ "\3757zXZ\0", 6, "xz" },
		{ "#!/bin/sh\n", 10, "script" },
		{ "!<arch>\ndebian", 14, "Debian package" },
		{ "hello", 5, "unknown kind" },
		{ "\177EL", 3, "unknown kind" },
		{ "\177ELF", 4, "not an ELF image" },
	};
	struct bytes file = {};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		bytes_add(&file, others[i].magic, others[i].len);
		assert_refused(&file, others[i].what);
		bytes_free(&file);
	}
	bytes_add(&file, NULL, 4096);
	memcpy(file.data + 0x38, "ARMd", 4);
	assert_refused(&file, "64-bit ARM");
	bytes_free(&file);
}

/* What can be at the end of a path besides a file with contents. */
static void test_no_files(void **state)
{
	(void)state;
	assert_not_opened(temporary_path("none"), strerror(ENOENT));
	assert_not_opened(temporary_path(""), "a directory");
	write_file(temporary_path("empty"), "", 0);
	assert_not_opened(temporary_path("empty"), "an empty file");
	assert_int_equal(mkfifo(temporary_path("pipe"), 0600), 0);
	assert_not_opened(temporary_path("pipe"), "pipe");
}

/* Any part of a kernel, from the first byte on, is recognised as too little. */
static void test_truncation(void **state)
{
	struct bytes elf = make_elf(100);
	struct bytes file, part;
	unsigned int i;

	(void)state;
	for (part = elf, part.size = 1; part.size < elf.size; part.size++)
		assert_false(survives(&part));
	for (i = 0; i < PACKERS; i++) {
		file = pack(&packers[i], &elf);
		part = file;
		for (part.size = 1; part.size < file.size; part.size++)
			assert_false(survives(&part));
		bytes_free(&file);
	}
	bytes_free(&elf);
}

static void check_kernel(const struct kernel_image *img)
{
	static const char banner[] = "Linux version ";
	size_t release = strcspn(img->version, " ");
	const struct image_segment *seg = img->segments;
	bool build_id = false;
	struct image_note note = {};
	struct image_section text;
	const char *pos;

	assert_sane(img);
	assert_true(release > 0);
	pos = memmem(img->elf, img->elf_size, banner, sizeof(banner) - 1);
	assert_non_null(pos);
	assert_memory_equal(pos + sizeof(banner) - 1, img->version, release);
	assert_true(image_section(img, ".text", &text));
	assert_ptr_equal(image_at(img, text.addr, text.size),
			 img->elf + text.offset);
	assert_int_equal(text.addr, seg->vaddr);
	assert_int_equal(seg->flags, PF_R | PF_X);
	while (image_next_note(img, &note))
		if (!strcmp(note.owner, "GNU") && note.type == NT_GNU_BUILD_ID)
			build_id = note.desc_size == 20;
	assert_true(build_id);
}

/* The kernel again, as the ELF file that came out of its bzImage. */
static void check_same_from_elf(const struct kernel_image *img)
{
	const char *path = temporary_path("vmlinux");
	struct kernel_image elf;
	struct error err;

	write_file(path, img->elf, img->elf_size);
	if (image_open(&elf, path, &err))
		fail_msg("%s", err.text);
	check_kernel(&elf);
	assert_int_equal(elf.entry, img->entry);
	assert_memory_equal(elf.version, img->version,
			    strcspn(img->version, " ") + 1);
	assert_memory_equal(elf.segments, img->segments,
			    sizeof(img->segments));
	assert_int_equal(elf.setup.pref_address, img->segments[0].paddr);
	image_close(&elf);
	unlink(path);
}

/* Are real kernels read, and does the setup header come along unchanged? */
static void test_real_kernels(void **state)
{
	const char *path = NULL;
	struct kernel_image img;
	struct bytes file;

	(void)state;
	while ((path = next_kernel(path))) {
		print_message("%s\n", path);
		open_kernel(&img, path);
		check_kernel(&img);
		file = read_file(path);
		assert_int_equal(img.setup_size, 0x11 + file.data[0x201]);
		assert_memory_equal(img.setup_bytes, file.data + 0x1f1,
				    img.setup_size);
		bytes_free(&file);
		check_same_from_elf(&img);
		image_close(&img);
	}
}

/* Real kernels cut off where something ends, and with damaged payloads. */
static void test_real_damage(void **state)
{
	const char *path = NULL;
	struct bytes file, part;
	unsigned int i;
	size_t byte;

	(void)state;
	while ((path = next_kernel(path))) {
		file = read_file(path);
		const size_t setup = (file.data[0x1f1] + 1) * 512;
		const size_t ends[] = { 0x1f1, 0x202, 0x24c, 0x268, setup - 1,
					setup, setup + 4096, file.size / 2 };

		for (i = 0; i < ARRAY_SIZE(ends); i++) {
			part = file;
			part.size = ends[i];
			assert_false(survives(&part));
		}
		for (i = 0; i < 4; i++) {
			byte = setup + random_below(file.size - setup);
			file.data[byte] ^= 0x10;
			survives(&file);
			file.data[byte] ^= 0x10;
		}
		bytes_free(&file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_cache_places),
		cmocka_unit_test(test_other_files),
		cmocka_unit_test(test_no_files),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_real_kernels),
		cmocka_unit_test(test_real_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
