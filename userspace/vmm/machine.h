/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtual machine: memory with a kernel in it, devices, vCPUs, and how it
 * came to its end.
 */
#ifndef CORBEL_VMM_MACHINE_H
#define CORBEL_VMM_MACHINE_H

#include <pthread.h>

#include "loader/linux.h"
#include "vmm/acpi.h"
#include "vmm/backend.h"
#include "vmm/bus.h"
#include "vmm/exitport.h"
#include "vmm/ioapic.h"
#include "vmm/lastwords.h"
#include "vmm/pciconf.h"
#include "vmm/serial.h"
#include "vmm/vcpu.h"

#define MACHINE_CPUS_MAX	64

/* Less than a stock kernel needs, more than would be a mistake. */
#define MACHINE_MEMORY_MIN	(32ULL << 20)
#define MACHINE_MEMORY_MAX	(1ULL << 40)

/**
 * struct machine_config - what to make, and whom to tell what it does
 * @mode:	who runs it
 * @kernel:	path of a bzImage or ELF kernel
 * @initrd:	initramfs, NULL for none; only read while the machine is made
 * @cmdline:	kernel command line
 * @memory:	bytes, a multiple of 1 MiB
 * @cpus:	1 to MACHINE_CPUS_MAX
 * @hooks:	pv: which hooks to use (linux_prepare_pv())
 * @output:	the guest wrote to its first serial port (serial.h)
 * @room:	that port has room for input again (serial.h)
 * @mark:	the guest came to a mark (exitport.h); NULL if nobody cares
 * @opaque:	argument of these three
 */
struct machine_config {
	enum backend_mode mode;
	const char *kernel;
	const void *initrd;
	size_t initrd_size;
	const char *cmdline;
	uint64_t memory;
	unsigned int cpus;
	const char *hooks;
	void (*output)(void *opaque, const uint8_t *bytes, size_t n);
	void (*room)(void *opaque);
	void (*mark)(void *opaque, uint32_t mark);
	void *opaque;
};

enum machine_end {
	MACHINE_RUNS,
	MACHINE_POWERED_OFF,
	MACHINE_RESET,
	MACHINE_HALTED,
	MACHINE_EXITED,		/* with a status of its own */
	MACHINE_PANICKED,
	MACHINE_TRIPLE_FAULT,
	MACHINE_KILLED,		/* it did what no guest may */
	MACHINE_FAILED,		/* we, or the backend, did */
};

/* How a machine came to its end; @text says so in one line. */
struct machine_outcome {
	enum machine_end end;
	int status;
	char text[300];
};

struct machine {
	struct machine_config config;
	struct backend backend;
	struct guest_memory memory;
	struct kernel_image image;
	struct io_bus ports;
	struct io_bus mmio;
	struct serial serial;
	struct ioapic ioapic;
	struct acpi_registers acpi;
	struct exitport exitport;
	struct pciconf pci;
	struct vcpu *vcpus;
	unsigned int vcpu_count;

	/* Readable when there is something for machine_check(). */
	int event;

	pthread_mutex_t lock;	/* protects all that follows */
	struct lastwords words;
	struct machine_outcome outcome;
	bool halting;
};

/* Make a machine; nothing runs yet. */
int machine_create(struct machine *m, const struct machine_config *config,
		   struct error *err);
int machine_start(struct machine *m, struct error *err);

/*
 * See to what made machine.event readable.  Returns true if the machine has
 * come to its end, which machine.outcome then tells.
 */
bool machine_check(struct machine *m);

/* Let no vCPU run any more, whatever it is doing. */
void machine_stop(struct machine *m);
void machine_destroy(struct machine *m);

/* Input for the serial port: returns how much it took (serial_input()). */
size_t machine_input(struct machine *m, const uint8_t *bytes, size_t n);

#endif
