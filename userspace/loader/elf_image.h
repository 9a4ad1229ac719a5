/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ELF half of image.h, on bytes that are in memory already.
 */
#ifndef CORBEL_LOADER_ELF_IMAGE_H
#define CORBEL_LOADER_ELF_IMAGE_H

#include "loader/image.h"

bool elf_image_probe(const void *file, size_t size);

/*
 * Validate the ELF image at @img->elf and fill in what image.h promises, but
 * for the version and the setup header.
 */
int elf_image_parse(struct kernel_image *img, struct error *err);

/* Take the version from linux_banner; it stays empty where there is none. */
void elf_image_version(struct kernel_image *img);

/* Make the setup header that a bzImage would have brought along. */
void elf_image_make_setup(struct kernel_image *img);

#endif
