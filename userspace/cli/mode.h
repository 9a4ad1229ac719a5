/* SPDX-License-Identifier: GPL-2.0-only */
/* Which mode to run a VM in, and which kernel to boot. */
#ifndef CORBEL_CLI_MODE_H
#define CORBEL_CLI_MODE_H

#include "vmm/backend.h"

/* What the user asked for. */
enum mode_wish {
	MODE_AUTO,
	MODE_PV,
	MODE_HVM,
	MODE_KVM,
};

enum paging_wish {
	PAGING_AUTO,
	PAGING_NESTED,
	PAGING_SHADOW,
};

/*
 * Choose a mode that works here; @why says what it is and why.  Fails with the
 * reasons of all that were asked for and don't work.
 */
int mode_choose(enum mode_wish mode, enum paging_wish paging,
		enum backend_mode *chosen, const char **why,
		struct error *err);

/* The kernel of this machine: a path, for free(), or NULL. */
char *mode_find_kernel(struct error *err);

#endif
