// SPDX-License-Identifier: GPL-2.0-only
/* Micro guests: see guest.h. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <corbel/shim.h>

#include "guest.h"
#include "test.h"

#define PAGE_SIZE	4096ULL

#define PTE_TABLE	0x63	/* present, writable, accessed, dirty */
#define PTE_LARGE	0xe3
#define LARGE_PAGE	0x200000ULL

#define CR0_64BIT	0x80050033	/* PG AM WP NE ET MP PE */
#define CR4_PAE		0x20
#define EFER_64BIT	0x500		/* LMA LME */
#define RFLAGS_FIXED	2

/* Making it */

void guest_open(struct guest *guest, enum corbel_vm_type type)
{
	*guest = (struct guest) { .type = type };
	guest->device = expect_ok(open("/dev/corbel", O_RDWR | O_CLOEXEC));
	guest->vm = expect_ok(ioctl(guest->device, CORBEL_CREATE_VM, type));
}

void guest_map_memory(struct guest *guest)
{
	guest->size = GUEST_SIZE;
	guest->memory = mmap(NULL, guest->size, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	expect(guest->memory != MAP_FAILED);
}

void guest_write_tables(struct guest *guest)
{
	volatile uint64_t *pd = guest_word(guest, GUEST_PD);
	uint64_t i;

	*guest_word(guest, GUEST_PML4) = GUEST_PDPT | PTE_TABLE;
	*guest_word(guest, GUEST_PDPT) = GUEST_PD | PTE_TABLE;
	for (i = 0; i < 512; i++)
		pd[i] = i * LARGE_PAGE | PTE_LARGE;
}

void guest_write_shim(struct guest *guest)
{
	memcpy(guest->memory + GUEST_SHIM, guest_shim,
	       guest_shim_end - guest_shim);
}

int guest_set_memory(const struct guest *guest, uint32_t slot, uint64_t gpa,
		     uint64_t size, const void *memory)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)memory,
	};

	return ioctl(guest->vm, CORBEL_SET_USER_MEMORY_REGION, &region);
}

int guest_set_shim(const struct guest *guest)
{
	struct corbel_shim shim = {
		.code = GUEST_SHIM,
		.vcpu_pages = GUEST_PAGES,
		.ap_cr3 = GUEST_PML4,
	};

	return ioctl(guest->vm, CORBEL_SET_SHIM, &shim);
}

void guest_prepare(struct guest *guest, enum corbel_vm_type type)
{
	guest_open(guest, type);
	guest_map_memory(guest);
	guest_write_tables(guest);
	expect_ok(guest_set_memory(guest, 0, 0, guest->size, guest->memory));
	if (type != CORBEL_VM_PV)
		return;
	guest_write_shim(guest);
	expect_ok(guest_set_shim(guest));
}

static void set_cpuid(const struct guest *guest, int vcpu)
{
	struct {
		struct kvm_cpuid2 header;
		struct kvm_cpuid_entry2 entries[128];
	} cpuid = { .header.nent = 128 };

	expect_ok(ioctl(guest->vm, CORBEL_GET_SUPPORTED_CPUID, &cpuid));
	expect_ok(ioctl(vcpu, CORBEL_SET_CPUID2, &cpuid));
}

/* Flat segments; in pv they are the only ones there are. */
static void set_segments(struct kvm_sregs *sregs)
{
	struct kvm_segment code = {
		.limit = 0xffffffff, .selector = 0x10, .type = 11,
		.present = 1, .s = 1, .l = 1, .g = 1,
	};
	struct kvm_segment data = {
		.limit = 0xffffffff, .selector = 0x18, .type = 3,
		.present = 1, .s = 1, .db = 1, .g = 1,
	};
	struct kvm_segment task = {
		.limit = 0x67, .selector = 0x20, .type = 11, .present = 1,
	};

	sregs->cs = code;
	sregs->ds = data;
	sregs->es = data;
	sregs->fs = data;
	sregs->gs = data;
	sregs->ss = data;
	sregs->tr = task;
}

static void set_control(const struct guest *guest, int vcpu)
{
	struct kvm_sregs sregs;

	expect_ok(ioctl(vcpu, CORBEL_GET_SREGS, &sregs));
	sregs.cr3 = GUEST_PML4;
	if (guest->type != CORBEL_VM_PV) {
		set_segments(&sregs);
		sregs.cr0 = CR0_64BIT;
		sregs.cr4 = CR4_PAE;
		sregs.efer = EFER_64BIT;
	}
	expect_ok(ioctl(vcpu, CORBEL_SET_SREGS, &sregs));
}

