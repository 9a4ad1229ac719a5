// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts and eventfds: SIGNAL_MSI, SET_GSI_ROUTING, IRQFD, IOEVENTFD.
 *
 * Whether an interrupt came is read from the local APIC's request register by
 * GET_MSRS, so that no guest has to take it.
 */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ioctls.h"

#define MSI_ADDRESS	0xfee00000
#define VECTOR		0x51
#define GSI		24

#define MSR_X2APIC_SVR	0x80f
#define MSR_X2APIC_IRR	0x820
#define APIC_ENABLED	0x100

static int access_msr(int vcpu, unsigned long request, uint32_t index,
		      uint64_t *value)
{
	struct {
		struct kvm_msrs header;
		struct kvm_msr_entry entry;
	} msrs = {
		.header.nmsrs = 1, .entry.index = index, .entry.data = *value,
	};
	int result = ioctl(vcpu, request, &msrs);

	*value = msrs.entry.data;
	return result;
}

static bool has_interrupt(const struct guest *guest, unsigned int vcpu,
			  unsigned int vector)
{
	uint64_t value = 0;

	expect_equal(access_msr(guest->vcpus[vcpu].fd, CORBEL_GET_MSRS,
				MSR_X2APIC_IRR + vector / 32, &value), 1);
	return value >> vector % 32 & 1;
}

/* vCPUs whose local APICs take interrupts; they never run. */
static void create(struct guest *guest, unsigned int vcpus)
{
	uint64_t svr = APIC_ENABLED | 0xff;
	unsigned int i;

	guest_create(guest, vm_type, &guest_exits, vcpus);
	for (i = 0; i < vcpus; i++)
		expect_equal(access_msr(guest->vcpus[i].fd, CORBEL_SET_MSRS,
					MSR_X2APIC_SVR, &svr), 1);
}

/* SIGNAL_MSI */

static int signal_msi(const struct guest *guest, uint32_t address,
		      uint32_t data)
{
	struct kvm_msi msi = { .address_lo = address, .data = data };

	return ioctl(guest->vm, CORBEL_SIGNAL_MSI, &msi);
}

TEST_EACH(msi_delivered, "a message reaches the vCPU it is for, and says so")
{
	struct guest guest;

	create(&guest, 2);
	expect_equal(signal_msi(&guest, MSI_ADDRESS | 1 << 12, VECTOR), 1);
	expect(!has_interrupt(&guest, 0, VECTOR));
	expect(has_interrupt(&guest, 1, VECTOR));
	/* To all */
	expect_equal(signal_msi(&guest, MSI_ADDRESS | 0xff << 12, VECTOR + 1),
		     2);
	expect(has_interrupt(&guest, 0, VECTOR + 1));
	expect(has_interrupt(&guest, 1, VECTOR + 1));
	/* Logical: a set of bits */
	expect_equal(signal_msi(&guest, MSI_ADDRESS | 1 << 12 | 4, VECTOR + 2),
		     1);
	expect(has_interrupt(&guest, 0, VECTOR + 2));
}

TEST_EACH(msi_to_nobody, "a message that nobody takes is 0, not an error")
{
	struct guest guest;

	create(&guest, 1);
	expect_equal(signal_msi(&guest, MSI_ADDRESS | 5 << 12, VECTOR), 0);
	expect_equal(signal_msi(&guest, MSI_ADDRESS | 63 << 12, VECTOR), 0);
	expect(!has_interrupt(&guest, 0, VECTOR));
}

TEST_EACH(msi_without_vcpus, "a VM without vCPUs takes no message")
{
	struct guest guest;

	guest_open(&guest, vm_type);
	expect_equal(signal_msi(&guest, MSI_ADDRESS, VECTOR), 0);
	expect_equal(signal_msi(&guest, MSI_ADDRESS | 0xff << 12, VECTOR), 0);
}

