// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ELF half of kernel images: everything in it is found, and whatever its
 * headers claim, nothing outside it is.
 *
 * Each wrong value must be refused for the right reason.  Then every bit of a
 * tiny image is flipped, and many at random: what is still accepted must be
 * sound.  The sanitizers turn any wrong access into a failure.
 */
#include "image_check.h"

#include <elf.h>
#include <string.h>

#include "loader/elf_image.h"

/* Is an ELF file taken as it is, with a setup header made for it? */
static void test_elf_file(void **state)
{
	struct bytes elf = make_elf(1000);
	struct kernel_image img;
	struct error err;

	(void)state;
	if (try_open(&img, &elf, &err))
		fail_msg("%s", err.text);
	assert_is_tiny(&img, &elf);
	assert_int_equal(img.setup.boot_flag, 0xaa55);
	assert_int_equal(img.setup.jump, 0x6aeb);
	assert_int_equal(img.setup.pref_address, TINY_PADDR);
	assert_true(img.setup.init_size >= img.segments[0].memsz);
	image_close(&img);
	bytes_free(&elf);
}

/* What the file holds besides segments. */
static void test_sections_and_notes(void **state)
{
	struct bytes elf = make_elf(1000);
	struct image_section section;
	struct image_note note = {};
	struct kernel_image img;
	struct error err;

	(void)state;
	assert_int_equal(image_from_bytes(&img, &elf, &err), 0);
	assert_true(image_section(&img, ".text", &section));
	assert_int_equal(section.addr, TINY_VADDR);
	assert_int_equal(section.offset, img.segments[0].offset);
	assert_int_equal(section.size, img.segments[0].filesz);
	assert_false(image_section(&img, ".tex", &section));
	assert_false(image_section(&img, ".textual", &section));
	assert_false(image_section(&img, ".BTF", &section));

	assert_true(image_next_note(&img, &note));
	assert_string_equal(note.owner, "Xen");
	assert_int_equal(note.type, 18);
	assert_int_equal(*(const uint32_t *)note.desc, 0x1234);
	assert_true(image_next_note(&img, &note));
	assert_string_equal(note.owner, "Corbel");
	assert_int_equal(note.desc_size, 4);
	assert_false(image_next_note(&img, &note));
	bytes_free(&elf);
}

/* Is the second note out of reach once the first one lies? */
static void test_note_lies(void **state)
{
	struct bytes elf = make_elf(1000);
	struct image_note note = {};
	struct kernel_image img;
	Elf64_Nhdr *first;
	struct error err;

	(void)state;
	assert_int_equal(image_from_bytes(&img, &elf, &err), 0);
	first = (void *)(elf.data + img.notes.offset);
	first->n_namesz = 0;
	assert_false(image_next_note(&img, &note));
	first->n_namesz = 3;	/* cuts off the final 0 of "Xen" */
	assert_false(image_next_note(&img, &note));
	first->n_namesz = -1;
	assert_false(image_next_note(&img, &note));
	first->n_namesz = 4;
	first->n_descsz = -1;
	assert_false(image_next_note(&img, &note));
	first->n_descsz = 4;
	assert_true(image_next_note(&img, &note));
	bytes_free(&elf);
}

/* Addresses at the edges of a segment, and those that wrap around. */
static void test_image_at(void **state)
{
	struct bytes elf = make_elf(1000);
	const struct image_segment *seg;
	struct kernel_image img;
	struct error err;

	(void)state;
	assert_int_equal(image_from_bytes(&img, &elf, &err), 0);
	seg = &img.segments[0];
	assert_non_null(image_at(&img, seg->vaddr, 0));
	assert_non_null(image_at(&img, seg->vaddr + seg->filesz - 1, 1));
	assert_null(image_at(&img, seg->vaddr - 1, 2));
	assert_null(image_at(&img, seg->vaddr + seg->filesz, 1));
	assert_null(image_at(&img, seg->vaddr + 1, UINT64_MAX));
	assert_null(image_at(&img, UINT64_MAX, 2));
	assert_ptr_equal(image_at(&img, 0, 8),
			 img.elf + img.segments[1].offset);
	bytes_free(&elf);
}

static void assert_parse_is_safe(const struct bytes *elf)
{
	struct image_section section;
	struct kernel_image img;
	struct error err = {};

	if (image_from_bytes(&img, elf, &err)) {
		assert_true(strlen(err.text) > 7);
		return;
	}
	elf_image_version(&img);
	elf_image_make_setup(&img);
	assert_sane(&img);
	if (image_section(&img, ".text", &section))
		assert_true(section.offset + section.size <= img.elf_size);
}

