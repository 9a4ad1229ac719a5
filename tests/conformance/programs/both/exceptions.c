// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions that programs run into by what they compute: signal, si_code,
 * si_addr, trap number, error code and the flags of each.
 */
#include "lib/probe.h"

CODE(divide_by_zero, "xorl %ecx, %ecx; movl $1, %eax; divl %ecx")
CODE(divide_overflow, "movl $1, %ecx; movl $1, %edx; divl %ecx")
CODE(idiv_overflow, "movl $0x80000000, %eax; cltd; movl $-1, %ecx; idivl %ecx")
CODE(divide_byte, "movl $0xffff, %eax; movl $1, %ecx; divb %cl")
CODE(ud2, "ud2")
CODE(ud1, ".byte 0x0f, 0xb9, 0xc0")
CODE(ud0, ".byte 0x0f, 0xff, 0xc0")
CODE(lock_register, ".byte 0xf0, 0x01, 0xc0")
CODE(lock_nop, ".byte 0xf0, 0x90")
CODE(opcode_0f0a, ".byte 0x0f, 0x0a")
CODE(opcode_c4_reserved, ".byte 0xc5, 0xf8, 0x0a, 0xc0")
CODE(too_long, ".fill 15, 1, 0x66; nop")
CODE(longest, ".fill 14, 1, 0x66; nop")
CODE(sysret_like, "sysretl")
CODE(lds_or_vex, ".byte 0xc5, 0x01")
CODE(int3_twice, "int3; int3")
CODE(cmpxchg8b_register, ".byte 0x0f, 0xc7, 0xc8")
CODE(load_cs, ".byte 0x8e, 0xc8")
CODE(mov_sreg_6, ".byte 0x8e, 0xf0")

#ifdef __x86_64__
#define STACK "%rsp"
#define FRAME_ALIGN "sub $16, %rsp; pushfq; orl $0x40000, (%rsp); popfq;"
#define FRAME_END "pushfq; andl $~0x40000, (%rsp); popfq; add $16, %rsp"
#else
#define STACK "%esp"
#define FRAME_ALIGN "sub $16, %esp; pushfl; orl $0x40000, (%esp); popfl;"
#define FRAME_END "pushfl; andl $~0x40000, (%esp); popfl; add $16, %esp"
#endif

CODE(unaligned_word, FRAME_ALIGN "movw 1(" STACK "), %ax;" FRAME_END)
CODE(unaligned_long, FRAME_ALIGN "movl 2(" STACK "), %eax;" FRAME_END)
CODE(unaligned_store, FRAME_ALIGN "movl %eax, 3(" STACK ");" FRAME_END)
CODE(aligned_long, FRAME_ALIGN "movl 4(" STACK "), %eax;" FRAME_END)
CODE(unaligned_syscall, FRAME_ALIGN
	"movl $20, %eax; int $0x80; movl 1(" STACK "), %eax;" FRAME_END)
CODE(movaps_unaligned, "movaps 1(" STACK "), %xmm0")
CODE(movups_unaligned, FRAME_ALIGN "movups 1(" STACK "), %xmm0;" FRAME_END)
CODE(fxsave_unaligned, "sub $600, " STACK "; fxsave 1(" STACK ")")

#ifdef __x86_64__
CODE(idiv_quad, "mov $1, %eax; shl $63, %rax; cqto; mov $-1, %rcx; idivq %rcx")
CODE(unaligned_quad, FRAME_ALIGN "movq 4(%rsp), %rax;" FRAME_END)
CODE(cmpxchg16b_unaligned, "cmpxchg16b 8(%rsp)")
CODE(push_es, ".byte 0x06")
CODE(aaa, ".byte 0x37")
CODE(salc, ".byte 0xd6")
CODE(far_jump_direct, ".byte 0xea, 0, 0, 0, 0, 0x33, 0")
#else
CODE(bound_below, "pushl $9; pushl $5; movl $4, %eax; bound %eax, (%esp)")
CODE(bound_above, "pushl $9; pushl $5; movl $10, %eax; bound %eax, (%esp)")
CODE(bound_inside, "pushl $9; pushl $5; movl $9, %eax; bound %eax, (%esp); "
	"addl $8, %esp")
CODE(bound_word, "pushl $0x00090005; movl $4, %eax; data16 bound %eax, (%esp)")
CODE(into_set, "movb $0x7f, %al; incb %al; into")
CODE(aam_zero, "movb $5, %al; aam $0")
CODE(vex_in_32, ".byte 0xc4, 0xe2, 0xf9, 0xf7, 0xc0")
#endif

#define TRY(name) { #name, name }

static const struct {
	const char *name;
	void (*code)(void *arg);
} cases[] = {
	TRY(divide_by_zero), TRY(divide_overflow), TRY(idiv_overflow),
	TRY(divide_byte), TRY(ud2), TRY(ud1), TRY(ud0), TRY(lock_register),
	TRY(lock_nop), TRY(opcode_0f0a), TRY(opcode_c4_reserved),
	TRY(too_long), TRY(longest), TRY(sysret_like), TRY(lds_or_vex),
	TRY(int3_twice), TRY(cmpxchg8b_register), TRY(load_cs),
	TRY(mov_sreg_6), TRY(unaligned_word), TRY(unaligned_long),
	TRY(unaligned_store), TRY(aligned_long), TRY(unaligned_syscall),
	TRY(movaps_unaligned), TRY(movups_unaligned), TRY(fxsave_unaligned),
#ifdef __x86_64__
	TRY(idiv_quad), TRY(unaligned_quad), TRY(cmpxchg16b_unaligned),
	TRY(push_es), TRY(aaa), TRY(salc), TRY(far_jump_direct),
#else
	TRY(bound_below), TRY(bound_above), TRY(bound_inside), TRY(bound_word),
	TRY(into_set), TRY(aam_zero), TRY(vex_in_32),
#endif
};

BEHAVIOUR("#DE, #BR, #OF, #UD, #AC and #GP by computing are the native signals")
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		report_attempt(cases[i].name, cases[i].code, NULL);
}
