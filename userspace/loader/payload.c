// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decompress the payload of a bzImage.
 *
 * The kernel's build ends every payload with the size of the decompressed
 * kernel in four bytes: gzip's own trailer, or appended to the other formats.
 * So memory is reserved once and each library writes straight into it.  A size
 * that lies costs address space only, and address space is limited by
 * PAYLOAD_SIZE_MAX; a decoder that produces anything but this size has met a
 * damaged file.
 */
#include "loader/payload.h"

#define ZLIB_CONST
#include <bzlib.h>
#include <endian.h>
#include <lz4.h>
#include <lzma.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <zlib.h>
#include <zstd.h>

#include "lib/array.h"

#define PAYLOAD_SIZE_MAX	0x40000000	/* real ones: about 60 MiB */
#define LZMA_MEMORY_MAX		0x10000000	/* lzma -9 takes 65 MiB */
#define LZ4_LEGACY_BLOCK	0x800000	/* the most that one yields */
#define LZ4_LEGACY_BOUND	LZ4_COMPRESSBOUND(LZ4_LEGACY_BLOCK)
#define TRAILER_SIZE		4

/*
 * A decoder returns the number of bytes it produced, or -1 where that is not
 * the whole kernel: damaged data, or more than @room can hold.
 */
struct format {
	const char *name;
	const char *magic;
	size_t magic_len;
	ssize_t (*unpack)(const uint8_t *in, size_t len, uint8_t *out,
			  size_t room);
};

static uint32_t get_le32(const uint8_t *pos)
{
	uint32_t value;

	memcpy(&value, pos, sizeof(value));
	return le32toh(value);
}

static ssize_t unpack_gzip(const uint8_t *in, size_t len, uint8_t *out,
			   size_t room)
{
	z_stream stream = {
		.next_in = in,
		.avail_in = len + TRAILER_SIZE,	/* which is gzip's own */
		.next_out = out,
		.avail_out = room,
	};
	int ret;

	if (inflateInit2(&stream, MAX_WBITS + 16) != Z_OK)
		return -1;
	ret = inflate(&stream, Z_FINISH);
	inflateEnd(&stream);
	return ret == Z_STREAM_END ? (ssize_t)stream.total_out : -1;
}

static ssize_t unpack_bzip2(const uint8_t *in, size_t len, uint8_t *out,
			    size_t room)
{
	unsigned int out_len = room;
	int ret;

	ret = BZ2_bzBuffToBuffDecompress((char *)out, &out_len, (char *)in,
					 len, 0, 0);
	return ret == BZ_OK ? (ssize_t)out_len : -1;
}

/* Both xz, with any filter that the library has, and the older lzma. */
static ssize_t unpack_lzma(const uint8_t *in, size_t len, uint8_t *out,
			   size_t room)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret ret;

	if (lzma_auto_decoder(&stream, LZMA_MEMORY_MAX, 0) != LZMA_OK)
		return -1;
	stream.next_in = in;
	stream.avail_in = len;
	stream.next_out = out;
	stream.avail_out = room;
	ret = lzma_code(&stream, LZMA_FINISH);
	lzma_end(&stream);
	return ret == LZMA_STREAM_END ? (ssize_t)stream.total_out : -1;
}

/* The legacy frame: a magic number, then blocks that start with their size. */
static ssize_t unpack_lz4(const uint8_t *in, size_t len, uint8_t *out,
			  size_t room)
{
	const uint8_t *end = in + len;
	uint8_t *pos = out;
	uint32_t block;
	size_t limit;
	int ret;

	for (in += 4; end - in >= 4; in += block) {
		block = get_le32(in);
		in += 4;
		limit = out + room - pos;
		if (limit > LZ4_LEGACY_BLOCK)
			limit = LZ4_LEGACY_BLOCK;
		if (block > end - in || block > LZ4_LEGACY_BOUND)
			return -1;
		ret = LZ4_decompress_safe((const char *)in, (char *)pos, block,
					  limit);
		if (ret < 0)
			return -1;
		pos += ret;
	}
	return pos - out;
}

static ssize_t unpack_zstd(const uint8_t *in, size_t len, uint8_t *out,
			   size_t room)
{
	size_t ret = ZSTD_decompress(out, room, in, len);

	return ZSTD_isError(ret) ? -1 : (ssize_t)ret;
}

#define MAGIC(bytes) .magic = bytes, .magic_len = sizeof(bytes) - 1

static const struct format formats[] = {
	{ "gzip", MAGIC("\x1f\x8b"), .unpack = unpack_gzip },
	{ "bzip2", MAGIC("BZh"), .unpack = unpack_bzip2 },
	{ "lzma", MAGIC("\x5d\0\0"), .unpack = unpack_lzma },
	{ "xz", MAGIC("\3757zXZ"), .unpack = unpack_lzma },
	{ "lz4", MAGIC("\x02\x21\x4c\x18"), .unpack = unpack_lz4 },
	{ "zstd", MAGIC("\x28\xb5\x2f\xfd"), .unpack = unpack_zstd },
	{ "LZO", MAGIC("\x89LZO") },
};

static const struct format *
find_format(const struct bzimage_payload *payload)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (payload->size >= formats[i].magic_len + TRAILER_SIZE &&
		    !memcmp(payload->data, formats[i].magic,
			    formats[i].magic_len))
			return &formats[i];
	return NULL;
}

int payload_size(const char *path, const struct bzimage_payload *payload,
		 size_t *size, struct error *err)
{
	const struct format *format = find_format(payload);

	if (!format)
		return error_set(err, "%s: packed in an unknown way; use the vmlinux",
				 path);
	if (!format->unpack)
		return error_set(err, "%s: packed with %s, which is not supported; use the vmlinux",
				 path, format->name);
	*size = get_le32(payload->data + payload->size - TRAILER_SIZE);
	if (!*size || *size > PAYLOAD_SIZE_MAX)
		return error_set(err, "%s: unpacked it would have %zu bytes; the file is damaged",
				 path, *size);
	return 0;
}

int payload_unpack(const char *path, const struct bzimage_payload *payload,
		   size_t size, const uint8_t **data, struct error *err)
{
	const struct format *format = find_format(payload);
	uint8_t *out;
	ssize_t ret;

	out = mmap(NULL, size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (out == MAP_FAILED)
		return error_set(err, "%s: no room for the %zu bytes of the kernel: %m",
				 path, size);
	ret = format->unpack(payload->data, payload->size - TRAILER_SIZE, out,
			     size);
	if (ret < 0 || (size_t)ret != size) {
		munmap(out, size);
		return error_set(err, "%s: the %s data do not yield %zu bytes; the file is damaged",
				 path, format->name, size);
	}
	mprotect(out, size, PROT_READ);
	*data = out;
	return 0;
}
