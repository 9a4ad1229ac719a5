/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compress a kernel in each way that a bzImage can be compressed.
 */
#ifndef CORBEL_UNIT_PACK_H
#define CORBEL_UNIT_PACK_H

#include "tiny_kernel.h"

#define PACKERS		7

extern const struct packer {
	const char *name;
	struct bytes (*pack)(const struct bytes *in);
} packers[PACKERS];

/* A bzImage around @elf, and one whose payload announces @size instead. */
struct bytes pack(const struct packer *packer, const struct bytes *elf);
struct bytes pack_as(const struct packer *packer, const struct bytes *elf,
		     uint32_t size);

#endif
