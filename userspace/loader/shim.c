// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linking the shim: see shim.h.
 *
 * The object is our own, made by our build, so it is not distrusted; what comes
 * from the kernel is a few numbers, and each must fit where it goes.
 */
#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "loader/shim.h"

extern const uint8_t shim_object[], shim_object_end[];

/* As HOOK and PATCH of shim.S write them. */
struct hook_entry {
	uint64_t name;
	uint64_t function;
	uint64_t needed;
};

struct patch_entry {
	uint64_t place;
	uint64_t target;
};

#define SECTIONS_MAX	32
#define TABLES_SIZE	8192

/*
 * Where a section of the object goes: its bytes here, and the address that its
 * symbols get.  Sections other than .text are only read, so their addresses
 * are offsets into the object.
 */
struct placed {
	uint8_t *bytes;
	uint64_t address;
	size_t size;
};

struct link {
	const Elf64_Shdr *sections;
	unsigned int count;
	const char *section_names;
	const Elf64_Sym *symbols;
	size_t symbol_count;
	const char *symbol_names;
	struct placed placed[SECTIONS_MAX];
	uint8_t tables[TABLES_SIZE];
	const struct kallsyms *syms;
	const struct kernel_btf *btf;
	struct error *err;
};

static int find_section(const struct link *link, const char *name)
{
	unsigned int i;

	for (i = 1; i < link->count; i++)
		if (!strcmp(link->section_names + link->sections[i].sh_name,
			    name))
			return i;
	return 0;
}

static void read_object(struct link *link)
{
	const Elf64_Ehdr *header = (const void *)shim_object;
	const Elf64_Shdr *symtab;

	link->sections = (const void *)(shim_object + header->e_shoff);
	link->count = header->e_shnum;
	link->section_names = (const char *)shim_object +
		link->sections[header->e_shstrndx].sh_offset;
	symtab = &link->sections[find_section(link, ".symtab")];
	link->symbols = (const void *)(shim_object + symtab->sh_offset);
	link->symbol_count = symtab->sh_size / sizeof(*link->symbols);
	link->symbol_names = (const char *)shim_object +
		link->sections[symtab->sh_link].sh_offset;
}

static int place_section(struct link *link, unsigned int n, uint8_t *bytes,
			 size_t room, uint64_t address)
{
	const Elf64_Shdr *section = &link->sections[n];

	if (section->sh_size > room)
		return error_set(link->err,
				 "the shim's section %s has %lu bytes, more than there is room for",
				 link->section_names + section->sh_name,
				 (unsigned long)section->sh_size);
	memcpy(bytes, shim_object + section->sh_offset, section->sh_size);
	link->placed[n] = (struct placed) {
		.bytes = bytes,
		.address = address,
		.size = section->sh_size,
	};
	return 0;
}

static int place_sections(struct link *link, struct shim *shim)
{
	int text = find_section(link, ".text");
	size_t used = 0;
	unsigned int i;

	if (place_section(link, text, shim->code, sizeof(shim->code),
			  CORBEL_SHIM_VA))
		return -1;
	shim->size = link->placed[text].size;
	for (i = 1; i < link->count; i++) {
		if (!(link->sections[i].sh_flags & SHF_ALLOC) || (int)i == text)
			continue;
		if (place_section(link, i, link->tables + used,
				  sizeof(link->tables) - used, used))
			return -1;
		used += (link->placed[i].size + 15) & ~15UL;
	}
	return 0;
}

/* btf.STRUCT.MEMBER */
static int resolve_btf(const struct link *link, const char *name,
		       uint64_t *value)
{
	const char *member = strchr(name, '.');
	char type[64];
	uint32_t offset;

	snprintf(type, sizeof(type), "%.*s", (int)(member - name), name);
	if (btf_member_offset(link->btf, type, member + 1, &offset, link->err))
		return -1;
	*value = offset;
	return 0;
}

static int resolve(const struct link *link, const Elf64_Sym *symbol,
		   uint64_t *value)
{
	const char *name = link->symbol_names + symbol->st_name;

	if (symbol->st_shndx == SHN_ABS) {
		*value = symbol->st_value;
		return 0;
	}
	if (symbol->st_shndx != SHN_UNDEF) {
		*value = link->placed[symbol->st_shndx].address +
			 symbol->st_value;
		return 0;
	}
	if (!strncmp(name, "btf.", 4))
		return resolve_btf(link, name + 4, value);
	if (kallsyms_lookup(link->syms, name, value))
		return 0;
	return error_set(link->err, "symbol %s not found", name);
}

