/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linux in a guest's memory: the kernel's segments, its boot parameters, command
 * line and initramfs, as Documentation/x86/boot.rst of the kernel has them for
 * the 64-bit entry; and for pv the changes that linux_pv.c makes.
 */
#ifndef CORBEL_LOADER_LINUX_H
#define CORBEL_LOADER_LINUX_H

#include "loader/guest_memory.h"
#include "loader/image.h"

/*
 * What is given to the kernel.
 * @reserved:	bytes at the top of RAM that its memory map leaves out
 */
struct linux_config {
	const char *cmdline;
	const void *initrd;
	size_t initrd_size;
	uint64_t acpi_rsdp;
	uint64_t reserved;
};

/*
 * How its CPUs start: with these registers, in 64-bit mode.
 * @ap_cr3:	pv: CR3 of the others
 * @shim, @vcpu_pages: pv: where they lie; 0 elsewhere
 */
struct linux_start {
	uint64_t rip;
	uint64_t rdi;
	uint64_t rsi;
	uint64_t cr3;
	uint64_t ap_cr3;
	uint64_t shim;
	uint64_t vcpu_pages;
};

/* Load a kernel and all that goes with it; it starts by its own entry. */
int linux_load(const struct guest_memory *memory,
	       const struct kernel_image *image,
	       const struct linux_config *config, struct linux_start *start,
	       struct error *err);

/*
 * The memory behind a virtual address of a loaded kernel, as long as it has
 * not moved itself: NULL if it is not in one of its segments.
 */
void *linux_at(const struct guest_memory *memory,
	       const struct kernel_image *image, uint64_t vaddr, uint64_t len);

/*
 * Prepare a kernel that linux_load() has loaded for ring 3.  @hooks says which
 * hooks to use: "all", "minimal", or a list as "irq.save_fl,mmu.write_cr3";
 * those that are needed are used anyway.  linux_pv_reserved() is how much
 * memory it takes at the top of RAM: linux_config.reserved must say so.
 */
uint64_t linux_pv_reserved(unsigned int vcpus);
int linux_prepare_pv(const struct guest_memory *memory,
		     const struct kernel_image *image, unsigned int vcpus,
		     const char *hooks, struct linux_start *start,
		     struct error *err);

#endif
