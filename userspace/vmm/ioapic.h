/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An I/O APIC: 24 inputs (GSIs), each of which can send one interrupt message
 * to the local APICs.
 *
 * Version 0x20, with an EOI register.  The remappable format is not offered.
 * Every function may be called by any thread.
 */
#ifndef CORBEL_VMM_IOAPIC_H
#define CORBEL_VMM_IOAPIC_H

#include <pthread.h>
#include <stdint.h>

#include "vmm/bus.h"
#include "vmm/platform.h"

/*
 * Deliver an interrupt message, in the format of MSI.  Called with the device
 * locked: it must not call back.
 */
typedef void ioapic_send_t(void *opaque, uint64_t address, uint32_t data);

struct ioapic {
	ioapic_send_t *send_msi;
	void *opaque;
	struct io_region region;

	pthread_mutex_t lock;	/* protects all that follows */
	uint8_t select;
	uint8_t id;
	uint32_t lines;		/* levels of the inputs, a bit each */
	uint64_t entries[PLATFORM_GSIS];
};

int ioapic_init(struct ioapic *io, ioapic_send_t *send_msi, void *opaque,
		struct io_bus *mmio, struct error *err);

/* Set the level of input @gsi; @ioapic is a struct ioapic. */
void ioapic_set_line(void *ioapic, unsigned int gsi, int level);

/* A local APIC has ended level-triggered interrupt @vector. */
void ioapic_eoi(struct ioapic *io, uint8_t vector);

#endif
