// SPDX-License-Identifier: GPL-2.0-only
/*
 * The instruction decoder.
 *
 * The kernel's own decoder is not exported, and the module needs few
 * instructions: those in enum decode_op.  They stand in the tables below, one
 * entry per opcode, with operands in the manuals' manner; the code underneath
 * is the interpreter of these tables.  Anything without an entry is refused.
 *
 * The bytes come from the guest, so any of them can be anything.  Every read
 * goes through fetch(), which notes the first error and from then on returns
 * zeros; the error is looked at once, at the end.
 */
#include "decode.h"

/* How an operand is encoded */
enum operand_kind {
	KIND_NONE,
	KIND_ACC,	/* accumulator */
	KIND_DX,
	KIND_SI,	/* DS:rSI, segment can be overridden */
	KIND_DI,	/* ES:rDI */
	KIND_OFFS,	/* memory, the address follows the opcode */
	KIND_IMM,	/* signed immediate */
	KIND_BYTE,	/* unsigned immediate byte */
	KIND_MODRM,	/* those from here on need a ModRM byte */
	KIND_RM = KIND_MODRM, /* register or memory */
	KIND_MEM,	/* the same, but memory only */
	KIND_REG,	/* ModRM.reg */
	KIND_CR,	/* ModRM.reg */
	KIND_DR,	/* ModRM.reg */
	KIND_GPR,	/* ModRM.rm; ModRM.mod is ignored */
};

/* How its size is found.  Up to 4 the number is the size. */
enum operand_width {
	WIDTH_0 = 0,
	WIDTH_B = 1,
	WIDTH_W = 2,
	WIDTH_D = 4,
	WIDTH_V,	/* operand size */
	WIDTH_Z,	/* operand size, at most 4 */
	WIDTH_Y,	/* operand size, at least 4 */
	WIDTH_N,	/* native: 8 in 64-bit mode, else 4 */
	WIDTH_S,	/* selector, CR0: 2 in memory, operand size in a register */
	WIDTH_P,	/* pseudo-descriptor: limit and base of a table */
	WIDTH_O,	/* 16 */
};

#define OPERAND(kind, width)	(KIND_##kind << 4 | WIDTH_##width)

enum operand_code {
	NONE = OPERAND(NONE, 0), DX = OPERAND(DX, W),
	BYTE = OPERAND(BYTE, B), CR = OPERAND(CR, N),
	DR = OPERAND(DR, N), GPR_N = OPERAND(GPR, N),
	ACC_B = OPERAND(ACC, B), ACC_V = OPERAND(ACC, V),
	ACC_Z = OPERAND(ACC, Z),
	SI_B = OPERAND(SI, B), SI_V = OPERAND(SI, V),
	SI_Z = OPERAND(SI, Z),
	DI_B = OPERAND(DI, B), DI_V = OPERAND(DI, V),
	DI_Z = OPERAND(DI, Z),
	OFFS_B = OPERAND(OFFS, B), OFFS_V = OPERAND(OFFS, V),
	IMM_B = OPERAND(IMM, B), IMM_Z = OPERAND(IMM, Z),
	RM_W = OPERAND(RM, W), RM_S = OPERAND(RM, S),
	MEM_0 = OPERAND(MEM, 0), MEM_B = OPERAND(MEM, B),
	MEM_W = OPERAND(MEM, W), MEM_D = OPERAND(MEM, D),
	MEM_V = OPERAND(MEM, V), MEM_Y = OPERAND(MEM, Y),
	MEM_P = OPERAND(MEM, P), MEM_O = OPERAND(MEM, O),
	REG_B = OPERAND(REG, B), REG_V = OPERAND(REG, V),
	REG_Y = OPERAND(REG, Y), REG_N = OPERAND(REG, N),
};

enum opcode_flag {
	ONLY64	= 1 << 0,	/* something else outside 64-bit mode */
	NO64	= 1 << 1,	/* undefined in 64-bit mode */
	STACK	= 1 << 2,	/* operand size 8 unless overridden, if 64-bit */
	BARE	= 1 << 3,	/* undefined with prefix 66, F2 or F3 */
	WITH66	= 1 << 4,	/* undefined without prefix 66, or with F2, F3 */
	GROUP	= 1 << 5,	/* ModRM.reg selects from groups[@op] */
};

