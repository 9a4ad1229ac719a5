/* SPDX-License-Identifier: GPL-2.0-only */
/* Asking a VM's process: see server.h. */
#ifndef CORBEL_CONTROL_CLIENT_H
#define CORBEL_CONTROL_CLIENT_H

#include <jansson.h>

#include "lib/error.h"

/*
 * Send @command to VM @name.  Returns the reply, for json_decref(), or NULL
 * with the error, be it ours or the VM's.
 */
json_t *control_ask(const char *name, const char *command, struct error *err);

/* Returns a socket that is the console of VM @name, or -1. */
int control_open_console(const char *name, struct error *err);

#endif
