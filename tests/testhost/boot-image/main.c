// SPDX-License-Identifier: GPL-2.0-only
/*
 * boot-image: wrap an unpacked kernel so that it boots without unpacking.
 *
 *	boot-image VMLINUZ VMLINUX OUT [kaslr]
 *
 * A stock kernel spends most of an emulated boot in its own decompressor. This
 * program does the decompressor's work on the build machine: it lays the
 * segments of VMLINUX out as they stand in memory, relocates them to a random
 * place as the decompressor does for KASLR, and puts them behind the setup code
 * of VMLINUZ and the few instructions of entry.S. The kernel's own bytes remain
 * those that the distribution built.
 *
 * VMLINUX is the payload of VMLINUZ: an ELF file with the relocation tables
 * that the kernel's build appends for KASLR. Both are trusted; what they are
 * checked for is being of the kind that this program understands.
 */
#include <elf.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "layout.h"

#define START_KERNEL_MAP	0xffffffff80000000ULL
#define KERNEL_IMAGE_SIZE	0x40000000ULL
#define SLOT_SIZE		0x200000ULL	/* what the kernel is aligned to */
#define PHYS_SLOTS		32	/* keeps the file small */

#define SETUP_SECTS		0x1f1	/* offsets of the boot protocol */
#define SETUP_SYSSIZE		0x1f4
#define SETUP_LOADFLAGS		0x211
#define KASLR_FLAG		2

#define PTE_TABLE		3ULL	/* present, writable */
#define PTE_LARGE		0x83ULL

struct file {
	const char *name;
	uint8_t *data;
	size_t size;
};

/* Where the kernel goes, as distances from where it is linked to be. */
struct place {
	uint64_t phys;
	uint64_t virt;
};

static struct file map_file(const char *name)
{
	struct file file = { .name = name };
	struct stat st;
	int fd = open(name, O_RDONLY);

	if (fd < 0 || fstat(fd, &st))
		err(1, "%s", name);
	file.size = st.st_size;
	file.data = mmap(NULL, file.size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (file.data == MAP_FAILED)
		err(1, "%s", name);
	close(fd);
	return file;
}

static struct file create_file(const char *name, size_t size)
{
	struct file file = { .name = name, .size = size };
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || ftruncate(fd, size))
		err(1, "%s", name);
	file.data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (file.data == MAP_FAILED)
		err(1, "%s", name);
	close(fd);
	return file;
}

static void require(int condition, const struct file *file, const char *what)
{
	if (!condition)
		errx(1, "%s: %s", file->name, what);
}

static const Elf64_Ehdr *elf_header(const struct file *vmlinux)
{
	const Elf64_Ehdr *ehdr = (const void *)vmlinux->data;

	require(vmlinux->size > sizeof(*ehdr) &&
		!memcmp(ehdr->e_ident, ELFMAG, SELFMAG) &&
		ehdr->e_ident[EI_CLASS] == ELFCLASS64, vmlinux, "not ELF64");
	require(ehdr->e_entry == KERNEL_PA, vmlinux, "unexpected entry");
	require(ehdr->e_phoff < vmlinux->size &&
		ehdr->e_phnum * sizeof(Elf64_Phdr) <=
		vmlinux->size - ehdr->e_phoff, vmlinux, "truncated");
	return ehdr;
}

/* Returns the size in memory; with a NULL @memory, that is all it does. */
static size_t load_segments(const struct file *vmlinux, uint8_t *memory)
{
	const Elf64_Ehdr *ehdr = elf_header(vmlinux);
	const Elf64_Phdr *phdr = (const void *)(vmlinux->data + ehdr->e_phoff);
	size_t end = KERNEL_PA;

	for (int i = 0; i < ehdr->e_phnum; i++, phdr++) {
		if (phdr->p_type != PT_LOAD)
			continue;
		require(phdr->p_paddr >= end &&
			phdr->p_memsz < KERNEL_IMAGE_SIZE &&
			phdr->p_filesz <= phdr->p_memsz &&
			phdr->p_offset < vmlinux->size &&
			phdr->p_filesz <= vmlinux->size - phdr->p_offset,
			vmlinux, "unexpected segments");
		if (memory)
			memcpy(memory + phdr->p_paddr - KERNEL_PA,
			       vmlinux->data + phdr->p_offset, phdr->p_filesz);
		end = phdr->p_paddr + phdr->p_memsz;
	}
	return end - KERNEL_PA;
}

static uint64_t random_below(uint64_t limit)
{
	uint64_t value;

	if (getrandom(&value, sizeof(value), 0) != sizeof(value))
		err(1, "getrandom");
	return value % limit;
}

