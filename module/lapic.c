// SPDX-License-Identifier: GPL-2.0-only
/*
 * A local APIC for each vCPU, used by every mode.
 *
 * Only x2APIC mode exists (Intel SDM volume 3, "Extended XAPIC (x2APIC)"): it
 * is on at reset, as firmware may leave it, and can't be left.  So there is no
 * register page to trap, and APIC IDs are vCPU numbers.  The timer is one host
 * hrtimer, armed for a TSC deadline or for a count.
 *
 * Anyone may request an interrupt (lapic_deliver()); everything else happens
 * in the vCPU's own thread, so that no lock is needed.
 */
#include <linux/bitops.h>
#include <linux/math64.h>
#include <asm/apicdef.h>
#include <asm/kvm_para.h>
#include <asm/msr-index.h>
#include <asm/tsc.h>

#include "corbel.h"
#include "vm.h"

#define X2APIC_MSR(reg)		(APIC_BASE_MSR + ((reg) >> 4))
#define X2APIC_SELF_IPI		0x83f

/* Version 0x14, six LVT entries, no directed EOI. */
#define LAPIC_VERSION		(0x14 | (NR_LVT - 1) << 16)

/* The shortest period a guest may ask the host's timer for. */
#define MIN_PERIOD_NS		20000

static const u16 lvt_registers[NR_LVT] = {
	[LVT_TIMER]   = X2APIC_MSR(APIC_LVTT),
	[LVT_THERMAL] = X2APIC_MSR(APIC_LVTTHMR),
	[LVT_PERF]    = X2APIC_MSR(APIC_LVTPC),
	[LVT_LINT0]   = X2APIC_MSR(APIC_LVT0),
	[LVT_LINT1]   = X2APIC_MSR(APIC_LVT1),
	[LVT_ERROR]   = X2APIC_MSR(APIC_LVTERR),
};

static const u32 lvt_masks[NR_LVT] = {
	[LVT_TIMER]   = APIC_VECTOR_MASK | APIC_LVT_MASKED | 3 << 17,
	[LVT_THERMAL] = APIC_VECTOR_MASK | APIC_MODE_MASK | APIC_LVT_MASKED,
	[LVT_PERF]    = APIC_VECTOR_MASK | APIC_MODE_MASK | APIC_LVT_MASKED,
	[LVT_LINT0]   = APIC_VECTOR_MASK | APIC_MODE_MASK | APIC_LVT_MASKED |
			APIC_LVT_LEVEL_TRIGGER | APIC_INPUT_POLARITY,
	[LVT_LINT1]   = APIC_VECTOR_MASK | APIC_MODE_MASK | APIC_LVT_MASKED |
			APIC_LVT_LEVEL_TRIGGER | APIC_INPUT_POLARITY,
	[LVT_ERROR]   = APIC_VECTOR_MASK | APIC_LVT_MASKED,
};

static int highest(const unsigned long *bitmap)
{
	unsigned int bit = find_last_bit(bitmap, 256);

	return bit < 256 ? bit : -1;
}

static bool enabled(const struct lapic *apic)
{
	return apic->svr & APIC_SPIV_APIC_ENABLED;
}

static u32 logical_id(const struct vcpu *vcpu)
{
	return (vcpu->id >> 4) << 16 | BIT(vcpu->id & 15);
}

/* Interrupts */

/**
 * lapic_ppr - the processor priority
 * @vcpu: the vCPU, whose thread calls
 *
 * Return: the priority that an interrupt must exceed, 0 to 0xff
 */
u8 lapic_ppr(struct vcpu *vcpu)
{
	int isr = highest(vcpu->lapic.isr);
	u32 tpr = vcpu->lapic.tpr;

	if (isr < 0 || (isr & 0xf0) <= (tpr & 0xf0))
		return tpr;
	return isr & 0xf0;
}

static void end_of_interrupt(struct lapic *apic)
{
	int vector = highest(apic->isr);

	if (vector >= 0)
		__clear_bit(vector, apic->isr);
}

