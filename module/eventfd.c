// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioeventfd: a write of the guest becomes an eventfd's signal.
 * irqfd: an eventfd's signal becomes a message to the guest's local APICs.
 *
 * Both in KVM's manner.  A GSI leads to a message by the routing table, which
 * knows nothing else: interrupt controllers other than the local APIC are the
 * monitor's.
 *
 * Locking: who writes or is signalled goes by RCU.  An eventfd that is signalled
 * or closed while it is an irqfd calls us from its wait queue, where we can't
 * sleep: irqfd_lock nests inside the queue's lock, and the end of an irqfd, which
 * takes that lock, is left to a worker.  The worker is waited for before the VM
 * goes.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "eventfd.h"
#include "vm.h"

#define MAX_IOEVENTFDS	512
#define MAX_IRQFDS	512

/**
 * struct routing - which message a GSI stands for
 * @rcu:	for kfree_rcu()
 * @messages:	by GSI
 * @messages.valid: there is one
 */
struct routing {
	struct rcu_head rcu;
	struct {
		u64 address;
		u32 data;
		bool valid;
	} messages[MAX_ROUTES];
};

/**
 * struct eventfds - of a VM
 * @vm:		whose they are
 * @lock:	guards @ioeventfds and @routing, and who becomes an irqfd
 * @irqfd_lock:	guards @irqfds
 * @ioeventfds:	struct ioeventfd
 * @irqfds:	struct irqfd
 * @nr_ioeventfds: how many
 * @nr_irqfds:	how many
 * @routing:	NULL until it is set
 */
struct eventfds {
	struct vm *vm;
	struct mutex lock;
	spinlock_t irqfd_lock;
	struct list_head ioeventfds;
	struct list_head irqfds;
	unsigned int nr_ioeventfds;
	unsigned int nr_irqfds;
	struct routing __rcu *routing;
};

struct ioeventfd {
	struct list_head list;
	struct rcu_head rcu;
	struct eventfd_ctx *eventfd;
	u64 address;
	u64 value;
	u32 length;		/* 0: any */
	bool port;
	bool any_value;
};

struct irqfd {
	struct list_head list;
	struct eventfds *owner;
	struct eventfd_ctx *eventfd;
	u32 gsi;
	wait_queue_entry_t wait;
	poll_table poll;
	struct work_struct shutdown;
};

static struct workqueue_struct *cleanup_wq;

/* ioeventfd */

/**
 * ioeventfd_signal - does a write go to an eventfd?
 * @vm:		the VM
 * @port:	a port, not memory
 * @address:	where
 * @size:	how many bytes
 * @value:	what
 *
 * Return: true if it went there and is done with
 */
bool ioeventfd_signal(struct vm *vm, bool port, u64 address, int size,
		      u64 value)
{
	struct ioeventfd *io;
	bool found = false;

	rcu_read_lock();
	list_for_each_entry_rcu(io, &vm->eventfds->ioeventfds, list) {
		if (io->port != port || io->address != address ||
		    (io->length && io->length != size) ||
		    (!io->any_value && io->value != value))
			continue;
		eventfd_signal(io->eventfd, 1);
		found = true;
		break;
	}
	rcu_read_unlock();
	return found;
}

static int check_ioeventfd(const struct kvm_ioeventfd *args)
{
	u32 known = KVM_IOEVENTFD_FLAG_PIO | KVM_IOEVENTFD_FLAG_DATAMATCH |
		    KVM_IOEVENTFD_FLAG_DEASSIGN;
	bool match = args->flags & KVM_IOEVENTFD_FLAG_DATAMATCH;

	if (args->flags & ~known ||
	    memchr_inv(args->pad, 0, sizeof(args->pad)))
		return -EINVAL;
	switch (args->len) {
	case 0:
		return match ? -EINVAL : 0;
	case 1:
	case 2:
	case 4:
	case 8:
		break;
	default:
		return -EINVAL;
	}
	return args->addr + args->len < args->addr ? -EINVAL : 0;
}

static bool same_ioeventfd(const struct ioeventfd *a, const struct ioeventfd *b)
{
	return a->port == b->port && a->address == b->address &&
	       a->length == b->length && a->any_value == b->any_value &&
	       (a->any_value || a->value == b->value);
}

