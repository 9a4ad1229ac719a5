// SPDX-License-Identifier: GPL-2.0-only
/*
 * SET_USER_MEMORY_REGION: what is a slot and what is not, what may lie behind
 * one, what happens to guests when slots or the memory behind them change, and
 * that pinned pages are charged and given back.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/memfd.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ioctls.h"

#define HIGH		0x10000000ULL	/* where no other slot is */
#define MAX_SLOTS(guest) \
	((uint32_t)ioctl((guest)->vm, CORBEL_CHECK_EXTENSION, \
			 KVM_CAP_NR_MEMSLOTS))

static void *map(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	expect(memory != MAP_FAILED);
	return memory;
}

/* Runs guest_reads or guest_writes on one address. */
static int access_at(struct guest *guest, const struct guest_code *code,
		     uint64_t gpa)
{
	struct kvm_regs regs;

	guest_load(guest, code);
	guest_start_at(guest, 0, GUEST_CODE);
	expect_ok(ioctl(guest->vcpus[0].fd, CORBEL_GET_REGS, &regs));
	regs.rsi = gpa;
	regs.rax = 0x5a5a5a5a;
	expect_ok(ioctl(guest->vcpus[0].fd, CORBEL_SET_REGS, &regs));
	return guest_run(guest, 0);
}

static unsigned int read_at(struct guest *guest, uint64_t gpa)
{
	expect_ok(access_at(guest, &guest_reads, gpa));
	if (guest->vcpus[0].run->exit_reason != KVM_EXIT_IO)
		fail("no memory at %#llx: %s", (unsigned long long)gpa,
		     guest_exit_text(guest->vcpus[0].run));
	return guest_port_data(guest, 0);
}

static void expect_mmio(struct guest *guest, uint64_t gpa)
{
	expect_ok(access_at(guest, &guest_reads, gpa));
	expect_equal(guest->vcpus[0].run->exit_reason, KVM_EXIT_MMIO);
	expect_equal(guest->vcpus[0].run->mmio.phys_addr, gpa);
	/* The access is not over before the next RUN. */
	guest_run_to_exit(guest, 0);
}

/* Arguments */

static int set(const struct guest *guest, uint32_t slot, uint32_t flags,
	       uint64_t gpa, uint64_t size, uint64_t address)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot, .flags = flags, .guest_phys_addr = gpa,
		.memory_size = size, .userspace_addr = address,
	};

	return ioctl(guest->vm, CORBEL_SET_USER_MEMORY_REGION, &region);
}

TEST_EACH(memory_arguments, "unaligned, wrapping and misplaced regions are EINVAL")
{
	struct guest guest;
	uint64_t hva;
	uint32_t bit;

	guest_open(&guest, vm_type);
	hva = (uintptr_t)map(2 * PAGE_SIZE);
	expect_error(set(&guest, 0, 0, 1, PAGE_SIZE, hva), EINVAL);
	expect_error(set(&guest, 0, 0, 0xfff, PAGE_SIZE, hva), EINVAL);
	expect_error(set(&guest, 0, 0, 0, PAGE_SIZE, hva + 1), EINVAL);
	expect_error(set(&guest, 0, 0, 0, PAGE_SIZE - 1, hva), EINVAL);
	expect_error(set(&guest, 0, 0, 0, 1, hva), EINVAL);
	expect_error(set(&guest, 0, 0, -PAGE_SIZE, 2 * PAGE_SIZE, hva), EINVAL);
	expect_error(set(&guest, 0, 0, -PAGE_SIZE, PAGE_SIZE, hva), EINVAL);
	expect_error(set(&guest, 0, 0, 1ULL << 62, PAGE_SIZE, hva), EINVAL);
	expect_error(set(&guest, 0, 0, 0, -PAGE_SIZE, hva), EINVAL);
	expect_error(set(&guest, 0, 0, 0, 1ULL << 63, hva), EINVAL);
	expect_error(set(&guest, 0, 0, 0, PAGE_SIZE, -PAGE_SIZE), EINVAL);
	expect_error(set(&guest, 0, 0, 0, PAGE_SIZE, 1ULL << 56), EINVAL);
	expect_error(set(&guest, 0, 0, 0, PAGE_SIZE, 0xffff888000000000),
		     EINVAL);
	for (bit = 0; bit < 32; bit++)
		expect_error(set(&guest, 0, 1U << bit, 0, PAGE_SIZE, hva),
			     EINVAL);
}

