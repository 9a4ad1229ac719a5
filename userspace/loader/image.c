// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open a kernel file, whatever of the two kinds it is.
 *
 * A bzImage is only a container here: the kernel comes out of the cache of
 * decompressed kernels or out of the payload, and from then on is an ELF image
 * like any other.
 */
#include "loader/image.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/array.h"
#include "loader/bzimage.h"
#include "loader/elf_image.h"
#include "loader/payload.h"
#include "loader/unpack_cache.h"

struct kind {
	size_t offset;
	const char *magic;
	size_t magic_len;
	const char *name;
};

#define KIND(at, bytes, what)						\
	{								\
		.offset = (at),						\
		.magic = bytes,						\
		.magic_len = sizeof(bytes) - 1,				\
		.name = what,						\
	}

/* What people offer instead of a kernel. */
static const struct kind kinds[] = {
	KIND(0x24, "\x18\x28\x6f\x01", "a kernel for 32-bit ARM (zImage)"),
	KIND(0x38, "ARMd", "a kernel for 64-bit ARM (Image)"),
	KIND(0x30, "RISCV\0", "a kernel for RISC-V (Image)"),
	KIND(0, "MZ", "a PE executable, such as an EFI application"),
	KIND(0, "070701", "a cpio archive, such as an initramfs"),
	KIND(0, "\x1f\x8b", "a gzip file"),
	KIND(0, "BZh", "a bzip2 file"),
	KIND(0, "\3757zXZ", "an xz file"),
	KIND(0, "\x28\xb5\x2f\xfd", "a zstd file"),
	KIND(0, "\x02\x21\x4c\x18", "an lz4 file"),
	KIND(0, "\x04\x22\x4d\x18", "an lz4 file"),
	KIND(0, "\x89LZO", "an lzo file"),
	KIND(0, "PK\x03\x04", "a zip file"),
	KIND(0, "!<arch>\n", "an archive, such as a Debian package"),
	KIND(0, "QFI\xfb", "a qcow2 disk image"),
	KIND(0, "#!", "a script"),
	KIND(0x1fe, "\x55\xaa", "a boot sector or disk image"),
};

static const char *describe(const uint8_t *file, size_t size)
{
	const struct kind *kind = kinds;

	for (; kind < kinds + ARRAY_SIZE(kinds); kind++)
		if (size >= kind->offset + kind->magic_len &&
		    !memcmp(file + kind->offset, kind->magic, kind->magic_len))
			return kind->name;
	return "a file of an unknown kind, or the start of one";
}

static const uint8_t *map_fd(int fd, const char *path, size_t *size,
			     struct error *err)
{
	const uint8_t *file;
	struct stat st;

	if (fstat(fd, &st)) {
		error_set(err, "%s: %m", path);
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || !st.st_size) {
		error_set(err, "%s: %s; a bzImage (vmlinuz) or a vmlinux is needed", path,
			  S_ISDIR(st.st_mode) ? "a directory" :
			  S_ISREG(st.st_mode) ? "an empty file" :
			  "a device, pipe or socket");
		return NULL;
	}
	file = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (file == MAP_FAILED) {
		error_set(err, "%s: cannot map the file: %m", path);
		return NULL;
	}
	*size = st.st_size;
	return file;
}

/* A pipe must not keep us waiting for its writer. */
static const uint8_t *map_file(const char *path, size_t *size,
			       struct error *err)
{
	const uint8_t *file;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		error_set(err, "%s: cannot open the kernel: %m", path);
		return NULL;
	}
	file = map_fd(fd, path, size, err);
	close(fd);
	return file;
}

static void drop_elf(struct kernel_image *img)
{
	if (img->elf)
		munmap((void *)img->elf, img->elf_size);
	img->elf = NULL;
}

static bool take_cached(struct kernel_image *img, const char *cached)
{
	struct error ignored;

	if (!cached)
		return false;
	img->elf = unpack_cache_map(cached, img->elf_size);
	if (img->elf && !elf_image_parse(img, &ignored))
		return true;
	drop_elf(img);
	return false;
}

static int unpack(struct kernel_image *img,
		  const struct bzimage_payload *payload, const char *cached,
		  struct error *err)
{
	if (payload_unpack(img->path, payload, img->elf_size, &img->elf, err) ||
	    elf_image_parse(img, err))
		return -1;
	if (cached)
		unpack_cache_store(cached, img->elf, img->elf_size);
	return 0;
}

static int open_bzimage(struct kernel_image *img, const uint8_t *file,
			size_t size, struct error *err)
{
	struct bzimage_payload payload;
	char *cached;
	int ret = 0;

	if (bzimage_parse(img, file, size, &payload, err) ||
	    payload_size(img->path, &payload, &img->elf_size, err))
		return -1;
	cached = unpack_cache_path(file, size);
	if (!take_cached(img, cached))
		ret = unpack(img, &payload, cached, err);
	free(cached);
	if (!ret && !img->version[0])
		elf_image_version(img);
	return ret;
}

static int open_elf(struct kernel_image *img, const uint8_t *file, size_t size,
		    struct error *err)
{
	img->elf = file;
	img->elf_size = size;
	if (elf_image_parse(img, err))
		return -1;
	elf_image_version(img);
	elf_image_make_setup(img);
	return 0;
}

/* Only an ELF file stays mapped. */
static int open_mapped(struct kernel_image *img, const uint8_t *file,
		       size_t size, struct error *err)
{
	int ret;

	if (elf_image_probe(file, size))
		return open_elf(img, file, size, err);
	if (bzimage_probe(file, size))
		ret = open_bzimage(img, file, size, err);
	else
		ret = error_set(err, "%s: %s; a bzImage (vmlinuz) or a vmlinux is needed",
				img->path, describe(file, size));
	munmap((void *)file, size);
	return ret;
}

int image_open(struct kernel_image *img, const char *path, struct error *err)
{
	const uint8_t *file;
	size_t size;

	memset(img, 0, sizeof(*img));
	img->path = strdup(path);
	if (!img->path)
		return error_set(err, "%s: %m", path);
	file = map_file(path, &size, err);
	if (!file || open_mapped(img, file, size, err)) {
		image_close(img);
		return -1;
	}
	return 0;
}

void image_close(struct kernel_image *img)
{
	drop_elf(img);
	free(img->path);
	img->path = NULL;
}

void image_set_version(struct kernel_image *img, const void *text, size_t len)
{
	const char *pos = text;
	size_t i;

	if (len >= sizeof(img->version))
		len = sizeof(img->version) - 1;
	for (i = 0; i < len && pos[i] >= ' ' && pos[i] <= '~'; i++)
		img->version[i] = pos[i];
	img->version[i] = '\0';
}