TEST_EACH(msi_arguments, "flags, padding and a high address are EINVAL")
{
	struct kvm_msi msi = { .address_lo = MSI_ADDRESS, .data = VECTOR };
	struct guest guest;
	unsigned int i;

	create(&guest, 1);
	for (i = 0; i < 32; i++) {
		msi.flags = 1U << i;
		expect_error(ioctl(guest.vm, CORBEL_SIGNAL_MSI, &msi), EINVAL);
	}
	msi.flags = 0;
	msi.address_hi = 0x100;
	expect_error(ioctl(guest.vm, CORBEL_SIGNAL_MSI, &msi), EINVAL);
	msi.address_hi = 0;
	for (i = 0; i < sizeof(msi.pad); i++) {
		msi.pad[i] = 1;
		expect_error(ioctl(guest.vm, CORBEL_SIGNAL_MSI, &msi), EINVAL);
		msi.pad[i] = 0;
	}
	expect(!has_interrupt(&guest, 0, VECTOR));
}

TEST_EACH(msi_random, "no address and no data of a message is more than a message")
{
	struct runner runner;
	struct guest guest;
	int i;

	create(&guest, 2);
	guest_load(&guest, &guest_exits);
	srandom(2);
	for (i = 0; i < 2000; i++) {
		struct kvm_msi msi = {
			.address_lo = random() << 1 ^ random(),
			.data = random() << 1 ^ random(),
		};

		expect_ok(ioctl(guest.vm, CORBEL_SIGNAL_MSI, &msi));
	}
	runner_start(&runner, &guest, 0);
	sleep_ms(5);
	runner_stop(&runner);
}

/* Routing */

struct routing {
	struct kvm_irq_routing header;
	struct kvm_irq_routing_entry entries[];
};

static struct routing *new_routing(uint32_t n)
{
	struct routing *routing = calloc(1, sizeof(*routing) +
					 n * sizeof(routing->entries[0]));
	uint32_t i;

	expect(routing);
	routing->header.nr = n;
	for (i = 0; i < n; i++) {
		routing->entries[i].gsi = i;
		routing->entries[i].type = KVM_IRQ_ROUTING_MSI;
		routing->entries[i].u.msi.address_lo = MSI_ADDRESS;
		routing->entries[i].u.msi.data = VECTOR;
	}
	return routing;
}

static int set_routing(const struct guest *guest, const struct routing *routing)
{
	return ioctl(guest->vm, CORBEL_SET_GSI_ROUTING, routing);
}

TEST_EACH(routing_sizes, "a routing table has up to KVM_CAP_IRQ_ROUTING entries")
{
	struct routing *routing;
	struct guest guest;
	uint32_t max;

	guest_open(&guest, vm_type);
	max = ioctl(guest.vm, CORBEL_CHECK_EXTENSION, KVM_CAP_IRQ_ROUTING);
	routing = new_routing(max + 1);
	expect_error(set_routing(&guest, routing), EINVAL);
	routing->header.nr = UINT_MAX;
	expect_error(set_routing(&guest, routing), EINVAL);
	routing->header.nr = max;
	expect_ok(set_routing(&guest, routing));
	routing->header.nr = 0;
	expect_ok(set_routing(&guest, routing));
}

TEST_EACH(routing_bad, "a bad entry is EINVAL, and the old table stays")
{
	struct routing *routing = new_routing(GSI + 1), *bad;
	struct kvm_irq_routing_entry *entry;
	struct kvm_irqfd irqfd = { .gsi = GSI };
	struct guest guest;
	unsigned int i;

	create(&guest, 1);
	expect_ok(set_routing(&guest, routing));
	bad = new_routing(2);
	entry = &bad->entries[1];
	bad->header.flags = 1;
	expect_error(set_routing(&guest, bad), EINVAL);
	bad->header.flags = 0;
	for (i = 0; i < 8; i++) {
		if (i == KVM_IRQ_ROUTING_MSI)
			continue;
		entry->type = i;
		expect_error(set_routing(&guest, bad), EINVAL);
	}
	entry->type = KVM_IRQ_ROUTING_MSI;
	entry->gsi = 0;		/* twice */
	expect_error(set_routing(&guest, bad), EINVAL);
	entry->gsi = 4096;
	expect_error(set_routing(&guest, bad), EINVAL);
	entry->gsi = UINT_MAX;
	expect_error(set_routing(&guest, bad), EINVAL);
	entry->gsi = 1;
	entry->flags = 1;
	expect_error(set_routing(&guest, bad), EINVAL);
	entry->flags = 0;
	entry->pad = 1;
	expect_error(set_routing(&guest, bad), EINVAL);
	entry->pad = 0;
	entry->u.msi.address_hi = 1;
	expect_error(set_routing(&guest, bad), EINVAL);

	irqfd.fd = expect_ok(eventfd(1, 0));
	expect_ok(ioctl(guest.vm, CORBEL_IRQFD, &irqfd));
	expect(has_interrupt(&guest, 0, VECTOR));
}

