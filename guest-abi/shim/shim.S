/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shim for Linux: what turns a stock kernel into a guest in ring 3.
 *
 * It is the guest's half of what guest-abi/include/corbel/shim.h describes, and
 * functions that take the place of paravirt_ops.  It is assembled into one
 * relocatable object; the loader links it to its place, CORBEL_SHIM_VA, for the
 * kernel at hand.  Undefined symbols are the kernel's:
 *
 *	NAME			a symbol of the kernel, found by its kallsyms
 *	btf.STRUCT.MEMBER	the offset of a member, found by its BTF
 *
 * and what is to be changed in the kernel stands in two tables, each entry of
 * which says what for: HOOK for members of pv_ops, PATCH for code.
 *
 * Everything here runs in ring 3.  The page shared with the host is reached by
 * its absolute address, so no register is needed, and each vCPU finds its own.
 */
#include <corbel/abi.h>
#include <corbel/hypercall.h>
#include <corbel/shim.h>

#include "offsets.h"

#define PAGE(member)	CORBEL_VCPU_PAGE_VA + PAGE_##member

/* The shim's own words in that page: the TLS descriptors last reported. */
#define TLS(n)		CORBEL_VCPU_PAGE_VA + PAGE_SHIM + 8 * (n)

/* The architecture's. */
#define TSS_SP0		4
#define RFLAGS_IF	0x200
#define RFLAGS_TF	0x100
#define RFLAGS_RF	0x10000
#define MSR_FS_BASE	0xc0000100
#define MSR_GS_BASE	0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

/* Linux's. */
#define KERNEL_CS	0x10
#define USER_CS		0x33
#define USER_DS		0x2b
#define EIO		5

/* What ring 3 needs in an IRETQ frame of the guest kernel. */
#define RING3_CS	0x33
#define RING3_SS	0x2b

/*
 * Tables for the loader (userspace/loader/shim.h has the structures).
 *
 * HOOK: \function takes the place of pv_ops' member \name.  Without those that
 * are needed the guest does not work; without others it is slower.
 */
.macro HOOK name:req function:req needed=0
	.pushsection .corbel.hooks, "a"
	.quad	.Lname_\@
	.quad	\function
	.quad	\needed
	.popsection
	.pushsection .corbel.names, "a"
.Lname_\@:
	.asciz	"\name"
	.popsection
.endm

/* PATCH: the code at \place becomes a jump to \target. */
.macro PATCH place:req target:req
	.pushsection .corbel.patches, "a"
	.quad	\place
	.quad	\target
	.popsection
.endm

.macro FUNCTION name:req
	.balign	16
	.globl	\name
	.type	\name, @function
\name:
.endm

	.text
	.globl	shim
shim:
	.long	CORBEL_SHIM_MAGIC
	.short	CORBEL_ABI_VERSION
	.short	SHIM_HEADER_SIZE
	.long	shim_end - shim
	.long	CORBEL_FEATURE_SYSRET | CORBEL_FEATURE_LAZY_TLS
	.long	shim_syscall - shim
	.long	shim_event - shim
	.long	shim_event_error - shim
	.long	shim_ap - shim
	.long	site_sysret - shim
	.long	site_iret - shim
	.long	site_load_cr3 - shim
	.long	iret_start - shim
	.long	iret_end - shim
	.long	load_gs - shim
	.long	load_gs_fixup - shim
	.long	0
	.if . - shim != SHIM_HEADER_SIZE
	.error "this is not struct corbel_shim_header"
	.endif

/* Entries */

/*
 * A system call.  Its frame goes where the CPU would have put that of an
 * interrupt: the stack in the task state, which is always the thread's own
 * (Linux sees to that under X86_FEATURE_XENPV).
 */
