// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compares the module's instruction decoder with Zydis.
 *
 * The decoder must accept exactly those bytes that Zydis takes for one of the
 * instructions named in decode.h, must describe them as Zydis does, and must
 * give the right reason for refusing all others.  What "one of the
 * instructions" means is stated in the table below, by mnemonic.
 */
#include <Zydis/Zydis.h>

#include "decode_oracle.h"

static const struct {
	u8 op;			/* enum decode_op */
	bool memory;		/* only with a memory operand */
	ZydisMnemonic mnemonic[4];
} instructions[] = {
#define SAME(name)	{ INSN_##name, false, { ZYDIS_MNEMONIC_##name } }
#define MEMORY(name)	{ INSN_##name, true, { ZYDIS_MNEMONIC_##name } }
#define SIZES(name, ...) { INSN_##name, false, { __VA_ARGS__ } }
	SAME(CPUID), SAME(RDTSC), SAME(RDTSCP), SAME(RDPMC), SAME(RDMSR),
	SAME(WRMSR), SAME(XGETBV), SAME(XSETBV), SAME(HLT), SAME(MONITOR),
	SAME(MWAIT), SAME(CLI), SAME(STI), SAME(CLAC), SAME(STAC), SAME(CLTS),
	SAME(LMSW), SAME(SMSW), SAME(LGDT), SAME(SGDT), SAME(LIDT), SAME(SIDT),
	SAME(LLDT), SAME(SLDT), SAME(LTR), SAME(STR), SAME(INVLPG),
	SAME(INVPCID), SAME(INVD), SAME(WBINVD), SAME(SWAPGS), SAME(SYSCALL),
	SAME(SYSRET), SAME(SYSENTER), SAME(SYSEXIT), SAME(INT), SAME(INT1),
	SAME(INT3), SAME(INTO), SAME(RSM), SAME(VMCALL), SAME(VMMCALL),
	SAME(IN), SAME(OUT),
	SIZES(PUSHF, ZYDIS_MNEMONIC_PUSHF, ZYDIS_MNEMONIC_PUSHFD,
	      ZYDIS_MNEMONIC_PUSHFQ),
	SIZES(POPF, ZYDIS_MNEMONIC_POPF, ZYDIS_MNEMONIC_POPFD,
	      ZYDIS_MNEMONIC_POPFQ),
	SIZES(IRET, ZYDIS_MNEMONIC_IRET, ZYDIS_MNEMONIC_IRETD,
	      ZYDIS_MNEMONIC_IRETQ),
	SIZES(INS, ZYDIS_MNEMONIC_INSB, ZYDIS_MNEMONIC_INSW,
	      ZYDIS_MNEMONIC_INSD),
	SIZES(OUTS, ZYDIS_MNEMONIC_OUTSB, ZYDIS_MNEMONIC_OUTSW,
	      ZYDIS_MNEMONIC_OUTSD),
	SIZES(MOVS, ZYDIS_MNEMONIC_MOVSB, ZYDIS_MNEMONIC_MOVSW,
	      ZYDIS_MNEMONIC_MOVSD, ZYDIS_MNEMONIC_MOVSQ),
	SIZES(STOS, ZYDIS_MNEMONIC_STOSB, ZYDIS_MNEMONIC_STOSW,
	      ZYDIS_MNEMONIC_STOSD, ZYDIS_MNEMONIC_STOSQ),
	MEMORY(MOV), MEMORY(MOVNTI), MEMORY(MOVZX), MEMORY(MOVSX),
	MEMORY(MOVSXD), MEMORY(XCHG), MEMORY(ADD), MEMORY(OR), MEMORY(ADC),
	MEMORY(SBB), MEMORY(AND), MEMORY(SUB), MEMORY(XOR), MEMORY(CMP),
	MEMORY(TEST), MEMORY(BT), MEMORY(BTS), MEMORY(BTR), MEMORY(BTC),
};

