// SPDX-License-Identifier: GPL-2.0-only
/*
 * What nobody thought of: threads that call random ioctls with arguments a few
 * bits away from good ones, while vCPUs run and signals come.  Nothing is
 * expected but that all of them come back and the host lives.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ioctls.h"

#define THREADS		3
#define CALLS		400
#define GUESTS		10

struct caller {
	struct guest *guest;
	unsigned long thread;
	unsigned int seed;
	int event;
};

union argument {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_userspace_memory_region region;
	struct kvm_irqfd irqfd;
	struct kvm_ioeventfd ioeventfd;
	struct kvm_msi msi;
	struct kvm_mp_state mp_state;
	struct {
		struct kvm_msrs header;
		struct kvm_msr_entry entry[8];
	} msrs;
	uint32_t words[1024];
	uint8_t bytes[4096];
};

static unsigned int draw(struct caller *caller, unsigned int below)
{
	return rand_r(&caller->seed) % below;
}

static void fill_region(struct caller *caller,
			struct kvm_userspace_memory_region *region)
{
	region->slot = draw(caller, 4);
	region->flags = 0;
	region->guest_phys_addr = draw(caller, 0x300) * PAGE_SIZE;
	region->memory_size = draw(caller, 0x80) * PAGE_SIZE;
	region->userspace_addr = (uintptr_t)caller->guest->memory +
				 draw(caller, 0x180) * PAGE_SIZE;
}

static void fill_msrs(struct caller *caller, union argument *argument)
{
	static const uint32_t bases[] = {
		0x10, 0x174, 0x277, 0x800, 0x6e0, 0x4b564d00, 0xc0000080,
		0xc0000100,
	};
	unsigned int i;

	argument->msrs.header.nmsrs = draw(caller, 9);
	for (i = 0; i < 8; i++) {
		argument->msrs.entry[i].index = bases[draw(caller, 8)] +
						draw(caller, 64);
		argument->msrs.entry[i].data = draw(caller, 1 << 20);
	}
}

/* Something good for the ioctl, as far as it takes more than zeros. */
static void fill(struct caller *caller, const struct ioctl_info *info,
		 union argument *argument)
{
	int vcpu = caller->guest->vcpus[draw(caller, 2)].fd;

	memset(argument, 0, sizeof(*argument));
	switch (info->number) {
	case CORBEL_SET_REGS:
		ioctl(vcpu, CORBEL_GET_REGS, argument);
		break;
	case CORBEL_SET_SREGS:
		ioctl(vcpu, CORBEL_GET_SREGS, argument);
		break;
	case CORBEL_SET_USER_MEMORY_REGION:
		fill_region(caller, &argument->region);
		break;
	case CORBEL_GET_MSRS:
	case CORBEL_SET_MSRS:
		fill_msrs(caller, argument);
		break;
	case CORBEL_IRQFD:
		argument->irqfd.fd = caller->event;
		argument->irqfd.flags = draw(caller, 2);
		break;
	case CORBEL_IOEVENTFD:
		argument->ioeventfd.fd = caller->event;
		argument->ioeventfd.len = 1 << draw(caller, 4);
		argument->ioeventfd.flags = draw(caller, 8);
		break;
	case CORBEL_SIGNAL_MSI:
		argument->msi.address_lo = 0xfee00000 + (draw(caller, 3) << 12);
		argument->msi.data = draw(caller, 0x10000);
		break;
	case CORBEL_GET_SUPPORTED_CPUID:
		argument->words[0] = draw(caller, 90);
		break;
	}
}

static void flip_bits(struct caller *caller, const struct ioctl_info *info,
		      union argument *argument)
{
	unsigned int size = _IOC_SIZE(info->number);

	while (size && draw(caller, 3) == 0)
		argument->bytes[draw(caller, size)] ^= 1 << draw(caller, 8);
}

/* Any descriptor may come of it; none is kept. */
static void call(struct caller *caller)
{
	const struct ioctl_info *info = &ioctls[draw(caller, nr_ioctls)];
	const struct guest *guest = caller->guest;
	union argument argument;
	unsigned long pointer = (unsigned long)&argument;
	int fd, result;

	fd = info->kinds & ON_VCPU ? guest->vcpus[draw(caller, 2)].fd :
				     descriptor(guest, info->kinds & ON_DEVICE ?
						ON_DEVICE : ON_VM);
	fill(caller, info, &argument);
	flip_bits(caller, info, &argument);
	if (!info->pointer)
		pointer = draw(caller, 4);
	result = ioctl(fd, info->number, pointer);
	if (result > 2 && (info->number == CORBEL_CREATE_VM ||
			   info->number == CORBEL_CREATE_VCPU ||
			   info->number == CORBEL_GET_STATS_FD))
		close(result);
}

static void *keep_calling(void *opaque)
{
	int i;

	for (i = 0; i < CALLS; i++)
		call(opaque);
	return NULL;
}

static void ignore(int number)
{
	(void)number;
}

/* RUN may take the guest anywhere: all the time it is called back. */
static void interrupt_until_done(struct caller *callers)
{
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		while (pthread_tryjoin_np(callers[i].thread, NULL)) {
			unsigned int j;

			for (j = i; j < THREADS; j++)
				pthread_kill(callers[j].thread, SIGUSR1);
			usleep(500);
		}
}

/* One that dies early has done its duty; the next one comes. */
static void disturb_guest(unsigned int seed)
{
	struct caller callers[THREADS];
	struct guest guest;
	unsigned int i;

	guest_create(&guest, vm_type, &guest_works, 2);
	for (i = 0; i < THREADS; i++) {
		callers[i] = (struct caller) {
			.guest = &guest, .seed = seed + i,
			.event = expect_ok(eventfd(0, EFD_NONBLOCK)),
		};
		expect_equal(pthread_create(&callers[i].thread, NULL,
					    keep_calling, &callers[i]), 0);
	}
	interrupt_until_done(callers);
	for (i = 0; i < THREADS; i++)
		close(callers[i].event);
	guest_destroy(&guest);
}

TEST_EACH(random_ioctls, "thousands of random ioctls from three threads do no harm")
{
	struct sigaction action = { .sa_handler = ignore };
	unsigned int i;

	test_takes(60);
	sigaction(SIGUSR1, &action, NULL);
	for (i = 0; i < GUESTS; i++)
		disturb_guest(i * THREADS);
	expect_equal(number_in("/proc/self/status", "VmLck"), 0);
}
