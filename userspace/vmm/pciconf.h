/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI configuration mechanism #1: an address port and a data port.
 *
 * On bus 0 there is a host bridge and nothing else.  Without the bridge Linux
 * takes the mechanism for broken, and a machine without a working one for an
 * error.
 */
#ifndef CORBEL_VMM_PCICONF_H
#define CORBEL_VMM_PCICONF_H

#include <pthread.h>
#include <stdint.h>

#include "vmm/bus.h"

struct pciconf {
	struct io_region region;

	pthread_mutex_t lock;	/* protects all that follows */
	uint32_t address;
};

int pciconf_init(struct pciconf *pci, struct io_bus *ports, struct error *err);

#endif
