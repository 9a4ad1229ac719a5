// SPDX-License-Identifier: GPL-2.0-only
/*
 * Offsets for switcher.S, made into offsets.h by Kbuild: nothing in assembly
 * knows a structure's layout by heart.
 */
#include <linux/kbuild.h>

#include "../vm.h"
#include "hole.h"

#define DATA(member)	offsetof(struct pv_data, member)
#define PAGE(member)	offsetof(struct corbel_vcpu_page, member)
#define HOST(member)	offsetof(struct pv_host, member)

static void __used define_offsets(void)
{
	DEFINE(DATA_REGS, DATA(regs));
	DEFINE(DATA_REGS_VECTOR, DATA(regs.vector));
	DEFINE(DATA_REGS_ERROR, DATA(regs.error));
	DEFINE(DATA_REGS_RIP, DATA(regs.rip));
	DEFINE(DATA_REGS_CS, DATA(regs.cs));
	DEFINE(DATA_REGS_RFLAGS, DATA(regs.rflags));
	DEFINE(DATA_REGS_RSP, DATA(regs.rsp));
	DEFINE(DATA_REGS_SS, DATA(regs.ss));
	DEFINE(DATA_REGS_END, DATA(regs) + sizeof(struct guest_regs));
	DEFINE(DATA_HOST_CR3, DATA(host_cr3));
	DEFINE(DATA_ROOT_KERNEL, DATA(root[VIEW_KERNEL]));
	DEFINE(DATA_ROOT_USER, DATA(root[VIEW_USER]));
	DEFINE(DATA_ENTER_ROOT, DATA(enter_root));
	DEFINE(DATA_CR3, DATA(cr3));
	DEFINE(DATA_GS, DATA(gs));
	DEFINE(DATA_GS_KERNEL, DATA(gs_kernel));
	DEFINE(DATA_IRET_STACK, DATA(iret_stack));
	DEFINE(DATA_USER_RSP, DATA(user_rsp));
	DEFINE(DATA_SCRATCH, DATA(scratch));
	DEFINE(DATA_ENTRY_SYSCALL, DATA(entry_syscall));
	DEFINE(DATA_ENTRY_RFLAGS, DATA(entry_rflags));
	DEFINE(DATA_SITE_SYSRET, DATA(site_sysret));
	DEFINE(DATA_SITE_IRET, DATA(site_iret));
	DEFINE(DATA_SITE_LOAD_CR3, DATA(site_load_cr3));
	DEFINE(DATA_CONTEXTS, DATA(contexts));
	DEFINE(CONTEXT_TAG, offsetof(struct pv_context, tag));
	DEFINE(CONTEXT_ROOT_KERNEL,
	       offsetof(struct pv_context, root[VIEW_KERNEL]));
	DEFINE(CONTEXT_ROOT_USER, offsetof(struct pv_context, root[VIEW_USER]));
	DEFINE(CONTEXT_SHIFT, ilog2(sizeof(struct pv_context)));
	DEFINE(CONTEXT_MASK, NR_CONTEXTS - 1);
	DEFINE(DATA_FAULT_VECTOR, DATA(fault_vector));
	DEFINE(DATA_FAULT_ERROR, DATA(fault_error));
	DEFINE(DATA_FAULT_RIP, DATA(fault_rip));
	DEFINE(DATA_WORK, DATA(work));
	DEFINE(DATA_KERNEL, DATA(kernel));
	DEFINE(DATA_NOTED, DATA(noted));
	DEFINE(DATA_IN_C, DATA(in_c));
	DEFINE(DATA_STAT_SYSCALL, DATA(stats.switch_syscall));
	DEFINE(DATA_STAT_RETURN, DATA(stats.switch_return));
	DEFINE(DATA_STAT_CR3, DATA(stats.switch_cr3));
	BLANK();
	DEFINE(PAGE_VIF, PAGE(vif));
	DEFINE(PAGE_USER_GS, PAGE(user_gs));
	DEFINE(PAGE_SYS_RIP, PAGE(sys.rip));
	DEFINE(PAGE_SYS_RFLAGS, PAGE(sys.rflags));
	DEFINE(PAGE_SYS_RSP, PAGE(sys.rsp));
	DEFINE(PAGE_RCX, PAGE(rcx));
	DEFINE(PAGE_R11, PAGE(r11));
	DEFINE(PAGE_RET_RIP, PAGE(ret.rip));
	DEFINE(PAGE_RET_CS, PAGE(ret.cs));
	DEFINE(PAGE_RET_RFLAGS, PAGE(ret.rflags));
	DEFINE(PAGE_RET_RSP, PAGE(ret.rsp));
	DEFINE(PAGE_RET_SS, PAGE(ret.ss));
	BLANK();
	DEFINE(HOST_RSP, HOST(rsp));
	DEFINE(HOST_GS_BASE, HOST(gs_base));
	DEFINE(HOST_LANDING, HOST(landing));
	DEFINE(HOST_FORWARD, HOST(forward));
	DEFINE(HOST_VCPU, HOST(vcpu));
}
