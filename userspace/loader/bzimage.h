/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bzImage container: a setup header and a compressed payload.
 *
 * The rest of a bzImage is real-mode code, an EFI application and the kernel's
 * own decompressor, none of which a loader that unpacks the kernel needs.
 */
#ifndef CORBEL_LOADER_BZIMAGE_H
#define CORBEL_LOADER_BZIMAGE_H

#include "loader/image.h"

/* The payload inside the file. */
struct bzimage_payload {
	const uint8_t *data;
	size_t size;
};

bool bzimage_probe(const void *file, size_t size);

/* Take the setup header and the version into @img and find the payload. */
int bzimage_parse(struct kernel_image *img, const void *file, size_t size,
		  struct bzimage_payload *payload, struct error *err);

#endif
