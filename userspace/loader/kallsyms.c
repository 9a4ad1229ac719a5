// SPDX-License-Identifier: GPL-2.0-only
/*
 * Find and read the symbol table that the kernel carries for itself.
 *
 * The kernel's build (scripts/kallsyms.c) writes these tables, all in .rodata
 * and each aligned to 8 bytes, from 7.0 on to 4:
 *
 *   num_syms		u32
 *   names		per symbol a length, one byte or two, and that many
 *			token numbers; in the order of addresses
 *   markers		u32 per 256 symbols: where in names the first one starts
 *   seqs_of_names	up to 6.3 it stands here: 3 bytes per symbol, not used
 *   token_table	256 strings; spelled out, the tokens of a symbol are its
 *			type letter (as nm prints it) and its name
 *   token_index	u16 per token: where in token_table it starts
 *
 * and, up to 6.3 before all of these and since then right after them,
 *
 *   offsets		u32 per symbol
 *   relative_base	u64, up to 6.19
 *
 * Nothing points to them, so they are recognised by what they must look like.
 * The search starts with token_index, 256 rising numbers that agree with the
 * strings before it; from there num_syms is the value for which all that lies
 * between adds up; and of the ways to read offsets, the right one yields
 * rising addresses and executable text.  Any of this may be forged: every
 * access is checked, and the search as a whole is limited.
 */
#include "loader/kallsyms.h"

#include <ctype.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"

#define TOKENS			256
#define INDEX_SIZE		(TOKENS * sizeof(uint16_t))
#define SYMBOLS_PER_MARKER	256
#define SYMBOLS_MAX		4000000		/* real kernels: 200,000 */
#define NAME_SIZE		513		/* type, name and 0 */
#define ALIGN_MAX		8

/* Steps of the search, far more than a genuine image needs: about 0.2 s. */
#define EFFORT_MAX		64000000

struct symbol {
	uint64_t hash;		/* of the name */
	uint64_t addr;
	uint32_t name;		/* where in names */
};

struct kallsyms {
	const uint8_t *names;
	const char *tokens;
	uint16_t token_index[TOKENS];
	uint32_t count;
	struct symbol *symbols;	/* rising: first addresses, in the end hashes */
};

/* How the tables may follow each other. */
static const struct layout {
	unsigned int align;
	unsigned int seq_size;	/* per symbol, between markers and tokens */
} layouts[] = {
	{ .align = 8, .seq_size = 0 },
	{ .align = 8, .seq_size = 3 },
	{ .align = 4, .seq_size = 0 },
};

/* A segment, and the places in it of what has been found so far. */
struct search {
	const struct kernel_image *img;
	const struct image_segment *seg;
	const uint8_t *data;
	size_t size;
	size_t num_syms;
	size_t names;
	size_t markers;
	size_t tokens;
	size_t token_index;
	unsigned int effort;
};

static uint16_t get16(const uint8_t *pos)
{
	uint16_t value;

	memcpy(&value, pos, sizeof(value));
	return value;
}

static uint32_t get32(const uint8_t *pos)
{
	uint32_t value;

	memcpy(&value, pos, sizeof(value));
	return value;
}

static uint64_t get64(const uint8_t *pos)
{
	uint64_t value;

	memcpy(&value, pos, sizeof(value));
	return value;
}

static size_t align_up(size_t value, size_t align)
{
	return (value + align - 1) & ~(align - 1);
}

static bool spend(struct search *s, unsigned int steps)
{
	if (s->effort < steps)
		s->effort = 0;
	else
		s->effort -= steps;
	return s->effort;
}

static uint16_t token_start(const struct search *s, unsigned int token)
{
	return get16(s->data + s->token_index + token * sizeof(uint16_t));
}

static bool token_is(const struct search *s, char token)
{
	const uint8_t *pos = s->data + s->tokens +
			     token_start(s, (uint8_t)token);

	return pos[0] == token && !pos[1];
}

static bool index_rises(const struct search *s)
{
	unsigned int i;

	if (token_start(s, 0))
		return false;
	for (i = 1; i < TOKENS; i++)
		if (token_start(s, i) <= token_start(s, i - 1))
			return false;
	return true;
}

/*
 * Go back from the index over the padding and the last string of the table;
 * where that string must start, according to the index, tells where the table
 * does.
 */
static bool find_token_table(struct search *s)
{
	uint16_t last = token_start(s, TOKENS - 1);
	size_t end = s->token_index;
	size_t low = end < ALIGN_MAX ? 0 : end - ALIGN_MAX;
	size_t start;

	while (end > low && !s->data[end - 1])
		end--;
	if (end == s->token_index)
		return false;
	low = end < NAME_SIZE ? 0 : end - NAME_SIZE;
	for (start = end; start > low && s->data[start - 1]; start--)
		;
	if (start < last || start == end)
		return false;
	s->tokens = start - last;
	return true;
}

