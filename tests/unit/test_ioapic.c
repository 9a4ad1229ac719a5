// SPDX-License-Identifier: GPL-2.0-only
/*
 * The I/O APIC sends the message that its redirection entries say, when edge
 * and level say, once, and reads back as the datasheets say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the above. */
#include <cmocka.h>

#include "vmm/ioapic.h"
#include "vmm/platform.h"

#define SELECT		0x00
#define WINDOW		0x10
#define EOI		0x40

#define LOGICAL		(1u << 11)
#define ACTIVE_LOW	(1u << 13)
#define REMOTE_IRR	(1u << 14)
#define LEVEL		(1u << 15)
#define MASKED		(1u << 16)

/* The machine under test, and the messages it has sent */
static struct io_bus bus;
static struct ioapic io;
static unsigned int messages;
static uint64_t message_address;
static uint32_t message_data;

static void count_message(void *opaque, uint64_t address, uint32_t data)
{
	assert_ptr_equal(opaque, &messages);
	messages++;
	message_address = address;
	message_data = data;
}

static int setup(void **state)
{
	struct error err;

	(void)state;
	bus = (struct io_bus) { .name = "address", .last = UINT64_MAX };
	messages = 0;
	return ioapic_init(&io, count_message, &messages, &bus, &err);
}

static void write_window(uint64_t offset, uint32_t value)
{
	bus_write(&bus, PLATFORM_IOAPIC + offset, &value, 4);
}

static uint32_t read_window(uint64_t offset)
{
	uint32_t value;

	bus_read(&bus, PLATFORM_IOAPIC + offset, &value, 4);
	return value;
}

static void write_register(uint8_t number, uint32_t value)
{
	write_window(SELECT, number);
	write_window(WINDOW, value);
}

static uint32_t read_register(uint8_t number)
{
	write_window(SELECT, number);
	return read_window(WINDOW);
}

static void write_low(unsigned int gsi, uint32_t value)
{
	write_register(0x10 + 2 * gsi, value);
}

static uint32_t read_low(unsigned int gsi)
{
	return read_register(0x10 + 2 * gsi);
}

static void write_high(unsigned int gsi, uint32_t value)
{
	write_register(0x11 + 2 * gsi, value);
}

static void test_registers(void **state)
{
	unsigned int i;

	(void)state;
	assert_int_equal(read_register(0), 0);
	write_register(0, 0xffffffff);
	assert_int_equal(read_register(0), 0x0f000000);
	assert_int_equal(read_register(2), 0x0f000000);
	write_register(1, 0xffffffff);
	assert_int_equal(read_register(1), 0x00170020);

	for (i = 0; i < PLATFORM_GSIS; i++) {
		assert_int_equal(read_low(i), MASKED);
		write_low(i, 0xffffffff);
		assert_int_equal(read_low(i), 0x1afff);
		write_high(i, 0xffffffff);
		assert_int_equal(read_register(0x11 + 2 * i), 0xff000000);
		assert_int_equal(read_low(i), 0x1afff);
	}
	for (i = 0x10 + 2 * PLATFORM_GSIS; i <= 0xff; i++) {
		write_register(i, 0);
		assert_int_equal(read_register(i), 0);
	}
	for (i = 0; i < PLATFORM_GSIS; i++)
		assert_int_equal(read_low(i), 0x1afff);
	assert_int_equal(messages, 0);
}

/* Only whole registers are accessed. */
static void test_window(void **state)
{
	const uint64_t value = 0;
	unsigned int offset, size;
	uint8_t data[8];

	(void)state;
	write_low(0, MASKED | 0x55);
	for (size = 1; size <= 8; size *= 2)
		for (offset = 0; offset < 0x40; offset++) {
			if (size == 4 && (offset == SELECT || offset == WINDOW))
				continue;
			bus_write(&bus, PLATFORM_IOAPIC + offset, &value, size);
			bus_read(&bus, PLATFORM_IOAPIC + offset, data, size);
			assert_int_equal(data[0], size == 4 ? 0 : 0xff);
		}
	assert_int_equal(read_window(SELECT), 0x10);
	assert_int_equal(read_window(WINDOW), MASKED | 0x55);
	assert_int_equal(read_window(EOI), 0);
}

static void check_message(unsigned int gsi, uint32_t low, unsigned int dest)
{
	uint64_t address = 0xfee00000 | dest << 12;

	if (low & LOGICAL)
		address |= 1 << 2;
	messages = 0;
	write_high(gsi, dest << 24);
	write_low(gsi, low);
	ioapic_set_line(&io, gsi, 1);
	ioapic_set_line(&io, gsi, 0);
	assert_int_equal(messages, 1);
	assert_int_equal(message_address, address);
	assert_int_equal(message_data, low & 0x7ff);
}

