// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tiny kernel image: see tiny_kernel.h.
 */
#include "tiny_kernel.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "loader/elf_image.h"

#define BANNER		"Linux version " TINY_VERSION "\n"
#define SETUP_SECTORS	1

enum { LOAD_TEXT, LOAD_PERCPU, NOTES, SEGMENTS };
enum { SECTION_NULL, SECTION_TEXT, SECTION_BTF, SECTION_NAMES, SECTIONS };

#define HEADERS_SIZE	(sizeof(Elf64_Ehdr) + SEGMENTS * sizeof(Elf64_Phdr))

static const char section_names[] = "\0.text\0.BTF\0.shstrtab";

static void add_note(struct bytes *b, const char *owner, uint32_t type,
		     uint32_t value)
{
	Elf64_Nhdr nhdr = {
		.n_namesz = strlen(owner) + 1,
		.n_descsz = sizeof(value),
		.n_type = type,
	};

	bytes_add(b, &nhdr, sizeof(nhdr));
	bytes_add(b, owner, nhdr.n_namesz);
	bytes_align(b, 4);
	bytes_add32(b, value);
}

size_t tiny_text_offset(void)
{
	return (HEADERS_SIZE + sizeof(BANNER) + 63) & ~63UL;
}

uint64_t tiny_text_vaddr(void)
{
	return TINY_VADDR + tiny_text_offset() - HEADERS_SIZE;
}

static Elf64_Phdr segment(uint32_t type, uint32_t flags, uint64_t vaddr,
			  uint64_t paddr, uint64_t offset, uint64_t size)
{
	return (Elf64_Phdr) {
		.p_type = type,
		.p_flags = flags,
		.p_offset = offset,
		.p_vaddr = vaddr,
		.p_paddr = paddr,
		.p_filesz = size,
		.p_memsz = type == PT_LOAD ? size + 64 : size,
	};
}

static Elf64_Shdr section(uint32_t name, uint32_t type, uint64_t addr,
			  uint64_t offset, uint64_t size)
{
	return (Elf64_Shdr) {
		.sh_name = name,
		.sh_type = type,
		.sh_addr = addr,
		.sh_offset = offset,
		.sh_size = size,
	};
}

static void add_section_headers(struct bytes *b, const Elf64_Phdr *text,
				uint64_t btf, uint64_t btf_size,
				uint64_t names)
{
	Elf64_Shdr shdr[SECTIONS] = {
		[SECTION_TEXT] = section(1, SHT_PROGBITS, text->p_vaddr,
					 text->p_offset, text->p_filesz),
		[SECTION_NAMES] = section(12, SHT_STRTAB, 0, names,
					  sizeof(section_names)),
	};

	if (btf_size)
		shdr[SECTION_BTF] = section(7, SHT_PROGBITS, 0, btf, btf_size);
	bytes_align(b, 8);
	bytes_add(b, shdr, sizeof(shdr));
}

struct bytes tiny_elf(const struct bytes *text, const struct bytes *btf)
{
	Elf64_Ehdr ehdr = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			     ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_entry = TINY_PADDR,
		.e_phoff = sizeof(ehdr),
		.e_ehsize = sizeof(ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = SEGMENTS,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = SECTIONS,
		.e_shstrndx = SECTION_NAMES,
	};
	size_t percpu, notes, types, names;
	Elf64_Phdr phdr[SEGMENTS];
	struct bytes b = {};

	bytes_add(&b, NULL, HEADERS_SIZE);
	bytes_add(&b, BANNER, sizeof(BANNER));
	bytes_align(&b, 64);
	bytes_add(&b, text->data, text->size);
	bytes_align(&b, 8);
	phdr[LOAD_TEXT] = segment(PT_LOAD, PF_R | PF_X, TINY_VADDR, TINY_PADDR,
				  HEADERS_SIZE, b.size - HEADERS_SIZE);
	percpu = b.size;
	bytes_add(&b, NULL, 64);
	phdr[LOAD_PERCPU] = segment(PT_LOAD, PF_R | PF_W, 0,
				    TINY_PADDR + b.size, percpu, 64);
	notes = b.size;
	add_note(&b, "Xen", 18, 0x1234);
	add_note(&b, "Corbel", 1, 0x5678);
	phdr[NOTES] = segment(PT_NOTE, PF_R, 0, 0, notes, b.size - notes);
	bytes_align(&b, 8);
	types = b.size;
	if (btf)
		bytes_add(&b, btf->data, btf->size);
	names = b.size;
	bytes_add(&b, section_names, sizeof(section_names));
	add_section_headers(&b, &phdr[LOAD_TEXT], types, btf ? btf->size : 0,
			    names);

	ehdr.e_shoff = b.size - SECTIONS * sizeof(Elf64_Shdr);
	memcpy(b.data, &ehdr, sizeof(ehdr));
	memcpy(b.data + sizeof(ehdr), phdr, sizeof(phdr));
	b.capacity = b.size;
	b.data = realloc(b.data, b.capacity);
	return b;
}

struct bytes make_elf(size_t size)
{
	struct bytes text = {};
	struct bytes elf;
	size_t i;

	bytes_add(&text, NULL, size);
	for (i = 0; i < size; i++)
		text.data[i] = random_below(3) ? 0xe8 : random_below(256);
	elf = tiny_elf(&text, NULL);
	bytes_free(&text);
	return elf;
}

struct bytes tiny_bzimage(const struct bytes *payload)
{
	static const char version[] = TINY_VERSION;
	struct setup_header setup = {
		.setup_sects = SETUP_SECTORS,
		.boot_flag = 0xaa55,
		.jump = 0x6aeb,
		.header = 0x53726448,
		.version = 0x020f,
		.kernel_version = 0x100,
		.loadflags = LOADED_HIGH,
		.xloadflags = XLF_KERNEL_64,
		.payload_offset = 16,
		.payload_length = payload->size,
	};
	struct bytes b = {};

	bytes_add(&b, NULL, (SETUP_SECTORS + 1) * 512 + 16);
	memcpy(b.data, "MZ", 2);
	memcpy(b.data + offsetof(struct boot_params, hdr), &setup,
	       sizeof(setup));
	memcpy(b.data + 0x200 + 0x100, version, sizeof(version));
	bytes_add(&b, payload->data, payload->size);
	return b;
}

int image_from_bytes(struct kernel_image *img, const struct bytes *elf,
		     struct error *err)
{
	*img = (struct kernel_image) {
		.path = (char *)"image",
		.elf = elf->data,
		.elf_size = elf->size,
	};
	return elf_image_parse(img, err);
}
