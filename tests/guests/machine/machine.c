// SPDX-License-Identifier: GPL-2.0-only
/* Machines: see machine.h. */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include <corbel/vcpu_page.h>

#include "machine.h"

#define RFLAGS_FIXED	2
#define RFLAGS_IF	0x200

/* Descriptors, flat, as Linux has them */
#define DESC_KERNEL_CODE	0x00af9b000000ffffULL
#define DESC_KERNEL_DATA	0x00cf93000000ffffULL
#define DESC_USER32_CODE	0x00cffb000000ffffULL
#define DESC_USER_DATA		0x00cff3000000ffffULL
#define DESC_USER_CODE		0x00affb000000ffffULL
#define DESC_CPU		0x0040f50000000000ULL	/* limit: its number */
#define DESC_TSS		0x0000890000000067ULL

#define GATE_INTERRUPT		0x8e00
#define GATE_FOR_USER		0xee00

/* In the task state */
#define TSS_RSP0		4
#define TSS_IST1		36
#define TSS_IOMAP		102

extern const struct guest_code machine_kernel;
extern const uint64_t machine_init, machine_iret, machine_syscall;

static uint64_t stack_of(unsigned int n)
{
	return GUEST_STACKS + (n + 1) * PAGE;
}

static void write_tables(const struct guest *machine)
{
	unsigned int i;

	*guest_word(machine, GUEST_PML4) |= PTE_U;
	*guest_word(machine, GUEST_PDPT + 8) = MACHINE_PD_USER | PTE_USER;
	*guest_word(machine, MACHINE_PD_USER) = MACHINE_PT_USER | PTE_USER;
	for (i = 0; i < MACHINE_USER_PAGES; i++)
		*machine_pte(machine, i) = (MACHINE_USER_GPA + i * PAGE) |
					   PTE_USER;
	*guest_word(machine, GUEST_PML4 + 8 * 273) = GUEST_PDPT | PTE_KERNEL;
	*guest_word(machine, GUEST_PML4 + 8 * 511) = MACHINE_PDPT_HIGH |
						     PTE_KERNEL;
	*guest_word(machine, MACHINE_PDPT_HIGH + 8 * 510) = GUEST_PD |
							    PTE_KERNEL;
}

static void write_gdt(const struct guest *machine, unsigned int n)
{
	volatile uint64_t *gdt = machine_word(machine, n, CPU_GDT);

	gdt[KERNEL_CS / 8] = DESC_KERNEL_CODE;
	gdt[KERNEL_SS / 8] = DESC_KERNEL_DATA;
	gdt[USER32_CS / 8] = DESC_USER32_CODE;
	gdt[USER_SS / 8] = DESC_USER_DATA;
	gdt[USER_CS / 8] = DESC_USER_CODE;
	gdt[CPU_SELECTOR / 8] = DESC_CPU | n;
	gdt[TSS_SELECTOR / 8] = DESC_TSS |
				(uint64_t)(MACHINE_CPU(n) + CPU_TSS) << 16;
}

static void write_tss(const struct guest *machine, unsigned int n)
{
	uint8_t *tss = machine->memory + MACHINE_CPU(n) + CPU_TSS;
	uint64_t rsp0 = stack_of(n), ist1 = stack_of(n + MACHINE_VCPUS);
	uint16_t no_map = 0xffff;

	memcpy(tss + TSS_RSP0, &rsp0, sizeof(rsp0));
	memcpy(tss + TSS_IST1, &ist1, sizeof(ist1));
	memcpy(tss + TSS_IOMAP, &no_map, sizeof(no_map));
}

static void write_idt(const struct guest *machine, unsigned int n)
{
	volatile uint64_t *gate = guest_word(machine, MACHINE_IDT(n));
	unsigned int i;

	for (i = 0; i < 256; i++) {
		uint64_t to = MACHINE_STUBS(n) + 16 * i;
		uint64_t type = i == VECTOR_BP || i == 0x80 ? GATE_FOR_USER :
							      GATE_INTERRUPT;

		if (i == VECTOR_DF)
			type |= 1;	/* IST 1 */
		gate[2 * i] = (to & 0xffff) | KERNEL_CS << 16 | type << 32 |
			      (to >> 16) << 48;
		gate[2 * i + 1] = 0;
	}
}

static void write_table_register(const struct guest *machine, uint64_t gpa,
				 uint64_t base, uint16_t limit)
{
	memcpy(machine->memory + gpa, &limit, sizeof(limit));
	memcpy(machine->memory + gpa + 2, &base, sizeof(base));
}

/* Where the shim sends system calls. */
static void set_shim_words(const struct guest *machine, unsigned int n)
{
	struct corbel_vcpu_page *page = (void *)(machine->memory + GUEST_PAGES +
						 n * PAGE);

	page->shim[GUEST_WORD_SYSCALL] = MACHINE_KERNEL +
					 machine_syscall + 16 * n;
	page->shim[GUEST_WORD_SYSCALL_STACK] = stack_of(n);
}

