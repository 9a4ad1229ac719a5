// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's descriptor tables, as far as the CPU gets to see them.
 *
 * The GDT in the CPU is ours, in Linux's layout.  Of the guest's own GDT only
 * this goes into it: the three TLS descriptors, and the one by which Linux
 * finds the number of its CPU.  Of its LDT the CPU sees a copy.  What goes in
 * passes tame(), which lets nothing through but data and code segments of
 * ring 3; they are marked accessed, so that the CPU never writes to the copy.
 *
 * The guest's task state segment is never loaded: event.c reads its stacks,
 * and pv_port_allowed() its I/O bitmap.
 */
#include <linux/bitops.h>
#include <asm/desc.h>
#include <asm/segment.h>

#include "../access.h"
#include "../vm.h"
#include "pv.h"

#define DESC_ACCESSED	BIT_ULL(40)
#define DESC_CODE	BIT_ULL(43)
#define DESC_S		BIT_ULL(44)
#define DESC_DPL3	(3ULL << 45)
#define DESC_P		BIT_ULL(47)

#define TYPE_LDT	2

/* The descriptor as it may go into the CPU: 0 if it may not. */
static u64 tame(u64 descriptor)
{
	u64 must = DESC_S | DESC_DPL3;

	if ((descriptor & must) != must)
		return 0;
	return descriptor | DESC_ACCESSED;
}

static void set_descriptor(struct vcpu *vcpu, int entry, u64 descriptor)
{
	memcpy(&vcpu->pv->data->gdt[entry], &descriptor, sizeof(descriptor));
}

/**
 * pv_load_tls - the three descriptors of thread-local storage
 * @vcpu:	the vCPU
 * @descriptors: for GDT entries 12 to 14
 *
 * Return: 0, or -EINVAL if one is neither empty nor a segment of ring 3
 */
int pv_load_tls(struct vcpu *vcpu, const u64 descriptors[3])
{
	int i;

	for (i = 0; i < GDT_ENTRY_TLS_ENTRIES; i++)
		if (descriptors[i] && !tame(descriptors[i]))
			return -EINVAL;
	for (i = 0; i < GDT_ENTRY_TLS_ENTRIES; i++)
		set_descriptor(vcpu, GDT_ENTRY_TLS_MIN + i,
			       tame(descriptors[i]));
	return 0;
}

static int read_gdt(struct vcpu *vcpu, unsigned int entry, void *data,
		    size_t size)
{
	if (entry * sizeof(u64) + size - 1 > vcpu->gdt.limit)
		return -EFAULT;
	return pv_read_window(vcpu, &vcpu->pv->gdt_window,
			      vcpu->gdt.base + entry * sizeof(u64), data, size);
}

/**
 * pv_sync_descriptors - take over what the guest has written to its GDT
 * @vcpu: the vCPU
 *
 * Entries that the guest's table does not have become empty.
 *
 * Return: 0 or -EAGAIN
 */
int pv_sync_descriptors(struct vcpu *vcpu)
{
	int entry;

	for (entry = GDT_ENTRY_TLS_MIN; entry <= GDT_ENTRY_CPUNODE; entry++) {
		u64 descriptor;
		int err = read_gdt(vcpu, entry, &descriptor,
				   sizeof(descriptor));

		if (err == -EAGAIN)
			return err;
		set_descriptor(vcpu, entry, err ? 0 : tame(descriptor));
	}
	return 0;
}

/* Base and limit of a system segment in the guest's GDT. */
static int read_system_segment(struct vcpu *vcpu, u16 selector, u8 type1,
			       u8 type2, struct table_reg *segment)
{
	struct ldttss_desc desc;
	int err;

	if (selector & 4)
		return -EFAULT;
	err = read_gdt(vcpu, selector >> 3, &desc, sizeof(desc));
	if (err)
		return err;
	if (!desc.p || (desc.type != type1 && desc.type != type2))
		return -EFAULT;
	segment->base = desc.base0 | (u64)desc.base1 << 16 |
			(u64)desc.base2 << 24 | (u64)desc.base3 << 32;
	segment->limit = desc.limit0;
	return 0;
}

/**
 * pv_load_tr - LTR
 * @vcpu:	the vCPU
 * @selector:	of a 64-bit task state segment
 *
 * Return: 0, -EFAULT if LTR raises #GP, -EAGAIN
 */
int pv_load_tr(struct vcpu *vcpu, u16 selector)
{
	struct pv_vcpu *pv = vcpu->pv;
	struct table_reg tss;
	int err;

	err = read_system_segment(vcpu, selector, DESC_TSS, DESC_TSS, &tss);
	if (err)
		return err;
	if (tss.limit < sizeof(struct x86_hw_tss) - 1)
		return -EFAULT;
	pv->tss = tss;
	pv->tr = selector;
	pv->tss_window.page = NO_WINDOW;
	return 0;
}

