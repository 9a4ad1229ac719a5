// SPDX-License-Identifier: GPL-2.0-only
/* A guest's memory: see guest_memory.h. */
#include <sys/mman.h>

#include "loader/guest_memory.h"

int guest_memory_create(struct guest_memory *memory, uint64_t size,
			struct error *err)
{
	void *base = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (base == MAP_FAILED)
		return error_set(err, "%lu MiB of guest memory: %m",
				 (unsigned long)(size >> 20));
	/* A child, say one that runs a helper, must not share it by COW. */
	madvise(base, size, MADV_DONTFORK);
	memory->base = base;
	memory->size = size;
	return 0;
}

void guest_memory_destroy(struct guest_memory *memory)
{
	if (memory->base)
		munmap(memory->base, memory->size);
	memory->base = NULL;
}

uint64_t guest_memory_low(const struct guest_memory *memory)
{
	return memory->size < GUEST_LOW_RAM_MAX ? memory->size :
						  GUEST_LOW_RAM_MAX;
}

void *guest_memory_at(const struct guest_memory *memory, uint64_t gpa,
		      uint64_t len)
{
	uint64_t low = guest_memory_low(memory);
	uint64_t high = memory->size - low;

	if (gpa < low)
		return len <= low - gpa ? memory->base + gpa : NULL;
	if (gpa < GUEST_HIGH_RAM)
		return NULL;
	gpa -= GUEST_HIGH_RAM;
	if (gpa >= high || len > high - gpa)
		return NULL;
	return memory->base + low + gpa;
}
