/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ACPI as the guest sees it: tables from which a stock kernel learns what the
 * machine has, and the registers to switch it off or reset it.
 *
 * There is no PIC, PIT, RTC, keyboard controller or VGA.  Still the machine is
 * not a "hardware-reduced" one: Linux resets those through EFI and, as there is
 * none, through a BIOS in real mode, whatever reset register the FADT names.
 * So there are PM1 registers, in which no event ever happens; a PM timer is
 * optional.
 */
#ifndef CORBEL_VMM_ACPI_H
#define CORBEL_VMM_ACPI_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/bus.h"

/* dsdt.dsl as compiled by iasl; how long it is stands in its header. */
extern unsigned char dsdt_aml_code[];

struct acpi_config {
	unsigned int cpus;
};

/*
 * Write the tables to the @size bytes of guest memory at @memory, whose
 * guest-physical address @base is a multiple of 64.  @rsdp gets the address
 * for boot_params.acpi_rsdp_addr.
 */
int acpi_build(const struct acpi_config *config, void *memory, uint64_t base,
	       size_t size, uint64_t *rsdp, struct error *err);

enum platform_event {
	PLATFORM_EVENT_POWER_OFF,
	PLATFORM_EVENT_RESET,
};

/*
 * The PM1 and the reset register.  event() is called by the vCPU thread that
 * writes, several at once if several do, and before that write is over.
 */
struct acpi_registers {
	void (*event)(void *opaque, enum platform_event event);
	void *opaque;
	struct io_region region;
	atomic_ushort pm1_enable;
};

int acpi_registers_init(struct acpi_registers *regs,
			void (*event)(void *opaque, enum platform_event event),
			void *opaque, struct io_bus *ports, struct error *err);

#endif
