// SPDX-License-Identifier: GPL-2.0-only
/*
 * An access reaches the one device it is for, with the right offset, size and
 * value, or none; and the smallest devices on a bus do what their headers say.
 *
 * The bus is compared with the obvious model of it, a map of every address, at
 * all addresses and sizes around regions of many shapes.  PCI configuration is
 * probed as Linux does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the above. */
#include <cmocka.h>

#include <corbel/abi.h>
#include <string.h>

#include "lib/array.h"
#include "vmm/bus.h"
#include "vmm/exitport.h"
#include "vmm/pciconf.h"
#include "vmm/platform.h"

#define SPACE		64	/* addresses of the bus under test */
#define READ_VALUE	0x8877665544332211

/* The last access to a device that only remembers */
static struct access {
	void *device;
	uint64_t offset;
	unsigned int size;
	uint64_t value;
} last;

static uint64_t remember_read(void *device, uint64_t offset, unsigned int size)
{
	last = (struct access) { device, offset, size, 0 };
	return READ_VALUE;
}

static void remember_write(void *device, uint64_t offset, unsigned int size,
			   uint64_t value)
{
	last = (struct access) { device, offset, size, value };
}

static const struct io_ops remember = { remember_read, remember_write };

static int add(struct io_bus *bus, struct io_region *region, uint64_t base,
	       uint64_t size, struct error *err)
{
	*region = (struct io_region) {
		.name = "device",
		.base = base,
		.size = size,
		.ops = &remember,
		.device = region,
	};
	return bus_register(bus, region, err);
}

static void test_register(void **state)
{
	struct io_bus bus = { .name = "port", .last = 0xffff };
	struct io_region old[4], new;
	struct error err;

	(void)state;
	assert_int_equal(add(&bus, &old[0], 0x100, 0x10, &err), 0);
	assert_int_equal(add(&bus, &old[1], 0xfff0, 0x10, &err), 0);

	assert_int_equal(add(&bus, &new, 0x0ff, 2, &err), -1);
	assert_int_equal(add(&bus, &new, 0x0ff, 0x100, &err), -1);
	assert_int_equal(add(&bus, &new, 0x100, 0x10, &err), -1);
	assert_int_equal(add(&bus, &new, 0x108, 1, &err), -1);
	assert_int_equal(add(&bus, &new, 0x10f, 1, &err), -1);
	assert_string_equal(err.text, "device: port 0x10f to 0x10f is taken by the device");

	assert_int_equal(add(&bus, &new, 0x200, 0, &err), -1);
	assert_int_equal(add(&bus, &new, 0xffff, 2, &err), -1);
	assert_int_equal(add(&bus, &new, 0x10000, 1, &err), -1);
	assert_int_equal(add(&bus, &new, 0x200, UINT64_MAX, &err), -1);
	assert_non_null(strstr(err.text, "is beyond the last, 0xffff"));

	assert_int_equal(add(&bus, &old[2], 0x110, 1, &err), 0);
	assert_int_equal(add(&bus, &old[3], 0x0ff, 1, &err), 0);
}

