// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions and interrupts for the guest.
 *
 * The guest kernel has an interrupt table like any other; an event goes where
 * its gate says, on the stack that its gate and task state say.  But the stack
 * is not written from here: the frame goes to the shared page, and the shim
 * pushes it (guest-abi/include/corbel/shim.h).  Gates and task state are read
 * through windows, pages of the guest whose place is remembered.
 */
#include <linux/kvm_host.h>
#include <asm/desc_defs.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>
#include <asm/trapnr.h>

#include "../access.h"
#include "../trace.h"
#include "../vm.h"
#include "pv.h"

/* Windows */

void pv_drop_windows(struct vcpu *vcpu)
{
	struct pv_vcpu *pv = vcpu->pv;

	pv->idt_window.page = NO_WINDOW;
	pv->tss_window.page = NO_WINDOW;
	pv->gdt_window.page = NO_WINDOW;
}

/**
 * pv_read_window - read a piece of guest kernel data
 * @vcpu:	the vCPU
 * @window:	the window it is seen through
 * @address:	gva
 * @data:	where it goes
 * @size:	how many bytes
 *
 * Return: 0, -EFAULT if it is not mapped, -EAGAIN if it must be called where
 *	   it may sleep
 */
int pv_read_window(struct vcpu *vcpu, struct pv_window *window, u64 address,
		   void *data, size_t size)
{
	size_t offset = offset_in_page(address);
	int err;

	if (offset + size > PAGE_SIZE)
		return guest_read(vcpu, address, data, size, 0, NULL);
	if (window->page != (address & PAGE_MASK)) {
		err = guest_pointer(vcpu, address & PAGE_MASK, 0,
				    &window->here, NULL);
		if (err)
			return err;
		window->page = address & PAGE_MASK;
	}
	memcpy(data, window->here + offset, size);
	return 0;
}

/* Queueing */

/**
 * pv_queue_exception - have an exception delivered before the guest goes on
 * @vcpu:	the vCPU
 * @vector:	which one
 * @has_error:	it comes with an error code,
 * @error:	this
 *
 * An exception while one is queued already is a double fault.
 */
void pv_queue_exception(struct vcpu *vcpu, u8 vector, bool has_error, u32 error)
{
	struct pv_vcpu *pv = vcpu->pv;

	/* Where the shim reads it */
	if (vector == X86_TRAP_PF)
		pv->page->cr2 = vcpu->cr2;
	if (pv->exception.pending) {
		vector = X86_TRAP_DF;
		has_error = true;
		error = 0;
	}
	pv->exception.pending = true;
	pv->exception.vector = vector;
	pv->exception.has_error = has_error;
	pv->exception.error = error;
	vcpu->stats->injected_exceptions++;
}

/* Delivery */

/* From guest user mode only these use a stack of their own: see shim.h. */
static bool has_own_stack(const struct vcpu *vcpu, u8 vector,
			  const gate_desc *gate)
{
	if (!gate->bits.ist)
		return false;
	return vcpu->pv->data->kernel || vector == X86_TRAP_NMI ||
	       vector == X86_TRAP_DF;
}

static int target_stack(struct vcpu *vcpu, u8 vector, const gate_desc *gate,
			u64 *stack)
{
	struct pv_vcpu *pv = vcpu->pv;
	size_t offset = offsetof(struct x86_hw_tss, sp0);

	if (has_own_stack(vcpu, vector, gate)) {
		offset = offsetof(struct x86_hw_tss, ist) +
			 (gate->bits.ist - 1) * sizeof(u64);
	} else if (pv->data->kernel) {
		*stack = vcpu->regs->rsp & ~15ULL;
		return 0;
	}
	return pv_read_window(vcpu, &pv->tss_window, pv->tss.base + offset,
			      stack, sizeof(*stack));
}

static u64 frame_flags(const struct vcpu *vcpu)
{
	u64 rflags = vcpu->regs->rflags & GUEST_RFLAGS;

	rflags |= X86_EFLAGS_FIXED;
	if (pv_interrupts_enabled(vcpu))
		rflags |= X86_EFLAGS_IF;
	return rflags;
}

