// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read the kernel's ELF image.
 *
 * Only the program headers are needed to start a kernel; they and the table of
 * sections are validated once, in elf_image_parse(), and the rest of this file
 * relies on it.  Headers are copied before they are looked at, for nothing
 * says that a hostile file aligns them.
 */
#define _GNU_SOURCE 1

#include "loader/elf_image.h"

#include <elf.h>
#include <string.h>

/* Whether [off, off + len) lies within [0, size). */
static bool within(uint64_t off, uint64_t len, uint64_t size)
{
	return off <= size && len <= size - off;
}

static bool wraps(uint64_t start, uint64_t len)
{
	return start + len < start;
}

static bool overlap(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
	return a < b + b_len && b < a + a_len;
}

bool elf_image_probe(const void *file, size_t size)
{
	return size >= SELFMAG && !memcmp(file, ELFMAG, SELFMAG);
}

static int check_header(const struct kernel_image *img, const Elf64_Ehdr *ehdr,
			struct error *err)
{
	if (ehdr->e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr->e_ident[EI_DATA] != ELFDATA2LSB ||
	    ehdr->e_machine != EM_X86_64)
		return error_set(err, "%s: ELF class %u, machine %u is no 64-bit x86 kernel",
				 img->path, ehdr->e_ident[EI_CLASS],
				 ehdr->e_machine);
	if (ehdr->e_type != ET_EXEC && ehdr->e_type != ET_DYN)
		return error_set(err, "%s: an ELF file of type %u is not executable",
				 img->path, ehdr->e_type);
	if (ehdr->e_phentsize != sizeof(Elf64_Phdr) ||
	    !within(ehdr->e_phoff,
		    (uint64_t)ehdr->e_phnum * sizeof(Elf64_Phdr),
		    img->elf_size))
		return error_set(err, "%s: no valid ELF program headers; the file is damaged",
				 img->path);
	return 0;
}

/*
 * Sections stand at the end of the file, so this also notices a vmlinux that
 * was cut off anywhere.
 */
static int check_sections(const struct kernel_image *img,
			  const Elf64_Ehdr *ehdr, struct error *err)
{
	if (!ehdr->e_shoff || !ehdr->e_shnum)
		return 0;
	if (ehdr->e_shentsize != sizeof(Elf64_Shdr) ||
	    !within(ehdr->e_shoff,
		    (uint64_t)ehdr->e_shnum * sizeof(Elf64_Shdr),
		    img->elf_size))
		return error_set(err, "%s: no valid ELF section headers; is the file truncated?",
				 img->path);
	return 0;
}

static int check_segment(const struct kernel_image *img,
			 const struct image_segment *seg, struct error *err)
{
	const struct image_segment *other;

	if (!within(seg->offset, seg->filesz, img->elf_size))
		return error_set(err, "%s: segment %#lx is outside the file; is it truncated?",
				 img->path, seg->paddr);
	if (seg->filesz > seg->memsz || wraps(seg->paddr, seg->memsz) ||
	    wraps(seg->vaddr, seg->memsz))
		return error_set(err, "%s: segment %#lx has an impossible size",
				 img->path, seg->paddr);
	for (other = img->segments; other < seg; other++)
		if (overlap(seg->paddr, seg->memsz,
			    other->paddr, other->memsz) ||
		    overlap(seg->vaddr, seg->memsz,
			    other->vaddr, other->memsz) ||
		    overlap(seg->offset, seg->filesz,
			    other->offset, other->filesz))
			return error_set(err, "%s: segments %#lx and %#lx overlap",
					 img->path, other->paddr, seg->paddr);
	return 0;
}

static int add_segment(struct kernel_image *img, const Elf64_Phdr *phdr,
		       struct error *err)
{
	struct image_segment *seg = &img->segments[img->segment_count];

