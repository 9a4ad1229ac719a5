// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two ports and the host bridge: see pciconf.h.
 *
 * The address port answers to 32-bit accesses only, the data port to all that
 * do not cross a register.  Nothing in configuration space can be written.
 */
#include "vmm/pciconf.h"

#include <linux/pci_regs.h>

#include "vmm/platform.h"

#define PORT_ADDRESS		0
#define PORT_DATA		4

/* Address port */
#define ADDRESS_ENABLE		0x80000000u
#define ADDRESS_FUNCTION	0x00ffff00u	/* bus, device, function */
#define ADDRESS_REGISTER	0x000000fcu
#define ADDRESS_LATCHED		(ADDRESS_ENABLE | ADDRESS_FUNCTION | \
				 ADDRESS_REGISTER)

/* The generic host bridge that QEMU has: no driver and no quirk is tied to it */
#define BRIDGE_VENDOR_DEVICE	0x00081b36u
#define BRIDGE_CLASS_REVISION	0x06000000u

static uint32_t bridge_register(uint32_t offset)
{
	switch (offset) {
	case PCI_VENDOR_ID:
		return BRIDGE_VENDOR_DEVICE;
	case PCI_CLASS_REVISION:
		return BRIDGE_CLASS_REVISION;
	default:
		return 0;
	}
}

static uint32_t config_register(uint32_t address)
{
	if (!(address & ADDRESS_ENABLE) || (address & ADDRESS_FUNCTION))
		return UINT32_MAX;
	return bridge_register(address & ADDRESS_REGISTER);
}

static uint64_t pciconf_read(void *device, uint64_t offset, unsigned int size)
{
	struct pciconf *pci = device;
	uint32_t address;

	pthread_mutex_lock(&pci->lock);
	address = pci->address;
	pthread_mutex_unlock(&pci->lock);

	if (offset == PORT_ADDRESS && size == 4)
		return address;
	if (offset < PORT_DATA || offset + size > PORT_DATA + 4)
		return BUS_NO_DATA;
	return config_register(address) >> (offset - PORT_DATA) * 8;
}

static void pciconf_write(void *device, uint64_t offset, unsigned int size,
			  uint64_t value)
{
	struct pciconf *pci = device;

	if (offset != PORT_ADDRESS || size != 4)
		return;
	pthread_mutex_lock(&pci->lock);
	pci->address = value & ADDRESS_LATCHED;
	pthread_mutex_unlock(&pci->lock);
}

static const struct io_ops pciconf_ops = {
	.read	= pciconf_read,
	.write	= pciconf_write,
};

int pciconf_init(struct pciconf *pci, struct io_bus *ports, struct error *err)
{
	*pci = (struct pciconf) {
		.region = {
			.name	= "PCI configuration",
			.base	= PLATFORM_PORT_PCI_CONFIG,
			.size	= PORT_DATA + 4,
			.ops	= &pciconf_ops,
			.device	= pci,
		},
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
	return bus_register(ports, &pci->region, err);
}