/*
 * PV EOI (Documentation/virt/kvm/x86/msr.rst, MSR_KVM_PV_EOI_EN): while bit 0
 * of a byte in guest memory is set, the guest ends its interrupt by clearing
 * it, which needs no exit.
 */
static u8 *pv_eoi_byte(struct vcpu *vcpu)
{
	u64 msr = vcpu->lapic.pv_eoi;
	struct page *page;

	if (!(msr & KVM_MSR_ENABLED) ||
	    guest_page(vcpu->vm, msr >> PAGE_SHIFT, &page))
		return NULL;
	return page_address(page) + (offset_in_page(msr) & ~3);
}

/* Only for an interrupt that nothing else waits behind. */
static void offer_pv_eoi(struct vcpu *vcpu, u8 vector)
{
	struct lapic *apic = &vcpu->lapic;
	u8 *byte = pv_eoi_byte(vcpu);

	if (!byte || test_bit(vector, apic->tmr) || highest(apic->irr) >= 0)
		return;
	WRITE_ONCE(*byte, *byte | KVM_PV_EOI_MASK);
	apic->pv_eoi_vector = vector;
}

/*
 * Takes back what offer_pv_eoi() gave: either the guest has used it, then the
 * interrupt is over, or it will have to write the EOI register.
 */
static void settle_pv_eoi(struct vcpu *vcpu)
{
	struct lapic *apic = &vcpu->lapic;
	u8 *byte = pv_eoi_byte(vcpu);

	if (apic->pv_eoi_vector < 0)
		return;
	if (!byte || !(*byte & KVM_PV_EOI_MASK))
		__clear_bit(apic->pv_eoi_vector, apic->isr);
	else
		WRITE_ONCE(*byte, *byte & ~KVM_PV_EOI_MASK);
	apic->pv_eoi_vector = -1;
}

static void latch_timer(struct vcpu *vcpu)
{
	struct lapic *apic = &vcpu->lapic;
	u32 lvt = apic->lvt[LVT_TIMER];
	u8 vector = lvt & APIC_VECTOR_MASK;

	if (!READ_ONCE(apic->timer_fired))
		return;
	WRITE_ONCE(apic->timer_fired, false);
	apic->deadline = 0;
	if (!(lvt & APIC_LVT_MASKED) && vector >= 16 && enabled(apic))
		set_bit(vector, apic->irr);
}

/**
 * lapic_pending - the interrupt that the APIC would give to its CPU now
 * @vcpu: the vCPU, whose thread calls
 *
 * Return: a vector, or -1
 */
int lapic_pending(struct vcpu *vcpu)
{
	struct lapic *apic = &vcpu->lapic;
	int vector;

	latch_timer(vcpu);
	vector = highest(apic->irr);
	if (vector < 0)
		return -1;
	settle_pv_eoi(vcpu);
	return (vector & 0xf0) > (lapic_ppr(vcpu) & 0xf0) ? vector : -1;
}

/**
 * lapic_accept - the CPU takes the interrupt that lapic_pending() named
 * @vcpu:	the vCPU, whose thread calls
 * @vector:	the interrupt
 */
void lapic_accept(struct vcpu *vcpu, u8 vector)
{
	clear_bit(vector, vcpu->lapic.irr);
	__set_bit(vector, vcpu->lapic.isr);
	offer_pv_eoi(vcpu, vector);
}

/* Delivery */

static bool addressed(const struct vcpu *vcpu,
		      const struct lapic_message *message)
{
	u32 id = logical_id(vcpu);

	if (message->dest == LAPIC_BROADCAST)
		return true;
	if (!message->logical)
		return message->dest == vcpu->id;
	return message->dest >> 16 == id >> 16 &&
	       (message->dest & id & 0xffff);
}

static void request_vector(struct vcpu *vcpu,
			   const struct lapic_message *message)
{
	struct lapic *apic = &vcpu->lapic;

	if (message->vector < 16) {
		apic->esr_next |= APIC_ESR_RECVILL;
		return;
	}
	assign_bit(message->vector, apic->tmr, message->level);
	set_bit(message->vector, apic->irr);
	vcpu_request(vcpu, REQUEST_EVENT);
}

