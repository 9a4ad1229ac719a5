// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device node and its ioctls, and what all descriptors have in common: they
 * know their own ioctls and no others, and can't be read or mapped.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ioctls.h"

static int open_device(void)
{
	return expect_ok(open("/dev/corbel", O_RDWR | O_CLOEXEC));
}

TEST(device_node, "only root may open the device")
{
	struct stat node;

	expect_ok(stat("/dev/corbel", &node));
	expect(S_ISCHR(node.st_mode));
	expect_equal(node.st_mode & 0777, 0600);
	expect_equal(node.st_uid, 0);
	expect_ok(setuid(65534));
	expect_error(open("/dev/corbel", O_RDWR), EACCES);
	expect_error(open("/dev/corbel", O_RDONLY), EACCES);
}

TEST(device_version, "GET_API_VERSION and GET_VCPU_MMAP_SIZE take no argument")
{
	int device = open_device();

	expect_equal(ioctl(device, CORBEL_GET_API_VERSION, 0),
		     CORBEL_API_VERSION);
	expect_error(ioctl(device, CORBEL_GET_API_VERSION, 1), EINVAL);
	expect_error(ioctl(device, CORBEL_GET_API_VERSION, -1L), EINVAL);
	expect(ioctl(device, CORBEL_GET_VCPU_MMAP_SIZE, 0) >=
	       (long)sizeof(struct kvm_run));
	expect_equal(ioctl(device, CORBEL_GET_VCPU_MMAP_SIZE, 0) % PAGE_SIZE,
		     0);
	expect_error(ioctl(device, CORBEL_GET_VCPU_MMAP_SIZE, 1), EINVAL);
}

TEST(device_create_vm, "CREATE_VM refuses what is no type of VM")
{
	static const unsigned long wrong[] = {
		0, 4, 5, INT_MAX, 1UL << 31, UINT_MAX, 1UL << 32,
		(1UL << 32) + CORBEL_VM_PV, LONG_MAX, ULONG_MAX,
	};
	int device = open_device();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		expect_error(ioctl(device, CORBEL_CREATE_VM, wrong[i]), EINVAL);
}

TEST_EACH(device_vm_type, "GET_VM_TYPE says what CREATE_VM does")
{
	struct corbel_vm_type_info info = { .type = vm_type, .error = 77 };
	int device = open_device();

	memset(info.reason, 'x', sizeof(info.reason));
	expect_ok(ioctl(device, CORBEL_GET_VM_TYPE, &info));
	expect_equal(info.error, 0);
	expect_equal(info.reason[0], 0);
	expect_ok(ioctl(device, CORBEL_CREATE_VM, vm_type));
}

TEST(device_vm_type_bad, "GET_VM_TYPE refuses what is no type, and reserved fields")
{
	struct corbel_vm_type_info info = { .type = CORBEL_VM_PV };
	int device = open_device();
	int i;

	for (i = 0; i < 2; i++) {
		info.reserved[i] = 1;
		expect_error(ioctl(device, CORBEL_GET_VM_TYPE, &info), EINVAL);
		info.reserved[i] = 0;
	}
	info.type = 0;
	expect_error(ioctl(device, CORBEL_GET_VM_TYPE, &info), EINVAL);
	info.type = 4;
	expect_error(ioctl(device, CORBEL_GET_VM_TYPE, &info), EINVAL);
	info.type = UINT_MAX;
	expect_error(ioctl(device, CORBEL_GET_VM_TYPE, &info), EINVAL);
}

TEST(device_extensions, "CHECK_EXTENSION answers as KVM does, and 0 for the rest")
{
	static const struct {
		unsigned long extension;
		int answer;
	} known[] = {
		{ KVM_CAP_USER_MEMORY, 1 }, { KVM_CAP_EXT_CPUID, 1 },
		{ KVM_CAP_IRQFD, 1 }, { KVM_CAP_IOEVENTFD, 1 },
		{ KVM_CAP_SIGNAL_MSI, 1 }, { KVM_CAP_IMMEDIATE_EXIT, 1 },
		{ KVM_CAP_BINARY_STATS_FD, 1 }, { KVM_CAP_USER_NMI, 1 },
		{ CORBEL_CAP_ABI_VERSION, CORBEL_ABI_VERSION },
		{ CORBEL_CAP_ABI_FEATURES, CORBEL_FEATURES_V1 },
		{ KVM_CAP_SYNC_MMU, 0 }, { KVM_CAP_IRQCHIP, 0 },
		{ KVM_CAP_NESTED_STATE, 0 }, { UINT_MAX, 0 },
		{ (1UL << 32) + KVM_CAP_IRQFD, 0 }, { ULONG_MAX, 0 },
	};
	int device = open_device();
	int vm = expect_ok(ioctl(device, CORBEL_CREATE_VM, CORBEL_VM_PV));
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		expect_equal(ioctl(device, CORBEL_CHECK_EXTENSION,
				   known[i].extension), known[i].answer);
		expect_equal(ioctl(vm, CORBEL_CHECK_EXTENSION,
				   known[i].extension), known[i].answer);
	}
	expect(ioctl(vm, CORBEL_CHECK_EXTENSION, KVM_CAP_NR_MEMSLOTS) >= 8);
	expect(ioctl(vm, CORBEL_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS) >= 8);
}

