// SPDX-License-Identifier: GPL-2.0-only
/*
 * The exit and the mark port: see exitport.h.
 *
 * There is no state, hence no lock.  A size that the ABI does not define is
 * ignored as on a port without a device.
 */
#include "vmm/exitport.h"

#include <corbel/abi.h>

static uint64_t exitport_read(void *device, uint64_t offset, unsigned int size)
{
	(void)device;
	(void)offset;
	(void)size;
	return BUS_NO_DATA;
}

static void exitport_write(void *device, uint64_t offset, unsigned int size,
			   uint64_t value)
{
	struct exitport *port = device;
	struct exitport_events *events = &port->events;

	switch (port->region.base + offset) {
	case CORBEL_PORT_EXIT:
		if (size == 1)
			events->exit(events->opaque, value);
		break;
	case CORBEL_PORT_MARK:
		if (size == 4)
			events->mark(events->opaque, value);
		break;
	}
}

static const struct io_ops exitport_ops = {
	.read	= exitport_read,
	.write	= exitport_write,
};

int exitport_init(struct exitport *port, const struct exitport_events *events,
		  struct io_bus *ports, struct error *err)
{
	*port = (struct exitport) {
		.events = *events,
		.region = {
			.name	= "exit port",
			.base	= CORBEL_PORT_EXIT,
			.size	= CORBEL_PORT_MARK + 4 - CORBEL_PORT_EXIT,
			.ops	= &exitport_ops,
			.device	= port,
		},
	};
	return bus_register(ports, &port->region, err);
}
