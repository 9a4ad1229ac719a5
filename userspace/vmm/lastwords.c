// SPDX-License-Identifier: GPL-2.0-only
/* A kernel's last words: see lastwords.h. */
#include "vmm/lastwords.h"

#include <stdio.h>
#include <string.h>

/* As kernel/panic.c and kernel/reboot.c of Linux print them since long ago. */
#define PANIC		"Kernel panic - not syncing: "
#define PANIC_OVER	"---[ end " PANIC
#define HALT		"reboot: System halted"

static enum lastwords_heard understand(struct lastwords *words)
{
	const char *panic;

	if (strstr(words->line, HALT))
		return LASTWORDS_HALT;
	panic = strstr(words->line, PANIC);
	if (!panic)
		return LASTWORDS_NONE;
	if (strstr(words->line, PANIC_OVER))
		return LASTWORDS_PANIC;
	snprintf(words->panic, sizeof(words->panic), "%s",
		 panic + strlen(PANIC));
	return LASTWORDS_NONE;
}

enum lastwords_heard lastwords_hear(struct lastwords *words,
				    const uint8_t *bytes, size_t n,
				    size_t *used)
{
	enum lastwords_heard heard = LASTWORDS_NONE;
	size_t i;

	for (i = 0; i < n && heard == LASTWORDS_NONE; i++) {
		if (bytes[i] == '\n') {
			words->line[words->len] = '\0';
			words->len = 0;
			heard = understand(words);
		} else if (words->len < sizeof(words->line) - 1 &&
			   bytes[i] >= ' ') {
			words->line[words->len++] = bytes[i];
		}
	}
	*used = i;
	return heard;
}