struct opcode {
	u8 op;			/* enum decode_op or enum group */
	u8 operand[2];		/* enum operand_code */
	u8 flags;
};

/* Members without operands have those of the opcode. */
enum group {
	GROUP_ALU, GROUP_MOV, GROUP_TEST, GROUP_BT, GROUP_0F00, GROUP_0F01,
};

static const struct opcode groups[][8] = {
	[GROUP_ALU] = {
		{ INSN_ADD }, { INSN_OR }, { INSN_ADC }, { INSN_SBB },
		{ INSN_AND }, { INSN_SUB }, { INSN_XOR }, { INSN_CMP },
	},
	[GROUP_MOV] = { { INSN_MOV } },
	[GROUP_TEST] = { { INSN_TEST }, { INSN_TEST } },
	[GROUP_BT] = {
		[4] = { INSN_BT }, { INSN_BTS }, { INSN_BTR }, { INSN_BTC },
	},
	[GROUP_0F00] = {
		{ INSN_SLDT, { RM_S } }, { INSN_STR, { RM_S } },
		{ INSN_LLDT, { RM_W } }, { INSN_LTR, { RM_W } },
	},
	[GROUP_0F01] = {
		{ INSN_SGDT, { MEM_P } }, { INSN_SIDT, { MEM_P } },
		{ INSN_LGDT, { MEM_P } }, { INSN_LIDT, { MEM_P } },
		{ INSN_SMSW, { RM_S } }, { INSN_UNKNOWN },
		{ INSN_LMSW, { RM_W } }, { INSN_INVLPG, { MEM_0 } },
	},
};

/* 0F 01 with a register in ModRM, by ModRM.reg and ModRM.rm */
static const struct opcode group_0f01_reg[64] = {
	[001] = { INSN_VMCALL, .flags = BARE },
	[010] = { INSN_MONITOR, .flags = BARE },
	[011] = { INSN_MWAIT, .flags = BARE },
	[012] = { INSN_CLAC, .flags = BARE },
	[013] = { INSN_STAC, .flags = BARE },
	[020] = { INSN_XGETBV, .flags = BARE },
	[021] = { INSN_XSETBV, .flags = BARE },
	[031] = { INSN_VMMCALL },
	[040 ... 047] = { INSN_SMSW, { RM_S } },
	[060 ... 067] = { INSN_LMSW, { RM_W } },
	[070] = { INSN_SWAPGS, .flags = ONLY64 },
	[071] = { INSN_RDTSCP },
};

