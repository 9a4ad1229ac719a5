// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ACPI tables are well-formed, lead to each other, and say what the
 * machine is; the registers that they name switch the machine off.
 *
 * The test walks from the RSDP to each table as a kernel does, for every number
 * of CPUs.  What the tables say is judged by ACPICA's disassembler, iasl: the
 * test looks for lines in its output, so field offsets are not stated twice.
 */
#define _GNU_SOURCE 1

#include "fixture.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "vmm/acpi.h"
#include "vmm/platform.h"

#define BASE		PLATFORM_ACPI_TABLES
#define HEADER_SIZE	36

/* Tables in memory that is exactly as large as they were given */
static uint8_t *memory;
static size_t memory_size;
static uint64_t rsdp;

static int build(unsigned int cpus, size_t size, struct error *err)
{
	struct acpi_config config = { .cpus = cpus };

	free(memory);
	memory = malloc(size);
	assert_non_null(memory);
	memory_size = size;
	return acpi_build(&config, memory, BASE, size, &rsdp, err);
}

static int teardown(void **state)
{
	(void)state;
	free(memory);
	memory = NULL;
	return 0;
}

static uint8_t *at(uint64_t address, size_t size)
{
	assert_in_range(address, BASE, BASE + memory_size);
	assert_in_range(size, 0, BASE + memory_size - address);
	return memory + (address - BASE);
}

static uint64_t read64(const void *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof(value));
	return value;
}

static uint32_t read32(const void *from)
{
	uint32_t value;

	memcpy(&value, from, sizeof(value));
	return value;
}

static void check_sum(const uint8_t *data, size_t size)
{
	uint8_t sum = 0;

	while (size--)
		sum += *data++;
	assert_int_equal(sum, 0);
}

/* Any table but the RSDP and the FACS: signature, length, checksum */
static uint8_t *table_at(uint64_t address, const char *signature, size_t *size)
{
	uint8_t *table = at(address, HEADER_SIZE);

	assert_memory_equal(table, signature, 4);
	*size = read32(table + 4);
	assert_true(*size >= HEADER_SIZE);
	check_sum(at(address, *size), *size);
	return table;
}

/* What the XSDT and the FADT lead to */
struct tables {
	uint8_t *fadt;
	size_t fadt_size;
	uint8_t *madt;
	size_t madt_size;
	uint8_t *dsdt;
	size_t dsdt_size;
	uint8_t *facs;
};

static void find_tables(struct tables *t)
{
	uint8_t *root = at(rsdp, 36), *xsdt;
	size_t size;

	assert_int_equal(rsdp % 16, 0);
	assert_memory_equal(root, "RSD PTR ", 8);
	assert_int_equal(root[15], 2);
	assert_int_equal(read32(root + 20), 36);
	check_sum(root, 20);
	check_sum(root, 36);

	xsdt = table_at(read64(root + 24), "XSDT", &size);
	assert_int_equal(size, HEADER_SIZE + 2 * 8);
	t->fadt = table_at(read64(xsdt + 36), "FACP", &t->fadt_size);
	t->madt = table_at(read64(xsdt + 44), "APIC", &t->madt_size);
	t->dsdt = table_at(read64(t->fadt + 140), "DSDT", &t->dsdt_size);
	assert_int_equal(read64(t->fadt + 132) % 64, 0);
	t->facs = at(read64(t->fadt + 132), 64);
	assert_memory_equal(t->facs, "FACS", 4);
}

/* One local APIC a CPU, its number in both IDs, and the I/O APIC */
static void check_madt(const struct tables *t, unsigned int cpus)
{
	uint8_t *entry = t->madt + 44, *end = t->madt + t->madt_size;
	unsigned int lapics = 0, ioapics = 0;

	for (; entry < end; entry += entry[1])
		if (entry[0] == 0) {
			assert_int_equal(entry[1], 8);
			assert_int_equal(entry[2], lapics);
			assert_int_equal(entry[3], lapics);
			assert_int_equal(read32(entry + 4), 1);
			lapics++;
		} else {
			assert_int_equal(entry[0], 1);
			assert_int_equal(entry[1], 12);
			ioapics++;
		}
	assert_ptr_equal(entry, end);
	assert_int_equal(lapics, cpus);
	assert_int_equal(ioapics, 1);
}

static void test_cpus(void **state)
{
	struct tables t;
	struct error err;
	unsigned int cpus;

	(void)state;
	for (cpus = 1; cpus <= PLATFORM_CPUS_MAX; cpus++) {
		assert_int_equal(build(cpus, PLATFORM_ACPI_TABLES_SIZE, &err),
				 0);
		find_tables(&t);
		check_madt(&t, cpus);
	}
	assert_int_equal(build(0, PLATFORM_ACPI_TABLES_SIZE, &err), -1);
	assert_string_equal(err.text, "0 CPUs: a VM can have 1 to 255");
	assert_int_equal(build(256, PLATFORM_ACPI_TABLES_SIZE, &err), -1);
}

