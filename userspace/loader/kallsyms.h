/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The symbols of a kernel, out of its own image.
 *
 * CONFIG_KALLSYMS puts a compressed symbol table into the kernel for the sake
 * of its back traces.  Nothing outside the image is needed to read it, so it
 * always fits the kernel at hand.
 */
#ifndef CORBEL_LOADER_KALLSYMS_H
#define CORBEL_LOADER_KALLSYMS_H

#include "loader/image.h"

struct kallsyms;

/* The image must stay open for as long as the symbols are used. */
int kallsyms_read(const struct kernel_image *img, struct kallsyms **syms,
		  struct error *err);
void kallsyms_free(struct kallsyms *syms);

/*
 * Find the address of a symbol.  Among static symbols of the same name it is
 * the first, but a global one comes before them.
 */
bool kallsyms_lookup(const struct kallsyms *syms, const char *name,
		     uint64_t *addr);

#endif