FUNCTION shim_syscall
	movq	%gs:cpu_tss_rw + TSS_SP0, %rsp
	pushq	$USER_DS
	pushq	PAGE(SYS_RSP)
	pushq	PAGE(SYS_RFLAGS)
	pushq	$USER_CS
	pushq	PAGE(SYS_RIP)
	movq	PAGE(SYS_RIP), %rcx
	movq	PAGE(SYS_RFLAGS), %r11
	jmp	entry_SYSCALL_64_after_hwframe

.macro PUSH_EVENT_FRAME
	pushq	PAGE(EVENT_SS)
	pushq	PAGE(EVENT_RSP)
	pushq	PAGE(EVENT_RFLAGS)
	pushq	PAGE(EVENT_CS)
	pushq	PAGE(EVENT_RIP)
.endm

FUNCTION shim_event
	PUSH_EVENT_FRAME
	pushq	PAGE(HANDLER)
	ret
	int3

FUNCTION shim_event_error
	PUSH_EVENT_FRAME
	pushq	PAGE(ERROR)
	pushq	PAGE(HANDLER)
	ret
	int3

/*
 * Another CPU starts, as after secondary_startup_64: GS base goes through the
 * host, which loads it whenever the kernel is entered.
 */
FUNCTION shim_ap
	movq	initial_stack, %rsp
	call	load_initial_gs
	lgdt	early_gdt_descr
	pushq	$0
	movq	initial_code, %rax
	jmp	*%rax

/*
 * The first CPU starts here, with the gpa of boot_params in RDI: what
 * startup_64 and x86_64_start_kernel() do and the loader has not done.
 */
FUNCTION shim_start
	movq	initial_stack, %rsp
	pushq	%rdi
	call	load_initial_gs
	movq	%cr4, %rax
	movl	$btf.tlb_state.cr4, %ecx
	movq	%rax, %gs:cpu_tlbstate(%rcx)
	call	idt_setup_early_handler
	popq	%rdi
	pushq	$0
	jmp	x86_64_start_reservations

FUNCTION load_initial_gs
	movl	$MSR_GS_BASE, %edi
	movq	initial_gs, %rsi
	movl	$CORBEL_HC_WRMSR, %eax
	syscall
	ret

/*
 * IRETQ.  All registers are those to go on with; on the stack is the frame: RIP,
 * CS, RFLAGS, RSP, SS.
 */
FUNCTION shim_iret
	testb	$3, 8(%rsp)
	jz	iret_to_kernel

	/* SYSRET would do, as Linux judges it too? */
	cmpq	%rcx, (%rsp)
	jne	iret_to_user
	cmpq	%r11, 16(%rsp)
	jne	iret_to_user
	testl	$(RFLAGS_RF | RFLAGS_TF), %r11d
	jnz	iret_to_user
	cmpq	$USER_CS, 8(%rsp)
	jne	iret_to_user
	cmpq	$USER_DS, 32(%rsp)
	jne	iret_to_user
	movq	%rcx, PAGE(SYS_RIP)
	movq	%r11, PAGE(SYS_RFLAGS)
	movq	24(%rsp), %rsp
	syscall
site_sysret:
	int3

iret_to_user:
	movq	%rcx, PAGE(RCX)
	movq	%r11, PAGE(R11)
	popq	PAGE(RET_RIP)
	popq	PAGE(RET_CS)
	popq	PAGE(RET_RFLAGS)
	popq	PAGE(RET_RSP)
	popq	PAGE(RET_SS)
	syscall
site_iret:
	int3

iret_to_kernel:
	movq	$RING3_CS, 8(%rsp)
	movq	$RING3_SS, 32(%rsp)
	testl	$RFLAGS_IF, 16(%rsp)
	jz	1f
	movq	$RFLAGS_IF, PAGE(VIF)
iret_start:
	cmpq	$0, PAGE(PENDING)
	je	1f
	int	$CORBEL_VECTOR_CHECK
1:	iretq
iret_end:

PATCH xen_iret shim_iret
PATCH early_xen_iret_patch shim_iret