static const struct opcode one_byte[256] = {
	/* the forms of all of GROUP_ALU */
	[0x00] = { INSN_ADD, { MEM_B, REG_B } },
	[0x01] = { INSN_ADD, { MEM_V, REG_V } },
	[0x02] = { INSN_ADD, { REG_B, MEM_B } },
	[0x03] = { INSN_ADD, { REG_V, MEM_V } },
	[0x63] = { INSN_MOVSXD, { REG_V, MEM_D }, ONLY64 },
	[0x6c] = { INSN_INS, { DI_B, DX } },
	[0x6d] = { INSN_INS, { DI_Z, DX } },
	[0x6e] = { INSN_OUTS, { DX, SI_B } },
	[0x6f] = { INSN_OUTS, { DX, SI_Z } },
	[0x80] = { GROUP_ALU, { MEM_B, IMM_B }, GROUP },
	[0x81] = { GROUP_ALU, { MEM_V, IMM_Z }, GROUP },
	[0x83] = { GROUP_ALU, { MEM_V, IMM_B }, GROUP },
	[0x84] = { INSN_TEST, { MEM_B, REG_B } },
	[0x85] = { INSN_TEST, { MEM_V, REG_V } },
	[0x86] = { INSN_XCHG, { MEM_B, REG_B } },
	[0x87] = { INSN_XCHG, { MEM_V, REG_V } },
	[0x88] = { INSN_MOV, { MEM_B, REG_B } },
	[0x89] = { INSN_MOV, { MEM_V, REG_V } },
	[0x8a] = { INSN_MOV, { REG_B, MEM_B } },
	[0x8b] = { INSN_MOV, { REG_V, MEM_V } },
	[0x9c] = { INSN_PUSHF, .flags = STACK },
	[0x9d] = { INSN_POPF, .flags = STACK },
	[0xa0] = { INSN_MOV, { ACC_B, OFFS_B } },
	[0xa1] = { INSN_MOV, { ACC_V, OFFS_V } },
	[0xa2] = { INSN_MOV, { OFFS_B, ACC_B } },
	[0xa3] = { INSN_MOV, { OFFS_V, ACC_V } },
	[0xa4] = { INSN_MOVS, { DI_B, SI_B } },
	[0xa5] = { INSN_MOVS, { DI_V, SI_V } },
	[0xaa] = { INSN_STOS, { DI_B, ACC_B } },
	[0xab] = { INSN_STOS, { DI_V, ACC_V } },
	[0xc6] = { GROUP_MOV, { MEM_B, IMM_B }, GROUP },
	[0xc7] = { GROUP_MOV, { MEM_V, IMM_Z }, GROUP },
	[0xcc] = { INSN_INT3 },
	[0xcd] = { INSN_INT, { BYTE } },
	[0xce] = { INSN_INTO, .flags = NO64 },
	[0xcf] = { INSN_IRET },
	[0xe4] = { INSN_IN, { ACC_B, BYTE } },
	[0xe5] = { INSN_IN, { ACC_Z, BYTE } },
	[0xe6] = { INSN_OUT, { BYTE, ACC_B } },
	[0xe7] = { INSN_OUT, { BYTE, ACC_Z } },
	[0xec] = { INSN_IN, { ACC_B, DX } },
	[0xed] = { INSN_IN, { ACC_Z, DX } },
	[0xee] = { INSN_OUT, { DX, ACC_B } },
	[0xef] = { INSN_OUT, { DX, ACC_Z } },
	[0xf1] = { INSN_INT1 },
	[0xf4] = { INSN_HLT },
	[0xf6] = { GROUP_TEST, { MEM_B, IMM_B }, GROUP },
	[0xf7] = { GROUP_TEST, { MEM_V, IMM_Z }, GROUP },
	[0xfa] = { INSN_CLI },
	[0xfb] = { INSN_STI },
};

static const struct opcode two_byte[256] = {
	[0x00] = { GROUP_0F00, .flags = GROUP },
	[0x01] = { GROUP_0F01, .flags = GROUP },
	[0x05] = { INSN_SYSCALL },
	[0x06] = { INSN_CLTS },
	[0x07] = { INSN_SYSRET },
	[0x08] = { INSN_INVD },
	[0x09] = { INSN_WBINVD },
	[0x20] = { INSN_MOV_FROM_CR, { GPR_N, CR } },
	[0x21] = { INSN_MOV_FROM_DR, { GPR_N, DR } },
	[0x22] = { INSN_MOV_TO_CR, { CR, GPR_N } },
	[0x23] = { INSN_MOV_TO_DR, { DR, GPR_N } },
	[0x30] = { INSN_WRMSR },
	[0x31] = { INSN_RDTSC },
	[0x32] = { INSN_RDMSR },
	[0x33] = { INSN_RDPMC },
	[0x34] = { INSN_SYSENTER },
	[0x35] = { INSN_SYSEXIT },
	[0xa2] = { INSN_CPUID },
	[0xaa] = { INSN_RSM },
	[0xb6] = { INSN_MOVZX, { REG_V, MEM_B } },
	[0xb7] = { INSN_MOVZX, { REG_V, MEM_W } },
	[0xba] = { GROUP_BT, { MEM_V, BYTE }, GROUP },
	[0xbe] = { INSN_MOVSX, { REG_V, MEM_B } },
	[0xbf] = { INSN_MOVSX, { REG_V, MEM_W } },
	[0xc3] = { INSN_MOVNTI, { MEM_Y, REG_Y }, BARE },
};

static const struct opcode unknown = { INSN_UNKNOWN };
static const struct opcode invpcid = { INSN_INVPCID, { REG_N, MEM_O }, WITH66 };

/* REX prefix bits */
#define REX_B	0x1
#define REX_X	0x2
#define REX_R	0x4
#define REX_W	0x8

/* No segment override */
#define NO_SEG	0xff