TEST_EACH(routing_fault, "entries in unmapped memory are EFAULT")
{
	struct routing *routing = page_before_nothing() + PAGE_SIZE -
				  sizeof(*routing);
	struct guest guest;

	guest_open(&guest, vm_type);
	routing->header.nr = 0;
	expect_ok(set_routing(&guest, routing));
	routing->header.nr = 1;
	expect_error(set_routing(&guest, routing), EFAULT);
}

/* IRQFD */

static int irqfd(const struct guest *guest, int fd, uint32_t gsi,
		 uint32_t flags)
{
	struct kvm_irqfd args = { .fd = fd, .gsi = gsi, .flags = flags };

	return ioctl(guest->vm, CORBEL_IRQFD, &args);
}

static void signal_eventfd(int fd)
{
	uint64_t one = 1;

	expect_equal(write(fd, &one, sizeof(one)), sizeof(one));
}

TEST_EACH(irqfd_signal, "an eventfd raises its GSI's message, until it is removed")
{
	struct guest guest;
	int fd = expect_ok(eventfd(0, EFD_NONBLOCK));
	uint64_t count;

	create(&guest, 1);
	expect_ok(set_routing(&guest, new_routing(GSI + 1)));
	expect_ok(irqfd(&guest, fd, GSI, 0));
	expect(!has_interrupt(&guest, 0, VECTOR));
	signal_eventfd(fd);
	expect(has_interrupt(&guest, 0, VECTOR));
	/* The signal is used up. */
	expect_error(read(fd, &count, sizeof(count)), EAGAIN);
	expect_ok(irqfd(&guest, fd, GSI, KVM_IRQFD_FLAG_DEASSIGN));
	signal_eventfd(fd);
	expect_equal(read(fd, &count, sizeof(count)), sizeof(count));
}

TEST_EACH(irqfd_unrouted, "a GSI without a route raises nothing")
{
	struct guest guest;
	int fd = expect_ok(eventfd(0, 0));

	create(&guest, 1);
	expect_ok(irqfd(&guest, fd, GSI, 0));
	signal_eventfd(fd);
	expect(!has_interrupt(&guest, 0, VECTOR));
	/* Routed later, it does. */
	expect_ok(set_routing(&guest, new_routing(GSI + 1)));
	signal_eventfd(fd);
	expect(has_interrupt(&guest, 0, VECTOR));
}

TEST_EACH(irqfd_twice, "one eventfd is one irqfd: EBUSY; nothing is removed twice")
{
	struct guest guest;
	int fd = expect_ok(eventfd(0, 0));

	guest_open(&guest, vm_type);
	expect_ok(irqfd(&guest, fd, GSI, 0));
	expect_error(irqfd(&guest, fd, GSI, 0), EBUSY);
	expect_error(irqfd(&guest, fd, GSI + 1, 0), EBUSY);
	expect_error(irqfd(&guest, dup(fd), GSI, 0), EBUSY);
	/* KVM answers 0 to this; the header says what we do. */
	expect_error(irqfd(&guest, fd, GSI + 1, KVM_IRQFD_FLAG_DEASSIGN),
		     ENOENT);
	expect_ok(irqfd(&guest, fd, GSI, KVM_IRQFD_FLAG_DEASSIGN));
	expect_error(irqfd(&guest, fd, GSI, KVM_IRQFD_FLAG_DEASSIGN), ENOENT);
	expect_ok(irqfd(&guest, fd, GSI, 0));
}

