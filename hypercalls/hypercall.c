// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way from a hypercall to its handler.
 *
 * calls.tbl knows the calls; from it comes generated/dispatch.h, with a
 * function for each that takes the arguments out of the registers, once,
 * checks them against their types, and calls the handler.
 *
 * A handler is int hypercall_NAME(vcpu, arguments, s64 *result), in the file of
 * its group.  It returns enum exit_result; EXIT_SLOW means that it has done
 * nothing and wants to be called where it may sleep.  *result is what goes into
 * RAX, 0 unless it says otherwise.
 */
#include <linux/array_size.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/nospec.h>

#include "../module/trace.h"
#include "../module/vm.h"
#include "hypercall.h"

/**
 * struct hypercall - an entry of the table
 * @name:	NULL where there is no call
 * @call:	takes and checks the arguments
 * @modes:	bit n: offered in mode n (enum corbel_mode)
 */
struct hypercall {
	const char *name;
	int (*call)(struct vcpu *vcpu, s64 *result);
	u32 modes;
};

static int invalid(s64 *result)
{
	*result = -CORBEL_EINVAL;
	return EXIT_RESUME;
}

#include "generated/dispatch.h"

static const struct hypercall *find(const struct vcpu *vcpu, u64 number)
{
	u64 index = number - CORBEL_HYPERCALL_BASE;
	const struct hypercall *entry;

	if (index >= ARRAY_SIZE(hypercalls))
		return NULL;
	entry = &hypercalls[array_index_nospec(index, ARRAY_SIZE(hypercalls))];
	if (!(entry->modes & BIT(vcpu->vm->ops->abi_mode)))
		return NULL;
	return entry;
}

/**
 * hypercall - a guest kernel has made a hypercall
 * @vcpu: the vCPU, with the registers as corbel/hypercall.h says, RIP behind
 *	  the instruction
 *
 * Return: enum exit_result; unless it is EXIT_SLOW, RAX holds the status
 */
int hypercall(struct vcpu *vcpu)
{
	u64 number = vcpu->regs->rax;
	const struct hypercall *entry = find(vcpu, number);
	s64 status = -CORBEL_ENOSYS;
	int result = EXIT_RESUME;

	if (entry) {
		status = 0;
		result = entry->call(vcpu, &status);
	}
	if (result == EXIT_SLOW)
		return result;
	trace_corbel_hypercall(vcpu, number, status);
	vcpu->regs->rax = status;
	return result;
}
