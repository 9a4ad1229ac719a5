/* SPDX-License-Identifier: GPL-2.0-only */
/* Made from hypercalls/calls.tbl by calls.awk: included by hypercall.c alone. */


static int call_cpuid(struct vcpu *vcpu, s64 *result)
{
	u64 leaf = vcpu->regs->rdi;
	u64 subleaf = vcpu->regs->rsi;

	if (leaf >> 32)
		return invalid(result);
	if (subleaf >> 32)
		return invalid(result);
	return hypercall_cpuid(vcpu, leaf, subleaf, result);
}

static int call_rdmsr(struct vcpu *vcpu, s64 *result)
{
	u64 msr = vcpu->regs->rdi;

	if (msr >> 32)
		return invalid(result);
	return hypercall_rdmsr(vcpu, msr, result);
}

static int call_wrmsr(struct vcpu *vcpu, s64 *result)
{
	u64 msr = vcpu->regs->rdi;
	u64 value = vcpu->regs->rsi;

	if (msr >> 32)
		return invalid(result);
	return hypercall_wrmsr(vcpu, msr, value, result);
}

static int call_load_tls(struct vcpu *vcpu, s64 *result)
{
	u64 first = vcpu->regs->rdi;
	u64 second = vcpu->regs->rsi;
	u64 third = vcpu->regs->rdx;

	return hypercall_load_tls(vcpu, first, second, third, result);
}

static int call_load_cr3(struct vcpu *vcpu, s64 *result)
{
	u64 cr3 = vcpu->regs->rdi;

	return hypercall_load_cr3(vcpu, cr3, result);
}

static int call_flush_user(struct vcpu *vcpu, s64 *result)
{
	return hypercall_flush_user(vcpu, result);
}

static int call_flush_all(struct vcpu *vcpu, s64 *result)
{
	return hypercall_flush_all(vcpu, result);
}

static int call_flush_page(struct vcpu *vcpu, s64 *result)
{
	u64 address = vcpu->regs->rdi;

	if (!is_canonical48(address))
		return invalid(result);
	return hypercall_flush_page(vcpu, address, result);
}

static int call_halt(struct vcpu *vcpu, s64 *result)
{
	return hypercall_halt(vcpu, result);
}

static int call_yield(struct vcpu *vcpu, s64 *result)
{
	return hypercall_yield(vcpu, result);
}

static int call_exit(struct vcpu *vcpu, s64 *result)
{
	u64 status = vcpu->regs->rdi;

	if (status > CORBEL_EXIT_STATUS_MAX)
		return invalid(result);
	return hypercall_exit(vcpu, status, result);
}

static const struct hypercall hypercalls[] = {
	[0] = { "cpuid", call_cpuid, BIT(CORBEL_MODE_PV) },
	[1] = { "rdmsr", call_rdmsr, BIT(CORBEL_MODE_PV) },
	[2] = { "wrmsr", call_wrmsr, BIT(CORBEL_MODE_PV) },
	[3] = { "load_tls", call_load_tls, BIT(CORBEL_MODE_PV) },
	[16] = { "load_cr3", call_load_cr3, BIT(CORBEL_MODE_PV) },
	[17] = { "flush_user", call_flush_user, BIT(CORBEL_MODE_PV) },
	[18] = { "flush_all", call_flush_all, BIT(CORBEL_MODE_PV) },
	[19] = { "flush_page", call_flush_page, BIT(CORBEL_MODE_PV) },
	[32] = { "halt", call_halt, BIT(CORBEL_MODE_PV) },
	[48] = { "yield", call_yield, BIT(CORBEL_MODE_PV) | BIT(CORBEL_MODE_HVM) },
	[49] = { "exit", call_exit, BIT(CORBEL_MODE_PV) | BIT(CORBEL_MODE_HVM) },
};
