// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stock kernel made ready for ring 3: what is changed in its memory before it
 * starts, found by its own symbols and types.
 *
 * CONFIG_PARAVIRT_XXL gives a kernel pv_ops, functions for all that a kernel
 * can't do in ring 3; CONFIG_XEN_PV makes it fit to run there.  Without either
 * the symbols below are not there, and the error says so.
 *
 *  - Members of pv_ops become functions of the shim.
 *  - X86_FEATURE_XENPV is forced on, so that the kernel leaves the calls to
 *    pv_ops in place when it patches its alternatives, never executes SWAPGS,
 *    returns to user through xen_iret, and keeps the stack of the thread in
 *    the task state.  (xen_domain_type stays native: no other Xen code runs.)
 *  - xen_iret and its twin for returns to the kernel become jumps to the shim.
 *  - The page tables the kernel starts with get what startup_64 would give them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/linux.h"
#include "loader/shim.h"

/* Numbers of cpufeatures.h that have not changed since there is XENPV. */
#define FEATURE_SYSCALL32	(3 * 32 + 14)
#define FEATURE_SYSENTER32	(3 * 32 + 15)
#define FEATURE_XENPV		(8 * 32 + 16)

#define PAGE_SIZE		4096ULL
#define KERNPG_TABLE		0x63ULL
#define PGD_DIRECT_MAP		273	/* 0xffff888000000000 */
#define PGD_KERNEL		511

struct preparation {
	const struct guest_memory *memory;
	const struct kernel_image *image;
	struct kallsyms *syms;
	struct kernel_btf *btf;
	const char *hooks;
	struct shim shim;
	struct error *err;
};

static int symbol(const struct preparation *p, const char *name, uint64_t *addr)
{
	if (kallsyms_lookup(p->syms, name, addr))
		return 0;
	return error_set(p->err, "symbol %s not found", name);
}

/* The memory of a variable, or NULL with the error set. */
static void *variable(const struct preparation *p, const char *name, size_t len)
{
	uint64_t addr;
	void *at;

	if (symbol(p, name, &addr))
		return NULL;
	at = linux_at(p->memory, p->image, addr, len);
	if (!at)
		error_set(p->err, "symbol %s is not in the kernel's memory",
			  name);
	return at;
}

static int physical(const struct preparation *p, const char *name,
		    uint64_t *gpa)
{
	uint8_t *at = variable(p, name, PAGE_SIZE);

	if (!at)
		return -1;
	*gpa = at - p->memory->base;
	return 0;
}

/* Hooks */

static bool is_in_list(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (; list; list = strchr(list, ',')) {
		if (*list == ',')
			list++;
		if (!strncmp(list, name, len) &&
		    (!list[len] || list[len] == ','))
			return true;
	}
	return false;
}

static bool is_wanted(const struct preparation *p, const struct shim_hook *hook)
{
	return hook->needed || !strcmp(p->hooks, "all") ||
	       is_in_list(p->hooks, hook->name);
}

/* Every name in the user's list must be a hook. */
static int check_hook_list(const struct preparation *p)
{
	char *list, *name, *rest;
	unsigned int i;

	if (!strcmp(p->hooks, "all") || !strcmp(p->hooks, "minimal"))
		return 0;
	list = strdup(p->hooks);
	for (name = strtok_r(list, ",", &rest); name;
	     name = strtok_r(NULL, ",", &rest)) {
		for (i = 0; i < p->shim.hook_count; i++)
			if (!strcmp(p->shim.hooks[i].name, name))
				break;
		if (i == p->shim.hook_count) {
			error_set(p->err,
				  "--pv-hooks: there is no hook %s; there are all, minimal, or some of: irq.*, cpu.*, mmu.* as `corbel help run` lists them",
				  name);
			free(list);
			return -1;
		}
	}
	free(list);
	return 0;
}

static int install_hook(const struct preparation *p,
			const struct shim_hook *hook)
{
	uint32_t offset;
	uint64_t ops;
	void *at;

	if (symbol(p, "pv_ops", &ops) ||
	    btf_member_offset(p->btf, "paravirt_patch_template", hook->name,
			      &offset, p->err))
		return -1;
	at = linux_at(p->memory, p->image, ops + offset, sizeof(uint64_t));
	if (!at)
		return error_set(p->err, "pv_ops is not in the kernel's memory");
	memcpy(at, &hook->function, sizeof(hook->function));
	return 0;
}

static int install_hooks(struct preparation *p)
{
	unsigned int i;

	if (check_hook_list(p))
		return -1;
	for (i = 0; i < p->shim.hook_count; i++) {
		const struct shim_hook *hook = &p->shim.hooks[i];

		if (is_wanted(p, hook)) {
			if (install_hook(p, hook))
				return -1;
		} else if (!strcmp(hook->name, "cpu.load_tls")) {
			/* Then the host has to look for itself. */
			shim_header(&p->shim)->features &=
				~CORBEL_FEATURE_LAZY_TLS;
		}
	}
	return 0;
}

/* Code */

