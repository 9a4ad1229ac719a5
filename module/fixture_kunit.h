/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What KUnit tests stand on: a VM with a little memory and two vCPUs that never
 * run. No descriptor, no monitor, no vendor: memory is at hand from the start,
 * and the vendor's operations do nothing.
 */
#ifndef CORBEL_FIXTURE_KUNIT_H
#define CORBEL_FIXTURE_KUNIT_H

#include <kunit/test.h>

#include "vm.h"

#define FIXTURE_VCPUS	2
#define FIXTURE_PAGES	64	/* from gfn 0 on */

/**
 * struct fixture - the machine of a test, in test->priv
 * @vm:		the VM, of type CORBEL_VM_PV; a test may change that
 * @vcpu:	its vCPUs, after reset
 * @slot:	its memory
 * @memory:	that memory, for the test to write page tables to
 */
struct fixture {
	struct vm vm;
	struct vcpu vcpu[FIXTURE_VCPUS];
	struct vcpu_stats stats[FIXTURE_VCPUS];
	struct memslot slot;
	struct page *pages[FIXTURE_PAGES];
	u8 *memory;
};

/* The init and exit of a suite. */
int fixture_init(struct kunit *test);
void fixture_exit(struct kunit *test);

#endif /* CORBEL_FIXTURE_KUNIT_H */
