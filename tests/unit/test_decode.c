// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that the instruction decoder agrees with Zydis.
 *
 * A wrong length resumes the guest in the middle of an instruction, a wrong
 * operand corrupts its registers or memory, and the bytes decoded are the
 * guest's to choose.  There are too many to try all, but the parts of an
 * instruction hardly depend on each other.  So the tests go through all values
 * of some parts in all combinations, and fill the rest with random bytes from a
 * fixed seed.  Any disagreement is a failure, with the bytes shown.
 *
 * The last tests state by hand what Zydis cannot judge.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode_oracle.h"

#define BUFFER_SIZE	24	/* prefixes, opcode and a random rest */
#define N_OPCODES	(3 * 256)	/* maps: none, 0F, 0F 38 */
#define N_LEGACY	32	/* sets of 66 67 F2 F3 F0 */
#define N_REX		17	/* none, 40 to 4F */

static const u8 legacy[] = { 0x66, 0x67, 0xf2, 0xf3, 0xf0 };
static const u8 segments[] = { 0, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65 };
#define N_SEGMENTS	sizeof(segments)

static u64 random_state = 0x2545f4914f6cdd1d;

static u64 random64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Takes a number less than @n out of @seed; all seeds give all combinations. */
static unsigned int pick(u64 *seed, unsigned int n)
{
	unsigned int value = *seed % n;

	*seed /= n;
	return value;
}

/* An instruction under construction */
struct buffer {
	u8 bytes[BUFFER_SIZE];
	unsigned int n;
};

static void start(struct buffer *b)
{
	unsigned int i;

	for (i = 0; i < BUFFER_SIZE; i += 8) {
		u64 value = random64();

		memcpy(b->bytes + i, &value, 8);
	}
	b->n = 0;
}

static void put(struct buffer *b, u8 byte)
{
	b->bytes[b->n++] = byte;
}

static void put_legacy(struct buffer *b, u64 *seed)
{
	unsigned int i;

	for (i = 0; i < sizeof(legacy); i++)
		if (pick(seed, 2))
			put(b, legacy[i]);
}

static void put_segment(struct buffer *b, u64 *seed)
{
	u8 segment = segments[pick(seed, N_SEGMENTS)];

	if (segment)
		put(b, segment);
}

static void put_rex(struct buffer *b, u64 *seed)
{
	unsigned int rex = pick(seed, N_REX);

	if (rex)
		put(b, 0x40 + rex - 1);
}

static void put_opcode(struct buffer *b, unsigned int opcode)
{
	if (opcode >= 0x100)
		put(b, 0x0f);
	if (opcode >= 0x200)
		put(b, 0x38);
	put(b, opcode);
}

static void check(const u8 *bytes, size_t n, enum decode_mode mode)
{
	const char *difference = decode_oracle_check(bytes, n, mode);
	size_t i;

	if (!difference)
		return;
	for (i = 0; i < n; i++)
		fprintf(stderr, "%02x ", bytes[i]);
	fail_msg("%d-bit code: %s", 16 << mode, difference);
}

static u64 rex_combinations(enum decode_mode mode)
{
	return mode == DECODE_64 ? N_REX : 1;
}

/* Each opcode behind each combination of prefixes */
static void test_prefixes(void **state)
{
	enum decode_mode mode = (uintptr_t)*state;
	u64 i, n = N_OPCODES * N_LEGACY * N_SEGMENTS * rex_combinations(mode);

	for (i = 0; i < n; i++) {
		unsigned int opcode;
		struct buffer b;
		u64 seed = i;

		start(&b);
		opcode = pick(&seed, N_OPCODES);
		put_legacy(&b, &seed);
		put_segment(&b, &seed);
		put_rex(&b, &seed);
		put_opcode(&b, opcode);
		check(b.bytes, BUFFER_SIZE, mode);
	}
}

/* Does the decoder know the opcode, with some ModRM byte? */
static bool is_known(unsigned int opcode, enum decode_mode mode)
{
	struct decoded_insn insn;
	unsigned int modrm;
	struct buffer b;

	for (modrm = 0; modrm < 256; modrm++) {
		start(&b);
		put_opcode(&b, opcode);
		put(&b, modrm);
		if (decode_insn(&insn, b.bytes, BUFFER_SIZE, mode) !=
		    -EOPNOTSUPP)
			return true;
	}
	return false;
}

