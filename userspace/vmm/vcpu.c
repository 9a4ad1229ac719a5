// SPDX-License-Identifier: GPL-2.0-only
/* A virtual CPU: see vcpu.h. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/cpuid.h"
#include "vmm/platform.h"
#include "vmm/vcpu.h"

/* Interrupts KVM_RUN; what is to be done then stands in immediate_exit. */
#define KICK_SIGNAL	SIGRTMIN

#define RFLAGS_IF		(1 << 9)

#define APIC_BASE_ENABLED	(1 << 11)
#define APIC_BASE_X2APIC	(1 << 10)
#define APIC_BASE_BSP		(1 << 8)

static int vcpu_ioctl(const struct vcpu *vcpu, unsigned long request,
		      void *arg)
{
	return backend_ioctl(vcpu->config.backend, vcpu->fd, request, arg);
}

/* Flat 64-bit segments, as the boot protocol wants them. */
static void set_flat_segments(struct kvm_sregs *sregs)
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

#define CR0_64BIT	0x80050033	/* PG AM WP NE ET MP PE */
#define CR4_PAE		0x20
#define EFER_64BIT	0x500		/* LMA LME */

int vcpu_set_start(struct vcpu *vcpu, const struct linux_start *start,
		   struct error *err)
{
	struct kvm_regs regs = {
		.rip = start->rip, .rdi = start->rdi, .rsi = start->rsi,
		.rflags = 2,
	};
	struct kvm_sregs sregs;

	if (vcpu_ioctl(vcpu, KVM_GET_SREGS, &sregs))
		return error_set(err, "reading the registers: %m");
	sregs.cr3 = start->cr3;
	if (vcpu->config.backend->mode != BACKEND_PV) {
		set_flat_segments(&sregs);
		sregs.cr0 = CR0_64BIT;
		sregs.cr4 = CR4_PAE;
		sregs.efer = EFER_64BIT;
	}
	if (vcpu_ioctl(vcpu, KVM_SET_SREGS, &sregs) ||
	    vcpu_ioctl(vcpu, KVM_SET_REGS, &regs))
		return error_set(err, "setting the registers: %m");
	return 0;
}

/* As firmware may leave it, and Corbel always does: x2APIC on. */
static int enable_x2apic(struct vcpu *vcpu, struct error *err)
{
	struct kvm_sregs sregs;

	if (vcpu_ioctl(vcpu, KVM_GET_SREGS, &sregs))
		return error_set(err, "vCPU %u: reading the registers: %m",
				 vcpu->id);
	sregs.apic_base = PLATFORM_LAPIC | APIC_BASE_ENABLED |
			  APIC_BASE_X2APIC | (vcpu->id ? 0 : APIC_BASE_BSP);
	if (vcpu_ioctl(vcpu, KVM_SET_SREGS, &sregs))
		return error_set(err, "vCPU %u: enabling its x2APIC: %m",
				 vcpu->id);
	return 0;
}

static int map_run(struct vcpu *vcpu, struct error *err)
{
	void *run = mmap(NULL, vcpu->config.backend->run_size, PROT_READ | PROT_WRITE,
			 MAP_SHARED, vcpu->fd, 0);

	if (run == MAP_FAILED)
		return error_set(err, "vCPU %u: mapping its page: %m",
				 vcpu->id);
	vcpu->run = run;
	return 0;
}

int vcpu_create(struct vcpu *vcpu, const struct vcpu_config *config,
		unsigned int id, struct error *err)
{
	const struct backend *backend = config->backend;

	*vcpu = (struct vcpu) { .config = *config, .id = id };
	vcpu->fd = backend_ioctl(backend, backend->vm, KVM_CREATE_VCPU,
				 (void *)(uintptr_t)id);
	if (vcpu->fd < 0)
		return error_set(err, "creating vCPU %u: %m", id);
	if (map_run(vcpu, err) ||
	    cpuid_set(backend, vcpu->fd, id, config->count, err) ||
	    (backend->mode == BACKEND_KVM && enable_x2apic(vcpu, err))) {
		vcpu_destroy(vcpu);
		return -1;
	}
	return 0;
}

void vcpu_destroy(struct vcpu *vcpu)
{
	if (vcpu->run)
		munmap(vcpu->run, vcpu->config.backend->run_size);
	if (vcpu->fd >= 0)
		close(vcpu->fd);
	vcpu->run = NULL;
	vcpu->fd = -1;
}

/* Exits */

static void handle_io(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	uint8_t *data = (uint8_t *)run + run->io.data_offset;
	uint32_t i;

	for (i = 0; i < run->io.count; i++, data += run->io.size) {
		if (run->io.direction == KVM_EXIT_IO_OUT)
			bus_write(vcpu->config.ports, run->io.port, data,
				  run->io.size);
		else
			bus_read(vcpu->config.ports, run->io.port, data,
				 run->io.size);
	}
}

