// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own symbol table: found, read right, and harmless when it lies.
 *
 * For real kernels there are other witnesses: what the kernel exports to
 * modules it also lists in __ksymtab, with addresses that the linker put
 * there; the Xen notes name the entry point; the program headers know where
 * the kernel starts; and linux_banner must point to the banner.
 *
 * A tiny table of our own, written in each layout that kernels have had, is
 * read back symbol by symbol, and then damaged in thousands of ways.  Images
 * that are made to keep a naive search busy must be given up soon.
 */
#define _GNU_SOURCE 1

#include "tiny_kernel.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "loader/kallsyms.h"

#define SYMBOLS		700
#define PERCPU_SYMBOLS	20
#define WORD		"symbol_"	/* a token of more than one letter */
#define WORD_TOKEN	255

struct tiny_symbol {
	char name[200];		/* with its type in front */
	uint64_t addr;
};

enum encoding { PERCPU_ABSOLUTE, BASE_RELATIVE, PLACE_RELATIVE };

static const struct layout {
	const char *releases;
	size_t align;
	bool offsets_first;
	bool seqs_in_between;
	enum encoding encoding;
} layouts[] = {
	{ "up to 6.1", 8, true, false, PERCPU_ABSOLUTE },
	{ "6.1 stable, 6.2, 6.3", 8, true, true, PERCPU_ABSOLUTE },
	{ "up to 6.3 on one CPU", 8, true, true, BASE_RELATIVE },
	{ "6.4 to 6.14", 8, false, false, PERCPU_ABSOLUTE },
	{ "6.15 to 6.19", 8, false, false, BASE_RELATIVE },
	{ "7.0 and later", 4, false, false, PLACE_RELATIVE },
};

#define LAYOUTS		ARRAY_SIZE(layouts)

static struct tiny_symbol *symbol_at(struct tiny_symbol *symbols,
				     unsigned int i, const char *name)
{
	snprintf(symbols[i].name, sizeof(symbols[i].name), "%s", name);
	return &symbols[i];
}

/* Addresses rise by 0 to 2; the first ones are per CPU where that shows. */
static struct tiny_symbol *make_symbols(const struct layout *layout)
{
	struct tiny_symbol *symbols = calloc(SYMBOLS, sizeof(*symbols));
	uint64_t addr = TINY_VADDR;
	char name[200];
	unsigned int i;

	for (i = 0; i < SYMBOLS; i++) {
		snprintf(name, sizeof(name), "t" WORD "%u", i);
		symbol_at(symbols, i, name)->addr = addr + i / 2;
		if (i < PERCPU_SYMBOLS && layout->encoding == PERCPU_ABSOLUTE)
			symbols[i].addr = i * 16;
	}
	symbol_at(symbols, 50, "T_stext");
	symbol_at(symbols, 60, "ttwice");
	symbol_at(symbols, 61, "ttwice");
	symbol_at(symbols, 70, "dshared");
	symbol_at(symbols, 80, "Dshared");
	symbol_at(symbols, 90, "dshared");
	memset(name + 1, 'x', sizeof(name) - 2);
	symbol_at(symbols, 100, name);
	return symbols;
}

/* One token per letter and one for WORD. */
static void add_name(struct bytes *b, const char *name)
{
	const char *word = strstr(name, WORD);
	size_t len = strlen(name) - (word ? strlen(WORD) - 1 : 0);
	uint8_t token;

	token = len > 127 ? len | 0x80 : len;
	bytes_add(b, &token, 1);
	token = len >> 7;
	if (len > 127)
		bytes_add(b, &token, 1);
	for (; *name; name++) {
		token = *name;
		if (name == word) {
			token = WORD_TOKEN;
			name += strlen(WORD) - 1;
		}
		bytes_add(b, &token, 1);
	}
}

static void add_names(struct bytes *b, const struct layout *layout,
		      const struct tiny_symbol *symbols)
{
	struct bytes markers = {};
	unsigned int i;
	size_t start;

	bytes_add32(b, SYMBOLS);
	bytes_align(b, layout->align);
	start = b->size;
	for (i = 0; i < SYMBOLS; i++) {
		if (i % 256 == 0)
			bytes_add32(&markers, b->size - start);
		add_name(b, symbols[i].name);
	}
	bytes_align(b, layout->align);
	bytes_add(b, markers.data, markers.size);
	bytes_align(b, layout->align);
	bytes_free(&markers);
}

