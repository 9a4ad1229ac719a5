// SPDX-License-Identifier: GPL-2.0-only
/*
 * The layout of structures from BTF: right, and harmless when it lies.
 *
 * Real kernels are checked against what must agree with them: the boot
 * protocol, the processor's TSS, and the table pv_ops itself, whose entries
 * must hold the functions that the member names promise.  A small set of types
 * covers each rule of looking up a member, and is then damaged in thousands of
 * ways; types that refer to themselves must not keep the search busy.
 */
#define _GNU_SOURCE 1

#include "tiny_kernel.h"

#include <bpf/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "loader/btf.h"
#include "loader/kallsyms.h"

/* Take the raw data of @btf, which ends its life. */
static struct bytes take_raw(struct btf *btf)
{
	struct bytes raw = {};
	const void *data;
	uint32_t size;

	data = btf__raw_data(btf, &size);
	assert_non_null(data);
	bytes_add(&raw, data, size);
	btf__free(btf);
	return raw;
}

/*
 * struct inner { int a; int b; };
 * typedef const struct inner inner_t;
 * struct outer {
 *	int first;
 *	union {
 *		struct { int x; int y; };
 *		long z;
 *	};
 *	inner_t in;
 *	int bits : 3;
 *	struct inner *pointer;
 *	int array[4];
 *	int outside;		and its offset lies
 * };
 */
static struct bytes make_types(void)
{
	struct btf *btf = btf__new_empty();
	int int_id, long_id, inner, typedef_id, pair, either, pointer, array;

	int_id = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	long_id = btf__add_int(btf, "long", 8, BTF_INT_SIGNED);
	inner = btf__add_struct(btf, "inner", 8);
	btf__add_field(btf, "a", int_id, 0, 0);
	btf__add_field(btf, "b", int_id, 32, 0);
	typedef_id = btf__add_typedef(btf, "inner_t",
				      btf__add_const(btf, inner));
	pair = btf__add_struct(btf, NULL, 8);
	btf__add_field(btf, "x", int_id, 0, 0);
	btf__add_field(btf, "y", int_id, 32, 0);
	either = btf__add_union(btf, NULL, 8);
	btf__add_field(btf, NULL, pair, 0, 0);
	btf__add_field(btf, "z", long_id, 0, 0);
	pointer = btf__add_ptr(btf, inner);
	array = btf__add_array(btf, int_id, int_id, 4);
	btf__add_struct(btf, "outer", 64);
	btf__add_field(btf, "first", int_id, 0, 0);
	btf__add_field(btf, NULL, either, 64, 0);
	btf__add_field(btf, "in", typedef_id, 128, 0);
	btf__add_field(btf, "bits", int_id, 192, 3);
	btf__add_field(btf, "pointer", pointer, 256, 0);
	btf__add_field(btf, "array", array, 320, 0);
	btf__add_field(btf, "outside", int_id, 496, 0);
	return take_raw(btf);
}

/* An image with these types, and what its reading came to. */
static int read_types(const struct bytes *types, struct bytes *elf,
		      struct kernel_image *img, struct kernel_btf **btf,
		      struct error *err)
{
	struct bytes text = {};

	*elf = tiny_elf(&text, types);
	assert_int_equal(image_from_bytes(img, elf, err), 0);
	return btf_read(img, btf, err);
}

static const struct {
	const char *path;
	int64_t offset;
	const char *error;
} members[] = {
	{ "first", 0, NULL },
	{ "x", 8, NULL },
	{ "y", 12, NULL },
	{ "z", 8, NULL },
	{ "in", 16, NULL },
	{ "in.b", 20, NULL },
	{ "pointer", 32, NULL },
	{ "array", 40, NULL },
	{ "bits", -1, "bit field" },
	{ "outside", -1, "outside" },
	{ "in.c", -1, "no member in.c" },
	{ "first.a", -1, "no member first.a" },
	{ "pointer.a", -1, "no member pointer.a" },
	{ "", -1, "no member" },
	{ ".", -1, "no member" },
	{ "in.", -1, "no member" },
	{ ".first", -1, "no member" },
	{ ".x", -1, "no member" },
	{ "in..a", -1, "no member" },
	{ "firs", -1, "no member" },
	{ "first2", -1, "no member" },
};

#define MEMBERS		ARRAY_SIZE(members)

static void assert_says(const struct error *err, const char *what)
{
	if (!strstr(err->text, what))
		fail_msg("\"%s\" does not say \"%s\"", err->text, what);
}

/* Each way in which a member can be named or missed. */
static void test_members(void **state)
{
	struct bytes types = make_types(), elf;
	struct kernel_image img;
	struct kernel_btf *btf;
	struct error err;
	uint32_t offset;
	unsigned int i;
	int ret;

	(void)state;
	assert_int_equal(read_types(&types, &elf, &img, &btf, &err), 0);
	for (i = 0; i < MEMBERS; i++) {
		ret = btf_member_offset(btf, "outer", members[i].path, &offset,
					&err);
		if (members[i].error) {
			assert_int_equal(ret, -1);
			assert_says(&err, members[i].error);
			assert_says(&err, "struct outer");
		} else {
			assert_int_equal(ret, 0);
			assert_int_equal(offset, members[i].offset);
		}
	}
	btf_free(btf);
	bytes_free(&elf);
	bytes_free(&types);
}