TEST_EACH(irqfd_arguments, "what is no eventfd, and no GSI, is refused")
{
	struct kvm_irqfd args = {};
	struct guest guest;
	int fd = expect_ok(eventfd(0, 0));
	int pipes[2];
	unsigned int i;

	guest_open(&guest, vm_type);
	expect_ok(pipe(pipes));
	expect_error(irqfd(&guest, pipes[0], GSI, 0), EINVAL);
	expect_error(irqfd(&guest, guest.vm, GSI, 0), EINVAL);
	expect_error(irqfd(&guest, -1, GSI, 0), EBADF);
	expect_error(irqfd(&guest, INT_MAX, GSI, 0), EBADF);
	expect_error(irqfd(&guest, pipes[0], GSI, KVM_IRQFD_FLAG_DEASSIGN),
		     EINVAL);
	expect_error(irqfd(&guest, -1, GSI, KVM_IRQFD_FLAG_DEASSIGN), EBADF);
	expect_error(irqfd(&guest, fd, 4096, 0), EINVAL);
	expect_error(irqfd(&guest, fd, UINT_MAX, 0), EINVAL);
	for (i = 1; i < 32; i++)
		expect_error(irqfd(&guest, fd, GSI, 1U << i), EINVAL);
	args.fd = fd;
	for (i = 0; i < sizeof(args.pad); i++) {
		args.pad[i] = 1;
		expect_error(ioctl(guest.vm, CORBEL_IRQFD, &args), EINVAL);
		args.pad[i] = 0;
	}
}

TEST_EACH(irqfd_closed, "an eventfd or a VM that is closed first leaves nothing")
{
	struct guest guest;
	int i, fd, kept = expect_ok(eventfd(0, 0));

	for (i = 0; i < 50; i++) {
		guest_open(&guest, vm_type);
		fd = expect_ok(eventfd(0, 0));
		expect_ok(irqfd(&guest, fd, GSI, 0));
		expect_ok(irqfd(&guest, kept, GSI, 0));
		close(fd);
		guest_destroy(&guest);
		signal_eventfd(kept);
	}
}

TEST_EACH(irqfd_limit, "the number of irqfds has a limit, ENOSPC")
{
	struct guest guest;
	int i, fd;

	guest_open(&guest, vm_type);
	for (i = 0; i < 1000; i++) {
		fd = expect_ok(eventfd(0, 0));
		if (irqfd(&guest, fd, GSI, 0))
			break;
	}
	expect_equal(errno, ENOSPC);
	expect(i >= 64);
}

struct race {
	struct guest *guest;
	int fd;
	uint32_t flags;
};

static void *keep_setting(void *opaque)
{
	const struct race *race = opaque;
	int i;

	for (i = 0; i < 20000; i++)
		irqfd(race->guest, race->fd, GSI, race->flags);
	return NULL;
}

/* One that is removed before it is quite there. */
TEST_EACH(irqfd_race, "one thread adds an irqfd, another removes it, a third signals")
{
	struct guest guest;
	int fd = expect_ok(eventfd(0, EFD_NONBLOCK));
	struct race add = { &guest, fd, 0 };
	struct race remove = { &guest, fd, KVM_IRQFD_FLAG_DEASSIGN };
	unsigned long adder, remover;

	create(&guest, 1);
	expect_ok(set_routing(&guest, new_routing(GSI + 1)));
	expect_equal(pthread_create(&adder, NULL, keep_setting, &add), 0);
	expect_equal(pthread_create(&remover, NULL, keep_setting, &remove), 0);
	while (pthread_tryjoin_np(adder, NULL))
		signal_eventfd(fd);
	pthread_join(remover, NULL);
}

/* IOEVENTFD */

static int ioeventfd(const struct guest *guest, int fd, uint64_t address,
		     uint32_t length, uint32_t flags, uint64_t value)
{
	struct kvm_ioeventfd args = {
		.fd = fd, .addr = address, .len = length, .flags = flags,
		.datamatch = value,
	};

	return ioctl(guest->vm, CORBEL_IOEVENTFD, &args);
}

#define PIO	KVM_IOEVENTFD_FLAG_PIO
#define MATCH	KVM_IOEVENTFD_FLAG_DATAMATCH
#define REMOVE	KVM_IOEVENTFD_FLAG_DEASSIGN

static uint64_t signals(int fd)
{
	uint64_t count = 0;

	if (read(fd, &count, sizeof(count)) < 0)
		expect_equal(errno, EAGAIN);
	return count;
}