static void add_seqs(struct bytes *b, const struct layout *layout)
{
	unsigned int i;

	for (i = 0; i < SYMBOLS; i++)
		bytes_add(b, (uint8_t []) { 0, i >> 8, i }, 3);
	bytes_align(b, layout->align);
}

static void add_tokens(struct bytes *b, const struct layout *layout)
{
	struct bytes index = {};
	size_t start = b->size;
	unsigned int token;
	char text[2] = {};

	for (token = 0; token < 256; token++) {
		uint16_t offset = b->size - start;

		bytes_add(&index, &offset, sizeof(offset));
		text[0] = token > ' ' && token <= '~' ? token : 0;
		if (token == WORD_TOKEN)
			bytes_add(b, WORD, sizeof(WORD));
		else
			bytes_add(b, text, strlen(text) + 1);
	}
	bytes_align(b, layout->align);
	bytes_add(b, index.data, index.size);
	bytes_align(b, layout->align);
	bytes_free(&index);
}

static uint32_t encode(const struct layout *layout, uint64_t addr,
		       uint64_t place)
{
	switch (layout->encoding) {
	case PLACE_RELATIVE:
		return addr - place;
	case BASE_RELATIVE:
		return addr - TINY_VADDR;
	default:
		return addr < TINY_VADDR ? addr : TINY_VADDR - 1 - addr;
	}
}

static void add_offsets(struct bytes *b, const struct layout *layout,
			const struct tiny_symbol *symbols)
{
	unsigned int i;

	for (i = 0; i < SYMBOLS; i++)
		bytes_add32(b, encode(layout, symbols[i].addr,
				      tiny_text_vaddr() + b->size));
	bytes_align(b, layout->align);
	if (layout->encoding != PLACE_RELATIVE)
		bytes_add64(b, TINY_VADDR);
}

/* All tables, between other things. */
static struct bytes make_tables(const struct layout *layout,
				const struct tiny_symbol *symbols)
{
	struct bytes b = {};
	unsigned int i;

	for (i = 0; i < 251; i++)
		bytes_add32(&b, random_below(5000));
	bytes_align(&b, layout->align);
	if (layout->offsets_first)
		add_offsets(&b, layout, symbols);
	add_names(&b, layout, symbols);
	if (layout->seqs_in_between)
		add_seqs(&b, layout);
	add_tokens(&b, layout);
	if (!layout->offsets_first) {
		add_offsets(&b, layout, symbols);
		add_seqs(&b, layout);
	}
	return b;
}

static int read_text(struct bytes *text, struct kernel_image *img,
		     struct bytes *elf, struct kallsyms **syms,
		     struct error *err)
{
	*elf = tiny_elf(text, NULL);
	assert_int_equal(image_from_bytes(img, elf, err), 0);
	return kallsyms_read(img, syms, err);
}

static void assert_symbol(const struct kallsyms *syms, const char *name,
			  uint64_t expected)
{
	uint64_t addr;

	if (!kallsyms_lookup(syms, name, &addr))
		fail_msg("%s is missing", name);
	if (addr != expected)
		fail_msg("%s is at %#lx, not at %#lx", name, addr, expected);
}

static void assert_tiny_symbols(const struct kallsyms *syms,
				const struct tiny_symbol *symbols)
{
	unsigned int i, expected;
	uint64_t addr;

	for (i = 0; i < SYMBOLS; i++) {
		expected = i == 61 ? 60 : i == 70 || i == 90 ? 80 : i;
		assert_symbol(syms, symbols[i].name + 1,
			      symbols[expected].addr);
	}
	assert_false(kallsyms_lookup(syms, "", &addr));
	assert_false(kallsyms_lookup(syms, "symbol_", &addr));
	assert_false(kallsyms_lookup(syms, "symbol_10000", &addr));
}

