/* SPDX-License-Identifier: GPL-2.0-only */
/* A virtual CPU: its descriptor, its thread, and the exits it comes back with. */
#ifndef CORBEL_VMM_VCPU_H
#define CORBEL_VMM_VCPU_H

#include <pthread.h>

#include "loader/linux.h"
#include "vmm/backend.h"
#include "vmm/bus.h"

/* Why a vCPU came back for good. */
enum vcpu_end {
	VCPU_STOPPED,		/* it was asked to */
	VCPU_EXIT,		/* exit hypercall: status */
	VCPU_SHUTDOWN,		/* triple fault */
	VCPU_KILLED,		/* text */
	VCPU_FAILED,		/* the backend or the monitor did: text */
};

/**
 * struct vcpu_config - what the vCPUs of a machine have in common
 * @backend:	who runs them
 * @count:	how many there are
 * @ports:	I/O ports
 * @mmio:	memory that is not RAM
 * @end:	called once by each thread, which then ends
 * @opaque:	argument of @end
 */
struct vcpu_config {
	const struct backend *backend;
	unsigned int count;
	struct io_bus *ports;
	struct io_bus *mmio;
	void (*end)(void *opaque, unsigned int id, enum vcpu_end end,
		    int status, const char *text);
	void *opaque;
};

struct vcpu {
	struct vcpu_config config;
	unsigned int id;
	int fd;
	struct kvm_run *run;
	pthread_t thread;
	bool started;

	/* Questions to the thread: see vcpu_is_dead_halted(). */
	_Atomic bool asked;
	_Atomic bool dead_halted;
};

int vcpu_create(struct vcpu *vcpu, const struct vcpu_config *config,
		unsigned int id, struct error *err);
void vcpu_destroy(struct vcpu *vcpu);

/* Where the first vCPU starts; the others wait for it to start them. */
int vcpu_set_start(struct vcpu *vcpu, const struct linux_start *start,
		   struct error *err);

/* Start the thread; vcpu_ask_to_stop(), or the guest, ends it. */
int vcpu_start(struct vcpu *vcpu, struct error *err);
void vcpu_ask_to_stop(struct vcpu *vcpu);
void vcpu_join(struct vcpu *vcpu);

/*
 * Had the vCPU, when last asked, halted with interrupts off, so that only
 * another one could wake it, or not been started at all?  Asks anew.
 */
bool vcpu_is_dead_halted(struct vcpu *vcpu);

#endif