static struct place random_place(size_t size)
{
	uint64_t room = KERNEL_IMAGE_SIZE - KERNEL_PA - size;

	return (struct place){
		.phys = random_below(PHYS_SLOTS) * SLOT_SIZE,
		.virt = random_below(room / SLOT_SIZE) * SLOT_SIZE,
	};
}

static uint8_t *relocated(const struct file *vmlinux, uint8_t *memory,
			  size_t size, uint32_t address)
{
	uint32_t offset = address - (uint32_t)(START_KERNEL_MAP + KERNEL_PA);

	require(offset < size - sizeof(uint64_t), vmlinux,
		"relocation outside of the kernel");
	return memory + offset;
}

/*
 * Three tables end the file, each an ascending list of 32-bit addresses behind
 * a zero: 64-bit fields to add to, 32-bit fields to subtract from, 32-bit
 * fields to add to. They are read from the end, for only that is known.
 */
static void relocate(const struct file *vmlinux, uint8_t *memory, size_t size,
		     uint64_t delta)
{
	const uint32_t *entry = (const void *)(vmlinux->data + vmlinux->size);

	require(vmlinux->size % sizeof(*entry) == 0, vmlinux, "odd size");
	while (*--entry)
		*(uint32_t *)relocated(vmlinux, memory, size, *entry) += delta;
	while (*--entry)
		*(uint32_t *)relocated(vmlinux, memory, size, *entry) -= delta;
	while (*--entry)
		*(uint64_t *)relocated(vmlinux, memory, size, *entry) += delta;
}

/* The first 4 GiB, mapped one to one, for both depths of paging. */
static void make_page_tables(uint8_t *image)
{
	uint64_t *pml5 = (void *)(image + PML5_PA - ENTRY_PA);
	uint64_t *pml4 = (void *)(image + PML4_PA - ENTRY_PA);
	uint64_t *pdpt = (void *)(image + PDPT_PA - ENTRY_PA);
	uint64_t *pd = (void *)(image + PD_PA - ENTRY_PA);

	pml5[0] = PML4_PA | PTE_TABLE;
	pml4[0] = PDPT_PA | PTE_TABLE;
	for (uint64_t i = 0; i < 4; i++)
		pdpt[i] = (PD_PA + i * 0x1000) | PTE_TABLE;
	for (uint64_t i = 0; i < 4 * 512; i++)
		pd[i] = i * SLOT_SIZE | PTE_LARGE;
}

static void make_entry(uint8_t *image, uint64_t target)
{
	memcpy(image, entry_start, entry_end - entry_start);
	memcpy(image + (entry_target - entry_start), &target, sizeof(target));
	make_page_tables(image);
}

static void make_setup(uint8_t *out, const struct file *vmlinuz,
		       size_t setup_size, size_t image_size, int kaslr)
{
	uint32_t paragraphs = (image_size + 15) / 16;

	memcpy(out, vmlinuz->data, setup_size);
	memcpy(out + SETUP_SYSSIZE, &paragraphs, sizeof(paragraphs));
	if (kaslr)
		out[SETUP_LOADFLAGS] |= KASLR_FLAG;
}

static size_t setup_size(const struct file *vmlinuz)
{
	size_t size;

	require(vmlinuz->size > 1024, vmlinuz, "truncated");
	size = (vmlinuz->data[SETUP_SECTS] + 1) * 512;
	require(size < vmlinuz->size, vmlinuz, "truncated");
	return size;
}

int main(int argc, char **argv)
{
	int kaslr = argc == 5 && !strcmp(argv[4], "kaslr");
	struct file vmlinuz, vmlinux, out;
	size_t kernel_size, setup, head;
	struct place place = { 0 };
	uint8_t *image, *kernel;

	if (argc < 4 || argc != 4 + kaslr)
		errx(2, "usage: boot-image VMLINUZ VMLINUX OUT [kaslr]");

	vmlinuz = map_file(argv[1]);
	vmlinux = map_file(argv[2]);
	setup = setup_size(&vmlinuz);
	kernel_size = load_segments(&vmlinux, NULL);
	if (kaslr)
		place = random_place(kernel_size);

	head = KERNEL_PA + place.phys - ENTRY_PA;
	out = create_file(argv[3], setup + head + kernel_size);
	image = out.data + setup;
	kernel = image + head;

	make_setup(out.data, &vmlinuz, setup, head + kernel_size, kaslr);
	make_entry(image, KERNEL_PA + place.phys);
	load_segments(&vmlinux, kernel);
	relocate(&vmlinux, kernel, kernel_size, place.virt);
	return 0;
}
