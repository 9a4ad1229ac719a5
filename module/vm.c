// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file descriptor of a VM: its ioctls, its life and its death.
 *
 * vm->users counts descriptors: the VM's own, its vCPUs', those of statistics.
 * With the last the VM is destroyed, vCPUs and all.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "control.h"
#include "debugfs.h"
#include "eventfd.h"
#include "host.h"
#include "pv/pv.h"
#include "vm.h"

/* How many shadow pages a VM may have that says nothing: 8 MiB for 256 MiB. */
#define SHADOW_LIMIT_MIN	1024
#define SHADOW_LIMIT_SHIFT	5

/* Death */

/**
 * vm_kill - the guest did what no guest can go on from
 * @vm:		the VM; any context
 * @format:	why, as for printf
 *
 * The first reason counts.  Every vCPU comes back to its monitor with it.
 *
 * Return: EXIT_RESUME: on its way into the guest the caller's vCPU meets
 *	   REQUEST_KILL
 */
int vm_kill(struct vm *vm, const char *format, ...)
{
	struct vcpu *vcpu;
	unsigned int i;
	va_list args;

	if (atomic_cmpxchg(&vm->dead, VM_ALIVE, VM_DYING) != VM_ALIVE)
		return EXIT_RESUME;
	va_start(args, format);
	vscnprintf(vm->obituary, sizeof(vm->obituary), format, args);
	va_end(args);
	pr_info_ratelimited("VM of process %d killed: %s\n",
			    task_tgid_nr(current), vm->obituary);
	atomic_set_release(&vm->dead, VM_DEAD);
	for_each_vcpu(i, vcpu, vm)
		vcpu_request(vcpu, REQUEST_KILL);
	return EXIT_RESUME;
}

/* Memory map */

/**
 * vm_stop_memory - keep every vCPU from using the memory map
 * @vm: the VM; its lock is held
 *
 * vm_resume_memory() ends it; by then no vCPU knows a translation from before.
 */
void vm_stop_memory(struct vm *vm)
{
	struct vcpu *vcpu;
	unsigned int i;

	lockdep_assert_held(&vm->lock);
	for_each_vcpu(i, vcpu, vm)
		vcpu_request(vcpu, REQUEST_MEMORY);
	down_write(&vm->memory_sem);
}

void vm_resume_memory(struct vm *vm)
{
	struct vcpu *vcpu;
	unsigned int i;

	if (vm->ops->memory_changed)
		vm->ops->memory_changed(vm);
	for_each_vcpu(i, vcpu, vm)
		vcpu_request(vcpu, REQUEST_FLUSH);
	up_write(&vm->memory_sem);
}

/* Unless it was told, a VM's shadow may grow with its memory. */
static void adapt_shadow_limit(struct vm *vm)
{
	u64 pages = 0;
	unsigned int i;

	if (vm->shadow_limit_set)
		return;
	for (i = 0; i < vm->memory.nr_slots; i++)
		pages += vm->memory.slots[i]->npages;
	WRITE_ONCE(vm->stats.shadow_limit,
		   max_t(u64, pages >> SHADOW_LIMIT_SHIFT, SHADOW_LIMIT_MIN));
}

static int set_memory_region(struct vm *vm, const void __user *user)
{
	struct kvm_userspace_memory_region region;
	int err;

	if (copy_from_user(&region, user, sizeof(region)))
		return -EFAULT;
	err = memory_set_region(vm, &region);
	if (!err)
		adapt_shadow_limit(vm);
	return err;
}

/* Other ioctls */

static int get_supported_cpuid(struct vm *vm, struct kvm_cpuid2 __user *user)
{
	struct kvm_cpuid_entry2 *entries;
	struct kvm_cpuid2 header;
	u32 n = MAX_CPUID_ENTRIES;
	int err;

	if (copy_from_user(&header, user, sizeof(header)))
		return -EFAULT;
	if (header.padding)
		return -EINVAL;
	entries = kcalloc(n, sizeof(*entries), GFP_KERNEL);
	if (!entries)
		return -ENOMEM;
	err = cpuid_supported(vm, entries, &n);
	if (!err && header.nent < n)
		err = -E2BIG;
	header.nent = n;
	if (!err && copy_to_user(user->entries, entries, n * sizeof(*entries)))
		err = -EFAULT;
	if ((!err || err == -E2BIG) &&
	    copy_to_user(user, &header, sizeof(header)))
		err = -EFAULT;
	kfree(entries);
	return err;
}

static int set_routing(struct vm *vm, struct kvm_irq_routing __user *user)
{
	struct kvm_irq_routing_entry *entries;
	struct kvm_irq_routing header;
	int err;

	if (copy_from_user(&header, user, sizeof(header)))
		return -EFAULT;
	if (header.flags || header.nr > MAX_ROUTES)
		return -EINVAL;
	entries = vmemdup_user(user->entries,
			       array_size(header.nr, sizeof(*entries)));
	if (IS_ERR(entries))
		return PTR_ERR(entries);
	err = routing_set(vm, entries, header.nr);
	kvfree(entries);
	return err;
}

static int signal_msi(struct vm *vm, const struct kvm_msi *msi)
{
	unsigned int i;

	if (msi->flags || msi->address_hi)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(msi->pad); i++)
		if (msi->pad[i])
			return -EINVAL;
	return lapic_deliver_msi(vm, msi->address_lo, msi->data);
}

static int set_shim(struct vm *vm, const struct corbel_shim *layout)
{
	int err;

	if (vm->type != CORBEL_VM_PV)
		return -EINVAL;
	if (vm->shim.set)
		return -EEXIST;
	if (vm->nr_vcpus)
		return -EBUSY;
	down_read(&vm->memory_sem);
	err = pv_set_shim(vm, layout);
	up_read(&vm->memory_sem);
	return err;
}