static void check_modrm(unsigned int opcode, enum decode_mode mode)
{
	u64 i, n = 8 * 256 * rex_combinations(mode);

	for (i = 0; i < n; i++) {
		u64 seed = i, random = random64();
		unsigned int modrm;
		struct buffer b;

		start(&b);
		modrm = pick(&seed, 256);
		put_legacy(&b, &random);
		put_segment(&b, &random);
		put_rex(&b, &seed);
		put_opcode(&b, opcode);
		put(&b, modrm);
		check(b.bytes, BUFFER_SIZE, mode);
	}
}

/* Each known opcode with each ModRM byte and REX, and 8 sets of prefixes */
static void test_modrm(void **state)
{
	enum decode_mode mode = (uintptr_t)*state;
	unsigned int opcode, known = 0;

	for (opcode = 0; opcode < N_OPCODES; opcode++) {
		if (is_known(opcode, mode)) {
			check_modrm(opcode, mode);
			known++;
		}
	}
	assert_true(known > 100);
}

/* Each ModRM and SIB byte with each REX and address size, here with MOV */
static void test_sib(void **state)
{
	enum decode_mode mode = (uintptr_t)*state;
	u64 i, n = 256 * 256 * 2 * rex_combinations(mode);

	for (i = 0; i < n; i++) {
		u64 seed = i, random = random64();
		unsigned int modrm, sib;
		struct buffer b;

		start(&b);
		modrm = pick(&seed, 256);
		sib = pick(&seed, 256);
		put_segment(&b, &random);
		if (pick(&seed, 2))
			put(&b, 0x67);
		put_rex(&b, &seed);
		put_opcode(&b, 0x8b);
		put(&b, modrm);
		put(&b, sib);
		check(b.bytes, BUFFER_SIZE, mode);
	}
}

/* Random bytes, some of them behind random prefixes in random order */
static void test_random(void **state)
{
	enum decode_mode mode = (uintptr_t)*state;
	static const u8 prefixes[] = {
		0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x26, 0x2e, 0x36, 0x3e, 0x64,
		0x65, 0x40, 0x41, 0x42, 0x44, 0x48, 0x4f, 0x0f, 0xc4, 0xc5,
		0x62,
	};
	unsigned int i, n;

	for (i = 0; i < 2000000; i++) {
		u64 seed = random64();
		struct buffer b;

		start(&b);
		for (n = pick(&seed, 6); n > 0; n--)
			put(&b, prefixes[pick(&seed, sizeof(prefixes))]);
		check(b.bytes, BUFFER_SIZE, mode);
	}
}

/*
 * Cuts an instruction at each length.  The copies end where their heap block
 * ends, so that the sanitizer sees a read past it.
 */
static void check_cuts(const struct buffer *b, enum decode_mode mode)
{
	struct decoded_insn insn;
	size_t n;

	if (decode_insn(&insn, b->bytes, BUFFER_SIZE, mode))
		return;
	for (n = 0; n <= insn.len; n++) {
		struct decoded_insn cut;
		u8 *copy = malloc(n);

		assert_true(copy || !n);
		memcpy(copy, b->bytes, n);
		assert_int_equal(decode_insn(&cut, copy, n, mode),
				 n < insn.len ? -ENODATA : 0);
		check(copy, n, mode);
		free(copy);
	}
}

static void test_cuts(void **state)
{
	enum decode_mode mode = (uintptr_t)*state;
	unsigned int i;

	for (i = 0; i < N_OPCODES * 256; i++) {
		u64 seed = i, random = random64();
		unsigned int opcode;
		struct buffer b;

		start(&b);
		opcode = pick(&seed, N_OPCODES);
		if (pick(&random, 2))
			put_legacy(&b, &random);
		if (mode == DECODE_64)
			put_rex(&b, &random);
		put_opcode(&b, opcode);
		put(&b, pick(&seed, 256));
		check_cuts(&b, mode);
	}
}

/* 15 bytes are an instruction, 16 are not, wherever the buffer ends. */
static void test_too_long(void **state)
{
	u8 bytes[17] = { [0 ... 13] = 0x66, 0xfa, 0xfa, 0xfa };
	struct decoded_insn insn;

	(void)state;
	assert_int_equal(decode_insn(&insn, bytes, 15, DECODE_64), 0);
	assert_int_equal(insn.len, 15);
	assert_int_equal(insn.op, INSN_CLI);
	bytes[14] = 0x66;
	assert_int_equal(decode_insn(&insn, bytes, 15, DECODE_64), -E2BIG);
	assert_int_equal(decode_insn(&insn, bytes, 17, DECODE_64), -E2BIG);
	assert_int_equal(decode_insn(&insn, bytes, 14, DECODE_64), -ENODATA);
}