void guest_start_at(struct guest *guest, unsigned int vcpu, uint64_t rip)
{
	struct kvm_regs regs = {
		.rip = rip,
		.rsp = GUEST_STACKS + (vcpu + 1) * PAGE_SIZE,
		.rdi = vcpu,
		.rflags = RFLAGS_FIXED,
	};
	struct kvm_mp_state state = { .mp_state = KVM_MP_STATE_RUNNABLE };
	int fd = guest->vcpus[vcpu].fd;

	expect_ok(ioctl(fd, CORBEL_SET_REGS, &regs));
	expect_ok(ioctl(fd, CORBEL_SET_MP_STATE, &state));
}

void guest_add_vcpu(struct guest *guest)
{
	unsigned int n = guest->nr_vcpus++;
	struct guest_vcpu *vcpu = &guest->vcpus[n];
	long size;

	expect(n < GUEST_VCPUS);
	size = expect_ok(ioctl(guest->device, CORBEL_GET_VCPU_MMAP_SIZE, 0));
	vcpu->fd = expect_ok(ioctl(guest->vm, CORBEL_CREATE_VCPU, n));
	vcpu->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			 vcpu->fd, 0);
	expect(vcpu->run != MAP_FAILED);
	set_cpuid(guest, vcpu->fd);
	set_control(guest, vcpu->fd);
	guest_start_at(guest, n, GUEST_CODE);
}

void guest_load(struct guest *guest, const struct guest_code *code)
{
	expect(code->size <= GUEST_CODE_SIZE);
	memcpy(guest->memory + GUEST_CODE, code->start, code->size);
}

void guest_create(struct guest *guest, enum corbel_vm_type type,
		  const struct guest_code *code, unsigned int vcpus)
{
	guest_prepare(guest, type);
	guest_load(guest, code);
	while (guest->nr_vcpus < vcpus)
		guest_add_vcpu(guest);
}

void guest_destroy(struct guest *guest)
{
	long size = ioctl(guest->device, CORBEL_GET_VCPU_MMAP_SIZE, 0);
	unsigned int i;

	for (i = 0; i < guest->nr_vcpus; i++) {
		munmap(guest->vcpus[i].run, size);
		close(guest->vcpus[i].fd);
	}
	close(guest->vm);
	close(guest->device);
	if (guest->memory)
		munmap(guest->memory, guest->size);
}

/* Running it */

int guest_run(struct guest *guest, unsigned int vcpu)
{
	return ioctl(guest->vcpus[vcpu].fd, CORBEL_RUN, 0);
}

uint32_t guest_port_data(const struct guest *guest, unsigned int vcpu)
{
	const struct kvm_run *run = guest->vcpus[vcpu].run;
	uint32_t value = 0;

	memcpy(&value, (const char *)run + run->io.data_offset, run->io.size);
	return value;
}

const char *guest_exit_text(const struct kvm_run *run)
{
	static char text[400];

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		snprintf(text, sizeof(text), "%s port %#x",
			 run->io.direction == KVM_EXIT_IO_OUT ? "OUT to" :
								"IN from",
			 run->io.port);
		break;
	case CORBEL_EXIT_KILLED:
		snprintf(text, sizeof(text), "killed: %.256s",
			 CORBEL_KILLED_TEXT(run));
		break;
	case KVM_EXIT_MMIO:
		snprintf(text, sizeof(text), "MMIO at %#llx",
			 run->mmio.phys_addr);
		break;
	default:
		snprintf(text, sizeof(text), "exit reason %u",
			 run->exit_reason);
	}
	return text;
}

unsigned int guest_run_to_exit(struct guest *guest, unsigned int vcpu)
{
	const struct kvm_run *run = guest->vcpus[vcpu].run;

	expect_ok(guest_run(guest, vcpu));
	if (run->exit_reason != KVM_EXIT_IO ||
	    run->io.direction != KVM_EXIT_IO_OUT ||
	    run->io.port != CORBEL_PORT_EXIT)
		fail("vCPU %u does not exit: %s", vcpu, guest_exit_text(run));
	return guest_port_data(guest, vcpu);
}
