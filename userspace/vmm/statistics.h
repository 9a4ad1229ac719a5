/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of a VM or a vCPU, read from the descriptors that KVM and Corbel
 * give out for them (Documentation/virt/kvm/api.rst, KVM_GET_STATS_FD).
 */
#ifndef CORBEL_VMM_STATISTICS_H
#define CORBEL_VMM_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/backend.h"

struct counter {
	char *name;
	bool is_cumulative;	/* else it is a level, which may fall */
	uint32_t place;		/* in the file's data */
	uint64_t value;
};

struct statistics {
	int fd;
	unsigned int count;
	struct counter *counters;
	uint64_t data_offset;
	uint64_t data_size;
	uint8_t *data;
};

/* Open those of a VM's or a vCPU's descriptor; values are 0 until read. */
int statistics_open(struct statistics *statistics,
		    const struct backend *backend, int fd, struct error *err);
int statistics_read(struct statistics *statistics, struct error *err);
void statistics_close(struct statistics *statistics);

#endif