static void deliver_to(struct vcpu *vcpu, const struct lapic_message *message)
{
	switch (message->delivery) {
	case APIC_DM_FIXED:
	case APIC_DM_LOWEST:
		if (enabled(&vcpu->lapic))
			request_vector(vcpu, message);
		break;
	case APIC_DM_NMI:
		vcpu_request(vcpu, REQUEST_NMI);
		break;
	case APIC_DM_INIT:
		vcpu_init(vcpu);
		break;
	case APIC_DM_STARTUP:
		vcpu_startup(vcpu, message->vector);
		break;
	}
}

/**
 * lapic_deliver - send a message to the local APICs it names
 * @vm:		their VM
 * @message:	the message
 *
 * Any context.  Lowest priority is taken as: the first of those named.
 *
 * Return: how many took it
 */
int lapic_deliver(struct vm *vm, const struct lapic_message *message)
{
	struct vcpu *vcpu;
	unsigned int i;
	int n = 0;

	for_each_vcpu(i, vcpu, vm) {
		if (!addressed(vcpu, message))
			continue;
		deliver_to(vcpu, message);
		n++;
		if (message->delivery == APIC_DM_LOWEST)
			break;
	}
	return n;
}

/**
 * lapic_deliver_msi - a device writes a message
 * @vm:		the VM
 * @address:	where to: bits 12 to 19 are the destination, bit 2 says that
 *		it is logical
 * @data:	what: vector, delivery mode, trigger mode
 *
 * Any context.
 *
 * Return: how many local APICs took it
 */
int lapic_deliver_msi(struct vm *vm, u64 address, u32 data)
{
	struct lapic_message message = {
		.dest = (address >> 12) & 0xff,
		.logical = address & BIT(2),
		.delivery = data & APIC_MODE_MASK,
		.vector = data,
		.level = data & BIT(15),
	};

	if (message.dest == 0xff)
		message.dest = LAPIC_BROADCAST;
	return lapic_deliver(vm, &message);
}

static void deliver_to_others(struct vcpu *self,
			      const struct lapic_message *message)
{
	struct vcpu *vcpu;
	unsigned int i;

	for_each_vcpu(i, vcpu, self->vm)
		if (vcpu != self)
			deliver_to(vcpu, message);
}

static void write_icr(struct vcpu *vcpu, u64 icr)
{
	struct lapic_message message = {
		.dest = icr >> 32,
		.logical = icr & APIC_DEST_LOGICAL,
		.delivery = icr & APIC_MODE_MASK,
		.vector = icr,
	};

	/* INIT level de-assert: nothing happens since the Pentium 4. */
	if (message.delivery == APIC_DM_INIT &&
	    (icr & (APIC_INT_LEVELTRIG | APIC_INT_ASSERT)) == APIC_INT_LEVELTRIG)
		return;

	switch (icr & APIC_DEST_ALLBUT) {
	case APIC_DEST_SELF:
		deliver_to(vcpu, &message);
		break;
	case APIC_DEST_ALLINC:
		message.dest = LAPIC_BROADCAST;
		lapic_deliver(vcpu->vm, &message);
		break;
	case APIC_DEST_ALLBUT:
		deliver_to_others(vcpu, &message);
		break;
	default:
		lapic_deliver(vcpu->vm, &message);
	}
}

/* The timer */

static enum hrtimer_restart timer_function(struct hrtimer *timer)
{
	struct vcpu *vcpu = container_of(timer, struct vcpu, lapic.timer);
	struct lapic *apic = &vcpu->lapic;

	WRITE_ONCE(apic->timer_fired, true);
	vcpu_request(vcpu, REQUEST_EVENT);
	if ((apic->lvt[LVT_TIMER] & 3 << 17) != APIC_LVT_TIMER_PERIODIC)
		return HRTIMER_NORESTART;
	hrtimer_forward_now(timer, ns_to_ktime(apic->period_ns));
	return HRTIMER_RESTART;
}

