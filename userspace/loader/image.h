/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A Linux kernel for x86-64, read from a file and ready to be looked into.
 *
 * The file is a bzImage (what distributions call vmlinuz) or the ELF file
 * vmlinux.  Either way the result is the kernel's ELF image, mapped read-only
 * and validated: whatever stands in this structure lies inside the mapping and
 * can be used without another check.  The image as a whole stays untrusted;
 * its contents may be anything.  Nobody may change the file while it is open.
 */
#ifndef CORBEL_LOADER_IMAGE_H
#define CORBEL_LOADER_IMAGE_H

#include <asm/bootparam.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

/* Linux has four or five segments; what they hold is up to the kernel. */
#define IMAGE_SEGMENTS_MAX	16

/* From the setup header to the next field of the boot parameters. */
#define IMAGE_SETUP_MAX		(offsetof(struct boot_params,		\
					  edd_mbr_sig_buffer) -		\
				 offsetof(struct boot_params, hdr))

/* What the kernel wants loaded: a PT_LOAD segment. */
struct image_segment {
	uint64_t paddr;
	uint64_t vaddr;
	uint64_t offset;	/* in kernel_image.elf */
	uint64_t filesz;
	uint64_t memsz;		/* >= filesz; the rest is zero */
	uint32_t flags;		/* PF_R, PF_W, PF_X */
};

struct image_section {
	uint64_t addr;
	uint64_t offset;
	uint64_t size;
};

struct image_note {
	const char *owner;
	uint32_t type;
	const void *desc;	/* aligned to 4 bytes at most */
	uint32_t desc_size;
	size_t next;		/* for image_next_note() */
};

struct kernel_image {
	char *path;		/* of the file, for messages */
	const uint8_t *elf;
	size_t elf_size;
	uint64_t entry;
	unsigned int segment_count;
	struct image_segment segments[IMAGE_SEGMENTS_MAX];
	struct image_section notes;

	/*
	 * "6.1.0-56-amd64 (...) ...": the release is the first word.  Only
	 * printable characters, empty where the image tells none.
	 */
	char version[256];

	/*
	 * What belongs at boot_params.hdr: the bzImage's own setup header, all
	 * of it even where it is newer than our structure, or one made up for
	 * an ELF file.
	 */
	union {
		struct setup_header setup;
		uint8_t setup_bytes[IMAGE_SETUP_MAX];
	};
	size_t setup_size;
};

/* Fill @img from the file at @path.  After a failure there is nothing to do. */
int image_open(struct kernel_image *img, const char *path, struct error *err);
void image_close(struct kernel_image *img);

/*
 * The @len bytes that the image holds for virtual address @vaddr, or NULL if
 * they are not all in the file part of one segment.  For many kernels the
 * per-CPU segment starts at virtual address 0.
 */
const void *image_at(const struct kernel_image *img, uint64_t vaddr,
		     uint64_t len);

/* Find a section that has contents; most are optional in a bootable image. */
bool image_section(const struct kernel_image *img, const char *name,
		   struct image_section *section);

/* Step through the ELF notes; start with a zeroed @note. */
bool image_next_note(const struct kernel_image *img, struct image_note *note);

/* Set the version from at most @len bytes up to the first unprintable one. */
void image_set_version(struct kernel_image *img, const void *text, size_t len);

#endif
