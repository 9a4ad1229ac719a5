// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statistics, in the format of KVM's (Documentation/virt/kvm/api.rst,
 * KVM_GET_STATS_FD): a header, a name, a descriptor for each counter, the
 * counters.  Whoever reads that reads this.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kvm.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "vm.h"

#define NAME_SIZE	48

/* KVM's structure ends in the name; this is how long it is in the file. */
struct descriptor {
	u32 flags;
	s16 exponent;
	u16 size;
	u32 offset;
	u32 bucket_size;
	char name[NAME_SIZE];
};

static_assert(offsetof(struct descriptor, name) ==
	      offsetof(struct kvm_stats_desc, name));

#define KIND_CUMULATIVE	KVM_STATS_TYPE_CUMULATIVE
#define KIND_INSTANT	KVM_STATS_TYPE_INSTANT

#define DESCRIBE(set, kind, field) {					\
	.flags = KIND_##kind | KVM_STATS_UNIT_NONE | KVM_STATS_BASE_POW10, \
	.size = 1,							\
	.offset = offsetof(struct set, field),				\
	.name = #field,							\
},

#define DESCRIBE_VM(kind, field)	DESCRIBE(vm_stats, kind, field)
#define DESCRIBE_VCPU(kind, field)	DESCRIBE(vcpu_stats, kind, field)

static const struct descriptor vm_descriptors[] = { VM_STATS(DESCRIBE_VM) };
static const struct descriptor vcpu_descriptors[] = {
	VCPU_STATS(DESCRIBE_VCPU)
};

/* What a statistics file consists of. */
struct content {
	struct kvm_stats_header header;
	char name[NAME_SIZE];
	const struct descriptor *descriptors;
	const void *data;
	size_t data_size;
};

static void make_header(struct content *content, u32 n)
{
	content->header = (struct kvm_stats_header) {
		.name_size = NAME_SIZE,
		.num_desc = n,
		.id_offset = sizeof(struct kvm_stats_header),
		.desc_offset = sizeof(struct kvm_stats_header) + NAME_SIZE,
		.data_offset = sizeof(struct kvm_stats_header) + NAME_SIZE +
			       n * sizeof(struct descriptor),
	};
}

/* Copies what of a piece at @at lies in the range that is read. */
static int copy_piece(char __user **user, size_t *left, loff_t *pos, u32 at,
		      const void *piece, size_t size)
{
	size_t n;

	if (!*left || *pos < at || *pos >= at + size)
		return 0;
	n = min_t(size_t, *left, at + size - *pos);
	if (copy_to_user(*user, piece + (*pos - at), n))
		return -EFAULT;
	*user += n;
	*left -= n;
	*pos += n;
	return 0;
}

static ssize_t read_content(const struct content *content, char __user *user,
			    size_t size, loff_t *offset)
{
	const struct kvm_stats_header *header = &content->header;
	size_t left = size;
	loff_t pos = *offset;
	int err;

	err = copy_piece(&user, &left, &pos, 0, header, sizeof(*header));
	if (!err)
		err = copy_piece(&user, &left, &pos, header->id_offset,
				 content->name, NAME_SIZE);
	if (!err)
		err = copy_piece(&user, &left, &pos, header->desc_offset,
				 content->descriptors, header->num_desc *
				 sizeof(struct descriptor));
	if (!err)
		err = copy_piece(&user, &left, &pos, header->data_offset,
				 content->data, content->data_size);
	if (err)
		return err;
	*offset = pos;
	return size - left;
}

static ssize_t vm_stats_read(struct file *file, char __user *user, size_t size,
			     loff_t *offset)
{
	struct vm *vm = file->private_data;
	struct content content = {
		.descriptors = vm_descriptors,
		.data = &vm->stats,
		.data_size = sizeof(vm->stats),
	};

	make_header(&content, ARRAY_SIZE(vm_descriptors));
	strscpy(content.name, "corbel-vm", NAME_SIZE);
	return read_content(&content, user, size, offset);
}

static int vm_stats_release(struct inode *inode, struct file *file)
{
	vm_put(file->private_data);
	return 0;
}

static const struct file_operations vm_stats_fops = {
	.owner		= THIS_MODULE,
	.read		= vm_stats_read,
	.release	= vm_stats_release,
	.llseek		= noop_llseek,
};

static ssize_t vcpu_stats_read(struct file *file, char __user *user,
			       size_t size, loff_t *offset)
{
	struct vcpu *vcpu = file->private_data;
	struct content content = {
		.descriptors = vcpu_descriptors,
		.data = vcpu->stats,
		.data_size = sizeof(*vcpu->stats),
	};

	make_header(&content, ARRAY_SIZE(vcpu_descriptors));
	snprintf(content.name, NAME_SIZE, "corbel-vcpu-%u", vcpu->id);
	return read_content(&content, user, size, offset);
}

static int vcpu_stats_release(struct inode *inode, struct file *file)
{
	struct vcpu *vcpu = file->private_data;

	vm_put(vcpu->vm);
	return 0;
}

static const struct file_operations vcpu_stats_fops = {
	.owner		= THIS_MODULE,
	.read		= vcpu_stats_read,
	.release	= vcpu_stats_release,
	.llseek		= noop_llseek,
};

static int stats_fd(const char *name, const struct file_operations *fops,
		    void *data, struct vm *vm)
{
	struct file *file;
	int fd = get_unused_fd_flags(O_CLOEXEC);

	if (fd < 0)
		return fd;
	file = anon_inode_getfile(name, fops, data, O_RDONLY);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	file->f_mode |= FMODE_PREAD;
	vm_get(vm);
	fd_install(fd, file);
	return fd;
}

/**
 * vm_stats_fd - CORBEL_GET_STATS_FD of a VM
 * @vm: the VM
 *
 * Return: a file descriptor or an error
 */
int vm_stats_fd(struct vm *vm)
{
	return stats_fd("corbel-vm-stats", &vm_stats_fops, vm, vm);
}

/**
 * vcpu_stats_fd - CORBEL_GET_STATS_FD of a vCPU
 * @vcpu: the vCPU
 *
 * Return: a file descriptor or an error
 */
int vcpu_stats_fd(struct vcpu *vcpu)
{
	return stats_fd("corbel-vcpu-stats", &vcpu_stats_fops, vcpu, vcpu->vm);
}

/* For debugfs: one line a counter. */
static void show(struct seq_file *seq, const char *prefix,
		 const struct descriptor *descriptors, size_t n,
		 const void *data)
{
	size_t i;

	for (i = 0; i < n; i++)
		seq_printf(seq, "%s%s %llu\n", prefix, descriptors[i].name,
			   READ_ONCE(*(u64 *)(data + descriptors[i].offset)));
}

void vm_stats_show(struct seq_file *seq, struct vm *vm)
{
	struct vcpu *vcpu;
	unsigned int i;

	show(seq, "", vm_descriptors, ARRAY_SIZE(vm_descriptors), &vm->stats);
	for_each_vcpu(i, vcpu, vm) {
		char prefix[16];

		snprintf(prefix, sizeof(prefix), "vcpu%u.", i);
		show(seq, prefix, vcpu_descriptors,
		     ARRAY_SIZE(vcpu_descriptors), vcpu->stats);
	}
}