static bool timer_mode_is(const struct lapic *apic, u32 mode)
{
	return (apic->lvt[LVT_TIMER] & 3 << 17) == mode;
}

/* An interrupt that it has raised already stays raised. */
static void stop_timer(struct vcpu *vcpu)
{
	hrtimer_cancel(&vcpu->lapic.timer);
	latch_timer(vcpu);
	vcpu->lapic.deadline = 0;
}

static void start_deadline(struct vcpu *vcpu)
{
	struct lapic *apic = &vcpu->lapic;
	u64 now = rdtsc();
	u64 ns = 0;

	if (apic->deadline > now)
		ns = mul_u64_u32_div(apic->deadline - now, NSEC_PER_MSEC,
				     tsc_khz);
	hrtimer_start(&apic->timer, ns_to_ktime(ns),
		      HRTIMER_MODE_REL_PINNED_HARD);
}

static void write_deadline(struct vcpu *vcpu, u64 deadline)
{
	struct lapic *apic = &vcpu->lapic;

	if (!timer_mode_is(apic, APIC_LVT_TIMER_TSCDEADLINE))
		return;
	stop_timer(vcpu);
	apic->deadline = deadline;
	if (deadline)
		start_deadline(vcpu);
}

static u32 timer_divisor(const struct lapic *apic)
{
	u32 code = (apic->divide & 3) | (apic->divide & 8) >> 1;

	return 1 << ((code + 1) & 7);
}

static void start_count(struct vcpu *vcpu)
{
	struct lapic *apic = &vcpu->lapic;

	stop_timer(vcpu);
	if (!apic->initial_count)
		return;
	apic->period_ns = (u64)apic->initial_count * timer_divisor(apic);
	if (timer_mode_is(apic, APIC_LVT_TIMER_PERIODIC))
		apic->period_ns = max_t(u64, apic->period_ns, MIN_PERIOD_NS);
	hrtimer_start(&apic->timer, ns_to_ktime(apic->period_ns),
		      HRTIMER_MODE_REL_PINNED_HARD);
}

static u32 current_count(struct vcpu *vcpu)
{
	struct lapic *apic = &vcpu->lapic;
	s64 left = ktime_to_ns(hrtimer_get_remaining(&apic->timer));

	if (timer_mode_is(apic, APIC_LVT_TIMER_TSCDEADLINE) || left <= 0 ||
	    !apic->initial_count)
		return 0;
	return div_u64(left, timer_divisor(apic));
}

static void write_timer_lvt(struct vcpu *vcpu, u32 value)
{
	struct lapic *apic = &vcpu->lapic;

	if ((apic->lvt[LVT_TIMER] ^ value) & 3 << 17) {
		stop_timer(vcpu);
		apic->initial_count = 0;
	}
	apic->lvt[LVT_TIMER] = value;
}

/* Registers */

static int lvt_index(u32 msr)
{
	int i;

	for (i = 0; i < NR_LVT; i++)
		if (lvt_registers[i] == msr)
			return i;
	return -ENOENT;
}

/**
 * lapic_is_register - is this MSR one of the APIC's?
 * @msr: number of the MSR
 *
 * Return: true if lapic_get_msr() and lapic_set_msr() answer for it
 */
bool lapic_is_register(u32 msr)
{
	return (msr >= APIC_BASE_MSR && msr < APIC_BASE_MSR + 0x100) ||
	       msr == MSR_IA32_APICBASE || msr == MSR_IA32_TSC_DEADLINE ||
	       msr == MSR_KVM_PV_EOI_EN;
}

static u32 bitmap_register(const unsigned long *bitmap, u32 index)
{
	return bitmap[index / 2] >> (index % 2 * 32);
}

static u64 base_register(const struct vcpu *vcpu)
{
	return APIC_DEFAULT_PHYS_BASE | MSR_IA32_APICBASE_ENABLE |
	       X2APIC_ENABLE | (vcpu->id ? 0 : MSR_IA32_APICBASE_BSP);
}

