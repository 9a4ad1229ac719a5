/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ports of the guest ABI by which a guest speaks to who started it: it
 * ends itself with a status, or marks a point it has come to (<corbel/abi.h>).
 */
#ifndef CORBEL_VMM_EXITPORT_H
#define CORBEL_VMM_EXITPORT_H

#include <stdint.h>

#include "vmm/bus.h"

/*
 * Called by the vCPU thread that writes, several at once if several do, and
 * before that write is over.
 */
struct exitport_events {
	void (*exit)(void *opaque, uint8_t status);
	void (*mark)(void *opaque, uint32_t mark);
	void *opaque;
};

struct exitport {
	struct exitport_events events;
	struct io_region region;
};

int exitport_init(struct exitport *port, const struct exitport_events *events,
		  struct io_bus *ports, struct error *err);

#endif