struct decoder {
	const u8 *bytes;
	size_t n;
	u8 pos;
	int err;
	enum decode_mode mode;

	/* prefixes */
	u8 rex;			/* the whole byte, or 0 */
	u8 rep;
	bool lock;
	bool opsize_override;
	bool addrsize_override;
	u8 seg;			/* enum decode_sreg, or NO_SEG */

	u8 modrm;
	u8 opsize;
	u8 addrsize;
};

static u8 modrm_mod(const struct decoder *d)
{
	return d->modrm >> 6;
}

static u8 modrm_reg(const struct decoder *d)
{
	return (d->modrm >> 3 & 7) | (d->rex & REX_R ? 8 : 0);
}

static u8 modrm_rm(const struct decoder *d)
{
	return (d->modrm & 7) | (d->rex & REX_B ? 8 : 0);
}

static void fail(struct decoder *d, int err)
{
	if (!d->err)
		d->err = err;
}

static u64 fetch(struct decoder *d, unsigned int size)
{
	u64 value = 0;
	unsigned int i;

	if (d->pos + size > DECODE_MAX_LEN)
		fail(d, -E2BIG);
	else if (d->pos + size > d->n)
		fail(d, -ENODATA);
	if (d->err)
		return 0;
	for (i = 0; i < size; i++)
		value |= (u64)d->bytes[d->pos++] << (8 * i);
	return value;
}

static u64 fetch_signed(struct decoder *d, unsigned int size)
{
	unsigned int shift = 64 - 8 * size;

	return (s64)(fetch(d, size) << shift) >> shift;
}

static void override_segment(struct decoder *d, enum decode_sreg seg)
{
	if (d->mode != DECODE_64 || seg == SREG_FS || seg == SREG_GS)
		d->seg = seg;
}

static bool decode_prefix(struct decoder *d, u8 byte)
{
	switch (byte) {
	case 0x26: case 0x2e: case 0x36: case 0x3e:
		override_segment(d, byte >> 3 & 3);
		break;
	case 0x64: case 0x65:
		override_segment(d, SREG_FS + (byte & 1));
		break;
	case 0x66:
		d->opsize_override = true;
		break;
	case 0x67:
		d->addrsize_override = true;
		break;
	case 0xf0:
		d->lock = true;
		break;
	case 0xf2: case 0xf3:
		d->rep = byte;
		break;
	default:
		if (d->mode != DECODE_64 || (byte & 0xf0) != 0x40)
			return false;
		d->rex = byte;
		return true;
	}
	/* A REX prefix counts only if the opcode follows it directly. */
	d->rex = 0;
	return true;
}

/* Returns the first byte of the opcode. */
static u8 decode_prefixes(struct decoder *d)
{
	u8 byte;

	d->seg = NO_SEG;
	do
		byte = fetch(d, 1);
	while (decode_prefix(d, byte));

	if (d->mode == DECODE_64)
		d->addrsize = d->addrsize_override ? 4 : 8;
	else if (d->mode == DECODE_32)
		d->addrsize = d->addrsize_override ? 2 : 4;
	else
		d->addrsize = d->addrsize_override ? 4 : 2;
	return byte;
}

static u8 operand_size(const struct decoder *d, u8 flags)
{
	if (d->rex & REX_W)
		return 8;
	if (d->mode == DECODE_16)
		return d->opsize_override ? 4 : 2;
	if (d->opsize_override)
		return 2;
	return d->mode == DECODE_64 && flags & STACK ? 8 : 4;
}

static struct opcode lookup_0f(struct decoder *d)
{
	u8 byte = fetch(d, 1);

	if (byte == 0x38)
		return fetch(d, 1) == 0x82 ? invpcid : unknown;
	return two_byte[byte];
}

static struct opcode lookup_group(const struct decoder *d, struct opcode o)
{
	struct opcode member;

	if (o.op == GROUP_0F01 && modrm_mod(d) == 3)
		return group_0f01_reg[d->modrm & 077];

	member = groups[o.op][d->modrm >> 3 & 7];
	if (member.operand[0] == NONE) {
		member.operand[0] = o.operand[0];
		member.operand[1] = o.operand[1];
	}
	return member;
}

