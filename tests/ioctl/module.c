// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module among others: it can't go while it is needed, comes back when it
 * has gone, and shares AMD-V with KVM, of whom one has it at a time.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ioctls.h"

#define MODULE_FILE	"/lib/corbel/corbel.ko"

/* Coming and going */

static int load(void)
{
	int fd = expect_ok(open(MODULE_FILE, O_RDONLY | O_CLOEXEC));
	int result = syscall(SYS_finit_module, fd, "", 0);

	close(fd);
	return result;
}

static int unload(void)
{
	return syscall(SYS_delete_module, "corbel", O_NONBLOCK);
}

static bool is_loaded(void)
{
	return !access("/sys/module/corbel", F_OK);
}

/* An earlier test that failed may have left it out. */
static void be_loaded(void)
{
	if (!is_loaded())
		expect_ok(load());
}

TEST(module_in_use, "the module can't be unloaded under any of its descriptors")
{
	struct guest guest;
	int stats;

	be_loaded();
	guest_create(&guest, CORBEL_VM_PV, &guest_exits, 1);
	expect_error(unload(), EWOULDBLOCK);
	stats = expect_ok(ioctl(guest.vm, CORBEL_GET_STATS_FD, 0));
	close(guest.device);
	expect_error(unload(), EWOULDBLOCK);
	close(guest.vm);
	expect_error(unload(), EWOULDBLOCK);
	close(guest.vcpus[0].fd);
	expect_error(unload(), EWOULDBLOCK);
	munmap(guest.vcpus[0].run, 2 * PAGE_SIZE);
	expect_error(unload(), EWOULDBLOCK);
	close(stats);
	expect_ok(unload());
	expect_error(open("/dev/corbel", O_RDWR), ENOENT);
	expect_ok(load());
}

TEST_EACH(module_running, "the module can't be unloaded under a running vCPU, which goes on")
{
	struct runner runner;
	struct guest guest;
	int i;

	be_loaded();
	guest_create(&guest, vm_type, &guest_counts, 1);
	runner_start(&runner, &guest, 0);
	for (i = 0; i < 5; i++) {
		wait_for_progress(&guest, 0);
		expect_error(unload(), EWOULDBLOCK);
	}
	runner_stop(&runner);
}

TEST(module_twice, "the module can't be loaded twice")
{
	be_loaded();
	expect_error(load(), EEXIST);
}

TEST(module_again, "20 times unloaded and loaded, every type of VM works each time")
{
	struct guest guest;
	int i;

	be_loaded();
	test_takes(40);
	for (i = 0; i < 20; i++) {
		guest_create(&guest, CORBEL_VM_PV + i % 3, &guest_exits,
			     1);
		expect_equal(guest_run_to_exit(&guest, 0), 42);
		guest_destroy(&guest);
		expect_ok(unload());
		expect(!is_loaded());
		expect_ok(load());
	}
}

/* KVM */

struct kvm {
	int device, vm, vcpu;
	struct kvm_run *run;
	uint8_t *memory;
};

static int kvm_open(void)
{
	expect_equal(system("modprobe kvm_amd"), 0);
	return expect_ok(open("/dev/kvm", O_RDWR | O_CLOEXEC));
}

/* Real mode at 0: counts in the byte at 0x800, for ever. */
static const uint8_t kvm_code[] = {
	0xfe, 0x06, 0x00, 0x08,		/* incb 0x800 */
	0xeb, 0xfa,			/* jmp to the start */
};

static void kvm_create(struct kvm *kvm)
{
	struct kvm_userspace_memory_region region = { .memory_size = 0x1000 };
	struct kvm_regs regs = { .rflags = 2 };
	struct kvm_sregs sregs;

	kvm->device = kvm_open();
	kvm->vm = expect_ok(ioctl(kvm->device, KVM_CREATE_VM, 0));
	kvm->memory = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memcpy(kvm->memory, kvm_code, sizeof(kvm_code));
	region.userspace_addr = (uintptr_t)kvm->memory;
	expect_ok(ioctl(kvm->vm, KVM_SET_USER_MEMORY_REGION, &region));
	kvm->vcpu = expect_ok(ioctl(kvm->vm, KVM_CREATE_VCPU, 0));
	kvm->run = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			kvm->vcpu, 0);
	expect_ok(ioctl(kvm->vcpu, KVM_GET_SREGS, &sregs));
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	expect_ok(ioctl(kvm->vcpu, KVM_SET_SREGS, &sregs));
	expect_ok(ioctl(kvm->vcpu, KVM_SET_REGS, &regs));
}

