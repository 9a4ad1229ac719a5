// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unmasked exceptions of x87 and SSE: SIGFPE with what si_code, where, and what
 * is in status words afterwards.
 */
#include "lib/probe.h"

static const unsigned int one = 0x3f800000, zero, huge = 0x7f7fffff,
	tiny = 1, nan_s = 0x7fa00000, third = 0x3eaaaaab;
unsigned int fp_operands[2], fp_control[2];

/* x87: the exception comes with the next instruction that waits. */
CODE(x87_divide, "fninit; fldcw fp_control; flds fp_operands;"
	"fdivs fp_operands+4; fwait; fninit")
CODE(x87_add, "fninit; fldcw fp_control; flds fp_operands; fadds fp_operands+4;"
	"fwait; fninit")
CODE(x87_multiply, "fninit; fldcw fp_control; flds fp_operands;"
	"fmuls fp_operands+4;"
	"fstps fp_operands; fwait; fninit")
CODE(x87_stack, "fninit; fldcw fp_control; fstp %st(0); fwait; fninit")
CODE(x87_no_wait, "fninit; fldcw fp_control; flds fp_operands;"
	"fdivs fp_operands+4; fnclex; fninit")
CODE(x87_by_sse, "fninit; fldcw fp_control; flds fp_operands;"
	"fdivs fp_operands+4;"
	"movss fp_operands, %xmm0; addss %xmm0, %xmm0; fninit")
CODE(sse_divide, "ldmxcsr fp_control; movss fp_operands, %xmm0;"
	"divss fp_operands+4, %xmm0")
CODE(sse_add, "ldmxcsr fp_control; movss fp_operands, %xmm0;"
	"addss fp_operands+4, %xmm0")
CODE(sse_multiply, "ldmxcsr fp_control; movss fp_operands, %xmm0;"
	"mulss fp_operands+4, %xmm0")
CODE(sse_root, "ldmxcsr fp_control; sqrtss fp_operands, %xmm0")
CODE(sse_convert, "ldmxcsr fp_control; cvtss2si fp_operands, %eax")
CODE(bad_mxcsr, "ldmxcsr fp_control+4")

static const struct {
	const char *name;
	void (*code)(void *arg);
	unsigned int control;
} cases[] = {
	{ "x87 divide", x87_divide, 0x340 }, { "x87 add", x87_add, 0x340 },
	{ "x87 multiply", x87_multiply, 0x340 }, { "x87 stack", x87_stack, 0x340 },
	{ "x87 no wait", x87_no_wait, 0x340 }, { "x87 by SSE", x87_by_sse, 0x340 },
	{ "SSE divide", sse_divide, 0 }, { "SSE add", sse_add, 0 },
	{ "SSE multiply", sse_multiply, 0 }, { "SSE root", sse_root, 0 },
	{ "SSE convert", sse_convert, 0 }, { "bad MXCSR", bad_mxcsr, 0 },
	{ "x87 divide, masked", x87_divide, 0x37f },
	{ "SSE divide, masked", sse_divide, 0x1f80 },
	{ "SSE divide, all but #DE", sse_divide, 0x1e80 },
};

static const struct {
	const char *name;
	const unsigned int *a, *b;
} operands[] = {
	{ "1, 0", &one, &zero }, { "0, 0", &zero, &zero },
	{ "huge, huge", &huge, &huge }, { "tiny, tiny", &tiny, &tiny },
	{ "NaN, 1", &nan_s, &one }, { "1, 1/3", &one, &third },
};

/* The state in the signal's context, as far as all CPUs agree. */
static bool show_state(int sig, siginfo_t *info, ucontext_t *uc)
{
	if (!uc->uc_mcontext.fpregs)
		return false;
#ifdef __x86_64__
	printf("  cwd %#x swd %#x mxcsr %#x\n", uc->uc_mcontext.fpregs->cwd,
	       uc->uc_mcontext.fpregs->swd, uc->uc_mcontext.fpregs->mxcsr);
#else
	printf("  cw %#lx sw %#lx\n", uc->uc_mcontext.fpregs->cw & 0xffff,
	       uc->uc_mcontext.fpregs->sw & 0xffff);
#endif
	return false;
}

BEHAVIOUR("unmasked x87 and SSE exceptions are SIGFPE with the native si_code")
{
	char what[64];
	size_t i, k;

	attempt_hook = show_state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		for (k = 0; k < ARRAY_SIZE(operands); k++) {
			fp_operands[0] = *operands[k].a;
			fp_operands[1] = *operands[k].b;
			fp_control[0] = cases[i].control;
			fp_control[1] = 0x80000000;
			snprintf(what, sizeof(what), "%s of %s", cases[i].name,
				 operands[k].name);
			report_attempt(what, cases[i].code, NULL);
		}
}