/* Is every symbol of every layout found, and the right one of a name's? */
static void test_layouts(void **state)
{
	struct tiny_symbol *symbols;
	struct kernel_image img;
	struct bytes text, elf;
	struct kallsyms *syms;
	struct error err;
	unsigned int i;

	(void)state;
	for (i = 0; i < LAYOUTS; i++) {
		symbols = make_symbols(&layouts[i]);
		text = make_tables(&layouts[i], symbols);
		if (read_text(&text, &img, &elf, &syms, &err))
			fail_msg("%s: %s", layouts[i].releases, err.text);
		assert_tiny_symbols(syms, symbols);
		kallsyms_free(syms);
		bytes_free(&elf);
		bytes_free(&text);
		free(symbols);
	}
}

/* Damage may leave a table that can be read; then it can be used. */
static void assert_safe(const struct kernel_image *img,
			const struct tiny_symbol *symbols)
{
	struct kallsyms *syms;
	struct error err = {};
	uint64_t addr;
	unsigned int i;

	if (kallsyms_read(img, &syms, &err)) {
		assert_non_null(strstr(err.text, "kallsyms"));
		return;
	}
	for (i = 0; i < SYMBOLS; i += 10)
		kallsyms_lookup(syms, symbols[i].name + 1, &addr);
	kallsyms_free(syms);
}

/* Random bits of the tables, mostly few at once. */
static void test_damage(void **state)
{
	size_t start = tiny_text_offset();
	unsigned int i, round, flips;
	struct tiny_symbol *symbols;
	struct bytes text, elf, copy;
	struct kernel_image img;
	struct error err;
	size_t bit;

	(void)state;
	for (i = 0; i < LAYOUTS; i++) {
		symbols = make_symbols(&layouts[i]);
		text = make_tables(&layouts[i], symbols);
		elf = tiny_elf(&text, NULL);
		copy = (struct bytes) {};
		bytes_add(&copy, NULL, elf.size);
		for (round = 0; round < 2000; round++) {
			memcpy(copy.data, elf.data, elf.size);
			for (flips = 1 << random_below(5); flips; flips--) {
				bit = start * 8 + random_below(text.size * 8);
				copy.data[bit / 8] ^= 1 << bit % 8;
			}
			assert_int_equal(image_from_bytes(&img, &copy, &err),
					 0);
			assert_safe(&img, symbols);
		}
		bytes_free(&copy);
		bytes_free(&elf);
		bytes_free(&text);
		free(symbols);
	}
}

/* Tables that end too early, or start too late. */
static void test_cut_tables(void **state)
{
	struct tiny_symbol *symbols;
	struct bytes text, elf, part;
	struct kernel_image img;
	struct error err;
	unsigned int i;
	size_t cut;

	(void)state;
	for (i = 0; i < LAYOUTS; i++) {
		symbols = make_symbols(&layouts[i]);
		text = make_tables(&layouts[i], symbols);
		for (cut = 8; cut < text.size; cut += 8) {
			part = (struct bytes) { .data = text.data, .size = cut };
			elf = tiny_elf(&part, NULL);
			image_from_bytes(&img, &elf, &err);
			assert_safe(&img, symbols);
			bytes_free(&elf);
			part.data = text.data + cut;
			part.size = text.size - cut;
			elf = tiny_elf(&part, NULL);
			image_from_bytes(&img, &elf, &err);
			assert_safe(&img, symbols);
			bytes_free(&elf);
		}
		bytes_free(&text);
		free(symbols);
	}
}

static void assert_unreadable(struct bytes *text, const char *what)
{
	double start = milliseconds();
	struct kernel_image img;
	struct kallsyms *syms;
	struct error err;
	struct bytes elf;

	assert_int_equal(read_text(text, &img, &elf, &syms, &err), -1);
	if (!strstr(err.text, what))
		fail_msg("\"%s\" does not say \"%s\"", err.text, what);
	/* Unless it is sanitized, this takes a tenth of the time. */
	assert_true(milliseconds() - start < 3000);
	bytes_free(&elf);
	bytes_free(text);
}

/* A kernel without symbols is told from one with damaged ones. */
static void test_no_symbols(void **state)
{
	struct bytes text = {};

	(void)state;
	bytes_add(&text, NULL, 100000);
	assert_unreadable(&text, "built without kallsyms");
	add_tokens(&text, &layouts[0]);
	assert_unreadable(&text, "damaged or of an unknown kind");
}