/* What Zydis found */
struct reference {
	ZyanStatus status;
	ZydisDecodedInstruction insn;
	ZydisDecodedOperand operand[ZYDIS_MAX_OPERAND_COUNT];
	unsigned int operands;	/* those that decode.c should find */
};

static ZydisDecoder decoders[3];
static u8 mnemonic_op[ZYDIS_MNEMONIC_MAX_VALUE + 1];
static bool mnemonic_memory[ZYDIS_MNEMONIC_MAX_VALUE + 1];

/* Registers and segment bases for address calculation: any odd numbers do */
static ZydisRegisterContext registers;
static u64 gprs[16];
static const u64 rip = 0xffffffff81234567;
static const u64 seg_base[] = {
	0x10203040, 0x20304050, 0xf0405060, 0xe0506070,
	0xffff888012345678, 0x00007f1234567890,
};

static void init_registers(void)
{
	u64 value = 0x9e3779b97f4a7c15;
	unsigned int i;

	for (i = 0; i < 16; i++, value *= 0xd1342543de82ef95) {
		gprs[i] = value;
		registers.values[ZYDIS_REGISTER_AX + i] = (u16)value;
		registers.values[ZYDIS_REGISTER_EAX + i] = (u32)value;
		registers.values[ZYDIS_REGISTER_RAX + i] = value;
	}
}

void decode_oracle_init(void)
{
	unsigned int i, j;

	ZydisDecoderInit(&decoders[DECODE_16], ZYDIS_MACHINE_MODE_LEGACY_16,
			 ZYDIS_STACK_WIDTH_16);
	ZydisDecoderInit(&decoders[DECODE_32], ZYDIS_MACHINE_MODE_LEGACY_32,
			 ZYDIS_STACK_WIDTH_32);
	ZydisDecoderInit(&decoders[DECODE_64], ZYDIS_MACHINE_MODE_LONG_64,
			 ZYDIS_STACK_WIDTH_64);
	for (i = 0; i < sizeof(instructions) / sizeof(*instructions); i++) {
		for (j = 0; j < 4 && instructions[i].mnemonic[j]; j++) {
			ZydisMnemonic m = instructions[i].mnemonic[j];

			mnemonic_op[m] = instructions[i].op;
			mnemonic_memory[m] = instructions[i].memory;
		}
	}
	init_registers();
}

static bool is_string(const struct reference *ref)
{
	return ref->insn.meta.category == ZYDIS_CATEGORY_STRINGOP ||
	       ref->insn.meta.category == ZYDIS_CATEGORY_IOSTRINGOP;
}

/*
 * Zydis 4.0 errs for a SIB byte without base under a 67 prefix: with REX.B set
 * it reports R13 as the base and no displacement, although its length has one.
 */