TEST_EACH(memory_slot_numbers, "slot numbers end where NR_MEMSLOTS says")
{
	struct guest guest;
	uint32_t max, slot;
	uint64_t hva;

	guest_open(&guest, vm_type);
	hva = (uintptr_t)map(PAGE_SIZE);
	max = MAX_SLOTS(&guest);
	for (slot = 0; slot < max; slot++)
		expect_ok(set(&guest, slot, 0, slot * PAGE_SIZE, PAGE_SIZE,
			      hva));
	expect_error(set(&guest, max, 0, HIGH, PAGE_SIZE, hva), EINVAL);
	expect_error(set(&guest, 1U << 16, 0, HIGH, PAGE_SIZE, hva), EINVAL);
	expect_error(set(&guest, INT_MAX, 0, HIGH, PAGE_SIZE, hva), EINVAL);
	expect_error(set(&guest, UINT_MAX, 0, HIGH, PAGE_SIZE, hva), EINVAL);
	for (slot = 0; slot < max; slot++)
		expect_ok(set(&guest, slot, 0, 0, 0, 0));
}

TEST_EACH(memory_delete_nothing, "a slot that is not there can't be deleted")
{
	struct guest guest;
	uint64_t hva;

	guest_open(&guest, vm_type);
	hva = (uintptr_t)map(PAGE_SIZE);
	expect_error(set(&guest, 1, 0, 0, 0, 0), EINVAL);
	expect_ok(set(&guest, 1, 0, 0, PAGE_SIZE, hva));
	expect_ok(set(&guest, 1, 0, 0, 0, 0));
	expect_error(set(&guest, 1, 0, 0, 0, 0), EINVAL);
}

TEST_EACH(memory_overlap, "regions that overlap are EEXIST, neighbours are not")
{
	const uint64_t size = 4 * PAGE_SIZE;
	struct guest guest;
	uint64_t hva;

	guest_open(&guest, vm_type);
	hva = (uintptr_t)map(4 * size);
	expect_ok(set(&guest, 0, 0, HIGH, size, hva));
	expect_error(set(&guest, 1, 0, HIGH, size, hva), EEXIST);
	expect_error(set(&guest, 1, 0, HIGH - PAGE_SIZE, size, hva), EEXIST);
	expect_error(set(&guest, 1, 0, HIGH + size - PAGE_SIZE, size, hva),
		     EEXIST);
	expect_error(set(&guest, 1, 0, HIGH + PAGE_SIZE, PAGE_SIZE, hva),
		     EEXIST);
	expect_error(set(&guest, 1, 0, HIGH - size, 3 * size, hva), EEXIST);
	expect_ok(set(&guest, 1, 0, HIGH + size, size, hva));
	expect_ok(set(&guest, 2, 0, HIGH - size, size, hva));
	/* A slot does not overlap itself: it moves. */
	expect_ok(set(&guest, 0, 0, HIGH, PAGE_SIZE, hva));
	expect_error(set(&guest, 2, 0, HIGH - size, size + 2 * PAGE_SIZE, hva),
		     EEXIST);
}

TEST_EACH(memory_huge, "a region beyond what the host can describe is ENOMEM")
{
	struct guest guest;

	guest_open(&guest, vm_type);
	expect_error(set(&guest, 0, 0, 0, 1ULL << 40, PAGE_SIZE), ENOMEM);
	expect_error(set(&guest, 0, 0, 0, 1ULL << 45, PAGE_SIZE), ENOMEM);
	/* The last page there can be */
	expect_ok(set(&guest, 0, 0, (1ULL << 46) - PAGE_SIZE, PAGE_SIZE,
		      (uintptr_t)map(PAGE_SIZE)));
	expect_error(set(&guest, 1, 0, 1ULL << 46, PAGE_SIZE,
			 (uintptr_t)map(PAGE_SIZE)), EINVAL);
}

/* What lies behind */

static void *map_file(const char *path, int flags, int protection, int share)
{
	int fd = expect_ok(open(path, flags, 0600));
	void *memory;

	if (flags & O_CREAT)
		expect_ok(ftruncate(fd, PAGE_SIZE));
	memory = mmap(NULL, PAGE_SIZE, protection, share, fd, 0);
	if (memory == MAP_FAILED)
		fail("%s can't be mapped: %s", path, error_name(errno));
	close(fd);
	return memory;
}

/* RUN says EFAULT as long as @memory is no good, and goes on when it is. */
static void expect_unusable(void *memory)
{
	struct guest guest;

	guest_create(&guest, vm_type, &guest_reads, 1);
	expect_ok(guest_set_memory(&guest, 1, HIGH, PAGE_SIZE, memory));
	expect_error(access_at(&guest, &guest_reads, HIGH), EFAULT);
	expect_error(guest_run(&guest, 0), EFAULT);
	guest_destroy(&guest);
}