static void fill_frame(struct vcpu *vcpu)
{
	const struct guest_regs *regs = vcpu->regs;
	struct corbel_frame *frame = &vcpu->pv->page->event;
	bool kernel = vcpu->pv->data->kernel;

	frame->rip = regs->rip;
	frame->cs = kernel ? __KERNEL_CS : regs->cs;
	frame->rflags = frame_flags(vcpu);
	frame->rsp = regs->rsp;
	frame->ss = kernel ? __KERNEL_DS : regs->ss;
}

/**
 * pv_to_kernel - from guest user mode to guest kernel mode
 * @vcpu: the vCPU; where it goes on is for the caller to set
 */
void pv_to_kernel(struct vcpu *vcpu)
{
	struct pv_vcpu *pv = vcpu->pv;

	pv->page->user_gs = pv->data->gs;
	pv->data->gs = pv->data->gs_kernel;
	pv->page->vif = 0;
	pv->data->kernel = 1;
	pv->gs_swapped = false;
	vcpu->regs->cs = GUEST_CS;
	vcpu->regs->ss = GUEST_SS;
}

/* The handlers that find out about GS themselves. */
static bool is_paranoid(u8 vector)
{
	return vector == X86_TRAP_NMI || vector == X86_TRAP_DB ||
	       vector == X86_TRAP_DF;
}

static void to_handler_mode(struct vcpu *vcpu, u8 vector)
{
	struct pv_vcpu *pv = vcpu->pv;

	if (!pv->data->kernel) {
		pv_to_kernel(vcpu);
		/* The NMI handler will execute SWAPGS. */
		if (vector == X86_TRAP_NMI)
			pv_swapgs(vcpu);
	} else if (pv->gs_swapped && !is_paranoid(vector)) {
		/* Linux loads GS between two of them, which may fault. */
		pv_swapgs(vcpu);
	}
}

static void enter_handler(struct vcpu *vcpu, u8 vector, const gate_desc *gate,
			  u64 stack, bool has_error, u32 error)
{
	struct guest_regs *regs = vcpu->regs;
	struct pv_vcpu *pv = vcpu->pv;

	if (gate->bits.type == GATE_INTERRUPT)
		pv->page->vif = 0;
	pv->delivered = vector;
	pv->page->handler = gate_offset(gate);
	pv->page->error = error;
	regs->rip = has_error ? vcpu->vm->pv->entry.event_error :
				vcpu->vm->pv->entry.event;
	regs->rsp = stack;
	regs->rflags = GUEST_RFLAGS_SET;
}

static int no_way_to_deliver(struct vcpu *vcpu, u8 vector, int err)
{
	if (err == -EAGAIN)
		return EXIT_SLOW;
	return guest_kill(vcpu, "vector %u at rip %#llx can't be delivered: %s",
			  vector, vcpu->regs->rip,
			  err == -EFAULT ? "interrupt table or task state is not mapped" :
			  "the interrupt table has no gate for it");
}

/* Returns EXIT_RESUME, or anything else if it was not delivered. */
static int deliver(struct vcpu *vcpu, u8 vector, bool has_error, u32 error)
{
	struct pv_vcpu *pv = vcpu->pv;
	gate_desc gate;
	u64 stack;
	int err;

	if (vector * sizeof(gate) + sizeof(gate) - 1 > vcpu->idt.limit)
		return no_way_to_deliver(vcpu, vector, -ENOENT);
	err = pv_read_window(vcpu, &pv->idt_window,
			     vcpu->idt.base + vector * sizeof(gate),
			     &gate, sizeof(gate));
	if (!err && (!gate.bits.p || gate.bits.zero ||
		     (gate.bits.type != GATE_INTERRUPT &&
		      gate.bits.type != GATE_TRAP)))
		err = -ENOENT;
	if (!err)
		err = target_stack(vcpu, vector, &gate, &stack);
	if (err)
		return no_way_to_deliver(vcpu, vector, err);

	fill_frame(vcpu);
	to_handler_mode(vcpu, vector);
	enter_handler(vcpu, vector, &gate, stack, has_error, error);
	return EXIT_RESUME;
}