static void repair_reference(struct reference *ref)
{
	ZydisDecodedInstruction *zi = &ref->insn;
	unsigned int i;

	if (zi->address_width != 32 || !(zi->attributes & ZYDIS_ATTRIB_HAS_SIB) ||
	    zi->raw.modrm.mod != 0 || zi->raw.sib.base != 5)
		return;
	for (i = 0; i < zi->operand_count; i++) {
		ZydisDecodedOperandMem *m = &ref->operand[i].mem;

		if (ref->operand[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
		    m->base == ZYDIS_REGISTER_R13D) {
			m->base = ZYDIS_REGISTER_NONE;
			m->disp.value = zi->raw.disp.value;
			m->disp.has_displacement = ZYAN_TRUE;
		}
	}
}

static void reference_decode(struct reference *ref, const u8 *bytes, size_t n,
			     enum decode_mode mode)
{
	ref->status = ZydisDecoderDecodeFull(&decoders[mode], bytes, n,
					     &ref->insn, ref->operand);
	if (ZYAN_FAILED(ref->status))
		return;
	/* Those of string instructions count as hidden, and come first. */
	ref->operands = is_string(ref) ? 2 : ref->insn.operand_count_visible;
	repair_reference(ref);
}

static ZydisRegisterClass operand_class(const ZydisDecodedOperand *o)
{
	if (o->type != ZYDIS_OPERAND_TYPE_REGISTER)
		return ZYDIS_REGCLASS_INVALID;
	return ZydisRegisterGetClass(o->reg.value);
}

/* MOV to and from control and debug registers are operations of their own. */
static enum decode_op special_mov(const struct reference *ref)
{
	switch (operand_class(&ref->operand[0])) {
	case ZYDIS_REGCLASS_CONTROL:
		return INSN_MOV_TO_CR;
	case ZYDIS_REGCLASS_DEBUG:
		return INSN_MOV_TO_DR;
	default:
		break;
	}
	switch (operand_class(&ref->operand[1])) {
	case ZYDIS_REGCLASS_CONTROL:
		return INSN_MOV_FROM_CR;
	case ZYDIS_REGCLASS_DEBUG:
		return INSN_MOV_FROM_DR;
	default:
		return INSN_UNKNOWN;
	}
}

/* The operation, INSN_UNKNOWN if the instruction is none of ours */
static enum decode_op reference_op(const struct reference *ref)
{
	ZydisMnemonic m = ref->insn.mnemonic;
	bool memory = false;
	unsigned int i;

	for (i = 0; i < ref->operands; i++) {
		if (ref->operand[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
			memory = true;
		if (operand_class(&ref->operand[i]) == ZYDIS_REGCLASS_SEGMENT)
			return INSN_UNKNOWN;
	}
	if (m == ZYDIS_MNEMONIC_MOV && !memory)
		return special_mov(ref);
	if (mnemonic_memory[m] && !memory)
		return INSN_UNKNOWN;
	if (mnemonic_op[m] == INSN_MOVS && !is_string(ref))
		return INSN_UNKNOWN; /* SSE's MOVSD */
	if (m >= ZYDIS_MNEMONIC_BT && m <= ZYDIS_MNEMONIC_BTS &&
	    ref->operand[1].type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
		return INSN_UNKNOWN;
	/* 82, the alias of 80 that assemblers do not use */
	if (ref->insn.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT &&
	    ref->insn.opcode == 0x82)
		return INSN_UNKNOWN;
	return mnemonic_op[m];
}

static bool same_reg(const struct decoded_operand *o, ZydisRegister reg)
{
	u8 id = ZydisRegisterGetId(reg);

	switch (ZydisRegisterGetClass(reg)) {
	case ZYDIS_REGCLASS_GPR8:
		/* AL to BL, AH to BH, SPL to DIL, R8B to R15B */
		if (id >= 4 && id < 8)
			return o->type == OPERAND_REG_HIGH && o->reg == id - 4;
		return o->type == OPERAND_REG && o->size == 1 &&
		       o->reg == (id < 4 ? id : id - 4);
	case ZYDIS_REGCLASS_GPR16:
		return o->type == OPERAND_REG && o->size == 2 && o->reg == id;
	case ZYDIS_REGCLASS_GPR32:
		return o->type == OPERAND_REG && o->size == 4 && o->reg == id;
	case ZYDIS_REGCLASS_GPR64:
		return o->type == OPERAND_REG && o->size == 8 && o->reg == id;
	case ZYDIS_REGCLASS_CONTROL:
		return o->type == OPERAND_CR && o->reg == id;
	case ZYDIS_REGCLASS_DEBUG:
		return o->type == OPERAND_DR && o->reg == id;
	default:
		return false;
	}
}

/* A register in an address: its number and its width, the address size */
static bool same_address_reg(u8 number, u8 addrsize, ZydisRegister reg)
{
	static const ZydisRegister first[] = {
		[2] = ZYDIS_REGISTER_AX,
		[4] = ZYDIS_REGISTER_EAX,
		[8] = ZYDIS_REGISTER_RAX,
	};

	switch (number) {
	case GPR_NONE:
		return reg == ZYDIS_REGISTER_NONE;
	case GPR_RIP:
		return reg == (addrsize == 8 ? ZYDIS_REGISTER_RIP :
					       ZYDIS_REGISTER_EIP);
	default:
		return reg == first[addrsize] + number;
	}
}

static bool same_linear(const struct decoded_insn *insn,
			const struct decoded_operand *o,
			const ZydisDecodedInstruction *zi,
			const ZydisDecodedOperand *zo)
{
	u64 linear;

	if (ZYAN_FAILED(ZydisCalcAbsoluteAddressEx(zi, zo, rip, &registers,
						   &linear)))
		return false;
	if (insn->mode != DECODE_64)
		linear = (u32)(linear + seg_base[o->seg]);
	else if (o->seg == SREG_FS || o->seg == SREG_GS)
		linear += seg_base[o->seg];
	return decode_linear(insn, o, gprs, rip, seg_base) == linear;
}

static const char *compare_memory(const struct decoded_insn *insn,
				  const struct decoded_operand *o,
				  const ZydisDecodedInstruction *zi,
				  const ZydisDecodedOperand *zo)
{
	u64 mask = ~0ULL >> (64 - 8 * insn->addrsize);

	if (o->type != OPERAND_MEM)
		return "operand type";
	if (insn->op != INSN_INVLPG && o->size * 8 != zo->size)
		return "memory operand size";
	if (o->seg != zo->mem.segment - ZYDIS_REGISTER_ES)
		return "segment";
	if (!same_address_reg(o->base, insn->addrsize, zo->mem.base))
		return "base";
	if (!same_address_reg(o->index, insn->addrsize, zo->mem.index))
		return "index";
	if (o->index != GPR_NONE && o->scale != zo->mem.scale)
		return "scale";
	if ((o->value ^ zo->mem.disp.value) & mask)
		return "displacement";
	if (!same_linear(insn, o, zi, zo))
		return "linear address";
	return NULL;
}

static const char *compare_operand(const struct decoded_insn *insn,
				   const struct decoded_operand *o,
				   const ZydisDecodedInstruction *zi,
				   const ZydisDecodedOperand *zo)
{
	switch (zo->type) {
	case ZYDIS_OPERAND_TYPE_MEMORY:
		return compare_memory(insn, o, zi, zo);
	case ZYDIS_OPERAND_TYPE_REGISTER:
		return same_reg(o, zo->reg.value) ? NULL : "register";
	case ZYDIS_OPERAND_TYPE_IMMEDIATE:
		if (o->type != OPERAND_IMM)
			return "operand type";
		if (o->size * 8 != zi->raw.imm[0].size)
			return "immediate size";
		return o->value == zo->imm.value.u ? NULL : "immediate";
	default:
		return "operand type";
	}
}

static u8 reference_rep(const ZydisDecodedInstruction *zi)
{
	u8 i, rep = 0;

	for (i = 0; i < zi->raw.prefix_count; i++)
		if ((zi->raw.prefixes[i].value | 1) == 0xf3)
			rep = zi->raw.prefixes[i].value;
	return rep;
}

/* Does the documentation of decoded_insn.opsize name the instruction? */
static bool opsize_matters(const struct decoded_insn *insn)
{
	switch (insn->op) {
	case INSN_PUSHF: case INSN_POPF: case INSN_IRET:
	case INSN_SYSRET: case INSN_SYSEXIT:
		return true;
	case INSN_LGDT: case INSN_SGDT: case INSN_LIDT: case INSN_SIDT:
		return insn->mode != DECODE_64;
	default:
		return false;
	}
}

static const char *compare_insn(const struct decoded_insn *insn,
				const struct reference *ref)
{
	const ZydisDecodedInstruction *zi = &ref->insn;
	const char *difference;
	unsigned int i;

	if (insn->op != reference_op(ref))
		return "operation";
	if (insn->len != zi->length)
		return "length";
	if (insn->addrsize * 8 != zi->address_width)
		return "address size";
	if (opsize_matters(insn) && insn->opsize * 8 != zi->operand_width)
		return "operand size";
	if (insn->lock != !!(zi->attributes & ZYDIS_ATTRIB_HAS_LOCK))
		return "lock";
	if (insn->rep != reference_rep(zi))
		return "rep";
	for (i = 0; i < 2; i++) {
		const struct decoded_operand *o = &insn->operand[i];

		if (i >= ref->operands) {
			if (o->type != OPERAND_NONE)
				return "number of operands";
			continue;
		}
		difference = compare_operand(insn, o, zi, &ref->operand[i]);
		if (difference)
			return difference;
	}
	return NULL;
}

static const char *check_insn(const struct reference *ref, const u8 *bytes,
			      size_t n, enum decode_mode mode)
{
	struct decoded_insn insn;

	switch (decode_insn(&insn, bytes, n, mode)) {
	case 0:
		if (ZYAN_FAILED(ref->status))
			return "accepted an undefined instruction";
		return compare_insn(&insn, ref);
	case -ENODATA:
		return ref->status == ZYDIS_STATUS_NO_MORE_DATA ? NULL :
			"wants more bytes";
	case -E2BIG:
		return ref->status == ZYDIS_STATUS_INSTRUCTION_TOO_LONG ? NULL :
			"finds it too long";
	case -EINVAL:
		return ZYAN_FAILED(ref->status) ? NULL :
			"refused a defined encoding";
	case -EOPNOTSUPP:
		return ZYAN_FAILED(ref->status) || !reference_op(ref) ? NULL :
			"refused an instruction";
	default:
		return "unknown error";
	}
}

/* Where decode_uses_stack_segment() says that it guesses */
static bool stack_is_guess(const ZydisDecodedInstruction *zi)
{
	return zi->encoding == ZYDIS_INSTRUCTION_ENCODING_XOP ||
	       zi->mnemonic == ZYDIS_MNEMONIC_MOVDIR64B ||
	       zi->mnemonic == ZYDIS_MNEMONIC_ENQCMD ||
	       zi->mnemonic == ZYDIS_MNEMONIC_ENQCMDS;
}

/*
 * Zydis lists all memory operands of an instruction, implied ones included.
 * Each has a segment: if all have SS the answer is yes, if none has it is no,
 * and if some have, it depends on whether the address is near RSP.
 */
static const char *check_stack_segment(const struct reference *ref,
				       const u8 *bytes, size_t n)
{
	const u64 rsp = 0x0000900000000000, elsewhere = 0x0000a00000000000;
	unsigned int memory = 0, stack = 0, i;
	bool some, all;

	if (ZYAN_FAILED(ref->status) || stack_is_guess(&ref->insn))
		return NULL;
	for (i = 0; i < ref->insn.operand_count; i++) {
		const ZydisDecodedOperand *zo = &ref->operand[i];

		if (zo->type != ZYDIS_OPERAND_TYPE_MEMORY ||
		    zo->mem.type == ZYDIS_MEMOP_TYPE_AGEN)
			continue;
		memory++;
		stack += zo->mem.segment == ZYDIS_REGISTER_SS;
	}
	if (!memory)
		return NULL;
	some = stack > 0;
	all = stack == memory;
	if (decode_uses_stack_segment(bytes, n, rsp, rsp - 8) != some)
		return "stack segment, next to RSP";
	if (decode_uses_stack_segment(bytes, n, rsp, elsewhere) != all)
		return "stack segment, elsewhere";
	return NULL;
}

const char *decode_oracle_check(const u8 *bytes, size_t n,
				enum decode_mode mode)
{
	struct reference ref;
	const char *difference;

	reference_decode(&ref, bytes, n, mode);
	difference = check_insn(&ref, bytes, n, mode);
	if (!difference && mode == DECODE_64)
		difference = check_stack_segment(&ref, bytes, n);
	return difference;
}
