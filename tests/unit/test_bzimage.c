// SPDX-License-Identifier: GPL-2.0-only
/*
 * bzImages: unpacked right from every compression, and harmless when damaged.
 *
 * A tiny kernel is packed in each way, unpacked again and compared.  Then bits
 * of the file are flipped, the setup header lies about what follows it, and
 * the payload about its size, up to decompression bombs.
 */
#include "image_check.h"
#include "pack.h"

#include <string.h>

#include "lib/array.h"

static void assert_unpacks(const struct packer *packer, size_t size)
{
	struct bytes elf = make_elf(size);
	struct bytes file = pack(packer, &elf);
	struct kernel_image img;
	struct error err;

	if (try_open(&img, &file, &err))
		fail_msg("%s: %s", packer->name, err.text);
	assert_is_tiny(&img, &elf);
	image_close(&img);
	bytes_free(&file);
	bytes_free(&elf);
}

/* Does every kind of compression yield the kernel that went in? */
static void test_compressions(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < PACKERS; i++)
		assert_unpacks(&packers[i], 300000);
}

/* lz4 data come in blocks of 8 MiB: is more than one put together right? */
static void test_lz4_blocks(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < PACKERS; i++)
		if (!strcmp(packers[i].name, "lz4"))
			assert_unpacks(&packers[i], 9 << 20);
}

/* Payloads that cannot be unpacked are named. */
static void test_unknown_payloads(void **state)
{
	struct bytes payload = {}, file;

	(void)state;
	bytes_add(&payload, "\x89LZO\0\r\n\x1a\n", 9);
	bytes_add32(&payload, 4096);
	file = tiny_bzimage(&payload);
	assert_refused(&file, "LZO, which is not supported");
	bytes_free(&file);
	memset(payload.data, 0x55, payload.size);
	file = tiny_bzimage(&payload);
	assert_refused(&file, "unknown way");
	bytes_free(&file);
	payload.size = 0;
	file = tiny_bzimage(&payload);
	assert_refused(&file, "unknown way");
	bytes_free(&file);
	bytes_free(&payload);
}

/* Every bit of the setup area, one at a time. */
static void test_setup_bits(void **state)
{
	struct bytes elf = make_elf(100);
	struct bytes file = pack(&packers[0], &elf);
	size_t bit;

	(void)state;
	for (bit = 0; bit < 1024 * 8; bit++) {
		flip(&file, bit);
		survives(&file);
		flip(&file, bit);
	}
	assert_true(survives(&file));
	bytes_free(&file);
	bytes_free(&elf);
}

/* Random bits of each payload; gzip, bzip2 and xz would notice any. */
static void test_payload_bits(void **state)
{
	const size_t start = 1024 + 16;
	struct bytes elf = make_elf(2000);
	unsigned int i, flips, unnoticed;
	struct bytes file;
	size_t bit;

	(void)state;
	for (i = 0; i < PACKERS; i++) {
		file = pack(&packers[i], &elf);
		unnoticed = 0;
		for (flips = 0; flips < 1000; flips++) {
			bit = start * 8 +
			      random_below((file.size - start) * 8);
			flip(&file, bit);
			unnoticed += survives(&file);
			flip(&file, bit);
		}
		if (!strcmp(packers[i].name, "xz"))
			assert_int_equal(unnoticed, 0);
		bytes_free(&file);
	}
	bytes_free(&elf);
}

/* One wrong value of the setup header at a time. */
static void test_setup_lies(void **state)
{
	struct setup_header good, *setup;
	struct bytes elf = make_elf(100);
	struct bytes file = pack(&packers[0], &elf);

	(void)state;
	setup = (void *)(file.data + offsetof(struct boot_params, hdr));
	good = *setup;
	setup->version = 0x0207;
	assert_refused(&file, "boot protocol 2.07;");
	*setup = good;
	setup->jump = 0x10eb;
	assert_refused(&file, "setup header");
	setup->jump = 0xffeb;
	assert_refused(&file, "setup header");
	*setup = good;
	setup->payload_length = UINT32_MAX;
	assert_refused(&file, "truncated");
	*setup = good;
	setup->payload_offset = UINT32_MAX;
	assert_refused(&file, "truncated");
	*setup = good;
	setup->setup_sects = 255;
	assert_refused(&file, "truncated");
	*setup = good;
	assert_true(survives(&file));
	bytes_free(&file);
	bytes_free(&elf);
}

/* Sizes announced that are not those of the kernel. */
static void test_size_lies(void **state)
{
	struct bytes elf = make_elf(2000);
	const uint32_t lies[] = { elf.size - 1, elf.size + 1, 1, 1 << 30 };
	struct bytes file;
	unsigned int i, j;

	(void)state;
	for (i = 0; i < PACKERS; i++) {
		for (j = 0; j < ARRAY_SIZE(lies); j++) {
			file = pack_as(&packers[i], &elf, lies[j]);
			assert_refused(&file, "data do not yield");
			bytes_free(&file);
		}
		file = pack_as(&packers[i], &elf, 0);
		assert_refused(&file, "have 0 bytes");
		bytes_free(&file);
		file = pack_as(&packers[i], &elf, (1 << 30) + 1);
		assert_refused(&file, "have 1073741825 bytes");
		bytes_free(&file);
	}
	bytes_free(&elf);
}

/* Small files that unpack to much more than they announce: soon given up. */
static void test_bombs(void **state)
{
	struct bytes zeros = {};
	struct bytes file;
	double start;
	unsigned int i;

	(void)state;
	bytes_add(&zeros, NULL, 8 << 20);
	for (i = 0; i < PACKERS; i++) {
		file = pack_as(&packers[i], &zeros, 4096);
		start = milliseconds();
		assert_refused(&file, "data do not yield");
		assert_true(milliseconds() - start < 500);
		bytes_free(&file);
	}
	bytes_free(&zeros);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compressions),
		cmocka_unit_test(test_lz4_blocks),
		cmocka_unit_test(test_unknown_payloads),
		cmocka_unit_test(test_setup_bits),
		cmocka_unit_test(test_payload_bits),
		cmocka_unit_test(test_setup_lies),
		cmocka_unit_test(test_size_lies),
		cmocka_unit_test(test_bombs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