static bool has_modrm(struct opcode o)
{
	return o.flags & GROUP || o.operand[0] >> 4 >= KIND_MODRM ||
	       o.operand[1] >> 4 >= KIND_MODRM;
}

/* Fetches what remains of the opcode, and ModRM if there is one. */
static struct opcode lookup(struct decoder *d, u8 byte)
{
	struct opcode o = one_byte[byte];

	if (byte == 0x0f) {
		o = lookup_0f(d);
	} else if (byte < 0x40 && (byte & 7) < 4) {
		o = one_byte[byte & 3];
		o.op = groups[GROUP_ALU][byte >> 3].op;
	}
	if (has_modrm(o))
		d->modrm = fetch(d, 1);
	return o.flags & GROUP ? lookup_group(d, o) : o;
}

/* ModRM.rm as base and index in 16-bit addressing */
static const u8 base16[8] = {
	GPR_RBX, GPR_RBX, GPR_RBP, GPR_RBP, GPR_RSI, GPR_RDI, GPR_RBP, GPR_RBX,
};

static const u8 index16[8] = {
	GPR_RSI, GPR_RDI, GPR_RSI, GPR_RDI,
	GPR_NONE, GPR_NONE, GPR_NONE, GPR_NONE,
};

static void decode_rm16(struct decoder *d, struct decoded_operand *o)
{
	u8 mod = modrm_mod(d), rm = modrm_rm(d);

	if (mod == 0 && rm == 6) {
		o->value = fetch(d, 2);
		return;
	}
	o->base = base16[rm];
	o->index = index16[rm];
	if (mod)
		o->value = fetch_signed(d, mod);
}

static void decode_sib(struct decoder *d, struct decoded_operand *o)
{
	u8 sib = fetch(d, 1);
	u8 index = (sib >> 3 & 7) | (d->rex & REX_X ? 8 : 0);

	o->base = (sib & 7) | (d->rex & REX_B ? 8 : 0);
	o->scale = 1 << (sib >> 6);
	if (index != GPR_RSP)
		o->index = index;
}

/*
 * RSP or R12 in ModRM.rm means that a SIB byte follows.  RBP or R13 as a base
 * without displacement means a displacement without base, which in 64-bit mode
 * is relative to RIP unless there is a SIB byte.
 */
static void decode_rm32(struct decoder *d, struct decoded_operand *o)
{
	u8 mod = modrm_mod(d);

	o->base = modrm_rm(d);
	if ((o->base & 7) == GPR_RSP)
		decode_sib(d, o);
	if (mod == 0 && (o->base & 7) == GPR_RBP) {
		o->base = d->mode == DECODE_64 && (d->modrm & 7) == GPR_RBP ?
			  GPR_RIP : GPR_NONE;
		mod = 2;
	}
	if (mod)
		o->value = fetch_signed(d, mod == 1 ? 1 : 4);
}

static u8 segment(const struct decoder *d, enum decode_sreg seg)
{
	return d->seg == NO_SEG ? seg : d->seg;
}

static void set_memory(struct decoded_operand *o, enum decode_gpr base, u8 seg)
{
	o->type = OPERAND_MEM;
	o->seg = seg;
	o->base = base;
	o->index = GPR_NONE;
	o->scale = 1;
}

static void decode_memory(struct decoder *d, struct decoded_operand *o)
{
	set_memory(o, GPR_NONE, SREG_DS);
	if (d->addrsize == 2)
		decode_rm16(d, o);
	else
		decode_rm32(d, o);
	if (o->base == GPR_RSP || o->base == GPR_RBP)
		o->seg = SREG_SS;
	o->seg = segment(d, o->seg);
}

static u8 operand_bytes(const struct decoder *d, enum operand_width width)
{
	switch (width) {
	case WIDTH_V:
		return d->opsize;
	case WIDTH_Z:
		return d->opsize == 2 ? 2 : 4;
	case WIDTH_Y:
		return d->opsize == 8 ? 8 : 4;
	case WIDTH_N:
		return d->mode == DECODE_64 ? 8 : 4;
	case WIDTH_S:
		return modrm_mod(d) == 3 ? d->opsize : 2;
	case WIDTH_P:
		return d->mode == DECODE_64 ? 10 : 6;
	case WIDTH_O:
		return 16;
	default:
		return width;
	}
}

