// SPDX-License-Identifier: GPL-2.0-only
/* Who runs the guest: see backend.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/array.h"
#include "vmm/backend.h"
#include "vmm/platform.h"

static const struct {
	const char *name;
	const char *device;
	unsigned char type;
	enum corbel_vm_type vm_type;	/* 0: KVM's */
} modes[BACKEND_MODES] = {
	[BACKEND_PV] = {
		"pv", "/dev/corbel", CORBEL_IO, CORBEL_VM_PV
	},
	[BACKEND_HVM_NESTED] = {
		"hvm (nested paging)", "/dev/corbel", CORBEL_IO,
		CORBEL_VM_HVM_NESTED
	},
	[BACKEND_HVM_SHADOW] = {
		"hvm (shadow paging)", "/dev/corbel", CORBEL_IO,
		CORBEL_VM_HVM_SHADOW
	},
	[BACKEND_KVM] = {
		"kvm", "/dev/kvm", KVMIO, 0
	},
};

const char *backend_mode_name(enum backend_mode mode)
{
	return modes[mode].name;
}

int backend_ioctl(const struct backend *backend, int fd, unsigned long request,
		  void *arg)
{
	if (_IOC_TYPE(request) == KVMIO)
		request = _IOC(_IOC_DIR(request), backend->type,
			       _IOC_NR(request), _IOC_SIZE(request));
	return ioctl(fd, request, arg);
}

static int open_error(enum backend_mode mode, struct error *err)
{
	const char *device = modes[mode].device;
	bool kvm = mode == BACKEND_KVM;

	if (errno == ENOENT || errno == ENODEV)
		return error_set(err, "%s is not there: %s", device, kvm ?
				 "load KVM's module (modprobe kvm_amd or kvm_intel); on a CPU or machine without hardware virtualization it does not load" :
				 "load Corbel's module (modprobe corbel, or insmod corbel.ko)");
	if (errno == EACCES || errno == EPERM)
		return error_set(err, "%s: no permission: %s", device, kvm ?
				 "be root, or in group kvm" : "be root");
	return error_set(err, "%s: %m", device);
}

static int open_device(struct backend *backend, enum backend_mode mode,
		       struct error *err)
{
	int want = mode == BACKEND_KVM ? KVM_API_VERSION : CORBEL_API_VERSION;
	int version;

	*backend = (struct backend) {
		.mode = mode, .type = modes[mode].type, .fd = -1, .vm = -1,
	};
	backend->fd = open(modes[mode].device, O_RDWR | O_CLOEXEC);
	if (backend->fd < 0)
		return open_error(mode, err);
	version = backend_ioctl(backend, backend->fd, KVM_GET_API_VERSION, 0);
	if (version != want) {
		close(backend->fd);
		return error_set(err,
				 "%s speaks version %d of its interface, this program version %d: update both to match",
				 modes[mode].device, version, want);
	}
	return 0;
}

static int check_corbel(const struct backend *backend, struct error *reason)
{
	struct corbel_vm_type_info info = {
		.type = modes[backend->mode].vm_type,
	};

	if (ioctl(backend->fd, CORBEL_GET_VM_TYPE, &info))
		return error_set(reason, "CORBEL_GET_VM_TYPE: %m");
	return info.error ? error_set(reason, "%s", info.reason) : 0;
}

static const struct {
	int cap;
	const char *name;
} kvm_needs[] = {
	{ KVM_CAP_SPLIT_IRQCHIP, "KVM_CAP_SPLIT_IRQCHIP" },
	{ KVM_CAP_SIGNAL_MSI, "KVM_CAP_SIGNAL_MSI" },
	{ KVM_CAP_TSC_DEADLINE_TIMER, "KVM_CAP_TSC_DEADLINE_TIMER" },
	{ KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT" },
};

static int check_kvm(const struct backend *backend, struct error *reason)
{
	unsigned int i;
	int vm;

	for (i = 0; i < ARRAY_SIZE(kvm_needs); i++)
		if (ioctl(backend->fd, KVM_CHECK_EXTENSION,
			  kvm_needs[i].cap) <= 0)
			return error_set(reason, "/dev/kvm lacks %s",
					 kvm_needs[i].name);
	/* Whether it gets the hardware only shows when it tries. */
	vm = ioctl(backend->fd, KVM_CREATE_VM, 0);
	if (vm < 0)
		return error_set(reason, "KVM can't create a VM: %m%s",
				 errno == EBUSY ?
				 " (another hypervisor, Corbel's hvm mode say, has the hardware)" :
				 "");
	close(vm);
	return 0;
}

static int check(const struct backend *backend, struct error *reason)
{
	return backend->mode == BACKEND_KVM ? check_kvm(backend, reason) :
					      check_corbel(backend, reason);
}

bool backend_works(enum backend_mode mode, struct error *reason)
{
	struct backend backend;
	bool works;

	if (open_device(&backend, mode, reason))
		return false;
	works = !check(&backend, reason);
	close(backend.fd);
	return works;
}

/* The local APICs in the kernel, all else here. */
static int split_irqchip(const struct backend *backend, struct error *err)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_SPLIT_IRQCHIP,
		.args = { PLATFORM_GSIS },
	};

	if (ioctl(backend->vm, KVM_ENABLE_CAP, &cap))
		return error_set(err, "KVM_CAP_SPLIT_IRQCHIP: %m");
	return 0;
}

static int create_vm(struct backend *backend, struct error *err)
{
	unsigned long type = modes[backend->mode].vm_type;
	struct error reason;

	if (check(backend, &reason))
		return error_set(err, "mode %s does not work here: %s",
				 modes[backend->mode].name, reason.text);
	backend->vm = backend_ioctl(backend, backend->fd, KVM_CREATE_VM,
				    (void *)type);
	if (backend->vm < 0)
		return error_set(err, "creating a VM: %m");
	backend->run_size = backend_ioctl(backend, backend->fd,
					  KVM_GET_VCPU_MMAP_SIZE, 0);
	return backend->mode == BACKEND_KVM ? split_irqchip(backend, err) : 0;
}

int backend_open(struct backend *backend, enum backend_mode mode,
		 struct error *err)
{
	if (open_device(backend, mode, err))
		return -1;
	if (create_vm(backend, err)) {
		backend_close(backend);
		return -1;
	}
	return 0;
}

void backend_close(struct backend *backend)
{
	if (backend->vm >= 0)
		close(backend->vm);
	if (backend->fd >= 0)
		close(backend->fd);
	backend->vm = -1;
	backend->fd = -1;
}
