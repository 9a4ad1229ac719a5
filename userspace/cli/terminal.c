// SPDX-License-Identifier: GPL-2.0-only
/* The user's terminal: see terminal.h. */
#include "cli/terminal.h"

#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static struct termios saved;
static bool lent;

bool terminal_lend(bool cook_output)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &saved))
		return false;
	raw = saved;
	cfmakeraw(&raw);
	if (cook_output)
		raw.c_oflag = saved.c_oflag;
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw))
		return false;
	lent = true;
	atexit(terminal_take_back);
	return true;
}

void terminal_take_back(void)
{
	if (lent)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	lent = false;
}
