// SPDX-License-Identifier: GPL-2.0-only
/* A virtual machine: see machine.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "loader/kallsyms.h"
#include "vmm/machine.h"
#include "vmm/platform.h"

/* How often to look whether a guest that said so has really halted. */
#define HALT_WATCH_NS	(100 * 1000 * 1000)

/* Its end */

static void alarm_in(struct machine *m, long ns, long interval_ns)
{
	struct itimerspec time = {
		.it_value.tv_nsec = ns,
		.it_interval.tv_nsec = interval_ns,
	};

	timerfd_settime(m->event, 0, &time, NULL);
}

/* The kernel's own word for it, which no program in the guest can forge. */
static bool kernel_panics(struct machine *m)
{
	struct kallsyms *syms;
	struct error unused;
	uint64_t addr;
	const int *cpu = NULL;

	if (kallsyms_read(&m->image, &syms, &unused))
		return true;	/* then the console is all we have */
	if (kallsyms_lookup(syms, "panic_cpu", &addr))
		cpu = linux_at(&m->memory, &m->image, addr, sizeof(*cpu));
	kallsyms_free(syms);
	return !cpu || *(const volatile int *)cpu != -1;
}

/* A kernel may power off, reset or fault because it panicked. */
static enum machine_end real_end(struct machine *m, enum machine_end end)
{
	switch (end) {
	case MACHINE_POWERED_OFF:
	case MACHINE_RESET:
	case MACHINE_TRIPLE_FAULT:
		if (m->words.panic[0] && kernel_panics(m))
			return MACHINE_PANICKED;
		return end;
	default:
		return end;
	}
}

static const char *const end_texts[] = {
	[MACHINE_POWERED_OFF]	= "the guest powered off",
	[MACHINE_RESET]		= "the guest rebooted, which ends it",
	[MACHINE_HALTED]	= "the guest halted",
	[MACHINE_EXITED]	= "the guest ended itself",
	[MACHINE_PANICKED]	= "the guest's kernel panicked: ",
	[MACHINE_TRIPLE_FAULT]	= "the guest died of a triple fault",
	[MACHINE_KILLED]	= "the guest was killed: ",
	[MACHINE_FAILED]	= "",
};

/* The first to end it decides how it ended. */
static void end_locked(struct machine *m, enum machine_end end, int status,
		       const char *text)
{
	struct machine_outcome *o = &m->outcome;

	if (o->end != MACHINE_RUNS)
		return;
	o->end = real_end(m, end);
	o->status = status;
	snprintf(o->text, sizeof(o->text), "%s%s", end_texts[o->end],
		 o->end == MACHINE_PANICKED ? m->words.panic : text);
	alarm_in(m, 1, 0);
}

static void end(struct machine *m, enum machine_end how, int status,
		const char *text)
{
	pthread_mutex_lock(&m->lock);
	end_locked(m, how, status, text);
	pthread_mutex_unlock(&m->lock);
}

static void watch_for_halt(struct machine *m)
{
	if (m->outcome.end != MACHINE_RUNS || m->halting)
		return;
	m->halting = true;
	alarm_in(m, HALT_WATCH_NS, HALT_WATCH_NS);
}

static bool has_halted(struct machine *m)
{
	bool halted = true;
	unsigned int i;

	for (i = 0; i < m->vcpu_count; i++)
		halted &= vcpu_is_dead_halted(&m->vcpus[i]);
	return halted;
}

