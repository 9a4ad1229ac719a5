// SPDX-License-Identifier: GPL-2.0-only
/*
 * CORBEL_SET_SHIM: where the guest's shim lies and where it is entered.
 *
 * The header is copied out of guest memory once and checked; the guest may
 * change its image afterwards, but not what is in here.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "../vm.h"
#include "pv.h"

static int check_header(const struct corbel_shim_header *header)
{
	const u32 offsets[] = {
		header->entry_syscall, header->entry_event,
		header->entry_event_error, header->entry_ap,
		header->site_sysret, header->site_iret, header->site_load_cr3,
		header->iret_start, header->iret_end,
		header->load_gs, header->load_gs_fixup,
	};
	unsigned int i;

	if (header->magic != CORBEL_SHIM_MAGIC ||
	    header->abi_version != CORBEL_ABI_VERSION ||
	    header->header_size != sizeof(*header))
		return -EINVAL;
	if (header->image_size < sizeof(*header) ||
	    header->image_size > CORBEL_SHIM_MAX_SIZE)
		return -EINVAL;
	if (header->features & ~CORBEL_FEATURES_V1)
		return -EINVAL;
	if (!(header->features & CORBEL_FEATURE_SYSRET) != !header->site_sysret)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(header->reserved); i++)
		if (header->reserved[i])
			return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		if (offsets[i] > header->image_size)
			return -EINVAL;
	return 0;
}

static int check_layout(const struct corbel_shim *layout)
{
	unsigned int i;

	if (!PAGE_ALIGNED(layout->code | layout->vcpu_pages) ||
	    (layout->ap_cr3 & ~PTE_ADDRESS))
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(layout->reserved); i++)
		if (layout->reserved[i])
			return -EINVAL;
	return 0;
}

static u64 place(u32 offset)
{
	return offset ? CORBEL_SHIM_VA + offset : 0;
}

static void set_entries(struct pv_vm *pv,
			const struct corbel_shim_header *header)
{
	pv->entry.end = CORBEL_SHIM_VA + header->image_size;
	pv->entry.syscall = place(header->entry_syscall);
	pv->entry.event = place(header->entry_event);
	pv->entry.event_error = place(header->entry_event_error);
	pv->entry.ap = place(header->entry_ap);
	pv->entry.sysret = place(header->site_sysret);
	pv->entry.iret = place(header->site_iret);
	pv->entry.load_cr3 = place(header->site_load_cr3);
	pv->entry.iret_start = place(header->iret_start);
	pv->entry.iret_end = place(header->iret_end);
	pv->entry.load_gs = place(header->load_gs);
	pv->entry.load_gs_fixup = place(header->load_gs_fixup);
}

static int find_pages(struct vm *vm, const struct corbel_shim *layout,
		      u32 image_size)
{
	gfn_t gfn = layout->code >> PAGE_SHIFT;
	unsigned int i, n = DIV_ROUND_UP(image_size, PAGE_SIZE);

	for (i = 0; i < n; i++) {
		int err = guest_page_get(vm, gfn + i, &vm->pv->shim[i]);

		if (err)
			return err == -ENOENT ? -EFAULT : err;
	}
	vm->pv->nr_shim = n;
	return 0;
}

/**
 * pv_set_shim - CORBEL_SET_SHIM
 * @vm:		the VM; its lock is held, and its memory_sem for reading
 * @layout:	see uapi/linux/corbel.h
 *
 * Return: 0, -EINVAL, -EFAULT, or an error of guest_page_pin()
 */
int pv_set_shim(struct vm *vm, const struct corbel_shim *layout)
{
	struct corbel_shim_header header;
	int err;

	lockdep_assert_held(&vm->lock);
	err = check_layout(layout);
	if (err)
		return err;
	err = guest_copy(vm, layout->code, &header, sizeof(header), false);
	if (err)
		return err == -ENOENT ? -EFAULT : err;
	err = check_header(&header);
	if (err)
		return err;
	err = find_pages(vm, layout, header.image_size);
	if (err)
		return err;

	set_entries(vm->pv, &header);
	vm->shim.layout = *layout;
	vm->shim.header = header;
	vm->shim.set = true;
	return 0;
}