/* Sizes, also by the name of a typedef, and names that are no struct. */
static void test_sizes(void **state)
{
	struct bytes types = make_types(), elf;
	struct kernel_image img;
	struct kernel_btf *btf;
	struct error err;
	uint32_t size;

	(void)state;
	assert_int_equal(read_types(&types, &elf, &img, &btf, &err), 0);
	assert_int_equal(btf_struct_size(btf, "outer", &size, &err), 0);
	assert_int_equal(size, 64);
	assert_int_equal(btf_struct_size(btf, "inner_t", &size, &err), 0);
	assert_int_equal(size, 8);
	assert_int_equal(btf_struct_size(btf, "int", &size, &err), -1);
	assert_says(&err, "has no struct int");
	assert_int_equal(btf_struct_size(btf, "", &size, &err), -1);
	assert_int_equal(btf_member_offset(btf, "none", "a", &size, &err), -1);
	assert_says(&err, "has no struct none");
	btf_free(btf);
	bytes_free(&elf);
	bytes_free(&types);
}

static void test_no_btf(void **state)
{
	struct bytes elf;
	struct kernel_image img;
	struct kernel_btf *btf;
	struct error err;

	(void)state;
	assert_int_equal(read_types(NULL, &elf, &img, &btf, &err), -1);
	assert_says(&err, "no .BTF section (CONFIG_DEBUG_INFO_BTF)");
	bytes_free(&elf);
}

/* A longer header is a newer one, unless it leaves the types misaligned. */
static void test_header_length(void **state)
{
	struct bytes types = make_types(), elf;
	struct btf_header header;
	struct kernel_image img;
	struct kernel_btf *btf;
	struct bytes longer;
	struct error err;
	unsigned int more;
	int ret;

	(void)state;
	for (more = 0; more <= 8; more++) {
		longer = (struct bytes) {};
		memcpy(&header, types.data, sizeof(header));
		header.hdr_len += more;
		bytes_add(&longer, &header, sizeof(header));
		bytes_add(&longer, NULL, more);
		bytes_add(&longer, types.data + sizeof(header),
			  types.size - sizeof(header));
		ret = read_types(&longer, &elf, &img, &btf, &err);
		assert_int_equal(ret, more % 4 ? -1 : 0);
		if (!ret)
			btf_free(btf);
		bytes_free(&elf);
		bytes_free(&longer);
	}
	bytes_free(&types);
}

/* Ask for everything; what damage left must bear it. */
static void assert_safe(const struct bytes *types)
{
	struct kernel_image img;
	struct kernel_btf *btf;
	struct error err = {};
	struct bytes elf;
	uint32_t bytes;
	unsigned int i;

	if (read_types(types, &elf, &img, &btf, &err)) {
		assert_says(&err, ".BTF section");
		bytes_free(&elf);
		return;
	}
	for (i = 0; i < MEMBERS; i++)
		if (!btf_member_offset(btf, "outer", members[i].path, &bytes,
				       &err))
			assert_true(bytes < UINT32_MAX);
	btf_struct_size(btf, "outer", &bytes, &err);
	btf_struct_size(btf, "inner_t", &bytes, &err);
	btf_free(btf);
	bytes_free(&elf);
}

/* Every bit once, then several at random, then each possible end. */
static void test_damage(void **state)
{
	struct bytes types = make_types(), copy = {}, part;
	unsigned int round, flips;
	size_t bit;

	(void)state;
	for (bit = 0; bit < types.size * 8; bit++) {
		types.data[bit / 8] ^= 1 << bit % 8;
		assert_safe(&types);
		types.data[bit / 8] ^= 1 << bit % 8;
	}
	bytes_add(&copy, NULL, types.size);
	for (round = 0; round < 10000; round++) {
		memcpy(copy.data, types.data, types.size);
		for (flips = random_below(8) + 2; flips; flips--) {
			bit = random_below(types.size * 8);
			copy.data[bit / 8] ^= 1 << bit % 8;
		}
		assert_safe(&copy);
	}
	part = types;
	for (part.size = 1; part.size < types.size; part.size++)
		assert_safe(&part);
	bytes_free(&copy);
	bytes_free(&types);
}

/*
 * A struct of many anonymous members, each of which is the struct itself:
 * followed blindly, that takes for ever.  The same with a typedef of itself.
 */
