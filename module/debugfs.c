// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/corbel: a directory for each VM, named after its process
 * and a number, with its statistics in plain text, and what its vCPUs wait for.
 * Programs use CORBEL_GET_STATS_FD.
 */
#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "debugfs.h"
#include "vm.h"

static struct dentry *root;
static atomic_t last_number;

static int stats_show(struct seq_file *seq, void *unused)
{
	vm_stats_show(seq, seq->private);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

/* Of running vCPUs, who may be anywhere: good for one that hangs. */
static int vcpus_show(struct seq_file *seq, void *unused)
{
	struct vm *vm = seq->private;
	struct vcpu *vcpu;
	unsigned int i;

	for_each_vcpu(i, vcpu, vm)
		seq_printf(seq, "vcpu%u mp_state %u requests %#lx irr %*pbl isr %*pbl ppr %#x timer %s deadline %#llx tsc %#llx\n",
			   i, READ_ONCE(vcpu->mp_state),
			   READ_ONCE(vcpu->requests), 256, vcpu->lapic.irr,
			   256, vcpu->lapic.isr, lapic_ppr(vcpu),
			   hrtimer_active(&vcpu->lapic.timer) ? "on" : "off",
			   READ_ONCE(vcpu->lapic.deadline), rdtsc());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcpus);

void debugfs_add_vm(struct vm *vm)
{
	char name[32];

	snprintf(name, sizeof(name), "%d-%d", task_tgid_nr(current),
		 atomic_inc_return(&last_number));
	vm->debugfs = debugfs_create_dir(name, root);
	debugfs_create_file("stats", 0400, vm->debugfs, vm, &stats_fops);
	debugfs_create_file("vcpus", 0400, vm->debugfs, vm, &vcpus_fops);
}

void debugfs_remove_vm(struct vm *vm)
{
	debugfs_remove(vm->debugfs);
}

void debugfs_init(void)
{
	root = debugfs_create_dir("corbel", NULL);
}

void debugfs_exit(void)
{
	debugfs_remove(root);
}
