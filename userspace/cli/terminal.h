/* SPDX-License-Identifier: GPL-2.0-only */
/* The user's terminal, lent to a guest. */
#ifndef CORBEL_CLI_TERMINAL_H
#define CORBEL_CLI_TERMINAL_H

#include <stdbool.h>

/*
 * Hand every key through, if standard input is a terminal: returns whether it
 * is.  With @cook_output, lines that the guest ends with a mere LF look right.
 */
bool terminal_lend(bool cook_output);

/* Back to what it was; also done by exit(). */
void terminal_take_back(void);

#endif