static void test_circles(void **state)
{
	struct btf *btf = btf__new_empty();
	struct bytes types;
	double start = milliseconds();
	unsigned int i;

	(void)state;
	btf__add_struct(btf, "outer", 64);
	for (i = 0; i < 1000; i++)
		btf__add_field(btf, NULL, 1, 0, 0);
	btf__add_typedef(btf, "inner_t", 2);
	types = take_raw(btf);
	assert_safe(&types);
	assert_true(milliseconds() - start < 3000);
	bytes_free(&types);
}

static uint32_t offset_of(const struct kernel_btf *btf, const char *name,
			  const char *path)
{
	struct error err;
	uint32_t offset;

	if (btf_member_offset(btf, name, path, &offset, &err))
		fail_msg("%s", err.text);
	return offset;
}

/* Layouts that hardware and the boot protocol fix. */
static void check_fixed_layouts(const struct kernel_btf *btf)
{
	struct error err;
	uint32_t size;

	assert_int_equal(offset_of(btf, "tss_struct", "x86_tss.sp0"), 4);
	assert_int_equal(offset_of(btf, "tss_struct", "x86_tss.sp2"), 20);
	assert_int_equal(offset_of(btf, "tss_struct", "x86_tss.ist"), 36);
	assert_int_equal(offset_of(btf, "boot_params", "hdr"), 0x1f1);
	assert_int_equal(offset_of(btf, "boot_params", "hdr.version"), 0x206);
	assert_int_equal(offset_of(btf, "boot_params", "e820_table"),
			 offsetof(struct boot_params, e820_table));
	assert_int_equal(btf_struct_size(btf, "boot_params", &size, &err), 0);
	assert_int_equal(size, sizeof(struct boot_params));
	assert_int_equal(offset_of(btf, "list_head", "prev"), 8);
	assert_int_equal(offset_of(btf, "page", "lru"), 8);
}

/* pv_ops, as the kernel was linked, calls the native functions. */
static void check_pv_ops(const struct kernel_image *img,
			 const struct kernel_btf *btf,
			 const struct kallsyms *syms)
{
	static const struct {
		const char *path;
		const char *function;
	} ops[] = {
		{ "cpu.cpuid", "native_cpuid" },
		{ "cpu.write_cr0", "native_write_cr0" },
		{ "cpu.load_idt", "native_load_idt" },
		{ "irq.irq_disable", "pv_native_irq_disable" },
		{ "irq.irq_enable", "pv_native_irq_enable" },
		{ "mmu.read_cr2", "pv_native_read_cr2" },
		{ "mmu.flush_tlb_user", "native_flush_tlb_local" },
	};
	uint64_t pv_ops, function, value;
	const void *entry;
	unsigned int i;
	uint32_t offset;

	assert_true(kallsyms_lookup(syms, "pv_ops", &pv_ops));
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		offset = offset_of(btf, "paravirt_patch_template",
				   ops[i].path);
		entry = image_at(img, pv_ops + offset, sizeof(value));
		assert_non_null(entry);
		memcpy(&value, entry, sizeof(value));
		if (!kallsyms_lookup(syms, ops[i].function, &function))
			fail_msg("%s is missing", ops[i].function);
		if (value != function)
			fail_msg("pv_ops.%s is not %s", ops[i].path,
				 ops[i].function);
	}
}

static void test_real_kernels(void **state)
{
	const char *path = NULL;
	struct kernel_image img;
	struct kallsyms *syms;
	struct kernel_btf *btf;
	struct error err;

	(void)state;
	while ((path = next_kernel(path))) {
		print_message("%s\n", path);
		open_kernel(&img, path);
		if (btf_read(&img, &btf, &err) ||
		    kallsyms_read(&img, &syms, &err))
			fail_msg("%s", err.text);
		check_fixed_layouts(btf);
		check_pv_ops(&img, btf, syms);
		kallsyms_free(syms);
		btf_free(btf);
		image_close(&img);
	}
}

/* Real type information with random damage. */
static void damage_kernel(const struct bytes *good)
{
	struct bytes types = {};
	unsigned int round, flips;
	uint32_t bit;

	bytes_add(&types, NULL, good->size);
	for (round = 0; round < 20; round++) {
		memcpy(types.data, good->data, good->size);
		for (flips = 1 << random_below(12); flips; flips--) {
			bit = random_below(good->size * 8);
			types.data[bit / 8] ^= 1 << bit % 8;
		}
		assert_safe(&types);
	}
	bytes_free(&types);
}

static void test_real_damage(void **state)
{
	const char *path = NULL;
	struct image_section section;
	struct kernel_image img;
	struct bytes good = {};

	(void)state;
	while ((path = next_kernel(path))) {
		open_kernel(&img, path);
		assert_true(image_section(&img, ".BTF", &section));
		bytes_add(&good, img.elf + section.offset, section.size);
		damage_kernel(&good);
		bytes_free(&good);
		image_close(&img);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_no_btf),
		cmocka_unit_test(test_header_length),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_circles),
		cmocka_unit_test(test_real_kernels),
		cmocka_unit_test(test_real_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