/* Every bit of the ELF file, one at a time, then many at random. */
static void test_elf_bits(void **state)
{
	struct bytes elf = make_elf(100), copy = {};
	unsigned int round, flips;
	size_t bit;

	(void)state;
	for (bit = 0; bit < elf.size * 8; bit++) {
		flip(&elf, bit);
		assert_parse_is_safe(&elf);
		flip(&elf, bit);
	}
	bytes_add(&copy, NULL, elf.size);
	for (round = 0; round < 20000; round++) {
		memcpy(copy.data, elf.data, elf.size);
		for (flips = random_below(8) + 1; flips; flips--)
			flip(&copy, random_below(elf.size * 8));
		assert_parse_is_safe(&copy);
	}
	bytes_free(&copy);
	bytes_free(&elf);
}

/* The headers that tiny_elf() starts with. */
struct headers {
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr[3];
};

/* The lie in @elf must be found out; then it is taken back. */
static void assert_lie(const struct bytes *elf, const struct headers *good,
		       const char *what)
{
	assert_refused(elf, what);
	memcpy(elf->data, good, sizeof(*good));
}

/* One wrong value of the ELF header at a time. */
static void test_elf_lies(void **state)
{
	struct bytes elf = make_elf(100);
	struct headers *h = (void *)elf.data;
	const struct headers good = *h;

	(void)state;
	h->ehdr.e_ident[EI_CLASS] = ELFCLASS32;
	assert_lie(&elf, &good, "class 1");
	h->ehdr.e_machine = EM_AARCH64;
	assert_lie(&elf, &good, "machine 183");
	h->ehdr.e_type = ET_REL;
	assert_lie(&elf, &good, "not executable");
	h->ehdr.e_phentsize = 32;
	assert_lie(&elf, &good, "program headers");
	h->ehdr.e_phnum = 0xffff;
	assert_lie(&elf, &good, "program headers");
	h->ehdr.e_phnum = 0;
	assert_lie(&elf, &good, "nothing to load");
	h->ehdr.e_phoff = -8;
	assert_lie(&elf, &good, "program headers");
	h->ehdr.e_shoff = -8;
	assert_lie(&elf, &good, "section headers");
	h->ehdr.e_shnum = 0xfff0;
	assert_lie(&elf, &good, "section headers");
	h->ehdr.e_entry = 0x42;
	assert_lie(&elf, &good, "entry point");
	assert_true(survives(&elf));
	bytes_free(&elf);
}

/* One wrong value of a program header at a time. */
static void test_segment_lies(void **state)
{
	struct bytes elf = make_elf(100);
	struct headers *h = (void *)elf.data;
	const struct headers good = *h;

	(void)state;
	h->phdr[0].p_offset = -1;
	assert_lie(&elf, &good, "outside the file");
	h->phdr[0].p_filesz = 1 << 30;
	assert_lie(&elf, &good, "outside the file");
	h->phdr[0].p_memsz = 16;
	assert_lie(&elf, &good, "impossible size");
	h->phdr[0].p_memsz = -1;
	assert_lie(&elf, &good, "impossible size");
	h->phdr[0].p_paddr = -1;
	assert_lie(&elf, &good, "impossible size");
	h->phdr[0].p_vaddr = -1;
	assert_lie(&elf, &good, "impossible size");
	h->phdr[1].p_paddr = TINY_PADDR + 8;
	assert_lie(&elf, &good, "overlap");
	h->phdr[1].p_vaddr = TINY_VADDR + 8;
	assert_lie(&elf, &good, "overlap");
	h->phdr[1].p_offset = h->phdr[0].p_offset + 8;
	assert_lie(&elf, &good, "overlap");
	h->phdr[2].p_filesz = 1 << 30;
	assert_lie(&elf, &good, "notes are outside the file");
	assert_true(survives(&elf));
	bytes_free(&elf);
}

/* More segments than there is room for. */
static void test_many_segments(void **state)
{
	struct bytes elf = make_elf(100);
	Elf64_Ehdr *ehdr;
	unsigned int i;

	(void)state;
	bytes_align(&elf, 8);
	ehdr = (void *)elf.data;
	ehdr->e_phoff = elf.size;
	ehdr->e_phnum = IMAGE_SEGMENTS_MAX + 1;
	for (i = 0; i <= IMAGE_SEGMENTS_MAX; i++) {
		const Elf64_Phdr phdr = {
			.p_type = PT_LOAD,
			.p_vaddr = TINY_VADDR + i,
			.p_paddr = TINY_PADDR + i,
			.p_offset = i,
			.p_filesz = 1,
			.p_memsz = 1,
		};

		bytes_add(&elf, &phdr, sizeof(phdr));
	}
	assert_refused(&elf, "more than 16 segments");
	ehdr = (void *)elf.data;
	ehdr->e_phnum--;
	assert_true(survives(&elf));
	bytes_free(&elf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elf_file),
		cmocka_unit_test(test_sections_and_notes),
		cmocka_unit_test(test_note_lies),
		cmocka_unit_test(test_image_at),
		cmocka_unit_test(test_elf_bits),
		cmocka_unit_test(test_elf_lies),
		cmocka_unit_test(test_segment_lies),
		cmocka_unit_test(test_many_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