/* The tables without the symbol that every kernel has. */
static void test_no_stext(void **state)
{
	struct tiny_symbol *symbols = make_symbols(&layouts[3]);
	struct bytes text;

	(void)state;
	symbol_at(symbols, 50, "T_sttext");
	text = make_tables(&layouts[3], symbols);
	assert_unreadable(&text, "damaged or of an unknown kind");
	free(symbols);
}

/* Many false starts: numbers that rise like those of a token index. */
static void test_many_indexes(void **state)
{
	struct bytes text = {};
	unsigned int i;

	(void)state;
	bytes_add(&text, NULL, 32 << 20);
	for (i = 0; i < text.size / 2; i++)
		((uint16_t *)text.data)[i] = i % 256;
	assert_unreadable(&text, "built without kallsyms");
}

/* Many tables of tokens, each of which would begin a search for names. */
static void test_many_token_tables(void **state)
{
	struct bytes text = {}, tokens = {};
	const unsigned int count = 20000;
	unsigned int i;

	(void)state;
	add_tokens(&tokens, &layouts[0]);
	bytes_add(&text, NULL, count * tokens.size);
	for (i = 0; i < count; i++)
		memcpy(text.data + i * tokens.size, tokens.data, tokens.size);
	bytes_free(&tokens);
	assert_unreadable(&text, "damaged");
}

/*
 * Every eight bytes read as the number of symbols and as a name of seven
 * tokens, so that a walk from each place gets far before it fails.
 */
static void test_many_counts(void **state)
{
	const uint64_t count = 0x200007;
	struct bytes text = {};
	size_t i;

	(void)state;
	bytes_add(&text, NULL, 24 << 20);
	for (i = 0; i < text.size / 8; i++)
		((uint64_t *)text.data)[i] = count;
	for (i = 0; i < (count + 255) / 256; i++)
		bytes_add32(&text, i * 256 * 8);
	bytes_align(&text, 8);
	add_tokens(&text, &layouts[0]);
	assert_unreadable(&text, "damaged");
}

/* Tables of @count names, each of @len times the same very long token. */
static struct bytes make_long_names(uint32_t count, uint8_t len)
{
	struct bytes text = {}, names = {}, index = {};
	const size_t step = 1 + len;
	char word[500] = {};
	unsigned int token;
	size_t start, i;

	memset(word, 'x', sizeof(word) - 1);
	bytes_add(&names, NULL, count * step);
	memset(names.data, 1, names.size);
	for (i = 0; i < names.size; i += step)
		names.data[i] = len;
	bytes_add32(&text, count);
	bytes_align(&text, 8);
	bytes_add(&text, names.data, names.size);
	bytes_align(&text, 8);
	bytes_free(&names);
	for (i = 0; i < count; i += 256)
		bytes_add32(&text, i * step);
	bytes_align(&text, 8);
	start = text.size;
	for (token = 0; token < 256; token++) {
		uint16_t offset = text.size - start;

		bytes_add(&index, &offset, sizeof(offset));
		if (token == 1)
			bytes_add(&text, word, sizeof(word));
		else
			bytes_add(&text, (char []) { token ?: 'x', 0 }, 2);
	}
	bytes_align(&text, 8);
	bytes_add(&text, index.data, index.size);
	bytes_free(&index);
	return text;
}

/* Millions of names of two bytes, each spelled out 499; then one too long. */
static void test_long_names(void **state)
{
	struct bytes text;

	(void)state;
	text = make_long_names(4000000, 1);
	assert_unreadable(&text, "damaged");
	text = make_long_names(1000, 2);
	assert_unreadable(&text, "damaged");
}

/* struct kernel_symbol: each field counts from its own place. */
static uint64_t relative(const struct kernel_image *img, uint64_t place)
{
	const void *field = image_at(img, place, sizeof(int32_t));
	int32_t offset;

	assert_non_null(field);
	memcpy(&offset, field, sizeof(offset));
	return place + offset;
}

/* Compare all symbols that a __ksymtab section exports. */
static unsigned int check_exports(const struct kernel_image *img,
				  const struct kallsyms *syms,
				  const char *section)
{
	struct image_section table;
	uint64_t entry;
	const char *name;
	unsigned int count = 0;

	if (!image_section(img, section, &table))
		return 0;
	for (entry = table.addr; entry < table.addr + table.size;
	     entry += 3 * sizeof(int32_t)) {
		name = image_at(img, relative(img, entry + 4), 1);
		assert_non_null(name);
		assert_symbol(syms, name, relative(img, entry));
		count++;
	}
	return count;
}

