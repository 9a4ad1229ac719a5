// SPDX-License-Identifier: GPL-2.0-only
/* What the tests of this suite share: see ioctls.h. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "ioctls.h"

#define IOCTL(name, kinds, pointer) { #name, CORBEL_##name, kinds, pointer }

const struct ioctl_info ioctls[] = {
	IOCTL(GET_API_VERSION, ON_DEVICE, false),
	IOCTL(CREATE_VM, ON_DEVICE, false),
	IOCTL(CHECK_EXTENSION, ON_DEVICE | ON_VM, false),
	IOCTL(GET_VCPU_MMAP_SIZE, ON_DEVICE, false),
	IOCTL(GET_VM_TYPE, ON_DEVICE, true),
	IOCTL(GET_SUPPORTED_CPUID, ON_VM, true),
	IOCTL(CREATE_VCPU, ON_VM, false),
	IOCTL(SET_USER_MEMORY_REGION, ON_VM, true),
	IOCTL(SET_GSI_ROUTING, ON_VM, true),
	IOCTL(IRQFD, ON_VM, true),
	IOCTL(IOEVENTFD, ON_VM, true),
	IOCTL(SIGNAL_MSI, ON_VM, true),
	IOCTL(SET_SHIM, ON_VM, true),
	IOCTL(SET_SHADOW_LIMIT, ON_VM, false),
	IOCTL(RUN, ON_VCPU, false),
	IOCTL(GET_REGS, ON_VCPU, true),
	IOCTL(SET_REGS, ON_VCPU, true),
	IOCTL(GET_SREGS, ON_VCPU, true),
	IOCTL(SET_SREGS, ON_VCPU, true),
	IOCTL(GET_MSRS, ON_VCPU, true),
	IOCTL(SET_MSRS, ON_VCPU, true),
	IOCTL(SET_CPUID2, ON_VCPU, true),
	IOCTL(GET_MP_STATE, ON_VCPU, true),
	IOCTL(SET_MP_STATE, ON_VCPU, true),
	IOCTL(NMI, ON_VCPU, false),
	IOCTL(GET_STATS_FD, ON_VM | ON_VCPU, false),
};

const size_t nr_ioctls = ARRAY_SIZE(ioctls);

int descriptor(const struct guest *guest, unsigned int kind)
{
	switch (kind) {
	case ON_DEVICE:
		return guest->device;
	case ON_VM:
		return guest->vm;
	default:
		return guest->vcpus[0].fd;
	}
}

void *page_before_nothing(void)
{
	char *page = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	expect(page != MAP_FAILED);
	expect_ok(munmap(page + PAGE_SIZE, PAGE_SIZE));
	return page;
}

void sleep_ms(unsigned int ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&time, NULL);
}

/* Threads */

/* All it does is to interrupt. */
static void on_signal(int number)
{
	(void)number;
}

static void *run(void *opaque)
{
	struct runner *runner = opaque;

	runner->result = guest_run(runner->guest, runner->vcpu);
	runner->error = errno;
	return NULL;
}

void runner_start(struct runner *runner, struct guest *guest,
		  unsigned int vcpu)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t all, old;

	sigaction(SIGUSR1, &action, NULL);
	*runner = (struct runner) { .guest = guest, .vcpu = vcpu };
	/* The process's other signals, SIGCHLD say, are not for it. */
	sigfillset(&all);
	sigdelset(&all, SIGUSR1);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	expect_equal(pthread_create(&runner->thread, NULL, run, runner), 0);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void runner_join(struct runner *runner)
{
	pthread_join(runner->thread, NULL);
}

/* A signal that comes before RUN is lost, so one is not enough. */
void runner_stop(struct runner *runner)
{
	struct timespec limit;

	do {
		pthread_kill(runner->thread, SIGUSR1);
		clock_gettime(CLOCK_REALTIME, &limit);
		limit.tv_sec++;
	} while (pthread_timedjoin_np(runner->thread, NULL, &limit));
}

void wait_for_progress(const struct guest *guest, unsigned int vcpu)
{
	volatile uint64_t *count = guest_word(guest, GUEST_DATA +
					      vcpu * PAGE_SIZE);
	uint64_t old = *count;
	int i;

	for (i = 0; *count == old; i++) {
		if (i == 5000)
			fail("vCPU %u does not run", vcpu);
		sleep_ms(1);
	}
}

unsigned long long number_in(const char *path, const char *name)
{
	unsigned long long number;
	char line[512];
	FILE *file = fopen(path, "r");

	if (!file)
		fail("%s: %s", path, error_name(errno));
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)) &&
		    sscanf(line + strlen(name), "%*[: \t]%llu", &number) == 1) {
			fclose(file);
			return number;
		}
	fail("%s: no line %s", path, name);
}

long long pinned_pages(void)
{
	/* The counters are spread over the CPUs. */
	expect_equal(system("echo 1 >/proc/sys/vm/stat_refresh"), 0);
	return number_in("/proc/vmstat", "nr_foll_pin_acquired") -
	       number_in("/proc/vmstat", "nr_foll_pin_released");
}
