// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of the I/O APIC and when it sends a message: see ioapic.h.
 *
 * An edge, that is a line that becomes active, is sent at once or, if the
 * input is masked, forgotten as by hardware.  An active level is sent as soon
 * as the input is not masked, and again only after an EOI, if it is still
 * active then.  Polarity is only stored: callers say active or not.
 *
 * The datasheet is Intel's 82093AA; those of the ICH family have version 0x20
 * and its EOI register.
 */
#include "vmm/ioapic.h"

#include <stdbool.h>

/* Register window */
#define WINDOW_SELECT		0x00
#define WINDOW_DATA		0x10
#define WINDOW_EOI		0x40

/* Registers behind it */
#define REG_ID			0x00
#define REG_VERSION		0x01
#define REG_ARBITRATION		0x02
#define REG_ENTRIES		0x10	/* two each: low and high half */

#define ID_SHIFT		24
#define ID_MASK			0x0f
#define VERSION			(0x20 | (PLATFORM_GSIS - 1) << 16)

/* Redirection table entry; the low 11 bits are those of MSI data. */
#define ENTRY_VECTOR		0xffu
#define ENTRY_MESSAGE		0x7ffu
#define ENTRY_LOGICAL		(1u << 11)
#define ENTRY_PENDING		(1u << 12)
#define ENTRY_REMOTE_IRR	(1u << 14)
#define ENTRY_LEVEL		(1u << 15)
#define ENTRY_MASKED		(1u << 16)
#define ENTRY_READ_ONLY		(ENTRY_PENDING | ENTRY_REMOTE_IRR)
#define ENTRY_WRITABLE		(0x1ffffu & ~ENTRY_READ_ONLY)
#define ENTRY_WRITABLE_HIGH	0xff000000u
#define ENTRY_DESTINATION_SHIFT	56

#define MSI_DESTINATION_SHIFT	12
#define MSI_LOGICAL		(1u << 2)
#define MSI_ASSERT		(1u << 14)
#define MSI_LEVEL		(1u << 15)

static void send(struct ioapic *io, uint64_t entry)
{
	uint64_t address = PLATFORM_LAPIC |
		entry >> ENTRY_DESTINATION_SHIFT << MSI_DESTINATION_SHIFT;
	uint32_t data = entry & ENTRY_MESSAGE;

	if (entry & ENTRY_LOGICAL)
		address |= MSI_LOGICAL;
	if (entry & ENTRY_LEVEL)
		data |= MSI_LEVEL | MSI_ASSERT;
	io->send_msi(io->opaque, address, data);
}

static bool active(const struct ioapic *io, unsigned int gsi)
{
	return io->lines & 1u << gsi;
}

static void send_level(struct ioapic *io, unsigned int gsi)
{
	const uint64_t relevant = ENTRY_LEVEL | ENTRY_MASKED | ENTRY_REMOTE_IRR;
	uint64_t *entry = &io->entries[gsi];

	if (!active(io, gsi) || (*entry & relevant) != ENTRY_LEVEL)
		return;
	*entry |= ENTRY_REMOTE_IRR;
	send(io, *entry);
}

static void send_edge(struct ioapic *io, unsigned int gsi)
{
	if (!(io->entries[gsi] & (ENTRY_LEVEL | ENTRY_MASKED)))
		send(io, io->entries[gsi]);
}

void ioapic_set_line(void *ioapic, unsigned int gsi, int level)
{
	struct ioapic *io = ioapic;
	uint32_t bit = 1u << gsi;
	bool rises;

	pthread_mutex_lock(&io->lock);
	rises = level && !active(io, gsi);
	io->lines = level ? io->lines | bit : io->lines & ~bit;
	if (rises)
		send_edge(io, gsi);
	send_level(io, gsi);
	pthread_mutex_unlock(&io->lock);
}

static void end_of_interrupt(struct ioapic *io, uint8_t vector)
{
	unsigned int gsi;

	for (gsi = 0; gsi < PLATFORM_GSIS; gsi++) {
		uint64_t *entry = &io->entries[gsi];

		if ((*entry & ENTRY_VECTOR) != vector)
			continue;
		*entry &= ~(uint64_t)ENTRY_REMOTE_IRR;
		send_level(io, gsi);
	}
}

void ioapic_eoi(struct ioapic *io, uint8_t vector)
{
	pthread_mutex_lock(&io->lock);
	end_of_interrupt(io, vector);
	pthread_mutex_unlock(&io->lock);
}

/* To change an entry to edge and back is the old way to end an interrupt. */
static void write_entry(struct ioapic *io, unsigned int half, uint32_t value)
{
	unsigned int gsi = half / 2;
	uint64_t *entry = &io->entries[gsi];

	if (half % 2) {
		*entry = (uint32_t)*entry |
			 (uint64_t)(value & ENTRY_WRITABLE_HIGH) << 32;
	} else {
		*entry = (*entry & ~(uint64_t)ENTRY_WRITABLE) |
			 (value & ENTRY_WRITABLE);
		if (!(*entry & ENTRY_LEVEL))
			*entry &= ~(uint64_t)ENTRY_REMOTE_IRR;
	}
	send_level(io, gsi);
}

static void write_register(struct ioapic *io, uint32_t value)
{
	unsigned int half = io->select - REG_ENTRIES;

	if (io->select == REG_ID)
		io->id = value >> ID_SHIFT & ID_MASK;
	else if (half < 2 * PLATFORM_GSIS)
		write_entry(io, half, value);
}

static uint32_t read_register(const struct ioapic *io)
{
	unsigned int half = io->select - REG_ENTRIES;

	switch (io->select) {
	case REG_ID:
	case REG_ARBITRATION:
		return io->id << ID_SHIFT;
	case REG_VERSION:
		return VERSION;
	}
	if (half < 2 * PLATFORM_GSIS)
		return io->entries[half / 2] >> (half % 2 * 32);
	return 0;
}

static uint64_t ioapic_read(void *device, uint64_t offset, unsigned int size)
{
	struct ioapic *io = device;
	uint64_t value = 0;

	if (size != 4)
		return BUS_NO_DATA;
	pthread_mutex_lock(&io->lock);
	if (offset == WINDOW_SELECT)
		value = io->select;
	else if (offset == WINDOW_DATA)
		value = read_register(io);
	pthread_mutex_unlock(&io->lock);
	return value;
}

static void ioapic_write(void *device, uint64_t offset, unsigned int size,
			 uint64_t value)
{
	struct ioapic *io = device;

	if (size != 4)
		return;
	pthread_mutex_lock(&io->lock);
	switch (offset) {
	case WINDOW_SELECT:
		io->select = value;
		break;
	case WINDOW_DATA:
		write_register(io, value);
		break;
	case WINDOW_EOI:
		end_of_interrupt(io, value);
		break;
	}
	pthread_mutex_unlock(&io->lock);
}

static const struct io_ops ioapic_ops = {
	.read	= ioapic_read,
	.write	= ioapic_write,
};

int ioapic_init(struct ioapic *io, ioapic_send_t *send_msi, void *opaque,
		struct io_bus *mmio, struct error *err)
{
	unsigned int gsi;

	*io = (struct ioapic) {
		.send_msi = send_msi,
		.opaque = opaque,
		.region = {
			.name	= "I/O APIC",
			.base	= PLATFORM_IOAPIC,
			.size	= PLATFORM_IOAPIC_SIZE,
			.ops	= &ioapic_ops,
			.device	= io,
		},
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
	for (gsi = 0; gsi < PLATFORM_GSIS; gsi++)
		io->entries[gsi] = ENTRY_MASKED;
	return bus_register(mmio, &io->region, err);
}