/*
 * Until it has patched its alternatives the kernel does a CMPXCHG16B on per-CPU
 * data at (RSI) by CLI, moves and POPF, of which POPF can't set the interrupt
 * flag in ring 3.  Every CPU has the instruction; the result goes to AL.
 */
FUNCTION shim_cmpxchg16b
	cmpxchg16b %gs:(%rsi)
	sete	%al
	ret
PATCH this_cpu_cmpxchg16b_emu shim_cmpxchg16b

/* Interrupt flag.  Callers expect all registers but RAX to be kept. */

FUNCTION shim_save_fl
	movl	PAGE(VIF), %eax
	ret
HOOK irq.save_fl shim_save_fl needed=1

FUNCTION shim_irq_disable
	movq	$0, PAGE(VIF)
	ret
HOOK irq.irq_disable shim_irq_disable needed=1

FUNCTION shim_irq_enable
	movq	$RFLAGS_IF, PAGE(VIF)
	cmpq	$0, PAGE(PENDING)
	jne	1f
	ret
1:	int	$CORBEL_VECTOR_CHECK
	ret
HOOK irq.irq_enable shim_irq_enable needed=1

/* STI and HLT: nothing can come in between that HLT would then wait for. */
FUNCTION shim_safe_halt
	movl	$1, %edi
	jmp	1f
shim_halt:
	xorl	%edi, %edi
1:	movl	$CORBEL_HC_HALT, %eax
	syscall
	ret
HOOK irq.safe_halt shim_safe_halt needed=1
HOOK irq.halt shim_halt needed=1

/* CPU */

/* void (*cpuid)(u32 *eax, u32 *ebx, u32 *ecx, u32 *edx) */
FUNCTION shim_cpuid
	movq	%rdi, %r8
	movq	%rsi, %r9
	movq	%rdx, %r10
	pushq	%rcx
	movl	(%r8), %edi
	movl	(%r10), %esi
	movl	$CORBEL_HC_CPUID, %eax
	syscall
	popq	%rcx
	movl	%edx, (%r8)
	shrq	$32, %rdx
	movl	%edx, (%r9)
	movl	%esi, (%r10)
	shrq	$32, %rsi
	movl	%esi, (%rcx)
	ret
HOOK cpu.cpuid shim_cpuid needed=1

/* u64 (*read_msr)(unsigned int msr): 0 if it does not exist */
FUNCTION shim_read_msr
	cmpl	$MSR_KERNEL_GS_BASE, %edi
	je	1f
	movl	%edi, %edi
	movl	$CORBEL_HC_RDMSR, %eax
	syscall
	movq	%rdx, %rax
	ret
1:	movq	PAGE(USER_GS), %rax
	ret
HOOK cpu.read_msr shim_read_msr

/* u64 (*read_msr_safe)(unsigned int msr, int *err) */
FUNCTION shim_read_msr_safe
	movl	%edi, %edi
	movl	$CORBEL_HC_RDMSR, %eax
	syscall
	xorl	%ecx, %ecx
	testq	%rax, %rax
	jz	1f
	movl	$-EIO, %ecx
1:	movl	%ecx, (%rsi)
	movq	%rdx, %rax
	ret
HOOK cpu.read_msr_safe shim_read_msr_safe

/* void (*write_msr)(unsigned int msr, unsigned int low, unsigned int high) */
FUNCTION shim_write_msr
	shlq	$32, %rdx
	movl	%esi, %esi
	orq	%rdx, %rsi
	cmpl	$MSR_KERNEL_GS_BASE, %edi
	je	1f
	movl	%edi, %edi
	movl	$CORBEL_HC_WRMSR, %eax
	syscall
	ret
1:	movq	%rsi, PAGE(USER_GS)
	ret
HOOK cpu.write_msr shim_write_msr