/* Too little memory is refused, and what lies behind it is left alone. */
static void test_no_room(void **state)
{
	struct tables t;
	struct error err;
	size_t size = 0;

	(void)state;
	while (build(2, size, &err)) {
		assert_non_null(strstr(err.text, "do not fit"));
		size++;
		assert_true(size < 4096);
	}
	find_tables(&t);
	check_madt(&t, 2);
}

/* Without the offset in front of each line, and with single spaces only */
static void simplify(char *text)
{
	char *to = text, *from = text;
	bool line_start = true;

	for (; *from; from++) {
		if (line_start && *from == '[')
			from = strchr(from, ']') + 1;
		line_start = *from == '\n';
		if (!isspace((unsigned char)*from))
			*to++ = *from;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	}
	*to = '\0';
}

/* A file that iasl has written; it must hold no complaint. */
static char *read_text(const char *name)
{
	static const char *const complaints[] = {
		"rror", "arning", "nvalid", "nknown", "ncorrect",
	};
	struct bytes file = read_file(temporary_path(name));
	unsigned int i;

	bytes_add(&file, "", 1);
	for (i = 0; i < ARRAY_SIZE(complaints); i++)
		if (strstr((char *)file.data, complaints[i]))
			fail_msg("%s", (char *)file.data);
	return (char *)file.data;
}

static char *disassemble(const uint8_t *table, size_t size)
{
	char command[512], *text;

	write_file(temporary_path("table"), table, size);
	snprintf(command, sizeof(command),
		 "cd '%s' && iasl -d -p text table >log 2>&1",
		 temporary_path("."));
	assert_int_equal(system(command), 0);
	free(read_text("log"));
	text = read_text("text.dsl");
	simplify(text);
	return text;
}

/* All of @wanted must be there, in that order. */
static void check_text(const uint8_t *table, size_t size,
		       const char *const *wanted)
{
	char *text = disassemble(table, size);
	const char *rest = text;

	for (; *wanted; wanted++) {
		rest = strstr(rest, *wanted);
		if (!rest)
			fail_msg("not found: %s\n%s", *wanted, text);
		rest += strlen(*wanted);
	}
	free(text);
}

static const char *const fadt_says[] = {
	"Revision : 06 ",
	"SCI Interrupt : 0009 ",
	"SMI Command Port : 00000000 ",
	"PM1 Event Block Length : 04 ",
	"PM1 Control Block Length : 02 ",
	"PM Timer Block Length : 00 ",
	"GPE0 Block Length : 00 ",
	"Legacy Devices Supported (V2) : 0 ",
	"8042 Present on ports 60/64 (V2) : 0 ",
	"VGA Not Present (V4) : 1 ",
	"MSI Not Supported (V4) : 0 ",
	"PCIe ASPM Not Supported (V4) : 1 ",
	"CMOS RTC Not Present (V5) : 1 ",
	"WBINVD instruction is operational (V1) : 1 ",
	"All CPUs support C1 (V1) : 1 ",
	"Control Method Power Button (V1) : 1 ",
	"Control Method Sleep Button (V1) : 1 ",
	"Reset Register Supported (V2) : 1 ",
	"Use APIC Cluster Model (V4) : 0 ",
	"Use APIC Physical Destination Mode (V4) : 1 ",
	"Hardware Reduced (V5) : 0 ",
	"Reset Register : [Generic Address Structure] ",
	"Space ID : 01 [SystemIO] ",
	"Bit Width : 08 ",
	"Encoded Access Width : 01 [Byte Access:8] ",
	"Address : 0000000000000608 ",
	"Value to cause reset : 01 ",
	"FADT Minor Revision : 03 ",
	"PM1A Event Block : [Generic Address Structure] ",
	"Space ID : 01 [SystemIO] ",
	"Bit Width : 20 ",
	"Encoded Access Width : 02 [Word Access:16] ",
	"Address : 0000000000000600 ",
	"PM1A Control Block : [Generic Address Structure] ",
	"Space ID : 01 [SystemIO] ",
	"Bit Width : 10 ",
	"Encoded Access Width : 02 [Word Access:16] ",
	"Address : 0000000000000604 ",
	"Hypervisor ID : 00006C6562726F43 ",
	NULL
};

static const char *const madt_says[] = {
	"Local Apic Address : FEE00000 ",
	"PC-AT Compatibility : 0 ",
	"Subtable Type : 01 [I/O APIC] ",
	"I/O Apic ID : 00 ",
	"Address : FEC00000 ",
	"Interrupt : 00000000 ",
	"Subtable Type : 00 [Processor Local APIC] ",
	"Processor ID : 01 ",
	"Local Apic ID : 01 ",
	"Processor Enabled : 1 ",
	NULL
};

