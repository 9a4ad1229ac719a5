// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compress a kernel in each way that a bzImage can be compressed, with the
 * settings that the kernel's build uses wherever they make a difference.
 */
#include "pack.h"

#include <bzlib.h>
#include <lz4.h>
#include <lzma.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

/* Room for what a compressor makes of something, however unsuitable. */
static struct bytes room_for(const struct bytes *in)
{
	struct bytes out = {};

	bytes_add(&out, NULL, in->size * 2 + 4096);
	return out;
}

/* Without the last four bytes, the size, which pack_as() appends to all. */
static struct bytes pack_gzip(const struct bytes *in)
{
	struct bytes out = room_for(in);
	z_stream stream = {
		.next_in = in->data,
		.avail_in = in->size,
		.next_out = out.data,
		.avail_out = out.size,
	};

	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16,
				      9, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	out.size = stream.total_out - 4;
	deflateEnd(&stream);
	return out;
}

static struct bytes pack_bzip2(const struct bytes *in)
{
	struct bytes out = room_for(in);
	unsigned int size = out.size;

	assert_int_equal(BZ2_bzBuffToBuffCompress((char *)out.data, &size,
						  (char *)in->data, in->size,
						  9, 0, 0), BZ_OK);
	out.size = size;
	return out;
}

static struct bytes run_lzma(lzma_stream *stream, const struct bytes *in)
{
	struct bytes out = room_for(in);

	stream->next_in = in->data;
	stream->avail_in = in->size;
	stream->next_out = out.data;
	stream->avail_out = out.size;
	assert_int_equal(lzma_code(stream, LZMA_FINISH), LZMA_STREAM_END);
	out.size = stream->total_out;
	lzma_end(stream);
	return out;
}

/* As the lzma tool does, without the size and with an end mark. */
static struct bytes pack_lzma(const struct bytes *in)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_options_lzma options;

	lzma_lzma_preset(&options, 0);
	assert_int_equal(lzma_alone_encoder(&stream, &options), LZMA_OK);
	return run_lzma(&stream, in);
}

/* As the kernel's build does, with the filter for x86 code. */
static struct bytes pack_xz(const struct bytes *in)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_options_lzma options;
	lzma_filter filters[] = {
		{ .id = LZMA_FILTER_X86 },
		{ .id = LZMA_FILTER_LZMA2, .options = &options },
		{ .id = LZMA_VLI_UNKNOWN },
	};

	lzma_lzma_preset(&options, 0);
	assert_int_equal(lzma_stream_encoder(&stream, filters,
					     LZMA_CHECK_CRC32), LZMA_OK);
	return run_lzma(&stream, in);
}

/* Blocks of 8 MiB behind a magic number. */
static struct bytes pack_lz4(const struct bytes *in)
{
	const size_t block = 8 << 20;
	size_t pos, len, bound = LZ4_COMPRESSBOUND(block);
	struct bytes out = {};
	char *buf = malloc(bound);
	int ret;

	bytes_add32(&out, 0x184c2102);
	for (pos = 0; pos < in->size; pos += len) {
		len = in->size - pos < block ? in->size - pos : block;
		ret = LZ4_compress_default((char *)in->data + pos, buf, len,
					   bound);
		assert_true(ret > 0);
		bytes_add32(&out, ret);
		bytes_add(&out, buf, ret);
	}
	free(buf);
	return out;
}

static struct bytes pack_zstd(const struct bytes *in)
{
	struct bytes out = room_for(in);

	out.size = ZSTD_compress(out.data, out.size, in->data, in->size, 19);
	assert_false(ZSTD_isError(out.size));
	return out;
}

/* As the kernel's build does, from a pipe: the frame has no content size. */
static struct bytes pack_zstd_stream(const struct bytes *in)
{
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	struct bytes out = room_for(in);
	ZSTD_inBuffer src = { .src = in->data, .size = in->size };
	ZSTD_outBuffer dst = { .dst = out.data, .size = out.size };

	ZSTD_compressStream2(ctx, &dst, &src, ZSTD_e_continue);
	assert_int_equal(ZSTD_compressStream2(ctx, &dst, &src, ZSTD_e_end), 0);
	ZSTD_freeCCtx(ctx);
	out.size = dst.pos;
	assert_int_equal(ZSTD_getFrameContentSize(out.data, out.size),
			 ZSTD_CONTENTSIZE_UNKNOWN);
	return out;
}

const struct packer packers[PACKERS] = {
	{ "gzip", pack_gzip },
	{ "bzip2", pack_bzip2 },
	{ "lzma", pack_lzma },
	{ "xz", pack_xz },
	{ "lz4", pack_lz4 },
	{ "zstd", pack_zstd },
	{ "zstd", pack_zstd_stream },
};

struct bytes pack_as(const struct packer *packer, const struct bytes *elf,
		     uint32_t size)
{
	struct bytes payload = packer->pack(elf);
	struct bytes file;

	bytes_add32(&payload, size);
	file = tiny_bzimage(&payload);
	bytes_free(&payload);
	return file;
}

struct bytes pack(const struct packer *packer, const struct bytes *elf)
{
	return pack_as(packer, elf, elf->size);
}