	if (!phdr->p_memsz)
		return 0;
	if (img->segment_count == IMAGE_SEGMENTS_MAX)
		return error_set(err, "%s: more than %d segments; this is no Linux kernel",
				 img->path, IMAGE_SEGMENTS_MAX);
	*seg = (struct image_segment) {
		.paddr = phdr->p_paddr,
		.vaddr = phdr->p_vaddr,
		.offset = phdr->p_offset,
		.filesz = phdr->p_filesz,
		.memsz = phdr->p_memsz,
		.flags = phdr->p_flags,
	};
	if (check_segment(img, seg, err))
		return -1;
	img->segment_count++;
	return 0;
}

static int add_notes(struct kernel_image *img, const Elf64_Phdr *phdr,
		     struct error *err)
{
	if (!within(phdr->p_offset, phdr->p_filesz, img->elf_size))
		return error_set(err, "%s: notes are outside the file; is it truncated?",
				 img->path);
	img->notes = (struct image_section) {
		.addr = phdr->p_vaddr,
		.offset = phdr->p_offset,
		.size = phdr->p_filesz,
	};
	return 0;
}

static int parse_program_headers(struct kernel_image *img,
				 const Elf64_Ehdr *ehdr, struct error *err)
{
	Elf64_Phdr phdr;
	unsigned int i;

	for (i = 0; i < ehdr->e_phnum; i++) {
		memcpy(&phdr, img->elf + ehdr->e_phoff + i * sizeof(phdr),
		       sizeof(phdr));
		if (phdr.p_type == PT_LOAD && add_segment(img, &phdr, err))
			return -1;
		if (phdr.p_type == PT_NOTE && add_notes(img, &phdr, err))
			return -1;
	}
	if (!img->segment_count)
		return error_set(err, "%s: nothing to load; use a vmlinux that was linked",
				 img->path);
	return 0;
}

/* The entry point is a physical address. */
static int check_entry(const struct kernel_image *img, struct error *err)
{
	const struct image_segment *seg;

	for (seg = img->segments; seg < img->segments + img->segment_count;
	     seg++)
		if (img->entry - seg->paddr < seg->filesz)
			return 0;
	return error_set(err, "%s: entry point %#lx is in no segment; this is no Linux kernel",
			 img->path, img->entry);
}

int elf_image_parse(struct kernel_image *img, struct error *err)
{
	Elf64_Ehdr ehdr;

	img->segment_count = 0;
	img->notes = (struct image_section) {};
	if (!elf_image_probe(img->elf, img->elf_size) ||
	    img->elf_size < sizeof(ehdr))
		return error_set(err, "%s: the kernel in it is not an ELF image",
				 img->path);
	memcpy(&ehdr, img->elf, sizeof(ehdr));
	img->entry = ehdr.e_entry;
	if (check_header(img, &ehdr, err) || check_sections(img, &ehdr, err) ||
	    parse_program_headers(img, &ehdr, err))
		return -1;
	return check_entry(img, err);
}

const void *image_at(const struct kernel_image *img, uint64_t vaddr,
		     uint64_t len)
{
	const struct image_segment *seg;

	for (seg = img->segments; seg < img->segments + img->segment_count;
	     seg++)
		if (vaddr >= seg->vaddr &&
		    within(vaddr - seg->vaddr, len, seg->filesz))
			return img->elf + seg->offset + (vaddr - seg->vaddr);
	return NULL;
}

static void read_section(const struct kernel_image *img, unsigned int index,
			 Elf64_Shdr *shdr)
{
	const Elf64_Ehdr *ehdr = (const void *)img->elf;

	memcpy(shdr, img->elf + ehdr->e_shoff + index * sizeof(*shdr),
	       sizeof(*shdr));
}

static bool section_is(const struct kernel_image *img, const Elf64_Shdr *names,
		       const Elf64_Shdr *shdr, const char *name)
{
	size_t len = strlen(name) + 1;

	return within(shdr->sh_name, len, names->sh_size) &&
	       !memcmp(img->elf + names->sh_offset + shdr->sh_name, name, len);
}