static void set_reg(const struct decoder *d, struct decoded_operand *o,
		    u8 number)
{
	bool high = o->size == 1 && number >= 4 && !d->rex;

	o->type = high ? OPERAND_REG_HIGH : OPERAND_REG;
	o->reg = high ? number - 4 : number;
}

/* Bit n is set if register n exists: CR0, CR2 to CR4, CR8; DR0 to DR7 */
#define VALID_CR	0x11d
#define VALID_DR	0xff

static void set_special_reg(struct decoder *d, struct decoded_operand *o,
			    enum decode_operand_type type, unsigned int valid)
{
	o->type = type;
	o->reg = modrm_reg(d);
	if (!(valid >> o->reg & 1))
		fail(d, -EINVAL);
}

static void decode_operand(struct decoder *d, struct decoded_operand *o,
			   enum operand_code code)
{
	o->size = operand_bytes(d, code & 15);
	switch ((enum operand_kind)(code >> 4)) {
	case KIND_NONE:
		break;
	case KIND_ACC:
		set_reg(d, o, GPR_RAX);
		break;
	case KIND_DX:
		set_reg(d, o, GPR_RDX);
		break;
	case KIND_SI:
		set_memory(o, GPR_RSI, segment(d, SREG_DS));
		break;
	case KIND_DI:
		set_memory(o, GPR_RDI, SREG_ES);
		break;
	case KIND_OFFS:
		set_memory(o, GPR_NONE, segment(d, SREG_DS));
		o->value = fetch(d, d->addrsize);
		break;
	case KIND_IMM:
		o->type = OPERAND_IMM;
		o->value = fetch_signed(d, o->size);
		break;
	case KIND_BYTE:
		o->type = OPERAND_IMM;
		o->value = fetch(d, 1);
		break;
	case KIND_MEM:
		if (modrm_mod(d) == 3)
			fail(d, -EOPNOTSUPP);
		decode_memory(d, o);
		break;
	case KIND_RM:
		if (modrm_mod(d) == 3)
			set_reg(d, o, modrm_rm(d));
		else
			decode_memory(d, o);
		break;
	case KIND_REG:
		set_reg(d, o, modrm_reg(d));
		break;
	case KIND_GPR:
		set_reg(d, o, modrm_rm(d));
		break;
	case KIND_CR:
		set_special_reg(d, o, OPERAND_CR, VALID_CR);
		break;
	case KIND_DR:
		set_special_reg(d, o, OPERAND_DR, VALID_DR);
		break;
	}
}

static void check_opcode(struct decoder *d, struct opcode o)
{
	if (!o.op || o.flags & (d->mode == DECODE_64 ? NO64 : ONLY64))
		fail(d, -EOPNOTSUPP);
	if (o.flags & BARE && (d->opsize_override || d->rep))
		fail(d, -EINVAL);
	if (o.flags & WITH66 && (!d->opsize_override || d->rep))
		fail(d, -EINVAL);
}

static bool may_lock(const struct decoded_insn *insn)
{
	switch (insn->op) {
	case INSN_ADD: case INSN_OR: case INSN_ADC: case INSN_SBB:
	case INSN_AND: case INSN_SUB: case INSN_XOR: case INSN_XCHG:
	case INSN_BTS: case INSN_BTR: case INSN_BTC:
		return insn->operand[0].type == OPERAND_MEM;
	default:
		return false;
	}
}

int decode_insn(struct decoded_insn *insn, const u8 *bytes, size_t n,
		enum decode_mode mode)
{
	struct decoder d = { .bytes = bytes, .n = n, .mode = mode };
	struct opcode o = lookup(&d, decode_prefixes(&d));

	check_opcode(&d, o);
	d.opsize = operand_size(&d, o.flags);
	*insn = (struct decoded_insn){
		.op = o.op,
		.mode = mode,
		.opsize = d.opsize,
		.addrsize = d.addrsize,
		.rep = d.rep,
		.lock = d.lock,
	};
	decode_operand(&d, &insn->operand[0], o.operand[0]);
	decode_operand(&d, &insn->operand[1], o.operand[1]);
	insn->len = d.pos;
	if (d.lock && !may_lock(insn))
		fail(&d, -EINVAL);
	return d.err;
}