/* Numbers */

static bool is_known(unsigned long number, unsigned int kind)
{
	size_t i;

	for (i = 0; i < nr_ioctls; i++)
		if (ioctls[i].number == number && (ioctls[i].kinds & kind))
			return true;
	return false;
}

static void expect_unknown(int fd, unsigned int kind, unsigned long number)
{
	char argument[1 << _IOC_SIZEBITS] = "";

	if (is_known(number, kind))
		return;
	if (ioctl(fd, number, argument) != -1 || errno != ENOTTY)
		fail("ioctl %#lx of descriptor kind %u is not ENOTTY but %s",
		     number, kind, error_name(errno));
}

static void try_numbers(const struct guest *guest, unsigned int kind,
			unsigned int type, size_t size)
{
	unsigned int direction, number;

	for (direction = 0; direction < 4; direction++)
		for (number = 0; number < 256; number++)
			expect_unknown(descriptor(guest, kind), kind,
				       _IOC(direction, type, number, size));
}

TEST_EACH(device_unknown_ioctls, "all other numbers and sizes are ENOTTY")
{
	static const size_t sizes[] = { 0, 1, 4, 8, 32, 64, 8192, 16383 };
	struct guest guest;
	unsigned int kind, i;

	guest_create(&guest, vm_type, &guest_exits, 1);
	for (kind = ON_DEVICE; kind <= ON_VCPU; kind <<= 1)
		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			try_numbers(&guest, kind, CORBEL_IO, sizes[i]);
}

TEST_EACH(device_wrong_kind, "an ioctl of another kind of descriptor is ENOTTY")
{
	struct guest guest;
	unsigned int kind;
	size_t i;

	guest_create(&guest, vm_type, &guest_exits, 1);
	for (i = 0; i < nr_ioctls; i++)
		for (kind = ON_DEVICE; kind <= ON_VCPU; kind <<= 1)
			expect_unknown(descriptor(&guest, kind), kind,
				       ioctls[i].number);
}

TEST_EACH(device_kvm_ioctls, "KVM's type byte is ENOTTY")
{
	struct guest guest;
	unsigned int kind;
	size_t i;

	guest_create(&guest, vm_type, &guest_exits, 1);
	for (kind = ON_DEVICE; kind <= ON_VCPU; kind <<= 1) {
		try_numbers(&guest, kind, KVMIO, 0);
		for (i = 0; i < nr_ioctls; i++)
			expect_unknown(descriptor(&guest, kind), kind,
				       _IOC(_IOC_DIR(ioctls[i].number), KVMIO,
					    _IOC_NR(ioctls[i].number),
					    _IOC_SIZE(ioctls[i].number)));
	}
}

static long ioctl32(int fd, unsigned long number)
{
	long result;

	asm volatile("int $0x80" : "=a" (result)
		     : "a" (54L), "b" ((long)fd), "c" (number), "d" (0L)
		     : "memory", "r8", "r9", "r10", "r11");
	return result;
}

TEST_EACH(device_32bit, "a 32-bit program's ioctls are ENOTTY")
{
	struct guest guest;
	size_t i;

	guest_create(&guest, vm_type, &guest_exits, 1);
	for (i = 0; i < nr_ioctls; i++) {
		expect_equal(ioctl32(guest.device, ioctls[i].number), -ENOTTY);
		expect_equal(ioctl32(guest.vm, ioctls[i].number), -ENOTTY);
		expect_equal(ioctl32(guest.vcpus[0].fd, ioctls[i].number),
			     -ENOTTY);
	}
}

/* File operations */

