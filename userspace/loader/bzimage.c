// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read the bzImage container, as Documentation/arch/x86/boot.rst of the kernel
 * defines it.
 *
 * The file starts with the setup code, whose length the setup header gives in
 * sectors; the protected-mode kernel follows, with the payload somewhere in
 * it.  Every number in the header is checked against the size of the file.
 */
#include "loader/bzimage.h"

#include <string.h>

#define SECTOR_SIZE		512
#define SETUP_START		offsetof(struct boot_params, hdr)
#define SETUP_MAGIC		0x53726448	/* "HdrS" */
#define SETUP_SECTS_DEFAULT	4		/* what 0 stands for */
#define PROTOCOL_MIN		0x0208		/* the first with a payload */

/* The header is this large at least in protocol 2.08. */
#define SETUP_SIZE_MIN		offsetof(struct setup_header, setup_data)

bool bzimage_probe(const void *file, size_t size)
{
	const struct setup_header *setup = file + SETUP_START;

	return size >= SETUP_START + SETUP_SIZE_MIN &&
	       setup->boot_flag == 0xaa55 && setup->header == SETUP_MAGIC;
}

/* The operand of the jump over the header tells how long the header is. */
static int read_setup(struct kernel_image *img, const uint8_t *file,
		      size_t size, struct error *err)
{
	const struct setup_header *setup =
		(const void *)(file + SETUP_START);
	size_t len = offsetof(struct setup_header, header) +
		     (setup->jump >> 8);

	if (setup->version < PROTOCOL_MIN)
		return error_set(err, "%s: boot protocol %u.%02u; Linux 2.6.26 or later is needed",
				 img->path, setup->version >> 8,
				 setup->version & 0xff);
	if (len < SETUP_SIZE_MIN || len > IMAGE_SETUP_MAX ||
	    SETUP_START + len > size)
		return error_set(err, "%s: the setup header has %zu bytes; the file is damaged",
				 img->path, len);
	memset(img->setup_bytes, 0, sizeof(img->setup_bytes));
	memcpy(img->setup_bytes, setup, len);
	img->setup_size = len;
	return 0;
}

static size_t setup_code_size(const struct setup_header *setup)
{
	size_t sectors = setup->setup_sects ?: SETUP_SECTS_DEFAULT;

	return (sectors + 1) * SECTOR_SIZE;
}

/* The field counts from the end of the boot sector; 0 means there is none. */
static void read_version(struct kernel_image *img, const uint8_t *file,
			 size_t size)
{
	size_t pos = img->setup.kernel_version + SECTOR_SIZE;

	if (img->setup.kernel_version && pos < size)
		image_set_version(img, file + pos, size - pos);
}

int bzimage_parse(struct kernel_image *img, const void *file, size_t size,
		  struct bzimage_payload *payload, struct error *err)
{
	uint64_t start, len;

	if (read_setup(img, file, size, err))
		return -1;
	read_version(img, file, size);
	start = setup_code_size(&img->setup) +
		(uint64_t)img->setup.payload_offset;
	len = img->setup.payload_length;
	if (start + len > size)
		return error_set(err, "%s: truncated at byte %zu; the kernel goes on to %lu",
				 img->path, size, start + len);
	payload->data = (const uint8_t *)file + start;
	payload->size = len;
	return 0;
}
