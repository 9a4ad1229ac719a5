// SPDX-License-Identifier: GPL-2.0-only
/*
 * SET_SHIM: when it may come, where a shim may lie, and every field of its
 * header wrong in turn.
 */
#include <string.h>
#include <sys/mman.h>

#include <corbel/shim.h>

#include "ioctls.h"

/* All but the shim. */
static void prepare(struct guest *guest)
{
	guest_open(guest, CORBEL_VM_PV);
	guest_map_memory(guest);
	guest_write_tables(guest);
	expect_ok(guest_set_memory(guest, 0, 0, guest->size, guest->memory));
	guest_write_shim(guest);
}

static struct corbel_shim_header *header_of(const struct guest *guest)
{
	return (struct corbel_shim_header *)(guest->memory + GUEST_SHIM);
}

static int set_at(const struct guest *guest, uint64_t code, uint64_t pages,
		  uint64_t cr3)
{
	struct corbel_shim shim = {
		.code = code, .vcpu_pages = pages, .ap_cr3 = cr3,
	};

	return ioctl(guest->vm, CORBEL_SET_SHIM, &shim);
}

TEST(shim_order, "once, before the first vCPU, which can't be without")
{
	struct guest guest;

	prepare(&guest);
	expect_error(ioctl(guest.vm, CORBEL_CREATE_VCPU, 0), EINVAL);
	expect_ok(guest_set_shim(&guest));
	expect_error(guest_set_shim(&guest), EEXIST);
	expect_ok(ioctl(guest.vm, CORBEL_CREATE_VCPU, 0));
	expect_error(guest_set_shim(&guest), EEXIST);
}

TEST(shim_hvm, "a VM in hvm has no shim")
{
	struct guest guest;

	guest_prepare(&guest, CORBEL_VM_HVM_NESTED);
	guest_write_shim(&guest);
	expect_error(guest_set_shim(&guest), EINVAL);
}

TEST(shim_layout, "a shim lies in guest memory, at page boundaries")
{
	struct guest guest;
	struct corbel_shim shim = {
		.code = GUEST_SHIM, .vcpu_pages = GUEST_PAGES,
	};
	unsigned int i;

	prepare(&guest);
	expect_error(set_at(&guest, GUEST_SHIM + 1, GUEST_PAGES, 0), EINVAL);
	expect_error(set_at(&guest, GUEST_SHIM + 8, GUEST_PAGES, 0), EINVAL);
	expect_error(set_at(&guest, GUEST_SHIM, GUEST_PAGES + 64, 0), EINVAL);
	expect_error(set_at(&guest, GUEST_SHIM, GUEST_PAGES, 0xfff), EINVAL);
	expect_error(set_at(&guest, GUEST_SHIM, GUEST_PAGES, 1ULL << 63),
		     EINVAL);
	expect_error(set_at(&guest, guest.size, GUEST_PAGES, 0), EFAULT);
	expect_error(set_at(&guest, -PAGE_SIZE, GUEST_PAGES, 0), EFAULT);
	expect_error(set_at(&guest, 1ULL << 62, GUEST_PAGES, 0), EFAULT);
	for (i = 0; i < ARRAY_SIZE(shim.reserved); i++) {
		shim.reserved[i] = 1;
		expect_error(ioctl(guest.vm, CORBEL_SET_SHIM, &shim), EINVAL);
		shim.reserved[i] = 0;
	}
	/* After all that it still can be done right. */
	expect_ok(guest_set_shim(&guest));
}

TEST(shim_half, "a shim that ends outside of memory is EFAULT")
{
	struct guest guest;
	uint64_t last;

	prepare(&guest);
	last = guest.size - PAGE_SIZE;
	memcpy(guest.memory + last, guest_shim, guest_shim_end - guest_shim);
	((struct corbel_shim_header *)(guest.memory + last))->image_size =
		PAGE_SIZE + 1;
	expect_error(set_at(&guest, last, GUEST_PAGES, 0), EFAULT);
}

