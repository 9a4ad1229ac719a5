/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The walk through a guest's own page tables, as its CPU would do it: AMD64
 * APM volume 2, "Long-Mode Page Translation" and "Page-Fault Exception (#PF)".
 *
 * Pure: it knows guest memory only through walk_table(), so that it can also
 * be compiled and tested in userspace.
 */
#ifndef CORBEL_MMU_WALK_H
#define CORBEL_MMU_WALK_H

#include "../portable.h"

/* Bits of a page-fault error code, and of what walk() is asked for. */
#define FAULT_PRESENT	(1 << 0)
#define FAULT_WRITE	(1 << 1)
#define FAULT_USER	(1 << 2)
#define FAULT_RESERVED	(1 << 3)
#define FAULT_FETCH	(1 << 4)

/* Bits of a page-table entry. */
#define PTE_P		(1ULL << 0)
#define PTE_W		(1ULL << 1)
#define PTE_U		(1ULL << 2)
#define PTE_A		(1ULL << 5)
#define PTE_D		(1ULL << 6)
#define PTE_PS		(1ULL << 7)
#define PTE_G		(1ULL << 8)
#define PTE_NX		(1ULL << 63)
#define PTE_ADDRESS	0x000ffffffffff000ULL

struct vm;

/**
 * struct walk_mode - what of the CPU's state a walk depends on
 * @vm:		whose memory
 * @cr3:	gpa of the top-level table, with anything in the low 12 bits
 * @paging:	off: an address is its own translation
 * @wp:		CR0.WP: the kernel respects read-only pages
 * @nx:		EFER.NXE
 * @smep:	CR4.SMEP
 * @smap:	CR4.SMAP, and RFLAGS.AC is clear or the access is implicit
 * @pge:	CR4.PGE
 * @may_sleep:	walk_table() may bring memory in
 * @reserved:	address bits that the guest's CPU does not have
 */
struct walk_mode {
	struct vm *vm;
	u64 cr3;
	bool paging;
	bool wp;
	bool nx;
	bool smep;
	bool smap;
	bool pge;
	bool may_sleep;
	u64 reserved;
};

/**
 * struct walk - where a walk has led
 * @gpa:	translation of the address
 * @rights:	PTE_W, PTE_U, PTE_NX that all levels together give; PTE_G and
 *		PTE_D of the last entry
 * @level:	1, 2, 3 for a page of 4 KiB, 2 MiB, 1 GiB; 0 without paging
 * @table:	the entry that maps the page, in memory; NULL without paging
 * @table_gpa:	where it lies in the guest
 * @path:	PTE_W, PTE_U, PTE_NX that the levels above @table give
 * @error:	error code of the fault, if there is one
 */
struct walk {
	u64 gpa;
	u64 rights;
	int level;
	u64 *table;
	u64 table_gpa;
	u64 path;
	u32 error;
};

/*
 * The memory of the entry at a gpa, or NULL: with *err = -EAGAIN if it must be
 * brought in first and that may sleep, with any other error if there is none.
 */
u64 *walk_table(const struct walk_mode *mode, u64 gpa, int *err);

int walk(const struct walk_mode *mode, u64 address, u32 access,
	 struct walk *walk);
u64 walk_rights(const struct walk_mode *mode, u64 path, u64 entry);
bool walk_entry_valid(const struct walk_mode *mode, u64 entry, int level);

#endif /* CORBEL_MMU_WALK_H */