/**
 * lapic_get_msr - read a register
 * @vcpu:	the vCPU, whose thread calls
 * @msr:	number of the register
 * @value:	where its value goes
 *
 * Return: 0, or -EFAULT if RDMSR raises #GP
 */
int lapic_get_msr(struct vcpu *vcpu, u32 msr, u64 *value)
{
	struct lapic *apic = &vcpu->lapic;
	int lvt = lvt_index(msr);

	if (lvt >= 0) {
		*value = apic->lvt[lvt];
		return 0;
	}
	switch (msr) {
	case MSR_IA32_APICBASE:
		*value = base_register(vcpu);
		return 0;
	case MSR_IA32_TSC_DEADLINE:
		latch_timer(vcpu);
		*value = apic->deadline;
		return 0;
	case MSR_KVM_PV_EOI_EN:
		*value = apic->pv_eoi;
		return 0;
	case X2APIC_MSR(APIC_ID):
		*value = vcpu->id;
		return 0;
	case X2APIC_MSR(APIC_LVR):
		*value = LAPIC_VERSION;
		return 0;
	case X2APIC_MSR(APIC_TASKPRI):
		*value = apic->tpr;
		return 0;
	case X2APIC_MSR(APIC_PROCPRI):
		settle_pv_eoi(vcpu);
		*value = lapic_ppr(vcpu);
		return 0;
	case X2APIC_MSR(APIC_LDR):
		*value = logical_id(vcpu);
		return 0;
	case X2APIC_MSR(APIC_SPIV):
		*value = apic->svr;
		return 0;
	case X2APIC_MSR(APIC_ISR) ... X2APIC_MSR(APIC_ISR) + 7:
		settle_pv_eoi(vcpu);
		*value = bitmap_register(apic->isr, msr - X2APIC_MSR(APIC_ISR));
		return 0;
	case X2APIC_MSR(APIC_TMR) ... X2APIC_MSR(APIC_TMR) + 7:
		*value = bitmap_register(apic->tmr, msr - X2APIC_MSR(APIC_TMR));
		return 0;
	case X2APIC_MSR(APIC_IRR) ... X2APIC_MSR(APIC_IRR) + 7:
		latch_timer(vcpu);
		*value = bitmap_register(apic->irr, msr - X2APIC_MSR(APIC_IRR));
		return 0;
	case X2APIC_MSR(APIC_ESR):
		*value = apic->esr;
		return 0;
	case X2APIC_MSR(APIC_ICR):
		*value = 0;
		return 0;
	case X2APIC_MSR(APIC_TMICT):
		*value = apic->initial_count;
		return 0;
	case X2APIC_MSR(APIC_TMCCT):
		*value = current_count(vcpu);
		return 0;
	case X2APIC_MSR(APIC_TDCR):
		*value = apic->divide;
		return 0;
	}
	return -EFAULT;
}

static int write_pv_eoi(struct vcpu *vcpu, u64 value)
{
	struct page *page;
	int err = 0;

	if (value & 2)
		return -EFAULT;
	if (value & KVM_MSR_ENABLED)
		err = vcpu_guest_page(vcpu, value >> PAGE_SHIFT, &page);
	if (err)
		return err == -EAGAIN ? err : -EFAULT;
	settle_pv_eoi(vcpu);
	vcpu->lapic.pv_eoi = value;
	return 0;
}

