// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this host can run, and if not, why not.
 *
 * The module loads anywhere on x86-64: what is missing is missing for a type of
 * VM, and whoever asks for one gets one line that says what.
 */
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/string.h>

#include "eventfd.h"
#include "host.h"
#include "vm.h"

static bool allow_pv = true;
module_param_named(pv, allow_pv, bool, 0444);
MODULE_PARM_DESC(pv, "allow paravirtual VMs (default: yes)");

static bool allow_hvm = true;
module_param_named(hvm, allow_hvm, bool, 0444);
MODULE_PARM_DESC(hvm, "allow VMs that use AMD-V (default: yes)");

static bool allow_nested_paging = true;
module_param_named(npt, allow_nested_paging, bool, 0444);
MODULE_PARM_DESC(npt, "allow nested paging (default: yes)");

/**
 * host_vendor - who runs VMs of a type
 * @type: the type
 *
 * Return: the vendor, or NULL if there is no such type
 */
const struct vendor_ops *host_vendor(enum corbel_vm_type type)
{
	switch (type) {
	case CORBEL_VM_PV:
		return &pv_vendor_ops;
	case CORBEL_VM_HVM_NESTED:
	case CORBEL_VM_HVM_SHADOW:
		return &svm_vendor_ops;
	}
	return NULL;
}

static const char *forbidden(enum corbel_vm_type type)
{
	if (type == CORBEL_VM_PV)
		return allow_pv ? NULL : "module parameter pv=0 forbids it";
	if (!allow_hvm)
		return "module parameter hvm=0 forbids it";
	if (type == CORBEL_VM_HVM_NESTED && !allow_nested_paging)
		return "module parameter npt=0 forbids it";
	return NULL;
}

/**
 * host_check - can this host run a type of VM now?
 * @type:	the type
 * @reason:	gets a line that says why not; may be NULL
 * @size:	its room
 *
 * Return: 0, -EINVAL for no such type, -EPERM, -EBUSY, -EOPNOTSUPP
 */
int host_check(enum corbel_vm_type type, char *reason, size_t size)
{
	const struct vendor_ops *vendor = host_vendor(type);
	char unused[1];

	if (!vendor)
		return -EINVAL;
	if (!reason) {
		reason = unused;
		size = sizeof(unused);
	}
	if (forbidden(type)) {
		strscpy(reason, forbidden(type), size);
		return -EPERM;
	}
	return vendor->check(type, reason, size);
}

/**
 * host_extension - CORBEL_CHECK_EXTENSION
 * @extension: KVM_CAP_* or CORBEL_CAP_*
 *
 * Return: as KVM; 0 for what is not offered
 */
long host_extension(unsigned long extension)
{
	switch (extension) {
	case KVM_CAP_USER_MEMORY:
	case KVM_CAP_DESTROY_MEMORY_REGION_WORKS:
	case KVM_CAP_JOIN_MEMORY_REGIONS_WORKS:
	case KVM_CAP_EXT_CPUID:
	case KVM_CAP_MP_STATE:
	case KVM_CAP_IRQFD:
	case KVM_CAP_IOEVENTFD:
	case KVM_CAP_IOEVENTFD_ANY_LENGTH:
	case KVM_CAP_SIGNAL_MSI:
	case KVM_CAP_SPLIT_IRQCHIP:
	case KVM_CAP_TSC_DEADLINE_TIMER:
	case KVM_CAP_IMMEDIATE_EXIT:
	case KVM_CAP_USER_NMI:
	case KVM_CAP_BINARY_STATS_FD:
		return 1;
	case KVM_CAP_IRQ_ROUTING:
		return MAX_ROUTES;
	case KVM_CAP_NR_MEMSLOTS:
		return MAX_MEMSLOTS;
	case KVM_CAP_NR_VCPUS:
	case KVM_CAP_MAX_VCPUS:
	case KVM_CAP_MAX_VCPU_ID:
		return MAX_VCPUS;
	case CORBEL_CAP_ABI_VERSION:
		return CORBEL_ABI_VERSION;
	case CORBEL_CAP_ABI_FEATURES:
		return CORBEL_FEATURES_V1;
	}
	return 0;
}