static struct ioeventfd *find_ioeventfd(struct eventfds *eventfds,
					const struct ioeventfd *wanted)
{
	struct ioeventfd *io;

	list_for_each_entry(io, &eventfds->ioeventfds, list)
		if (same_ioeventfd(io, wanted))
			return io;
	return NULL;
}

static void free_ioeventfd(struct rcu_head *rcu)
{
	struct ioeventfd *io = container_of(rcu, struct ioeventfd, rcu);

	eventfd_ctx_put(io->eventfd);
	kfree(io);
}

static void remove_ioeventfd(struct eventfds *eventfds, struct ioeventfd *io)
{
	list_del_rcu(&io->list);
	eventfds->nr_ioeventfds--;
	call_rcu(&io->rcu, free_ioeventfd);
}

/* Is there a write that both would take? */
static bool overlap(const struct ioeventfd *a, const struct ioeventfd *b)
{
	if (a->port != b->port || a->address != b->address)
		return false;
	if (!a->length || !b->length)
		return true;
	return a->length == b->length &&
	       (a->any_value || b->any_value || a->value == b->value);
}

static int add_ioeventfd(struct eventfds *eventfds,
			 const struct ioeventfd *wanted)
{
	struct ioeventfd *io;

	list_for_each_entry(io, &eventfds->ioeventfds, list)
		if (overlap(io, wanted))
			return -EEXIST;
	if (eventfds->nr_ioeventfds == MAX_IOEVENTFDS)
		return -ENOSPC;
	io = kmemdup(wanted, sizeof(*wanted), GFP_KERNEL_ACCOUNT);
	if (!io)
		return -ENOMEM;
	list_add_rcu(&io->list, &eventfds->ioeventfds);
	eventfds->nr_ioeventfds++;
	return 0;
}

static int drop_ioeventfd(struct eventfds *eventfds,
			  const struct ioeventfd *wanted)
{
	struct ioeventfd *io = find_ioeventfd(eventfds, wanted);

	if (!io || io->eventfd != wanted->eventfd)
		return -ENOENT;
	remove_ioeventfd(eventfds, io);
	return 0;
}

/**
 * ioeventfd_set - CORBEL_IOEVENTFD
 * @vm:		the VM
 * @args:	as KVM takes them
 *
 * Return: 0, -EINVAL, -EBADF, -EEXIST, -ENOENT, -ENOSPC, -ENOMEM
 */
int ioeventfd_set(struct vm *vm, const struct kvm_ioeventfd *args)
{
	bool drop = args->flags & KVM_IOEVENTFD_FLAG_DEASSIGN;
	struct ioeventfd wanted = {
		.address = args->addr,
		.length = args->len,
		.value = args->datamatch,
		.port = args->flags & KVM_IOEVENTFD_FLAG_PIO,
		.any_value = !(args->flags & KVM_IOEVENTFD_FLAG_DATAMATCH),
	};
	int err = check_ioeventfd(args);

	if (err)
		return err;
	wanted.eventfd = eventfd_ctx_fdget(args->fd);
	if (IS_ERR(wanted.eventfd))
		return PTR_ERR(wanted.eventfd);
	mutex_lock(&vm->eventfds->lock);
	err = drop ? drop_ioeventfd(vm->eventfds, &wanted) :
		     add_ioeventfd(vm->eventfds, &wanted);
	mutex_unlock(&vm->eventfds->lock);
	if (drop || err)
		eventfd_ctx_put(wanted.eventfd);
	return err;
}

/* irqfd */

static void deliver_gsi(struct eventfds *eventfds, u32 gsi)
{
	struct routing *routing;

	rcu_read_lock();
	routing = rcu_dereference(eventfds->routing);
	if (routing && routing->messages[gsi].valid)
		lapic_deliver_msi(eventfds->vm, routing->messages[gsi].address,
				  routing->messages[gsi].data);
	rcu_read_unlock();
}

/* Off its list, the irqfd belongs to the worker, who ends it. */
static void shutdown_irqfd(struct work_struct *work)
{
	struct irqfd *irqfd = container_of(work, struct irqfd, shutdown);
	u64 count;

	eventfd_ctx_remove_wait_queue(irqfd->eventfd, &irqfd->wait, &count);
	eventfd_ctx_put(irqfd->eventfd);
	kfree(irqfd);
}