bool machine_check(struct machine *m)
{
	uint64_t count;
	bool over;

	if (read(m->event, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return true;
	pthread_mutex_lock(&m->lock);
	if (m->halting && m->outcome.end == MACHINE_RUNS && has_halted(m))
		end_locked(m, MACHINE_HALTED, 0, "");
	over = m->outcome.end != MACHINE_RUNS;
	pthread_mutex_unlock(&m->lock);
	return over;
}

/* What devices and vCPUs have to say */

static void on_vcpu_end(void *opaque, unsigned int id, enum vcpu_end how,
			int status, const char *text)
{
	static const enum machine_end ends[] = {
		[VCPU_EXIT]	= MACHINE_EXITED,
		[VCPU_SHUTDOWN]	= MACHINE_TRIPLE_FAULT,
		[VCPU_KILLED]	= MACHINE_KILLED,
		[VCPU_FAILED]	= MACHINE_FAILED,
	};
	struct machine *m = opaque;

	(void)id;
	if (how != VCPU_STOPPED)
		end(m, ends[how], status, text);
}

static void on_platform_event(void *opaque, enum platform_event event)
{
	end(opaque, event == PLATFORM_EVENT_RESET ? MACHINE_RESET :
						    MACHINE_POWERED_OFF, 0, "");
}

static void on_exit_status(void *opaque, uint8_t status)
{
	end(opaque, MACHINE_EXITED, status, "");
}

static void on_mark(void *opaque, uint32_t mark)
{
	struct machine *m = opaque;

	if (m->config.mark)
		m->config.mark(m->config.opaque, mark);
}

static void on_output(void *opaque, const uint8_t *bytes, size_t n)
{
	struct machine *m = opaque;
	size_t used;

	m->config.output(m->config.opaque, bytes, n);
	pthread_mutex_lock(&m->lock);
	for (; n; n -= used, bytes += used) {
		switch (lastwords_hear(&m->words, bytes, n, &used)) {
		case LASTWORDS_PANIC:
			if (kernel_panics(m))
				end_locked(m, MACHINE_PANICKED, 0, "");
			break;
		case LASTWORDS_HALT:
			watch_for_halt(m);
			break;
		case LASTWORDS_NONE:
			break;
		}
	}
	pthread_mutex_unlock(&m->lock);
}

static void on_room(void *opaque)
{
	struct machine *m = opaque;

	m->config.room(m->config.opaque);
}

static void send_msi(void *opaque, uint64_t address, uint32_t data)
{
	struct machine *m = opaque;
	struct kvm_msi msi = {
		.address_lo = address,
		.address_hi = address >> 32,
		.data = data,
	};

	/* A message that nobody takes is lost, as on a real bus. */
	backend_ioctl(&m->backend, m->backend.vm, KVM_SIGNAL_MSI, &msi);
}

/* Making it */

static int add_slot(struct machine *m, uint32_t slot, uint64_t gpa,
		    uint64_t offset, uint64_t size, struct error *err)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)m->memory.base + offset,
	};

	if (backend_ioctl(&m->backend, m->backend.vm,
			  KVM_SET_USER_MEMORY_REGION, &region))
		return error_set(err, "giving the guest %lu MiB of memory: %m",
				 (unsigned long)(size >> 20));
	return 0;
}

static int add_memory(struct machine *m, struct error *err)
{
	uint64_t low = guest_memory_low(&m->memory);
	uint64_t high = m->memory.size - low;

	if (add_slot(m, 0, 0, 0, low, err))
		return -1;
	return high ? add_slot(m, 1, GUEST_HIGH_RAM, low, high, err) : 0;
}

static int add_devices(struct machine *m, struct error *err)
{
	const struct exitport_events exitport = {
		.exit = on_exit_status, .mark = on_mark, .opaque = m,
	};
	const struct serial_config serial = {
		.port = PLATFORM_PORT_SERIAL,
		.gsi = PLATFORM_GSI_SERIAL,
		.raise = ioapic_set_line, .irqchip = &m->ioapic,
		.output = on_output, .room = on_room, .console = m,
	};

	m->ports = (struct io_bus) { .name = "port", .last = 0xffff };
	m->mmio = (struct io_bus) { .name = "memory", .last = UINT64_MAX };
	if (ioapic_init(&m->ioapic, send_msi, m, &m->mmio, err) ||
	    serial_init(&m->serial, &serial, &m->ports, err) ||
	    acpi_registers_init(&m->acpi, on_platform_event, m, &m->ports,
				err) ||
	    exitport_init(&m->exitport, &exitport, &m->ports, err) ||
	    pciconf_init(&m->pci, &m->ports, err))
		return -1;
	return 0;
}

