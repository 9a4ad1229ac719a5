// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walking a guest's page tables: see walk.h.
 *
 * The guest's other CPUs may change the tables meanwhile.  Each entry is read
 * once; Accessed and Dirty are set by compare-and-exchange on the very value
 * that was judged, and if that fails the walk starts again, as on hardware.
 */
#include "walk.h"

#define TOP_LEVEL	4

static unsigned int table_index(u64 address, int level)
{
	return address >> (12 + 9 * (level - 1)) & 511;
}

static u64 page_mask(int level)
{
	return (1ULL << (12 + 9 * (level - 1))) - 1;
}

static bool is_leaf(u64 entry, int level)
{
	return level == 1 || (level < TOP_LEVEL && (entry & PTE_PS));
}

/**
 * walk_entry_valid - no reserved bit is set in a present entry
 * @mode:	the CPU's state
 * @entry:	the entry
 * @level:	of the table it stands in, 1 to 4
 *
 * Return: false if using it raises a page fault with FAULT_RESERVED
 */
bool walk_entry_valid(const struct walk_mode *mode, u64 entry, int level)
{
	u64 reserved = mode->reserved & PTE_ADDRESS;

	if (!mode->nx)
		reserved |= PTE_NX;
	if (level == TOP_LEVEL)
		reserved |= PTE_PS;
	else if (level > 1 && (entry & PTE_PS))
		/* Bit 12 is the PAT bit of a large page. */
		reserved |= page_mask(level) & ~page_mask(1) & ~(1ULL << 12);
	return !(entry & reserved);
}

static u64 path_rights(u64 path, u64 entry)
{
	return (path & entry & (PTE_W | PTE_U)) | ((path | entry) & PTE_NX);
}

/**
 * walk_rights - what a path and the entry at its end allow
 * @mode:	the CPU's state
 * @path:	PTE_W, PTE_U, PTE_NX of the levels above
 * @entry:	the entry that maps a page
 *
 * Return: as walk.rights
 */
u64 walk_rights(const struct walk_mode *mode, u64 path, u64 entry)
{
	return path_rights(path, entry) | (entry & PTE_D) |
	       (mode->pge ? entry & PTE_G : 0);
}

static bool allowed(const struct walk_mode *mode, u64 rights, u32 access)
{
	bool user = access & FAULT_USER;

	if (user && !(rights & PTE_U))
		return false;
	if ((access & FAULT_WRITE) && !(rights & PTE_W) && (user || mode->wp))
		return false;
	if ((access & FAULT_FETCH) && (rights & PTE_NX))
		return false;
	if (user || !(rights & PTE_U))
		return true;
	return !((access & FAULT_FETCH) ? mode->smep : mode->smap);
}

static int fault(const struct walk_mode *mode, struct walk *walk, u32 access,
		 u32 why)
{
	walk->error = why | (access & (FAULT_WRITE | FAULT_USER));
	if (mode->nx || mode->smep)
		walk->error |= access & FAULT_FETCH;
	return -EFAULT;
}

/* Returns false if the entry is not what it was. */
static bool set_bits(u64 *entry, u64 was, u64 bits)
{
	if ((was & bits) == bits)
		return true;
	return __sync_bool_compare_and_swap(entry, was, was | bits);
}

static int walk_once(const struct walk_mode *mode, u64 address, u32 access,
		     struct walk *walk)
{
	u64 *entries[TOP_LEVEL + 1], seen[TOP_LEVEL + 1];
	u64 rights = PTE_W | PTE_U;
	u64 table = mode->cr3;
	int level = TOP_LEVEL, above;
	int err = 0;
	u64 entry;

	for (;; level--) {
		table = (table & PTE_ADDRESS) + table_index(address, level) * 8;
		entries[level] = walk_table(mode, table, &err);
		if (!entries[level])
			return err == -ENOENT || err == -EFAULT ?
			       fault(mode, walk, access, 0) : err;
		entry = READ_ONCE(*entries[level]);
		seen[level] = entry;
		if (!(entry & PTE_P))
			return fault(mode, walk, access, 0);
		if (!walk_entry_valid(mode, entry, level))
			return fault(mode, walk, access,
				     FAULT_PRESENT | FAULT_RESERVED);
		walk->path = rights;
		rights = path_rights(rights, entry);
		if (is_leaf(entry, level))
			break;
		table = entry;
	}
	if (!allowed(mode, rights, access))
		return fault(mode, walk, access, FAULT_PRESENT);

	for (above = TOP_LEVEL; above > level; above--)
		if (!set_bits(entries[above], seen[above], PTE_A))
			return -EINTR;
	if (access & FAULT_WRITE)
		entry |= PTE_D;
	if (!set_bits(entries[level], seen[level], PTE_A | (entry & PTE_D)))
		return -EINTR;

	walk->level = level;
	walk->table = entries[level];
	walk->table_gpa = table;
	walk->rights = walk_rights(mode, walk->path, entry);
	walk->gpa = (entry & PTE_ADDRESS & ~page_mask(level)) |
		    (address & page_mask(level));
	return 0;
}

/**
 * walk - translate an address as the guest's CPU would, setting Accessed and
 *	  Dirty
 * @mode:	the CPU's state
 * @address:	a canonical 48-bit address
 * @access:	FAULT_WRITE, FAULT_USER, FAULT_FETCH
 * @walk:	the result
 *
 * Return: 0, -EFAULT with @walk->error set, -EAGAIN if a table must be brought
 *	   in first (walk_table()), -ENOMEM if it can't be
 */
int walk(const struct walk_mode *mode, u64 address, u32 access,
	 struct walk *walk)
{
	int tries = 8;
	int err;

	if (!mode->paging) {
		*walk = (struct walk) {
			.gpa = address,
			.rights = PTE_W | PTE_U | PTE_D,
		};
		return 0;
	}
	/* A guest that keeps changing the entry gets to fault again. */
	do {
		err = walk_once(mode, address, access, walk);
	} while (err == -EINTR && --tries);
	return err == -EINTR ? -EAGAIN : err;
}