static uint64_t address_of(const struct kallsyms *syms, const char *name)
{
	uint64_t addr;

	if (!kallsyms_lookup(syms, name, &addr))
		fail_msg("%s is missing", name);
	return addr;
}

#define XEN_ELFNOTE_ENTRY	1

static void check_witnesses(const struct kernel_image *img,
			    const struct kallsyms *syms)
{
	static const char banner[] = "Linux version ";
	const struct image_segment *last =
		&img->segments[img->segment_count - 1];
	struct image_note note = {};
	uint64_t entry;
	const void *pos;

	assert_symbol(syms, "_text", img->segments[0].vaddr);
	assert_in_range(address_of(syms, "_end"), last->vaddr,
			last->vaddr + last->memsz);
	assert_int_equal(address_of(syms, "init_top_pgt") % 4096, 0);
	pos = image_at(img, address_of(syms, "linux_banner"), sizeof(banner));
	assert_non_null(pos);
	assert_memory_equal(pos, banner, sizeof(banner) - 1);
	while (image_next_note(img, &note)) {
		if (strcmp(note.owner, "Xen") || note.desc_size != 8 ||
		    note.type != XEN_ELFNOTE_ENTRY)
			continue;
		memcpy(&entry, note.desc, sizeof(entry));
		assert_symbol(syms, "startup_xen", entry);
	}
}

/* Do real kernels agree with all that they say about addresses elsewhere? */
static void test_real_kernels(void **state)
{
	static const char *const hooked[] = {
		"pv_ops", "xen_iret", "cpu_tss_rw", "early_top_pgt",
		"initial_code", "x86_64_start_reservations",
		"entry_SYSCALL_64_after_hwframe", "cpu_caps_set",
	};
	const char *path = NULL;
	struct kernel_image img;
	struct kallsyms *syms;
	unsigned int i, count;
	struct error err;

	(void)state;
	while ((path = next_kernel(path))) {
		open_kernel(&img, path);
		if (kallsyms_read(&img, &syms, &err))
			fail_msg("%s", err.text);
		count = check_exports(&img, syms, "__ksymtab") +
			check_exports(&img, syms, "__ksymtab_gpl");
		print_message("%s: %u exported symbols agree\n", path, count);
		assert_true(count > 5000);
		check_witnesses(&img, syms);
		for (i = 0; i < ARRAY_SIZE(hooked); i++)
			address_of(syms, hooked[i]);
		kallsyms_free(syms);
		image_close(&img);
	}
}

/* Random bits around the tables of a real kernel. */
static void test_real_damage(void **state)
{
	static const char digits[] = "0\0001\0002\0003\0004\0005\0006\0007";
	const size_t reach = 2 << 20;
	const char *path = NULL;
	struct kernel_image img;
	struct tiny_symbol *symbols = make_symbols(&layouts[0]);
	unsigned int round, i;
	struct bytes copy = {};
	uint8_t *tokens;
	uint32_t bit;

	(void)state;
	while ((path = next_kernel(path))) {
		open_kernel(&img, path);
		bytes_add(&copy, img.elf, img.elf_size);
		tokens = memmem(copy.data, copy.size, digits, sizeof(digits));
		assert_in_range(tokens - copy.data, reach, copy.size - reach);
		for (round = 0; round < 20; round++) {
			memcpy(tokens - reach, img.elf +
			       (tokens - reach - copy.data), 2 * reach);
			for (i = 1 << random_below(8); i; i--) {
				bit = random_below(2 * reach * 8);
				tokens[bit / 8 - reach] ^= 1 << bit % 8;
			}
			struct kernel_image damaged = img;

			damaged.elf = copy.data;
			assert_safe(&damaged, symbols);
		}
		bytes_free(&copy);
		image_close(&img);
	}
	free(symbols);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_cut_tables),
		cmocka_unit_test(test_no_symbols),
		cmocka_unit_test(test_no_stext),
		cmocka_unit_test(test_many_indexes),
		cmocka_unit_test(test_many_token_tables),
		cmocka_unit_test(test_many_counts),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_real_kernels),
		cmocka_unit_test(test_real_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