/* Each string must end right before the next one starts. */
static bool tokens_match(const struct search *s)
{
	const uint8_t *table = s->data + s->tokens;
	unsigned int i, start, next;

	for (i = 0; i + 1 < TOKENS; i++) {
		start = token_start(s, i);
		next = token_start(s, i + 1);
		if (memchr(table + start, 0, next - start) != table + next - 1)
			return false;
	}
	/* A character that occurs in symbols is a token of its own. */
	return token_is(s, '_') && token_is(s, 'T') && token_is(s, 't');
}

static bool find_tokens(struct search *s)
{
	return index_rises(s) &&
	       spend(s, token_start(s, TOKENS - 1)) &&
	       find_token_table(s) && tokens_match(s);
}

/* Read the length of a name; 0 is none.  Two bytes must be readable. */
static unsigned int name_length(const uint8_t **pos)
{
	unsigned int len = *(*pos)++;

	if (len & 0x80)
		len = (len & 0x7f) | *(*pos)++ << 7;
	return len;
}

/* Walk along all names: they must meet each marker and end at the markers. */
static bool names_match(struct search *s, uint32_t count, unsigned int align)
{
	const uint8_t *names = s->data + s->names;
	const uint8_t *markers = s->data + s->markers;
	const uint8_t *pos = names;
	unsigned int len;
	uint32_t i;

	for (i = 0; i < count; i++) {
		if (i % SYMBOLS_PER_MARKER == 0 &&
		    get32(markers + i / SYMBOLS_PER_MARKER * 4) !=
		    (size_t)(pos - names))
			return false;
		len = name_length(&pos);
		if (!len || pos >= markers || len > (size_t)(markers - pos) ||
		    !spend(s, 1))
			return false;
		pos += len;
	}
	return align_up(pos - s->data, align) == s->markers;
}

/* Try whether num_syms is at @pos; seldom are all the names walked. */
static bool try_num_syms(struct search *s, size_t pos,
			 const struct layout *layout)
{
	size_t names = align_up(pos + 4, layout->align);
	uint32_t count = get32(s->data + pos);
	uint32_t markers = (count + SYMBOLS_PER_MARKER - 1) /
			   SYMBOLS_PER_MARKER;
	size_t rest;

	if (!count || count > SYMBOLS_MAX)
		return false;
	rest = align_up(markers * 4, layout->align) +
	       align_up(count * layout->seq_size, layout->align);
	if (names + 2 * count + rest > s->tokens)
		return false;
	s->num_syms = pos;
	s->names = names;
	s->markers = s->tokens - rest;
	if (get32(s->data + s->markers + (markers - 1) * 4) >=
	    s->markers - s->names)
		return false;
	return names_match(s, count, layout->align);
}

static bool find_names(struct search *s)
{
	const struct layout *layout;
	size_t pos = s->tokens & ~3UL;

	while (pos >= 4 && spend(s, 1)) {
		pos -= 4;
		for (layout = layouts;
		     layout < layouts + ARRAY_SIZE(layouts);
		     layout++)
			if (pos % layout->align == 0 &&
			    try_num_syms(s, pos, layout))
				return true;
	}
	return false;
}

/* Spell out a symbol, its type letter first.  Returns its length, or 0. */
static size_t expand(const struct kallsyms *syms, uint32_t name,
		     char buf[NAME_SIZE])
{
	const uint8_t *pos = syms->names + name;
	unsigned int len = name_length(&pos);
	const char *token;
	size_t used = 0;

	while (len--)
		for (token = syms->tokens + syms->token_index[*pos++]; *token;
		     token++) {
			if (used == NAME_SIZE - 1)
				return 0;
			buf[used++] = *token;
		}
	buf[used] = '\0';
	return used > 1 ? used : 0;
}

/* FNV-1a */
static uint64_t hash_name(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 0x100000001b3;
	return hash;
}

/* Hash all names; @stext becomes the number of the symbol _stext. */
static bool read_names(struct search *s, struct kallsyms *syms,
		       uint32_t *stext)
{
	const uint8_t *pos = syms->names;
	struct symbol *sym = syms->symbols;
	char buf[NAME_SIZE];
	size_t len;

	*stext = syms->count;
	for (; sym < syms->symbols + syms->count; sym++) {
		sym->name = pos - syms->names;
		len = expand(syms, sym->name, buf);
		if (!len || !spend(s, len))
			return false;
		sym->hash = hash_name(buf + 1);
		if (!strcmp(buf + 1, "_stext"))
			*stext = sym - syms->symbols;
		len = name_length(&pos);
		pos += len;
	}
	return *stext < syms->count;
}

static bool is_text(const struct kernel_image *img, uint64_t addr)
{
	const struct image_segment *seg;

	for (seg = img->segments; seg < img->segments + img->segment_count;
	     seg++)
		if (addr - seg->vaddr < seg->filesz)
			return seg->flags & PF_X;
	return false;
}

/* What an entry of the table offsets can mean. */
typedef uint64_t (*decode_fn)(uint32_t offset, uint64_t base, uint64_t place);

/* With CONFIG_KALLSYMS_ABSOLUTE_PERCPU, up to 6.14 */
static uint64_t absolute_or_below_base(uint32_t offset, uint64_t base,
				       uint64_t place)
{
	(void)place;
	return (int32_t)offset < 0 ? base - 1 - (int32_t)offset : offset;
}

