/* SPDX-License-Identifier: GPL-2.0-only */
/* Made from hypercalls/calls.tbl by calls.awk. */
#ifndef CORBEL_HYPERCALL_HANDLERS_H
#define CORBEL_HYPERCALL_HANDLERS_H

struct vcpu;

int hypercall_cpuid(struct vcpu *vcpu, u32 leaf, u32 subleaf, s64 *result);
int hypercall_rdmsr(struct vcpu *vcpu, u32 msr, s64 *result);
int hypercall_wrmsr(struct vcpu *vcpu, u32 msr, u64 value, s64 *result);
int hypercall_load_tls(struct vcpu *vcpu, u64 first, u64 second, u64 third, s64 *result);
int hypercall_load_cr3(struct vcpu *vcpu, u64 cr3, s64 *result);
int hypercall_flush_user(struct vcpu *vcpu, s64 *result);
int hypercall_flush_all(struct vcpu *vcpu, s64 *result);
int hypercall_flush_page(struct vcpu *vcpu, u64 address, s64 *result);
int hypercall_halt(struct vcpu *vcpu, s64 *result);
int hypercall_yield(struct vcpu *vcpu, s64 *result);
int hypercall_exit(struct vcpu *vcpu, u32 status, s64 *result);

#define HYPERCALL_NAMES \
	{ CORBEL_HC_CPUID, "cpuid" }, \
	{ CORBEL_HC_RDMSR, "rdmsr" }, \
	{ CORBEL_HC_WRMSR, "wrmsr" }, \
	{ CORBEL_HC_LOAD_TLS, "load_tls" }, \
	{ CORBEL_HC_LOAD_CR3, "load_cr3" }, \
	{ CORBEL_HC_FLUSH_USER, "flush_user" }, \
	{ CORBEL_HC_FLUSH_ALL, "flush_all" }, \
	{ CORBEL_HC_FLUSH_PAGE, "flush_page" }, \
	{ CORBEL_HC_HALT, "halt" }, \
	{ CORBEL_HC_YIELD, "yield" }, \
	{ CORBEL_HC_EXIT, "exit" }

#endif /* CORBEL_HYPERCALL_HANDLERS_H */
