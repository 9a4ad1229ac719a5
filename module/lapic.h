/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The local APIC of a vCPU, in x2APIC mode from reset on: registers are MSRs,
 * there is no register page.  See lapic.c.
 */
#ifndef CORBEL_LAPIC_H
#define CORBEL_LAPIC_H

#include <linux/bitmap.h>
#include <linux/hrtimer.h>
#include <linux/types.h>

struct vcpu;
struct vm;

/* Indices of lapic.lvt, in the order of their MSRs. */
enum lapic_lvt {
	LVT_TIMER, LVT_THERMAL, LVT_PERF, LVT_LINT0, LVT_LINT1, LVT_ERROR,
	NR_LVT
};

/**
 * struct lapic - a local APIC
 * @irr:	interrupts requested; any context may set bits
 * @isr:	interrupts in service; this and all that follows belongs to
 *		the vCPU's thread
 * @tmr:	which of them are level triggered
 * @tpr:	task priority
 * @svr:	spurious interrupt vector, and the bit that enables the APIC
 * @esr:	error status, as last latched by a write
 * @esr_next:	errors since
 * @lvt:	local vector table
 * @initial_count: of the timer, when it counts
 * @divide:	divide configuration register
 * @deadline:	MSR_IA32_TSC_DEADLINE, 0 if not armed
 * @period_ns:	how long the timer counts: it runs at 1 GHz before division
 * @timer:	the host's timer behind it
 * @timer_fired: set by @timer
 * @pv_eoi:	MSR_KVM_PV_EOI_EN
 * @pv_eoi_vector: the vector that the guest may end in memory, -1 for none
 */
struct lapic {
	DECLARE_BITMAP(irr, 256);
	DECLARE_BITMAP(isr, 256);
	DECLARE_BITMAP(tmr, 256);
	u32 tpr;
	u32 svr;
	u32 esr;
	u32 esr_next;
	u32 lvt[NR_LVT];
	u32 initial_count;
	u32 divide;
	u64 deadline;
	u64 period_ns;
	struct hrtimer timer;
	bool timer_fired;
	u64 pv_eoi;
	int pv_eoi_vector;
};

/**
 * struct lapic_message - an interrupt message on its way to local APICs
 * @dest:	destination, physical or logical
 * @logical:	which of the two
 * @delivery:	APIC_DM_*
 * @vector:	the vector; of STARTUP the page to start at
 * @level:	level triggered
 */
struct lapic_message {
	u32 dest;
	bool logical;
	u32 delivery;
	u8 vector;
	bool level;
};

/* A destination that means every local APIC. */
#define LAPIC_BROADCAST	0xffffffff

void lapic_create(struct vcpu *vcpu);
void lapic_destroy(struct vcpu *vcpu);
void lapic_reset(struct vcpu *vcpu);

bool lapic_is_register(u32 msr);
int lapic_get_msr(struct vcpu *vcpu, u32 msr, u64 *value);
int lapic_set_msr(struct vcpu *vcpu, u32 msr, u64 value);

int lapic_deliver(struct vm *vm, const struct lapic_message *message);
int lapic_deliver_msi(struct vm *vm, u64 address, u32 data);

int lapic_pending(struct vcpu *vcpu);
void lapic_accept(struct vcpu *vcpu, u8 vector);
u8 lapic_ppr(struct vcpu *vcpu);

#endif /* CORBEL_LAPIC_H */
