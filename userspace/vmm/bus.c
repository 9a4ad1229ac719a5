// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which device an access is for: see bus.h.
 *
 * A machine has a dozen regions, so a list does, and it needs no memory of
 * its own.
 */
#include "vmm/bus.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static uint64_t last_address(const struct io_region *region)
{
	return region->base + (region->size - 1);
}

static bool overlap(const struct io_region *a, const struct io_region *b)
{
	return a->base <= last_address(b) && b->base <= last_address(a);
}

int bus_register(struct io_bus *bus, struct io_region *region,
		 struct error *err)
{
	struct io_region *other;

	if (!region->size || region->base > bus->last ||
	    region->size - 1 > bus->last - region->base)
		return error_set(err, "%s: %s %#lx + %#lx is beyond the last, %#lx",
				 region->name, bus->name, region->base,
				 region->size, bus->last);

	for (other = bus->regions; other; other = other->next)
		if (overlap(region, other))
			return error_set(err, "%s: %s %#lx to %#lx is taken by the %s",
					 region->name, bus->name, region->base,
					 last_address(region), other->name);

	region->next = bus->regions;
	bus->regions = region;
	return 0;
}

static bool valid_size(unsigned int size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

static struct io_region *find(struct io_bus *bus, uint64_t address,
			      unsigned int size)
{
	struct io_region *region;

	if (!valid_size(size))
		return NULL;
	for (region = bus->regions; region; region = region->next)
		if (address >= region->base &&
		    address - region->base < region->size)
			break;
	if (region && size > region->size - (address - region->base))
		return NULL;
	return region;
}

void bus_read(struct io_bus *bus, uint64_t address, void *data,
	      unsigned int size)
{
	struct io_region *region = find(bus, address, size);
	uint64_t value;

	if (!region) {
		memset(data, 0xff, size);
		return;
	}
	value = region->ops->read(region->device, address - region->base, size);
	memcpy(data, &value, size);
}

void bus_write(struct io_bus *bus, uint64_t address, const void *data,
	       unsigned int size)
{
	struct io_region *region = find(bus, address, size);
	uint64_t value = 0;

	if (!region)
		return;
	memcpy(&value, data, size);
	region->ops->write(region->device, address - region->base, size, value);
}