/* The last address of all is one like others. */
static void test_last_address(void **state)
{
	struct io_bus bus = { .name = "address", .last = UINT64_MAX };
	uint8_t data[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct io_region region, rest;
	struct error err;

	(void)state;
	assert_int_equal(add(&bus, &region, 0, 0, &err), -1);
	assert_int_equal(add(&bus, &rest, 0, UINT64_MAX - 7, &err), 0);
	assert_int_equal(add(&bus, &region, UINT64_MAX - 7, 9, &err), -1);
	assert_int_equal(add(&bus, &region, UINT64_MAX - 7, 8, &err), 0);
	bus_write(&bus, UINT64_MAX - 7, data, 8);
	assert_int_equal(last.value, 0x0807060504030201);
	last.size = 0;
	bus_write(&bus, UINT64_MAX, data, 2);
	assert_int_equal(last.size, 0);
	bus_write(&bus, UINT64_MAX, data, 1);
	assert_int_equal(last.size, 1);
	assert_int_equal(last.offset, 7);
}

/* The region that has @address and all that follow it, as the map says. */
static struct io_region *expected(struct io_region *const *map,
				  unsigned int address, unsigned int size)
{
	unsigned int i;

	if (size != 1 && size != 2 && size != 4 && size != 8)
		return NULL;
	for (i = 1; i < size; i++)
		if (map[address + i] != map[address])
			return NULL;
	return map[address];
}

static void check_read(struct io_bus *bus, struct io_region *region,
		       unsigned int address, unsigned int size)
{
	uint8_t data[16 + 1], all_ones[16];
	const uint64_t value = READ_VALUE;

	memset(all_ones, 0xff, sizeof(all_ones));
	memset(data, 0xee, sizeof(data));
	last = (struct access) {};
	bus_read(bus, address, data, size);
	assert_ptr_equal(last.device, region);
	if (region) {
		assert_int_equal(last.offset, address - region->base);
		assert_int_equal(last.size, size);
		assert_memory_equal(data, &value, size);
	} else {
		assert_memory_equal(data, all_ones, size);
	}
	assert_int_equal(data[size], 0xee);
}

static void check_write(struct io_bus *bus, struct io_region *region,
			unsigned int address, unsigned int size)
{
	uint8_t data[16];
	uint64_t value = 0;

	memset(data, 0xa5, sizeof(data));
	memcpy(&value, data, size < 8 ? size : 8);
	last = (struct access) {};
	bus_write(bus, address, data, size);
	assert_ptr_equal(last.device, region);
	if (region) {
		assert_int_equal(last.offset, address - region->base);
		assert_int_equal(last.size, size);
		assert_int_equal(last.value, value);
	}
}

static void test_dispatch(void **state)
{
	static const struct {
		uint64_t base;
		uint64_t size;
	} shapes[] = {
		{ 0, 1 }, { 1, 2 }, { 4, 4 }, { 8, 8 }, { 17, 3 }, { 20, 1 },
		{ 24, 16 }, { 41, 7 }, { 63, 1 },
	};
	struct io_bus bus = { .name = "port", .last = SPACE - 1 };
	struct io_region regions[ARRAY_SIZE(shapes)];
	struct io_region *map[SPACE + 16] = {};
	unsigned int i, address, size;
	struct error err;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		assert_int_equal(add(&bus, &regions[i], shapes[i].base,
				     shapes[i].size, &err), 0);
		for (address = 0; address < shapes[i].size; address++)
			map[shapes[i].base + address] = &regions[i];
	}
	for (address = 0; address < SPACE; address++)
		for (size = 0; size <= 16; size++) {
			check_read(&bus, expected(map, address, size), address,
				   size);
			check_write(&bus, expected(map, address, size),
				    address, size);
		}
}

/* Exit port */

static unsigned int exits, exit_status, marks;
static uint32_t last_mark;

static void count_exit(void *opaque, uint8_t status)
{
	assert_ptr_equal(opaque, &exits);
	exits++;
	exit_status = status;
}

static void count_mark(void *opaque, uint32_t mark)
{
	assert_ptr_equal(opaque, &exits);
	marks++;
	last_mark = mark;
}

static void write_port(struct io_bus *bus, uint64_t port, uint64_t value,
		       unsigned int size)
{
	bus_write(bus, port, &value, size);
}

static uint32_t read_port(struct io_bus *bus, uint64_t port, unsigned int size)
{
	uint32_t value = 0;

	bus_read(bus, port, &value, size);
	return value;
}

static void test_exitport(void **state)
{
	const struct exitport_events events = {
		.exit = count_exit, .mark = count_mark, .opaque = &exits,
	};
	struct io_bus bus = { .name = "port", .last = 0xffff };
	struct exitport port;
	struct error err;

	(void)state;
	assert_int_equal(exitport_init(&port, &events, &bus, &err), 0);
	assert_int_equal(exitport_init(&port, &events, &bus, &err), -1);

	/* What is not defined does nothing. */
	write_port(&bus, CORBEL_PORT_EXIT, 1, 2);
	write_port(&bus, CORBEL_PORT_EXIT, 1, 4);
	write_port(&bus, CORBEL_PORT_EXIT + 1, 1, 1);
	write_port(&bus, CORBEL_PORT_MARK, 1, 1);
	write_port(&bus, CORBEL_PORT_MARK, 1, 2);
	write_port(&bus, CORBEL_PORT_MARK + 2, 1, 4);
	assert_int_equal(read_port(&bus, CORBEL_PORT_EXIT, 1), 0xff);
	assert_int_equal(read_port(&bus, CORBEL_PORT_MARK, 4), 0xffffffff);
	assert_int_equal(exits + marks, 0);

	write_port(&bus, CORBEL_PORT_MARK, 0xdeadbeef, 4);
	assert_int_equal(marks, 1);
	assert_int_equal(last_mark, 0xdeadbeef);
	write_port(&bus, CORBEL_PORT_EXIT, 0xff, 1);
	assert_int_equal(exit_status, 0xff);
	write_port(&bus, CORBEL_PORT_EXIT, 0, 1);
	assert_int_equal(exit_status, 0);
	assert_int_equal(exits, 2);
}

