/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a VM's counters add up to between two marks of a guest: for each row of
 * the benchmark, the events it caused.
 */
#ifndef CORBEL_BENCH_EVENTS_H
#define CORBEL_BENCH_EVENTS_H

#include <jansson.h>

#include "vmm/machine.h"
#include "vmm/statistics.h"

/* Counters of all vCPUs of a machine. */
struct events {
	struct statistics *statistics;
	unsigned int count;
	json_t *start;		/* sums at the last even mark */
	json_t *row;		/* what was added up to the last odd mark */
};

/* The machine has been created and not been started. */
int events_open(struct events *events, const struct machine *machine,
		struct error *err);
void events_close(struct events *events);

/* The guest came to a mark: 2 * n begins a row, 2 * n + 1 ends it. */
void events_mark(struct events *events, uint32_t mark);

/* What the last row added, divided by @ops; a new object, or NULL. */
json_t *events_take(struct events *events, double ops);

#endif
