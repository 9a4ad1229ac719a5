/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Micro guests: a few bytes of 64-bit code in a VM of any type.
 *
 * The same blob runs in every type.  It is in kernel mode, in 64-bit mode, with
 * interrupts off and paging as guest_layout.h says; RDI is the number of its
 * vCPU.  In pv an image of a few instructions, shim.S, stands between it and
 * the host, as the ABI demands.
 *
 * What goes wrong here ends the test (test.h), unless it says otherwise.
 */
#ifndef TESTS_LIB_GUEST_H
#define TESTS_LIB_GUEST_H

#include <stddef.h>
#include <stdint.h>
#include <linux/corbel.h>

#include "guest_layout.h"

#define GUEST_VCPUS	8

/**
 * struct guest_code - what a guest runs, as guest_code.S makes it
 * @start:	its bytes
 * @size:	how many
 */
struct guest_code {
	const void *start;
	uint64_t size;
};

struct guest_vcpu {
	int fd;
	struct kvm_run *run;
};

/**
 * struct guest - a VM and the process's view of it
 * @device:	/dev/corbel
 * @vm:		its descriptor
 * @type:	of the VM
 * @memory:	guest memory, from gpa 0
 * @size:	how much, at least GUEST_SIZE
 * @vcpus:	by number
 * @nr_vcpus:	how many
 */
struct guest {
	int device;
	int vm;
	enum corbel_vm_type type;
	uint8_t *memory;
	size_t size;
	struct guest_vcpu vcpus[GUEST_VCPUS];
	unsigned int nr_vcpus;
};

/* The shim image. */
extern const uint8_t guest_shim[], guest_shim_end[];

/*
 * A VM with memory, page tables and, in pv, the shim; no vCPU yet.  The pieces
 * are there for tests that want to do one of them wrong.
 */
void guest_open(struct guest *guest, enum corbel_vm_type type);
void guest_map_memory(struct guest *guest);
void guest_write_tables(struct guest *guest);
void guest_write_shim(struct guest *guest);
int guest_set_memory(const struct guest *guest, uint32_t slot, uint64_t gpa,
		     uint64_t size, const void *memory);
int guest_set_shim(const struct guest *guest);
void guest_prepare(struct guest *guest, enum corbel_vm_type type);

/* All of that, code, and vCPUs ready to run it. */
void guest_create(struct guest *guest, enum corbel_vm_type type,
		  const struct guest_code *code, unsigned int vcpus);
void guest_load(struct guest *guest, const struct guest_code *code);
void guest_add_vcpu(struct guest *guest);
void guest_start_at(struct guest *guest, unsigned int vcpu, uint64_t rip);
void guest_destroy(struct guest *guest);

/* RUN: 0 or -1 with errno; nothing ends the test. */
int guest_run(struct guest *guest, unsigned int vcpu);

/*
 * Run until the guest writes to CORBEL_PORT_EXIT, whose value is returned.  Any
 * other exit fails.
 */
unsigned int guest_run_to_exit(struct guest *guest, unsigned int vcpu);

/* The data of a port access that ended a RUN. */
uint32_t guest_port_data(const struct guest *guest, unsigned int vcpu);

/* What the exit is, in words; static storage. */
const char *guest_exit_text(const struct kvm_run *run);

/* A word in guest memory that its code writes meanwhile. */
static inline volatile uint64_t *guest_word(const struct guest *guest,
					    uint64_t gpa)
{
	return (volatile uint64_t *)(guest->memory + gpa);
}

#endif /* TESTS_LIB_GUEST_H */
