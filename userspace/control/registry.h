/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMs that run: each has a folder /run/corbel/NAME with a socket to control
 * it and a lock that its process holds.  The lock goes with the process, so
 * what a killed one has left behind is recognized, and removed by whoever
 * comes across it.
 */
#ifndef CORBEL_CONTROL_REGISTRY_H
#define CORBEL_CONTROL_REGISTRY_H

#include "lib/error.h"

#define REGISTRY_NAME_MAX	63

struct registration {
	char name[REGISTRY_NAME_MAX + 1];
	int lock;
	int listener;		/* the socket: accept() on it */
};

/* Register this process's VM as @name, or, if NULL, as the first free vmN. */
int registry_add(struct registration *registration, const char *name,
		 struct error *err);
void registry_remove(struct registration *registration);

/* All names, sorted, up to a NULL; for registry_free_names(). */
char **registry_names(struct error *err);
void registry_free_names(char **names);

/* Connect to the socket of a VM.  Returns -1 if there is no such VM. */
int registry_connect(const char *name, struct error *err);

#endif