static int write_register(struct vcpu *vcpu, u32 msr, u32 value)
{
	struct lapic *apic = &vcpu->lapic;
	int lvt = lvt_index(msr);

	if (lvt >= 0) {
		if (value & ~(lvt_masks[lvt] | APIC_SEND_PENDING))
			return -EFAULT;
		if (!enabled(apic))
			value |= APIC_LVT_MASKED;
		value &= lvt_masks[lvt];
		if (lvt == LVT_TIMER)
			write_timer_lvt(vcpu, value);
		else
			apic->lvt[lvt] = value;
		return 0;
	}
	switch (msr) {
	case X2APIC_MSR(APIC_TASKPRI):
		if (value & ~0xff)
			return -EFAULT;
		apic->tpr = value;
		vcpu_request_self(vcpu, REQUEST_EVENT);
		return 0;
	case X2APIC_MSR(APIC_EOI):
		if (value)
			return -EFAULT;
		settle_pv_eoi(vcpu);
		end_of_interrupt(apic);
		vcpu_request_self(vcpu, REQUEST_EVENT);
		return 0;
	case X2APIC_MSR(APIC_SPIV):
		if (value & ~(APIC_VECTOR_MASK | APIC_SPIV_APIC_ENABLED |
			      APIC_SPIV_FOCUS_DISABLED))
			return -EFAULT;
		apic->svr = value;
		if (!enabled(apic))
			for (lvt = 0; lvt < NR_LVT; lvt++)
				apic->lvt[lvt] |= APIC_LVT_MASKED;
		return 0;
	case X2APIC_MSR(APIC_ESR):
		if (value)
			return -EFAULT;
		apic->esr = apic->esr_next;
		apic->esr_next = 0;
		return 0;
	case X2APIC_MSR(APIC_TMICT):
		if (!timer_mode_is(apic, APIC_LVT_TIMER_TSCDEADLINE)) {
			apic->initial_count = value;
			start_count(vcpu);
		}
		return 0;
	case X2APIC_MSR(APIC_TDCR):
		if (value & ~0xb)
			return -EFAULT;
		apic->divide = value;
		return 0;
	case X2APIC_SELF_IPI:
		if (value & ~APIC_VECTOR_MASK)
			return -EFAULT;
		write_icr(vcpu, APIC_DEST_SELF | APIC_DM_FIXED | value);
		return 0;
	}
	return -EFAULT;
}

/**
 * lapic_set_msr - write a register
 * @vcpu:	the vCPU, whose thread calls
 * @msr:	number of the register
 * @value:	what to write
 *
 * Return: 0, -EFAULT if WRMSR raises #GP, -EAGAIN if it must be called where
 *	   it may sleep
 */
int lapic_set_msr(struct vcpu *vcpu, u32 msr, u64 value)
{
	switch (msr) {
	case MSR_IA32_APICBASE:
		return value == base_register(vcpu) ? 0 : -EFAULT;
	case MSR_IA32_TSC_DEADLINE:
		write_deadline(vcpu, value);
		return 0;
	case MSR_KVM_PV_EOI_EN:
		return write_pv_eoi(vcpu, value);
	case X2APIC_MSR(APIC_ICR):
		write_icr(vcpu, value);
		return 0;
	}
	if (value >> 32)
		return -EFAULT;
	return write_register(vcpu, msr, value);
}

/* Life */

/**
 * lapic_reset - power-up state
 * @vcpu: the vCPU, whose thread calls, or which is new
 */
void lapic_reset(struct vcpu *vcpu)
{
	struct lapic *apic = &vcpu->lapic;
	int i;

	hrtimer_cancel(&apic->timer);
	bitmap_zero(apic->irr, 256);
	bitmap_zero(apic->isr, 256);
	bitmap_zero(apic->tmr, 256);
	apic->tpr = 0;
	apic->svr = 0xff;
	apic->esr = 0;
	apic->esr_next = 0;
	for (i = 0; i < NR_LVT; i++)
		apic->lvt[i] = APIC_LVT_MASKED;
	apic->initial_count = 0;
	apic->divide = 0;
	apic->deadline = 0;
	apic->timer_fired = false;
	apic->pv_eoi = 0;
	apic->pv_eoi_vector = -1;
}

void lapic_create(struct vcpu *vcpu)
{
	struct lapic *apic = &vcpu->lapic;

	hrtimer_init(&apic->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	apic->timer.function = timer_function;
	lapic_reset(vcpu);
}

void lapic_destroy(struct vcpu *vcpu)
{
	hrtimer_cancel(&vcpu->lapic.timer);
}
