// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions that a program may not execute, one by one.  A guest kernel in
 * ring 3 has many of these emulated; its programs must not.
 */
#include "lib/probe.h"

#define INSTRUCTIONS(X)							\
	X(hlt, "hlt")							\
	X(cli, "cli")							\
	X(sti, "sti")							\
	X(in_al_imm, "in $0x80, %al")					\
	X(in_eax_dx, "in (%dx), %eax")				\
	X(out_imm_al, "out %al, $0x80")				\
	X(out_dx_ax, "out %ax, (%dx)")				\
	X(insb, "insb")							\
	X(outsl, "outsl")						\
	X(rep_insw, "mov $4, %ecx; rep insw")				\
	X(mov_from_cr0, "mov %cr0, %rax")				\
	X(mov_to_cr0, "mov %rax, %cr0")				\
	X(mov_from_cr1, ".byte 0x0f, 0x20, 0xc8")			\
	X(mov_from_cr2, "mov %cr2, %rax")				\
	X(mov_from_cr3, "mov %cr3, %rax")				\
	X(mov_to_cr3, "mov %rax, %cr3")				\
	X(mov_from_cr4, "mov %cr4, %rax")				\
	X(mov_to_cr4, "mov %rax, %cr4")				\
	X(mov_from_cr8, "mov %cr8, %rax")				\
	X(mov_to_cr8, "mov %rax, %cr8")				\
	X(mov_from_dr0, "mov %db0, %rax")				\
	X(mov_from_dr4, ".byte 0x0f, 0x21, 0xe0")			\
	X(mov_from_dr7, "mov %db7, %rax")				\
	X(mov_to_dr7, "mov %rax, %db7")				\
	X(clts, "clts")							\
	X(lmsw, "lmsw %ax")						\
	X(lgdt, "lgdt -16(%rsp)")					\
	X(lidt, "lidt -16(%rsp)")					\
	X(lldt, "lldt %ax")						\
	X(ltr, "ltr %ax")						\
	X(invlpg, "invlpg (%rsp)")					\
	X(invd, "invd")							\
	X(wbinvd, "wbinvd")						\
	X(wbnoinvd, ".byte 0xf3, 0x0f, 0x09")				\
	X(rdmsr, "mov $0xc0000080, %ecx; rdmsr")			\
	X(rdmsr_apic, "mov $0x802, %ecx; rdmsr")			\
	X(wrmsr, "mov $0xc0000100, %ecx; wrmsr")			\
	X(rdpmc, "rdpmc")						\
	X(xsetbv, "mov $7, %eax; xsetbv")				\
	X(swapgs, "swapgs")						\
	X(sysretq, "sysretq")						\
	X(sysretl, "sysretl")						\
	X(sysexit, "sysexitl")						\
	X(sysexitq, ".byte 0x48, 0x0f, 0x35")				\
	X(sysenter, "sysenter")						\
	X(monitor, "monitor")						\
	X(mwait, "mwait")						\
	X(clac, "clac")							\
	X(stac, "stac")							\
	X(vmcall, "vmcall")						\
	X(vmmcall, "vmmcall")						\
	X(vmlaunch, "vmlaunch")						\
	X(vmxoff, "vmxoff")						\
	X(vmxon, "vmxon (%rsp)")					\
	X(vmread, "vmread %rax, %rbx")				\
	X(vmrun, "mov $0x1000, %eax; vmrun")				\
	X(vmload, "vmload")						\
	X(vmsave, "vmsave")						\
	X(stgi, "stgi")							\
	X(clgi, "clgi")							\
	X(skinit, "skinit")						\
	X(invlpga, "invlpga %rax, %ecx")				\
	X(invpcid, "invpcid (%rsp), %rax")				\
	X(rsm, "rsm")							\
	X(getsec, ".byte 0x0f, 0x37")					\
	X(xsaves, "mov $0x20000000, %edi; xsaves64 (%rdi)")		\
	X(xrstors, "mov $0x20000000, %edi; xrstors64 (%rdi)")		\
	X(int_0x82, "int $0x82")

#define DEFINE(name, text) CODE(name##_code, text)
INSTRUCTIONS(DEFINE)

static const struct {
	const char *name;
	void (*code)(void *arg);
} instructions[] = {
#define ENTRY(name, text) { #name, name##_code },
	INSTRUCTIONS(ENTRY)
};

BEHAVIOUR("each privileged instruction raises the native signal")
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(instructions); i++)
		report_attempt(instructions[i].name, instructions[i].code,
			       NULL);
}
