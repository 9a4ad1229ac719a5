// SPDX-License-Identifier: GPL-2.0-only
/*
 * ACPI tables and registers: see acpi.h.
 *
 * The RSDP leads to the XSDT, that to the MADT and to the FADT, which leads to
 * the FACS and the DSDT.  So they are made in the opposite order.  The DSDT is
 * compiled from dsdt.dsl.
 *
 * Structures are those of the ACPI specification 6.3; fields that this machine
 * does not use are joined to zeros.
 */
#include "vmm/acpi.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "vmm/platform.h"

/* What the FACS wants; the others are content with less. */
#define TABLE_ALIGN		64

#define FADT_REVISION		6
#define FADT_MINOR_REVISION	3
#define FADT_BOOT_NO_VGA	(1 << 2)
#define FADT_BOOT_NO_ASPM	(1 << 4)
#define FADT_BOOT_NO_CMOS_RTC	(1 << 5)
#define FADT_WBINVD		(1 << 0)
#define FADT_PROC_C1		(1 << 2)
#define FADT_NO_POWER_BUTTON	(1 << 4)
#define FADT_NO_SLEEP_BUTTON	(1 << 5)
#define FADT_RESET_REG_SUP	(1 << 10)
#define FADT_APIC_PHYSICAL	(1 << 19)

#define FACS_VERSION		2

#define MADT_REVISION		5
#define MADT_LAPIC		0
#define MADT_IOAPIC		1
#define MADT_LAPIC_ENABLED	1

#define GAS_SYSTEM_IO		1
#define GAS_BYTE		1
#define GAS_WORD		2

/* PM1 control register */
#define PM1_SCI_ENABLE		(1 << 0)
#define PM1_SLEEP_TYPE_SHIFT	10
#define PM1_SLEEP_TYPE_MASK	(7 << PM1_SLEEP_TYPE_SHIFT)
#define PM1_SLEEP_ENABLE	(1 << 13)

#define PM1_EVENT_SIZE		4	/* status and enable register */
#define PM1_CONTROL_SIZE	2

#pragma pack(push, 1)

struct rsdp {
	char signature[8];
	uint8_t checksum;	/* of the first 20 bytes, ACPI 1.0's */
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
	uint8_t extended_checksum;
	uint8_t reserved[3];
};

static_assert(sizeof(struct rsdp) == 36, "ACPI: RSDP");
#define RSDP_SIZE_1_0		20

struct header {
	char signature[4];
	uint32_t length;
	uint8_t revision;
	uint8_t checksum;
	char oem_id[6];
	char oem_table_id[8];
	uint32_t oem_revision;
	char creator_id[4];
	uint32_t creator_revision;
};

static_assert(sizeof(struct header) == 36, "ACPI: table header");

struct xsdt {
	struct header header;
	uint64_t fadt;
	uint64_t madt;
};

static_assert(sizeof(struct xsdt) == 52, "ACPI: XSDT with two entries");

/* Generic address structure */
struct gas {
	uint8_t space;
	uint8_t bit_width;
	uint8_t bit_offset;
	uint8_t access_size;
	uint64_t address;
};

struct fadt {
	struct header header;
	uint8_t unused1[10];
	uint16_t sci_int;
	uint8_t unused2[40];
	uint8_t pm1_evt_len;
	uint8_t pm1_cnt_len;
	uint8_t unused3[19];
	uint16_t iapc_boot_arch;
	uint8_t reserved;
	uint32_t flags;
	struct gas reset_reg;
	uint8_t reset_value;
	uint16_t arm_boot_arch;
	uint8_t minor_revision;
	uint64_t x_firmware_ctrl;
	uint64_t x_dsdt;
	struct gas x_pm1a_evt_blk;
	struct gas x_pm1b_evt_blk;
	struct gas x_pm1a_cnt_blk;
	struct gas unused4[7];
	char hypervisor_vendor[8];
};

static_assert(offsetof(struct fadt, sci_int) == 46, "ACPI: FADT SCI_INT");
static_assert(offsetof(struct fadt, pm1_evt_len) == 88,
	      "ACPI: FADT PM1_EVT_LEN");
static_assert(offsetof(struct fadt, flags) == 112, "ACPI: FADT Flags");
static_assert(offsetof(struct fadt, x_dsdt) == 140, "ACPI: FADT X_DSDT");
static_assert(offsetof(struct fadt, x_pm1a_cnt_blk) == 172,
	      "ACPI: FADT X_PM1a_CNT_BLK");
static_assert(sizeof(struct fadt) == 276, "ACPI: FADT");

struct facs {
	char signature[4];
	uint32_t length;
	uint8_t unused[24];
	uint8_t version;
	uint8_t reserved[31];
};

static_assert(offsetof(struct facs, version) == 32, "ACPI: FACS Version");
static_assert(sizeof(struct facs) == 64, "ACPI: FACS");