/* Where CPUs differ from one another, or from Zydis, the choice is this. */
static void test_choices(void **state)
{
	static const struct {
		u8 bytes[8];
		enum decode_mode mode;
		int result;
		enum decode_op op;	/* if the result is 0 */
	} choices[] = {
		/* WBNOINVD is WBINVD where the CPU does not have it. */
		{ { 0xf3, 0x0f, 0x09 }, DECODE_64, 0, INSN_WBINVD },
		/* So are both VMGEXITs VMMCALL. */
		{ { 0xf2, 0x0f, 0x01, 0xd9 }, DECODE_64, 0, INSN_VMMCALL },
		{ { 0xf3, 0x0f, 0x01, 0xd9 }, DECODE_64, 0, INSN_VMMCALL },
		/* AMD's second way to CR8 */
		{ { 0xf0, 0x0f, 0x20, 0xc0 }, DECODE_32, -EINVAL, 0 },
		/* MOV between CR0 and a register does not look at mod. */
		{ { 0x0f, 0x20, 0x04 }, DECODE_64, 0, INSN_MOV_FROM_CR },
		/* ARPL, where 64-bit mode has MOVSXD */
		{ { 0x63, 0x00 }, DECODE_32, -EOPNOTSUPP, 0 },
		/* The alias of 80 /0 */
		{ { 0x82, 0x00, 0x01 }, DECODE_32, -EOPNOTSUPP, 0 },
		/* Bits of memory beyond the operand */
		{ { 0x0f, 0xa3, 0x00 }, DECODE_64, -EOPNOTSUPP, 0 },
	};
	struct decoded_insn insn;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(choices) / sizeof(*choices); i++) {
		assert_int_equal(decode_insn(&insn, choices[i].bytes, 8,
					     choices[i].mode),
				 choices[i].result);
		if (choices[i].result == 0)
			assert_int_equal(insn.op, choices[i].op);
	}
}

/* PUSH, POP and CALL with a memory operand: either access can be at fault. */
static void test_stack_segment(void **state)
{
	static const u8 push_rbp[] = { 0xff, 0x75, 8 };
	static const u8 push_rax[] = { 0xff, 0x30 };
	static const u8 lcall_rax[] = { 0xff, 0x18 };
	static const u8 pop_rax[] = { 0x8f, 0x00 };
	const u64 rsp = 1ULL << 47;

	(void)state;
	assert_true(decode_uses_stack_segment(push_rax, 2, rsp, rsp - 8));
	assert_true(decode_uses_stack_segment(lcall_rax, 2, rsp, rsp - 16));
	assert_false(decode_uses_stack_segment(lcall_rax, 2, rsp, rsp - 17));
	assert_true(decode_uses_stack_segment(pop_rax, 2, rsp, rsp + 7));
	assert_false(decode_uses_stack_segment(pop_rax, 2, rsp, rsp + 8));
	assert_true(decode_uses_stack_segment(push_rbp, 3, rsp, rsp + 4096));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_prefixes, (void *)DECODE_16),
		cmocka_unit_test_prestate(test_prefixes, (void *)DECODE_32),
		cmocka_unit_test_prestate(test_prefixes, (void *)DECODE_64),
		cmocka_unit_test_prestate(test_modrm, (void *)DECODE_16),
		cmocka_unit_test_prestate(test_modrm, (void *)DECODE_32),
		cmocka_unit_test_prestate(test_modrm, (void *)DECODE_64),
		cmocka_unit_test_prestate(test_sib, (void *)DECODE_16),
		cmocka_unit_test_prestate(test_sib, (void *)DECODE_32),
		cmocka_unit_test_prestate(test_sib, (void *)DECODE_64),
		cmocka_unit_test_prestate(test_random, (void *)DECODE_16),
		cmocka_unit_test_prestate(test_random, (void *)DECODE_32),
		cmocka_unit_test_prestate(test_random, (void *)DECODE_64),
		cmocka_unit_test_prestate(test_cuts, (void *)DECODE_16),
		cmocka_unit_test_prestate(test_cuts, (void *)DECODE_32),
		cmocka_unit_test_prestate(test_cuts, (void *)DECODE_64),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_stack_segment),
	};

	decode_oracle_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
