/* SPDX-License-Identifier: GPL-2.0-only */
/* Going on in the background, once it is clear that all is well. */
#ifndef CORBEL_CLI_DETACH_H
#define CORBEL_CLI_DETACH_H

/*
 * Continue in a process that has no terminal.  The caller's process prints on
 * standard output what that one passes to detach_succeed() and exits with 0;
 * or, if that one ends before, exits with its status.  Returns the descriptor
 * for detach_succeed(), or -1.
 */
int detach(void);
void detach_succeed(int fd, const char *text);

#endif
