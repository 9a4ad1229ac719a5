/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints, named and shaped after KVM's, in a system of their own: perf and
 * trace-cmd show them as corbel:corbel_exit and so on.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM corbel

#if !defined(CORBEL_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define CORBEL_TRACE_H

#include <linux/tracepoint.h>

#include "vm.h"
#include "../hypercalls/hypercall.h"

TRACE_EVENT(corbel_entry,
	TP_PROTO(struct vcpu *vcpu),
	TP_ARGS(vcpu),
	TP_STRUCT__entry(
		__field(u32, vcpu_id)
		__field(u64, rip)
	),
	TP_fast_assign(
		__entry->vcpu_id = vcpu->id;
		__entry->rip = vcpu->regs->rip;
	),
	TP_printk("vcpu %u rip %#llx", __entry->vcpu_id, __entry->rip)
);

TRACE_EVENT(corbel_exit,
	TP_PROTO(struct vcpu *vcpu),
	TP_ARGS(vcpu),
	TP_STRUCT__entry(
		__field(u32, vcpu_id)
		__field(u32, exit_reason)
		__field(u64, rip)
		__field(u64, error)
	),
	TP_fast_assign(
		__entry->vcpu_id = vcpu->id;
		__entry->exit_reason = vcpu->regs->vector;
		__entry->rip = vcpu->regs->rip;
		__entry->error = vcpu->regs->error;
	),
	TP_printk("vcpu %u reason %#x rip %#llx error %#llx",
		  __entry->vcpu_id, __entry->exit_reason, __entry->rip,
		  __entry->error)
);

TRACE_EVENT(corbel_page_fault,
	TP_PROTO(struct vcpu *vcpu, u64 address, u32 error, int result),
	TP_ARGS(vcpu, address, error, result),
	TP_STRUCT__entry(
		__field(u32, vcpu_id)
		__field(u64, rip)
		__field(u64, fault_address)
		__field(u32, error_code)
		__field(int, result)
	),
	TP_fast_assign(
		__entry->vcpu_id = vcpu->id;
		__entry->rip = vcpu->regs->rip;
		__entry->fault_address = address;
		__entry->error_code = error;
		__entry->result = result;
	),
	TP_printk("vcpu %u rip %#llx address %#llx error_code %#x -> %d",
		  __entry->vcpu_id, __entry->rip, __entry->fault_address,
		  __entry->error_code, __entry->result)
);

TRACE_EVENT(corbel_hypercall,
	TP_PROTO(struct vcpu *vcpu, u64 number, s64 status),
	TP_ARGS(vcpu, number, status),
	TP_STRUCT__entry(
		__field(u32, vcpu_id)
		__field(u64, nr)
		__field(u64, a0)
		__field(u64, a1)
		__field(s64, status)
	),
	TP_fast_assign(
		__entry->vcpu_id = vcpu->id;
		__entry->nr = number;
		__entry->a0 = vcpu->regs->rdi;
		__entry->a1 = vcpu->regs->rsi;
		__entry->status = status;
	),
	TP_printk("vcpu %u %s(%#llx, %#llx) = %lld", __entry->vcpu_id,
		  __print_symbolic(__entry->nr, HYPERCALL_NAMES),
		  __entry->a0, __entry->a1, __entry->status)
);

TRACE_EVENT(corbel_inj_virq,
	TP_PROTO(struct vcpu *vcpu, u8 vector),
	TP_ARGS(vcpu, vector),
	TP_STRUCT__entry(
		__field(u32, vcpu_id)
		__field(u8, vector)
	),
	TP_fast_assign(
		__entry->vcpu_id = vcpu->id;
		__entry->vector = vector;
	),
	TP_printk("vcpu %u vector %#x", __entry->vcpu_id, __entry->vector)
);

TRACE_EVENT(corbel_msr,
	TP_PROTO(struct vcpu *vcpu, bool write, u32 msr, u64 value, int err),
	TP_ARGS(vcpu, write, msr, value, err),
	TP_STRUCT__entry(
		__field(u32, vcpu_id)
		__field(bool, write)
		__field(u32, ecx)
		__field(u64, data)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->vcpu_id = vcpu->id;
		__entry->write = write;
		__entry->ecx = msr;
		__entry->data = value;
		__entry->err = err;
	),
	TP_printk("vcpu %u %s %x = %#llx (%d)", __entry->vcpu_id,
		  __entry->write ? "wrmsr" : "rdmsr", __entry->ecx,
		  __entry->data, __entry->err)
);

TRACE_EVENT(corbel_cpuid,
	TP_PROTO(struct vcpu *vcpu, u32 leaf, u32 subleaf, const u32 *regs),
	TP_ARGS(vcpu, leaf, subleaf, regs),
	TP_STRUCT__entry(
		__field(u32, vcpu_id)
		__field(u32, function)
		__field(u32, index)
		__array(u32, regs, 4)
	),
	TP_fast_assign(
		__entry->vcpu_id = vcpu->id;
		__entry->function = leaf;
		__entry->index = subleaf;
		memcpy(__entry->regs, regs, sizeof(__entry->regs));
	),
	TP_printk("vcpu %u %x:%x -> %x %x %x %x", __entry->vcpu_id,
		  __entry->function, __entry->index, __entry->regs[0],
		  __entry->regs[1], __entry->regs[2], __entry->regs[3])
);

TRACE_EVENT(corbel_pio,
	TP_PROTO(struct vcpu *vcpu, bool out, u16 port, int size, u64 value),
	TP_ARGS(vcpu, out, port, size, value),
	TP_STRUCT__entry(
		__field(u32, vcpu_id)
		__field(bool, rw)
		__field(u16, port)
		__field(int, size)
		__field(u64, val)
	),
	TP_fast_assign(
		__entry->vcpu_id = vcpu->id;
		__entry->rw = out;
		__entry->port = port;
		__entry->size = size;
		__entry->val = value;
	),
	TP_printk("vcpu %u %s %#x size %d val %#llx", __entry->vcpu_id,
		  __entry->rw ? "out" : "in", __entry->port, __entry->size,
		  __entry->val)
);

TRACE_EVENT(corbel_mmio,
	TP_PROTO(struct vcpu *vcpu, bool write, gpa_t gpa, int size, u64 value),
	TP_ARGS(vcpu, write, gpa, size, value),
	TP_STRUCT__entry(
		__field(u32, vcpu_id)
		__field(bool, type)
		__field(u64, gpa)
		__field(int, len)
		__field(u64, val)
	),
	TP_fast_assign(
		__entry->vcpu_id = vcpu->id;
		__entry->type = write;
		__entry->gpa = gpa;
		__entry->len = size;
		__entry->val = value;
	),
	TP_printk("vcpu %u %s gpa %#llx len %d val %#llx", __entry->vcpu_id,
		  __entry->type ? "write" : "read", __entry->gpa,
		  __entry->len, __entry->val)
);

#endif /* CORBEL_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
