// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions that programs may try once CPUID, or the kernel in the auxiliary
 * vector, says so; and some that ask the CPU about itself.  Shown is whether
 * they work, not whether they are offered: a guest may be offered less.
 */
#include <asm/prctl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/probe.h"

CODE(do_cpuid, "xorl %eax, %eax; cpuid")
CODE(do_rdtsc, "rdtsc")
CODE(do_rdtscp, "rdtscp")
CODE(do_rdpid, "rdpid %rax")
CODE(do_xgetbv, "xorl %ecx, %ecx; xgetbv")
CODE(do_xgetbv_1, "movl $1, %ecx; xgetbv")
CODE(do_rdfsbase, "rdfsbase %rax")
CODE(do_rdrand, "rdrand %rax")
CODE(do_rdseed, "rdseed %rax")
CODE(do_avx2, "vpaddd %ymm0, %ymm1, %ymm2; vzeroupper")
CODE(do_bmi, "andn %rax, %rbx, %rcx; tzcnt %rax, %rax; bextr %rax, %rbx, %rcx")
CODE(do_adx, "adcx %rax, %rbx; adox %rax, %rbx")
CODE(do_movbe, "movbe -8(%rsp), %rax")
CODE(do_popcnt, "popcnt %rax, %rax")
CODE(do_aes, "aesenc %xmm0, %xmm1")
CODE(do_clmul, "pclmulqdq $0, %xmm0, %xmm1")
CODE(do_clflushopt, "clflushopt -8(%rsp)")
CODE(do_clwb, "clwb -8(%rsp)")
CODE(do_cx16, "subq $24, %rsp; andq $-16, %rsp; cmpxchg16b (%rsp); ud2")
CODE(do_syscall, "movl $39, %eax; syscall")
CODE(do_xsaveopt, "movl $0x10000000, %edi; movl $3, %eax; xsaveopt64 (%rdi)")
CODE(do_xsavec, "movl $0x10000000, %edi; movl $3, %eax; xsavec64 (%rdi)")
CODE(do_rdpkru, "xorl %ecx, %ecx; rdpkru")
CODE(do_wrpkru, "xorl %ecx, %ecx; xorl %edx, %edx; wrpkru")
CODE(do_monitorx, "xorl %ecx, %ecx; movq %rsp, %rax; .byte 0x0f, 0x01, 0xfa")
CODE(do_rdpru, ".byte 0x0f, 0x01, 0xfd")
CODE(do_clzero, "movl $0x10000000, %eax; .byte 0x0f, 0x01, 0xfc")
CODE(do_serialize, ".byte 0x0f, 0x01, 0xe8")
CODE(do_endbr, "endbr64")
CODE(do_rdsspq, "rdsspq %rax")
CODE(do_3dnow, "femms")
CODE(do_sse4a, ".byte 0xf2, 0x0f, 0x79, 0xc1")
CODE(do_lzcnt, "lzcnt %rax, %rax")
CODE(do_prefetchw, "prefetchw (%rsp)")
CODE(do_lahf, "lahf; sahf")
CODE(do_tpause, ".byte 0x66, 0x0f, 0xae, 0xf0")
CODE(do_ptwrite, ".byte 0xf3, 0x0f, 0xae, 0xe0")

#define TRY(name) { #name, do_##name }

static const struct {
	const char *name;
	void (*code)(void *arg);
} cases[] = {
	TRY(cpuid), TRY(rdtsc), TRY(rdtscp), TRY(rdpid), TRY(xgetbv),
	TRY(xgetbv_1), TRY(rdfsbase), TRY(rdrand), TRY(rdseed), TRY(avx2),
	TRY(bmi), TRY(adx), TRY(movbe), TRY(popcnt), TRY(aes), TRY(clmul),
	TRY(clflushopt), TRY(clwb), TRY(cx16), TRY(syscall), TRY(xsaveopt),
	TRY(xsavec), TRY(rdpkru), TRY(wrpkru), TRY(monitorx), TRY(rdpru),
	TRY(clzero), TRY(serialize), TRY(endbr), TRY(rdsspq), TRY(3dnow),
	TRY(sse4a), TRY(lzcnt), TRY(prefetchw), TRY(lahf), TRY(tpause),
	TRY(ptwrite),
};

/* Signal and place only: flags depend on what the instruction found. */
static void try(const char *name, void (*code)(void *arg))
{
	struct fault fault = attempt(code, NULL);

	if (fault.sig)
		printf("%s: %s code %d trap %ld\n", name,
		       signal_name(fault.sig), fault.code,
		       (long)fault_reg(&fault, REG_TRAPNO));
	else
		printf("%s: works\n", name);
}

/* What the kernel says that programs may use without asking the CPU. */
static void capabilities(void)
{
	printf("AT_HWCAP2: %#lx\n", getauxval(AT_HWCAP2));
	printf("AT_PLATFORM: %s\n", (const char *)getauxval(AT_PLATFORM));
	printf("page size %ld, clock ticks %ld\n", sysconf(_SC_PAGESIZE),
	       sysconf(_SC_CLK_TCK));
}

/* prctl(PR_SET_TSC) and arch_prctl(ARCH_SET_CPUID) take them away. */
static void forbidden(void *arg)
{
	long result = prctl(PR_SET_TSC, PR_TSC_SIGSEGV);

	printf("PR_SET_TSC: %ld\n", result);
	try("rdtsc", do_rdtsc);
	try("rdtscp", do_rdtscp);
	prctl(PR_SET_TSC, PR_TSC_ENABLE);
	try("rdtsc", do_rdtsc);
	printf("ARCH_GET_CPUID: %ld\n",
	       syscall(SYS_arch_prctl, ARCH_GET_CPUID, 0));
	fflush(stdout);
}

BEHAVIOUR("instructions beyond the basic ones work where they do natively")
{
	size_t i;

	map_at(ARENA, PAGE_BYTES, PROT_READ | PROT_WRITE);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		try(cases[i].name, cases[i].code);
	capabilities();
	in_child(forbidden, NULL);
}
