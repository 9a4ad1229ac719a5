// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the guest's kernel must be told and cannot probe: how to power off, and
 * the serial port.  CPUs and the I/O APIC are in the MADT; registers that ACPI
 * itself uses are in the FADT (acpi.c).
 */
#include "platform.h"

DefinitionBlock ("", "DSDT", 2, "CORBEL", "CORBEL", 1)
{
	Name (_S5, Package () { PLATFORM_SLEEP_TYPE_OFF, 0 })

	Device (\_SB.COM1)
	{
		Name (_HID, EisaId ("PNP0501"))	// 16550A
		Name (_UID, 0)
		Name (_CRS, ResourceTemplate ()
		{
			IO (Decode16, PLATFORM_PORT_SERIAL,
			    PLATFORM_PORT_SERIAL, 1,
			    PLATFORM_PORT_SERIAL_SIZE)
			Interrupt (ResourceConsumer, Edge, ActiveHigh,
				   Exclusive) { PLATFORM_GSI_SERIAL }
		})
	}
}