static int set_shadow_limit(struct vm *vm, unsigned long pages)
{
	struct vcpu *vcpu;
	unsigned int i;

	if (pages < SHADOW_LIMIT_MIN || pages > UINT_MAX)
		return -EINVAL;
	vm->shadow_limit_set = true;
	WRITE_ONCE(vm->stats.shadow_limit, pages);
	for_each_vcpu(i, vcpu, vm)
		vcpu_request(vcpu, REQUEST_FLUSH);
	return 0;
}

/* Small structures, copied in whole. */
static long vm_ioctl_copied(struct vm *vm, unsigned int cmd,
			    const void __user *user)
{
	union {
		struct kvm_irqfd irqfd;
		struct kvm_ioeventfd ioeventfd;
		struct kvm_msi msi;
		struct corbel_shim shim;
	} in;

	if (copy_from_user(&in, user, _IOC_SIZE(cmd)))
		return -EFAULT;
	switch (cmd) {
	case CORBEL_IRQFD:
		return irqfd_set(vm, &in.irqfd);
	case CORBEL_IOEVENTFD:
		return ioeventfd_set(vm, &in.ioeventfd);
	case CORBEL_SIGNAL_MSI:
		return signal_msi(vm, &in.msi);
	default:
		return set_shim(vm, &in.shim);
	}
}

static long vm_ioctl_locked(struct vm *vm, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case CORBEL_CREATE_VCPU:
		return arg > UINT_MAX ? -EINVAL : vcpu_create_fd(vm, arg);
	case CORBEL_SET_USER_MEMORY_REGION:
		return set_memory_region(vm, user);
	case CORBEL_SET_SHADOW_LIMIT:
		return set_shadow_limit(vm, arg);
	default:
		return vm_ioctl_copied(vm, cmd, user);
	}
}

static long vm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vm *vm = file->private_data;
	void __user *user = (void __user *)arg;
	long result;

	if (current->mm != vm->mm)
		return -EIO;
	switch (cmd) {
	case CORBEL_CHECK_EXTENSION:
		return host_extension(arg);
	case CORBEL_GET_SUPPORTED_CPUID:
		return get_supported_cpuid(vm, user);
	case CORBEL_SET_GSI_ROUTING:
		return set_routing(vm, user);
	case CORBEL_GET_STATS_FD:
		return vm_stats_fd(vm);
	case CORBEL_IRQFD:
	case CORBEL_IOEVENTFD:
	case CORBEL_SIGNAL_MSI:
		return vm_ioctl_copied(vm, cmd, user);
	case CORBEL_CREATE_VCPU:
	case CORBEL_SET_USER_MEMORY_REGION:
	case CORBEL_SET_SHADOW_LIMIT:
	case CORBEL_SET_SHIM:
		break;
	default:
		return -ENOTTY;
	}
	if (mutex_lock_killable(&vm->lock))
		return -EINTR;
	result = vm_ioctl_locked(vm, cmd, arg);
	mutex_unlock(&vm->lock);
	return result;
}

/* Life */

static void destroy(struct kref *users)
{
	struct vm *vm = container_of(users, struct vm, users);
	unsigned int i;

	debugfs_remove_vm(vm);
	eventfds_destroy(vm);
	for (i = 0; i < MAX_VCPUS; i++)
		if (vm->vcpus[i])
			vcpu_destroy(vm->vcpus[i]);
	memory_destroy(vm);
	vm->ops->vm_destroy(vm);
	mmdrop(vm->mm);
	kfree(vm);
	module_put(THIS_MODULE);
}

void vm_get(struct vm *vm)
{
	kref_get(&vm->users);
}

void vm_put(struct vm *vm)
{
	kref_put(&vm->users, destroy);
}

static int vm_release(struct inode *inode, struct file *file)
{
	struct vm *vm = file->private_data;

	eventfds_release(vm);
	vm_put(vm);
	return 0;
}

static const struct file_operations vm_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= vm_ioctl,
	.release	= vm_release,
	.llseek		= noop_llseek,
};

static struct vm *new_vm(enum corbel_vm_type type)
{
	static atomic64_t last_number;
	struct vm *vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);

	if (!vm)
		return NULL;
	/* Files are not all that keeps a VM: module_put() is in destroy(). */
	__module_get(THIS_MODULE);
	vm->number = atomic64_inc_return(&last_number);
	vm->type = type;
	vm->ops = host_vendor(type);
	vm->mm = current->mm;
	mmgrab(vm->mm);
	kref_init(&vm->users);
	mutex_init(&vm->lock);
	init_rwsem(&vm->memory_sem);
	memory_init(&vm->memory);
	vm->stats.shadow_limit = SHADOW_LIMIT_MIN;
	clock_init_vm(vm);
	return vm;
}

/**
 * vm_create_fd - CORBEL_CREATE_VM
 * @type: what kind of VM
 *
 * Return: a file descriptor, -EINVAL for no such type, -EBUSY or -EOPNOTSUPP if
 *	   this host can't run it now (CORBEL_GET_VM_TYPE says why), -ENOMEM
 */
int vm_create_fd(enum corbel_vm_type type)
{
	struct vm *vm;
	int fd, err;

	err = host_check(type, NULL, 0);
	if (err)
		return err;
	vm = new_vm(type);
	if (!vm)
		return -ENOMEM;
	err = vm->ops->vm_create(vm);
	if (!err)
		err = eventfds_create(vm);
	if (err) {
		vm_put(vm);
		return err;
	}
	debugfs_add_vm(vm);
	fd = anon_inode_getfd("corbel-vm", &vm_fops, vm, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		vm_put(vm);
	return fd;
}