static int load(struct machine *m, struct linux_start *start,
		struct error *err)
{
	const struct machine_config *c = &m->config;
	const struct acpi_config acpi = { .cpus = c->cpus };
	struct linux_config config = {
		.cmdline = c->cmdline,
		.initrd = c->initrd,
		.initrd_size = c->initrd_size,
		.reserved = linux_pv_reserved(c->cpus),
	};
	void *tables = guest_memory_at(&m->memory, PLATFORM_ACPI_TABLES,
				       PLATFORM_ACPI_TABLES_SIZE);

	if (acpi_build(&acpi, tables, PLATFORM_ACPI_TABLES,
		       PLATFORM_ACPI_TABLES_SIZE, &config.acpi_rsdp, err) ||
	    linux_load(&m->memory, &m->image, &config, start, err))
		return -1;
	return c->mode == BACKEND_PV ?
	       linux_prepare_pv(&m->memory, &m->image, c->cpus, c->hooks,
				start, err) : 0;
}

static int set_shim(struct machine *m, const struct linux_start *start,
		    struct error *err)
{
	struct corbel_shim shim = {
		.code = start->shim,
		.vcpu_pages = start->vcpu_pages,
		.ap_cr3 = start->ap_cr3,
	};

	if (m->config.mode == BACKEND_PV &&
	    backend_ioctl(&m->backend, m->backend.vm, CORBEL_SET_SHIM, &shim))
		return error_set(err, "the module does not take our shim: %m");
	return 0;
}

static int add_vcpus(struct machine *m, const struct linux_start *start,
		     struct error *err)
{
	const struct vcpu_config config = {
		.backend = &m->backend,
		.ports = &m->ports,
		.mmio = &m->mmio,
		.end = on_vcpu_end,
		.opaque = m,
		.count = m->config.cpus,
	};

	m->vcpus = calloc(config.count, sizeof(*m->vcpus));
	if (!m->vcpus)
		return error_set(err, "%u vCPUs: %m", config.count);
	for (; m->vcpu_count < config.count; m->vcpu_count++)
		if (vcpu_create(&m->vcpus[m->vcpu_count], &config,
				m->vcpu_count, err))
			return -1;
	return vcpu_set_start(&m->vcpus[0], start, err);
}

static int make(struct machine *m, struct error *err)
{
	struct linux_start start;

	m->event = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (m->event < 0)
		return error_set(err, "timer: %m");
	if (image_open(&m->image, m->config.kernel, err) ||
	    guest_memory_create(&m->memory, m->config.memory, err) ||
	    load(m, &start, err) || add_devices(m, err) ||
	    backend_open(&m->backend, m->config.mode, err) ||
	    add_memory(m, err) || set_shim(m, &start, err))
		return -1;
	return add_vcpus(m, &start, err);
}

int machine_create(struct machine *m, const struct machine_config *config,
		   struct error *err)
{
	*m = (struct machine) {
		.config = *config,
		.backend = { .fd = -1, .vm = -1 },
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
	if (!make(m, err))
		return 0;
	machine_destroy(m);
	return -1;
}

int machine_start(struct machine *m, struct error *err)
{
	unsigned int i;

	for (i = 0; i < m->vcpu_count; i++)
		if (vcpu_start(&m->vcpus[i], err)) {
			machine_stop(m);
			return -1;
		}
	return 0;
}

void machine_stop(struct machine *m)
{
	unsigned int i;

	for (i = 0; i < m->vcpu_count; i++)
		vcpu_ask_to_stop(&m->vcpus[i]);
	for (i = 0; i < m->vcpu_count; i++)
		vcpu_join(&m->vcpus[i]);
	serial_flush(&m->serial);
}

void machine_destroy(struct machine *m)
{
	unsigned int i;

	for (i = 0; i < m->vcpu_count; i++)
		vcpu_destroy(&m->vcpus[i]);
	free(m->vcpus);
	backend_close(&m->backend);
	guest_memory_destroy(&m->memory);
	image_close(&m->image);
	if (m->event >= 0)
		close(m->event);
}

size_t machine_input(struct machine *m, const uint8_t *bytes, size_t n)
{
	return serial_input(&m->serial, bytes, n);
}