bool image_section(const struct kernel_image *img, const char *name,
		   struct image_section *section)
{
	const Elf64_Ehdr *ehdr = (const void *)img->elf;
	Elf64_Shdr names, shdr;
	unsigned int i;

	if (!ehdr->e_shoff || ehdr->e_shstrndx >= ehdr->e_shnum)
		return false;
	read_section(img, ehdr->e_shstrndx, &names);
	if (!within(names.sh_offset, names.sh_size, img->elf_size))
		return false;
	for (i = 0; i < ehdr->e_shnum; i++) {
		read_section(img, i, &shdr);
		if (shdr.sh_type == SHT_NULL || shdr.sh_type == SHT_NOBITS ||
		    !within(shdr.sh_offset, shdr.sh_size, img->elf_size) ||
		    !section_is(img, &names, &shdr, name))
			continue;
		*section = (struct image_section) {
			.addr = shdr.sh_addr,
			.offset = shdr.sh_offset,
			.size = shdr.sh_size,
		};
		return true;
	}
	return false;
}

bool image_next_note(const struct kernel_image *img, struct image_note *note)
{
	const uint8_t *notes = img->elf + img->notes.offset;
	size_t size = img->notes.size;
	size_t owner, desc;
	Elf64_Nhdr nhdr;

	if (!within(note->next, sizeof(nhdr), size))
		return false;
	memcpy(&nhdr, notes + note->next, sizeof(nhdr));
	owner = note->next + sizeof(nhdr);
	desc = owner + ((nhdr.n_namesz + 3ULL) & ~3ULL);
	if (!within(desc, nhdr.n_descsz, size) || !nhdr.n_namesz ||
	    notes[owner + nhdr.n_namesz - 1])
		return false;
	*note = (struct image_note) {
		.owner = (const char *)notes + owner,
		.type = nhdr.n_type,
		.desc = notes + desc,
		.desc_size = nhdr.n_descsz,
		.next = desc + ((nhdr.n_descsz + 3ULL) & ~3ULL),
	};
	return true;
}

void elf_image_version(struct kernel_image *img)
{
	static const char banner[] = "Linux version ";
	const size_t banner_len = sizeof(banner) - 1;
	const struct image_segment *seg;
	const char *pos, *end;

	for (seg = img->segments; seg < img->segments + img->segment_count;
	     seg++) {
		pos = (const char *)img->elf + seg->offset;
		end = pos + seg->filesz;
		pos = memmem(pos, end - pos, banner, banner_len);
		if (!pos)
			continue;
		pos += banner_len;
		image_set_version(img, pos, end - pos);
		return;
	}
}

/* From the lowest to the highest physical address that the image occupies. */
static void span(const struct kernel_image *img, uint64_t *start,
		 uint64_t *size)
{
	const struct image_segment *seg = img->segments;
	uint64_t end = 0;

	*start = UINT64_MAX;
	for (; seg < img->segments + img->segment_count; seg++) {
		if (seg->paddr < *start)
			*start = seg->paddr;
		if (seg->paddr + seg->memsz > end)
			end = seg->paddr + seg->memsz;
	}
	*size = end - *start;
}

void elf_image_make_setup(struct kernel_image *img)
{
	uint64_t start, size;
	unsigned int jump;

	span(img, &start, &size);
	/* The jump over the header tells where it ends. */
	jump = sizeof(img->setup) - offsetof(struct setup_header, header);
	memset(img->setup_bytes, 0, sizeof(img->setup_bytes));
	img->setup_size = sizeof(img->setup);
	img->setup = (struct setup_header) {
		.boot_flag = 0xaa55,
		.jump = 0xeb | jump << 8,
		.header = 0x53726448,	/* "HdrS" */
		.version = 0x020f,
		.loadflags = LOADED_HIGH,
		.initrd_addr_max = 0x7fffffff,
		.kernel_alignment = 0x200000,
		.xloadflags = XLF_KERNEL_64,
		.cmdline_size = 2047,	/* COMMAND_LINE_SIZE - 1 */
		.pref_address = start,
		.init_size = size,
	};
}
