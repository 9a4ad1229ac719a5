/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a Linux kernel prints on its console when it ends: that it panics, or
 * that it has halted.
 *
 * Anybody in the guest may print the same, so the words only give reason to
 * look: the caller asks the guest's memory and vCPUs whether they are true.
 */
#ifndef CORBEL_VMM_LASTWORDS_H
#define CORBEL_VMM_LASTWORDS_H

#include <stddef.h>
#include <stdint.h>

enum lastwords_heard {
	LASTWORDS_NONE,
	LASTWORDS_PANIC,	/* all of a panic's report has been printed */
	LASTWORDS_HALT,
};

struct lastwords {
	char line[256];		/* so far, cut */
	size_t len;
	char panic[200];	/* why the kernel panicked, or empty */
};

/*
 * The console has printed @n bytes.  Returns what was heard last, and in @used
 * how many of them that took: call again with the rest.
 */
enum lastwords_heard lastwords_hear(struct lastwords *words,
				    const uint8_t *bytes, size_t n,
				    size_t *used);

#endif