static void set_up_cpu(struct guest *machine, unsigned int n)
{
	uint64_t page = MACHINE_CPU(n);

	write_gdt(machine, n);
	write_tss(machine, n);
	write_idt(machine, n);
	write_table_register(machine, page + CPU_GDTR, page + CPU_GDT,
			     CPU_GDT_SIZE - 1);
	write_table_register(machine, page + CPU_IDTR, MACHINE_IDT(n), 0xfff);
	*machine_word(machine, n, CPU_TR) = TSS_SELECTOR;
	if (machine->type == CORBEL_VM_PV)
		set_shim_words(machine, n);
	guest_start_at(machine, n, MACHINE_KERNEL + machine_init);
	expect_equal(guest_run_to_exit(machine, n), 0);
}

void machine_create(struct guest *machine, enum corbel_vm_type type,
		    const struct guest_code *code, unsigned int vcpus)
{
	unsigned int n;

	guest_prepare(machine, type);
	write_tables(machine);
	memcpy(machine->memory + MACHINE_KERNEL, machine_kernel.start,
	       machine_kernel.size);
	*guest_word(machine, MACHINE_RETURN) = type == CORBEL_VM_PV ?
		GUEST_IRET : MACHINE_KERNEL + machine_iret;
	if (code)
		guest_load(machine, code);
	for (n = 0; n < vcpus; n++) {
		guest_add_vcpu(machine);
		set_up_cpu(machine, n);
	}
}

void machine_load_user(struct guest *machine, const struct guest_code *code)
{
	memcpy(machine->memory + MACHINE_USER_GPA, code->start, code->size);
}

/* Running */

static void set_regs(struct guest *machine, unsigned int vcpu,
		     const struct kvm_regs *regs)
{
	machine_word(machine, vcpu, CPU_EVENT)[0] = EVENT_NONE;
	expect_ok(ioctl(machine->vcpus[vcpu].fd, CORBEL_SET_REGS, regs));
}

void machine_start_frame(struct guest *machine, unsigned int vcpu,
			 const struct kvm_regs *regs, uint64_t cs, uint64_t ss)
{
	uint64_t stack = stack_of(vcpu) - 5 * 8;
	volatile uint64_t *frame = guest_word(machine, stack);
	struct kvm_regs now = *regs;

	frame[0] = regs->rip;
	frame[1] = cs;
	frame[2] = regs->rflags;
	frame[3] = regs->rsp;
	frame[4] = ss;
	now.rip = *guest_word(machine, MACHINE_RETURN);
	now.rsp = stack;
	now.rflags = RFLAGS_FIXED;
	set_regs(machine, vcpu, &now);
}

void machine_start(struct guest *machine, unsigned int vcpu,
		   enum machine_mode mode, const struct kvm_regs *regs)
{
	struct kvm_regs now = *regs;

	if (!now.rsp)
		now.rsp = mode == IN_USER ? MACHINE_USER_STACK : stack_of(vcpu);
	if (!now.rflags)
		now.rflags = mode == IN_USER ? RFLAGS_FIXED | RFLAGS_IF :
					       RFLAGS_FIXED;
	if (mode == IN_USER)
		machine_start_frame(machine, vcpu, &now, USER_CS, USER_SS);
	else
		set_regs(machine, vcpu, &now);
}

struct machine_event machine_run(struct guest *machine, unsigned int vcpu)
{
	guest_run_to_exit(machine, vcpu);
	return *(struct machine_event *)machine_word(machine, vcpu, CPU_EVENT);
}

struct machine_event machine_call(struct guest *machine,
				  enum machine_mode mode, uint64_t rip,
				  uint64_t rsi)
{
	const struct kvm_regs regs = { .rip = rip, .rsi = rsi };

	machine_start(machine, 0, mode, &regs);
	return machine_run(machine, 0);
}

bool machine_is_dead(const struct guest *machine, unsigned int vcpu)
{
	uint32_t reason = machine->vcpus[vcpu].run->exit_reason;

	return reason == CORBEL_EXIT_KILLED || reason == KVM_EXIT_SHUTDOWN;
}

/* Threads */

static void on_signal(int number)
{
	(void)number;
}

static void *run_thread(void *opaque)
{
	struct machine_thread *thread = opaque;

	thread->result = guest_run(thread->machine, thread->vcpu);
	thread->error = errno;
	return NULL;
}

void machine_thread_start(struct machine_thread *thread, struct guest *machine,
			  unsigned int vcpu)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &action, NULL);
	*thread = (struct machine_thread) {
		.machine = machine, .vcpu = vcpu,
	};
	expect_equal(pthread_create(&thread->thread, NULL, run_thread, thread),
		     0);
}

bool machine_thread_is_done(struct machine_thread *thread, unsigned int ms)
{
	struct timespec limit;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_nsec += ms % 1000 * 1000000L;
	limit.tv_sec += ms / 1000 + limit.tv_nsec / 1000000000;
	limit.tv_nsec %= 1000000000;
	return !pthread_timedjoin_np(thread->thread, NULL, &limit);
}

/* A signal that comes before RUN is lost, so one may not be enough. */
void machine_thread_stop(struct machine_thread *thread)
{
	do {
		pthread_kill(thread->thread, SIGUSR1);
	} while (!machine_thread_is_done(thread, 100));
}
