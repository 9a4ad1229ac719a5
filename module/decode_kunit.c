// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decoder, as the kernel's compiler builds it: one instruction of each form
 * that guests trap on, and each way to be refused. The unit tests compare it
 * with a second decoder over far more.
 */
#include "decode.h"
#include "fixture_kunit.h"

static const struct {
	const char *name;
	u8 bytes[16];
	u8 n;
	int result;
	u8 op, len;
	u8 types[2];
} insns[] = {
	{ "cpuid", { 0x0f, 0xa2 }, 2, 0, INSN_CPUID, 2 },
	{ "wrmsr", { 0x0f, 0x30 }, 2, 0, INSN_WRMSR, 2 },
	{ "hlt", { 0xf4 }, 1, 0, INSN_HLT, 1 },
	{ "cli", { 0xfa }, 1, 0, INSN_CLI, 1 },
	{ "mov rax, cr3", { 0x0f, 0x20, 0xd8 }, 3, 0, INSN_MOV_FROM_CR, 3,
	  { OPERAND_REG, OPERAND_CR } },
	{ "mov cr8, r15", { 0x45, 0x0f, 0x22, 0xc7 }, 4, 0, INSN_MOV_TO_CR, 4,
	  { OPERAND_CR, OPERAND_REG } },
	{ "mov dr7, rax", { 0x0f, 0x23, 0xf8 }, 3, 0, INSN_MOV_TO_DR, 3,
	  { OPERAND_DR, OPERAND_REG } },
	{ "lidt [rip+16]", { 0x0f, 0x01, 0x1d, 16, 0, 0, 0 }, 7, 0, INSN_LIDT,
	  7, { OPERAND_MEM } },
	{ "ltr ax", { 0x0f, 0x00, 0xd8 }, 3, 0, INSN_LTR, 3, { OPERAND_REG } },
	{ "invlpg [rdi]", { 0x0f, 0x01, 0x3f }, 3, 0, INSN_INVLPG, 3,
	  { OPERAND_MEM } },
	{ "swapgs", { 0x0f, 0x01, 0xf8 }, 3, 0, INSN_SWAPGS, 3 },
	{ "iretq", { 0x48, 0xcf }, 2, 0, INSN_IRET, 2 },
	{ "in al, dx", { 0xec }, 1, 0, INSN_IN, 1,
	  { OPERAND_REG, OPERAND_REG } },
	{ "out 0x80, al", { 0xe6, 0x80 }, 2, 0, INSN_OUT, 2,
	  { OPERAND_IMM, OPERAND_REG } },
	{ "rep outsb", { 0xf3, 0x6e }, 2, 0, INSN_OUTS, 2,
	  { OPERAND_REG, OPERAND_MEM } },
	{ "mov [rax], ecx", { 0x89, 0x08 }, 2, 0, INSN_MOV, 2,
	  { OPERAND_MEM, OPERAND_REG } },
	{ "lock or [rax+rbx*4+1], 2", { 0xf0, 0x83, 0x4c, 0x98, 1, 2 }, 6, 0,
	  INSN_OR, 6, { OPERAND_MEM, OPERAND_IMM } },
	{ "nothing", { 0 }, 0, -ENODATA },
	{ "half of wrmsr", { 0x0f }, 1, -ENODATA },
	{ "half of lidt", { 0x0f, 0x01, 0x1d, 16 }, 4, -ENODATA },
	{ "nop", { 0x90 }, 1, -EOPNOTSUPP },
	{ "mov ecx, eax", { 0x89, 0xc1 }, 2, -EOPNOTSUPP },
	{ "lidt of a register", { 0x0f, 0x01, 0xda }, 3, -EOPNOTSUPP },
	{ "mov rax, cr1", { 0x0f, 0x20, 0xc8 }, 3, -EINVAL },
	{ "lock cpuid", { 0xf0, 0x0f, 0xa2 }, 3, -EINVAL },
	{ "15 prefixes", { [0 ... 14] = 0x66, 0xf4 }, 16, -E2BIG },
};

static void test_insns(struct kunit *test)
{
	unsigned int i, o;

	for (i = 0; i < ARRAY_SIZE(insns); i++) {
		struct decoded_insn insn = {};
		int result = decode_insn(&insn, insns[i].bytes, insns[i].n,
					 DECODE_64);

		KUNIT_EXPECT_EQ_MSG(test, insns[i].result, result, "%s",
				    insns[i].name);
		if (result)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, insns[i].op, insn.op, "%s",
				    insns[i].name);
		KUNIT_EXPECT_EQ_MSG(test, insns[i].len, insn.len, "%s",
				    insns[i].name);
		for (o = 0; o < 2; o++)
			KUNIT_EXPECT_EQ_MSG(test, insns[i].types[o],
					    insn.operand[o].type,
					    "%s, operand %u", insns[i].name, o);
	}
}

/* Whatever a guest's instruction pointer leads to: an answer within bounds. */
static void test_any_bytes(struct kunit *test)
{
	struct decoded_insn insn;
	unsigned int first, second, mode;
	u8 bytes[DECODE_MAX_LEN + 1];

	for (mode = DECODE_16; mode <= DECODE_64; mode++)
		for (first = 0; first < 256; first++)
			for (second = 0; second < 256; second++) {
				memset(bytes, second, sizeof(bytes));
				bytes[0] = 0x0f;
				bytes[1] = first;
				if (decode_insn(&insn, bytes, sizeof(bytes),
						mode))
					continue;
				KUNIT_ASSERT_GE(test, insn.len, 2);
				KUNIT_ASSERT_LE(test, insn.len,
						DECODE_MAX_LEN);
			}
}

static void test_linear(struct kunit *test)
{
	static const u8 bytes[] = { 0x64, 0x8b, 0x44, 0x98, 0xf0 };
	u64 gprs[16] = { [GPR_RAX] = 0x1000, [GPR_RBX] = 0x10 };
	u64 bases[6] = { [SREG_DS] = 0xbad, [SREG_FS] = 0x7000000 };
	struct decoded_insn insn;

	KUNIT_ASSERT_EQ(test, 0, decode_insn(&insn, bytes, sizeof(bytes),
					     DECODE_64));
	KUNIT_EXPECT_EQ(test, 0x7001030,
			decode_linear(&insn, &insn.operand[1], gprs, 0x400000,
				      bases));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(test_insns),
	KUNIT_CASE(test_any_bytes),
	KUNIT_CASE(test_linear),
	{}
};

static struct kunit_suite suite = {
	.name = "corbel-decode",
	.test_cases = cases,
};

kunit_test_suite(suite);
