/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An address space with devices in it: the I/O ports or the MMIO addresses.
 *
 * Devices are registered before the first vCPU starts; from then on nothing
 * here changes, so that any number of vCPU threads may access the bus at once.
 * A device locks what is its own.
 */
#ifndef CORBEL_VMM_BUS_H
#define CORBEL_VMM_BUS_H

#include <stdint.h>

#include "lib/error.h"

/*
 * How a device is accessed.  The access lies within its region and has 1, 2,
 * 4 or 8 bytes; whether the device knows that size is its own business.
 * Excess bits of a value read are cut off, those of a value written are 0.
 */
struct io_ops {
	uint64_t (*read)(void *device, uint64_t offset, unsigned int size);
	void (*write)(void *device, uint64_t offset, unsigned int size,
		      uint64_t value);
};

/* A range of addresses; the device owns it and keeps it for good. */
struct io_region {
	const char *name;	/* for messages */
	uint64_t base;
	uint64_t size;
	const struct io_ops *ops;
	void *device;
	struct io_region *next;	/* the bus's */
};

struct io_bus {
	const char *name;	/* of an address, for messages: "port" */
	uint64_t last;		/* the highest address there is */
	struct io_region *regions;
};

/* What a read gets where nothing answers, whatever its size */
#define BUS_NO_DATA	UINT64_MAX

int bus_register(struct io_bus *bus, struct io_region *region,
		 struct error *err);

/*
 * Access the bus with @size bytes in little-endian order, as KVM passes them.
 * What does not lie in one region, or has a size that no access has, hits
 * nothing: a read gets all ones, a write is ignored.
 */
void bus_read(struct io_bus *bus, uint64_t address, void *data,
	      unsigned int size);
void bus_write(struct io_bus *bus, uint64_t address, const void *data,
	       unsigned int size);

#endif