static int install_patch(const struct preparation *p,
			 const struct shim_patch *patch)
{
	uint8_t *code = linux_at(p->memory, p->image, patch->place, 5);
	int64_t distance = patch->target - (patch->place + 5);
	int32_t relative = distance;

	if (!code || relative != distance)
		return error_set(p->err, "no jump fits at %#lx",
				 (unsigned long)patch->place);
	code[0] = 0xe9;
	memcpy(code + 1, &relative, sizeof(relative));
	return 0;
}

static int install_patches(const struct preparation *p)
{
	unsigned int i;

	for (i = 0; i < p->shim.patch_count; i++)
		if (install_patch(p, &p->shim.patches[i]))
			return -1;
	return 0;
}

/* Features */

static int force_features(const struct preparation *p)
{
	uint32_t *set = variable(p, "cpu_caps_set", 4 * 32);
	uint32_t *cleared = variable(p, "cpu_caps_cleared", 4 * 32);

	if (!set || !cleared)
		return -1;
	set[FEATURE_XENPV / 32] |= 1U << FEATURE_XENPV % 32;
	/* So that the 32-bit vDSO uses INT 0x80, which works on any host. */
	cleared[FEATURE_SYSCALL32 / 32] |= 1U << FEATURE_SYSCALL32 % 32 |
					   1U << FEATURE_SYSENTER32 % 32;
	return 0;
}

/* Page tables */

static int prepare_page_tables(const struct preparation *p,
			       struct linux_start *start)
{
	uint64_t *early = variable(p, "early_top_pgt", PAGE_SIZE);
	uint64_t *init = variable(p, "init_top_pgt", PAGE_SIZE);
	uint64_t ident;

	if (!early || !init || physical(p, "level3_ident_pgt", &ident) ||
	    physical(p, "early_top_pgt", &start->cr3) ||
	    physical(p, "init_top_pgt", &start->ap_cr3))
		return -1;
	memset(init, 0, PGD_KERNEL * sizeof(*init));
	early[PGD_KERNEL] = init[PGD_KERNEL];
	early[PGD_DIRECT_MAP] = ident | KERNPG_TABLE;
	early[0] = ident | KERNPG_TABLE;
	return 0;
}

/* The shim */

uint64_t linux_pv_reserved(unsigned int vcpus)
{
	return CORBEL_SHIM_MAX_SIZE + vcpus * PAGE_SIZE;
}

/* gpa of an offset from the top of RAM */
static uint64_t from_top(const struct guest_memory *memory, uint64_t offset)
{
	uint64_t low = guest_memory_low(memory);

	if (memory->size > low)
		return GUEST_HIGH_RAM + (memory->size - low) - offset;
	return low - offset;
}

static int place_shim(const struct preparation *p, unsigned int vcpus,
		      struct linux_start *start)
{
	uint64_t reserved = linux_pv_reserved(vcpus);

	start->shim = from_top(p->memory, reserved);
	start->vcpu_pages = start->shim + CORBEL_SHIM_MAX_SIZE;
	memcpy(guest_memory_at(p->memory, start->shim, p->shim.size),
	       p->shim.code, p->shim.size);
	start->rip = p->shim.start;
	start->rdi = start->rsi;
	return 0;
}

static int prepare(struct preparation *p, unsigned int vcpus,
		   struct linux_start *start)
{
	if (shim_link(&p->shim, p->syms, p->btf, p->err) ||
	    install_hooks(p) || install_patches(p) || force_features(p) ||
	    prepare_page_tables(p, start))
		return -1;
	return place_shim(p, vcpus, start);
}

/* What it means that something is missing. */
static void explain(const struct preparation *p)
{
	struct error cause = *p->err;
	uint64_t unused;

	if (!kallsyms_lookup(p->syms, "pv_ops", &unused))
		error_set(p->err,
			  "%s: built without PARAVIRT_XXL, so it can't run in mode pv (symbol pv_ops not found); use --mode hvm",
			  p->image->path);
	else if (!kallsyms_lookup(p->syms, "xen_iret", &unused))
		error_set(p->err,
			  "%s: built without XEN_PV, so it can't run in mode pv (symbol xen_iret not found); use --mode hvm",
			  p->image->path);
	else
		error_set(p->err, "%s: %s", p->image->path, cause.text);
}

int linux_prepare_pv(const struct guest_memory *memory,
		     const struct kernel_image *image, unsigned int vcpus,
		     const char *hooks, struct linux_start *start,
		     struct error *err)
{
	struct preparation *p = calloc(1, sizeof(*p));
	int result = -1;

	if (!p)
		return error_set(err, "preparing the kernel: %m");
	p->memory = memory;
	p->image = image;
	p->hooks = hooks;
	p->err = err;
	if (!kallsyms_read(image, &p->syms, err) &&
	    !btf_read(image, &p->btf, err)) {
		result = prepare(p, vcpus, start);
		if (result)
			explain(p);
	}
	btf_free(p->btf);
	kallsyms_free(p->syms);
	free(p);
	return result;
}