static const char *const dsdt_says[] = {
	"DefinitionBlock (\"\", \"DSDT\", 2, \"CORBEL\", \"CORBEL\", 0x00000001)",
	"Name (_S5, Package (0x02) // _S5_: S5 System State { 0x05, Zero })",
	"Device (_SB.COM1) { Name (_HID, EisaId (\"PNP0501\")",
	"IO (Decode16, 0x03F8, // Range Minimum ",
	"0x03F8, // Range Maximum ",
	"0x01, // Alignment ",
	"0x08, // Length ",
	"Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, ",
	"{ 0x00000004, }",
	NULL
};

static const char *const facs_says[] = {
	"Length : 00000040 ",
	"Version : 02 ",
	NULL
};

static void test_contents(void **state)
{
	struct tables t;
	struct error err;

	(void)state;
	assert_int_equal(build(2, PLATFORM_ACPI_TABLES_SIZE, &err), 0);
	find_tables(&t);
	check_text(t.fadt, t.fadt_size, fadt_says);
	check_text(t.madt, t.madt_size, madt_says);
	check_text(t.dsdt, t.dsdt_size, dsdt_says);
	check_text(t.facs, 64, facs_says);
}

/* Registers */

static unsigned int events[2];

static void count_event(void *opaque, enum platform_event event)
{
	assert_ptr_equal(opaque, events);
	events[event]++;
}

static void write_port(struct io_bus *bus, uint64_t port, uint32_t value,
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

/* What ACPICA relies on when it takes the registers into use */
static void test_pm1(void **state)
{
	struct io_bus bus = { .name = "port", .last = 0xffff };
	struct acpi_registers regs;
	struct error err;

	(void)state;
	assert_int_equal(acpi_registers_init(&regs, count_event, events, &bus,
					     &err), 0);
	write_port(&bus, PLATFORM_PORT_PM1_STATUS, 0xffff, 2);
	assert_int_equal(read_port(&bus, PLATFORM_PORT_PM1_STATUS, 2), 0);
	write_port(&bus, PLATFORM_PORT_PM1_ENABLE, 0x0020, 2);
	assert_int_equal(read_port(&bus, PLATFORM_PORT_PM1_ENABLE, 2), 0x0020);
	assert_int_equal(read_port(&bus, PLATFORM_PORT_PM1_CONTROL, 2), 1);
	assert_int_equal(read_port(&bus, PLATFORM_PORT_PM1_STATUS, 4),
			 0xffffffff);
	assert_int_equal(read_port(&bus, PLATFORM_PORT_RESET, 1), 0xff);
	assert_int_equal(events[0] + events[1], 0);
}

static void test_events(void **state)
{
	const uint32_t type_off = PLATFORM_SLEEP_TYPE_OFF << 10;
	const uint32_t enable = 1 << 13;
	struct io_bus bus = { .name = "port", .last = 0xffff };
	struct acpi_registers regs;
	struct error err;
	uint32_t value;

	(void)state;
	assert_int_equal(acpi_registers_init(&regs, count_event, events, &bus,
					     &err), 0);
	for (value = 0; value <= 0xffff; value++)
		if ((value & (7 << 10 | enable)) != (type_off | enable))
			write_port(&bus, PLATFORM_PORT_PM1_CONTROL, value, 2);
	for (value = 0; value <= 0xff; value++)
		if (value != PLATFORM_RESET_VALUE)
			write_port(&bus, PLATFORM_PORT_RESET, value, 1);
	write_port(&bus, PLATFORM_PORT_PM1_CONTROL, type_off | enable, 4);
	write_port(&bus, PLATFORM_PORT_PM1_CONTROL + 1,
		   (type_off | enable) >> 8, 1);
	write_port(&bus, PLATFORM_PORT_RESET, PLATFORM_RESET_VALUE, 2);
	assert_int_equal(events[0] + events[1], 0);

	write_port(&bus, PLATFORM_PORT_PM1_CONTROL, type_off | enable | 1, 2);
	assert_int_equal(events[PLATFORM_EVENT_POWER_OFF], 1);
	assert_int_equal(events[PLATFORM_EVENT_RESET], 0);
	write_port(&bus, PLATFORM_PORT_RESET, PLATFORM_RESET_VALUE, 1);
	assert_int_equal(events[PLATFORM_EVENT_POWER_OFF], 1);
	assert_int_equal(events[PLATFORM_EVENT_RESET], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_cpus, teardown),
		cmocka_unit_test_teardown(test_no_room, teardown),
		cmocka_unit_test_teardown(test_contents, teardown),
		cmocka_unit_test(test_pm1),
		cmocka_unit_test(test_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
