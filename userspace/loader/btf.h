/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The layout of a kernel's structures, out of its own BTF type information.
 */
#ifndef CORBEL_LOADER_BTF_H
#define CORBEL_LOADER_BTF_H

#include "loader/image.h"

struct kernel_btf;

/* The image must stay open for as long as the types are used. */
int btf_read(const struct kernel_image *img, struct kernel_btf **btf,
	     struct error *err);
void btf_free(struct kernel_btf *btf);

/* The size of a struct or union, or of one that a typedef names. */
int btf_struct_size(const struct kernel_btf *btf, const char *name,
		    uint32_t *bytes, struct error *err);

/*
 * Where in struct @name the member @path starts.  The path may go through
 * members ("irq.save_fl"); members of anonymous structs and unions are those
 * of the struct around them, as in C.
 */
int btf_member_offset(const struct kernel_btf *btf, const char *name,
		      const char *path, uint32_t *bytes, struct error *err);

#endif
