/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decompress the payload of a bzImage.
 */
#ifndef CORBEL_LOADER_PAYLOAD_H
#define CORBEL_LOADER_PAYLOAD_H

#include "loader/bzimage.h"

/*
 * The size that the payload claims to have when it is decompressed, if it is
 * compressed in a known way and the size is one that a kernel can have.
 */
int payload_size(const char *path, const struct bzimage_payload *payload,
		 size_t *size, struct error *err);

/*
 * Decompress to a new mapping of exactly @size bytes, which is what
 * payload_size() said.
 */
int payload_unpack(const char *path, const struct bzimage_payload *payload,
		   size_t size, const uint8_t **data, struct error *err);

#endif
