/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's memory, as the monitor has it: RAM from gpa 0 up, with a hole below
 * 4 GiB for devices if there is more than fits under it.
 */
#ifndef CORBEL_LOADER_GUEST_MEMORY_H
#define CORBEL_LOADER_GUEST_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

/* RAM may go up to here before it goes on at 4 GiB. */
#define GUEST_LOW_RAM_MAX	0xc0000000ULL
#define GUEST_HIGH_RAM		0x100000000ULL

struct guest_memory {
	uint8_t *base;		/* low part, then high part, without the hole */
	uint64_t size;
};

/* Memory as the host gives it when it is touched: nothing is in use yet. */
int guest_memory_create(struct guest_memory *memory, uint64_t size,
			struct error *err);
void guest_memory_destroy(struct guest_memory *memory);

/* How much of it lies below the hole. */
uint64_t guest_memory_low(const struct guest_memory *memory);

/* The @len bytes at @gpa, or NULL if they are not all RAM in one piece. */
void *guest_memory_at(const struct guest_memory *memory, uint64_t gpa,
		      uint64_t len);

#endif