struct madt_ioapic {
	uint8_t type;
	uint8_t length;
	uint8_t ioapic_id;
	uint8_t reserved;
	uint32_t address;
	uint32_t gsi_base;
};

struct madt_lapic {
	uint8_t type;
	uint8_t length;
	uint8_t processor_uid;
	uint8_t apic_id;
	uint32_t flags;
};

struct madt {
	struct header header;
	uint32_t lapic_address;
	uint32_t flags;
	struct madt_ioapic ioapic;
	struct madt_lapic lapics[PLATFORM_CPUS_MAX];
};

static_assert(sizeof(struct madt_ioapic) == 12, "ACPI: MADT I/O APIC");
static_assert(sizeof(struct madt_lapic) == 8, "ACPI: MADT local APIC");
static_assert(offsetof(struct madt, lapics) == 56, "ACPI: MADT");

#pragma pack(pop)

/* Tables */

/* The memory that the tables are put into, one after the other. */
struct area {
	uint8_t *memory;
	uint64_t base;
	size_t size;
	size_t used;
	bool full;
};

/* Returns the guest-physical address of the copy. */
static uint64_t add(struct area *area, const void *data, size_t size)
{
	size_t start = (area->used + TABLE_ALIGN - 1) & -TABLE_ALIGN;

	if (start > area->size || size > area->size - start) {
		area->full = true;
		return 0;
	}
	memcpy(area->memory + start, data, size);
	area->used = start + size;
	return area->base + start;
}

/* What must be added to @size bytes for their sum to be 0. */
static uint8_t checksum(const void *data, size_t size)
{
	const uint8_t *byte = data;
	uint8_t sum = 0;

	while (size--)
		sum -= *byte++;
	return sum;
}

/* Complete the header at the start of @table, and add it. */
static uint64_t add_table(struct area *area, void *table, size_t size,
			  const char *signature, uint8_t revision)
{
	struct header *header = table;

	*header = (struct header) {
		.length = size,
		.revision = revision,
		.oem_id = "CORBEL",
		.oem_table_id = "CORBEL",
		.oem_revision = 1,
		.creator_id = "CRBL",
		.creator_revision = 1,
	};
	memcpy(header->signature, signature, sizeof(header->signature));
	header->checksum = checksum(table, size);
	return add(area, table, size);
}

static uint64_t add_dsdt(struct area *area)
{
	struct header header;

	memcpy(&header, dsdt_aml_code, sizeof(header));
	return add(area, dsdt_aml_code, header.length);
}

static uint64_t add_facs(struct area *area)
{
	struct facs facs = {
		.signature = "FACS",
		.length = sizeof(facs),
		.version = FACS_VERSION,
	};

	return add(area, &facs, sizeof(facs));
}

static struct gas port_register(uint64_t port, unsigned int size,
				uint8_t access_size)
{
	return (struct gas) {
		.space = GAS_SYSTEM_IO,
		.bit_width = size * 8,
		.access_size = access_size,
		.address = port,
	};
}

static uint64_t add_fadt(struct area *area, uint64_t facs, uint64_t dsdt)
{
	struct fadt fadt = {
		.sci_int = PLATFORM_GSI_SCI,
		.pm1_evt_len = PM1_EVENT_SIZE,
		.pm1_cnt_len = PM1_CONTROL_SIZE,
		.iapc_boot_arch = FADT_BOOT_NO_VGA | FADT_BOOT_NO_ASPM |
				  FADT_BOOT_NO_CMOS_RTC,
		.flags = FADT_WBINVD | FADT_PROC_C1 | FADT_NO_POWER_BUTTON |
			 FADT_NO_SLEEP_BUTTON | FADT_RESET_REG_SUP |
			 FADT_APIC_PHYSICAL,
		.reset_reg = port_register(PLATFORM_PORT_RESET, 1, GAS_BYTE),
		.reset_value = PLATFORM_RESET_VALUE,
		.minor_revision = FADT_MINOR_REVISION,
		.x_firmware_ctrl = facs,
		.x_dsdt = dsdt,
		.x_pm1a_evt_blk = port_register(PLATFORM_PORT_PM1_STATUS,
						PM1_EVENT_SIZE, GAS_WORD),
		.x_pm1a_cnt_blk = port_register(PLATFORM_PORT_PM1_CONTROL,
						PM1_CONTROL_SIZE, GAS_WORD),
		.hypervisor_vendor = "Corbel",
	};

	return add_table(area, &fadt, sizeof(fadt), "FACP", FADT_REVISION);
}

/*
 * IDs are small enough for local APIC entries, which all kernels know, be the
 * local APICs in x2APIC mode or not.
 */
