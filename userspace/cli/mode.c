// SPDX-License-Identifier: GPL-2.0-only
/* Which mode, which kernel: see mode.h. */
#include "cli/mode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/array.h"

/* Best first. */
static const struct {
	enum backend_mode mode;
	enum mode_wish wish;
	enum paging_wish paging;
	const char *why;
} choices[] = {
	{ BACKEND_KVM, MODE_KVM, PAGING_NESTED,
	  "the CPU virtualizes, through the kernel's own, well-tried module" },
	{ BACKEND_HVM_NESTED, MODE_HVM, PAGING_NESTED,
	  "the CPU virtualizes, memory included" },
	{ BACKEND_PV, MODE_PV, PAGING_AUTO,
	  "needs nothing of the CPU" },
	{ BACKEND_HVM_SHADOW, MODE_HVM, PAGING_SHADOW,
	  "the CPU virtualizes, but for memory" },
};

static bool is_asked_for(unsigned int i, enum mode_wish mode,
			 enum paging_wish paging)
{
	if (mode != MODE_AUTO && mode != choices[i].wish)
		return false;
	/* How KVM pages is up to its own module. */
	return paging == PAGING_AUTO || paging == choices[i].paging ||
	       mode == MODE_KVM;
}

static void add_reason(struct error *all, enum backend_mode mode,
		       const struct error *reason)
{
	size_t len = strlen(all->text);

	snprintf(all->text + len, sizeof(all->text) - len, "%smode %s: %s",
		 len ? "; " : "", backend_mode_name(mode), reason->text);
}

int mode_choose(enum mode_wish mode, enum paging_wish paging,
		enum backend_mode *chosen, const char **why,
		struct error *err)
{
	struct error reason;
	unsigned int i;

	if (mode == MODE_PV && paging != PAGING_AUTO)
		return error_set(err,
				 "--paging is for mode hvm; mode pv has page tables of its own");
	err->text[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(choices); i++) {
		if (!is_asked_for(i, mode, paging))
			continue;
		if (backend_works(choices[i].mode, &reason)) {
			*chosen = choices[i].mode;
			*why = choices[i].why;
			return 0;
		}
		add_reason(err, choices[i].mode, &reason);
	}
	return -1;
}

char *mode_find_kernel(struct error *err)
{
	struct utsname uts;
	char own[128];
	const char *paths[] = { own, "/boot/vmlinuz", "/vmlinuz" };
	unsigned int i;

	uname(&uts);
	snprintf(own, sizeof(own), "/boot/vmlinuz-%s", uts.release);
	for (i = 0; i < ARRAY_SIZE(paths); i++)
		if (!access(paths[i], R_OK))
			return strdup(paths[i]);
	error_set(err,
		  "no kernel at %s, /boot/vmlinuz or /vmlinuz: name one with --kernel",
		  own);
	return NULL;
}