u64 decode_linear(const struct decoded_insn *insn,
		  const struct decoded_operand *o, const u64 *gprs, u64 rip,
		  const u64 *seg_base)
{
	u64 addr = o->value;

	if (o->base == GPR_RIP)
		addr += rip + insn->len;
	else if (o->base != GPR_NONE)
		addr += gprs[o->base];
	if (o->index != GPR_NONE)
		addr += gprs[o->index] * o->scale;

	if (insn->addrsize == 2)
		addr = (u16)addr;
	else if (insn->addrsize == 4)
		addr = (u32)addr;

	if (insn->mode != DECODE_64)
		return (u32)(addr + seg_base[o->seg]);
	return o->seg >= SREG_FS ? addr + seg_base[o->seg] : addr;
}

/* Opcodes as decode_uses_stack_segment() sees them: map and byte */
#define MAP_0F		0x100
#define MAP_OTHER	0x200

/*
 * VEX and EVEX prefixes hold REX's bits inverted.  Only B matters here: it
 * tells R12 and R13 from RSP and RBP.
 */
static unsigned int decode_vector_prefix(struct decoder *d, unsigned int size)
{
	u8 payload = fetch(d, 1);

	d->rex = size > 1 && !(payload & 0x20) ? REX_B : 0;
	fetch(d, size - 1);
	return MAP_OTHER | fetch(d, 1);
}

static unsigned int decode_opcode(struct decoder *d)
{
	u8 byte = decode_prefixes(d);

	switch (byte) {
	case 0x0f:
		byte = fetch(d, 1);
		if (byte == 0x38 || byte == 0x3a)
			return MAP_OTHER | fetch(d, 1);
		return MAP_0F | byte;
	case 0x62:
		return decode_vector_prefix(d, 3);
	case 0xc4:
		return decode_vector_prefix(d, 2);
	case 0xc5:
		return decode_vector_prefix(d, 1);
	default:
		return byte;
	}
}

/*
 * A memory operand tells by its segment, which ModRM gives; an implied access
 * to the stack is to SS.  PUSH, POP and CALL with a memory operand do both:
 * there the stack is at fault if the address is next to RSP.
 *
 * An opcode that accesses no memory cannot be at fault, so it does no harm
 * that some of them have no ModRM byte.  This guesses for MOVDIR64B and ENQCMD,
 * which store to another place than the one in ModRM, and it does not know the
 * XOP prefix, which no CPU has that has five levels of page tables.
 */
bool decode_uses_stack_segment(const u8 *bytes, size_t n, u64 rsp, u64 address)
{
	struct decoder d = { .bytes = bytes, .n = n, .mode = DECODE_64 };
	struct decoded_operand memory;
	unsigned int opcode = decode_opcode(&d);
	unsigned int reg;
	bool stack;

	switch (opcode) {
	case 0x50 ... 0x5f:	/* PUSH, POP */
	case 0x68: case 0x6a:	/* PUSH immediate */
	case 0x9c: case 0x9d:	/* PUSHF, POPF */
	case 0xc2: case 0xc3:	/* RET */
	case 0xc8: case 0xc9:	/* ENTER, LEAVE */
	case 0xca: case 0xcb:	/* far RET */
	case 0xcf:		/* IRET */
	case 0xe8:		/* CALL */
	case MAP_0F | 0xa0: case MAP_0F | 0xa1:	/* PUSH, POP FS */
	case MAP_0F | 0xa8: case MAP_0F | 0xa9:	/* PUSH, POP GS */
		return true;
	case 0x6c ... 0x6f:	/* INS, OUTS */
	case 0xa0 ... 0xaf:	/* MOV from and to an offset, strings */
	case 0xd7:		/* XLAT */
		return false;
	}

	d.modrm = fetch(&d, 1);
	reg = d.modrm >> 3 & 7;
	stack = opcode == 0x8f ||
		(opcode == 0xff && (reg == 2 || reg == 3 || reg == 6));
	if (modrm_mod(&d) == 3)
		return stack;
	if (stack && address - (rsp - 16) < 24)
		return true;
	decode_memory(&d, &memory);
	return memory.seg == SREG_SS;
}