static void set_rax_rbx_rsi(const struct guest *guest, uint64_t rax,
			    uint64_t rbx, uint64_t rsi)
{
	struct kvm_regs regs;

	expect_ok(ioctl(guest->vcpus[0].fd, CORBEL_GET_REGS, &regs));
	regs.rax = rax;
	regs.rbx = rbx;
	regs.rsi = rsi;
	expect_ok(ioctl(guest->vcpus[0].fd, CORBEL_SET_REGS, &regs));
}

TEST_EACH(ioeventfd_port, "a write to a port of the right size is the eventfd's, no exit")
{
	struct guest guest;
	int fd = expect_ok(eventfd(0, EFD_NONBLOCK));
	struct kvm_run *run;

	guest_create(&guest, vm_type, &guest_writes_port, 1);
	run = guest.vcpus[0].run;
	expect_ok(ioeventfd(&guest, fd, 0x1234, 2, PIO, 0));
	set_rax_rbx_rsi(&guest, 7, 0x1234, 0);
	expect_ok(guest_run(&guest, 0));
	expect_equal(run->io.size, 1);
	expect_equal(signals(fd), 0);
	expect_ok(guest_run(&guest, 0));
	expect_equal(run->io.size, 4);
	expect_equal(signals(fd), 1);
	expect_equal(guest_run_to_exit(&guest, 0), 0);
	expect_equal(signals(fd), 0);
}

TEST_EACH(ioeventfd_any_length, "length 0 takes writes of any size")
{
	struct guest guest;
	int fd = expect_ok(eventfd(0, EFD_NONBLOCK));

	guest_create(&guest, vm_type, &guest_writes_port, 1);
	expect_ok(ioeventfd(&guest, fd, 0x1234, 0, PIO, 0));
	set_rax_rbx_rsi(&guest, 7, 0x1234, 0);
	expect_equal(guest_run_to_exit(&guest, 0), 0);
	expect_equal(signals(fd), 3);
}

TEST_EACH(ioeventfd_match, "with a value to match, only that value signals")
{
	struct guest guest;
	int fd = expect_ok(eventfd(0, EFD_NONBLOCK));

	guest_create(&guest, vm_type, &guest_writes_port, 1);
	expect_ok(ioeventfd(&guest, fd, 0x1234, 1, PIO | MATCH, 8));
	set_rax_rbx_rsi(&guest, 7, 0x1234, 0);
	expect_ok(guest_run(&guest, 0));
	expect_equal(guest.vcpus[0].run->io.size, 1);
	guest_start_at(&guest, 0, GUEST_CODE);
	set_rax_rbx_rsi(&guest, 8, 0x1234, 0);
	expect_ok(guest_run(&guest, 0));
	expect_equal(guest.vcpus[0].run->io.size, 2);
	expect_equal(signals(fd), 1);
}

TEST_EACH(ioeventfd_memory, "a write where there is no memory is the eventfd's, no exit")
{
	struct guest guest;
	int fd = expect_ok(eventfd(0, EFD_NONBLOCK));

	guest_create(&guest, vm_type, &guest_writes, 1);
	expect_ok(ioeventfd(&guest, fd, NO_MEMORY, 4, 0, 0));
	set_rax_rbx_rsi(&guest, 7, 0, NO_MEMORY);
	expect_equal(guest_run_to_exit(&guest, 0), 0);
	expect_equal(signals(fd), 1);
	expect_ok(ioeventfd(&guest, fd, NO_MEMORY, 4, REMOVE, 0));
	guest_start_at(&guest, 0, GUEST_CODE);
	set_rax_rbx_rsi(&guest, 7, 0, NO_MEMORY);
	expect_ok(guest_run(&guest, 0));
	expect_equal(guest.vcpus[0].run->exit_reason, KVM_EXIT_MMIO);
	expect_equal(signals(fd), 0);
}