static int deliver_exception(struct vcpu *vcpu)
{
	struct pv_vcpu *pv = vcpu->pv;
	int result = deliver(vcpu, pv->exception.vector,
			     pv->exception.has_error, pv->exception.error);

	if (result == EXIT_RESUME)
		pv->exception.pending = false;
	return result;
}

/*
 * The shim is about to IRETQ within the guest kernel, with interrupts on
 * already: do it in its stead, so that this interrupt's frame does not come to
 * lie on top of the one it is about to pop.
 */
static int finish_iret(struct vcpu *vcpu)
{
	const struct pv_vm *pv = vcpu->vm->pv;
	struct guest_regs *regs = vcpu->regs;
	struct corbel_frame frame;
	int err;

	if (!vcpu->pv->data->kernel || regs->rip < pv->entry.iret_start ||
	    regs->rip >= pv->entry.iret_end)
		return 0;
	err = guest_read(vcpu, regs->rsp, &frame, sizeof(frame), 0, NULL);
	if (err)
		return err;
	regs->rip = frame.rip;
	regs->rsp = frame.rsp;
	regs->rflags = (frame.rflags & GUEST_RFLAGS) | GUEST_RFLAGS_SET;
	return 0;
}

static int deliver_interrupt(struct vcpu *vcpu, u8 vector)
{
	int err = finish_iret(vcpu);
	int result;

	if (err)
		return no_way_to_deliver(vcpu, vector, err);
	result = deliver(vcpu, vector, false, 0);
	if (result == EXIT_RESUME) {
		lapic_accept(vcpu, vector);
		vcpu->stats->injected_interrupts++;
		trace_corbel_inj_virq(vcpu, vector);
	}
	return result;
}

/*
 * An NMI comes between any two instructions, but not while the shim has an
 * event or a return half done: then it waits for the next exit.
 */
static int deliver_nmi(struct vcpu *vcpu)
{
	int result;

	if (pv_in_shim(vcpu)) {
		vcpu->pv->data->work |= WORK_EVENT;
		return EXIT_RESUME;
	}
	result = deliver(vcpu, X86_TRAP_NMI, false, 0);
	if (result == EXIT_RESUME)
		vcpu->nmi_pending = false;
	return result;
}

/* Tell guest and switcher whether an interrupt waits. */
static void set_waiting(struct vcpu *vcpu, bool waiting)
{
	struct pv_vcpu *pv = vcpu->pv;

	pv->page->pending = waiting;
	if (waiting)
		pv->data->work |= WORK_EVENT;
	else if (!vcpu->nmi_pending)
		pv->data->work &= ~WORK_EVENT;
}

/**
 * pv_deliver - deliver what is due
 * @vcpu: the vCPU
 *
 * Return: EXIT_RESUME if the guest can go on, EXIT_SLOW if it must be called
 *	   where it may sleep, else as enum exit_result
 */
int pv_deliver(struct vcpu *vcpu)
{
	int result = EXIT_RESUME;
	int vector;

	if (vcpu_test_request(vcpu, REQUEST_NMI))
		vcpu->nmi_pending = true;
	vcpu_test_request(vcpu, REQUEST_EVENT);
	vcpu->pv->undelivered = false;

	if (vcpu->pv->exception.pending)
		result = deliver_exception(vcpu);
	if (result == EXIT_RESUME && vcpu->nmi_pending)
		result = deliver_nmi(vcpu);
	if (result != EXIT_RESUME)
		return result;

	vector = lapic_pending(vcpu);
	if (vector >= 0 && pv_interrupts_enabled(vcpu)) {
		result = deliver_interrupt(vcpu, vector);
		vector = lapic_pending(vcpu);
	}
	set_waiting(vcpu, vector >= 0);
	return result;
}
