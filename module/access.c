// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access to guest memory by the guest's own virtual addresses, as its CPU would
 * make it: through its page tables, setting Accessed and Dirty.
 *
 * What is not at hand is brought in if vcpu->may_sleep; else the answer is
 * -EAGAIN and the caller comes again.  A write is checked in full before its
 * first byte.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <asm/processor-flags.h>

#include "access.h"

u64 *walk_table(const struct walk_mode *mode, u64 gpa, int *err)
{
	struct page *page;

	if (mode->may_sleep)
		*err = guest_page_get(mode->vm, gpa >> PAGE_SHIFT, &page);
	else
		*err = guest_page(mode->vm, gpa >> PAGE_SHIFT, &page);
	return *err ? NULL : page_address(page) + offset_in_page(gpa);
}

/**
 * vcpu_walk_mode - how this vCPU translates addresses now
 * @vcpu:	the vCPU
 * @mode:	to be filled in; SMEP and SMAP are for the vendor to add
 */
void vcpu_walk_mode(const struct vcpu *vcpu, struct walk_mode *mode)
{
	*mode = (struct walk_mode) {
		.vm = vcpu->vm,
		.cr3 = vcpu->cr3,
		.paging = vcpu->cr0 & X86_CR0_PG,
		.wp = vcpu->cr0 & X86_CR0_WP,
		.nx = vcpu->efer & EFER_NX,
		.pge = vcpu->cr4 & X86_CR4_PGE,
		.may_sleep = vcpu->may_sleep,
		.reserved = ~(BIT_ULL(MAX_GPA_BITS) - 1),
	};
}

/**
 * guest_translate - where an address of the guest leads
 * @vcpu:	the vCPU
 * @address:	gva
 * @access:	FAULT_WRITE, FAULT_USER, FAULT_FETCH
 * @gpa:	the answer
 * @fault:	why not, for -EFAULT; may be NULL
 *
 * Return: 0, -EFAULT, -EAGAIN
 */
int guest_translate(struct vcpu *vcpu, u64 address, u32 access, gpa_t *gpa,
		    struct guest_fault *fault)
{
	struct walk result = {};
	struct walk_mode mode;
	int err = -EFAULT;

	if (is_canonical48(address)) {
		vcpu_walk_mode(vcpu, &mode);
		err = walk(&mode, address, access, &result);
	}
	*gpa = result.gpa;
	if (err == -EFAULT && fault)
		*fault = (struct guest_fault) { address, result.error };
	return err;
}

static struct page *own_page(struct vcpu *vcpu, u64 address, u32 access)
{
	const struct vendor_ops *ops = vcpu->vm->ops;

	if (!ops->own_page || (access & (FAULT_USER | FAULT_WRITE)))
		return NULL;
	return ops->own_page(vcpu, address);
}

/**
 * guest_pointer - the memory behind an address of the guest
 * @vcpu:	the vCPU
 * @address:	gva
 * @access:	as for guest_translate()
 * @here:	the answer, good to the end of the page, until the guest's
 *		memory map changes
 * @fault:	as for guest_translate(); an address that leads to no memory
 *		is as if not present
 *
 * Return: 0, -EFAULT, -EAGAIN
 */
int guest_pointer(struct vcpu *vcpu, u64 address, u32 access, void **here,
		  struct guest_fault *fault)
{
	struct page *page = own_page(vcpu, address, access);
	gpa_t gpa;
	int err;

	if (page) {
		*here = page_address(page) + offset_in_page(address);
		return 0;
	}
	err = guest_translate(vcpu, address, access, &gpa, fault);
	if (err)
		return err;
	if (vcpu->may_sleep)
		err = guest_page_get(vcpu->vm, gpa >> PAGE_SHIFT, &page);
	else
		err = guest_page(vcpu->vm, gpa >> PAGE_SHIFT, &page);
	if (err == -ENOENT || err == -EFAULT) {
		if (fault)
			*fault = (struct guest_fault) { address, access };
		return -EFAULT;
	}
	if (!err)
		*here = page_address(page) + offset_in_page(gpa);
	return err;
}

/**
 * guest_read - read guest memory
 * @vcpu:	the vCPU
 * @address:	gva
 * @data:	where it goes
 * @size:	how many bytes, at most a page
 * @access:	FAULT_USER, FAULT_FETCH
 * @fault:	as for guest_translate()
 *
 * Return: 0, -EFAULT, -EAGAIN
 */
int guest_read(struct vcpu *vcpu, u64 address, void *data, size_t size,
	       u32 access, struct guest_fault *fault)
{
	while (size) {
		size_t n = min(size, PAGE_SIZE - offset_in_page(address));
		void *here;
		int err;

		err = guest_pointer(vcpu, address, access, &here, fault);
		if (err)
			return err;
		memcpy(data, here, n);
		address += n;
		data += n;
		size -= n;
	}
	return 0;
}

/**
 * guest_write - write guest memory
 * @vcpu:	the vCPU
 * @address:	gva
 * @data:	what to write
 * @size:	how many bytes, at most a page
 * @access:	FAULT_USER
 * @fault:	as for guest_translate()
 *
 * Return: 0, -EFAULT, -EAGAIN; then nothing was written
 */
int guest_write(struct vcpu *vcpu, u64 address, const void *data, size_t size,
		u32 access, struct guest_fault *fault)
{
	size_t first = min(size, PAGE_SIZE - offset_in_page(address));
	void *here, *next = NULL;
	int err;

	access |= FAULT_WRITE;
	err = guest_pointer(vcpu, address, access, &here, fault);
	if (!err && first < size)
		err = guest_pointer(vcpu, address + first, access, &next,
				    fault);
	if (err)
		return err;
	memcpy(here, data, first);
	if (next)
		memcpy(next, data + first, size - first);
	return 0;
}
