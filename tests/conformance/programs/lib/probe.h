/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all programs share: how a behaviour makes itself known, and how to do
 * something that may end in a signal and tell what came of it.
 *
 * All is printed on standard output, the transcript.  It must be the same each
 * time that a program runs on one system: no process IDs, no times, no address
 * that is not fixed.
 */
#ifndef PROBE_H
#define PROBE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define PAGE_BYTES	4096UL
#define PATH_SIZE	128

/* Where to map what must have a fixed address; nothing else is mapped there. */
#define ARENA		0x10000000UL
#define CODE_PAGE	0x20000000UL

/* Flags and selectors */
#define FLAG_CF		0x000001UL
#define FLAG_FIXED	0x000002UL
#define FLAG_PF		0x000004UL
#define FLAG_AF		0x000010UL
#define FLAG_ZF		0x000040UL
#define FLAG_SF		0x000080UL
#define FLAG_TF		0x000100UL
#define FLAG_IF		0x000200UL
#define FLAG_DF		0x000400UL
#define FLAG_OF		0x000800UL
#define FLAG_IOPL	0x003000UL
#define FLAG_NT		0x004000UL
#define FLAG_RF		0x010000UL
#define FLAG_VM		0x020000UL
#define FLAG_AC		0x040000UL
#define FLAG_VIF	0x080000UL
#define FLAG_VIP	0x100000UL
#define FLAG_ID		0x200000UL

#define USER_CS64	0x33
#define USER_CS32	0x23
#define USER_DS		0x2b

/* Registers of a signal context, for either width */
#ifdef __x86_64__
#define REG_IP		REG_RIP
#define REG_SP		REG_RSP
#define REG_AX		REG_RAX
#define REG_CX		REG_RCX
#define REG_SI		REG_RSI
#define REG_DI		REG_RDI
#define USER_CS		USER_CS64
#else
#define REG_IP		REG_EIP
#define REG_SP		REG_ESP
#define REG_AX		REG_EAX
#define REG_CX		REG_ECX
#define REG_SI		REG_ESI
#define REG_DI		REG_EDI
#define USER_CS		USER_CS32
#endif

/**
 * struct behaviour - one program
 * @name:	that of its file
 * @proves:	what a test proves if guest and native agree
 * @run:	does it all and prints the transcript
 */
struct behaviour {
	const char *name;
	const char *proves;
	void (*run)(void);
};

/* Each file has one of these, with the body of run() behind it. */
#define BEHAVIOUR(text)							\
	static void run_behaviour(void);				\
	static const struct behaviour this_behaviour = {		\
		.name = BEHAVIOUR_NAME, .proves = text,			\
		.run = run_behaviour,					\
	};								\
	static const struct behaviour *const behaviour_entry		\
	__attribute__((used, section("behaviours"))) = &this_behaviour;	\
	static void run_behaviour(void)

/* A function for attempt(), of nothing but these instructions. */
#define CODE(name, text)						\
	static __attribute__((naked)) void name(void *arg)		\
	{								\
		asm volatile(text "\n\tret");				\
	}

/**
 * struct fault - how an attempt ended
 * @sig:	the signal, 0 if it just returned
 * @code:	si_code
 * @address:	si_addr
 * @start:	where the attempt began
 * @regs:	registers, error code and trap number of the signal's context
 */
struct fault {
	int sig;
	int code;
	uintptr_t address;
	uintptr_t start;
	gregset_t regs;
};

uintptr_t fault_reg(const struct fault *fault, int reg);
unsigned int fault_cs(const struct fault *fault);
unsigned int fault_ss(const struct fault *fault);

/*
 * Call @code with all signals of exceptions caught.  It finds @arg in RDI, or in
 * EDI and on the stack, and 0 in the other registers; it may leave the stack,
 * the segment registers, the flags and all general registers in any state.
 */
struct fault attempt(void (*code)(void *arg), void *arg);

/* The same, and a line about it. */
void report_attempt(const char *what, void (*code)(void *arg), void *arg);
void report(const char *what, const struct fault *fault);

/*
 * If this is set, it sees each signal of an attempt first; true means to go on
 * with what is in @uc.
 */
extern bool (*attempt_hook)(int sig, siginfo_t *info, ucontext_t *uc);

/* Addresses as the transcript shows them: relative to the code at @start. */
const char *code_address(uintptr_t start, uintptr_t address);

const char *signal_name(int sig);

/* "signal SEGV", "status 3", ... of a wait status */
const char *wait_status(int status);

/* End the program if a call that can't fail does; keeps the value otherwise. */
long must(const char *what, long result);

/* Memory at a fixed address, private and anonymous. */
void *map_at(uintptr_t address, size_t size, int prot);

/* Run @child in a process of its own and wait; returns the wait status. */
int in_child(void (*child)(void *arg), void *arg);

#endif /* PROBE_H */