static void deactivate(struct irqfd *irqfd)
{
	lockdep_assert_held(&irqfd->owner->irqfd_lock);
	list_del_init(&irqfd->list);
	irqfd->owner->nr_irqfds--;
	queue_work(cleanup_wq, &irqfd->shutdown);
}

/* The eventfd was signalled or closed; its wait queue is locked. */
static int wakeup(wait_queue_entry_t *wait, unsigned int mode, int sync,
		  void *key)
{
	struct irqfd *irqfd = container_of(wait, struct irqfd, wait);
	__poll_t events = key_to_poll(key);
	unsigned long flags;
	u64 count;

	if (events & EPOLLIN) {
		eventfd_ctx_do_read(irqfd->eventfd, &count);
		deliver_gsi(irqfd->owner, irqfd->gsi);
	}
	if (events & EPOLLHUP) {
		spin_lock_irqsave(&irqfd->owner->irqfd_lock, flags);
		if (!list_empty(&irqfd->list))
			deactivate(irqfd);
		spin_unlock_irqrestore(&irqfd->owner->irqfd_lock, flags);
	}
	return 0;
}

static void enqueue(struct file *file, wait_queue_head_t *head,
		    poll_table *poll)
{
	struct irqfd *irqfd = container_of(poll, struct irqfd, poll);

	add_wait_queue_priority(head, &irqfd->wait);
}

static struct irqfd *find_irqfd(struct eventfds *eventfds,
				const struct eventfd_ctx *eventfd)
{
	struct irqfd *irqfd;

	list_for_each_entry(irqfd, &eventfds->irqfds, list)
		if (irqfd->eventfd == eventfd)
			return irqfd;
	return NULL;
}

static int list_irqfd(struct eventfds *eventfds, struct irqfd *irqfd)
{
	int err = 0;

	spin_lock_irq(&eventfds->irqfd_lock);
	if (find_irqfd(eventfds, irqfd->eventfd))
		err = -EBUSY;
	else if (eventfds->nr_irqfds == MAX_IRQFDS)
		err = -ENOSPC;
	if (!err) {
		list_add(&irqfd->list, &eventfds->irqfds);
		eventfds->nr_irqfds++;
	}
	spin_unlock_irq(&eventfds->irqfd_lock);
	return err;
}

static int assign_irqfd(struct eventfds *eventfds, struct file *file, u32 gsi)
{
	struct irqfd *irqfd = kzalloc(sizeof(*irqfd), GFP_KERNEL_ACCOUNT);
	int err;

	if (!irqfd)
		return -ENOMEM;
	irqfd->owner = eventfds;
	irqfd->gsi = gsi;
	INIT_WORK(&irqfd->shutdown, shutdown_irqfd);
	init_waitqueue_func_entry(&irqfd->wait, wakeup);
	init_poll_funcptr(&irqfd->poll, enqueue);
	irqfd->eventfd = eventfd_ctx_fileget(file);
	if (IS_ERR(irqfd->eventfd)) {
		err = PTR_ERR(irqfd->eventfd);
		kfree(irqfd);
		return err;
	}
	err = list_irqfd(eventfds, irqfd);
	if (err) {
		eventfd_ctx_put(irqfd->eventfd);
		kfree(irqfd);
		return err;
	}
	/* A signal from before counts too. */
	if (vfs_poll(file, &irqfd->poll) & EPOLLIN)
		deliver_gsi(eventfds, gsi);
	return 0;
}

static int deassign_irqfd(struct eventfds *eventfds, struct file *file, u32 gsi)
{
	struct eventfd_ctx *eventfd = eventfd_ctx_fileget(file);
	struct irqfd *irqfd;
	int err = -ENOENT;

	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);
	spin_lock_irq(&eventfds->irqfd_lock);
	irqfd = find_irqfd(eventfds, eventfd);
	if (irqfd && irqfd->gsi == gsi) {
		deactivate(irqfd);
		err = 0;
	}
	spin_unlock_irq(&eventfds->irqfd_lock);
	eventfd_ctx_put(eventfd);
	/* Once this returns, the eventfd raises no interrupt any more. */
	flush_workqueue(cleanup_wq);
	return err;
}

/**
 * irqfd_set - CORBEL_IRQFD
 * @vm:		the VM
 * @args:	as KVM takes them; no resampling
 *
 * Return: 0, -EINVAL, -EBADF, -EBUSY, -ENOENT, -ENOSPC, -ENOMEM
 */
