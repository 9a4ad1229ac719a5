/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a machine's kernel lies, beyond guest_layout.h: for its C, and for
 * assembly.
 *
 *	gva			what			for
 *	0			the first GiB		kernel
 *	MACHINE_USER		32 pages		all
 *	MACHINE_DIRECT		as the first two GiB	kernel
 *	MACHINE_HIGH		as the first GiB	kernel
 */
#ifndef TESTS_GUESTS_MACHINE_LAYOUT_H
#define TESTS_GUESTS_MACHINE_LAYOUT_H

#include "guest_layout.h"

#define MACHINE_VCPUS		2

#define MACHINE_PDPT_HIGH	0x5000
#define MACHINE_PD_USER		0x6000
#define MACHINE_PT_USER		0x7000
#define MACHINE_CPU(n)		(0x8000 + 0x1000 * (n))
#define MACHINE_RETURN		0x38000	/* holds: where to jump for IRET */
#define MACHINE_KERNEL		0x40000	/* its code */
#define MACHINE_IDT(n)		(0x50000 + 0x1000 * (n))
#define MACHINE_STUBS(n)	(MACHINE_KERNEL + 0x1000 * (n))

#define MACHINE_USER		0x40000000ULL
#define MACHINE_USER_PAGES	32
#define MACHINE_USER_GPA	0x180000
#define MACHINE_USER_STACK	(MACHINE_USER + 0x1000 * MACHINE_USER_PAGES)
#define MACHINE_DIRECT		0xffff888000000000ULL
#define MACHINE_HIGH		0xffffffff80000000ULL

/* In the page of a CPU */
#define CPU_GDT			0x000
#define CPU_GDT_SIZE		0x80
#define CPU_TSS			0x100
#define CPU_EVENT		0x200	/* struct machine_event */
#define CPU_HOOK		0x300	/* 0, or who handles interrupts */
#define CPU_TRAPS		0x308	/* log #DB and #BP, and go on */
#define CPU_LOGGED		0x310	/* of logged events */
#define CPU_LOG			0x320	/* their vectors */
#define CPU_LOG_SIZE		64
#define CPU_GDTR		0x600
#define CPU_IDTR		0x610
#define CPU_TR			0x620
#define CPU_WORDS		0x700	/* the test's own */

/* Selectors, Linux's and so the switcher's */
#define KERNEL_CS		0x10
#define KERNEL_SS		0x18
#define USER32_CS		0x23
#define USER_SS			0x2b
#define USER_CS			0x33
#define TSS_SELECTOR		0x40
#define CPU_SELECTOR		0x7b

/* Vectors beyond those of the CPU */
#define EVENT_NONE		0xffff
#define EVENT_SYSCALL		0x100

#define X2APIC_TPR		0x808
#define X2APIC_PPR		0x80a
#define X2APIC_EOI		0x80b
#define X2APIC_SVR		0x80f
#define X2APIC_ISR		0x810
#define X2APIC_ICR		0x830
#define X2APIC_LVTT		0x832
#define X2APIC_SELF_IPI		0x83f
#define MSR_DEADLINE		0x6e0

#endif /* TESTS_GUESTS_MACHINE_LAYOUT_H */
