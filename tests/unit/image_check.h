/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for a kernel file, good or damaged.
 */
#ifndef CORBEL_UNIT_IMAGE_CHECK_H
#define CORBEL_UNIT_IMAGE_CHECK_H

#include "tiny_kernel.h"

/* Open a file that is in memory only, without a cache. */
int try_open(struct kernel_image *img, const struct bytes *file,
	     struct error *err);

/* The file is not opened, and the message names it and says @what. */
void assert_not_opened(const char *path, const char *what);
void assert_refused(const struct bytes *file, const char *what);

/*
 * Whether a file can be opened that may be damaged.  If it is, the image must
 * keep what image.h promises; if not, there must be a message.
 */
bool survives(const struct bytes *file);
void assert_sane(const struct kernel_image *img);

/* The image is the one that make_elf() made. */
void assert_is_tiny(const struct kernel_image *img, const struct bytes *elf);

void flip(const struct bytes *b, size_t bit);

#endif
