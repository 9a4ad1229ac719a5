/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of this suite share: all ioctls in one table, the guests. */
#ifndef TESTS_IOCTL_IOCTLS_H
#define TESTS_IOCTL_IOCTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/user.h>	/* PAGE_SIZE */

#include "guest.h"
#include "test.h"

/* Kinds of descriptor */
enum { ON_DEVICE = 1, ON_VM = 2, ON_VCPU = 4 };

/**
 * struct ioctl_info - an ioctl of /dev/corbel
 * @name:	for messages
 * @number:	CORBEL_*
 * @kinds:	descriptors that know it
 * @pointer:	its argument is one
 */
struct ioctl_info {
	const char *name;
	unsigned long number;
	unsigned int kinds;
	bool pointer;
};

extern const struct ioctl_info ioctls[];
extern const size_t nr_ioctls;

/* The guest's descriptor of a kind; it has a vCPU. */
int descriptor(const struct guest *guest, unsigned int kind);

/* Two pages, of which the second is not there. */
void *page_before_nothing(void);

/* Where there is no memory in a guest. */
#define NO_MEMORY	0x30000000ULL

/* guests.S */
extern const struct guest_code guest_exits;
extern const struct guest_code guest_counts;
extern const struct guest_code guest_touches;
extern const struct guest_code guest_touches_forever;
extern const struct guest_code guest_reads;
extern const struct guest_code guest_writes;
extern const struct guest_code guest_writes_port;
extern const struct guest_code guest_reads_port;
extern const struct guest_code guest_halts;
extern const struct guest_code guest_shows_flags;
extern const struct guest_code guest_calls_pv;
extern const struct guest_code guest_calls_hvm;
extern const struct guest_code guest_works;

/* A thread that runs a vCPU until RUN gives something. */
struct runner {
	struct guest *guest;
	unsigned int vcpu;
	unsigned long thread;
	int result, error;
};

void runner_start(struct runner *runner, struct guest *guest,
		  unsigned int vcpu);
/* Interrupt it until it is back. */
void runner_stop(struct runner *runner);
/* Its own end. */
void runner_join(struct runner *runner);

/* Until the guest has counted on, which it does while it runs. */
void wait_for_progress(const struct guest *guest, unsigned int vcpu);

void sleep_ms(unsigned int ms);

/* The number behind NAME in a file of /proc or /sys; fails without one. */
unsigned long long number_in(const char *path, const char *name);

/* Pages that anyone in the machine has pinned. */
long long pinned_pages(void);

#endif /* TESTS_IOCTL_IOCTLS_H */