static int copy_ldt(struct vcpu *vcpu, const struct table_reg *ldt)
{
	unsigned int n = (ldt->limit + 1) / sizeof(u64), i;
	u64 chunk[64];
	int err;

	for (i = 0; i < n; i++) {
		if (i % ARRAY_SIZE(chunk) == 0) {
			unsigned int m = min_t(unsigned int, n - i,
					       ARRAY_SIZE(chunk));

			err = guest_read(vcpu, ldt->base + i * sizeof(u64),
					 chunk, m * sizeof(u64), 0, NULL);
			if (err)
				return err;
		}
		chunk[i % ARRAY_SIZE(chunk)] =
			tame(chunk[i % ARRAY_SIZE(chunk)]);
		memcpy(&vcpu->pv->slice.ldt[i / 512][i % 512],
		       &chunk[i % ARRAY_SIZE(chunk)], sizeof(u64));
	}
	return 0;
}

/**
 * pv_load_ldt - LLDT
 * @vcpu:	the vCPU
 * @selector:	of the table, or a null selector
 *
 * The copy is made now: Linux makes a new table for each change.
 *
 * Return: 0, -EFAULT if LLDT raises #GP, -EAGAIN, -ENOMEM
 */
int pv_load_ldt(struct vcpu *vcpu, u16 selector)
{
	struct pv_vcpu *pv = vcpu->pv;
	struct table_reg ldt;
	struct ldttss_desc desc = {};
	int err;

	if (selector & ~3) {
		if (!vcpu->may_sleep)
			return -EAGAIN;
		err = read_system_segment(vcpu, selector, TYPE_LDT, TYPE_LDT,
					  &ldt);
		if (!err)
			err = pv_slice_alloc_ldt(&pv->slice);
		if (!err)
			err = copy_ldt(vcpu, &ldt);
		if (err)
			return err;
		set_tssldt_descriptor(&desc, pv->slice.va + SLICE_LDT, TYPE_LDT,
				      ldt.limit);
	}
	/* What is in the CPU is loaded with the next full entry. */
	if (!vcpu->may_sleep)
		return pv->ldtr & ~3 ? -EAGAIN : 0;
	memcpy(pv->data->gdt + GDT_ENTRY_LDT, &desc, sizeof(desc));
	pv->ldtr = selector;
	return 0;
}

static u64 descriptor_of(const struct vcpu *vcpu, u16 selector)
{
	const struct pv_vcpu *pv = vcpu->pv;
	unsigned int entry = selector >> 3;
	u64 descriptor = 0;

	if (!(selector & 4)) {
		if (entry < PV_GDT_ENTRIES)
			memcpy(&descriptor, &pv->data->gdt[entry],
			       sizeof(descriptor));
	} else if (pv->data->gdt[GDT_ENTRY_LDT].p &&
		   entry * sizeof(u64) <
		   get_desc_limit(&pv->data->gdt[GDT_ENTRY_LDT])) {
		memcpy(&descriptor, &pv->slice.ldt[entry / 512][entry % 512],
		       sizeof(descriptor));
	}
	return descriptor;
}

/**
 * pv_selector_is_loadable - would ring 0 get it into DS, ES, FS or GS?
 * @vcpu:	the vCPU
 * @selector:	what the guest had there
 *
 * Return: false if it would fault
 */
bool pv_selector_is_loadable(struct vcpu *vcpu, u16 selector)
{
	u64 descriptor;

	if (!(selector & ~3))
		return true;
	descriptor = descriptor_of(vcpu, selector);
	if (!tame(descriptor) || !(descriptor & DESC_P))
		return false;
	/* Bit 41 makes code readable. */
	return !(descriptor & DESC_CODE) || (descriptor & BIT_ULL(41));
}

/**
 * pv_port_allowed - does the guest's I/O bitmap let its user at a port?
 * @vcpu:	the vCPU
 * @port:	the first port
 * @size:	how many: 1, 2, 4
 *
 * Return: 1, 0, or -EAGAIN
 */
int pv_port_allowed(struct vcpu *vcpu, u16 port, int size)
{
	struct pv_vcpu *pv = vcpu->pv;
	u16 base, bits;
	u32 first;
	int err;

	err = pv_read_window(vcpu, &pv->tss_window, pv->tss.base +
			     offsetof(struct x86_hw_tss, io_bitmap_base),
			     &base, sizeof(base));
	if (err)
		return err == -EAGAIN ? err : 0;
	first = base + port / 8;
	/* The CPU always reads two bytes. */
	if (first + 1 > pv->tss.limit)
		return 0;
	err = guest_read(vcpu, pv->tss.base + first, &bits, sizeof(bits), 0,
			 NULL);
	if (err)
		return err == -EAGAIN ? err : 0;
	return !(bits >> port % 8 & (BIT(size) - 1));
}
