/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine a guest finds: which address, port and interrupt is whose.
 *
 * Only macros, because the ACPI source language includes this file, too.
 */
#ifndef CORBEL_VMM_PLATFORM_H
#define CORBEL_VMM_PLATFORM_H

/* Memory.  The ACPI tables lie where a BIOS has its ROM: reserved in e820. */
#define PLATFORM_ACPI_TABLES		0xe0000
#define PLATFORM_ACPI_TABLES_SIZE	0x20000
#define PLATFORM_IOAPIC			0xfec00000
#define PLATFORM_IOAPIC_SIZE		0x1000
#define PLATFORM_LAPIC			0xfee00000

/*
 * CPUs.  The number of one is its APIC ID; an ID must fit the 8 bits that
 * interrupt messages have for it, of which 255 means all CPUs.
 */
#define PLATFORM_CPUS_MAX		255

/* Interrupts: inputs of the I/O APIC */
#define PLATFORM_GSIS			24
#define PLATFORM_GSI_SERIAL		4
#define PLATFORM_GSI_SCI		9

/*
 * Ports.  Corbel's own are in the guest ABI: <corbel/abi.h>.  The two registers
 * PM1 status and enable are one block to ACPI, so they stay together.
 */
#define PLATFORM_PORT_SERIAL		0x3f8
#define PLATFORM_PORT_SERIAL_SIZE	8
#define PLATFORM_PORT_PM1_STATUS	0x600
#define PLATFORM_PORT_PM1_ENABLE	0x602
#define PLATFORM_PORT_PM1_CONTROL	0x604
#define PLATFORM_PORT_RESET		0x608
#define PLATFORM_PORT_PCI_CONFIG	0xcf8

/* What to write to the above: the sleep type is that of soft-off (S5). */
#define PLATFORM_SLEEP_TYPE_OFF		5
#define PLATFORM_RESET_VALUE		1

#endif
