// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answer questions about the kernel's structures from its .BTF section.
 *
 * libbpf parses the section and sees to it that types and strings lie inside
 * it.  What types refer to, and what they say about sizes, can still be
 * anything: chains may be circular, anonymous members may nest without end and
 * offsets may point out of the structure.  So the search for a member is
 * limited, and its result is checked against the size of the structure.
 */
#include "loader/btf.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"

/* Members looked at for one path: the largest real structs have thousands. */
#define EFFORT_MAX		1000000
#define DEPTH_MAX		16

struct kernel_btf {
	const struct kernel_image *img;
	struct btf *btf;
};

/* A member, with its offset from the start of the whole path. */
struct member {
	uint32_t type;
	uint64_t bit;
	bool bitfield;
};

struct search {
	const struct btf *btf;
	const char *name;
	size_t name_len;
	unsigned int effort;
};

/* The size of the header may grow, but types are to stay aligned behind it. */
static bool header_is_sane(const uint8_t *data, uint64_t size)
{
	struct btf_header header;

	if (size < sizeof(header) || size > UINT32_MAX)
		return false;
	memcpy(&header, data, sizeof(header));
	return header.magic == BTF_MAGIC && header.hdr_len % 4 == 0 &&
	       header.hdr_len >= sizeof(header);
}

/* libbpf would explain to standard error what we say ourselves. */
static struct btf *parse(const uint8_t *data, uint64_t size)
{
	libbpf_print_fn_t print;
	struct btf *btf;

	if (!header_is_sane(data, size)) {
		errno = EINVAL;
		return NULL;
	}
	print = libbpf_set_print(NULL);
	btf = btf__new(data, size);
	libbpf_set_print(print);
	return btf;
}

int btf_read(const struct kernel_image *img, struct kernel_btf **btf,
	     struct error *err)
{
	struct image_section section;
	struct kernel_btf *new;

	if (!image_section(img, ".BTF", &section))
		return error_set(err, "%s: the kernel has no .BTF section (CONFIG_DEBUG_INFO_BTF)",
				 img->path);
	new = calloc(1, sizeof(*new));
	if (!new)
		return error_set(err, "%s: %m", img->path);
	new->img = img;
	new->btf = parse(img->elf + section.offset, section.size);
	if (!new->btf) {
		error_set(err, "%s: the .BTF section is damaged, or too new for this libbpf: %m",
			  img->path);
		btf_free(new);
		return -1;
	}
	*btf = new;
	return 0;
}

void btf_free(struct kernel_btf *btf)
{
	if (!btf)
		return;
	btf__free(btf->btf);
	free(btf);
}

/* The struct or union behind @type; NULL if it is something else. */
static const struct btf_type *composite(const struct btf *btf, uint32_t type)
{
	const struct btf_type *t;
	int id = btf__resolve_type(btf, type);

	if (id < 0)
		return NULL;
	t = btf__type_by_id(btf, id);
	return btf_is_composite(t) ? t : NULL;
}

/* Find a struct or union by name; @type is set for members of its. */
static const struct btf_type *find_struct(const struct kernel_btf *btf,
					  const char *name, uint32_t *type,
					  struct error *err)
{
	static const uint32_t kinds[] = {
		BTF_KIND_STRUCT, BTF_KIND_UNION, BTF_KIND_TYPEDEF,
	};
	const struct btf_type *t;
	unsigned int i;
	int id;

	/* Without a name it would be any of the anonymous ones. */
	for (i = 0; *name && i < ARRAY_SIZE(kinds); i++) {
		id = btf__find_by_name_kind(btf->btf, name, kinds[i]);
		t = id > 0 ? composite(btf->btf, id) : NULL;
		if (t) {
			*type = id;
			return t;
		}
	}
	error_set(err, "%s: the kernel has no struct %s, says its .BTF section",
		  btf->img->path, name);
	return NULL;
}

int btf_struct_size(const struct kernel_btf *btf, const char *name,
		    uint32_t *bytes, struct error *err)
{
	const struct btf_type *t;
	uint32_t type;

	t = find_struct(btf, name, &type, err);
	if (!t)
		return -1;
	*bytes = t->size;
	return 0;
}

static bool is_name(const struct search *s, const char *name)
{
	return strlen(name) == s->name_len &&
	       !memcmp(name, s->name, s->name_len);
}

/*
 * Look for a member in @member, which becomes the one found; the contents of
 * anonymous members count as this type's own.
 */
static bool find_member(struct search *s, struct member *member,
			unsigned int depth)
{
	const struct btf_type *t = composite(s->btf, member->type);
	const struct btf_member *m;
	struct member inner;
	const char *name;
	unsigned int i;

	if (!t || depth == DEPTH_MAX)
		return false;
	m = btf_members(t);
	for (i = 0; i < btf_vlen(t); i++) {
		if (!s->effort)
			return false;
		s->effort--;
		name = btf__name_by_offset(s->btf, m[i].name_off);
		if (!name)
			continue;
		inner = (struct member) {
			.type = m[i].type,
			.bit = member->bit + btf_member_bit_offset(t, i),
			.bitfield = btf_member_bitfield_size(t, i),
		};
		if (is_name(s, name) ||
		    (!*name && find_member(s, &inner, depth + 1))) {
			*member = inner;
			return true;
		}
	}
	return false;
}

/* Follow a path of members, which are separated by dots. */
static bool follow(const struct btf *btf, const char *path,
		   struct member *member)
{
	struct search s = { .btf = btf, .effort = EFFORT_MAX };

	for (s.name = path; *s.name; s.name += s.name_len + 1) {
		s.name_len = strcspn(s.name, ".");
		if (!s.name_len || !find_member(&s, member, 0))
			return false;
		if (!s.name[s.name_len])
			return true;
	}
	return false;
}

static bool fits(const struct btf *btf, const struct btf_type *outer,
		 const struct member *member)
{
	int64_t size = btf__resolve_size(btf, member->type);

	return size >= 0 && member->bit % 8 == 0 &&
	       member->bit / 8 + size <= outer->size;
}

int btf_member_offset(const struct kernel_btf *btf, const char *name,
		      const char *path, uint32_t *bytes, struct error *err)
{
	const struct btf_type *outer;
	struct member member = {};

	outer = find_struct(btf, name, &member.type, err);
	if (!outer)
		return -1;
	if (!follow(btf->btf, path, &member))
		return error_set(err, "%s: the kernel's struct %s has no member %s",
				 btf->img->path, name, path);
	if (member.bitfield)
		return error_set(err, "%s: member %s of struct %s is a bit field",
				 btf->img->path, path, name);
	if (!fits(btf->btf, outer, &member))
		return error_set(err, "%s: member %s lies outside struct %s; .BTF is damaged",
				 btf->img->path, path, name);
	*bytes = member.bit / 8;
	return 0;
}