TEST_EACH(device_read, "no descriptor can be read or written, and all can be polled")
{
	struct guest guest;
	unsigned int kind;
	char byte = 0;

	guest_create(&guest, vm_type, &guest_exits, 1);
	for (kind = ON_DEVICE; kind <= ON_VCPU; kind <<= 1) {
		struct pollfd fd = {
			.fd = descriptor(&guest, kind), .events = POLLIN,
		};

		expect_error(read(fd.fd, &byte, 1), EINVAL);
		expect_error(write(fd.fd, &byte, 1), EINVAL);
		/* As any file without a poll of its own. */
		expect_ok(poll(&fd, 1, 0));
		expect(!(fd.revents & POLLERR));
	}
}

TEST_EACH(device_mmap, "the device and a VM can't be mapped, a vCPU to its size only")
{
	struct guest guest;
	size_t size;
	int fd;

	guest_create(&guest, vm_type, &guest_exits, 1);
	size = ioctl(guest.device, CORBEL_GET_VCPU_MMAP_SIZE, 0);
	fd = guest.vcpus[0].fd;
	expect_error((long)mmap(NULL, PAGE_SIZE, PROT_READ, MAP_SHARED,
				guest.device, 0), ENODEV);
	expect_error((long)mmap(NULL, PAGE_SIZE, PROT_READ, MAP_SHARED,
				guest.vm, 0), ENODEV);
	expect_error((long)mmap(NULL, size + 1, PROT_READ, MAP_SHARED, fd, 0),
		     EINVAL);
	expect_error((long)mmap(NULL, size, PROT_READ, MAP_SHARED, fd,
				PAGE_SIZE), EINVAL);
	expect_error((long)mmap(NULL, PAGE_SIZE, PROT_READ, MAP_SHARED, fd,
				LONG_MAX & -PAGE_SIZE), EINVAL);
	expect_error((long)mmap(NULL, size, PROT_READ | PROT_WRITE,
				MAP_PRIVATE, fd, 0), EINVAL);
	expect_error((long)mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED,
				fd, 0), EINVAL);
}

TEST_EACH(device_mprotect, "the mapping of a vCPU can't be made executable")
{
	struct guest guest;

	guest_create(&guest, vm_type, &guest_exits, 1);
	expect_error(mprotect(guest.vcpus[0].run, PAGE_SIZE,
			      PROT_READ | PROT_EXEC), EACCES);
}

/* Pointers */

static void expect_fault(const struct guest *guest,
			 const struct ioctl_info *info, unsigned long pointer)
{
	int fd = descriptor(guest, info->kinds);

	if (ioctl(fd, info->number, pointer) != -1 || errno != EFAULT)
		fail("%s(%#lx) is not EFAULT but %s", info->name, pointer,
		     error_name(errno));
}

TEST_EACH(device_pointers, "NULL, unmapped, kernel and half mapped pointers are EFAULT")
{
	unsigned long end = (unsigned long)page_before_nothing() + PAGE_SIZE;
	struct guest guest;
	size_t i;

	guest_create(&guest, vm_type, &guest_exits, 1);
	for (i = 0; i < nr_ioctls; i++) {
		const unsigned long wrong[] = {
			0, 1, end, end - 1, end - _IOC_SIZE(ioctls[i].number) + 1,
			0x7ffffffffffc, 0x7ffffffff000, 0x800000000000,
			0xffff800000000000, 0xffff888000000000,
			0xffffffff81000000, -PAGE_SIZE, -8UL,
		};
		unsigned int j;

		for (j = 0; ioctls[i].pointer && j < ARRAY_SIZE(wrong); j++)
			expect_fault(&guest, &ioctls[i], wrong[j]);
	}
}

TEST_EACH(device_read_only_pointers, "an answer does not go to read-only memory")
{
	static const unsigned long answers[] = {
		CORBEL_GET_REGS, CORBEL_GET_SREGS, CORBEL_GET_MP_STATE,
	};
	void *page = page_before_nothing();
	struct kvm_cpuid2 *cpuid = page;
	struct guest guest;
	unsigned int i;

	guest_create(&guest, vm_type, &guest_exits, 1);
	cpuid->nent = 50;
	expect_ok(mprotect(page, PAGE_SIZE, PROT_READ));
	for (i = 0; i < ARRAY_SIZE(answers); i++)
		expect_error(ioctl(guest.vcpus[0].fd, answers[i], page),
			     EFAULT);
	expect_error(ioctl(guest.vm, CORBEL_GET_SUPPORTED_CPUID, page), EFAULT);
}
