// SPDX-License-Identifier: GPL-2.0-only
/*
 * Corbel: virtual machines with and without help from the hardware.
 *
 * This file is the door: the module, and the device node that VMs come from.
 * Where to go on reading: Documentation/design.rst has the order.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "debugfs.h"
#include "eventfd.h"
#include "host.h"
#include "pv/pv.h"
#include "svm/svm.h"
#include "vm.h"

static long get_vm_type(struct corbel_vm_type_info __user *user)
{
	struct corbel_vm_type_info info;
	int err;

	if (copy_from_user(&info, user, sizeof(info)))
		return -EFAULT;
	if (info.reserved[0] || info.reserved[1])
		return -EINVAL;
	memset(info.reason, 0, sizeof(info.reason));
	err = host_check(info.type, info.reason, sizeof(info.reason));
	if (err == -EINVAL)
		return err;
	info.error = -err;
	return copy_to_user(user, &info, sizeof(info)) ? -EFAULT : 0;
}

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case CORBEL_GET_API_VERSION:
		return arg ? -EINVAL : CORBEL_API_VERSION;
	case CORBEL_CREATE_VM:
		return arg > UINT_MAX ? -EINVAL : vm_create_fd(arg);
	case CORBEL_CHECK_EXTENSION:
		return host_extension(arg);
	case CORBEL_GET_VCPU_MMAP_SIZE:
		return arg ? -EINVAL : RUN_SIZE;
	case CORBEL_GET_VM_TYPE:
		return get_vm_type((void __user *)arg);
	}
	return -ENOTTY;
}

static const struct file_operations device_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= device_ioctl,
	.llseek		= noop_llseek,
};

static struct miscdevice device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "corbel",
	.mode	= 0600,
	.fops	= &device_fops,
};

static int __init corbel_init(void)
{
	int err;

	if (!tsc_khz) {
		pr_err("corbel: the rate of the TSC is not known, so guests could not tell time\n");
		return -EOPNOTSUPP;
	}
	err = eventfds_init();
	if (err)
		return err;
	err = pv_init();
	if (err)
		goto exit_eventfds;
	err = svm_init();
	if (err)
		goto exit_pv;
	debugfs_init();
	err = misc_register(&device);
	if (err)
		goto exit_debugfs;
	return 0;

exit_debugfs:
	debugfs_exit();
	svm_exit();
exit_pv:
	pv_exit();
exit_eventfds:
	eventfds_exit();
	return err;
}

static void __exit corbel_exit(void)
{
	misc_deregister(&device);
	debugfs_exit();
	svm_exit();
	pv_exit();
	eventfds_exit();
}

module_init(corbel_init);
module_exit(corbel_exit);

MODULE_DESCRIPTION("Paravirtual and fully virtual machines on a stock kernel");
MODULE_AUTHOR("The Corbel developers");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