/* PCI configuration */

#define CONFIG_ADDRESS	PLATFORM_PORT_PCI_CONFIG
#define CONFIG_DATA	(PLATFORM_PORT_PCI_CONFIG + 4)
#define CONFIG_ENABLE	0x80000000

static uint32_t read_config(struct io_bus *bus, unsigned int number,
			    unsigned int devfn, unsigned int offset,
			    unsigned int size)
{
	write_port(bus, CONFIG_ADDRESS, CONFIG_ENABLE | number << 16 |
		   devfn << 8 | (offset & 0xfc), 4);
	return read_port(bus, CONFIG_DATA + (offset & 3), size);
}

/* The registers of the bridge, read in each way there is. */
static void check_bridge(struct io_bus *bus)
{
	static const uint32_t header[64] = { 0x00081b36, 0, 0x06000000 };
	const uint8_t *bytes = (const uint8_t *)header;
	unsigned int size, offset;

	for (size = 1; size <= 4; size *= 2)
		for (offset = 0; offset < sizeof(header); offset += size) {
			uint32_t value = read_config(bus, 0, 0, offset, size);

			assert_memory_equal(&value, bytes + offset, size);
		}
}

static void test_pciconf(void **state)
{
	struct io_bus bus = { .name = "port", .last = 0xffff };
	struct pciconf pci;
	struct error err;
	unsigned int i;

	(void)state;
	assert_int_equal(pciconf_init(&pci, &bus, &err), 0);

	/* Linux's test of mechanism #1 */
	write_port(&bus, CONFIG_ADDRESS + 3, 0x01, 1);
	write_port(&bus, CONFIG_ADDRESS, CONFIG_ENABLE, 4);
	assert_int_equal(read_port(&bus, CONFIG_ADDRESS, 4), CONFIG_ENABLE);

	/* Only bits that mean something are latched, by 32-bit writes only. */
	write_port(&bus, CONFIG_ADDRESS, 0xffffffff, 4);
	assert_int_equal(read_port(&bus, CONFIG_ADDRESS, 4), 0x80fffffc);
	write_port(&bus, CONFIG_ADDRESS, 0, 2);
	write_port(&bus, CONFIG_ADDRESS, 0, 1);
	assert_int_equal(read_port(&bus, CONFIG_ADDRESS, 4), 0x80fffffc);
	assert_int_equal(read_port(&bus, CONFIG_ADDRESS, 2), 0xffff);

	check_bridge(&bus);
	assert_int_equal(read_config(&bus, 0, 0, 2, 4), 0xffffffff);
	for (i = 1; i < 256; i++) {
		assert_int_equal(read_config(&bus, 0, i, 0, 4), 0xffffffff);
		assert_int_equal(read_config(&bus, i, 0, 0, 4), 0xffffffff);
	}

	/* Nothing can be changed. */
	write_port(&bus, CONFIG_ADDRESS, CONFIG_ENABLE, 4);
	write_port(&bus, CONFIG_DATA, 0, 4);
	check_bridge(&bus);
	write_port(&bus, CONFIG_ADDRESS, 0, 4);
	assert_int_equal(read_port(&bus, CONFIG_DATA, 4), 0xffffffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_register),
		cmocka_unit_test(test_last_address),
		cmocka_unit_test(test_dispatch),
		cmocka_unit_test(test_exitport),
		cmocka_unit_test(test_pciconf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