static uint64_t above_base(uint32_t offset, uint64_t base, uint64_t place)
{
	(void)place;
	return base + offset;
}

static uint64_t from_place(uint32_t offset, uint64_t base, uint64_t place)
{
	(void)base;
	return place + (int32_t)offset;
}

static bool decode(const struct search *s, struct kallsyms *syms,
		   size_t offsets, uint64_t base, decode_fn fn, uint32_t stext)
{
	uint64_t addr, previous = 0;
	uint32_t i;

	for (i = 0; i < syms->count; i++) {
		addr = fn(get32(s->data + offsets + 4 * i), base,
			  s->seg->vaddr + offsets + 4 * i);
		if (addr < previous)
			return false;
		syms->symbols[i].addr = addr;
		previous = addr;
	}
	return is_text(s->img, syms->symbols[stext].addr);
}

/* Try a table of offsets with the relative base that follows it. */
static bool decode_relative(const struct search *s, struct kallsyms *syms,
			    size_t offsets, uint32_t stext)
{
	size_t pos = offsets + align_up(4 * syms->count, 8);
	uint64_t base;

	if (pos + sizeof(base) > s->size)
		return false;
	base = get64(s->data + pos);
	return decode(s, syms, offsets, base, absolute_or_below_base, stext) ||
	       decode(s, syms, offsets, base, above_base, stext);
}

static bool read_addresses(const struct search *s, struct kallsyms *syms,
			   uint32_t stext)
{
	size_t len = align_up(4 * syms->count, 8) + sizeof(uint64_t);
	size_t after = s->token_index + INDEX_SIZE;

	if (s->num_syms >= len &&
	    decode_relative(s, syms, s->num_syms - len, stext))
		return true;
	if (decode_relative(s, syms, after, stext))
		return true;
	return after + 4 * syms->count <= s->size &&
	       decode(s, syms, after, 0, from_place, stext);
}

static int compare(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->addr > y->addr) - (x->addr < y->addr);
}

static struct kallsyms *read_tables(struct search *s)
{
	struct kallsyms *syms = calloc(1, sizeof(*syms));
	uint32_t stext;

	if (!syms)
		return NULL;
	syms->names = s->data + s->names;
	syms->tokens = (const char *)s->data + s->tokens;
	memcpy(syms->token_index, s->data + s->token_index, INDEX_SIZE);
	syms->count = get32(s->data + s->num_syms);
	syms->symbols = calloc(syms->count, sizeof(*syms->symbols));
	if (!syms->symbols || !read_names(s, syms, &stext) ||
	    !read_addresses(s, syms, stext)) {
		kallsyms_free(syms);
		return NULL;
	}
	qsort(syms->symbols, syms->count, sizeof(*syms->symbols), compare);
	return syms;
}

/* Returns whether there were tokens; @syms is NULL if nothing came of them. */
static bool search_segment(struct search *s, struct kallsyms **syms)
{
	bool found = false;

	*syms = NULL;
	for (s->token_index = 0;
	     s->token_index + INDEX_SIZE <= s->size && s->effort && !*syms;
	     s->token_index += 4)
		if (find_tokens(s)) {
			found = true;
			if (find_names(s))
				*syms = read_tables(s);
		}
	return found;
}

int kallsyms_read(const struct kernel_image *img, struct kallsyms **syms,
		  struct error *err)
{
	const struct image_segment *seg = img->segments;
	struct search s = { .img = img, .effort = EFFORT_MAX };
	bool found = false;

	for (; seg < img->segments + img->segment_count; seg++) {
		s.seg = seg;
		s.data = img->elf + seg->offset;
		s.size = seg->filesz;
		found |= search_segment(&s, syms);
		if (*syms)
			return 0;
	}
	if (found || !s.effort)
		return error_set(err, "%s: the kernel's kallsyms are damaged or of an unknown kind",
				 img->path);
	return error_set(err, "%s: the kernel was built without kallsyms (CONFIG_KALLSYMS)",
			 img->path);
}

void kallsyms_free(struct kallsyms *syms)
{
	if (!syms)
		return;
	free(syms->symbols);
	free(syms);
}

/* The first of those with the hash of @name */
static const struct symbol *first_with_hash(const struct kallsyms *syms,
					    uint64_t hash)
{
	size_t low = 0, high = syms->count, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (syms->symbols[mid].hash < hash)
			low = mid + 1;
		else
			high = mid;
	}
	return syms->symbols + low;
}

bool kallsyms_lookup(const struct kallsyms *syms, const char *name,
		     uint64_t *addr)
{
	const struct symbol *end = syms->symbols + syms->count;
	uint64_t hash = hash_name(name);
	const struct symbol *sym = first_with_hash(syms, hash);
	char buf[NAME_SIZE];
	bool found = false;

	for (; sym < end && sym->hash == hash; sym++) {
		if (!expand(syms, sym->name, buf) || strcmp(buf + 1, name))
			continue;
		if (!found)
			*addr = sym->addr;
		found = true;
		if (isupper((uint8_t)buf[0])) {
			*addr = sym->addr;
			break;
		}
	}
	return found;
}
