/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who runs the guest: /dev/corbel, in one of its modes, or /dev/kvm.
 *
 * Corbel's ioctls are KVM's under another type byte (linux/corbel.h), so the
 * monitor speaks KVM and backend_ioctl() translates.  What only one of the two
 * has is asked for by its own number, which is passed on as it is.
 */
#ifndef CORBEL_VMM_BACKEND_H
#define CORBEL_VMM_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/corbel.h>

#include "lib/error.h"

enum backend_mode {
	BACKEND_PV,
	BACKEND_HVM_NESTED,
	BACKEND_HVM_SHADOW,
	BACKEND_KVM,
	BACKEND_MODES
};

struct backend {
	enum backend_mode mode;
	int fd;
	int vm;
	unsigned char type;	/* of ioctls */
	size_t run_size;
};

/* "pv", "hvm (nested paging)", ... */
const char *backend_mode_name(enum backend_mode mode);

/*
 * Can this machine run VMs in a mode now?  If not, @reason gets one line that
 * says why.
 */
bool backend_works(enum backend_mode mode, struct error *reason);

/* Open the device and create a VM. */
int backend_open(struct backend *backend, enum backend_mode mode,
		 struct error *err);
void backend_close(struct backend *backend);

/*
 * KVM's @request on @fd: as ioctl(), with -1 and errno.  Arguments that are
 * numbers are passed as pointers.
 */
int backend_ioctl(const struct backend *backend, int fd, unsigned long request,
		  void *arg);

#endif
