// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading Linux: see linux.h.
 *
 *	gpa		what
 *	0x1000		GDT of the 64-bit entry
 *	0x2000-0x7fff	identity page tables of the 64-bit entry
 *	0x10000		boot parameters
 *	0x20000		command line
 *	0xe0000-0xfffff	ACPI tables
 *	0x1000000	kernel
 *	below the top of low RAM: initramfs, then what is reserved
 */
#include <stdio.h>
#include <string.h>

#include "loader/linux.h"

#define PAGE_TABLES	0x2000
#define BOOT_PARAMS	0x10000
#define CMDLINE		0x20000
#define CMDLINE_MAX	0x10000
#define LOW_RAM_END	0xa0000
#define KERNEL_MIN	0x100000

#define E820_RAM	1
#define E820_RESERVED	2

#define PTE_PRESENT	1ULL
#define PTE_WRITE	2ULL
#define PTE_LARGE	0x80ULL

/* Identity tables reach this far. */
#define IDENTITY_GIB	4

static int load_segments(const struct guest_memory *memory,
			 const struct kernel_image *image, uint64_t limit,
			 uint64_t *end, struct error *err)
{
	unsigned int i;

	*end = 0;
	for (i = 0; i < image->segment_count; i++) {
		const struct image_segment *segment = &image->segments[i];
		void *to = guest_memory_at(memory, segment->paddr,
					   segment->memsz);

		if (!to || segment->paddr < KERNEL_MIN ||
		    segment->paddr + segment->memsz > limit)
			return error_set(err,
					 "%s: the kernel wants memory at %#lx to %#lx, the guest has it from 1 MiB to %lu MiB (give it more)",
					 image->path,
					 (unsigned long)segment->paddr,
					 (unsigned long)(segment->paddr +
							 segment->memsz),
					 (unsigned long)(limit >> 20));
		memcpy(to, image->elf + segment->offset, segment->filesz);
		if (segment->paddr + segment->memsz > *end)
			*end = segment->paddr + segment->memsz;
	}
	return 0;
}

static int load_initrd(const struct guest_memory *memory,
		       const struct linux_config *config, uint64_t kernel_end,
		       uint64_t limit, struct boot_params *params,
		       struct error *err)
{
	uint64_t at = (limit - config->initrd_size) & ~0xfffULL;

	if (!config->initrd_size)
		return 0;
	if (config->initrd_size > limit || at < kernel_end)
		return error_set(err,
				 "the initramfs (%lu MiB unpacked by the guest later) does not fit into guest memory beside the kernel: give it more",
				 (unsigned long)(config->initrd_size >> 20));
	memcpy(guest_memory_at(memory, at, config->initrd_size),
	       config->initrd, config->initrd_size);
	params->hdr.ramdisk_image = at;
	params->hdr.ramdisk_size = config->initrd_size;
	return 0;
}

static int load_cmdline(const struct guest_memory *memory,
			const struct kernel_image *image,
			const struct linux_config *config,
			struct boot_params *params, struct error *err)
{
	size_t max = image->setup.cmdline_size ? image->setup.cmdline_size : 255;
	size_t len = strlen(config->cmdline);

	if (max >= CMDLINE_MAX)
		max = CMDLINE_MAX - 1;
	if (len > max)
		return error_set(err,
				 "the kernel command line has %lu characters, this kernel takes %lu",
				 (unsigned long)len, (unsigned long)max);
	memcpy(guest_memory_at(memory, CMDLINE, len + 1), config->cmdline,
	       len + 1);
	params->hdr.cmd_line_ptr = CMDLINE;
	return 0;
}

static void add_e820(struct boot_params *params, uint64_t from, uint64_t to,
		     uint32_t type)
{
	struct boot_e820_entry *entry =
		&params->e820_table[params->e820_entries++];

	entry->addr = from;
	entry->size = to - from;
	entry->type = type;
}

/* RAM without what is reserved at its very top. */
static void fill_e820(const struct guest_memory *memory,
		      const struct linux_config *config,
		      struct boot_params *params)
{
	uint64_t low = guest_memory_low(memory);
	uint64_t high = memory->size - low;

	add_e820(params, 0, LOW_RAM_END, E820_RAM);
	add_e820(params, LOW_RAM_END, KERNEL_MIN, E820_RESERVED);
	add_e820(params, KERNEL_MIN, high ? low : low - config->reserved,
		 E820_RAM);
	if (high)
		add_e820(params, GUEST_HIGH_RAM,
			 GUEST_HIGH_RAM + high - config->reserved, E820_RAM);
}

static void build_identity_tables(const struct guest_memory *memory)
{
	uint64_t *table = guest_memory_at(memory, PAGE_TABLES,
					  (2 + IDENTITY_GIB) * 4096);
	uint64_t i;

	table[0] = (PAGE_TABLES + 4096) | PTE_PRESENT | PTE_WRITE;
	for (i = 0; i < IDENTITY_GIB; i++)
		table[512 + i] = (PAGE_TABLES + (2 + i) * 4096) |
				 PTE_PRESENT | PTE_WRITE;
	for (i = 0; i < IDENTITY_GIB * 512; i++)
		table[1024 + i] = i << 21 | PTE_PRESENT | PTE_WRITE | PTE_LARGE;
}

int linux_load(const struct guest_memory *memory,
	       const struct kernel_image *image,
	       const struct linux_config *config, struct linux_start *start,
	       struct error *err)
{
	struct boot_params *params = guest_memory_at(memory, BOOT_PARAMS,
						     sizeof(*params));
	uint64_t limit = guest_memory_low(memory);
	uint64_t kernel_end;

	if (memory->size - config->reserved < limit)
		limit = memory->size - config->reserved;
	if (!params)
		return error_set(err, "a guest needs more than 1 MiB of memory");
	memset(params, 0, sizeof(*params));
	memcpy(&params->hdr, image->setup_bytes, image->setup_size);
	params->hdr.type_of_loader = 0xff;
	params->hdr.loadflags &= ~KASLR_FLAG;
	params->acpi_rsdp_addr = config->acpi_rsdp;
	if (load_segments(memory, image, limit, &kernel_end, err) ||
	    load_initrd(memory, config, kernel_end, limit, params, err) ||
	    load_cmdline(memory, image, config, params, err))
		return -1;
	fill_e820(memory, config, params);
	build_identity_tables(memory);

	*start = (struct linux_start) {
		.rip = image->entry,
		.rsi = BOOT_PARAMS,
		.cr3 = PAGE_TABLES,
	};
	return 0;
}

void *linux_at(const struct guest_memory *memory,
	       const struct kernel_image *image, uint64_t vaddr, uint64_t len)
{
	unsigned int i;

	for (i = 0; i < image->segment_count; i++) {
		const struct image_segment *segment = &image->segments[i];
		uint64_t offset = vaddr - segment->vaddr;

		if (offset < segment->memsz && len <= segment->memsz - offset)
			return guest_memory_at(memory, segment->paddr + offset,
					       len);
	}
	return NULL;
}