TEST(shim_pages, "a vCPU whose page is outside of memory is EFAULT")
{
	struct guest guest;

	prepare(&guest);
	expect_ok(set_at(&guest, GUEST_SHIM, guest.size - PAGE_SIZE,
			 GUEST_PML4));
	expect_ok(ioctl(guest.vm, CORBEL_CREATE_VCPU, 0));
	expect_error(ioctl(guest.vm, CORBEL_CREATE_VCPU, 1), EFAULT);
}

/* Header */

static void expect_bad_header(const struct guest *guest, size_t offset,
			      size_t size, uint32_t value)
{
	memcpy(guest->memory + GUEST_SHIM + offset, &value, size);
	if (guest_set_shim(guest) != -1 || errno != EINVAL)
		fail("%#x at offset %zu of the header is not EINVAL but %s",
		     value, offset, error_name(errno));
	memcpy(header_of(guest), guest_shim, sizeof(*header_of(guest)));
}

#define BAD_HEADER(guest, field, size, value)				\
	expect_bad_header(guest, offsetof(struct corbel_shim_header, field), \
			  size, value)

TEST(shim_header, "magic, version, sizes, features and reserved fields are checked")
{
	struct guest guest;

	prepare(&guest);
	BAD_HEADER(&guest, magic, 4, 0);
	BAD_HEADER(&guest, magic, 4, CORBEL_SHIM_MAGIC + 1);
	BAD_HEADER(&guest, abi_version, 2, 0);
	BAD_HEADER(&guest, abi_version, 2, CORBEL_ABI_VERSION + 1);
	BAD_HEADER(&guest, header_size, 2, 0);
	BAD_HEADER(&guest, header_size, 2, 63);
	BAD_HEADER(&guest, header_size, 2, 65);
	BAD_HEADER(&guest, image_size, 4, 0);
	BAD_HEADER(&guest, image_size, 4, 63);
	BAD_HEADER(&guest, image_size, 4, CORBEL_SHIM_MAX_SIZE + 1);
	BAD_HEADER(&guest, image_size, 4, ~0U);
	BAD_HEADER(&guest, features, 4, 1U << 31);
	BAD_HEADER(&guest, features, 4, CORBEL_FEATURES_V1 + 1);
	BAD_HEADER(&guest, features, 4, 0);	/* has a site_sysret */
	BAD_HEADER(&guest, site_sysret, 4, 0);	/* has the feature */
	BAD_HEADER(&guest, reserved[0], 4, 1);
	expect_ok(guest_set_shim(&guest));
}

TEST(shim_offsets, "no place in a shim is beyond its end")
{
	const size_t first = offsetof(struct corbel_shim_header, entry_syscall);
	const size_t last = offsetof(struct corbel_shim_header, load_gs_fixup);
	struct guest guest;
	size_t offset;

	prepare(&guest);
	for (offset = first; offset <= last; offset += 4) {
		expect_bad_header(&guest, offset, 4,
				  guest_shim_end - guest_shim + 1);
		expect_bad_header(&guest, offset, 4, ~0U);
		expect_bad_header(&guest, offset, 4, 1U << 31);
	}
	expect_ok(guest_set_shim(&guest));
}

TEST(shim_changed, "a shim changed after SET_SHIM moves no entry")
{
	struct guest guest;

	guest_create(&guest, CORBEL_VM_PV, &guest_exits, 1);
	memset(header_of(&guest), 0xff, sizeof(*header_of(&guest)));
	expect_equal(guest_run_to_exit(&guest, 0), 42);
}

/* The host's own words in the page are the guest's to overwrite. */
TEST(shim_page_rubbish, "rubbish in the page shared with the vCPU is the guest's own loss")
{
	struct guest guest;

	guest_create(&guest, CORBEL_VM_PV, &guest_exits, 1);
	memset(guest.memory + GUEST_PAGES, 0xff, PAGE_SIZE);
	expect_ok(guest_run(&guest, 0));
	memset(guest.memory + GUEST_PAGES, 0x5a, PAGE_SIZE);
	guest_start_at(&guest, 0, 0xffff900000000000);
	expect_ok(guest_run(&guest, 0));
}
