/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shim, linked for one kernel: guest-abi/shim/shim.S says what it is.
 *
 * shim.o is part of this program.  Linking it means: laying its code out for
 * CORBEL_SHIM_VA, giving its undefined symbols the kernel's addresses and
 * structure offsets, and reading the two tables that say what is to be changed
 * in the kernel.
 */
#ifndef CORBEL_LOADER_SHIM_H
#define CORBEL_LOADER_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <corbel/abi.h>
#include <corbel/shim.h>

#include "lib/error.h"
#include "loader/btf.h"
#include "loader/kallsyms.h"

#define SHIM_HOOKS_MAX		64
#define SHIM_PATCHES_MAX	16

/* A member of pv_ops and what takes its place. */
struct shim_hook {
	const char *name;	/* "irq.save_fl" */
	uint64_t function;
	bool needed;
};

/* Code of the kernel that becomes a jump. */
struct shim_patch {
	uint64_t place;
	uint64_t target;
};

struct shim {
	_Alignas(8) uint8_t code[CORBEL_SHIM_MAX_SIZE];
	size_t size;
	uint64_t start;		/* where the first CPU is to start */
	struct shim_hook hooks[SHIM_HOOKS_MAX];
	unsigned int hook_count;
	struct shim_patch patches[SHIM_PATCHES_MAX];
	unsigned int patch_count;
};

/* Link for a kernel.  An error names the symbol or type that it lacks. */
int shim_link(struct shim *shim, const struct kallsyms *syms,
	      const struct kernel_btf *btf, struct error *err);

/* The name of hook @n, whatever the kernel, or NULL if there are not so many. */
const char *shim_hook_name(unsigned int n);

/* The header at the start of the linked code. */
static inline struct corbel_shim_header *shim_header(struct shim *shim)
{
	return (struct corbel_shim_header *)shim->code;
}

#endif