static void kvm_destroy(struct kvm *kvm)
{
	munmap(kvm->run, PAGE_SIZE);
	munmap(kvm->memory, PAGE_SIZE);
	close(kvm->vcpu);
	close(kvm->vm);
	close(kvm->device);
}

static void *kvm_run(void *opaque)
{
	const struct kvm *kvm = opaque;

	while (ioctl(kvm->vcpu, KVM_RUN, 0) && errno == EINTR &&
	       !kvm->run->immediate_exit)
		;
	return NULL;
}

static void kvm_wait_for_progress(const struct kvm *kvm)
{
	volatile uint8_t *count = kvm->memory + 0x800;
	uint8_t old = *count;
	int i;

	for (i = 0; *count == old; i++) {
		if (i == 5000)
			fail("the KVM VM does not run");
		sleep_ms(1);
	}
}

static void kvm_stop(struct kvm *kvm, unsigned long thread)
{
	kvm->run->immediate_exit = 1;
	while (pthread_tryjoin_np(thread, NULL)) {
		pthread_kill(thread, SIGUSR1);
		sleep_ms(1);
	}
}

TEST(kvm_first, "while KVM has AMD-V, hvm is EBUSY with a reason, and pv works")
{
	struct corbel_vm_type_info info = { .type = CORBEL_VM_HVM_NESTED };
	struct guest guest;
	struct kvm kvm;
	int device;

	be_loaded();
	kvm_create(&kvm);
	device = expect_ok(open("/dev/corbel", O_RDWR));
	expect_error(ioctl(device, CORBEL_CREATE_VM, CORBEL_VM_HVM_NESTED),
		     EBUSY);
	expect_error(ioctl(device, CORBEL_CREATE_VM, CORBEL_VM_HVM_SHADOW),
		     EBUSY);
	expect_ok(ioctl(device, CORBEL_GET_VM_TYPE, &info));
	expect_equal(info.error, EBUSY);
	expect(*info.reason);
	guest_create(&guest, CORBEL_VM_PV, &guest_exits, 1);
	expect_equal(guest_run_to_exit(&guest, 0), 42);
	kvm_destroy(&kvm);
	/* With KVM's last VM it is free again. */
	guest_create(&guest, CORBEL_VM_HVM_NESTED, &guest_exits, 1);
	expect_equal(guest_run_to_exit(&guest, 0), 42);
}

TEST(kvm_second, "while hvm has AMD-V, KVM's CREATE_VM is EBUSY; afterwards it works")
{
	struct guest guest, shadow;
	struct kvm kvm;
	int device;

	be_loaded();
	guest_create(&guest, CORBEL_VM_HVM_NESTED, &guest_exits, 1);
	device = kvm_open();
	expect_error(ioctl(device, KVM_CREATE_VM, 0), EBUSY);
	expect_equal(guest_run_to_exit(&guest, 0), 42);
	guest_create(&shadow, CORBEL_VM_HVM_SHADOW, &guest_exits, 1);
	guest_destroy(&guest);
	expect_error(ioctl(device, KVM_CREATE_VM, 0), EBUSY);
	expect_equal(guest_run_to_exit(&shadow, 0), 42);
	guest_destroy(&shadow);
	kvm_create(&kvm);
	kvm_destroy(&kvm);
}

TEST(kvm_beside_pv, "a KVM VM starts, runs and ends while a pv VM runs")
{
	struct runner runner;
	unsigned long thread;
	struct guest guest;
	struct kvm kvm;
	int i;

	be_loaded();
	guest_create(&guest, CORBEL_VM_PV, &guest_works, 1);
	runner_start(&runner, &guest, 0);
	wait_for_progress(&guest, 0);
	for (i = 0; i < 5; i++) {
		kvm_create(&kvm);
		expect_equal(pthread_create(&thread, NULL, kvm_run, &kvm), 0);
		kvm_wait_for_progress(&kvm);
		wait_for_progress(&guest, 0);
		kvm_wait_for_progress(&kvm);
		kvm_stop(&kvm, thread);
		kvm_destroy(&kvm);
		wait_for_progress(&guest, 0);
	}
	runner_stop(&runner);
	expect_equal(system("modprobe -r kvm_amd"), 0);
}