/* int (*write_msr_safe)(unsigned int msr, unsigned int low, unsigned int high) */
FUNCTION shim_write_msr_safe
	shlq	$32, %rdx
	movl	%esi, %esi
	orq	%rdx, %rsi
	movl	%edi, %edi
	movl	$CORBEL_HC_WRMSR, %eax
	syscall
	testq	%rax, %rax
	jz	1f
	movl	$-EIO, %eax
1:	ret
HOOK cpu.write_msr_safe shim_write_msr_safe

/*
 * void (*load_tls)(struct thread_struct *thread, unsigned int cpu): most
 * threads have none, so tell the host only what changes.
 */
FUNCTION shim_load_tls
	movq	btf.thread_struct.tls_array + 8(%rdi), %rsi
	movq	btf.thread_struct.tls_array + 16(%rdi), %rdx
	movq	btf.thread_struct.tls_array(%rdi), %rdi
	cmpq	%rdi, TLS(0)
	jne	1f
	cmpq	%rsi, TLS(1)
	jne	1f
	cmpq	%rdx, TLS(2)
	jne	1f
	ret
1:	movq	%rdi, TLS(0)
	movq	%rsi, TLS(1)
	movq	%rdx, TLS(2)
	movl	$CORBEL_HC_LOAD_TLS, %eax
	syscall
	ret
HOOK cpu.load_tls shim_load_tls

/*
 * void (*load_gs_index)(unsigned int selector): the user's GS selector and the
 * base that comes with it.  Meanwhile GS does not lead to the kernel's data, so
 * no interrupt may come.  A selector that can't be loaded is as good as 0; the
 * host sends us to load_gs_fixup then.
 */
FUNCTION shim_load_gs_index
	movq	PAGE(VIF), %rax
	movq	$0, PAGE(VIF)
	rdgsbase %rcx
load_gs:
	movl	%edi, %gs
	rdgsbase %rdx
	wrgsbase %rcx
	/* Not every CPU clears the base with a null selector. */
	testl	$~3, %edi
	jnz	1f
	xorl	%edx, %edx
1:	movq	%rdx, PAGE(USER_GS)
	movq	%rax, PAGE(VIF)
	testl	%eax, %eax
	jz	2f
	cmpq	$0, PAGE(PENDING)
	je	2f
	int	$CORBEL_VECTOR_CHECK
2:	ret
load_gs_fixup:
	xorl	%edi, %edi
	jmp	load_gs
HOOK cpu.load_gs_index shim_load_gs_index

/* void (*io_delay)(void) */
FUNCTION shim_nothing
	ret
HOOK cpu.io_delay shim_nothing

/* Memory */

/* unsigned long (*read_cr2)(void): keeps all registers but RAX */
FUNCTION shim_read_cr2
	movq	PAGE(CR2), %rax
	ret
HOOK mmu.read_cr2 shim_read_cr2 needed=1

/* void (*write_cr3)(unsigned long cr3) */
FUNCTION shim_write_cr3
	syscall
site_load_cr3:
	ret
HOOK mmu.write_cr3 shim_write_cr3

/* void (*flush_tlb_user)(void) */
FUNCTION shim_flush_tlb_user
	movl	$CORBEL_HC_FLUSH_USER, %eax
	syscall
	ret
HOOK mmu.flush_tlb_user shim_flush_tlb_user

/* void (*flush_tlb_kernel)(void) */
FUNCTION shim_flush_tlb_kernel
	movl	$CORBEL_HC_FLUSH_ALL, %eax
	syscall
	ret
HOOK mmu.flush_tlb_kernel shim_flush_tlb_kernel

/* void (*flush_tlb_one_user)(unsigned long address) */
FUNCTION shim_flush_tlb_one_user
	movl	$CORBEL_HC_FLUSH_PAGE, %eax
	syscall
	ret
HOOK mmu.flush_tlb_one_user shim_flush_tlb_one_user

	.balign	16
	.globl	shim_end
shim_end:
	.section .note.GNU-stack, "", @progbits
