/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tiny kernel image that has everything a loader looks at and can be damaged
 * at will.
 */
#ifndef CORBEL_UNIT_TINY_KERNEL_H
#define CORBEL_UNIT_TINY_KERNEL_H

#include "fixture.h"

#define TINY_VADDR	0xffffffff81000000
#define TINY_PADDR	0x1000000
#define TINY_VERSION	"6.66.0-tiny (someone@somewhere) #1 SMP"

/*
 * A kernel's ELF image with one loaded segment of text that starts with the
 * version banner and goes on with @text, one per-CPU segment at address 0,
 * notes, and a .BTF section if @btf is not NULL.
 */
struct bytes tiny_elf(const struct bytes *text, const struct bytes *btf);

/* Where @text of tiny_elf() comes to lie, in the file and in memory. */
size_t tiny_text_offset(void);
uint64_t tiny_text_vaddr(void);

/* tiny_elf() with @size bytes of text that can be compressed a little. */
struct bytes make_elf(size_t size);

/* A bzImage around a payload that is compressed and sized already. */
struct bytes tiny_bzimage(const struct bytes *payload);

/*
 * An image in memory that is exactly as large as its bytes, so that the
 * address sanitizer sees an access beyond its end.  Parses it.
 */
int image_from_bytes(struct kernel_image *img, const struct bytes *elf,
		     struct error *err);

#endif