int irqfd_set(struct vm *vm, const struct kvm_irqfd *args)
{
	struct fd f;
	int err;

	if (args->flags & ~KVM_IRQFD_FLAG_DEASSIGN ||
	    args->gsi >= MAX_ROUTES || args->resamplefd ||
	    memchr_inv(args->pad, 0, sizeof(args->pad)))
		return -EINVAL;
	f = fdget(args->fd);
	if (!f.file)
		return -EBADF;
	/* One that is listed may not be in its eventfd's wait queue yet. */
	mutex_lock(&vm->eventfds->lock);
	if (args->flags & KVM_IRQFD_FLAG_DEASSIGN)
		err = deassign_irqfd(vm->eventfds, f.file, args->gsi);
	else
		err = assign_irqfd(vm->eventfds, f.file, args->gsi);
	mutex_unlock(&vm->eventfds->lock);
	fdput(f);
	return err;
}

/* Routing */

static int add_route(struct routing *routing,
		     const struct kvm_irq_routing_entry *entry)
{
	if (entry->gsi >= MAX_ROUTES || entry->flags || entry->pad ||
	    entry->type != KVM_IRQ_ROUTING_MSI || entry->u.msi.address_hi ||
	    routing->messages[entry->gsi].valid)
		return -EINVAL;
	routing->messages[entry->gsi].address = entry->u.msi.address_lo;
	routing->messages[entry->gsi].data = entry->u.msi.data;
	routing->messages[entry->gsi].valid = true;
	return 0;
}

/**
 * routing_set - CORBEL_SET_GSI_ROUTING
 * @vm:		the VM
 * @entries:	the new table, of messages only
 * @n:		how many
 *
 * Return: 0, -EINVAL, -ENOMEM; on error the old table stays
 */
int routing_set(struct vm *vm, const struct kvm_irq_routing_entry *entries,
		u32 n)
{
	struct eventfds *eventfds = vm->eventfds;
	struct routing *new, *old;
	int err = 0;
	u32 i;

	new = kvzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	for (i = 0; i < n && !err; i++)
		err = add_route(new, &entries[i]);
	if (err) {
		kvfree(new);
		return err;
	}
	mutex_lock(&eventfds->lock);
	old = rcu_replace_pointer(eventfds->routing, new,
				  lockdep_is_held(&eventfds->lock));
	mutex_unlock(&eventfds->lock);
	if (old)
		kvfree_rcu(old, rcu);
	return 0;
}

/* Life */

/**
 * eventfds_release - the VM's file is closed: nothing is signalled any more
 * @vm: the VM
 */
void eventfds_release(struct vm *vm)
{
	struct eventfds *eventfds = vm->eventfds;
	struct irqfd *irqfd, *next;

	spin_lock_irq(&eventfds->irqfd_lock);
	list_for_each_entry_safe(irqfd, next, &eventfds->irqfds, list)
		deactivate(irqfd);
	spin_unlock_irq(&eventfds->irqfd_lock);
	flush_workqueue(cleanup_wq);
}

void eventfds_destroy(struct vm *vm)
{
	struct eventfds *eventfds = vm->eventfds;
	struct ioeventfd *io, *next;

	if (!eventfds)
		return;
	eventfds_release(vm);
	list_for_each_entry_safe(io, next, &eventfds->ioeventfds, list)
		remove_ioeventfd(eventfds, io);
	kvfree(rcu_dereference_protected(eventfds->routing, true));
	kfree(eventfds);
}

int eventfds_create(struct vm *vm)
{
	struct eventfds *eventfds = kzalloc(sizeof(*eventfds),
					    GFP_KERNEL_ACCOUNT);

	if (!eventfds)
		return -ENOMEM;
	eventfds->vm = vm;
	mutex_init(&eventfds->lock);
	spin_lock_init(&eventfds->irqfd_lock);
	INIT_LIST_HEAD(&eventfds->ioeventfds);
	INIT_LIST_HEAD(&eventfds->irqfds);
	vm->eventfds = eventfds;
	return 0;
}

int eventfds_init(void)
{
	cleanup_wq = alloc_workqueue("corbel-irqfd", 0, 0);
	return cleanup_wq ? 0 : -ENOMEM;
}

void eventfds_exit(void)
{
	destroy_workqueue(cleanup_wq);
	rcu_barrier();
}