static int store(const struct link *link, uint8_t *place, int64_t value,
		 size_t size, bool is_signed, const char *name)
{
	if (size == 4 && value != (is_signed ? (int64_t)(int32_t)value :
					       (int64_t)(uint32_t)value))
		return error_set(link->err,
				 "%s is out of the shim's reach (%#lx)", name,
				 (unsigned long)value);
	memcpy(place, &value, size);
	return 0;
}

static int relocate_one(const struct link *link, const struct placed *where,
			const Elf64_Rela *rela)
{
	const Elf64_Sym *symbol = &link->symbols[ELF64_R_SYM(rela->r_info)];
	const char *name = link->symbol_names + symbol->st_name;
	uint8_t *place = where->bytes + rela->r_offset;
	uint64_t value;

	if (resolve(link, symbol, &value))
		return -1;
	value += rela->r_addend;
	switch (ELF64_R_TYPE(rela->r_info)) {
	case R_X86_64_64:
		return store(link, place, value, 8, false, name);
	case R_X86_64_32:
		return store(link, place, value, 4, false, name);
	case R_X86_64_32S:
		return store(link, place, value, 4, true, name);
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		value -= where->address + rela->r_offset;
		return store(link, place, value, 4, true, name);
	}
	return error_set(link->err, "%s: relocation type %lu in the shim", name,
			 (unsigned long)ELF64_R_TYPE(rela->r_info));
}

static int relocate(const struct link *link)
{
	unsigned int i;

	for (i = 1; i < link->count; i++) {
		const Elf64_Shdr *section = &link->sections[i];
		const Elf64_Rela *rela = (const void *)(shim_object +
							section->sh_offset);
		size_t n = section->sh_size / sizeof(*rela);

		if (section->sh_type != SHT_RELA ||
		    !link->placed[section->sh_info].bytes)
			continue;
		for (; n--; rela++)
			if (relocate_one(link, &link->placed[section->sh_info],
					 rela))
				return -1;
	}
	return 0;
}

/* Names outlive the link: they are in the object itself. */
static const char *hook_name(const struct link *link, uint64_t address)
{
	int names = find_section(link, ".corbel.names");

	return (const char *)shim_object + link->sections[names].sh_offset +
	       (address - link->placed[names].address);
}

const char *shim_hook_name(unsigned int n)
{
	static struct link link;
	const Elf64_Shdr *names;
	const char *name, *end;

	read_object(&link);
	names = &link.sections[find_section(&link, ".corbel.names")];
	name = (const char *)shim_object + names->sh_offset;
	end = name + names->sh_size;
	while (n-- && name < end)
		name += strlen(name) + 1;
	return name < end ? name : NULL;
}

static void read_tables(const struct link *link, struct shim *shim)
{
	const struct placed *hooks =
		&link->placed[find_section(link, ".corbel.hooks")];
	const struct placed *patches =
		&link->placed[find_section(link, ".corbel.patches")];
	const struct hook_entry *hook = (const void *)hooks->bytes;
	const struct patch_entry *patch = (const void *)patches->bytes;
	unsigned int i;

	shim->hook_count = hooks->size / sizeof(*hook);
	for (i = 0; i < shim->hook_count; i++)
		shim->hooks[i] = (struct shim_hook) {
			.name = hook_name(link, hook[i].name),
			.function = hook[i].function,
			.needed = hook[i].needed,
		};
	shim->patch_count = patches->size / sizeof(*patch);
	for (i = 0; i < shim->patch_count; i++)
		shim->patches[i] = (struct shim_patch) {
			.place = patch[i].place,
			.target = patch[i].target,
		};
}

static int find_start(const struct link *link, struct shim *shim)
{
	size_t i;

	for (i = 0; i < link->symbol_count; i++)
		if (!strcmp(link->symbol_names + link->symbols[i].st_name,
			    "shim_start"))
			return resolve(link, &link->symbols[i], &shim->start);
	return error_set(link->err, "the shim has no shim_start");
}

int shim_link(struct shim *shim, const struct kallsyms *syms,
	      const struct kernel_btf *btf, struct error *err)
{
	static struct link link;

	link = (struct link) { .syms = syms, .btf = btf, .err = err };
	memset(shim, 0, sizeof(*shim));
	read_object(&link);
	if (place_sections(&link, shim) || relocate(&link) ||
	    find_start(&link, shim))
		return -1;
	read_tables(&link, shim);
	return 0;
}
