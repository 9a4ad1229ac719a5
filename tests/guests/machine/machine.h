/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine: a micro guest with the least of a kernel, the same in every mode.
 *
 * It has segments, interrupt tables, task states, a user address range and a
 * local APIC, set up for up to MACHINE_VCPUS vCPUs.  A test has a vCPU run code
 * in kernel or user mode; the first exception or system call ends that, and the
 * test gets to see it as hardware has shown it to the guest kernel.  Interrupts
 * and NMIs are logged, and the code goes on.
 */
#ifndef TESTS_GUESTS_MACHINE_H
#define TESTS_GUESTS_MACHINE_H

#include "guest.h"
#include "layout.h"
#include "test.h"

#define PAGE		0x1000ULL

#define PTE_P		1ULL
#define PTE_W		2ULL
#define PTE_U		4ULL
#define PTE_A		0x20ULL
#define PTE_D		0x40ULL
#define PTE_PS		0x80ULL
#define PTE_G		0x100ULL
#define PTE_NX		(1ULL << 63)
#define PTE_USER	(PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)
#define PTE_KERNEL	(PTE_P | PTE_W | PTE_A | PTE_D)

#define VECTOR_DB	1
#define VECTOR_NMI	2
#define VECTOR_BP	3
#define VECTOR_UD	6
#define VECTOR_DF	8
#define VECTOR_SS	12
#define VECTOR_GP	13
#define VECTOR_PF	14

#define ERROR_P		1
#define ERROR_W		2
#define ERROR_U		4
#define ERROR_RSVD	8
#define ERROR_I		16

/**
 * struct machine_event - what ended the code that ran
 * @vector:	an exception, EVENT_SYSCALL, or EVENT_NONE: the code said so
 * @error:	its error code, or 0
 * @rip, @cs, @rflags, @rsp, @ss: the frame; not for EVENT_SYSCALL
 * @cr2:	CR2
 * @rax, @rcx, @rdx: the registers
 */
struct machine_event {
	uint64_t vector;
	uint64_t error;
	uint64_t rip, cs, rflags, rsp, ss;
	uint64_t cr2;
	uint64_t rax, rcx, rdx;
};

/* Whose mode the code is to run in. */
enum machine_mode { IN_KERNEL, IN_USER };

/**
 * machine_create - a machine whose vCPUs are ready to run code
 * @machine:	the guest
 * @type:	of its VM
 * @code:	what is loaded at GUEST_CODE, or NULL
 * @vcpus:	how many
 */
void machine_create(struct guest *machine, enum corbel_vm_type type,
		    const struct guest_code *code, unsigned int vcpus);

/* Code for user mode, at MACHINE_USER. */
void machine_load_user(struct guest *machine, const struct guest_code *code);

/*
 * Have a vCPU start at @regs->rip.  RSP and RFLAGS are set here if they are 0.
 * Its last run must have ended in kernel mode, which it does unless it was
 * interrupted.
 */
void machine_start(struct guest *machine, unsigned int vcpu,
		   enum machine_mode mode, const struct kvm_regs *regs);

/* A return to user mode with any frame. */
void machine_start_frame(struct guest *machine, unsigned int vcpu,
			 const struct kvm_regs *regs, uint64_t cs, uint64_t ss);

/* Go on until the code ends; any other exit fails. */
struct machine_event machine_run(struct guest *machine, unsigned int vcpu);

/* Both, with RSI, on vCPU 0. */
struct machine_event machine_call(struct guest *machine,
				  enum machine_mode mode, uint64_t rip,
				  uint64_t rsi);

/* Code at an offset of that in GUEST_CODE, such as a label gives. */
#define AT(label) (GUEST_CODE + (label))

/* A word of a vCPU's page. */
static inline volatile uint64_t *machine_word(const struct guest *machine,
					      unsigned int vcpu,
					      unsigned int offset)
{
	return guest_word(machine, MACHINE_CPU(vcpu) + offset);
}

/* Logged interrupts, and the vector of one of them. */
#define machine_count(machine, vcpu) (*machine_word(machine, vcpu, CPU_LOGGED))
#define machine_logged(machine, vcpu, n) \
	(*machine_word(machine, vcpu, CPU_LOG + 8 * (n)))

/* The user page table's entry for a page of the user range. */
static inline volatile uint64_t *machine_pte(const struct guest *machine,
					     unsigned int page)
{
	return guest_word(machine, MACHINE_PT_USER + 8 * page);
}

/* It ran into its end, which RUN has shown: killed or triple fault. */
bool machine_is_dead(const struct guest *machine, unsigned int vcpu);

/* A thread that has a vCPU run until its code ends or RUN is interrupted. */
struct machine_thread {
	struct guest *machine;
	unsigned int vcpu;
	unsigned long thread;
	int result, error;
};

void machine_thread_start(struct machine_thread *thread, struct guest *machine,
			  unsigned int vcpu);
bool machine_thread_is_done(struct machine_thread *thread, unsigned int ms);
void machine_thread_stop(struct machine_thread *thread);

#endif /* TESTS_GUESTS_MACHINE_H */
