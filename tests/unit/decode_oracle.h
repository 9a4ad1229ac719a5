/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second opinion on module/decode.c: that of the Zydis library, which knows
 * every x86 instruction.  The unit test and the fuzzer ask it.
 */
#ifndef _DECODE_ORACLE_H
#define _DECODE_ORACLE_H

#include "decode.h"

/* To be called once, first. */
void decode_oracle_init(void);

/**
 * decode_oracle_check() - compare the decoder's answers with those of Zydis
 * @bytes:	anything
 * @n:		how many bytes
 * @mode:	code size
 *
 * Return: NULL if decode_insn() and decode_linear() agree with Zydis on the
 * result, the length, the operation, the prefixes, each operand and its
 * address, and in 64-bit code decode_uses_stack_segment() on the segment; else
 * what they disagree on.
 */
const char *decode_oracle_check(const u8 *bytes, size_t n,
				enum decode_mode mode);

#endif /* _DECODE_ORACLE_H */
