// SPDX-License-Identifier: GPL-2.0-only
/*
 * Offsets for shim.S.  Compiled to assembly and never linked: the lines that
 * DEFINE() leaves there become offsets.h.
 */
#include <stddef.h>

#include <corbel/shim.h>
#include <corbel/vcpu_page.h>

#define DEFINE(name, value) \
	asm volatile("\n->" #name " %0" : : "i" (value))

#define PAGE(name, member) \
	DEFINE(PAGE_##name, offsetof(struct corbel_vcpu_page, member))

void define_offsets(void);

void define_offsets(void)
{
	DEFINE(SHIM_HEADER_SIZE, sizeof(struct corbel_shim_header));
	PAGE(VIF, vif);
	PAGE(PENDING, pending);
	PAGE(CR2, cr2);
	PAGE(USER_GS, user_gs);
	PAGE(SYS_RIP, sys.rip);
	PAGE(SYS_RFLAGS, sys.rflags);
	PAGE(SYS_RSP, sys.rsp);
	PAGE(RCX, rcx);
	PAGE(R11, r11);
	PAGE(RET_RIP, ret.rip);
	PAGE(RET_CS, ret.cs);
	PAGE(RET_RFLAGS, ret.rflags);
	PAGE(RET_RSP, ret.rsp);
	PAGE(RET_SS, ret.ss);
	PAGE(EVENT_RIP, event.rip);
	PAGE(EVENT_CS, event.cs);
	PAGE(EVENT_RFLAGS, event.rflags);
	PAGE(EVENT_RSP, event.rsp);
	PAGE(EVENT_SS, event.ss);
	PAGE(ERROR, error);
	PAGE(HANDLER, handler);
	PAGE(SHIM, shim);
}