static void test_message(void **state)
{
	unsigned int gsi, mode, dest;

	(void)state;
	for (gsi = 0; gsi < PLATFORM_GSIS; gsi++)
		for (mode = 0; mode < 8; mode++)
			for (dest = 0; dest < 256; dest++) {
				uint32_t low = (dest ^ gsi) | mode << 8;

				check_message(gsi, low, dest);
				check_message(gsi, low | LOGICAL, dest);
			}
	write_low(5, 0x41 | LEVEL);
	ioapic_set_line(&io, 5, 1);
	assert_int_equal(message_data, 0x41 | 1 << 14 | 1 << 15);
}

static void test_edge(void **state)
{
	(void)state;
	write_low(4, 0x31 | ACTIVE_LOW);
	ioapic_set_line(&io, 4, 0);
	assert_int_equal(messages, 0);
	ioapic_set_line(&io, 4, 1);
	assert_int_equal(messages, 1);
	ioapic_set_line(&io, 4, 1);
	ioapic_set_line(&io, 4, 0);
	assert_int_equal(messages, 1);
	assert_int_equal(read_low(4), 0x31 | ACTIVE_LOW);
	ioapic_set_line(&io, 4, 1);
	assert_int_equal(messages, 2);

	/* An EOI is nothing to an edge. */
	ioapic_eoi(&io, 0x31);
	assert_int_equal(messages, 2);

	/* A masked edge is forgotten. */
	ioapic_set_line(&io, 4, 0);
	write_low(4, 0x31 | MASKED);
	ioapic_set_line(&io, 4, 1);
	write_low(4, 0x31);
	assert_int_equal(messages, 2);
	ioapic_set_line(&io, 4, 0);
	ioapic_set_line(&io, 4, 1);
	assert_int_equal(messages, 3);
}

static void test_level(void **state)
{
	unsigned int vector;

	(void)state;
	write_low(9, 0x52 | LEVEL);
	ioapic_set_line(&io, 9, 1);
	assert_int_equal(messages, 1);
	assert_int_equal(read_low(9), 0x52 | LEVEL | REMOTE_IRR);

	/* Until the EOI nothing is sent, whatever the line does. */
	ioapic_set_line(&io, 9, 1);
	ioapic_set_line(&io, 9, 0);
	ioapic_set_line(&io, 9, 1);
	write_low(9, 0x52 | LEVEL);
	assert_int_equal(messages, 1);
	for (vector = 0; vector <= 0xff; vector++)
		if (vector != 0x52)
			ioapic_eoi(&io, vector);
	assert_int_equal(messages, 1);

	/* Still active: again.  Inactive: no more. */
	ioapic_eoi(&io, 0x52);
	assert_int_equal(messages, 2);
	ioapic_set_line(&io, 9, 0);
	ioapic_eoi(&io, 0x52);
	assert_int_equal(messages, 2);
	assert_int_equal(read_low(9), 0x52 | LEVEL);
}

/* An active level waits behind the mask. */
static void test_level_masked(void **state)
{
	(void)state;
	write_low(9, 0x52 | LEVEL | MASKED);
	ioapic_set_line(&io, 9, 1);
	assert_int_equal(messages, 0);
	write_low(9, 0x52 | LEVEL);
	assert_int_equal(messages, 1);

	write_low(9, 0x52 | LEVEL | MASKED);
	ioapic_eoi(&io, 0x52);
	assert_int_equal(messages, 1);
	write_low(9, 0x52 | LEVEL);
	assert_int_equal(messages, 2);
}

/* The two ways in which a guest ends an interrupt at the I/O APIC itself */
static void test_directed_eoi(void **state)
{
	(void)state;
	write_low(9, 0x52 | LEVEL);
	ioapic_set_line(&io, 9, 1);
	write_window(EOI, 0x52);
	assert_int_equal(messages, 2);

	write_low(9, 0x52 | MASKED);
	write_low(9, 0x52 | LEVEL | MASKED);
	assert_int_equal(read_low(9), 0x52 | LEVEL | MASKED);
	write_low(9, 0x52 | LEVEL);
	assert_int_equal(messages, 3);
}

/* An EOI is for every input with its vector. */
static void test_shared_vector(void **state)
{
	(void)state;
	write_low(1, 0x60 | LEVEL);
	write_low(23, 0x60 | LEVEL);
	ioapic_set_line(&io, 1, 1);
	ioapic_set_line(&io, 23, 1);
	assert_int_equal(messages, 2);
	ioapic_set_line(&io, 1, 0);
	ioapic_eoi(&io, 0x60);
	assert_int_equal(messages, 3);
	assert_int_equal(read_low(1), 0x60 | LEVEL);
	assert_int_equal(read_low(23), 0x60 | LEVEL | REMOTE_IRR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_registers, setup),
		cmocka_unit_test_setup(test_window, setup),
		cmocka_unit_test_setup(test_message, setup),
		cmocka_unit_test_setup(test_edge, setup),
		cmocka_unit_test_setup(test_level, setup),
		cmocka_unit_test_setup(test_level_masked, setup),
		cmocka_unit_test_setup(test_directed_eoi, setup),
		cmocka_unit_test_setup(test_shared_vector, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