static void handle_mmio(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	if (run->mmio.is_write)
		bus_write(vcpu->config.mmio, run->mmio.phys_addr, run->mmio.data,
			  run->mmio.len);
	else
		bus_read(vcpu->config.mmio, run->mmio.phys_addr, run->mmio.data,
			 run->mmio.len);
}

static void end(const struct vcpu *vcpu, enum vcpu_end how, int status,
		const char *text)
{
	vcpu->config.end(vcpu->config.opaque, vcpu->id, how, status, text);
}

static void end_failed(const struct vcpu *vcpu, const char *what,
		       unsigned long long detail)
{
	char text[128];

	snprintf(text, sizeof(text), "vCPU %u: %s (%#llx)", vcpu->id, what,
		 detail);
	end(vcpu, VCPU_FAILED, 0, text);
}

/* Returns false if the vCPU is not to be run again. */
static bool handle_exit(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		handle_io(vcpu);
		return true;
	case KVM_EXIT_MMIO:
		handle_mmio(vcpu);
		return true;
	case KVM_EXIT_INTR:
	case KVM_EXIT_IRQ_WINDOW_OPEN:
		return true;
	case KVM_EXIT_SHUTDOWN:
		end(vcpu, VCPU_SHUTDOWN, 0, "");
		return false;
	case KVM_EXIT_SYSTEM_EVENT:
		if (run->system_event.type == CORBEL_SYSTEM_EVENT_EXIT) {
			end(vcpu, VCPU_EXIT, run->system_event.data[0], "");
			return false;
		}
		break;
	case CORBEL_EXIT_KILLED:
		end(vcpu, VCPU_KILLED, 0, CORBEL_KILLED_TEXT(run));
		return false;
	case KVM_EXIT_FAIL_ENTRY:
		end_failed(vcpu, "the CPU refuses to enter the guest",
			   run->fail_entry.hardware_entry_failure_reason);
		return false;
	case KVM_EXIT_INTERNAL_ERROR:
		end_failed(vcpu, "internal error of the hypervisor",
			   run->internal.suberror);
		return false;
	}
	end_failed(vcpu, "unknown exit", run->exit_reason);
	return false;
}

static bool is_dead_halted(const struct vcpu *vcpu)
{
	struct kvm_mp_state state;
	struct kvm_regs regs;

	if (vcpu_ioctl(vcpu, KVM_GET_MP_STATE, &state) ||
	    vcpu_ioctl(vcpu, KVM_GET_REGS, &regs))
		return false;
	switch (state.mp_state) {
	case KVM_MP_STATE_UNINITIALIZED:
	case KVM_MP_STATE_INIT_RECEIVED:
		return true;
	case KVM_MP_STATE_HALTED:
		return !(regs.rflags & RFLAGS_IF);
	default:
		return false;
	}
}

/* Returns false if the thread is to end. */
static bool handle_signal(struct vcpu *vcpu)
{
	if (__atomic_load_n(&vcpu->run->immediate_exit, __ATOMIC_ACQUIRE)) {
		end(vcpu, VCPU_STOPPED, 0, "");
		return false;
	}
	if (vcpu->asked) {
		vcpu->asked = false;
		vcpu->dead_halted = is_dead_halted(vcpu);
	}
	return true;
}

static void *run_vcpu(void *opaque)
{
	struct vcpu *vcpu = opaque;
	bool goes_on;

	do {
		if (!vcpu_ioctl(vcpu, KVM_RUN, NULL)) {
			goes_on = handle_exit(vcpu);
		} else if (errno == EINTR || errno == EAGAIN) {
			goes_on = handle_signal(vcpu);
		} else {
			end_failed(vcpu, strerror(errno), errno);
			goes_on = false;
		}
	} while (goes_on);
	return NULL;
}

/* All it does is to interrupt. */
static void on_kick(int number)
{
	(void)number;
}

int vcpu_start(struct vcpu *vcpu, struct error *err)
{
	struct sigaction action = { .sa_handler = on_kick };
	sigset_t all, old;
	int result;

	sigaction(KICK_SIGNAL, &action, NULL);
	/* All other signals are the main thread's. */
	sigfillset(&all);
	sigdelset(&all, KICK_SIGNAL);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	result = pthread_create(&vcpu->thread, NULL, run_vcpu, vcpu);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (result)
		return error_set(err, "starting vCPU %u: %s", vcpu->id,
				 strerror(result));
	vcpu->started = true;
	return 0;
}

void vcpu_ask_to_stop(struct vcpu *vcpu)
{
	if (!vcpu->started)
		return;
	__atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_RELEASE);
	pthread_kill(vcpu->thread, KICK_SIGNAL);
}

void vcpu_join(struct vcpu *vcpu)
{
	if (vcpu->started)
		pthread_join(vcpu->thread, NULL);
	vcpu->started = false;
}

bool vcpu_is_dead_halted(struct vcpu *vcpu)
{
	vcpu->asked = true;
	pthread_kill(vcpu->thread, KICK_SIGNAL);
	return vcpu->dead_halted;
}
