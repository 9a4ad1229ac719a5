/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical addresses in a boot image, as main.c fills it and entry.S finds it.
 * The boot protocol puts the image at 1 MiB; the kernel's own addresses begin
 * at 16 MiB, so there is room for everything else in between.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#define ENTRY_PA	0x100000	/* code of entry.S */
#define PML5_PA		0x101000	/* identity map of the first 4 GiB */
#define PML4_PA		0x102000
#define PDPT_PA		0x103000
#define PD_PA		0x104000	/* four pages */
#define KERNEL_PA	0x1000000	/* where the kernel is linked to be */

#ifndef __ASSEMBLER__
#include <stdint.h>

/* The code of entry.S, and the field in it that holds the kernel's address. */
extern const uint8_t entry_start[], entry_target[], entry_end[];
#endif

#endif