static uint64_t add_madt(struct area *area, unsigned int cpus)
{
	struct madt madt = {
		.lapic_address = PLATFORM_LAPIC,
		.ioapic = {
			.type = MADT_IOAPIC,
			.length = sizeof(madt.ioapic),
			.address = PLATFORM_IOAPIC,
		},
	};
	unsigned int i;

	for (i = 0; i < cpus; i++)
		madt.lapics[i] = (struct madt_lapic) {
			.type = MADT_LAPIC,
			.length = sizeof(madt.lapics[i]),
			.processor_uid = i,
			.apic_id = i,
			.flags = MADT_LAPIC_ENABLED,
		};
	return add_table(area, &madt, offsetof(struct madt, lapics[cpus]),
			 "APIC", MADT_REVISION);
}

static uint64_t add_xsdt(struct area *area, uint64_t fadt, uint64_t madt)
{
	struct xsdt xsdt = {
		.fadt = fadt,
		.madt = madt,
	};

	return add_table(area, &xsdt, sizeof(xsdt), "XSDT", 1);
}

static uint64_t add_rsdp(struct area *area, uint64_t xsdt)
{
	struct rsdp rsdp = {
		.signature = "RSD PTR ",
		.oem_id = "CORBEL",
		.revision = 2,
		.length = sizeof(rsdp),
		.xsdt = xsdt,
	};

	rsdp.checksum = checksum(&rsdp, RSDP_SIZE_1_0);
	rsdp.extended_checksum = checksum(&rsdp, sizeof(rsdp));
	return add(area, &rsdp, sizeof(rsdp));
}

int acpi_build(const struct acpi_config *config, void *memory, uint64_t base,
	       size_t size, uint64_t *rsdp, struct error *err)
{
	struct area area = {
		.memory = memory,
		.base = base,
		.size = size,
	};
	uint64_t facs, dsdt, fadt, madt, xsdt;

	if (!config->cpus || config->cpus > PLATFORM_CPUS_MAX)
		return error_set(err, "%u CPUs: a VM can have 1 to %u",
				 config->cpus, PLATFORM_CPUS_MAX);
	facs = add_facs(&area);
	dsdt = add_dsdt(&area);
	fadt = add_fadt(&area, facs, dsdt);
	madt = add_madt(&area, config->cpus);
	xsdt = add_xsdt(&area, fadt, madt);
	*rsdp = add_rsdp(&area, xsdt);
	if (area.full)
		return error_set(err, "the ACPI tables do not fit in %zu bytes",
				 size);
	return 0;
}

/* Registers */

static uint64_t registers_read(void *device, uint64_t offset, unsigned int size)
{
	struct acpi_registers *regs = device;

	if (size != 2)
		return BUS_NO_DATA;
	switch (regs->region.base + offset) {
	case PLATFORM_PORT_PM1_STATUS:
		return 0;
	case PLATFORM_PORT_PM1_ENABLE:
		return regs->pm1_enable;
	case PLATFORM_PORT_PM1_CONTROL:
		return PM1_SCI_ENABLE;
	default:
		return BUS_NO_DATA;
	}
}

static bool powers_off(uint16_t control)
{
	return (control & PM1_SLEEP_ENABLE) &&
	       (control & PM1_SLEEP_TYPE_MASK) >> PM1_SLEEP_TYPE_SHIFT ==
		       PLATFORM_SLEEP_TYPE_OFF;
}

static void write_pm1(struct acpi_registers *regs, uint64_t port,
		      uint16_t value)
{
	if (port == PLATFORM_PORT_PM1_ENABLE)
		regs->pm1_enable = value;
	else if (port == PLATFORM_PORT_PM1_CONTROL && powers_off(value))
		regs->event(regs->opaque, PLATFORM_EVENT_POWER_OFF);
}

static void registers_write(void *device, uint64_t offset, unsigned int size,
			    uint64_t value)
{
	struct acpi_registers *regs = device;
	uint64_t port = regs->region.base + offset;

	if (size == 2)
		write_pm1(regs, port, value);
	else if (size == 1 && port == PLATFORM_PORT_RESET &&
		 value == PLATFORM_RESET_VALUE)
		regs->event(regs->opaque, PLATFORM_EVENT_RESET);
}

static const struct io_ops registers_ops = {
	.read	= registers_read,
	.write	= registers_write,
};

int acpi_registers_init(struct acpi_registers *regs,
			void (*event)(void *opaque, enum platform_event event),
			void *opaque, struct io_bus *ports, struct error *err)
{
	*regs = (struct acpi_registers) {
		.event = event,
		.opaque = opaque,
		.region = {
			.name	= "ACPI registers",
			.base	= PLATFORM_PORT_PM1_STATUS,
			.size	= PLATFORM_PORT_RESET + 1 -
				  PLATFORM_PORT_PM1_STATUS,
			.ops	= &registers_ops,
			.device	= regs,
		},
	};
	return bus_register(ports, &regs->region, err);
}