TEST_EACH(ioeventfd_arguments, "wrong lengths, flags, padding and files are refused")
{
	static const uint32_t lengths[] = { 3, 5, 6, 7, 9, 16, 255, UINT_MAX };
	struct kvm_ioeventfd args = { .len = 4, .flags = PIO };
	struct guest guest;
	int fd = expect_ok(eventfd(0, 0));
	unsigned int i;

	guest_open(&guest, vm_type);
	for (i = 0; i < ARRAY_SIZE(lengths); i++)
		expect_error(ioeventfd(&guest, fd, 0, lengths[i], PIO, 0),
			     EINVAL);
	expect_error(ioeventfd(&guest, fd, 0, 0, PIO | MATCH, 0), EINVAL);
	for (i = 3; i < 32; i++)
		expect_error(ioeventfd(&guest, fd, 0, 4, 1U << i, 0), EINVAL);
	expect_error(ioeventfd(&guest, fd, ULONG_MAX, 4, 0, 0), EINVAL);
	expect_error(ioeventfd(&guest, -1, 0, 4, PIO, 0), EBADF);
	expect_error(ioeventfd(&guest, guest.vm, 0, 4, PIO, 0), EINVAL);
	expect_error(ioeventfd(&guest, 0, 0, 4, PIO, 0), EINVAL);
	expect_error(ioeventfd(&guest, -1, 0, 4, PIO | REMOVE, 0), EBADF);
	args.fd = fd;
	for (i = 0; i < sizeof(args.pad); i++) {
		args.pad[i] = 1;
		expect_error(ioctl(guest.vm, CORBEL_IOEVENTFD, &args), EINVAL);
		args.pad[i] = 0;
	}
}

TEST_EACH(ioeventfd_twice, "what would take another's writes is EEXIST, as in KVM")
{
	struct guest guest;
	int fd = expect_ok(eventfd(0, 0)), other = expect_ok(eventfd(0, 0));

	guest_open(&guest, vm_type);
	expect_ok(ioeventfd(&guest, fd, 0x100, 4, PIO | MATCH, 1));
	expect_error(ioeventfd(&guest, fd, 0x100, 4, PIO | MATCH, 1), EEXIST);
	expect_error(ioeventfd(&guest, other, 0x100, 4, PIO | MATCH, 1),
		     EEXIST);
	/* Another value, size, address or bus is another. */
	expect_ok(ioeventfd(&guest, fd, 0x100, 4, PIO | MATCH, 2));
	expect_ok(ioeventfd(&guest, fd, 0x100, 2, PIO | MATCH, 1));
	expect_ok(ioeventfd(&guest, fd, 0x104, 4, PIO | MATCH, 1));
	expect_ok(ioeventfd(&guest, fd, 0x100, 4, MATCH, 1));
	/* Any value and any size include it. */
	expect_error(ioeventfd(&guest, other, 0x100, 4, PIO, 0), EEXIST);
	expect_error(ioeventfd(&guest, other, 0x100, 0, PIO, 0), EEXIST);
}

TEST_EACH(ioeventfd_remove, "only what is there is removed, and only once")
{
	struct guest guest;
	int fd = expect_ok(eventfd(0, 0)), other = expect_ok(eventfd(0, 0));

	guest_open(&guest, vm_type);
	expect_error(ioeventfd(&guest, fd, 0x100, 4, PIO | REMOVE, 0), ENOENT);
	expect_ok(ioeventfd(&guest, fd, 0x100, 4, PIO, 0));
	expect_error(ioeventfd(&guest, other, 0x100, 4, PIO | REMOVE, 0),
		     ENOENT);
	expect_error(ioeventfd(&guest, fd, 0x100, 2, PIO | REMOVE, 0), ENOENT);
	expect_error(ioeventfd(&guest, fd, 0x100, 4, REMOVE, 0), ENOENT);
	expect_error(ioeventfd(&guest, fd, 0x100, 4, PIO | REMOVE | MATCH, 0),
		     ENOENT);
	expect_ok(ioeventfd(&guest, fd, 0x100, 4, PIO | REMOVE, 0));
	expect_error(ioeventfd(&guest, fd, 0x100, 4, PIO | REMOVE, 0), ENOENT);
}

TEST_EACH(ioeventfd_limit, "the number of ioeventfds has a limit, ENOSPC")
{
	struct guest guest;
	int fd = expect_ok(eventfd(0, 0));
	int i;

	guest_open(&guest, vm_type);
	for (i = 0; i < 2000; i++)
		if (ioeventfd(&guest, fd, 8 * i, 4, PIO, 0))
			break;
	expect_equal(errno, ENOSPC);
	expect(i >= 64);
}