TEST_EACH(memory_of_nothing, "memory that is not mapped is EFAULT from RUN, until it is")
{
	char *memory = map(PAGE_SIZE);
	struct guest guest;

	guest_create(&guest, vm_type, &guest_reads, 1);
	expect_ok(guest_set_memory(&guest, 1, HIGH, PAGE_SIZE, memory));
	munmap(memory, PAGE_SIZE);
	expect_error(access_at(&guest, &guest_reads, HIGH), EFAULT);
	expect_error(guest_run(&guest, 0), EFAULT);
	expect(mmap(memory, PAGE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == memory);
	*memory = 0x77;
	expect_equal(guest_run_to_exit(&guest, 0), 0x77);
}

TEST_EACH(memory_read_only, "read-only and inaccessible memory is EFAULT from RUN")
{
	expect_unusable(mmap(NULL, PAGE_SIZE, PROT_READ,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	expect_unusable(mmap(NULL, PAGE_SIZE, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	expect_unusable(map_file("/proc/self/exe", O_RDONLY, PROT_READ,
				 MAP_SHARED));
}

TEST_EACH(memory_of_device, "a device's memory is EFAULT from RUN")
{
	/* The first page belongs to the firmware. */
	expect_unusable(map_file("/dev/mem", O_RDWR, PROT_READ | PROT_WRITE,
				 MAP_SHARED));
}

TEST_EACH(memory_of_vcpu, "a vCPU's own page can't be guest memory")
{
	struct guest guest;

	guest_create(&guest, vm_type, &guest_reads, 1);
	expect_ok(guest_set_memory(&guest, 1, HIGH, PAGE_SIZE,
				   guest.vcpus[0].run));
	/* remap_vmalloc_range() makes pages that can be pinned, or it fails. */
	if (access_at(&guest, &guest_reads, HIGH))
		expect_equal(errno, EFAULT);
	guest_destroy(&guest);
}

TEST_EACH(memory_of_file, "a file's pages are as good as any, shared or private")
{
	static const int shares[] = { MAP_SHARED, MAP_PRIVATE };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		uint8_t *memory = map_file("/tmp/memory", O_RDWR | O_CREAT,
					   PROT_READ | PROT_WRITE, shares[i]);
		struct guest guest;

		guest_create(&guest, vm_type, &guest_reads, 1);
		expect_ok(guest_set_memory(&guest, 1, HIGH, PAGE_SIZE, memory));
		*memory = 0x66 + i;
		expect_equal(read_at(&guest, HIGH), 0x66 + i);
		expect_ok(access_at(&guest, &guest_writes, HIGH));
		expect_equal(*memory, 0x5a);
		guest_destroy(&guest);
		unlink("/tmp/memory");
	}
}

TEST_EACH(memory_truncated, "a file that is too short is EFAULT from RUN")
{
	int fd = expect_ok(memfd_create("short", 0));

	expect_unusable(mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE,
			     MAP_SHARED, fd, 0));
}

TEST_EACH(memory_aliased, "the same memory in two slots, and in two VMs, is the same")
{
	uint8_t *memory = map(PAGE_SIZE);
	struct guest guests[2];
	int i;

	for (i = 0; i < 2; i++) {
		guest_create(&guests[i], vm_type, &guest_reads, 1);
		expect_ok(guest_set_memory(&guests[i], 1, HIGH, PAGE_SIZE,
					   memory));
		expect_ok(guest_set_memory(&guests[i], 2, 2 * HIGH, PAGE_SIZE,
					   memory));
	}
	expect_ok(access_at(&guests[0], &guest_writes, HIGH));
	expect_equal(read_at(&guests[0], 2 * HIGH), 0x5a);
	expect_equal(read_at(&guests[1], HIGH), 0x5a);
	guest_destroy(&guests[0]);
	*memory = 0x11;
	expect_equal(read_at(&guests[1], 2 * HIGH), 0x11);
}

/* Change */

TEST_EACH(memory_deleted, "a deleted slot is memory no more, a new one at once")
{
	uint8_t *memory = map(PAGE_SIZE);
	struct guest guest;

	/* In pv memory does not go once the shim is set. */
	if (vm_type == CORBEL_VM_PV)
		return;
	guest_create(&guest, vm_type, &guest_reads, 1);
	expect_mmio(&guest, HIGH);
	expect_ok(guest_set_memory(&guest, 1, HIGH, PAGE_SIZE, memory));
	*memory = 0x44;
	expect_equal(read_at(&guest, HIGH), 0x44);
	expect_ok(guest_set_memory(&guest, 1, 0, 0, NULL));
	expect_mmio(&guest, HIGH);
	/* Elsewhere, and back */
	expect_ok(guest_set_memory(&guest, 1, 2 * HIGH, PAGE_SIZE, memory));
	expect_equal(read_at(&guest, 2 * HIGH), 0x44);
	expect_ok(guest_set_memory(&guest, 1, HIGH, PAGE_SIZE, memory));
	expect_mmio(&guest, 2 * HIGH);
}

TEST(memory_fixed_pv, "in pv no slot can be changed or deleted once the shim is set")
{
	uint8_t *memory = map(PAGE_SIZE);
	struct guest guest;

	guest_prepare(&guest, CORBEL_VM_PV);
	expect_error(guest_set_memory(&guest, 0, 0, 0, NULL), EBUSY);
	expect_error(guest_set_memory(&guest, 0, HIGH, PAGE_SIZE, memory),
		     EBUSY);
	expect_ok(guest_set_memory(&guest, 1, HIGH, PAGE_SIZE, memory));
	expect_error(guest_set_memory(&guest, 1, 0, 0, NULL), EBUSY);
}

TEST_EACH(memory_replaced, "a slot can get other memory, and the guest sees it")
{
	uint8_t *memory = map(2 * PAGE_SIZE);
	struct guest guest;

	if (vm_type == CORBEL_VM_PV)
		return;
	guest_create(&guest, vm_type, &guest_reads, 1);
	memory[0] = 1;
	memory[PAGE_SIZE] = 2;
	expect_ok(guest_set_memory(&guest, 1, HIGH, PAGE_SIZE, memory));
	expect_equal(read_at(&guest, HIGH), 1);
	expect_ok(guest_set_memory(&guest, 1, HIGH, PAGE_SIZE,
				   memory + PAGE_SIZE));
	expect_equal(read_at(&guest, HIGH), 2);
}

TEST_EACH(memory_changes_while_running, "slots come and go while two vCPUs run")
{
	struct runner runners[2];
	struct guest guest;
	void *memory = map(16 * PAGE_SIZE);
	int i;

	guest_create(&guest, vm_type, &guest_counts, 2);
	runner_start(&runners[0], &guest, 0);
	runner_start(&runners[1], &guest, 1);
	for (i = 0; i < 300; i++) {
		uint32_t slot = 1 + i % 20;

		if (vm_type != CORBEL_VM_PV)
			guest_set_memory(&guest, slot, 0, 0, NULL);
		else if (i >= 20)
			break;
		expect_ok(guest_set_memory(&guest, slot, HIGH * slot,
					   16 * PAGE_SIZE, memory));
	}
	wait_for_progress(&guest, 0);
	wait_for_progress(&guest, 1);
	runner_stop(&runners[0]);
	runner_stop(&runners[1]);
}

/* The slot that the guest runs in goes, and is put back by its monitor. */
TEST_EACH(memory_pulled_away, "the memory under running vCPUs can be deleted")
{
	struct runner runner;
	struct guest guest;
	int i;

	if (vm_type == CORBEL_VM_PV)
		return;
	guest_create(&guest, vm_type, &guest_touches_forever, 1);
	for (i = 0; i < 30; i++) {
		guest_start_at(&guest, 0, GUEST_CODE);
		runner_start(&runner, &guest, 0);
		sleep_ms(i % 5);
		expect_ok(guest_set_memory(&guest, 0, 0, 0, NULL));
		/* Page tables at no memory kill; leave that to another test. */
		expect_ok(guest_set_memory(&guest, 0, 0, guest.size,
					   guest.memory));
		runner_stop(&runner);
		if (!runner.result &&
		    guest.vcpus[0].run->exit_reason == CORBEL_EXIT_KILLED)
			return;
	}
}

/* Its own memory */

static void *disturb(void *opaque)
{
	struct guest *guest = opaque;
	uint8_t *data = guest->memory + GUEST_DATA;
	size_t size = guest->size - GUEST_DATA;
	int i;

	for (i = 0; i < 60; i++) {
		madvise(data, size, MADV_DONTNEED);
		mprotect(data, size, PROT_READ);
		madvise(data, size, MADV_PAGEOUT);
		mprotect(data, size, PROT_READ | PROT_WRITE);
		madvise(data, size, MADV_HUGEPAGE);
		madvise(data, size, MADV_COLD);
	}
	munmap(data, size);
	return NULL;
}

TEST_EACH(memory_disturbed, "the monitor may madvise, mprotect and munmap under a running guest")
{
	struct runner runner;
	struct guest guest;
	unsigned long thread;

	guest_create(&guest, vm_type, &guest_touches, 1);
	expect_equal(guest_run_to_exit(&guest, 0), 0);
	guest_load(&guest, &guest_touches_forever);
	guest_start_at(&guest, 0, GUEST_CODE);
	runner_start(&runner, &guest, 0);
	expect_equal(pthread_create(&thread, NULL, disturb, &guest), 0);
	pthread_join(thread, NULL);
	runner_stop(&runner);
	/* All pages were pinned before: they are the guest's still. */
	expect_equal(runner.error, EINTR);
}

TEST_EACH(memory_fork, "fork() leaves the guest its memory")
{
	struct guest guest;
	pid_t child;
	int status;

	guest_create(&guest, vm_type, &guest_touches, 1);
	expect_equal(guest_run_to_exit(&guest, 0), 0);
	child = expect_ok(fork());
	if (!child) {
		memset(guest.memory + GUEST_DATA, 0xee,
		       guest.size - GUEST_DATA);
		_exit(0);
	}
	expect_equal(waitpid(child, &status, 0), child);
	memset(guest.memory + GUEST_DATA, 0x21, PAGE_SIZE);
	expect_equal(read_at(&guest, GUEST_DATA), 0x21);
	expect_ok(access_at(&guest, &guest_writes, GUEST_DATA));
	expect_equal(guest.memory[GUEST_DATA], 0x5a);
}

/* Charging */

static unsigned long long charged_kib(void)
{
	return number_in("/proc/self/status", "VmLck");
}

static void drop_memlock_privilege(rlim_t limit)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	const struct rlimit limits = { limit, limit };
	struct __user_cap_data_struct caps[2];

	expect_ok(setrlimit(RLIMIT_MEMLOCK, &limits));
	expect_ok(syscall(SYS_capget, &header, caps));
	caps[0].effective &= ~(1U << CAP_IPC_LOCK);
	expect_ok(syscall(SYS_capset, &header, caps));
}

TEST_EACH(memory_limit, "pinning beyond RLIMIT_MEMLOCK is ENOMEM, and the guest can go on later")
{
	const size_t size = 64 * PAGE_SIZE;
	unsigned long long charged;
	struct guest guest;

	guest_create(&guest, vm_type, &guest_touches, 1);
	expect_ok(guest_set_memory(&guest, 1, HIGH, size, map(size)));
	expect_equal(guest_run_to_exit(&guest, 0), 0);
	charged = charged_kib();
	drop_memlock_privilege(charged * 1024);
	expect_error(access_at(&guest, &guest_reads, HIGH), ENOMEM);
	expect_error(guest_run(&guest, 0), ENOMEM);
	expect_equal(charged_kib(), charged);
	guest_start_at(&guest, 0, GUEST_CODE);
	expect_equal(read_at(&guest, GUEST_DATA), GUEST_DATA & 0xff);
}

TEST_EACH(memory_limit_small, "a VM that may pin nothing says ENOMEM")
{
	struct guest guest;

	guest_open(&guest, vm_type);
	guest_map_memory(&guest);
	expect_ok(guest_set_memory(&guest, 0, 0, guest.size, guest.memory));
	drop_memlock_privilege(0);
	guest_write_tables(&guest);
	if (vm_type == CORBEL_VM_PV) {
		guest_write_shim(&guest);
		expect_error(guest_set_shim(&guest), ENOMEM);
		return;
	}
	guest_load(&guest, &guest_exits);
	guest_add_vcpu(&guest);
	expect_error(guest_run(&guest, 0), ENOMEM);
	expect_equal(charged_kib(), 0);
}

TEST_EACH(memory_charged, "what is pinned is charged, and given back with the slot or the VM")
{
	struct guest guest;

	expect_equal(charged_kib(), 0);
	guest_create(&guest, vm_type, &guest_touches, 1);
	expect_equal(guest_run_to_exit(&guest, 0), 0);
	expect(charged_kib() >= (guest.size - GUEST_DATA) / 1024);
	expect(charged_kib() <= guest.size / 1024);
	if (vm_type != CORBEL_VM_PV) {
		expect_ok(guest_set_memory(&guest, 0, 0, 0, NULL));
		expect_equal(charged_kib(), 0);
	}
	guest_destroy(&guest);
	expect_equal(charged_kib(), 0);
}
